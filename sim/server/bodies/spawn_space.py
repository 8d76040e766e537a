"""Whether a place is free: one upright oriented box against many.

Separating axes in the plane (Gottschalk, Lin, Manocha 1996, restricted to upright boxes) and intervals in height.
Tested by tests/server/test_kernels.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.base import frames
from sim.server.bodies.shapes import Solid

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


def open_above(solids: Sequence[Solid], position_m: Float64, rpy_rad: Float64, low_m: Float64, high_m: Float64) -> bool:
    """Whether a box (world-aligned, low to high corner) is clear of a vehicle's solids, such as a load above its deck.

    `position_m` is the centre of the vehicle's box. The box is taken into the vehicle's frame with the room it needs there.
    """
    turn = frames.rotation_from_rpy(rpy_rad)
    center = turn.T @ (0.5 * (low_m + high_m) - position_m)
    half = np.abs(turn.T) @ (0.5 * (high_m - low_m))
    return not any((np.abs(center - solid.center_m) < half + solid.half_m).all() for solid in solids)
