"""Calls about traffic lights, batches of commands, and the registry of Traffic Managers."""

from __future__ import annotations

import itertools

import carla
import pytest

from sim.wire.rpc import RpcConnection
from tests.contract.calls.conftest import Spawn, ticks
from tests.contract.calls.registry import covers

_GREEN, _YELLOW = carla.TrafficLightState.Green, carla.TrafficLightState.Yellow


@covers("set_traffic_light_state", "freeze_traffic_light", "freeze_all_traffic_lights", "reset_all_traffic_lights")
def test_a_state_that_is_set_is_shown_and_frozen(
    world: carla.World, light: carla.TrafficLight, rpc: RpcConnection
) -> None:
    light.freeze(True)  # the client sends freeze_all_traffic_lights
    light.set_state(_YELLOW)
    ticks(world, 200)
    assert light.get_state() == _YELLOW
    assert light.is_frozen()
    world.freeze_all_traffic_lights(False)
    ticks(world, 2)
    assert not light.is_frozen()
    rpc.call("freeze_traffic_light", light.id, True)
    world.tick()
    assert light.is_frozen()
    world.freeze_all_traffic_lights(False)
    world.reset_all_traffic_lights()
    world.tick()
    assert not light.is_frozen()
    assert light.get_elapsed_time() < 0.2


@covers("set_traffic_light_green_time", "set_traffic_light_yellow_time", "set_traffic_light_red_time")
def test_the_times_are_what_the_light_then_takes(world: carla.World, light: carla.TrafficLight) -> None:
    for other in light.get_group_traffic_lights():
        other.set_green_time(1.5)
        other.set_yellow_time(0.5)
        other.set_red_time(0.75)
    world.reset_all_traffic_lights()
    world.tick()
    times = (light.get_green_time(), light.get_yellow_time(), light.get_red_time())
    assert times == pytest.approx((1.5, 0.5, 0.75))
    seen = []
    for _ in range(2000):
        world.tick()
        seen.append(light.get_state())
        runs = [(state, len(list(run))) for state, run in itertools.groupby(seen)][1:-1]
        if {_GREEN, _YELLOW} <= {state for state, _ in runs}:
            break
    assert dict(runs)[_GREEN] == pytest.approx(30, abs=1)
    assert dict(runs)[_YELLOW] == pytest.approx(10, abs=1)


@covers("reset_traffic_light_group", "get_group_traffic_lights", "get_light_boxes")
def test_a_group_switches_together(world: carla.World, light: carla.TrafficLight) -> None:
    group = light.get_group_traffic_lights()
    assert light.id in [other.id for other in group]
    ticks(world, 40)
    light.reset_group()
    world.tick()
    assert all(other.get_elapsed_time() < 0.2 for other in group)
    boxes = light.get_light_boxes()
    assert boxes
    assert all(box.location.distance(light.get_location()) < 20.0 for box in boxes)


@covers("apply_batch")
def test_a_batch_answers_each_command(client: carla.Client, world: carla.World, car: carla.Vehicle) -> None:
    point = world.get_map().get_spawn_points()[6]
    blueprint = world.get_blueprint_library().find("vehicle.audi.tt")
    lamps = carla.VehicleLightState(carla.VehicleLightState.HighBeam)
    spawn = carla.command.SpawnActor(blueprint, point).then(
        carla.command.SetVehicleLightState(carla.command.FutureActor, lamps)
    )
    frame = world.get_snapshot().frame
    results = client.apply_batch_sync(
        [
            spawn,
            carla.command.SpawnActor(blueprint, car.get_transform()),
            carla.command.ApplyVehicleControl(car.id, carla.VehicleControl(throttle=0.5)),
            carla.command.DestroyActor(999_999),
        ],
        True,
    )
    assert [bool(result.error) for result in results] == [False, True, False, True]
    assert "collision" in results[1].error
    assert world.get_snapshot().frame == frame + 1
    assert world.get_actor(results[0].actor_id).get_light_state() == lamps
    assert car.get_control().throttle == pytest.approx(0.5)


@covers("apply_batch")
def test_every_command_acts(client: carla.Client, world: carla.World, car: carla.Vehicle, spawn: Spawn) -> None:
    walker = spawn("walker.pedestrian.0001", 5)
    target = world.get_map().get_spawn_points()[8]
    command = carla.command
    up = carla.Vector3D(0.0, 0.0, 1.0)
    commands = [
        command.ApplyTransform(car.id, target),
        command.ApplyTargetVelocity(car.id, target.get_forward_vector() * 5.0),
        command.ApplyTargetAngularVelocity(car.id, carla.Vector3D()),
        command.ApplyImpulse(car.id, up),
        command.ApplyForce(car.id, up),
        command.ApplyAngularImpulse(car.id, carla.Vector3D()),
        command.ApplyTorque(car.id, carla.Vector3D()),
        command.SetSimulatePhysics(car.id, True),
        command.SetEnableGravity(car.id, True),
        command.ApplyVehicleAckermannControl(car.id, carla.VehicleAckermannControl(speed=5.0)),
        command.ApplyVehiclePhysicsControl(car.id, car.get_physics_control()),
        command.ApplyWalkerControl(walker.id, carla.WalkerControl(carla.Vector3D(1.0, 0.0, 0.0), 2.0)),
    ]
    assert [result.error for result in client.apply_batch_sync(commands, True)] == [""] * len(commands)
    assert car.get_location().distance(target.location) < 1.0
    assert car.get_velocity().length() == pytest.approx(5.0, abs=0.5)
    place = walker.get_location()
    ticks(world, 10)
    assert walker.get_location().x - place.x == pytest.approx(1.0, abs=0.3)
    ahead = carla.Transform(walker.get_location() + carla.Location(x=0.1), carla.Rotation())
    assert client.apply_batch_sync([command.ApplyWalkerState(walker.id, ahead, 1.0)], True)[0].error == ""
    assert walker.get_location().x == pytest.approx(ahead.location.x, abs=0.02)
    far = carla.Transform(walker.get_location() + carla.Location(x=12.0, y=-3.0), carla.Rotation(yaw=40.0))
    assert client.apply_batch_sync([command.ApplyWalkerState(walker.id, far, 1.0)], True)[0].error == ""
    assert walker.get_location().distance_2d(far.location) < 0.02
    assert walker.get_transform().rotation.yaw == pytest.approx(40.0, abs=0.1)


@covers(
    "is_traffic_manager_running",
    "get_traffic_manager_running",
    "add_traffic_manager_running",
    "destroy_traffic_manager",
)
def test_the_phone_book_of_traffic_managers(rpc: RpcConnection) -> None:
    assert not rpc.call("is_traffic_manager_running", 8123)
    assert rpc.call("get_traffic_manager_running", 8123) == ["", 0]
    assert rpc.call("add_traffic_manager_running", ["127.0.0.1", 8123])
    assert not rpc.call("add_traffic_manager_running", ["127.0.0.1", 8123])
    assert rpc.call("get_traffic_manager_running", 8123) == ["127.0.0.1", 8123]
    assert rpc.call("is_traffic_manager_running", 8123)
    rpc.call("destroy_traffic_manager", 8123)
    assert not rpc.call("is_traffic_manager_running", 8123)
