"""The Ackermann controller reaches a speed, stops, and limits the wheel's rate, on the server's own vehicle."""

from __future__ import annotations

import pytest

from sim.server.vehicles.ackermann import AckermannController
from sim.server.world import World
from tests.server.conftest import Calls
from tests.server.describe import description, spawn_point


def test_it_reaches_a_speed_and_stops_again(calls: Calls, world: World) -> None:
    car = calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, 0))[0]
    calls.apply_ackermann_control_to_vehicle(car, [0.0, 0.0, 5.0, 0.0, 0.0])
    for _ in range(200):
        calls.tick_cue()
    assert calls.get_telemetry_data(car)[0] == pytest.approx(5.0, abs=0.7)
    calls.apply_ackermann_control_to_vehicle(car, [0.0, 0.0, 0.0, 0.0, 0.0])
    for _ in range(200):
        calls.tick_cue()
    assert calls.get_telemetry_data(car)[0] < 0.2


def test_the_wheel_turns_at_its_rate() -> None:
    controller = AckermannController()
    controller.set_target((0.4, 0.5, 1.0, 0.0, 0.0))
    steer = [controller.run(0.0, 0.0, 0.8, 0.1)[2] for _ in range(12)]
    assert steer[0] == pytest.approx(0.05 / 0.8)
    assert steer[-1] == pytest.approx(0.5)


def test_an_ordinary_control_takes_over(calls: Calls, world: World) -> None:
    car = calls.spawn_actor(description("vehicle.tesla.model3"), spawn_point(world, 0))[0]
    calls.apply_ackermann_control_to_vehicle(car, [0.0, 0.0, 5.0, 0.0, 0.0])
    calls.tick_cue()
    calls.apply_control_to_vehicle(car, [0.0, 0.0, 1.0, False, False, False, 0])
    calls.tick_cue()
    record = world.actors.records[world.row(car)]
    assert (record["throttle"], record["brake"]) == (0.0, 1.0)
