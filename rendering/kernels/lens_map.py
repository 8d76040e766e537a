"""From points of moving objects to pixels, by the lens's own table of rays: no lens model is known here.

A pixel's position is found by Newton's method on the table: the slope of the rays around a pixel tells how far off a direction
lies, and each image row has its own pose and time. Tested by tests/rendering/test_points.py.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from rendering.kernels import layout as at
from rendering.kernels.lane_math import OPTIONS
from rendering.kernels.lanes import sf

NOWHERE_PX = 1e9


@njit(**OPTIONS)
def direction_of(tables, x, y):
    """Camera-frame unit direction of a pixel's centre; 0 outside the image circle."""
    k = (y * tables[at.WIDTH] + x) * 3
    d = tables[at.DIRECTIONS]
    return sf(d, k), sf(d, k + 1), sf(d, k + 2)


@njit(**OPTIONS)
def from_lens(tables, slot, px, py, pz, y):
    """World vector from the lens to object point (px, py, pz) of the instance in `slot`, at image row y's pose and time."""
    time = sf(tables[at.ROW_TIMES], y)
    m, k = tables[at.TRANSFORMS], slot * at.TRANSFORM_STRIDE
    pose, p = tables[at.ROW_POSES], y * 12
    w = (0.0, 0.0, 0.0)
    for axis in range(3):
        r = k + axis * 4
        value = (sf(m, r) + time * sf(m, r + 12)) * px + (sf(m, r + 1) + time * sf(m, r + 13)) * py
        value += (sf(m, r + 2) + time * sf(m, r + 14)) * pz + (sf(m, r + 3) + time * sf(m, r + 15))
        w = (w[1], w[2], value - sf(pose, p + axis * 4 + 3))
    return w


@njit(**OPTIONS)
def in_camera(tables, w, y):
    """Camera-frame unit direction of a world vector at row y, and its length."""
    pose, p = tables[at.ROW_POSES], y * 12
    r = math.sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2]) + 1e-9
    cx = (sf(pose, p) * w[0] + sf(pose, p + 4) * w[1] + sf(pose, p + 8) * w[2]) / r
    cy = (sf(pose, p + 1) * w[0] + sf(pose, p + 5) * w[1] + sf(pose, p + 9) * w[2]) / r
    cz = (sf(pose, p + 2) * w[0] + sf(pose, p + 6) * w[1] + sf(pose, p + 10) * w[2]) / r
    return cx, cy, cz, r


@njit(**OPTIONS)
def offset_from(tables, x, y, cx, cy, cz):
    """Pixels right and down from pixel (x, y) to where the direction (cx, cy, cz) lies, by the lens's slope there.

    The direction is first scaled to the plane that touches the unit sphere at the pixel's own direction, which makes a
    step of a few pixels exact to its square; NOWHERE_PX behind the camera or at the rim of the image circle.
    """
    d = direction_of(tables, x, y)
    left, right = direction_of(tables, x - 1, y), direction_of(tables, x + 1, y)
    up, down = direction_of(tables, x, y - 1), direction_of(tables, x, y + 1)
    ahead = cx * d[0] + cy * d[1] + cz * d[2]
    if ahead <= 0.0:
        return NOWHERE_PX, NOWHERE_PX
    c = (cx / ahead, cy / ahead, cz / ahead)
    uu = vv = uv = ue = ve = 0.0
    for k in range(3):
        u, v, e = (right[k] - left[k]) * 0.5, (down[k] - up[k]) * 0.5, c[k] - d[k]
        uu, vv, uv, ue, ve = uu + u * u, vv + v * v, uv + u * v, ue + u * e, ve + v * e
    det = uu * vv - uv * uv
    if not det > 0.0:
        return NOWHERE_PX, NOWHERE_PX
    return (ue * vv - ve * uv) / det, (ve * uu - ue * uv) / det


@njit(**OPTIONS)
def locate(tables, slot, px, py, pz, x, y, steps):
    """Position in px of an object point, from pixel (x, y) on in at most `steps` Newton steps, and the row used last."""
    u, v = NOWHERE_PX, NOWHERE_PX
    for _ in range(steps):
        x, y = min(max(x, 1), tables[at.WIDTH] - 2), min(max(y, 1), tables[at.HEIGHT] - 2)
        cx, cy, cz, _ = in_camera(tables, from_lens(tables, slot, px, py, pz, y), y)
        a, b = offset_from(tables, x, y, cx, cy, cz)
        u, v = x + a, y + b
        if max(abs(a), abs(b)) <= 0.6:
            break
        x, y = x + int(np.floor(min(max(a, -1e4), 1e4) + 0.5)), y + int(np.floor(min(max(b, -1e4), 1e4) + 0.5))
    return u, v, min(max(y, 1), tables[at.HEIGHT] - 2)


@njit(**OPTIONS)
def nearest_of_few(tables, cx, cy, cz):
    """The pixel (x, y) of a coarse grid whose ray lies nearest to a direction: where to start looking for it."""
    width, height = tables[at.WIDTH], tables[at.HEIGHT]
    step = max(4, width // 24)
    best, x, y = -2.0, 0, 0
    for gy in range(step // 2, height, step):
        for gx in range(step // 2, width, step):
            dx, dy, dz = direction_of(tables, gx, gy)
            dot = dx * cx + dy * cy + dz * cz
            if dot > best and dx * dx + dy * dy + dz * dz > 0.0:
                best, x, y = dot, gx, gy
    return x, y
