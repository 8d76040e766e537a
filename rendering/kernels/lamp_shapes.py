"""Lamps of a few pixels, drawn as what they are: each pixel gets the luminance times the share of it that the lamp covers.

Rays of a pixel's grid miss or hit such a lamp by chance, a quarter too much or too little; the covered share is exact. A packet
of rays to points spread over the lamp's near side tells how much of it is seen. When that is a part only, it goes to the pixels
whose centre ray meets nothing before the lamp. Tested by tests/rendering/test_points.py.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from rendering import embree as row
from rendering.kernels import layout as at
from rendering.kernels.coverage import add_edge, take_row
from rendering.kernels.embree_calls import embree_packet
from rendering.kernels.flicker import shimmer_at
from rendering.kernels.lane_math import OPTIONS
from rendering.kernels.lanes import LANES, put_f32, put_i32, sf
from rendering.kernels.lens_map import NOWHERE_PX, from_lens, locate
from rendering.kernels.shade import ROW_BYTES

_SHORT_M = 0.03
_BEFORE_M = 0.05
"""What lies at least this far before a lamp's nearest point stands in front of it."""
_U, _V, _SHAPE, _DISTANCE, _LIGHT = 0, 1, 8, 9, 10


@njit(**OPTIONS)
def draw_shape(tables, s, emitter, point, coverage, shares):
    """Add an emitter's light by its shape. `point` is a row of kernels.points; `coverage` and `shares` as there."""
    x, y = int(np.floor(point[_U] + 0.5)), int(np.floor(point[_V] + 0.5))
    x, y = min(max(x, 1), tables[at.WIDTH] - 2), min(max(y, 1), tables[at.HEIGHT] - 2)
    seen = _seen_share(tables, s + at.SHADOW * ROW_BYTES, s + (at.VALID + 1) * ROW_BYTES, emitter, y)
    if seen <= 0.0:
        return
    x0, y0, x1, y1 = _cover(tables, emitter, x, y, coverage)
    nearest = -1.0
    gain = 1.0
    if seen < 1.0:
        nearest = point[_DISTANCE] - emitter[3] - _BEFORE_M
        all_of_it, open_part = _open_coverage(tables, coverage, shares, x0, y0, x1, y1, nearest)
        if open_part > 0.02 * all_of_it:
            gain = min(seen * all_of_it / open_part, 2.0)
        else:
            nearest, gain = -1.0, seen
    for y in range(y0, y1):
        take_row(coverage, y, x0, x1, shares)
        level = shimmer_at(tables, int(emitter[0]), int(emitter[1]), y)
        for x in range(x0, x1):
            if shares[x] > 1e-5:
                share = shares[x] * gain * point[_SHAPE] * level
                if nearest > 0.0:
                    share *= _open(tables, x, y, nearest)
                k = (y * tables[at.WIDTH] + x) * 3
                for channel in range(3):
                    light = sf(tables[at.OUT_RADIANCE], k + channel) + point[_LIGHT + channel] * share
                    put_f32(tables[at.OUT_RADIANCE], k + channel, light)


@njit(**OPTIONS)
def _corner(tables, emitter, triangle, corner, y):
    """Object point and world vector from the lens of one corner of an emitter's triangle, at image row y."""
    k = (int(emitter[7]) + triangle) * at.CORNER_STRIDE + corner * 3
    table = tables[at.EMITTER_CORNERS]
    p = (sf(table, k), sf(table, k + 1), sf(table, k + 2))
    return p, from_lens(tables, int(emitter[0]), p[0], p[1], p[2], y)


@njit(**OPTIONS)
def _shown(a, b, c):
    """Area times the cosine towards the lens, over the distance, of a triangle of world vectors; negative seen from behind."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    return -0.5 * ((uy * vz - uz * vy) * a[0] + (uz * vx - ux * vz) * a[1] + (ux * vy - uy * vx) * a[2])


@njit(**OPTIONS)
def _seen_share(tables, q, valid, emitter, y):
    """Share of the emitter's near side that nothing hides: rays to LANES points, spread evenly over the area shown."""
    total = 0.0
    for i in range(int(emitter[26])):
        _, a = _corner(tables, emitter, i, 0, y)
        _, b = _corner(tables, emitter, i, 1, y)
        _, c = _corner(tables, emitter, i, 2, y)
        total += max(_shown(a, b, c), 0.0)
    if total <= 0.0:
        return 0.0
    lane, passed = 0, 0.0
    for i in range(int(emitter[26])):
        _, a = _corner(tables, emitter, i, 0, y)
        _, b = _corner(tables, emitter, i, 1, y)
        _, c = _corner(tables, emitter, i, 2, y)
        part = max(_shown(a, b, c), 0.0)
        while lane < LANES and (lane + 0.5) * total <= (passed + part) * LANES:
            # Hammersley's points, laid over the area triangle by triangle; the golden ratio's multiples spread as well
            root = math.sqrt(((lane + 0.5) * total / LANES - passed) / part)
            e, f = 1.0 - root, root * ((0.5 + lane * 0.6180339887) % 1.0)
            w = (a[0] + e * (b[0] - a[0]) + f * (c[0] - a[0]), a[1] + e * (b[1] - a[1]) + f * (c[1] - a[1]),
                 a[2] + e * (b[2] - a[2]) + f * (c[2] - a[2]))  # fmt: skip
            _aim(tables, q, valid, lane, w, y)
            lane += 1
        passed += part
    for spare in range(lane, LANES):
        put_i32(valid, spare, 0)
    embree_packet(tables[at.OCCLUDED], valid, tables[at.SCENE], q, tables[at.PLAIN_ARGUMENTS])
    free = 0
    for k in range(lane):
        if sf(q, row.T_FAR * LANES + k) >= 0.0:
            free += 1
    return free / max(lane, 1)


