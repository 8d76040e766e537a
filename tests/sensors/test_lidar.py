"""Lidar: counts, angles over many scans, lost echoes and noise, on a wall that is the same distance everywhere."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rendering.ray_hits import RayHits
from sensors.lidar import Lidar, LidarConfig
from sim.base.clock import FLICKS_PER_SECOND
from sim.base.state import GROUND_INSTANCE_BASE, STATIC_INSTANCE_BASE, SUPPORT_INSTANCE_BASE

_SCAN = FLICKS_PER_SECOND // 20


def _shell(count: int, distance_m: float) -> RayHits:
    return RayHits(
        distance_m=np.full(count, distance_m, np.float32),
        cosine=np.full(count, 0.5, np.float32),
        reflectivity=np.full(count, 0.2, np.float32),
        instance=np.full(count, 7, np.int32),
        semantic=np.full(count, 20, np.int32),
    )


@pytest.mark.parametrize(
    ("rate", "channels", "scan_s", "shots"),
    [(56_000, 32, 0.05, 88), (1_300_000, 64, 0.05, 1016), (100, 8, 0.1, 1), (50, 8, 0.1, 1), (30, 8, 0.1, 0)],
)
def test_points_per_channel_round_half_up(rate: int, channels: int, scan_s: float, shots: int) -> None:
    assert LidarConfig(points_per_second=rate, channels=channels).points_per_channel(scan_s) == shots


def test_azimuths_go_on_from_scan_to_scan_and_wrap_exactly() -> None:
    lidar = Lidar(LidarConfig(channels=2, points_per_second=2 * 20 * 37, rotation_hz=7.0), 1)
    shots, expected = 37, 0.0
    for scan in range(200):
        bundle = lidar.aim(_SCAN)
        assert lidar.rays == 2 * shots
        azimuth = np.arctan2(-bundle.directions[1, :shots], bundle.directions[0, :shots])
        turned = (np.arange(shots) + scan * shots) * (7.0 * 0.05 / shots) % 1.0 * 2.0 * math.pi - math.pi
        miss = (azimuth - turned + math.pi) % (2.0 * math.pi) - math.pi
        assert np.abs(miss).max() < 1e-6
        expected = ((scan + 1) * 7) % 20 / 20 * 2.0 * math.pi
        assert lidar.horizontal_angle_rad == pytest.approx(expected, abs=1e-12)


def test_a_narrow_field_of_view_is_swept_about_the_forward_axis() -> None:
    lidar = Lidar(LidarConfig(channels=1, points_per_second=4000, horizontal_fov_rad=1.0, upper_rad=0.2), 1)
    bundle = lidar.aim(_SCAN * 2)
    azimuth = np.arctan2(-bundle.directions[1, : lidar.rays], bundle.directions[0, : lidar.rays])
    assert (azimuth.min(), azimuth.max()) == pytest.approx((-0.5, 0.5), abs=0.01)
    assert (np.diff(azimuth) > 0.0).all(), "clockwise: from left to right, which is CARLA's growing yaw"
    np.testing.assert_allclose(np.arcsin(bundle.directions[2, : lidar.rays]), 0.2, atol=1e-6)


def test_channels_go_from_the_upper_to_the_lower_elevation() -> None:
    config = LidarConfig(channels=5, upper_rad=0.2, lower_rad=-0.6)
    np.testing.assert_allclose(config.elevations_rad(), [0.2, 0.0, -0.2, -0.4, -0.6], atol=1e-15)


def test_intensity_falls_with_the_air_and_counts_add_up() -> None:
    lidar = Lidar(LidarConfig(channels=8, points_per_second=16_000, attenuation_1pm=0.01), 1)
    lidar.aim(_SCAN)
    points = lidar.points(_shell(lidar.rays, 40.0))
    np.testing.assert_allclose(points[:, 3], math.exp(-0.4), rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(points[:, :3], axis=1), 40.0, rtol=1e-6)
    assert lidar.counts.tolist() == [100] * 8


def test_misses_are_left_out_channel_by_channel() -> None:
    lidar = Lidar(LidarConfig(channels=4, points_per_second=8_000), 1)
    lidar.aim(_SCAN)
    hits = _shell(lidar.rays, 5.0)
    hits.distance_m[100:150] = np.inf
    assert len(lidar.points(hits)) == 350
    assert lidar.counts.tolist() == [100, 50, 100, 100]


def test_rays_are_not_fired_at_the_general_rate() -> None:
    lidar = Lidar(LidarConfig(channels=64, points_per_second=1_300_000, dropoff_general=0.45), 3)
    lidar.aim(_SCAN)
    total = 64 * 1016
    assert abs(lidar.rays - 0.55 * total) < 5.0 * math.sqrt(total * 0.45 * 0.55)


@pytest.mark.parametrize(("distance_m", "kept"), [(10.0, 1.0), (150.0, 1.0 - 0.4 * (1.0 - math.exp(-0.6) / 0.8))])
def test_faint_echoes_are_lost_as_the_line_says(distance_m: float, kept: float) -> None:
    config = LidarConfig(channels=64, points_per_second=1_300_000, range_m=200.0, dropoff_limit=0.8, dropoff_zero=0.4)
    lidar = Lidar(config, 3)
    lidar.aim(_SCAN)
    found = len(lidar.points(_shell(lidar.rays, distance_m)))
    spread = 5.0 * math.sqrt(lidar.rays * kept * (1.0 - kept))
    assert abs(found - kept * lidar.rays) <= spread


def test_range_noise_is_along_the_ray_with_its_spread() -> None:
    lidar = Lidar(LidarConfig(channels=16, points_per_second=320_000, noise_stddev_m=0.1), 3)
    bundle = lidar.aim(_SCAN)
    points = lidar.points(_shell(lidar.rays, 8.0))
    along = (points[:, :3] * bundle.directions[:, : lidar.rays].T).sum(axis=1) - 8.0
    across = points[:, :3] - bundle.directions[:, : lidar.rays].T * (along + 8.0)[:, None]
    assert np.abs(across).max() < 1e-5
    chi_square = float((along**2).sum()) / 0.1**2
    assert abs(chi_square - lidar.rays) < 5.0 * math.sqrt(2.0 * lidar.rays)
    assert abs(along.mean()) < 5.0 * 0.1 / math.sqrt(lidar.rays)


def test_chances_repeat_with_the_seed_and_differ_between_seeds_and_scans() -> None:
    config = LidarConfig(dropoff_general=0.5, points_per_second=100_000)

    def scans(seed: int) -> list[bytes]:
        lidar = Lidar(config, seed)
        out = []
        for _ in range(3):
            lidar.aim(_SCAN * 2)  # a whole turn, so that only the chances differ from scan to scan
            out.append(lidar.points(_shell(lidar.rays, 5.0)).tobytes())
        return out

    assert scans(1) == scans(1)
    assert scans(1)[0] != scans(2)[0]
    assert len(set(scans(1))) == 3


def test_labelled_points_name_actors_and_nothing_else() -> None:
    lidar = Lidar(LidarConfig(channels=1, points_per_second=4 * 20), 1)
    lidar.aim(_SCAN)
    hits = _shell(4, 3.0)
    hits.instance[:] = [7, SUPPORT_INSTANCE_BASE + 9, STATIC_INSTANCE_BASE + 3, GROUND_INSTANCE_BASE + 1]
    tags = np.arange(256, dtype=np.uint32) + 100
    points = lidar.labelled_points(hits, tags)
    bits = points.view(np.uint32)
    assert bits[:, 4].tolist() == [7, 9, 0, 0]
    assert (bits[:, 5] == 120).all()
    np.testing.assert_allclose(points[:, 3], 0.5)
