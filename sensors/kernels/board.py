"""Radiance of a chessboard in the rays of a picture, compiled. Tested by tests/sensors/test_lab.py and by the bench's oracle."""

from __future__ import annotations

import math

from numba import njit

BLACK, WHITE, AROUND = 0.05, 0.9, 0.4
"""Reflectances of the squares, and of the wall behind the board."""


@njit(cache=True, nogil=True, error_model="numpy")
def board_reflectance(rays, rotation, shift, corners_x, corners_y, square_m, out):
    """Fill out (H, W) with the mean reflectance that each pixel sees of a chessboard; rays (H, W, S, 3), pose camera_from_board."""
    nx, ny, nz = rotation[0, 2], rotation[1, 2], rotation[2, 2]
    distance = nx * shift[0] + ny * shift[1] + nz * shift[2]
    samples = rays.shape[2]
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            total = 0.0
            for i in range(samples):
                x, y, z = rays[row, column, i, 0], rays[row, column, i, 1], rays[row, column, i, 2]
                along = nx * x + ny * y + nz * z
                value = AROUND
                if abs(along) > 1e-6 and distance / along > 0.0:
                    s = distance / along
                    px, py, pz = s * x - shift[0], s * y - shift[1], s * z - shift[2]
                    bx = (rotation[0, 0] * px + rotation[1, 0] * py + rotation[2, 0] * pz) / square_m
                    by = (rotation[0, 1] * px + rotation[1, 1] * py + rotation[2, 1] * pz) / square_m
                    ix, iy = math.floor(bx), math.floor(by)
                    value = WHITE
                    if -1 <= ix < corners_x and -1 <= iy < corners_y and (ix + iy) % 2 == 0:
                        value = BLACK
                total += value
            out[row, column] = total / samples
