"""Buildings, trees, lamps and furniture around the roads of any map, from a seed.

Things are laid along lines parallel to the edge of all paved surfaces: rails beside fast roads, lamps, houses in rows behind
the pavement, trees on the verge, then benches, hedges and fences. Nothing stands on a lane, a crosswalk or a bay, touches
another thing, or hides a signal from the lanes it speaks to. Crowns and lamp arms may reach over pavements, not over lanes.

Frame of every object: origin on the ground; x along the road's edge, y towards the road (a building's front, a bench's
view); a street lamp's arm reaches along its own x, which points to the road.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree
from shapely.geometry import LineString

from sim.base.state import StaticObjects
from sim.base.streams import stream
from sim.base.units import mps_from_kmh
from sim.catalogue.static_assets import STATIC_ASSETS
from sim.maps.ground_plan import GroundPlan, footprint, plan
from sim.maps.network import RoadNetwork

Float64 = NDArray[np.float64]

MOST_OBJECTS = 1500
FAST_MPS = mps_from_kmh(85.0)
FAST_REACH_M = 160.0
GROUND_RADIUS_M = 0.3
"""Trunks and masts touch the ground within this radius."""


@dataclass(frozen=True)
class Row:
    """One kind of thing along the roads: offset of its road-side edge from the paved surface, spacing, and how many at most.

    `keys` are drawn with `weights`. `fast` tells whether the row belongs to fast roads (True), streets (False) or both (None).
    `stretch` are the limits of a random scale (length, depth, height); `chance` lets places stay empty.
    """

    keys: tuple[str, ...]
    weights: tuple[float, ...]
    offset_m: float
    spacing_m: float
    most: int
    fast: bool | None = False
    stretch: tuple[float, float] = (0.9, 1.1)
    chance: float = 1.0
    gap_m: float = 0.0
    length_m: float = 0.0


ROWS = (
    Row(("rail.guard",), (1.0,), 0.4, 36.0, 420, True, (1.0, 1.0), length_m=35.6),
    Row(("pole.street_lamp",), (1.0,), 0.35, 30.0, 220, False, (1.0, 1.0)),
    Row(("furniture.bus_stop",), (1.0,), 0.25, 210.0, 12, False, (1.0, 1.0), 0.7),
    Row(
        ("building.row_house", "building.apartment", "building.shop", "building.office", "building.warehouse"),
        (0.0, 0.0, 0.0, 0.0, 0.0),
        4.6,
        0.0,
        430,
        False,
        (0.85, 1.2),
        0.92,
        2.5,
    ),
    Row(("tree.lime", "tree.plane", "tree.birch"), (0.5, 0.3, 0.2), 1.1, 15.0, 330, False, (0.8, 1.1), 0.85),
    Row(("tree.fir", "tree.birch", "tree.lime"), (0.5, 0.3, 0.2), 9.0, 26.0, 260, True, (0.8, 1.3), 0.8),
    Row(("tree.fir", "tree.birch", "tree.lime"), (0.5, 0.3, 0.2), 19.0, 30.0, 200, True, (0.8, 1.3), 0.8),
    Row(
        ("furniture.bench", "furniture.bin", "furniture.mailbox"),
        (0.45, 0.4, 0.15),
        0.25,
        34.0,
        120,
        False,
        (1.0, 1.0),
        0.7,
    ),
    Row(("furniture.bollard",), (1.0,), 0.2, 45.0, 60, False, (1.0, 1.0), 0.5),
    Row(("hedge.box", "fence.metal"), (0.65, 0.35), 2.6, 9.0, 240, False, (0.8, 1.25), 0.55),
)

_DISTRICT_M = 130.0
_DISTRICTS: tuple[tuple[float, ...], ...] = (
    (0.80, 0.10, 0.10, 0.00, 0.00),
    (0.15, 0.60, 0.20, 0.05, 0.00),
    (0.05, 0.35, 0.35, 0.25, 0.00),
    (0.00, 0.10, 0.25, 0.45, 0.20),
)
"""Shares of the five kinds of buildings; which mixture holds is drawn per 130 m square, so neighbours look alike."""


@dataclass
class _Objects:
    """Placed things, row by row."""

    names: list[str] = field(default_factory=list)
    position: list[tuple[float, float, float]] = field(default_factory=list)
    yaw: list[float] = field(default_factory=list)
    center: list[tuple[float, float, float]] = field(default_factory=list)
    extent: list[tuple[float, float, float]] = field(default_factory=list)
    classes: list[int] = field(default_factory=list)

    def add(
        self,
        key: str,
        variant: int,
        position: tuple[float, float, float],
        yaw_rad: float,
        center: tuple[float, float, float],
        extent: tuple[float, float, float],
        object_class: int,
    ) -> None:
        """Append one thing."""
        self.names.append(f"{key}:{variant}#{len(self.names)}")
        self.position.append(position)
        self.yaw.append((yaw_rad + math.pi) % (2.0 * math.pi) - math.pi)
        self.center.append(center)
        self.extent.append(extent)
        self.classes.append(object_class)


def place_static_objects(network: RoadNetwork, seed: int = 0) -> StaticObjects:
    """Everything around the roads of a map; the same for the same network and seed, at most 1500 objects.

    Tested by tests/maps/test_layout.py for overlaps, lines of sight and determinism.
    """
    ground = plan(network)
    out = _Objects()
    _lay_median_rails(network, ground, out)
    for index, row in enumerate(ROWS):
        _lay_row(network, ground, out, row, index, seed)
    position = np.array(out.position, dtype=np.float64).reshape(-1, 3)
    rpy = np.zeros_like(position)
    rpy[:, 2] = out.yaw
    ids = [hashlib.blake2b(f"{network.sha256}/{seed}/{name}".encode(), digest_size=8).digest() for name in out.names]
    return StaticObjects(
        name=tuple(out.names),
        position_world_m=position,
        rpy_rad=rpy,
        box_center_m=np.array(out.center, dtype=np.float64).reshape(-1, 3),
        box_extent_m=np.array(out.extent, dtype=np.float64).reshape(-1, 3),
        object_class=np.array(out.classes, dtype=np.uint8),
        carla_id=np.array([int.from_bytes(i, "little") >> 1 for i in ids], dtype=np.uint64),
    )


def _lay_row(network: RoadNetwork, ground: GroundPlan, out: _Objects, row: Row, index: int, seed: int) -> None:
    placed = 0
    edges = ground.edges(row.offset_m)
    spacing = max(row.spacing_m, sum(e.length for e in edges) / row.most) if row.spacing_m else 0.0
    for number, edge in enumerate(edges):
        rng = stream(seed, "layout", index, number)
        at = float(rng.uniform(0.0, min(max(spacing, 8.0), edge.length)))
        stations, fast = _near_fast_road(network, edge)
        while at < edge.length and placed < row.most and len(out.names) < MOST_OBJECTS:
            here_fast = bool(fast[min(int(np.searchsorted(stations, at)), len(fast) - 1)])
            wanted = row.fast is None or row.fast == here_fast
            advance = max(spacing, 4.0)
            if wanted and rng.random() < row.chance:
                length = _try_place(ground, out, row, edge, at, rng, seed)
                placed += length > 0.0
                if not row.spacing_m:
                    # row houses stand wall to wall; a failed place is tried again a little further on
                    advance = (
                        abs(length) + (row.gap_m * rng.uniform(0.6, 2.4) if length > 12.0 else 0.4) if length else 3.0
                    )
            elif not row.spacing_m:
                advance = 9.0
            at += advance


def _near_fast_road(network: RoadNetwork, edge: LineString) -> tuple[Float64, NDArray[np.bool_]]:
    """Stations along an edge, and whether a fast road lies so near that houses would not stand there."""
    lanes = network.lanes
    stations = np.arange(0.0, edge.length + 10.0, 10.0)
    points = shapely.get_coordinates(shapely.line_interpolate_point(edge, np.minimum(stations, edge.length)))
    fast = np.repeat(lanes.speed_limit_mps > FAST_MPS, np.diff(lanes.first_point))
    if not fast.any():
        return stations, np.zeros(len(stations), dtype=bool)
    distance, _ = KDTree(lanes.center_world_m[fast, :2][::8]).query(points)
    return stations, np.asarray(distance < FAST_REACH_M)


def _try_place(
    ground: GroundPlan,
    out: _Objects,
    row: Row,
    edge: LineString,
    at_m: float,
    rng: np.random.Generator,
    seed: int,
) -> float:
    """Place one thing whose road-side edge begins at `at_m`; returns its length along the edge, 0 if it does not fit."""
    start = edge.interpolate(at_m)
    weights = np.array(row.weights)
    if weights.sum() == 0.0:
        square = (math.floor(start.x / _DISTRICT_M), math.floor(start.y / _DISTRICT_M))
        weights = np.array(_DISTRICTS[int(stream(seed, "district", *square).integers(len(_DISTRICTS)))])
    asset = STATIC_ASSETS[row.keys[int(rng.choice(len(row.keys), p=weights / weights.sum()))]]
    variant = int(rng.integers(asset.variants))
    stretch = rng.uniform(*row.stretch, size=3)
    size = np.array([row.length_m or asset.length_m, asset.width_m, asset.height_m]) * stretch
    length = float(size[0])
    end = edge.interpolate(min(at_m + length, edge.length))
    along = math.atan2(end.y - start.y, end.x - start.x)
    if math.hypot(end.x - start.x, end.y - start.y) < 0.8 * length:
        return 0.0
    middle = ((start.x + end.x) / 2.0, (start.y + end.y) / 2.0)
    if asset.key.startswith("building."):
        along = _along_the_street(ground, middle, along)
    # trees whose crown would reach over a lane step back from it
    for back in (0.0, 1.2, 2.4) if asset.key.startswith("tree.") else (0.0,):
        if _put(ground, out, asset.key, variant, middle, along, back, size, int(asset.object_class)):
            return length
    return 0.0


def _along_the_street(ground: GroundPlan, middle: tuple[float, float], along: float) -> float:
    """Fronts stand square to their street, not to the corner or the parking taper that the edge follows."""
    heading = float(ground.lookup.nearest(np.array([middle])).yaw_rad[0])
    turn = (heading - along + math.pi / 2.0) % math.pi - math.pi / 2.0
    return along + turn if abs(turn) < math.radians(25.0) else along


def _put(
    ground: GroundPlan,
    out: _Objects,
    key: str,
    variant: int,
    middle: tuple[float, float],
    along: float,
    back_m: float,
    size: Float64,
    object_class: int,
) -> bool:
    """Place a thing with the middle of its road-side edge `back_m` behind `middle`, if it fits there."""
    # land lies to the left of the edge, so the road lies to the right and local +y looks there
    yaw, ahead = along + math.pi, 0.0
    half_x, half_y, height = float(size[0]) / 2.0, float(size[1]) / 2.0, float(size[2])
    slender = key.startswith(("tree.", "pole."))
    depth = back_m + (GROUND_RADIUS_M if slender else half_y)
    x, y = middle[0] - math.sin(along) * depth, middle[1] + math.cos(along) * depth
    if key == "pole.street_lamp":
        yaw, ahead = along - math.pi / 2.0, half_x - 0.15
    shape = footprint(x, y, yaw, half_x, half_y)
    foot = footprint(x, y, yaw, GROUND_RADIUS_M, GROUND_RADIUS_M) if slender else shape
    if key == "pole.street_lamp":
        shape = foot  # the arm is 8 m up and hides nothing
    if not ground.free(shape, foot, height):
        return False
    ground.take(shape)
    base = float(ground.lookup.height_at(np.array(foot.exterior.coords)[:4]).min())
    out.add(key, variant, (x, y, base), yaw, (ahead, 0.0, height / 2.0), (half_x, half_y, height / 2.0), object_class)
    return True


def _lay_median_rails(network: RoadNetwork, ground: GroundPlan, out: _Objects) -> None:
    """Rails on the far edge of medians of fast roads; the one kind of thing that may stand on a lane (of type median)."""
    lanes = network.lanes
    asset = STATIC_ASSETS["rail.guard"]
    for lane in range(lanes.count):
        neighbour = lanes.opposite[lane]
        if lanes.lane_type[lane] != "median" or neighbour < 0 or lanes.speed_limit_mps[lane] <= FAST_MPS:
            continue
        part = lanes.points_of(lane)
        sides = (lanes.left_edge_world_m[part], lanes.right_edge_world_m[part])
        driving = lanes.center_world_m[lanes.points_of(int(neighbour))]
        far = max(sides, key=lambda side: float(np.hypot(*(side[len(side) // 2] - driving[len(driving) // 2])[:2])))
        line = LineString(far[:, :2])
        count = max(1, round(line.length / 36.0))
        ends = shapely.get_coordinates(shapely.line_interpolate_point(line, np.linspace(0.0, line.length, count + 1)))
        for start, end in itertools.pairwise(ends):
            length = float(np.hypot(*(end - start))) - 0.4
            middle = (start + end) / 2.0
            yaw = math.atan2(end[1] - start[1], end[0] - start[0])
            shape = footprint(middle[0], middle[1], yaw, length / 2.0, asset.width_m / 2.0)
            if length < 4.0 or not ground.clear(shape):
                continue
            ground.take(shape)
            base = float(ground.lookup.height_at(middle[None])[0])
            extent = (length / 2.0, asset.width_m / 2.0, asset.height_m / 2.0)
            position = (float(middle[0]), float(middle[1]), base)
            out.add(asset.key, 0, position, yaw, (0.0, 0.0, extent[2]), extent, int(asset.object_class))
