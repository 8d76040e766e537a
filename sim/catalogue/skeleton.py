"""A pedestrian's bones, by CARLA's names, over the same gait that is drawn.

Bones stand in the actor frame (x forward, y left, z up, origin mid-body). At rest (standing, arms hanging) every bone is turned
like the actor, so a relative rotation set by a user is the turn away from rest; a limb's bone turns by the shortest way from its
direction at rest to its direction now. Tested by tests/catalogue/test_skeleton.py.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.catalogue.body_frames import SKIN_BONES, bone_frames
from sim.catalogue.gait import BALL_SHARE, Body, Pose, feet_at_rest, person_of, standing
from sim.catalogue.postures import walker_poses
from sim.catalogue.spec import WalkerSpec

Float64 = NDArray[np.float64]

JOINTS_ATTRIBUTE = "sim_joints"
"""The attribute of an ActorInfo that holds a walker's own pose, as joints_text writes it."""

_FINGERS = ("Thumb", "Index", "Middle", "Ring", "Pinky")


def _tree() -> tuple[tuple[str, str], ...]:
    """(bone, parent) of all bones, parents first."""
    rows = [("crl_root", ""), ("crl_hips__C", "crl_root"), ("crl_spine__C", "crl_hips__C")]
    rows.append(("crl_spine01__C", "crl_spine__C"))
    for side in "LR":
        if side == "R":
            rows += [("crl_neck__C", "crl_spine01__C"), ("crl_Head__C", "crl_neck__C")]
            rows += [("crl_eye__L", "crl_Head__C"), ("crl_eye__R", "crl_Head__C")]
        chain = ("crl_spine01__C", *(f"crl_{part}__{side}" for part in ("shoulder", "arm", "foreArm", "hand")))
        rows += [(bone, parent) for parent, bone in itertools.pairwise(chain)]
        for finger in _FINGERS:
            chain = (f"crl_hand__{side}", *(f"crl_hand{finger}{joint}__{side}" for joint in ("", "01", "02", "End")))
            rows += [(bone, parent) for parent, bone in itertools.pairwise(chain)]
    for side in "RL":
        chain = ("crl_hips__C", *(f"crl_{part}__{side}" for part in ("thigh", "leg", "foot", "toe", "toeEnd")))
        rows += [(bone, parent) for parent, bone in itertools.pairwise(chain)]
    return tuple(rows)


BONES: tuple[tuple[str, str], ...] = _tree()
BONE_NAMES: tuple[str, ...] = tuple(name for name, _ in BONES)
BONE_ROW: dict[str, int] = {name: row for row, name in enumerate(BONE_NAMES)}
PARENT_ROW: tuple[int, ...] = tuple(BONE_ROW.get(parent, -1) for _, parent in BONES)


@dataclass(frozen=True)
class Skeleton:
    """All bones of one person at one instant, rows as BONE_NAMES: positions (B, 3) and rotations (B, 3, 3)."""

    position_m: Float64
    rotation: Float64


def skeleton_at(spec: WalkerSpec, speed_mps: float, phase_rad: float, posture: str = "") -> Skeleton:
    """The bones, in the actor frame, of a person who moves at this speed, at this phase of the gait, in this posture."""
    body = person_of(spec)
    pose = walker_poses([body], [speed_mps], [phase_rad], [posture])
    return Skeleton(_positions(body, pose)[0], _rotations(body, pose))


def rest_skeleton(spec: WalkerSpec) -> Skeleton:
    """The bones at rest, in the actor frame: standing, arms hanging, every bone turned like the actor."""
    body = person_of(spec)
    return Skeleton(_positions(body, standing(body))[0], np.tile(np.eye(3), (len(BONES), 1, 1)))


def relative(skeleton: Skeleton) -> Skeleton:
    """Each bone in its parent's frame; the root in the actor's."""
    parent = np.array(PARENT_ROW)
    position, rotation = skeleton.position_m.copy(), skeleton.rotation.copy()
    has = parent >= 0
    up = np.swapaxes(skeleton.rotation[parent[has]], 1, 2)
    position[has] = (up @ (skeleton.position_m[has] - skeleton.position_m[parent[has]])[:, :, None])[:, :, 0]
    rotation[has] = up @ skeleton.rotation[has]
    return Skeleton(position, rotation)


def assembled(local: Skeleton) -> Skeleton:
    """The bones in the actor frame from each bone in its parent's frame."""
    position, rotation = local.position_m.copy(), local.rotation.copy()
    for row, parent in enumerate(PARENT_ROW):
        if parent >= 0:
            position[row] = position[parent] + rotation[parent] @ local.position_m[row]
            rotation[row] = rotation[parent] @ local.rotation[row]
    return Skeleton(position, rotation)


def blended(one: Skeleton, other: Skeleton, share: float) -> Skeleton:
    """Between two sets of *relative* bones: `share` 0 is the first, 1 the second; rotations are mixed and made proper again."""
    if share in (0.0, 1.0):
        return other if share else one
    mixed = one.rotation * (1.0 - share) + other.rotation * share
    # the nearest rotation to a mean of two is the polar factor; half a turn apart has none, and keeps the second
    u, stretch, v = np.linalg.svd(mixed)
    u[:, :, 2] *= np.linalg.det(u @ v)[:, None]
    rotation = np.where((stretch[:, 1] > 1e-6)[:, None, None], u @ v, other.rotation)
    return Skeleton(one.position_m * (1.0 - share) + other.position_m * share, rotation)


