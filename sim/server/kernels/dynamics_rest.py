"""Vehicles that stand are left alone: their state would not change, so it is not computed.

A vehicle comes to rest when brakes hold it, its springs, steering, brake pressure and engine have settled, and nothing pushes.
It wakes as soon as anything differs from what it was then: its place (teleport, contact), its speed, pedals, wheel or
gear, a push, the grip under it. Most vehicles of a town are parked; without this each costs as much as one that drives.
Tested by tests/physics/test_rest.py.
"""

from __future__ import annotations

import numba as nb

LONG_RESTED = 2
"""`rested` is 1 in the tick in which a vehicle came to rest, this in all later ones: then nothing about its place is new."""
SETTLED_MPS2 = 1e-3
SETTLED_RADPS = 1e-4
SETTLED_ENGINE_RADPS = 0.2


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _grip(row):
    return row.wheel_mu[0] + row.wheel_mu[1] + row.wheel_mu[2] + row.wheel_mu[3]


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def rests(row):
    """Whether a vehicle that came to rest is still as it was; it is awake from now on when it is not."""
    if row.rested == 0:
        return False
    key = row.rest_key
    same = row.x_m == key[0] and row.y_m == key[1] and row.z_m == key[2] and row.yaw_rad == key[3]
    same = same and row.steer == key[4] and row.brake == key[5] and row.hand_brake == key[6]
    same = same and row.reverse == key[7] and row.manual == key[8] and row.gear == key[9] and _grip(row) == key[10]
    same = same and row.roll_rad == key[11] and row.pitch_rad == key[12] and row.mass_kg == key[13]
    same = same and row.throttle <= 0.0 and row.simulate_physics != 0 and row.gravity != 0
    same = same and row.constant_velocity == 0 and row.airborne == 0 and row.overturned == 0
    same = same and row.vx_mps == 0.0 and row.vy_mps == 0.0 and row.vz_mps == 0.0 and row.yaw_rate_radps == 0.0
    same = same and row.force_x_n == 0.0 and row.force_y_n == 0.0 and row.force_z_n == 0.0
    same = same and row.torque_x_nm == 0.0 and row.torque_y_nm == 0.0 and row.torque_z_nm == 0.0
    same = same and row.impulse_x_ns == 0.0 and row.impulse_y_ns == 0.0 and row.impulse_z_ns == 0.0
    same = same and row.angular_impulse_x_nms == 0.0 and row.angular_impulse_y_nms == 0.0
    same = same and row.angular_impulse_z_nms == 0.0
    row.rested = LONG_RESTED if same else 0
    return same


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def try_to_rest(row, steer_target, engine_before_radps):
    """After a tick: remember how it stands when nothing of it moves any more."""
    if row.held == 0 or row.throttle > 0.0 or row.airborne != 0 or row.overturned != 0 or row.tip_rad != 0.0:
        return
    if row.x_m != row.start_x_m or row.y_m != row.start_y_m or row.z_m != row.start_z_m:
        return
    if row.yaw_rad != row.start_yaw_rad or row.yaw_rate_radps != 0.0:
        return
    if row.steer_rad != steer_target or row.turned_rad != steer_target or row.shift_left_s > 0.0 or row.gravity == 0:
        return
    if abs(row.acceleration_x_mps2) + abs(row.acceleration_y_mps2) + abs(row.acceleration_z_mps2) > SETTLED_MPS2:
        return
    if abs(row.roll_rate_radps) > SETTLED_RADPS or abs(row.pitch_rate_radps) > SETTLED_RADPS or row.vz_mps != 0.0:
        return
    if abs(row.engine_radps - engine_before_radps) > SETTLED_ENGINE_RADPS:
        return
    row.roll_rate_radps = row.pitch_rate_radps = 0.0
    row.acceleration_x_mps2 = row.acceleration_y_mps2 = row.acceleration_z_mps2 = 0.0
    key = row.rest_key
    key[0], key[1], key[2], key[3] = row.x_m, row.y_m, row.z_m, row.yaw_rad
    key[4], key[5], key[6] = row.steer, row.brake, row.hand_brake
    key[7], key[8], key[9], key[10] = row.reverse, row.manual, row.gear, _grip(row)
    key[11], key[12], key[13] = row.roll_rad, row.pitch_rad, row.mass_kg
    row.rested = 1
