"""Motion of all vehicles over one tick: a dynamic single-track model with Fiala tyres, friction ellipse and load transfer.

Per substep of at most MAX_SUBSTEP_S, in the body frame at the centre of mass (x forward, y left):

    vx' = Fx / m + r vy,   vy' = Fy / m - r vx,   r' = Mz / Iz        (rotation terms applied as an exact rotation)
    axle loads   Fzf = m (g lr - f h) / L,  Fzr = m g - Fzf            f = specific force along x, low-passed over 0.1 s
    side force   Fy = -S (1 - (1 - u)^3), u = c Fz |s| / (3 S) <= 1    s = lateral / longitudinal velocity of the wheel
    grip left    S = sqrt((mu Fz)^2 - Fx^2)                            Fx = drive or brake force of that axle

Below LOW_SPEED_MPS the slip is taken relative to that speed, which makes the tyre a viscous damper whose side velocity
vanishes with v^2: the model goes over into the kinematic one without a switch and stays stable down to rest. Brakes and
rolling resistance act as Coulomb friction: they stop a vehicle and hold it, and never push it. Nothing here allocates;
rows do not influence each other.

Sources: Pacejka, Tyre and Vehicle Dynamics (2012), ch. 1 and 3 (Fiala's brush model); Rajamani, Vehicle Dynamics and
Control (2012), ch. 2. Tested by tests/physics/.
"""

from __future__ import annotations

import math

import numba as nb

GRAVITY = 9.81
MAX_SUBSTEP_S = 0.005
LOW_SPEED_MPS = 2.0
HOLD_SPEED_MPS = 0.05
HOLD_YAW_RATE_RADPS = 0.03
LOAD_FILTER_S = 0.1
LEAN_TIME_S = 0.15
SUSPENSION_TRAVEL_M = 0.10


@nb.njit(cache=True, nogil=True, error_model="numpy")
def step_all(rows, dt_s, substeps):
    """Advance every row of VEHICLE_DTYPE by dt_s in `substeps` equal parts."""
    for index in range(rows.shape[0]):
        row = rows[index]
        _begin(row)
        if row.simulate_physics != 0:
            _apply_impulses(row)
            if row.constant_velocity != 0:
                _advance_constant(row, dt_s / substeps, substeps)
            elif row.airborne != 0:
                _advance_airborne(row, dt_s)
            else:
                _advance(row, dt_s / substeps, substeps)
            _follow_ground(row, dt_s)
            _report(row, dt_s)
        else:
            row.acceleration_x_mps2 = 0.0
            row.acceleration_y_mps2 = 0.0
            row.acceleration_z_mps2 = 0.0
            row.steer_rad = min(max(row.steer * row.max_steer_rad, -row.full_lock_rad), row.full_lock_rad)
        row.force_x_n = 0.0
        row.force_y_n = 0.0
        row.force_z_n = 0.0
        row.torque_z_nm = 0.0


@nb.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _begin(row):
    row.start_x_m = row.x_m
    row.start_y_m = row.y_m
    row.start_z_m = row.z_m
    row.start_yaw_rad = row.yaw_rad
    row.held = 0
    if row.z_m - _ground_height(row) > SUSPENSION_TRAVEL_M:  # spawned or put above the ground, or the road ended
        row.airborne = 1


@nb.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _ground_height(row):
    along_x, along_y = row.x_m - row.ground_x_m, row.y_m - row.ground_y_m
    return row.ground_z_m + row.ground_slope_x * along_x + row.ground_slope_y * along_y


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _apply_impulses(row):
    cos_yaw = math.cos(row.yaw_rad)
    sin_yaw = math.sin(row.yaw_rad)
    row.vx_mps += (cos_yaw * row.impulse_x_ns + sin_yaw * row.impulse_y_ns) / row.mass_kg
    row.vy_mps += (cos_yaw * row.impulse_y_ns - sin_yaw * row.impulse_x_ns) / row.mass_kg
    row.vz_mps += row.impulse_z_ns / row.mass_kg
    row.yaw_rate_radps += row.angular_impulse_z_nms / row.yaw_inertia_kgm2
    row.impulse_x_ns = 0.0
    row.impulse_y_ns = 0.0
    row.impulse_z_ns = 0.0
    row.angular_impulse_z_nms = 0.0


