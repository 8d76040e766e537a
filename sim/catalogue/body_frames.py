"""Where each big bone of a posed person is and how it is turned: what moves the skin that is drawn, and what bone calls tell.

A frame has x ahead, y to the left and z up when the person stands. Trunk bones take their sides from hips and shoulders; a limb's bone
turns by the shortest way from its parent's, so that elbows and knees bend without twisting. Tested by
tests/catalogue/test_skeleton.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.gait import BALL_SHARE, Pose

Float64 = NDArray[np.float64]

SKIN_BONES: tuple[str, ...] = (
    "crl_hips__C", "crl_spine__C", "crl_spine01__C", "crl_neck__C", "crl_Head__C",
    "crl_arm__L", "crl_arm__R", "crl_foreArm__L", "crl_foreArm__R", "crl_hand__L", "crl_hand__R",
    "crl_thigh__L", "crl_thigh__R", "crl_leg__L", "crl_leg__R", "crl_foot__L", "crl_foot__R", "crl_toe__L", "crl_toe__R",
)  # fmt: skip
"""CARLA's names of the bones whose frames `bone_frames` gives, in its order."""
(PELVIS, SPINE, CHEST, NECK, HEAD, ARM, _, FOREARM, _, HAND, _, THIGH, _, SHANK, _, FOOT, _, TOE, _) = range(19)
"""Rows of SKIN_BONES; those of limbs are the left ones, the right ones follow."""


def bone_frames(pose: Pose, height_m: Float64, ankle_m: Float64) -> tuple[Float64, Float64]:
    """Origins (F, 19, 3) and axes as columns (F, 19, 3, 3) of SKIN_BONES in the frame of the pose.

    `height_m` and `ankle_m` (F,) place the ball of the foot on its sole, about which heels rise and toes bend.
    """
    frames = len(pose.pelvis)
    origin = np.empty((frames, 19, 3))
    turn = np.empty((frames, 19, 3, 3))
    hips, shoulders = pose.hip[:, 0] - pose.hip[:, 1], pose.shoulder[:, 0] - pose.shoulder[:, 1]
    head, (foot, toe) = pose.head_rotation(), pose.foot_rotations()
    hips, shoulders = _unit(hips), _unit(shoulders)
    turn[:, PELVIS] = _frame(pose.chest - pose.pelvis, hips)
    turn[:, SPINE] = _frame(pose.chest - pose.pelvis, hips + shoulders)
    turn[:, CHEST] = _frame(pose.neck - pose.chest, shoulders)
    turn[:, NECK] = _frame(pose.head - pose.neck, shoulders + head[:, :, 1])
    turn[:, HEAD] = head
    origin[:, PELVIS], origin[:, SPINE] = pose.pelvis, 0.5 * (pose.pelvis + pose.chest)
    origin[:, CHEST], origin[:, NECK], origin[:, HEAD] = pose.chest, pose.neck, pose.head
    origin[:, ARM : ARM + 2], origin[:, FOREARM : FOREARM + 2] = pose.shoulder, pose.elbow
    origin[:, HAND : HAND + 2] = pose.wrist
    origin[:, THIGH : THIGH + 2], origin[:, SHANK : SHANK + 2] = pose.hip, pose.knee
    origin[:, FOOT : FOOT + 2] = pose.ankle
    arm, forearm, hand = pose.elbow - pose.shoulder, pose.wrist - pose.elbow, pose.hand - pose.wrist
    thigh, shank = pose.knee - pose.hip, pose.ankle - pose.knee
    hang = np.array([[0.1, 0.6, -0.79], [0.1, -0.6, -0.79]])
    side = np.array([[0.0, 0.0, -1.0], [0.0, 0.0, -1.0]])
    turn[:, ARM : ARM + 2] = _follow(turn[:, CHEST], hang, arm)
    turn[:, FOREARM : FOREARM + 2] = _shortest(arm, forearm) @ turn[:, ARM : ARM + 2]
    turn[:, HAND : HAND + 2] = _shortest(forearm, hand) @ turn[:, FOREARM : FOREARM + 2]
    turn[:, THIGH : THIGH + 2] = _follow(turn[:, PELVIS], side, thigh)
    turn[:, SHANK : SHANK + 2] = _shortest(thigh, shank) @ turn[:, THIGH : THIGH + 2]
    turn[:, FOOT : FOOT + 2], turn[:, TOE : TOE + 2] = foot, toe
    ball = np.stack([BALL_SHARE * height_m, np.zeros(frames), -ankle_m], axis=-1)
    origin[:, TOE : TOE + 2] = pose.ankle + np.einsum("fsij,fj->fsi", foot, ball)
    return origin, turn


def _unit(vector: Float64) -> Float64:
    return np.asarray(vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-12))


def _frame(up: Float64, left: Float64) -> Float64:
    """Axes with z along `up` (F, 3) and y as near to `left` as that allows."""
    z = _unit(up)
    x = _unit(np.cross(left, z))
    return np.stack([x, np.cross(z, x), z], axis=-1)


def _follow(parent: Float64, rest: Float64, direction: Float64) -> Float64:
    """The parent's axes (F, 3, 3) turned the shortest way so that `rest` (2, 3), given in them, points along `direction` (F, 2, 3)."""
    before = np.einsum("fij,sj->fsi", parent, rest)
    return np.asarray(_shortest(before, direction) @ parent[:, None])


def _shortest(before: Float64, after: Float64) -> Float64:
    """The rotations (..., 3, 3) with the smallest angle that take one direction to another."""
    a, b = _unit(before), _unit(after)
    axis = np.cross(a, b)
    cosine = np.sum(a * b, axis=-1)
    x, y, z = np.moveaxis(axis, -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*x.shape, 3, 3)
    return np.asarray(np.eye(3) + cross + cross @ cross / np.maximum(1.0 + cosine, 1e-6)[..., None, None])
