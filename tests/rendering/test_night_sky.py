"""Moon, airglow and the glow of towns against published figures."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rendering.kernels import layout as at
from rendering.lighting import lighting_of
from rendering.night_sky import (
    MOON_LIT_SHARE,
    NATURAL_CD_M2,
    TOWN_CD_M2,
    air_masses,
    glow,
    moon_direction,
    moon_normal_lx,
)
from rendering.sky import LUMINANCE_RGB, daylight
from sim.base.state import Weather
from tests.rendering.solids import luminance, pinhole, scene, state

UP = np.array([[0.0, 0.0, 1.0]])
NIGHT = Weather(sun_altitude_angle=-30.0, sun_azimuth_angle=60.0)


def _beside(elevation_deg: float) -> np.ndarray:
    h = math.radians(elevation_deg)
    return np.array([[math.cos(h), 0.0, math.sin(h)]])


def test_full_moon_has_0_3_lx_and_five_kcd():
    """Allen 1973: -12.73 mag; Kieffer & Stone 2005: about 0.3 lx and 5,000 cd/m² outside the air."""
    assert moon_normal_lx(0.0) == pytest.approx(0.32, rel=0.03)
    assert moon_normal_lx(0.0) / (math.pi * math.radians(0.259) ** 2) == pytest.approx(4900.0, rel=0.05)
    assert moon_normal_lx(90.0) == pytest.approx(moon_normal_lx(0.0) / 11.0, rel=0.15), "a half moon has a tenth"


@pytest.mark.parametrize("altitude", [20.0, 0.0, -5.0, -30.0, -60.0])
def test_moon_keeps_its_elongation_at_every_sun(altitude):
    day = daylight(Weather(sun_altitude_angle=altitude, sun_azimuth_angle=33.0))
    assert math.degrees(math.acos(float(day.sun_direction @ day.moon_direction))) == pytest.approx(146.0, abs=0.01)
    assert np.linalg.norm(day.moon_direction) == pytest.approx(1.0)
    if -60.0 <= altitude <= -5.0:
        assert day.moon_direction[2] > 0.25
    assert 0.90 < MOON_LIT_SHARE < 0.92


def test_moonlight_of_a_clear_night_and_none_under_clouds():
    clear = daylight(NIGHT)
    assert 0.05 < clear.moon_normal_lx_rgb @ LUMINANCE_RGB < 0.25
    assert 1_300 < clear.beam.disc_cd_m2_rgb @ LUMINANCE_RGB < 3_000
    assert clear.beam.normal_lx_rgb[0] > clear.beam.normal_lx_rgb[2], "moonlight is redder than sunlight"
    closed = daylight(Weather(sun_altitude_angle=-30.0, cloudiness=100.0))
    assert closed.moon_normal_lx_rgb.max() == 0.0
    noon = daylight(Weather(sun_altitude_angle=40.0))
    assert noon.beam.direction is noon.sun_direction and noon.moonlit_lx == 0.0


def test_town_glow_rises_to_the_horizon_and_clouds_amplify_it():
    """Garstang 1986: towards the horizon three to four times the zenith; Kyba et al. 2011: 3 to 10 times under clouds."""
    zenith, low = (float((glow(d, 0.0) @ LUMINANCE_RGB)[0]) for d in (UP, _beside(3.0)))
    assert zenith == pytest.approx(TOWN_CD_M2 + NATURAL_CD_M2, rel=0.02)
    assert 3.0 < low / zenith < 4.2
    assert 3.0 < float((glow(UP, 1.0) @ LUMINANCE_RGB)[0]) / zenith < 10.0
    middle = float((glow(UP, 0.5) @ LUMINANCE_RGB)[0])
    assert zenith < middle < 10 * zenith
    assert air_masses(np.array([1.0, 0.5, 0.0])) == pytest.approx([1.0, 1.995, 37.9], rel=0.01)


def test_lit_part_of_the_moon_faces_the_sun():
    """The disc seen by a narrow camera: nine tenths of it shine, and its light's centre lies towards the sun's side."""
    world = scene()
    here = state(weather=NIGHT)
    world.set_states(here, here)
    day = daylight(NIGHT)
    m = day.moon_direction
    view = pinhole(160, 160, 0.8, (0.0, 0.0, 0.0), yaw=math.atan2(m[1], m[0]), pitch=-math.asin(m[2]))
    image = luminance(world.render(view, refine=False).radiance)
    bright = image > 0.5 * image.max()
    solid_angle = bright.sum() * (math.radians(0.8) / 160) ** 2
    full = math.pi * math.radians(0.259) ** 2
    assert solid_angle / full == pytest.approx(MOON_LIT_SHARE, abs=0.03)
    lux = float((image[bright]).sum() * (math.radians(0.8) / 160) ** 2)
    assert lux == pytest.approx(float(day.moon_normal_lx_rgb @ LUMINANCE_RGB), rel=0.04)
    rows, columns = np.nonzero(bright)
    camera = view.world_from_camera_rows[80, :, :3]
    toward = camera.T @ day.sun_direction
    offset = np.array([columns.mean() - 79.5, rows.mean() - 79.5])
    assert offset @ toward[:2] / (np.linalg.norm(offset) * np.linalg.norm(toward[:2])) > 0.95


def test_moonlight_casts_shadows_like_a_weak_sun():
    light = lighting_of(NIGHT).light
    assert light[at.SUN_ON] == 1.0
    assert light[at.SUN_X : at.SUN_Z + 1] == pytest.approx(moon_direction(daylight(NIGHT).sun_direction), abs=1e-6)
