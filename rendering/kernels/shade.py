"""From a packet of traced rays to radiance and labels: gather the surface, light it, see it through the fog.

Diffuse light is Lambert's, gloss that of rendering.kernels.gloss. Radiance is in cd/m², illuminance in lx.
Tested by tests/rendering/test_shading.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from rendering import embree as row
from rendering.kernels import layout as at
from rendering.kernels.embree_calls import embree_packet
from rendering.kernels.gloss import INV_PI, fresnel5, gloss, sky_gloss
from rendering.kernels.lamps import lamp_light
from rendering.kernels.lane_math import OPTIONS, clamp01, smoothstep, unit_scale, vexp
from rendering.kernels.lanes import (
    LANES,
    f2i,
    gf,
    gi,
    ldf,
    ldi,
    m2i,
    sel,
    sf,
    stf,
    sti,
    vabs,
    vany,
    vf,
    vi,
    vmax,
    vsqrt,
)  # fmt: skip
from rendering.kernels.occlusion import sky_share
from rendering.kernels.pack import unpack_normal
from rendering.kernels.sky import ambient, sky_radiance, sky_seen
from rendering.kernels.texture import textured, water

_SKY_CLASS = 14
_WINDOW = 15
"""EmissionKind.WINDOW: lit rooms shine by their own reflectance, as the lamp in them is white."""
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
def _transform_rows(tables, s, moving, instance):
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
def _corner_normals(tables, s, hit, triangle):
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
def _shadow(tables, s, lit, px, py, pz, gx, gy, gz, t):
    """Whether each lane sees the sun: 1 or 0, by a ray unless the KNOWN_SUN row tells.

    The origin is lifted along the geometric normal by more than its error.
    """
    known = ldi(s, at.KNOWN_SUN)
    asked = lit & (known == at.SUN_TRACED)
    if not vany(asked):
        return sel(lit & (known == at.SUN_SEEN), 1.0, 0.0)
    lift = 0.002 + 1.5e-4 * t
    light = tables[at.LIGHT]
    q = s + at.SHADOW * ROW_BYTES
    stf(q, row.ORIGIN_X, px + gx * lift)
    stf(q, row.ORIGIN_Y, py + gy * lift)
    stf(q, row.ORIGIN_Z, pz + gz * lift)
    stf(q, row.T_NEAR, 0.0)
    stf(q, row.DIRECTION_X, sf(light, at.SUN_X))
    stf(q, row.DIRECTION_Y, sf(light, at.SUN_Y))
    stf(q, row.DIRECTION_Z, sf(light, at.SUN_Z))
    stf(q, row.TIME, ldf(s, row.TIME))
    stf(q, row.T_FAR, np.inf)
    sti(q, row.MASK, at.SHADOW_MASK)
    sti(q, row.FLAGS, 0)
    sti(s, at.VALID + 1, m2i(asked))
    embree_packet(
        tables[at.OCCLUDED], s + (at.VALID + 1) * ROW_BYTES, tables[at.SCENE], q, tables[at.COHERENT_ARGUMENTS]
    )
    return sel(lit & (known != at.SUN_HIDDEN) & (ldf(q, row.T_FAR) >= 0.0), 1.0, 0.0)


@njit(**OPTIONS)
def _surface(tables, s, light, hit, dx, dy, dz):
    """Gather what was hit, write its labels, and light it."""
    t = sel(hit, ldf(s, row.T_FAR), 1.0)
    px = ldf(s, row.ORIGIN_X) + dx * t
    py = ldf(s, row.ORIGIN_Y) + dy * t
    pz = ldf(s, row.ORIGIN_Z) + dz * t
    instance = sel(hit, ldi(s, row.INSTANCE), vi(0))
    entry = instance * at.INSTANCE_STRIDE
    instances = tables[at.INSTANCES]
    moving = hit & (gi(instances, entry + at.MOVING) != 0)
    m = _transform_rows(tables, s, moving, instance)
    primitive = sel(hit, ldi(s, row.PRIMITIVE), vi(0))
    triangle = (gi(instances, entry + at.TRIANGLE_START) + primitive) * at.TRIANGLE_STRIDE
    surface = gi(tables[at.TRIANGLES], triangle + 3)
    onx, ony, onz = _corner_normals(tables, s, hit, triangle)
    gx, gy, gz = _facing(m, ldf(s, row.NORMAL_X), ldf(s, row.NORMAL_Y), ldf(s, row.NORMAL_Z), dx, dy, dz)
    nx, ny, nz = _aligned(m, onx, ony, onz, gx, gy, gz, dx, dy, dz)
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
    if tables[at.LIT] == 0:
        return
    u = vf(0.0)
    v = vf(0.0)
    textures = gf(tables[at.MATERIALS], (surface & 0xFFFF) * at.MATERIAL_STRIDE + at.TEXTURE)
    if vany(hit & (textures >= 6.5)):
        u, v = _corner_uv(tables, s, hit, gi(instances, entry + at.UV_START), primitive)
    slant = vmax(vabs(gx * dx + gy * dy + gz * dz), 0.08)
    footprint = t * sf(light, at.PIXEL_ANGLE) / vsqrt(slant)
    base = (surface & 0xFFFF) * at.MATERIAL_STRIDE
    slot = f2i(gf(tables[at.MATERIALS], base + at.COLOR_SLOT))
    own = slot >= 0
    ar = gf(tables[at.MATERIALS], base)
    ag = gf(tables[at.MATERIALS], base + 1)
    ab = gf(tables[at.MATERIALS], base + 2)
    if vany(hit & own):
        c = instance * at.SLOT_STRIDE + sel(own, slot, vi(0)) * 3
        ar = sel(own, gf(tables[at.SLOT_COLORS], c), ar)
        ag = sel(own, gf(tables[at.SLOT_COLORS], c + 1), ag)
        ab = sel(own, gf(tables[at.SLOT_COLORS], c + 2), ab)
    ar, ag, ab = textured(tables, f2i(textures + 0.5), lx, ly, lz, onx, ony, onz, u, v, footprint, ar, ag, ab)
    lamp_bits = gi(instances, entry + at.LAMP_BITS)
    _light(tables, s, light, hit, t, px, py, pz, nx, ny, nz, gx, gy, gz, dx, dy, dz, ar, ag, ab, base, lamp_bits)


@njit(**OPTIONS)
def _facing(m, x, y, z, dx, dy, dz):
    """An object-frame normal in the world, unit length, on the viewer's side."""
    nx = m[0] * x + m[1] * y + m[2] * z
    ny = m[4] * x + m[5] * y + m[6] * z
    nz = m[8] * x + m[9] * y + m[10] * z
    scale = unit_scale(nx, ny, nz)
    scale = sel(nx * dx + ny * dy + nz * dz > 0.0, -scale, scale)
    return nx * scale, ny * scale, nz * scale


