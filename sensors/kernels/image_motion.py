"""Velocity of every pixel's content on the picture, and where it jumps, compiled.

Equations in sensors.image_motion. With a rolling shutter content that moves by v_y px/s down the rows is met by later rows
later: along the rolled picture it moves with v / (1 - v_y t_row). Tested by tests/sensors/test_image_motion.py.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

TILE = 16
(
    FAST_X, FAST_Y, FASTEST2, NEAR_X, NEAR_Y, NEAREST, EDGE_X0, EDGE_Y0, EDGE_X1, EDGE_Y1, TILE_ENTRIES,
) = range(11)  # fmt: skip
"""A tile: velocity (px/s) of its fastest pixel and its square, of its nearest, that one's range (m), and the box of pixels at
which velocity jumps (EDGE_X1 < EDGE_X0 where it does not)."""
LAST_MOVER = 0x2000_0000
"""Instance ids from here on are no actors."""
_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}
_LEAST_ROLL = 0.1
"""Content that keeps up with the rows' read-out would smear without end; this bounds 1 - v_y t_row."""


@njit(**_OPTIONS)
def velocity_tiles(
    fields, derivatives, range_m, directions, instance, track_ids, moving, row_time_s, jump_px_s, dark_corners, first, last,
    columns, velocity, tiles,
):  # fmt: skip
    """Fill `velocity` (2, H, W) px/s, NaN outside the image circle, and `tiles` (TY, TX, TILE_ENTRIES) of tile rows first..last-1.

    `fields` (N, K, 4): velocity at nodes TILE px apart of what stands still, as x, y of a share that goes with 1 / range and x, y
    of one that does not; `derivatives` (N, K, 2, 3) of the lens; `track_ids` (M,), `moving` (N, M, 6) of sensors.image_motion.
    Neighbours whose velocities differ by more than `jump_px_s` make an edge. `dark_corners`: the image circle leaves pixels out.
    `columns` (5, W) is room.
    """
    height, width = range_m.shape
    fastest, jumps, at_top = columns[2], columns[3], columns[4]
    for tile_row in range(first, last):
        y0, y1 = tile_row * TILE, min(tile_row * TILE + TILE, height)
        above_x, above_y = columns[0], columns[1]
        if y0 > 0:
            _row(
                fields, derivatives, range_m, directions, instance, track_ids, moving, row_time_s, dark_corners, y0 - 1,
                above_x, above_y,
            )  # fmt: skip
        fastest[:] = -1.0
        jumps[:] = 0.0
        for y in range(y0, y1):
            here_x, here_y = velocity[0, y], velocity[1, y]
            _row(
                fields, derivatives, range_m, directions, instance, track_ids, moving, row_time_s, dark_corners, y, here_x,
                here_y,
            )  # fmt: skip
            if y == 0:
                above_x, above_y = here_x, here_y
            _note(here_x, here_y, above_x, above_y, jump_px_s, fastest, jumps)
            above_x, above_y = here_x, here_y
            if y == y0:
                at_top[:] = jumps
        for column in range(tiles.shape[1]):
            x0, x1 = column * TILE, min(column * TILE + TILE, width)
            tile = tiles[tile_row, column]
            tile[FASTEST2], tile[EDGE_X0], tile[EDGE_X1] = -1.0, 1.0, 0.0
            smooth = True
            for x in range(x0, x1):
                smooth &= jumps[x] == 0.0
                if fastest[x] > tile[FASTEST2]:
                    tile[FASTEST2] = fastest[x]
            if not smooth:
                _describe(velocity, range_m, jump_px_s, at_top, x0, x1, y0, y1, tile)