@njit(**OPTIONS)
def _aim(tables, q, valid, lane, w, y):
    """A ray of sight in one lane, from the lens to just before the end of world vector w."""
    pose, p = tables[at.ROW_POSES], y * 12
    r = math.sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2])
    for axis in range(3):
        put_f32(q, (row.ORIGIN_X + axis) * LANES + lane, sf(pose, p + axis * 4 + 3))
        put_f32(q, (row.DIRECTION_X + axis) * LANES + lane, w[axis] / r)
    put_f32(q, row.T_NEAR * LANES + lane, 0.0)
    put_f32(q, row.T_FAR * LANES + lane, max(r * 0.9998 - _SHORT_M, 0.0))
    put_f32(q, row.TIME * LANES + lane, sf(tables[at.ROW_TIMES], y))
    put_i32(q, row.MASK * LANES + lane, at.CAMERA_MASK)
    put_i32(q, row.FLAGS * LANES + lane, 0)
    put_i32(valid, lane, -1)


@njit(**OPTIONS)
def _cover(tables, emitter, x, y, coverage):
    """Draw the triangles of the near side into `coverage`; the range of pixels touched (x0, y0, x1, y1)."""
    width, height = tables[at.WIDTH], tables[at.HEIGHT]
    low_u, low_v, high_u, high_v = 1e9, 1e9, -1e9, -1e9
    slot = int(emitter[0])
    for i in range(int(emitter[26])):
        p0, a = _corner(tables, emitter, i, 0, y)
        p1, b = _corner(tables, emitter, i, 1, y)
        p2, c = _corner(tables, emitter, i, 2, y)
        if _shown(a, b, c) <= 0.0:
            continue
        u0, v0, _ = locate(tables, slot, p0[0], p0[1], p0[2], x, y, 2)
        u1, v1, _ = locate(tables, slot, p1[0], p1[1], p1[2], x, y, 2)
        u2, v2, _ = locate(tables, slot, p2[0], p2[1], p2[2], x, y, 2)
        if max(max(u0, u1), u2) >= 0.5 * NOWHERE_PX:
            continue
        add_edge(coverage, u0, v0, u1, v1)
        add_edge(coverage, u1, v1, u2, v2)
        add_edge(coverage, u2, v2, u0, v0)
        low_u, high_u = min(min(low_u, u0), min(u1, u2)), max(max(high_u, u0), max(u1, u2))
        low_v, high_v = min(min(low_v, v0), min(v1, v2)), max(max(high_v, v0), max(v1, v2))
    x0, x1 = int(max(math.floor(low_u + 0.5), 0.0)), int(min(math.ceil(high_u + 0.5), float(width)))
    y0, y1 = int(max(math.floor(low_v + 0.5), 0.0)), int(min(math.ceil(high_v + 0.5), float(height)))
    return min(x0, width), y0, max(x1, 0), y1


@njit(**OPTIONS)
def _open(tables, x, y, nearest):
    """Share of the 3 x 3 pixels around (x, y) whose centre ray meets nothing nearer than `nearest` m."""
    free, count = 0.0, 0.0
    for j in range(max(y - 1, 0), min(y + 2, tables[at.HEIGHT])):
        for i in range(max(x - 1, 0), min(x + 2, tables[at.WIDTH])):
            count += 1.0
            if sf(tables[at.OUT_RANGE], j * tables[at.WIDTH] + i) >= nearest:
                free += 1.0
    return free / count


@njit(**OPTIONS)
def _open_coverage(tables, coverage, shares, x0, y0, x1, y1, nearest):
    """Pixels covered in all, and those of them that are open; `coverage` is left as it was."""
    all_of_it, open_part = 0.0, 0.0
    for y in range(y0, y1):
        total = 0.0
        for x in range(x0, x1):
            total += coverage[y, x]
            share = min(abs(total), 1.0)
            all_of_it += share
            if share > 1e-5:
                open_part += share * _open(tables, x, y, nearest)
    return all_of_it, open_part
