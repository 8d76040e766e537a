"""Detail of roads and land: asphalt in lane coordinates, worn paint, paving, kerbs, grass, gravel, fields.

Patterns come from pages (rendering.kernels.ground_layout) looked up in the level whose texel is about one footprint, so they
fade to their mean of 1 by themselves; lines and bands are box-filtered. x and y are the surface's own coordinates in metres,
which on the ground are the map's; u runs along the lane or stripe in metres, v holds the place across and a code.
Kinds are rendering.materials.TextureKind. Tested by tests/rendering/test_texture_ground.py.
"""

from __future__ import annotations

from numba import njit

from rendering.kernels import ground_layout as page
from rendering.kernels import layout as at
from rendering.kernels.lane_math import OPTIONS, clamp01, hash01, stripe_coverage, visible_detail
from rendering.kernels.lanes import bits_of, f2i, from_bits, gi, i2f, sel, vabs, vany, vfloor, vi, vmax, vmin

ASPHALT, SLABS, GRASS, GRAVEL, PAINT, KERB, PAVERS, CONCRETE, FIELDS, WOODS = range(9, 19)
FIRST_KIND, LAST_KIND = ASPHALT, WOODS
_TRACK_M, _TRACK_HALF_M, _OIL_HALF_M = 0.78, 0.36, 0.40
_TRACK_MEAN, _OIL_MEAN = 16.0 / 15.0 * _TRACK_HALF_M, 8.0 / 15.0 * _OIL_HALF_M
"""Integrals of the bands' profiles (1 - d²)² over half a lane."""
_JOINT_M = 0.010
_WORN_OFF = 0.085
"""Reflectance of the asphalt that shows where paint has gone."""
_MOST_WORN = 0.60
_NARROWED = 1.22


@njit(**OPTIONS)
def page_value(tables, first, bits, x, y, level):
    """A page at texel coordinates of its finest level, bilinear in one level of its pyramid; 0 to 255."""
    scale = from_bits((127 - level) << 23)
    px = x * scale - 0.5
    py = y * scale - 0.5
    fx = vfloor(px)
    fy = vfloor(py)
    wrap = (vi(1) << (bits - level)) - 1
    start = (vi(1 << (2 * bits)) >> (level + level)) + first
    word = gi(tables[at.GROUND_PAGES], start + ((f2i(fy) & wrap) << (bits - level)) + (f2i(fx) & wrap))
    fx = px - fx
    fy = py - fy
    a = i2f(word & 255)
    b = i2f((word >> 8) & 255)
    c = i2f((word >> 16) & 255)
    d = i2f(word >> 24)
    low = a + (b - a) * fx
    high = c + (d - c) * fx
    return low + (high - low) * fy


@njit(**OPTIONS)
def _level(footprint, per_m, bits):
    """The level whose texels are nearest to the footprint in size, by the exponent of a float."""
    finest = vmax(footprint * (per_m * 1.4142), 1.0)
    level = (bits_of(finest) >> 23) - 127
    return sel(level < bits, level, vi(bits))


@njit(**OPTIONS)
def _factor(tables, first, per_m, x, y, footprint):
    """Brightness factor of a small page at a place in metres."""
    level = _level(footprint, per_m, page.GRAIN_BITS)
    return page_value(tables, first, page.GRAIN_BITS, x * per_m, y * per_m, level) * page.FACTOR_UNIT


@njit(**OPTIONS)
def _across(v):
    """(whether there are lane coordinates, place across from -1 to 1, age from 0 to 1, width step from 1, code)."""
    known = v > 2.0
    whole = vfloor((v + 1.0) * 0.25)
    code = sel(known, f2i(whole) - 1, vi(0))
    age = i2f(code >> 4) * (1.0 / (page.LEVELS_OF_AGE - 1))
    return known, sel(known, v - whole * 4.0, 0.0), age, i2f((code & (page.WIDTH_STEPS - 1)) + 1), code


@njit(**OPTIONS)
def _bands(offset):
    """(wheel paths, oil strip): 1 in the middle of each band, 0 outside, smooth."""
    d = (vabs(offset) - _TRACK_M) * (1.0 / _TRACK_HALF_M)
    o = offset * (1.0 / _OIL_HALF_M)
    track = vmax(1.0 - d * d, 0.0)
    oil = vmax(1.0 - o * o, 0.0)
    return track * track, oil * oil


@njit(**OPTIONS)
def wheel_path(kind, v, footprint):
    """How much of the footprint tyres run over: 1 in the middle of a lane's two wheel paths, 0 beside them and off the lanes."""
    known, across, _, width, _ = _across(v)
    half = width * page.LANE_WIDTH_STEP_M
    d = (vabs(across * half) - _TRACK_M) * (1.0 / _TRACK_HALF_M)
    path = vmax(1.0 - d * d, 0.0)
    mean = (4.0 / 3.0) * _TRACK_HALF_M / half
    path = mean + (path - mean) * visible_detail(2.0 * _TRACK_HALF_M, footprint)
    return sel(known & (kind == ASPHALT), path, 0.0)


