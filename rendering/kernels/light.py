"""The light of a surface towards the camera: sun, sky and surroundings, lamps, reflections, what lies behind glass, fog.

Diffuse light is Lambert's, less what the glossy layer takes; gloss is that of rendering.kernels.gloss. Radiance is in cd/m²,
illuminance in lx. Tested by tests/rendering/test_shading.py and test_secondary.py.
"""

from __future__ import annotations

from numba import njit

from rendering.kernels import layout as at
from rendering.kernels.flicker import shimmer
from rendering.kernels.gloss import INV_PI, facet_albedo, fresnel5, gloss, half_cosines, mean_facet_albedo
from rendering.kernels.lamps import lamp_light
from rendering.kernels.lane_math import OPTIONS, clamp01, smoothstep, unit_scale, vexp
from rendering.kernels.lanes import f2i, gf, gi, ldf, sel, sf, stf, vany, vf, vi, vmax
from rendering.kernels.occlusion import sky_share
from rendering.kernels.probes import indirect
from rendering.kernels.secondary import emitted, mirrored, seen_through
from rendering.kernels.sky import sky_radiance
from rendering.kernels.sunlight import sun_known_or_seen, sun_on
from rendering.kernels.surface import met_slot
from rendering.kernels.texture import water

LEAST_ALPHA, COAT_F0 = 0.02, 0.04
COAT_ROUGHNESS = LEAST_ALPHA**0.5
COAT_MEAN = 0.0841
"""What a coat returns of even light: rendering.facets.mean_albedo(LEAST_ALPHA, COAT_F0)."""
FILM_ALPHA, FILM_BLUR = 0.10, 0.6
"""A film of water follows the grain below: its lobe is this much wider than a mirror's, and this share of it as blurred as can be."""
_LEAST_MIRROR = 0.02
"""Reflections weaker than this are not traced; the surroundings' indirect light stands in for them."""


@njit(**OPTIONS)
def _wetted(materials, light, base, roughness, px, py, nz, path, t):
    """(factor on the albedo, share under a coat, share of that which is a mirror): rough surfaces darken, level ones carry water."""
    coat = gf(materials, base + at.COAT)
    mirror = vf(1.0)
    if sf(light, at.WETNESS) == 0.0:
        return vf(1.0), coat, mirror
    wet = sf(light, at.WETNESS) * smoothstep(nz, 0.5, 0.95)
    footprint = t * sf(light, at.PIXEL_ANGLE)
    texture = f2i(gf(materials, base + at.TEXTURE) + 0.5)
    film, pool = water(px, py, wet, sf(light, at.PUDDLES), texture, path, footprint)
    mirror = sel(film + pool > coat, pool / vmax(film + pool, 1e-4), mirror)
    dark = 1.0 - 0.45 * wet * smoothstep(roughness, 0.3, 0.8) - 0.25 * pool
    return dark, vmax(coat, film + pool), mirror


@njit(**OPTIONS)
def _reflected(tables, s, light, mirror, px, py, pz, gx, gy, gz, rx, ry, rz, t):
    """Radiance from the mirror's direction where it is worth a ray; 0 elsewhere. Without probes (a bare scene) the sky's."""
    r = vf(0.0)
    g = vf(0.0)
    b = vf(0.0)
    if vany(mirror):
        if tables[at.PROBE_COUNT] > 0:
            r, g, b = mirrored(tables, s, mirror, px, py, pz, gx, gy, gz, rx, ry, rz, t)
        else:
            r, g, b = sky_radiance(tables[at.SKY], tables[at.SKY_SIZE], light, rx, ry, rz)
            r = sel(mirror, r, 0.0)
            g = sel(mirror, g, 0.0)
            b = sel(mirror, b, 0.0)
    return r, g, b


@njit(**OPTIONS)
def _behind(tables, s, pane, px, py, pz, dx, dy, dz, t):
    """Radiance from behind a pane; 0 elsewhere."""
    r = vf(0.0)
    g = vf(0.0)
    b = vf(0.0)
    if vany(pane):
        r, g, b = seen_through(tables, s, pane, px, py, pz, dx, dy, dz, t)
    return r, g, b


@njit(**OPTIONS)
def _resolved(tables, s, light, hit, kind, t):
    """Share of an emitter's light that rays carry: smaller emitters are added as points (kernels.points)."""
    sizes = gi(tables[at.INSTANCES], met_slot(s, hit) * at.INSTANCE_STRIDE + at.EMITTER_ROW)
    across = gf(tables[at.EMITTER_SIZES], sizes * at.EMISSION_KINDS + kind)
    return smoothstep(across / (t * sf(light, at.PIXEL_ANGLE)), at.POINT_BELOW_PX, at.RAYS_ABOVE_PX)


