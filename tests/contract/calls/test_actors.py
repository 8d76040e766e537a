"""Calls about any actor, each through the client's method that makes it, each judged by what the actor then does."""

from __future__ import annotations

import math

import carla
import pytest

from sim.wire.calls import CALLS, Status
from sim.wire.rpc import RpcConnection
from tests.contract.calls.conftest import TICK_S, Spawn, ticks
from tests.contract.calls.registry import covers


def _speed(actor: carla.Actor) -> float:
    return actor.get_velocity().length()


def _forward(actor: carla.Actor) -> carla.Vector3D:
    return actor.get_transform().get_forward_vector()


def _coast(car: carla.Vehicle) -> None:
    """Out of gear, so that only the push acts."""
    car.apply_control(carla.VehicleControl(manual_gear_shift=True, gear=0))


@covers("spawn_actor", "destroy_actor")
def test_actors_come_and_go(world: carla.World, spawn: Spawn) -> None:
    car = spawn("vehicle.tesla.model3", color="10,20,30")
    assert world.get_actor(car.id).attributes["color"] == "10,20,30"
    assert car.get_location().distance(world.get_map().get_spawn_points()[0].location) < 1.0
    assert world.try_spawn_actor(world.get_blueprint_library().find("vehicle.audi.tt"), car.get_transform()) is None
    assert car.destroy()
    world.tick()
    assert car.id not in [snapshot.id for snapshot in world.get_snapshot()]


@covers("spawn_actor_with_parent")
def test_what_is_attached_goes_along(world: carla.World, car: carla.Vehicle, spawn: Spawn) -> None:
    camera = spawn("sensor.camera.rgb", parent=car)
    assert camera.parent.id == car.id
    car.set_target_velocity(_forward(car) * 10.0)
    ticks(world, 5)
    assert camera.get_location().distance(car.get_location()) == pytest.approx(3.0, abs=0.1)


@covers("set_actor_location", "set_actor_transform")
def test_actors_are_put_where_the_call_says(world: carla.World, car: carla.Vehicle) -> None:
    target = world.get_map().get_spawn_points()[7]
    car.set_transform(target)
    world.tick()
    assert car.get_location().distance(target.location) < 0.5
    assert car.get_transform().rotation.yaw % 360.0 == pytest.approx(target.rotation.yaw % 360.0, abs=0.5)
    place = world.get_map().get_spawn_points()[3].location
    car.set_location(place)
    world.tick()
    assert car.get_location().distance(place) < 0.5


@covers("set_actor_target_velocity", "set_actor_target_angular_velocity")
def test_velocities_hold_at_once(world: carla.World, car: carla.Vehicle) -> None:
    _coast(car)
    car.set_target_velocity(_forward(car) * 8.0)
    world.tick()
    assert _speed(car) == pytest.approx(8.0, abs=0.4)
    car.set_target_angular_velocity(carla.Vector3D(z=30.0))
    yaw = car.get_transform().rotation.yaw
    world.tick()
    assert 0.2 < (car.get_transform().rotation.yaw - yaw + 180.0) % 360.0 - 180.0 < 30.0 * TICK_S + 0.3


@covers("enable_actor_constant_velocity", "disable_actor_constant_velocity")
def test_a_constant_velocity_stays_until_it_is_disabled(world: carla.World, car: carla.Vehicle) -> None:
    car.enable_constant_velocity(carla.Vector3D(6.0, 0.0, 0.0))
    ticks(world, 20)
    assert _speed(car) == pytest.approx(6.0, abs=0.05)
    car.disable_constant_velocity()
    car.apply_control(carla.VehicleControl(brake=1.0))
    ticks(world, 30)
    assert _speed(car) < 0.1


@covers("add_actor_impulse", "add_actor_force")
@pytest.mark.parametrize("kind", ["impulse", "force"])
def test_a_push_changes_the_speed_by_itself_over_mass(world: carla.World, car: carla.Vehicle, kind: str) -> None:
    _coast(car)
    mass_kg = car.get_physics_control().mass
    if kind == "impulse":
        car.add_impulse(_forward(car) * (mass_kg * 4.0))
    else:
        car.add_force(_forward(car) * (mass_kg * 4.0 / TICK_S))
    world.tick()
    assert _speed(car) == pytest.approx(4.0, rel=0.1)


@covers("add_actor_angular_impulse", "add_actor_torque")
@pytest.mark.parametrize("kind", ["impulse", "torque"])
def test_a_twist_turns_clockwise_seen_from_above(world: carla.World, car: carla.Vehicle, kind: str) -> None:
    _coast(car)
    world.tick()
    if kind == "impulse":
        car.add_angular_impulse(carla.Vector3D(z=2e5))
    else:
        car.add_torque(carla.Vector3D(z=2e5 / TICK_S))
    before = car.get_transform().rotation.yaw
    world.tick()
    assert (car.get_transform().rotation.yaw - before + 180.0) % 360.0 - 180.0 > 0.5


