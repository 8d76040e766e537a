"""Walls, roofs and what shows behind windows: joints, courses, relief lines and weather marks, filtered by the footprint.

Positions are in the object's frame in metres: `h` runs along a wall or an eaves line, `v` up it (up the slope on roofs). Sizes
of bricks (DIN 105: 240 x 71 mm), tiles (cover of 0.20-0.30 m by 0.34 m), slates and boards are those of building practice;
depths of tone are by eye. Every pattern fades to its mean. Kinds are rendering.materials.TextureKind 4, 5 and 20-29.
Tested by tests/rendering/test_texture.py.
"""

from __future__ import annotations

from numba import njit

from rendering.kernels.lane_math import (
    OPTIONS,
    hash01,
    smoothstep,
    stripe_coverage,
    value_noise,
    vexp,
    visible_detail,
)
from rendering.kernels.lanes import f2i, sel, vabs, vany, vfloor, vi, vmax, vmin, vsqrt

_BRICK, _FACADE = 4, 5
(
    _PLASTER_WALL, _BRICK_WALL, _SIDING, _ASHLAR, _ROOF_TILE, _ROOF_SLATE, _ROOM, _RIBBED, _LETTERING, _GOODS,
) = range(20, 30)  # fmt: skip


@njit(**OPTIONS)
def _mottle(x, y, period, footprint):
    """Noise in [-0.5, 0.5] of this period, faded where a pixel cannot show it."""
    return (value_noise(x / period, y / period) - 0.5) * visible_detail(period, footprint)


@njit(**OPTIONS)
def _tone(ix, iy, depth, period, footprint):
    """A tone in [-depth / 2, depth / 2] of each cell."""
    return (hash01(f2i(ix), f2i(iy)) - 0.5) * depth * visible_detail(period, footprint)


@njit(**OPTIONS)
def bricks(h, v, footprint):
    """(share of mortar, brightness factor) of a running bond: bricks 0.25 m by 0.075 m with 1 cm joints."""
    course = vfloor(v / 0.075)
    shifted = h + 0.125 * (course - 2.0 * vfloor(course * 0.5))
    bed = stripe_coverage(v, 0.075, 0.01, footprint)
    head = stripe_coverage(shifted, 0.25, 0.01, footprint)
    mortar = vmin(bed + head * (1.0 - bed), 1.0)
    tone = _tone(vfloor(shifted / 0.25), course, 0.5, 0.16, footprint)
    return mortar, 1.0 + tone + _mottle(h, v, 2.3, footprint) * 0.25


@njit(**OPTIONS)
def plaster(h, v, footprint):
    """Brightness factor of rendered walls: grain of a centimetre, trowel marks, broad stains that run down."""
    fine = _mottle(h, v, 0.015, footprint) * 0.14 + _mottle(h + 3.1, v, 0.11, footprint) * 0.05
    return 1.0 + fine + _mottle(h, v * 0.25, 1.1, footprint) * 0.12 + _mottle(h, v, 3.7, footprint) * 0.12


@njit(**OPTIONS)
def weather(h, z, below_sill_m, at_sill, footprint):
    """Brightness factor of dirt on a wall: splash above the ground, and streaks of rain water under window sills."""
    edge = 0.35 + 0.5 * value_noise(h * 1.7, z * 0.4)
    splash = 1.0 - 0.22 * (1.0 - smoothstep(z, 0.05, edge))
    comb = 0.6 * value_noise(h * 7.0, z * 0.3) + 0.4 * value_noise(h * 19.0, z * 0.5)
    comb = 0.5 + (smoothstep(comb, 0.30, 0.80) - 0.5) * visible_detail(0.14, footprint)
    return splash * (1.0 - 0.26 * at_sill * comb * vexp(-1.3 * vmax(below_sill_m, 0.0)))


