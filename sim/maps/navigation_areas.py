"""Where people can walk on a map, as areas seen from above: pavements, crossings, the roads between them, verges.

An area is where a person's middle can be, so everything is AGENT_RADIUS_M smaller than the ground it stands for: pavements
keep off the kerb, walls and poles. Crossings are the file's crosswalks, made long enough to reach the pavements; roads that
enter a junction between two pavements and have none get one. Tested by tests/maps/test_navigation.py.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from sim.base.state import StaticObjects
from sim.maps.lane_arrays import DRIVABLE_TYPES
from sim.maps.network import RoadNetwork
from sim.maps.signals import signal_mounts
from sim.wire.detour import AGENT_RADIUS_M

Float64 = NDArray[np.float64]

PAVED_TYPES = frozenset({"sidewalk", "walking"})
GRASS_TYPES = frozenset({"median", "border", "none"})
CROSSING_WIDTH_M = 3.0
CROSSING_SETBACK_M = 1.0
"""From the junction to the near edge of a crossing that the file lacks: vehicles stop before it."""
CROSSING_REACH_M = 8.0
"""How far beyond its painted ends a crossing may have to be continued to meet the pavement (parking bays, gutters)."""
CROSSING_LANDING_M = 0.3
LONGEST_CROSSING_M = 36.0
_SPACING_M = 12.0
"""A crossing nearer than this to another one would be the same crossing."""
MAST_HALF_WIDTH_M = 0.1
TRUNK_HALF_WIDTH_M = 0.2
VERGE_GAP_M = 1.0
"""Grass this near to a pavement is a verge that people walk on; medians and islands between lanes are not: they are road."""
_LOW_M = 0.15
_GAP_M = 0.25
"""Slits narrower than twice this between lanes that meet at joints are closed."""
_TOLERANCE_M = 0.06
LARGEST_GAP_M2 = 60.0


@dataclass(frozen=True)
class WalkableAreas:
    """Disjoint areas in the plane: pavement, crossings, grass and road, for people's middles."""

    pavement: BaseGeometry
    crossing: BaseGeometry
    grass: BaseGeometry
    road: BaseGeometry


def walkable_areas(network: RoadNetwork, statics: StaticObjects) -> WalkableAreas:
    """The areas of a map with its static objects and signal masts cut out."""
    paved, driven, verge = (_surface(network, types) for types in (PAVED_TYPES, None, GRASS_TYPES))
    drivable = _surface(network, DRIVABLE_TYPES)
    paved = paved.difference(drivable)
    solid = _obstacles(network, statics)
    ground = _filled(_closed(shapely.union_all([paved, driven, verge])))
    free = ground.buffer(-AGENT_RADIUS_M, quad_segs=2, join_style="mitre").difference(solid)
    pavement = paved.buffer(-AGENT_RADIUS_M, quad_segs=2, join_style="mitre").difference(solid)
    pavement = _tidy(pavement, least_area_m2=1.0)
    crossing = _tidy(_crossings(network, pavement, ground).difference(shapely.union_all([pavement, solid])))
    inside = shapely.union_all([pavement, crossing])
    beside = shapely.union_all([part for part in _polygons(verge) if part.distance(paved) < VERGE_GAP_M])
    grass = _tidy(beside.difference(shapely.union_all([driven, paved])).intersection(free).difference(inside))
    road = _tidy(free.difference(shapely.union_all([inside, grass])))
    return WalkableAreas(pavement, crossing, grass, road)


def _surface(network: RoadNetwork, types: frozenset[str] | None) -> BaseGeometry:
    """The union of all lanes of these types; None: of everything that is neither paved for walking nor grass."""
    lanes = network.lanes
    rings = []
    for lane, kind in enumerate(lanes.lane_type):
        wanted = kind in types if types is not None else kind not in PAVED_TYPES | GRASS_TYPES
        part = lanes.points_of(lane)
        if not wanted or float(lanes.width_m[part].max()) < 0.05:
            continue
        rings.append(np.concatenate([lanes.left_edge_world_m[part, :2], lanes.right_edge_world_m[part, :2][::-1]]))
    shapes = shapely.simplify([Polygon(ring) for ring in rings if len(ring) >= 3], 0.03)
    return _closed(shapely.union_all(shapely.buffer(shapes, 0.03, quad_segs=1)))


