"""How a person moves: joint positions over one gait cycle, from heel strike to heel strike of the left foot.

The stance foot is still on the ground: in the body's frame it moves back by exactly the distance that the body advances, so
feet do not skate. It rolls from the heel over the flat sole to the ball (rockers of Perry & Burnfield, Gait Analysis, 2010).
The legs follow by two-bone inverse kinematics. x forward, y left, z up from the ground; origin under the pelvis.

A person's gait is a table over speed and phase of what the legs, the trunk and the arms do (`moving`), which `poses_at` samples
in between, so that nothing jumps when somebody sets off, hurries or stops. Tested by tests/catalogue/test_gait.py: feet
that bear weight stand still over the ground from 0.8 to 3.5 m/s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.base.phase import stride_length_m
from sim.catalogue.spec import WalkerSpec

Float64 = NDArray[np.float64]

PHASES = 64
_SPEED_STEP_MPS, _STANDING_BELOW_MPS = 0.05, 0.25
BALL_SHARE = 0.062
"""The ball of the foot, at which the toes bend, is this share of the height ahead of the ankle: 70 % of the foot."""
_TOE_OUT_RAD = 0.09
"""Feet point outwards by 5 degrees (Murray et al. 1964: 7 degrees, less when fast)."""


@dataclass(frozen=True)
class Body:
    """Lengths of one person in m. Ratios for adults after Winter, Biomechanics and Motor Control (2009), fig. 4.1."""

    height_m: float
    shoulder_half_m: float
    hip_half_m: float
    thigh_m: float
    shank_m: float
    ankle_m: float
    torso_m: float
    head_m: float
    upper_arm_m: float
    forearm_m: float
    foot_m: float
    stoop_rad: float


def body_of(height_m: float, shoulder_width_m: float, age: str) -> Body:
    """Segment lengths; children have larger heads and shorter legs, the old stoop."""
    child = age == "child"
    young = float(np.clip((1.55 - height_m) / 0.6, 0.0, 1.0)) if child else 0.0
    head = (0.130 + 0.045 * young) * height_m
    leg = (0.530 - 0.040 * young) * height_m
    ankle = 0.045 * height_m
    neck = 0.047 * height_m
    stoop = 0.16 if age == "elderly" else 0.0
    rest = height_m - leg - head - neck
    return Body(
        height_m=height_m,
        shoulder_half_m=0.5 * shoulder_width_m - 0.030 * height_m,
        hip_half_m=0.052 * height_m,
        thigh_m=(leg - ankle) * 0.505,
        shank_m=(leg - ankle) * 0.495,
        ankle_m=ankle,
        torso_m=rest,
        head_m=head,
        upper_arm_m=0.178 * height_m,
        forearm_m=0.148 * height_m,
        foot_m=0.150 * height_m,
        stoop_rad=stoop,
    )


@dataclass(frozen=True)
class Pose:
    """Joints of F frames, each (F, 3), pairs as (F, 2, 3) with left first; `foot_pitch_rad` (F, 2) is positive toe up.

    `head_turn` (F, 3, 3), `foot_turn` and `toe_turn` (F, 2, 3, 3) are turns away from upright and flat; without them the head is
    upright and the foot turns by its pitch, the toes staying flat while the heel rises.
    """

    pelvis: Float64
    chest: Float64
    neck: Float64
    head: Float64
    hip: Float64
    knee: Float64
    ankle: Float64
    foot_pitch_rad: Float64
    shoulder: Float64
    elbow: Float64
    wrist: Float64
    hand: Float64
    head_turn: Float64 | None = None
    foot_turn: Float64 | None = None
    toe_turn: Float64 | None = None

    def head_rotation(self) -> Float64:
        """Turn of the head (F, 3, 3)."""
        return np.tile(np.eye(3), (len(self.pelvis), 1, 1)) if self.head_turn is None else self.head_turn

    def foot_rotations(self) -> tuple[Float64, Float64]:
        """Turns of the feet and of the toes, (F, 2, 3, 3) each."""
        yaw = _TOE_OUT_RAD * np.array([1.0, -1.0])
        foot = _foot_turn(self.foot_pitch_rad, yaw) if self.foot_turn is None else self.foot_turn
        toe = _foot_turn(np.maximum(self.foot_pitch_rad, 0.0), yaw) if self.toe_turn is None else self.toe_turn
        return foot, toe

    def frame(self, index: int) -> Pose:
        """One of the frames."""
        values: Any = [getattr(self, item.name) for item in fields(self)]
        one: Any = [None if value is None else value[index : index + 1] for value in values]
        return Pose(*one)


def person_of(spec: WalkerSpec) -> Body:
    """The lengths of a pedestrian blueprint's person."""
    return body_of(spec.height_m, spec.shoulder_width_m, spec.age)


