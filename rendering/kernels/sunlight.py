"""The sun on a surface: which side it lights, and whether it is seen from there. Tested by tests/rendering/test_shading.py."""

from __future__ import annotations

import numpy as np
from numba import njit

from rendering import embree as row
from rendering.kernels import layout as at
from rendering.kernels.embree_calls import embree_packet
from rendering.kernels.lane_math import OPTIONS
from rendering.kernels.lanes import LANES, ldf, ldi, m2i, sel, sf, stf, sti, vany, vf, vi, vmax

_ROW_BYTES = 4 * LANES


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
def sun_seen(tables, s, asked, px, py, pz, gx, gy, gz, t):
    """1 where an asked lane sees the sun, else 0. The origin is lifted along the geometric normal, to the sun's side, by more than
    its error."""
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
    stf(q, row.DIRECTION_X, sx)
    stf(q, row.DIRECTION_Y, sy)
    stf(q, row.DIRECTION_Z, sz)
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
    """Whether each lit lane sees the sun: 1 or 0, by a ray unless the KNOWN_SUN row tells; noted in OUT_SURFACE."""
    known = ldi(s, at.KNOWN_SUN)
    asked = lit & (known == at.SUN_TRACED)
    seen = sel(lit & (known == at.SUN_SEEN), vf(1.0), vf(0.0))
    if vany(asked):
        seen = sel(asked, sun_seen(tables, s, asked, px, py, pz, gx, gy, gz, t), seen)
    state = sel(lit, sel(seen > 0.0, vi(2 * at.SUN_SEEN), vi(2 * at.SUN_HIDDEN)), vi(0))
    sti(s, at.OUT_SURFACE, ldi(s, at.OUT_SURFACE) | state)
    return seen
