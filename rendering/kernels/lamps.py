"""Light of street lamps and headlamps on a surface: the nearest few lamps of a frame, without shadows.

A street lamp throws I(θ) = I0 (1 + 1.6 sin²θ) below the horizontal, a flat batwing; a low beam is a cut-off beam: full
below 0.8° under the horizon, 3 % above it, narrowing sideways, after the test points of UN R112 (class B) in
rendering.lamps. Tested by tests/rendering/test_lamps.py.
"""

from __future__ import annotations

from numba import njit

from rendering.kernels import layout as at
from rendering.kernels.lane_math import OPTIONS, clamp01, smoothstep, vexp
from rendering.kernels.lanes import sf, vany, vf, vmax, vsqrt


@njit(**OPTIONS)
def _beam_share(lamps, k, ux, uy, uz):
    """Intensity towards unit direction u as a share of the lamp's reference intensity."""
    kind = sf(lamps, k + at.LAMP_KIND)
    if kind == at.LAMP_STREET:
        down = clamp01(-uz)
        return (1.0 + 1.6 * (1.0 - down * down)) * smoothstep(down, 0.0, 0.35)
    ahead = ux * sf(lamps, k + at.LAMP_DX) + uy * sf(lamps, k + at.LAMP_DY)
    rise = uz - sf(lamps, k + at.LAMP_DZ)
    across = 1.0 - ahead / vmax(vsqrt(ux * ux + uy * uy), 1e-3)
    sideways = vexp(-(across * 14.0)) * 0.95 + 0.05 * vexp(-(across * 2.5))
    if kind == at.LAMP_HIGH_BEAM:
        return vexp(-(across * 60.0)) * vexp(-(rise * rise * 400.0))
    below = smoothstep(-rise, 0.006, 0.014)
    return sideways * (0.03 + 0.97 * below) / (1.0 + rise * rise * 280.0) * clamp01(ahead * 8.0)


@njit(**OPTIONS)
def lamp_light(tables, px, py, pz, nx, ny, nz, dx, dy, dz):
    """(illuminance RGB on the surface in lx, and the part that returns to the viewer from retroreflectors, in lx)."""
    lamps = tables[at.LAMPS]
    er = vf(0.0)
    eg = vf(0.0)
    eb = vf(0.0)
    back = vf(0.0)
    for i in range(tables[at.LAMP_COUNT]):
        k = i * at.LAMP_STRIDE
        lx = sf(lamps, k + at.LAMP_X) - px
        ly = sf(lamps, k + at.LAMP_Y) - py
        lz = sf(lamps, k + at.LAMP_Z) - pz
        square = vmax(lx * lx + ly * ly + lz * lz, 0.01)
        reach = sf(lamps, k + at.LAMP_REACH)
        if not vany(square < reach * reach):
            continue
        scale = 1.0 / vsqrt(square)
        lx = lx * scale
        ly = ly * scale
        lz = lz * scale
        normal = (
            _beam_share(lamps, k, -lx, -ly, -lz) / square * smoothstep(reach * reach - square, 0.0, 0.5 * reach * reach)
        )
        e = normal * vmax(lx * nx + ly * ny + lz * nz, 0.0)
        er = er + e * sf(lamps, k + at.LAMP_R)
        eg = eg + e * sf(lamps, k + at.LAMP_G)
        eb = eb + e * sf(lamps, k + at.LAMP_B)
        observation = vsqrt(vmax(2.0 + 2.0 * (lx * dx + ly * dy + lz * dz), 0.0))
        back = back + normal * sf(lamps, k + at.LAMP_G) * vexp(observation * -80.0)
    return er, eg, eb, back