@njit(**OPTIONS)
def _aligned(m, x, y, z, gx, gy, gz, dx, dy, dz):
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
def _sun_seen(tables, s, lit, px, py, pz, gx, gy, gz, t):
    """1 where a lane sees the sun, else 0; noted in OUT_SURFACE of lanes that are `lit` but for shadows."""
    seen = _shadow(tables, s, lit, px, py, pz, gx, gy, gz, t)
    state = sel(lit, sel(seen > 0.0, vi(2 * at.SUN_SEEN), vi(2 * at.SUN_HIDDEN)), vi(0))
    sti(s, at.OUT_SURFACE, ldi(s, at.OUT_SURFACE) | state)
    return seen


@njit(**OPTIONS)
def _wetted(materials, light, base, roughness, px, py, nz, t):
    """(factor on the albedo, clear coat) of a surface in this wetness: rough ones darken, level ones carry water."""
    coat = gf(materials, base + at.COAT)
    wet = sf(light, at.WETNESS) * smoothstep(nz, 0.5, 0.95)
    if sf(light, at.WETNESS) > 0.0:
        footprint = t * sf(light, at.PIXEL_ANGLE)
        coat = vmax(coat, water(px, py, wet, f2i(gf(materials, base + at.TEXTURE) + 0.5), footprint))
    return 1.0 - 0.45 * wet * smoothstep(roughness, 0.3, 0.8), coat


