"""Light on level ground beside published figures: daylight at five sun heights, and a car's low beam on the road.

Daylight: P. M. Janiczek and J. A. DeYoung, "Computer programs for sun and moon illuminance with contingent tables and diagrams", US
Naval Observatory Circular 171 (1987): for a sun at height h under a clear sky, with m air masses before it,
E = 133,775 lx [exp(-0.21 m) sin h + 0.0289 exp(-0.042 m) (1 + (h + 90°) sin h / 57.3°)]; the first term is the sun's, the second
the sky's (their subroutine ATMOS). It owes nothing to the IES formulas that rendering.sky uses. Measured through the kernels: radiance
of a matt plain of known albedo.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import rendering.tracer
from rendering.kernels import layout as at
from rendering.lighting import lighting_of
from rendering.materials import Material
from rendering.reference.lights import beam_share
from rendering.sky import LUMINANCE_RGB
from rendering.tables import _material_row, material_table
from sim.base.state import Lamp, Weather
from tests.rendering.solids import actor, luminance, pinhole, plane, scene, state

BAR = 0.10
ALBEDO = 0.5
CAR = actor(1, "box")


def published_lx(height_deg: float) -> tuple[float, float]:
    """(sun, sky) on level ground."""
    height = np.radians(height_deg)
    ratio = 753.66156  # earth's radius over the atmosphere's height
    slant = np.arcsin(ratio * np.cos(height) / (ratio + 1.0))
    mass = ratio * (np.cos(slant) - np.sin(height)) + np.cos(slant)
    sun = np.exp(-0.21 * mass) * np.sin(height)
    sky = 0.0289 * np.exp(-0.042 * mass) * (1.0 + (height_deg + 90.0) * np.sin(height) / 57.29577951)
    return float(133_775.0 * sun), float(133_775.0 * sky)


@pytest.fixture
def matt(monkeypatch: pytest.MonkeyPatch):
    """Bare ground of albedo ALBEDO without gloss, under whatever light a state brings."""
    table = material_table().copy()
    table[0] = _material_row(Material((ALBEDO,) * 3, roughness=1.0, specular=0.0), -1)
    monkeypatch.setattr(rendering.tracer, "material_table", lambda: table)
    world = scene(ground=[plane("default")])
    world._tracer._probes = None  # an open plain has nothing around it
    return world


def _ground_lx(world, place: tuple[float, float]) -> float:
    """Illuminance of the ground, from its radiance seen from above through 1 m of clear air."""
    view = pinhole(8, 4, 0.05, (*place, 1.0), pitch=np.pi / 2)
    radiance = luminance(world.render(view, refine=False).radiance)[1:3, 2:6].mean()
    return float(radiance * np.pi / ALBEDO)


@pytest.mark.parametrize("height_deg", [75.0, 60.0, 45.0, 30.0, 15.0, 10.0])
def test_daylight_on_the_ground_is_the_published(matt, height_deg):
    weather = Weather(sun_altitude_angle=height_deg, cloudiness=0.0)
    here = state(weather=weather)
    matt.set_states(here, here)
    assert _ground_lx(matt, (0.0, 0.0)) == pytest.approx(sum(published_lx(height_deg)), rel=BAR)
    assert lighting_of(weather).level_lx == pytest.approx(_ground_lx(matt, (0.0, 0.0)), rel=0.03)


def test_daylight_of_another_height_is_not_the_published(matt):
    """Negative control: the sun 8° lower than told."""
    here = state(weather=Weather(sun_altitude_angle=37.0, cloudiness=0.0))
    matt.set_states(here, here)
    assert _ground_lx(matt, (0.0, 0.0)) != pytest.approx(sum(published_lx(45.0)), rel=BAR)


@pytest.mark.parametrize("flag, kind", [(Lamp.LOW_BEAM, at.LAMP_LOW_BEAM), (Lamp.HIGH_BEAM, at.LAMP_HIGH_BEAM)])
def test_headlamps_light_the_road_as_their_table_says(matt, flag, kind):
    """Two lamps 0.65 m up: I(direction) cos / r² of each, at seven places from 8 to 45 m ahead, within 10 %."""
    dark = state((CAR, (0.0, 0.0, 0.0), 0.0), weather=Weather(sun_altitude_angle=-30.0))
    lit = dataclasses.replace(dark, lamp_flags=np.array([int(flag)], np.uint32))
    places = [(10.0, 0.0), (14.0, 2.0), (17.0, -3.0), (22.0, 0.0), (22.0, 6.0), (32.0, -2.0), (47.0, 0.0)]
    matt.set_states(dark, dark)
    without = np.array([_ground_lx(matt, place) for place in places])
    matt.set_states(lit, lit)
    rows = matt._lamps._rows
    found = np.array([_ground_lx(matt, place) for place in places]) - without
    assert len(rows) == 2
    expected = np.zeros(len(places))
    for row in rows:
        way = np.array([(*place, 0.0) for place in places]) - row[:3]
        distance = np.linalg.norm(way, axis=1)
        ahead, left, up = (way / distance[:, None]).T
        candela = float(row[at.LAMP_R : at.LAMP_B + 1] @ LUMINANCE_RGB)
        expected += candela * beam_share(kind, ahead, left, up) * -up / distance**2
    np.testing.assert_allclose(found, expected, rtol=BAR)
    assert (expected > 0.05).all()
    assert not np.allclose(found, expected * (30.0 / 25.0) ** 2, rtol=BAR)
