"""Where the points of one frame appear in another: object motion, camera motion, rolling shutter and lens, pixel by pixel.

A pixel's point is fixed to what it lies on: x_object = M_first(f)⁻¹ x_world, with f its row's share of the window, and goes
with it: x_world' = M_second(f') x_object. It appears in the row y' that is exposed when it projects there, f' = f(y'), found by
iteration: the row changes little from step to step, as a row lasts microseconds. Tested by tests/sensors/test_flow.py.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sensors.kernels.projection import project_point

_STEPS = 4
_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit(**_OPTIONS)
def depth_rows(range_m, directions, first, last, depth):
    """Fill depth (H, W) of rows first..last-1: range times the ray's share along the optical axis; inf where nothing was met."""
    for row in range(first, last):
        for column in range(depth.shape[1]):
            r = range_m[row, column]
            depth[row, column] = r * directions[row, column, 2] if r < np.inf else np.float32(np.inf)


@njit(**_OPTIONS)
def _carried(a, f, b, g, x, y, z):
    """A point of the world, fixed to an instance at rows (24,) `a` and time f, when the instance is at `b` and g."""
    m00, m01, m02 = a[0] + f * a[12], a[1] + f * a[13], a[2] + f * a[14]
    m10, m11, m12 = a[4] + f * a[16], a[5] + f * a[17], a[6] + f * a[18]
    m20, m21, m22 = a[8] + f * a[20], a[9] + f * a[21], a[10] + f * a[22]
    x, y, z = x - a[3] - f * a[15], y - a[7] - f * a[19], z - a[11] - f * a[23]
    c0, c1, c2 = m11 * m22 - m12 * m21, m12 * m20 - m10 * m22, m10 * m21 - m11 * m20
    scale = 1.0 / (m00 * c0 + m01 * c1 + m02 * c2)
    ox = (c0 * x + (m02 * m21 - m01 * m22) * y + (m01 * m12 - m02 * m11) * z) * scale
    oy = (c1 * x + (m00 * m22 - m02 * m20) * y + (m02 * m10 - m00 * m12) * z) * scale
    oz = (c2 * x + (m01 * m20 - m00 * m21) * y + (m00 * m11 - m01 * m10) * z) * scale
    return (
        (b[0] + g * b[12]) * ox + (b[1] + g * b[13]) * oy + (b[2] + g * b[14]) * oz + b[3] + g * b[15],
        (b[4] + g * b[16]) * ox + (b[5] + g * b[17]) * oy + (b[6] + g * b[18]) * oz + b[7] + g * b[19],
        (b[8] + g * b[20]) * ox + (b[9] + g * b[21]) * oy + (b[10] + g * b[22]) * oz + b[11] + g * b[23],
    )


@njit(**_OPTIONS)
def flow_rows(
    p, range_m, directions, codes, shift, changes, first_poses, first_times, first_transforms,
    second_poses, second_times, second_transforms, rolling, first, last, flow,
):  # fmt: skip
    """Fill flow (H, W, 2) float32 of rows first..last-1: the pixel in the second frame less the pixel itself; NaN where the
    second frame's lens cannot see the point, or what it lies on is gone.

    `p` are the lens's parameters (projection), `codes` >> `shift` the slot of each pixel, `changes` (S,) 0 still, 1 moved,
    2 gone; poses (H, 12) world_from_camera rows and `transforms` (S, 24) about one origin; times (H,) shares of the windows.
    """
    height, width = range_m.shape
    nothing = np.float32(np.nan)
    # plain Brown-Conrady is written out with its coefficients in registers, which is four times as fast as a call
    plain = p[0] == 0.0 and p[39] == 0.0
    fx, fy, cx, cy = p[1], p[2], p[3], p[4]
    k1, k2, p1, p2, k3, tan2 = p[6], p[7], p[8], p[9], p[10], p[38]
    for row in range(first, last):
        a, b = first_poses[row], second_poses[row]
        # camera to camera for what stands still, both frames in this row
        m00, m01, m02 = a[0] * b[0] + a[4] * b[4] + a[8] * b[8], a[1] * b[0] + a[5] * b[4] + a[9] * b[8], a[2] * b[0] + a[6] * b[4] + a[10] * b[8]  # fmt: skip  # noqa: E501
        m10, m11, m12 = a[0] * b[1] + a[4] * b[5] + a[8] * b[9], a[1] * b[1] + a[5] * b[5] + a[9] * b[9], a[2] * b[1] + a[6] * b[5] + a[10] * b[9]  # fmt: skip  # noqa: E501
        m20, m21, m22 = a[0] * b[2] + a[4] * b[6] + a[8] * b[10], a[1] * b[2] + a[5] * b[6] + a[9] * b[10], a[2] * b[2] + a[6] * b[6] + a[10] * b[10]  # fmt: skip  # noqa: E501
        tx, ty, tz = a[3] - b[3], a[7] - b[7], a[11] - b[11]
        sx, sy, sz = (
            b[0] * tx + b[4] * ty + b[8] * tz,
            b[1] * tx + b[5] * ty + b[9] * tz,
            b[2] * tx + b[6] * ty + b[10] * tz,
        )
        for column in range(width):
            r = range_m[row, column]
            dx = float(directions[row, column, 0])
            dy = float(directions[row, column, 1])
            dz = float(directions[row, column, 2])
            if dx == 0.0 and dy == 0.0 and dz == 0.0:
                flow[row, column, 0] = nothing
                flow[row, column, 1] = nothing
                continue
            far = r == np.inf
            change = 0 if far else changes[codes[row, column] >> shift]
            share = 0.0 if far else 1.0
            if not far:
                dx, dy, dz = dx * r, dy * r, dz * r
            if change == 0 and not rolling:
                x = m00 * dx + m01 * dy + m02 * dz + sx * share
                y = m10 * dx + m11 * dy + m12 * dz + sy * share
                z = m20 * dx + m21 * dy + m22 * dz + sz * share
                if plain and z > 0.0 and x * x + y * y <= tan2 * z * z:
                    inverse = 1.0 / z
                    x *= inverse
                    y *= inverse
                    r2 = x * x + y * y
                    g = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
                    u = fx * (x * g + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x)) + cx
                    v = fy * (y * g + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y) + cy
                    inside = True
                else:
                    u, v, inside = project_point(p, x, y, z)
            elif change == 2:
                u, v, inside = 0.0, 0.0, False
            else:
                wx = a[0] * dx + a[1] * dy + a[2] * dz + a[3] * share
                wy = a[4] * dx + a[5] * dy + a[6] * dz + a[7] * share
                wz = a[8] * dx + a[9] * dy + a[10] * dz + a[11] * share
                slot = codes[row, column] >> shift
                there, u, v, inside = row, 0.0, 0.0, False
                for _ in range(_STEPS):
                    q = second_poses[there]
                    x, y, z = wx, wy, wz
                    if change == 1:
                        f, g = first_times[row], second_times[there]
                        x, y, z = _carried(first_transforms[slot], f, second_transforms[slot], g, wx, wy, wz)
                    x, y, z = x - q[3] * share, y - q[7] * share, z - q[11] * share
                    u, v, inside = project_point(
                        p,
                        q[0] * x + q[4] * y + q[8] * z,
                        q[1] * x + q[5] * y + q[9] * z,
                        q[2] * x + q[6] * y + q[10] * z,
                    )
                    landed = int(min(max(math.floor(v + 0.5), 0.0), height - 1.0))
                    if landed == there or not rolling:
                        break
                    there = landed
            flow[row, column, 0] = np.float32(u - column) if inside else nothing
            flow[row, column, 1] = np.float32(v - row) if inside else nothing
