"""Distance travelled, wheel roll and gait, from a stream that a test writes itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.base.clock import period_from_hz
from sim.base.errors import SyncError
from sim.base.phase import stride_length_m
from sim.base.state import Weather
from sim.loop.actor_table import ActorRegistry
from sim.loop.collect import Collector
from sim.wire.observer import RECORD, new_header

PERIOD = period_from_hz(20)
CAR, WALKER = 31, 42


def actor(carla_id: int, type_id: str) -> Any:
    point = SimpleNamespace(x=0.0, y=0.0, z=0.9)
    box = SimpleNamespace(location=point, extent=SimpleNamespace(x=2.3, y=0.9, z=0.9))
    return SimpleNamespace(id=carla_id, type_id=type_id, attributes={"b": "2", "a": "1"}, bounding_box=box, parent=None)


class World:
    """What the collector asks of carla.World."""

    def __init__(self) -> None:
        self.actors = {CAR: actor(CAR, "vehicle.tesla.model3"), WALKER: actor(WALKER, "walker.pedestrian.0001")}
        self.asked: list[list[int]] = []

    def get_actors(self, ids: list[int]) -> list[Any]:
        self.asked.append(ids)
        return [self.actors[carla_id] for carla_id in ids if carla_id in self.actors]

    def get_vehicles_light_states(self) -> dict[int, int]:
        return {CAR: 8}

    def get_weather(self) -> Weather:
        return Weather()


class Stream:
    """Frames that are ready to be read."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def read(self) -> bytearray:
        return bytearray(self.frames.pop(0))

    def push(self, frame: int, rows: list[tuple[int, float, float, float, float]]) -> None:
        """Rows of (id, x, y, yaw in degrees, speed along x), CARLA's axes."""
        header, records = new_header(), np.zeros(len(rows), RECORD)
        header["frame"] = frame
        for record, (carla_id, x, y, yaw, speed) in zip(records, rows, strict=True):
            record["id"] = carla_id
            record["location"] = x, y, 0.0
            record["rotation"] = 0.0, yaw, 0.0
            record["velocity"] = speed, 0.0, 0.0
        self.frames.append(header.tobytes() + records.tobytes())


@pytest.fixture
def collector() -> Collector:
    made = Collector.__new__(Collector)
    made._world, made._tick_period_flicks, made._stream = World(), PERIOD, Stream()  # type: ignore[assignment]
    made._registry = ActorRegistry(made._world)
    made._lamps = np.zeros(0, np.uint32)
    made.reset()
    return made


def drive(collector: Collector, frames: list[list[tuple[int, float, float, float, float]]]) -> list[Any]:
    states = []
    for tick, rows in enumerate(frames):
        collector._stream.push(tick + 1, rows)  # type: ignore[attr-defined]
        states.append(collector.collect(tick + 1, tick))
    return states


def test_forward_counts_up_reversing_counts_down_and_a_teleport_not_at_all(collector: Collector) -> None:
    steps = [0.0, 0.5, 1.0, 1.5, 1.25, 1.0, 80.0, 80.5]
    speeds = [10.0, 10.0, 10.0, 10.0, -5.0, -5.0, 10.0, 10.0]
    states = drive(collector, [[(CAR, x, 0.0, 0.0, v)] for x, v in zip(steps, speeds, strict=True)])
    found = [float(state.distance_travelled_m[0]) for state in states]
    assert found == pytest.approx([0.0, 0.5, 1.0, 1.5, 1.25, 1.0, 1.0, 1.5])
    radius = collector._table.wheel_radius_m[0]  # type: ignore[union-attr]
    assert states[3].wheel_roll_rad[0] == pytest.approx(1.5 / radius)


def test_heading_that_wraps_does_not_turn_forward_into_backward(collector: Collector) -> None:
    rows = [[(CAR, -0.5 * tick, 0.0, yaw, -10.0)] for tick, yaw in enumerate([179.0, -179.0, 179.0])]
    states = drive(collector, rows)
    assert float(states[-1].distance_travelled_m[0]) == pytest.approx(1.0, abs=1e-3)


def test_gait_advances_a_cycle_each_stride_and_starts_where_the_track_says(collector: Collector) -> None:
    states = drive(collector, [[(WALKER, 0.0, 0.06 * tick, 90.0, 1.2)] for tick in range(60)])
    phase = np.unwrap([float(state.gait_phase_rad[0]) for state in states])
    cycles = (phase[-1] - phase[0]) / (2 * np.pi)
    assert cycles == pytest.approx(59 * 0.06 / stride_length_m(1.2, 1.8), rel=1e-5)
    assert states[0].gait_phase_rad[0] == pytest.approx(0.618034 * 2 * np.pi)


def test_a_newcomer_starts_at_nought_and_each_actor_is_asked_about_once(collector: Collector) -> None:
    first = [[(CAR, 0.5 * tick, 0.0, 0.0, 10.0)] for tick in range(3)]
    both = [[(WALKER, 3.0, 3.0, 0.0, 0.0), (CAR, 1.5 + 0.5 * tick, 0.0, 0.0, 10.0)] for tick in range(3)]
    states = drive(collector, first + both)
    assert [list(state.track_id) for state in states] == [[1]] * 3 + [[1, 2]] * 3
    assert states[-1].distance_travelled_m[:1] == pytest.approx([2.5])
    assert states[-1].distance_travelled_m[1] == 0.0
    assert collector._world.asked == [[CAR], [WALKER]]
    assert list(states[-1].actors[0].attributes) == ["a", "b"]
    assert list(states[-1].lamp_flags) == [8, 0]
    assert states[3].actors[0] is not None and states[4].actors is states[5].actors


def test_a_frame_of_another_tick_is_a_sync_error(collector: Collector) -> None:
    collector._stream.push(9, [(CAR, 0.0, 0.0, 0.0, 0.0)])  # type: ignore[attr-defined]
    with pytest.raises(SyncError, match="found frame 9, expected 8"):
        collector.collect(8, 0)
    collector._stream.push(9, [(CAR, 0.0, 0.0, 0.0, 0.0)])  # type: ignore[attr-defined]
    collector._stream.push(10, [(CAR, 0.0, 0.0, 0.0, 0.0)])  # type: ignore[attr-defined]
    assert collector.collect(10, 0).count == 1  # older frames, of ticks that nobody collected, are skipped
