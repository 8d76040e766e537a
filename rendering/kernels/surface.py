"""What a ray of a packet has met: the point, its normals and its reflectance, gathered lane by lane from the flat tables.

Tested by tests/rendering/test_scene.py and test_shading.py.
"""

from __future__ import annotations

from numba import njit

from rendering import embree as row
from rendering.kernels import layout as at
from rendering.kernels.lane_math import OPTIONS, unit_scale
from rendering.kernels.lanes import f2i, gf, gi, ldf, ldi, sel, sf, stf, vabs, vany, vf, vi, vmax, vsqrt
from rendering.kernels.pack import unpack_normal
from rendering.kernels.texture import snow_cover, textured
from rendering.kernels.texture_ground import wheel_path

SNOW_R, SNOW_G, SNOW_B = 0.80, 0.82, 0.85
"""Settled snow a day old: Warren, Reviews of Geophysics 1982, visible albedo 0.75-0.9."""

_UV_FROM, _UV_BELOW, _CLOTH_FROM = 6.5, 21.5, 34.5
"""Texture kinds from 7 to 21 and from 35 on read uv (rendering.materials.TextureKind)."""


@njit(**OPTIONS)
def transform_rows(tables, s, moving, instance):
    """world_from_object (3, 4) of each lane's instance at its ray's time: linear between the window's ends, as traced."""
    base = tables[at.TRANSFORMS]
    k = instance * at.TRANSFORM_STRIDE
    m = (
        gf(base, k), gf(base, k + 1), gf(base, k + 2), gf(base, k + 3), gf(base, k + 4), gf(base, k + 5),
        gf(base, k + 6), gf(base, k + 7), gf(base, k + 8), gf(base, k + 9), gf(base, k + 10), gf(base, k + 11),
    )  # fmt: skip
    if vany(moving):
        f = ldf(s, row.TIME)
        k = k + 12
        m = (
            m[0] + f * gf(base, k), m[1] + f * gf(base, k + 1), m[2] + f * gf(base, k + 2), m[3] + f * gf(base, k + 3),
            m[4] + f * gf(base, k + 4), m[5] + f * gf(base, k + 5), m[6] + f * gf(base, k + 6), m[7] + f * gf(base, k + 7),
            m[8] + f * gf(base, k + 8), m[9] + f * gf(base, k + 9), m[10] + f * gf(base, k + 10),
            m[11] + f * gf(base, k + 11),
        )  # fmt: skip
    return m


@njit(**OPTIONS)
def met_slot(s, hit):
    """Slot of the instance that each lane met, 0 where it met nothing; in the merged tree it is the geometry (layout.MERGED_SLOT)."""
    return sel(hit, ldi(s, row.INSTANCE) + ldi(s, row.GEOMETRY), vi(0))


@njit(**OPTIONS)
def corner_normals(tables, s, hit, triangle):
    """Interpolated vertex normal in the object frame."""
    triangles = tables[at.TRIANGLES]
    b1 = sel(hit, ldf(s, row.HIT_U), 0.0)
    b2 = sel(hit, ldf(s, row.HIT_V), 0.0)
    b0 = 1.0 - b1 - b2
    ax, ay, az = unpack_normal(gi(triangles, triangle))
    bx, by, bz = unpack_normal(gi(triangles, triangle + 1))
    cx, cy, cz = unpack_normal(gi(triangles, triangle + 2))
    return ax * b0 + bx * b1 + cx * b2, ay * b0 + by * b1 + cy * b2, az * b0 + bz * b1 + cz * b2


@njit(**OPTIONS)
def _corner_uv(tables, s, hit, start, primitive):
    """Interpolated texture coordinates; 0 on meshes without."""
    uvs = tables[at.UVS]
    b1 = ldf(s, row.HIT_U)
    b2 = ldf(s, row.HIT_V)
    b0 = 1.0 - b1 - b2
    has = hit & (start >= 0)
    k = sel(has, start + primitive, vi(0)) * at.UV_STRIDE
    u = gf(uvs, k) * b0 + gf(uvs, k + 2) * b1 + gf(uvs, k + 4) * b2
    v = gf(uvs, k + 1) * b0 + gf(uvs, k + 3) * b1 + gf(uvs, k + 5) * b2
    return sel(has, u, 0.0), sel(has, v, 0.0)


