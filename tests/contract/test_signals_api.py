"""Traffic lights, signs and landmarks as public CARLA programs use them, through the unmodified client.

What those programs work out of transforms and trigger volumes is done here again in other words: the waypoint of an agent's
light, the stop lines that a judge of red lights draws, the stops that a judge of stop signs notices.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import carla
import numpy as np
import pytest

from tests.contract.calls.conftest import ticks
from tests.maps.conftest import FOREIGN_FOLDER
from tests.server.running import running_server

_RED, _YELLOW, _GREEN = (getattr(carla.TrafficLightState, name) for name in ("Red", "Yellow", "Green"))
_LIGHT_TYPE, _STOP_TYPE = "1000001", "206"
_TICK_S = 0.05
_JUDGED_M = 15.0


@pytest.fixture(scope="module", params=["town_quarter", "Town01", "Town10HD", "multi_intersections"])
def client(request: pytest.FixtureRequest) -> Iterator[carla.Client]:
    own = request.param == "town_quarter"
    if not own and not (FOREIGN_FOLDER / f"{request.param}.xodr").exists():
        pytest.skip(f"no {request.param}.xodr in {FOREIGN_FOLDER}; set SIM_TEST_MAPS to a folder that has it")
    folder = () if own else ("--maps", str(FOREIGN_FOLDER))
    with running_server(*folder, map_name=request.param) as (port, _):
        client = carla.Client("127.0.0.1", port)
        client.set_timeout(30.0)
        settings = client.get_world().get_settings()
        settings.synchronous_mode, settings.fixed_delta_seconds = True, _TICK_S
        client.get_world().apply_settings(settings)
        yield client


@pytest.fixture
def world(client: carla.Client) -> Iterator[carla.World]:
    world = client.get_world()
    world.freeze_all_traffic_lights(False)
    world.reset_all_traffic_lights()
    world.tick()
    yield world
    for car in world.get_actors().filter("vehicle.*"):
        car.destroy()
    world.tick()


def _lights(world: carla.World) -> list[Any]:
    return sorted(world.get_actors().filter("traffic.traffic_light*"), key=lambda light: int(light.id))


def _center(actor: Any) -> carla.Location:
    return actor.get_transform().transform(actor.trigger_volume.location)


def _lane(waypoint: Any) -> tuple[int, int]:
    return waypoint.road_id, waypoint.lane_id


def _judged_lanes(world_map: carla.Map, light: Any) -> dict[tuple[int, int], Any]:
    """The lanes on which a judge of red lights draws a stop line: those met across the volume along the actor's x."""
    yaw, half = math.radians(light.get_transform().rotation.yaw), light.trigger_volume.extent.x
    met = {}
    for x in np.arange(-0.9 * half, 0.9 * half, 1.0):
        waypoint = world_map.get_waypoint(_center(light) + carla.Location(x * math.cos(yaw), x * math.sin(yaw)))
        met.setdefault(_lane(waypoint), waypoint)
    return met


def _stop_line(waypoint: Any) -> Any:
    """The judge's stop line: the last waypoint before the junction, in steps of half a metre."""
    while not waypoint.is_junction:
        ahead = waypoint.next(0.5)
        if not ahead or ahead[0].is_junction:
            break
        waypoint = ahead[0]
    return waypoint


def _spawn_before(world: carla.World, waypoint: Any, metres: float) -> Any:
    """A car on the lane, this far before a waypoint, or as far as the lane reaches back."""
    before = waypoint
    for _ in range(round(metres / 0.5)):
        back = before.previous(0.5)
        if not back or back[0].is_junction:
            break
        before = back[0]
    pose = before.transform
    pose.location.z += 0.3
    return world.try_spawn_actor(world.get_blueprint_library().find("vehicle.tesla.model3"), pose)


def test_every_light_crosses_the_lanes_that_it_stops_with_its_x_to_their_right(world: carla.World) -> None:
    world_map = world.get_map()
    lights = _lights(world)
    assert lights
    for light in lights:
        waypoint = world_map.get_waypoint(_center(light))
        assert waypoint.transform.get_right_vector().dot(light.get_transform().get_forward_vector()) > 0.8
        judged = _judged_lanes(world_map, light)
        assert {_lane(stop) for stop in light.get_stop_waypoints()} == set(judged)
        for found in judged.values():
            assert found.transform.get_forward_vector().dot(waypoint.transform.get_forward_vector()) > 0.7
            assert _stop_line(found).transform.location.distance(_center(light)) < _JUDGED_M


