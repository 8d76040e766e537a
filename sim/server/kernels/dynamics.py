"""Motion of all vehicles over one tick: a double-track model with turning wheels, load transfer, and a powertrain.

Per substep of at most MAX_SUBSTEP_S, in the body frame at the centre of mass (x forward, y left), with wheel i at (xi, yi):

    vx' = Fx / m + r vy,   vy' = Fy / m - r vx,   r' = Mz / Iz        (rotation terms applied as an exact rotation)
    wheel velocity  (vx - r yi, vy + r xi), turned by the wheel's steering angle (Ackermann geometry)
    loads           static +- m h qx / 2L along +- m h qy share / track across, no wheel below zero, axle sums kept
    q'' = wn^2 (a - q) - 2 zeta wn q',   load transfer from q + 2 zeta q' / wn, body roll and pitch from q

a is the specific force (tyres, air, pushes) along and across; q is what springs and dampers have taken up of it. Tyres and
wheel spin: dynamics_wheels.py, dynamics_tyres.py. Engine and gearbox: dynamics_drive.py. Ground, flight, roll-over:
dynamics_body.py. The side forces enter vy and r by the implicit midpoint rule with their secant stiffness, so the step is
stable down to standstill.

Below HOLD_SPEED_MPS brakes, or a closed throttle in gear (automatic parking brake), hold a vehicle exactly. Two-wheelers are
cars without track: each end has two half wheels, no load moves across. A rider keeps both ends on the ground.
Nothing here allocates; rows do not influence each other.

Sources: Rajamani, Vehicle Dynamics and Control (2012), ch. 2, 4; Milliken and Milliken, Race Car Vehicle Dynamics (1995),
ch. 18 (load transfer). Tested by tests/physics/.
"""

from __future__ import annotations

import math

import numba as nb

from sim.server.kernels.dynamics_body import (
    advance_airborne,
    advance_constant,
    advance_overturned,
    apply_impulses,
    follow_ground,
    ground_height,
    report,
)
from sim.server.kernels.dynamics_drive import REVERSE_LIMIT_MPS, choose_gear, clutch, engine_torque, run_engine, sampled
from sim.server.kernels.dynamics_rest import rests, try_to_rest
from sim.server.kernels.dynamics_wheels import forces, load_wheels, turn_wheels
from sim.server.kernels.wheel_lanes import read, write

GRAVITY = 9.81
MAX_SUBSTEP_S = 0.01
HOLD_SPEED_MPS = 0.05
HOLD_YAW_RATE_RADPS = 0.03
SUSPENSION_TRAVEL_M = 0.10
BRAKE_RISE_S = 0.15
BRAKE_RELEASE_S = 0.10
PEDAL_KNEE = 0.8
BRAKE_USED = 0.8
"""Share of the greatest brake torque that the tyres hold on a dry road: a full pedal locks wheels without ABS."""
RIDER_SHARE = 0.95
BRAKER_SHARE = 0.6
"""Of the braking that lifts the rear wheel, riders use so much: 6 to 7 m/s² (Ecker et al. 2001, measured on riders)."""
RIDER_LEAN = 0.75
"""Share of the tyres' grip that riders use in a turn: not quite 40 degrees of lean on a dry road (Cossalter 2006, ch. 4)."""
_STEER_POINTS = 16


