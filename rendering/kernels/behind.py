"""What stands behind glass: the rays that met a pane, traced on to the first thing that is no pane.

Only the direction's own continuation is followed (a thin pane does not bend rays), through at most PANES panes.
Tested by tests/rendering/test_soft_things.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from rendering import embree as row
from rendering.kernels import layout as at
from rendering.kernels.embree_calls import embree_packet
from rendering.kernels.frame import load_rays
from rendering.kernels.lane_math import OPTIONS
from rendering.kernels.lanes import (
    LANES,
    TILE_HEIGHT,
    TILE_WIDTH,
    fetch_add,
    ldf,
    ldi,
    put_f32,
    put_i32,
    sel,
    sf,
    si,
    stf,
    sti,
    vany,
    vmax,
)
from rendering.kernels.shade import ROW_BYTES, shade

PANES = 8
_ON_M = 0.001
"""A ray goes on this far (and 0.02 % more) behind a pane, so that it does not meet it again."""


@njit(**OPTIONS)
def look_behind(tables, scratch, part, pane, range_m, instance, semantic, behind_part, behind_range):
    """Fill the layer behind glass, tile rows until the counter runs out; `part` and `range_m` are the frame's own labels.

    `pane` is the part number of glass. Pixels whose first surface is no pane get 0 and inf. All arrays (H, W).
    """
    rows = (tables[at.HEIGHT] + TILE_HEIGHT - 1) // TILE_HEIGHT
    columns = (tables[at.WIDTH] + TILE_WIDTH - 1) // TILE_WIDTH
    while True:
        tile_y = fetch_add(tables[at.COUNTER], 1)
        if tile_y >= rows:
            break
        for tile_x in range(columns):
            _clear(tile_x, tile_y, instance, semantic, behind_part, behind_range)
            if _start(tables, scratch, tile_x, tile_y, part, pane, range_m):
                _follow(tables, scratch, pane)
                _store(scratch, tile_x, tile_y, part, pane, instance, semantic, behind_part, behind_range)


@njit(**OPTIONS)
def _clear(tile_x, tile_y, instance, semantic, behind_part, behind_range):
    height, width = instance.shape
    for y in range(tile_y * TILE_HEIGHT, min((tile_y + 1) * TILE_HEIGHT, height)):
        for x in range(tile_x * TILE_WIDTH, min((tile_x + 1) * TILE_WIDTH, width)):
            instance[y, x] = 0
            semantic[y, x] = 0
            behind_part[y, x] = 0
            behind_range[y, x] = np.inf


@njit(**OPTIONS)
def _start(tables, s, tile_x, tile_y, part, pane, range_m):
    """Set up the rays of a tile's panes, from just behind them on; False where the tile shows none."""
    found = False
    height, width = part.shape
    for lane in range(LANES):
        y, x = tile_y * TILE_HEIGHT + lane // TILE_WIDTH, tile_x * TILE_WIDTH + lane % TILE_WIDTH
        found = found or (y < height and x < width and part[y, x] == pane)
    if not found:
        return False
    load_rays(tables, s, tile_x, tile_y, at.CAMERA_MASK)
    for lane in range(LANES):
        y, x = tile_y * TILE_HEIGHT + lane // TILE_WIDTH, tile_x * TILE_WIDTH + lane % TILE_WIDTH
        if y < height and x < width and part[y, x] == pane:
            put_f32(s, row.T_NEAR * LANES + lane, range_m[y, x] * 1.0002 + _ON_M)
        else:
            put_i32(s, at.VALID * LANES + lane, 0)
    return True


@njit(**OPTIONS)
def _follow(tables, s, pane):
    """Trace the packet on until no ray ends on a pane; its labels are then in the OUT rows."""
    for _ in range(PANES):
        embree_packet(tables[at.INTERSECT], s + at.VALID * ROW_BYTES, tables[at.SCENE], s, tables[at.PLAIN_ARGUMENTS])
        shade(tables, s)
        again = (ldi(s, at.VALID) != 0) & (ldi(s, at.OUT_KIND) == pane)
        if not vany(again):
            return
        met = ldf(s, row.T_FAR)
        stf(s, row.T_NEAR, sel(again, vmax(met * 1.0002 + _ON_M, 0.0), ldf(s, row.T_NEAR)))
        # rays that have arrived meet the same thing again
        stf(s, row.T_FAR, np.inf)
        sti(s, row.GEOMETRY, -1)
        sti(s, row.INSTANCE, -1)


@njit(**OPTIONS)
def _store(s, tile_x, tile_y, part, pane, instance, semantic, behind_part, behind_range):
    height, width = instance.shape
    for lane in range(LANES):
        y, x = tile_y * TILE_HEIGHT + lane // TILE_WIDTH, tile_x * TILE_WIDTH + lane % TILE_WIDTH
        if y < height and x < width and part[y, x] == pane:
            instance[y, x] = si(s, at.OUT_ID * LANES + lane)
            semantic[y, x] = si(s, at.OUT_CLASS * LANES + lane)
            behind_part[y, x] = si(s, at.OUT_KIND * LANES + lane)
            behind_range[y, x] = sf(s, at.OUT_T * LANES + lane)