def feet_at_rest() -> Float64:
    """Turns of the feet (1, 2, 3, 3) of somebody who stands: flat, pointing a little outwards."""
    return _foot_turn(np.zeros((1, 2)), _TOE_OUT_RAD * np.array([1.0, -1.0]))


def standing(body: Body) -> Pose:
    """One frame at rest, arms hanging: the pose from which bones' turns are counted."""
    ankle = np.array([[[0.0, body.hip_half_m * 1.1, body.ankle_m], [0.0, -body.hip_half_m * 1.1, body.ankle_m]]])
    pelvis = np.array([[0.0, 0.0, body.ankle_m + 0.999 * (body.thigh_m + body.shank_m)]])
    arms = np.full((1, 2), 0.04)
    return _assemble(body, pelvis, ankle, np.zeros((1, 2)), arms, np.full((1, 2), 0.12), np.zeros(1), np.zeros((1, 3)))


def moving(body: Body, speed_mps: float) -> Pose:
    """PHASES frames at one speed: walking, or running above the speed where people break into it (Froude number 0.5)."""
    return _posed(body, _moving_rows(body, speed_mps))


def poses_at(bodies: Sequence[Body], speeds_mps: ArrayLike, phases_rad: ArrayLike) -> Pose:
    """One frame for each of N people who move at `speeds_mps` (N,), at these phases of their gait.

    Below 0.25 m/s walking fades into standing, in which the phase decides how the weight is shared between the legs.
    """
    speed = np.minimum(np.abs(np.asarray(speeds_mps, np.float64)), (_SPEEDS - 1.001) * _SPEED_STEP_MPS)
    cycle = np.asarray(phases_rad, np.float64) / (2.0 * np.pi) % 1.0 * PHASES
    row, column = (speed / _SPEED_STEP_MPS).astype(np.int64), cycle.astype(np.int64) % PHASES
    f, g = (speed / _SPEED_STEP_MPS - row)[:, None], (cycle - np.floor(cycle))[:, None]
    after = (column + 1) % PHASES
    cells = []
    for body, r, c, d in zip(bodies, row, column, after, strict=True):
        slower, faster = _gait_row(body, int(r)), _gait_row(body, int(r) + 1)
        cells.append((slower[c], slower[d], faster[c], faster[d]))
    values = np.array(cells)
    mixed = (values[:, 0] * (1 - g) + values[:, 1] * g) * (1 - f) + (values[:, 2] * (1 - g) + values[:, 3] * g) * f
    return _posed(_stacked(bodies), mixed)


_SPEEDS = 121
"""Rows of a gait table: 0 to 6 m/s."""
_COLUMNS = 19
_ANKLE, _PITCH, _PELVIS, _ARM, _ELBOW, _LEAN, _TURN = (
    slice(0, 6), slice(6, 8), slice(8, 11), slice(11, 13), slice(13, 15), slice(15, 16), slice(16, 19),
)  # fmt: skip
"""Columns: ankles (left xyz, right xyz), foot pitch, pelvis, arms, elbows, lean; yaw of shoulders, yaw and list of the pelvis."""


@lru_cache(maxsize=8192)
def _gait_row(body: Body, row: int) -> Float64:
    """(PHASES, columns) of everything that `_posed` needs at row * _SPEED_STEP_MPS."""
    speed = row * _SPEED_STEP_MPS
    walking = min(speed / _STANDING_BELOW_MPS, 1.0)
    moving_rows = _moving_rows(body, max(speed, _SPEED_STEP_MPS))
    return moving_rows if walking == 1.0 else (1.0 - walking) * _standing_rows(body) + walking * moving_rows


def _stacked(bodies: Sequence[Body]) -> Body:
    """A body whose lengths are arrays (N,), for `_assemble`."""
    rows: Any = zip(*([getattr(body, item.name) for item in fields(Body)] for body in bodies), strict=True)
    lengths: Any = [np.array(row) for row in rows]
    return Body(*lengths)


def _posed(body: Body, rows: Float64) -> Pose:
    return _assemble(
        body, rows[:, _PELVIS], rows[:, _ANKLE].reshape(-1, 2, 3), rows[:, _PITCH], rows[:, _ARM], rows[:, _ELBOW],
        rows[:, 15], rows[:, _TURN],
    )  # fmt: skip