RESTS, FIXED, FREELY, ON_TYRES = 0, 1, 2, 3
"""How a vehicle moves in a tick (`moves`): not at all, not by physics, without tyres, on its tyres."""


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def step_all(rows, dt_s, substeps):
    """Advance every row of VEHICLE_DTYPE by dt_s in `substeps` equal parts; the number of vehicles that lie on their side.

    All vehicles take one substep, then all the next: the processor works on a vehicle while another's divisions are under way.
    """
    for index in range(rows.shape[0]):
        _begin(rows[index], dt_s, substeps)
    for _ in range(substeps):
        for index in range(rows.shape[0]):
            if rows[index].moves == ON_TYRES:
                _substep(rows[index], dt_s / substeps)
    lying = 0
    for index in range(rows.shape[0]):
        row = rows[index]
        if row.moves == RESTS:
            continue
        if row.moves != FIXED:
            _finish(row, dt_s)
        lying += row.overturned
        row.force_x_n = row.force_y_n = row.force_z_n = 0.0
        row.torque_x_nm = row.torque_y_nm = row.torque_z_nm = 0.0
    return lying


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _begin(row, dt_s, substeps):
    """How a vehicle moves in this tick; everything that does not move on its tyres is moved already."""
    row.start_x_m, row.start_y_m, row.start_z_m = row.x_m, row.y_m, row.z_m
    row.start_yaw_rad = row.yaw_rad
    row.moves = RESTS
    if rests(row):
        return
    row.engine_before_radps = row.engine_radps
    row.held = 0
    if row.simulate_physics == 0:
        row.moves = FIXED
        row.acceleration_x_mps2 = 0.0
        row.acceleration_y_mps2 = 0.0
        row.acceleration_z_mps2 = 0.0
        row.steer_rad = _steer_target(row)
        turn_wheels(row, row.steer_rad)
        return
    row.moves = FREELY
    if row.z_m - ground_height(row) > SUSPENSION_TRAVEL_M and row.tip_rad == 0.0:
        row.airborne = 1  # spawned or put above the ground, or the road ended
    c, s = math.cos(row.yaw_rad), math.sin(row.yaw_rad)
    apply_impulses(row, c, s)
    if row.constant_velocity != 0:
        advance_constant(row, dt_s / substeps, substeps, _steer_target(row))
    elif row.airborne != 0:
        advance_airborne(row, dt_s)
    elif row.overturned != 0:
        advance_overturned(row, dt_s)
    else:
        row.moves = ON_TYRES
        _plan(row, dt_s / substeps, choose_gear(row, dt_s), c, s)


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _finish(row, dt_s):
    """Height and attitude where it has come to, and what others read."""
    c, s = math.cos(row.yaw_rad), math.sin(row.yaw_rad)
    follow_ground(row, dt_s, c, s)
    report(row, dt_s, c, s)
    if row.held != 0:
        try_to_rest(row, _steer_target(row), row.engine_before_radps)


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _steer_target(row):
    """Angle of the equivalent single front wheel that the driver asks for."""
    target = row.steer * row.max_steer_rad
    if row.steer_curved != 0:
        at = abs(row.vx_mps) * 3.6 / row.steer_curve_kmh * (_STEER_POINTS - 1)
        target *= sampled(row.steer_curve, _STEER_POINTS - 1, at)
    if row.two_wheeled != 0:
        # a rider leans into a turn as far as she trusts the tyres, and steers no more than that turn takes
        wheelbase, speed_sq = row.front_axle_m + row.rear_axle_m, row.vx_mps * row.vx_mps
        most = math.atan2(wheelbase * RIDER_LEAN * row.friction * row.friction_scale * GRAVITY, speed_sq)
        target = min(max(target, -most), most)
    return min(max(target, -row.full_lock_rad), row.full_lock_rad)


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _hold(row, gx, gy):
    """Stand still, exactly."""
    row.held = 1
    row.long_felt_mps2 += 0.5 * (-gx - row.long_felt_mps2)
    row.lat_felt_mps2 += 0.5 * (-gy - row.lat_felt_mps2)
    row.long_felt_rate = 0.0
    row.lat_felt_rate = 0.0
    for i in range(4):
        row.omega_radps[i] = 0.0


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _brake_share(pedal):
    """Share of the greatest brake torque: in proportion to the deceleration up to PEDAL_KNEE, then up to all of it."""
    if pedal <= PEDAL_KNEE:
        return pedal * BRAKE_USED
    return PEDAL_KNEE * BRAKE_USED + (pedal - PEDAL_KNEE) * (1.0 - PEDAL_KNEE * BRAKE_USED) / (1.0 - PEDAL_KNEE)


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _press(now, wanted, h):
    """Brake pressure follows the pedal within the rise time of the hydraulics."""
    if wanted > now:
        return min(wanted, now + h / BRAKE_RISE_S)
    return max(wanted, now - h / BRAKE_RELEASE_S)


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _turn_frame(vx, vy, c, s, quarter):
    """Velocities seen in a body frame turned by 2 atan(quarter), and that frame's cosine and sine in the world."""
    scale = 1.0 / (1.0 + quarter * quarter)
    turn_c, turn_s = (1.0 - quarter * quarter) * scale, 2.0 * quarter * scale
    return turn_c * vx + turn_s * vy, turn_c * vy - turn_s * vx, turn_c * c - turn_s * s, turn_s * c + turn_c * s


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _feel(row, h, along, across):
    """Springs and dampers follow the specific forces (m/s^2)."""
    wn = row.pitch_frequency_radps
    row.long_felt_rate += h * (
        wn * wn * (along - row.long_felt_mps2) - 2.0 * row.pitch_damping * wn * row.long_felt_rate
    )
    row.long_felt_mps2 += h * row.long_felt_rate
    wn = row.roll_frequency_radps
    row.lat_felt_rate += h * (wn * wn * (across - row.lat_felt_mps2) - 2.0 * row.roll_damping * wn * row.lat_felt_rate)
    row.lat_felt_mps2 += h * row.lat_felt_rate


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _drive_torque(row, ratio, throttle, full_nm, turn, h):
    """Torque on the driven wheels together (N m) and its fall per wheel speed (N m s); a rider allows no wheelie."""
    torque, slope = clutch(row, ratio, throttle, full_nm, turn, h)
    torque *= ratio
    slope *= ratio * ratio
    most = min(row.wheelie_nm, throttle * row.output_nm) if torque * ratio > 0.0 else row.output_nm
    if abs(torque) > most:
        return math.copysign(most, torque), 0.0
    return torque, slope


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _integrate(row, h, vx, vy, fx, fy, mz, gx, gy, a0, a1, a2):
    """New body velocities: explicit along, implicit midpoint in the side gains across and in yaw."""
    r = row.yaw_rate_radps
    push_y, push_r = h * (fy / row.mass_kg + gy), h * mz / row.yaw_inertia_kgm2
    k, n = row.mass_ease, row.yaw_ease
    m00, m01, m10, m11 = 1.0 + k * a0, k * a1, n * a1, 1.0 + n * a2
    inverse = 1.0 / (m00 * m11 - m01 * m10)
    return (
        vx + h * (fx / row.mass_kg + gx),
        vy + (m11 * push_y - m01 * push_r) * inverse,
        r + (m00 * push_r - m10 * push_y) * inverse,
    )


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _plan(row, h, ratio, c, s):
    """What stays as it is over all substeps of h seconds: the pedals, the slope, and quotients of parameters."""
    mass = row.mass_kg
    row.heading_cos, row.heading_sin, row.ratio_now = c, s, ratio
    tilt_sq = 1.0 + row.ground_slope_x**2 + row.ground_slope_y**2
    row.down_mps2 = 0.0 if row.gravity == 0 else GRAVITY / tilt_sq
    row.weight_n = max(mass * row.down_mps2 * math.sqrt(tilt_sq) - row.force_z_n, 0.0)
    row.grip_mps2 = row.friction * row.friction_scale * row.weight_n / mass
    row.steer_target_rad = _steer_target(row)
    pedal = _brake_share(min(max(row.brake, 0.0), 1.0))
    neutral = row.manual != 0.0 and row.gear == 0.0
    row.may_hold = (row.throttle <= 0.0 and not neutral) or pedal > 0.0 or row.hand_brake != 0.0
    throttle = min(max(row.throttle, 0.0), 1.0)
    rider = RIDER_SHARE * mass * GRAVITY * row.front_axle_m / row.com_height_m * row.wheel_radius_m[0]
    if row.two_wheeled != 0:
        # what leaning takes of the tyres' grip is not there to brake with, and a light front wheel does not steer
        used = row.vx_mps * max(
            abs(row.yaw_rate_radps), abs(row.vx_mps * row.steer_target_rad) / (row.front_axle_m + row.rear_axle_m)
        )
        used = min(abs(used) / max(row.grip_mps2, 0.1), 0.95)
        throttle *= 1.0 - used
        pedal = min(
            pedal, BRAKER_SHARE / RIDER_SHARE * rider * math.sqrt(1.0 - used * used) / max(row.brake_sum_nm, 1.0)
        )
    row.pedal_now, row.throttle_now = pedal, throttle
    row.wheelie_nm = RIDER_SHARE * mass * GRAVITY * row.rear_axle_m / row.com_height_m * row.wheel_radius_m[2]
    row.per_base = 1.0 / (row.front_axle_m + row.rear_axle_m)
    row.per_moment = 1.0 / (mass * row.com_height_m)
    row.pitch_lead_s = 2.0 * row.pitch_damping / row.pitch_frequency_radps
    row.roll_lead_s = 2.0 * row.roll_damping / row.roll_frequency_radps
    row.mass_ease, row.yaw_ease = 0.5 * h / mass, 0.5 * h / row.yaw_inertia_kgm2
    write(row.wheel_ease, h / read(row.wheel_inertia_kgm2))


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _substep(row, h):
    """Planar motion on the tyres over h seconds, as planned."""
    vx, vy, r, com_x = row.vx_mps, row.vy_mps, row.yaw_rate_radps, row.com_x_m
    c, s = row.heading_cos, row.heading_sin
    wx, wy = c * vx - s * (vy - com_x * r), s * vx + c * (vy - com_x * r)
    # half of the turn before the forces act, half after them (Strang); Cayley keeps |v| exactly
    vx, vy, c, s = _turn_frame(vx, vy, c, s, 0.25 * h * r)
    most = row.steer_rate_radps * h
    steer_before, brake_before = row.steer_rad, row.brake_now
    if steer_before != row.steer_target_rad:
        row.steer_rad += min(max(row.steer_target_rad - steer_before, -most), most)
    if row.turned_rad != 0.5 * (steer_before + row.steer_rad):
        turn_wheels(row, 0.5 * (steer_before + row.steer_rad))
    row.brake_now = _press(brake_before, row.pedal_now, h)
    hand = 1.0 if row.hand_brake != 0.0 else 0.0
    brake = 0.5 * (brake_before + row.brake_now)
    down = row.down_mps2
    gx = -down * (row.ground_slope_x * c + row.ground_slope_y * s)
    gy = -down * (row.ground_slope_y * c - row.ground_slope_x * s)
    load = load_wheels(row)
    ratio, throttle = row.ratio_now, row.throttle_now
    engaged = ratio if row.shift_left_s < 0.5 * h else 0.0
    row.shift_left_s = max(row.shift_left_s - h, 0.0)
    gas = throttle if ratio > 0.0 else throttle * min(max(REVERSE_LIMIT_MPS + vx, 0.0), 1.0)
    full_nm = engine_torque(row, row.engine_radps)
    torque, slope = _drive_torque(row, engaged, gas, full_nm, _mean_turn(row), h)
    fx, fy, mz, a0, a1, a2 = forces(row, load, vx, vy, r, torque, slope, brake, hand)
    run_engine(row, engaged, gas, full_nm, _mean_turn(row), h)
    row.drag_n = row.drag_kgpm * vx * abs(vx)
    push_x, push_y = c * row.force_x_n + s * row.force_y_n, c * row.force_y_n - s * row.force_x_n
    fx, fy = fx - row.drag_n + push_x, fy + push_y
    vx_new, vy_new, r_new = _integrate(row, h, vx, vy, fx, fy, mz + row.torque_z_nm, gx, gy, a0, a1, a2)
    along = (vx_new - vx) / h - gx - row.torque_y_nm * row.per_moment
    across = (vy_new - vy) / h - gy + row.torque_x_nm * row.per_moment
    _feel(row, h, along, across)
    still = abs(vx_new) < HOLD_SPEED_MPS and abs(vy_new) < HOLD_SPEED_MPS and abs(r_new) < HOLD_YAW_RATE_RADPS
    row.held = 0
    if row.may_hold != 0 and still and math.hypot(gx + push_x / row.mass_kg, gy + push_y / row.mass_kg) < row.grip_mps2:
        _hold(row, gx, gy)
        vx_new = vy_new = r_new = 0.0
    vx_new, vy_new, c, s = _turn_frame(vx_new, vy_new, c, s, 0.25 * h * r_new)
    row.heading_cos, row.heading_sin = c, s
    row.yaw_rad += 0.5 * h * (r + r_new)
    row.vx_mps, row.vy_mps, row.yaw_rate_radps = vx_new, vy_new, r_new
    row.x_m += 0.5 * h * (wx + c * vx_new - s * (vy_new - com_x * r_new))
    row.y_m += 0.5 * h * (wy + s * vx_new + c * (vy_new - com_x * r_new))


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _mean_turn(row):
    """Speed of the gearbox's output: the driven wheels' mean, as open differentials give it."""
    return (
        row.drive_share[0] * row.omega_radps[0]
        + row.drive_share[1] * row.omega_radps[1]
        + row.drive_share[2] * row.omega_radps[2]
        + row.drive_share[3] * row.omega_radps[3]
    )
