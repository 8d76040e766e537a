"""Engine, clutch and gearbox of one vehicle.

    Ie we' = throttle T(we) - b we - Tc,   Tc = K (we - i wd)           i gear times final ratio, wd mean of the driven wheels

b goes from the damping at closed throttle to that at full throttle; out of gear and while shifting Tc = 0. An engine that
would fall below idling slips its clutch and gives what its torque curve gives at idling speed: no vehicle creeps or stalls. In the
lowest gears the throttle lifts that speed as far as launch_radps: starting with a slipping clutch or converter.
The torque curve and the steering curve are sampled on even grids (sim.server.vehicles.parameters).
Above its greatest speed the engine gives no torque.

The automatic shifts up above up_ratio and down below down_ratio of the greatest engine speed, both lowered when the throttle
is lifted, no sooner than SHIFT_DWELL_S after the last shift, and at once when the engine would turn too fast; no torque flows
for gear_switch_time. Tested by tests/physics/test_powertrain.py.
"""

from __future__ import annotations

import numba as nb

SHIFT_DWELL_S = 0.5
LIFTED_SHARE = 0.55
"""Shift speeds at closed throttle over those at full throttle."""
LIMITER_BAND = 0.02
REVERSE_LIMIT_MPS = 11.0


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def sampled(grid, last, x):
    """Value at x of a curve given at even steps of 1 in x, constant beyond its ends; `last` is its last index."""
    at = min(max(x, 0.0), float(last))
    index = min(int(at), last - 1)
    return grid[index] + (grid[index + 1] - grid[index]) * (at - index)


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def engine_torque(row, speed_radps):
    """Torque (N m) at full throttle, falling to nothing within LIMITER_BAND below the greatest engine speed."""
    share = speed_radps / row.max_engine_radps
    fade = min(max((1.0 - share) * (1.0 / LIMITER_BAND), 0.0), 1.0)
    return fade * sampled(row.torque_nm, 16, 16.0 * share)


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def choose_gear(row, dt):
    """Once a tick: the gear wanted by driver or automatic, and the ratio that acts (0 while nothing is engaged)."""
    wanted = row.engaged_gear
    count = row.gear_count
    if row.manual != 0.0:
        wanted = min(max(row.gear, -1.0), count)
    elif row.reverse != 0.0:
        wanted = -1.0
    else:
        if wanted < 1.0:
            wanted = 1.0
        if row.autobox != 0.0:
            wanted = _automatic(row, wanted)
    row.since_shift_s += dt
    if wanted != row.engaged_gear:
        standing = abs(row.vx_mps) < 0.5
        row.shift_left_s = 0.0 if standing else row.gear_switch_s
        row.since_shift_s = 0.0
        row.engaged_gear = wanted
    row.gear_now = row.engaged_gear
    if row.engaged_gear == 0.0:
        return 0.0
    if row.engaged_gear < 0.0:
        return -row.reverse_ratio * row.final_ratio
    return row.gear_ratio[int(row.engaged_gear) - 1] * row.final_ratio


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _automatic(row, gear):
    """The gear that the automatic wants, from the speed of the driven wheels."""
    count = row.gear_count
    turn = 0.0
    for i in range(4):
        turn += row.drive_share[i] * row.omega_radps[i]
    turn = abs(turn) * row.final_ratio / row.max_engine_radps
    press = LIFTED_SHARE + (1.0 - LIFTED_SHARE) * min(row.throttle, 1.0)
    index = int(gear) - 1
    while index + 1 < count and turn * row.gear_ratio[index] > 1.0:
        index += 1
    if index + 1.0 != gear or row.since_shift_s < SHIFT_DWELL_S:
        return index + 1.0
    if index + 1 < count and turn * row.gear_ratio[index] > press * row.gear_up[index]:
        return gear + 1.0
    while index > 0 and turn * row.gear_ratio[index] < press * row.gear_down[index]:
        if turn * row.gear_ratio[index - 1] > 0.98 * press * row.gear_up[index - 1]:
            break
        index -= 1
    return index + 1.0


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def clutch(row, ratio, throttle, full_nm, turn, h):
    """Torque into the gearbox (N m), its fall per input speed (N m s), both 0 when nothing is engaged.

    `full_nm` is engine_torque() now, `turn` the mean speed of the driven wheels.
    """
    if ratio == 0.0:
        return 0.0, 0.0
    engine = row.engine_radps
    torque = throttle * full_nm
    damping = row.damping_closed_nms + (row.damping_full_nms - row.damping_closed_nms) * throttle
    hold = row.engine_inertia_kgm2 / h + damping
    push = row.engine_inertia_kgm2 * engine / h + torque
    stiff = row.clutch_nms
    input_speed = ratio * turn
    slip = row.idle_radps
    if abs(row.engaged_gear) == 1.0:
        slip += throttle * (row.launch_radps - slip)
    if push + stiff * input_speed < (hold + stiff) * slip:
        return max(torque + row.engine_inertia_kgm2 * (engine - slip) / h, 0.0), 0.0
    return stiff * (push - hold * input_speed) / (hold + stiff), stiff * hold / (hold + stiff)


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def run_engine(row, ratio, throttle, full_nm, turn, h):
    """Engine speed after a substep, from the new mean speed of the driven wheels."""
    torque = throttle * full_nm
    inertia = row.engine_inertia_kgm2 / h
    if ratio == 0.0:
        damping = row.damping_open_nms + (row.damping_full_nms - row.damping_open_nms) * throttle
        speed = (inertia * row.engine_radps + torque) / (inertia + damping)
    else:
        damping = row.damping_closed_nms + (row.damping_full_nms - row.damping_closed_nms) * throttle
        stiff = row.clutch_nms
        speed = (inertia * row.engine_radps + torque + stiff * ratio * turn) / (inertia + damping + stiff)
        if abs(row.engaged_gear) == 1.0 and row.launch_radps > row.idle_radps:
            slip = row.idle_radps + throttle * (row.launch_radps - row.idle_radps)
            speed = max(speed, min(slip, row.engine_radps + torque / inertia))
    row.engine_radps = max(speed, row.idle_radps)
