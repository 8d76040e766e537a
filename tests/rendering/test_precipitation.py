"""Rain and snow: published numbers, streaks where optics put them, light that adds up, and nothing in front of what is nearer."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from rendering.precipitation import (
    NO_SNOW,
    Snow,
    extinction_per_m,
    inverse_lens,
    rain_mm_h,
    snow_of,
)
from sim.base.state import ActorInfo, ActorKind, Weather
from sim.catalogue.blueprints import SNOW_TYPE
from tests.rendering.solids import actor, luminance, pinhole, scene, state

DULL = {"sun_altitude_angle": 30.0, "cloudiness": 100.0}


def _picture(weather, exposure_s=0.004, speed_mps=0.0, aperture_m=0.0, actors=(), tick=1, fov=60.0):
    world = scene()
    here = state(*actors, weather=weather, tick=tick)
    world.set_states(here, here)
    view = dataclasses.replace(
        pinhole(240, 180, fov, (0.0, 0.0, 1.5)),
        exposure_s=exposure_s,
        velocity_world_mps=(speed_mps, 0.0, 0.0),
        aperture_m=aperture_m,
    )
    return luminance(world.render(view).radiance)


def _added(exposure_s=0.004, **options) -> np.ndarray:
    """What the drops change: rain with drops against the same air and wetness without any (a lens so wide that they vanish)."""
    rain = Weather(precipitation=80.0, **DULL)
    return np.abs(_picture(rain, exposure_s, **options) - _picture(rain, exposure_s, **options | {"aperture_m": 50.0}))


def test_rates_and_visual_ranges_are_the_published_ones():
    """25 mm/h: 0.31 * 25^0.67 = 2.7 /km, a visual range of 1.5 km; dry air adds nothing."""
    weather = Weather(precipitation=100.0 * math.sqrt(0.5))
    assert rain_mm_h(weather) == pytest.approx(25.0)
    assert 3.912 / extinction_per_m(weather, NO_SNOW) == pytest.approx(1460.0, rel=0.03)
    assert extinction_per_m(Weather(), NO_SNOW) == 0.0
    assert extinction_per_m(Weather(), Snow(0.0, 2.0)) == pytest.approx(6e-3)


def test_snow_comes_from_its_actor_and_bad_numbers_are_none():
    info = ActorInfo(7, ActorKind.OTHER, SNOW_TYPE, {"lying_cm": "2.0", "rate_mm_h": "1"}, (0.0,) * 3, (0.0,) * 3)
    assert snow_of((actor(1, "box"), info)) == Snow(2.0, 1.0)
    assert snow_of((actor(1, "box"),)) == NO_SNOW
    assert snow_of((dataclasses.replace(info, attributes={"lying_cm": "deep", "rate_mm_h": "nan"}),)) == NO_SNOW
    assert Snow(1.0).cover == pytest.approx(0.5)


def test_inverse_lens_finds_pixels_back():
    view = pinhole(320, 240, 70.0, (0.0, 0.0, 0.0))
    table = inverse_lens(view.directions_camera)
    size = len(table)
    rng = np.random.default_rng(0)
    for _ in range(200):
        row, column = int(rng.integers(5, 235)), int(rng.integers(5, 315))
        d = view.directions_camera[row, column].astype(float)
        u, v = d[:2] / np.abs(d).sum()
        a, b = (u + 1) / 2 * (size - 1), (v + 1) / 2 * (size - 1)
        i, j, f, g = int(a), int(b), a % 1.0, b % 1.0
        cell = table[j : j + 2, i : i + 2]
        found = (cell[0, 0] * (1 - f) + cell[0, 1] * f) * (1 - g) + (cell[1, 0] * (1 - f) + cell[1, 1] * f) * g
        assert np.abs(found - (column, row)).max() < 1.0


def test_directions_beside_the_image_lie_beside_it():
    """Just outside the left edge a direction has a negative column (not the edge's), and far outside it is not in the table."""
    view = pinhole(320, 240, 70.0, (0.0, 0.0, 0.0))
    table = inverse_lens(view.directions_camera)
    columns = table[..., 0][table[..., 0] > -1e8]
    assert columns.min() < -1.0 and columns.max() > 320.0
    at_edge = np.abs(columns) < 0.5
    inside = (columns > 100.5) & (columns < 101.5)
    assert at_edge.sum() < 3 * max(inside.sum(), 3)


def test_streaks_are_upright_at_rest():
    """Standing still, drops draw vertical lines: brightness steps across them, hardly along them."""
    side = _added(0.008)[60:120]
    assert np.abs(np.diff(side, axis=1)).sum() > 1.5 * np.abs(np.diff(side, axis=0)).sum()


def test_speed_lays_streaks_flatter():
    """At 15 m/s drops at the sides are drawn outwards: the picture loses its upright grain."""
    grain = []
    for speed in (0.0, 15.0):
        side = _added(0.008, speed_mps=speed)[60:120]
        grain.append(float(np.abs(np.diff(side, axis=1)).sum() / np.abs(np.diff(side, axis=0)).sum()))
    assert grain[1] < 0.75 * grain[0]


def test_a_drops_light_does_not_depend_on_how_long_its_streak_is():
    """A streak k times as long is k times fainter, but it is exposed k times as long: the mean change stays."""
    short, long = (_added(t).mean() for t in (0.002, 0.008))
    assert long == pytest.approx(short, rel=0.35) and short > 0.0


def test_near_drops_are_spread_by_the_aperture():
    wide, narrow = (float((_added(0.0005, fov=12.0, aperture_m=aperture) ** 2).mean()) for aperture in (0.004, 0.0))
    assert 0.0 < wide < 0.6 * narrow


def test_nothing_falls_between_the_camera_and_what_is_nearer():
    """A ball that fills the view half a metre ahead hides every drop behind it."""
    near = [(actor(3, "ball"), (1.3, 0.0, 0.5), 0.0)]
    assert _added(actors=near)[60:120, 90:150].max() == pytest.approx(0.0, abs=1e-3)
    assert _added()[60:120, 90:150].max() > 0.0


def test_drops_move_on_from_tick_to_tick_and_the_same_tick_is_the_same_picture():
    rain = Weather(precipitation=80.0, **DULL)
    first, again, later = (_picture(rain, tick=tick).tobytes() for tick in (1, 1, 2))
    assert first == again != later


def test_lying_snow_is_white_on_the_ground_and_not_under_the_eaves():
    world = scene()
    info = ActorInfo(9, ActorKind.OTHER, SNOW_TYPE, {"lying_cm": "20"}, (0.0,) * 3, (0.0,) * 3)
    bare, white = [], []
    for extra in ((), ((info, (0.0, 0.0, 0.0), 0.0),)):
        here = state((actor(1, "plate"), (6.0, 0.0, 0.0), 0.0), *extra, weather=Weather(**DULL))
        world.set_states(here, here)
        out = world.render(pinhole(64, 48, 40.0, (0.0, 0.0, 1.5), pitch=0.3), refine=False)
        (white if extra else bare).append(float(luminance(out.radiance)[40:].mean()))
    assert white[0] > 3.0 * bare[0]