@njit(**OPTIONS)
def _sun_gloss(light, nx, ny, nz, dx, dy, dz, nl, nv, roughness, coat, sun):
    """The sun's reflection in the surface, and in its coat, per lx; and Schlick's term at the half vector."""
    hx = sf(light, at.SUN_X) - dx
    hy = sf(light, at.SUN_Y) - dy
    hz = sf(light, at.SUN_Z) - dz
    scale = unit_scale(hx, hy, hz)
    nh = vmax((nx * hx + ny * hy + nz * hz) * scale, 0.0)
    vh = vmax(-(dx * hx + dy * hy + dz * hz) * scale, 0.0)
    lobe = gloss(vmax(roughness * roughness, 0.02), vmax(nl, 1e-3), nv, nh) * sun
    coat_lobe = gloss(vf(0.02), vmax(nl, 1e-3), nv, nh) * sun * (0.04 + 0.96 * fresnel5(vh)) * coat
    return lobe, coat_lobe, fresnel5(vh)


@njit(**OPTIONS)
def _lamps_on(tables, px, py, pz, nx, ny, nz, dx, dy, dz):
    """Illuminance RGB from lamps and what comes back to the viewer, as lamp_light; 0 where no lamp is near."""
    er = vf(0.0)
    eg = vf(0.0)
    eb = vf(0.0)
    back = vf(0.0)
    if tables[at.LAMP_COUNT] > 0:
        er, eg, eb, back = lamp_light(tables, px, py, pz, nx, ny, nz, dx, dy, dz)
    return er, eg, eb, back


@njit(**OPTIONS)
def _reflected_sky(tables, light, glossy, rx, ry, rz):
    """Radiance of the sky where the mirror direction points; 0 where nothing is glossy."""
    r = vf(0.0)
    g = vf(0.0)
    b = vf(0.0)
    if vany(glossy):
        r, g, b = sky_radiance(tables[at.SKY], tables[at.SKY_SIZE], light, rx, ry, rz)
        r = sel(glossy, r, 0.0)
        g = sel(glossy, g, 0.0)
        b = sel(glossy, b, 0.0)
    return r, g, b


@njit(**OPTIONS)
def _resolved(tables, s, light, hit, kind, t):
    """Share of an emitter's light that rays carry: smaller emitters are added as points (kernels.points)."""
    sizes = gi(tables[at.INSTANCES], sel(hit, ldi(s, row.INSTANCE), vi(0)) * at.INSTANCE_STRIDE + at.EMITTER_ROW)
    across = gf(tables[at.EMITTER_SIZES], sizes * at.EMISSION_KINDS + kind)
    return smoothstep(across / (t * sf(light, at.PIXEL_ANGLE)), at.POINT_BELOW_PX, at.RAYS_ABOVE_PX)


