"""The pose in which people's bodies and clothes are made: upright, legs a little apart, arms held away from the body.

`Figure` holds the joints of one person in that pose and the girths of body parts; all shares are of the body height.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rendering.assets.skin import matrices
from rendering.assets.soft_solids import Solid, tube
from sim.catalogue import body_frames as bone
from sim.catalogue.gait import Body, Pose, middle_joint, standing
from sim.catalogue.spec import WalkerSpec

Float64 = NDArray[np.float64]

LEFT = np.array([0.0, 1.0, 0.0])
_ARM_RAD, _LEG_RAD = 0.75, 0.10


def chance(type_id: str, name: str) -> float:
    """A number in [0, 1) that a blueprint always has under this name."""
    return zlib.crc32(f"{type_id}/{name}".encode()) / 2.0**32


def bind_pose(body: Body) -> Pose:
    """One frame: standing on flat feet, arms straight and 43 degrees off the body."""
    rest = standing(replace(body, stoop_rad=0.0))
    side = np.array([1.0, -1.0])
    leg = body.thigh_m + body.shank_m
    pelvis = np.array([[0.0, 0.0, body.ankle_m + leg * np.cos(_LEG_RAD) * 0.9995]])
    shift = pelvis - rest.pelvis
    hip = rest.hip + shift
    ankle = hip + np.stack([0 * side, side * np.sin(_LEG_RAD) * leg, 0 * side], axis=-1)
    ankle[..., 2] = body.ankle_m
    knee = middle_joint(hip, ankle, body.thigh_m, body.shank_m, np.array([1.0, 0.0, 0.0]))
    shoulder = rest.shoulder + shift
    arm = np.stack([0 * side, side * np.sin(_ARM_RAD), -np.cos(_ARM_RAD) + 0 * side], axis=-1)
    elbow = shoulder + body.upper_arm_m * arm
    wrist = elbow + body.forearm_m * arm
    hand = wrist + 0.095 * body.height_m * arm
    upright = np.eye(3)
    feet = np.tile(upright, (1, 2, 1, 1))
    return Pose(
        pelvis, rest.chest + shift, rest.neck + shift, rest.head + shift, hip, knee, ankle, np.zeros((1, 2)), shoulder, elbow,
        wrist, hand, upright[None], feet, feet,
    )  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One person in the bind pose. `girth` scales thickness, `belly` (m) rounds the front, `limb` scales arms and legs."""

    type_id: str
    body: Body
    female: bool
    child: bool
    girth: float
    belly_m: float
    limb: float

    @cached_property
    def pose(self) -> Pose:
        """The bind pose."""
        return bind_pose(self.body)

    @cached_property
    def object_from_bone(self) -> Float64:
        """Bones (19, 4, 4) of the bind pose."""
        body = self.body
        return matrices(
            *(x[0] for x in bone.bone_frames(self.pose, np.array([body.height_m]), np.array([body.ankle_m])))
        )

    def z(self, share: float) -> float:
        """A height on the trunk: shares as of a grown-up (crotch 0.475, neck 0.818), stretched onto this body."""
        pelvis, neck = float(self.pose.pelvis[0, 2]), float(self.pose.neck[0, 2])
        return pelvis + (share - 0.530) / 0.288 * (neck - pelvis)

    def torso(self, offset_m: float, low: float, high: float, flare: float = 0.0, round_ends: bool = False) -> Solid:
        """The trunk between two heights (shares), `offset_m` outside the skin; `flare` widens it below the waist."""
        rows = _torso_rows(self)
        z = np.linspace(low, high, 17)
        wide, deep, ahead = (np.interp(z, rows[:, 0], rows[:, k]) for k in (1, 2, 3))
        h = self.body.height_m
        below = np.clip((0.60 - z) / 0.15, 0.0, 3.0) * flare
        knots = np.stack(
            [(z - low) / (high - low), wide * h + offset_m + below, deep * h + offset_m + below, -ahead * h], axis=1
        )
        span = high - low
        bones = ((0.53 - low) / span, bone.PELVIS), ((0.63 - low) / span, bone.SPINE), ((0.71 - low) / span, bone.CHEST)
        start, end = (0.0, 0.0, self.z(low)), (0.0, 0.0, self.z(high))
        return tube(start, end, knots, LEFT, bones, exponent=2.25, round_ends=round_ends, blend_m=0.035)

    def shoulders(self, offset_m: float) -> list[Solid]:
        """What joins the trunk to the arms, one solid a side."""
        h, out = self.body.height_m, []
        for side in (0, 1):
            joint = self.pose.shoulder[0, side]
            base = np.array([-0.006 * h, 0.30 * joint[1], self.z(0.818)])
            knots = [
                [0.0, 0.027 * h + offset_m, 0.032 * h + offset_m, 0.0],
                [1.0, 0.0255 * h * self.limb + offset_m, 0.0300 * h * self.limb + offset_m, 0.0],
            ]
            bones = ((0.35, bone.CHEST), (1.15, bone.ARM + side))
            out.append(
                tube(
                    base, joint + np.array([-0.004 * h, 0.0, -0.003 * h]), knots, (0.0, 0.0, 1.0), bones, blend_m=0.045
                )
            )
        return out

    def arm(self, side: int, offset_m: float, reach: float, loose_m: float = 0.0) -> list[Solid]:
        """An arm down to `reach` (1 the elbow, 2 the wrist), `offset_m` outside the skin and `loose_m` more at its end."""
        h, g = self.body.height_m, self.limb
        pose = self.pose
        points = (pose.shoulder[0, side], pose.elbow[0, side], pose.wrist[0, side])
        upper = np.array([[0.0, 0.0275, 0.0300], [0.3, 0.0275, 0.0295], [0.7, 0.0250, 0.0265], [1.0, 0.0230, 0.0240]])
        lower = np.array([[0.0, 0.0230, 0.0240], [0.25, 0.0245, 0.0255], [0.7, 0.0195, 0.0200], [1.0, 0.0175, 0.0150]])
        out = []
        for k, (rows, name) in enumerate(((upper, bone.ARM + side), (lower, bone.FOREARM + side))):
            share = min(reach - k, 1.0)
            if share <= 0.0:
                continue
            start, end = points[k], points[k] + share * (points[k + 1] - points[k])
            extra = offset_m + loose_m * np.clip((rows[:, 0] + k) / 1.6, 0.0, 1.0)
            knots = np.column_stack(
                [rows[:, 0] / share, rows[:, 1] * h * g + extra, rows[:, 2] * h * g + extra, 0.0 * extra]
            )
            last = k + 1 >= reach
            out.append(tube(start, end, _clipped(knots), (1.0, 0.0, 0.0), name, round_ends=not last, blend_m=0.02))
        return out

    def leg(self, side: int, offset_m: float, reach: float, hem_m: float = 0.0, muscles: float = 1.0) -> list[Solid]:
        """A leg down to `reach` (1 the knee, 2 the ankle); `hem_m` is the least radius below the knee, for wide trousers."""
        h, g = self.body.height_m, self.limb
        pose = self.pose
        points = (pose.hip[0, side], pose.knee[0, side], pose.ankle[0, side])
        upper = np.array(
            [
                [0.0, 0.0460, 0.057, 0.004],
                [0.25, 0.0500, 0.056, 0.002],
                [0.65, 0.0420, 0.046, -0.001],
                [1.0, 0.0335, 0.036, -0.001],
            ]
        )
        calf = 0.008 * muscles
        lower = np.array(
            [
                [0.0, 0.0335, 0.036, -0.001],
                [0.28, 0.0340, 0.037, calf],
                [0.7, 0.0245, 0.026, 0.5 * calf],
                [1.0, 0.0215, 0.023, 0.0],
            ]
        )
        out = []
        for k, (rows, name) in enumerate(((upper, bone.THIGH + side), (lower, bone.SHANK + side))):
            share = min(reach - k, 1.0)
            if share <= 0.0:
                continue
            start, end = points[k], points[k] + share * (points[k + 1] - points[k])
            thick = rows[:, 1:3] * h * g + offset_m
            thick = np.maximum(thick, hem_m)
            # seen along a tube that runs down with its side to the left, the shift's axis points ahead
            knots = np.column_stack([rows[:, 0] / share, thick, -rows[:, 3] * h])
            last = k + 1 >= reach
            out.append(tube(start, end, _clipped(knots), LEFT, name, round_ends=not last, blend_m=0.03))
        return out

    def separate(self, points: Float64, name: int) -> Float64:
        """Legs and arms move only what lies on their own side."""
        one = np.ones(len(points))
        if name < bone.ARM:
            return one
        left = (name - bone.ARM) % 2 == 0
        y = points[:, 1] if left else -points[:, 1]
        if name >= bone.THIGH:
            return _ramp(y, -0.012, 0.012)
        if name < bone.FOREARM:
            inner = float(self.pose.shoulder[0, 0, 1])
            return _ramp(y, inner - 0.030 * self.body.height_m, inner + 0.012 * self.body.height_m) + 1e-6
        return _ramp(y, 0.0, 0.05)


