"""Rigid transforms, named target_from_source, in the one right-handed frame: x forward, y left, z up.

| frame    | axes                          | origin                                         |
|----------|-------------------------------|------------------------------------------------|
| world    | x east, y north, z up         | the map's origin (OpenDRIVE's inertial frame)  |
| actor    | x forward, y left, z up       | the actor's CARLA origin (vehicles: ground level, walkers: mid-body) |
| ego      | the actor frame of the ego    |                                                |
| sensor   | x forward, y left, z up       | the entrance pupil (mounting pose of a camera) |
| camera   | x right, y down, z forward    | the same point, OpenCV's optical axes          |

Orientations are (roll, pitch, yaw) in radians with R = Rz(yaw) Ry(pitch) Rx(roll), so positive pitch is nose *down* and
positive roll lifts the left side. Transforms are (4, 4) float64 arrays; points are rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

SENSOR_FROM_CAMERA: Float64 = np.array(
    [[0.0, 0.0, 1.0, 0.0], [-1.0, 0.0, 0.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
)
SENSOR_FROM_CAMERA.setflags(write=False)


def rotation_from_rpy(rpy_rad: Float64) -> Float64:
    """Rotation matrices (..., 3, 3) from (..., 3) roll, pitch, yaw."""
    rpy = np.asarray(rpy_rad, dtype=np.float64)
    cr, cp, cy = np.cos(rpy[..., 0]), np.cos(rpy[..., 1]), np.cos(rpy[..., 2])
    sr, sp, sy = np.sin(rpy[..., 0]), np.sin(rpy[..., 1]), np.sin(rpy[..., 2])
    rows = (
        (cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr),
        (sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr),
        (-sp, cp * sr, cp * cr),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def rpy_from_rotation(rotation: Float64) -> Float64:
    """Roll, pitch, yaw (..., 3) from rotation matrices (..., 3, 3); exact away from pitch = ±90°."""
    r = np.asarray(rotation, dtype=np.float64)
    roll = np.arctan2(r[..., 2, 1], r[..., 2, 2])
    pitch = np.arctan2(-r[..., 2, 0], np.hypot(r[..., 2, 1], r[..., 2, 2]))
    yaw = np.arctan2(r[..., 1, 0], r[..., 0, 0])
    return np.stack([roll, pitch, yaw], axis=-1)


def pose(position_m: Float64, rpy_rad: Float64) -> Float64:
    """Transforms parent_from_child (..., 4, 4) of children at (..., 3) positions and roll, pitch, yaw."""
    position = np.asarray(position_m, dtype=np.float64)
    out = np.zeros((*position.shape[:-1], 4, 4))
    out[..., :3, :3] = rotation_from_rpy(rpy_rad)
    out[..., :3, 3] = position
    out[..., 3, 3] = 1.0
    return out


def inverse(target_from_source: Float64) -> Float64:
    """source_from_target (..., 4, 4) of a rigid transform."""
    rotation = np.swapaxes(target_from_source[..., :3, :3], -1, -2)
    out = np.zeros_like(target_from_source)
    out[..., :3, :3] = rotation
    out[..., :3, 3] = -(rotation @ target_from_source[..., :3, 3:4])[..., 0]
    out[..., 3, 3] = 1.0
    return out


def apply(target_from_source: Float64, points_source: Float64) -> Float64:
    """points_target (..., 3) of points (..., 3) under one transform (4, 4)."""
    return np.asarray(points_source @ target_from_source[:3, :3].T + target_from_source[:3, 3])


def box_corners(center_m: Float64, extent_m: Float64) -> Float64:
    """The 8 corners (8, 3) of a box with half sizes `extent_m`; corner i has x sign from bit 2, y from bit 1, z from bit 0."""
    signs = np.array([[(i >> 2) & 1, (i >> 1) & 1, i & 1] for i in range(8)], dtype=np.float64) * 2.0 - 1.0
    return np.asarray(center_m + signs * extent_m)
