"""Stop lines on the way: where the expert has to stop next, from stop signs, yield signs and lights.

A stop sign is done when the car has stood at it for STAND_S and nobody is about to cross. Tested by tests/experts/test_expert.py.
"""

from __future__ import annotations

import numpy as np

from sim.base.bundle import Control, Truth
from sim.base.polyline import Polyline
from sim.base.state import LightState, WorldState
from sim.experts.surroundings import Others

STAND_S = 1.2
STANDING_MPS = 0.05
SHORT_OF_LINE_M = 0.7
"""The front comes to rest this far before the line."""
NEAR_LINE_M = 3.0
HARD_STOP_MPS2 = 3.5
"""A light that turns yellow is obeyed when this deceleration suffices, as yellow times assume (RiLSA 2010: 3.5 m/s2)."""
CLEAR_TIME_S = 4.0
CLEAR_RANGE_M = 60.0


class StopLines:
    """Remembers which stop signs have been stood at."""

    def __init__(self) -> None:
        self._stood_s: dict[int, float] = {}
        self._done: set[int] = set()
        self._committed: set[int] = set()

    def next_stop_m(
        self, truth: Truth, line: Polyline, others: Others, front_m: float, speed_mps: float, tick_s: float
    ) -> float | None:
        """Station where the front has to come to rest, for the nearest control that demands it; None when the way is free."""
        stops: list[float] = []
        for index, control in enumerate(truth.controls):
            ahead = control.stop_arc_length_m - front_m
            if ahead < -1.0 or index in self._done:
                continue
            if self._demands(index, control, truth.state, line, others, ahead, speed_mps, tick_s):
                stops.append(control.stop_arc_length_m - SHORT_OF_LINE_M)
        return min(stops) if stops else None

    def _demands(
        self,
        index: int,
        control: Control,
        state: WorldState,
        line: Polyline,
        others: Others,
        ahead_m: float,
        speed_mps: float,
        tick_s: float,
    ) -> bool:
        if control.kind == "light":
            return self._light_demands(index, control, state, ahead_m, speed_mps)
        clear = ahead_m > 25.0 or junction_is_clear(line, others, control.stop_arc_length_m)
        if control.kind == "stop":
            if ahead_m < NEAR_LINE_M and speed_mps < STANDING_MPS:
                self._stood_s[index] = self._stood_s.get(index, 0.0) + tick_s
            if self._stood_s.get(index, 0.0) >= STAND_S and clear:
                self._done.add(index)
                return False
            return True
        if ahead_m < 4.0 and clear:
            self._done.add(index)
        return not clear and ahead_m > 0.0

    def _light_demands(self, index: int, control: Control, state: WorldState, ahead_m: float, speed_mps: float) -> bool:
        row = state.row_of(control.track_id)
        if row is None or ahead_m < -0.3:
            return False
        light = int(state.light_state[row])
        if light == LightState.RED:
            return index not in self._committed
        if light == LightState.YELLOW:
            if speed_mps**2 / (2.0 * max(ahead_m - SHORT_OF_LINE_M, 0.1)) > HARD_STOP_MPS2:
                self._committed.add(index)
                return False
            return index not in self._committed
        self._committed.discard(index)
        return False


def junction_is_clear(line: Polyline, others: Others, stop_m: float) -> bool:
    """Whether nobody in motion will, within CLEAR_TIME_S at constant velocity, come into the first 18 m behind the stop line."""
    stations = stop_m + np.arange(2.0, 18.0, 2.0)
    points = line.at(stations)[0][:, :2]
    speed = np.hypot(others.velocity_world_mps[:, 0], others.velocity_world_mps[:, 1])
    for index in np.flatnonzero(speed > 0.7):
        times = np.arange(0.0, CLEAR_TIME_S, 0.25)
        track = others.center_world_m[index] + others.velocity_world_mps[index] * times[:, None]
        if np.min(np.linalg.norm(track[0] - points, axis=1)) > CLEAR_RANGE_M:
            continue
        reach = float(others.half_m[index, 1]) + 1.6
        if np.min(np.linalg.norm(track[:, None, :] - points[None], axis=2)) < reach:
            return False
    return True
