"""Light from outside the picture: the sun beside it veils it by the same law as a lamp within; what hides the sun ends the veil."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sensors.capture import CameraSensor
from sensors.config.glare import GlareLobe
from sensors.optics.glare import lobe_density, reach_px
from sensors.optics.surroundings import Surroundings, behind_what_stands_there, surroundings_of
from sim.base.frames import SENSOR_FROM_CAMERA, pose
from sim.base.state import Weather
from tests.sensors.analytic_scene import AnalyticScene
from tests.sensors.test_optical_path import camera, path_of
from tests.sensors.worlds import EGO, drive

LOBES = [{"weight": 1.0, "radius_px": 10.0, "power": 1.15}]
GLARE = {"share": 0.02, "lobes": LOBES}
SIZE = (256, 192)


def sun_at(yaw_deg: float, lx: float = 1e5) -> Surroundings:
    toward = np.array([math.sin(math.radians(yaw_deg)), 0.0, math.cos(math.radians(yaw_deg))])
    return Surroundings(toward, np.full(3, lx), np.zeros(3), 0.0)


def test_sun_beside_the_picture_veils_by_the_law_of_the_lobes() -> None:
    """L = E / omega * g k(angle), by hand at the picture's middle; nothing from beyond the hood, nor when it is in the picture."""
    path = path_of(camera(*SIZE, glare=GLARE))
    black = np.zeros((SIZE[1], SIZE[0], 3), np.float32)
    path.face(sun_at(40.0))
    veil = path.through(black)
    lobe = (GlareLobe.model_validate(LOBES[0]),)
    angle_px = math.radians(40.0) * 200.0
    expected = 1e5 * 200.0**2 * 0.02 * lobe_density(lobe, np.array([angle_px]), reach_px(*SIZE))[0]
    assert veil[96, 128] == pytest.approx(np.full(3, expected), rel=0.02)
    assert veil[96, 250, 1] > 1.5 * veil[96, 5, 1]
    for elsewhere in (sun_at(61.0), sun_at(180.0), sun_at(10.0), sun_at(40.0, 0.0)):
        path.face(elsewhere)
        assert not path.through(black).any()


def test_crossing_the_picture_s_edge_changes_little() -> None:
    """Just outside, the sun is added by the law; just inside, its disc is spread: the far side of the picture sees the same veil."""
    config = camera(*SIZE, glare=GLARE)
    path = path_of(config)
    black = np.zeros((SIZE[1], SIZE[0], 3), np.float32)
    path.face(sun_at(math.degrees(math.atan(130.0 / 200.0))))
    outside = path.through(black)[96, 60:160, 1]
    path.face(None)
    disc = black.copy()
    disc[96, 254] = 1e5 * 200.0**2
    inside = path.through(disc)[96, 60:160, 1]
    # distances on the chip and angles differ by a tenth here, to the power of 2.3
    assert np.abs(np.log(inside / outside)).max() < math.log(1.7)


def test_where_the_sun_stands_in_the_optical_axes() -> None:
    """CARLA's azimuth 0, altitude 30: the sun is to the east; a camera that looks east sees it 30 degrees up."""
    east = pose(np.array([0.0, 0.0, 1.5]), np.zeros(3)) @ SENSOR_FROM_CAMERA
    around = surroundings_of(Weather(sun_altitude_angle=30.0, sun_azimuth_angle=0.0), east[:3])
    assert around.source_camera == pytest.approx([0.0, -0.5, math.sqrt(0.75)], abs=1e-9)
    assert 6e4 < around.source_lx_rgb[1] < 1.2e5
    assert around.level_lx_rgb[1] > 0.5 * around.source_lx_rgb[1]


def test_what_stands_before_the_sun_takes_its_veil_away() -> None:
    """The stand-in scene has no disc at all: as if something hid it."""
    config = camera(*SIZE, glare=GLARE)
    states = drive(1, config.period_flicks, 12.0, [])
    scene = AnalyticScene()
    scene.set_states(states[0], states[0])
    view = (pose(np.array([0.0, 0.0, 1.5]), np.zeros(3)) @ SENSOR_FROM_CAMERA)[:3]
    weather = Weather(sun_altitude_angle=50.0, sun_azimuth_angle=0.0)
    around = surroundings_of(weather, view)
    hidden = behind_what_stands_there(around, weather, view, scene)
    assert hidden.source_lx_rgb.max() < 1e-4 * around.source_lx_rgb.max()


def test_a_camera_asks_for_its_surroundings() -> None:
    config = camera(*SIZE, glare=GLARE)
    config = config.model_copy(update={"sensor": config.sensor.model_copy(update={"row_time_s": 0.0})})
    states = drive(1, config.period_flicks, 12.0, [])
    sensor = CameraSensor(config, AnalyticScene(), 1, config.period_flicks, 1)
    faced = []
    sensor.optics.stray.face = faced.append  # type: ignore[method-assign]
    sensor.capture(states, EGO)
    assert faced and faced[0].level_lx_rgb.max() > 0.0
