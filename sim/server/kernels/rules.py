"""Which lane each vehicle's front is on, which traffic light binds it, and its speed limit: the loop of road_rules.

All in one call with one record a vehicle (FRONT_DTYPE of road_rules): handing a dozen arrays to a kernel costs as much as the
search for twenty vehicles.
"""

from __future__ import annotations

import math

from numba import njit

from sim.maps.kernels.grid import find
from sim.server.kernels.dynamics_rest import LONG_RESTED
from sim.server.kernels.ground_planes import clamp

_GREEN, _YELLOW, _RED = 2, 1, 0
NONE = -1
UNSEEN = -2
"""The lane of a vehicle that has not been looked up yet."""
GRAVITY = 9.81
FULL_BRAKING_SHARE = 0.85
COMFORTABLE_SHARE = 0.6
REACTION_S = 0.1
STOP_MARGIN_M = 1.5
QUEUE_REACH_M = 8.0
REACH_M = 30.0
"""A vehicle that far from every lane is on none."""
HOLD_REACH_M = 60.0
PASSED_M = 1.0
"""A light binds until the front is this far beyond the stop position."""


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _find_fronts(
    rows,
    fronts,
    origin,
    cell_m,
    shape,
    cell_first,
    cell_items,
    segments,
    rank,
    segment_lane,
    segment_point,
    lane_yaw,
    arc_m,
):
    """Lane row (-1 none), arc length and direction of travel at each vehicle's front."""
    for k in range(rows.shape[0]):
        row, front = rows[k], fronts[k]
        if row.rested == LONG_RESTED and front.lane != UNSEEN:
            continue
        x = row.x_m + math.cos(row.yaw_rad) * row.half_length_m
        y = row.y_m + math.sin(row.yaw_rad) * row.half_length_m
        x = clamp(x, origin[0], cell_m, shape[0])
        y = clamp(y, origin[1], cell_m, shape[1])
        item, fraction, _, _ = find(x, y, REACH_M, origin, cell_m, shape, cell_first, cell_items, segments, rank)
        if item < 0:
            front.lane = NONE
            continue
        point = segment_point[item]
        front.lane = segment_lane[item]
        front.arc_m = arc_m[point] * (1.0 - fraction) + arc_m[point + 1] * fraction
        turn = lane_yaw[point + 1] - lane_yaw[point]
        turn -= 2.0 * math.pi * math.floor((turn + math.pi) / (2.0 * math.pi))
        front.yaw_rad = lane_yaw[point] + turn * fraction


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _bind_lights(rows, fronts, first_stop, stop_light, stop_arc_m, state, previous_state):
    """Update `bound`, a light's index or -1, and `committed`, the light that a vehicle will not stop for any more.

    A vehicle approaches a light when its front is within its stopping distance (at 0.85 of its braking) plus 1.5 m before
    the stop position, or had been and has not passed by more than PASSED_M. A light that turns yellow when the vehicle
    could not stop comfortably any more (0.6 of its braking) is passed, unless it turns red while the vehicle, held up on the
    way, could stop before the line after all.
    """
    for k in range(rows.shape[0]):
        row, front = rows[k], fronts[k]
        lane, bound, committed = front.lane, front.bound, front.committed
        found = NONE
        if lane >= 0 and math.cos(row.yaw_rad - front.yaw_rad) > 0.0:
            decel = min(row.brake_force_n / row.mass_kg, row.friction * row.friction_scale * GRAVITY)
            braking_m = row.vx_mps * row.vx_mps / (2.0 * max(decel, 0.1))
            reach = braking_m / FULL_BRAKING_SHARE + REACTION_S * abs(row.vx_mps) + STOP_MARGIN_M
            nearest_m = 1e9
            for slot in range(first_stop[lane], first_stop[lane + 1]):
                ahead = stop_arc_m[slot] - front.arc_m
                light = stop_light[slot]
                if ahead < -PASSED_M or ahead >= nearest_m:
                    continue
                waits = row.vx_mps < 1.0 and ahead < QUEUE_REACH_M
                holds = bound == light and (waits or (state[light] != _GREEN and ahead < HOLD_REACH_M))
                if ahead <= reach or holds:
                    found = light
                    nearest_m = ahead
                    turned_yellow = state[light] == _YELLOW and previous_state[light] == _GREEN
                    if turned_yellow and braking_m / COMFORTABLE_SHARE > ahead:
                        committed = light
                    late = light == committed and state[light] == _RED and previous_state[light] != _RED
                    if late and ahead > braking_m / FULL_BRAKING_SHARE + REACTION_S * abs(row.vx_mps):
                        committed = NONE
        if found == NONE or found != committed:
            front.bound, front.committed = found, NONE
        else:
            front.bound = NONE
            front.committed = NONE if state[found] == _GREEN else committed


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _report(fronts, first_sample, limits_kmh, sample_m, light_ids, state):
    """The four fields of each vehicle's record; limits are sampled along each lane.

    They still hold what was reported last; True when that changes. A vehicle that was told green at a light is told "no
    light" for one tick when that ends: see road_rules.
    """
    changed = False
    for k in range(fronts.shape[0]):
        front = fronts[k]
        lane, light = front.lane, front.bound
        if lane >= 0:
            sample = first_sample[lane] + int(max(front.arc_m, 0.0) / sample_m)
            limit_kmh = limits_kmh[min(sample, first_sample[lane + 1] - 1)]
            changed |= limit_kmh != front.limit_kmh
            front.limit_kmh = limit_kmh
        if light >= 0 and front.has_light and front.light_state == _GREEN and state[light] != _GREEN:
            light = NONE
        told = state[light] if light >= 0 else _GREEN
        light_id = light_ids[light] if light >= 0 else 0
        changed |= light_id != front.light_id or told != front.light_state
        front.has_light = light >= 0
        front.light_state = told
        front.light_id = light_id
    return changed


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def tell_vehicles(
    rows,
    fronts,
    origin,
    cell_m,
    shape,
    cell_first,
    cell_items,
    segments,
    rank,
    segment_lane,
    segment_point,
    lane_yaw,
    arc_m,
    first_stop,
    stop_light,
    stop_arc_m,
    first_sample,
    limits_kmh,
    sample_m,
    light_ids,
    state,
    previous_state,
):
    """One tick of road_rules for all vehicles; whether what any of them is told changes. `previous_state` becomes `state`."""
    _find_fronts(
        rows,
        fronts,
        origin,
        cell_m,
        shape,
        cell_first,
        cell_items,
        segments,
        rank,
        segment_lane,
        segment_point,
        lane_yaw,
        arc_m,
    )
    _bind_lights(rows, fronts, first_stop, stop_light, stop_arc_m, state, previous_state)
    for light in range(state.shape[0]):
        previous_state[light] = state[light]
    return _report(fronts, first_sample, limits_kmh, sample_m, light_ids, state)
