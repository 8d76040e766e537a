"""Background work is done in order, waits when too far behind, and its failures are not lost."""

from __future__ import annotations

import threading
import time

import pytest

from sim.loop.background import QUEUE_LENGTH, BackgroundWriter


def test_jobs_are_done_in_order() -> None:
    done: list[int] = []
    with BackgroundWriter() as writer:
        for number in range(50):
            writer.submit(lambda number=number: done.append(number))
        writer.finish()
    assert done == list(range(50))


def test_a_failure_reaches_the_submitter_and_later_jobs_are_dropped() -> None:
    done: list[int] = []

    def fail() -> None:
        raise OSError(28, "No space left on device")

    with BackgroundWriter() as writer:
        writer.submit(fail)
        with pytest.raises(OSError, match="No space left"):
            for _ in range(100):
                writer.submit(lambda: done.append(1))
                time.sleep(0.002)
    assert len(done) <= QUEUE_LENGTH


def test_finish_raises_the_failure() -> None:
    with BackgroundWriter() as writer:
        writer.submit(lambda: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            writer.finish()


def test_leaving_on_an_exception_drops_what_is_queued() -> None:
    gate, done = threading.Event(), []
    with pytest.raises(KeyboardInterrupt), BackgroundWriter() as writer:
        writer.submit(gate.wait)
        for _ in range(QUEUE_LENGTH - 1):
            writer.submit(lambda: done.append(1))
        threading.Timer(0.05, gate.set).start()
        raise KeyboardInterrupt
    assert done == []
