"""Where sensors that look at the scene measure in real time: one thread beside the event loop, which serves calls meanwhile.

A round of measurements is handed over with everything that it reads; what comes out is sent by the loop's own thread, which
an eventfd wakes. One round at a time: while it lasts, ticks go on and no further one begins, so frames are left out when the
renderer is behind. Physics never reads what is measured here, and synchronous mode does not come here at all.
Tested by tests/server/test_back_room.py.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from sim.server.transport.event_loop import EventLoop

Result = TypeVar("Result")


class BackRoom(Generic[Result]):
    """Runs rounds of tasks in a thread and gives each result to `deliver` in the thread of the loop."""

    def __init__(self, loop: EventLoop, deliver: Callable[[Result], None]) -> None:
        self._loop = loop
        self._deliver = deliver
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._done: deque[Result | Exception] = deque()
        self._left = 0
        self._closed = False
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="sensing")
        loop.add(self._bell, self._on_bell)

    @property
    def busy(self) -> bool:
        """Whether a round is under way, or has results that were not delivered."""
        return self._left > 0

    def start(self, tasks: Sequence[Callable[[], Result]]) -> None:
        """Begin a round; only when not busy."""
        self._left = len(tasks)
        self._pool.submit(self._work, tuple(tasks))

    def finish(self) -> None:
        """Wait for the round under way and deliver what it made."""
        if self.busy:
            self._pool.submit(int).result()
            self._collect()

    def close(self, last: Callable[[], None]) -> None:
        """No result is delivered any more; `last` runs in the thread when it has stopped working. Does not wait."""
        self._closed = True
        self._loop.remove(self._bell)
        self._pool.submit(self._leave, last)
        self._pool.shutdown(wait=False)

    def _leave(self, last: Callable[[], None]) -> None:
        last()
        os.close(self._bell)

    def _work(self, tasks: Sequence[Callable[[], Result]]) -> None:
        for task in tasks:
            if self._closed:
                return
            try:
                self._done.append(task())
            except Exception as failure:  # raised again in the loop's thread, which logs it
                self._done.append(failure)
            os.eventfd_write(self._bell, 1)

    def _on_bell(self, _events: int) -> None:
        os.eventfd_read(self._bell)
        self._collect()

    def _collect(self) -> None:
        failures = []
        while self._done:
            result = self._done.popleft()
            self._left -= 1
            if isinstance(result, Exception):
                failures.append(result)
            else:
                self._deliver(result)
        if failures:
            raise failures[0]
