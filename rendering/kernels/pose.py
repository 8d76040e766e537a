"""Posing many instances in one call: transforms from the table into Embree, with two time steps where they move."""

from __future__ import annotations

import numpy as np
from numba import njit

from rendering.kernels import layout as at
from rendering.kernels.embree_calls import call_on, call_set_transform, call_with_number
from rendering.kernels.lane_math import OPTIONS

_MATRIX_3X4_ROW_MAJOR = 0x9134


@njit(**OPTIONS)
def pose_instances(
    slots, transforms, values, handles, masks, begin, end, set_transform, set_time_steps, set_mask, commit
):
    """Pose the instances in `slots` (K,) by world_from_object at the window's `begin` and `end` (K, 12) float32.

    Writes begin and change into the table and into Embree. An instance that stands still has one time step.
    """
    for i in range(len(slots)):
        slot = slots[i]
        moving = False
        for k in range(12):
            moving = moving or begin[i, k] != end[i, k]
            transforms[slot, k] = begin[i, k]
            transforms[slot, 12 + k] = end[i, k] - begin[i, k]
        handle = handles[slot]
        hidden = masks[i] & at.CAMERA_MASK == 0
        values[slot, at.INSTANCE_FLAGS] = (at.FLAG_MOVES if moving else 0) | (at.FLAG_HIDDEN if hidden else 0)
        call_with_number(set_time_steps, handle, 2 if moving else 1)
        call_set_transform(set_transform, handle, 0, _MATRIX_3X4_ROW_MAJOR, begin.ctypes.data + i * 48)
        if moving:
            call_set_transform(set_transform, handle, 1, _MATRIX_3X4_ROW_MAJOR, end.ctypes.data + i * 48)
        call_with_number(set_mask, handle, masks[i])
        call_on(commit, handle)


@njit(**OPTIONS)
def set_previous(slots, transforms, values, previous):
    """World_from_object of the previous frame (K, 12), and whether the point an instance shows was elsewhere then."""
    for i in range(len(slots)):
        slot = slots[i]
        differs = values[slot, at.INSTANCE_FLAGS] & at.FLAG_MOVES != 0
        for k in range(12):
            transforms[slot, 24 + k] = previous[i, k]
            differs = differs or np.float32(previous[i, k]) != transforms[slot, k]
        values[slot, at.MOVING] = 1 if differs else 0
