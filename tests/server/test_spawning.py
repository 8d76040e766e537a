"""Actors come and go: collisions, attributes, parents, and ids that come back."""

from __future__ import annotations

import numpy as np
import pytest

from sim.server.world import World
from sim.wire.response import ResponseError
from tests.server.conftest import Calls
from tests.server.describe import description, spawn_point


def test_two_vehicles_cannot_share_a_place(calls: Calls, world: World) -> None:
    calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, 0))
    with pytest.raises(ResponseError, match="Spawn failed because of collision at spawn position"):
        calls.spawn_actor(description("vehicle.audi.tt"), spawn_point(world, 0))
    calls.spawn_actor(description("vehicle.audi.tt"), spawn_point(world, 1))


def test_unknown_blueprints_and_values_are_named(calls: Calls, world: World) -> None:
    with pytest.raises(ResponseError, match=r'Did you mean "vehicle.tesla.model3"'):
        calls.spawn_actor([1, "vehicle.tesla.model33", []], spawn_point(world, 0))
    with pytest.raises(ResponseError, match="fov"):
        calls.spawn_actor(description("sensor.camera.rgb", fov="270"), spawn_point(world, 0))
    with pytest.raises(ResponseError, match="invalid actor description"):
        calls.spawn_actor([1, "traffic.stop", []], spawn_point(world, 0))


def test_attached_actors_follow_and_outlive_their_parent(calls: Calls, world: World) -> None:
    car = calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, 0))[0]
    camera = calls.spawn_actor_with_parent(
        description("sensor.camera.rgb"), [[2.0, 1.0, 1.5], [0.0, 0.0, 0.0]], car, 0, ""
    )[0]
    calls.apply_control_to_vehicle(car, [1.0, 0.0, 0.0, False, False, False, 0])
    for _ in range(60):
        calls.tick_cue()
    row, car_row = world.row(camera), world.row(car)
    offset = world.actors.position[row] - world.actors.position[car_row]
    assert float((offset**2).sum()) == pytest.approx(2.0**2 + 1.0**2 + 1.5**2, abs=1e-9)
    calls.destroy_actor(car)
    calls.tick_cue()
    assert calls.get_actors_by_id([camera])[0][1] == 0


def test_an_identical_actor_gets_the_id_back_and_others_do_not(calls: Calls, world: World) -> None:
    car = description("vehicle.tesla.model3")
    first = calls.spawn_actor(car, spawn_point(world, 0))[0]
    second = calls.spawn_actor(car, spawn_point(world, 1))[0]
    calls.destroy_actor(second)
    calls.destroy_actor(first)
    other = calls.spawn_actor(description("vehicle.tesla.model3", role_name="hero"), spawn_point(world, 2))[0]
    assert other not in (first, second)
    assert calls.spawn_actor(car, spawn_point(world, 0))[0] == first
    assert calls.spawn_actor(car, spawn_point(world, 1))[0] == second


def test_rows_survive_removal_in_the_middle(calls: Calls, world: World) -> None:
    ids = [calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, i))[0] for i in range(4)]
    calls.tick_cue()
    places = {actor: world.actors.position[world.row(actor)].copy() for actor in ids}
    calls.destroy_actor(ids[1])
    calls.tick_cue()
    for actor in (ids[0], ids[2], ids[3]):
        assert abs(world.actors.position[world.row(actor)] - places[actor])[:2].max() < 1e-6
        assert int(world.actors.records["id"][world.row(actor)]) == actor


def test_a_control_that_does_not_stick_acts_in_one_tick(calls: Calls, world: World) -> None:
    point = spawn_point(world, 0)
    loose = calls.spawn_actor(description("vehicle.tesla.model3", sticky_control="False"), point)[0]
    for _ in range(30):  # it falls the last half metre
        calls.tick_cue()
    calls.apply_control_to_vehicle(loose, [1.0, 0.0, 0.0, False, False, False, 0])
    calls.tick_cue()
    record = world.actors.records
    assert record["throttle"][world.row(loose)] == 1.0, "the record tells what acted"
    first = float(np.hypot(*world.actors.velocity[world.row(loose), :2]))
    assert first > 0.05
    calls.tick_cue()
    assert record["throttle"][world.row(loose)] == 0.0
    assert float(np.hypot(*world.actors.velocity[world.row(loose), :2])) <= first
    calls.destroy_actor(loose)
    held = calls.spawn_actor(description("vehicle.tesla.model3"), point)[0]
    for _ in range(30):
        calls.tick_cue()
    calls.apply_control_to_vehicle(held, [1.0, 0.0, 0.0, False, False, False, 0])
    for _ in range(5):
        calls.tick_cue()
    assert float(np.hypot(*world.actors.velocity[world.row(held), :2])) > 2.0 * first
