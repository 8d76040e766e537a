"""Stars: how many, where they appear, how much light they bring, and what hides them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rendering.lighting import lighting_of
from rendering.stars import catalogue, count_brighter, stars_above
from sim.base.state import Weather
from tests.rendering.solids import luminance, pinhole, plane, scene, state

LUMINANCE_RGB = np.array([0.2126, 0.7152, 0.0722])
NIGHT = Weather(sun_altitude_angle=-30.0)


def test_numbers_are_the_published():
    """Allen 1973, whole sphere: about 15 to 1st magnitude, 200 to 3rd, 1,600 to 5th, 4,800 to 6th."""
    for magnitude, published in ((1.0, 15), (3.0, 190), (5.0, 1_600), (6.0, 4_800)):
        assert count_brighter(magnitude) == pytest.approx(published, rel=0.35)
    directions, lux = catalogue()
    assert np.allclose(np.linalg.norm(directions, axis=1), 1.0)
    light = lux @ LUMINANCE_RGB
    assert (np.diff(light) < 0).all() and light[0] == pytest.approx(2.54e-6 * 10 ** (0.4 * 1.2), rel=0.05)
    assert abs(directions.mean(axis=0)).max() < 0.05, "evenly over the sphere"


def test_air_and_fog_dim_them_and_clouds_hide_them():
    free, fog = stars_above(1.0, 0.0), stars_above(1.0, 1.0)
    assert 0.4 * len(catalogue()[0]) < len(free) < 0.6 * len(catalogue()[0])
    assert free[free[:, 2] > 0.95, 4].sum() > 0 and fog[:, 3:].sum() < 0.5 * free[:, 3:].sum()
    assert len(lighting_of(Weather(sun_altitude_angle=40.0)).stars) == 0
    open_sky, closed = (lighting_of(dataclasses.replace(NIGHT, cloudiness=c)).stars[:, 3:].sum() for c in (0.0, 100.0))
    assert closed < 0.05 * open_sky


def _picture(world, stars, **angles):
    world._lighting = dataclasses.replace(world._lighting, stars=stars)
    return luminance(world.render(pinhole(120, 90, 40.0, (0.0, 0.0, 2.0), **angles), refine=False).radiance)


def test_a_star_brings_its_illuminance_wherever_it_falls_on_the_pixels():
    world = scene()
    here = state(weather=NIGHT)
    world.set_states(here, here)
    for turn in np.linspace(0.0, 0.012, 7):
        star = np.array([[np.cos(0.8) * np.cos(turn), np.cos(0.8) * np.sin(turn), np.sin(0.8), *(np.ones(3) * 1e-5)]])
        more = _picture(world, star, pitch=-0.8) - _picture(world, star[:0], pitch=-0.8)
        pixel_sr = (2 * np.tan(np.radians(20.0)) / 120) ** 2
        assert more.sum() * pixel_sr == pytest.approx(1e-5, rel=0.02)
        assert np.count_nonzero(more > 1e-9 / pixel_sr) <= 9
        row, column = np.unravel_index(np.argmax(more), more.shape)
        assert abs(row - 44.5) <= 1.0 and abs(column - (59.5 - np.cos(0.8) * turn / np.sqrt(pixel_sr))) <= 1.0


def test_what_stands_before_a_star_hides_it():
    world = scene(ground=[plane("default")])
    here = state(weather=NIGHT)
    world.set_states(here, here)
    star = np.array([[np.cos(0.3), 0.0, -np.sin(0.3), 1.0, 1.0, 1.0]])
    assert np.array_equal(_picture(world, star, pitch=0.3), _picture(world, star[:0], pitch=0.3))
    behind = np.array([[-1.0, 0.0, 0.1, 1.0, 1.0, 1.0]])
    assert np.array_equal(_picture(world, behind, pitch=0.0), _picture(world, behind[:0], pitch=0.0))
