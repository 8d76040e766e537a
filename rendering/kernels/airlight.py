"""Light that the air itself sends to the camera: spray behind vehicles, and the glow of lamps in fog, over a finished picture.

Spray: ellipsoids in which the extinction is k (1 - q²)², q being the distance from the middle in half axes. Along a ray that is a
polynomial of the way, so the optical depth between camera and surface is exact. Each lets exp(-depth) of what is behind through
and adds its own light for the rest.

Glow: single scattering of a lamp's light along the ray (Sun, Ramamoorthi, Narasimhan & Nayar, "A practical analytic single
scattering model for real time rendering", SIGGRAPH 2005). In the angle seen from the lamp the inverse square of the distance
cancels, and what is left is smooth: intensity of the lamp, phase function, and loss over both ways,
summed at Gauss and Legendre's eight angles.
Phase function: Henyey & Greenstein 1941. Labels are not touched. Tested by tests/rendering/test_airlight.py.
"""

from __future__ import annotations

from numba import njit

from rendering.kernels import layout as at
from rendering.kernels.lamps import beam_share
from rendering.kernels.lane_math import OPTIONS, smoothstep, vexp
from rendering.kernels.lanes import (
    LANES,
    TILE_HEIGHT,
    TILE_WIDTH,
    fetch_add,
    gf,
    lane_index,
    lane_y,
    ldf,
    put_f32,
    sel,
    sf,
    stf,
    vabs,
    vany,
    vf,
    vi,
    vmax,
    vmin,
    vsqrt,
)  # fmt: skip

BLOB_STRIDE = 12
"""A cloud of spray: middle about the origin 3, cosine and sine of its yaw, half axes 3 in m, extinction in its middle 1/m, its
light RGB in cd/m²."""
FORWARD = 0.75
"""Mean cosine of scattering by fog droplets in visible light, 0.8 to 0.87 by Mie theory; lower, as part of it is scattered again."""
_GAPS = (0.0198551, 0.0818116, 0.1355671, 0.1710488, 0.1834346, 0.1710488, 0.1355671, 0.0818116)
_WEIGHTS = (0.0506143, 0.1111905, 0.1568533, 0.1813419, 0.1813419, 0.1568533, 0.1111905, 0.0506143)
"""Gauss & Legendre's eight angles between 0 and 1: the steps from one to the next, and what each counts."""
_LEAST_M = 0.05
_INV_4PI = 0.0795774715
_PI = 3.14159265


@njit(**OPTIONS)
def veil_rows(tables, scratch, blobs, blob_count, lamps, lamp_count):
    """Draw spray and glow over rows of tiles until the counter runs out; `blobs`, `lamps` addresses of float32 rows."""
    rows = (tables[at.HEIGHT] + TILE_HEIGHT - 1) // TILE_HEIGHT
    columns = (tables[at.WIDTH] + TILE_WIDTH - 1) // TILE_WIDTH
    while True:
        tile_y = fetch_add(tables[at.COUNTER], 1)
        if tile_y >= rows:
            break
        for tile_x in range(columns):
            _tile(tables, scratch, tile_x, tile_y, columns, blobs, blob_count, lamps, lamp_count)


