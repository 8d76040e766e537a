"""The compiled loops against the plain numpy functions that they mirror."""

from __future__ import annotations

import numpy as np
import pytest

from sim.base import carla_axes, frames
from sim.base.boxes import overlapping_pairs
from sim.server.actor_table import ActorTable
from sim.server.bodies.spawn_space import overlaps
from sim.server.kernels.packing import pack_kinematics
from sim.server.vehicles.ground import set_ground, wheel_points
from sim.server.world import World
from sim.wire.observer import decode
from tests.server.conftest import Calls
from tests.server.describe import description, spawn_point

_RNG = np.random.default_rng(11)


def test_packing_is_carla_axes_in_float32() -> None:
    position, rpy, velocity, angular, acceleration = (_RNG.normal(size=(9, 3)) for _ in range(5))
    stride, offset = 71, 3
    buffer = np.zeros(offset + 9 * stride, dtype=np.uint8)
    pack_kinematics(position, rpy, velocity, angular, acceleration, 9, buffer, offset, stride)
    records = buffer[offset:].reshape(9, stride)
    out = np.ascontiguousarray(records[:, :60]).view(np.float32)
    assert not records[:, 60:].any(), "nothing is written beside the kinematics"
    expected = np.concatenate(
        [
            carla_axes.vector_to_carla(position),
            carla_axes.rpy_to_carla(rpy),
            carla_axes.vector_to_carla(velocity),
            carla_axes.angular_velocity_to_carla(angular),
            carla_axes.vector_to_carla(acceleration),
        ],
        axis=1,
    ).astype(np.float32)
    np.testing.assert_allclose(out, expected, rtol=1e-6)


def test_attached_actors_are_composed_as_transforms_are(calls: Calls, world: World) -> None:
    car = calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, 0))[0]
    relative = [[1.5, -0.7, 2.0], [10.0, 20.0, -5.0]]
    sensor = calls.spawn_actor_with_parent(description("sensor.other.imu"), relative, car, 0, "")[0]
    table = world.actors
    table.rpy[world.row(car)] = (0.05, -0.1, 2.0)
    table.place_attached()
    place, turn = carla_axes.vector_from_carla(relative[0]), carla_axes.rpy_from_carla(relative[1])
    expected = frames.pose(table.position[world.row(car)], table.rpy[world.row(car)]) @ frames.pose(place, turn)
    found = frames.pose(table.position[world.row(sensor)], table.rpy[world.row(sensor)])
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_ground_planes_are_those_of_vehicle_ground(calls: Calls, world: World) -> None:
    for index in range(12):
        calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, index))
    rows = world.fleet.rows
    expected = rows.copy()
    heights = world.ground.height_at(wheel_points(expected).reshape(-1, 2)).reshape(-1, 4)
    set_ground(expected, heights)
    world.fleet.step(0.05)
    for name in ("ground_z_m", "ground_slope_x", "ground_slope_y"):
        np.testing.assert_allclose(rows[name], expected[name], atol=1e-12)


def test_free_places_agree_with_overlapping_pairs() -> None:
    center = np.concatenate([_RNG.uniform(-6, 6, (400, 2)), _RNG.uniform(-2, 2, (400, 1))], axis=1)
    yaw = _RNG.uniform(-np.pi, np.pi, 400)
    extent = _RNG.uniform(0.3, 2.5, (400, 3))
    taken = overlaps(center[0], float(yaw[0]), extent[0], center[1:], yaw[1:], extent[1:])
    pairs = overlapping_pairs(center, yaw, extent)
    expected = {int(b) for a, b in pairs if a == 0} | {int(a) for a, b in pairs if b == 0}
    assert set((np.flatnonzero(taken) + 1).tolist()) == expected
    assert 20 < len(expected) < 380


def test_the_table_grows_and_keeps_its_records() -> None:
    table = ActorTable()
    assert decode(bytes(table.pack(1, 0.0, 1, 0.05, 0))[4:]).records.size == 0
    capacity = table.capacity
    world_rows = []
    for _ in range(capacity + 5):
        entry = _entry(table.take_id("x", {}, 0, reuse=False))
        world_rows.append(table.add(entry, np.array([1.0, 2.0, 3.0]), np.zeros(3)))
    frame = decode(bytes(table.pack(1, 0.0, 1, 0.05, 0))[4:])
    assert frame.records["id"].tolist() == list(range(1, capacity + 6))
    assert frame.records["location"][0].tolist() == pytest.approx([1.0, -2.0, 3.0])


def _entry(actor_id: int):  # type: ignore[no-untyped-def]
    from sim.base.state import ActorKind
    from sim.server.actor_table import ActorEntry

    zero = np.zeros(3)
    return ActorEntry(actor_id, ActorKind.OTHER, "x", [0, "x", []], {}, b"", b"", 0, zero, zero)


def _drive_off(calls: Calls, world: World) -> list[int]:
    cars = [calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, i))[0] for i in range(6)]
    for index, car in enumerate(cars):
        calls.apply_control_to_vehicle(car, [0.6, 0.1 * index, 0.0, False, False, False, 0])
    return cars


def test_looking_ahead_changes_nothing(calls: Calls, world: World) -> None:
    _drive_off(calls, world)
    for _ in range(30):
        world.step()
    rows = world.fleet.rows
    kept = rows.copy()
    world.step()
    expected = rows.copy()
    rows[:] = kept
    world.look_ahead()
    assert (rows["ground_x_m"] == rows["x_m"]).all(), "the ground of the next tick is known"
    world.step()
    assert rows.tobytes() == expected.tobytes()


def test_ground_found_ahead_is_not_used_elsewhere(calls: Calls, world: World) -> None:
    """Vehicles that a call puts somewhere else, or whose wheels it moves, stand on the ground below them all the same."""
    cars = _drive_off(calls, world)
    world.step()
    world.look_ahead()
    calls.set_actor_transform(cars[0], spawn_point(world, 20))
    physics = calls.get_physics_control(cars[1])
    calls.apply_physics_control(cars[1], physics)
    unknown = world.fleet.rows["ground_yaw_rad"] != world.fleet.rows["yaw_rad"]
    unknown |= world.fleet.rows["ground_x_m"] != world.fleet.rows["x_m"]
    assert unknown.tolist() == [True, True, False, False, False, False]
    rows = world.fleet.rows.copy()
    heights = world.ground.height_at(wheel_points(rows).reshape(-1, 2)).reshape(-1, 4)
    set_ground(rows, heights)
    world.step()
    for name in ("ground_x_m", "ground_z_m", "ground_slope_x", "ground_slope_y"):
        np.testing.assert_allclose(world.fleet.rows[name], rows[name], atol=1e-12)