@covers("add_actor_impulse_at_location", "add_actor_force_at_location")
def test_a_push_beside_the_centre_turns_too(world: carla.World, car: carla.Vehicle, rpc: RpcConnection) -> None:
    _coast(car)
    for name, scale in (("add_actor_impulse_at_location", 1.0), ("add_actor_force_at_location", 1.0 / TICK_S)):
        world.tick()
        pose = car.get_transform()
        push = pose.get_right_vector() * (car.get_physics_control().mass * scale)
        nose = pose.location + pose.get_forward_vector() * 2.0
        rpc.call(name, car.id, [push.x, push.y, push.z], [nose.x, nose.y, nose.z])
        world.tick()
        turned = (car.get_transform().rotation.yaw - pose.rotation.yaw + 180.0) % 360.0 - 180.0
        assert turned > 0.1, name


@covers("set_actor_simulate_physics", "set_actor_collisions")
def test_without_physics_nothing_moves_and_without_collisions_nothing_stops(
    world: carla.World, car: carla.Vehicle, spawn: Spawn
) -> None:
    car.set_simulate_physics(False)
    car.apply_control(carla.VehicleControl(throttle=1.0))
    place = car.get_location()
    ticks(world, 20)
    assert car.get_location().distance(place) < 1e-3
    car.set_simulate_physics(True)
    ticks(world, 20)
    assert car.get_location().distance(place) > 0.5
    other = spawn("vehicle.audi.tt", 5)
    other.set_simulate_physics(False)
    other.set_transform(
        carla.Transform(car.get_location() + _forward(car) * 8.0, car.get_transform().rotation),
    )
    car.set_collisions(False)
    car.set_target_velocity(_forward(car) * 15.0)
    start = car.get_location()
    ticks(world, 20)
    assert car.get_location().distance(start) > 10.0


@covers("set_actor_dead")
def test_a_dead_actor_is_dormant(world: carla.World, car: carla.Vehicle, rpc: RpcConnection) -> None:
    rpc.call("set_actor_dead", car.id)
    world.tick()
    assert world.get_snapshot().find(car.id) is not None
    assert car.actor_state == carla.ActorState.Dormant


@covers("set_actor_enable_gravity")
def test_without_gravity_a_car_keeps_its_height(world: carla.World, car: carla.Vehicle) -> None:
    car.set_enable_gravity(False)
    car.set_location(car.get_location() + carla.Location(z=4.0))
    ticks(world, 20)
    high = car.get_location().z
    car.set_enable_gravity(True)
    ticks(world, 40)
    assert high - car.get_location().z > 3.0


@covers("get_actor_bounding_box")
def test_the_box_is_the_cars_own(car: carla.Vehicle) -> None:
    box = car.bounding_box
    assert 2.0 < box.extent.x < 3.0
    assert 0.8 < box.extent.y < 1.3
    assert box.location.z == pytest.approx(box.extent.z, abs=0.2)


@covers("get_actor_component_names", "get_actor_component_world_transform", "get_actor_component_relative_transform")
def test_the_root_component_is_the_actor(car: carla.Vehicle) -> None:
    root = car.get_component_names()[0]
    assert car.get_component_world_transform(root).location.distance(car.get_location()) < 1e-3
    assert car.get_component_relative_transform(root).location.length() < 1e-6
    with pytest.raises(RuntimeError, match="component"):
        car.get_component_world_transform("no such component")


@covers("get_actor_socket_names", "get_actor_socket_world_transforms", "get_actor_socket_relative_transforms")
def test_sockets_are_as_many_as_their_names(car: carla.Vehicle) -> None:
    count = len(car.get_socket_names())
    assert len(car.get_socket_world_transforms()) == len(car.get_socket_relative_transforms()) == count


@covers(
    "get_actor_bone_names",
    "get_actor_bone_world_transforms",
    "get_actor_bone_relative_transforms",
    "get_vehicle_bone_world_transforms",
)
def test_bones_are_served_whole_or_refused_in_words(car: carla.Vehicle, walker: carla.Walker) -> None:
    calls = {
        "get_actor_bone_names": walker.get_bone_names,
        "get_actor_bone_world_transforms": walker.get_bone_world_transforms,
        "get_actor_bone_relative_transforms": walker.get_bone_relative_transforms,
        "get_vehicle_bone_world_transforms": car.get_vehicle_bone_world_transforms,
    }
    found = {}
    for name, call in calls.items():
        if CALLS[name].status is Status.ABSENT:
            with pytest.raises(RuntimeError, match=name):
                call()
        else:
            found[name] = call()
            assert all(math.isfinite(pose.location.x) for pose in found[name] if name != "get_actor_bone_names")
    sizes = {len(found[name]) for name in calls if name.startswith("get_actor") and name in found}
    assert len(sizes) <= 1
