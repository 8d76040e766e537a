"""Unit quaternions (w, x, y, z) of N bodies at once. Tested by tests/server/test_loose_bodies.py."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


def rotate(quaternion: Float64, vectors: Float64) -> Float64:
    """World vectors (N, 3) from those in the bodies' axes."""
    w, u = quaternion[:, :1], quaternion[:, 1:]
    across = 2.0 * np.cross(u, vectors)
    turned: Float64 = vectors + w * across + np.cross(u, across)
    return turned


def rotate_back(quaternion: Float64, vectors: Float64) -> Float64:
    """Vectors (N, 3) in the bodies' axes from world ones."""
    return rotate(quaternion * np.array([1.0, -1.0, -1.0, -1.0]), vectors)


def quaternion_from_rpy(rpy_rad: Float64) -> Float64:
    """Quaternions (N, 4) from roll, pitch, yaw (N, 3), R = Rz Ry Rx."""
    half = 0.5 * np.asarray(rpy_rad, dtype=np.float64)
    cr, cp, cy = np.cos(half).T
    sr, sp, sy = np.sin(half).T
    return np.stack(
        [
            cr * cp * cy + sr * sp * sy,
            sr * cp * cy - cr * sp * sy,
            cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy,
        ],
        axis=-1,
    )
