"""What becomes of others when an actor is put somewhere else, destroyed, or shown otherwise than it moves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.server.sensing.snapshot import SnapshotMaker
from sim.server.world import World
from tests.server.conftest import Calls
from tests.server.describe import description, spawn_point
from tests.server.test_loose_bodies import loose, place, ticks


@pytest.mark.parametrize("away", ["destroyed", "teleported"])
def test_a_sleeper_on_a_vehicle_wakes_when_the_vehicle_is_gone(calls: Calls, world: World, away: str) -> None:
    car = calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, 0))[0]
    ticks(calls, 20)
    box = calls.spawn_actor(description("static.prop.box01"), place(world, 0.0, 0.0, 2.0))[0]
    calls.set_actor_simulate_physics(box, True)
    row = world.loose.row(box)
    for _ in range(200):
        ticks(calls, 1)
        if world.loose.rows["asleep"][row]:
            break
    assert world.loose.rows["asleep"][row]
    height = float(world.actors.position[world.row(box), 2])
    assert height > 1.0
    if away == "destroyed":
        calls.destroy_actor(car)
    else:
        calls.set_actor_transform(car, spawn_point(world, 3))
    ticks(calls, 30)
    assert world.actors.position[world.row(box), 2] < height - 0.8


def test_a_vehicle_put_upon_a_sleeper_wakes_it(calls: Calls, world: World) -> None:
    box = loose(calls, world, "box01", 12.0)
    ticks(calls, 60)
    assert world.loose.rows["asleep"][world.loose.row(box)]
    car = calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, 3))[0]
    calls.set_actor_transform(car, place(world, 12.0))
    assert not world.loose.rows["asleep"][world.loose.row(box)]


def test_a_prop_whose_parent_is_destroyed_stands_in_the_way_again(calls: Calls, world: World) -> None:
    parent = calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, 3))[0]
    pose = [[0.0, 8.0, 0.5], [0.0, 0.0, 0.0]]
    prop = calls.spawn_actor_with_parent(description("static.prop.barrel"), pose, parent, 0, "")[0]
    ticks(calls, 1)
    assert not world.props.holds(prop)
    calls.destroy_actor(parent)
    ticks(calls, 1)
    assert world.props.holds(prop)
    assert prop in world.props.boxes()[1]


def test_a_walker_whose_parent_is_destroyed_walks_by_itself(calls: Calls, world: World) -> None:
    parent = calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, 3))[0]
    pose = [[0.0, 8.0, 0.5], [0.0, 0.0, 0.0]]
    walker = calls.spawn_actor_with_parent(description("walker.pedestrian.0001"), pose, parent, 0, "")[0]
    ticks(calls, 1)
    calls.destroy_actor(parent)
    start = world.actors.position[world.row(walker)].copy()
    calls.apply_control_to_walker(walker, [[1.0, 0.0, 0.0], 1.5, False])
    ticks(calls, 20)
    assert world.actors.position[world.row(walker), 0] - start[0] == pytest.approx(1.5, abs=0.1)


def test_wheels_are_seen_as_they_were_set_while_physics_is_off(calls: Calls, world: World) -> None:
    car = calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, 0))[0]
    ticks(calls, 5)
    calls.set_wheel_steer_direction(car, 0, 30.0)
    assert abs(calls.get_wheel_steer_angle(car, 0)) < 1.0  # with physics the call does nothing, as in CARLA
    calls.set_actor_simulate_physics(car, False)
    calls.set_wheel_steer_direction(car, 0, 30.0)
    calls.set_wheel_steer_direction(car, 1, 20.0)
    calls.set_wheel_pitch_angle(car, 2, -45.0)
    ticks(calls, 1)
    assert [calls.get_wheel_steer_angle(car, wheel) for wheel in (0, 1)] == [30.0, 20.0]
    assert calls.get_wheel_pitch_angle(car, 2) == -45.0
    state = SnapshotMaker(world).take()
    index = int(np.flatnonzero(state.track_id == car)[0])
    assert state.wheel_steer_rad[index] == pytest.approx(-math.radians(25.0))  # left is positive inside
    assert state.wheel_roll_rad[index] == pytest.approx(math.radians(45.0))
    calls.set_actor_simulate_physics(car, True)
    assert abs(calls.get_wheel_steer_angle(car, 0)) < 1.0