@nb.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _side_force(slip, stiffness_n, limit_n):
    """Fiala's brush tyre: force (N) against a lateral slip, at most `limit_n`."""
    if limit_n < 1e-6:
        return 0.0
    share = stiffness_n * abs(slip) / (3.0 * limit_n)
    used = 1.0
    if share < 1.0:
        left = 1.0 - share
        used = 1.0 - left * left * left
    return -limit_n * used if slip > 0.0 else limit_n * used


@nb.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _longitudinal_share(slip, stiffness_n, grip_n, weight):
    """Share of the grip that ABS or traction control gives to braking or driving while the tyre is asked for side force."""
    if grip_n < 1e-6:
        return 0.0
    share = stiffness_n * abs(slip) / (3.0 * grip_n)
    used = 1.0
    if share < 1.0:
        left = 1.0 - share
        used = 1.0 - left * left * left
    return math.sqrt(1.0 - (weight * used) ** 2)


@nb.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _drive_force(row, vx):
    """Tractive force wanted (N), positive forward: force limit, power limit, top speed, and no wheelie."""
    backward = row.reverse != 0.0 or (row.manual != 0.0 and row.gear < 0.0)
    if row.throttle <= 0.0 or (row.manual != 0.0 and row.gear == 0.0):
        return 0.0
    limit = 11.0 if backward else row.top_speed_mps
    along = -vx if backward else vx
    fade = min(max((limit - along) / (0.02 * limit), 0.0), 1.0)
    force = min(row.drive_force_n, row.power_w / max(abs(vx), 0.5))
    force = min(force, 0.95 * row.mass_kg * GRAVITY * row.rear_axle_m / row.com_height_m)
    force *= min(row.throttle, 1.0) * fade
    return -force if backward else force


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _tyre_forces(row, vx, vy, r, cd, sd, front_load, rear_load, mu, brake):
    """Forces of both axles in their wheels' frames (N).

    Returns front drive, brake and side force, rear drive, brake and side force, and both slips. Brakes are magnitudes against
    the motion. Drive yields to side force (traction control) more than brakes do (ABS).
    """
    front_grip, rear_grip = mu * front_load, mu * rear_load
    side = vy + row.front_axle_m * r
    front_x, front_y = vx * cd + side * sd, side * cd - vx * sd
    rear_y = vy - row.rear_axle_m * r
    front_slip = front_y / max(abs(front_x), LOW_SPEED_MPS)
    rear_slip = rear_y / max(abs(vx), LOW_SPEED_MPS)
    front_c, rear_c = row.front_stiffness_per_rad * front_load, row.rear_stiffness_per_rad * rear_load
    load = front_load + rear_load
    front_brake = front_grip * _longitudinal_share(front_slip, front_c, front_grip, 0.70)
    rear_brake = rear_grip * _longitudinal_share(rear_slip, rear_c, rear_grip, 0.70)
    front_brake = min(brake * front_load / load, front_brake)
    rear_brake = min(brake * rear_load / load, rear_brake)
    drive = _drive_force(row, vx)
    front_drive, rear_drive = 0.0, 0.0
    if drive != 0.0:
        front_limit = 0.95 * front_grip * _longitudinal_share(front_slip, front_c, front_grip, 0.97)
        rear_limit = 0.95 * rear_grip * _longitudinal_share(rear_slip, rear_c, rear_grip, 0.97)
        front_drive = min(max(drive * row.front_drive_share, -front_limit), front_limit)
        rear_drive = min(max(drive * (1.0 - row.front_drive_share), -rear_limit), rear_limit)
    sign = 1.0 if vx > 0.1 else -1.0 if vx < -0.1 else 0.0
    rear_left = rear_grip
    if sign * drive < 0.0:  # drive against the motion shares the grip with the brakes
        front_brake = min(front_brake, front_grip - abs(front_drive))
        rear_left = rear_grip - abs(rear_drive)
        rear_brake = min(rear_brake, rear_left)
    front_long = front_drive - sign * front_brake
    front_lat = _side_force(front_slip, front_c, math.sqrt(max(front_grip**2 - front_long**2, 0.0)))
    hand_brake = row.hand_brake_force_n if row.hand_brake != 0.0 else 0.0
    slide = math.hypot(vx, rear_y)
    if hand_brake >= rear_grip and slide > 0.5:  # locked: sliding friction against the velocity of the contact patch
        rear_drive = 0.0
        rear_brake = rear_grip * abs(vx) / slide
        rear_lat = -rear_grip * rear_y / slide
    else:
        rear_brake = min(rear_brake + hand_brake, rear_left)
        rear_long = max(min(rear_drive - sign * rear_brake, rear_grip), -rear_grip)
        rear_lat = _side_force(rear_slip, rear_c, math.sqrt(max(rear_grip**2 - rear_long**2, 0.0)))
    return front_drive, front_brake, front_lat, rear_drive, rear_brake, rear_lat, front_slip, rear_slip


