"""One frame: every tile of pixels from its rays to its place in the buffers.

Threads take rows of tiles from a shared counter; a tile's result depends on nothing but its rays, so the buffers are the
same bytes for any number of threads. Tested by tests/rendering/test_scene.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from rendering import embree as row
from rendering.kernels import layout as at
from rendering.kernels.embree_calls import embree_packet
from rendering.kernels.lane_math import OPTIONS, vlog2
from rendering.kernels.lanes import (
    LANES,
    TILE_HEIGHT,
    TILE_WIDTH,
    f2i,
    fetch_add,
    gf,
    lane_y,
    ldf,
    ldi,
    m2i,
    put_f32,
    put_i32,
    put_u8,
    sel,
    sf,
    si,
    stf,
    sti,
    tile_f32,
    tile_i32,
    tile_u8,
    tile_xyz,
    vany,
    vi,
    vmax,
)  # fmt: skip
from rendering.kernels.shade import ROW_BYTES, shade


@njit(**OPTIONS)
def render_rows(tables, scratch):
    """Render rows of tiles until the counter runs out. `tables` int64 (TABLE_ENTRIES,), `scratch` this thread's rows."""
    rows = (tables[at.HEIGHT] + TILE_HEIGHT - 1) // TILE_HEIGHT
    columns = (tables[at.WIDTH] + TILE_WIDTH - 1) // TILE_WIDTH
    sti(scratch, at.KNOWN_SUN, vi(at.SUN_TRACED))
    while True:
        tile_y = fetch_add(tables[at.COUNTER], 1)
        if tile_y >= rows:
            break
        for tile_x in range(columns):
            if load_rays(tables, scratch, tile_x, tile_y, at.CAMERA_MASK):
                embree_packet(
                    tables[at.INTERSECT],
                    scratch + at.VALID * ROW_BYTES,
                    tables[at.SCENE],
                    scratch,
                    tables[at.COHERENT_ARGUMENTS],
                )
            shade(tables, scratch)
            if tables[at.LIT]:
                note_look(scratch)
            store_tile(tables, scratch, tile_x, tile_y)


@njit(**OPTIONS)
def load_rays(tables, s, tile_x, tile_y, mask):
    """Set up the packet of one tile; False when no lane holds a pixel of the image circle."""
    columns = (tables[at.WIDTH] + TILE_WIDTH - 1) // TILE_WIDTH
    tile = (tile_y * columns + tile_x) * 3
    cx = ldf(tables[at.DIRECTION_TILES], tile)
    cy = ldf(tables[at.DIRECTION_TILES], tile + 1)
    cz = ldf(tables[at.DIRECTION_TILES], tile + 2)
    y = lane_y() + vi(tile_y * TILE_HEIGHT)
    y = sel(y < tables[at.HEIGHT], y, vi(tables[at.HEIGHT] - 1))
    valid = (cx * cx + cy * cy + cz * cz) > 0.0
    set_rays(tables, s, y, cx, cy, cz, valid, mask)
    return vany(valid)


@njit(**OPTIONS)
def set_rays(tables, s, y, cx, cy, cz, valid, mask):
    """Camera-frame directions into world rays with the pose and time of their image rows."""
    pose = tables[at.ROW_POSES]
    k = y * 12
    stf(s, row.DIRECTION_X, gf(pose, k) * cx + gf(pose, k + 1) * cy + gf(pose, k + 2) * cz)
    stf(s, row.DIRECTION_Y, gf(pose, k + 4) * cx + gf(pose, k + 5) * cy + gf(pose, k + 6) * cz)
    stf(s, row.DIRECTION_Z, gf(pose, k + 8) * cx + gf(pose, k + 9) * cy + gf(pose, k + 10) * cz)
    stf(s, row.ORIGIN_X, gf(pose, k + 3))
    stf(s, row.ORIGIN_Y, gf(pose, k + 7))
    stf(s, row.ORIGIN_Z, gf(pose, k + 11))
    stf(s, row.TIME, gf(tables[at.ROW_TIMES], y))
    stf(s, row.T_NEAR, 0.0)
    stf(s, row.T_FAR, np.inf)
    sti(s, row.MASK, mask)
    sti(s, row.FLAGS, 0)
    sti(s, row.GEOMETRY, -1)
    sti(s, row.INSTANCE, -1)
    sti(s, at.VALID, m2i(valid))


@njit(**OPTIONS)
def note_look(s):
    """Pack normal (7 bits an axis) and brightness (32 steps an octave, 11 bits) into one number, for finding edges."""
    luminance = 0.2126 * ldf(s, at.OUT_R) + 0.7152 * ldf(s, at.OUT_G) + 0.0722 * ldf(s, at.OUT_B)
    steps = f2i(vlog2(vmax(luminance, 1e-6)) * 32.0 + 700.5)
    look = sel(steps < 2047, steps, vi(2047)) << 21
    look = look | (f2i(ldf(s, at.OUT_NX) * 63.0 + 64.0) << 14) | (f2i(ldf(s, at.OUT_NY) * 63.0 + 64.0) << 7)
    sti(s, at.OUT_LOOK, look | f2i(ldf(s, at.OUT_NZ) * 63.0 + 64.0))