@njit(**OPTIONS)
def _tile(tables, s, tile_x, tile_y, columns, blobs, blob_count, lamps, lamp_count):
    width = tables[at.WIDTH]
    height = tables[at.HEIGHT]
    tile = (tile_y * columns + tile_x) * 3
    cx = ldf(tables[at.DIRECTION_TILES], tile)
    cy = ldf(tables[at.DIRECTION_TILES], tile + 1)
    cz = ldf(tables[at.DIRECTION_TILES], tile + 2)
    valid = (cx * cx + cy * cy + cz * cz) > 0.0
    if not vany(valid):
        return
    y = lane_y() + vi(tile_y * TILE_HEIGHT)
    y = sel(y < height, y, vi(height - 1))
    x = (lane_index() & (TILE_WIDTH - 1)) + vi(tile_x * TILE_WIDTH)
    x = sel(x < width, x, vi(width - 1))
    pixel = y * width + x
    pose = tables[at.ROW_POSES]
    k = y * 12
    dx = gf(pose, k) * cx + gf(pose, k + 1) * cy + gf(pose, k + 2) * cz
    dy = gf(pose, k + 4) * cx + gf(pose, k + 5) * cy + gf(pose, k + 6) * cz
    dz = gf(pose, k + 8) * cx + gf(pose, k + 9) * cy + gf(pose, k + 10) * cz
    ox = gf(pose, k + 3)
    oy = gf(pose, k + 7)
    oz = gf(pose, k + 11)
    t = sel(valid, gf(tables[at.OUT_RANGE], pixel), 0.0)
    r = gf(tables[at.OUT_RADIANCE], pixel * 3)
    g = gf(tables[at.OUT_RADIANCE], pixel * 3 + 1)
    b = gf(tables[at.OUT_RADIANCE], pixel * 3 + 2)
    changed = False
    for i in range(lamp_count):
        seen = _glow(tables[at.LIGHT], lamps, i * at.LAMP_STRIDE, ox, oy, oz, dx, dy, dz, t)
        if vany(seen > 0.0):
            changed = True
            r = r + seen * sf(lamps, i * at.LAMP_STRIDE + at.LAMP_R)
            g = g + seen * sf(lamps, i * at.LAMP_STRIDE + at.LAMP_G)
            b = b + seen * sf(lamps, i * at.LAMP_STRIDE + at.LAMP_B)
    for i in range(blob_count):
        depth = blob_depth(blobs, i * BLOB_STRIDE, ox, oy, oz, dx, dy, dz, t)
        if vany(depth > 0.0):
            changed = True
            through = vexp(-depth)
            r = _veiled(blobs, i, 0, r, through)
            g = _veiled(blobs, i, 1, g, through)
            b = _veiled(blobs, i, 2, b, through)
    if changed:
        _store(tables, s, tile_x, tile_y, valid, r, g, b)


@njit(**OPTIONS)
def _veiled(blobs, i, channel, behind, through):
    own = sf(blobs, i * BLOB_STRIDE + 9 + channel)
    return own + (behind - own) * through


@njit(**OPTIONS)
def _store(tables, s, tile_x, tile_y, valid, r, g, b):
    """Write the pixels of a tile that lie in the image; scratch rows OUT_R to OUT_B and OUT_T hold them for a moment."""
    stf(s, at.OUT_R, r)
    stf(s, at.OUT_G, g)
    stf(s, at.OUT_B, b)
    stf(s, at.OUT_T, sel(valid, vf(1.0), vf(0.0)))
    for lane in range(LANES):
        x = tile_x * TILE_WIDTH + lane % TILE_WIDTH
        y = tile_y * TILE_HEIGHT + lane // TILE_WIDTH
        if x < tables[at.WIDTH] and y < tables[at.HEIGHT] and sf(s, at.OUT_T * LANES + lane) > 0.0:
            for channel in range(3):
                value = sf(s, (at.OUT_R + channel) * LANES + lane)
                put_f32(tables[at.OUT_RADIANCE], (y * tables[at.WIDTH] + x) * 3 + channel, value)


@njit(**OPTIONS)
def blob_depth(blobs, k, ox, oy, oz, dx, dy, dz, t):
    """Optical depth of one cloud of spray along rays from o in direction d, as far as t."""
    c = sf(blobs, k + 3)
    n = sf(blobs, k + 4)
    px = ox - sf(blobs, k)
    py = oy - sf(blobs, k + 1)
    pz = oz - sf(blobs, k + 2)
    a = 1.0 / sf(blobs, k + 5)
    e = 1.0 / sf(blobs, k + 6)
    f = 1.0 / sf(blobs, k + 7)
    qx = (px * c + py * n) * a
    qy = (py * c - px * n) * e
    qz = pz * f
    vx = (dx * c + dy * n) * a
    vy = (dy * c - dx * n) * e
    vz = dz * f
    square = vmax(vx * vx + vy * vy + vz * vz, 1e-12)
    middle = -(qx * vx + qy * vy + qz * vz) / square
    inner = 1.0 - (qx * qx + qy * qy + qz * qz) + middle * middle * square
    half = vsqrt(vmax(inner, 0.0) / square)
    low = vmax(-half, -middle)
    high = vmin(half, t - middle)
    # the integral of (inner - square s²)² ds
    depth = _primitive(inner, square, high) - _primitive(inner, square, low)
    return sel((inner > 0.0) & (high > low), depth * sf(blobs, k + 8), 0.0)


