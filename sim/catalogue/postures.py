"""What people do besides walking: sit, lie, kneel, telephone, carry, push, wave, direct traffic.

A posture of the arms is laid over the gait, so that somebody on the phone walks on; a posture of the whole body stands still.
A walker asks for one by the attribute `pose` of its blueprint, which a stock CARLA server lacks. Tested by
tests/catalogue/test_postures.py: bones keep their lengths, nobody sinks into the ground.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.catalogue.gait import Body, Pose, middle_joint, poses_at, standing
from sim.catalogue.spec import WalkerSpec
from sim.catalogue.walkers import POSE_ATTRIBUTE

Float64 = NDArray[np.float64]


def posture_of(attributes: Mapping[str, str], spec: WalkerSpec) -> str:
    """The posture that a walker's attributes ask for, "" for the gait alone; who uses a wheelchair sits."""
    if wheelchair_of(attributes, spec):
        return "sitting"
    asked = attributes.get(POSE_ATTRIBUTE, "")
    return asked if asked in POSTURES else ""


def wheelchair_of(attributes: Mapping[str, str], spec: WalkerSpec) -> bool:
    """Whether a walker sits in a wheelchair: its blueprint can, and CARLA's attribute says so."""
    return spec.can_use_wheelchair and attributes.get("use_wheelchair", "").lower() == "true"


def walker_poses(
    bodies: Sequence[Body], speeds_mps: ArrayLike, phases_rad: ArrayLike, postures: Sequence[str] | None = None
) -> Pose:
    """One frame for each of N people: the gait at their speed and phase, changed by their posture where they have one."""
    pose = poses_at(bodies, speeds_mps, phases_rad)
    changed = [k for k, name in enumerate(postures or ()) if name in POSTURES]
    if not changed or postures is None:
        return pose
    head, (foot, toe) = pose.head_rotation(), pose.foot_rotations()
    whole = replace(pose, head_turn=head.copy(), foot_turn=foot.copy(), toe_turn=toe.copy())
    for k in changed:
        one = POSTURES[postures[k]](bodies[k], whole.frame(k))
        for item in fields(Pose):
            getattr(whole, item.name)[k] = getattr(one, item.name)[0]
    return whole