def _standing_rows(body: Body) -> Float64:
    """People who stand: the weight on one leg or the other, arms hanging loosely, one way for each phase."""
    angle = 2.0 * np.pi * np.arange(PHASES) / PHASES
    lean = np.sin(angle)
    rows = np.zeros((PHASES, _COLUMNS))
    rows[:, 0], rows[:, 3] = 0.03 * body.height_m * np.cos(angle), -0.03 * body.height_m * np.cos(angle)
    rows[:, 1], rows[:, 4] = body.hip_half_m * 1.25, -body.hip_half_m * 1.25
    rows[:, 2] = rows[:, 5] = body.ankle_m
    rows[:, 9] = 0.022 * body.height_m * lean
    leg = body.thigh_m + body.shank_m
    rows[:, 10] = body.ankle_m + np.sqrt((0.997 * leg) ** 2 - (0.045 * body.height_m) ** 2)
    rows[:, 11], rows[:, 12] = 0.03 + 0.06 * np.cos(angle), 0.03 - 0.06 * np.cos(angle)
    rows[:, 13], rows[:, 14] = 0.20 + 0.10 * lean, 0.20 - 0.10 * lean
    rows[:, 17], rows[:, 18] = -0.05 * np.cos(angle), 0.035 * lean
    return rows


def _moving_rows(body: Body, speed_mps: float) -> Float64:
    """What `_posed` needs of PHASES frames at one speed."""
    stride = float(stride_length_m(speed_mps, body.height_m))
    leg = body.thigh_m + body.shank_m + body.ankle_m
    run = float(np.clip((speed_mps**2 / (9.81 * leg) - 0.45) / 0.3, 0.0, 1.0))
    stance = 0.58 - 0.18 * run
    reach = 2.0 * np.sqrt((0.98 * leg) ** 2 - (0.84 * leg) ** 2) / stride
    # toe-off falls on a row of the table, or feet would slip between two rows
    stance = round(float(min(stance, max(reach, 0.3))) * PHASES) / PHASES
    time = np.arange(PHASES) / PHASES
    rows = np.zeros((PHASES, _COLUMNS))
    for side, shift in ((0, 0.0), (1, 0.5)):
        x, z, angle = _foot_path(body, (time + shift) % 1.0, stride, stance, run)
        rows[:, 3 * side], rows[:, 3 * side + 2], rows[:, 6 + side] = x, z, angle
        # feet point outwards, so an ankle that rises about the ball also goes outwards
        aside = np.sin(_TOE_OUT_RAD) * _about(angle, *_levers(body))[0]
        rows[:, 3 * side + 1] = (1.0 - 2.0 * side) * (body.hip_half_m * (0.85 - 0.25 * run) + aside)
    wave, late = np.cos(2.0 * np.pi * time), np.cos(2.0 * np.pi * time - 0.35)
    pace = float(np.clip(speed_mps / 1.4, 0.3, 1.2))
    rows[:, 9] = 0.018 * body.height_m * 0.5 * np.sin(2.0 * np.pi * time)
    rows[:, 10] = _pelvis_height(body, rows[:, _ANKLE].reshape(-1, 2, 3), stance, time, run)
    swing = (0.36 * pace + 0.28 * run) * wave
    rows[:, 11], rows[:, 12] = 0.02 - swing, 0.02 + swing
    # the forearm lags behind the upper arm
    bend = (0.16 * pace + 0.20 * run) * late
    rows[:, 13] = 0.28 + 1.15 * run + np.clip(0.10 - bend, 0.0, None)
    rows[:, 14] = 0.28 + 1.15 * run + np.clip(0.10 + bend, 0.0, None)
    rows[:, 15] = 0.03 + 0.13 * run
    # shoulders turn against the pelvis; the pelvis goes ahead with the swinging leg and drops on its side (Saunders et al. 1953)
    rows[:, 16] = 0.11 * pace * wave
    rows[:, 17] = -0.09 * pace * wave
    rows[:, 18] = 0.05 * pace * np.sin(2.0 * np.pi * time)
    return rows


