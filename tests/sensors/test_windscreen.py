"""The windscreen: step of the rays, second image, mirrored dashboard; against hand calculations and Fresnel's known values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sensors.config.windscreen import Windscreen
from sensors.optics.surroundings import Surroundings
from sensors.optics.windscreen import (
    dashboard_luminance,
    echo_rows,
    fresnel_reflectance,
    lateral_shift_m,
    pane_reflectance,
    shifted_camera,
)
from tests.sensors.test_optical_path import camera, lamp, path_of


def test_the_step_of_a_ray_is_that_of_two_refractions() -> None:
    """Traced by Snell's law through both faces; 5 mm of glass at 60 degrees shift it by 2.6 mm."""
    pane = Windscreen(tilt_deg=60.0, thickness_m=0.005, refractive_index=1.52)
    inside = math.asin(math.sin(math.radians(60.0)) / 1.52)
    path_m = 0.005 / math.cos(inside)
    assert lateral_shift_m(pane) == pytest.approx(path_m * math.sin(math.radians(60.0) - inside), rel=1e-12)
    assert lateral_shift_m(pane) == pytest.approx(2.6e-3, abs=1e-4)
    assert lateral_shift_m(Windscreen(tilt_deg=0.0)) == 0.0


def test_the_pupil_seems_to_lie_higher() -> None:
    config = camera(windscreen={})
    moved = shifted_camera(config)[:3, 3] - config.mounting.ego_from_camera()[:3, 3]
    assert np.linalg.norm(moved) == pytest.approx(lateral_shift_m(config.optics.windscreen))
    assert moved[2] > 0.9 * np.linalg.norm(moved)
    assert np.array_equal(shifted_camera(camera()), camera().mounting.ego_from_camera())


def test_the_second_image_lies_above_the_first() -> None:
    config = camera(96, 96, windscreen={"ghost_share": 0.01, "ghost_arcmin": 60.0})
    rows = math.radians(1.0) * 200.0
    assert echo_rows(config) == pytest.approx(rows)
    out = path_of(config).through(lamp(96, 96, 40, 50)).astype(np.float64)[..., 1] / 1e9
    assert out[50, 40] == pytest.approx(0.99, rel=1e-5)
    above = out[:50, 40]
    assert above.sum() == pytest.approx(0.01, rel=1e-4)
    assert (above * np.arange(50)).sum() / above.sum() == pytest.approx(50.0 - rows, abs=1e-3)


def test_reflectance_of_glass() -> None:
    assert fresnel_reflectance(np.array([1.0]), 1.52)[0] == pytest.approx((0.52 / 2.52) ** 2)
    assert fresnel_reflectance(np.array([1e-9]), 1.52)[0] == pytest.approx(1.0, abs=1e-4)
    # at Brewster's angle only one polarisation is reflected: ((n² - 1) / (n² + 1))² / 2
    brewster = math.cos(math.atan(1.52))
    assert fresnel_reflectance(np.array([brewster]), 1.52)[0] == pytest.approx(
        0.5 * ((1.52**2 - 1) / (1.52**2 + 1)) ** 2
    )
    assert pane_reflectance(np.array([1.0]), 1.52)[0] == pytest.approx(0.0817, abs=5e-4)


def test_the_dashboard_veils_the_picture_by_day() -> None:
    config = camera(windscreen={"dashboard_reflectance": 0.05})
    axis = np.array([[0.0, 0.0, 1.0]])
    expected = 0.05 / math.pi * pane_reflectance(np.array([0.5]), 1.52)[0]
    assert dashboard_luminance(config, axis)[0] == pytest.approx(expected)
    path = path_of(config)
    black = np.zeros((64, 64, 3), np.float32)
    assert not path.through(black).any()
    daylight = Surroundings(np.array([0.0, -1.0, 0.0]), np.zeros(3), np.full(3, 50_000.0), 0.0)
    path.face(daylight)
    veil = path.through(black)
    assert veil[32, 32] == pytest.approx(np.full(3, 50_000.0 * expected), rel=0.02)
    path.face(None)
    assert not path.through(black).any()