def _closed(shape: BaseGeometry) -> BaseGeometry:
    return shape.buffer(_GAP_M, join_style="mitre").buffer(-_GAP_M, join_style="mitre")


def _filled(shape: BaseGeometry) -> BaseGeometry:
    """Without the small holes that lanes leave between them inside junctions."""
    parts = [
        Polygon(part.exterior, [hole for hole in part.interiors if Polygon(hole).area > LARGEST_GAP_M2])
        for part in _polygons(shape)
    ]
    return MultiPolygon(parts)


def _tidy(shape: BaseGeometry, least_area_m2: float = 0.05) -> BaseGeometry:
    """Polygons of some size with few corners."""
    parts = [part for part in _polygons(shape.simplify(_TOLERANCE_M)) if part.area > least_area_m2]
    return MultiPolygon(parts)


def _polygons(shape: BaseGeometry) -> Iterable[Polygon]:
    for part in getattr(shape, "geoms", [shape]):
        if isinstance(part, Polygon) and not part.is_empty:
            yield part


def _obstacles(network: RoadNetwork, statics: StaticObjects) -> BaseGeometry:
    """Footprints of what stands around, a person's radius larger: trees by their trunks, lamps and masts by their poles."""
    rows = []
    for row, name in enumerate(statics.name):
        center, half = statics.box_center_m[row, :2], statics.box_extent_m[row, :2]
        if statics.box_extent_m[row, 2] * 2.0 < _LOW_M:
            continue
        if name.startswith("tree."):
            center, half = np.zeros(2), np.full(2, TRUNK_HALF_WIDTH_M)
        elif name.startswith("pole."):
            center, half = np.zeros(2), np.full(2, MAST_HALF_WIDTH_M)
        rows.append((*statics.position_world_m[row, :2], statics.rpy_rad[row, 2], *center, *half))
    masts = signal_mounts(network).base_world_m
    rows += [(base[0], base[1], 0.0, 0.0, 0.0, MAST_HALF_WIDTH_M, MAST_HALF_WIDTH_M) for base in masts]
    if not rows:
        return MultiPolygon([])
    table = np.array(rows)
    grown = table[:, 5:7] + AGENT_RADIUS_M
    local = table[:, None, 3:5] + np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * grown[:, None, :]
    cos, sin = np.cos(table[:, 2])[:, None], np.sin(table[:, 2])[:, None]
    x = table[:, 0, None] + cos * local[..., 0] - sin * local[..., 1]
    y = table[:, 1, None] + sin * local[..., 0] + cos * local[..., 1]
    return shapely.union_all(shapely.polygons(np.stack([x, y], axis=-1)))


def _crossings(network: RoadNetwork, pavement: BaseGeometry, ground: BaseGeometry) -> BaseGeometry:
    """All crossings, each long enough to land on the pavements at both ends."""
    walks = network.crosswalks
    shapely.prepare(pavement)
    out, middles = [], []
    for row, (begin, end) in enumerate(itertools.pairwise(walks.first_point)):
        corners = walks.points_world_m[begin:end, :2]
        if len(corners) < 3:
            continue
        middle = np.array(Polygon(corners).centroid.coords[0]) if Polygon(corners).area > 0 else corners.mean(axis=0)
        along = np.array([math.cos(walks.yaw_rad[row]), math.sin(walks.yaw_rad[row])])
        local = (corners - middle) @ np.column_stack([along, [-along[1], along[0]]])
        out.append(Polygon(corners))
        width = max(float(np.ptp(local[:, 1])) - 2.0 * AGENT_RADIUS_M, 0.8)
        offset = float(local[:, 1].max() + local[:, 1].min()) / 2.0
        center = middle + offset * np.array([-along[1], along[0]])
        ends = (
            float(local[:, 0].min()) - _reach(center, -along, -float(local[:, 0].min()), pavement),
            float(local[:, 0].max()) + _reach(center, along, float(local[:, 0].max()), pavement),
        )
        out.append(_strip(center, along, ends, width))
        middles.append(middle)
    shapely.prepare(ground)
    for center, along, length_m in _missing(network, pavement):
        strip = _strip(center, along, (-0.5 * length_m, 0.5 * length_m), CROSSING_WIDTH_M - 2 * AGENT_RADIUS_M)
        # one that leaves the ground would lead over the island of a roundabout
        if ground.covers(strip) and all(math.dist(center, other) > _SPACING_M for other in middles):
            out.append(strip)
            middles.append(center)
    return shapely.union_all(shapely.make_valid(np.array(out, dtype=object))) if out else MultiPolygon([])


