"""Integrates a picture along its own motion over a window of time, compiled.

Where motion is smooth, a pixel takes the mean of the picture along its content's path: whole pixels along the longer axis,
weighted by their overlap with the path, between the nearest pixels across it. Near edges of the motion each instant of the
window asks which content is at the pixel then: candidates lie on the path of the pixel's own content, of the front of the
strongest edge about and of the fastest; one is believed if its own velocity brings it to the pixel (within AMISS_PX), and of
those the nearest to the camera is seen. Where none is, something was uncovered that the render does not hold: the farther of
path and pixel stands in for it.
After McGuire et al., A Reconstruction Filter for Plausible Motion Blur, I3D 2012, whose idea of a foreground that reaches over its
neighbourhood this follows; there all weights are of distances, here each instant has one answer, so that even motion is exact.
Weights sum to 1. Tested by tests/sensors/test_shutter.py.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sensors.kernels.blur_lanes import blur_block, copy_block, share_across
from sensors.kernels.image_motion import (
    EDGE_X0,
    EDGE_X1,
    EDGE_Y0,
    EDGE_Y1,
    FAST_X,
    FAST_Y,
    FASTEST2,
    FRONT_X,
    FRONT_Y,
    STRONGEST2,
    TILE,
    order_m,
)

FAST_U, FAST_V, FASTEST, FRONT_U, FRONT_V, STRENGTH, REACH_ENTRIES = range(7)
"""What may come into a tile during the window: velocity (px/s) of the fastest and of what is in front, with their rank; FASTEST below
0 where no edge of the motion comes near."""
LEAST_PX = 0.1
"""Paths that stay this close to the pixel are no motion."""
AMISS_PX = 0.75
"""Content is believed to be at a pixel if its velocity brings it this close ..."""
AMISS_SHARE = 0.1
"""... or within this share of its path, as velocities grow along a path towards the camera."""
MOST_INSTANTS = 64
_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit(**_OPTIONS)
def spread_edges(tiles, begin_s, end_s, reach):
    """Fill `reach` (TY, TX, REACH_ENTRIES) for the window begin_s..end_s about mid-exposure: edges, as far as motion takes them."""
    height, width = reach.shape[:2]
    for y in range(height):
        for x in range(width):
            reach[y, x, FASTEST] = -1.0
            reach[y, x, STRENGTH] = -1.0
    farthest_s = max(abs(begin_s), abs(end_s))
    for y in range(height):
        for x in range(width):
            tile = tiles[y, x]
            if tile[EDGE_X1] < tile[EDGE_X0]:
                continue
            du, dv = tile[FAST_X] * farthest_s, tile[FAST_Y] * farthest_s
            steps = int(max(abs(du), abs(dv)) / (0.5 * TILE)) + 1
            for k in range(-steps, steps + 1):
                su, sv = du * k / steps, dv * k / steps
                x0, x1 = int((tile[EDGE_X0] + su - 1.0) / TILE), int((tile[EDGE_X1] + su + 1.0) / TILE)
                y0, y1 = int((tile[EDGE_Y0] + sv - 1.0) / TILE), int((tile[EDGE_Y1] + sv + 1.0) / TILE)
                for j in range(max(y0, 0), min(y1, height - 1) + 1):
                    for i in range(max(x0, 0), min(x1, width - 1) + 1):
                        _reach_into(tile, reach[j, i])


@njit(**_OPTIONS)
def _reach_into(tile, into):
    speed2 = tile[FAST_X] * tile[FAST_X] + tile[FAST_Y] * tile[FAST_Y]
    if speed2 > into[FASTEST]:
        into[FASTEST], into[FAST_U], into[FAST_V] = speed2, tile[FAST_X], tile[FAST_Y]
    if tile[STRONGEST2] > into[STRENGTH]:
        into[STRENGTH], into[FRONT_U], into[FRONT_V] = tile[STRONGEST2], tile[FRONT_X], tile[FRONT_Y]


@njit(**_OPTIONS)
def gather(light, velocity, range_m, instance, tiles, reach, begin_s, end_s, first, last, room, out):
    """Fill rows of tiles first..last-1 of `out` (H, W, 3): mean of what each pixel sees from begin_s to end_s about mid-exposure.

    `light` (H, W, 3), `velocity` (2, H, W) px/s and `range_m`, `instance` (H, W) are of mid-exposure; float32, ids
    uint32. `room` is that of blur_lanes.
    """
    height, width = range_m.shape
    farthest_s = max(abs(begin_s), abs(end_s))
    whole = width % TILE == 0 and out.ctypes.data % 64 == 0
    source, speeds, scratch, target = light.ctypes.data, velocity.ctypes.data, room.ctypes.data, out.ctypes.data
    for tile_row in range(first, last):
        y0, y1 = tile_row * TILE, min(tile_row * TILE + TILE, height)
        for tile_column in range(tiles.shape[1]):
            x0, x1 = tile_column * TILE, min(tile_column * TILE + TILE, width)
            edges = reach[tile_row, tile_column]
            path_px = math.sqrt(max(tiles[tile_row, tile_column, FASTEST2], 0.0)) * farthest_s
            if edges[FASTEST] >= 0.0 and math.sqrt(edges[FASTEST]) * farthest_s > LEAST_PX:
                for y in range(y0, y1):
                    for x in range(x0, x1):
                        _near_edge(light, velocity, range_m, instance, edges, begin_s, end_s, x, y, out)
            elif path_px > LEAST_PX:
                for y in range(y0, y1):
                    if not whole or not blur_block(
                        source, speeds, width, height, begin_s, end_s, x0, y, scratch, target
                    ):
                        for x in range(x0, x1):
                            _along(light, velocity[0, y, x], velocity[1, y, x], begin_s, end_s, x, y, out)
            else:
                for y in range(y0, y1):
                    if whole:
                        copy_block(source, width, x0, y, target)
                    else:
                        out[y, x0:x1] = light[y, x0:x1]


@njit(**_OPTIONS)
def _path(speed, begin_s, end_s):
    """As blur_lanes.path_of, of one pixel."""
    half = abs(speed) * (end_s - begin_s) * 0.5
    middle = -speed * (begin_s + end_s) * 0.5
    if abs(middle) > 1e-3:
        half = max(half, 0.5)
    elif half < 1.5:
        half = 0.5 / (1.0 - 2.0 * max(half * half / 6.0, 0.5 - 0.25 / max(half, 0.1)))
    return middle - half, middle + half


@njit(**_OPTIONS)
def _along(light, vx, vy, begin_s, end_s, x, y, out):
    """The mean of `light` along one straight path: at time t the pixel sees what is -v t from it at mid-exposure.

    What lies beyond the picture's edge is left out.
    """
    height, width = light.shape[:2]
    level = abs(vx) >= abs(vy)
    speed = vx if level else vy
    if math.isnan(speed) or abs(speed) * max(abs(begin_s), abs(end_s)) < 1e-3:
        for channel in range(3):
            out[y, x, channel] = light[y, x, channel]
        return
    slope = (vy if level else vx) / speed
    low, high = _path(speed, begin_s, end_s)
    r, g, b, total = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for k in range(math.ceil(low - 0.5), math.floor(high + 0.5) + 1):
        weight = np.float32(min(high, k + 0.5) - max(low, k - 0.5))
        side, share = share_across(slope * k)
        for step in range(2):
            part = weight * np.float32(share if step else 1.0 - share)
            i, j = (x + k, y + side + step) if level else (x + side + step, y + k)
            if part > 0.0 and i >= 0 and j >= 0 and i < width and j < height:
                r += part * light[j, i, 0]
                g += part * light[j, i, 1]
                b += part * light[j, i, 2]
                total += part
    if total > np.float32(1e-6):
        scale = np.float32(1.0) / total
        out[y, x, 0], out[y, x, 1], out[y, x, 2] = r * scale, g * scale, b * scale
    else:
        for channel in range(3):
            out[y, x, channel] = light[y, x, channel]


@njit(**_OPTIONS)
def _near_edge(light, velocity, range_m, instance, edges, begin_s, end_s, x, y, out):
    """One pixel that content of different velocities may cross during the window."""
    vx, vy = velocity[0, y, x], velocity[1, y, x]
    if math.isnan(vx):
        for channel in range(3):
            out[y, x, channel] = light[y, x, channel]
        return
    lasts_s = end_s - begin_s
    fastest = max(math.sqrt(edges[FASTEST]), math.sqrt(vx * vx + vy * vy))
    instants = int(min(max(2.0 * fastest * lasts_s + 1.0, 3.0), float(MOST_INSTANTS)))
    amiss_s = AMISS_PX / max(fastest, 1e-3)
    r, g, b = np.float32(0.0), np.float32(0.0), np.float32(0.0)
    plain = True
    for k in range(instants):
        t = begin_s + (k + 0.5) * lasts_s / instants
        if plain and abs(t) < amiss_s:
            continue
        i, j, own = _seen_at(velocity, range_m, instance, edges, vx, vy, t, x, y)
        if own:
            continue
        plain = False
        break
    if plain:
        _along(light, vx, vy, begin_s, end_s, x, y, out)
        return
    for k in range(instants):
        t = begin_s + (k + 0.5) * lasts_s / instants
        i, j, _ = _seen_at(velocity, range_m, instance, edges, vx, vy, t, x, y)
        r += light[j, i, 0]
        g += light[j, i, 1]
        b += light[j, i, 2]
    scale = np.float32(1.0 / instants)
    out[y, x, 0], out[y, x, 1], out[y, x, 2] = r * scale, g * scale, b * scale


@njit(**_OPTIONS)
def _seen_at(velocity, range_m, instance, edges, vx, vy, t, x, y):
    """Where what pixel (x, y) sees at time t was at mid-exposure (column, row), and whether that is on the path of its own content."""
    height, width = range_m.shape
    own_i = min(max(math.floor(x - vx * t + 0.5), 0), width - 1)
    own_j = min(max(math.floor(y - vy * t + 0.5), 0), height - 1)
    best_i, best_j, own = own_i, own_j, True
    own_range = order_m(range_m, instance, own_j, own_i)
    nearest = np.float32(np.inf)
    found = _arrives(velocity[0, own_j, own_i], velocity[1, own_j, own_i], vx, vy, t)
    if found:
        nearest = own_range
    for k in range(2):
        u, v = (edges[FRONT_U], edges[FRONT_V]) if k == 0 else (edges[FAST_U], edges[FAST_V])
        i, j = math.floor(x - u * t + 0.5), math.floor(y - v * t + 0.5)
        if i < 0 or j < 0 or i >= width or j >= height or (i == own_i and j == own_j):
            continue
        distance = order_m(range_m, instance, j, i)
        # equal ranges are one surface: its own path is as good
        if (not found or distance < np.float32(0.98) * nearest) and _arrives(
            velocity[0, j, i], velocity[1, j, i], u, v, t
        ):
            best_i, best_j, nearest, found, own = i, j, distance, True, False
    if not found:
        own = False
        if math.isnan(velocity[0, own_j, own_i]) or own_range < order_m(range_m, instance, y, x):
            best_i, best_j = x, y
    return best_i, best_j, own


@njit(**_OPTIONS)
def _arrives(u, v, vx, vy, t):
    """Whether content of velocity (u, v) goes the way of (vx, vy) for a time t, as near as counts."""
    off = max(abs(u - vx), abs(v - vy)) * abs(t)
    return off <= AMISS_PX + AMISS_SHARE * max(abs(vx), abs(vy)) * abs(t)
