"""Cycles of traffic lights, and what the road tells vehicles about them."""

from __future__ import annotations

import numpy as np
import pytest

from sim.base.state import LightState
from sim.server.world import World
from sim.wire.response import ResponseError
from tests.server.conftest import Calls
from tests.server.describe import description

CYCLE_TICKS = 4 * 15 * 20


def _states(world: World) -> np.ndarray:
    return world.actors.records["light_state"][world.board.table_rows].copy()


def test_every_light_turns_green_yellow_red_in_this_order(calls: Calls, world: World) -> None:
    seen = [_states(world)]
    for _ in range(CYCLE_TICKS):
        calls.tick_cue()
        seen.append(_states(world))
    history = np.array(seen)
    following = {
        LightState.GREEN: LightState.YELLOW,
        LightState.YELLOW: LightState.RED,
        LightState.RED: LightState.GREEN,
    }
    for light in range(history.shape[1]):
        column = history[:, light]
        changes = [(column[i], column[i + 1]) for i in np.flatnonzero(np.diff(column.astype(int)))]
        assert {int(a) for a, _ in changes} == {0, 1, 2}
        assert all(following[LightState(int(a))] == b for a, b in changes)


def test_green_lasts_as_long_as_it_is_told(calls: Calls, world: World) -> None:
    light = int(np.flatnonzero(_states(world) == LightState.GREEN)[0])
    actor = int(world.board.light_actor_ids[light])
    for member in calls.get_group_traffic_lights(actor):
        calls.set_traffic_light_green_time(member, 2.0)
    calls.reset_traffic_light_group(actor)
    for _ in range(39):
        calls.tick_cue()
    assert _states(world)[light] == LightState.GREEN
    calls.tick_cue()
    assert _states(world)[light] == LightState.YELLOW


def test_frozen_lights_stay_and_a_reset_repeats_the_cycle(calls: Calls, world: World) -> None:
    calls.reset_all_traffic_lights()
    first = []
    for _ in range(300):
        calls.tick_cue()
        first.append(_states(world))
    calls.freeze_all_traffic_lights(True)
    before = _states(world)
    for _ in range(CYCLE_TICKS):
        calls.tick_cue()
    assert (_states(world) == before).all()
    calls.freeze_all_traffic_lights(False)
    calls.reset_all_traffic_lights()
    for states in first:
        calls.tick_cue()
        assert (_states(world) == states).all()


def test_calls_refuse_actors_that_are_no_lights(calls: Calls, world: World) -> None:
    with pytest.raises(ResponseError, match="not a traffic light"):
        calls.get_group_traffic_lights(world.spectator.actor_id)


def _approach(world: World) -> tuple[int, int, float]:
    """A light, and a lane with its stop at least 30 m along it."""
    signals = world.network.signals
    for row, kind in enumerate(signals.kind):
        if kind == "light":
            for lane, stop in zip(signals.lanes[row], signals.stop_arc_length_m[row], strict=True):
                if stop > 30.0:
                    return world.board.light_of_row[row], int(lane), float(stop)
    raise LookupError("the map has no light with a long approach")


def test_a_car_is_told_its_light_from_its_stopping_distance_on(calls: Calls, world: World) -> None:
    light, lane, stop = _approach(world)
    lanes = world.network.lanes
    points = lanes.points_of(lane)
    arc = lanes.arc_length_m[points]

    def pose_at(distance: float) -> list[list[float]]:
        place = [np.interp(distance, arc, lanes.center_world_m[points, axis]) for axis in range(3)]
        yaw = float(lanes.yaw_rad[points][np.searchsorted(arc, distance) - 1])
        return [[place[0], -place[1], place[2]], [0.0, -np.degrees(yaw), 0.0]]

    car = calls.spawn_actor(description("vehicle.tesla.model3"), pose_at(stop - 25.0))[0]
    actor = int(world.board.light_actor_ids[light])
    calls.freeze_all_traffic_lights(True)
    calls.set_traffic_light_state(actor, int(LightState.RED))
    calls.tick_cue()
    record = world.actors.records[world.row(car)]
    assert record["has_traffic_light"] == 0
    assert record["at_light_state"] == LightState.GREEN
    assert record["speed_limit_kmh"] == pytest.approx(lanes.speed_limit_mps[lane] * 3.6, abs=1e-3)
    half_length = float(world.actors.box_extent[world.row(car), 0])
    calls.set_actor_transform(car, pose_at(stop - half_length - 1.0))
    calls.tick_cue()
    record = world.actors.records[world.row(car)]
    assert record["has_traffic_light"] == 1
    assert record["traffic_light_id"] == actor
    assert record["at_light_state"] == LightState.RED
    calls.destroy_actor(car)
    again = calls.spawn_actor(description("vehicle.tesla.model3"), pose_at(stop - 25.0))[0]
    assert again == car
    calls.tick_cue()
    assert world.actors.records["has_traffic_light"][world.row(again)] == 0, "a new car has no memory of the old one's"


def test_a_car_held_up_at_green_is_told_of_its_end_so_that_the_traffic_manager_notices(
    calls: Calls, world: World
) -> None:
    """One tick "no light" between green and what follows: the Traffic Manager keeps the green it saw at a light otherwise."""
    light, lane, stop = _approach(world)
    lanes = world.network.lanes
    points = lanes.points_of(lane)
    arc, yaw = lanes.arc_length_m[points], lanes.yaw_rad[points]
    car = calls.spawn_actor(description("vehicle.tesla.model3"), [[0.0, 0.0, 50.0], [0.0, 0.0, 0.0]])[0]
    distance = stop - float(world.actors.box_extent[world.row(car), 0]) - 1.0
    x, y, z = (np.interp(distance, arc, lanes.center_world_m[points, axis]) for axis in range(3))
    degrees = -np.degrees(float(yaw[np.searchsorted(arc, distance) - 1]))
    calls.set_actor_transform(car, [[x, -y, z], [0.0, degrees, 0.0]])
    actor = int(world.board.light_actor_ids[light])
    calls.freeze_all_traffic_lights(True)
    told = []
    for state in (LightState.GREEN, LightState.YELLOW, LightState.YELLOW, LightState.RED, LightState.RED):
        calls.set_traffic_light_state(actor, int(state))
        calls.tick_cue()
        record = world.actors.records[world.row(car)]
        told.append((int(record["has_traffic_light"]), int(record["at_light_state"])))
    assert told == [(1, 2), (0, 2), (1, 1), (1, 0), (1, 0)]
