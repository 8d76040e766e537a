"""Sensors in real time measure beside the loop; rounds never overlap, and a closed room delivers nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from sim.server.sensing.back_room import BackRoom
from sim.server.transport.event_loop import EventLoop
from sim.server.world import World
from tests.server.conftest import Calls
from tests.server.tap import Tap

_PLACE = [[0.0, 0.0, 3.0], [0.0, 0.0, 0.0]]
_SMALL = {"image_size_x": "64", "image_size_y": "48"}


def _serve_until(loop: EventLoop, done: Callable[[], bool], limit_s: float = 60.0) -> None:
    """Run the loop's handlers until something holds."""
    until = time.monotonic() + limit_s
    while not done() and time.monotonic() < until:
        for descriptor, events in loop._epoll.poll(0.01):
            loop._handlers[descriptor](events)
    assert done()


def test_results_come_in_order_in_the_loops_thread_and_failures_are_raised_there() -> None:
    loop, got, here = EventLoop(), [], threading.get_ident()
    room: BackRoom[int] = BackRoom(loop, lambda result: got.append((result, threading.get_ident())))
    room.start([lambda: 1, lambda: threading.get_ident()])
    assert room.busy
    _serve_until(loop, lambda: not room.busy)
    assert got[0] == (1, here)
    assert got[1][0] != here
    assert got[1][1] == here

    def fail() -> int:
        raise ValueError("no light")

    room.start([fail, lambda: 2])
    with pytest.raises(ValueError, match="no light"):
        room.finish()
    assert not room.busy
    assert got[-1][0] == 2
    room.close(lambda: None)


def test_a_closed_room_delivers_nothing_and_does_not_wait() -> None:
    loop, got, gate, left = EventLoop(), [], threading.Event(), threading.Event()
    room: BackRoom[bool] = BackRoom(loop, got.append)
    room.start([lambda: gate.wait(30.0), lambda: True])
    room.close(left.set)
    gate.set()
    assert left.wait(30.0)
    assert not got


def test_the_tick_does_not_wait_for_a_camera_in_real_time(
    world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim.server.sensing.label_cameras import DepthCamera

    tap = Tap(world, calls)
    camera = tap.add("sensor.camera.depth", _PLACE, **_SMALL)
    calls.tick_cue()  # synchronous: the tick has waited for the scene, and the image is there
    assert len(tap.frames[camera]) == 1
    synchronous = tap.frames[camera][0]
    gate, sense = threading.Event(), DepthCamera.sense
    monkeypatch.setattr(DepthCamera, "sense", lambda self, moment: gate.wait(30.0) and sense(self, moment))
    world.settings = type(world.settings)(synchronous=False, fixed_delta_s=0.05)
    begun = world.step()
    for _ in range(5):
        world.step()
    assert len(tap.frames[camera]) == 1
    gate.set()
    _serve_until(world.hub.loop, lambda: len(tap.frames[camera]) == 2)
    assert int.from_bytes(tap.frames[camera][1][8:16], "little") == begun, "the image is of the tick at which it began"
    assert tap.frames[camera][1][60:] == synchronous[60:]
    world.step()
    world.settings = type(world.settings)(synchronous=True, fixed_delta_s=0.05)
    calls.tick_cue()  # what was under way is delivered before synchronous ticks go on
    assert [int.from_bytes(frame[8:16], "little") for frame in tap.frames[camera][2:]] == [world.frame - 1, world.frame]
