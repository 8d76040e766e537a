"""The second pass of a frame: more rays in every pixel through which an edge runs, for its radiance alone.

An edge is where brightness steps together with instance, material or normal, or steps strongly alone. Two
or three rays go where it runs: towards the neighbours that differ. The pixel becomes the weighted mean of its centre ray and
these. A ray that meets the very surface of its pixel or of the neighbour it leans to takes that one's light: an edge then costs
rays, not shading. It is shaded by itself where neither fits (something thin), and where sun and shadow meet. Where the pixel and all
neighbours agree on whether they see the sun, no shadow ray is cast. The rim of the sun's shadow alone gets no rays: its grains are
averaged later (kernels.soften), and rays sent where grains differ would tilt their mean. Among leaves, and for what is seen in panes,
one ray stands for two. Labels stay the centre ray's.
Tested by tests/rendering/test_refine.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from rendering import embree as row
from rendering.kernels import layout as at
from rendering.kernels.embree_calls import embree_packet
from rendering.kernels.frame import set_rays
from rendering.kernels.lane_math import OPTIONS, unit_scale
from rendering.kernels.lanes import (
    LANES,
    TILE_HEIGHT,
    fetch_add,
    gf,
    gi,
    i2f,
    lane_index,
    ldf,
    ldi,
    ldu,
    lowest_bit,
    m2i,
    mask_bits,
    put_f32,
    put_i32,
    sel,
    sf,
    si,
    stf,
    sti,
    vabs,
    vany,
    vf,
    vi,
)  # fmt: skip
from rendering.kernels.shade import ROW_BYTES, shade
from rendering.kernels.surface import facing, met_slot, transform_rows

_COLUMN, _ROW, _ACROSS, _DOWN, _WEIGHT, _SUN = range(6)
"""Rows of a queue of rays, which begins at row _FIRST or at QUEUE."""
_FIRST, _INDEX = at.KNOWN_SUN + 1, at.KNOWN_SUN + 7
_LEAN, _LEAST_LIKENESS = 0.15, 0.9
_SURFACE_BITS = ~6
_NORMAL_DOT = round(0.96 * 63 * 63)
# brightness steps, 32 an octave: 6 % across surfaces, 11 % across a crease, 35 % within a surface (edges of shadows)
_STEP_SURFACE, _STEP_NORMAL, _STEP_ALONE, _STEP_LEAVES = 2, 4, 13, 40
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


def _single():
    """(16, 3): across, down (px) and weight of one ray in place of a pattern's, where the edge lies to one side; else 0."""
    out = np.zeros((16, 3), np.float32)
    for mask in range(1, 16):
        x, y = (mask >> 1 & 1) - (mask & 1), (mask >> 3 & 1) - (mask >> 2 & 1)
        if x or y:
            weights = _PATTERNS[mask, :, 2]
            out[mask, :2] = (_PATTERNS[mask, :, :2] * weights[:, None]).sum(axis=0) / weights.sum()
            out[mask, 2] = weights.sum()
    return out


_SINGLE = _single()


@njit(**OPTIONS)
def refine_rows(tables, scratch):
    """Refine bands of TILE_HEIGHT rows until the counter runs out; rays of one packet come from pixels close together.

    Reads the light of centre rays from OUT_CENTERS and fills the radiance buffer.
    """
    height = tables[at.HEIGHT]
    queue = scratch + at.QUEUE * ROW_BYTES
    while True:
        band = fetch_add(tables[at.COUNTER], 1)
        if band * TILE_HEIGHT >= height:
            break
        end = min((band + 1) * TILE_HEIGHT, height)
        for k in range(band * TILE_HEIGHT * tables[at.WIDTH] * 3, end * tables[at.WIDTH] * 3):
            put_f32(tables[at.OUT_RADIANCE], k, sf(tables[at.OUT_CENTERS], k))
        alike = 0
        held = 0
        for x0 in range(0, tables[at.WIDTH], LANES):
            for y in range(band * TILE_HEIGHT, end):
                left, right, up, down, within, across = edge_bits(tables, x0, y)
                if within | across == 0:
                    continue
                seen, hidden = _sun_bits(tables, x0, y)
                rim = seen & hidden & ~across
                own = within | (seen & hidden)
                codes = ldu(tables[at.OUT_MATERIAL], y * tables[at.WIDTH] + x0)
                leafy = mask_bits(_is_leaf(tables, codes))
                few = leafy | (within & mask_bits(_is_pane(tables, codes)))
                for k in range(LANES):
                    mask = (left >> k & 1) | (right >> k & 1) << 1 | (up >> k & 1) << 2 | (down >> k & 1) << 3
                    if mask == 0 or rim >> k & 1:
                        continue
                    lit, dark = (seen >> k) & 1, (hidden >> k) & 1
                    sun = at.SUN_TRACED if lit == dark else (at.SUN_SEEN if lit else at.SUN_HIDDEN)
                    if held + 3 > LANES:
                        _refine(tables, scratch, held)
                        held = 0
                    if own >> k & 1:
                        held = _put(scratch + _FIRST * ROW_BYTES, held, mask, x0 + k, y, sun, few >> k & 1)
                        continue
                    if alike + 3 > LANES:
                        held = _reuse(tables, scratch, alike, held)
                        alike = 0
                    alike = _put(queue, alike, mask, x0 + k, y, sun, leafy >> k & 1)
        if alike:
            held = _reuse(tables, scratch, alike, held)
        if held:
            _refine(tables, scratch, held)


