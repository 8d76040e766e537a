"""The ground under every vehicle in one call: sim.server.vehicles.ground fused with LaneLookup.height_at.

A plane is looked up once for a place: while a vehicle's position, yaw and wheels stay as they are, its plane stays too.
Tested against those two by tests/server/test_kernels.py.
"""

from __future__ import annotations

import math

from numba import njit

from sim.maps.kernels.grid import height

_WHEELS = 4
_LEAST_TRACK_M = 0.4
FAR_OUTSIDE_M = 150.0
"""Points further than this outside of the map's grid are looked up at its border, or the search would take for ever."""


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def clamp(value, origin, cell_m, cells):
    """A coordinate, moved to the border when it lies far outside of the grid."""
    return min(max(value, origin - FAR_OUTSIDE_M), origin + cells * cell_m + FAR_OUTSIDE_M)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _is_known(row):
    return row.x_m == row.ground_x_m and row.y_m == row.ground_y_m and row.yaw_rad == row.ground_yaw_rad


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def all_known(rows):
    """Whether every row's plane is the one of its place."""
    known = True
    for k in range(rows.shape[0]):
        known = known and _is_known(rows[k])
    return known


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def set_ground_planes(
    rows,
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
    """Fit each row's ground plane to the heights below its wheels."""
    for k in range(rows.shape[0]):
        row = rows[k]
        if _is_known(row):
            continue
        cos_yaw, sin_yaw = math.cos(row.yaw_rad), math.sin(row.yaw_rad)
        front_x = row.com_x_m + row.front_axle_m
        rear_x = row.com_x_m - row.rear_axle_m
        half_track = 0.5 * max(row.track_m, _LEAST_TRACK_M)
        total = front_over_rear = left_over_right = 0.0
        for wheel in range(_WHEELS):
            body_x = front_x if wheel < 2 else rear_x
            body_y = half_track if wheel % 2 == 0 else -half_track
            x = row.x_m + cos_yaw * body_x - sin_yaw * body_y
            y = row.y_m + sin_yaw * body_x + cos_yaw * body_y
            z = height(
                clamp(x, origin[0], cell_m, shape[0]),
                clamp(y, origin[1], cell_m, shape[1]),
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
            total += z
            front_over_rear += z if wheel < 2 else -z
            left_over_right += z if wheel % 2 == 0 else -z
        along = front_over_rear / (2.0 * (row.front_axle_m + row.rear_axle_m))
        across = left_over_right / (4.0 * half_track)
        middle_x = row.com_x_m + (row.front_axle_m - row.rear_axle_m) / 2.0
        row.ground_x_m, row.ground_y_m, row.ground_yaw_rad = row.x_m, row.y_m, row.yaw_rad
        row.ground_z_m = total / 4.0 - along * middle_x
        row.ground_slope_x = cos_yaw * along - sin_yaw * across
        row.ground_slope_y = sin_yaw * along + cos_yaw * across