@njit(**OPTIONS)
def _damage(tables, known, x, y, u, offset, age, code, footprint):
    """Factor of stains, cracks, seals and repairs: the strip drawn for this stretch of the lane, by its age."""
    # multiples of the golden section: spread evenly, and cheaper than a hash
    drawn = vfloor(u * (1.0 / page.STRIP_LENGTH_M)) * 0.6180340 + i2f(code) * 0.7548777
    drawn = drawn - vfloor(drawn)
    strip = vfloor(vmin(vmax(age * 6.0 + (drawn - 0.3) * 3.0, 0.0), page.STRIPS - 0.01))
    row = strip * page.STRIP_TEXELS + page.STRIP_TEXELS / 2.0 + vmin(vmax(offset, -1.96), 1.96) * page.DAMAGE_PER_M
    px = sel(known, u, x) * page.DAMAGE_PER_M
    py = sel(known, row, y * page.DAMAGE_PER_M)
    level = _level(footprint, page.DAMAGE_PER_M, page.DAMAGE_BITS)
    return page_value(tables, page.DAMAGE, page.DAMAGE_BITS, px, py, level) * page.FACTOR_UNIT


@njit(**OPTIONS)
def asphalt(tables, x, y, u, v, footprint):
    """Brightness factor of asphalt: stones, stains, damage, wheel paths, the oil strip and the joint at the lane's edge."""
    known, across, age, width, code = _across(v)
    half = width * page.LANE_WIDTH_STEP_M
    offset = across * half
    factor = _damage(tables, known, x, y, u, offset, age, code, footprint)
    near = visible_detail(0.10, footprint)
    if vany(near > 0.0):
        factor = factor * (1.0 + (_factor(tables, page.GRAIN, page.FINE_PER_M, x, y, footprint) - 1.0) * near)
    if vany(known):
        track, oil = _bands(offset)
        # a young road's paths lose their bitumen film and turn pale, an old one's are darkened by rubber
        lane = (0.34 - 0.32 * age) * (track - _TRACK_MEAN / half)
        lane = lane - 0.26 * (oil - _OIL_MEAN / half)
        edge = half - vabs(offset)
        reach = vmax(footprint, 0.004) * 0.5
        joint = vmax(vmin(edge + reach, _JOINT_M) - vmax(edge - reach, -_JOINT_M), 0.0) * (0.5 / reach)
        factor = factor * sel(known, (1.0 + lane) * (1.0 - 0.5 * joint), 1.0)
    return factor


@njit(**OPTIONS)
def paint_cover(tables, x, y, v, footprint):
    """Share of the footprint where paint is left: chips and ragged edges near, its mean (1 - wear) far."""
    known, across, age, width, _ = _across(v)
    wear = age * _MOST_WORN
    level = _level(footprint, page.FINE_PER_M, page.GRAIN_BITS)
    left = page_value(tables, page.WEAR, page.GRAIN_BITS, x * page.FINE_PER_M, y * page.FINE_PER_M, level) * (
        1.0 / 255.0
    )
    near = visible_detail(0.04, footprint)  # chips are finer than that, and a grazing footprint is longer than wide
    fresh = vmax(0.2 - wear, 0.0)
    shown = wear - 5.0 * fresh * fresh
    # interpolation between texels narrows the flat distribution by about a fifth
    chips = clamp01(((left - 0.5) * _NARROWED + 0.5 - shown) * 5.0 + 0.5)
    cover = chips * near + (1.0 - wear) * (1.0 - near)
    edge = (1.0 - vabs(across)) * width * page.STRIPE_WIDTH_STEP_M
    ragged = clamp01((edge - (0.001 + 0.008 * (1.0 - left))) / vmax(footprint, 0.003) + 0.5)
    return cover * sel(known, ragged * near + 1.0 - near, 1.0)


