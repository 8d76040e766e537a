"""Work that must not slow the loop: pictures are encoded and files written behind its back, in order, with a bound."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

QUEUE_LENGTH = 8


class BackgroundWriter:
    """One thread that does jobs in the order given. At most `QUEUE_LENGTH` wait; then submit() blocks, so memory stays bounded.

    The first failure is raised in the submitting thread, by the next submit() or by finish(); later jobs are dropped.
    A context manager: leaving on an exception stops the thread without waiting for what is queued.
    Tested by tests/loop/test_background.py.
    """

    def __init__(self) -> None:
        self._jobs: queue.Queue[Callable[[], Any] | None] = queue.Queue(QUEUE_LENGTH)
        self._failure: BaseException | None = None
        self._cancelled = False
        self._thread = threading.Thread(target=self._work, name="background-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[], Any]) -> None:
        """Queue a job."""
        self._raise_failure()
        self._jobs.put(job)

    def finish(self) -> None:
        """Wait until everything is done."""
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join()
        self._raise_failure()

    def __enter__(self) -> BackgroundWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cancelled = error is not None
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if self._failure is not None or self._cancelled:
                continue
            try:
                job()
            except BaseException as error:
                self._failure = error

    def _raise_failure(self) -> None:
        if self._failure is not None:
            failure, self._failure = self._failure, None
            self._cancelled = True
            raise failure
