"""What a drive of many cars looks like to a stranger: overlaps, cars off the road, red-light runs, time that cars are stuck.

Nothing here asks the server what it thinks of a car: boxes and poses come from the world stream through the client, lanes
and stop lines from the map. Tested, with a control for each count, by tests/contract/test_traffic_judge.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.boxes import corners_m, overlapping_pairs
from sim.base.state import ActorKind, LightState, WorldState
from sim.maps.lookup import LaneLookup
from sim.maps.network import RoadNetwork

Float64 = NDArray[np.float64]

TOUCH_M = 0.02
"""Boxes that overlap less deeply than this touch."""
OFF_ROAD_M = 0.1
"""A corner of a car may overhang the edge of the carriageway by this much."""
RUN_M = 2.0
"""A front this far beyond the stop line, reached while the light was red, has run it; less is an overrun."""
STANDING_MPS = 0.3
QUEUE_GAP_M, QUEUE_ASIDE_M = 12.0, 2.0
LIGHT_AHEAD_M = 40.0
REMOVAL_MPS, REMOVAL_S = 0.8, 85.0
"""The Traffic Manager removes vehicles that were slower than this for 90 s (180 s at a red light), and any at a dead end."""
_ROAD_TYPES = ("driving", "parking", "shoulder", "border", "stop", "biking", "bidirectional", "entry", "exit")


@dataclass(frozen=True)
class _Stops:
    """Stop lines: a point on the lane's centre, direction of travel, half width, the lane and the light's map row."""

    point: Float64
    along: Float64
    half_width: Float64
    light: NDArray[np.int64]


@dataclass
class TrafficJudge:
    """Feed it every state of a drive, in order; `figures()` sums up."""

    network: RoadNetwork
    tick_s: float
    overlap_pairs: dict[tuple[int, int], float] = field(default_factory=dict)
    overlap_first: dict[tuple[int, int], int] = field(default_factory=dict)
    off_road: dict[int, float] = field(default_factory=dict)
    runs: list[tuple[int, int, str]] = field(default_factory=list)
    overruns: int = 0
    travelled_m: float = 0.0
    stuck_s: float = 0.0
    longest_stuck_s: float = 0.0
    car_seconds: float = 0.0
    removed_moving: int = 0
    removed_standing: int = 0
    _slow_s: dict[int, float] = field(default_factory=dict)
    _standing: dict[int, float] = field(default_factory=dict)
    _fronts: dict[int, Float64] = field(default_factory=dict)
    _beyond: dict[tuple[int, int], bool] = field(default_factory=dict)
    _was_red: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        self._surface = LaneLookup(self.network, _ROAD_TYPES)
        self._stops = _stop_lines(self.network)
        self._row_of = {signal: row for row, signal in enumerate(self.network.signals.signal_id)}

    def add(self, state: WorldState) -> None:
        """Judge one tick."""
        rows = np.flatnonzero(state.kind == ActorKind.VEHICLE)
        ids = state.track_id[rows]
        position, yaw = np.asarray(state.position_world_m[rows]), np.asarray(state.rpy_rad[rows, 2])
        extent = np.array([state.actors[r].box_extent_m for r in rows]).reshape(-1, 3)
        offset = np.array([state.actors[r].box_center_m for r in rows]).reshape(-1, 3)
        forward = np.stack([np.cos(yaw), np.sin(yaw)], axis=1)
        center = position.copy()
        center[:, :2] += forward * offset[:, :1]
        center[:, 2] += offset[:, 2]
        self._overlaps(state.tick, ids, center, yaw, extent)
        self._leaves_road(ids, center, yaw, extent)
        red, signal_red = self._red_lights(state)
        self._red_runs(state.tick, ids, center[:, :2] + forward * extent[:, :1], forward, signal_red)
        speed = np.hypot(*state.velocity_world_mps[rows, :2].T)
        self._removed(ids, speed)
        self.travelled_m += float(speed.sum()) * self.tick_s
        self.car_seconds += len(rows) * self.tick_s
        self._stuck(ids, center[:, :2], forward, extent, speed, red)

    def figures(self) -> dict[str, Any]:
        """All counts of the drive."""
        return {
            "overlapping_pairs": len(self.overlap_pairs),
            "deepest_overlap_m": round(max(self.overlap_pairs.values(), default=0.0), 3),
            "cars_off_road": sum(d > OFF_ROAD_M for d in self.off_road.values()),
            "furthest_off_road_m": round(max(self.off_road.values(), default=0.0), 3),
            "red_light_runs": len(self.runs),
            "red_overruns": self.overruns,
            "removed_moving": self.removed_moving,
            "removed_standing": self.removed_standing,
            "mean_speed_mps": round(self.travelled_m / max(self.car_seconds, 1e-9), 2),
            "stuck_share": round(self.stuck_s / max(self.car_seconds, 1e-9), 4),
            "longest_stuck_s": round(self.longest_stuck_s, 1),
        }

    def _removed(self, ids: NDArray[Any], speed: Float64) -> None:
        """Vehicles that are gone since the last tick: on the move, as at the end of a road, or after standing for long."""
        now = {
            int(key): self._slow_s.get(int(key), 0.0) + self.tick_s if v < REMOVAL_MPS else 0.0
            for key, v in zip(ids, speed, strict=True)
        }
        for key in self._slow_s.keys() - now.keys():
            stood = self._slow_s[key] > REMOVAL_S
            self.removed_standing += int(stood)
            self.removed_moving += int(not stood)
        self._slow_s = now

    def _overlaps(self, tick: int, ids: NDArray[Any], center: Float64, yaw: Float64, extent: Float64) -> None:
        for a, b in overlapping_pairs(center, yaw, extent):
            depth = penetration_m(center[a], yaw[a], extent[a], center[b], yaw[b], extent[b])
            if depth > TOUCH_M:
                pair = (int(ids[a]), int(ids[b]))
                self.overlap_first.setdefault(pair, tick)
                self.overlap_pairs[pair] = max(self.overlap_pairs.get(pair, 0.0), depth)

    def _leaves_road(self, ids: NDArray[Any], center: Float64, yaw: Float64, extent: Float64) -> None:
        corners = corners_m(center, yaw, extent).reshape(-1, 2)
        reach = self._surface.nearest(np.column_stack([corners, np.repeat(center[:, 2], 4)])).distance_m
        for key, distance in zip(ids, reach.reshape(-1, 4).max(axis=1), strict=True):
            if distance > 0.0:
                self.off_road[int(key)] = max(self.off_road.get(int(key), 0.0), float(distance))

    def _red_lights(self, state: WorldState) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether each stop line's light shows red or yellow, and whether it shows red."""
        stop, red = (np.zeros(len(self.network.signals.kind), dtype=bool) for _ in range(2))
        for row in np.flatnonzero(state.kind == ActorKind.TRAFFIC_LIGHT):
            signal = self._row_of.get(state.actors[row].signal_id)
            if signal is not None:
                red[signal] = state.light_state[row] == LightState.RED
                stop[signal] = red[signal] or state.light_state[row] == LightState.YELLOW
        return stop[self._stops.light], red[self._stops.light]

    def _red_runs(
        self, tick: int, ids: NDArray[Any], fronts: Float64, forward: Float64, red: NDArray[np.bool_]
    ) -> None:
        """A front that crosses a stop line in the lane's direction while its light is red, at both ends of the tick."""
        stops, was_red = self._stops, self._was_red if self._was_red is not None else red
        before = np.array([self._fronts.get(int(key), front) for key, front in zip(ids, fronts, strict=True)])
        before = before.reshape(-1, 2)
        now = np.einsum("cld,ld->cl", fronts[:, None] - stops.point[None], stops.along)
        then = np.einsum("cld,ld->cl", before[:, None] - stops.point[None], stops.along)
        side = np.stack([-stops.along[:, 1], stops.along[:, 0]], axis=1)
        aside = np.abs(np.einsum("cld,ld->cl", fronts[:, None] - stops.point[None], side))
        same_way = forward @ stops.along.T > 0.5
        crossed = (then <= 0.0) & (now > 0.0) & (aside <= stops.half_width) & same_way & (red & was_red)
        for car, line in zip(*np.nonzero(crossed), strict=True):
            self._beyond[int(ids[car]), int(line)] = True
        place = {int(key): index for index, key in enumerate(ids)}
        for key, line in list(self._beyond):
            index = place.get(key)
            if index is not None and now[index, line] > RUN_M:
                self.runs.append((tick, key, self.network.signals.signal_id[int(stops.light[line])]))
            elif index is not None and red[line] and now[index, line] > -1.0:
                continue
            else:
                self.overruns += 1
            del self._beyond[key, line]
        self._fronts = {int(key): front for key, front in zip(ids, fronts.copy(), strict=True)}
        self._was_red = red

    def _stuck(
        self, ids: NDArray[Any], center: Float64, forward: Float64, extent: Float64, speed: Float64, stop: NDArray[Any]
    ) -> None:
        """Time that a car stands with neither a red or yellow light ahead nor behind a car that waits for one or moves."""
        lines = self._stops
        ahead = np.einsum("cld,ld->cl", lines.point[None] - center[:, None], lines.along)
        side = np.stack([-lines.along[:, 1], lines.along[:, 0]], axis=1)
        aside = np.abs(np.einsum("cld,ld->cl", lines.point[None] - center[:, None], side))
        at_light = (ahead > -1.0) & (ahead < LIGHT_AHEAD_M) & (aside < lines.half_width) & stop
        explained = (speed > STANDING_MPS) | (at_light & (forward @ lines.along.T > 0.7)).any(axis=1)
        gap = center[None] - center[:, None]
        along = np.einsum("abd,ad->ab", gap, forward)
        across = np.abs(np.einsum("abd,ad->ab", gap, np.stack([-forward[:, 1], forward[:, 0]], axis=1)))
        clear = along - extent[:, 0][:, None] - extent[:, 0][None]
        leads = (along > 0.5) & (clear < QUEUE_GAP_M) & (across < QUEUE_ASIDE_M)
        for _ in range(len(ids)):
            grown = explained | (leads & explained[None]).any(axis=1)
            if (grown == explained).all():
                break
            explained = grown
        for key, fine in zip(ids, explained, strict=True):
            time_s = 0.0 if fine else self._standing.get(int(key), 0.0) + self.tick_s
            self._standing[int(key)] = time_s
            self.stuck_s += 0.0 if fine else self.tick_s
            self.longest_stuck_s = max(self.longest_stuck_s, time_s)


