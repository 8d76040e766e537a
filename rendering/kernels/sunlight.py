"""The sun on a surface: which side it lights, and whether it is seen from there.

The sun is a disc of half a degree: each lane of a packet looks at a point of its own on it, so that among the pixels of a tile shadows
have the penumbra that grows by 9 mm with each metre from what casts them. kernels.soften takes the grain out again.
Tested by tests/rendering/test_shading.py and test_penumbra.py.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from rendering import embree as row
from rendering.kernels import layout as at
from rendering.kernels.embree_calls import embree_packet
from rendering.kernels.lane_math import OPTIONS
from rendering.kernels.lanes import (
    LANES,
    constant,
    f2i,
    gf,
    i2f,
    ldf,
    ldi,
    m2i,
    sel,
    sf,
    stf,
    sti,
    vany,
    vf,
    vi,
    vmax,
    vmin,
)

_ROW_BYTES = 4 * LANES
SUN_RADIUS = math.tan(math.radians(0.266))
"""Tangent of the sun's mean angular radius."""
_UNIT = 1 << 20


_ORDERS = {4: (2, 0, 1, 3), 8: (7, 6, 0, 5, 3, 2, 4, 1), 16: (14, 0, 3, 15, 1, 10, 9, 8, 7, 11, 5, 4, 13, 12, 2, 6)}
"""For each number of lanes, which point of the spiral a lane looks at: found by annealing so that every row, column and 2 x 2 block of
a tile has points all over the disc, along every direction."""


def disc_points():
    """(LANES, 2) points spread evenly over the unit disc (Vogel's spiral), one for each pixel of a tile."""
    rank = np.array(_ORDERS[LANES])
    radius, angle = np.sqrt((rank + 0.5) / LANES), math.pi * (3.0 - math.sqrt(5.0)) * rank
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


_disc_x, _disc_y = (constant([round(_UNIT * value) for value in axis]) for axis in disc_points().T.tolist())


@njit(**OPTIONS)
def _to_the_disc(sx, sy, sz):
    """Direction (3 lanes) of each lane's own point of the disc around the sun's middle."""
    level = math.sqrt(sx * sx + sy * sy)
    ux = 1.0 if level < 1e-6 else -sy / level
    uy = 0.0 if level < 1e-6 else sx / level
    a = i2f(_disc_x()) * (SUN_RADIUS / _UNIT)
    b = i2f(_disc_y()) * (SUN_RADIUS / _UNIT)
    return sx + a * ux - b * (sz * uy), sy + a * uy + b * (sz * ux), sz + b * (sx * uy - sy * ux)


@njit(**OPTIONS)
def sun_on(light, hit, leaf, nx, ny, nz, gx, gy, gz):
    """(lanes that the sun can light, share of its illuminance that becomes diffuse light, cosine of incidence).

    `leaf` is the share that a surface lets through to its far side (0: opaque).
    """
    sx = sf(light, at.SUN_X)
    sy = sf(light, at.SUN_Y)
    sz = sf(light, at.SUN_Z)
    cosine = nx * sx + ny * sy + nz * sz
    front = (cosine > 0.0) & (gx * sx + gy * sy + gz * sz > 0.0)
    behind = (leaf > 0.0) & (gx * sx + gy * sy + gz * sz < 0.0)
    ahead = vmax(cosine, 0.0)
    through = vmax(-(gx * sx + gy * sy + gz * sz), 0.0) * leaf
    return hit & (front | behind), sel(behind, through, ahead), sel(front, ahead, 0.0)


