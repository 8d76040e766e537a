"""Which lane is here, and how high is the ground: queries by position, fast enough for every tick.

LaneLookup answers for chosen lane types; its heights always come from all surfaces: drivable ones first where several overlap
(inside junctions), then parking, shoulders and the like, then raised pavements, and outside of everything a terrain that
leaves the outermost edge smoothly.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.maps.kernels import grid
from sim.maps.lane_arrays import DRIVABLE_TYPES
from sim.maps.network import RoadNetwork

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

CELL_M = 2.0
TERRAIN_CELL_M = 8.0
TERRAIN_MARGIN_M = 200.0
TERRAIN_BLEND_M = 12.0
LEAST_WIDTH_M = 0.02
LEVEL_SAMPLES = 9
"""Points along a side of a cell at which gaps between lanes are looked for, 0.25 m apart."""

_RAISED = frozenset({"sidewalk", "walking"})


@dataclass(frozen=True)
class LaneHits:
    """Nearest lanes of N points: row in Lanes (-1 where the network has none of these types), arc length on its centre line,
    offset to the left of travel, distance outside the lane (0 inside), direction of travel there."""

    lane: Int64
    arc_length_m: Float64
    lateral_m: Float64
    distance_m: Float64
    yaw_rad: Float64


@dataclass(frozen=True)
class _SegmentGrid:
    """Segments (I rows) of some lanes in a uniform grid; arrays as sim.maps.kernels.grid wants them."""

    point: Int64
    lane: Int64
    segments: Float64
    rank: NDArray[np.int32]
    origin: Float64
    shape: tuple[int, int]
    cell_first: Int64
    cell_items: Int64

    def query(self, points: Float64) -> tuple[Int64, Float64]:
        items = np.empty(len(points), dtype=np.int64)
        values = np.empty((len(points), 3))
        grid.nearest(
            points,
            self.origin,
            CELL_M,
            self.shape,
            self.cell_first,
            self.cell_items,
            self.segments,
            self.rank,
            items,
            values,
        )
        return items, values


def _segment_grid(network: RoadNetwork, rows: Int64, rank_of_lane: NDArray[np.int32]) -> _SegmentGrid:
    lanes = network.lanes
    counts = np.diff(lanes.first_point)[rows]
    point = np.concatenate(
        [np.arange(lanes.first_point[r], lanes.first_point[r + 1] - 1) for r in rows] or [np.zeros(0, dtype=np.int64)]
    ).astype(np.int64)
    lane = np.repeat(rows, np.maximum(counts - 1, 0))
    wide = (
        np.maximum(lanes.width_m[point], lanes.width_m[point + 1]) > LEAST_WIDTH_M if len(point) else np.zeros(0, bool)
    )
    point, lane = point[wide], lane[wide]
    start = np.ascontiguousarray(lanes.center_world_m[point, :2])
    end = np.ascontiguousarray(lanes.center_world_m[point + 1, :2]) if len(point) else np.zeros((0, 2))
    half = np.stack([lanes.width_m[point], lanes.width_m[point + 1]], axis=1) / 2.0 if len(point) else np.zeros((0, 2))
    reach = half.max(axis=1)[:, None] if len(point) else np.zeros((0, 1))
    low, high = np.minimum(start, end) - reach, np.maximum(start, end) + reach
    origin = low.min(axis=0) if len(point) else np.zeros(2)
    first, last = ((np.floor((v - origin) / CELL_M)).astype(np.int64) for v in (low, high))
    shape = (int(last[:, 0].max()) + 1, int(last[:, 1].max()) + 1) if len(point) else (1, 1)
    spans = last - first + 1
    repeats = spans.prod(axis=1)
    item = np.repeat(np.arange(len(point)), repeats)
    within = np.arange(len(item)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    cell = (first[item, 1] + within // spans[item, 0]) * shape[0] + first[item, 0] + within % spans[item, 0]
    order = np.argsort(cell, kind="stable")
    cell_first = np.searchsorted(cell[order], np.arange(shape[0] * shape[1] + 1)).astype(np.int64)
    rank = rank_of_lane[lane].astype(np.int32)
    along = end - start
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    unit = along / length[:, None]
    segments = np.column_stack([start, unit, length, 1.0 / length, half[:, 0], half[:, 1] - half[:, 0]])
    return _SegmentGrid(point, lane, segments, rank, origin, shape, cell_first, item[order].astype(np.int64))


class LaneLookup:
    """Queries on one network. Building takes some 20 ms for a town; 50 points take about 20 µs.

    `lane_types` are those that `nearest` looks at. Tested by tests/maps/test_lookup.py against brute force.
    """

    def __init__(self, network: RoadNetwork, lane_types: Sequence[str] = ("driving",)) -> None:
        self.network = network
        types = np.array(network.lanes.lane_type)
        wanted = np.isin(types, list(lane_types))
        ranks = np.array([_rank(t) for t in network.lanes.lane_type], dtype=np.int32)
        solid = ranks < 3
        self._lanes = _segment_grid(network, np.flatnonzero(wanted), np.zeros_like(ranks))
        self._ground = _segment_grid(network, np.flatnonzero(solid), ranks)
        point = self._ground.point
        lanes = network.lanes
        ends = np.stack([point, point + 1], axis=1)
        self._center_z = np.ascontiguousarray(lanes.center_world_m[ends, 2])
        edges = np.stack([lanes.left_edge_world_m[ends, 2], lanes.right_edge_world_m[ends, 2]], axis=2)
        self._edge_lift = np.ascontiguousarray(edges - self._center_z[:, :, None])
        self._terrain_origin, self._terrain = _terrain(
            network, np.flatnonzero(ranks == (0 if (ranks == 0).any() else 1))
        )
        g = self._ground
        self._level_z = np.full(g.shape[0] * g.shape[1], np.nan)
        if len(g.lane):
            grid_part = (g.origin, CELL_M, g.shape, g.cell_first, g.cell_items, g.segments, g.rank)
            grid.level_cells(*grid_part, self._center_z, self._edge_lift, LEVEL_SAMPLES, self._level_z)

    def nearest(self, points_world: Float64) -> LaneHits:
        """The nearest lane of each point (N, 2 or 3); inside several lanes, the one whose centre is nearest."""
        points = np.ascontiguousarray(np.atleast_2d(points_world)[:, :2], dtype=np.float64)
        items, values = self._lanes.query(points)
        if not len(self._lanes.lane):
            return LaneHits(items, values[:, 0], values[:, 1], np.full(len(points), np.inf), np.zeros(len(points)))
        lanes, point = self.network.lanes, self._lanes.point[items]
        fraction = values[:, 0]
        arc = lanes.arc_length_m[point] * (1.0 - fraction) + lanes.arc_length_m[point + 1] * fraction
        turn = (lanes.yaw_rad[point + 1] - lanes.yaw_rad[point] + np.pi) % (2.0 * np.pi) - np.pi
        yaw = (lanes.yaw_rad[point] + turn * fraction + np.pi) % (2.0 * np.pi) - np.pi
        distance = np.where(values[:, 2] < 1e-3, 0.0, values[:, 2])
        return LaneHits(self._lanes.lane[items], arc, values[:, 1], distance, yaw)

    def height_at(self, points_xy: Float64) -> Float64:
        """Height (N,) of the ground under points (N, 2 or 3): lane surfaces, pavements at kerb height, terrain outside."""
        points = np.ascontiguousarray(np.atleast_2d(points_xy)[:, :2], dtype=np.float64)
        out = np.zeros(len(points))
        if len(self._ground.lane):
            grid.heights(points, *self.height_tables(), out)
        return out

    def lane_tables(self) -> tuple[object, ...]:
        """What grid.nearest needs for `nearest`: origin, cell size, shape, cell_first, cell_items, segments, rank, then
        each segment's lane and first point. For kernels that fuse the query with what they do with it."""
        g = self._lanes
        return (g.origin, CELL_M, g.shape, g.cell_first, g.cell_items, g.segments, g.rank, g.lane, g.point)

    def height_tables(self) -> tuple[object, ...]:
        """What grid.height needs: origin, cell size, shape, cell_first, cell_items, segments, rank, then center_z,
        edge_lift, terrain, terrain origin, terrain cell size, blend distance, and level cells."""
        g = self._ground
        grid_part = (g.origin, CELL_M, g.shape, g.cell_first, g.cell_items, g.segments, g.rank)
        surface = (self._center_z, self._edge_lift, self._terrain, self._terrain_origin)
        return (*grid_part, *surface, TERRAIN_CELL_M, TERRAIN_BLEND_M, self._level_z)

    def surface_type_at(self, points_xy: Float64) -> tuple[str, ...]:
        """The lane type under each point, "terrain" outside of all lanes."""
        points = np.ascontiguousarray(np.atleast_2d(points_xy)[:, :2], dtype=np.float64)
        items, values = self._ground.query(points)
        types = self.network.lanes.lane_type
        return tuple(
            types[self._ground.lane[i]] if i >= 0 and d < 1e-3 else "terrain"
            for i, d in zip(items, values[:, 2], strict=True)
        )


