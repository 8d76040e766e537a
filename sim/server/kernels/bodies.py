"""Copies between VEHICLE_DTYPE rows and the bodies of the contact solver, for all vehicles at once."""

from __future__ import annotations

import math

import numba as nb

GRAVITY = 9.81


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def bodies_from_vehicles(rows, bodies, clearance_m, dt_s):
    """Fill the first len(rows) bodies; a standing vehicle with brakes resists up to friction x weight x dt_s."""
    for index in range(rows.shape[0]):
        row = rows[index]
        body = bodies[index]
        body.actor_id = row.actor_id
        body.kind = 0
        body.cylinder = 0
        body.collides = row.collides
        body.x_m, body.y_m, body.yaw_rad = row.x_m, row.y_m, row.yaw_rad
        body.start_x_m, body.start_y_m, body.start_yaw_rad = row.start_x_m, row.start_y_m, row.start_yaw_rad
        body.z_m = row.z_m + row.half_height_m + 0.5 * clearance_m
        body.half_length_m, body.half_width_m = row.half_length_m, row.half_width_m
        body.half_height_m = row.half_height_m - 0.5 * clearance_m
        body.radius_m = math.hypot(row.half_length_m, row.half_width_m)
        body.com_x_m = row.com_x_m
        body.inverse_mass, body.inverse_inertia, body.hold_impulse_ns = 0.0, 0.0, 0.0
        if row.simulate_physics != 0:
            body.inverse_mass = 1.0 / row.mass_kg
            body.inverse_inertia = 1.0 / row.yaw_inertia_kgm2
            if row.held != 0:
                body.hold_impulse_ns = row.friction * row.friction_scale * row.mass_kg * GRAVITY * dt_s
        c, s = math.cos(row.yaw_rad), math.sin(row.yaw_rad)
        body.vx_mps = c * row.vx_mps - s * row.vy_mps
        body.vy_mps = s * row.vx_mps + c * row.vy_mps
        body.yaw_rate_radps = row.yaw_rate_radps


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def vehicles_from_bodies(rows, bodies, dt_s):
    """Write pose and velocity of touched bodies back; the acceleration of the origin gets the change by the contact."""
    for index in range(rows.shape[0]):
        row = rows[index]
        body = bodies[index]
        if body.touched == 0:
            continue
        row.x_m, row.y_m, row.yaw_rad = body.x_m, body.y_m, body.yaw_rad
        c, s = math.cos(row.yaw_rad), math.sin(row.yaw_rad)
        row.vx_mps = c * body.vx_mps + s * body.vy_mps
        row.vy_mps = c * body.vy_mps - s * body.vx_mps
        row.yaw_rate_radps = body.yaw_rate_radps
        velocity_x = body.vx_mps + s * row.com_x_m * body.yaw_rate_radps
        velocity_y = body.vy_mps - c * row.com_x_m * body.yaw_rate_radps
        row.acceleration_x_mps2 += (velocity_x - row.velocity_x_mps) / dt_s
        row.acceleration_y_mps2 += (velocity_y - row.velocity_y_mps) / dt_s
        row.velocity_x_mps, row.velocity_y_mps = velocity_x, velocity_y
        if row.yaw_rad >= math.pi or row.yaw_rad < -math.pi:
            turns = math.floor((row.yaw_rad + math.pi) / (2.0 * math.pi)) * 2.0 * math.pi
            row.yaw_rad -= turns
            row.start_yaw_rad -= turns


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def bodies_from_walkers(ids, start_xy, position, yaw, velocity, radius, height, mass, collides, bodies):
    """Fill the bodies of walkers, upright cylinders that begin the tick with the yaw they end it with."""
    for index in range(bodies.shape[0]):
        body = bodies[index]
        body.actor_id = ids[index]
        body.kind = 1
        body.cylinder = 1
        body.collides = collides[index]
        body.x_m, body.y_m, body.z_m = position[index, 0], position[index, 1], position[index, 2]
        body.start_x_m, body.start_y_m = start_xy[index, 0], start_xy[index, 1]
        body.yaw_rad = yaw[index]
        body.start_yaw_rad = yaw[index]
        body.vx_mps, body.vy_mps = velocity[index, 0], velocity[index, 1]
        body.half_length_m = body.half_width_m = body.radius_m = radius[index]
        body.half_height_m = 0.5 * height[index]
        body.inverse_mass = 1.0 / mass[index] if mass[index] > 0.0 else 0.0
