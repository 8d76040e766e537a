"""Luminances of known scenes, and no NaN anywhere."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rendering.buffers import Buffers
from sim.base.state import Lamp, Weather
from tests.rendering.solids import NOON, actor, luminance, pinhole, plane, scene, state

A, PLATE, BALL = actor(1, "box"), actor(2, "plate"), actor(3, "ball")


@pytest.fixture(scope="module")
def world():
    return scene()


def _look(world, weather, *actors, **camera):
    here = state(*actors, weather=weather)
    world.set_states(here, here)
    return world.render(pinhole(64, 48, 40.0, camera.get("at", (0, 0, 1.5)), pitch=camera.get("pitch", 0.3)))


def test_noon_road_and_white_plate_have_their_luminance(world):
    """100 klx on asphalt of 0.09: about 3 kcd/m²; on a plate of 0.70: 22-28 kcd/m² (rho E / pi)."""
    noon = Weather(sun_altitude_angle=60.0)
    road = luminance(_look(world, noon).radiance)[30:].mean()
    assert 2300 < road < 4500
    view = _look(world, noon, (PLATE, (4.0, 0.0, 0.0), 0.0), at=(4.0, 0.0, 6.0), pitch=np.pi / 2)
    white = luminance(view.radiance)[view.instance == 2].mean()
    expected = 0.70 * world.lighting.level_lx / np.pi
    assert white == pytest.approx(expected, rel=0.12) and 20e3 < white < 38e3


def test_overcast_road(world):
    """10-20 klx of an overcast sky: a few hundred cd/m²."""
    road = luminance(_look(world, Weather(sun_altitude_angle=35.0, cloudiness=100.0)).radiance)[30:].mean()
    assert 200 < road < 700


def test_shadow_lies_where_the_sun_says_and_nowhere_else(world):
    """A box 1.5 m high, sun at 45° from +y (azimuth 270): its shadow reaches 1.5 m to -y."""
    sun = Weather(sun_altitude_angle=45.0, sun_azimuth_angle=270.0)
    here = state((A, (0.0, 0.0, 0.0), 0.0), weather=sun)
    world.set_states(here, here)
    out = world.render(pinhole(241, 241, 60.0, (0.0, 0.0, 12.0), pitch=np.pi / 2), refine=False)
    ground, light = out.instance != 1, luminance(out.radiance)
    focal = 120.5 / np.tan(np.radians(30))
    y = -(np.arange(241) - 120.0) * 12.0 / focal
    inside = (y < -1.05) & (y > -2.3)
    row = 120
    assert ground[row].sum() > 100
    assert (light[row][inside] < 0.35 * light[row][-5]).all(), "shadow missing"
    outside = (y < -2.5) | (y > 1.0)
    assert (light[row][outside & ground[row]] > 0.6 * light[row][-5]).all(), "acne or a misplaced shadow"
    assert light[row][-5] > 1500


def test_no_acne_on_a_ball(world):
    """Every visible point of a convex ball that faces the sun clearly is lit."""
    here = state((BALL, (0.0, 0.0, 0.0), 0.0), weather=NOON)
    world.set_states(here, here)
    out = world.render(pinhole(120, 120, 40.0, (-4.0, -3.0, 4.0), yaw=0.64, pitch=0.6), refine=False)
    sun = np.array(
        [
            np.cos(np.radians(60)) * np.cos(np.radians(40)),
            -np.cos(np.radians(60)) * np.sin(np.radians(40)),
            np.sin(np.radians(60)),
        ]
    )
    cosine = out.normal_world @ sun
    ball = (out.instance == 3) & (cosine > 0.25)
    assert ball.sum() > 500
    assert (luminance(out.radiance)[ball] > 0.7 * 0.3 / np.pi * 90e3 * cosine[ball]).all()


def test_ground_under_a_car_is_darker_under_an_even_sky(world):
    overcast = Weather(sun_altitude_angle=40.0, cloudiness=100.0)
    beside = _look(world, overcast, (A, (6.0, 0.0, 0.0), 0.0), at=(0, 0, 1.5), pitch=0.3)
    without = luminance(_look(world, overcast, at=(0, 0, 1.5), pitch=0.3).radiance)
    ground = beside.instance != 1
    assert (ground & (luminance(beside.radiance) < 0.75 * without)).sum() > 10


def test_fog_hides_what_is_far(world):
    clear = _look(world, Weather(sun_altitude_angle=50.0), (A, (60.0, 0.0, 0.0), 0.0), pitch=0.0)
    fog = _look(world, Weather(sun_altitude_angle=50.0, fog_density=90.0), (A, (60.0, 0.0, 0.0), 0.0), pitch=0.0)
    box = fog.instance == 1
    assert box.any() and np.array_equal(box, clear.instance == 1)
    sky = luminance(fog.radiance)[20:23, :8].mean()
    assert np.abs(luminance(fog.radiance)[box] / sky - 1).max() < 0.2
    assert np.abs(luminance(clear.radiance)[box] / luminance(clear.radiance)[20:23, :8].mean() - 1).max() > 0.2


def test_low_beam_lights_the_road_at_night_and_its_absence_is_dark(world):
    night = Weather(sun_altitude_angle=-30.0)
    lit = state((A, (-3.0, 0.0, 0.0), 0.0), weather=night)
    beams = dataclasses.replace(lit, lamp_flags=np.array([int(Lamp.LOW_BEAM)], np.uint32))
    view = pinhole(64, 48, 40.0, (0.0, 0.0, 1.3), pitch=0.12)
    values = []
    for here in (lit, beams):
        world.set_states(here, here)
        values.append(luminance(world.render(view).radiance)[36:].mean())
    assert values[1] > 10 * values[0] and 0.05 < values[1] < 30.0


def test_every_weather_and_view_is_finite_and_not_negative():
    world = scene(ground=[plane("grass")])
    rng = np.random.default_rng(5)
    out = Buffers.empty(33, 47, material=True)
    for _ in range(60):
        weather = Weather(
            cloudiness=rng.uniform(0, 100), sun_altitude_angle=rng.uniform(-90, 90), sun_azimuth_angle=rng.uniform(0, 360),
            fog_density=rng.choice([0.0, rng.uniform(0, 100)]), wetness=rng.choice([0.0, 100.0]),
        )  # fmt: skip
        here = state((A, (6.0, 0.0, 0.0), rng.uniform(0, 6)), (BALL, (4.0, 2.0, 0.0), 0.0), weather=weather)
        world.set_states(here, here)
        at = (rng.uniform(-3, 3), rng.uniform(-3, 3), rng.uniform(0.05, 3))
        world.render(pinhole(47, 33, rng.uniform(10, 150), at, rng.uniform(0, 6), rng.uniform(-1.5, 1.5)), out)
        for item in dataclasses.fields(out):
            values = getattr(out, item.name)
            assert not np.isnan(values).any(), item.name
        assert np.isfinite(out.radiance).all() and (out.radiance >= 0).all()


def test_edges_are_smoothed_without_touching_labels(world):
    here = state((A, (9.0, 0.4, 0.0), 0.5))
    world.set_states(here, here)
    view = pinhole(96, 72, 40.0, (0.0, 0.0, 1.6))
    plain, smooth = world.render(view, refine=False), world.render(view)
    for name in ("instance", "semantic", "part", "range_m", "normal_world", "previous_point_camera"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(smooth, name))
    changed = (plain.radiance != smooth.radiance).any(axis=-1)
    assert 0.002 < changed.mean() < 0.3
