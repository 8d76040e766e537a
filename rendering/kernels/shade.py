"""From a packet of traced rays to labels and radiance: what was hit, what is known of it, and its light (kernels.light).

Tested by tests/rendering/test_scene.py and test_shading.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from rendering import embree as row
from rendering.kernels import layout as at
from rendering.kernels.lane_math import OPTIONS
from rendering.kernels.lanes import LANES, gf, gi, ldf, ldi, sel, stf, sti, vany, vf, vi
from rendering.kernels.light import light_surface
from rendering.kernels.sky import sky_seen
from rendering.kernels.surface import albedo, aligned, corner_normals, facing, met_slot, slant_of, transform_rows

_SKY_CLASS = 14
ROW_BYTES = 4 * LANES


@njit(**OPTIONS)
def shade(tables, s):
    """Shade the packet at scratch address `s` (rays traced, VALID row set) into its OUT rows; without LIT, labels alone."""
    light = tables[at.LIGHT]
    valid = ldi(s, at.VALID) != 0
    hit = valid & (ldi(s, row.GEOMETRY) != -1)
    dx = ldf(s, row.DIRECTION_X)
    dy = ldf(s, row.DIRECTION_Y)
    dz = ldf(s, row.DIRECTION_Z)
    zero = vf(0.0)
    for k in range(at.OUT_R, at.OUT_SURFACE + 1):
        stf(s, k, zero)
    stf(s, at.OUT_T, np.inf)
    if tables[at.OUT_ALBEDO]:
        for k in range(at.OUT_ALBEDO_R, at.OUT_ROUGH + 1):
            stf(s, k, zero)
    sky = valid & ~hit
    if vany(sky):
        if tables[at.LIT]:
            r, g, b = sky_seen(tables[at.SKY], tables[at.SKY_SIZE], light, dx, dy, dz)
            stf(s, at.OUT_R, sel(sky, r, 0.0))
            stf(s, at.OUT_G, sel(sky, g, 0.0))
            stf(s, at.OUT_B, sel(sky, b, 0.0))
        sti(s, at.OUT_CLASS, sel(sky, vi(_SKY_CLASS), vi(0)))
        stf(s, at.OUT_PX, dx)
        stf(s, at.OUT_PY, dy)
        stf(s, at.OUT_PZ, dz)
    if vany(hit):
        _surface(tables, s, light, hit, dx, dy, dz)


@njit(**OPTIONS)
def _previous_point(tables, moving, instance, px, py, pz, lx, ly, lz):
    """Where the material point was at the previous frame: unmoved, or the object point under the previous transform."""
    if vany(moving):
        base = tables[at.TRANSFORMS]
        k = instance * at.TRANSFORM_STRIDE + 24
        qx = gf(base, k) * lx + gf(base, k + 1) * ly + gf(base, k + 2) * lz + gf(base, k + 3)
        qy = gf(base, k + 4) * lx + gf(base, k + 5) * ly + gf(base, k + 6) * lz + gf(base, k + 7)
        qz = gf(base, k + 8) * lx + gf(base, k + 9) * ly + gf(base, k + 10) * lz + gf(base, k + 11)
        px = sel(moving, qx, px)
        py = sel(moving, qy, py)
        pz = sel(moving, qz, pz)
    return px, py, pz


@njit(**OPTIONS)
def _surface(tables, s, light, hit, dx, dy, dz):
    """Gather what was hit, write its labels, and light it."""
    t = sel(hit, ldf(s, row.T_FAR), 1.0)
    px = ldf(s, row.ORIGIN_X) + dx * t
    py = ldf(s, row.ORIGIN_Y) + dy * t
    pz = ldf(s, row.ORIGIN_Z) + dz * t
    instance = met_slot(s, hit)
    entry = instance * at.INSTANCE_STRIDE
    instances = tables[at.INSTANCES]
    moving = hit & (gi(instances, entry + at.MOVING) != 0)
    m = transform_rows(tables, s, moving, instance)
    primitive = sel(hit, ldi(s, row.PRIMITIVE), vi(0))
    triangle = (gi(instances, entry + at.TRIANGLE_START) + primitive) * at.TRIANGLE_STRIDE
    surface = gi(tables[at.TRIANGLES], triangle + 3)
    onx, ony, onz = corner_normals(tables, s, hit, triangle)
    gx, gy, gz = facing(s, m, dx, dy, dz)
    nx, ny, nz = aligned(m, onx, ony, onz, gx, gy, gz, dx, dy, dz)
    qx = px - m[3]
    qy = py - m[7]
    qz = pz - m[11]
    lx = m[0] * qx + m[4] * qy + m[8] * qz
    ly = m[1] * qx + m[5] * qy + m[9] * qz
    lz = m[2] * qx + m[6] * qy + m[10] * qz
    ox, oy, oz = _previous_point(tables, moving, instance, px, py, pz, lx, ly, lz)
    stf(s, at.OUT_T, sel(hit, t, ldf(s, at.OUT_T)))
    stf(s, at.OUT_NX, sel(hit, nx, 0.0))
    stf(s, at.OUT_NY, sel(hit, ny, 0.0))
    stf(s, at.OUT_NZ, sel(hit, nz, 0.0))
    stf(s, at.OUT_PX, sel(hit, ox, ldf(s, at.OUT_PX)))
    stf(s, at.OUT_PY, sel(hit, oy, ldf(s, at.OUT_PY)))
    stf(s, at.OUT_PZ, sel(hit, oz, ldf(s, at.OUT_PZ)))
    sti(s, at.OUT_ID, sel(hit, gi(instances, entry + at.INSTANCE_ID), vi(0)))
    sti(s, at.OUT_CLASS, sel(hit, gi(instances, entry + at.SEMANTIC), ldi(s, at.OUT_CLASS)))
    sti(s, at.OUT_KIND, sel(hit, surface >> 16, vi(0)))
    sti(s, at.OUT_SURFACE, sel(hit, (instance * 512 + (surface & 511)) * 8 + 1, vi(0)))
    if tables[at.LIT] == 0 and tables[at.OUT_ALBEDO] == 0:
        return
    slant = slant_of(gx, gy, gz, dx, dy, dz)
    ar, ag, ab, snow = albedo(
        tables, s, hit, instance, primitive, surface, lx, ly, lz, onx, ony, onz, px, py, nz, t, slant
    )
    base = (surface & 0xFFFF) * at.MATERIAL_STRIDE
    if tables[at.OUT_ALBEDO]:
        _material_labels(tables, s, hit, base, ar, ag, ab)
        if tables[at.LIT] == 0:
            return
    lamp_bits = gi(instances, entry + at.LAMP_BITS)
    light_surface(
        tables, s, light, hit, t, px, py, pz, nx, ny, nz, gx, gy, gz, dx, dy, dz, ar, ag, ab, snow, base, lamp_bits
    )


@njit(**OPTIONS)
def _material_labels(tables, s, hit, base, r, g, b):
    """What the surface is made of, after its texture and before wetness, into the rows of material labels."""
    stf(s, at.OUT_ALBEDO_R, sel(hit, r, 0.0))
    stf(s, at.OUT_ALBEDO_G, sel(hit, g, 0.0))
    stf(s, at.OUT_ALBEDO_B, sel(hit, b, 0.0))
    stf(s, at.OUT_ROUGH, sel(hit, gf(tables[at.MATERIALS], base + at.ROUGHNESS), 0.0))
