"""What is already taken on the ground, and what is free: the plan on which sim.maps.layout places things."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from sim.maps.lookup import LaneLookup
from sim.maps.network import RoadNetwork
from sim.maps.signals import signal_mounts

Float64 = NDArray[np.float64]

SIGHT_M = 60.0
SIGHT_HALF_WIDTH_M = 0.8
LOW_M = 1.3
"""Things lower than this hide no signal from a driver."""
_CELL_M = 16.0
_CARRIAGEWAY = frozenset(
    {"driving", "parking", "biking", "bus", "entry", "exit", "onRamp", "offRamp", "bidirectional", "stop"}
)


def footprint(
    x_m: float, y_m: float, yaw_rad: float, half_x_m: float, half_y_m: float, ahead_m: float = 0.0
) -> Polygon:
    """The rectangle of an upright box on the ground; its centre lies `ahead_m` along x from (x, y)."""
    cos, sin = math.cos(yaw_rad), math.sin(yaw_rad)
    return Polygon(
        [
            (
                x_m + cos * (ahead_m + u * half_x_m) - sin * v * half_y_m,
                y_m + sin * (ahead_m + u * half_x_m) + cos * v * half_y_m,
            )
            for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        ]
    )


@dataclass
class GroundPlan:
    """All lane surfaces as one area, the carriageway, lines of sight to signals, and what has been placed so far."""

    network: RoadNetwork
    surfaces: BaseGeometry
    carriageway: BaseGeometry
    sight: STRtree
    lookup: LaneLookup
    _placed: list[Polygon] = field(default_factory=list)
    _cells: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def free(self, shape: Polygon, foot: Polygon, height_m: float, clearance_m: float = 0.15) -> bool:
        """Whether a thing fits: `foot` (what touches the ground) on no lane or crosswalk, `shape` (all of it, from above)
        over no carriageway, in no line of sight, and `clearance_m` away from everything placed before."""
        if shapely.intersects(self.surfaces, foot) or shapely.intersects(self.carriageway, shape):
            return False
        if height_m > LOW_M and len(self.sight.query(shape, predicate="intersects")):
            return False
        return self.apart(shape, clearance_m)

    def clear(self, shape: Polygon) -> bool:
        """Whether a shape lies over no carriageway and apart from everything placed before."""
        return not shapely.intersects(self.carriageway, shape) and self.apart(shape, 0.1)

    def apart(self, shape: Polygon, clearance_m: float) -> bool:
        """Whether a shape keeps its distance from everything placed before."""
        near = {index for cell in _cells(shape, clearance_m) for index in self._cells.get(cell, ())}
        return all(shape.distance(self._placed[index]) >= clearance_m for index in sorted(near))

    def take(self, shape: Polygon) -> None:
        """Mark a shape as placed."""
        for cell in _cells(shape, 0.0):
            self._cells.setdefault(cell, []).append(len(self._placed))
        self._placed.append(shape)

    def edges(self, offset_m: float) -> list[LineString]:
        """Closed lines that run `offset_m` outside of all lane surfaces, land to their left, longest first."""
        grown = shapely.normalize(self.surfaces.buffer(offset_m, quad_segs=4))
        out = []
        for polygon in getattr(grown, "geoms", [grown]):
            # clockwise around the outside and counter-clockwise inside a block keeps land on the left
            rings = [(polygon.exterior, False), *((hole, True) for hole in polygon.interiors)]
            for ring, inner in rings:
                counter = bool(shapely.is_ccw(ring))
                out.append(LineString(ring.coords if counter == inner else list(ring.coords)[::-1]))
        return sorted(out, key=lambda line: -round(line.length, 3))


def _cells(shape: Polygon, margin_m: float) -> list[tuple[int, int]]:
    """The squares of 16 m that the box around a shape, grown by a margin, touches."""
    low_x, low_y, high_x, high_y = (
        math.floor((value + sign * margin_m) / _CELL_M)
        for value, sign in zip(shape.bounds, (-1, -1, 1, 1), strict=True)
    )
    return [(x, y) for x in range(low_x, high_x + 1) for y in range(low_y, high_y + 1)]


def plan(network: RoadNetwork) -> GroundPlan:
    """The ground plan of a network with nothing placed yet."""
    lanes = network.lanes
    every, driven = [], []
    for lane in range(lanes.count):
        if lanes.lane_type[lane] == "none" or lanes.width_m[lanes.points_of(lane)].max() < 0.05:
            continue
        part = lanes.points_of(lane)
        ring = np.concatenate([lanes.left_edge_world_m[part, :2], lanes.right_edge_world_m[part, :2][::-1]])
        every.append(ring)
        if lanes.lane_type[lane] in _CARRIAGEWAY:
            driven.append(ring)
    bays = _rings(network.parking_bays.first_point, network.parking_bays.points_world_m)
    crossings = _rings(network.crosswalks.first_point, network.crosswalks.points_world_m)
    surfaces = _union(every + bays + crossings).buffer(1.0, quad_segs=2).buffer(-1.0, quad_segs=2)
    carriageway = _union(driven + bays + crossings)
    shapely.prepare(surfaces)
    shapely.prepare(carriageway)
    types = sorted({t for t in lanes.lane_type if t != "none"})
    return GroundPlan(network, surfaces, carriageway, STRtree(_lines_of_sight(network)), LaneLookup(network, types))


def _rings(first: NDArray[np.int32], points: Float64) -> list[Float64]:
    return [points[a:b, :2] for a, b in itertools.pairwise(first)]


def _union(rings: list[Float64]) -> BaseGeometry:
    shapes = shapely.simplify([Polygon(r) for r in rings if len(r) >= 3], 0.03)
    return shapely.union_all(shapely.buffer(shapes, 0.03, quad_segs=1))


def _lines_of_sight(network: RoadNetwork) -> list[BaseGeometry]:
    """Strips from points up to 60 m before each stop to the signal's face, and the masts themselves."""
    lanes, signals = network.lanes, network.signals
    mounts = signal_mounts(network)
    out: list[BaseGeometry] = []
    for row in range(len(signals.kind)):
        head = signals.position_world_m[row, :2]
        out.append(LineString([mounts.base_world_m[row, :2], head + 1e-6]).buffer(0.6))
        for lane, stop in zip(signals.lanes[row], signals.stop_arc_length_m[row], strict=True):
            part = lanes.points_of(lane)
            arc = lanes.arc_length_m[part]
            # the driver's eyes travel along the lane: one area swept by the line from eyes to face
            eyes = np.arange(max(stop - SIGHT_M, 0.0), max(stop, 0.1), 5.0)
            xy = np.stack([np.interp(eyes, arc, lanes.center_world_m[part, k]) for k in range(2)], axis=1)
            fan = [LineString([eye, head]).buffer(SIGHT_HALF_WIDTH_M, quad_segs=2) for eye in xy]
            fan += [Polygon([a, b, head]) for a, b in itertools.pairwise(xy) if Polygon([a, b, head]).area > 1e-3]
            out.append(shapely.union_all([shape for shape in fan if shape.is_valid]))
        if not signals.lanes[row]:
            out.append(Point(head).buffer(1.0))
    return out