@nb.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _record_tyres(row, forces, sign, front_load, rear_load, mu, drag):
    """Telemetry of the last substep."""
    front_drive, front_brake, front_lat, rear_drive, rear_brake, rear_lat, front_slip, rear_slip = forces
    row.front_load_n, row.rear_load_n = front_load, rear_load
    row.front_long_n, row.rear_long_n = front_drive - sign * front_brake, rear_drive - sign * rear_brake
    row.front_lat_n, row.rear_lat_n = front_lat, rear_lat
    row.front_slip_rad, row.rear_slip_rad = math.atan(front_slip), math.atan(rear_slip)
    row.front_grip_used = math.hypot(row.front_long_n, front_lat) / max(mu * front_load, 1.0)
    row.rear_grip_used = math.hypot(row.rear_long_n, rear_lat) / max(mu * rear_load, 1.0)
    row.drag_n = drag


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _advance(row, h, substeps):
    """Planar motion on the tyres: yaw, position and body velocities over `substeps` steps of h seconds."""
    mass, com_x, lr = row.mass_kg, row.com_x_m, row.rear_axle_m
    lf, height = row.front_axle_m, row.com_height_m
    mu = row.friction * row.friction_scale
    c, s = math.cos(row.yaw_rad), math.sin(row.yaw_rad)
    cd, sd = math.cos(row.steer_rad), math.sin(row.steer_rad)
    tilt_sq = 1.0 + row.ground_slope_x**2 + row.ground_slope_y**2
    g_n = GRAVITY / math.sqrt(tilt_sq)
    neutral = row.manual != 0.0 and row.gear == 0.0
    engine_drag = 0.0 if (neutral or row.throttle > 0.0) else row.engine_brake_mps2 * mass
    stoppie = 0.95 * mass * GRAVITY * lf / height
    brake = min(min(max(row.brake, 0.0), 1.0) * row.brake_force_n, stoppie)
    may_hold = (row.throttle <= 0.0 and not neutral) or brake > 0.0 or row.hand_brake != 0.0
    target = min(max(row.steer * row.max_steer_rad, -row.full_lock_rad), row.full_lock_rad)
    turn = row.steer_rate_radps * h
    for _ in range(substeps):
        vx, vy, r = row.vx_mps, row.vy_mps, row.yaw_rate_radps
        if row.steer_rad != target:
            row.steer_rad += min(max(target - row.steer_rad, -turn), turn)
            cd, sd = math.cos(row.steer_rad), math.sin(row.steer_rad)
        # gravity along the slope, in the body frame; loads on the axles
        gx = -GRAVITY / tilt_sq * (row.ground_slope_x * c + row.ground_slope_y * s)
        gy = -GRAVITY / tilt_sq * (row.ground_slope_y * c - row.ground_slope_x * s)
        load = mass * g_n
        front_load = min(max(mass * (g_n * lr - row.ax_filtered_mps2 * height) / (lf + lr), 0.0), load)
        forces = _tyre_forces(row, vx, vy, r, cd, sd, front_load, load - front_load, mu, brake)
        front_drive, front_brake, front_lat, rear_drive, rear_brake, rear_lat, _, _ = forces
        # sums; what brakes and rolls acts as friction afterwards
        force_x, force_y = c * row.force_x_n + s * row.force_y_n, c * row.force_y_n - s * row.force_x_n
        drag = row.drag_kgpm * vx * abs(vx)
        sign = 1.0 if vx > 0.1 else -1.0 if vx < -0.1 else 0.0
        front_side = front_lat * cd + (front_drive - sign * front_brake) * sd
        fx = front_drive * cd - front_lat * sd + rear_drive - drag + force_x
        friction = front_brake * cd + rear_brake + row.rolling_resistance * load
        loss = h * (friction + engine_drag * min(abs(vx) * 0.5, 1.0)) / mass
        vx_new = vx + h * (fx / mass + gx)
        vx_new = 0.0 if abs(vx_new) <= loss else vx_new - math.copysign(loss, vx_new)
        vy_new = vy + h * ((front_side + rear_lat + force_y) / mass + gy)
        r_new = r + h * (lf * front_side - lr * rear_lat + row.torque_z_nm) / row.yaw_inertia_kgm2
        row.ax_filtered_mps2 += ((vx_new - vx) / h - gx - row.ax_filtered_mps2) * (h / (LOAD_FILTER_S + h))
        still = abs(vx_new) < HOLD_SPEED_MPS and abs(vy_new) < HOLD_SPEED_MPS and abs(r_new) < HOLD_YAW_RATE_RADPS
        row.held = 0
        if may_hold and still and math.hypot(gx + force_x / mass, gy + force_y / mass) < mu * g_n:
            row.held, row.ax_filtered_mps2 = 1, -gx
            vx_new, vy_new, r_new = 0.0, 0.0, 0.0
        wx, wy = c * vx - s * (vy - com_x * r), s * vx + c * (vy - com_x * r)
        if row.held == 0:
            # the body frame turns by r h (Cayley: keeps |v| exactly), and the velocities are seen in the turned frame
            half = 0.25 * h * (r + r_new)
            scale = 1.0 / (1.0 + half * half)
            turn_c, turn_s = (1.0 - half * half) * scale, 2.0 * half * scale
            vx_new, vy_new = turn_c * vx_new + turn_s * vy_new, turn_c * vy_new - turn_s * vx_new
            c, s = turn_c * c - turn_s * s, turn_s * c + turn_c * s
            row.yaw_rad += 0.5 * h * (r + r_new)
        row.vx_mps, row.vy_mps, row.yaw_rate_radps = vx_new, vy_new, r_new
        row.x_m += 0.5 * h * (wx + c * vx_new - s * (vy_new - com_x * r_new))
        row.y_m += 0.5 * h * (wy + s * vx_new + c * (vy_new - com_x * r_new))
    _record_tyres(row, forces, sign, front_load, load - front_load, mu, drag)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _advance_constant(row, h, substeps):
    """Constant body-frame velocity; the yaw rate is the kinematic one of the steered wheels."""
    wheelbase = row.front_axle_m + row.rear_axle_m
    target = min(max(row.steer * row.max_steer_rad, -row.full_lock_rad), row.full_lock_rad)
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
    row.ax_filtered_mps2 = 0.0


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _advance_airborne(row, dt):
    """No tyre touches: straight flight of the centre of mass, turning at a constant rate."""
    c, s = math.cos(row.yaw_rad), math.sin(row.yaw_rad)
    com_vx = c * row.vx_mps - s * row.vy_mps + dt * row.force_x_n / row.mass_kg
    com_vy = s * row.vx_mps + c * row.vy_mps + dt * row.force_y_n / row.mass_kg
    row.yaw_rate_radps += dt * row.torque_z_nm / row.yaw_inertia_kgm2
    row.yaw_rad += dt * row.yaw_rate_radps
    new_c, new_s = math.cos(row.yaw_rad), math.sin(row.yaw_rad)
    row.x_m += dt * com_vx + row.com_x_m * (c - new_c)
    row.y_m += dt * com_vy + row.com_x_m * (s - new_s)
    row.vx_mps = new_c * com_vx + new_s * com_vy
    row.vy_mps = new_c * com_vy - new_s * com_vx
    row.ax_filtered_mps2 = 0.0


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _follow_ground(row, dt):
    """Height, pitch and roll from the ground plane; ballistic while nothing carries; two-wheelers lean into the turn."""
    old_roll, old_pitch = row.roll_rad, row.pitch_rad
    slope_x, slope_y = row.ground_slope_x, row.ground_slope_y
    ground = _ground_height(row)
    weight = GRAVITY if row.gravity != 0 else 0.0
    fall = row.force_z_n / row.mass_kg - weight
    free_z = row.z_m + row.vz_mps * dt + 0.5 * fall * dt * dt
    reach = SUSPENSION_TRAVEL_M if row.airborne == 0 and weight > 0.0 else 0.0
    if ground >= free_z - reach:
        row.airborne = 0
        row.z_m = ground
        c, s = math.cos(row.yaw_rad), math.sin(row.yaw_rad)
        row.vz_mps = slope_x * (c * row.vx_mps - s * row.vy_mps) + slope_y * (s * row.vx_mps + c * row.vy_mps)
        along = slope_x * c + slope_y * s
        across = slope_y * c - slope_x * s
        lean = 0.0
        if row.two_wheeled != 0:
            wanted = min(max(math.atan(row.vx_mps * row.yaw_rate_radps / GRAVITY), -0.9), 0.9)
            row.lean_rad += (wanted - row.lean_rad) * (1.0 - math.exp(-dt / LEAN_TIME_S))
            lean = row.lean_rad
        row.pitch_rad = -math.atan(along)
        row.roll_rad = math.asin(across / math.sqrt(1.0 + along * along + across * across)) - lean
    else:
        row.airborne = 1
        row.z_m = free_z
        row.vz_mps += fall * dt
    row.roll_rate_radps = (row.roll_rad - old_roll) / dt
    row.pitch_rate_radps = (row.pitch_rad - old_pitch) / dt


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _report(row, dt):
    """World velocity of the origin, its change since the last tick as acceleration, yaw in [-pi, pi), and the gear."""
    c, s = math.cos(row.yaw_rad), math.sin(row.yaw_rad)
    vy = row.vy_mps - row.com_x_m * row.yaw_rate_radps
    velocity_x = c * row.vx_mps - s * vy
    velocity_y = s * row.vx_mps + c * vy
    row.acceleration_x_mps2 = (velocity_x - row.velocity_x_mps) / dt
    row.acceleration_y_mps2 = (velocity_y - row.velocity_y_mps) / dt
    row.acceleration_z_mps2 = (row.vz_mps - row.velocity_z_mps) / dt
    row.velocity_x_mps, row.velocity_y_mps, row.velocity_z_mps = velocity_x, velocity_y, row.vz_mps
    if row.yaw_rad >= math.pi or row.yaw_rad < -math.pi:
        turns = math.floor((row.yaw_rad + math.pi) / (2.0 * math.pi)) * 2.0 * math.pi
        row.yaw_rad -= turns
        row.start_yaw_rad -= turns
    if row.manual != 0.0:
        row.gear_now = row.gear
    elif row.reverse != 0.0:
        row.gear_now = -1.0
    elif row.throttle <= 0.0 and abs(row.vx_mps) < 0.1:
        row.gear_now = 0.0
    else:
        row.gear_now = 1.0 + min(math.floor(6.0 * math.sqrt(abs(row.vx_mps) / (row.top_speed_mps + 0.1))), 5.0)
