"""Which pixels an object would cover if nothing stood in front: its own instances traced alone, near its bounding sphere."""

from __future__ import annotations

import numpy as np
from numba import njit

from rendering import embree as row
from rendering.kernels import layout as at
from rendering.kernels.embree_calls import embree_packet
from rendering.kernels.frame import load_rays
from rendering.kernels.lane_math import OPTIONS
from rendering.kernels.lanes import LANES, TILE_HEIGHT, TILE_WIDTH, fetch_add, sf, si
from rendering.kernels.shade import ROW_BYTES

BLOCK = 8
_ALL = -1


@njit(**OPTIONS)
def block_cones(directions, rows, columns):
    """Cones (blocks, 4) around the rays of each block of BLOCK x BLOCK tiles: axis in camera axes, half angle in rad.

    A block without any ray has half angle -10. `directions` is the address of the packed tiles.
    """
    block_columns = (columns + BLOCK - 1) // BLOCK
    block_rows = (rows + BLOCK - 1) // BLOCK
    cones = np.zeros((block_rows * block_columns, 4))
    for block in range(len(cones)):
        axis = np.zeros(3)
        for sweep in range(2):
            lowest = 1.0
            for tile_y in range((block // block_columns) * BLOCK, min((block // block_columns + 1) * BLOCK, rows)):
                for tile_x in range((block % block_columns) * BLOCK, min((block % block_columns + 1) * BLOCK, columns)):
                    first = (tile_y * columns + tile_x) * 3 * LANES
                    for lane in range(LANES):
                        x = sf(directions, first + lane)
                        y = sf(directions, first + LANES + lane)
                        z = sf(directions, first + 2 * LANES + lane)
                        if sweep == 0:
                            axis += np.array([x, y, z])
                        elif x * x + y * y + z * z > 0.5:
                            lowest = min(lowest, x * axis[0] + y * axis[1] + z * axis[2])
            length = np.sqrt((axis * axis).sum())
            if sweep == 0 and length > 0.0:
                axis /= length
        cones[block, :3] = axis
        cones[block, 3] = np.arccos(max(-1.0, lowest)) + 1e-3 if length > 0.0 else -10.0
    return cones


@njit(**OPTIONS)
def trace_alone(tables, scratch, cones, scenes, spheres, found, masks):
    """For each object until the counter runs out: pixels whose centre ray hits it alone.

    `scenes` (N,) trees, `spheres` (N, 4) centre and radius; `found` (N, 5) count, x_min, y_min, x_max, y_max. `masks`
    (M, H, W) uint8 zeros, M = N or 0 for no masks, get ones. Blocks and tiles whose rays all pass outside the sphere are
    skipped.
    """
    rows = (tables[at.HEIGHT] + TILE_HEIGHT - 1) // TILE_HEIGHT
    columns = (tables[at.WIDTH] + TILE_WIDTH - 1) // TILE_WIDTH
    block_columns = (columns + BLOCK - 1) // BLOCK
    while True:
        item = fetch_add(tables[at.COUNTER], 1)
        if item >= len(scenes):
            break
        for block in range(len(cones)):
            top = (block // block_columns) * BLOCK
            if not _cone_touches(tables, top, cones[block], spheres[item]):
                continue
            for tile_y in range(top, min(top + BLOCK, rows)):
                left = (block % block_columns) * BLOCK
                for tile_x in range(left, min(left + BLOCK, columns)):
                    if _may_touch(tables, tile_x, tile_y, columns, spheres[item]):
                        _trace_tile(tables, scratch, scenes[item], tile_x, tile_y, found[item], masks, item)


@njit(**OPTIONS)
def _trace_tile(tables, scratch, scene, tile_x, tile_y, found, masks, item):
    if not load_rays(tables, scratch, tile_x, tile_y, _ALL):
        return
    embree_packet(tables[at.INTERSECT], scratch + at.VALID * ROW_BYTES, scene, scratch, tables[at.COHERENT_ARGUMENTS])
    for lane in range(LANES):
        x = tile_x * TILE_WIDTH + lane % TILE_WIDTH
        y = tile_y * TILE_HEIGHT + lane // TILE_WIDTH
        valid = si(scratch, at.VALID * LANES + lane) != 0
        if valid and si(scratch, row.GEOMETRY * LANES + lane) != -1:
            found[0] += 1
            found[1] = min(found[1], x)
            found[2] = min(found[2], y)
            found[3] = max(found[3], x)
            found[4] = max(found[4], y)
            if item < len(masks):
                masks[item, y, x] = 1


@njit(**OPTIONS)
def _cone_touches(tables, tile_y, cone, sphere):
    """Whether a block's cone comes within the sphere; the slack covers how far the camera turns within the block's rows."""
    pose = tables[at.ROW_POSES]
    y = min(tile_y * TILE_HEIGHT, tables[at.HEIGHT] - 1) * 12
    ox = sphere[0] - sf(pose, y + 3)
    oy = sphere[1] - sf(pose, y + 7)
    oz = sphere[2] - sf(pose, y + 11)
    distance = np.sqrt(ox * ox + oy * oy + oz * oz)
    if distance <= sphere[3] * 1.05 + 0.1:
        return cone[3] >= 0.0
    cx = sf(pose, y) * ox + sf(pose, y + 4) * oy + sf(pose, y + 8) * oz
    cy = sf(pose, y + 1) * ox + sf(pose, y + 5) * oy + sf(pose, y + 9) * oz
    cz = sf(pose, y + 2) * ox + sf(pose, y + 6) * oy + sf(pose, y + 10) * oz
    cosine = (cone[0] * cx + cone[1] * cy + cone[2] * cz) / distance
    reach = np.arcsin(min(1.0, (sphere[3] + 0.1) / distance)) + cone[3] + 0.01
    return np.arccos(max(-1.0, min(1.0, cosine))) <= reach


@njit(**OPTIONS)
def _may_touch(tables, tile_x, tile_y, columns, sphere):
    """Whether any ray of a tile can come within the sphere: the cone around the tile's rays against the sphere's cone."""
    tile = (tile_y * columns + tile_x) * 3 * LANES
    directions = tables[at.DIRECTION_TILES]
    pose = tables[at.ROW_POSES]
    y = min(tile_y * TILE_HEIGHT, tables[at.HEIGHT] - 1) * 12
    ox = sphere[0] - sf(pose, y + 3)
    oy = sphere[1] - sf(pose, y + 7)
    oz = sphere[2] - sf(pose, y + 11)
    distance = np.sqrt(ox * ox + oy * oy + oz * oz)
    if distance <= sphere[3] * 1.01:
        return True
    cx = sf(pose, y) * ox + sf(pose, y + 4) * oy + sf(pose, y + 8) * oz
    cy = sf(pose, y + 1) * ox + sf(pose, y + 5) * oy + sf(pose, y + 9) * oz
    cz = sf(pose, y + 2) * ox + sf(pose, y + 6) * oy + sf(pose, y + 10) * oz
    corner = LANES - 1
    ax = sf(directions, tile)
    ay = sf(directions, tile + LANES)
    az = sf(directions, tile + 2 * LANES)
    bx = sf(directions, tile + corner)
    by = sf(directions, tile + LANES + corner)
    bz = sf(directions, tile + 2 * LANES + corner)
    if ax * ax + ay * ay + az * az < 0.5 or bx * bx + by * by + bz * bz < 0.5:
        return True
    spread = np.sqrt((ax - bx) ** 2 + (ay - by) ** 2 + (az - bz) ** 2)
    cosine = min(1.0, (ax * cx + ay * cy + az * cz) / distance)
    reach = np.arcsin(min(1.0, sphere[3] / distance)) + 1.5 * spread + 1e-3
    return np.arccos(max(-1.0, cosine)) <= reach
