"""Which pixels an object would cover if nothing stood in front: its own instances traced alone, near its bounding sphere."""

from __future__ import annotations

import numpy as np
from numba import njit

from rendering import embree as row
from rendering.kernels import layout as at
from rendering.kernels.frame import load_rays
from rendering.kernels.lane_math import OPTIONS
from rendering.kernels.lanes import LANES, TILE_HEIGHT, TILE_WIDTH, embree_packet, sf, si
from rendering.kernels.shade import ROW_BYTES

_ALL = -1


@njit(**OPTIONS)
def trace_alone(tables, scratch, scene, sphere, found):
    """Count pixels whose centre ray hits `scene`, into `found` (count, x_min, y_min, x_max, y_max).

    Tiles whose rays all pass outside `sphere` (centre, radius; float64) are skipped.
    """
    rows = (tables[at.HEIGHT] + TILE_HEIGHT - 1) // TILE_HEIGHT
    columns = (tables[at.WIDTH] + TILE_WIDTH - 1) // TILE_WIDTH
    for tile_y in range(rows):
        for tile_x in range(columns):
            if not _may_touch(tables, tile_x, tile_y, columns, sphere):
                continue
            if not load_rays(tables, scratch, tile_x, tile_y, _ALL):
                continue
            embree_packet(
                tables[at.INTERSECT], scratch + at.VALID * ROW_BYTES, scene, scratch, tables[at.COHERENT_ARGUMENTS]
            )
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
