"""Which clouds of spray and which lamps in fog a picture has, as the rows that rendering.kernels.airlight draws.

Spray. A tyre on a wet road throws its water out, part of it as fine droplets that hang in the wake (splash and spray: Weir, Strange
& Heffley, FHWA-RD-78-64, 1978; Flintsch et al., FHWA-HRT-15-062, 2015: a water film model, the water that tyres project, and the
density of spray by speed). Of a film h on a path b metres wide, a vehicle leaves k h b ρ kilograms of spray a metre of way, spread
over the cross section A of its wake; droplets of diameter d then make an extinction of 3 k h b / (A d) (geometric optics, Q = 2).
Film: 0.6 mm on a soaked road. Share k: none below 30 km/h, then as the square of the speed, 2 % at 100 km/h; d = 0.2 mm; the wake
lasts 0.6 s of way, as droplets of that size take about a second to the ground. The form is the reports'; k, d, film and times are
assumed, not measured, set so that a car at 100 km/h on a soaked road hides a tenth to three fifths of what is behind it.

Labels do not see spray: instances, depth and boxes are those of what is behind it, as with fog. Tested by
tests/rendering/test_airlight.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.kernels import layout as at
from rendering.kernels.airlight import BLOB_STRIDE
from rendering.lighting import Lighting
from sim.base.state import ActorKind, WorldState
from sim.base.units import mps_from_kmh

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

FILM_M = 0.6e-3
DROPLET_M = 0.2e-3
SHARE_AT_100 = 0.02
FROM_MPS, REFERENCE_MPS = mps_from_kmh(30.0), mps_from_kmh(100.0)
WAKE_S = 0.6
_LEAST_WETNESS = 0.05
VEHICLES_KEPT, LAMPS_KEPT = 16, 8
GLOW_FROM_PER_M = 8e-4
"""Fog thinner than this, a visual range of 5 km, shows no glow."""
GLOW_REACH_M = 90.0
_WHITE = 0.9
_PHASE = 1.0 / (4.0 * np.pi)


def spray_extinction_per_m(speed_mps: float, wetness: float, tracks_m: float, cross_m2: float) -> float:
    """Mean extinction in the wake of a vehicle whose tyres run on `tracks_m` of road width, over a wake of `cross_m2`."""
    over = max(speed_mps - FROM_MPS, 0.0) / (REFERENCE_MPS - FROM_MPS)
    return 3.0 * SHARE_AT_100 * over * over * FILM_M * wetness * tracks_m / (cross_m2 * DROPLET_M)


class SprayList:
    """The clouds of spray of a window, two a vehicle: at its rear wheels, and in its wake."""

    def __init__(self, origin: Float64) -> None:
        self._origin = origin
        self._rows = np.zeros((0, BLOB_STRIDE))

    def follow(self, state: WorldState, wetness: float) -> None:
        """Take over the moving vehicles of a state; none on a dry road."""
        rows: list[Float64] = []
        if wetness > _LEAST_WETNESS:
            speed_mps = np.linalg.norm(state.velocity_world_mps[:, :2], axis=1)
            for row in np.flatnonzero((state.kind == ActorKind.VEHICLE) & (speed_mps > FROM_MPS)):
                place_m, yaw_rad = state.position_world_m[row] - self._origin, float(state.rpy_rad[row, 2])
                rows += _clouds(place_m, yaw_rad, state.actors[row].box_extent_m, float(speed_mps[row]), wetness)
        self._rows = np.array(rows).reshape(-1, BLOB_STRIDE)

    def near(self, camera_world_m: Float64, lighting: Lighting) -> Float32:
        """The rows nearest to the camera, farthest first as they are laid over one another, lit by sky and sun."""
        if not len(self._rows):
            return np.zeros((0, BLOB_STRIDE), np.float32)
        distance = np.linalg.norm(self._rows[:, :3] - (camera_world_m - self._origin), axis=1)
        kept = np.argsort(distance, kind="stable")[: 2 * VEHICLES_KEPT][::-1]
        rows = self._rows[kept].copy()
        light = lighting.light
        sky = light[at.AMBIENT : at.AMBIENT + 3]
        rows[:, 9:12] = _WHITE * (sky + _PHASE * light[at.SUN_R : at.SUN_B + 1])
        return np.ascontiguousarray(rows, np.float32)


def _clouds(
    place_m: Float64, yaw_rad: float, extent_m: tuple[float, float, float], speed_mps: float, wetness: float
) -> list[Float64]:
    half_length, half_width, half_height = extent_m
    long_vehicle = half_length > 3.5
    tracks = (4 if long_vehicle else 2) * 0.2
    cross = 2.0 * (half_width + 0.3) * min(0.9 * half_height, 1.5)
    extinction = spray_extinction_per_m(speed_mps, wetness, tracks, cross)
    reach = 0.5 * WAKE_S * speed_mps + 1.5
    tall = min(1.1 * half_height, 1.7)
    ahead = np.array([np.cos(yaw_rad), np.sin(yaw_rad)])
    out = []
    # (1 - q²)² has a mean of 0.23 over its ellipsoid: its middle is that much denser than the wake's mean
    for x, half_axes, dense in (
        (-half_length - 0.72 * reach, (reach, half_width + 0.5, tall), 1.0),
        (-0.62 * half_length, (0.9 + 0.25 * half_length, half_width + 0.35, 0.55), 1.6),
    ):
        row = np.zeros(BLOB_STRIDE)
        row[:2] = place_m[:2] + ahead * x
        row[2] = place_m[2] + 0.55 * half_axes[2]
        row[3:5] = ahead
        row[5:8] = half_axes
        row[8] = extinction * dense / 0.23 * 0.5
        out.append(row)
    return out


def glowing(lamps: Float32, camera_m: Float64, lighting: Lighting) -> Float32:
    """Of the lamps around a camera (about the origin), the nearest ones whose light fog shows.

    They fade with their distance towards that of the first which is left out, so that none appears at once.
    """
    if not len(lamps) or float(lighting.light[at.FOG_PER_M]) < GLOW_FROM_PER_M:
        return np.zeros((0, at.LAMP_STRIDE), np.float32)
    distance = np.linalg.norm(lamps[:, :3] - camera_m, axis=1)
    order = np.argsort(distance, kind="stable")
    limit = min(GLOW_REACH_M, float(distance[order[LAMPS_KEPT]]) if len(order) > LAMPS_KEPT else GLOW_REACH_M)
    kept = np.sort(order[:LAMPS_KEPT])
    kept = kept[distance[kept] < limit]
    rows = lamps[kept].copy()
    rows[:, at.LAMP_R : at.LAMP_B + 1] *= np.clip((limit - distance[kept, None]) / (0.3 * limit), 0.0, 1.0)
    return np.ascontiguousarray(rows, np.float32)
