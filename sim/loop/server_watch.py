"""What to do when the embedded server dies while the carla client waits for it.

The client's call returns after its time-out, but a Traffic Manager's own thread raises at the same moment, and nothing can catch
that: the process is ended. So the `sim` program watches the server from a thread, and when it is gone and the loop does not
come back by itself, finishes the record from that thread and leaves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

POLL_S = 0.1
GRACE_S = 1.0
"""A loop that is not inside the client notices the loss itself within a tick."""


class ServerWatch:
    """A context manager around the loop: `on_loss` runs in the watching thread when `is_gone` has been true for GRACE_S.

    Tested by tests/loop/test_server_watch.py and, with a Traffic Manager, by tests/cli/test_server_loss.py.
    """

    def __init__(self, is_gone: Callable[[], bool], on_loss: Callable[[], None]) -> None:
        self._is_gone = is_gone
        self._on_loss = on_loss
        self._over = threading.Event()
        self._busy = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="server-watch", daemon=True)

    def __enter__(self) -> ServerWatch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._busy:  # a rescue that has begun is let finish
            self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(POLL_S):
            if self._is_gone() and not self._over.wait(GRACE_S):
                with self._busy:
                    if not self._over.is_set():
                        self._on_loss()
                return
