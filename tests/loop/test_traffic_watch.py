"""A Traffic Manager that missed its wake-up is woken, and a run that this has changed does not count."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import msgpack
import pytest

from sim.base import clock
from sim.base.errors import SyncError
from sim.loop import traffic_watch
from sim.loop.session import Session
from sim.loop.traffic_watch import TrafficWatch
from sim.wire.rpc import RpcConnection

LONG_S = traffic_watch.STALL_S + traffic_watch.CONFIRM_S + 4 * traffic_watch.POLL_S


class Manager:
    """A Traffic Manager's RPC port that notes which modes it is told."""

    def __init__(self) -> None:
        self.modes: list[bool] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        unpacker = msgpack.Unpacker()
        while data := connection.recv(4096):
            unpacker.feed(data)
            for _, call_id, method, (mode,) in unpacker:
                assert method == "set_synchronous_mode"
                self.modes.append(mode)
                connection.sendall(msgpack.packb([1, call_id, None, None]))


def idle(duration_s: float) -> None:
    time.sleep(duration_s)


def busy(duration_s: float) -> None:
    until_s = time.monotonic() + duration_s
    while time.monotonic() < until_s:
        sum(range(1000))


def watch_a_tick(
    waiting: Callable[[float], None], batches: int | None, after_nudge: int = 1
) -> tuple[Manager, TrafficWatch]:
    """One tick; the server has counted `batches` before a nudge, `after_nudge` after it."""
    manager = Manager()
    watch = TrafficWatch(manager.port, lambda: after_nudge if manager.modes else batches)
    watch.begin()
    waiting(LONG_S)
    watch.end()
    watch.close()
    return manager, watch


def test_a_sleeping_tick_is_nudged_once_and_counts_when_the_cycle_was_owed() -> None:
    manager, watch = watch_a_tick(idle, batches=0)
    assert manager.modes == [False, True]
    assert (watch.nudges, watch.spoiled) == (1, False)


def test_a_cycle_too_many_spoils_the_run() -> None:
    assert watch_a_tick(idle, batches=1)[1].spoiled
    assert watch_a_tick(idle, batches=0, after_nudge=2)[1].spoiled


def test_nothing_is_done_where_the_server_cannot_tell() -> None:
    assert watch_a_tick(idle, batches=None)[0].modes == []


def test_a_tick_that_computes_is_left_alone() -> None:
    manager, watch = watch_a_tick(busy, batches=0)
    assert (manager.modes, watch.nudges) == ([], 0)


def test_a_slow_server_is_waited_for() -> None:
    """The client sleeps while the server works; the server answers when it has done so, and then the tick ends."""
    manager = Manager()

    def answer_late() -> int:
        time.sleep(1.0)
        watch.end()
        return 0

    watch = TrafficWatch(manager.port, answer_late)
    watch.begin()
    idle(LONG_S + 1.0)
    watch.close()
    assert manager.modes == []


def test_waiting_between_ticks_is_left_alone() -> None:
    manager = Manager()
    watch = TrafficWatch(manager.port, lambda: 0)
    idle(LONG_S)
    watch.close()
    assert manager.modes == []


def test_the_server_counts_the_batches_since_its_tick() -> None:
    with (
        Session("town_quarter", clock.period_from_hz(20)) as session,
        RpcConnection(session._host, session._port) as rpc,
    ):
        session.tick()
        assert rpc.call("sim_batches_since_tick") == 0
        session.client.apply_batch_sync([], False)
        assert rpc.call("sim_batches_since_tick") == 1
        session.tick()
        assert rpc.call("sim_batches_since_tick") == 0


def test_the_manager_of_a_spoiled_run_is_shut_down() -> None:
    """Otherwise its thread waits for the server that has ended, and takes the process with it 30 s later."""
    with pytest.raises(SyncError), Session("town_quarter", clock.period_from_hz(20)) as session:
        car = session.world.get_blueprint_library().find("vehicle.tesla.model3")
        spawn = session.world.get_map().get_spawn_points()[0]
        session.world.spawn_actor(car, spawn).set_autopilot(True, session.tm_port)
        session.tick()
        session._traffic_watch.spoiled = True
        session.tick()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", session.tm_port), timeout=1.0)
