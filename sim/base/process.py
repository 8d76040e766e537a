"""Processes that never outlive the one that started them, even when that one is killed with SIGKILL.

PR_SET_PDEATHSIG has the kernel send a signal when the parent's *thread* ends, which wakes the child at once. Since that
thread may end before its process does, the signal only makes the child look whether its parent is still the same one; it
looks a few times a second as well, because the signal is lost when the parent dies before the call, and for other systems.
Tested by tests/jobs/test_runner.py and tests/server/test_process.py.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1
_POLL_S = 0.5
_GRACE_S = 2.0


class ParentWatch:
    """Watches the process `parent_pid`, by default the parent at construction; `alive()` tells whether it is still ours.

    A parent that names itself is not missed even when it ends before this runs. In a container it may well be process 1.
    To be made in the main thread: it handles the kernel's signal.
    """

    def __init__(self, parent_pid: int | None = None) -> None:
        self._parent = parent_pid or os.getppid()
        if sys.platform == "linux":
            signal.signal(signal.SIGUSR2, lambda _number, _frame: None)
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGUSR2, 0, 0, 0)

    def alive(self) -> bool:
        """Whether the process that started this one still runs."""
        return os.getppid() == self._parent


def end_with_parent(parent_pid: int) -> None:
    """End this process with SIGTERM, soon after with force, when the process `parent_pid` ends. A thread watches it."""
    watch = ParentWatch(parent_pid)
    threading.Thread(target=_end_when_alone, args=(watch,), name="watch-parent", daemon=True).start()


def _end_when_alone(watch: ParentWatch) -> None:
    while watch.alive():
        time.sleep(_POLL_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_S)
    os._exit(1)
