"""Stars as what they are, points: each adds its light to the nine pixels around its place in the image, where the sky is seen.

The sum over the pixels is the star's illuminance, by a quadratic B-spline over the pixels' solid angles as in kernels.points, so
that stars neither flicker nor fade as the camera turns. Tested by tests/rendering/test_stars.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from rendering.kernels import layout as at
from rendering.kernels.lane_math import OPTIONS
from rendering.kernels.lanes import put_f32, sf
from rendering.kernels.lens_map import in_camera, nearest_of_few, offset_from
from rendering.kernels.points import solid_angle

_STEPS = 8


@njit(**OPTIONS)
def add_stars(tables, stars):
    """Add stars (K, 6), direction and RGB lx each, to the radiance buffer, in their order."""
    for k in range(len(stars)):
        u, v = _place(tables, stars[k])
        if u > -1.0 and v > -1.0 and u < tables[at.WIDTH] and v < tables[at.HEIGHT]:
            _splat(tables, stars[k], u, v)


@njit(**OPTIONS)
def _place(tables, star):
    """Where a star appears, in px; (-9, -9) if nowhere."""
    w = (star[0], star[1], star[2])
    cx, cy, cz, _ = in_camera(tables, w, tables[at.HEIGHT] // 2)
    x, y = nearest_of_few(tables, cx, cy, cz)
    for _ in range(_STEPS):
        x, y = min(max(x, 1), tables[at.WIDTH] - 2), min(max(y, 1), tables[at.HEIGHT] - 2)
        cx, cy, cz, _ = in_camera(tables, w, y)
        a, b = offset_from(tables, x, y, cx, cy, cz)
        if max(abs(a), abs(b)) > 1e4:
            break
        if max(abs(a), abs(b)) <= 0.6:
            return x + a, y + b
        if (a < 0.0 and x == 1) or (a > 0.0 and x == tables[at.WIDTH] - 2):
            break
        if (b < 0.0 and y == 1) or (b > 0.0 and y == tables[at.HEIGHT] - 2):
            break
        x, y = x + int(np.floor(a + 0.5)), y + int(np.floor(b + 0.5))
    return -9.0, -9.0


@njit(**OPTIONS)
def _splat(tables, star, u, v):
    width, height = tables[at.WIDTH], tables[at.HEIGHT]
    px, py = int(np.floor(u + 0.5)), int(np.floor(v + 0.5))
    du, dv = u - px, v - py
    wx = (0.5 * (0.5 - du) ** 2, 0.75 - du * du, 0.5 * (0.5 + du) ** 2)
    wy = (0.5 * (0.5 - dv) ** 2, 0.75 - dv * dv, 0.5 * (0.5 + dv) ** 2)
    for j in range(3):
        for i in range(3):
            x, y = px + i - 1, py + j - 1
            if x < 0 or y < 0 or x >= width or y >= height:
                continue
            pixel = y * width + x
            if not np.isinf(sf(tables[at.OUT_RANGE], pixel)):
                continue
            across = solid_angle(tables, x, y)
            if across > 0.0:
                for channel in range(3):
                    k = pixel * 3 + channel
                    more = star[3 + channel] * wx[i] * wy[j] / across
                    put_f32(tables[at.OUT_RADIANCE], k, sf(tables[at.OUT_RADIANCE], k) + more)