def _pitched(angle_rad: float) -> Float64:
    """A turn about y; positive lowers the face."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def _arm(body: Body, pose: Pose, side: int, wrist: ArrayLike, elbow: ArrayLike, hand: ArrayLike) -> Pose:
    """One arm (0 left, 1 right) with the wrist at an offset from its shoulder, in shares of the height, y outwards.

    `elbow` is the side to which the elbow bends, `hand` the direction of the fingers.
    """
    out = np.array([1.0, 1.0 - 2.0 * side, 1.0])
    across = pose.shoulder[0, 0] - pose.shoulder[0, 1]
    yaw = np.arctan2(-across[0], across[1])
    chest = np.array([[np.cos(yaw), -np.sin(yaw), 0.0], [np.sin(yaw), np.cos(yaw), 0.0], [0.0, 0.0, 1.0]])
    shoulder = pose.shoulder[0, side]
    reach = chest @ (np.asarray(wrist, np.float64) * out) * body.height_m
    reach *= min(1.0, 0.998 * (body.upper_arm_m + body.forearm_m) / float(np.linalg.norm(reach)))
    joints = {name: getattr(pose, name).copy() for name in ("elbow", "wrist", "hand")}
    joints["wrist"][0, side] = shoulder + reach
    towards = chest @ (np.asarray(elbow, np.float64) * out)
    joints["elbow"][0, side] = middle_joint(
        shoulder, joints["wrist"][0, side], body.upper_arm_m, body.forearm_m, towards
    )
    fingers = chest @ (np.asarray(hand, np.float64) * out)
    joints["hand"][0, side] = joints["wrist"][0, side] + 0.095 * body.height_m * fingers / float(
        np.linalg.norm(fingers)
    )
    return replace(pose, **joints)


def _looking(pose: Pose, down_rad: float) -> Pose:
    return replace(pose, head_turn=_pitched(down_rad)[None])


def _phone_ear(body: Body, pose: Pose) -> Pose:
    return _arm(body, pose, 1, (0.028, -0.042, 0.060), (0.1, 0.8, -1.0), (-0.12, -0.12, 1.0))


def _phone_look(body: Body, pose: Pose) -> Pose:
    held = _arm(body, pose, 1, (0.165, -0.065, -0.075), (-0.2, 0.35, -1.0), (0.55, -0.55, 0.5))
    return _looking(held, 0.50)


def _carrying_bag(body: Body, pose: Pose) -> Pose:
    return _arm(body, pose, 1, (0.01, 0.045, -0.318), (-1.0, 0.0, 0.0), (0.1, 0.0, -1.0))


def _carrying_box(body: Body, pose: Pose) -> Pose:
    for side in (0, 1):
        pose = _arm(body, pose, side, (0.165, -0.005, -0.165), (-0.5, 0.5, -1.0), (1.0, -0.15, 0.05))
    return pose


def _pushing(body: Body, pose: Pose) -> Pose:
    for side in (0, 1):
        pose = _arm(body, pose, side, (0.225, 0.02, -0.195), (-0.5, 0.6, -1.0), (0.8, -0.2, -0.45))
    return pose


def _waving(body: Body, pose: Pose) -> Pose:
    return _arm(body, pose, 1, (0.045, 0.115, 0.215), (-0.2, 1.0, -0.6), (0.0, 0.15, 1.0))


def _stopping(body: Body, pose: Pose) -> Pose:
    ahead = _arm(body, pose, 1, (0.275, 0.02, 0.10), (0.0, 0.6, -1.0), (0.25, 0.0, 1.0))
    return _arm(body, ahead, 0, (0.02, 0.32, 0.02), (-0.3, 0.0, -1.0), (0.0, 1.0, 0.05))


def _directing(body: Body, pose: Pose) -> Pose:
    beckon = _arm(body, pose, 1, (0.06, 0.125, 0.125), (-0.1, 0.9, -1.0), (-0.1, -0.6, 0.8))
    return _arm(body, beckon, 0, (0.02, 0.32, 0.01), (-0.3, 0.0, -1.0), (0.1, 1.0, 0.0))


def _seated_trunk(body: Body, pelvis: Float64, lean_rad: float) -> Pose:
    """Somebody upright above a pelvis (3,), legs still those of standing."""
    pose = standing(body)
    turn = _pitched(lean_rad)
    joints: dict[str, Float64] = {}
    for name in ("pelvis", "chest", "neck", "head", "hip", "shoulder", "elbow", "wrist", "hand"):
        joints[name] = (getattr(pose, name) - pose.pelvis[0]) @ turn.T + pelvis
    foot, toe = pose.foot_rotations()
    return replace(pose, **joints, head_turn=np.eye(3)[None], foot_turn=foot, toe_turn=toe)


def _legs(body: Body, pose: Pose, ankle: Float64, towards: ArrayLike) -> Pose:
    knee = middle_joint(pose.hip, ankle[None], body.thigh_m, body.shank_m, np.asarray(towards, np.float64))
    return replace(pose, ankle=ankle[None].copy(), knee=knee)


def _sitting(body: Body, _: Pose) -> Pose:
    h = body.height_m
    pelvis = np.array([-0.13 * h, 0.0, body.ankle_m + body.shank_m + 0.02 * h])
    pose = _seated_trunk(body, pelvis, -0.06)
    half = 1.35 * body.hip_half_m
    x = pelvis[0] + 0.985 * body.thigh_m + 0.02 * h
    pose = _legs(body, pose, np.array([[x, half, body.ankle_m], [x, -half, body.ankle_m]]), (0.7, 0.0, 1.0))
    for side in (0, 1):
        pose = _arm(body, pose, side, (0.165, -0.03, -0.215), (-0.7, 0.5, -1.0), (1.0, -0.35, -0.25))
    return pose


def _kneeling(body: Body, _: Pose) -> Pose:
    h = body.height_m
    pelvis = np.array([0.0, 0.0, 0.05 * h + 0.99 * body.thigh_m])
    pose = _seated_trunk(body, pelvis, 0.10)
    half = 1.1 * body.hip_half_m
    x = -0.99 * body.shank_m + 0.03 * h
    pose = _legs(body, pose, np.array([[x, half, 0.075 * h], [x, -half, 0.075 * h]]), (1.0, 0.0, -0.2))
    foot = np.tile(_pitched(1.0), (1, 2, 1, 1))
    for side in (0, 1):
        pose = _arm(body, pose, side, (0.13, -0.02, -0.24), (-0.7, 0.5, -0.5), (0.8, -0.3, -0.6))
    return replace(
        pose, foot_turn=foot, toe_turn=np.tile(np.eye(3), (1, 2, 1, 1)), foot_pitch_rad=np.full((1, 2), -1.0)
    )


def _crouching(body: Body, _: Pose) -> Pose:
    h = body.height_m
    pose = _seated_trunk(body, np.array([-0.11 * h, 0.0, body.ankle_m + 0.19 * h]), 0.52)
    half = 1.5 * body.hip_half_m
    pose = _legs(body, pose, np.array([[0.0, half, body.ankle_m], [0.0, -half, body.ankle_m]]), (1.0, 0.0, 0.8))
    for side in (0, 1):
        pose = _arm(body, pose, side, (0.17, -0.02, -0.235), (-0.3, 0.8, -0.5), (0.7, -0.3, -0.7))
    return _looking(pose, 0.25)


def _lying(body: Body, _: Pose) -> Pose:
    """On the back, the head towards -x."""
    pose = standing(body)
    turn = _pitched(-0.5 * np.pi)
    middle = np.array([0.0, 0.0, 0.5 * body.height_m])
    lift = np.array([0.0, 0.0, 0.085 * body.height_m])
    names = ("pelvis", "chest", "neck", "head", "hip", "knee", "ankle", "shoulder", "elbow", "wrist", "hand")
    joints: dict[str, Float64] = {name: (getattr(pose, name) - middle) @ turn.T + lift for name in names}
    foot = pose.foot_rotations()[0]
    return replace(pose, **joints, head_turn=turn[None], foot_turn=turn @ foot, toe_turn=turn @ foot)


POSTURES: Mapping[str, Callable[[Body, Pose], Pose]] = {
    "sitting": _sitting,
    "lying": _lying,
    "kneeling": _kneeling,
    "crouching": _crouching,
    "phone_ear": _phone_ear,
    "phone_look": _phone_look,
    "carrying_bag": _carrying_bag,
    "carrying_box": _carrying_box,
    "pushing": _pushing,
    "waving": _waving,
    "stopping": _stopping,
    "directing": _directing,
}
"""Every posture by the name that the attribute `pose` takes."""
