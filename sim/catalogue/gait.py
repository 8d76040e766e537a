"""How a person moves: joint positions over one gait cycle, from heel strike to heel strike of the left foot.

The stance foot is still on the ground: in the body's frame it moves back by exactly the distance that the body advances, so
feet do not skate. It rolls from the heel over the flat sole to the ball (rockers of Perry & Burnfield, Gait Analysis, 2010).
The legs follow by two-bone inverse kinematics. x forward, y left, z up from the ground; origin under the pelvis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.base.phase import stride_length_m
from sim.catalogue.spec import WalkerSpec

Float64 = NDArray[np.float64]

PHASES = 32


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
    neck = 0.052 * height_m
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
    """Joints of F frames, each (F, 3), pairs as (F, 2, 3) with left first; `foot_pitch_rad` (F, 2) is positive toe up."""

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


def gait_speeds_mps(spec: WalkerSpec) -> tuple[float, ...]:
    """The speeds for which a person's gait is known: standing, slow, walking, fast, running."""
    walk, run = spec.walk_speed_mps, max(spec.run_speed_mps, 1.3 * spec.walk_speed_mps)
    return (0.0, 0.6 * walk, walk, 0.5 * (walk + run), run)


def gait_choice(speeds_mps: tuple[float, ...], phases: int, speed_mps: float, phase_rad: float) -> tuple[int, int]:
    """(row of the speed that lies nearest, frame of the phase nearest to `phase_rad`) for a person who moves at a speed.

    Standing (below half the slowest walking speed) is row 0. What is drawn and what bones are told both choose here.
    """
    chosen = 0
    if len(speeds_mps) > 1 and speed_mps >= 0.5 * speeds_mps[1]:
        chosen = 1 + int(np.argmin([abs(speed_mps - known) for known in speeds_mps[1:]]))
    return chosen, round(phase_rad / (2.0 * np.pi) * phases) % phases


def standing(body: Body) -> Pose:
    """One frame at rest, arms hanging."""
    ankle = np.array([[[0.0, body.hip_half_m * 1.1, body.ankle_m], [0.0, -body.hip_half_m * 1.1, body.ankle_m]]])
    pelvis = np.array([[0.0, 0.0, body.ankle_m + 0.999 * (body.thigh_m + body.shank_m)]])
    arms = np.full((1, 2), 0.04)
    return _assemble(body, pelvis, ankle, np.zeros((1, 2)), arms, np.full((1, 2), 0.12), 0.0, np.zeros(1))


def moving(body: Body, speed_mps: float) -> Pose:
    """PHASES frames of walking, or of running above the speed where people break into it (Froude number 0.5)."""
    stride = float(stride_length_m(speed_mps, body.height_m))
    leg = body.thigh_m + body.shank_m + body.ankle_m
    run = float(np.clip((speed_mps**2 / (9.81 * leg) - 0.45) / 0.3, 0.0, 1.0))
    stance = 0.62 - 0.22 * run
    reach = 2.0 * np.sqrt((0.98 * leg) ** 2 - (0.84 * leg) ** 2) / stride
    stance = float(min(stance, max(reach, 0.3)))
    time = np.arange(PHASES) / PHASES
    ankle = np.empty((PHASES, 2, 3))
    pitch = np.empty((PHASES, 2))
    for side, shift in ((0, 0.0), (1, 0.5)):
        x, z, angle = _foot_path(body, (time + shift) % 1.0, stride, stance, run)
        ankle[:, side, 0], ankle[:, side, 2], pitch[:, side] = x, z, angle
        ankle[:, side, 1] = (1.0 - 2.0 * side) * body.hip_half_m * (0.85 - 0.25 * run)
    cosine = np.cos(2.0 * np.pi * time)
    pace = float(np.clip(speed_mps / 1.4, 0.3, 1.2))
    pelvis = np.zeros((PHASES, 3))
    pelvis[:, 1] = 0.018 * body.height_m * 0.5 * np.sin(2.0 * np.pi * time)
    pelvis[:, 2] = _pelvis_height(body, ankle, stance, time, run)
    swing = (0.36 * pace + 0.28 * run) * cosine
    arms = np.stack([-swing, swing], axis=1) + 0.02
    elbows = 0.25 + 1.15 * run + 0.22 * np.clip(arms, 0.0, None)
    lean = 0.03 + 0.13 * run
    return _assemble(body, pelvis, ankle, pitch, arms, elbows, lean, 0.13 * pace * cosine)