def test_an_agents_red_light_is_on_its_road_and_ahead(world: carla.World) -> None:
    """An agent takes the waypoint at the middle of the volume, and heeds it on the same road, driving the same way."""
    world_map, heeded = world.get_map(), 0
    for light in _lights(world):
        target = world_map.get_waypoint(_center(light))
        back = target.previous(4.0)
        if target.is_junction or not back or back[0].road_id != target.road_id:
            continue
        to_light = target.transform.location - back[0].transform.location
        assert back[0].transform.get_forward_vector().dot(to_light) > 0.0
        group = {one.id for one in light.get_group_traffic_lights()}
        assert group & {found.id for found in world.get_traffic_lights_from_waypoint(back[0], 60.0)}
        heeded += 1
    assert heeded > 0


def test_a_red_light_is_run_when_the_tail_crosses_the_judges_line(world: carla.World) -> None:
    """Cars that roll through at red cross the line of exactly the lane they are on, while a stopped car crosses none."""
    world_map = world.get_map()
    light = next(one for one in _lights(world) if not world_map.get_waypoint(_center(one)).is_junction)
    for other in _lights(world):
        other.set_state(_RED)
    world.freeze_all_traffic_lights(True)
    lane, found = next(iter(_judged_lanes(world_map, light).items()))
    line = _stop_line(found)
    car = _spawn_before(world, line, 16.0)
    assert car is not None
    ticks(world, 3)
    forward, half = car.get_transform().get_forward_vector(), car.bounding_box.extent.x
    judged, told = [], []
    for tick in range(120):
        car.set_target_velocity(forward * (0.0 if tick < 10 else 6.0))
        world.tick()
        location = car.get_location()
        tails = [location - forward * way for way in (0.8 * half, half + 1.0)]
        along = [forward.dot(tail - line.transform.location) for tail in tails]
        tail_lane = _lane(world_map.get_waypoint(tails[1]))
        judged.append(tail_lane == lane and along[1] <= 0.0 <= along[0])
        told.append(car.is_at_traffic_light() and car.get_traffic_light() is not None)
    assert not any(judged[:10])
    assert any(judged)
    assert any(told[: judged.index(True)]), "a car that comes near its red light is told so"
    assert not told[-1], "and is not when it has gone through"


def test_a_car_is_told_its_light_and_speed_limit_from_afar_to_beyond(world: carla.World) -> None:
    world_map = world.get_map()
    light = next(one for one in _lights(world) if not world_map.get_waypoint(_center(one)).is_junction)
    light.set_state(_RED)
    world.freeze_all_traffic_lights(True)
    car = _spawn_before(world, _stop_line(world_map.get_waypoint(_center(light))), 11.0)
    assert car is not None
    ticks(world, 2)
    for _ in range(100):
        car.set_target_velocity(car.get_transform().get_forward_vector() * 4.0)
        world.tick()
        if car.is_at_traffic_light():
            break
    assert car.is_at_traffic_light()
    assert car.get_traffic_light_state() == _RED
    at = car.get_traffic_light()
    assert at.get_state() == _RED
    assert light.id in {one.id for one in at.get_group_traffic_lights()}
    assert 10.0 <= car.get_speed_limit() <= 130.0
    light.set_state(_GREEN)
    at.set_state(_GREEN)
    world.tick()
    assert car.get_traffic_light_state() == _GREEN


def test_times_of_one_light_are_those_of_all_that_are_green_with_it_and_all_three_act(world: carla.World) -> None:
    light = _lights(world)[0]
    group = light.get_group_traffic_lights()
    for other in group:
        other.set_green_time(3.0)
        other.set_yellow_time(1.0)
        other.set_red_time(0.5)
    world.reset_all_traffic_lights()
    world.tick()
    first = [other for other in group if other.get_state() == _GREEN]
    assert first
    first[0].set_green_time(1.5)
    first[0].set_yellow_time(0.6)
    first[0].set_red_time(0.9)
    first[0].reset_group()
    seen = []
    for _ in range(400):
        world.tick()
        seen.append(tuple(other.get_state() for other in group))
    for other in first:
        times = other.get_green_time(), other.get_yellow_time(), other.get_red_time()
        assert times == pytest.approx((1.5, 0.6, 0.9), abs=1e-6)
    runs = [(states, len(list(run))) for states, run in itertools.groupby(seen)]
    assert [count * _TICK_S for _, count in runs[:3]] == pytest.approx([1.5, 0.6, 0.9], abs=0.051)
    assert _YELLOW in runs[1][0]
    assert set(runs[2][0]) == {_RED}, "red time: everybody waits before the next phase's green"