@njit(**OPTIONS)
def siding(h, v, footprint):
    """Brightness factor of lapped boards of 0.15 m: the shadow under each lap, and boards of slightly different tone."""
    lap = stripe_coverage(v, 0.15, 0.018, footprint)
    tone = _tone(vfloor(h / 3.3), vfloor(v / 0.15), 0.10, 0.15, footprint)
    return (1.0 + tone + _mottle(h * 0.2, v, 0.4, footprint) * 0.08) * (1.05 - 0.42 * lap)


@njit(**OPTIONS)
def ashlar(h, v, footprint):
    """Brightness factor of cut stone in courses of 0.4 m: stones of 0.8 m with 6 mm joints, each its own tone."""
    course = vfloor(v / 0.4)
    shifted = h + 0.4 * (course - 2.0 * vfloor(course * 0.5))
    joint = vmax(stripe_coverage(v, 0.4, 0.008, footprint), stripe_coverage(shifted, 0.8, 0.008, footprint))
    tone = _tone(vfloor(shifted / 0.8), course, 0.18, 0.4, footprint)
    return (1.0 + tone + _mottle(h, v, 0.06, footprint) * 0.18 + _mottle(h, v, 0.9, footprint) * 0.14) * (
        1.0 - 0.4 * joint
    )


@njit(**OPTIONS)
def tiles(h, v, footprint):
    """Brightness factor of pantiles: courses of 0.34 m with a shadow at each lower edge, waves of 0.25 m, moss and soot."""
    course = vfloor(v / 0.34)
    edge = stripe_coverage(v, 0.34, 0.035, footprint)
    valley = stripe_coverage(h, 0.25, 0.07, footprint)
    tone = _tone(vfloor(h / 0.25), course, 0.34, 0.25, footprint)
    aged = _mottle(h, v * 0.5, 1.9, footprint) * 0.35 + _mottle(h, v, 0.07, footprint) * 0.15
    return (1.0 + tone + aged) * (1.13 - 0.55 * edge) * (1.10 - 0.36 * valley)


@njit(**OPTIONS)
def slates(h, v, footprint):
    """Brightness factor of slates or shingles: courses of 0.2 m, pieces of 0.3 m, each its own tone."""
    course = vfloor(v / 0.2)
    shifted = h + 0.15 * (course - 2.0 * vfloor(course * 0.5))
    joint = vmax(stripe_coverage(v, 0.2, 0.014, footprint), stripe_coverage(shifted, 0.3, 0.008, footprint))
    tone = _tone(vfloor(shifted / 0.3), course, 0.5, 0.22, footprint)
    return (1.0 + tone + _mottle(h, v * 0.4, 1.6, footprint) * 0.3) * (1.04 - 0.45 * joint)


@njit(**OPTIONS)
def room(x, y, z, footprint):
    """Brightness factor of a room seen through its window: furniture, pictures and lamp light as soft patches."""
    along = x + y
    return 1.0 + _mottle(along, z * 0.7, 0.33, footprint) * 0.55 + _mottle(along + 5.3, z * 0.6, 0.85, footprint) * 1.0


@njit(**OPTIONS)
def ribs(h, v, footprint):
    """Brightness factor of trapezoid sheet, standing seams and the folds of curtains: ribs of 0.15 m."""
    return (1.0 + _mottle(h, v * 0.3, 1.3, footprint) * 0.10) * (
        1.08 - 0.32 * stripe_coverage(h, 0.15, 0.038, footprint)
    )


@njit(**OPTIONS)
def letters(u, v, footprint_heights):
    """Share of ink on a sign board; u along it in heights of the board, v from 0 to 1 up it: a line of words in its middle."""
    cell = u / 0.34
    which = vfloor(cell)
    column = vfloor((cell - which) * 4.0)
    line = (v - 0.24) / 0.52
    step = vfloor(line * 5.0)
    stroke = hash01(f2i(which * 4.0 + column), f2i(step)) + 0.22 * sel(vabs(step - 2.0) > 1.5, 1.0, 0.0)
    ink = smoothstep(stroke, 0.36, 0.42) * sel(column < 3.0, 1.0, 0.0)
    ink = ink * sel((line > 0.0) & (line < 1.0), 1.0, 0.0) * sel(hash01(f2i(which), vi(3)) > 0.16, 1.0, 0.0)
    return 0.22 + (ink - 0.22) * visible_detail(0.26, footprint_heights)


