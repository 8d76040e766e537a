"""Doors through the unmodified client: attached actors that swing about their hinges, and go away when they are shut."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import carla
import numpy as np
import pytest

from sim.catalogue.doors import DOOR_TYPE, DoorNumber, door_of, doors_of
from sim.catalogue.vehicles import VEHICLES
from sim.server.map_source import LoadedMap, MapSource
from sim.server.transport.event_loop import EventLoop
from sim.server.transport.streaming import StreamHub
from sim.server.world import World
from tests.server.conftest import Calls
from tests.server.running import running_server

_TICK_S = 0.05


@pytest.fixture(scope="module")
def world() -> Iterator[carla.World]:
    with running_server() as (port, _):
        client = carla.Client("127.0.0.1", port)
        client.set_timeout(30.0)
        world = client.get_world()
        settings = world.get_settings()
        settings.synchronous_mode, settings.fixed_delta_seconds = True, _TICK_S
        world.apply_settings(settings)
        yield world


@pytest.fixture
def car(world: carla.World) -> Iterator[carla.Vehicle]:
    car = _spawn(world, "vehicle.lincoln.mkz_2020", color="10,20,200")
    yield car
    if car.is_alive:
        car.destroy()
    _ticks(world, 1)


def _spawn(world: carla.World, type_id: str, **attributes: str) -> carla.Vehicle:
    blueprint = world.get_blueprint_library().find(type_id)
    for name, value in attributes.items():
        blueprint.set_attribute(name, value)
    vehicle = world.spawn_actor(blueprint, world.get_map().get_spawn_points()[0])
    _ticks(world, 10)
    return vehicle


def _ticks(world: carla.World, count: int) -> None:
    for _ in range(count):
        world.tick()


def _doors(world: carla.World) -> dict[str, carla.Actor]:
    return {actor.attributes["door"]: actor for actor in world.get_actors().filter(DOOR_TYPE)}


def _turned_deg(door: carla.Actor, car: carla.Actor) -> float:
    return (door.get_transform().rotation.yaw - car.get_transform().rotation.yaw + 180.0) % 360.0 - 180.0


def test_a_door_swings_open_within_a_second_and_goes_away_when_it_is_shut(
    world: carla.World, car: carla.Vehicle
) -> None:
    car.open_door(carla.VehicleDoor.FL)
    angles = []
    for _ in range(22):
        world.tick()
        angles.append(_turned_deg(_doors(world)["FL"], car))
    door = _doors(world)["FL"]
    assert door.parent.id == car.id
    assert list(door.semantic_tags) == [int(carla.CityObjectLabel.Car)]
    assert door.attributes["color"] == "10,20,200"
    assert angles[0] < 2.0, "the swing starts gently"
    assert np.all(np.diff(angles) >= -1e-3)
    assert angles[19] == pytest.approx(65.0, abs=0.1), "CARLA's yaw is clockwise: the left door opens to positive yaw"
    spec = door_of("vehicle.lincoln.mkz_2020", "FL")
    hinge = car.get_transform().transform(carla.Location(spec.hinge_m[0], -spec.hinge_m[1], spec.hinge_m[2]))
    assert door.get_location().distance(hinge) < 0.01
    car.close_door(carla.VehicleDoor.FL)
    _ticks(world, 10)
    assert 0.0 < _turned_deg(_doors(world)["FL"], car) < 65.0
    _ticks(world, 11)
    assert not _doors(world)


def test_all_opens_all_and_they_follow_the_car(world: carla.World, car: carla.Vehicle) -> None:
    car.open_door(carla.VehicleDoor.All)
    _ticks(world, 25)
    doors = _doors(world)
    assert set(doors) == {"FL", "FR", "RL", "RR", "HOOD", "TRUNK"}
    assert _turned_deg(doors["FR"], car) == pytest.approx(-65.0, abs=0.1)
    assert doors["HOOD"].get_transform().rotation.pitch > 40.0
    car.apply_control(carla.VehicleControl(throttle=0.6))
    _ticks(world, 40)
    assert doors["RR"].get_location().distance(car.get_location()) < 2.0
    assert car.get_velocity().length() > 3.0
    assert _turned_deg(doors["FL"], car) == pytest.approx(65.0, abs=0.1)
    car.destroy()
    _ticks(world, 1)
    assert not _doors(world), "a vehicle's doors go with it"


def test_a_destroyed_door_counts_as_shut(world: carla.World, car: carla.Vehicle) -> None:
    car.open_door(carla.VehicleDoor.FR)
    _ticks(world, 5)
    assert _doors(world)["FR"].destroy()
    _ticks(world, 2)
    assert not _doors(world)
    car.open_door(carla.VehicleDoor.FR)
    _ticks(world, 2)
    assert set(_doors(world)) == {"FR"}


def test_vehicles_without_such_doors_ignore_the_call(world: carla.World) -> None:
    for type_id in ("vehicle.tesla.model3", "vehicle.mitsubishi.fusorosa", "vehicle.yamaha.yzf"):
        vehicle = _spawn(world, type_id)
        vehicle.open_door(carla.VehicleDoor.All)
        vehicle.close_door(carla.VehicleDoor.All)
        _ticks(world, 3)
        assert not _doors(world)
        vehicle.destroy()
    sprinter = _spawn(world, "vehicle.mercedes.sprinter")
    sprinter.open_door(carla.VehicleDoor.RL)
    _ticks(world, 3)
    assert not _doors(world)
    sprinter.destroy()


def test_every_vehicle_that_carla_gives_doors_has_its_front_doors() -> None:
    for type_id, spec in VEHICLES.items():
        numbers = {door.number for door in doors_of(type_id)}
        assert spec.has_dynamic_doors == ({DoorNumber.FL, DoorNumber.FR} <= numbers)
        for door in doors_of(type_id):
            assert abs(door.hinge_m[1]) < spec.width_m / 2.0
            assert door.hinge_m[2] + door.high_m[2] < spec.height_m
            assert -spec.length_m / 2.0 < door.hinge_m[0] + door.low_m[0]
            assert door.hinge_m[0] + door.high_m[0] < spec.length_m / 2.0


def test_a_replay_shows_the_doors_byte_for_byte(town: LoadedMap, tmp_path: Path) -> None:
    """Recorded as any attached actor; the vehicle that the replay brings takes its doors along when it goes."""
    calls = _calls(town)
    uid, type_id, _, attributes = next(a for a in calls.get_actor_definitions() if a[1] == "vehicle.ford.ambulance")
    description = [uid, type_id, [[a[0], a[1], a[2]] for a in attributes]]
    van = calls.spawn_actor(description, calls.get_map_info()[1][0])[0]
    path = tmp_path / "doors.mcap"
    calls.start_recorder(str(path), False)
    seen = []
    for tick in range(50):
        if tick in (5, 26):
            (calls.open_vehicle_door if tick == 5 else calls.close_vehicle_door)(van, 6)
        calls.tick_cue()
        seen.append(_records(calls))
    calls.stop_recorder()
    assert len(seen[10]) > len(seen[0]) == len(seen[49])
    again = _calls(town)
    again.replay_file(str(path), 0.0, 0.0, 0, False)
    for record in seen:
        again.tick_cue()
        assert _records(again) == record


def _calls(town: LoadedMap) -> Calls:
    world = World(StreamHub(EventLoop()), MapSource(), town, stream_port=2001)
    world.settings = type(world.settings)(synchronous=True, fixed_delta_s=_TICK_S)
    world.recorder.settings.ignore_spectator = False
    return Calls(world)


def _records(calls: Calls) -> bytes:
    table = calls.world.actors
    return bytes(table.records[: table.count].tobytes())