def _clipped(knots: Float64) -> Float64:
    """Knots (t, ...) with t up to 1: what lies beyond is cut off."""
    if knots[-1, 0] <= 1.0 + 1e-9:
        return knots
    end = np.array([1.0, *(np.interp(1.0, knots[:, 0], knots[:, k]) for k in range(1, knots.shape[1]))])
    return np.concatenate([knots[knots[:, 0] < 0.999], end[None]])


def _ramp(value: Float64, low: float, high: float) -> Float64:
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def _torso_rows(figure: Figure) -> Float64:
    """Height, half width, half depth and shift ahead of the trunk's sections, shares of the height.

    Breadths and depths of chest, waist and hips after DIN 33402-2, 50th percentile.
    """
    if figure.child:
        rows = np.array([
            [0.470, 0.060, 0.052, 0.000], [0.505, 0.084, 0.064, -0.004], [0.545, 0.087, 0.066, -0.004], [0.590, 0.083, 0.064, 0.004],
            [0.640, 0.080, 0.062, 0.007], [0.690, 0.081, 0.060, 0.006], [0.740, 0.085, 0.059, 0.004], [0.775, 0.086, 0.056, 0.000],
            [0.800, 0.072, 0.048, -0.004], [0.820, 0.052, 0.040, -0.006], [0.840, 0.036, 0.034, -0.006],
        ])  # fmt: skip
    elif figure.female:
        rows = np.array([
            [0.470, 0.062, 0.054, 0.000], [0.500, 0.094, 0.070, -0.006], [0.535, 0.102, 0.073, -0.008], [0.575, 0.094, 0.064, -0.002],
            [0.625, 0.075, 0.055, 0.004], [0.665, 0.074, 0.055, 0.004], [0.710, 0.083, 0.067, 0.013], [0.735, 0.085, 0.071, 0.015],
            [0.765, 0.080, 0.057, 0.004], [0.795, 0.067, 0.047, -0.004], [0.815, 0.051, 0.040, -0.008], [0.838, 0.033, 0.033, -0.010],
        ])  # fmt: skip
    else:
        rows = np.array([
            [0.470, 0.060, 0.052, 0.000], [0.500, 0.088, 0.067, -0.005], [0.540, 0.095, 0.069, -0.007], [0.580, 0.090, 0.063, -0.002],
            [0.630, 0.081, 0.056, 0.004], [0.680, 0.085, 0.060, 0.006], [0.730, 0.091, 0.065, 0.007], [0.765, 0.089, 0.062, 0.002],
            [0.795, 0.074, 0.051, -0.004], [0.815, 0.058, 0.043, -0.008], [0.838, 0.038, 0.037, -0.010],
        ])  # fmt: skip
    rows = np.asarray(rows, np.float64).copy()
    rows[:, 1:3] *= figure.girth
    bulge = figure.belly_m / figure.body.height_m * np.exp(-(((rows[:, 0] - 0.625) / 0.055) ** 2))
    rows[:, 1] += 0.7 * bulge
    rows[:, 2] += bulge
    rows[:, 3] += 0.75 * bulge
    return np.asarray(rows)


def figure_of(spec: WalkerSpec, body: Body) -> Figure:
    """The build of a pedestrian blueprint: an own draw within its age and gender."""
    draw = chance(spec.type_id, "girth")
    girth = 0.94 + 0.16 * draw**1.5
    belly = 0.0
    if spec.age == "elderly":
        girth, belly = girth * 1.02, 0.012 + 0.030 * chance(spec.type_id, "belly")
    elif spec.age == "adult":
        belly = (0.0 if spec.gender == "female" else 0.035) * max(draw - 0.55, 0.0) / 0.45
    child = spec.age == "child"
    limb = (0.86 if child else 0.90 if spec.gender == "female" else 0.97) * (0.96 + 0.10 * draw)
    if spec.age == "elderly":
        limb *= 0.94
    return Figure(spec.type_id, body, spec.gender == "female", child, girth, belly, limb)
