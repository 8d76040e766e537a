"""The second pass of a frame: more rays in every pixel through which an edge runs, for its radiance alone.

An edge is where brightness steps together with instance, material or normal, or steps strongly alone (a shadow's rim).
Three rays around the centre go where two surfaces meet, two of them to edges within one; the pixel becomes the mean of its
centre ray and these. Labels stay the centre ray's.
"""

from __future__ import annotations

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

_COLUMN, _ROW, _RAY, _RAYS = range(at.SCRATCH_ROWS - 5, at.SCRATCH_ROWS - 1)
_NORMAL_DOT = round(0.96 * 63 * 63)
# brightness steps, 32 an octave: 4 % across surfaces, 11 % across a crease, 35 % within a surface (edges of shadows)
_STEP_SURFACE, _STEP_NORMAL, _STEP_ALONE = 1, 4, 13


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
                hard, soft = edge_bits(tables, x0, y)
                if hard | soft != 0:
                    held = _collect(tables, scratch, x0, y, hard, soft, held)
        if held:
            _refine(tables, scratch, held)


@njit(**OPTIONS)
def _collect(tables, scratch, x0, y, hard, soft, held):
    """Queue the rays of the marked pixels behind `held` others, refining whenever a packet is full; the new count."""
    for k in range(LANES):
        rays = 3 if (hard >> k) & 1 else (2 if (soft >> k) & 1 else 0)
        if held + rays > LANES:
            _refine(tables, scratch, held)
            held = 0
        for ray in range(rays):
            put_i32(scratch, _COLUMN * LANES + held, x0 + k)
            put_i32(scratch, _ROW * LANES + held, y)
            put_i32(scratch, _RAY * LANES + held, ray if rays == 3 else ray + 3)
            put_i32(scratch, _RAYS * LANES + held, rays)
            held += 1
    return held


@njit(**OPTIONS)
def edge_bits(tables, x0, y):
    """(hard, soft): one bit for each of LANES pixels from (x0, y) on, where an edge runs between or within surfaces."""
    width = tables[at.WIDTH]
    x = lane_index() + vi(x0)
    here = y * width + x0
    inside = x < vi(width)
    hard, soft = _differs(tables, here, here - 1, inside & (x > 0))
    a, b = _differs(tables, here, here + 1, x < vi(width - 1))
    hard, soft = hard | a, soft | b
    if y > 0:
        a, b = _differs(tables, here, here - width, inside)
        hard, soft = hard | a, soft | b
    if y < tables[at.HEIGHT] - 1:
        a, b = _differs(tables, here, here + width, inside)
        hard, soft = hard | a, soft | b
    return mask_bits(hard), mask_bits(soft)


@njit(**OPTIONS)
def _differs(tables, a, b, where):
    """Whether pixels from `a` on look different from pixels from `b` on: (between surfaces, within one)."""
    other_surface = ldu(tables[at.OUT_MATERIAL], a) != ldu(tables[at.OUT_MATERIAL], b)
    p = ldu(tables[at.OUT_KEY], a)
    q = ldu(tables[at.OUT_KEY], b)
    step = (p >> 21) - (q >> 21)
    step = sel(step < 0, 0 - step, step)
    nx = (((p >> 14) & 127) - 64) * (((q >> 14) & 127) - 64)
    ny = (((p >> 7) & 127) - 64) * (((q >> 7) & 127) - 64)
    nz = ((p & 127) - 64) * ((q & 127) - 64)
    turned = (nx + ny + nz) < _NORMAL_DOT
    within = (turned & (step > _STEP_NORMAL)) | (step > _STEP_ALONE)
    return where & other_surface & (step > _STEP_SURFACE), where & within


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
def _refine(tables, s, held):
    """Trace and shade the first `held` queued rays, and average them into the radiance buffer."""
    width = tables[at.WIDTH]
    directions = tables[at.DIRECTIONS]
    x = ldi(s, _COLUMN)
    x = sel((x >= 0) & (x < vi(width)), x, vi(0))
    ray = ldi(s, _RAY)
    # three on a circle of 0.38 px, or two across the centre
    ox = sel(ray == 0, -0.37, sel(ray == 1, 0.11, sel(ray == 2, 0.26, sel(ray == 3, -0.17, 0.17))))
    oy = sel(ray == 0, -0.085, sel(ray == 1, 0.364, sel(ray == 2, -0.279, sel(ray == 3, -0.34, 0.34))))
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
    cx = cx + ox * _slope(directions, left, right, center, 0) + oy * _slope(directions, above, below, center, 0)
    cy = cy + ox * _slope(directions, left, right, center, 1) + oy * _slope(directions, above, below, center, 1)
    cz = cz + ox * _slope(directions, left, right, center, 2) + oy * _slope(directions, above, below, center, 2)
    scale = unit_scale(cx, cy, cz)
    set_rays(tables, s, y, cx * scale, cy * scale, cz * scale, valid, at.CAMERA_MASK)
    embree_packet(tables[at.INTERSECT], s + at.VALID * ROW_BYTES, tables[at.SCENE], s, tables[at.COHERENT_ARGUMENTS])
    shade(tables, s)
    lane = 0
    while lane < held:
        rays = si(s, _RAYS * LANES + lane)
        target = (si(s, _ROW * LANES + lane) * width + si(s, _COLUMN * LANES + lane)) * 3
        if si(s, at.VALID * LANES + lane) != 0:
            for channel in range(3):
                total = sf(tables[at.OUT_RADIANCE], target + channel)
                for k in range(lane, lane + rays):
                    total += sf(s, (at.OUT_R + channel) * LANES + k)
                put_f32(tables[at.OUT_RADIANCE], target + channel, total / (rays + 1.0))
        lane += rays