def _foot_path(body: Body, t: Float64, stride_m: float, stance: float, run: float) -> tuple[Float64, Float64, Float64]:
    """Ankle x, z and foot pitch over the cycle `t` (0 heel strike, `stance` toe-off, 1 heel strike again)."""
    heel, ball, high = _levers(body)
    strike, lift = 0.30 * (1.0 - 0.6 * run), -1.08 + 0.16 * run
    landed, heel_off = 0.20 * stance, 0.55 * stance
    pitch = np.where(t < landed, strike * (1.0 - t / landed) ** 2, 0.0)
    rising = np.clip((t - heel_off) / (stance - heel_off), 0.0, 1.0)
    pitch = np.where((t >= landed) & (t <= stance), lift * rising**1.7, pitch)
    s = np.clip((t - stance) / (1.0 - stance), 0.0, 1.0)
    pitch = np.where(t > stance, lift + (strike - lift) * _smooth(np.clip(s * 1.25, 0.0, 1.0)), pitch)
    half = 0.5 * stance * stride_m
    forward = -0.062 * stride_m * (1.0 - 0.8 * run)
    flat_x = half + forward - stride_m * t
    ground_x, ground_z = _about(pitch, heel, ball, high)
    x, z = flat_x + ground_x, ground_z
    end_x, end_z = _about(np.array([lift]), heel, ball, high)
    start_x, start_z = _about(np.array([strike]), heel, ball, high)
    p0, p1 = forward - half + end_x[0], half + forward + start_x[0]
    speed = -stride_m * (1.0 - stance)
    # the foot swings back a little after it leaves the ground, and before it lands
    swing_x = _hermite(s, p0, p1, speed * 0.5, speed * 0.6)
    clear = (0.030 + 0.17 * run) * body.height_m
    lowest = _about(pitch, heel, ball, high)[1]
    swing_z = np.maximum(end_z[0] + (start_z[0] - end_z[0]) * _smooth(s), lowest) + clear * np.sin(np.pi * s) ** 1.3
    return np.where(t > stance, swing_x, x), np.where(t > stance, swing_z, z), pitch


def _levers(body: Body) -> tuple[float, float, float]:
    """How far the heel lies behind the ankle, the ball ahead of it, and the sole below."""
    return 0.050 * body.height_m, BALL_SHARE * body.height_m, body.ankle_m


def _about(pitch: Float64, heel: float, ball: float, high: float) -> tuple[Float64, Float64]:
    """Shift of the ankle in x, and its height, when the foot turns about the heel (toe up) or about the ball (toe down)."""
    pivot = np.where(pitch >= 0.0, -heel, ball)
    dx = np.cos(pitch) * -pivot - np.sin(pitch) * high + pivot
    return dx, -np.sin(pitch) * pivot + np.cos(pitch) * high


def _pelvis_height(body: Body, ankle: Float64, stance: float, time: Float64, run: float) -> Float64:
    """The highest smooth pelvis path that both legs reach: an inverted pendulum, low at double support; springy in a run."""
    leg = (0.995 - 0.035 * run) * (body.thigh_m + body.shank_m)
    height = ankle[:, :, 2] + np.sqrt(np.maximum(leg**2 - ankle[:, :, 0] ** 2, (0.6 * leg) ** 2))
    # the foot that just left the ground is still stretched behind
    planted = np.stack([time <= stance + 0.02, (time + 0.5) % 1.0 <= stance + 0.02], axis=1)
    limit = np.where(planted, height, np.inf).min(axis=1)
    if not np.isfinite(limit).all():
        spring = 0.018 * body.height_m * (1.0 + np.cos(4.0 * np.pi * (time - 0.5 * stance)))
        return np.asarray(limit.min() + 0.03 * body.height_m - spring)
    spectrum = np.fft.rfft(limit)
    spectrum[7:] = 0.0
    smooth = np.fft.irfft(spectrum, PHASES)
    return np.asarray(smooth - max(float(np.max(smooth - limit)), 0.0))


