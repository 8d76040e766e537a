"""Rays of range sensors: packets from a list of directions through Embree to distance, identity and angle of incidence.

No light, no texture. Threads take blocks of packets from a shared counter; a ray's result depends on nothing but the ray, so
the answers are the same bytes for any number of threads. Tested by tests/rendering/test_ray_hits.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from rendering import embree as row
from rendering.kernels import layout as at
from rendering.kernels.embree_calls import embree_packet
from rendering.kernels.lane_math import OPTIONS
from rendering.kernels.lanes import (
    LANES,
    f2i,
    fetch_add,
    gf,
    gi,
    lane_index,
    ldf,
    ldi,
    m2i,
    sel,
    stf,
    sti,
    vabs,
    vf,
    vi,
    vsqrt,
)  # fmt: skip
from rendering.kernels.surface import met_slot

# int64 entries of the table of one cast
(
    COUNTER, SCENE, INTERSECT, ARGUMENTS, COUNT, STRIDE, DIRECTIONS, STARTS, TRANSFORMS, INSTANCES, TRIANGLES, MATERIALS,
    SLOT_COLORS, OUT, ENTRIES,
) = range(15)  # fmt: skip
OUT_DISTANCE, OUT_COSINE, OUT_REFLECTIVITY, OUT_INSTANCE, OUT_CLASS, OUT_ROWS = range(6)
"""Rows of the answers, each STRIDE values of 32 bits: three of float32, then two of int32."""

BLOCK = 32
_VALID = row.RAY_HIT_ROWS + 3
"""Row of the packet's valid lanes; rows of all packets are aligned to a packet."""
SCRATCH_ROWS = _VALID + 1
_ROW_BYTES = 4 * LANES
_THIRD = 1.0 / 3.0
_LEAST = np.float32(2e-6)
"""Least size of a component of a direction: 0.2 mm at 100 m."""


@njit(**OPTIONS)
def cast_rays(tables, pose, reach_m, scratch):
    """Cast rays until the counter runs out.

    `tables` int64 (ENTRIES,); `pose` (12,) float32, scene_from_sensor by rows; directions are rows x, y, z of STRIDE unit
    vectors in the sensor's frame. STARTS, when not 0: rows x, y, z of where each ray begins in that frame and from which
    distance on hits count. Hits beyond `reach_m` are misses, whose distance is inf.
    """
    packets = (tables[COUNT] + LANES - 1) // LANES
    while True:
        first = fetch_add(tables[COUNTER], 1) * BLOCK
        if first >= packets:
            break
        for packet in range(first, min(first + BLOCK, packets)):
            _load(tables, pose, np.float32(reach_m), scratch, packet)
            embree_packet(tables[INTERSECT], scratch + _VALID * _ROW_BYTES, tables[SCENE], scratch, tables[ARGUMENTS])
            _answer(tables, scratch, packet)


@njit(**OPTIONS)
def _load(tables, pose, reach_m, s, packet):
    step = tables[STRIDE] // LANES
    base = tables[DIRECTIONS]
    x = ldf(base, packet)
    y = ldf(base, packet + step)
    z = ldf(base, packet + 2 * step)
    stf(s, row.DIRECTION_X, _aside(x * pose[0] + y * pose[1] + z * pose[2]))
    stf(s, row.DIRECTION_Y, _aside(x * pose[4] + y * pose[5] + z * pose[6]))
    stf(s, row.DIRECTION_Z, _aside(x * pose[8] + y * pose[9] + z * pose[10]))
    starts = tables[STARTS]
    if starts != 0:
        x = ldf(starts, packet)
        y = ldf(starts, packet + step)
        z = ldf(starts, packet + 2 * step)
        stf(s, row.ORIGIN_X, x * pose[0] + y * pose[1] + z * pose[2] + pose[3])
        stf(s, row.ORIGIN_Y, x * pose[4] + y * pose[5] + z * pose[6] + pose[7])
        stf(s, row.ORIGIN_Z, x * pose[8] + y * pose[9] + z * pose[10] + pose[11])
        stf(s, row.T_NEAR, ldf(starts, packet + 3 * step))
    else:
        stf(s, row.ORIGIN_X, vf(pose[3]))
        stf(s, row.ORIGIN_Y, vf(pose[7]))
        stf(s, row.ORIGIN_Z, vf(pose[11]))
        stf(s, row.T_NEAR, 0.0)
    stf(s, row.TIME, 1.0)
    stf(s, row.T_FAR, vf(reach_m))
    sti(s, row.MASK, -1)
    sti(s, row.FLAGS, 0)
    sti(s, row.GEOMETRY, -1)
    sti(s, row.INSTANCE, -1)
    sti(s, _VALID, m2i(lane_index() + vi(packet * LANES) < tables[COUNT]))


