"""How probes come to know their light: once, what their rays meet of the static world; for each light, what comes along them.

A probe's rays are PACKETS packets of fixed directions, turned about the vertical by the probe's own angle. `trace_probes`
keeps of each ray the distance, the normal and the reflectance of what it met. `light_probes` adds up what comes back: the sky
where nothing was met, else sunlight (a shadow ray at each point), street lamps, and the indirect light of the pass before.
Only what never moves is met, so that the light of a place depends on map and weather alone. Tested by tests/rendering/test_probes.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from rendering import embree as row
from rendering.kernels import layout as at
from rendering.kernels.embree_calls import embree_packet
from rendering.kernels.gloss import INV_PI
from rendering.kernels.lamps import lamp_irradiance
from rendering.kernels.lane_math import OPTIONS, smoothstep
from rendering.kernels.lanes import (
    LANES,
    bits_of,
    f2i,
    fetch_add,
    from_bits,
    gf,
    gi,
    i2f,
    lane_index,
    ldf,
    ldi,
    m2i,
    mask_bits,
    sel,
    sf,
    stf,
    sti,
    vabs,
    vany,
    vf,
    vi,
    vmax,
    vmin,
    vsum,
)  # fmt: skip
from rendering.kernels.probes import indirect
from rendering.kernels.sky import sky_radiance
from rendering.kernels.surface import SNOW_B, SNOW_G, SNOW_R, facing, met_slot, plain_albedo, transform_rows

PACKETS = 64 // LANES
RAYS = PACKETS * LANES
MET_DISTANCE, MET_NORMAL_X, MET_NORMAL_Y, MET_NORMAL_Z, MET_ALBEDO, MET_ROWS = range(6)
"""Rows kept of each packet; the albedo holds ten bits a colour and, from bit 30 on, one of these:"""
MET_FRONT, MET_LEAF = 1, 2
_ROW_BYTES = 4 * LANES
_REACH_M = 400.0
_BACK_SHARE, _BURIED = 0.22, 0.02
_BLOCK = 16


@njit(**OPTIONS)
def _load(s, places, turns, directions, probe, packet):
    """The rays of one packet of a probe, not yet traced: `places` (N, 3), `turns` (N, 2) cos and sin."""
    x = ldf(directions, packet * 3)
    y = ldf(directions, packet * 3 + 1)
    z = ldf(directions, packet * 3 + 2)
    c = turns[probe, 0]
    d = turns[probe, 1]
    stf(s, row.DIRECTION_X, x * c - y * d)
    stf(s, row.DIRECTION_Y, x * d + y * c)
    stf(s, row.DIRECTION_Z, z)
    stf(s, row.ORIGIN_X, vf(places[probe, 0]))
    stf(s, row.ORIGIN_Y, vf(places[probe, 1]))
    stf(s, row.ORIGIN_Z, vf(places[probe, 2]))
    stf(s, row.TIME, 0.0)
    stf(s, row.T_NEAR, 0.0)
    stf(s, row.T_FAR, _REACH_M)
    sti(s, row.MASK, at.STATIC_MASK)
    sti(s, row.FLAGS, 0)
    sti(s, row.GEOMETRY, -1)
    sti(s, row.INSTANCE, -1)
    sti(s, at.VALID, -1)


@njit(**OPTIONS)
def trace_probes(tables, s, places, turns, directions, met, weights):
    """Fill `met` (address; N, PACKETS, MET_ROWS, LANES) and `weights` (N,): 1 in the open, small inside of solids."""
    while True:
        begin = fetch_add(tables[at.COUNTER], 1) * _BLOCK
        if begin >= len(places):
            break
        for probe in range(begin, min(begin + _BLOCK, len(places))):
            backs = 0.0
            for packet in range(PACKETS):
                _load(s, places, turns, directions, probe, packet)
                embree_packet(
                    tables[at.INTERSECT], s + at.VALID * _ROW_BYTES, tables[at.SCENE], s, tables[at.PLAIN_ARGUMENTS]
                )
                backs += _keep(tables, s, met + (probe * PACKETS + packet) * MET_ROWS * _ROW_BYTES)
            weights[probe] = 1.0 if backs < _BACK_SHARE * RAYS else _BURIED


@njit(**OPTIONS)
def _keep(tables, s, out):
    """Keep what the packet met; returns how many rays met the inside of something."""
    hit = ldi(s, row.GEOMETRY) != -1
    instance = met_slot(s, hit)
    primitive = sel(hit, ldi(s, row.PRIMITIVE), vi(0))
    triangle = gi(tables[at.INSTANCES], instance * at.INSTANCE_STRIDE + at.TRIANGLE_START) + primitive
    surface = gi(tables[at.TRIANGLES], triangle * at.TRIANGLE_STRIDE + 3)
    m = transform_rows(tables, s, hit & (vi(1) == vi(0)), instance)
    dx = ldf(s, row.DIRECTION_X)
    dy = ldf(s, row.DIRECTION_Y)
    dz = ldf(s, row.DIRECTION_Z)
    nx, ny, nz = facing(s, m, dx, dy, dz)
    ox = ldf(s, row.NORMAL_X)
    oy = ldf(s, row.NORMAL_Y)
    oz = ldf(s, row.NORMAL_Z)
    along = (m[0] * ox + m[1] * oy + m[2] * oz) * dx + (m[4] * ox + m[5] * oy + m[6] * oz) * dy
    along = along + (m[8] * ox + m[9] * oy + m[10] * oz) * dz
    base = (surface & 0xFFFF) * at.MATERIAL_STRIDE
    leaf = gf(tables[at.MATERIALS], base + at.TRANSLUCENCY) > 0.0
    pane = gf(tables[at.MATERIALS], base + at.GLASS) > 0.0
    ar, ag, ab = plain_albedo(tables, hit, instance, surface)
    packed = f2i(vmin(ar, 1.0) * 1023.0) | (f2i(vmin(ag, 1.0) * 1023.0) << 10) | (f2i(vmin(ab, 1.0) * 1023.0) << 20)
    packed = packed | (sel(leaf, vi(MET_LEAF), vi(MET_FRONT)) << 30)
    stf(out, MET_DISTANCE, sel(hit, ldf(s, row.T_FAR), np.inf))
    stf(out, MET_NORMAL_X, nx)
    stf(out, MET_NORMAL_Y, ny)
    stf(out, MET_NORMAL_Z, nz)
    stf(out, MET_ALBEDO, from_bits(packed))
    back = hit & (along > 0.0) & ~leaf & ~pane
    return vsum(sel(back, vf(1.0), vf(0.0)))


@njit(**OPTIONS)
def light_probes(tables, s, places, turns, directions, met, weights, seen, bounced, out):
    """One pass over all probes: `out` (N, PROBE_STRIDE) from the sky, the sun, lamps and, if `bounced`, the pass before.

    `seen` (N, PACKETS) int64 keeps which points see the sun: found in the first pass (not `bounced`), known afterwards.
    """
    while True:
        begin = fetch_add(tables[at.COUNTER], 1) * _BLOCK
        if begin >= len(places):
            break
        for probe in range(begin, min(begin + _BLOCK, len(places))):
            for k in range(at.PROBE_STRIDE):
                out[probe, k] = 0.0
            out[probe, at.PROBE_WEIGHT] = weights[probe]
            for packet in range(PACKETS):
                _load(s, places, turns, directions, probe, packet)
                kept = met + (probe * PACKETS + packet) * MET_ROWS * _ROW_BYTES
                if not bounced:
                    seen[probe, packet] = _sunlit(tables, s, kept)
                _arriving(tables, s, kept, seen[probe, packet], bounced)
                _gather(s, out[probe])


@njit(**OPTIONS)
def _points(s, kept):
    """(met, x, y, z) of where the rays ended."""
    t = ldf(kept, MET_DISTANCE)
    hit = t < _REACH_M
    t = sel(hit, t, 0.0)
    px = ldf(s, row.ORIGIN_X) + t * ldf(s, row.DIRECTION_X)
    py = ldf(s, row.ORIGIN_Y) + t * ldf(s, row.DIRECTION_Y)
    pz = ldf(s, row.ORIGIN_Z) + t * ldf(s, row.DIRECTION_Z)
    return hit, px, py, pz


@njit(**OPTIONS)
def _sunlit(tables, s, kept):
    """One bit for each ray whose end sees the sun."""
    light = tables[at.LIGHT]
    if sf(light, at.SUN_ON) == 0.0:
        return 0
    hit, px, py, pz = _points(s, kept)
    nx = ldf(kept, MET_NORMAL_X)
    ny = ldf(kept, MET_NORMAL_Y)
    nz = ldf(kept, MET_NORMAL_Z)
    sx = sf(light, at.SUN_X)
    sy = sf(light, at.SUN_Y)
    sz = sf(light, at.SUN_Z)
    nl = nx * sx + ny * sy + nz * sz
    leaf = (bits_of(ldf(kept, MET_ALBEDO)) >> 30) == MET_LEAF
    asked = hit & ((nl > 0.0) | leaf)
    if not vany(asked):
        return 0
    lift = sel(nl > 0.0, vf(0.01), vf(-0.01))
    q = s + at.SHADOW * _ROW_BYTES
    stf(q, row.ORIGIN_X, px + nx * lift)
    stf(q, row.ORIGIN_Y, py + ny * lift)
    stf(q, row.ORIGIN_Z, pz + nz * lift)
    stf(q, row.T_NEAR, 0.0)
    stf(q, row.DIRECTION_X, sx)
    stf(q, row.DIRECTION_Y, sy)
    stf(q, row.DIRECTION_Z, sz)
    stf(q, row.TIME, 0.0)
    stf(q, row.T_FAR, np.inf)
    sti(q, row.MASK, at.STATIC_MASK)
    sti(q, row.FLAGS, 0)
    sti(s, at.VALID + 1, m2i(asked))
    embree_packet(
        tables[at.OCCLUDED], s + (at.VALID + 1) * _ROW_BYTES, tables[at.SCENE], q, tables[at.COHERENT_ARGUMENTS]
    )
    return mask_bits(asked & (ldf(q, row.T_FAR) >= 0.0))


@njit(**OPTIONS)
def _arriving(tables, s, kept, seen_bits, bounced):
    """Radiance RGB that comes along each ray of the packet, into the rows OUT_R to OUT_B."""
    light = tables[at.LIGHT]
    hit, px, py, pz = _points(s, kept)
    nx = ldf(kept, MET_NORMAL_X)
    ny = ldf(kept, MET_NORMAL_Y)
    nz = ldf(kept, MET_NORMAL_Z)
    dx = ldf(s, row.DIRECTION_X)
    dy = ldf(s, row.DIRECTION_Y)
    dz = ldf(s, row.DIRECTION_Z)
    r, g, b = sky_radiance(tables[at.SKY], tables[at.SKY_SIZE], light, dx, dy, dz)
    if vany(hit):
        packed = bits_of(ldf(kept, MET_ALBEDO))
        cosine = nx * sf(light, at.SUN_X) + ny * sf(light, at.SUN_Y) + nz * sf(light, at.SUN_Z)
        sun = sel(_mask_of(seen_bits), vabs(cosine), 0.0)
        er = vf(0.0)
        eg = vf(0.0)
        eb = vf(0.0)
        if tables[at.LAMP_COUNT] > 0:
            er, eg, eb = lamp_irradiance(tables, px, py, pz, nx, ny, nz)
        ir = vf(0.0)
        ig = vf(0.0)
        ib = vf(0.0)
        if bounced:
            ir, ig, ib, _, _, _ = indirect(tables, s, hit, px, py, pz, nx, ny, nz, False, nx, ny, nz)
        unit = 1.0 / 1023.0
        white = sf(light, at.SNOW) * smoothstep(nz, 0.35, 0.7)
        ar = i2f(packed & 1023) * unit
        ag = i2f((packed >> 10) & 1023) * unit
        ab = i2f((packed >> 20) & 1023) * unit
        r = sel(hit, (ar + (SNOW_R - ar) * white) * ((sun * sf(light, at.SUN_R) + er) * INV_PI + ir), r)
        g = sel(hit, (ag + (SNOW_G - ag) * white) * ((sun * sf(light, at.SUN_G) + eg) * INV_PI + ig), g)
        b = sel(hit, (ab + (SNOW_B - ab) * white) * ((sun * sf(light, at.SUN_B) + eb) * INV_PI + ib), b)
    stf(s, at.OUT_R, r)
    stf(s, at.OUT_G, g)
    stf(s, at.OUT_B, b)


@njit(**OPTIONS)
def _mask_of(bits):
    """A mask from one bit a lane."""
    return ((vi(bits) >> lane_index()) & 1) != 0


@njit(**OPTIONS)
def _gather(s, out):
    """Add the packet's share of irradiance / pi on the six faces."""
    weight = 4.0 / RAYS
    for axis in range(3):
        d = ldf(s, row.DIRECTION_X + axis)
        ahead = vmax(d, 0.0) * weight
        behind = vmax(-d, 0.0) * weight
        for channel in range(3):
            radiance = ldf(s, at.OUT_R + channel)
            out[axis * 6 + channel] += vsum(radiance * ahead)
            out[axis * 6 + 3 + channel] += vsum(radiance * behind)
