"""What stands around: environment objects, lamps, rays, and props that are pushed."""

from __future__ import annotations

import numpy as np
import pytest

from sim.server.world import World
from tests.server.conftest import Calls
from tests.server.describe import description, spawn_point


def test_environment_objects_carry_name_label_and_world_box(calls: Calls, world: World) -> None:
    everything = calls.get_environment_objects(255)
    buildings = calls.get_environment_objects(3)
    assert 0 < len(buildings) < len(everything)
    assert all(item[3].startswith("building.") and item[4] == 3 for item in buildings)
    assert len({item[2] for item in everything}) == len(everything)
    transform, box = buildings[0][:2]
    assert np.hypot(box[0][0] - transform[0][0], box[0][1] - transform[0][1]) < 30.0


def test_traffic_lights_have_level_boxes(calls: Calls, world: World) -> None:
    assert len(calls.get_all_level_BBs(7)) == len(world.board.light_actor_ids)


def test_lamps_go_on_at_night_and_can_be_switched(calls: Calls, world: World) -> None:
    assert calls.query_lights_state("")
    night = list(world.weather)
    night[5] = -10.0
    calls.set_weather_parameters(night)
    lamps = calls.query_lights_state("")
    assert all(state[5] for state in lamps)
    lamps[0][5] = False
    calls.update_lights_state("", [lamps[0]], False)
    assert [state[5] for state in calls.query_lights_state("")].count(False) == 1


def test_a_wet_road_is_slippery(calls: Calls, world: World) -> None:
    calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, 0))
    wet = list(world.weather)
    wet[9] = 100.0
    calls.set_weather_parameters(wet)
    assert float(world.fleet.rows["friction_scale"][0]) < 0.8


def test_rays_meet_the_ground_and_boxes_in_order(calls: Calls, world: World) -> None:
    place = spawn_point(world, 0)[0]
    found, point = calls.project_point([place[0], place[1], 20.0], [0.0, 0.0, -1.0], 100.0)
    assert found
    assert point[0][2] == pytest.approx(place[2] - 0.3, abs=1e-3)
    assert point[1] == 1
    calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, 0))
    hits = calls.cast_ray([place[0], place[1], 20.0], [place[0], place[1], -5.0])
    assert [hit[1] for hit in hits][:1] == [14]
    assert hits[-1][1] == 1
    assert calls.project_point([place[0], place[1], 20.0], [0.0, 0.0, 1.0], 100.0)[0] is False


def test_a_prop_moves_only_with_physics(calls: Calls, world: World) -> None:
    pose = spawn_point(world, 0)
    heading = np.radians(pose[1][1])
    ahead = [[pose[0][0] + 10 * np.cos(heading), pose[0][1] + 10 * np.sin(heading), pose[0][2] - 0.3], pose[1]]
    box = calls.spawn_actor(description("static.prop.creasedbox02"), ahead)[0]
    calls.set_actor_simulate_physics(box, True)
    car = calls.spawn_actor(description("vehicle.tesla.model3"), pose)[0]
    calls.tick_cue()
    start = world.actors.position[world.row(box)].copy()
    calls.set_actor_target_velocity(car, [8 * np.cos(heading), 8 * np.sin(heading), 0.0])
    for _ in range(60):
        calls.tick_cue()
    assert np.linalg.norm(world.actors.position[world.row(box)] - start) > 0.3
