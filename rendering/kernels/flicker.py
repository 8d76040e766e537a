"""The share of its mean light that a pulsed or rippling lamp gives a row's exposure, from the table that rendering.flicker fills.

A train of pulses of duty D that has run a cycles when the exposure begins, and runs n cycles during it, gives
(F(a + n) - F(a)) / (n D) of its mean, F(x) = floor(x) D + min(x - floor(x), D). Tested by tests/rendering/test_flicker.py.
"""

from __future__ import annotations

import math

from numba import njit

from rendering import embree as row
from rendering.kernels import layout as at
from rendering.kernels.lane_math import OPTIONS
from rendering.kernels.lanes import gf, ldf, sel, sf, si, vabs, vfloor, vi, vmax, vmin

(WINDOW_CYCLES, START_CYCLES, EXPOSURE_CYCLES, DUTY) = range(4)
"""Of one lamp: cycles from the first row's exposure to the last's, phase at the first row's begin, cycles of an exposure, duty of its
pulses; 1 is steady, a negative one is the depth of a sinusoidal ripple after the exposure has smoothed it."""
DRIVES = 2 * at.EMISSION_KINDS
"""Lamps of an instance: emission kinds at their normal level, then at their bright one."""


@njit(**OPTIONS)
def shimmer(tables, s, slot, kind, bits, glow):
    """Factor on the luminance of the lamp of this kind in each lane, at the time of the lane's ray; 1 where nothing glows."""
    table = tables[at.FLICKER]
    kind = sel(glow, kind, vi(0))
    bright = (bits >> (kind + 16)) & 1
    k = (slot * DRIVES + kind + bright * at.EMISSION_KINDS) * 4
    duty, cycles = gf(table, k + DUTY), gf(table, k + EXPOSURE_CYCLES)
    start = gf(table, k + START_CYCLES) + gf(table, k + WINDOW_CYCLES) * ldf(s, row.TIME)
    first, last = vfloor(start), vfloor(start + cycles)
    lit = (last - first) * duty + vmin(start + cycles - last, duty) - vmin(start - first, duty)
    share = lit / vmax(cycles * duty, 1e-9)
    middle = start + 0.5 * cycles
    y = middle - vfloor(middle + 0.5)
    ripple = 1.0 - duty * _cosine(y)
    out = sel(duty > 0.0, share, ripple)
    return sel(glow & (vabs(duty) > 0.0) & (duty < 1.0), out, 1.0)


@njit(**OPTIONS)
def _cosine(turns):
    """cos(2 pi turns) for turns within half a turn, within 2e-4."""
    y = turns * turns
    return 1.0 + y * (
        -19.7392088 + y * (64.9393940 + y * (-85.4568172 + y * (60.2446414 + y * (-26.4262568 + y * 7.9035364))))
    )


@njit(**OPTIONS)
def shimmer_at(tables, slot, kind, y):
    """As shimmer, of one lamp in image row y."""
    if tables[at.FLICKER] == 0:
        return 1.0
    table = tables[at.FLICKER]
    bits = si(tables[at.INSTANCES], slot * at.INSTANCE_STRIDE + at.LAMP_BITS)
    k = (slot * DRIVES + kind + ((bits >> (kind + 16)) & 1) * at.EMISSION_KINDS) * 4
    duty, cycles = float(sf(table, k + DUTY)), float(sf(table, k + EXPOSURE_CYCLES))
    if duty == 0.0 or duty >= 1.0:
        return 1.0
    row_share = sf(tables[at.ROW_TIMES], min(max(y, 0), tables[at.HEIGHT] - 1))
    start = sf(table, k + START_CYCLES) + sf(table, k + WINDOW_CYCLES) * row_share
    if duty < 0.0:
        return 1.0 - duty * math.cos(2.0 * math.pi * (start + 0.5 * cycles))
    return captured(start, cycles, duty)


@njit(**OPTIONS)
def captured(start, cycles, duty):
    """Share of its mean light that a pulse train gives an exposure that begins `start` cycles after a pulse's begin."""
    first, last = math.floor(start), math.floor(start + cycles)
    lit = (last - first) * duty + min(start + cycles - last, duty) - min(start - first, duty)
    return lit / (cycles * duty)