def _assemble(
    body: Body, pelvis: Float64, ankle: Float64, pitch: Float64, arm: Float64, elbow_bend: Float64, lean: Float64, turn: Float64
) -> Pose:  # fmt: skip
    """All joints from pelvis (F, 3), ankles (F, 2, 3), foot pitch, arm angles (positive forward) and elbow bends (F, 2).

    `turn` (F, 3): yaw of the shoulders to the left, yaw of the pelvis, and list of the pelvis (left side up).
    """
    side = np.array([1.0, -1.0])
    twist, yaw, list_ = turn.T[:, :, None]
    hip = np.repeat(pelvis[:, None, :], 2, axis=1)
    half = _column(body.hip_half_m) * side
    hip = hip + np.stack([-np.sin(yaw) * half, np.cos(yaw) * np.cos(list_) * half, np.sin(list_) * half], axis=-1)
    knee = _bend(hip, ankle, _column(body.thigh_m), _column(body.shank_m))
    tilt = lean + body.stoop_rad
    chest = pelvis + _column(0.55 * np.asarray(body.torso_m)) * _upright(0.7 * lean)
    neck = chest + _column(0.45 * np.asarray(body.torso_m)) * _upright(tilt)
    reach = body.height_m - (body.ankle_m + body.thigh_m + body.shank_m) - body.torso_m - body.head_m
    head = neck + _column(reach) * _upright(0.6 * tilt)
    shoulder = np.repeat(neck[:, None], 2, axis=1)
    half = _column(body.shoulder_half_m) * side
    drop = _column(0.034 * np.asarray(body.height_m)) + 0.0 * twist * half
    shoulder = shoulder + np.stack([-np.sin(twist) * half, np.cos(twist) * half, -drop], axis=-1)
    spread = 0.10
    elbow = shoulder + _column(body.upper_arm_m)[..., None] * _swing(arm, side * spread)
    wrist = elbow + _column(body.forearm_m)[..., None] * _swing(arm + elbow_bend, side * spread * 0.2)
    hand = wrist + _column(0.095 * np.asarray(body.height_m))[..., None] * _swing(arm + elbow_bend, side * spread * 0.1)
    return Pose(pelvis, chest, neck, head, hip, knee, ankle, pitch, shoulder, elbow, wrist, hand)


def _column(length: Any) -> Float64:
    """A length of one body, or of each frame's (F,), for arrays (F, 2)."""
    return np.asarray(length, np.float64)[..., None]


def _upright(angle: Float64) -> Float64:
    """Unit vectors (F, 3) that lean forward by an angle (F,)."""
    return np.stack([np.sin(angle), np.zeros_like(angle), np.cos(angle)], axis=-1)


def _foot_turn(pitch: Float64, yaw: Float64) -> Float64:
    """Turns (F, 2, 3, 3) of feet: toes up by the pitch, then to the left by the yaw (2,)."""
    cos, sin = np.cos(pitch), np.sin(pitch)
    c, s = np.broadcast_to(np.cos(yaw), pitch.shape), np.broadcast_to(np.sin(yaw), pitch.shape)
    zero = np.zeros_like(pitch)
    rows = [c * cos, -s, -c * sin, s * cos, c, -s * sin, sin, zero, cos]
    return np.stack(rows, axis=-1).reshape(*pitch.shape, 3, 3)


def _swing(angle: Float64, spread: Float64) -> Float64:
    """Unit vectors (F, 2, 3) that hang down at angle 0 and point forward at pi / 2, spread sideways a little."""
    lateral = np.broadcast_to(np.sin(spread), angle.shape)
    return np.stack([np.sin(angle) * np.cos(lateral), lateral, -np.cos(angle) * np.cos(lateral)], axis=-1)


def _bend(hip: Float64, ankle: Float64, thigh_m: Float64, shank_m: Float64) -> Float64:
    """Knee positions that bend forward (F, 2, 3)."""
    return middle_joint(hip, ankle, thigh_m, shank_m, np.array([1.0, 0.0, 0.0]))


def middle_joint(start: Float64, end: Float64, first_m: ArrayLike, second_m: ArrayLike, towards: ArrayLike) -> Float64:
    """The middle joint (..., 3) of a two-bone chain, bent to the side of `towards`; a chain too short is stretched."""
    first, second = np.asarray(first_m, np.float64), np.asarray(second_m, np.float64)
    span = end - start
    length = np.linalg.norm(span, axis=-1)
    used = np.minimum(length, (first + second) * 0.9999)
    direction = span / np.maximum(length, 1e-9)[..., None]
    along = (first**2 - second**2 + used**2) / (2.0 * np.maximum(used, 1e-9))
    out = np.sqrt(np.maximum(first**2 - along**2, 0.0))
    aside = towards - direction * np.sum(towards * direction, axis=-1, keepdims=True)
    aside = aside / np.maximum(np.linalg.norm(aside, axis=-1, keepdims=True), 1e-9)
    return np.asarray(start + along[..., None] * direction + out[..., None] * aside)


def _smooth(t: Float64) -> Float64:
    return t * t * (3.0 - 2.0 * t)


def _hermite(t: Float64, p0: float, p1: float, m0: float, m1: float) -> Float64:
    """Cubic with given ends and end slopes."""
    t2, t3 = t * t, t * t * t
    return (2 * t3 - 3 * t2 + 1) * p0 + (t3 - 2 * t2 + t) * m0 + (-2 * t3 + 3 * t2) * p1 + (t3 - t2) * m1
