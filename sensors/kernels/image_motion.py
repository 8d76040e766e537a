"""Velocity of every pixel's content on the picture, and where it jumps, compiled.

Equations in sensors.image_motion. With a rolling shutter content that moves by v_y px/s down the rows is met by later rows
later: along the rolled picture it moves with v / (1 - v_y t_row). Tested by tests/sensors/test_image_motion.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.base.state import GROUND_INSTANCE_BASE

TILE = 16
(
    FAST_X, FAST_Y, FASTEST2, FRONT_X, FRONT_Y, STRONGEST2, EDGE_X0, EDGE_Y0, EDGE_X1, EDGE_Y1, TILE_ENTRIES,
) = range(11)  # fmt: skip
"""A tile: velocity (px/s) of the fastest pixel at its edges, the square of its fastest pixel's, velocity of what is in front where
velocity jumps most, that jump's square, and the box of pixels at which velocity jumps (EDGE_X1 < EDGE_X0 where it does not)."""
_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}
_GROUND_BEHIND = 1.3
_LEAST_ROLL = 0.1
"""Content that keeps up with the rows' read-out would smear without end; this bounds 1 - v_y t_row."""


@njit(**_OPTIONS)
def velocity_rows(
    fields, derivatives, range_m, directions, instance, track_ids, moving, row_time_s, dark_corners, first, last, velocity
):  # fmt: skip
    """Fill rows first..last-1 of `velocity` (2, H, W) in px/s, NaN outside the image circle.

    `fields` (N, K, 4): velocity at nodes TILE px apart of what stands still, as x, y of a share that goes with 1 / range and x, y
    of one that does not; `derivatives` (N, K, 2, 3) of the lens; `track_ids` (M,), `moving` (N, M, 6) of sensors.image_motion.
    `dark_corners`: the image circle leaves pixels out.
    """
    for y in range(first, last):
        _row(
            fields, derivatives, range_m, directions, instance, track_ids, moving, row_time_s, dark_corners, y,
            velocity[0, y], velocity[1, y],
        )  # fmt: skip


@njit(**_OPTIONS)
def describe_tiles(velocity, range_m, instance, jump_px_s, first, last, columns, tiles):
    """Fill rows first..last-1 of `tiles` (TY, TX, TILE_ENTRIES); neighbours whose velocities (2, H, W) differ by more than
    `jump_px_s` make an edge. `columns` (2, W) is room."""
    height, width = range_m.shape
    fastest, jumps = columns[0], columns[1]
    for tile_row in range(first, last):
        y0, y1 = tile_row * TILE, min(tile_row * TILE + TILE, height)
        fastest[:] = -1.0
        jumps[:] = 0.0
        for y in range(y0, y1):
            over = max(y - 1, 0)
            _note(velocity[0, y], velocity[1, y], velocity[0, over], velocity[1, over], jump_px_s, fastest, jumps)
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
                _describe(velocity, range_m, instance, jump_px_s, x0, x1, y0, y1, tile)


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
    for cell in range(fields.shape[1] - 1):
        x0 = cell * TILE
        x1 = min(x0 + TILE, width)
        if x0 < x1:
            a, b, c, d = fields[node, cell], fields[node, cell + 1], fields[node + 1, cell], fields[node + 1, cell + 1]
            # as numbers of their own: nothing that is written below may be thought to change them
            ax, bx, ay, by = (
                a[0] * up + c[0] * down, a[2] * up + c[2] * down, a[1] * up + c[1] * down, a[3] * up + c[3] * down,
            )  # fmt: skip
            _still(
                ax, b[0] * up + d[0] * down - ax, bx, b[2] * up + d[2] * down - bx, ay, b[1] * up + d[1] * down - ay,
                by, b[3] * up + d[3] * down - by, roll, ranges[x0:x1], out_x[x0:x1], out_y[x0:x1],
            )  # fmt: skip
    if len(track_ids) > 0:
        _movers(derivatives, ranges, rays, ids, track_ids, moving, roll, node, down, out_x, out_y)
    if dark_corners:
        for x in range(width):
            if rays[x, 2] == 0.0 and rays[x, 0] == 0.0 and rays[x, 1] == 0.0:
                out_x[x] = np.nan
                out_y[x] = np.nan


@njit(**_OPTIONS)
def _still(ax, ax_more, bx, bx_more, ay, ay_more, by, by_more, roll, ranges, out_x, out_y):
    """Velocities of what stands still from a node on to the next: a / range + b, each linear between the nodes."""
    step, one, least = np.float32(1.0 / TILE), np.float32(1.0), np.float32(_LEAST_ROLL)
    for k in range(len(ranges)):
        across = np.float32(k) * step
        near = one / ranges[k]
        vx = (ax + ax_more * across) * near + (bx + bx_more * across)
        vy = (ay + ay_more * across) * near + (by + by_more * across)
        room = one - vy * roll
        scale = one / (room if room > least else least)
        out_x[k] = vx * scale
        out_y[k] = vy * scale


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
def order_m(range_m, instance, y, x):
    """By which pixels are told what hides what: their range, of the ground a longer one, since it hides nothing that stands on it."""
    return range_m[y, x] * np.float32(_GROUND_BEHIND) if instance[y, x] >= GROUND_INSTANCE_BASE else range_m[y, x]


@njit(**_OPTIONS)
def _describe(velocity, range_m, instance, jump_px_s, x0, x1, y0, y1, tile):
    """Fill in the edges of a tile that has some; each lies between two pixels of the box, of which the first may be a neighbour's."""
    jump = np.float32(jump_px_s)
    left, top, right, bottom = x1, y1, -1, -1
    tile[STRONGEST2] = -1.0
    tile[FAST_X] = tile[FAST_Y] = tile[FRONT_X] = tile[FRONT_Y] = 0.0
    fastest = np.float32(-1.0)
    for y in range(y0, y1):
        for x in range(x0, x1):
            for over in range(2):
                i, j = (x, max(y - 1, 0)) if over else (max(x - 1, 0), y)
                du, dv = velocity[0, y, x] - velocity[0, j, i], velocity[1, y, x] - velocity[1, j, i]
                if abs(du) <= jump and abs(dv) <= jump:
                    continue
                left, right, top, bottom = min(left, i), max(right, x), min(top, j), max(bottom, y)
                for k in range(2):
                    vx, vy = (velocity[0, y, x], velocity[1, y, x]) if k else (velocity[0, j, i], velocity[1, j, i])
                    if vx * vx + vy * vy > fastest:
                        fastest, tile[FAST_X], tile[FAST_Y] = vx * vx + vy * vy, vx, vy
                if du * du + dv * dv > tile[STRONGEST2]:
                    front = order_m(range_m, instance, y, x) < order_m(range_m, instance, j, i)
                    u, v = (x, y) if front else (i, j)
                    tile[STRONGEST2], tile[FRONT_X], tile[FRONT_Y] = (
                        du * du + dv * dv,
                        velocity[0, v, u],
                        velocity[1, v, u],
                    )
    tile[EDGE_X0], tile[EDGE_Y0], tile[EDGE_X1], tile[EDGE_Y1] = left, top, right, bottom
    tile[FASTEST2] = max(tile[FASTEST2], fastest)
