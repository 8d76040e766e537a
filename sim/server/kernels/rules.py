"""Which lane each vehicle's front is on, which traffic light binds it, and its speed limit: the loop of road_rules."""

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


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def find_fronts(
    rows,
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
    points,
    items,
    values,
    out_lane,
    out_arc_m,
    out_yaw,
):
    """Lane row (-1 none), arc length and direction of travel at each vehicle's front. The rest is scratch."""
    count = rows.shape[0]
    for k in range(count):
        row = rows[k]
        if row.rested == LONG_RESTED and out_lane[k] != UNSEEN:
            continue
        x = row.x_m + math.cos(row.yaw_rad) * row.half_length_m
        y = row.y_m + math.sin(row.yaw_rad) * row.half_length_m
        x = clamp(x, origin[0], cell_m, shape[0])
        y = clamp(y, origin[1], cell_m, shape[1])
        item, fraction, _, _ = find(x, y, REACH_M, origin, cell_m, shape, cell_first, cell_items, segments, rank)
        if item < 0:
            out_lane[k] = NONE
            continue
        point = segment_point[item]
        out_lane[k] = segment_lane[item]
        out_arc_m[k] = arc_m[point] * (1.0 - fraction) + arc_m[point + 1] * fraction
        turn = lane_yaw[point + 1] - lane_yaw[point]
        turn -= 2.0 * math.pi * math.floor((turn + math.pi) / (2.0 * math.pi))
        out_yaw[k] = lane_yaw[point] + turn * fraction


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def bind_lights(
    rows, lane, arc_m, lane_yaw, first_stop, stop_light, stop_arc_m, state, previous_state, passed_m, bound, committed
):
    """Update bound (N,) light index or -1, and committed (N,) light index that a vehicle will not stop for any more.

    A vehicle approaches a light when its front is within its stopping distance (at 0.85 of its braking) plus 1.5 m before
    the stop position, or had been and has not passed by more than `passed_m`. A light that turns yellow when the vehicle
    could not stop comfortably any more (0.6 of its braking) is passed, unless it turns red while the vehicle, held up on the
    way, could stop before the line after all.
    """
    for k in range(rows.shape[0]):
        row = rows[k]
        found = NONE
        if lane[k] >= 0 and math.cos(row.yaw_rad - lane_yaw[k]) > 0.0:
            decel = min(row.brake_force_n / row.mass_kg, row.friction * row.friction_scale * GRAVITY)
            braking_m = row.vx_mps * row.vx_mps / (2.0 * max(decel, 0.1))
            reach = braking_m / FULL_BRAKING_SHARE + REACTION_S * abs(row.vx_mps) + STOP_MARGIN_M
            nearest_m = 1e9
            for slot in range(first_stop[lane[k]], first_stop[lane[k] + 1]):
                ahead = stop_arc_m[slot] - arc_m[k]
                light = stop_light[slot]
                if ahead < -passed_m or ahead >= nearest_m:
                    continue
                waits = row.vx_mps < 1.0 and ahead < QUEUE_REACH_M
                holds = bound[k] == light and (waits or (state[light] != _GREEN and ahead < HOLD_REACH_M))
                if ahead <= reach or holds:
                    found = light
                    nearest_m = ahead
                    turned_yellow = state[light] == _YELLOW and previous_state[light] == _GREEN
                    if turned_yellow and braking_m / COMFORTABLE_SHARE > ahead:
                        committed[k] = light
                    late = light == committed[k] and state[light] == _RED and previous_state[light] != _RED
                    if late and ahead > braking_m / FULL_BRAKING_SHARE + REACTION_S * abs(row.vx_mps):
                        committed[k] = NONE
        if found == NONE or found != committed[k]:
            committed[k] = NONE
            bound[k] = found
        else:
            bound[k] = NONE
            if state[found] == _GREEN:
                committed[k] = NONE


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def report(
    lane, arc_m, bound, first_sample, limits_kmh, sample_m, state, light_ids, out_limit_kmh, out_state, out_has, out_id
):
    """The four fields of each vehicle's record; limits are sampled along each lane.

    The out arrays still hold what was reported last; True when that changes. A vehicle that was told green at a light is
    told "no light" for one tick when that ends: see road_rules.
    """
    changed = False
    for k in range(lane.shape[0]):
        if lane[k] >= 0:
            sample = first_sample[lane[k]] + int(max(arc_m[k], 0.0) / sample_m)
            limit_kmh = limits_kmh[min(sample, first_sample[lane[k] + 1] - 1)]
            changed |= limit_kmh != out_limit_kmh[k]
            out_limit_kmh[k] = limit_kmh
        light = bound[k]
        if light >= 0 and out_has[k] and out_state[k] == _GREEN and state[light] != _GREEN:
            light = NONE
        told = state[light] if light >= 0 else _GREEN
        light_id = light_ids[light] if light >= 0 else 0
        changed |= light_id != out_id[k] or told != out_state[k]
        out_has[k] = light >= 0
        out_state[k] = told
        out_id[k] = light_id
    return changed
