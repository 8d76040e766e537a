"""The sky about sunset: published illuminances, colours towards and away from the sun, the Earth's shadow, and no jumps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rendering.lighting import lighting_of
from rendering.sky import LUMINANCE_RGB, daylight, sky_radiance
from sim.base.state import Weather


def _toward(azimuth_deg: float, elevation_deg: float) -> np.ndarray:
    a, h = math.radians(azimuth_deg), math.radians(elevation_deg)
    return np.array([math.cos(a) * math.cos(h), -math.sin(a) * math.cos(h), math.sin(h)])


def _seen(altitude: float, azimuth_deg: float, elevation_deg: float) -> np.ndarray:
    """RGB of a clear sky; the sun at azimuth 40°."""
    weather = Weather(sun_altitude_angle=altitude, sun_azimuth_angle=40.0)
    return np.asarray(sky_radiance(daylight(weather), _toward(40.0 + azimuth_deg, elevation_deg)))


@pytest.mark.parametrize(
    "altitude, lux", [(0.0, 760.0), (-0.8, 453.0), (-3.0, 79.0), (-6.0, 3.4), (-9.0, 0.116), (-12.0, 0.0081)]
)
def test_illuminance_of_twilight_is_the_published(altitude, lux):
    """USNO Circular 171; 453 lx at sunset: RCA Electro-Optics Handbook (1974)."""
    assert daylight(Weather(sun_altitude_angle=altitude)).sunlit_lx == pytest.approx(lux, rel=0.12)


@pytest.mark.parametrize("altitude", [2.0, 0.0, -2.0, -4.0, -6.0])
def test_horizon_is_orange_at_the_sun_and_bluish_across(altitude):
    sun_side, across = _seen(altitude, 0.0, 2.0), _seen(altitude, 180.0, 2.0)
    assert sun_side[0] > 1.3 * sun_side[1] > 1.5 * sun_side[2]
    assert across[0] / across[2] < 0.6 * sun_side[0] / sun_side[2]
    assert sun_side @ LUMINANCE_RGB > 3.0 * (across @ LUMINANCE_RGB)
    zenith = _seen(altitude, 0.0, 90.0)
    assert zenith[2] > 1.2 * zenith[0], "the zenith stays blue"


def test_earths_shadow_lies_under_a_pink_belt():
    """Sun 3° down: across from it the lowest degrees are dark and bluish, redder and brighter a fist above (Minnaert 1940)."""
    shadow, belt = _seen(-3.0, 180.0, 1.5), _seen(-3.0, 180.0, 9.0)
    assert belt @ LUMINANCE_RGB > 1.3 * (shadow @ LUMINANCE_RGB)
    assert shadow[2] > 1.15 * shadow[0]
    assert belt[0] / belt[2] > 1.1 * shadow[0] / shadow[2]


def test_light_changes_without_jumps_from_day_to_night():
    """Every half degree: no direction's light steps by more than nautical twilight's own fading (0.7 e-folds at most)."""
    toward = [(0.0, 3.0), (0.0, 40.0), (90.0, 10.0), (180.0, 5.0), (0.0, 90.0)]
    directions = np.array([_toward(40.0 + azimuth, elevation) for azimuth, elevation in toward])
    days = [daylight(Weather(sun_altitude_angle=a, sun_azimuth_angle=40.0)) for a in np.arange(14.0, -20.0, -0.5)]
    path = np.log([sky_radiance(day, directions) @ LUMINANCE_RGB for day in days])
    steps = np.diff(path, axis=0)
    assert np.abs(steps).max() < 0.75
    assert np.abs(np.diff(steps, axis=0)).max() < 0.25, "no kink where one model hands over to the other"


@pytest.mark.parametrize("cloudiness", [0.0, 50.0, 100.0])
def test_level_ground_darkens_steadily(cloudiness):
    levels = np.array(
        [daylight(Weather(sun_altitude_angle=a, cloudiness=cloudiness)).diffuse_lx for a in np.arange(4.0, -14.0, -0.5)]
    )
    steps = np.diff(np.log(levels))
    assert steps.max() < 0.05 and steps.min() > -0.65


@pytest.mark.parametrize("altitude", [1.0, -5.0, -30.0])
def test_map_has_the_illuminance_that_is_told(altitude):
    weather = Weather(sun_altitude_angle=altitude, cloudiness=40.0)
    sky = lighting_of(weather).sky
    axis = np.arange(len(sky)) / (len(sky) - 1) * 2 - 1
    x, y = (axis[None] + axis[:, None]) / 2, (axis[None] - axis[:, None]) / 2
    z = 1 - abs(x) - abs(y)
    r = np.sqrt(x * x + y * y + z * z)
    lux = float((sky @ LUMINANCE_RGB * z / r * 0.5 * (2 / (len(sky) - 1)) ** 2 / r**3).sum())
    assert lux == pytest.approx(daylight(weather).diffuse_lx, rel=0.04)