@njit(**OPTIONS)
def _light(tables, s, light, hit, t, px, py, pz, nx, ny, nz, gx, gy, gz, dx, dy, dz, ar, ag, ab, base, lamp_bits):
    """Radiance of the surface towards the camera, through fog, into the OUT rows."""
    materials = tables[at.MATERIALS]
    roughness = gf(materials, base + at.ROUGHNESS)
    metallic = gf(materials, base + at.METALLIC)
    specular = gf(materials, base + at.SPECULAR)
    dark, coat = _wetted(materials, light, base, roughness, px, py, nz, t)
    ar = ar * dark
    ag = ag * dark
    ab = ab * dark
    nv = vmax(-(nx * dx + ny * dy + nz * dz), 1e-3)
    twice = 2.0 * nv
    rx = dx + twice * nx
    ry = dy + twice * ny
    rz = dz + twice * nz
    # sun
    sx = sf(light, at.SUN_X)
    sy = sf(light, at.SUN_Y)
    sz = sf(light, at.SUN_Z)
    nl = vmax(nx * sx + ny * sy + nz * sz, 0.0)
    sun = vf(0.0)
    if sf(light, at.SUN_ON) > 0.0:
        lit = hit & (nl > 0.0) & (gx * sx + gy * sy + gz * sz > 0.0)
        if vany(lit):
            sun = nl * _sun_seen(tables, s, lit, px, py, pz, gx, gy, gz, t)
    lobe, coat_lobe, grazing = _sun_gloss(light, nx, ny, nz, dx, dy, dz, nl, nv, roughness, coat, sun)
    through = 1.0 - coat * (0.04 + 0.96 * fresnel5(nv))
    env_scale, env_bias = sky_gloss(roughness, nv)
    open_sky = smoothstep(rz, -0.15, 0.35) * 0.65 + 0.35
    soft = clamp01(roughness * 1.6)
    glossy = hit & ((soft < 1.0) | (coat > 0.0))
    kr, kg, kb = _reflected_sky(tables, light, glossy, rx, ry, rz)
    shaded = sky_share(tables, px, py, pz, nz)
    open_sky = open_sky * shaded
    coat_sky = coat * (0.04 + 0.96 * fresnel5(nv)) * open_sky
    er, eg, eb, back = _lamps_on(tables, px, py, pz, nx, ny, nz, dx, dy, dz)
    back = back * gf(materials, base + at.RETRO)
    kind = f2i(gf(materials, base + at.EMISSION) + 0.5)
    fog = vexp(-(sf(light, at.FOG_PER_M) * vmax(t - sf(light, at.FOG_START_M), 0.0)))
    glow = hit & (kind > 0)
    shines = vany(glow)
    resolved = vf(0.0)
    if shines:
        resolved = _resolved(tables, s, light, hit, sel(glow, kind, vi(0)), t)
    for channel in range(3):
        a = ar if channel == 0 else (ag if channel == 1 else ab)
        k = kr if channel == 0 else (kg if channel == 1 else kb)
        e = er if channel == 0 else (eg if channel == 1 else eb)
        f0 = specular + (a - specular) * metallic
        around = ambient(light, channel, nx, ny, nz) * shaded
        blurred = k + (ambient(light, channel, rx, ry, rz) - k) * soft
        sun_lux = sf(light, at.SUN_R + channel)
        diffuse = a * (1.0 - metallic)
        out = diffuse * (around + (sun * sun_lux + e * shaded) * INV_PI)
        out = out + lobe * (f0 + (1.0 - f0) * grazing) * sun_lux + blurred * (f0 * env_scale + env_bias) * open_sky
        out = out * through + coat_lobe * sun_lux + k * coat_sky + back * a * 2.0
        if shines:
            own = sel(kind == _WINDOW, a, 1.0)
            out = out + _emitted(light, glow, kind, lamp_bits, channel) * resolved * own
        haze = sf(light, at.FOG_R + channel)
        stf(s, at.OUT_R + channel, sel(hit, haze + (out - haze) * fog, ldf(s, at.OUT_R + channel)))


@njit(**OPTIONS)
def _emitted(light, glow, kind, lamp_bits, channel):
    """Luminance of lamps that are on: bit `kind` of the instance's lamp bits lights it, bit 16 + kind makes it bright."""
    kind = sel(glow, kind, vi(0))
    on = glow & (((lamp_bits >> kind) & 1) != 0)
    bright = ((lamp_bits >> (kind + 16)) & 1) * at.EMISSION_KINDS
    return sel(on, gf(light + at.EMISSIONS * 4, (kind + bright) * 3 + channel), 0.0)