def _foot_path(body: Body, t: Float64, stride_m: float, stance: float, run: float) -> tuple[Float64, Float64, Float64]:
    """Ankle x, z and foot pitch over the cycle `t` (0 heel strike, `stance` toe-off, 1 heel strike again)."""
    heel, ball, high = 0.045 * body.height_m, 0.085 * body.height_m, body.ankle_m
    strike, lift = 0.30 * (1.0 - 0.6 * run), -0.75
    landed, heel_off = 0.20 * stance, 0.55 * stance
    pitch = np.where(t < landed, strike * (1.0 - t / landed) ** 2, 0.0)
    rising = np.clip((t - heel_off) / (stance - heel_off), 0.0, 1.0)
    pitch = np.where((t >= landed) & (t <= stance), lift * rising**1.7, pitch)
    s = np.clip((t - stance) / (1.0 - stance), 0.0, 1.0)
    pitch = np.where(t > stance, lift + (strike - lift) * _smooth(np.clip(s * 1.25, 0.0, 1.0)), pitch)
    half = 0.5 * stance * stride_m
    forward = -0.07 * stride_m * (1.0 - 0.8 * run)
    flat_x = half + forward - stride_m * t
    ground_x, ground_z = _about(pitch, heel, ball, high)
    x, z = flat_x + ground_x, ground_z
    end_x, end_z = _about(np.array([lift]), heel, ball, high)
    start_x, start_z = _about(np.array([strike]), heel, ball, high)
    p0, p1 = forward - half + end_x[0], half + forward + start_x[0]
    speed = -stride_m * (1.0 - stance)
    swing_x = _hermite(s, p0, p1, speed * 0.6, speed * 0.6)
    clear = (0.030 + 0.17 * run) * body.height_m
    lowest = _about(pitch, heel, ball, high)[1]
    swing_z = np.maximum(end_z[0] + (start_z[0] - end_z[0]) * _smooth(s), lowest) + clear * np.sin(np.pi * s) ** 1.3
    return np.where(t > stance, swing_x, x), np.where(t > stance, swing_z, z), pitch


def _about(pitch: Float64, heel: float, ball: float, high: float) -> tuple[Float64, Float64]:
    """Shift of the ankle in x, and its height, when the foot turns about the heel (toe up) or about the ball (toe down)."""
    pivot = np.where(pitch >= 0.0, -heel, ball)
    dx = np.cos(pitch) * -pivot - np.sin(pitch) * high + pivot
    return dx, -np.sin(pitch) * pivot + np.cos(pitch) * high


def _pelvis_height(body: Body, ankle: Float64, stance: float, time: Float64, run: float) -> Float64:
    """The highest smooth pelvis path that both legs reach: an inverted pendulum, low at double support; springy in a run."""
    leg = (0.992 - 0.035 * run) * (body.thigh_m + body.shank_m)
    height = ankle[:, :, 2] + np.sqrt(np.maximum(leg**2 - ankle[:, :, 0] ** 2, (0.6 * leg) ** 2))
    planted = np.stack([time <= stance, (time + 0.5) % 1.0 <= stance], axis=1)
    limit = np.where(planted, height, np.inf).min(axis=1)
    if not np.isfinite(limit).all():
        spring = 0.018 * body.height_m * (1.0 + np.cos(4.0 * np.pi * (time - 0.5 * stance)))
        return np.asarray(limit.min() + 0.03 * body.height_m - spring)
    spectrum = np.fft.rfft(limit)
    spectrum[5:] = 0.0
    smooth = np.fft.irfft(spectrum, PHASES)
    return np.asarray(smooth - max(float(np.max(smooth - limit)), 0.0))


