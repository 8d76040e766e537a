"""Who else is there, as the expert sees it: everybody's true outline and motion in arrays, and on the expert's path.

Tested by tests/experts/test_expert.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.base.polyline import Polyline
from sim.base.state import ActorKind, WorldState

Float64 = NDArray[np.float64]

RANGE_M = 120.0


@dataclass(frozen=True)
class Others:
    """N other actors near the ego: centres (N, 2), yaws, half sizes (N, 2), velocities (N, 2), turn rates, and rows of the state."""

    row: NDArray[np.int64]
    center_world_m: Float64
    yaw_rad: Float64
    half_m: Float64
    velocity_world_mps: Float64
    turn_radps: Float64
    is_walker: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.row)


@dataclass(frozen=True)
class Leader:
    """The nearest one ahead on the path: free distance, and its speed along the path."""

    gap_m: float
    speed_mps: float


def others_near(state: WorldState, ego_row: int) -> Others:
    """Vehicles, people and things within RANGE_M of the ego."""
    solid = np.isin(state.kind, (int(ActorKind.VEHICLE), int(ActorKind.WALKER), int(ActorKind.PROP)))
    away = state.position_world_m[:, :2] - state.position_world_m[ego_row, :2]
    solid &= np.hypot(away[:, 0], away[:, 1]) < RANGE_M
    solid[ego_row] = False
    rows = np.flatnonzero(solid)
    extent = np.array([state.actors[row].box_extent_m[:2] for row in rows]).reshape(-1, 2)
    middle = np.array([state.actors[row].box_center_m[:2] for row in rows]).reshape(-1, 2)
    yaw = state.rpy_rad[rows, 2]
    cos, sin = np.cos(yaw), np.sin(yaw)
    shift = np.stack([middle[:, 0] * cos - middle[:, 1] * sin, middle[:, 0] * sin + middle[:, 1] * cos], axis=1)
    return Others(
        row=rows,
        center_world_m=state.position_world_m[rows, :2] + shift,
        yaw_rad=yaw,
        half_m=extent,
        velocity_world_mps=state.velocity_world_mps[rows, :2],
        turn_radps=state.angular_velocity_world_radps[rows, 2],
        is_walker=state.kind[rows] == int(ActorKind.WALKER),
    )


def leader_on(
    line: Polyline,
    others: Others,
    station_m: float,
    front_m: float,
    half_width_m: float,
    look_ahead_s: float,
    reach_m: float,
) -> Leader | None:
    """The nearest of those who are on the path, or will be within `look_ahead_s`, and do not just cross it.

    Somebody is on the path when the outline comes within 0.2 m of the strip that the ego sweeps. People who walk across are
    left to the emergency brake; oncoming cars too.
    """
    best: Leader | None = None
    for index in range(others.count):
        center = others.center_world_m[index]
        at, lateral = line.project(center, station_m + reach_m / 2.0, reach_m)
        if not station_m < at < station_m + reach_m:
            continue
        path_yaw = float(line.at(at)[1])
        along = (
            math.cos(path_yaw) * others.velocity_world_mps[index, 0]
            + math.sin(path_yaw) * others.velocity_world_mps[index, 1]
        )
        across = (
            math.cos(path_yaw) * others.velocity_world_mps[index, 1]
            - math.sin(path_yaw) * others.velocity_world_mps[index, 0]
        )
        crossing = abs(across) > 0.5 and abs(across) > abs(along)
        if crossing or along < -1.0:
            continue
        turn = others.yaw_rad[index] - path_yaw
        cos, sin = abs(math.cos(turn)), abs(math.sin(turn))
        half_across = others.half_m[index, 1] * cos + others.half_m[index, 0] * sin
        half_along = others.half_m[index, 0] * cos + others.half_m[index, 1] * sin
        soon = lateral + across * look_ahead_s
        nearest = 0.0 if lateral * soon < 0.0 else min(abs(lateral), abs(soon))
        if nearest - half_across > half_width_m + 0.2:
            continue
        gap = at - half_along - station_m - front_m
        if gap > -1.0 and (best is None or gap < best.gap_m):
            best = Leader(max(gap, 0.05), along)
    return best