@njit(**OPTIONS)
def _aside(component):
    """A component of a direction, kept off zero: a packet with a ray exactly along an axis can lose hits in Embree."""
    return sel(vabs(component) < _LEAST, vf(_LEAST), component)


@njit(**OPTIONS)
def _answer(tables, s, packet):
    step = tables[STRIDE] // LANES
    hit = ldi(s, row.GEOMETRY) != -1
    slot = met_slot(s, hit)
    primitive = sel(hit, ldi(s, row.PRIMITIVE), vi(0))
    instance = slot * at.INSTANCE_STRIDE
    out = tables[OUT]
    stf(out, packet + OUT_DISTANCE * step, sel(hit, ldf(s, row.T_FAR), vf(np.inf)))
    stf(out, packet + OUT_COSINE * step, sel(hit, _incidence(tables, s, slot), vf(0.0)))
    triangle = gi(tables[INSTANCES], instance + at.TRIANGLE_START) + primitive
    material = gi(tables[TRIANGLES], triangle * at.TRIANGLE_STRIDE + 3) & 0xFFFF
    stf(out, packet + OUT_REFLECTIVITY * step, sel(hit, _reflectivity(tables, slot, material), vf(0.0)))
    sti(out, packet + OUT_INSTANCE * step, sel(hit, gi(tables[INSTANCES], instance + at.INSTANCE_ID), vi(0)))
    sti(out, packet + OUT_CLASS * step, sel(hit, gi(tables[INSTANCES], instance + at.SEMANTIC), vi(0)))


@njit(**OPTIONS)
def _incidence(tables, s, slot):
    """Cosine between the reversed ray and the surface's normal on the ray's side; normals come in the mesh's own frame."""
    pose = tables[TRANSFORMS]
    k = slot * at.TRANSFORM_STRIDE
    x = ldf(s, row.NORMAL_X)
    y = ldf(s, row.NORMAL_Y)
    z = ldf(s, row.NORMAL_Z)
    nx = gf(pose, k) * x + gf(pose, k + 1) * y + gf(pose, k + 2) * z
    ny = gf(pose, k + 4) * x + gf(pose, k + 5) * y + gf(pose, k + 6) * z
    nz = gf(pose, k + 8) * x + gf(pose, k + 9) * y + gf(pose, k + 10) * z
    along = nx * ldf(s, row.DIRECTION_X) + ny * ldf(s, row.DIRECTION_Y) + nz * ldf(s, row.DIRECTION_Z)
    length = vsqrt(nx * nx + ny * ny + nz * nz)
    return sel(length > 0.0, vabs(along) / length, vf(0.0))


@njit(**OPTIONS)
def _reflectivity(tables, slot, material):
    """Mean of the albedo's three colours, of the instance's own colour where the material leaves it to the instance."""
    table = tables[MATERIALS]
    k = material * at.MATERIAL_STRIDE
    color_slot = gf(table, k + at.COLOR_SLOT)
    own = (gf(table, k) + gf(table, k + 1) + gf(table, k + 2)) * _THIRD
    painted = color_slot >= 0.0
    colors = tables[SLOT_COLORS]
    c = slot * at.SLOT_STRIDE + sel(painted, f2i(color_slot), vi(0)) * 3
    paint = (gf(colors, c) + gf(colors, c + 1) + gf(colors, c + 2)) * _THIRD
    return sel(painted, paint, own)
