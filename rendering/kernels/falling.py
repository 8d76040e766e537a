"""Rain and snow in the air near the camera: each drop or flake as the streak that it draws during the exposure.

Drops fill cubes that repeat through space and fall through them; the nearest copy of each is drawn, so that a drop keeps its place in
the world while the camera drives by. A drop of diameter D covers a pixel for the share D / (way during the exposure) of the time, and
shows there the light of its surroundings, much as a wide lens would; flakes are white and diffuse. What is drawn is thin: at
dusk a streak adds a percent, in a short exposure or in headlamps it is bright. Tested by tests/rendering/test_precipitation.py.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from rendering.kernels import layout as at
from rendering.kernels.lamps import lamp_irradiance
from rendering.kernels.lane_math import OPTIONS
from rendering.kernels.lanes import LANES, put_f32, sf, vf, vsum

_LEAST_COVER = 2e-4


@njit(**OPTIONS)
def _wrap(value, size):
    """`value` brought into [-size / 2, size / 2) by whole sizes."""
    return value - size * math.floor(value / size + 0.5)


@njit(**OPTIONS)
def _pixel(inverse, x, y, z):
    """(column, row) px where a direction in optical axes appears, by the octahedral table of a lens; row -1e9 if it does not."""
    size = inverse.shape[0]
    length = abs(x) + abs(y) + abs(z)
    u = x / length
    v = y / length
    if z < 0.0:
        u, v = (1.0 - abs(v)) * (1.0 if u >= 0.0 else -1.0), (1.0 - abs(u)) * (1.0 if v >= 0.0 else -1.0)
    a = (u + 1.0) * 0.5 * (size - 1)
    b = (v + 1.0) * 0.5 * (size - 1)
    i = min(int(a), size - 2)
    j = min(int(b), size - 2)
    f = a - i
    g = b - j
    column = row = 0.0
    for di in range(2):
        for dj in range(2):
            weight = (f if di else 1.0 - f) * (g if dj else 1.0 - g)
            entry = inverse[j + dj, i + di]
            if entry[0] < -1e8:
                return 0.0, -1e9
            column += weight * entry[0]
            row += weight * entry[1]
    return column, row


@njit(**OPTIONS)
def _in_camera(pose, row, x, y, z):
    """World vector (about the camera) into the optical axes of an image row."""
    p = row * 12
    return (
        sf(pose, p) * x + sf(pose, p + 4) * y + sf(pose, p + 8) * z,
        sf(pose, p + 1) * x + sf(pose, p + 5) * y + sf(pose, p + 9) * z,
        sf(pose, p + 2) * x + sf(pose, p + 6) * y + sf(pose, p + 10) * z,
    )


@njit(**OPTIONS)
def draw_falling(
    tables,
    inverse,
    places,
    spread,
    count,
    cube_m,
    least_m,
    range_m,
    fall_mps,
    wind,
    camera_mps,
    time_s,
    exposure_s,
    aperture_m,
    white,
):
    """Draw `count` drops into the radiance buffer.

    `places` (K, 3) in the unit cube, `spread` (K,) unit exponential numbers: a drop's diameter is least_m[0] + spread * least_m[1],
    its speed of fall fall_mps[0] - fall_mps[1] exp(-fall_mps[2] D). Only drops within `range_m` (nearest, farthest) are drawn.
    `wind`, `camera_mps` (3,) m/s; `time_s` the middle of the exposure; `aperture_m` the lens's, which is focused far away and
    spreads what is near over a disc of that size; `white` the share of diffuse light a flake returns, else 0.
    """
    height = tables[at.HEIGHT]
    pose = tables[at.ROW_POSES]
    middle = (height // 2) * 12
    origin = (sf(pose, middle + 3), sf(pose, middle + 7), sf(pose, middle + 11))
    light = tables[at.LIGHT]
    around = (sf(light, at.AMBIENT), sf(light, at.AMBIENT + 1), sf(light, at.AMBIENT + 2))
    lamps = tables[at.LAMP_COUNT] > 0
    for k in range(count):
        diameter = least_m[0] + spread[k] * least_m[1]
        fall = fall_mps[0] - fall_mps[1] * math.exp(-fall_mps[2] * diameter)
        x = _wrap(places[k, 0] * cube_m + wind[0] * time_s - origin[0], cube_m)
        y = _wrap(places[k, 1] * cube_m + wind[1] * time_s - origin[1], cube_m)
        z = _wrap(places[k, 2] * cube_m - fall * time_s - origin[2], cube_m)
        distance = math.sqrt(x * x + y * y + z * z)
        if distance < range_m[0] or distance > range_m[1]:
            continue
        cx, cy, cz = _in_camera(pose, height // 2, x, y, z)
        _, row = _pixel(inverse, cx, cy, cz)
        if row < 0.0 or row >= height - 1:
            continue
        half = 0.5 * exposure_s
        rx = (wind[0] - camera_mps[0]) * half
        ry = (wind[1] - camera_mps[1]) * half
        rz = (-fall - camera_mps[2]) * half
        ax, ay, az = _in_camera(pose, int(row), x - rx, y - ry, z - rz)
        bx, by, bz = _in_camera(pose, int(row), x + rx, y + ry, z + rz)
        a0, a1 = _pixel(inverse, ax, ay, az)
        b0, b1 = _pixel(inverse, bx, by, bz)
        if a1 < -1e8 or b1 < -1e8:
            continue
        wide = math.sqrt(diameter * diameter + aperture_m * aperture_m)
        across_px = wide / (distance * sf(light, at.PIXEL_ANGLE))
        thin = diameter * diameter / (wide * wide)
        lr = lg = lb = 0.0
        if lamps:
            er, eg, eb = _lamps_at(tables, origin[0] + x, origin[1] + y, origin[2] + z)
            share = max(white, 0.06) / math.pi
            lr, lg, lb = er * share, eg * share, eb * share
        shine = max(white, 0.94)
        _streak(
            tables,
            a0,
            a1,
            b0,
            b1,
            across_px,
            thin,
            distance,
            around[0] * shine + lr,
            around[1] * shine + lg,
            around[2] * shine + lb,
        )


@njit(**OPTIONS)
def _lamps_at(tables, x, y, z):
    """Illuminance RGB in lx of a small ball: half of that of planes that face each lamp."""
    up = lamp_irradiance(tables, vf(x), vf(y), vf(z), vf(0.0), vf(0.0), vf(1.0))
    toward = lamp_irradiance(tables, vf(x), vf(y), vf(z), vf(0.707), vf(0.0), vf(-0.707))
    back = lamp_irradiance(tables, vf(x), vf(y), vf(z), vf(-0.707), vf(0.0), vf(-0.707))
    return (
        _one(up[0]) + _one(toward[0]) + _one(back[0]),
        _one(up[1]) + _one(toward[1]) + _one(back[1]),
        _one(up[2]) + _one(toward[2]) + _one(back[2]),
    )


@njit(**OPTIONS)
def _streak(tables, a0, a1, b0, b1, across_px, thin, distance, r, g, b):
    """Blend a line of light from (a0, a1) to (b0, b1) px into the radiance buffer where nothing nearer stands."""
    width, height = tables[at.WIDTH], tables[at.HEIGHT]
    length = math.sqrt((b0 - a0) ** 2 + (b1 - a1) ** 2)
    if length > 400.0:
        return
    steps = int(length) + 1
    radius = max(0.5 * across_px, 0.5)
    reach = int(radius + 1.0)
    if reach > 12:
        return
    # share of the time that a point on the way is covered, times the share of a pixel's width
    cover = min(across_px / max(length, across_px), 1.0) * min(across_px, 1.0)
    if across_px < 1.0 and length < 1.0:
        cover = across_px * across_px
    cover *= thin
    if cover < _LEAST_COVER:
        return
    steep = abs(b1 - a1) >= abs(b0 - a0)
    for i in range(steps):
        t = (i + 0.5) / steps
        x = a0 + (b0 - a0) * t
        y = a1 + (b1 - a1) * t
        px = math.floor(x + 0.5)
        py = math.floor(y + 0.5)
        for k in range(-reach, reach + 1):
            qx = px + k if steep else px
            qy = py if steep else py + k
            if qx < 0 or qy < 0 or qx >= width or qy >= height:
                continue
            off = abs(qx - x) if steep else abs(qy - y)
            share = min(max(radius + 0.5 - off, 0.0), 1.0) * cover
            pixel = qy * width + qx
            if share <= 0.0 or sf(tables[at.OUT_RANGE], pixel) < distance:
                continue
            for channel in range(3):
                light = r if channel == 0 else (g if channel == 1 else b)
                old = sf(tables[at.OUT_RADIANCE], pixel * 3 + channel)
                put_f32(tables[at.OUT_RADIANCE], pixel * 3 + channel, old + (light - old) * share)


@njit(**OPTIONS)
def _one(lane):
    """The value that all lanes hold."""
    return np.float64(vsum(lane)) / LANES
