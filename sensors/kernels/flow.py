"""Where the points of one frame appear in another: object motion, camera motion, rolling shutter and lens, pixel by pixel.

A pixel's point is fixed to what it lies on: x_object = M_first(f)⁻¹ x_world, with f its row's share of the window, and goes
with it: x_world' = M_second(f') x_object. It appears in the row y' that is exposed when it projects there, f' = f(y'), found by
iteration: the row changes little from step to step, as a row lasts microseconds. Tested by tests/sensors/test_flow.py.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from rendering.kernels.lane_math import OPTIONS as LANE_OPTIONS
from rendering.kernels.lanes import (
    LANES,
    f2i,
    from_bits,
    gf,
    gi,
    lane_index,
    ldu,
    mask_bits,
    sel,
    sf,
    stf,
    vany,
    vfloor,
    vi,
    vmax,
    vmin,
)  # fmt: skip
from rendering.motion import GONE, MOVED, STILL
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
def _one(
    p, d, r, slot, change, row, a, share, first_transforms, second_poses, second_times, second_transforms, rolling, height
):  # fmt: skip
    """Where one point appears in the second frame, in float64: (u, v, whether the lens sees it)."""
    x, y, z = d[0] * r, d[1] * r, d[2] * r
    there = row
    far = 0.0 if r == np.inf else 1.0
    if far == 0.0:
        x, y, z = float(d[0]), float(d[1]), float(d[2])
    wx = a[0] * x + a[1] * y + a[2] * z + a[3] * far
    wy = a[4] * x + a[5] * y + a[6] * z + a[7] * far
    wz = a[8] * x + a[9] * y + a[10] * z + a[11] * far
    u, v, inside = 0.0, 0.0, False
    for _ in range(_STEPS):
        q = second_poses[there]
        x, y, z = wx, wy, wz
        if change == MOVED:
            x, y, z = _carried(first_transforms[slot], share, second_transforms[slot], second_times[there], wx, wy, wz)
        x, y, z = x - q[3] * far, y - q[7] * far, z - q[11] * far
        u, v, inside = project_point(
            p, q[0] * x + q[4] * y + q[8] * z, q[1] * x + q[5] * y + q[9] * z, q[2] * x + q[6] * y + q[10] * z
        )
        landed = int(min(max(math.floor(v + 0.5), 0.0), height - 1.0))
        if landed == there or not rolling:
            break
        there = landed
    return u, v, inside


@njit(**LANE_OPTIONS)
def _still_lanes(p, ranges, directions, codes, shift, changes, near_poses, row, pixel, a, rolling, height, s):
    """LANES pixels from index `pixel` on, as if all stood still, for a plain Brown-Conrady lens: their positions go to rows
    0 and 1 of scratch address `s`; one bit for each that does stand still and whose ray and point the lens has.

    `near_poses` is the address of the second frame's row poses (H, 12) float32 and `a` (12,) this row's, about a near origin.
    """
    k = (lane_index() + vi(pixel)) * 3
    dx, dy, dz = gf(directions, k), gf(directions, k + 1), gf(directions, k + 2)
    r = from_bits(ldu(ranges, pixel))
    hit = r < np.inf
    slot = sel(hit, ldu(codes, pixel) >> shift, vi(0))
    good = ((dx * dx + dy * dy + dz * dz) > 0.5) & (~hit | (gi(changes, slot) == STILL))
    r = sel(hit, r, 1.0)
    dx, dy, dz = dx * r, dy * r, dz * r
    far = sel(hit, 1.0, 0.0)
    wx = a[0] * dx + a[1] * dy + a[2] * dz + a[3] * far
    wy = a[4] * dx + a[5] * dy + a[6] * dz + a[7] * far
    wz = a[8] * dx + a[9] * dy + a[10] * dz + a[11] * far
    # first as if the second frame saw it in this very row, whose pose is one for all lanes
    k = row * 12
    x, y, z = wx - sf(near_poses, k + 3) * far, wy - sf(near_poses, k + 7) * far, wz - sf(near_poses, k + 11) * far
    seen, v = _plain_lanes(
        p,
        sf(near_poses, k) * x + sf(near_poses, k + 4) * y + sf(near_poses, k + 8) * z,
        sf(near_poses, k + 1) * x + sf(near_poses, k + 5) * y + sf(near_poses, k + 9) * z,
        sf(near_poses, k + 2) * x + sf(near_poses, k + 6) * y + sf(near_poses, k + 10) * z,
        s,
    )
    there = vi(row)
    for _ in range(_STEPS - 1 if rolling else 0):
        landed = f2i(vmin(vmax(vfloor(v + 0.5), 0.0), height - 1.0))
        if not vany(seen & (landed != there)):
            break
        there = sel(seen, landed, there)
        q = there * 12
        x, y, z = wx - gf(near_poses, q + 3) * far, wy - gf(near_poses, q + 7) * far, wz - gf(near_poses, q + 11) * far
        seen, v = _plain_lanes(
            p,
            gf(near_poses, q) * x + gf(near_poses, q + 4) * y + gf(near_poses, q + 8) * z,
            gf(near_poses, q + 1) * x + gf(near_poses, q + 5) * y + gf(near_poses, q + 9) * z,
            gf(near_poses, q + 2) * x + gf(near_poses, q + 6) * y + gf(near_poses, q + 10) * z,
            s,
        )
    return mask_bits(good & seen)


@njit(**LANE_OPTIONS)
def _plain_lanes(p, cx, cy, cz, s):
    """Plain Brown-Conrady positions of points in the camera into rows 0 and 1 of `s`; (whether the lens sees them, v)."""
    ahead = cz > 0.0
    seen = ahead & (cx * cx + cy * cy <= cz * cz * p[38])
    inverse = 1.0 / sel(ahead, cz, 1.0)
    x, y = cx * inverse, cy * inverse
    r2 = x * x + y * y
    g = 1.0 + r2 * (p[6] + r2 * (p[7] + r2 * p[10]))
    twice = 2.0 * x * y
    v = p[2] * (y * g + p[8] * (r2 + 2.0 * y * y) + twice * p[9]) + p[4]
    stf(s, 0, p[1] * (x * g + twice * p[8] + p[9] * (r2 + 2.0 * x * x)) + p[3])
    stf(s, 1, v)
    return seen, v


@njit(**_OPTIONS)
def flow_rows(
    p, range_m, directions, codes, shift, changes, first_poses, first_times, first_transforms,
    second_poses, second_times, second_transforms, near_first, near_second, rolling, first, last, scratch, flow,
):  # fmt: skip
    """Fill flow (H, W, 2) float32 of rows first..last-1: the pixel in the second frame less the pixel itself; NaN where the
    second frame's lens cannot see the point, or what it lies on is gone.

    `p` are the lens's parameters (projection), `codes` >> `shift` the slot of each pixel, `changes` (S,) of rendering.motion;
    poses (H, 12) world_from_camera rows and `transforms` (S, 24) about one origin; times (H,) shares of the windows. Still
    points under a plain lens take LANES at a time, from poses `near_first`, `near_second` float32 about an origin near by;
    the rest goes one by one in float64. `scratch` (2, LANES) is aligned room.
    """
    height, width = range_m.shape
    nothing = np.float32(np.nan)
    plain = p[0] == 0.0 and p[39] == 0.0
    whole = width // LANES * LANES if plain else 0
    room = scratch.ctypes.data
    all_lanes = (1 << LANES) - 1
    ranges, rays, pixels, kinds, near = (
        range_m.ctypes.data, directions.ctypes.data, codes.ctypes.data, changes.ctypes.data, near_second.ctypes.data,
    )  # fmt: skip
    for row in range(first, last):
        for x0 in range(0, width, LANES):
            done = 0
            if x0 < whole:
                pixel = row * width + x0
                done = _still_lanes(
                    p, ranges, rays, pixels, shift, kinds, near, row, pixel, near_first[row], rolling, height, room
                )
                for k in range(LANES):
                    flow[row, x0 + k, 0] = scratch[0, k] - np.float32(x0 + k)
                    flow[row, x0 + k, 1] = scratch[1, k] - np.float32(row)
                if done == all_lanes:
                    continue
            for x in range(x0, min(x0 + LANES, width)):
                if done >> (x - x0) & 1 != 0:
                    continue
                r, d, slot = range_m[row, x], directions[row, x], codes[row, x] >> shift
                change = STILL if r == np.inf else changes[slot]
                u, v, inside = 0.0, 0.0, False
                if change != GONE and (d[0] != 0.0 or d[1] != 0.0 or d[2] != 0.0):
                    u, v, inside = _one(
                        p, d, r, slot, change, row, first_poses[row], first_times[row], first_transforms,
                        second_poses, second_times, second_transforms, rolling, height,
                    )  # fmt: skip
                flow[row, x, 0] = np.float32(u - x) if inside else nothing
                flow[row, x, 1] = np.float32(v - row) if inside else nothing
