"""Light of street lamps and headlamps on a surface, with the shadows of those that matter.

A street lamp throws I(θ) = I0 (1 + 1.6 sin²θ) below the horizontal, a flat batwing. A low beam keeps the test points of UN R112
(class B): its cut-off lies 0.57° below the horizon on the side of oncoming traffic and rises by 15° on the other from straight
ahead on; 1.8 % of the beam strays above it; on the oncoming side it is weaker by a third (50L <= 13,200 cd).
A lamp that gives more than an eighth of a point's lamp light is asked by a ray whether it is hidden; between an eighth and a
quarter its shadow fades in, so that no edge appears where one lamp overtakes another. Tested by tests/rendering/test_lamps.py.
"""

from __future__ import annotations

from numba import njit

from rendering import embree as row
from rendering.kernels import layout as at
from rendering.kernels.embree_calls import embree_packet
from rendering.kernels.gloss import fresnel5, gloss, half_cosines
from rendering.kernels.lane_math import OPTIONS, clamp01, smoothstep, vexp
from rendering.kernels.lanes import LANES, ldf, m2i, sel, sf, stf, sti, vany, vf, vmax, vmin, vsqrt

_ROW_BYTES = 4 * LANES
_SHADOW_FROM, _SHADOW_FULL = 0.12, 0.25
_LEAST_LUX = 1e-4
_BEFORE_LAMP_M = 0.12
"""Shadow rays end this far before the lamp, whose own housing would hide it."""

CUT_OFF, ARM_RISE, ARM_END = -0.00995, 0.26795, 0.14
"""The low beam's cut-off: sine of its height on the oncoming side, its slope on the other, and how far out that rises (8°)."""
ABOVE_EDGE, BELOW_EDGE, STRAY = -0.0035, 0.007, 0.018
ONCOMING_LESS, ONCOMING_FULL = 0.35, 0.06
WIDENS, FADES = 20.0, 600.0
"""How the beam widens and fades towards the road just before the car."""


@njit(**OPTIONS)
def beam_share(lamps, k, ux, uy, uz):
    """Intensity towards unit direction u as a share of the lamp's reference intensity."""
    kind = sf(lamps, k + at.LAMP_KIND)
    if kind == at.LAMP_STREET:
        down = clamp01(-uz)
        return (1.0 + 1.6 * (1.0 - down * down)) * smoothstep(down, 0.0, 0.35)
    ahead = ux * sf(lamps, k + at.LAMP_DX) + uy * sf(lamps, k + at.LAMP_DY)
    rise = uz - sf(lamps, k + at.LAMP_DZ)
    across = 1.0 - ahead / vmax(vsqrt(ux * ux + uy * uy), 1e-3)
    if kind == at.LAMP_HIGH_BEAM:
        return vexp(-(across * 60.0)) * vexp(-(rise * rise * 400.0))
    narrow = 14.0 / (1.0 + WIDENS * vmax(-rise, 0.0))
    sideways = vexp(-(across * narrow)) * 0.95 + 0.05 * vexp(-(across * 2.5))
    kerb = ux * sf(lamps, k + at.LAMP_DY) - uy * sf(lamps, k + at.LAMP_DX)
    kerb = kerb * sf(lamps, k + at.LAMP_SIDE) / vmax(ahead, 1e-3)
    cut_off = CUT_OFF + ARM_RISE * vmin(vmax(kerb, 0.0), ARM_END)
    below = smoothstep(cut_off - rise, ABOVE_EDGE, BELOW_EDGE)
    oncoming = 1.0 - ONCOMING_LESS * smoothstep(-kerb, 0.0, ONCOMING_FULL)
    lit = STRAY + (1.0 - STRAY) * below * oncoming
    return sideways * lit / (1.0 + rise * rise * FADES) * clamp01(ahead * 8.0)


@njit(**OPTIONS)
def _from_lamp(lamps, k, px, py, pz):
    """(illuminance on a plane that faces the lamp as a share of its intensity, unit direction to the lamp, distance)."""
    lx = sf(lamps, k + at.LAMP_X) - px
    ly = sf(lamps, k + at.LAMP_Y) - py
    lz = sf(lamps, k + at.LAMP_Z) - pz
    square = vmax(lx * lx + ly * ly + lz * lz, 0.01)
    distance = vsqrt(square)
    scale = 1.0 / distance
    lx = lx * scale
    ly = ly * scale
    lz = lz * scale
    reach = sf(lamps, k + at.LAMP_REACH)
    fade = smoothstep(reach * reach - square, 0.0, 0.5 * reach * reach)
    return beam_share(lamps, k, -lx, -ly, -lz) / square * fade, lx, ly, lz, distance


@njit(**OPTIONS)
def _near(lamps, k, px, py, pz):
    """Whether any lane lies within the lamp's reach."""
    x = sf(lamps, k + at.LAMP_X) - px
    y = sf(lamps, k + at.LAMP_Y) - py
    z = sf(lamps, k + at.LAMP_Z) - pz
    reach = sf(lamps, k + at.LAMP_REACH)
    return vany(x * x + y * y + z * z < reach * reach)


