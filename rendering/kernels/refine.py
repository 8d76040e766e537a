"""The second pass of a frame: four more rays in every pixel through which an edge runs, for its radiance alone.

An edge is where instance, material, normal or the smoothness of depth changes between neighbours (1 / range is linear
over a plane, so its second difference finds steps and creases without mistaking a grazing road for one). The extra rays
form a rotated grid; the pixel becomes the mean of its centre ray and these. Labels stay those of the centre ray.
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
_NORMAL_COSINE = 0.96
_CREASE = 0.04


@njit(**OPTIONS)
def refine_rows(tables, scratch):
    """Refine rows of pixels until the counter runs out."""
    width = tables[at.WIDTH]
    while True:
        y = fetch_add(tables[at.COUNTER], 1)
        if y >= tables[at.HEIGHT]:
            break
        held = 0
        for x in range(width):
            if not _on_edge(tables, x, y):
                continue
            for k in range(_RAYS):
                put_i32(scratch, _COLUMN * LANES + held * _RAYS + k, x)
            held += 1
            if held == _PIXELS:
                _refine(tables, scratch, y, held)
                held = 0
        if held:
            _refine(tables, scratch, y, held)


@njit(**OPTIONS)
def _on_edge(tables, x, y):
    width = tables[at.WIDTH]
    height = tables[at.HEIGHT]
    surface = tables[at.OUT_MATERIAL]
    here = y * width + x
    mine = si(surface, here)
    left = here - 1 if x > 0 else here
    right = here + 1 if x < width - 1 else here
    above = here - width if y > 0 else here
    below = here + width if y < height - 1 else here
    if (
        si(surface, left) != mine
        or si(surface, right) != mine
        or si(surface, above) != mine
        or si(surface, below) != mine
    ):
        return True
    if mine == 0:
        return False
    normal = tables[at.OUT_NORMAL]
    if _normals_differ(normal, here, right) or _normals_differ(normal, here, below):
        return True
    ranges = tables[at.OUT_RANGE]
    t = sf(ranges, here)
    across = abs(t / sf(ranges, left) + t / sf(ranges, right) - 2.0)
    along = abs(t / sf(ranges, above) + t / sf(ranges, below) - 2.0)
    inside = left != here and right != here and above != here and below != here
    return inside and (across > _CREASE or along > _CREASE)


@njit(**OPTIONS)
def _normals_differ(normal, a, b):
    dot = sf(normal, a * 3) * sf(normal, b * 3)
    dot += sf(normal, a * 3 + 1) * sf(normal, b * 3 + 1)
    dot += sf(normal, a * 3 + 2) * sf(normal, b * 3 + 2)
    return dot < _NORMAL_COSINE


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
