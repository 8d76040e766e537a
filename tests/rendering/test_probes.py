"""Indirect light against closed forms: the open sky, a street canyon, and nothing that depends on what was rendered before."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rendering.assets.ground import GroundMesh
from rendering.assets.solids import box
from rendering.kernels import layout as at
from rendering.lighting import lighting_of
from rendering.precipitation import NO_SNOW
from rendering.probes import grid_over
from rendering.scene import Scene
from sim.base.state import StaticObjects, Weather
from sim.base.taxonomy import ObjectClass
from tests.rendering.solids import actor, luminance, pinhole, plane, scene, state

OVERCAST = Weather(sun_altitude_angle=40.0, cloudiness=100.0)
DOWN = math.pi / 2


def _statics(*rows: tuple[str, tuple[float, float, float]]) -> StaticObjects:
    count = len(rows)
    return StaticObjects(
        name=tuple(f"{name}:0#{i}" for i, (name, _) in enumerate(rows)),
        position_world_m=np.array([place for _, place in rows], float).reshape(-1, 3),
        rpy_rad=np.zeros((count, 3)),
        box_center_m=np.zeros((count, 3)),
        box_extent_m=np.ones((count, 3)),
        object_class=np.full(count, ObjectClass.BUILDING, np.uint8),
        carla_id=np.arange(count, dtype=np.uint64),
    )


def _world(statics: StaticObjects | None, threads: int = 1, wall_m: float = 12.0) -> Scene:
    """A plane with two dark walls 200 m long, `wall_m` high, where `statics` puts them."""
    shapes = {"wall": box((0.0, 0.0, wall_m / 2), (200.0, 1.0, wall_m), "plastic_black")}
    return Scene(
        None, statics, threads, ground=[plane("concrete", 150.0)], static_mesh=lambda name, extent: shapes[name.split(":")[0]],
        actor_parts=scene()._actor_parts,
    )  # fmt: skip


def _ground_light(world: Scene, weather: Weather, at_m: tuple[float, float]) -> float:
    here = state(weather=weather)
    world.set_states(here, here)
    out = world.render(pinhole(9, 9, 2.0, (*at_m, 2.0), pitch=DOWN), refine=False)
    return float(luminance(out.radiance).mean())


def _sky_share(weather: Weather, open_above: float) -> float:
    """Share of level ground's skylight that comes from directions with |y| <= open_above * z."""
    light = lighting_of(weather)
    size = light.sky.shape[0]
    u, v = np.meshgrid(np.linspace(-1, 1, size), np.linspace(-1, 1, size))
    d = np.stack([(u + v) / 2, (u - v) / 2], axis=-1)
    z = 1.0 - np.abs(d).sum(axis=-1)
    length = np.sqrt((d**2).sum(axis=-1) + z**2)
    weight = (z / length) / length**3 * luminance(light.sky)
    return float((weight * (np.abs(d[..., 1]) <= open_above * z)).sum() / weight.sum())


def test_open_ground_gets_the_skys_illuminance():
    world = _world(_statics(("wall", (0.0, 140.0, 0.0))), wall_m=0.2)
    albedo = 0.30 * 0.2126 + 0.29 * 0.7152 + 0.27 * 0.0722
    layer = 0.021  # what the surface's gloss of F0 = 0.04 reflects at this roughness
    expected = (albedo * (1.0 - layer) + layer) / math.pi * lighting_of(OVERCAST).level_lx
    assert _ground_light(world, OVERCAST, (0.0, 0.0)) == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize("half_width_m", [6.0, 10.0])
def test_a_canyon_lets_in_the_sky_between_its_walls(half_width_m):
    """Dark walls h high at y = ±w: ground between sees directions with |y| / z below w / h, as the sky's own map sums them."""
    walls = _statics(("wall", (0.0, half_width_m + 0.5, 0.0)), ("wall", (0.0, -half_width_m - 0.5, 0.0)))
    inside = _ground_light(_world(walls), OVERCAST, (0.0, 0.0))
    away = _ground_light(_world(_statics(("wall", (0.0, 140.0, 0.0))), wall_m=0.2), OVERCAST, (0.0, 0.0))
    assert inside / away == pytest.approx(_sky_share(OVERCAST, half_width_m / 12.0), rel=0.12)
    assert inside < 0.75 * away, "a canyon without walls would pass the test"


def test_light_of_a_place_depends_on_map_and_weather_alone():
    """Threads, actors, and weathers seen before leave no trace in the bytes."""
    walls = _statics(("wall", (0.0, 6.0, 0.0)))
    pictures = []
    for threads, first in ((1, Weather(sun_altitude_angle=20.0)), (3, OVERCAST)):
        world = _world(walls, threads)
        crowd = [(actor(k + 1, "box"), (3.0 * k, 0.0, 0.0), 0.0) for k in range(4)]
        before = state(*(crowd if threads == 3 else []), weather=first)
        world.set_states(before, before)
        world.render(pinhole(8, 8, 40.0, (0.0, 0.0, 2.0)))
        here = state(weather=Weather(sun_altitude_angle=35.2, cloudiness=33.0))
        world.set_states(here, here)
        pictures.append(world.render(pinhole(40, 30, 60.0, (0.0, 0.0, 2.0), pitch=0.3)).radiance.tobytes())
    assert pictures[0] == pictures[1]


def test_level_follows_a_sun_that_moves_within_a_rounding_step():
    """Two suns that share a table differ by their level; rounding must not step."""
    world = _world(_statics(("wall", (0.0, 6.0, 0.0))))
    low, high = (Weather(sun_altitude_angle=a, cloudiness=100.0) for a in (30.02, 30.45))
    expected = lighting_of(high).level_lx / lighting_of(low).level_lx
    found = _ground_light(world, high, (0.0, 0.0)) / _ground_light(world, low, (0.0, 0.0))
    assert found == pytest.approx(expected, rel=2e-3) and expected > 1.005


def test_probes_inside_of_solids_count_little():
    solid = GroundMesh(box((0.0, 0.0, 5.0), (60.0, 60.0, 10.0), "brick"), ObjectClass.BUILDING, 1)
    world = Scene(None, None, 1, ground=[plane("grass", 60.0), solid])
    here = state(weather=OVERCAST)
    world.set_states(here, here)
    world.render(pinhole(8, 8, 40.0, (0.0, 0.0, 30.0)))
    field = world._tracer._probes
    table = field.light(OVERCAST, NO_SNOW, world.lighting.level_lx)
    places = grid_over([plane("grass", 60.0), solid], np.zeros((0, 3)), np.zeros(3)).places()
    inside = (np.abs(places[:, :2]) < 25.0).all(axis=1) & (places[:, 2] > 1.0) & (places[:, 2] < 8.0)
    outside = (np.abs(places[:, :2]) > 40.0).any(axis=1)
    assert inside.any() and table[inside, at.PROBE_WEIGHT].max() < 0.1
    assert table[outside & (places[:, 2] > 0.0), at.PROBE_WEIGHT].min() == 1.0


def test_nothing_to_light_has_no_grid():
    assert grid_over([], np.zeros((0, 3)), np.zeros(3)) is None
    assert grid_over([plane("grass", 50.0)], np.zeros((0, 3)), np.zeros(3)) is not None