@njit(**_OPTIONS)
def _row(
    fields, derivatives, range_m, directions, instance, track_ids, moving, row_time_s, dark_corners, y, out_x, out_y
):  # fmt: skip
    """Velocities x and y (W,) of one row."""
    width = range_m.shape[1]
    node = y // TILE
    down = np.float32((y - node * TILE) / TILE)
    up = np.float32(1.0) - down
    roll = np.float32(row_time_s)
    ranges, rays, ids = range_m[y], directions[y], instance[y]
    for cell in range(width // TILE):
        f00, f01, f10, f11 = fields[node, cell], fields[node, cell + 1], fields[node + 1, cell], fields[node + 1, cell + 1]
        x0 = cell * TILE
        _cell(f00, f01, f10, f11, up, down, roll, ranges[x0 : x0 + TILE], out_x[x0 : x0 + TILE], out_y[x0 : x0 + TILE])
    x0 = width // TILE * TILE
    if x0 < width:
        cell = width // TILE
        f00, f01, f10, f11 = fields[node, cell], fields[node, cell + 1], fields[node + 1, cell], fields[node + 1, cell + 1]
        for x in range(x0, width):
            out_x[x], out_y[x] = _still(f00, f01, f10, f11, up, down, roll, ranges[x], x - x0)
    if len(track_ids) > 0:
        _movers(derivatives, ranges, rays, ids, track_ids, moving, roll, node, down, out_x, out_y)
    if dark_corners:
        for x in range(width):
            if rays[x, 2] == 0.0 and rays[x, 0] == 0.0 and rays[x, 1] == 0.0:
                out_x[x] = np.nan
                out_y[x] = np.nan


@njit(inline="always", **_OPTIONS)
def _still(f00, f01, f10, f11, up, down, roll, r, k):
    """Velocity of what stands still, k px to the right of a node."""
    across = np.float32(k) * np.float32(1.0 / TILE)
    near = np.float32(1.0) / r
    ax, bx = f00[0] * up + f10[0] * down, f00[2] * up + f10[2] * down
    ay, by = f00[1] * up + f10[1] * down, f00[3] * up + f10[3] * down
    vx = (ax + (f01[0] * up + f11[0] * down - ax) * across) * near + (bx + (f01[2] * up + f11[2] * down - bx) * across)
    vy = (ay + (f01[1] * up + f11[1] * down - ay) * across) * near + (by + (f01[3] * up + f11[3] * down - by) * across)
    scale = np.float32(1.0) / max(np.float32(1.0) - vy * roll, np.float32(_LEAST_ROLL))
    return vx * scale, vy * scale


@njit(**_OPTIONS)
def _cell(f00, f01, f10, f11, up, down, roll, ranges, out_x, out_y):
    """As _still, TILE pixels from a node on."""
    for k in range(TILE):
        out_x[k], out_y[k] = _still(f00, f01, f10, f11, up, down, roll, ranges[k], k)


@njit(**_OPTIONS)
def _movers(derivatives, ranges, rays, ids, track_ids, moving, roll, node, down, out_x, out_y):
    """Replace the velocities of a row's pixels that show actors that move."""
    one, least = np.float32(1.0), np.float32(_LEAST_ROLL)
    lowest, highest = track_ids[0], track_ids[len(track_ids) - 1]
    known_id, known = np.uint32(0), -1
    for x in range(len(ids)):
        track = ids[x]
        if track < lowest or track > highest:
            continue
        if track != known_id:
            known_id, known = track, _find(track_ids, track)
        if known >= 0:
            cell = x // TILE
            vx, vy = _moved(
                derivatives, moving[node, known], moving[node + 1, known], rays[x], ranges[x], node, cell,
                np.float32(x - cell * TILE) * np.float32(1.0 / TILE), down,
            )  # fmt: skip
            scale = one / max(one - vy * roll, least)
            out_x[x] = vx * scale
            out_y[x] = vy * scale


@njit(**_OPTIONS)
def _find(track_ids, track):
    """Place of an id in the ascending list, -1 where it is not."""
    k = np.searchsorted(track_ids, track)
    return k if k < len(track_ids) and track_ids[k] == track else -1


@njit(**_OPTIONS)
def _moved(derivatives, upper, lower, d, r, node, cell, across, down):
    """Velocity (px/s) of the content of one pixel of a moving thing, before the rolling shutter."""
    up = np.float32(1.0) - down
    near = np.float32(1.0) / r
    px = (upper[0] * up + lower[0] * down) * near
    py = (upper[1] * up + lower[1] * down) * near
    pz = (upper[2] * up + lower[2] * down) * near
    wx, wy, wz = (
        upper[3] * up + lower[3] * down,
        upper[4] * up + lower[4] * down,
        upper[5] * up + lower[5] * down,
    )
    px += wy * d[2] - wz * d[1]
    py += wz * d[0] - wx * d[2]
    pz += wx * d[1] - wy * d[0]
    j00, j01 = derivatives[node, cell], derivatives[node, cell + 1]
    j10, j11 = derivatives[node + 1, cell], derivatives[node + 1, cell + 1]
    vx, vy = np.float32(0.0), np.float32(0.0)
    for k in range(3):
        p = px if k == 0 else (py if k == 1 else pz)
        left, right = j00[0, k] * up + j10[0, k] * down, j01[0, k] * up + j11[0, k] * down
        vx += (left + (right - left) * across) * p
        left, right = j00[1, k] * up + j10[1, k] * down, j01[1, k] * up + j11[1, k] * down
        vy += (left + (right - left) * across) * p
    return vx, vy


@njit(**_OPTIONS)
def _note(here_x, here_y, above_x, above_y, jump_px_s, fastest, jumps):
    """Take one row into what is known of its columns: the greatest squared velocity, and whether velocity jumps."""
    jump = np.float32(jump_px_s)
    for x in range(len(here_x)):
        speed2 = here_x[x] * here_x[x] + here_y[x] * here_y[x]
        fastest[x] = speed2 if speed2 > fastest[x] else fastest[x]
        calm = (abs(here_x[x] - above_x[x]) <= jump) & (abs(here_y[x] - above_y[x]) <= jump)
        jumps[x] = jumps[x] if calm else np.float32(1.0)
    for x in range(1, len(here_x)):
        calm = (abs(here_x[x] - here_x[x - 1]) <= jump) & (abs(here_y[x] - here_y[x - 1]) <= jump)
        jumps[x] = jumps[x] if calm else np.float32(1.0)


@njit(**_OPTIONS)
def _describe(velocity, range_m, jump_px_s, at_top, x0, x1, y0, y1, tile):
    """Its fastest and nearest pixel, and the box of the jumps, of a tile that has some; each lies between two pixels of the box."""
    jump = np.float32(jump_px_s)
    left, top, right, bottom = x1, y1, -1, -1
    tile[NEAREST] = np.inf
    tile[FAST_X] = tile[FAST_Y] = tile[NEAR_X] = tile[NEAR_Y] = 0.0
    fastest = np.float32(-1.0)
    for y in range(y0, y1):
        for x in range(x0, x1):
            vx, vy = velocity[0, y, x], velocity[1, y, x]
            if vx * vx + vy * vy > fastest:
                fastest, tile[FAST_X], tile[FAST_Y] = vx * vx + vy * vy, vx, vy
            if range_m[y, x] < tile[NEAREST] and not math.isnan(vx):
                tile[NEAREST], tile[NEAR_X], tile[NEAR_Y] = range_m[y, x], vx, vy
            beside, over = max(x - 1, 0), max(y - 1, 0)
            across = not (abs(vx - velocity[0, y, beside]) <= jump and abs(vy - velocity[1, y, beside]) <= jump)
            # the row above a tile may still be in another thread's hands
            if y == y0:
                down = at_top[x] != 0.0
            else:
                down = not (abs(vx - velocity[0, over, x]) <= jump and abs(vy - velocity[1, over, x]) <= jump)
            if across or down:
                left, right = min(left, beside if across else x), max(right, x)
                top, bottom = min(top, over if down else y), max(bottom, y)
    tile[EDGE_X0], tile[EDGE_Y0], tile[EDGE_X1], tile[EDGE_Y1] = left, top, right, bottom
