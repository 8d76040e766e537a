"""The second pass of a frame: more rays in every pixel through which an edge runs, for its radiance alone.

An edge is where brightness steps together with instance, material or normal, or steps strongly alone (a shadow's rim). Two
or three rays go where it runs: towards the neighbours that differ. The pixel becomes the weighted mean of its centre ray and
these. Where the pixel and all neighbours agree on whether they see the sun, no shadow ray is cast. Labels stay the centre
ray's. Tested by tests/rendering/test_refine.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from rendering.kernels import layout as at
from rendering.kernels.embree_calls import embree_packet
from rendering.kernels.frame import set_rays
from rendering.kernels.lane_math import OPTIONS, unit_scale
from rendering.kernels.lanes import (
    LANES,
    TILE_HEIGHT,
    fetch_add,
    gf,
    lane_index,
    ldf,
    ldi,
    ldu,
    mask_bits,
    put_f32,
    put_i32,
    sel,
    sf,
    si,
    vi,
)  # fmt: skip
from rendering.kernels.shade import ROW_BYTES, shade

_COLUMN, _ROW, _PIXEL, _ACROSS, _DOWN, _WEIGHT = range(at.KNOWN_SUN + 1, at.KNOWN_SUN + 7)
_SURFACE_BITS = ~6
_NORMAL_DOT = round(0.96 * 63 * 63)
# brightness steps, 32 an octave: 6 % across surfaces, 11 % across a crease, 35 % within a surface (edges of shadows)
_STEP_SURFACE, _STEP_NORMAL, _STEP_ALONE = 2, 4, 13
_LEFT, _RIGHT, _UP, _DOWNWARDS = 1, 2, 4, 8


def _patterns():
    """(16, 3, 3): across, down (px) and weight of the extra rays for each set of neighbours that differ.

    An edge towards one neighbour runs through that half of the pixel, so that is where its rays go.
    """
    out = np.zeros((16, 3, 3), np.float32)
    for mask in range(1, 16):
        x, y = (mask >> 1 & 1) - (mask & 1), (mask >> 3 & 1) - (mask >> 2 & 1)
        sides = bin(mask).count("1")
        if sides == 1:
            rays = [(0.19, -0.26, 0.2), (0.40, 0.26, 0.2)]
            out[mask, :2] = [(a * x - b * y, a * y + b * x, w) for a, b, w in rays]
        elif sides == 2 and x and y:
            out[mask, :2] = [(0.36 * x, 0.10 * y, 0.23), (0.10 * x, 0.36 * y, 0.23)]
        elif sides == 2:
            a, b = (0.34, 0.20) if mask & 1 else (0.20, 0.34)
            out[mask, :2] = [(-a, -b, 1.0 / 3.0), (a, b, 1.0 / 3.0)]
        else:
            out[mask] = [(-0.37, -0.085, 0.25), (0.11, 0.364, 0.25), (0.26, -0.279, 0.25)]
    return out


_PATTERNS = _patterns()


@njit(**OPTIONS)
def refine_rows(tables, scratch):
    """Refine bands of TILE_HEIGHT rows until the counter runs out; rays of one packet come from pixels close together."""
    height = tables[at.HEIGHT]
    while True:
        band = fetch_add(tables[at.COUNTER], 1)
        if band * TILE_HEIGHT >= height:
            break
        held = 0
        for x0 in range(0, tables[at.WIDTH], LANES):
            for y in range(band * TILE_HEIGHT, min((band + 1) * TILE_HEIGHT, height)):
                left, right, up, down = edge_bits(tables, x0, y)
                if left | right | up | down != 0:
                    seen, hidden = _sun_bits(tables, x0, y)
                    held = _collect(tables, scratch, x0, y, left, right, up, down, seen, hidden, held)
        if held:
            _refine(tables, scratch, held)


@njit(**OPTIONS)
def _collect(tables, scratch, x0, y, left, right, up, down, seen, hidden, held):
    """Queue the rays of the marked pixels behind `held` others, refining whenever a packet is full; the new count."""
    for k in range(LANES):
        mask = (left >> k & 1) | (right >> k & 1) << 1 | (up >> k & 1) << 2 | (down >> k & 1) << 3
        if mask == 0:
            continue
        if held + 3 > LANES:
            _refine(tables, scratch, held)
            held = 0
        lit, dark = (seen >> k) & 1, (hidden >> k) & 1
        sun = at.SUN_TRACED if lit == dark else (at.SUN_SEEN if lit else at.SUN_HIDDEN)
        for ray in range(3):
            weight = _PATTERNS[mask, ray, 2]
            if weight > 0.0:
                put_i32(scratch, _COLUMN * LANES + held, x0 + k)
                put_i32(scratch, _ROW * LANES + held, y)
                put_i32(scratch, _PIXEL * LANES + held, y * tables[at.WIDTH] + x0 + k)
                put_f32(scratch, _ACROSS * LANES + held, _PATTERNS[mask, ray, 0])
                put_f32(scratch, _DOWN * LANES + held, _PATTERNS[mask, ray, 1])
                put_f32(scratch, _WEIGHT * LANES + held, weight)
                put_i32(scratch, at.KNOWN_SUN * LANES + held, sun)
                held += 1
    return held


@njit(**OPTIONS)
def edge_bits(tables, x0, y):
    """(left, right, up, down): one bit for each of LANES pixels from (x0, y) on that differs from that neighbour."""
    width = tables[at.WIDTH]
    x = lane_index() + vi(x0)
    here = y * width + x0
    inside = x < vi(width)
    left = mask_bits(_differs(tables, here, here - 1, inside & (x > 0)))
    right = mask_bits(_differs(tables, here, here + 1, x < vi(width - 1)))
    up = mask_bits(_differs(tables, here, here - width, inside)) if y > 0 else 0
    down = mask_bits(_differs(tables, here, here + width, inside)) if y < tables[at.HEIGHT] - 1 else 0
    return left, right, up, down


@njit(**OPTIONS)
def _sun_bits(tables, x0, y):
    """(seen, hidden): one bit for each of LANES pixels: whether it or a neighbour sees the sun, or lies in shadow."""
    width = tables[at.WIDTH]
    here = y * width + x0
    states = ldu(tables[at.OUT_MATERIAL], here) | ldu(tables[at.OUT_MATERIAL], here - 1)
    states = states | ldu(tables[at.OUT_MATERIAL], here + 1)
    if y > 0:
        states = states | ldu(tables[at.OUT_MATERIAL], here - width)
    if y < tables[at.HEIGHT] - 1:
        states = states | ldu(tables[at.OUT_MATERIAL], here + width)
    return mask_bits((states & (2 * at.SUN_SEEN)) != 0), mask_bits((states & (2 * at.SUN_HIDDEN)) != 0)


@njit(**OPTIONS)
def _differs(tables, a, b, where):
    """Whether pixels from `a` on look different from pixels from `b` on."""
    other_surface = (ldu(tables[at.OUT_MATERIAL], a) ^ ldu(tables[at.OUT_MATERIAL], b)) & _SURFACE_BITS != 0
    p = ldu(tables[at.OUT_KEY], a)
    q = ldu(tables[at.OUT_KEY], b)
    step = (p >> 21) - (q >> 21)
    step = sel(step < 0, 0 - step, step)
    nx = (((p >> 14) & 127) - 64) * (((q >> 14) & 127) - 64)
    ny = (((p >> 7) & 127) - 64) * (((q >> 7) & 127) - 64)
    nz = ((p & 127) - 64) * ((q & 127) - 64)
    turned = (nx + ny + nz) < _NORMAL_DOT
    within = (turned & (step > _STEP_NORMAL)) | (step > _STEP_ALONE)
    return where & ((other_surface & (step > _STEP_SURFACE)) | within)


@njit(**OPTIONS)
def _slope(directions, low, high, k):
    """Half the difference of a direction's component between two neighbours; 0 at the rim of the image circle."""
    a = gf(directions, low + k)
    b = gf(directions, high + k)
    empty = ((gf(directions, low) == 0.0) & (gf(directions, low + 2) == 0.0)) | (
        (gf(directions, high) == 0.0) & (gf(directions, high + 2) == 0.0)
    )
    return sel(empty, 0.0, (b - a) * 0.5)


