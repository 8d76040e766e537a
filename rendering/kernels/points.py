"""Lamps too small for rays: each adds its light to the pixels around its place in the image.

An emitter of luminance L and projected area A at distance r makes E = L A / r² at the lens. Up to 1.5 px that much is added as
radiance E w / Ω over nine pixels (w a quadratic B-spline, Ω a pixel's solid angle), so that the sum follows 1/r² and does not
flicker; from 3 px on its shape is drawn with each pixel's exact coverage (kernels.lamp_shapes); from 16 to 32 px the light of
rays takes over. Shares change smoothly between these sizes. Tested by tests/rendering/test_points.py.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from rendering import embree as row
from rendering.kernels import layout as at
from rendering.kernels.embree_calls import embree_packet
from rendering.kernels.flicker import shimmer_at
from rendering.kernels.lamp_shapes import draw_shape
from rendering.kernels.lane_math import OPTIONS
from rendering.kernels.lanes import LANES, put_f32, put_i32, sf, si
from rendering.kernels.lens_map import direction_of, from_lens, in_camera, locate, nearest_of_few
from rendering.kernels.shade import ROW_BYTES

_SHORT_M = 0.03
"""The ray of sight ends this far (and 0.02 % more) before the lens, so that the lens does not hide itself."""
_DOT_BELOW_PX, _SHAPE_ABOVE_PX = 1.5, 3.0
_U, _V, _RED, _WORLD, _SHAPE, _DISTANCE, _LIGHT, _SLOT, _KIND, _FOUND = 0, 1, 2, 5, 8, 9, 10, 13, 14, 15


@njit(**OPTIONS)
def add_points(tables, scratch, emitters, coverage, shares):
    """Add the light of unresolved emitters to the radiance buffer, in their order. `emitters` (E, EMITTER_STRIDE).

    `coverage` (H, W + 2) holds zeros before and after; `shares` (W,) is room for one row.
    """
    found = np.zeros((LANES, _FOUND))
    held = 0
    for i in range(len(emitters)):
        if _place(tables, emitters[i], found[held]):
            if found[held, _SHAPE] > 0.0:
                draw_shape(tables, scratch, emitters[i], found[held], coverage, shares)
            if found[held, _RED] + found[held, _RED + 1] + found[held, _RED + 2] > 0.0:
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
def _smooth(x, low, high):
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@njit(**OPTIONS)
def _place(tables, emitter, out):
    """Where an emitter that is on, unhidden and unresolved appears; False if not.

    Fills `out`: position in px, E rgb of its dot, world vector to it, the share of its light that its shape carries, its
    distance, its luminance rgb through the fog, its slot and kind.
    """
    slot, kind = int(emitter[0]), int(emitter[1])
    bits = si(tables[at.INSTANCES], slot * at.INSTANCE_STRIDE + at.LAMP_BITS)
    hidden = si(tables[at.INSTANCES], slot * at.INSTANCE_STRIDE + at.INSTANCE_FLAGS) & at.FLAG_HIDDEN
    if (bits >> kind) & 1 == 0 or hidden != 0:
        return False
    width, height = tables[at.WIDTH], tables[at.HEIGHT]
    mx, my, mz = emitter[4], emitter[5], emitter[6]
    w = from_lens(tables, slot, mx, my, mz, height // 2)
    cx, cy, cz, r = in_camera(tables, w, height // 2)
    pixel_m = r * sf(tables[at.LIGHT], at.PIXEL_ANGLE)
    across = emitter[2] / pixel_m
    analytic = 1.0 - _smooth(across, at.POINT_BELOW_PX, at.RAYS_ABOVE_PX)
    if analytic <= 0.0:
        return False
    area = _projected_area(tables, emitter, slot, w, r)
    if area <= 0.0:
        return False
    x, y = nearest_of_few(tables, cx, cy, cz)
    u, v, y = locate(tables, slot, mx, my, mz, x, y, 8)
    reach = 2.5 + emitter[3] / pixel_m * (1.0 if across > _DOT_BELOW_PX else 0.0)
    if min(u, v) < -reach or u > width - 1 + reach or v > height - 1 + reach:
        return False
    w = from_lens(tables, slot, mx, my, mz, y)
    dot = 1.0 - _smooth(across, _DOT_BELOW_PX, _SHAPE_ABOVE_PX)
    out[_U], out[_V], out[_DISTANCE] = u, v, r
    out[_SLOT], out[_KIND] = slot, kind
    out[_SHAPE] = (1.0 - dot) * analytic
    bright = ((bits >> (kind + 16)) & 1) * at.EMISSION_KINDS
    fog = math.exp(-sf(tables[at.LIGHT], at.FOG_PER_M) * max(r - sf(tables[at.LIGHT], at.FOG_START_M), 0.0))
    for channel in range(3):
        luminance = sf(tables[at.LIGHT], at.EMISSIONS + (kind + bright) * 3 + channel) * fog
        out[_LIGHT + channel] = luminance
        out[_RED + channel] = luminance * area / (r * r) * dot
        out[_WORLD + channel] = w[channel]
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
def _aim(tables, s, lane, point):
    """Set up the ray of sight in one lane: from the camera to just before the emitter."""
    y = min(max(int(np.floor(point[_V] + 0.5)), 0), tables[at.HEIGHT] - 1)
    pose, p = tables[at.ROW_POSES], y * 12
    r = math.sqrt(point[_WORLD] ** 2 + point[_WORLD + 1] ** 2 + point[_WORLD + 2] ** 2)
    for axis in range(3):
        put_f32(s, (row.ORIGIN_X + axis) * LANES + lane, sf(pose, p + axis * 4 + 3))
        put_f32(s, (row.DIRECTION_X + axis) * LANES + lane, point[_WORLD + axis] / r)
    put_f32(s, row.T_NEAR * LANES + lane, 0.0)
    put_f32(s, row.T_FAR * LANES + lane, max(r * 0.9998 - _SHORT_M, 0.0))
    put_f32(s, row.TIME * LANES + lane, sf(tables[at.ROW_TIMES], y))
    put_i32(s, row.MASK * LANES + lane, at.CAMERA_MASK)
    put_i32(s, row.FLAGS * LANES + lane, 0)
    put_i32(s, at.VALID * LANES + lane, -1)


@njit(**OPTIONS)
def _splat(tables, point):
    width, height = tables[at.WIDTH], tables[at.HEIGHT]
    px, py = int(np.floor(point[_U] + 0.5)), int(np.floor(point[_V] + 0.5))
    u, v = point[_U] - px, point[_V] - py
    wx = (0.5 * (0.5 - u) ** 2, 0.75 - u * u, 0.5 * (0.5 + u) ** 2)
    wy = (0.5 * (0.5 - v) ** 2, 0.75 - v * v, 0.5 * (0.5 + v) ** 2)
    for j in range(3):
        level = shimmer_at(tables, int(point[_SLOT]), int(point[_KIND]), py + j - 1)
        for i in range(3):
            x, y = px + i - 1, py + j - 1
            if x < 0 or y < 0 or x >= width or y >= height:
                continue
            across = solid_angle(tables, x, y)
            if across > 0.0:
                for channel in range(3):
                    k = (y * width + x) * 3 + channel
                    more = point[_RED + channel] * wx[i] * wy[j] / across * level
                    put_f32(tables[at.OUT_RADIANCE], k, sf(tables[at.OUT_RADIANCE], k) + more)


@njit(**OPTIONS)
def solid_angle(tables, x, y):
    """Of a pixel, in sr: the area between its neighbours' directions; 0 outside the image circle."""
    x0, x1 = max(x - 1, 0), min(x + 1, tables[at.WIDTH] - 1)
    y0, y1 = max(y - 1, 0), min(y + 1, tables[at.HEIGHT] - 1)
    left, right = direction_of(tables, x0, y), direction_of(tables, x1, y)
    up, down = direction_of(tables, x, y0), direction_of(tables, x, y1)
    for q in (left, right, up, down):
        if q[0] * q[0] + q[1] * q[1] + q[2] * q[2] < 0.5:
            return 0.0
    ax, ay, az = right[0] - left[0], right[1] - left[1], right[2] - left[2]
    bx, by, bz = down[0] - up[0], down[1] - up[1], down[2] - up[2]
    nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    return math.sqrt(nx * nx + ny * ny + nz * nz) / ((x1 - x0) * (y1 - y0))
