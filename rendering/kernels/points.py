"""Lamps too small for rays: each adds its light to the few pixels around its place in the image.

An emitter of luminance L and projected area A at distance r makes E = L A / r² at the lens. That much is added, as radiance
E w / Ω over nine pixels (w a quadratic B-spline, Ω a pixel's solid angle), so that the sum follows 1/r² and does not flicker.
Where an emitter grows from 1.5 to 3 px the light of rays takes over by the same share. One ray tells whether it is seen.
Tested by tests/rendering/test_points.py.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from rendering import embree as row
from rendering.kernels import layout as at
from rendering.kernels.embree_calls import embree_packet
from rendering.kernels.lane_math import OPTIONS
from rendering.kernels.lanes import LANES, put_f32, put_i32, sf, si
from rendering.kernels.shade import ROW_BYTES

_SHORT_M = 0.03
"""The ray of sight ends this far (and 0.02 % more) before the lens, so that the lens does not hide itself."""


@njit(**OPTIONS)
def add_points(tables, scratch, emitters):
    """Add the light of unresolved emitters to the radiance buffer, in their order. `emitters` (E, EMITTER_STRIDE)."""
    found = np.zeros((LANES, 8))
    held = 0
    for i in range(len(emitters)):
        if _place(tables, emitters[i], found[held]):
            _aim(tables, scratch, held, found[held])
            held += 1
        if held == LANES or (held > 0 and i == len(emitters) - 1):
            for lane in range(held, LANES):
                put_i32(scratch, at.VALID * LANES + lane, 0)
            embree_packet(
                tables[at.OCCLUDED],
                scratch + at.VALID * ROW_BYTES,
                tables[at.SCENE],
                scratch,
                tables[at.PLAIN_ARGUMENTS],
            )
            for lane in range(held):
                if sf(scratch, row.T_FAR * LANES + lane) >= 0.0:
                    _splat(tables, found[lane])
            held = 0


@njit(**OPTIONS)
def _direction(tables, x, y):
    k = (y * tables[at.WIDTH] + x) * 3
    d = tables[at.DIRECTIONS]
    return sf(d, k), sf(d, k + 1), sf(d, k + 2)


@njit(**OPTIONS)
def _toward(tables, emitter, y):
    """Camera-frame unit direction to the emitter's middle at image row y, its distance, and the vector in the world."""
    slot = int(emitter[0])
    time = sf(tables[at.ROW_TIMES], y)
    m = tables[at.TRANSFORMS]
    k = slot * at.TRANSFORM_STRIDE
    pose, p = tables[at.ROW_POSES], y * 12
    w = (0.0, 0.0, 0.0)
    for axis in range(3):
        value = 0.0
        for c in range(4):
            part = 1.0 if c == 3 else emitter[4 + c]
            value += (sf(m, k + axis * 4 + c) + time * sf(m, k + 12 + axis * 4 + c)) * part
        value -= sf(pose, p + axis * 4 + 3)
        w = (w[1], w[2], value)
    r = math.sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2]) + 1e-9
    cx = (sf(pose, p) * w[0] + sf(pose, p + 4) * w[1] + sf(pose, p + 8) * w[2]) / r
    cy = (sf(pose, p + 1) * w[0] + sf(pose, p + 5) * w[1] + sf(pose, p + 9) * w[2]) / r
    cz = (sf(pose, p + 2) * w[0] + sf(pose, p + 6) * w[1] + sf(pose, p + 10) * w[2]) / r
    return cx, cy, cz, r, w