@njit(**OPTIONS)
def _refine(tables, s, held):
    """Trace and shade the first `held` queued rays, and average them into the radiance buffer."""
    width = tables[at.WIDTH]
    directions = tables[at.DIRECTIONS]
    x = ldi(s, _COLUMN)
    x = sel((x >= 0) & (x < vi(width)), x, vi(0))
    ox = ldf(s, _ACROSS)
    oy = ldf(s, _DOWN)
    height = tables[at.HEIGHT]
    y = ldi(s, _ROW)
    y = sel((y >= 0) & (y < vi(height)), y, vi(0))
    here = y * vi(width)
    center = (x + here) * 3
    left = (sel(x > 0, x - 1, x) + here) * 3
    right = (sel(x < vi(width - 1), x + 1, x) + here) * 3
    above = (sel(y > 0, here - vi(width), here) + x) * 3
    below = (sel(y < vi(height - 1), here + vi(width), here) + x) * 3
    cx = gf(directions, center)
    cy = gf(directions, center + 1)
    cz = gf(directions, center + 2)
    valid = (cx * cx + cy * cy + cz * cz > 0.0) & (lane_index() < vi(held))
    cx = cx + ox * _slope(directions, left, right, 0) + oy * _slope(directions, above, below, 0)
    cy = cy + ox * _slope(directions, left, right, 1) + oy * _slope(directions, above, below, 1)
    cz = cz + ox * _slope(directions, left, right, 2) + oy * _slope(directions, above, below, 2)
    scale = unit_scale(cx, cy, cz)
    set_rays(tables, s, y, cx * scale, cy * scale, cz * scale, valid, at.CAMERA_MASK)
    embree_packet(tables[at.INTERSECT], s + at.VALID * ROW_BYTES, tables[at.SCENE], s, tables[at.COHERENT_ARGUMENTS])
    shade(tables, s)
    lane = 0
    while lane < held:
        target = si(s, _PIXEL * LANES + lane) * 3
        end = lane + 1
        share = sf(s, _WEIGHT * LANES + lane)
        while end < held and si(s, _PIXEL * LANES + end) == si(s, _PIXEL * LANES + lane):
            share += sf(s, _WEIGHT * LANES + end)
            end += 1
        if si(s, at.VALID * LANES + lane) != 0:
            for channel in range(3):
                total = sf(tables[at.OUT_RADIANCE], target + channel) * (1.0 - share)
                for k in range(lane, end):
                    total += sf(s, (at.OUT_R + channel) * LANES + k) * sf(s, _WEIGHT * LANES + k)
                put_f32(tables[at.OUT_RADIANCE], target + channel, total)
        lane = end
