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
    smoothstep,
    value_noise,
    visible_detail,
    vlog2,
)
from rendering.kernels.lanes import f2i, gf, i2f, sel, vabs, vany, vfloor, vi, vmax, vmin
from rendering.kernels.texture_cloth import cloth, strands
from rendering.kernels.texture_facade import facade
from rendering.kernels.texture_ground import ASPHALT, FIELDS, FIRST_KIND, GRASS, LAST_KIND, ground_textured
from rendering.kernels.texture_vehicle import dusty

_TEXEL_M = 0.0028
"""A sign face is about 0.7 m wide and has 256 texels."""
_BRICK, _FACADE, _LEAF, _SIGN = range(4, 8)
_DUSTY = 30
_CLOTH, _STRANDS = 35, 36


@njit(**OPTIONS)
def _mottle(x, y, period, footprint):
    """Noise in [-0.5, 0.5] of this period, faded where a pixel cannot show it."""
    return (value_noise(x / period, y / period) - 0.5) * visible_detail(period, footprint)


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
    if vany(kind == _LEAF):
        factor = sel(kind == _LEAF, leaf(x, y, z, footprint), factor)
    if vany((kind == _CLOTH) | (kind == _STRANDS)):
        factor = sel(kind == _CLOTH, cloth(u, v, footprint), factor)
        factor = sel(kind == _STRANDS, strands(u, v, x, footprint), factor)
    factor = vmax(factor, 0.05)
    r = r * factor
    g = g * factor
    b = b * factor
    dirty = kind == _DUSTY
    if vany(dirty):
        dr, dg, db = dusty(x, y, z, footprint, r, g, b)
        r = sel(dirty, dr, r)
        g = sel(dirty, dg, g)
        b = sel(dirty, db, b)
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
    if vany((kind >= FIRST_KIND) & (kind <= LAST_KIND)):
        r, g, b = ground_textured(tables, kind, x, y, z, u, v, footprint, r, g, b)
    return r, g, b


@njit(**OPTIONS)
def water(px, py, wet, puddles, texture, path, footprint):
    """(film, puddle): shares of the surface under a thin film that follows its grain, and under standing water; none among blades.

    Where tyres run (`path` 1) the road is a few millimetres lower, and ruts fill before the rest.
    """
    noise = value_noise(px * 0.31, py * 0.37) * 0.65 + value_noise(px * 1.3, py * 1.1) * 0.35
    noise = noise + 0.22 * path
    low = 0.95 - 0.36 * puddles
    pool = smoothstep(noise, low, low + 0.07) * visible_detail(2.5, footprint) * smoothstep(puddles, 0.02, 0.15)
    overgrown = (texture == GRASS) | (texture >= FIELDS) | (texture == _LEAF)
    pool = sel(overgrown, 0.0, pool) * smoothstep(wet, 0.0, 0.3)
    return wet * sel(overgrown, 0.08, 0.75) * (1.0 - pool), pool


@njit(**OPTIONS)
def snow_cover(px, py, nz, lying, texture, path, footprint):
    """Share of a surface that lying snow hides: what faces up, in patches while there is little; roads are driven to slush.

    Where tyres run (`path` 1) next to nothing is left of it, between the wheel paths and at the edges it stays.
    """
    broad = value_noise(px * 0.11, py * 0.13) * 0.5 + value_noise(px * 0.6, py * 0.55) * 0.3
    broad = broad + value_noise(px * 2.3 + 7.0, py * 2.1) * 0.2
    fine = (value_noise(px * 14.0, py * 14.0) - 0.5) * visible_detail(0.07, footprint)
    here = lying + (broad - 0.5) * 1.1 * (1.0 - 0.7 * lying) + fine * 0.12
    lies = smoothstep(here, 0.30, 0.60) * smoothstep(nz + (broad - 0.5) * 0.2, 0.35, 0.70)
    driven = smoothstep(here, 0.45, 0.95) * 0.9
    driven = driven * (1.0 - 0.92 * smoothstep(path + (broad - 0.5) * 0.5 + fine, 0.10, 0.55))
    return sel(texture == ASPHALT, vmin(lies, driven), lies)
