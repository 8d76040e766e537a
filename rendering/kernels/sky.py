"""The sky's light as lanes see it: a table over the upper hemisphere, the sun's disc, and the ambient harmonics.

The table is a hemi-octahedral square map (Cigolle et al., "A survey of efficient representations for independent unit
vectors", JCGT 2014): the square's rim is the horizon. rendering.sky fills it. Tested by tests/rendering/test_sky.py.
"""

from __future__ import annotations

from numba import njit

from rendering.kernels import layout as at
from rendering.kernels.lane_math import OPTIONS, clamp01, vexp
from rendering.kernels.lanes import f2i, gf, i2f, sel, sf, vabs, vany, vf, vmax, vmin, vsqrt


@njit(**OPTIONS)
def sky_radiance(table, size, light, dx, dy, dz):
    """RGB cd/m² of the sky towards a direction; below the horizon the mean ground, softly."""
    up = vmax(dz, 0.0)
    scale = 1.0 / vmax(vabs(dx) + vabs(dy) + up, 1e-6)
    px = dx * scale
    py = dy * scale
    last = float(size - 1)
    u = vmin(vmax((px + py + 1.0) * (0.5 * last), 0.0), last - 0.001)
    v = vmin(vmax((px - py + 1.0) * (0.5 * last), 0.0), last - 0.001)
    iu = f2i(u)
    iv = f2i(v)
    fu = u - i2f(iu)
    fv = v - i2f(iv)
    row = iv * size + iu
    a = row * 3
    c = (row + size) * 3
    w00 = (1.0 - fu) * (1.0 - fv)
    w10 = fu * (1.0 - fv)
    w01 = (1.0 - fu) * fv
    w11 = fu * fv
    r = gf(table, a) * w00 + gf(table, a + 3) * w10 + gf(table, c) * w01 + gf(table, c + 3) * w11
    g = gf(table, a + 1) * w00 + gf(table, a + 4) * w10 + gf(table, c + 1) * w01 + gf(table, c + 4) * w11
    b = gf(table, a + 2) * w00 + gf(table, a + 5) * w10 + gf(table, c + 2) * w01 + gf(table, c + 5) * w11
    ground = clamp01(dz * -12.0)
    r = r + (sf(light, at.GROUND_R) - r) * ground
    g = g + (sf(light, at.GROUND_G) - g) * ground
    b = b + (sf(light, at.GROUND_B) - b) * ground
    return r, g, b


@njit(**OPTIONS)
def disc_share(light, dx, dy, dz):
    """1 on the lit part of the sun's or moon's disc, 0 elsewhere: a ball that is lit from afar, its shadow's edge a little soft."""
    sx = sf(light, at.SUN_X)
    sy = sf(light, at.SUN_Y)
    sz = sf(light, at.SUN_Z)
    toward = dx * sx + dy * sy + dz * sz
    edge = sf(light, at.DISC_COS)
    inside = (toward > edge) & (dz > 0.0)
    share = vf(0.0)
    if vany(inside):
        scale = 1.0 / vsqrt(vmax(vf(1.0 - edge * edge), 1e-12))
        ux = (dx - sx * toward) * scale
        uy = (dy - sy * toward) * scale
        uz = (dz - sz * toward) * scale
        front = vsqrt(vmax(1.0 - ux * ux - uy * uy - uz * uz, 0.0))
        lx = sf(light, at.LIT_X)
        ly = sf(light, at.LIT_Y)
        lz = sf(light, at.LIT_Z)
        facing = ux * lx + uy * ly + uz * lz - front * (sx * lx + sy * ly + sz * lz)
        share = sel(inside, clamp01(facing * 12.0 + 0.5), 0.0)
    return share


@njit(**OPTIONS)
def sky_seen(table, size, light, dx, dy, dz):
    """What a camera ray that met nothing sees: sky and the disc of sun or moon, behind the fog layer."""
    r, g, b = sky_radiance(table, size, light, dx, dy, dz)
    disc = disc_share(light, dx, dy, dz)
    r = r + disc * sf(light, at.DISC_R)
    g = g + disc * sf(light, at.DISC_G)
    b = b + disc * sf(light, at.DISC_B)
    through = vexp(-(sf(light, at.FOG_LAYER) / vmax(dz, 0.01)))
    r = sf(light, at.FOG_R) + (r - sf(light, at.FOG_R)) * through
    g = sf(light, at.FOG_G) + (g - sf(light, at.FOG_G)) * through
    b = sf(light, at.FOG_B) + (b - sf(light, at.FOG_B)) * through
    return r, g, b


@njit(**OPTIONS)
def ambient(light, color, nx, ny, nz):
    """Irradiance / pi from sky and ground on a surface with this normal, for one colour 0-2 (never negative).

    Nine harmonics as in Ramamoorthi & Hanrahan, "An efficient representation for irradiance environment maps", 2001.
    """
    c = at.AMBIENT + color
    e = sf(light, c) + sf(light, c + 3) * ny + sf(light, c + 6) * nz + sf(light, c + 9) * nx
    e = e + sf(light, c + 12) * (nx * ny) + sf(light, c + 15) * (ny * nz) + sf(light, c + 18) * (3.0 * nz * nz - 1.0)
    e = e + sf(light, c + 21) * (nx * nz) + sf(light, c + 24) * (nx * nx - ny * ny)
    return vmax(e, 0.0)
