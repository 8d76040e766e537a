"""A server that was started by another process ends with it, however that process ends.

PR_SET_PDEATHSIG has the kernel send a signal when the parent's *thread* ends, which wakes the loop at once; since that
thread may end before its process does, the signal only makes the server look whether its parent is still the same one. It
looks a few times a second as well, because the signal is lost when the parent dies before the call.
Tested by tests/server/test_process.py.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


class ParentWatch:
    """Watches the process `parent_pid`, by default the parent at construction; `alive()` tells whether it is still ours.

    A parent that names itself is not missed even when it ends before this runs. In a container it may well be process 1.
    """

    def __init__(self, parent_pid: int | None = None) -> None:
        self._parent = parent_pid or os.getppid()
        if sys.platform == "linux":
            signal.signal(signal.SIGUSR2, lambda _number, _frame: None)
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGUSR2, 0, 0, 0)

    def alive(self) -> bool:
        """Whether the process that started this one still runs."""
        return os.getppid() == self._parent
