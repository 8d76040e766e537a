"""Wake a Traffic Manager that has missed its wake-up.

In synchronous mode the client's World.tick hands over to the Traffic Manager's thread and back with two flags and two
condition variables, and sets the flags *without* holding the mutex (carla 0.9.16, TrafficManagerLocal::SynchronousTick and
Run). A thread that is preempted between looking at its flag and going to sleep misses the notification, and both wait for
ever. Switching synchronous mode off and on again notifies the Traffic Manager's thread once more; through its own RPC port,
since the client's methods wait for a mutex that the sleeping tick holds.

If it was that thread which had slept through, it now does the cycle it owed, and the run is what it would have been. If it was
the ticking thread, the cycle is already done, the nudge adds one more, and the run is spoiled: Session raises SyncError. The
embedded server tells which: it counts the batches it got since the tick.

Could the server make the losing order impossible? It can only leave the client's threads more time to fall asleep. Tried with
20 cars and no watch on a machine under load: as it is, 1 hang in 47,803 ticks (two runs of 40 s, 637 and 786 ticks/s); no
busy polling, none in 35,476 (352 and 564 ticks/s); 0.1 ms of rest before tick_cue is answered, none in 14,404 (369 ticks/s);
before apply_batch is answered, none in 13,176 (343 ticks/s). Each halves the ticks or takes a quarter of them, the machine's
changing load included, and so few hangs cannot tell them apart, so the order of answers stays as it is.

Tested by tests/loop/test_traffic_watch.py.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgpack

POLL_S = 0.1
STALL_S = 0.4
CONFIRM_S = 0.6
RPC_TIMEOUT_S = 5.0
SECOND_CYCLE_S = 0.1
"""A second cycle after a nudge, which spoils the run, would begin at once and has sent its batch by then."""
IDLE_SHARE = 0.05
"""A process that computes a long cycle uses its processor; one that sleeps on both flags does not."""


class TrafficWatch:
    """Watches the ticks of the Traffic Manager at `port` from a thread; wrap each tick in begin() and end().

    `batches_since_tick` asks the server for the batches since its last tick; where it cannot tell (None: a server that is not
    ours, or that does not answer) nothing is done. `spoiled` says that a nudge has changed the run.
    """

    def __init__(self, port: int, batches_since_tick: Callable[[], int | None]) -> None:
        self._port = port
        self._batches_since_tick = batches_since_tick
        self._tick_began_s: float | None = None
        self._over = threading.Event()
        self.nudges = 0
        self.spoiled = False
        self._nudged = False
        self._thread = threading.Thread(target=self._watch, name="traffic-watch", daemon=True)
        self._thread.start()

    def begin(self) -> None:
        """A tick is handed to the client."""
        self._tick_began_s = time.monotonic()

    def end(self) -> None:
        """The client came back. After a nudge: whether the Traffic Manager did the cycle that it owed, and only that one."""
        self._tick_began_s = None
        if self._nudged:
            self._nudged = False
            time.sleep(SECOND_CYCLE_S)
            self.spoiled |= self._batches_since_tick() != 1

    def close(self) -> None:
        """Stop watching."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        rescued: float | None = None
        while not self._over.wait(POLL_S):
            began_s = self._tick_began_s
            if began_s is None or began_s == rescued or time.monotonic() - began_s < STALL_S:
                continue
            # while the server works on the tick the client sleeps as well: an answer from it says that it has finished
            if self._batches_since_tick() is not None and self._sleeps_through(began_s):
                rescued = began_s
                self._nudge()

    def _sleeps_through(self, began_s: float) -> bool:
        """Whether that tick is still under way and the process idle, for a whole CONFIRM_S.

        Idle means that every thread sleeps: on a crowded machine a thread that computes may not get a processor for
        long, and a nudge would then make the Traffic Manager move twice.
        """
        until_s = time.monotonic() + CONFIRM_S
        cpu_s = time.process_time()
        while time.monotonic() < until_s:
            if self._over.wait(POLL_S) or self._tick_began_s != began_s or _somebody_runs():
                return False
        return time.process_time() - cpu_s < IDLE_SHARE * CONFIRM_S

    def _nudge(self) -> None:
        owed = self._batches_since_tick() == 0
        self.nudges += 1
        self._nudged = True
        self.spoiled |= not owed
        switch_synchronous_mode(self._port)


def _somebody_runs() -> bool:
    """Whether any other thread of this process has, or waits for, a processor; False where the system does not tell."""
    own = str(threading.get_native_id())
    for task in Path("/proc/self/task").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # the thread has just ended
            state = (task / "stat").read_text().rpartition(")")[2].split()[0]
            if task.name != own and state not in "SD":
                return True
    return False


def switch_synchronous_mode(port: int) -> None:
    """Tell the Traffic Manager of this process, over its own msgpack-rpc port, to leave synchronous mode and to enter it again."""
    with socket.create_connection(("127.0.0.1", port), timeout=RPC_TIMEOUT_S) as connection:
        for call_id, mode in enumerate((False, True)):
            connection.sendall(msgpack.packb([0, call_id, "set_synchronous_mode", [mode]]))
            connection.recv(4096)
