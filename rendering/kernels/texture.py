"""Procedural surface detail, filtered by the ray's footprint so that nothing flickers or aliases with distance.

Every pattern fades to its mean as its period shrinks to the footprint, and edges (joints, panes) are box-filtered exactly
along each axis. Positions are in the object's frame in metres. Kinds are rendering.materials.TextureKind.
Tested by tests/rendering/test_texture.py: far detail vanishes, and the mean stays.
"""

from __future__ import annotations

from numba import njit

from rendering.kernels import layout as at
from rendering.kernels.lane_math import (
    OPTIONS,
    hash01,
    smoothstep,
    stripe_coverage,
    value_noise,
    visible_detail,
    vlog2,
)
from rendering.kernels.lanes import f2i, gf, i2f, sel, vabs, vany, vfloor, vi, vmax, vmin
from rendering.kernels.texture_facade import facade

_TEXEL_M = 0.0028
"""A sign face is about 0.7 m wide and has 256 texels."""
_ASPHALT, _SLABS, _GRASS, _BRICK, _FACADE, _LEAF, _SIGN, _PLATE = range(1, 9)


@njit(**OPTIONS)
def _mottle(x, y, period, footprint):
    """Noise in [-0.5, 0.5] of this period, faded where a pixel cannot show it."""
    return (value_noise(x / period, y / period) - 0.5) * visible_detail(period, footprint)


@njit(**OPTIONS)
def asphalt(x, y, footprint):
    """Brightness factor of asphalt: stones of 1 cm, patches of half a metre, and stains of metres."""
    grain = _mottle(x, y, 0.012, footprint) * 0.7 + _mottle(x, y, 0.04, footprint) * 0.35
    return 1.0 + grain + _mottle(x + 31.7, y, 0.6, footprint) * 0.16 + _mottle(x, y + 17.3, 5.0, footprint) * 0.22


@njit(**OPTIONS)
def slabs(x, y, footprint):
    """Brightness factor of paving: slabs of 0.4 m with 8 mm joints, each slab a little different."""
    joint = vmax(stripe_coverage(x, 0.4, 0.008, footprint), stripe_coverage(y, 0.4, 0.008, footprint))
    tone = (hash01(f2i(vfloor(x / 0.4)), f2i(vfloor(y / 0.4))) - 0.5) * 0.22 * visible_detail(0.4, footprint)
    return (1.0 + tone + _mottle(x, y, 0.05, footprint) * 0.2 + _mottle(x, y, 3.0, footprint) * 0.16) * (
        1.0 - 0.55 * joint
    )


@njit(**OPTIONS)
def grass(x, y, footprint):
    """Brightness factor of grass and soil: tufts, patches and broad swathes."""
    fine = _mottle(x, y, 0.03, footprint) * 0.8 + _mottle(x, y, 0.22, footprint) * 0.6
    return 1.0 + fine + _mottle(x, y, 1.7, footprint) * 0.45 + _mottle(x, y, 11.0, footprint) * 0.4


@njit(**OPTIONS)
def leaf(x, y, z, footprint):
    """Brightness factor of leaves and bark."""
    fine = _mottle(x + z * 0.7, y + z * 0.4, 0.05, footprint) * 0.7
    return 1.0 + fine + _mottle(x + z, y - z * 0.6, 0.45, footprint) * 0.7


@njit(**OPTIONS)
def _atlas(tables, u, v, level, channel):
    """One channel of the sign atlas at uv (v downwards from the top), bilinear in one level of its pyramid.

    Level l halves the picture l times; the levels lie one after the other, so l begins at 4/3 (1 - 4^-l) of the first.
    """
    area = vi(tables[at.ATLAS_WIDTH] * tables[at.ATLAS_HEIGHT] * 4)
    start = f2i((i2f(area) - i2f(area >> (level + level))) * (1.0 / 3.0) + 0.5)
    width = vi(tables[at.ATLAS_WIDTH]) >> level
    height = vi(tables[at.ATLAS_HEIGHT]) >> level
    x = vmin(vmax(u * i2f(width) - 0.5, 0.0), i2f(width) - 1.01)
    y = vmin(vmax(v * i2f(height) - 0.5, 0.0), i2f(height) - 1.01)
    ix = f2i(x)
    iy = f2i(y)
    fx = x - vfloor(x)
    fy = y - vfloor(y)
    texel = (start + iy * width + ix) * 3 + channel
    below = texel + width * 3
    top = gf(tables[at.ATLAS], texel) * (1.0 - fx) + gf(tables[at.ATLAS], texel + 3) * fx
    bottom = gf(tables[at.ATLAS], below) * (1.0 - fx) + gf(tables[at.ATLAS], below + 3) * fx
    return top * (1.0 - fy) + bottom * fy


@njit(**OPTIONS)
def textured(tables, kind, x, y, z, nx, ny, nz, u, v, footprint, r, g, b):
    """Albedo of a surface point: material albedo (r, g, b) under its texture; object position, normal and uv."""
    factor = r * 0.0 + 1.0
    if vany(kind == _ASPHALT):
        factor = sel(kind == _ASPHALT, asphalt(x, y, footprint), factor)
    if vany(kind == _SLABS):
        factor = sel(kind == _SLABS, slabs(x, y, footprint), factor)
    if vany(kind == _GRASS):
        factor = sel(kind == _GRASS, grass(x, y, footprint), factor)
    if vany(kind == _LEAF):
        factor = sel(kind == _LEAF, leaf(x, y, z, footprint), factor)
    factor = vmax(factor, 0.05)
    r = r * factor
    g = g * factor
    b = b * factor
    built = (kind == _BRICK) | (kind == _FACADE) | ((kind >= 20) & (kind < 30))
    if vany(built):
        fr, fg, fb = facade(kind, x, y, z, nx, ny, nz, u, v, footprint, r, g, b)
        r = sel(built, fr, r)
        g = sel(built, fg, g)
        b = sel(built, fb, b)
    sign = (kind == _SIGN) & (vabs(u) + vabs(v) > 0.0)
    if vany(sign):
        coarse = vlog2(vmax(footprint * (1.0 / _TEXEL_M), 1.0)) + 0.35
        level = f2i(vmin(coarse, float(tables[at.ATLAS_LEVELS] - 1)))
        r = sel(sign, _atlas(tables, u, v, level, 0), r)
        g = sel(sign, _atlas(tables, u, v, level, 1), g)
        b = sel(sign, _atlas(tables, u, v, level, 2), b)
    return r, g, b


@njit(**OPTIONS)
def water(px, py, wet, texture, footprint):
    """How far water lies on a surface as a mirror: a thin film all over, puddles here and there, none among blades and leaves."""
    noise = value_noise(px * 0.31, py * 0.37) * 0.65 + value_noise(px * 1.3, py * 1.1) * 0.35
    puddles = smoothstep(noise, 0.52, 0.66) - 0.35
    puddles = puddles * visible_detail(2.5, footprint) + 0.35
    overgrown = (texture == _GRASS) | (texture == _LEAF)
    return wet * sel(overgrown, 0.05, 0.16 + 0.76 * puddles * wet)
