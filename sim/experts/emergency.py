"""The expert's emergency brake: everybody is predicted, and the mildest braking that keeps free of all is chosen.

Others keep their speed and turn rate (CTRV, Schubert et al., FUSION 2008). The ego follows its path with a constant
deceleration that takes effect after REACTION_S. A manoeuvre is free when the outlines, widened by the margins, never
overlap within the horizon. People who move are given RESPECT, a wider margin, as long as braking alone can keep it.
Tested by tests/experts/test_expert.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.base.polyline import Polyline
from sim.experts.surroundings import Others

Float64 = NDArray[np.float64]

STEP_S = 0.05
HORIZON_S = 3.0
ONCOMING_HORIZON_S = 1.5
REACTION_S = 0.1
MARGIN_ALONG_M = 0.6
MARGIN_ACROSS_M = 0.2
RESPECT_ALONG_M = 2.5
RESPECT_ACROSS_M = 0.8
"""What a careful driver leaves to somebody on foot who moves and may slow down, turn back or fall."""
MOVING_WALKER_MPS = 0.3
SHARES = (0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 1.0)
"""Braking that is tried, as shares of full braking, the mildest first."""
SWERVE_MPS2 = 4.0
"""Lateral acceleration of an evasive shift inside the lane, as the prediction assumes it."""


@dataclass(frozen=True)
class Escape:
    """Braking to apply (0: no emergency) and where in the lane to be meanwhile, left positive."""

    decel_mps2: float
    offset_m: float


@dataclass(frozen=True)
class EgoPrediction:
    """What the prediction of the ego starts from; half sizes (2,), `center_ahead_m` from the actor's origin to its box."""

    station_m: float
    lateral_m: float
    speed_mps: float
    acceleration_mps2: float
    half_m: tuple[float, float]
    full_braking_mps2: float


def escape(line: Polyline, ego: EgoPrediction, others: Others, free_m: float) -> Escape:
    """The mildest manoeuvre that stays free: none, more and more braking, then full braking with a shift inside the lane."""
    full, coast = ego.full_braking_mps2, -ego.acceleration_mps2
    if others.count == 0 or _free(line, ego, others, coast, ego.lateral_m, respect=True):
        return Escape(0.0, 0.0)
    for respect in (True, False):
        for share in SHARES:
            if _free(line, ego, others, share * full, ego.lateral_m, respect):
                return Escape(share * full, 0.0)
    if _free(line, ego, others, coast, ego.lateral_m):
        return Escape(0.0, 0.0)  # braking would put us in somebody's way
    for offset in (free_m, -free_m):
        for share in (1.0, 0.5):
            if _free(line, ego, others, share * full, offset):
                return Escape(share * full, offset)
    return Escape(full, 0.0)


def _free(
    line: Polyline, ego: EgoPrediction, others: Others, decel_mps2: float, offset_m: float, respect: bool = False
) -> bool:
    times = np.arange(STEP_S, HORIZON_S + 1e-9, STEP_S)
    braked = np.maximum(times - REACTION_S, 0.0)
    if decel_mps2 > 0.0:
        braked = np.minimum(braked, ego.speed_mps / decel_mps2)
    coasted = np.minimum(times, REACTION_S)
    driven = ego.speed_mps * (coasted + braked) - 0.5 * decel_mps2 * braked**2
    moving = (decel_mps2 <= 0.0) | (times < REACTION_S + ego.speed_mps / max(decel_mps2, 1e-6))
    shift = offset_m - ego.lateral_m
    aside = ego.lateral_m + np.sign(shift) * np.minimum(0.5 * SWERVE_MPS2 * times**2, abs(shift))
    points, path_yaw = line.at(ego.station_m + driven, aside)
    apart, turn = _predicted(others, times, points[:, :2])
    cos, sin = np.cos(path_yaw)[None], np.sin(path_yaw)[None]
    along = np.abs(apart[..., 0] * cos + apart[..., 1] * sin)
    across = np.abs(apart[..., 1] * cos - apart[..., 0] * sin)
    turned = turn - path_yaw[None]
    c, s = np.abs(np.cos(turned)), np.abs(np.sin(turned))
    speed = np.hypot(others.velocity_world_mps[:, 0], others.velocity_world_mps[:, 1])
    wide = respect & others.is_walker & (speed > MOVING_WALKER_MPS)
    margin_along = np.where(wide, RESPECT_ALONG_M, MARGIN_ALONG_M)[:, None]
    margin_across = np.where(wide, RESPECT_ACROSS_M, MARGIN_ACROSS_M)[:, None]
    reach_along = ego.half_m[0] + others.half_m[:, 0, None] * c + others.half_m[:, 1, None] * s + margin_along
    reach_across = ego.half_m[1] + others.half_m[:, 0, None] * s + others.half_m[:, 1, None] * c + margin_across
    hit = (along < reach_along) & (across < reach_across) & moving[None]
    oncoming = (np.cos(turned) < -0.3) & (speed[:, None] > 1.0) & ~others.is_walker[:, None]
    hit &= ~(oncoming & (times > ONCOMING_HORIZON_S)[None])
    return not bool(hit.any())


def _predicted(others: Others, times: Float64, ego_xy: Float64) -> tuple[Float64, Float64]:
    """Offsets (N, T, 2) from the ego and yaws (N, T) of the others, moving on with constant speed and turn rate."""
    turn = np.where(others.is_walker, 0.0, others.turn_radps)[:, None] * times[None]
    half_turn = turn / 2.0
    chord = times[None] * np.sinc(half_turn / np.pi)
    cos, sin = np.cos(half_turn) * chord, np.sin(half_turn) * chord
    vx, vy = others.velocity_world_mps[:, 0, None], others.velocity_world_mps[:, 1, None]
    moved = np.stack([vx * cos - vy * sin, vx * sin + vy * cos], axis=-1)
    apart = others.center_world_m[:, None, :] + moved - ego_xy[None]
    return apart, others.yaw_rad[:, None] + turn
