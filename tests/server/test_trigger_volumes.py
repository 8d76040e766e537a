"""Trigger volumes of lights, as CARLA's public agents and its client use them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import carla
import pytest

from tests.server.running import running_server


@pytest.fixture(scope="module")
def carla_world() -> Iterator[Any]:
    with running_server() as (port, _):
        client = carla.Client("127.0.0.1", port)
        client.set_timeout(10.0)
        yield client.get_world()


def _center(light: Any) -> Any:
    return light.get_transform().transform(light.trigger_volume.location)


def test_the_volume_lies_on_the_lane_that_the_light_stops(carla_world: Any) -> None:
    lights = carla_world.get_actors().filter("traffic.traffic_light")
    assert len(lights) == 4
    for light in lights:
        lane = carla_world.get_map().get_waypoint(_center(light))
        assert lane.transform.location.distance(_center(light)) < 1.5
        assert not lane.is_junction
        affected = {(w.road_id, w.lane_id) for w in light.get_affected_lane_waypoints()}
        stops = light.get_stop_waypoints()
        assert {(w.road_id, w.lane_id) for w in stops} == affected == {(lane.road_id, lane.lane_id)}
        assert all(w.transform.location.distance(_center(light)) < 6.0 for w in stops)


def test_the_actors_x_lies_across_the_road_to_the_right_of_its_traffic(carla_world: Any) -> None:
    for light in carla_world.get_actors().filter("traffic.traffic_light"):
        lane = carla_world.get_map().get_waypoint(_center(light))
        right, across = lane.transform.get_right_vector(), light.get_transform().get_forward_vector()
        assert right.x * across.x + right.y * across.y > 0.8
        along = abs(
            light.trigger_volume.rotation.yaw + light.get_transform().rotation.yaw - lane.transform.rotation.yaw
        )
        assert abs(along % 180.0 - 90.0) < 1.0, "x lies across the road"


def test_the_waypoint_before_a_light_leads_to_it_and_its_group(carla_world: Any) -> None:
    lights = list(carla_world.get_actors().filter("traffic.traffic_light"))
    everyone = {light.id for light in lights}
    for light in lights:
        lane = carla_world.get_map().get_waypoint(_center(light))
        assert [found.id for found in carla_world.get_traffic_lights_from_waypoint(lane, 30.0)] == [light.id]
        assert {member.id for member in light.get_group_traffic_lights()} == everyone
    assert sorted(light.get_pole_index() for light in lights) == [0, 1, 2, 3]


def test_heads_hang_above_the_road_apart_from_the_volume(carla_world: Any) -> None:
    for light in carla_world.get_actors().filter("traffic.traffic_light"):
        (head,) = light.get_light_boxes()
        assert head.location.z > 2.0
        assert head.location.distance(_center(light)) > 2.0
