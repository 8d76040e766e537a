"""Which traffic light binds each vehicle, and its speed limit: the loop over vehicles of sim.server.road_rules."""

from __future__ import annotations

import math

from numba import njit

_GREEN, _YELLOW = 2, 1
NONE = -1


@njit(cache=True, nogil=True)
def bind_lights(
    lane,
    arc_m,
    lane_yaw,
    yaw,
    speed,
    decel,
    first_stop,
    stop_light,
    stop_arc_m,
    state,
    previous_state,
    passed_m,
    bound,
    committed,
):
    """Update bound (N,) light index or -1, and committed (N,) light index that a vehicle will not stop for any more.

    A vehicle approaches a light when its front is within its stopping distance (at 0.85 of its braking) plus 1.5 m before
    the stop position, or had been and has not passed by more than `passed_m`. A light that turns yellow when the vehicle
    could not stop comfortably any more (0.6 of its braking) is passed.
    """
    for k in range(lane.shape[0]):
        row = lane[k]
        found = NONE
        if row >= 0 and math.cos(yaw[k] - lane_yaw[k]) > 0.0:
            reach = speed[k] * speed[k] / (2.0 * 0.85 * decel[k]) + 0.1 * abs(speed[k]) + 1.5
            nearest = 1e9
            for slot in range(first_stop[row], first_stop[row + 1]):
                ahead = stop_arc_m[slot] - arc_m[k]
                light = stop_light[slot]
                if ahead < -passed_m or ahead >= nearest:
                    continue
                held = bound[k] == light and speed[k] < 1.0 and ahead < 8.0
                if ahead <= reach or held or (bound[k] == light and state[light] != _GREEN and ahead < 60.0):
                    found = light
                    nearest = ahead
                    if state[light] == _YELLOW and previous_state[light] == _GREEN:
                        if speed[k] * speed[k] / (2.0 * 0.6 * decel[k]) > ahead:
                            committed[k] = light
        if found != committed[k]:
            if found != NONE:
                committed[k] = NONE
            bound[k] = found
        else:
            bound[k] = NONE
            if found != NONE and state[found] == _GREEN:
                committed[k] = NONE