@njit(**OPTIONS)
def _into_previous_camera(tables, s, y):
    """Replace the previous world point in the OUT rows by its coordinates in the previous frame's camera."""
    pose = tables[at.PREVIOUS_POSES]
    k = y * 12
    px = ldf(s, at.OUT_PX)
    py = ldf(s, at.OUT_PY)
    pz = ldf(s, at.OUT_PZ)
    point = ldi(s, at.OUT_SURFACE) != 0
    px = sel(point, px - gf(pose, k + 3), px)
    py = sel(point, py - gf(pose, k + 7), py)
    pz = sel(point, pz - gf(pose, k + 11), pz)
    stf(s, at.OUT_PX, gf(pose, k) * px + gf(pose, k + 4) * py + gf(pose, k + 8) * pz)
    stf(s, at.OUT_PY, gf(pose, k + 1) * px + gf(pose, k + 5) * py + gf(pose, k + 9) * pz)
    stf(s, at.OUT_PZ, gf(pose, k + 2) * px + gf(pose, k + 6) * py + gf(pose, k + 10) * pz)


@njit(**OPTIONS)
def store_tile(tables, s, tile_x, tile_y):
    """Write the OUT rows of a tile into the buffers; tiles that hang over the image's edge go pixel by pixel."""
    width = tables[at.WIDTH]
    height = tables[at.HEIGHT]
    x0 = tile_x * TILE_WIDTH
    y0 = tile_y * TILE_HEIGHT
    y = lane_y() + vi(y0)
    if tables[at.OUT_PREVIOUS]:
        _into_previous_camera(tables, s, sel(y < height, y, vi(height - 1)))
    if x0 + TILE_WIDTH <= width and y0 + TILE_HEIGHT <= height:
        first = y0 * width + x0
        if tables[at.LIT]:
            tile_xyz(tables[at.OUT_CENTERS], first, width, ldf(s, at.OUT_R), ldf(s, at.OUT_G), ldf(s, at.OUT_B))
        tile_f32(tables[at.OUT_RANGE], first, width, ldf(s, at.OUT_T))
        tile_xyz(tables[at.OUT_NORMAL], first, width, ldf(s, at.OUT_NX), ldf(s, at.OUT_NY), ldf(s, at.OUT_NZ))
        tile_i32(tables[at.OUT_INSTANCE], first, width, ldi(s, at.OUT_ID))
        tile_u8(tables[at.OUT_SEMANTIC], first, width, ldi(s, at.OUT_CLASS))
        tile_u8(tables[at.OUT_PART], first, width, ldi(s, at.OUT_KIND))
        if tables[at.OUT_PREVIOUS]:
            tile_xyz(tables[at.OUT_PREVIOUS], first, width, ldf(s, at.OUT_PX), ldf(s, at.OUT_PY), ldf(s, at.OUT_PZ))
        if tables[at.OUT_ALBEDO]:
            r, g, b = ldf(s, at.OUT_ALBEDO_R), ldf(s, at.OUT_ALBEDO_G), ldf(s, at.OUT_ALBEDO_B)
            tile_xyz(tables[at.OUT_ALBEDO], first, width, r, g, b)
            tile_f32(tables[at.OUT_ROUGHNESS], first, width, ldf(s, at.OUT_ROUGH))
        tile_i32(tables[at.OUT_MATERIAL], first, width, ldi(s, at.OUT_SURFACE))
        tile_i32(tables[at.OUT_KEY], first, width, ldi(s, at.OUT_LOOK))
        return
    for lane in range(LANES):
        x = x0 + lane % TILE_WIDTH
        y_lane = y0 + lane // TILE_WIDTH
        if x < width and y_lane < height:
            _store_pixel(tables, s, lane, y_lane * width + x)


@njit(**OPTIONS)
def _store_pixel(tables, s, lane, pixel):
    for k in range(3):
        put_f32(tables[at.OUT_CENTERS], pixel * 3 + k, sf(s, (at.OUT_R + k) * LANES + lane))
        put_f32(tables[at.OUT_NORMAL], pixel * 3 + k, sf(s, (at.OUT_NX + k) * LANES + lane))
        if tables[at.OUT_PREVIOUS]:
            put_f32(tables[at.OUT_PREVIOUS], pixel * 3 + k, sf(s, (at.OUT_PX + k) * LANES + lane))
        if tables[at.OUT_ALBEDO]:
            put_f32(tables[at.OUT_ALBEDO], pixel * 3 + k, sf(s, (at.OUT_ALBEDO_R + k) * LANES + lane))
    if tables[at.OUT_ALBEDO]:
        put_f32(tables[at.OUT_ROUGHNESS], pixel, sf(s, at.OUT_ROUGH * LANES + lane))
    put_f32(tables[at.OUT_RANGE], pixel, sf(s, at.OUT_T * LANES + lane))
    put_i32(tables[at.OUT_INSTANCE], pixel, si(s, at.OUT_ID * LANES + lane))
    put_i32(tables[at.OUT_MATERIAL], pixel, si(s, at.OUT_SURFACE * LANES + lane))
    put_i32(tables[at.OUT_KEY], pixel, si(s, at.OUT_LOOK * LANES + lane))
    put_u8(tables[at.OUT_SEMANTIC], pixel, si(s, at.OUT_CLASS * LANES + lane))
    put_u8(tables[at.OUT_PART], pixel, si(s, at.OUT_KIND * LANES + lane))