@njit(**OPTIONS)
def _goods(h, v, channel, footprint):
    """Colour factor of shelves of goods or of a poster: patches of 10 to 60 cm, of little chroma, on boards half a metre apart."""
    shade = 1.0 + _mottle(h, v, 0.62, footprint) * 1.1 + _mottle(h + 9.1, v * 1.4, 0.17, footprint) * 0.9
    ix, iy = f2i(vfloor(h / 0.23)), f2i(vfloor(v / 0.47))
    piece = (hash01(ix, iy) - 0.5) * 0.7 + (hash01(ix + 37 * (channel + 1), iy) - 0.5) * 0.45
    board = stripe_coverage(v, 0.47, 0.03, footprint)
    return vmax((shade + piece * visible_detail(0.33, footprint)) * (1.03 - 0.5 * board), 0.05)


@njit(**OPTIONS)
def facade(kind, x, y, z, nx, ny, nz, u, v, footprint, r, g, b):
    """Albedo of a point of a building: material albedo (r, g, b) under its texture; object position, normal and uv."""
    flat = vabs(nz) > 0.985
    across = vsqrt(vmax(nx * nx + ny * ny, 1e-12))
    h = sel(flat, x, (nx * y - ny * x) / across)
    up = sel(flat, y, z / across)
    factor = r * 0.0 + 1.0
    brick = (kind == _BRICK) | (kind == _BRICK_WALL)
    if vany(brick):
        mortar, tone = bricks(h, up, footprint)
        r = sel(brick, r * tone + (0.30 - r * tone) * mortar, r)
        g = sel(brick, g * tone + (0.29 - g * tone) * mortar, g)
        b = sel(brick, b * tone + (0.27 - b * tone) * mortar, b)
    if vany((kind == _FACADE) | (kind == _PLASTER_WALL)):
        factor = sel((kind == _FACADE) | (kind == _PLASTER_WALL), plaster(h, up, footprint), factor)
    if vany(kind == _SIDING):
        factor = sel(kind == _SIDING, siding(h, up, footprint), factor)
    if vany(kind == _ASHLAR):
        factor = sel(kind == _ASHLAR, ashlar(h, up, footprint), factor)
    if vany(kind == _ROOF_TILE):
        factor = sel(kind == _ROOF_TILE, tiles(h, up, footprint), factor)
    if vany(kind == _ROOF_SLATE):
        factor = sel(kind == _ROOF_SLATE, slates(h, up, footprint), factor)
    if vany(kind == _ROOM):
        factor = sel(kind == _ROOM, room(x, y, z, footprint), factor)
    if vany(kind == _RIBBED):
        factor = sel(kind == _RIBBED, ribs(h, up, footprint), factor)
    worn = (kind >= _PLASTER_WALL) & (kind <= _ASHLAR) & (vabs(nz) < 0.3)
    if vany(worn):
        factor = sel(worn, factor * weather(h, z, u, v, footprint), factor)
    factor = vmax(factor, 0.05)
    r = r * factor
    g = g * factor
    b = b * factor
    if vany(kind == _LETTERING):
        ink = letters(u, v, footprint * 2.0)
        dark = (r + g + b) > 0.6
        ground = sel(dark, 0.06, 0.55)
        r = sel(kind == _LETTERING, r + (ground - r) * ink, r)
        g = sel(kind == _LETTERING, g + (ground - g) * ink, g)
        b = sel(kind == _LETTERING, b + (ground - b) * ink, b)
    if vany(kind == _GOODS):
        r = sel(kind == _GOODS, r * _goods(h, up, 0, footprint), r)
        g = sel(kind == _GOODS, g * _goods(h, up, 1, footprint), g)
        b = sel(kind == _GOODS, b * _goods(h, up, 2, footprint), b)
    return r, g, b