@njit(**OPTIONS)
def _place(tables, emitter, out):
    """Where an emitter that is on, unhidden and unresolved appears: fills `out` (x, y, E rgb, world vector); False if not."""
    slot, kind = int(emitter[0]), int(emitter[1])
    bits = si(tables[at.INSTANCES], slot * at.INSTANCE_STRIDE + at.LAMP_BITS)
    hidden = si(tables[at.INSTANCES], slot * at.INSTANCE_STRIDE + at.INSTANCE_FLAGS) & at.FLAG_HIDDEN
    if (bits >> kind) & 1 == 0 or hidden != 0:
        return False
    width, height = tables[at.WIDTH], tables[at.HEIGHT]
    cx, cy, cz, r, w = _toward(tables, emitter, height // 2)
    share = (emitter[2] / (r * sf(tables[at.LIGHT], at.PIXEL_ANGLE)) - at.POINT_BELOW_PX) / (
        at.RAYS_ABOVE_PX - at.POINT_BELOW_PX
    )
    share = min(max(share, 0.0), 1.0)
    share = 1.0 - share * share * (3.0 - 2.0 * share)
    if share <= 0.0:
        return False
    area = _projected_area(tables, emitter, slot, w, r)
    if area <= 0.0:
        return False
    step = max(4, width // 24)
    best, x, y = -2.0, 0, 0
    for gy in range(step // 2, height, step):
        for gx in range(step // 2, width, step):
            dx, dy, dz = _direction(tables, gx, gy)
            dot = dx * cx + dy * cy + dz * cz
            if dot > best and dx * dx + dy * dy + dz * dz > 0.0:
                best, x, y = dot, gx, gy
    a, b = 0.0, 0.0
    for _ in range(8):
        x, y = min(max(x, 1), width - 2), min(max(y, 1), height - 2)
        cx, cy, cz, r, w = _toward(tables, emitter, y)
        a, b = _offset(tables, x, y, cx, cy, cz)
        if max(abs(a), abs(b)) <= 0.6:
            break
        x, y = x + int(np.floor(min(max(a, -1e4), 1e4) + 0.5)), y + int(np.floor(min(max(b, -1e4), 1e4) + 0.5))
    x, y = min(max(x, 1), width - 2), min(max(y, 1), height - 2)
    if max(abs(a), abs(b)) > 2.5:
        return False
    out[0], out[1] = x + a, y + b
    bright = ((bits >> (kind + 16)) & 1) * at.EMISSION_KINDS
    fog = math.exp(-sf(tables[at.LIGHT], at.FOG_PER_M) * max(r - sf(tables[at.LIGHT], at.FOG_START_M), 0.0))
    for channel in range(3):
        luminance = sf(tables[at.LIGHT], at.EMISSIONS + (kind + bright) * 3 + channel)
        out[2 + channel] = luminance * area / (r * r) * share * fog
        out[5 + channel] = w[channel]
    return True


@njit(**OPTIONS)
def _projected_area(tables, emitter, slot, w, r):
    """m² that the emitter shows to the camera: its facets' area vectors against the direction of sight."""
    m, k = tables[at.TRANSFORMS], slot * at.TRANSFORM_STRIDE
    area = 0.0
    for facet in range(6):
        dot = 0.0
        for c in range(3):
            dot -= emitter[8 + facet * 3 + c] * (
                sf(m, k + c) * w[0] + sf(m, k + 4 + c) * w[1] + sf(m, k + 8 + c) * w[2]
            )
        area += max(dot, 0.0) / r
    return area


@njit(**OPTIONS)
def _offset(tables, x, y, cx, cy, cz):
    """Pixels right and down from pixel (x, y) to where the direction (cx, cy, cz) lies, by the lens's slope there."""
    d = _direction(tables, x, y)
    left, right = _direction(tables, x - 1, y), _direction(tables, x + 1, y)
    up, down = _direction(tables, x, y - 1), _direction(tables, x, y + 1)
    c = (cx, cy, cz)
    uu = vv = uv = ue = ve = 0.0
    for k in range(3):
        u, v, e = (right[k] - left[k]) * 0.5, (down[k] - up[k]) * 0.5, c[k] - d[k]
        uu, vv, uv, ue, ve = uu + u * u, vv + v * v, uv + u * v, ue + u * e, ve + v * e
    det = uu * vv - uv * uv
    if not det > 0.0 or cx * d[0] + cy * d[1] + cz * d[2] < 0.0:
        return 1e9, 1e9
    return (ue * vv - ve * uv) / det, (ve * uu - ue * uv) / det


@njit(**OPTIONS)
def _aim(tables, s, lane, point):
    """Set up the ray of sight in one lane: from the camera to just before the emitter."""
    y = min(max(int(np.floor(point[1] + 0.5)), 0), tables[at.HEIGHT] - 1)
    pose, p = tables[at.ROW_POSES], y * 12
    r = math.sqrt(point[5] ** 2 + point[6] ** 2 + point[7] ** 2)
    for axis in range(3):
        put_f32(s, (row.ORIGIN_X + axis) * LANES + lane, sf(pose, p + axis * 4 + 3))
        put_f32(s, (row.DIRECTION_X + axis) * LANES + lane, point[5 + axis] / r)
    put_f32(s, row.T_NEAR * LANES + lane, 0.0)
    put_f32(s, row.T_FAR * LANES + lane, max(r * 0.9998 - _SHORT_M, 0.0))
    put_f32(s, row.TIME * LANES + lane, sf(tables[at.ROW_TIMES], y))
    put_i32(s, row.MASK * LANES + lane, at.CAMERA_MASK)
    put_i32(s, row.FLAGS * LANES + lane, 0)
    put_i32(s, at.VALID * LANES + lane, -1)


@njit(**OPTIONS)
def _splat(tables, point):
    width, height = tables[at.WIDTH], tables[at.HEIGHT]
    px, py = int(np.floor(point[0] + 0.5)), int(np.floor(point[1] + 0.5))
    u, v = point[0] - px, point[1] - py
    wx = (0.5 * (0.5 - u) ** 2, 0.75 - u * u, 0.5 * (0.5 + u) ** 2)
    wy = (0.5 * (0.5 - v) ** 2, 0.75 - v * v, 0.5 * (0.5 + v) ** 2)
    for j in range(3):
        for i in range(3):
            x, y = px + i - 1, py + j - 1
            if x < 0 or y < 0 or x >= width or y >= height:
                continue
            solid_angle = _solid_angle(tables, x, y)
            if solid_angle > 0.0:
                for channel in range(3):
                    k = (y * width + x) * 3 + channel
                    more = point[2 + channel] * wx[i] * wy[j] / solid_angle
                    put_f32(tables[at.OUT_RADIANCE], k, sf(tables[at.OUT_RADIANCE], k) + more)


@njit(**OPTIONS)
def _solid_angle(tables, x, y):
    """Of a pixel, in sr: the area between its neighbours' directions; 0 outside the image circle."""
    x0, x1 = max(x - 1, 0), min(x + 1, tables[at.WIDTH] - 1)
    y0, y1 = max(y - 1, 0), min(y + 1, tables[at.HEIGHT] - 1)
    left, right = _direction(tables, x0, y), _direction(tables, x1, y)
    up, down = _direction(tables, x, y0), _direction(tables, x, y1)
    for q in (left, right, up, down):
        if q[0] * q[0] + q[1] * q[1] + q[2] * q[2] < 0.5:
            return 0.0
    ax, ay, az = right[0] - left[0], right[1] - left[1], right[2] - left[2]
    bx, by, bz = down[0] - up[0], down[1] - up[1], down[2] - up[2]
    nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    return math.sqrt(nx * nx + ny * ny + nz * nz) / ((x1 - x0) * (y1 - y0))
