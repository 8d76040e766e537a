"""What a running server tells about itself: the answer to our own call `sim_status`, shown by `sim serve --status`."""

from __future__ import annotations

import os
import resource
import time
from collections import Counter, deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.server.server import Server

_RATE_WINDOW_S = 5.0
_STATM = Path("/proc/self/statm")


class TickRate:
    """Ticks per second of wall time over the last seconds; only reported, never used."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, now_s: float, frame: int) -> None:
        """The world is at this frame now."""
        self._seen.append((now_s, frame))
        while len(self._seen) > 2 and now_s - self._seen[0][0] > _RATE_WINDOW_S:
            self._seen.popleft()

    def per_second(self, now_s: float, frame: int) -> float:
        """The rate until now."""
        if not self._seen or now_s <= self._seen[0][0]:
            return 0.0
        since_s, first = self._seen[0]
        return max(frame - first, 0) / (now_s - since_s)


def memory_bytes() -> int:
    """Resident memory of this process."""
    if _STATM.exists():
        return int(_STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def status_of(server: Server) -> dict[str, Any]:
    """The figures, by name; units are in the names."""
    world = server.world
    now_s = time.perf_counter()
    connections, listening = server.hub.counts()
    return {
        "pid": os.getpid(),
        "uptime_s": now_s - server.started_s,
        "map": world.map.full_name,
        "episode": world.episode_id,
        "frame": world.frame,
        "simulated_s": world.time_s,
        "synchronous": world.settings.synchronous,
        "tick_s": world.settings.delta_s,
        "ticks_per_s": server.rate.per_second(now_s, world.frame),
        "actors": dict(sorted(Counter(entry.kind.name.lower() for entry in world.actors.entries).items())),
        "clients": len(server.clients),
        "stream_connections": connections,
        "subscribers": listening,
        "memory_bytes": memory_bytes(),
        "scene_building": world.sensors.building,
        "recording": str(getattr(getattr(world, "recorder", None), "recording", "") or ""),
    }