def penetration_m(
    center_a: Float64, yaw_a: float, extent_a: Float64, center_b: Float64, yaw_b: float, extent_b: Float64
) -> float:
    """Least distance in the plane by which one of two boxes would have to move to be free of the other; 0 when it is."""
    corners = corners_m(np.stack([center_a, center_b]), np.array([yaw_a, yaw_b]), np.stack([extent_a, extent_b]))
    depth = np.inf
    for yaw in (yaw_a, yaw_a + np.pi / 2.0, yaw_b, yaw_b + np.pi / 2.0):
        on_axis = corners @ np.array([np.cos(yaw), np.sin(yaw)])
        low, high = on_axis.min(axis=1), on_axis.max(axis=1)
        depth = min(depth, float(min(high[0] - low[1], high[1] - low[0])))
    return max(depth, 0.0)


def _stop_lines(network: RoadNetwork) -> _Stops:
    lanes, signals = network.lanes, network.signals
    points, along, half, light = [], [], [], []
    for row, kind in enumerate(signals.kind):
        if kind != "light":
            continue
        for lane, stop_m in zip(signals.lanes[row], signals.stop_arc_length_m[row], strict=True):
            part = lanes.points_of(int(lane))
            arc = lanes.arc_length_m[part]
            points.append([np.interp(stop_m, arc, lanes.center_world_m[part, axis]) for axis in range(2)])
            yaw = float(lanes.yaw_rad[part][int(np.clip(np.searchsorted(arc, stop_m), 1, len(arc) - 1)) - 1])
            along.append([np.cos(yaw), np.sin(yaw)])
            half.append(float(np.interp(stop_m, arc, lanes.width_m[part])) / 2.0)
            light.append(row)
    return _Stops(
        np.array(points, dtype=np.float64).reshape(-1, 2),
        np.array(along, dtype=np.float64).reshape(-1, 2),
        np.array(half, dtype=np.float64),
        np.array(light, dtype=np.int64),
    )