@njit(**OPTIONS)
def facing(s, m, dx, dy, dz):
    """Geometric normal in the world of what each lane met, unit length, on the viewer's side."""
    x = ldf(s, row.NORMAL_X)
    y = ldf(s, row.NORMAL_Y)
    z = ldf(s, row.NORMAL_Z)
    nx = m[0] * x + m[1] * y + m[2] * z
    ny = m[4] * x + m[5] * y + m[6] * z
    nz = m[8] * x + m[9] * y + m[10] * z
    scale = unit_scale(nx, ny, nz)
    scale = sel(nx * dx + ny * dy + nz * dz > 0.0, -scale, scale)
    return nx * scale, ny * scale, nz * scale


@njit(**OPTIONS)
def aligned(m, x, y, z, gx, gy, gz, dx, dy, dz):
    """The shading normal in the world on the geometric normal's side, bent back where it turns away from the viewer."""
    nx = m[0] * x + m[1] * y + m[2] * z
    ny = m[4] * x + m[5] * y + m[6] * z
    nz = m[8] * x + m[9] * y + m[10] * z
    scale = unit_scale(nx, ny, nz)
    scale = sel(nx * gx + ny * gy + nz * gz < 0.0, -scale, scale)
    nx = nx * scale
    ny = ny * scale
    nz = nz * scale
    away = vmax(nx * dx + ny * dy + nz * dz + 0.02, 0.0)
    nx = nx - dx * away
    ny = ny - dy * away
    nz = nz - dz * away
    scale = unit_scale(nx, ny, nz)
    return nx * scale, ny * scale, nz * scale


@njit(**OPTIONS)
def plain_albedo(tables, hit, instance, surface):
    """Reflectance RGB before texture: the material's, or the instance's own colour where the material leaves it to it."""
    materials = tables[at.MATERIALS]
    base = (surface & 0xFFFF) * at.MATERIAL_STRIDE
    slot = f2i(gf(materials, base + at.COLOR_SLOT))
    own = hit & (slot >= 0)
    ar = gf(materials, base)
    ag = gf(materials, base + 1)
    ab = gf(materials, base + 2)
    if vany(own):
        c = instance * at.SLOT_STRIDE + sel(own, slot, vi(0)) * 3
        ar = sel(own, gf(tables[at.SLOT_COLORS], c), ar)
        ag = sel(own, gf(tables[at.SLOT_COLORS], c + 1), ag)
        ab = sel(own, gf(tables[at.SLOT_COLORS], c + 2), ab)
    return ar, ag, ab


@njit(**OPTIONS)
def albedo(tables, s, hit, instance, primitive, surface, lx, ly, lz, onx, ony, onz, px, py, nz, t, slant):
    """(reflectance RGB of the point with its texture, share under snow), filtered by the ray's footprint at distance t.

    The second frame of coordinates is the world's: snow lies by position (px, py) and on what faces up (nz).
    """
    materials = tables[at.MATERIALS]
    kind = gf(materials, (surface & 0xFFFF) * at.MATERIAL_STRIDE + at.TEXTURE)
    u = vf(0.0)
    v = vf(0.0)
    if vany(hit & (((kind >= _UV_FROM) & (kind < _UV_BELOW)) | (kind >= _CLOTH_FROM))):
        start = gi(tables[at.INSTANCES], instance * at.INSTANCE_STRIDE + at.UV_START)
        u, v = _corner_uv(tables, s, hit, start, primitive)
    footprint = t * sf(tables[at.LIGHT], at.PIXEL_ANGLE) / vsqrt(slant)
    ar, ag, ab = plain_albedo(tables, hit, instance, surface)
    kind = f2i(kind + 0.5)
    ar, ag, ab = textured(tables, kind, lx, ly, lz, onx, ony, onz, u, v, footprint, ar, ag, ab)
    path = vf(0.0)
    if sf(tables[at.LIGHT], at.WETNESS) + sf(tables[at.LIGHT], at.SNOW) > 0.0:
        path = wheel_path(kind, v, footprint)
    stf(s, at.WHEEL_PATH, path)
    snow = vf(0.0)
    lying = sf(tables[at.LIGHT], at.SNOW)
    if lying > 0.0:
        glass = gf(materials, (surface & 0xFFFF) * at.MATERIAL_STRIDE + at.GLASS) > 0.0
        snow = sel(hit & ~glass, snow_cover(px, py, nz, lying, kind, path, footprint), 0.0)
        ar = ar + (SNOW_R - ar) * snow
        ag = ag + (SNOW_G - ag) * snow
        ab = ab + (SNOW_B - ab) * snow
    return ar, ag, ab, snow


@njit(**OPTIONS)
def slant_of(gx, gy, gz, dx, dy, dz):
    """Cosine between ray and geometric normal, kept off zero: a grazing ray's footprint is long."""
    return vmax(vabs(gx * dx + gy * dy + gz * dz), 0.08)
