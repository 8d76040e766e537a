"""The body beside its planar motion on the tyres: pushes, constant velocity, flight, height and attitude, roll-over.

Height, pitch and roll follow the ground plane, the body adds its own roll and pitch on the springs, two-wheelers lean into
the turn. A body whose inner wheels carry nothing tips about its outer ones as an inverted pendulum, a plate of height 2 h and
width t:

    theta'' = (m / I) (|a| (h cos(theta) + t/2 sin(theta)) - g (t/2 cos(theta) - h sin(theta)))

with I = m (h^2 + t^2 / 4) 4 / 3. It falls back on its wheels or, past the balance, on to its side, where it slides and stays: the
limit of lateral acceleration is g t / 2h. Tested by tests/physics/test_ground.py, tests/physics/test_rollover.py.
"""

from __future__ import annotations

import math

import numba as nb

GRAVITY = 9.81
LEAN_TIME_S = 0.15
SETTLE_TIME_S = 0.10
SUSPENSION_TRAVEL_M = 0.10
SLIDING_FRICTION = 0.45
"""Painted steel on asphalt (assumed; accident reconstruction uses 0.3 to 0.55)."""
MOST_BODY_ROLL_RAD = 0.12


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def ground_height(row):
    """Height of the ground plane below the origin."""
    along_x, along_y = row.x_m - row.ground_x_m, row.y_m - row.ground_y_m
    return row.ground_z_m + row.ground_slope_x * along_x + row.ground_slope_y * along_y


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def apply_impulses(row, cos_yaw, sin_yaw):
    """Pushes given since the last tick; those about x and y rock the body on its springs, or turn it in flight."""
    row.vx_mps += (cos_yaw * row.impulse_x_ns + sin_yaw * row.impulse_y_ns) / row.mass_kg
    row.vy_mps += (cos_yaw * row.impulse_y_ns - sin_yaw * row.impulse_x_ns) / row.mass_kg
    row.vz_mps += row.impulse_z_ns / row.mass_kg
    row.yaw_rate_radps += row.angular_impulse_z_nms / row.yaw_inertia_kgm2
    about_x = cos_yaw * row.angular_impulse_x_nms + sin_yaw * row.angular_impulse_y_nms
    about_y = cos_yaw * row.angular_impulse_y_nms - sin_yaw * row.angular_impulse_x_nms
    if row.airborne != 0:
        row.roll_rate_radps += about_x / row.roll_inertia_kgm2
        row.pitch_rate_radps += about_y / row.pitch_inertia_kgm2
    else:
        per_height = 1.0 / (row.mass_kg * row.com_height_m)
        row.lat_felt_rate += about_x * per_height * row.roll_frequency_radps**2
        row.long_felt_rate -= about_y * per_height * row.pitch_frequency_radps**2
    # what is a torque in the world is one about the body's axes from here on
    torque_x = cos_yaw * row.torque_x_nm + sin_yaw * row.torque_y_nm
    row.torque_y_nm = cos_yaw * row.torque_y_nm - sin_yaw * row.torque_x_nm
    row.torque_x_nm = torque_x
    row.impulse_x_ns = row.impulse_y_ns = row.impulse_z_ns = 0.0
    row.angular_impulse_x_nms = row.angular_impulse_y_nms = row.angular_impulse_z_nms = 0.0


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def advance_constant(row, h, substeps, target):
    """Constant body-frame velocity; the yaw rate is the kinematic one of the steered wheels."""
    wheelbase = row.front_axle_m + row.rear_axle_m
    vx, vy = row.constant_vx_mps, row.constant_vy_mps
    for _ in range(substeps):
        turn = row.steer_rate_radps * h
        row.steer_rad += min(max(target - row.steer_rad, -turn), turn)
        rate = vx * math.tan(row.steer_rad) / wheelbase
        middle = row.yaw_rad + 0.5 * h * rate
        c, s = math.cos(middle), math.sin(middle)
        row.x_m += h * (c * vx - s * vy)
        row.y_m += h * (s * vx + c * vy)
        row.yaw_rad += h * rate
        row.yaw_rate_radps = rate
    row.vx_mps = vx
    row.vy_mps = vy + row.com_x_m * row.yaw_rate_radps
    row.long_felt_mps2 = row.lat_felt_mps2 = row.long_felt_rate = row.lat_felt_rate = 0.0
    roll_freely(row)


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def roll_freely(row):
    """Wheels and engine turn as the vehicle moves."""
    turn = 0.0
    for i in range(4):
        row.omega_radps[i] = row.vx_mps / row.wheel_radius_m[i]
        turn += row.drive_share[i] * row.omega_radps[i]
    if row.engaged_gear > 0.0:
        ratio = row.gear_ratio[int(row.engaged_gear) - 1] * row.final_ratio
        row.engine_radps = min(max(abs(turn) * ratio, row.idle_radps), row.max_engine_radps)


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def advance_airborne(row, dt):
    """No tyre touches: straight flight of the centre of mass, turning at constant rates."""
    c, s = math.cos(row.yaw_rad), math.sin(row.yaw_rad)
    com_vx = c * row.vx_mps - s * row.vy_mps + dt * row.force_x_n / row.mass_kg
    com_vy = s * row.vx_mps + c * row.vy_mps + dt * row.force_y_n / row.mass_kg
    row.yaw_rate_radps += dt * row.torque_z_nm / row.yaw_inertia_kgm2
    row.roll_rate_radps += dt * row.torque_x_nm / row.roll_inertia_kgm2
    row.pitch_rate_radps += dt * row.torque_y_nm / row.pitch_inertia_kgm2
    row.yaw_rad += dt * row.yaw_rate_radps
    row.roll_rad += dt * row.roll_rate_radps
    row.pitch_rad += dt * row.pitch_rate_radps
    new_c, new_s = math.cos(row.yaw_rad), math.sin(row.yaw_rad)
    row.x_m += dt * com_vx + row.com_x_m * (c - new_c)
    row.y_m += dt * com_vy + row.com_x_m * (s - new_s)
    row.vx_mps = new_c * com_vx + new_s * com_vy
    row.vy_mps = new_c * com_vy - new_s * com_vx
    row.long_felt_mps2 = row.lat_felt_mps2 = row.long_felt_rate = row.lat_felt_rate = 0.0


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def advance_overturned(row, dt):
    """On its side it slides on, slower and slower."""
    c, s = math.cos(row.yaw_rad), math.sin(row.yaw_rad)
    speed = math.hypot(row.vx_mps, row.vy_mps)
    loss = SLIDING_FRICTION * GRAVITY * dt
    keep = 1.0 - loss / speed if speed > loss else 0.0
    row.x_m += dt * (c * row.vx_mps - s * row.vy_mps) * 0.5 * (1.0 + keep)
    row.y_m += dt * (s * row.vx_mps + c * row.vy_mps) * 0.5 * (1.0 + keep)
    row.yaw_rad += dt * row.yaw_rate_radps
    row.vx_mps *= keep
    row.vy_mps *= keep
    slower = loss / max(row.half_length_m, 0.5)
    rate = row.yaw_rate_radps
    row.yaw_rate_radps = math.copysign(max(abs(rate) - slower, 0.0), rate)
    for i in range(4):
        row.omega_radps[i] *= 0.9
    row.long_felt_mps2 = row.lat_felt_mps2 = row.long_felt_rate = row.lat_felt_rate = 0.0
    row.held = 1 if speed <= loss and row.yaw_rate_radps == 0.0 else 0


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _tip(row, dt):
    """Turn about the outer wheels; see the head of the file."""
    half, height = 0.5 * row.track_m, row.com_height_m
    steep = math.sqrt(1.0 + row.ground_slope_x**2 + row.ground_slope_y**2)
    felt, weight = row.lat_felt_mps2 * steep, GRAVITY / steep  # along and across the plane, not the horizon
    if row.overturned != 0:
        # fall from the balance on to the side
        felt = 0.0
    side = 1.0 if (row.tip_rad if row.tip_rad != 0.0 else felt) > 0.0 else -1.0
    theta, rate = abs(row.tip_rad), row.tip_rate_radps * side
    push = felt * side
    if row.com_y_m != 0.0:
        half = max(half + row.com_y_m * side, 0.01)
    steps = max(1, math.ceil(dt / 0.01))
    h = dt / steps
    inertia = (height * height + half * half) * (4.0 / 3.0)
    for _ in range(steps):
        c, s = math.cos(theta), math.sin(theta)
        rate += h * (push * (height * c + half * s) - weight * (half * c - height * s)) / inertia
        theta += h * rate
        if theta <= 0.0:
            theta, rate = 0.0, 0.0
        elif theta >= 0.5 * math.pi:
            theta, rate = 0.5 * math.pi, 0.0
    row.tip_rad, row.tip_rate_radps = side * theta, side * rate
    if theta > math.atan2(half, height):  # past the balance: nothing brings it back
        row.overturned = 1


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def follow_ground(row, dt, c, s):
    """Height, pitch and roll from the ground plane and the springs; ballistic while nothing carries."""
    slope_x, slope_y = row.ground_slope_x, row.ground_slope_y
    ground = ground_height(row)
    weight = GRAVITY if row.gravity != 0 else 0.0
    fall = row.force_z_n / row.mass_kg - weight
    free_z = row.z_m + row.vz_mps * dt + 0.5 * fall * dt * dt
    flew = row.airborne != 0
    reach = SUSPENSION_TRAVEL_M if not flew and weight > 0.0 else 0.0
    if row.tip_rad != 0.0 or (
        row.two_wheeled == 0 and abs(row.lat_felt_mps2) * row.com_height_m > 0.3 * GRAVITY * row.track_m
    ):
        _tip(row, dt)
    raised = 0.5 * row.track_m * math.sin(abs(row.tip_rad)) if row.tip_rad != 0.0 else 0.0
    ground += raised
    if ground < free_z - reach and row.tip_rad == 0.0:
        row.airborne = 1
        row.z_m = free_z
        row.vz_mps += fall * dt
        return
    row.airborne = 0
    row.z_m = ground
    row.vz_mps = slope_x * (c * row.vx_mps - s * row.vy_mps) + slope_y * (s * row.vx_mps + c * row.vy_mps)
    along = slope_x * c + slope_y * s
    across = slope_y * c - slope_x * s
    body_roll = row.roll_rad_per_mps2 * row.lat_felt_mps2
    body_pitch = -row.pitch_rad_per_mps2 * row.long_felt_mps2
    if row.two_wheeled != 0:
        wanted = min(max(math.atan(row.vx_mps * row.yaw_rate_radps / GRAVITY), -0.9), 0.9)
        row.lean_rad += (wanted - row.lean_rad) * (1.0 - math.exp(-dt / LEAN_TIME_S))
        body_roll = -row.lean_rad
    else:
        body_roll = min(max(body_roll, -MOST_BODY_ROLL_RAD), MOST_BODY_ROLL_RAD) + row.tip_rad
    pitch = body_pitch - (math.atan(along) if along != 0.0 else 0.0)
    roll = body_roll + (math.asin(across / math.sqrt(1.0 + along * along + across * across)) if across != 0.0 else 0.0)
    if flew:  # it comes down as it flew, and settles
        row.settle_roll_rad = row.roll_rad - roll
        row.settle_pitch_rad = row.pitch_rad - pitch
    if row.settle_roll_rad != 0.0 or row.settle_pitch_rad != 0.0:
        keep = math.exp(-dt / SETTLE_TIME_S)
        row.settle_roll_rad = row.settle_roll_rad * keep if abs(row.settle_roll_rad) > 1e-5 else 0.0
        row.settle_pitch_rad = row.settle_pitch_rad * keep if abs(row.settle_pitch_rad) > 1e-5 else 0.0
        roll += row.settle_roll_rad
        pitch += row.settle_pitch_rad
    row.roll_rate_radps = (roll - row.roll_rad) / dt
    row.pitch_rate_radps = (pitch - row.pitch_rad) / dt
    row.roll_rad, row.pitch_rad = roll, pitch


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def report(row, dt, c, s):
    """World velocity of the origin, its change since the last tick as acceleration, yaw in [-pi, pi), rolling angles."""
    vy = row.vy_mps - row.com_x_m * row.yaw_rate_radps
    velocity_x = c * row.vx_mps - s * vy
    velocity_y = s * row.vx_mps + c * vy
    per_dt = 1.0 / dt
    row.acceleration_x_mps2 = (velocity_x - row.velocity_x_mps) * per_dt
    row.acceleration_y_mps2 = (velocity_y - row.velocity_y_mps) * per_dt
    row.acceleration_z_mps2 = (row.vz_mps - row.velocity_z_mps) * per_dt
    row.velocity_x_mps, row.velocity_y_mps, row.velocity_z_mps = velocity_x, velocity_y, row.vz_mps
    if row.yaw_rad >= math.pi or row.yaw_rad < -math.pi:
        turns = math.floor((row.yaw_rad + math.pi) / (2.0 * math.pi)) * 2.0 * math.pi
        row.yaw_rad -= turns
        row.start_yaw_rad -= turns
    for i in range(4):
        row.rolled_rad[i] += row.omega_radps[i] * dt
