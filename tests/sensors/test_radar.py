"""Radar: how many rays, where they point, radial speeds in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rendering.ray_hits import RayHits
from sensors.radar import Radar, RadarConfig
from sim.base import frames


def _hits(count: int, distance_m: float, instance: int = 5) -> RayHits:
    value = np.zeros(count, np.float32)
    number = np.full(count, instance, np.int32)
    return RayHits(np.full(count, distance_m, np.float32), value, value, number, number)


def test_the_number_of_rays_is_rounded_down() -> None:
    assert RadarConfig(points_per_second=1500).points(0.05) == 75
    assert RadarConfig(points_per_second=1999).points(0.01) == 19


def test_rays_fill_the_ellipse_of_the_field_of_view_denser_in_the_middle() -> None:
    config = RadarConfig(horizontal_fov_rad=1.0, vertical_fov_rad=0.4, points_per_second=100_000)
    radar = Radar(config, 4)
    bundle = radar.aim(0.2)
    x, y, z = bundle.directions[:, : radar.rays].astype(float)
    radius = np.hypot(y / x / math.tan(0.5), z / x / math.tan(0.2))
    assert radius.max() <= 1.0 + 1e-6
    # uniform in radius, not in area: the quantiles of the radius are those of U(0, 1)
    np.testing.assert_allclose(np.quantile(radius, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.015)
    assert abs(np.mean(y > 0.0) - 0.5) < 0.02
    np.testing.assert_allclose(x * x + y * y + z * z, 1.0, atol=1e-6)


def test_closing_in_is_negative_and_only_the_part_along_the_ray_counts() -> None:
    radar = Radar(RadarConfig(), 4)
    velocity = {5: np.array([-3.0, 1.0, 0.0])}
    for step in range(2):
        pose = frames.pose(np.array([10.0 * 0.05 * step, 0.0, 1.0]), np.zeros(3))
        radar.aim(0.05)
        found = radar.detections(_hits(radar.rays, 20.0), pose, 0.05, velocity)
    along = np.stack(
        [
            np.cos(found[:, 2]) * np.cos(found[:, 1]),
            np.cos(found[:, 2]) * np.sin(found[:, 1]),
            np.sin(found[:, 2]),
        ],
        axis=1,
    )
    np.testing.assert_allclose(found[:, 0], along @ np.array([-13.0, 1.0, 0.0]), atol=1e-4)
    assert (found[:, 0] < 0.0).all()
    np.testing.assert_allclose(found[:, 3], 20.0)


def test_what_stands_still_closes_in_with_the_radars_own_speed() -> None:
    radar = Radar(RadarConfig(), 4)
    for step in range(2):
        radar.aim(0.05)
        pose = frames.pose(np.array([0.5 * step, 0.0, 1.0]), np.zeros(3))
        found = radar.detections(_hits(radar.rays, 20.0, 9), pose, 0.05, {5: np.array([50.0, 0.0, 0.0])})
    np.testing.assert_allclose(found[:, 0], -10.0 * np.cos(found[:, 1]) * np.cos(found[:, 2]), atol=1e-4)


def test_hits_beyond_the_end_of_a_ray_are_no_detections() -> None:
    radar = Radar(RadarConfig(range_m=50.0), 4)
    radar.aim(0.05)
    assert len(radar.detections(_hits(radar.rays, 49.9), np.eye(4), 0.05, {})) == radar.rays
    assert len(radar.detections(_hits(radar.rays, radar.reach_m), np.eye(4), 0.05, {})) == 0


@pytest.mark.parametrize("other", [4, 5])
def test_rays_repeat_with_the_seed(other: int) -> None:
    bundles = [Radar(RadarConfig(), seed).aim(0.05).directions[:, :75].copy() for seed in (4, other)]
    assert np.array_equal(*bundles) == (other == 4)
