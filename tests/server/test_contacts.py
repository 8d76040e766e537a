"""Walkers, collisions and their events, on the running world."""

from __future__ import annotations

import socket
from typing import Any

import msgpack
import numpy as np
import pytest

from sim.server.world import World
from sim.wire.sensor_frame import FRAME_LENGTH, SENSOR_HEADER_BYTES
from tests.server.conftest import Calls
from tests.server.describe import description, spawn_point


def _ahead(pose: Any, distance_m: float, left_m: float = 0.0, up_m: float = 0.0) -> list[list[float]]:
    (x, y, z), (pitch, yaw, roll) = pose
    heading = np.radians(yaw)
    return [
        [
            x + distance_m * np.cos(heading) + left_m * np.sin(heading),
            y + distance_m * np.sin(heading) - left_m * np.cos(heading),
            z + up_m,
        ],
        [pitch, yaw, roll],
    ]


def test_a_walker_goes_where_it_is_told_at_its_speed(calls: Calls, world: World) -> None:
    walker = calls.spawn_actor(description("walker.pedestrian.0001"), _ahead(spawn_point(world, 0), 0.0, up_m=1.0))[0]
    calls.tick_cue()
    row = world.row(walker)
    start = world.actors.position[row].copy()
    height = 2.0 * float(world.actors.box_extent[row, 2])
    assert start[2] == pytest.approx(float(world.ground.height_at(start[None, :2])[0]) + height / 2.0, abs=1e-6)
    calls.apply_control_to_walker(walker, [[1.0, 0.0, 0.0], 1.4, False])
    for _ in range(40):
        calls.tick_cue()
    moved = world.actors.position[row] - start
    assert moved[0] == pytest.approx(1.4 * 2.0, abs=1e-6)
    assert world.actors.rpy[row, 2] == pytest.approx(0.0, abs=1e-6)
    assert float(world.actors.records["walker_speed"][row]) == pytest.approx(1.4)


def test_a_jump_leaves_the_ground_and_ends_on_it(calls: Calls, world: World) -> None:
    walker = calls.spawn_actor(description("walker.pedestrian.0001"), _ahead(spawn_point(world, 0), 0.0, up_m=1.0))[0]
    calls.tick_cue()
    floor = float(world.actors.position[world.row(walker), 2])
    calls.apply_control_to_walker(walker, [[0.0, 0.0, 0.0], 0.0, True])
    heights = []
    for _ in range(40):
        calls.tick_cue()
        heights.append(float(world.actors.position[world.row(walker), 2]) - floor)
    assert max(heights) == pytest.approx(4.2**2 / (2 * 9.81), abs=0.06)
    assert heights[-1] == pytest.approx(0.0, abs=1e-9)


def test_a_walker_does_not_walk_through_a_parked_car(calls: Calls, world: World) -> None:
    pose = spawn_point(world, 0)
    car = calls.spawn_actor(description("vehicle.tesla.model3"), pose)[0]
    walker = calls.spawn_actor(description("walker.pedestrian.0001"), _ahead(pose, 0.0, left_m=3.0, up_m=1.0))[0]
    heading = np.radians(pose[1][1])
    calls.apply_control_to_walker(walker, [[-np.sin(heading), np.cos(heading), 0.0], 1.5, False])
    for _ in range(80):
        calls.tick_cue()
        gap = np.linalg.norm((world.actors.position[world.row(walker)] - world.actors.position[world.row(car)])[:2])
        assert gap > float(world.actors.box_extent[world.row(car), 1])


def _subscribed_collision_sensor(calls: Calls, world: World, parent: int) -> socket.socket:
    sensor = calls.spawn_actor_with_parent(
        description("sensor.other.collision"), [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], parent, 0, ""
    )[0]
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    stream_id = world.actors.entries[world.row(sensor)].stream_id
    from sim.server.transport.streaming import Subscriber

    theirs.setblocking(False)
    subscriber = Subscriber(world.hub, theirs)
    subscriber.stream_id = stream_id
    world.hub._connections.add(subscriber)
    world.hub.subscribe(subscriber)
    ours.settimeout(2.0)
    return ours


def test_a_rear_end_collision_is_told_once_with_its_impulse(calls: Calls, world: World) -> None:
    pose = spawn_point(world, 0)
    ahead = calls.spawn_actor(description("vehicle.audi.tt"), _ahead(pose, 12.0))[0]
    behind = calls.spawn_actor(description("vehicle.tesla.model3"), pose)[0]
    with _subscribed_collision_sensor(calls, world, behind) as listener:
        heading = np.radians(pose[1][1])
        calls.set_actor_target_velocity(behind, [8.0 * np.cos(heading), 8.0 * np.sin(heading), 0.0])
        for _ in range(60):
            calls.tick_cue()
        data = listener.recv(1 << 20)
    (size,) = FRAME_LENGTH.unpack_from(data)
    own, other, impulse = msgpack.unpackb(data[4 + SENSOR_HEADER_BYTES : 4 + size])
    assert own[0] == behind
    assert other[0] == ahead
    assert other[2][1] == "vehicle.audi.tt"
    along = impulse[0] * np.cos(heading) + impulse[1] * np.sin(heading)
    assert along < -1000.0, "the impulse on the car behind points backwards"
    assert len(data) == 4 + size, "one contact, one event"


def test_without_contact_nothing_is_told(calls: Calls, world: World) -> None:
    car = calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, 0))[0]
    with _subscribed_collision_sensor(calls, world, car) as listener:
        for _ in range(20):
            calls.tick_cue()
        listener.settimeout(0.05)
        with pytest.raises(TimeoutError):
            listener.recv(1)
