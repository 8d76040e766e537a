"""When sensors are due, and which attributes they can have."""

from __future__ import annotations

import pytest

from sim.base.clock import flicks
from sim.server.errors import CallError
from sim.server.sensing.limits import check_attributes, number, whole
from sim.server.sensing.station import _Post
from sim.server.world import World
from tests.server.conftest import Calls
from tests.server.describe import description

_IDENTITY = [[0.0, 0.0, 2.0], [0.0, 0.0, 0.0]]


def _post(calls: Calls, world: World, sensor_tick: str) -> _Post:
    actor = calls.spawn_actor(description("sensor.camera.rgb", sensor_tick=sensor_tick), _IDENTITY)
    return _Post(world.entry(actor[0]))


@pytest.mark.parametrize(
    ("sensor_tick", "tick_s", "ticks", "expected"),
    [
        ("0.0", 0.05, 20, 20),
        ("0.033", 0.05, 2000, 2000),  # faster than the tick: every tick
        ("0.05", 0.05, 2000, 2000),
        ("0.1", 0.05, 2000, 1000),
        ("0.12", 0.05, 2400, 1000),
        ("0.333", 0.05, 6660, 1000),
        ("0.1", 0.033, 10000, 3300),
        ("1.0", 1.0 / 36.0, 3600, 100),
    ],
)
def test_the_count_is_exact_for_awkward_periods(
    calls: Calls, world: World, sensor_tick: str, tick_s: float, ticks: int, expected: int
) -> None:
    post = _post(calls, world, sensor_tick)
    start, tick = 7 * flicks(tick_s), flicks(tick_s)
    times = [start + k * tick for k in range(ticks)]
    due = [now for now in times if post.due(now)]
    assert due[0] == start
    assert len(due) == expected
    period = post.period_flicks
    for k, now in enumerate(due):
        if period > tick:
            grid = start + k * period
            assert grid <= now < grid + tick, "the first tick at or after each point of the grid"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("image_size_x", "0"),
        ("image_size_x", "9000"),
        ("fov", "180"),
        ("fov", "wide"),
        ("sensor_tick", "-1"),
        ("iso", "nan"),
    ],
)
def test_a_camera_that_cannot_be_is_refused(name: str, value: str) -> None:
    with pytest.raises(CallError, match=f'{name}: found "{value}"; expected'):
        check_attributes("sensor.camera.rgb", {name: value})


def test_missing_attributes_take_the_blueprints_values(calls: Calls, world: World) -> None:
    entry = world.entry(calls.spawn_actor(description("sensor.camera.rgb", fov="70"), _IDENTITY)[0])
    assert (whole(entry, "image_size_x"), number(entry, "fov"), number(entry, "fstop")) == (800, 70.0, 1.4)