@njit(**OPTIONS)
def lamp_irradiance(tables, px, py, pz, nx, ny, nz):
    """Illuminance RGB on a surface in lx from all lamps, without shadows."""
    lamps = tables[at.LAMPS]
    er = vf(0.0)
    eg = vf(0.0)
    eb = vf(0.0)
    for i in range(tables[at.LAMP_COUNT]):
        k = i * at.LAMP_STRIDE
        if not _near(lamps, k, px, py, pz):
            continue
        normal, lx, ly, lz, _ = _from_lamp(lamps, k, px, py, pz)
        e = normal * vmax(lx * nx + ly * ny + lz * nz, 0.0)
        er = er + e * sf(lamps, k + at.LAMP_R)
        eg = eg + e * sf(lamps, k + at.LAMP_G)
        eb = eb + e * sf(lamps, k + at.LAMP_B)
    return er, eg, eb


@njit(**OPTIONS)
def lamp_light(tables, s, hit, px, py, pz, gx, gy, gz, nx, ny, nz, dx, dy, dz, t, nv, alpha, filmed, film_alpha):
    """What lamps do to a surface, with shadows: (illuminance RGB in lx, its gloss RGB for F0 = 1, and that weighted by (1 - vh)^5
    in green alone, the gloss of a film in green, and the light that returns to the viewer from retroreflectors).

    `alpha` is the lobe's width; a film's gloss (`filmed`, `film_alpha`) holds its Fresnel term.
    """
    lamps = tables[at.LAMPS]
    er = vf(0.0)
    eg = vf(0.0)
    eb = vf(0.0)
    lr = vf(0.0)
    lg = vf(0.0)
    lb = vf(0.0)
    grazing = vf(0.0)
    film = vf(0.0)
    back = vf(0.0)
    _, total, _ = lamp_irradiance(tables, px, py, pz, nx, ny, nz)
    if not vany(hit & (total > _LEAST_LUX)):
        return er, eg, eb, lr, lg, lb, grazing, film, back
    for i in range(tables[at.LAMP_COUNT]):
        k = i * at.LAMP_STRIDE
        if not _near(lamps, k, px, py, pz):
            continue
        normal, lx, ly, lz, distance = _from_lamp(lamps, k, px, py, pz)
        nl = vmax(lx * nx + ly * ny + lz * nz, 0.0)
        e = normal * nl
        share = e * sf(lamps, k + at.LAMP_G) / vmax(total, _LEAST_LUX)
        matters = smoothstep(share, _SHADOW_FROM, _SHADOW_FULL)
        asked = hit & (matters > 0.0)
        if vany(asked):
            seen = 1.0 - matters * (1.0 - _seen(tables, s, asked, px, py, pz, gx, gy, gz, lx, ly, lz, distance, t))
            e = e * seen
            normal = normal * seen
        nh, vh = half_cosines(nx, ny, nz, dx, dy, dz, lx, ly, lz)
        glancing = fresnel5(vh)
        lobe = gloss(alpha, vmax(nl, 1e-3), nv, nh) * e
        r = sf(lamps, k + at.LAMP_R)
        g = sf(lamps, k + at.LAMP_G)
        b = sf(lamps, k + at.LAMP_B)
        er = er + e * r
        eg = eg + e * g
        eb = eb + e * b
        lr = lr + lobe * r
        lg = lg + lobe * g
        lb = lb + lobe * b
        grazing = grazing + lobe * glancing * g
        if filmed:
            film = film + gloss(film_alpha, vmax(nl, 1e-3), nv, nh) * e * g * (0.04 + 0.96 * glancing)
        observation = vsqrt(vmax(2.0 + 2.0 * (lx * dx + ly * dy + lz * dz), 0.0))
        back = back + normal * g * vexp(observation * -80.0)
    return er, eg, eb, lr, lg, lb, grazing, film, back


@njit(**OPTIONS)
def _seen(tables, s, asked, px, py, pz, gx, gy, gz, lx, ly, lz, distance, t):
    """1 where the asked lanes see the lamp at `distance` in direction l, else 0."""
    lift = 0.004 + 1.5e-4 * t
    q = s + at.SHADOW * _ROW_BYTES
    stf(q, row.ORIGIN_X, px + gx * lift)
    stf(q, row.ORIGIN_Y, py + gy * lift)
    stf(q, row.ORIGIN_Z, pz + gz * lift)
    stf(q, row.T_NEAR, 0.0)
    stf(q, row.DIRECTION_X, lx)
    stf(q, row.DIRECTION_Y, ly)
    stf(q, row.DIRECTION_Z, lz)
    stf(q, row.TIME, ldf(s, row.TIME))
    stf(q, row.T_FAR, vmax(distance - _BEFORE_LAMP_M, 0.0))
    sti(q, row.MASK, at.SHADOW_MASK)
    sti(q, row.FLAGS, 0)
    sti(s, at.VALID + 1, m2i(asked))
    embree_packet(
        tables[at.OCCLUDED], s + (at.VALID + 1) * _ROW_BYTES, tables[at.SCENE], q, tables[at.COHERENT_ARGUMENTS]
    )
    return sel(ldf(q, row.T_FAR) >= 0.0, vf(1.0), vf(0.0))
