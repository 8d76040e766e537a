"""How a four-legged animal moves: bones over one cycle of its legs, which starts anew every `stride_m` of the way it covers.

Slow animals walk (hind left, fore left, hind right, fore right), fast ones trot on diagonal pairs (Hildebrand 1989, The
quadrupedal gaits of vertebrates); between 1 and 2 body lengths a second one turns into the other. A foot that bears weight
stands still over the ground. x ahead, y left, z up from the ground. Tested by tests/rendering/test_assets_animals.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

BODY, NECK, HEAD, TAIL, LEGS = 0, 1, 2, 3, 4
"""Bones of the trunk; then three of each leg (upper, lower, foot): fore left, fore right, hind left, hind right."""
BONE_COUNT = 16


@dataclass(frozen=True)
class Quadruped:
    """Lengths of one animal in m. Joints of fore and hind legs at `fore_x_m` and `hind_x_m`, heights above the ground.

    A leg's segments are upper, lower and foot (from the carpus or the hock down); `hock_back_m` is how far the hock stands
    behind the hind foot. `neck` and `head` are vectors (x, z) from the withers to the poll and from the poll to the nose.
    """

    name: str
    stride_m: float
    withers_m: float
    fore_x_m: float
    hind_x_m: float
    half_width_m: float
    shoulder_z_m: float
    hip_z_m: float
    fore_m: tuple[float, float, float]
    hind_m: tuple[float, float, float]
    hock_back_m: float
    neck_m: tuple[float, float]
    head_m: tuple[float, float]
    middle_x_m: float = 0.0


def bones_at(animals: Sequence[Quadruped], speeds_mps: Float64, phases_rad: Float64) -> Float64:
    """Bones object_from_bone (N, 16, 4, 4) of N animals at these speeds and phases of their gait (N,)."""
    out = np.stack([_bones(*item) for item in zip(animals, speeds_mps.tolist(), phases_rad.tolist(), strict=True)])
    out[:, :, 0, 3] -= np.array([animal.middle_x_m for animal in animals])[:, None]
    return out


def _bones(animal: Quadruped, speed_mps: float, phase_rad: float) -> Float64:
    length = animal.fore_x_m - animal.hind_x_m
    going = float(np.clip(speed_mps / (0.4 * length), 0.0, 1.0))
    trot = float(np.clip(speed_mps / length - 1.0, 0.0, 1.0))
    cycle = phase_rad / (2.0 * np.pi)
    bob = -0.012 * animal.withers_m * going * np.cos(2.0 * phase_rad) - 0.01 * animal.withers_m * trot
    out = np.tile(np.eye(4), (BONE_COUNT, 1, 1))
    out[BODY] = _bone(0.0, animal.withers_m + bob, 0.015 * going * np.sin(2.0 * phase_rad))
    nod = 0.07 * going * np.sin(2.0 * phase_rad + 0.6) * (1.0 - 0.6 * trot)
    base = np.array([animal.fore_x_m, animal.withers_m + bob])
    out[NECK] = _bone(base[0], base[1], nod)
    poll = base + _turned(np.array(animal.neck_m), nod)
    out[HEAD] = _bone(poll[0], poll[1], 0.6 * nod)
    out[TAIL] = _bone(animal.hind_x_m - 0.10 * length, animal.withers_m + bob, 0.12 * going * np.sin(phase_rad))
    offsets = (0.25 + 0.25 * trot, 0.75 + 0.25 * trot, 0.0, 0.5)
    stance = 0.64 - 0.16 * trot
    for leg, offset in enumerate(offsets):
        fore = leg < 2
        x = animal.fore_x_m if fore else animal.hind_x_m
        foot_x, lift, fold = _foot((cycle + offset) % 1.0, stance, animal.stride_m)
        foot = np.array([x + going * foot_x, going * lift * animal.withers_m])
        joint = np.array([x, (animal.shoulder_z_m if fore else animal.hip_z_m) + bob])
        out[LEGS + 3 * leg : LEGS + 3 * leg + 3] = _leg(animal, fore, joint, foot, going * fold)
        out[LEGS + 3 * leg : LEGS + 3 * leg + 3, 1, 3] = animal.half_width_m * (1.0 if leg % 2 == 0 else -1.0)
    return out


def _foot(t: float, stance: float, stride_m: float) -> tuple[float, float, float]:
    """Where a foot is over the cycle: x from its joint, height in withers heights, and how far (rad) it is folded back."""
    half = 0.5 * stance * stride_m
    if t <= stance:
        return half - stride_m * t, 0.0, 0.0
    s = (t - stance) / (1.0 - stance)
    smooth = s * s * (3.0 - 2.0 * s)
    return -half + 2.0 * half * smooth, 0.10 * np.sin(np.pi * s), 0.9 * np.sin(np.pi * min(1.25 * s, 1.0)) ** 2


def _leg(animal: Quadruped, fore: bool, joint: Float64, foot: Float64, fold: float) -> Float64:
    """Three bones in the plane of the leg, each with -z along its segment."""
    upper, lower, last = animal.fore_m if fore else animal.hind_m
    back = 0.0 if fore else animal.hock_back_m
    rest = np.array([-back, np.sqrt(last**2 - back**2)])
    ankle = foot + _turned(rest, fold)
    span = ankle - joint
    distance = float(np.linalg.norm(span))
    if distance > 0.999 * (upper + lower):
        # the foot straightens before the leg would tear
        ankle = joint + span * (0.999 * (upper + lower) / distance)
        span, distance = ankle - joint, 0.999 * (upper + lower)
    along = (upper**2 - lower**2 + distance**2) / (2.0 * distance)
    out = np.sqrt(max(upper**2 - along**2, 0.0))
    unit = span / distance
    # elbows point back, stifles ahead
    across = np.array([unit[1], -unit[0]]) if fore else np.array([-unit[1], unit[0]])
    knee = joint + along * unit + out * across
    points = (joint, knee, ankle, foot)
    return np.stack([_bone(a[0], a[1], _angle(b - a)) for a, b in itertools.pairwise(points)])


def _angle(direction: Float64) -> float:
    """Turn about y that takes -z to a direction (x, z)."""
    return float(np.arctan2(-direction[0], -direction[1]))


def _turned(vector: Float64, angle: float) -> Float64:
    """A vector (x, z) turned about y."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([c * vector[0] + s * vector[1], -s * vector[0] + c * vector[1]])