@njit(**OPTIONS)
def light_surface(
    tables, s, light, hit, t, px, py, pz, nx, ny, nz, gx, gy, gz, dx, dy, dz, ar, ag, ab, snow, base, lamp_bits
):
    """Radiance of the surface towards the camera, through fog, into the OUT rows."""
    materials = tables[at.MATERIALS]
    roughness = gf(materials, base + at.ROUGHNESS)
    metallic = gf(materials, base + at.METALLIC) * (1.0 - snow)
    specular = gf(materials, base + at.SPECULAR)
    dark, coat, mirror_share = _wetted(materials, light, base, roughness, px, py, nz, ldf(s, at.WHEEL_PATH), t)
    coat = coat * (1.0 - snow)
    dark = dark + (1.0 - dark) * snow
    ar = ar * dark
    ag = ag * dark
    ab = ab * dark
    nv = vmax(-(nx * dx + ny * dy + nz * dz), 1e-3)
    twice = 2.0 * nv
    rx = dx + twice * nx
    ry = dy + twice * ny
    rz = dz + twice * nz
    plain = 1.0 - metallic
    facets = tables[at.FACETS]
    e0, e1 = facet_albedo(facets, roughness, nv)
    m0, m1 = mean_facet_albedo(facets, roughness)
    c0, c1 = facet_albedo(facets, vf(COAT_ROUGHNESS), nv)
    film = c0 + COAT_F0 * c1
    bare = 1.0 - coat
    taken = bare * (e0 + specular * e1) + coat * film
    kept = (1.0 - taken) / (1.0 - bare * (m0 + specular * m1) - coat * COAT_MEAN)
    twice_out = (1.0 - e0 - e1) / vmax(1.0 - m0 - m1, 1e-3)
    alpha = vmax(roughness * roughness, LEAST_ALPHA)
    wide = LEAST_ALPHA + (1.0 - mirror_share) * FILM_ALPHA
    sun = vf(0.0)
    shine = vf(0.0)
    lobe = vf(0.0)
    grazing = vf(0.0)
    film_lobe = vf(0.0)
    twice_in = vf(0.0)
    if sf(light, at.SUN_ON) > 0.0:
        lit, share, cosine = sun_on(light, hit, gf(materials, base + at.TRANSLUCENCY), nx, ny, nz, gx, gy, gz)
        if vany(lit):
            seen = sun_known_or_seen(tables, s, lit, px, py, pz, gx, gy, gz, t)
            shine = cosine * seen
            nl = vmax(cosine, 1e-3)
            nh, vh = half_cosines(nx, ny, nz, dx, dy, dz, sf(light, at.SUN_X), sf(light, at.SUN_Y), sf(light, at.SUN_Z))
            grazing = fresnel5(vh)
            lobe = gloss(alpha, nl, nv, nh) * shine
            wide = LEAST_ALPHA + (1.0 - mirror_share) * FILM_ALPHA
            film_lobe = (
                gloss(wide, nl, nv, nh) * shine * (COAT_F0 + (1.0 - COAT_F0) * grazing) * coat * (1.0 - metallic)
            )
            s0, s1 = facet_albedo(facets, roughness, nl)
            f0, f1 = facet_albedo(facets, vf(COAT_ROUGHNESS), nl)
            twice_in = 1.0 - s0 - s1
            sun = share * seen * (1.0 - bare * (s0 + specular * s1) - coat * (f0 + COAT_F0 * f1)) * kept
    soft = clamp01(roughness * 1.6)
    sharp = (1.0 - soft) * (e0 + e1 * vmax(specular, metallic)) + film * coat
    glossy = vany(hit & ((soft < 1.0) | (coat > 0.0)))
    # a rough lobe looks between the normal and the mirror's direction: at grazing view to the bright horizon
    bend = 1.0 - 0.5 * roughness * roughness
    bx = nx + (rx - nx) * bend
    by = ny + (ry - ny) * bend
    bz = nz + (rz - nz) * bend
    scale = unit_scale(bx, by, bz)
    ir, ig, ib, cr, cg, cb = indirect(tables, s, hit, px, py, pz, nx, ny, nz, True, bx * scale, by * scale, bz * scale)
    kr, kg, kb = vf(0.0), vf(0.0), vf(0.0)
    if glossy:
        mirror = hit & (sharp > _LEAST_MIRROR)
        kr, kg, kb = _reflected(tables, s, light, mirror, px, py, pz, gx, gy, gz, rx, ry, rz, t)
        kr = sel(mirror, kr, cr)
        kg = sel(mirror, kg, cg)
        kb = sel(mirror, kb, cb)
    glass = gf(materials, base + at.GLASS)
    pane = hit & (glass > 0.0)
    fr, fg, fb = _behind(tables, s, pane, px, py, pz, dx, dy, dz, t)
    shaded = sky_share(tables, px, py, pz, nz)
    er, eg, eb, lr, lg, lb = vf(0.0), vf(0.0), vf(0.0), vf(0.0), vf(0.0), vf(0.0)
    glance, lamp_film, back = vf(0.0), vf(0.0), vf(0.0)
    if tables[at.LAMP_COUNT] > 0:
        filmed = vany(hit & (coat > 0.0))
        er, eg, eb, lr, lg, lb, glance, lamp_film, back = lamp_light(
            tables, s, hit, px, py, pz, gx, gy, gz, nx, ny, nz, dx, dy, dz, t, nv, alpha, filmed, wide
        )
        glance = glance / vmax(lg, 1e-12)
        lamp_film = lamp_film * coat * plain
    back = back * gf(materials, base + at.RETRO)
    kind = f2i(gf(materials, base + at.EMISSION) + 0.5)
    fog = vexp(-(sf(light, at.FOG_PER_M) * vmax(t - sf(light, at.FOG_START_M), 0.0)))
    glow = hit & (kind > 0)
    shines = vany(glow)
    resolved = vf(0.0)
    if shines:
        resolved = _resolved(tables, s, light, hit, sel(glow, kind, vi(0)), t)
        if tables[at.FLICKER]:
            resolved = resolved * shimmer(tables, s, met_slot(s, hit), kind, lamp_bits, glow)
    metals = vany(hit & (metallic > 0.0))
    even = plain * (1.0 - taken)
    faces = sel(pane, 2.0 / (1.0 + taken), vf(1.0))
    blur = FILM_BLUR * (1.0 - mirror_share)
    for channel in range(3):
        a = ar if channel == 0 else (ag if channel == 1 else ab)
        k = kr if channel == 0 else (kg if channel == 1 else kb)
        c = cr if channel == 0 else (cg if channel == 1 else cb)
        i = ir if channel == 0 else (ig if channel == 1 else ib)
        e = er if channel == 0 else (eg if channel == 1 else eb)
        f = fr if channel == 0 else (fg if channel == 1 else fb)
        lamp_lobe = lr if channel == 0 else (lg if channel == 1 else lb)
        sun_lux = sf(light, at.SUN_R + channel)
        around = i * shaded
        out = a * ((plain * sun * sun_lux + even * e) * INV_PI + even * around)
        out = sel(pane, f * glass * (1.0 - faces * taken), out)
        layer = faces * plain * bare * (e0 + specular * e1) + metallic * (e0 + a * e1)
        f0 = plain * bare * specular + metallic * a
        f90 = plain * bare + metallic - f0
        out = out + lobe * (f0 + f90 * grazing) * sun_lux + lamp_lobe * (f0 + f90 * glance)
        if metals:
            fresnel = a + (1.0 - a) * (1.0 / 21.0)
            again = metallic * fresnel * fresnel * (m0 + m1) / (1.0 - fresnel * (1.0 - m0 - m1))
            again = again * twice_out
            out = out + again * (shine * sun_lux * twice_in * INV_PI + (e * INV_PI + around) * (1.0 - m0 - m1))
        if glossy:
            out = out + (k + (c - k) * soft) * layer * shaded
            out = out + (k + (c - k) * blur) * coat * film * plain * shaded + film_lobe * sun_lux + lamp_film
        else:
            out = out + c * layer * shaded
        out = out + back * a * 2.0
        if shines:
            # lit rooms shine by their own reflectance, as the lamp in them is white
            own = sel(kind == at.EMISSION_WINDOW, a, 1.0)
            out = out + emitted(light, glow, kind, lamp_bits, channel) * resolved * own
        haze = sf(light, at.FOG_R + channel)
        stf(s, at.OUT_R + channel, sel(hit, haze + (out - haze) * fog, ldf(s, at.OUT_R + channel)))
