"""The smooth part of sensors.kernels.blur, TILE pixels of a row at a time in vector lanes.

The pixels of such a block have parallel paths, of the middle one's slope; lengths differ, unless they are equal to within
ALIKE_PX. Colours lie side by side, so that a block is 3 TILE values in a row. Memory is addressed as in rendering.kernels.lanes.
Tested by tests/sensors/test_shutter.py against the pixel-by-pixel form.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from rendering.kernels.lane_math import OPTIONS
from rendering.kernels.lanes import (
    LANES,
    from_bits,
    gf,
    i2f,
    lane_index,
    ldf,
    ldi,
    ldu,
    sel,
    sf,
    stf,
    vabs,
    vany,
    vf,
    vmax,
    vmin,
)
from sensors.kernels.image_motion import TILE

ALIKE_PX = 0.03
PARTS = 3 * TILE // LANES
_SPEED_ROWS = TILE // LANES
_LOW, _HIGH, _SUM = 0, PARTS, 2 * PARTS
_PATH_LOW = 3 * PARTS
_PATH_HIGH = _PATH_LOW + _SPEED_ROWS
_PIXEL = _PATH_HIGH + _SPEED_ROWS
ROOM_ROWS = _PIXEL + PARTS
"""Rows of LANES float32 that a block needs: ends of the paths and sums for each colour of each pixel, ends for each pixel, and
(int32) which pixel a colour belongs to."""


def fill_room(room: np.ndarray) -> None:
    """Prepare scratch rows (ROOM_ROWS, LANES) float32."""
    room.view(np.int32)[_PIXEL:] = (np.arange(3 * TILE) // 3).reshape(PARTS, LANES)


@njit(**OPTIONS)
def path_of(speed, begin_s, end_s):
    """The path of a pixel's content on its longer axis, backwards in time: its ends low, high in px, of lanes or a scalar in vf.

    A pixel's weight is its overlap with it. A path shorter than a pixel is lengthened to get the weights of its own second moment,
    or between pixels those of a linear interpolation.
    """
    half = vabs(speed) * ((end_s - begin_s) * 0.5)
    middle = speed * (-0.5 * (begin_s + end_s))
    own_weights = vmax(half * half * (1.0 / 6.0), 0.5 - 0.25 / vmax(half, 0.1))
    short = 0.5 / (1.0 - 2.0 * vmin(own_weights, 0.45))
    half = sel(vabs(middle) > 1e-3, vmax(half, 0.5), sel(half < 1.5, short, half))
    return middle - half, middle + half


@njit(**OPTIONS)
def share_across(across):
    """(whole pixels, share of the next one) of a place `across` the path: steeper than linear interpolation, which would blur
    across the path more than the motion does."""
    whole = math.floor(across)
    return int(whole), min(max(2.0 * (across - whole) - 0.5, 0.0), 1.0)


@njit(**OPTIONS)
def blur_block(light, velocity, width, height, begin_s, end_s, x0, y, s, out):
    """Fill TILE pixels of `out` from (x0, y) on; False, and nothing done, if a path leaves the picture sideways.

    `light`, `out` (H, W, 3) and `velocity` (2, H, W) are addresses of float32, `s` that of ROOM_ROWS rows. `out` and its rows begin
    at whole vectors.
    """
    pixel = y * width + x0
    u, v = sf(velocity, pixel + TILE // 2), sf(velocity, height * width + pixel + TILE // 2)
    level = abs(u) >= abs(v)
    speeds = pixel if level else height * width + pixel
    speed = u if level else v
    slope = (v if level else u) / speed if speed != 0.0 else 0.0
    middle_low, middle_high = path_of(vf(speed), begin_s, end_s)
    stf(s, _PATH_LOW, middle_low)
    stf(s, _PATH_HIGH, middle_high)
    low, high = float(sf(s, _PATH_LOW * LANES)), float(sf(s, _PATH_HIGH * LANES))
    alike = True
    lasts_s = end_s - begin_s + abs(begin_s + end_s)
    for part in range(_SPEED_ROWS):
        own = from_bits(ldu(velocity, speeds + part * LANES))
        alike = alike and not vany(vabs(own - speed) * lasts_s > ALIKE_PX)
    # what lies beyond the picture's edge is left out: paths end there
    before, after = (-x0 - 0.5, width - x0 - TILE + 0.5) if level else (-y - 0.5, height - y - 0.5)
    alike = alike and low >= before and high <= after
    first, last = math.ceil(low - 0.5), math.floor(high + 0.5)
    if not alike:
        for part in range(_SPEED_ROWS):
            own_low, own_high = path_of(from_bits(ldu(velocity, speeds + part * LANES)), begin_s, end_s)
            if level:
                place = i2f(lane_index() + (x0 + part * LANES))
                own_low = vmin(vmax(own_low, -0.5 - place), width - 1.0 - place)
                own_high = vmax(vmin(own_high, width - 0.5 - place), -place)
            else:
                own_low = vmin(vmax(own_low, -y - 0.5), height - y - 1.0)
                own_high = vmax(vmin(own_high, height - y - 0.5), -y + 0.0)
            stf(s, _PATH_LOW + part, own_low)
            stf(s, _PATH_HIGH + part, own_high)
            while vany(own_low < first - 0.5):
                first -= 1
            while vany(own_high > last + 0.5):
                last += 1
        first = max(first, -x0 - TILE) if level else first
        last = min(last, width - x0) if level else last
    side, beyond = min(slope * first, slope * last), max(slope * first, slope * last)
    if level:
        # values of the row before or after stand in where a path has ended, with weight 0; the first and last rows have none
        if (x0 + first < 0 and y + side < 1.0) or (x0 + TILE + last > width and y + beyond > height - 3.0):
            return False
    elif x0 + math.floor(side + 0.25) < 0 or x0 + TILE + math.floor(beyond + 0.75) > width:
        return False
    for part in range(PARTS):
        stf(s, _SUM + part, 0.0)
        if not alike:
            whose = ldi(s, _PIXEL + part)
            stf(s, _LOW + part, gf(s + _PATH_LOW * LANES * 4, whose))
            stf(s, _HIGH + part, gf(s + _PATH_HIGH * LANES * 4, whose))
    for k in range(first, last + 1):
        side, share = share_across(slope * k)
        j, i = (y + side, x0 + k) if level else (y + k, x0 + side)
        here = (min(max(j, 0), height - 1) * width + i) * 3
        then = (min(max(j + 1, 0), height - 1) * width + i) * 3 if level else here + 3
        if share == 1.0:
            here = then
        mixed = 0.0 < share < 1.0
        weight = (min(high, k + 0.5) - max(low, k - 0.5)) / (high - low)
        for part in range(PARTS):
            color = from_bits(ldu(light, here + part * LANES))
            if mixed:
                color = color + (from_bits(ldu(light, then + part * LANES)) - color) * share
            if alike:
                color = color * weight
            else:
                overlap = vmin(ldf(s, _HIGH + part), k + 0.5) - vmax(ldf(s, _LOW + part), k - 0.5)
                color = color * vmax(overlap, 0.0)
            stf(s, _SUM + part, ldf(s, _SUM + part) + color)
    for part in range(PARTS):
        color = ldf(s, _SUM + part)
        if not alike:
            color = color / (ldf(s, _HIGH + part) - ldf(s, _LOW + part))
        stf(out + pixel * 12, part, color)
    return True


@njit(**OPTIONS)
def copy_block(light, width, x0, y, out):
    """TILE pixels as they are; addresses as of blur_block."""
    pixel = (y * width + x0) * 3
    for part in range(PARTS):
        stf(out + pixel * 4, part, from_bits(ldu(light, pixel + part * LANES)))