def test_frozen_lights_keep_state_and_clock_and_a_group_starts_anew(world: carla.World) -> None:
    light = _lights(world)[0]
    group = light.get_group_traffic_lights()
    ticks(world, 10)
    world.freeze_all_traffic_lights(True)
    world.tick()
    before = [(one.get_state(), one.get_elapsed_time(), one.is_frozen()) for one in group]
    ticks(world, 300)
    assert [(one.get_state(), one.get_elapsed_time(), one.is_frozen()) for one in group] == before
    assert all(frozen for _, _, frozen in before)
    world.freeze_all_traffic_lights(False)
    ticks(world, 300)
    light.reset_group()
    world.tick()
    assert all(one.get_elapsed_time() <= 2 * _TICK_S for one in group)
    assert sorted(one.get_pole_index() for one in group) == list(range(len(group)))


def test_landmarks_lead_to_their_actors_and_back(world: carla.World) -> None:
    world_map, lights = world.get_map(), _lights(world)
    of_lights = world_map.get_all_landmarks_of_type(_LIGHT_TYPE)
    assert {mark.id for mark in of_lights} >= {light.get_opendrive_id() for light in lights}
    assert len(world_map.get_all_landmarks()) >= len(of_lights)
    for mark in of_lights:
        assert world.get_traffic_light(mark).get_opendrive_id() == mark.id
    for light in lights:
        assert world.get_traffic_light_from_opendrive_id(light.get_opendrive_id()).id == light.id
        assert all(
            mark.id == light.get_opendrive_id()
            for mark in world_map.get_all_landmarks_from_id(light.get_opendrive_id())
        )
        assert light.get_affected_lane_waypoints()
        (box,) = light.get_light_boxes()
        assert box.location.z - light.get_location().z > 2.0
        assert max(box.extent.x, box.extent.y) < 1.0 < 2.0 * box.extent.z + 0.4
    for mark in world_map.get_all_landmarks_of_type(_STOP_TYPE):
        sign = world.get_traffic_sign(mark)
        assert sign.type_id == "traffic.stop"


def test_a_junctions_lights_are_one_group(world: carla.World) -> None:
    junctions = {
        start.get_junction().id for pair in world.get_map().get_topology() for start in pair if start.is_junction
    }
    found = [{light.id for light in world.get_traffic_lights_in_junction(number)} for number in sorted(junctions)]
    groups = [{one.id for one in light.get_group_traffic_lights()} for light in _lights(world)]
    assert any(found)
    for lights in filter(None, found):
        assert any(lights <= group for group in groups)


def test_a_judge_of_stop_signs_notices_each_stop_on_the_way_to_it(world: carla.World) -> None:
    """It looks whether a waypoint of the car's next 4 m lies in the volume's half sizes, taken along the world's axes."""
    world_map = world.get_map()
    stops = world.get_actors().filter("traffic.stop")
    if not len(stops):
        pytest.skip("no stop sign here")
    for stop in stops:
        center, extent = _center(stop), stop.trigger_volume.extent
        waypoint = world_map.get_waypoint(center)
        start = waypoint.previous(3.0)
        ahead = list(itertools.chain(start, *(start[0].next(0.5 * (step + 1)) for step in range(8))))
        inside = [
            abs(point.transform.location.x - center.x) < extent.x
            and abs(point.transform.location.y - center.y) < extent.y
            for point in ahead
        ]
        assert any(inside), f"stop {stop.id}"


def test_waypoints_know_the_landmarks_ahead(world: carla.World) -> None:
    world_map = world.get_map()
    found = 0
    for light in _lights(world):
        start = world_map.get_waypoint(_center(light)).previous(5.0)
        marks = start[0].get_landmarks_of_type(60.0, _LIGHT_TYPE, False) if start else []
        assert all(mark.type == _LIGHT_TYPE and 0.0 <= mark.distance <= 60.5 for mark in marks)
        found += light.get_opendrive_id() in {mark.id for mark in marks}
    if world_map.name.endswith("multi_intersections"):
        pytest.skip("this file binds its lights, which hang beyond the junction, to the lanes that leave it")
    assert found > 0.4 * len(_lights(world))
