"""The event camera's model against ramps whose crossings are known."""

from __future__ import annotations

import numpy as np
import pytest

from sim.server.kernels.brightness_events import crossings
from tests.server.conftest import Calls
from tests.server.describe import description


def _run(before, now, reference=None, rise=0.3, fall=0.2, refractory_ns=0, last_ns=None, room=100):
    before, now = np.array(before, np.float32), np.array(now, np.float32)
    reference = before.copy() if reference is None else np.array(reference, np.float32)
    last = np.full(len(before), -1, np.int64) if last_ns is None else last_ns
    pixels, times, polarity = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.uint8)
    up, down = np.full(len(before), rise, np.float32), np.full(len(before), fall, np.float32)
    count = crossings(before, now, reference, last, up, down, 1000, 900, refractory_ns, pixels, times, polarity)
    return count, pixels[:count], times[:count], polarity[:count], reference


def test_a_ramp_gives_an_event_at_each_level() -> None:
    count, pixels, times, polarity, reference = _run([0.0, 0.0, 1.0], [1.0, 0.0, 0.5])
    assert count == 5
    assert pixels.tolist() == [0, 0, 0, 2, 2]
    assert times == pytest.approx([1270, 1540, 1810, 1360, 1720], abs=1)
    assert polarity.tolist() == [1, 1, 1, 0, 0]
    assert reference == pytest.approx([0.9, 0.0, 0.6], abs=1e-6)


def test_what_is_left_over_counts_next_time() -> None:
    assert _run([0.0], [0.29])[0] == 0
    count, _, times, _, _ = _run([0.29], [0.31], reference=[0.0])
    assert count == 1
    assert times[0] == pytest.approx(1450, abs=2)


def test_a_refractory_pixel_is_silent_but_keeps_its_level() -> None:
    count, _, times, _, reference = _run([0.0], [1.0], refractory_ns=400)
    assert count == 2
    assert times == pytest.approx([1270, 1810], abs=1)
    assert reference == pytest.approx([0.9], abs=1e-6)


def test_too_little_room_changes_nothing() -> None:
    last = np.full(1, -1, np.int64)
    before, now, reference = (np.array([x], np.float32) for x in (0.0, 1.0, 0.0))
    step = np.full(1, 0.1, np.float32)
    none = np.empty(2, np.int64)
    count = crossings(before, now, reference, last, step, step, 0, 100, 0, none, none.copy(), np.empty(2, np.uint8))
    assert count > 2
    assert reference[0] == 0.0
    assert last[0] == -1


def test_events_of_a_moving_camera_are_sorted_repeat_and_stay_in_their_tick() -> None:
    from sim.server.map_source import MapSource
    from sim.server.sensing.event_camera import EVENT
    from sim.server.transport.event_loop import EventLoop
    from sim.server.transport.streaming import StreamHub
    from sim.server.world import World
    from tests.server.tap import Tap

    runs = []
    for _ in range(2):
        world = World(StreamHub(EventLoop()), MapSource(), MapSource().load("parking_lot"), stream_port=2001)
        world.settings = type(world.settings)(synchronous=True, fixed_delta_s=0.05)
        calls = Calls(world)
        tap = Tap(world, calls)
        (x, y, z), turn = world.map.spawn_points[0]
        size = {"image_size_x": "64", "image_size_y": "48", "sigma_positive_threshold": "0.1"}
        camera = tap.add("sensor.camera.dvs", [[x, y, z + 1.5], turn], **size)
        calls.tick_cue()
        calls.tick_cue()
        assert not tap.frames[camera], "neither the first image nor a still one gives events"
        calls.set_actor_transform(camera, [[x, y, z + 1.2], turn])
        calls.tick_cue()
        (frame,) = tap.frames[camera]
        events = np.frombuffer(frame, EVENT, offset=60)
        assert len(events) > 50
        assert (np.diff(events["t"]) >= 0).all()
        now = world.elapsed_flicks * 1_000_000_000 // 705_600_000
        assert events["t"].min() >= now - 50_000_000
        assert events["t"].max() <= now
        assert set(events["pol"].tolist()) == {0, 1}
        assert events["x"].max() < 64
        runs.append(events.tobytes())
    assert runs[0] == runs[1]
    assert description("sensor.camera.dvs")