@njit(**OPTIONS)
def _put(queue, held, mask, x, y, sun, few):
    """Put the rays of one pixel behind `held` others into a queue; the new count. With `few` a single ray stands for two."""
    if few and _SINGLE[mask, 2] > 0.0:
        _put_ray(queue, held, x, y, _SINGLE[mask, 0], _SINGLE[mask, 1], _SINGLE[mask, 2], sun)
        return held + 1
    for ray in range(3):
        weight = _PATTERNS[mask, ray, 2]
        if weight > 0.0:
            _put_ray(queue, held, x, y, _PATTERNS[mask, ray, 0], _PATTERNS[mask, ray, 1], weight, sun)
            held += 1
    return held


@njit(**OPTIONS)
def _put_ray(queue, held, x, y, across, down, weight, sun):
    put_i32(queue, _COLUMN * LANES + held, x)
    put_i32(queue, _ROW * LANES + held, y)
    put_f32(queue, _ACROSS * LANES + held, across)
    put_f32(queue, _DOWN * LANES + held, down)
    put_f32(queue, _WEIGHT * LANES + held, weight)
    put_i32(queue, _SUN * LANES + held, sun)


@njit(**OPTIONS)
def edge_bits(tables, x0, y):
    """(left, right, up, down, within, across): one bit for each of LANES pixels from (x0, y) on that differs from that neighbour,
    for those that differ from a neighbour on the same surface (a shadow's rim), and for those that do so from one on another."""
    width = tables[at.WIDTH]
    x = lane_index() + vi(x0)
    here = y * width + x0
    inside = x < vi(width)
    left, within = _differs(tables, here, here - 1, inside & (x > 0))
    across = left & ~within
    right, inner = _differs(tables, here, here + 1, x < vi(width - 1))
    within |= inner
    across |= right & ~inner
    up, down = 0, 0
    if y > 0:
        up, inner = _differs(tables, here, here - width, inside)
        within |= inner
        across |= up & ~inner
    if y < tables[at.HEIGHT] - 1:
        down, inner = _differs(tables, here, here + width, inside)
        within |= inner
        across |= down & ~inner
    return left, right, up, down, within, across


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
    """Bits of pixels from `a` on that look different from pixels from `b` on, and of those that do so on the same surface."""
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
    differs = where & ((other_surface & (step > _STEP_SURFACE)) | within)
    if vany(differs):
        # among the leaves of one tree every pixel would be an edge: there only the strongest steps are worth rays
        codes = ldu(tables[at.OUT_MATERIAL], a)
        others = ldu(tables[at.OUT_MATERIAL], b)
        leaves = differs & ((codes ^ others) >> 12 == 0) & _is_leaf(tables, codes) & _is_leaf(tables, others)
        differs = differs & (~leaves | (step > _STEP_LEAVES))
    return mask_bits(differs), mask_bits(differs & ~other_surface & ~turned)


@njit(**OPTIONS)
def _is_leaf(tables, codes):
    """Whether surfaces (codes as in OUT_SURFACE) let light through."""
    return gf(tables[at.MATERIALS], ((codes >> 3) & 511) * at.MATERIAL_STRIDE + at.TRANSLUCENCY) > 0.0


@njit(**OPTIONS)
def _is_pane(tables, codes):
    """Whether surfaces (codes as in OUT_SURFACE) are glass."""
    return gf(tables[at.MATERIALS], ((codes >> 3) & 511) * at.MATERIAL_STRIDE + at.GLASS) > 0.0


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
def _aim(tables, s, queue, held):
    """Set up the first `held` rays of a queue and trace them; (index of their pixels, x, y)."""
    width = tables[at.WIDTH]
    height = tables[at.HEIGHT]
    directions = tables[at.DIRECTIONS]
    x = ldi(queue, _COLUMN)
    x = sel((x >= 0) & (x < vi(width)), x, vi(0))
    ox = ldf(queue, _ACROSS)
    oy = ldf(queue, _DOWN)
    y = ldi(queue, _ROW)
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
    return x + here, x, y


@njit(**OPTIONS)
def _refine(tables, s, held):
    """Trace and shade the first `held` rays of the block's own queue, and add what they change to the radiance buffer."""
    queue = s + _FIRST * ROW_BYTES
    sti(s, at.KNOWN_SUN, ldi(queue, _SUN))
    pixel, _, _ = _aim(tables, s, queue, held)
    shade(tables, s)
    _add(tables, s, queue, pixel)


