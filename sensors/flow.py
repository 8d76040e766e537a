"""Optical flow between two frames of one camera, both ways by the same rule.

Flow at a pixel of the first frame is where its material point appears in the second, less the pixel: through the poses of both
frames' rows, the object's own motion, and the lens. Whether it is seen there, or something hides it, flow does not tell.
Pieces of an object move as rigid bodies: a walker's limbs have the motion of the body. Tested by tests/sensors/test_flow.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import rendering.kernels  # noqa: F401  (sets the kernel cache folder before numba is loaded)
from rendering.embree import aligned
from rendering.kernels.lanes import LANES
from rendering.motion import Motion, changes
from sensors.bands import over_rows
from sensors.kernels.flow import depth_rows, flow_rows
from sensors.lens import Lens

Float32 = NDArray[np.float32]


def flow_between(lens: Lens, range_m: Float32, first: Motion, second: Motion, threads: int = 2) -> Float32:
    """Flow (H, W, 2) in px from the first frame, whose ranges are given, to the second; NaN where the second's lens cannot see."""
    flow = np.empty((*range_m.shape, 2), np.float32)
    poses, origin = [], first.origin_world_m
    for motion in (first, second):
        rows = motion.view.world_from_camera_rows.copy()
        rows[:, :, 3] -= origin
        poses.append(np.ascontiguousarray(rows.reshape(-1, 12)))
    rolling = bool((poses[1] != poses[1][0]).any() or (second.view.row_time != second.view.row_time[0]).any())
    change = changes(first, second)
    near = [rows.copy() for rows in poses]
    for rows in near:
        rows[:, 3::4] -= poses[1][0, 3::4]
    near_first, near_second = (np.ascontiguousarray(rows, np.float32) for rows in near)

    def band(low: int, high: int) -> None:
        flow_rows(
            lens.parameters, range_m, lens.directions, first.codes, first.slot_shift, change,
            poses[0], first.view.row_time, first.transforms,
            poses[1], second.view.row_time, second.transforms, near_first, near_second, rolling, low, high,
            aligned(2 * LANES, np.float32).reshape(2, LANES), flow,
        )  # fmt: skip

    over_rows(range_m.shape[0], threads, band)
    return flow


def depth_along_axis(lens: Lens, range_m: Float32, threads: int = 2) -> Float32:
    """z-depth (H, W) in m: the point's coordinate along the optical axis of its own row's camera, z = range · d_z with d the
    pixel's unit ray. Negative beyond 90° off the axis; inf where nothing was met."""
    depth = np.empty(range_m.shape, np.float32)
    over_rows(range_m.shape[0], threads, lambda low, high: depth_rows(range_m, lens.directions, low, high, depth))
    return depth
