"""Loose bodies (sim.server.bodies.loose_bodies): who must wake, who is near, and their poses for the actor table.

A body's reach is the sphere around its box; a vehicle's is its upright box, swept by its speed over the tick.
Tested by tests/server/test_loose_bodies.py.
"""

from __future__ import annotations

import math

import numba as nb

MARGIN_M = 0.10
STIR_MPS = 0.02
SHOVE_MPS = 0.2


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def wake_by_vehicles(bodies, vehicles, dt_s):
    """Wake sleeping bodies within MARGIN_M of the way of a moving vehicle; the number woken."""
    woken = 0
    for v in range(vehicles.shape[0]):
        car = vehicles[v]
        if car.collides == 0:
            continue
        speed = math.hypot(car.vx_mps, car.vy_mps) + abs(car.yaw_rate_radps) * car.half_length_m
        if speed < STIR_MPS:
            continue
        way = speed * dt_s + MARGIN_M
        c, s = math.cos(car.yaw_rad), math.sin(car.yaw_rad)
        for i in range(bodies.shape[0]):
            body = bodies[i]
            if body.asleep == 0 or body.collides == 0:
                continue
            dx, dy = body.position[0] - car.x_m, body.position[1] - car.y_m
            reach = body.radius + way
            if abs(c * dx + s * dy) > car.half_length_m + reach or abs(c * dy - s * dx) > car.half_width_m + reach:
                continue
            if abs(body.position[2] - car.z_m - car.half_height_m) > car.half_height_m + body.radius + 0.5:
                continue
            body.asleep = 0
            body.quiet_s = 0.0
            woken += 1
    return woken


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def wake_by_walkers(bodies, walkers, dt_s):
    """Wake sleeping bodies that a walking person touches; the number woken."""
    woken = 0
    for k in range(walkers.shape[0]):
        person = walkers[k]
        speed = math.hypot(person.velocity[0], person.velocity[1])
        if not person.collides or speed < STIR_MPS:
            continue
        for i in range(bodies.shape[0]):
            body = bodies[i]
            if body.asleep == 0 or body.collides == 0:
                continue
            away = math.hypot(body.position[0] - person.position[0], body.position[1] - person.position[1])
            high = abs(body.position[2] - person.position[2])
            if away < person.radius + body.radius + speed * dt_s and high < 0.5 * person.height + body.radius:
                body.asleep = 0
                body.quiet_s = 0.0
                woken += 1
    return woken


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def wake_by_bodies(bodies, dt_s):
    """Wake sleepers that a shoved body comes near, and all that lean on those; the number woken."""
    woken = 0
    again = True
    while again:
        again = False
        for a in range(bodies.shape[0]):
            mover = bodies[a]
            if mover.asleep != 0 or mover.collides == 0:
                continue
            v, w = mover.velocity, mover.angular
            speed = math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
            speed += mover.radius * math.sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2])
            if speed < SHOVE_MPS and mover.fresh == 0:
                continue
            for b in range(bodies.shape[0]):
                other = bodies[b]
                if other.asleep == 0 or other.collides == 0:
                    continue
                if _between(mover, other) < mover.radius + other.radius + speed * dt_s + MARGIN_M:
                    other.asleep = 0
                    other.fresh = 1
                    other.quiet_s = 0.0
                    woken += 1
                    again = True
    for a in range(bodies.shape[0]):
        bodies[a].fresh = 0
    return woken


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _between(a, b):
    x = a.position[0] - b.position[0]
    y = a.position[1] - b.position[1]
    z = a.position[2] - b.position[2]
    return math.sqrt(x * x + y * y + z * z)


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def mark_near(bodies, others, margin_m, dt_s, near):
    """near (K,) becomes true where an awake body comes within margin of sphere k of others (K, 5): x, y, z, radius, speed.

    Returns the greatest speed (m/s) at which an awake body and a sphere within reach of it in this tick can meet.
    """
    fastest = 0.0
    for k in range(others.shape[0]):
        near[k] = False
        for i in range(bodies.shape[0]):
            body = bodies[i]
            if body.asleep != 0 or body.collides == 0:
                continue
            dx, dy, dz = (
                body.position[0] - others[k, 0],
                body.position[1] - others[k, 1],
                body.position[2] - others[k, 2],
            )
            distance = math.sqrt(dx * dx + dy * dy + dz * dz) - body.radius - others[k, 3]
            v = body.velocity
            speed = math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) + others[k, 4]
            if distance < margin_m + speed * dt_s:
                near[k] = True
            if distance < 0.05 + speed * dt_s:
                fastest = max(fastest, speed)
    return fastest


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def settle(bodies, dt_s, still_mps, still_radps, patience_s):
    """Count how long each awake body has been still, and let it sleep after patience_s; the number that fell asleep."""
    asleep = 0
    for i in range(bodies.shape[0]):
        body = bodies[i]
        if body.asleep != 0:
            continue
        v, w = body.velocity, body.angular
        slow = v[0] * v[0] + v[1] * v[1] + v[2] * v[2] < still_mps * still_mps
        if slow and w[0] * w[0] + w[1] * w[1] + w[2] * w[2] < still_radps * still_radps:
            body.quiet_s += dt_s
        else:
            body.quiet_s = 0.0
        if body.quiet_s >= patience_s:
            body.asleep = 1
            asleep += 1
            for axis in range(3):
                body.velocity[axis] = body.angular[axis] = 0.0
    return asleep


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def publish_loose(bodies, dt_s, position, rpy, velocity, angular, acceleration):
    """Poses, velocities (of the actor's origin) and accelerations into the actor table."""
    for i in range(bodies.shape[0]):
        body = bodies[i]
        row = body.table_row
        qw, qx, qy, qz = body.quaternion[0], body.quaternion[1], body.quaternion[2], body.quaternion[3]
        up_x, up_y, up_z = 2.0 * (qx * qz + qw * qy), 2.0 * (qy * qz - qw * qx), 1.0 - 2.0 * (qx * qx + qy * qy)
        arm_x, arm_y, arm_z = -body.origin_drop * up_x, -body.origin_drop * up_y, -body.origin_drop * up_z
        position[row, 0] = body.position[0] + arm_x
        position[row, 1] = body.position[1] + arm_y
        position[row, 2] = body.position[2] + arm_z
        side = 2.0 * (qw * qy - qx * qz)
        rpy[row, 0] = math.atan2(2.0 * (qy * qz + qw * qx), up_z)
        rpy[row, 1] = math.asin(min(max(side, -1.0), 1.0))
        rpy[row, 2] = math.atan2(2.0 * (qx * qy + qw * qz), 1.0 - 2.0 * (qy * qy + qz * qz))
        w = body.angular
        turn = (w[1] * arm_z - w[2] * arm_y, w[2] * arm_x - w[0] * arm_z, w[0] * arm_y - w[1] * arm_x)
        for axis in range(3):
            speed = body.velocity[axis] + turn[axis]
            acceleration[row, axis] = (speed - velocity[row, axis]) / dt_s
            velocity[row, axis] = speed
            angular[row, axis] = w[axis]
