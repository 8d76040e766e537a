"""One thread that waits on all sockets. After activity it polls without sleeping for a moment, because a client that has
just received an answer sends its next call within some tens of microseconds, and waking a sleeping thread costs as much.

Wall-clock time decides only when asynchronous mode ticks, never what a tick computes.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable

Handler = Callable[[int], None]

READABLE = select.EPOLLIN
WRITABLE = select.EPOLLOUT
BROKEN = select.EPOLLHUP | select.EPOLLERR

BUSY_POLL_S = 200e-6
IDLE_WAIT_S = 0.25


class EventLoop:
    """Calls `handler(events)` of each descriptor that is ready, and `housekeeping()` between rounds."""

    def __init__(self, busy_poll_s: float = BUSY_POLL_S) -> None:
        self._epoll = select.epoll()
        self._handlers: dict[int, Handler] = {}
        self._busy_poll_s = busy_poll_s
        self._running = True

    def add(self, descriptor: int, handler: Handler, events: int = READABLE) -> None:
        """Watch a descriptor."""
        self._handlers[descriptor] = handler
        self._epoll.register(descriptor, events)

    def change(self, descriptor: int, events: int) -> None:
        """Watch for other events on a descriptor."""
        self._epoll.modify(descriptor, events)

    def remove(self, descriptor: int) -> None:
        """Stop watching; call it before closing the descriptor."""
        if self._handlers.pop(descriptor, None) is not None:
            self._epoll.unregister(descriptor)

    def serve_some(self, descriptors: set[int], limit_s: float) -> None:
        """From inside a handler: wait for activity once, and serve these descriptors alone; others stay ready for run()."""
        ready = [(descriptor, events) for descriptor, events in self._epoll.poll(0) if descriptor in descriptors]
        if not ready:
            time.sleep(min(BUSY_POLL_S, limit_s))
        for descriptor, events in ready:
            handler = self._handlers.get(descriptor)
            if handler is not None:
                handler(events)

    def stop(self) -> None:
        """Leave run() after the current round. Safe in a signal handler."""
        self._running = False

    def run(
        self,
        housekeeping: Callable[[float], float],
        before_sleep: Callable[[], None],
        failed: Callable[[int, Exception], None],
    ) -> None:
        """Serve until stop(). `housekeeping(now_s)` does what is due and returns the time of its next duty (monotonic s);
        `before_sleep()` is called when nothing has happened for a while; `failed(descriptor, error)` when a handler
        raised: one connection's defect must not end the others."""
        clock = time.perf_counter
        poll = self._epoll.poll
        handlers = self._handlers
        quiet_from = clock() + self._busy_poll_s
        due = clock()
        while self._running:
            now = clock()
            if now >= due:
                due = housekeeping(now)
            if now < quiet_from:
                ready = poll(0)
            else:
                before_sleep()
                ready = poll(min(max(due - now, 0.0), IDLE_WAIT_S))
            if not ready:
                continue
            for descriptor, events in ready:
                handler = handlers.get(descriptor)
                if handler is not None:
                    try:
                        handler(events)
                    except Exception as error:
                        failed(descriptor, error)
            due = min(due, housekeeping(clock()))
            quiet_from = clock() + self._busy_poll_s
        self._epoll.close()