@njit(**OPTIONS)
def _primitive(inner, square, s):
    s2 = s * s
    return s * (inner * inner - s2 * (inner * square * (2.0 / 3.0)) + s2 * s2 * (square * square * 0.2))


@njit(**OPTIONS)
def _arctan(x):
    """arctan within 1e-5 rad: Abramowitz & Stegun 1964, 4.4.49, beyond 1 by the complement."""
    large = vabs(x) > 1.0
    z = sel(large, 1.0 / sel(large, x, 1.0), x)
    q = z * z
    p = z * (0.9998660 + q * (-0.3302995 + q * (0.1801410 + q * (-0.0851330 + q * 0.0208351))))
    return sel(large, sel(x > 0.0, 0.5 * _PI - p, -0.5 * _PI - p), p)


@njit(**OPTIONS)
def _small_tan(x):
    """tan of up to 0.6 rad, within 3e-5."""
    q = x * x
    return x * (1.0 + q * (1.0 / 3.0 + q * (2.0 / 15.0 + q * (17.0 / 315.0 + q * (62.0 / 2835.0)))))


@njit(**OPTIONS)
def _glow(light, lamps, k, ox, oy, oz, dx, dy, dz, t):
    """Radiance for each candela of a lamp's reference intensity that the fog along the ray scatters to the camera."""
    fog = sf(light, at.FOG_PER_M)
    start = sf(light, at.FOG_START_M)
    lx = sf(lamps, k + at.LAMP_X) - ox
    ly = sf(lamps, k + at.LAMP_Y) - oy
    lz = sf(lamps, k + at.LAMP_Z) - oz
    along = lx * dx + ly * dy + lz * dz
    # towards the ray's nearest point from the lamp
    ax = dx * along - lx
    ay = dy * along - ly
    az = dz * along - lz
    off = vsqrt(ax * ax + ay * ay + az * az)
    across = vmax(off, _LEAST_M)
    reach = sf(lamps, k + at.LAMP_REACH)
    low = vmax(start - along, -reach)
    high = vmin(t - along, reach)
    lit = (high > low) & (across < reach)
    if not vany(lit):
        return vf(0.0)
    first = low / across
    angle = vmax(_arctan(high / across) - _arctan(first), 0.0)
    tangent = first
    total = vf(0.0)
    inverse = 1.0 / across
    for node in range(8):
        turn = _small_tan(angle * _GAPS[node])
        bottom = 1.0 - tangent * turn
        tangent = (tangent + turn) / sel(vabs(bottom) > 1e-6, bottom, vf(1e-6))
        secant = vsqrt(1.0 + tangent * tangent)
        distance = across * secant
        scale = 1.0 / distance
        s = tangent * across
        ux = (ax + dx * s) * scale
        uy = (ay + dy * s) * scale
        uz = (az + dz * s) * scale
        cosine = -(ux * dx + uy * dy + uz * dz)
        base = 1.0 + FORWARD * FORWARD - 2.0 * FORWARD * cosine
        phase = (1.0 - FORWARD * FORWARD) * _INV_4PI / (base * vsqrt(base))
        way = distance + vmax(along + s - start, 0.0)
        fade = smoothstep(reach - distance, 0.0, 0.3 * reach)
        total = total + beam_share(lamps, k, ux, uy, uz) * phase * vexp(-(fog * way)) * fade * _WEIGHTS[node]
    return sel(lit, total * angle * inverse * fog, 0.0)
