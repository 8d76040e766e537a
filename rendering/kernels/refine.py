"""The second pass of a frame: four more rays in every pixel through which an edge runs, for its radiance alone.

An edge is where brightness steps together with instance, material or normal, or steps strongly alone (a shadow's rim).
The extra rays form a rotated grid; the pixel becomes the mean of its centre ray and these. Labels stay the centre ray's.
"""

from __future__ import annotations

from numba import njit

from rendering.kernels import layout as at
from rendering.kernels.frame import set_rays
from rendering.kernels.lane_math import OPTIONS, unit_scale
from rendering.kernels.lanes import (
    LANES,
    embree_packet,
    fetch_add,
    gf,
    lane_index,
    lane_x,
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

_RAYS = 4
_PIXELS = LANES // _RAYS
_COLUMN = at.SCRATCH_ROWS - 2
_NORMAL_DOT = round(0.96 * 63 * 63)
# brightness steps, 32 an octave: 4 % across surfaces, 11 % across a crease, 35 % within a surface (edges of shadows)
_STEP_SURFACE, _STEP_NORMAL, _STEP_ALONE = 1, 4, 13


@njit(**OPTIONS)
def refine_rows(tables, scratch):
    """Refine rows of pixels until the counter runs out."""
    width = tables[at.WIDTH]
    while True:
        y = fetch_add(tables[at.COUNTER], 1)
        if y >= tables[at.HEIGHT]:
            break
        held = 0
        for x0 in range(0, width, LANES):
            edges = edge_bits(tables, x0, y)
            if edges == 0:
                continue
            for k in range(LANES):
                if (edges >> k) & 1 == 0:
                    continue
                for ray in range(_RAYS):
                    put_i32(scratch, _COLUMN * LANES + held * _RAYS + ray, x0 + k)
                held += 1
                if held == _PIXELS:
                    _refine(tables, scratch, y, held)
                    held = 0
        if held:
            _refine(tables, scratch, y, held)


@njit(**OPTIONS)
def edge_bits(tables, x0, y):
    """One bit for each of LANES pixels from (x0, y) on: set where an edge runs through."""
    width = tables[at.WIDTH]
    x = lane_index() + vi(x0)
    here = y * width + x0
    inside = x < vi(width)
    edge = _differs(tables, here, here - 1) & (x > 0)
    edge = edge | (_differs(tables, here, here + 1) & (x < vi(width - 1)))
    if y > 0:
        edge = edge | _differs(tables, here, here - width)
    if y < tables[at.HEIGHT] - 1:
        edge = edge | _differs(tables, here, here + width)
    return mask_bits(edge & inside)


@njit(**OPTIONS)
def _differs(tables, a, b):
    """Whether pixels from `a` on look different from pixels from `b` on in a way that needs more rays."""
    other_surface = ldu(tables[at.OUT_MATERIAL], a) != ldu(tables[at.OUT_MATERIAL], b)
    p = ldu(tables[at.OUT_KEY], a)
    q = ldu(tables[at.OUT_KEY], b)
    step = (p >> 21) - (q >> 21)
    step = sel(step < 0, 0 - step, step)
    nx = (((p >> 14) & 127) - 64) * (((q >> 14) & 127) - 64)
    ny = (((p >> 7) & 127) - 64) * (((q >> 7) & 127) - 64)
    nz = ((p & 127) - 64) * ((q & 127) - 64)
    turned = (nx + ny + nz) < _NORMAL_DOT
    return (other_surface & (step > _STEP_SURFACE)) | (turned & (step > _STEP_NORMAL)) | (step > _STEP_ALONE)


@njit(**OPTIONS)
def _slope(directions, low, high, center, k):
    """Half the difference of a direction's component between two neighbours; 0 at the rim of the image circle."""
    a = gf(directions, low + k)
    b = gf(directions, high + k)
    empty = ((gf(directions, low) == 0.0) & (gf(directions, low + 2) == 0.0)) | (
        (gf(directions, high) == 0.0) & (gf(directions, high + 2) == 0.0)
    )
    return sel(empty, 0.0, (b - a) * 0.5)


@njit(**OPTIONS)
def _refine(tables, s, y, held):
    """Trace and shade the extra rays of `held` pixels of row y, and average them into the radiance buffer."""
    width = tables[at.WIDTH]
    directions = tables[at.DIRECTIONS]
    lane = lane_x()
    x = ldi(s, _COLUMN)
    x = sel((x >= 0) & (x < width), x, vi(0))
    ox = sel(lane == 0, -0.125, sel(lane == 1, 0.375, sel(lane == 2, 0.125, -0.375)))
    oy = sel(lane == 0, -0.375, sel(lane == 1, -0.125, sel(lane == 2, 0.375, 0.125)))
    up = y - 1 if y > 0 else y
    down = y + 1 if y < tables[at.HEIGHT] - 1 else y
    center = (x + vi(y * width)) * 3
    left = (sel(x > 0, x - 1, x) + vi(y * width)) * 3
    right = (sel(x < width - 1, x + 1, x) + vi(y * width)) * 3
    above = (x + vi(up * width)) * 3
    below = (x + vi(down * width)) * 3
    cx = gf(directions, center)
    cy = gf(directions, center + 1)
    cz = gf(directions, center + 2)
    valid = (cx * cx + cy * cy + cz * cz > 0.0) & _held(held)
    cx = cx + ox * _slope(directions, left, right, center, 0) + oy * _slope(directions, above, below, center, 0)
    cy = cy + ox * _slope(directions, left, right, center, 1) + oy * _slope(directions, above, below, center, 1)
    cz = cz + ox * _slope(directions, left, right, center, 2) + oy * _slope(directions, above, below, center, 2)
    scale = unit_scale(cx, cy, cz)
    set_rays(tables, s, vi(y), cx * scale, cy * scale, cz * scale, valid, at.CAMERA_MASK)
    embree_packet(tables[at.INTERSECT], s + at.VALID * ROW_BYTES, tables[at.SCENE], s, tables[at.COHERENT_ARGUMENTS])
    shade(tables, s)
    for pixel in range(held):
        column = si(s, _COLUMN * LANES + pixel * _RAYS)
        if si(s, at.VALID * LANES + pixel * _RAYS) == 0:
            continue
        target = (y * width + column) * 3
        for channel in range(3):
            total = sf(tables[at.OUT_RADIANCE], target + channel)
            for k in range(_RAYS):
                total += sf(s, (at.OUT_R + channel) * LANES + pixel * _RAYS + k)
            put_f32(tables[at.OUT_RADIANCE], target + channel, total / (_RAYS + 1.0))


@njit(**OPTIONS)
def _held(held):
    """Lanes that belong to the first `held` pixels."""
    return lane_index() < vi(held * _RAYS)
