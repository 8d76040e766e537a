"""Rays that go on from a surface: into the mirror's direction, and through panes of glass.

They run in the second block of a thread's scratch rows, one packet for all lanes that need one, and end at the first opaque
surface, whose diffuse light they carry: sun with its shadow, indirect light, lamps, what shines by itself, and the open sky's
reflection in smooth surfaces. Tested by tests/rendering/test_secondary.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from rendering import embree as row
from rendering.kernels import layout as at
from rendering.kernels.embree_calls import embree_packet
from rendering.kernels.flicker import shimmer
from rendering.kernels.gloss import INV_PI, fresnel5
from rendering.kernels.lamps import lamp_irradiance
from rendering.kernels.lane_math import OPTIONS, smoothstep, vexp
from rendering.kernels.lanes import LANES, f2i, gf, gi, ldf, ldi, m2i, sel, sf, stf, sti, vany, vf, vi, vmax
from rendering.kernels.probes import indirect
from rendering.kernels.sky import sky_radiance
from rendering.kernels.sunlight import sun_on, sun_seen
from rendering.kernels.surface import albedo, aligned, corner_normals, facing, met_slot, slant_of, transform_rows

_ROW_BYTES = 4 * LANES
_MAX_PANES = 4
_INSIDE, _INSIDE_FROM_M, _INSIDE_TO_M = 0.3, 2.0, 4.0
"""Daylight that reaches what lies within 2 m behind a pane, as a share of that outside (a car's cabin, a room at the window)."""


@njit(**OPTIONS)
def _start(s, q, lanes, px, py, pz, dx, dy, dz, mask):
    """Set up a packet in block q from points of block s."""
    stf(q, row.ORIGIN_X, px)
    stf(q, row.ORIGIN_Y, py)
    stf(q, row.ORIGIN_Z, pz)
    stf(q, row.DIRECTION_X, dx)
    stf(q, row.DIRECTION_Y, dy)
    stf(q, row.DIRECTION_Z, dz)
    stf(q, row.TIME, ldf(s, row.TIME))
    stf(q, row.T_NEAR, 0.0)
    stf(q, row.T_FAR, np.inf)
    sti(q, row.MASK, mask)
    sti(q, row.FLAGS, 0)
    sti(q, row.GEOMETRY, -1)
    sti(q, row.INSTANCE, -1)
    sti(q, at.VALID, m2i(lanes))


@njit(**OPTIONS)
def _trace(tables, q):
    embree_packet(tables[at.INTERSECT], q + at.VALID * _ROW_BYTES, tables[at.SCENE], q, tables[at.PLAIN_ARGUMENTS])


@njit(**OPTIONS)
def mirrored(tables, s, lanes, px, py, pz, gx, gy, gz, rx, ry, rz, t):
    """Radiance RGB that comes from the mirror's direction r; 0 in other lanes. Reflections see what casts shadows too."""
    q = s + at.SECOND * _ROW_BYTES
    lift = 0.002 + 1.5e-4 * t
    _start(s, q, lanes, px + gx * lift, py + gy * lift, pz + gz * lift, rx, ry, rz, at.SHADOW_MASK)
    _trace(tables, q)
    return _radiance(tables, q, lanes, t, vf(1.0))


@njit(**OPTIONS)
def seen_through(tables, s, lanes, px, py, pz, dx, dy, dz, t):
    """Radiance RGB behind panes, times what the panes after the first let through; 0 in other lanes."""
    q = s + at.SECOND * _ROW_BYTES
    step = 0.001 + 2e-5 * t
    _start(s, q, lanes, px + dx * step, py + dy * step, pz + dz * step, dx, dy, dz, at.CAMERA_MASK)
    passed = vf(1.0)
    travelled = vf(0.0)
    _trace(tables, q)
    for _ in range(_MAX_PANES - 1):
        hit = lanes & (ldi(q, row.GEOMETRY) != -1)
        through = gf(tables[at.MATERIALS], _surface_of(tables, q, hit) + at.GLASS)
        pane = hit & (through > 0.0)
        if not vany(pane):
            break
        distance = sel(pane, ldf(q, row.T_FAR) + step, 0.0)
        passed = passed * sel(pane, through, 1.0)
        travelled = travelled + distance
        stf(q, row.ORIGIN_X, ldf(q, row.ORIGIN_X) + dx * distance)
        stf(q, row.ORIGIN_Y, ldf(q, row.ORIGIN_Y) + dy * distance)
        stf(q, row.ORIGIN_Z, ldf(q, row.ORIGIN_Z) + dz * distance)
        _again(q, pane)
        _trace(tables, q)
    depth = travelled + sel(ldi(q, row.GEOMETRY) != -1, ldf(q, row.T_FAR), 1e6)
    inside = 1.0 + (_INSIDE - 1.0) * (1.0 - smoothstep(depth, _INSIDE_FROM_M, _INSIDE_TO_M))
    r, g, b = _radiance(tables, q, lanes, t + travelled, inside)
    return r * passed, g * passed, b * passed


@njit(**OPTIONS)
def _again(q, lanes):
    """Make ready to trace some lanes once more; the others keep what they met."""
    stf(q, row.T_FAR, sel(lanes, vf(np.inf), ldf(q, row.T_FAR)))
    sti(q, row.GEOMETRY, sel(lanes, vi(-1), ldi(q, row.GEOMETRY)))
    sti(q, row.INSTANCE, sel(lanes, vi(-1), ldi(q, row.INSTANCE)))
    sti(q, at.VALID, m2i(lanes))


@njit(**OPTIONS)
def _surface_of(tables, q, hit):
    """First entry of the material row that each lane met."""
    instance = met_slot(q, hit)
    primitive = sel(hit, ldi(q, row.PRIMITIVE), vi(0))
    triangle = gi(tables[at.INSTANCES], instance * at.INSTANCE_STRIDE + at.TRIANGLE_START) + primitive
    return (gi(tables[at.TRIANGLES], triangle * at.TRIANGLE_STRIDE + 3) & 0xFFFF) * at.MATERIAL_STRIDE


@njit(**OPTIONS)
def emitted(light, glow, kind, lamp_bits, channel):
    """Luminance of lamps that are on: bit `kind` of the instance's lamp bits lights it, bit 16 + kind makes it bright."""
    kind = sel(glow, kind, vi(0))
    on = glow & (((lamp_bits >> kind) & 1) != 0)
    bright = ((lamp_bits >> (kind + 16)) & 1) * at.EMISSION_KINDS
    return sel(on, gf(light + at.EMISSIONS * 4, (kind + bright) * 3 + channel), 0.0)


@njit(**OPTIONS)
def _radiance(tables, q, lanes, before_m, daylight):
    """Radiance RGB that the traced packet q brings back, through fog; `before_m` of way lie before its origins.

    `daylight` scales what reaches the surface from sky and surroundings.
    """
    light = tables[at.LIGHT]
    hit = lanes & (ldi(q, row.GEOMETRY) != -1)
    dx = ldf(q, row.DIRECTION_X)
    dy = ldf(q, row.DIRECTION_Y)
    dz = ldf(q, row.DIRECTION_Z)
    r = vf(0.0)
    g = vf(0.0)
    b = vf(0.0)
    if vany(lanes & ~hit):
        r, g, b = sky_radiance(tables[at.SKY], tables[at.SKY_SIZE], light, dx, dy, dz)
    if vany(hit):
        hr, hg, hb = _surface(tables, q, light, hit, dx, dy, dz, before_m, daylight)
        r = sel(hit, hr, r)
        g = sel(hit, hg, g)
        b = sel(hit, hb, b)
    return sel(lanes, r, 0.0), sel(lanes, g, 0.0), sel(lanes, b, 0.0)


@njit(**OPTIONS)
def _surface(tables, q, light, hit, dx, dy, dz, before_m, daylight):
    t = sel(hit, ldf(q, row.T_FAR), 1.0)
    px = ldf(q, row.ORIGIN_X) + dx * t
    py = ldf(q, row.ORIGIN_Y) + dy * t
    pz = ldf(q, row.ORIGIN_Z) + dz * t
    instance = met_slot(q, hit)
    entry = instance * at.INSTANCE_STRIDE
    primitive = sel(hit, ldi(q, row.PRIMITIVE), vi(0))
    moving = hit & (gi(tables[at.INSTANCES], entry + at.MOVING) != 0)
    m = transform_rows(tables, q, moving, instance)
    triangle = (gi(tables[at.INSTANCES], entry + at.TRIANGLE_START) + primitive) * at.TRIANGLE_STRIDE
    surface = gi(tables[at.TRIANGLES], triangle + 3)
    onx, ony, onz = corner_normals(tables, q, hit, triangle)
    gx, gy, gz = facing(q, m, dx, dy, dz)
    nx, ny, nz = aligned(m, onx, ony, onz, gx, gy, gz, dx, dy, dz)
    ox = px - m[3]
    oy = py - m[7]
    oz = pz - m[11]
    lx = m[0] * ox + m[4] * oy + m[8] * oz
    ly = m[1] * ox + m[5] * oy + m[9] * oz
    lz = m[2] * ox + m[6] * oy + m[10] * oz
    slant = slant_of(gx, gy, gz, dx, dy, dz)
    way = before_m + t
    ar, ag, ab, _ = albedo(
        tables, q, hit, instance, primitive, surface, lx, ly, lz, onx, ony, onz, px, py, nz, way, slant
    )
    materials = tables[at.MATERIALS]
    base = (surface & 0xFFFF) * at.MATERIAL_STRIDE
    leaf = gf(materials, base + at.TRANSLUCENCY)
    sun = vf(0.0)
    if sf(light, at.SUN_ON) > 0.0:
        lit, cosine, _ = sun_on(light, hit, leaf, nx, ny, nz, gx, gy, gz)
        if vany(lit):
            sun = cosine * sun_seen(tables, q, lit, px, py, pz, gx, gy, gz, way)
    nv = vmax(-(nx * dx + ny * dy + nz * dz), 1e-3)
    twice = 2.0 * nv
    gloss = gf(materials, base + at.COAT) + sel(gf(materials, base + at.GLASS) > 0.0, vf(1.0), vf(0.0))
    gloss = gloss * (0.04 + 0.96 * fresnel5(nv))
    shiny = vany(hit & (gloss > 0.0))
    rx = dx + twice * nx
    ry = dy + twice * ny
    rz = dz + twice * nz
    ir, ig, ib, kr, kg, kb = indirect(tables, q, hit, px, py, pz, nx, ny, nz, shiny, rx, ry, rz)
    er = vf(0.0)
    eg = vf(0.0)
    eb = vf(0.0)
    if tables[at.LAMP_COUNT] > 0:
        er, eg, eb = lamp_irradiance(tables, px, py, pz, nx, ny, nz)
    kind = f2i(gf(materials, base + at.EMISSION) + 0.5)
    glow = hit & (kind > 0)
    bits = gi(tables[at.INSTANCES], entry + at.LAMP_BITS)
    shines = vany(glow)
    level = vf(1.0)
    if shines and tables[at.FLICKER]:
        level = shimmer(tables, q, instance, kind, bits, glow)
    fog = vexp(-(sf(light, at.FOG_PER_M) * t))
    stf(q, at.OUT_R, ar * ((sun * sf(light, at.SUN_R) + er) * INV_PI + ir * daylight) + kr * gloss)
    stf(q, at.OUT_G, ag * ((sun * sf(light, at.SUN_G) + eg) * INV_PI + ig * daylight) + kg * gloss)
    stf(q, at.OUT_B, ab * ((sun * sf(light, at.SUN_B) + eb) * INV_PI + ib * daylight) + kb * gloss)
    for channel in range(3):
        out = ldf(q, at.OUT_R + channel)
        if shines:
            a = ar if channel == 0 else (ag if channel == 1 else ab)
            own = sel(kind == at.EMISSION_WINDOW, a, level)
            out = out + emitted(light, glow, kind, bits, channel) * own
        haze = sf(light, at.FOG_R + channel)
        stf(q, at.OUT_R + channel, haze + (out - haze) * fog)
    return ldf(q, at.OUT_R), ldf(q, at.OUT_G), ldf(q, at.OUT_B)