def _rank(lane_type: str) -> int:
    """Which surface lies on top where several overlap; lanes of type "none" are no surface."""
    if lane_type in DRIVABLE_TYPES:
        return 0
    if lane_type in _RAISED:
        return 2
    return 3 if lane_type == "none" else 1


def _terrain(network: RoadNetwork, rows: Int64) -> tuple[Float64, Float64]:
    """Heights (ny, nx) on a coarse grid around the map, smoothed by inverse squared distance from points on the roads."""
    lanes = network.lanes
    points = np.concatenate([lanes.center_world_m[lanes.points_of(int(r))][::8] for r in rows] or [np.zeros((1, 3))])
    low = points[:, :2].min(axis=0) - TERRAIN_MARGIN_M
    size = np.ceil((points[:, :2].max(axis=0) + TERRAIN_MARGIN_M - low) / TERRAIN_CELL_M).astype(int) + 2
    if np.ptp(points[:, 2]) < 1e-6:
        return low, np.full((size[1], size[0]), points[0, 2])
    return low, _smooth_field(points, low, size)


def _smooth_field(points: Float64, low: Float64, size: NDArray[np.int64]) -> Float64:
    points = points[:: max(1, len(points) // 2500)]
    x = low[0] + TERRAIN_CELL_M * np.arange(size[0])
    y = low[1] + TERRAIN_CELL_M * np.arange(size[1])
    out = np.empty((size[1], size[0]))
    for row in range(size[1]):
        squared = (x[:, None] - points[:, 0]) ** 2 + (y[row] - points[:, 1]) ** 2 + 25.0
        weight = squared**-1.5
        out[row] = (weight @ points[:, 2]) / weight.sum(axis=1)
    return out


_KEPT_LOOKUPS = 8
_lookups: OrderedDict[tuple[int, tuple[str, ...]], LaneLookup] = OrderedDict()


def lookup_of(network: RoadNetwork, lane_types: tuple[str, ...] = ("driving",)) -> LaneLookup:
    """A network's LaneLookup. The last few are kept: building that of ten kilometres of motorway takes most of a second."""
    key = (id(network.lanes), lane_types)  # of lanes that live as long as the lookup does
    found = _lookups.pop(key, None)
    _lookups[key] = found = found or LaneLookup(network, lane_types)
    if len(_lookups) > _KEPT_LOOKUPS:
        _lookups.popitem(last=False)
    return found
