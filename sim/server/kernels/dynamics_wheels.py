"""The wheels of one vehicle in one substep: where they point, what they carry, and what their tyres give.

Loads move by what springs and dampers have taken up of the body's accelerations; the tyres themselves are dynamics_tyres.py.
Tested by tests/physics/test_wheels.py.
"""

from __future__ import annotations

import math

import numba as nb

from sim.server.kernels.dynamics_tyres import (
    LOW_SPEED_MPS,
    SLIDE_AT,
    assisted,
    grip_and_stiffness,
    secant,
    spin,
    within,
)
from sim.server.kernels.wheel_lanes import four, least, most, pick, read, size, total, write

PEAK_SHARE = 0.9


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def turn_wheels(row, steer):
    """Steering angle, its cosine and sine, of every wheel: all about one centre of turn (Ackermann)."""
    wheelbase = row.front_axle_m + row.rear_axle_m
    tangent = math.tan(steer)
    for i in range(4):
        if row.steer_share[i] == 0.0:
            row.wheel_steer_rad[i] = 0.0
            row.wheel_cos[i] = 1.0
            row.wheel_sin[i] = 0.0
        else:
            angle = row.steer_share[i] * math.atan2(tangent * wheelbase, wheelbase - tangent * row.wheel_y_m[i])
            row.wheel_steer_rad[i] = angle
            row.wheel_cos[i] = math.cos(angle)
            row.wheel_sin[i] = math.sin(angle)
    row.turned_rad = steer


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def load_wheels(row):
    """Loads of the wheels (N) from what springs and dampers carry; their sum is row.weight_n."""
    weight = row.weight_n
    along = row.long_felt_mps2 + row.long_felt_rate * row.pitch_lead_s
    if row.two_wheeled != 0:
        # so short and high a car would spin under braking; a rider keeps the rear on the ground
        along = max(along, 0.0)
    across = row.lat_felt_mps2 + row.lat_felt_rate * row.roll_lead_s
    front = (weight * row.rear_axle_m - row.mass_kg * row.com_height_m * along) * row.per_base
    front = min(max(front, 0.0), weight)
    rear = weight - front
    moved = row.mass_kg * row.com_height_m * across * row.per_track
    tilt = row.com_y_m * row.per_track
    ahead = min(max(moved * row.front_roll_share - front * tilt, -0.5 * front), 0.5 * front)
    behind = min(max(moved * (1.0 - row.front_roll_share) - rear * tilt, -0.5 * rear), 0.5 * rear)
    load = four(0.5 * front - ahead, 0.5 * front + ahead, 0.5 * rear - behind, 0.5 * rear + behind)
    write(row.load_n, load)
    return load


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _wheels(row, load, vx, vy, r, torque, slope, brake, hand):
    """Forces (N) of the wheels along the body's x and y, and their side gains (N s/m); turns the wheels."""
    u, w = vx - r * read(row.wheel_y_m), vy + r * read(row.wheel_x_m)
    c, s = read(row.wheel_cos), read(row.wheel_sin)
    u, w = u * c + w * s, w * c - u * s
    radius, omega = read(row.wheel_radius_m), read(row.omega_radps)
    grip, side, along = grip_and_stiffness(
        load,
        read(row.rest_load_n),
        read(row.wheel_mu),
        read(row.lat_stiff),
        read(row.lat_max_load),
        read(row.long_stiff_n),
    )
    ref = most(size(u), LOW_SPEED_MPS)
    per_ref = 1.0 / ref
    slip_y = side * w * per_ref
    gain, tangent = secant(along * (omega * radius - u) * per_ref, slip_y, grip)
    gain = gain * per_ref
    drive, hand_brake = read(row.drive_share) * torque, hand * read(row.hand_brake_nm)
    stop = brake * read(row.brake_nm) + row.rolling_resistance * load * radius
    stop = stop + read(row.wheel_damping_nms) * size(omega) + hand_brake
    omega = spin(omega, gain * along, drive, read(row.drive_share) * slope, stop, u, radius, read(row.wheel_ease))
    if (row.abs_on != 0 and brake > 0.0) or row.tc_on != 0:
        helped = (hand_brake == 0.0) & (row.abs_on != 0 and brake > 0.0)
        pulling = pick((drive != 0.0) & (row.tc_on != 0), torque, 0.0)
        used = least(size(slip_y) / (SLIDE_AT * grip + 1e-6), 1.0)
        peak = SLIDE_AT * PEAK_SHARE * grip / most(along, 1.0)
        omega = assisted(omega, u, ref, radius, peak, used, pulling, helped)
    write(row.omega_radps, omega)
    force_x, force_y = within(gain * along * (omega * radius - u), -gain * side * w, grip)
    write(row.long_n, force_x)
    write(row.lat_n, force_y)
    return force_x * c - force_y * s, force_x * s + force_y * c, tangent * per_ref * side


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def forces(row, load, vx, vy, r, torque, slope, brake, hand):
    """Sums over the wheels: Fx, Fy, Mz, and of the side gains times 1, x, x^2."""
    fx, fy, gain = _wheels(row, load, vx, vy, r, torque, slope, brake, hand)
    x, y = read(row.wheel_x_m), read(row.wheel_y_m)
    return total(fx), total(fy), total(x * fy - y * fx), total(gain), total(gain * x), total(gain * x * x)
