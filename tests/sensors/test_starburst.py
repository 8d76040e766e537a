"""Spikes about lamps: as many as the blades say, across the blades' edges, with the light asked for; scratches by the seed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sensors.config.glare import Starburst
from sensors.optics.starburst import _polygon, polygon_intensity, starburst_kernel
from tests.sensors.test_optical_path import camera, lamp, path_of


def around(kernel: np.ndarray, low: float = 12.0, high: float = 36.0) -> np.ndarray:
    """(360,) light in each degree of direction."""
    middle = kernel.shape[0] // 2
    y, x = np.mgrid[-middle : middle + 1, -middle : middle + 1]
    ring = (np.hypot(x, y) > low) & (np.hypot(x, y) < high)
    degree = np.degrees(np.arctan2(y, x)) % 360.0
    return np.histogram(degree[ring], 72, (0.0, 360.0), weights=kernel[ring])[0]


def test_a_square_opening_has_the_transform_of_a_square() -> None:
    k = np.array([3.0, 7.0, 20.0])
    corners = _polygon(4, math.radians(45.0))
    side = math.sqrt(0.5)
    assert polygon_intensity(corners, k, np.zeros(3)) == pytest.approx(
        (side**2 * np.sinc(k * side / (2.0 * math.pi))) ** 2
    )


@pytest.mark.parametrize(("blades", "spikes"), [(5, 10), (6, 6), (8, 8)])
def test_an_odd_number_of_blades_gives_twice_as_many_spikes(blades: int, spikes: int) -> None:
    kernel = starburst_kernel(Starburst(blades=blades), 1.8, 3.75, 4, 40, 0, "front")
    assert kernel.sum() == pytest.approx(1.0, rel=1e-5) and kernel.min() >= 0.0
    turn = np.abs(np.fft.rfft(around(kernel)))
    assert int(np.argmax(turn[2:30])) + 2 == spikes
    light = around(kernel)
    assert light.max() > 3.0 * np.median(light)


def test_spikes_turn_with_the_iris() -> None:
    """By half the angle between two spikes: where there was light, there is none."""
    plain, turned = (
        np.fft.rfft(around(starburst_kernel(Starburst(rotation_deg=turn), 1.8, 3.75, 4, 40, 0, "front")))[6]
        for turn in (0.0, 30.0)
    )
    assert abs(np.angle(-turned / plain)) < 0.2 and abs(turned) > 0.5 * abs(plain)


def test_scratches_come_from_the_seed() -> None:
    one, same, other = (starburst_kernel(Starburst(scratches=3), 1.8, 3.75, 4, 40, seed, "front") for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_a_lamp_s_spikes_hold_the_share_asked_for() -> None:
    config = camera(512, 384, glare={"starburst": {"blades": 6, "share": 0.004}})
    out = path_of(config).through(lamp(512, 384, 256, 192)).astype(np.float64)[..., 1] / 1e9
    assert out[192, 256] == pytest.approx(0.996, rel=1e-4)
    assert out.sum() == pytest.approx(1.0, abs=2e-4)
    uniform = np.full((384, 512, 3), 500.0, np.float32)
    assert np.abs(path_of(config).through(uniform) / 500.0 - 1.0).max() < 1e-5