def _reach(center: Float64, direction: Float64, painted_m: float, pavement: BaseGeometry) -> float:
    """How much farther than its painted half a crossing has to go on to land on the pavement; 0 where none is near."""
    start, stop = painted_m - 1.0, painted_m + CROSSING_REACH_M
    ray = LineString([center + direction * start, center + direction * stop])
    hit = ray.intersection(pavement)
    if hit.is_empty:
        return 0.0
    nearest = min(float(np.hypot(*(point - center))) for point in shapely.get_coordinates(hit))
    return max(nearest + CROSSING_LANDING_M - painted_m, 0.0)


def _strip(center: Float64, along: Float64, ends_m: tuple[float, float], width_m: float) -> Polygon:
    across = np.array([-along[1], along[0]]) * 0.5 * width_m
    a, b = center + along * ends_m[0], center + along * ends_m[1]
    return Polygon([a - across, b - across, b + across, a + across])


def _missing(network: RoadNetwork, pavement: BaseGeometry) -> Iterable[tuple[Float64, Float64, float]]:
    """Centre, direction and length of a crossing before each end of a road at a junction, between its two pavements."""
    lanes = network.lanes
    seen: set[tuple[str, int, bool]] = set()
    for lane in range(lanes.count):
        if lanes.lane_type[lane] not in DRIVABLE_TYPES or lanes.junction_id[lane] not in ("", "-1"):
            continue
        for at_end in (True, False):
            beyond = lanes.successors[lane] if at_end else lanes.predecessors[lane]
            if not any(lanes.junction_id[other] not in ("", "-1") for other in beyond):
                continue
            key = (lanes.road_id[lane], int(lanes.section[lane]), bool(lanes.along_s[lane]) == at_end)
            if key in seen:
                continue
            seen.add(key)
            found = _between_pavements(network, lane, at_end, pavement)
            if found is not None:
                yield found


def _between_pavements(
    network: RoadNetwork, lane: int, at_end: bool, pavement: BaseGeometry
) -> tuple[Float64, Float64, float] | None:
    lanes = network.lanes
    part = lanes.points_of(lane)
    back = CROSSING_SETBACK_M + CROSSING_WIDTH_M / 2.0
    arc = lanes.arc_length_m[part]
    if arc[-1] < 2.0 * back:
        return None
    at = arc[-1] - back if at_end else back
    point = np.array([np.interp(at, arc, lanes.center_world_m[part, k]) for k in range(2)])
    yaw = float(lanes.yaw_rad[part][np.argmin(np.abs(arc - at))])
    across = np.array([-math.sin(yaw), math.cos(yaw)])
    ends = []
    for side in (across, -across):
        ray = LineString([point, point + side * LONGEST_CROSSING_M])
        hit = ray.intersection(pavement)
        if hit.is_empty:
            return None
        ends.append(min(float(np.hypot(*(p - point))) for p in shapely.get_coordinates(hit)) + CROSSING_LANDING_M)
    if sum(ends) > LONGEST_CROSSING_M:
        return None
    return point + across * (ends[0] - ends[1]) / 2.0, across, sum(ends)