@njit(**OPTIONS)
def _add(tables, s, queue, pixel):
    """Add weight * (light of the ray - light of the centre ray) to the pixel of each valid lane."""
    sti(s, _INDEX, pixel * 3)
    for lane in range(LANES):
        if si(s, at.VALID * LANES + lane) == 0:
            continue
        target = si(s, _INDEX * LANES + lane)
        weight = sf(queue, _WEIGHT * LANES + lane)
        for channel in range(3):
            change = sf(s, (at.OUT_R + channel) * LANES + lane) - sf(tables[at.OUT_CENTERS], target + channel)
            put_f32(
                tables[at.OUT_RADIANCE],
                target + channel,
                sf(tables[at.OUT_RADIANCE], target + channel) + weight * change,
            )


@njit(**OPTIONS)
def _reuse(tables, s, alike, held):
    """Trace the first `alike` rays of QUEUE. Those that meet a known surface take its light; the others go behind the `held` rays
    that are shaded by themselves. The new count of these."""
    queue = s + at.QUEUE * ROW_BYTES
    pixel, x, y = _aim(tables, s, queue, alike)
    valid = ldi(s, at.VALID) != 0
    hit = valid & (ldi(s, row.GEOMETRY) != -1)
    code, nx, ny, nz = _met(tables, s, hit)
    width = vi(tables[at.WIDTH])
    ox = ldf(queue, _ACROSS)
    oy = ldf(queue, _DOWN)
    beside = sel(ox > 0.0, vi(1), vi(-1))
    beside = sel((x + beside >= 0) & (x + beside < width) & (vabs(ox) > _LEAN), beside, vi(0))
    across = sel(oy > 0.0, vi(1), vi(-1))
    across = sel((y + across >= 0) & (y + across < vi(tables[at.HEIGHT])) & (vabs(oy) > _LEAN), across, vi(0)) * width
    best = vf(_LEAST_LIKENESS)
    chosen = vi(-1)
    for candidate in range(4):
        k = pixel
        if candidate & 1:
            k = k + beside
        if candidate & 2:
            k = k + across
        likeness = _likeness(tables, k, code, hit, nx, ny, nz)
        better = valid & (likeness > best)
        best = sel(better, likeness, best)
        chosen = sel(better, k, chosen)
    known = valid & (chosen >= 0)
    k = sel(known, chosen, pixel) * 3
    for channel in range(3):
        stf(s, at.OUT_R + channel, gf(tables[at.OUT_CENTERS], k + channel))
    sti(s, at.VALID, m2i(known))
    _add(tables, s, queue, pixel)
    rest = mask_bits(valid & ~known)
    while rest != 0:
        lane = lowest_bit(rest)
        if held + 1 > LANES:
            _refine(tables, s, held)
            held = 0
        _put_ray(
            s + _FIRST * ROW_BYTES, held, si(queue, _COLUMN * LANES + lane), si(queue, _ROW * LANES + lane),
            sf(queue, _ACROSS * LANES + lane), sf(queue, _DOWN * LANES + lane), sf(queue, _WEIGHT * LANES + lane),
            si(queue, _SUN * LANES + lane),
        )  # fmt: skip
        held += 1
        rest = rest & (rest - 1)
    return held


@njit(**OPTIONS)
def _met(tables, s, hit):
    """Surface code (as in OUT_SURFACE; 0 for sky) and geometric normal of what the packet met."""
    instance = met_slot(s, hit)
    primitive = sel(hit, ldi(s, row.PRIMITIVE), vi(0))
    entry = instance * at.INSTANCE_STRIDE
    moving = hit & (gi(tables[at.INSTANCES], entry + at.MOVING) != 0)
    m = transform_rows(tables, s, moving, instance)
    triangle = gi(tables[at.INSTANCES], entry + at.TRIANGLE_START) + primitive
    surface = gi(tables[at.TRIANGLES], triangle * at.TRIANGLE_STRIDE + 3)
    nx, ny, nz = facing(s, m, ldf(s, row.DIRECTION_X), ldf(s, row.DIRECTION_Y), ldf(s, row.DIRECTION_Z))
    return sel(hit, (instance * 512 + (surface & 511)) * 8 + 1, vi(0)), nx, ny, nz


@njit(**OPTIONS)
def _likeness(tables, pixel, code, hit, nx, ny, nz):
    """Cosine between the ray's normal and the pixel's where both show the same surface, 1 where both show the sky; else 0."""
    same = (gi(tables[at.OUT_MATERIAL], pixel) & _SURFACE_BITS) == code
    look = gi(tables[at.OUT_KEY], pixel)
    mx = i2f(((look >> 14) & 127) - 64) * (1.0 / 63.0)
    my = i2f(((look >> 7) & 127) - 64) * (1.0 / 63.0)
    mz = i2f((look & 127) - 64) * (1.0 / 63.0)
    d = tables[at.DIRECTIONS]
    inside = (gf(d, pixel * 3) != 0.0) | (gf(d, pixel * 3 + 2) != 0.0)
    alike = nx * mx + ny * my + nz * mz
    # a leaf's shading normal is its crown's, not its own
    alike = sel(hit & _is_leaf(tables, code), 1.0, alike)
    return sel(same & inside, sel(hit, alike, 1.0), 0.0)
