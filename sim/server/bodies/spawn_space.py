"""Whether a place is free: one upright oriented box against many.

Separating axes in the plane (Gottschalk, Lin, Manocha 1996, restricted to upright boxes) and intervals in height.
Tested by tests/server/test_kernels.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


def overlaps(
    center_m: Float64, yaw_rad: float, extent_m: Float64, centers_m: Float64, yaws_rad: Float64, extents_m: Float64
) -> NDArray[np.bool_]:
    """Which of N boxes (centers (N, 3), yaws (N,), half sizes (N, 3)) share space with one box; touching is not sharing."""
    offset = centers_m[:, :2] - center_m[:2]
    turn = np.abs(np.cos(yaws_rad - yaw_rad)), np.abs(np.sin(yaws_rad - yaw_rad))
    separate = np.abs(centers_m[:, 2] - center_m[2]) >= extents_m[:, 2] + extent_m[2]
    one = np.full(len(centers_m), yaw_rad)
    for yaw, own, other in ((one, extent_m[None, :], extents_m), (yaws_rad, extents_m, extent_m[None, :])):
        cos_yaw, sin_yaw = np.cos(yaw), np.sin(yaw)
        along = np.abs(offset[:, 0] * cos_yaw + offset[:, 1] * sin_yaw)
        aside = np.abs(offset[:, 1] * cos_yaw - offset[:, 0] * sin_yaw)
        separate |= along >= own[:, 0] + other[:, 0] * turn[0] + other[:, 1] * turn[1]
        separate |= aside >= own[:, 1] + other[:, 0] * turn[1] + other[:, 1] * turn[0]
    shared: NDArray[np.bool_] = np.logical_not(separate)
    return shared
