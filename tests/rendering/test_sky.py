"""Daylight against published illuminances."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.clouds import clouded, layer_density
from rendering.lighting import lighting_of
from rendering.sky import LUMINANCE_RGB, SUN_SOLID_ANGLE_SR, daylight, sky_radiance
from sim.base.state import Weather


def _hemisphere(n: int = 90) -> tuple[np.ndarray, float]:
    azimuth, height = np.meshgrid((np.arange(2 * n) + 0.5) * np.pi / n, (np.arange(n) + 0.5) / n, indexing="ij")
    rim = np.sqrt(1 - height**2)
    return np.stack([rim * np.cos(azimuth), rim * np.sin(azimuth), height], -1), 2 * np.pi / (2 * n * n)


def test_high_sun_gives_100_klx_and_its_disc_1_6e9():
    day = daylight(Weather(sun_altitude_angle=75.0))
    lux = float(day.sun_normal_lx_rgb @ LUMINANCE_RGB)
    assert 98e3 < lux < 130e3
    assert 1.2e9 < lux / SUN_SOLID_ANGLE_SR < 2.0e9


@pytest.mark.parametrize("altitude", [2.0, 15.0, 45.0, 80.0, -4.0])
@pytest.mark.parametrize("clouds", [0.0, 50.0, 100.0])
def test_sky_map_gives_its_illuminance_back(altitude, clouds):
    day = daylight(Weather(sun_altitude_angle=altitude, cloudiness=clouds))
    directions, share = _hemisphere()
    lux = ((sky_radiance(day, directions) @ LUMINANCE_RGB) * directions[..., 2]).sum() * share
    assert lux == pytest.approx(day.diffuse_lx, rel=0.02)


def test_overcast_sky_is_three_times_brighter_overhead_and_hides_the_sun():
    day = daylight(Weather(sun_altitude_angle=50.0, cloudiness=100.0))
    up, level = sky_radiance(day, np.array([[0.0, 0, 1], [1.0, 0, 1e-6]])) @ LUMINANCE_RGB
    assert up / level == pytest.approx(3.0, rel=0.01)
    assert day.sun_normal_lx_rgb.max() == 0.0
    assert up == pytest.approx(9 * day.diffuse_lx / (7 * np.pi), rel=0.03)


def test_sun_reddens_and_weakens_as_it_sinks():
    high, low = (daylight(Weather(sun_altitude_angle=a)).sun_normal_lx_rgb for a in (60.0, 4.0))
    assert low[0] / low[2] > 3 * high[0] / high[2] and low[1] < 0.2 * high[1]


def test_azimuth_is_clockwise_from_x_as_carla_has_it():
    direction = daylight(Weather(sun_azimuth_angle=90.0, sun_altitude_angle=0.0)).sun_direction
    np.testing.assert_allclose(direction, [0.0, -1.0, 0.0], atol=1e-12)


def test_night_is_dark_but_not_black_and_street_lamps_burn():
    night, noon = (lighting_of(Weather(sun_altitude_angle=a)) for a in (-30.0, 60.0))
    assert 0.05 < night.level_lx < 1.0 and night.lamps_on and not noon.lamps_on
    assert noon.level_lx > 90e3


def _map_directions(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Directions of a sky map's texels and the solid angle of each: octahedron faces seen from the middle, h / r³ dA."""
    axis = np.arange(size) / (size - 1) * 2 - 1
    x, y = (axis[None] + axis[:, None]) / 2, (axis[None] - axis[:, None]) / 2
    z = 1 - abs(x) - abs(y)
    r = np.sqrt(x * x + y * y + z * z)
    return np.stack([x, y, z], -1) / r[..., None], 0.5 * (2 / (size - 1)) ** 2 / r**3


@pytest.mark.parametrize("clouds", [0.0, 30.0, 60.0, 100.0])
def test_clouds_keep_the_illuminance_of_the_sky(clouds):
    weather = Weather(sun_altitude_angle=40.0, cloudiness=clouds)
    sky = lighting_of(weather).sky
    directions, solid_angle = _map_directions(len(sky))
    lux = (sky @ LUMINANCE_RGB * directions[..., 2] * solid_angle).sum()
    assert lux == pytest.approx(daylight(weather).diffuse_lx, rel=0.04)


def test_cover_follows_cloudiness_and_a_clear_sky_is_blue():
    directions = _hemisphere()[0]
    density = layer_density(directions)
    changed = []
    for cloudiness in (0.0, 0.25, 0.5, 0.75):
        day = daylight(Weather(sun_altitude_angle=40.0, cloudiness=100.0 * cloudiness))
        sky = clouded(day, cloudiness, directions, density)
        ratio = (sky[..., 2] / sky[..., 0])[directions[..., 2] > 0.3]
        changed.append((ratio < 1.2).mean())
    assert changed[0] == 0.0
    assert 0.05 < changed[1] < changed[2] < changed[3]
    assert changed[3] - changed[1] > 0.25


def test_clear_sky_across_the_sun_has_3_to_8_kcd_and_is_blue():
    """Kittler, Perez & Darula 1997: zenith luminance of clear skies at middle sun heights."""
    weather = Weather(sun_altitude_angle=50.0, sun_azimuth_angle=0.0, cloudiness=0.0)
    day = daylight(weather)
    across = np.array([np.array([0.0, np.cos(h), np.sin(h)]) for h in np.radians([15.0, 25.0, 35.0])])
    rgb = sky_radiance(day, across)
    luminance = rgb @ LUMINANCE_RGB
    assert (luminance > 2500).all() and (luminance < 8000).all()
    assert (rgb[:, 2] > 1.25 * rgb[:, 0]).all()
