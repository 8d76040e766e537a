"""Child processes that never outlive their parent, even when it is killed with SIGKILL."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1
_POLL_S = 0.5


def end_with_parent(parent_pid: int) -> None:
    """End this process with SIGTERM when the process `parent_pid` ends.

    On Linux the kernel does it (prctl PR_SET_PDEATHSIG); a thread that watches the parent's id covers the gap before the
    call, a parent *thread* that ends early, and other systems. Tested by tests/jobs/test_runner.py and tests/server.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    threading.Thread(target=_watch, args=(parent_pid,), name="watch-parent", daemon=True).start()


def _watch(parent_pid: int) -> None:
    while os.getppid() == parent_pid:
        time.sleep(_POLL_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(2.0)
    os._exit(1)
