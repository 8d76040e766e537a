"""Lines drawn over a picture, hidden by what stands in front of them.

Tested by tests/server/test_debug_shapes.py.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

NEAR_M = 0.05
DEPTH_SLACK_M = 0.03
THINNEST_PX = 0.6


@njit(cache=True, nogil=True)
def draw_lines(image, range_m, plane, focal_px, distorted, begin, end, thickness_m, radius_px, color):
    """Blend lines begin to end (N, 3), in optical axes, into image (H, W, 4) uint8 B G R A.

    `thickness_m` (N,) is their width in the world; `radius_px` (N,) where it is above 0 the half width in the picture instead.
    `plane` (H, W, 2) are the pixels' rays over z, `range_m` (H, W) how far they reach; `color` (N, 3) B G R. The pinhole's grid
    bounds each line's pixels unless the rays are `distorted`.
    """
    height, width = range_m.shape
    for n in range(begin.shape[0]):
        ax, ay, az, bx, by, bz = begin[n, 0], begin[n, 1], begin[n, 2], end[n, 0], end[n, 1], end[n, 2]
        if az < NEAR_M and bz < NEAR_M:
            continue
        if az < NEAR_M:
            f = (NEAR_M - az) / (bz - az)
            ax, ay, az = ax + f * (bx - ax), ay + f * (by - ay), NEAR_M
        elif bz < NEAR_M:
            f = (NEAR_M - bz) / (az - bz)
            bx, by, bz = bx + f * (ax - bx), by + f * (ay - by), NEAR_M
        ax, ay, bx, by = ax / az, ay / az, bx / bz, by / bz
        thick = thickness_m[n] * 0.5
        least = (radius_px[n] if radius_px[n] > 0.0 else THINNEST_PX) / focal_px
        widest = least if radius_px[n] > 0.0 else max(least, thick / min(az, bz))
        first_x, last_x, first_y, last_y = 0, width, 0, height
        if not distorted:
            pad = widest + 1.0 / focal_px
            first_x = _bounded(math.floor((min(ax, bx) - pad) * focal_px + (width - 1) * 0.5), width)
            last_x = _bounded(math.ceil((max(ax, bx) + pad) * focal_px + (width - 1) * 0.5) + 1, width)
            first_y = _bounded(math.floor((min(ay, by) - pad) * focal_px + (height - 1) * 0.5), height)
            last_y = _bounded(math.ceil((max(ay, by) + pad) * focal_px + (height - 1) * 0.5) + 1, height)
        dx, dy = bx - ax, by - ay
        length2 = dx * dx + dy * dy
        for y in range(first_y, last_y):
            for x in range(first_x, last_x):
                px, py = plane[y, x, 0], plane[y, x, 1]
                s = 0.0
                if length2 > 0.0:
                    s = min(max(((px - ax) * dx + (py - ay) * dy) / length2, 0.0), 1.0)
                away = math.hypot(px - ax - s * dx, py - ay - s * dy)
                if away > widest + 1.0 / focal_px:
                    continue
                z = 1.0 / ((1.0 - s) / az + s / bz)
                radius = least if radius_px[n] > 0.0 else max(least, thick / z)
                share = (radius - away) * focal_px + 0.5
                if share <= 0.0 or z * math.sqrt(1.0 + px * px + py * py) > range_m[y, x] + DEPTH_SLACK_M + thick:
                    continue
                share = min(share, 1.0)
                for k in range(3):
                    image[y, x, k] = np.uint8(image[y, x, k] + (color[n, k] - image[y, x, k]) * share + 0.5)


@njit(cache=True, nogil=True)
def _bounded(value, most):
    return int(min(max(value, 0.0), float(most)))
