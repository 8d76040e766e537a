"""Spray against its integral, the glow of lamps against a plain sum along the ray; neither touches a label."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest

from rendering import tracer
from rendering.airlight import FROM_MPS, SprayList, spray_extinction_per_m
from rendering.emitters import head_lamp_rows, street_lamp_rows
from rendering.kernels import layout as at
from rendering.kernels.airlight import FORWARD
from rendering.nearby import LampList
from sim.base.state import ActorInfo, ActorKind, Weather
from sim.base.units import mps_from_kmh
from tests.rendering.solids import luminance, pinhole, rays_world, scene, state

WET = Weather(sun_altitude_angle=30.0, cloudiness=100.0, wetness=80.0)
VIEW = pinhole(80, 48, 50.0, (-14.0, -3.0, 1.6), yaw=0.3)


def _info(track_id: int = 1, length_m: float = 4.4) -> ActorInfo:
    half = (length_m / 2.0, 0.9, 0.75)
    return ActorInfo(track_id, ActorKind.VEHICLE, "box", {}, (0.0, 0.0, 0.75), half)


def _state(speed_mps: float, weather: Weather = WET):
    here = state((_info(), (4.0, 0.0, 0.0), 0.2), weather=weather)
    velocity = np.array([[math.cos(0.2), math.sin(0.2), 0.0]]) * speed_mps
    return dataclasses.replace(here, velocity_world_mps=velocity)


def _picture(here, view=VIEW):
    world = scene()
    world.set_states(here, here, here)
    return world, world.render(view, refine=False)


def test_spray_lets_through_what_the_integral_says():
    """Depth by 4000 steps along each ray through every cloud, laid over one another from far to near; within 0.3 %."""
    _, clear = _picture(_state(0.0))
    world, veiled = _picture(_state(30.0))
    rows = world._spray.near(VIEW.world_from_camera_rows[24, :, 3], world.lighting).astype(np.float64)
    assert len(rows) == 2
    origins, directions = rays_world(VIEW)
    expected = clear.radiance.astype(np.float64)
    way = np.minimum(clear.range_m.astype(np.float64), 60.0)
    s = (np.arange(4000) + 0.5) / 4000.0
    for y, x in [(y, x) for y in range(8, 48, 6) for x in range(4, 80, 8)]:
        points = origins[y, x] - world.origin + directions[y, x] * (s * way[y, x])[:, None]
        for row in rows:
            d = points - row[:3]
            q = (
                np.stack([d[:, 0] * row[3] + d[:, 1] * row[4], d[:, 1] * row[3] - d[:, 0] * row[4], d[:, 2]])
                / row[5:8, None]
            )
            density = np.maximum(1.0 - (q * q).sum(axis=0), 0.0) ** 2
            through = math.exp(-row[8] * density.mean() * way[y, x])
            expected[y, x] = row[9:12] + (expected[y, x] - row[9:12]) * through
        np.testing.assert_allclose(veiled.radiance[y, x], expected[y, x], rtol=3e-3)
    assert np.abs(veiled.radiance / clear.radiance - 1.0).max() > 0.05


def test_labels_do_not_see_spray():
    _, clear = _picture(_state(0.0))
    _, veiled = _picture(_state(30.0))
    for name in ("instance", "semantic", "part", "range_m", "normal_world"):
        np.testing.assert_array_equal(getattr(clear, name), getattr(veiled, name))


@pytest.mark.parametrize(
    ("speed_mps", "weather"), [(FROM_MPS - 0.1, WET), (30.0, dataclasses.replace(WET, wetness=0.0))]
)
def test_none_behind_the_slow_and_on_dry_roads(speed_mps, weather):
    _, still = _picture(_state(0.0, weather))
    _, moving = _picture(_state(speed_mps, weather))
    assert still.radiance.tobytes() == moving.radiance.tobytes()


def test_spray_grows_with_speed_and_wetness_to_what_reports_see():
    """Looking 15 m through the wake at 100 km/h on a soaked road: a car hides 10 to 60 %, more at higher speeds."""
    speeds = [mps_from_kmh(v) for v in (40, 60, 80, 100, 130)]
    values = [spray_extinction_per_m(v, 1.0, 0.4, 1.6) for v in speeds]
    assert all(a < b for a, b in itertools.pairwise(values)) and values[0] < 0.05 * values[3]
    assert spray_extinction_per_m(speeds[3], 0.5, 0.4, 1.6) == pytest.approx(0.5 * values[3])
    assert 0.10 < 1.0 - math.exp(-15.0 * values[3]) < 0.60
    assert spray_extinction_per_m(speeds[3], 1.0, 0.8, 3.5) * 15.0 > 0.1


def test_lorries_drag_larger_clouds():
    here = _state(25.0)
    lists = []
    for length_m in (4.4, 12.0):
        clouds = SprayList(np.zeros(3))
        clouds.follow(dataclasses.replace(here, actors=(_info(1, length_m),)), 0.8)
        lists.append(clouds._rows)
    assert (lists[1][:, 8] > lists[0][:, 8]).all()


FOGGY = Weather(sun_altitude_angle=-40.0, fog_density=55.0, fog_distance=0.0)


def _glow(rows: np.ndarray, view, monkeypatch) -> np.ndarray:
    """What lamps add to a picture of foggy night, cd/m²."""
    here = state(weather=FOGGY)
    pictures = []
    for on in (True, False):
        world = scene()
        world.set_states(here, here, here)
        world._lamps._rows = rows
        if not on:
            monkeypatch.setattr(
                tracer, "glowing", lambda lamps, camera, light: np.zeros((0, at.LAMP_STRIDE), np.float32)
            )
        pictures.append(luminance(world.render(view, refine=False).radiance))
    return pictures[0] - pictures[1]


def _summed(row: np.ndarray, origin, direction, way: float, fog: float, share) -> float:
    """Single scattering along one ray by 40,000 even steps."""
    s = (np.arange(40_000) + 0.5) / 40_000 * way
    points = origin + direction * s[:, None]
    out = points - row[:3]
    r = np.linalg.norm(out, axis=1)
    u = out / r[:, None]
    cosine = -(u @ direction)
    phase = (1.0 - FORWARD**2) / (4.0 * np.pi * (1.0 + FORWARD**2 - 2.0 * FORWARD * cosine) ** 1.5)
    x = np.clip((row[at.LAMP_REACH] - r) / (0.3 * row[at.LAMP_REACH]), 0.0, 1.0)
    value = share(u) / r**2 * phase * np.exp(-fog * (r + s)) * x * x * (3.0 - 2.0 * x)
    return float(value.sum() * way / len(s) * fog * luminance(row[at.LAMP_R : at.LAMP_B + 1]))


def test_a_street_lamps_glow_is_the_sum_along_the_ray(monkeypatch):
    """At rays beside, before and below the lamp: within 6 % of the plain sum (eight angles against 40,000 steps)."""
    rows = street_lamp_rows(np.array([[14.0, 0.0, 7.0]]))
    view = pinhole(64, 48, 70.0, (0.0, 0.0, 1.6), pitch=-0.15)
    added = _glow(rows, view, monkeypatch)
    world = scene()
    here = state(weather=FOGGY)
    world.set_states(here, here, here)
    fog = float(world.lighting.light[at.FOG_PER_M])
    ranges = world.render(view, refine=False).range_m
    origins, directions = rays_world(view)

    def share(u):
        down = np.clip(-u[:, 2], 0.0, 1.0)
        fade = np.clip(down / 0.35, 0.0, 1.0)
        return (1.0 + 1.6 * (1.0 - down**2)) * fade * fade * (3.0 - 2.0 * fade)

    found, wanted = [], []
    for y, x in [(y, x) for y in range(2, 48, 5) for x in range(2, 64, 6)]:
        way = min(float(ranges[y, x]), 120.0)
        wanted.append(_summed(rows[0], origins[y, x] - world.origin, directions[y, x], way, fog, share))
        found.append(added[y, x])
    found, wanted = np.array(found), np.array(wanted)
    assert wanted.max() > 0.05
    bright = wanted > 0.05 * wanted.max()
    assert np.abs(np.log(found[bright] / wanted[bright])).max() < 0.15
    assert np.abs(found - wanted).max() < 0.06 * wanted.max()


def test_beams_show_ahead_of_their_lamps_and_clear_air_shows_none(monkeypatch):
    rows = head_lamp_rows(np.eye(4), 2.0, 0.9, 0.0, high=False)
    view = pinhole(64, 48, 60.0, (2.0, -14.0, 2.0), yaw=math.pi / 2.0)
    added = _glow(rows, view, monkeypatch)
    ahead, behind = added[28:32, 40:60].mean(), added[28:32, 4:24].mean()
    assert ahead > 5.0 * max(behind, 1e-6) > 0.0
    clear = scene()
    lamps = LampList(np.array([[14.0, 0.0, 7.0]]), np.zeros(3))
    here = state(weather=Weather(sun_altitude_angle=-40.0))
    lamps.follow(here, True)
    clear.set_states(here, here, here)
    assert not len(tracer.glowing(lamps.near(np.zeros(3)), np.zeros(3), clear.lighting))