def _bone(x: Any, z: Any, angle: float) -> Float64:
    """A frame at (x, 0, z), turned about y."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0.0, s, x], [0.0, 1.0, 0.0, 0.0], [-s, 0.0, c, z], [0.0, 0.0, 0.0, 1.0]])


QUADRUPEDS = {
    "dog": Quadruped(
        "dog",
        0.95,
        0.56,
        0.21,
        -0.25,
        0.075,
        0.44,
        0.45,
        (0.140, 0.180, 0.16),
        (0.17, 0.18, 0.15),
        0.045,
        (0.115, 0.095),
        (0.205, -0.050),
        -0.0212,
    ),
    "cat": Quadruped(
        "cat",
        0.50,
        0.26,
        0.115,
        -0.135,
        0.035,
        0.205,
        0.21,
        (0.070, 0.085, 0.065),
        (0.085, 0.09, 0.07),
        0.022,
        (0.050, 0.030),
        (0.075, -0.015),
        -0.0471,
    ),
    "deer": Quadruped(
        "deer",
        1.35,
        0.72,
        0.27,
        -0.30,
        0.075,
        0.55,
        0.57,
        (0.17, 0.23, 0.22),
        (0.21, 0.24, 0.235),
        0.055,
        (0.17, 0.26),
        (0.195, -0.070),
        0.0746,
    ),
    "boar": Quadruped(
        "boar",
        0.95,
        0.78,
        0.30,
        -0.36,
        0.105,
        0.54,
        0.53,
        (0.20, 0.22, 0.18),
        (0.20, 0.22, 0.19),
        0.045,
        (0.15, -0.06),
        (0.39, -0.20),
        0.1412,
    ),
    "horse": Quadruped(
        "horse",
        2.20,
        1.60,
        0.58,
        -0.62,
        0.17,
        1.20,
        1.22,
        (0.36, 0.48, 0.46),
        (0.44, 0.45, 0.50),
        0.12,
        (0.50, 0.52),
        (0.47, -0.34),
        0.2629,
    ),
}
"""Withers heights: Labrador 0.56 m (FCI standard 122), domestic cat 0.25, roe deer 0.72, wild boar 0.78, horse 1.60 (16 hands)."""