@njit(**OPTIONS)
def _paving(tables, kind, x, y, u, v, footprint):
    """Brightness factor of slabs, pavers and concrete, laid along the way where lane coordinates say so."""
    known, across, _, width, _ = _across(v)
    px = sel(known, u, x)
    py = sel(known, across * width * page.LANE_WIDTH_STEP_M, y)
    macro = 1.0 + 0.6 * (_factor(tables, page.MACRO, page.MACRO_PER_M, x, y, footprint) - 1.0)
    factor = macro
    if vany(kind == SLABS):
        stones = _factor(tables, page.SLABS, page.FINE_PER_M, px, py, footprint)
        factor = sel(kind == SLABS, stones * macro, factor)
    if vany(kind == PAVERS):
        stones = _factor(tables, page.PAVERS, page.FINE_PER_M, px, py, footprint)
        factor = sel(kind == PAVERS, stones * macro, factor)
    if vany(kind == CONCRETE):
        grain = _factor(tables, page.GRAIN, page.FINE_PER_M, px, py, footprint)
        joint = stripe_coverage(px, 2.5, 0.012, footprint)
        factor = sel(kind == CONCRETE, (0.55 + 0.45 * grain) * macro * (1.0 - 0.5 * joint), factor)
    if vany(kind == KERB):
        grain = _factor(tables, page.GRAIN, page.FINE_PER_M, x, y, footprint)
        along = sel(known, u, x + y)
        tone = (hash01(f2i(vfloor(along)), vi(7)) - 0.5) * 0.26 * visible_detail(1.0, footprint)
        joint = stripe_coverage(along, 1.0, 0.010, footprint)
        factor = sel(kind == KERB, (0.5 + 0.5 * grain) * macro * (1.0 + tone) * (1.0 - 0.6 * joint), factor)
    return factor


@njit(**OPTIONS)
def _verdure(tables, kind, x, y, footprint):
    """Factors on red, green, blue of grass, gravel and fields: blades or stones, damp and dry places, crops by the plot."""
    macro = _factor(tables, page.MACRO, page.MACRO_PER_M, x, y, footprint) - 1.0
    dry = _factor(tables, page.MACRO, page.MACRO_PER_M, y * 0.23 + 9.0, x * 0.23, footprint * 0.23) - 1.0
    fine = _factor(tables, page.GRASS, page.COARSE_PER_M, x, y, footprint)
    if vany(kind == GRAVEL):
        fine = sel(kind == GRAVEL, _factor(tables, page.GRAVEL, page.COARSE_PER_M, x, y, footprint), fine)
    fine = fine * (1.0 + 0.8 * macro)
    hue = sel(kind == GRAVEL, 0.10, 0.6) * dry
    r = fine * (1.0 + 1.5 * hue)
    g = fine * (1.0 + 0.35 * hue)
    b = fine * (1.0 + 0.7 * hue)
    if vany(kind == FIELDS):
        along = x * 0.940 + y * 0.342
        band = vfloor((y * 0.940 - x * 0.342) * (1.0 / 130.0))
        plot = vfloor(along * (1.0 / 210.0) + hash01(f2i(band), vi(3)))
        ripe = hash01(f2i(plot), f2i(band)) - 0.5
        tone = hash01(f2i(band), f2i(plot) + 91) - 0.5
        seen = sel(kind == FIELDS, visible_detail(130.0, footprint), 0.0)
        tone = 1.0 + 0.7 * tone * seen
        r = r * tone * (1.0 + 1.5 * ripe * seen)
        g = g * tone * (1.0 + 0.5 * ripe * seen)
        b = b * tone * (1.0 + 0.9 * ripe * seen)
    return r, g, b


@njit(**OPTIONS)
def ground_textured(tables, kind, x, y, z, u, v, footprint, r, g, b):
    """Albedo under the ground's textures: material albedo (r, g, b) where the kind is not of the ground."""
    if vany(kind == ASPHALT):
        factor = sel(kind == ASPHALT, asphalt(tables, x, y, u, v, footprint), 1.0)
        r = r * factor
        g = g * factor
        b = b * factor
    if vany(kind == PAINT):
        cover = paint_cover(tables, x, y, v, footprint)
        dirt = 1.0 + 0.35 * (_factor(tables, page.MACRO, page.MACRO_PER_M, x, y, footprint) - 1.0)
        paint = kind == PAINT
        r = sel(paint, _WORN_OFF + (r * dirt - _WORN_OFF) * cover, r)
        g = sel(paint, _WORN_OFF + (g * dirt - _WORN_OFF) * cover, g)
        b = sel(paint, _WORN_OFF + (b * dirt - _WORN_OFF) * cover, b)
    paved = (kind == SLABS) | (kind == PAVERS) | (kind == CONCRETE) | (kind == KERB)
    if vany(paved):
        factor = sel(paved, _paving(tables, kind, x, y, u, v, footprint), 1.0)
        r = r * factor
        g = g * factor
        b = b * factor
    grown = (kind == GRASS) | (kind == GRAVEL) | (kind == FIELDS)
    if vany(grown):
        fr, fg, fb = _verdure(tables, kind, x, y, footprint)
        r = sel(grown, r * vmax(fr, 0.05), r)
        g = sel(grown, g * vmax(fg, 0.05), g)
        b = sel(grown, b * vmax(fb, 0.05), b)
    if vany(kind == WOODS):
        crowns = _factor(tables, page.MACRO, page.MACRO_PER_M, 1.4 * x + 0.2 * z, 1.4 * y + 1.5 * z, footprint) - 1.0
        factor = sel(kind == WOODS, vmax(1.0 + 1.6 * crowns, 0.15), 1.0)
        r = r * factor
        g = g * factor
        b = b * factor
    return r, g, b
