"""Nearest lane and height of the ground, over a uniform grid of lane segments.

A segment is the stretch between two neighbouring points of a lane's centre polyline, with the lane's width there. Grid cell
(ix, iy) lists its segments in `cell_items[cell_first[c] : cell_first[c + 1]]`, c = iy * nx + ix, in ascending order, so ties
always fall to the same lane. A row of `segments` (I, 8) holds all that a projection needs, in one cache line: ax, ay (its
start), ux, uy (its unit direction), length, 1 / length, half width at its start, and how much that grows to its end.
Compiled, one thread, no allocation besides the outputs.
"""

from __future__ import annotations

import numba
import numpy as np

_FAR = 1e300
_INSIDE_M = 1e-3


@numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def project(px, py, segments, i):
    """(fraction along, signed lateral, distance outside the strip) of a point beside a segment; lateral is left positive."""
    dx, dy = px - segments[i, 0], py - segments[i, 1]
    along = dx * segments[i, 2] + dy * segments[i, 3]
    lateral = segments[i, 2] * dy - segments[i, 3] * dx
    length = segments[i, 4]
    fraction = min(max(along * segments[i, 5], 0.0), 1.0)
    beyond = max(-along, along - length, 0.0)
    half = segments[i, 6] + segments[i, 7] * fraction
    aside = max(abs(lateral) - half, 0.0)
    if beyond == 0.0:
        return fraction, lateral, aside
    # within a joint's wedge a point lies a little beyond both segments, yet inside the lane
    if aside == 0.0 and beyond <= 0.25 and beyond < 0.35 * half + 0.02:
        reach = (beyond * beyond + lateral * lateral) ** 0.5
        if reach <= half:
            return fraction, (reach if lateral >= 0.0 else -reach), beyond * 1e-6
    return fraction, lateral, (aside * aside + beyond * beyond) ** 0.5


@numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def find(px, py, reach_m, origin, cell_m, shape, cell_first, cell_items, segments, rank):
    """The nearest segment of a point: (item, fraction, lateral, distance); -1 where there is none within about `reach_m`.

    Strips that hold the point compete by `rank` (lower first), then by |lateral|; others by distance.
    """
    nx, ny = shape
    ix = min(max(int(np.floor((px - origin[0]) / cell_m)), 0), nx - 1)
    iy = min(max(int(np.floor((py - origin[1]) / cell_m)), 0), ny - 1)
    outside_x = max(origin[0] - px, px - origin[0] - nx * cell_m, 0.0)
    outside_y = max(origin[1] - py, py - origin[1] - ny * cell_m, 0.0)
    best_distance, best_lateral, best_rank = _FAR, _FAR, 1 << 30
    item, fraction, lateral = -1, 0.0, 0.0
    for ring in range(max(nx, ny) + 1):
        # a cell of this ring is at least (ring - 1) cells away along one axis, and beyond the grid's edge for points outside
        away = max(ring - 1, 0) * cell_m
        reach_x = ((outside_x + away) ** 2 + outside_y**2) ** 0.5
        reach_y = (outside_x**2 + (outside_y + away) ** 2) ** 0.5
        nearest_there = min(reach_x, reach_y)
        if nearest_there > reach_m or (ring > 0 and item >= 0 and best_distance <= max(nearest_there, 1e-6)):
            break
        for jy in range(max(iy - ring, 0), min(iy + ring, ny - 1) + 1):
            on_edge = jy == iy - ring or jy == iy + ring
            step = 1 if on_edge or ring == 0 else 2 * ring
            for jx in range(ix - ring, ix + ring + 1, step):
                if jx < 0 or jx >= nx:
                    continue
                c = jy * nx + jx
                for slot in range(cell_first[c], cell_first[c + 1]):
                    i = cell_items[slot]
                    f, t, d = project(px, py, segments, i)
                    was_inside = best_distance < _INSIDE_M
                    if d < _INSIDE_M:
                        better = (
                            not was_inside
                            or rank[i] < best_rank
                            or (rank[i] == best_rank and abs(t) < best_lateral - 1e-9)
                        )
                    else:
                        better = not was_inside and (
                            d < best_distance - 1e-9 or (d < best_distance + 1e-9 and abs(t) < best_lateral - 1e-9)
                        )
                    if better:
                        best_distance, best_lateral, best_rank = d, abs(t), rank[i]
                        item, fraction, lateral = i, f, t
    return item, fraction, lateral, best_distance


@numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def nearest(points, origin, cell_m, shape, cell_first, cell_items, segments, rank, out_item, out_values):
    """For each point (N, 2) the nearest segment: item, and (fraction, lateral, distance) in `out_values` (N, 3).

    Item -1: there are no segments at all.
    """
    for k in range(points.shape[0]):
        found = find(points[k, 0], points[k, 1], np.inf, origin, cell_m, shape, cell_first, cell_items, segments, rank)
        out_item[k] = found[0]
        out_values[k, 0] = found[1]
        out_values[k, 1] = found[2]
        out_values[k, 2] = found[3]


@numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def height(
    px,
    py,
    origin,
    cell_m,
    shape,
    cell_first,
    cell_items,
    segments,
    rank,
    center_z,
    edge_lift,
    terrain,
    terrain_origin,
    terrain_cell_m,
    blend_m,
    level_z,
):
    """Height of the ground under a point: the lane's surface inside; outside, its edge's height blended into the terrain.

    `center_z` (I, 2) at a segment's ends, `edge_lift` (I, 2, 2) left and right edge above the centre at its ends. Beyond
    `blend_m` there is only the terrain, so nothing is looked for there. `level_z` (cells,) holds the height of cells
    that are level road all over, which most of a town's road is, and NaN for all others.
    """
    lx, ly = int(np.floor((px - origin[0]) / cell_m)), int(np.floor((py - origin[1]) / cell_m))
    if 0 <= lx < shape[0] and 0 <= ly < shape[1]:
        level = level_z[ly * shape[0] + lx]
        if level == level:
            return level
    i, f, t, d = find(px, py, blend_m, origin, cell_m, shape, cell_first, cell_items, segments, rank)
    z = 0.0
    if i >= 0:
        side = 0 if t >= 0.0 else 1
        half = max(segments[i, 6] + segments[i, 7] * f, 1e-6)
        lift = edge_lift[i, 0, side] + (edge_lift[i, 1, side] - edge_lift[i, 0, side]) * f
        z = center_z[i, 0] + (center_z[i, 1] - center_z[i, 0]) * f + lift * min(abs(t) / half, 1.0)
        if d <= _INSIDE_M:
            return z
    ny, nx = terrain.shape
    gx = min(max((px - terrain_origin[0]) / terrain_cell_m, 0.0), nx - 1.001)
    gy = min(max((py - terrain_origin[1]) / terrain_cell_m, 0.0), ny - 1.001)
    jx, jy = int(gx), int(gy)
    wx, wy = gx - jx, gy - jy
    low = terrain[jy, jx] * (1.0 - wx) + terrain[jy, jx + 1] * wx
    high = terrain[jy + 1, jx] * (1.0 - wx) + terrain[jy + 1, jx + 1] * wx
    ground = low * (1.0 - wy) + high * wy
    if i < 0:
        return ground
    w = min(d / blend_m, 1.0)
    w = w * w * (3.0 - 2.0 * w)
    return z * (1.0 - w) + ground * w


@numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def heights(
    points,
    origin,
    cell_m,
    shape,
    cell_first,
    cell_items,
    segments,
    rank,
    center_z,
    edge_lift,
    terrain,
    terrain_origin,
    terrain_cell_m,
    blend_m,
    level_z,
    out_z,
):
    """`height` of many points (N, 2) into `out_z` (N,)."""
    for k in range(points.shape[0]):
        out_z[k] = height(
            points[k, 0],
            points[k, 1],
            origin,
            cell_m,
            shape,
            cell_first,
            cell_items,
            segments,
            rank,
            center_z,
            edge_lift,
            terrain,
            terrain_origin,
            terrain_cell_m,
            blend_m,
            level_z,
        )


@numba.njit(cache=True, nogil=True)
def level_cells(
    origin, cell_m, shape, cell_first, cell_items, segments, rank, center_z, edge_lift, samples, out_level_z
):
    """Find the cells that are level road all over: one height, nothing but drivable lanes (rank 0), no gap between them.

    Gaps are looked for at `samples` x `samples` points of a cell; what is narrower than their spacing is no gap.
    """
    for c in range(shape[0] * shape[1]):
        out_level_z[c] = np.nan
        first, last = cell_first[c], cell_first[c + 1]
        if first == last:
            continue
        z = center_z[cell_items[first], 0]
        level = True
        for slot in range(first, last):
            i = cell_items[slot]
            lifted = edge_lift[i, 0, 0] != 0.0 or edge_lift[i, 0, 1] != 0.0 or edge_lift[i, 1, 0] != 0.0
            if rank[i] != 0 or lifted or edge_lift[i, 1, 1] != 0.0 or center_z[i, 0] != z or center_z[i, 1] != z:
                level = False
                break
        x0, y0 = origin[0] + (c % shape[0]) * cell_m, origin[1] + (c // shape[0]) * cell_m
        for sample in range(samples * samples):
            if not level:
                break
            px = x0 + (sample % samples) * cell_m / (samples - 1)
            py = y0 + (sample // samples) * cell_m / (samples - 1)
            covered = False
            for slot in range(first, last):
                if project(px, py, segments, cell_items[slot])[2] < _INSIDE_M:
                    covered = True
                    break
            level = covered
        if level:
            out_level_z[c] = z
