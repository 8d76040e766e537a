"""Indirect light: irradiance from sky and sunlit surroundings, interpolated between probes around the static world.

Probes stand on a grid over the land, at heights 2^k - 1 m above the ground. Each holds the irradiance of surfaces that face
its six axes (the ambient cube of McTaggart, "Half-Life 2 source shading", GDC 2004); a normal takes its share by the squares
of its components, which sum to one. Probes behind a surface count little, so that light does not leak through walls
(Majercik et al., "Dynamic diffuse global illumination with ray-traced irradiance fields", JCGT 2019). rendering.probes fills them.
Tested by tests/rendering/test_probes.py.
"""

from __future__ import annotations

from numba import njit

from rendering.kernels import layout as at
from rendering.kernels.lane_math import OPTIONS, vlog2
from rendering.kernels.lanes import (
    LANES,
    f2i,
    gf,
    ldf,
    lowest_bit,
    mask_bits,
    sel,
    sf,
    si,
    stf,
    sti,
    vf,
    vfloor,
    vi,
    vmax,
    vmin,
    vsqrt,
)  # fmt: skip
from rendering.kernels.sky import ambient

_OFFSET_M = 0.35
"""Points are looked up this far along their normal, away from the solid they belong to."""
_LEAST_FACING = 0.04


@njit(**OPTIONS)
def _put_faces(s, first, x, y, z):
    """Shares of the six faces for a unit direction, into six rows from `first` on."""
    x2 = x * x
    y2 = y * y
    z2 = z * z
    stf(s, first, sel(x > 0.0, x2, 0.0))
    stf(s, first + 1, sel(x > 0.0, 0.0, x2))
    stf(s, first + 2, sel(y > 0.0, y2, 0.0))
    stf(s, first + 3, sel(y > 0.0, 0.0, y2))
    stf(s, first + 4, sel(z > 0.0, z2, 0.0))
    stf(s, first + 5, sel(z > 0.0, 0.0, z2))


@njit(**OPTIONS)
def indirect(tables, s, hit, px, py, pz, nx, ny, nz, mirrored, rx, ry, rz):
    """Irradiance / pi RGB at each lane's point for its normal, and for a second direction r where `mirrored`.

    Uses the rows FACES and CELL of block `s`. Without probes the open sky's harmonics.
    """
    if tables[at.PROBE_COUNT] == 0:
        light = tables[at.LIGHT]
        er = ambient(light, 0, nx, ny, nz)
        eg = ambient(light, 1, nx, ny, nz)
        eb = ambient(light, 2, nx, ny, nz)
        if mirrored:
            return (
                er,
                eg,
                eb,
                ambient(light, 0, rx, ry, rz),
                ambient(light, 1, rx, ry, rz),
                ambient(light, 2, rx, ry, rz),
            )
        return er, eg, eb, er, eg, eb
    return _between_probes(tables, s, hit, px, py, pz, nx, ny, nz, mirrored, rx, ry, rz)


@njit(**OPTIONS)
def _between_probes(tables, s, hit, px, py, pz, nx, ny, nz, mirrored, rx, ry, rz):
    grid = tables[at.PROBE_GRID]
    inverse = sf(grid, at.GRID_INVERSE_M)
    columns = int(sf(grid, at.GRID_COLUMNS))
    rows = int(sf(grid, at.GRID_ROWS))
    x = vmin(vmax((px + nx * _OFFSET_M - sf(grid, at.GRID_X)) * inverse, 0.0), float(columns) - 1.001)
    y = vmin(vmax((py + ny * _OFFSET_M - sf(grid, at.GRID_Y)) * inverse, 0.0), float(rows) - 1.001)
    ix = f2i(x)
    iy = f2i(y)
    fx = x - vfloor(x)
    fy = y - vfloor(y)
    column = iy * columns + ix
    bases = tables[at.PROBE_BASES]
    low = gf(bases, column) * (1.0 - fx) + gf(bases, column + 1) * fx
    high = gf(bases, column + columns) * (1.0 - fx) + gf(bases, column + (columns + 1)) * fx
    height = vmax(pz + nz * _OFFSET_M - (low + (high - low) * fy), 0.0)
    level = vmin(vlog2(1.0 + height), float(at.PROBE_LEVELS) - 1.001)
    ik = f2i(level)
    fk = level - vfloor(level)
    _put_faces(s, at.FACES, nx, ny, nz)
    if mirrored:
        _put_faces(s, at.FACES + 6, rx, ry, rz)
    cell = column * at.PROBE_LEVELS + ik
    sti(s, at.CELL, cell)
    er = vf(0.0)
    eg = vf(0.0)
    eb = vf(0.0)
    kr = vf(0.0)
    kg = vf(0.0)
    kb = vf(0.0)
    pending = mask_bits(hit)
    while pending != 0:
        first = si(s, at.CELL * LANES + lowest_bit(pending))
        same = hit & (cell == vi(first))
        a, b, c, d, e, f = _cell_light(
            tables, s, first, columns, 1.0 / inverse, fx, fy, fk, height, nx, ny, nz, mirrored
        )
        er = sel(same, a, er)
        eg = sel(same, b, eg)
        eb = sel(same, c, eb)
        if mirrored:
            kr = sel(same, d, kr)
            kg = sel(same, e, kg)
            kb = sel(same, f, kb)
        pending = pending & ~mask_bits(same)
    return er, eg, eb, kr, kg, kb


@njit(**OPTIONS)
def _cell_light(tables, s, first, columns, spacing, fx, fy, fk, height, nx, ny, nz, mirrored):
    """Interpolation in one cell, whose lowest probe is `first`, for all lanes (those of other cells get nonsense)."""
    probes = tables[at.PROBES]
    total = vf(1e-6)
    er = vf(0.0)
    eg = vf(0.0)
    eb = vf(0.0)
    kr = vf(0.0)
    kg = vf(0.0)
    kb = vf(0.0)
    level = first % at.PROBE_LEVELS
    for corner in range(8):
        across = corner & 1
        along = (corner >> 1) & 1
        up = corner >> 2
        wx = fx if across == 1 else 1.0 - fx
        wy = fy if along == 1 else 1.0 - fy
        wk = fk if up == 1 else 1.0 - fk
        k = (first + (along * columns + across) * at.PROBE_LEVELS + up) * at.PROBE_STRIDE
        dx = (float(across) - fx) * spacing
        dy = (float(along) - fy) * spacing
        dz = float((1 << (level + up)) - 1) + 0.4 - height
        cosine = (dx * nx + dy * ny + dz * nz) / vsqrt(dx * dx + dy * dy + dz * dz + 0.01)
        front = cosine * 0.5 + 0.5
        w = (wx * wy * wk + 1e-4) * sf(probes, k + at.PROBE_WEIGHT) * (front * front + _LEAST_FACING)
        total = total + w
        for face in range(6):
            r = sf(probes, k + face * 3)
            g = sf(probes, k + face * 3 + 1)
            b = sf(probes, k + face * 3 + 2)
            share = w * ldf(s, at.FACES + face)
            er = er + share * r
            eg = eg + share * g
            eb = eb + share * b
            if mirrored:
                share = w * ldf(s, at.FACES + 6 + face)
                kr = kr + share * r
                kg = kg + share * g
                kb = kb + share * b
    scale = 1.0 / total
    return er * scale, eg * scale, eb * scale, kr * scale, kg * scale, kb * scale
