"""A spinning lidar: where its lasers point at each moment, which echoes are lost, and what is reported of the rest.

Channels are spread evenly from the upper to the lower elevation. In one scan of duration dt each fires
n = round(points_per_second * dt / channels) times (half away from zero, in float32 as CARLA computes it), spread evenly over the
angle turned, rotation rate * horizontal field of view * dt; the next scan goes on where this one ended, counted in whole flicks,
so that the angle never drifts. Azimuth runs clockwise from behind (-fov / 2 ... fov / 2 about the forward axis).
Intensity after the way d through air is I = exp(-a d). Echoes are lost at random: `dropoff_general` of the rays are not
fired; of echoes with I up to `dropoff_limit`, the share (1 - I / limit) * `dropoff_zero` is lost. Range noise is normal,
along the ray. The k-th scan's chances depend on seed and k alone. (CARLA, LibCarla's ray-cast lidar and Docs/ref_sensors.md.)
Tested by tests/sensors/test_lidar.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rendering.ray_hits import RayBundle, RayHits
from sensors.kernels.echoes import aim_lasers, keep_echoes, label_echoes
from sim.base.clock import FLICKS_PER_SECOND, seconds
from sim.base.streams import stream

Float32 = NDArray[np.float32]

POINT_VALUES, LABELLED_VALUES = 4, 6


@dataclass(frozen=True)
class LidarConfig:
    """What a lidar is. Elevations and `horizontal_fov_rad` in rad, `attenuation_1pm` in 1/m, `noise_stddev_m` along the ray."""

    channels: int = 32
    points_per_second: int = 56_000
    rotation_hz: float = 10.0
    range_m: float = 10.0
    upper_rad: float = math.radians(10.0)
    lower_rad: float = math.radians(-30.0)
    horizontal_fov_rad: float = 2.0 * math.pi
    attenuation_1pm: float = 0.004
    dropoff_general: float = 0.0
    dropoff_limit: float = 0.0
    dropoff_zero: float = 0.0
    noise_stddev_m: float = 0.0

    def points_per_channel(self, scan_s: float) -> int:
        """How often each laser fires in a scan of this duration."""
        exact = np.float32(self.points_per_second) * np.float32(scan_s) / np.float32(self.channels)
        return math.floor(float(exact + np.float32(0.5)))

    def elevations_rad(self) -> NDArray[np.float64]:
        """Elevation (channels,) of each laser, the highest first; a single laser has the upper one."""
        if self.channels == 1:
            return np.array([self.upper_rad])
        return np.linspace(self.upper_rad, self.lower_rad, self.channels)


class Lidar:
    """One lidar: `aim` says where rays go, the caller casts them, `points` or `labelled_points` reports the echoes.

    Every buffer is made when a scan first needs more room, and used again.
    """

    def __init__(self, config: LidarConfig, seed: int) -> None:
        self.config = config
        self._seed = seed
        self._rate = Fraction(str(config.rotation_hz)) / FLICKS_PER_SECOND
        self._turned_flicks = 0
        self._scans = 0
        self._elevations = config.elevations_rad()
        self.first_of_channel: NDArray[np.int64] = np.zeros(config.channels + 1, np.int64)
        self.counts: NDArray[np.uint32] = np.zeros(config.channels, np.uint32)
        self._faintest = math.exp(-config.attenuation_1pm * config.range_m)
        self._draws = stream(seed, "lidar", 0)
        self.rays = 0
        self._make_room(1)

    @property
    def horizontal_angle_rad(self) -> float:
        """How far the lidar has turned when the last scan ended: 0 to the horizontal field of view."""
        return float(self._turned_flicks * self._rate % 1) * self.config.horizontal_fov_rad

    def aim(self, scan_flicks: int) -> RayBundle:
        """Point the lasers for a scan of this duration; `rays` of the bundle's columns are filled."""
        config, fov = self.config, self.config.horizontal_fov_rad
        shots = config.points_per_channel(seconds(scan_flicks))
        if shots * config.channels > self.bundle.capacity:
            self._make_room(shots * config.channels)
        self._draws = stream(self._seed, "lidar", self._scans)
        total = shots * config.channels
        if config.dropoff_general > 0.0:
            self._draws.random(out=self._chances[:total], dtype=np.float32)
        step = config.rotation_hz * fov * seconds(scan_flicks) / max(shots, 1)
        self.rays = int(
            aim_lasers(
                self._elevations,
                shots,
                self.horizontal_angle_rad,
                step,
                fov,
                self._chances,
                config.dropoff_general,
                self.bundle.directions,
                self.first_of_channel,
            )
        )
        self._turned_flicks += scan_flicks
        self._scans += 1
        return self.bundle

    def points(self, hits: RayHits) -> Float32:
        """x, y, z (sensor frame, left positive) and intensity of each echo kept (M, 4), channel by channel; counts in `counts`."""
        config, rays = self.config, self.rays
        dims = self._faintest <= config.dropoff_limit and config.dropoff_zero > 0.0
        noisy = config.noise_stddev_m > 0.0
        if dims:
            self._draws.random(out=self._chances[:rays], dtype=np.float32)
        if noisy:
            self._draws.standard_normal(out=self._noise[:rays], dtype=np.float32)
        kept = keep_echoes(
            self.bundle.directions,
            hits.distance_m,
            self.first_of_channel,
            self._chances,
            self._noise,
            config.attenuation_1pm,
            config.dropoff_limit if dims else -1.0,
            config.dropoff_zero,
            config.noise_stddev_m if noisy else 0.0,
            self._points,
            self.counts,
        )
        return self._points[:kept]

    def labelled_points(self, hits: RayHits, tags: NDArray[np.uint32]) -> Float32:
        """x, y, z, cosine of incidence, then as uint32 bits: actor id (0 for none) and tag of each echo (M, 6).

        `tags` (256,) turns ObjectClass into the tag reported.
        """
        kept = label_echoes(
            self.bundle.directions, hits.distance_m, hits.cosine, hits.instance, hits.semantic, tags,
            self.first_of_channel, self._labelled, self._labelled.view(np.uint32), self.counts,
        )  # fmt: skip
        return self._labelled[:kept]

    def _make_room(self, total: int) -> None:
        self.bundle = RayBundle(total)
        self._chances: Float32 = np.zeros(total, np.float32)
        self._noise: Float32 = np.zeros(total, np.float32)
        self._points: Float32 = np.zeros((total, POINT_VALUES), np.float32)
        self._labelled: Float32 = np.zeros((total, LABELLED_VALUES), np.float32)
