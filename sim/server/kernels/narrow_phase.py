"""Whether two bodies of CONTACT_DTYPE overlap now, how deep, along which normal, and where. Boxes and upright cylinders.

Penetration and normal by the separating-axis test; the contact point is the centroid of the overlap region. The same answer
as sim.base.boxes.overlap for boxes (tests/physics/test_contact.py).
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def collide(a, b, scratch, out):
    """Write penetration, normal x, y (from a to b), point x, y into out (5,). Returns whether they overlap."""
    if abs(a.z_m - b.z_m) >= a.half_height_m + b.half_height_m:
        return False
    dx, dy = b.now_x_m - a.now_x_m, b.now_y_m - a.now_y_m
    reach = a.radius_m + b.radius_m
    if dx * dx + dy * dy >= reach * reach:
        return False
    if a.cylinder != 0 and b.cylinder != 0:
        return _two_cylinders(a, b, dx, dy, out)
    if a.cylinder != 0:
        hit = _cylinder_and_box(a, b, out)
        out[1], out[2] = -out[1], -out[2]
        return hit
    if b.cylinder != 0:
        return _cylinder_and_box(b, a, out)
    return _two_boxes(a, b, dx, dy, scratch, out)


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _two_cylinders(a, b, dx, dy, out):
    distance = math.sqrt(dx * dx + dy * dy)
    nx, ny = (dx / distance, dy / distance) if distance > 1e-9 else (1.0, 0.0)
    out[0] = a.radius_m + b.radius_m - distance
    out[1], out[2] = nx, ny
    depth = a.radius_m - 0.5 * out[0]
    out[3], out[4] = a.now_x_m + depth * nx, a.now_y_m + depth * ny
    return True


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _cylinder_and_box(round_body, box, out):
    """Normal from the box to the cylinder."""
    c, s = box.now_cos, box.now_sin
    dx, dy = round_body.now_x_m - box.now_x_m, round_body.now_y_m - box.now_y_m
    along, across = c * dx + s * dy, c * dy - s * dx
    near_x = min(max(along, -box.half_length_m), box.half_length_m)
    near_y = min(max(across, -box.half_width_m), box.half_width_m)
    off_x, off_y = along - near_x, across - near_y
    distance = math.sqrt(off_x * off_x + off_y * off_y)
    if distance >= round_body.radius_m:
        return False
    if distance > 1e-9:
        nx, ny = off_x / distance, off_y / distance
        out[0] = round_body.radius_m - distance
    else:  # the axis is inside the box: out through the nearest side
        deep_x, deep_y = box.half_length_m - abs(along), box.half_width_m - abs(across)
        if deep_x < deep_y:
            nx, ny = math.copysign(1.0, along), 0.0
            out[0] = round_body.radius_m + deep_x
        else:
            nx, ny = 0.0, math.copysign(1.0, across)
            out[0] = round_body.radius_m + deep_y
    out[1], out[2] = c * nx - s * ny, s * nx + c * ny
    out[3] = box.now_x_m + c * near_x - s * near_y
    out[4] = box.now_y_m + s * near_x + c * near_y
    return True


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _two_boxes(a, b, dx, dy, scratch, out):
    turn_c = abs(a.now_cos * b.now_cos + a.now_sin * b.now_sin)
    turn_s = abs(a.now_cos * b.now_sin - a.now_sin * b.now_cos)
    best = np.inf
    for axis in range(4):
        body, other = (a, b) if axis < 2 else (b, a)
        if axis % 2 == 0:
            nx, ny = body.now_cos, body.now_sin
            reach = body.half_length_m + turn_c * other.half_length_m + turn_s * other.half_width_m
        else:
            nx, ny = -body.now_sin, body.now_cos
            reach = body.half_width_m + turn_s * other.half_length_m + turn_c * other.half_width_m
        offset = nx * dx + ny * dy
        depth = reach - abs(offset)
        if depth <= 0.0:
            return False
        if depth < best - 1e-9:
            best = depth
            sign = 1.0 if offset >= 0.0 else -1.0
            out[0], out[1], out[2] = depth, sign * nx, sign * ny
    _overlap_centroid(a, b, dx, dy, scratch, out)
    return True


@nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _overlap_centroid(a, b, dx, dy, scratch, out):
    """Sutherland-Hodgman: clip b's corners, in a's frame, by a's four sides; write the centroid of what is left."""
    ac, as_ = a.now_cos, a.now_sin
    center_x, center_y = ac * dx + as_ * dy, ac * dy - as_ * dx
    c, s = ac * b.now_cos + as_ * b.now_sin, ac * b.now_sin - as_ * b.now_cos
    source, target = 0, 1
    for corner in range(4):
        along = b.half_length_m if corner == 0 or corner == 3 else -b.half_length_m
        across = b.half_width_m if corner < 2 else -b.half_width_m
        scratch[0, corner, 0] = center_x + c * along - s * across
        scratch[0, corner, 1] = center_y + s * along + c * across
    count = 4
    for side in range(4):
        axis = side // 2
        limit = a.half_length_m if axis == 0 else a.half_width_m
        sign = 1.0 if side % 2 == 0 else -1.0
        kept = 0
        for index in range(count):
            following = (index + 1) % count
            px, py = scratch[source, index, 0], scratch[source, index, 1]
            qx, qy = scratch[source, following, 0], scratch[source, following, 1]
            p_in = limit - sign * (px if axis == 0 else py)
            q_in = limit - sign * (qx if axis == 0 else qy)
            if p_in >= 0.0:
                scratch[target, kept, 0], scratch[target, kept, 1] = px, py
                kept += 1
            if (p_in > 0.0 and q_in < 0.0) or (p_in < 0.0 and q_in > 0.0):
                part = p_in / (p_in - q_in)
                scratch[target, kept, 0] = px + part * (qx - px)
                scratch[target, kept, 1] = py + part * (qy - py)
                kept += 1
        source, target, count = target, source, kept
    sum_x, sum_y = 0.0, 0.0
    for index in range(count):
        sum_x += scratch[source, index, 0]
        sum_y += scratch[source, index, 1]
    mean_x, mean_y = sum_x / max(count, 1), sum_y / max(count, 1)
    area, moment_x, moment_y = 0.0, 0.0, 0.0
    for index in range(count):
        following = (index + 1) % count
        px, py = scratch[source, index, 0] - mean_x, scratch[source, index, 1] - mean_y
        qx, qy = scratch[source, following, 0] - mean_x, scratch[source, following, 1] - mean_y
        cross = px * qy - py * qx
        area += cross
        moment_x += cross * (px + qx)
        moment_y += cross * (py + qy)
    if area > 1e-12:
        mean_x += moment_x / (3.0 * area)
        mean_y += moment_y / (3.0 * area)
    out[3] = a.now_x_m + ac * mean_x - as_ * mean_y
    out[4] = a.now_y_m + as_ * mean_x + ac * mean_y
