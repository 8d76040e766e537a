"""From authoritative float64 state in our axes to the float32 columns of the world-observer frame, in CARLA's.

The mirror of sim.base.carla_axes for a whole table at once: polar vectors (x, -y, z), axial (-x, y, -z), angles in degrees
as (-pitch, -yaw, roll). Tested against carla_axes by tests/server/test_kernels.py.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sim.server.kernels.unaligned import put_float32

_DEGREES = 180.0 / math.pi


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def pack_kinematics(position, rpy, velocity, angular, acceleration, count, buffer, offset, stride):
    """Location, rotation, velocity, angular velocity and acceleration of rows 0..count as 15 float32 each, row i from byte
    offset + i stride of `buffer` (uint8) on."""
    for i in range(count):
        at = offset + i * stride
        put_float32(buffer, at, position[i, 0])
        put_float32(buffer, at + 4, -position[i, 1])
        put_float32(buffer, at + 8, position[i, 2])
        put_float32(buffer, at + 12, -rpy[i, 1] * _DEGREES)
        put_float32(buffer, at + 16, -rpy[i, 2] * _DEGREES)
        put_float32(buffer, at + 20, rpy[i, 0] * _DEGREES)
        put_float32(buffer, at + 24, velocity[i, 0])
        put_float32(buffer, at + 28, -velocity[i, 1])
        put_float32(buffer, at + 32, velocity[i, 2])
        put_float32(buffer, at + 36, -angular[i, 0] * _DEGREES)
        put_float32(buffer, at + 40, angular[i, 1] * _DEGREES)
        put_float32(buffer, at + 44, -angular[i, 2] * _DEGREES)
        put_float32(buffer, at + 48, acceleration[i, 0])
        put_float32(buffer, at + 52, -acceleration[i, 1])
        put_float32(buffer, at + 56, acceleration[i, 2])


@njit(cache=True, nogil=True)
def follow_parents(child_rows, parent_rows, relative_position, relative_rotation, position, rpy, velocity, angular):
    """World poses of attached actors: parents come before children in `child_rows`, whatever their rows.

    relative_position (K, 3) in the parent's frame, relative_rotation (K, 3, 3) parent_from_child. The child's velocity is
    that of its point on the rigid parent.
    """
    parent_rotation = np.empty((3, 3))
    for k in range(child_rows.shape[0]):
        child = child_rows[k]
        parent = parent_rows[k]
        _rotation(rpy[parent, 0], rpy[parent, 1], rpy[parent, 2], parent_rotation)
        for i in range(3):
            offset = 0.0
            for j in range(3):
                offset += parent_rotation[i, j] * relative_position[k, j]
            position[child, i] = position[parent, i] + offset
        # R = parent_rotation @ relative_rotation; only the five entries that give the angles are needed
        r00 = r10 = r20 = r21 = r22 = 0.0
        for j in range(3):
            r00 += parent_rotation[0, j] * relative_rotation[k, j, 0]
            r10 += parent_rotation[1, j] * relative_rotation[k, j, 0]
            r20 += parent_rotation[2, j] * relative_rotation[k, j, 0]
            r21 += parent_rotation[2, j] * relative_rotation[k, j, 1]
            r22 += parent_rotation[2, j] * relative_rotation[k, j, 2]
        rpy[child, 0] = math.atan2(r21, r22)
        rpy[child, 1] = math.atan2(-r20, math.hypot(r21, r22))
        rpy[child, 2] = math.atan2(r10, r00)
        arm0 = position[child, 0] - position[parent, 0]
        arm1 = position[child, 1] - position[parent, 1]
        arm2 = position[child, 2] - position[parent, 2]
        w0, w1, w2 = angular[parent, 0], angular[parent, 1], angular[parent, 2]
        velocity[child, 0] = velocity[parent, 0] + w1 * arm2 - w2 * arm1
        velocity[child, 1] = velocity[parent, 1] + w2 * arm0 - w0 * arm2
        velocity[child, 2] = velocity[parent, 2] + w0 * arm1 - w1 * arm0
        angular[child, 0] = w0
        angular[child, 1] = w1
        angular[child, 2] = w2


@njit(cache=True, nogil=True)
def _rotation(roll, pitch, yaw, out):
    cr, cp, cy = math.cos(roll), math.cos(pitch), math.cos(yaw)
    sr, sp, sy = math.sin(roll), math.sin(pitch), math.sin(yaw)
    out[0, 0], out[0, 1], out[0, 2] = cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr
    out[1, 0], out[1, 1], out[1, 2] = sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr
    out[2, 0], out[2, 1], out[2, 2] = -sp, cp * sr, cp * cr