def joints_text(skeleton: Skeleton) -> str:
    """The joints of a skeleton in the actor frame as text, for JOINTS_ATTRIBUTE."""
    place = {name: skeleton.position_m[row] for name, row in BONE_ROW.items()}
    middle = [place[f"crl_{name}__C"] for name in ("hips", "spine01", "neck", "Head")]
    pairs = [place[f"crl_{name}__{side}"] for name in _PAIRS for side in "LR"]
    turns = [skeleton.rotation[BONE_ROW[name]] for name in _TURNED]
    table = np.concatenate([np.ravel(middle), np.ravel(pairs), np.ravel(turns)]).astype("<f4")
    return base64.b64encode(table.tobytes()).decode("ascii")


def pose_from_text(text: str) -> Pose:
    """One frame of joints, in the actor frame, from what joints_text wrote."""
    table = np.frombuffer(base64.b64decode(text), "<f4").astype(np.float64)
    pelvis, chest, neck, head = table[:12].reshape(4, 1, 3)
    pairs = table[12 : 12 + 6 * len(_PAIRS)].reshape(len(_PAIRS), 1, 2, 3)
    hip, knee, ankle, shoulder, elbow, wrist, hand = pairs
    turns = table[12 + 6 * len(_PAIRS) :].reshape(len(_TURNED), 3, 3)
    ahead = turns[1:3, :, 0]
    pitch = np.arctan2(ahead[:, 2], np.maximum(np.hypot(ahead[:, 0], ahead[:, 1]), 1e-9))[None]
    rest = feet_at_rest()
    feet = (turns[None, 1:3] @ rest, turns[None, 3:5] @ rest)
    return Pose(pelvis, chest, neck, head, hip, knee, ankle, pitch, shoulder, elbow, wrist, hand, turns[None, 0], *feet)


_TURNED = ("crl_Head__C", "crl_foot__L", "crl_foot__R", "crl_toe__L", "crl_toe__R")
_PAIRS = ("thigh", "leg", "foot", "arm", "foreArm", "hand", "handMiddleEnd")


def _positions(body: Body, pose: Pose) -> Float64:
    """Bones (F, B, 3) of a pose; joints of the pose stand above the ground, bones about the middle of the body."""
    frames = len(pose.pelvis)
    out = np.zeros((frames, len(BONES), 3))

    def put(name: str, place: Float64) -> None:
        out[:, BONE_ROW[name]] = place

    put("crl_hips__C", pose.pelvis)
    put("crl_spine__C", 0.5 * (pose.pelvis + pose.chest))
    put("crl_spine01__C", pose.chest)
    put("crl_neck__C", pose.neck)
    put("crl_Head__C", pose.head)
    for index, side in enumerate("LR"):
        left = 1.0 - 2.0 * index
        eye = body.head_m * np.array([0.36, 0.145 * left, 0.54])
        put(f"crl_eye__{side}", pose.head + pose.head_rotation() @ eye)
        shoulder, wrist = pose.shoulder[:, index], pose.wrist[:, index]
        put(f"crl_shoulder__{side}", pose.neck + 0.25 * (shoulder - pose.neck))
        put(f"crl_arm__{side}", shoulder)
        put(f"crl_foreArm__{side}", pose.elbow[:, index])
        put(f"crl_hand__{side}", wrist)
        _fingers(body, wrist, pose.hand[:, index] - wrist, side, put)
        put(f"crl_thigh__{side}", pose.hip[:, index])
        put(f"crl_leg__{side}", pose.knee[:, index])
        put(f"crl_foot__{side}", pose.ankle[:, index])
        foot, toe = (turns[:, index] for turns in pose.foot_rotations())
        ball = pose.ankle[:, index] + foot @ np.array([BALL_SHARE * body.height_m, 0.0, -body.ankle_m])
        put(f"crl_toe__{side}", ball)
        put(f"crl_toeEnd__{side}", ball + toe @ np.array([0.036 * body.height_m, 0.0, 0.1 * body.ankle_m]))
    out[:, :, 2] -= 0.5 * body.height_m
    return out


def _fingers(body: Body, wrist: Float64, span: Float64, side: str, put: Callable[[str, Float64], None]) -> None:
    """Fingers side by side along the hand, the thumb in front: the palm faces the thigh."""
    for k, finger in enumerate(_FINGERS):
        ahead = np.array([0.016 - 0.008 * k, 0.0, 0.0]) * body.height_m
        length = (0.62, 0.95, 1.0, 0.95, 0.82)[k]
        base = 0.18 if finger == "Thumb" else 0.50
        for j, joint in enumerate(("", "01", "02", "End")):
            share = base + (length - base) * j / 3.0
            place = wrist + span * share + ahead * (0.0 if finger == "Middle" and joint == "End" else 1.0)
            put(f"crl_hand{finger}{joint}__{side}", place)


def _rotations(body: Body, pose: Pose) -> Float64:
    """Turn of every bone (B, 3, 3) away from rest in the one frame of a pose; small bones turn with their parents."""
    height, ankle = np.array([body.height_m]), np.array([body.ankle_m])
    now, rest = bone_frames(pose, height, ankle)[1][0], bone_frames(standing(body), height, ankle)[1][0]
    big = {name: now[row] @ rest[row].T for row, name in enumerate(SKIN_BONES)}
    rotation = np.tile(np.eye(3), (len(BONES), 1, 1))
    for row, (name, _) in enumerate(BONES):
        if row:
            rotation[row] = big[name] if name in big else rotation[PARENT_ROW[row]]
    return rotation