def _assemble(
    body: Body,
    pelvis: Float64,
    ankle: Float64,
    pitch: Float64,
    arm: Float64,
    elbow_bend: Float64,
    lean: float,
    twist: Float64,
) -> Pose:
    """All joints from pelvis, feet and arm angles (positive forward); `twist` (F,) turns the shoulders to the left."""
    frames = len(pelvis)
    side = np.array([1.0, -1.0])
    hip = np.repeat(pelvis[:, None, :], 2, axis=1)
    hip[:, :, 1] += side * body.hip_half_m
    hip[:, :, 0] += -0.12 * np.sin(twist)[:, None] * side * body.hip_half_m
    knee = _bend(hip, ankle, body.thigh_m, body.shank_m)
    tilt = lean + body.stoop_rad
    up = np.array([np.sin(tilt), 0.0, np.cos(tilt)])
    chest = pelvis + 0.55 * body.torso_m * np.array([np.sin(lean * 0.7), 0.0, np.cos(lean * 0.7)])
    neck = chest + 0.45 * body.torso_m * up
    reach = body.height_m - (body.ankle_m + body.thigh_m + body.shank_m) - body.torso_m - body.head_m
    head = neck + reach * np.array([np.sin(tilt * 0.6), 0.0, np.cos(tilt * 0.6)])
    shoulder = np.empty((frames, 2, 3))
    shoulder[:, :, 0] = neck[:, None, 0] - np.sin(twist)[:, None] * side * body.shoulder_half_m
    shoulder[:, :, 1] = neck[:, None, 1] + np.cos(twist)[:, None] * side * body.shoulder_half_m
    shoulder[:, :, 2] = neck[:, None, 2] - 0.040 * body.height_m
    spread = 0.10
    elbow = shoulder + body.upper_arm_m * _swing(arm, side * spread)
    wrist = elbow + body.forearm_m * _swing(arm + elbow_bend, side * spread * 0.2)
    hand = wrist + 0.095 * body.height_m * _swing(arm + elbow_bend, side * spread * 0.1)
    return Pose(pelvis, chest, neck, head, hip, knee, ankle, pitch, shoulder, elbow, wrist, hand)


def _swing(angle: Float64, spread: Float64) -> Float64:
    """Unit vectors (F, 2, 3) that hang down at angle 0 and point forward at pi / 2, spread sideways a little."""
    lateral = np.broadcast_to(np.sin(spread), angle.shape)
    return np.stack([np.sin(angle) * np.cos(lateral), lateral, -np.cos(angle) * np.cos(lateral)], axis=-1)


def _bend(hip: Float64, ankle: Float64, thigh_m: float, shank_m: float) -> Float64:
    """Knee positions that bend forward (F, 2, 3)."""
    span = ankle - hip
    distance = np.minimum(np.linalg.norm(span, axis=-1), (thigh_m + shank_m) * 0.9999)
    direction = span / np.maximum(np.linalg.norm(span, axis=-1, keepdims=True), 1e-9)
    along = (thigh_m**2 - shank_m**2 + distance**2) / (2.0 * distance)
    out = np.sqrt(np.maximum(thigh_m**2 - along**2, 0.0))
    forward = np.stack([-direction[..., 2], np.zeros_like(distance), direction[..., 0]], axis=-1)
    forward /= np.maximum(np.linalg.norm(forward, axis=-1, keepdims=True), 1e-9)
    return np.asarray(hip + along[..., None] * direction + out[..., None] * forward)


def _smooth(t: Float64) -> Float64:
    return t * t * (3.0 - 2.0 * t)


def _hermite(t: Float64, p0: float, p1: float, m0: float, m1: float) -> Float64:
    """Cubic with given ends and end slopes."""
    t2, t3 = t * t, t * t * t
    return (2 * t3 - 3 * t2 + 1) * p0 + (t3 - 2 * t2 + t) * m0 + (-2 * t3 + 3 * t2) * p1 + (t3 - t2) * m1