@njit(**OPTIONS)
def cloud_share(tables, px, py, pz):
    """Sunlight that clouds leave to each lane's point, as a share of the mean over the land: 1 under an even sky."""
    light = tables[at.LIGHT]
    scale = sf(light, at.CLOUDS_PER_M)
    if scale == 0.0:
        return vf(1.0)
    last = float(at.CLOUD_TEXELS - 1)
    u = vmin(vmax((px - pz * sf(light, at.CLOUDS_X)) * scale + 0.5 * last, 0.0), last - 0.001)
    v = vmin(vmax((py - pz * sf(light, at.CLOUDS_Y)) * scale + 0.5 * last, 0.0), last - 0.001)
    iu = f2i(u)
    iv = f2i(v)
    fu = u - i2f(iu)
    fv = v - i2f(iv)
    table = tables[at.CLOUD_SHADOWS]
    k = iv * at.CLOUD_TEXELS + iu
    low = gf(table, k) * (1.0 - fu) + gf(table, k + 1) * fu
    high = gf(table, k + at.CLOUD_TEXELS) * (1.0 - fu) + gf(table, k + (at.CLOUD_TEXELS + 1)) * fu
    return low + (high - low) * fv


@njit(**OPTIONS)
def sun_seen(tables, s, asked, px, py, pz, gx, gy, gz, t):
    """Share of the mean sunlight that reaches each asked lane: nothing in the shadow of things, more or less by the clouds."""
    return _free_of_things(tables, s, asked, px, py, pz, gx, gy, gz, t) * cloud_share(tables, px, py, pz)


@njit(**OPTIONS)
def _free_of_things(tables, s, asked, px, py, pz, gx, gy, gz, t):
    """1 where an asked lane sees its point of the sun, else 0. The origin is lifted along the geometric normal, to the sun's side,
    by more than its error."""
    light = tables[at.LIGHT]
    sx = sf(light, at.SUN_X)
    sy = sf(light, at.SUN_Y)
    sz = sf(light, at.SUN_Z)
    lift = 0.002 + 1.5e-4 * t
    lift = sel(gx * sx + gy * sy + gz * sz >= 0.0, lift, -lift)
    q = s + at.SHADOW * _ROW_BYTES
    stf(q, row.ORIGIN_X, px + gx * lift)
    stf(q, row.ORIGIN_Y, py + gy * lift)
    stf(q, row.ORIGIN_Z, pz + gz * lift)
    stf(q, row.T_NEAR, 0.0)
    dx, dy, dz = _to_the_disc(sx, sy, sz)
    stf(q, row.DIRECTION_X, dx)
    stf(q, row.DIRECTION_Y, dy)
    stf(q, row.DIRECTION_Z, dz)
    stf(q, row.TIME, ldf(s, row.TIME))
    stf(q, row.T_FAR, np.inf)
    sti(q, row.MASK, at.SHADOW_MASK)
    sti(q, row.FLAGS, 0)
    sti(s, at.VALID + 1, m2i(asked))
    embree_packet(
        tables[at.OCCLUDED], s + (at.VALID + 1) * _ROW_BYTES, tables[at.SCENE], q, tables[at.COHERENT_ARGUMENTS]
    )
    return sel(asked & (ldf(q, row.T_FAR) >= 0.0), 1.0, 0.0)


@njit(**OPTIONS)
def sun_known_or_seen(tables, s, lit, px, py, pz, gx, gy, gz, t):
    """As `sun_seen` for each lit lane, by a ray unless KNOWN_SUN tells; whether things hide the sun is noted in OUT_SURFACE."""
    known = ldi(s, at.KNOWN_SUN)
    asked = lit & (known == at.SUN_TRACED)
    seen = sel(lit & (known == at.SUN_SEEN), vf(1.0), vf(0.0))
    if vany(asked):
        seen = sel(asked, _free_of_things(tables, s, asked, px, py, pz, gx, gy, gz, t), seen)
    state = sel(lit, sel(seen > 0.0, vi(2 * at.SUN_SEEN), vi(2 * at.SUN_HIDDEN)), vi(0))
    sti(s, at.OUT_SURFACE, ldi(s, at.OUT_SURFACE) | state)
    return seen * cloud_share(tables, px, py, pz)
