"""What the server lets its clients do: every limit in one table, so that no peer can fill the memory or stop the world.

`python -m sim.server` and `sim serve` set the ones that a legitimate user may want to change. A request that exceeds a
limit is answered with an error where it can be answered; bytes that are no request at all end their connection.
Tested by tests/server/test_limits.py.
"""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in s.

    `request_bytes`, `request_items`, `request_depth`: of one msgpack-rpc request; items are counted as declared, before
    any memory is reserved for them (a full batch of spawns has 0.7 million). `request_s`: from its first byte to its last.
    `clients`, `subscribers`: connections on the RPC and on the stream port. `unsent_bytes`: answers that a client has
    not read; beyond it nothing more is read from that client. `slice_s`: how long one client may be served while
    others wait. `batch_commands`: in one apply_batch. `actors`: alive at once. `greeting_s`: until a connection on the
    stream port has named its stream. `backlog_bytes`, `stall_s`, `silence_s`: of a subscriber that reads too
    slowly, or not at all (see streaming).
    """

    request_bytes: int = 64 * MIB
    request_items: int = 2 * MIB
    request_depth: int = 32
    request_s: float = 60.0
    clients: int = 256
    subscribers: int = 1024
    unsent_bytes: int = 4 * MIB
    slice_s: float = 0.02
    batch_commands: int = 10_000
    actors: int = 2_000
    greeting_s: float = 10.0
    backlog_bytes: int = 64 * MIB
    stall_s: float = 10.0
    silence_s: float = 0.8


LIMITS = Limits()
"""The defaults."""

KEEPALIVE_IDLE_S, KEEPALIVE_INTERVAL_S, KEEPALIVE_PROBES = 30, 10, 3
"""TCP keepalive: a peer that vanished without a word (cable, suspended machine) is noticed after about a minute."""

SLOW_CALL_S = 1.0
"""A call that takes longer is written to the log."""
