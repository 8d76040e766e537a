"""Nearest lane and height of the ground, over a uniform grid of lane segments.

A segment is the stretch between two neighbouring points of a lane's centre polyline, with the lane's width there. Grid cell
(ix, iy) lists its segments in `cell_items[cell_first[c] : cell_first[c + 1]]`, c = iy * nx + ix, in ascending order, so ties
always fall to the same lane. Compiled, one thread, no allocation besides the outputs.
"""

from __future__ import annotations

import numba
import numpy as np

_FAR = 1e300


@numba.njit(cache=True, nogil=True)
def project(px, py, ax, ay, bx, by, half_a, half_b):
    """(fraction along, signed lateral, distance outside the strip) of a point beside segment a-b; lateral is left positive."""
    dx, dy = bx - ax, by - ay
    length = max((dx * dx + dy * dy) ** 0.5, 1e-9)
    along = ((px - ax) * dx + (py - ay) * dy) / length
    fraction = min(max(along / length, 0.0), 1.0)
    lateral = (dx * (py - ay) - dy * (px - ax)) / length
    beyond = max(-along, along - length, 0.0)
    half = half_a + (half_b - half_a) * fraction
    aside = max(abs(lateral) - half, 0.0)
    # within a joint's wedge a point lies a little beyond both segments, yet inside the lane
    if beyond > 0.0 and beyond < 0.35 * half + 0.02 and aside == 0.0:
        reach = (beyond * beyond + lateral * lateral) ** 0.5
        if reach <= half and beyond <= 0.25:
            return fraction, (reach if lateral >= 0.0 else -reach), beyond * 1e-6
    return fraction, lateral, (aside * aside + beyond * beyond) ** 0.5


@numba.njit(cache=True, nogil=True)
def nearest(points, origin, cell_m, shape, cell_first, cell_items, start, end, half, rank, out_item, out_values):
    """For each point (N, 2) the nearest segment: item, and (fraction, lateral, distance) in `out_values` (N, 3).

    Strips that hold the point compete by `rank` (lower first), then by |lateral|; others by distance. Item -1: no segments.
    """
    nx, ny = shape
    for k in range(points.shape[0]):
        px, py = points[k, 0], points[k, 1]
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
            if item >= 0 and best_distance <= min(reach_x, reach_y) and ring > 0:
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
                        f, t, d = project(
                            px, py, start[i, 0], start[i, 1], end[i, 0], end[i, 1], half[i, 0], half[i, 1]
                        )
                        inside = d < 1e-3
                        was_inside = best_distance < 1e-3
                        if inside and was_inside:
                            better = rank[i] < best_rank or (rank[i] == best_rank and abs(t) < best_lateral - 1e-9)
                        elif inside != was_inside:
                            better = inside
                        else:
                            better = d < best_distance - 1e-9 or (
                                d < best_distance + 1e-9 and abs(t) < best_lateral - 1e-9
                            )
                        if better:
                            best_distance, best_lateral, best_rank = d, abs(t), rank[i]
                            item, fraction, lateral = i, f, t
        out_item[k] = item
        out_values[k, 0] = fraction
        out_values[k, 1] = lateral
        out_values[k, 2] = best_distance if item >= 0 else _FAR


@numba.njit(cache=True, nogil=True)
def heights(items, values, center_z, edge_lift, terrain, terrain_origin, terrain_cell_m, points, blend_m, out_z):
    """Height under each point: the lane's surface inside; outside, its edge's height blended into the terrain grid.

    `center_z` (I, 2) at a segment's ends, `edge_lift` (I, 2, 2) left and right edge above the centre at its ends.
    """
    ny, nx = terrain.shape
    for k in range(points.shape[0]):
        i = items[k]
        if i < 0:
            out_z[k] = 0.0
            continue
        f, t, d = values[k, 0], values[k, 1], values[k, 2]
        side = 0 if t >= 0.0 else 1
        half = max(values[k, 3], 1e-6)
        lift = edge_lift[i, 0, side] + (edge_lift[i, 1, side] - edge_lift[i, 0, side]) * f
        z = center_z[i, 0] + (center_z[i, 1] - center_z[i, 0]) * f + lift * min(abs(t) / half, 1.0)
        if d > 1e-3:
            gx = min(max((points[k, 0] - terrain_origin[0]) / terrain_cell_m, 0.0), nx - 1.001)
            gy = min(max((points[k, 1] - terrain_origin[1]) / terrain_cell_m, 0.0), ny - 1.001)
            jx, jy = int(gx), int(gy)
            wx, wy = gx - jx, gy - jy
            low = terrain[jy, jx] * (1.0 - wx) + terrain[jy, jx + 1] * wx
            high = terrain[jy + 1, jx] * (1.0 - wx) + terrain[jy + 1, jx + 1] * wx
            w = min(d / blend_m, 1.0)
            w = w * w * (3.0 - 2.0 * w)
            z = z * (1.0 - w) + (low * (1.0 - wy) + high * wy) * w
        out_z[k] = z
