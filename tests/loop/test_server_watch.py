"""The watch acts when the server is gone and the loop hangs, and never otherwise."""

from __future__ import annotations

import threading
import time

import pytest

from sim.loop import server_watch
from sim.loop.server_watch import ServerWatch


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_watch, "POLL_S", 0.01)
    monkeypatch.setattr(server_watch, "GRACE_S", 0.1)


def test_a_hanging_loop_is_rescued() -> None:
    gone, rescued = threading.Event(), threading.Event()
    with ServerWatch(gone.is_set, rescued.set):
        gone.set()
        assert rescued.wait(5.0)


def test_a_loop_that_ends_in_time_is_left_alone() -> None:
    rescued = threading.Event()
    with ServerWatch(lambda: True, rescued.set):
        time.sleep(0.02)
    time.sleep(0.2)
    assert not rescued.is_set()


def test_a_healthy_server_is_never_rescued() -> None:
    rescued = threading.Event()
    with ServerWatch(lambda: False, rescued.set):
        time.sleep(0.3)
    assert not rescued.is_set()
