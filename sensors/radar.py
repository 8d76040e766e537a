"""A radar: detections of rays spread at random over its field of view, each with range, angles and radial speed.

Ray k of a measurement ends at range * (1, r cos(a) tan(h / 2), r sin(a) tan(v / 2)), r uniform in [0, 1) and a in [0, 2 pi), as
CARLA's radar aims them: denser in the middle. A detection's speed is that of the object's origin less the radar's own,
along the ray: negative when they close in. floor(points_per_second * dt) rays are cast. The k-th measurement's rays depend on
seed and k alone. Tested by tests/sensors/test_radar.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rendering.ray_hits import RayBundle, RayHits
from sim.base.streams import stream

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class RadarConfig:
    """What a radar is: fields of view in rad."""

    points_per_second: int = 1500
    range_m: float = 100.0
    horizontal_fov_rad: float = math.radians(30.0)
    vertical_fov_rad: float = math.radians(30.0)

    def points(self, scan_s: float) -> int:
        """Rays cast in a measurement of this duration, in float32 as CARLA counts them."""
        return int(np.float32(self.points_per_second) * np.float32(scan_s))


class Radar:
    """One radar: `aim` says where rays go, the caller casts them, `detections` reports what they met."""

    def __init__(self, config: RadarConfig, seed: int) -> None:
        self.config = config
        self._seed = seed
        self._taken = 0
        self._bundle = RayBundle(1)
        self._length_m: Float64 = np.zeros(0)
        self.rays = 0
        self._position_m: Float64 | None = None

    @property
    def reach_m(self) -> float:
        """Length of the longest ray."""
        config = self.config
        sides = math.tan(config.horizontal_fov_rad / 2.0), math.tan(config.vertical_fov_rad / 2.0)
        return config.range_m * math.sqrt(1.0 + max(sides) ** 2)

    def aim(self, scan_s: float) -> RayBundle:
        """Draw the rays of a measurement of this duration; `rays` of the bundle's columns are filled."""
        config = self.config
        self.rays = config.points(scan_s)
        if self.rays > self._bundle.capacity:
            self._bundle = RayBundle(self.rays)
        draws = stream(self._seed, "radar", self._taken).random((2, self.rays))
        self._taken += 1
        radius, angle = draws[0], draws[1] * (2.0 * math.pi)
        end = np.ones((3, self.rays))
        # CARLA's right-hand side is our negative y
        end[1] = -radius * np.cos(angle) * math.tan(config.horizontal_fov_rad / 2.0)
        end[2] = radius * np.sin(angle) * math.tan(config.vertical_fov_rad / 2.0)
        length = np.sqrt((end * end).sum(axis=0))
        self._length_m = config.range_m * length
        self._bundle.directions[:, : self.rays] = end / length
        return self._bundle

    def detections(
        self,
        hits: RayHits,
        world_from_sensor: Float64,
        delta_s: float,
        velocity_of: dict[int, Float64],
    ) -> Float32:
        """(M, 4): radial speed in m/s, azimuth (left positive) and altitude in rad, distance in m.

        `velocity_of` gives the velocity of moving things by instance id, in world axes; others stand still. The radar's own
        velocity is its way since the measurement `delta_s` ago.
        """
        position = world_from_sensor[:3, 3].copy()
        own = np.zeros(3) if self._position_m is None else (position - self._position_m) / delta_s
        self._position_m = position
        kept = np.flatnonzero(hits.distance_m <= self._length_m[: self.rays])
        rays = self._bundle.directions[:, kept].astype(np.float64)
        along = (world_from_sensor[:3, :3] @ rays).T
        relative = np.tile(-own, (len(kept), 1))
        instance = hits.instance[kept]
        for number in np.unique(instance):
            velocity = velocity_of.get(int(number))
            if velocity is not None:
                relative[instance == number] += velocity
        out = np.empty((len(kept), 4), np.float32)
        out[:, 0] = (relative * along).sum(axis=1)
        out[:, 1] = np.arctan2(rays[1], rays[0])
        out[:, 2] = np.arcsin(np.clip(rays[2], -1.0, 1.0))
        out[:, 3] = hits.distance_m[kept]
        return out
