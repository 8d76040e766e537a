"""What a running server tells about itself, for the terminal. Tested by tests/server/test_status.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from sim.base.errors import ServerLostError
from sim.wire.response import ResponseError
from sim.wire.rpc import RpcConnection

_TIMEOUT_S = 5.0


def fetch_status(host: str, port: int) -> dict[str, Any]:
    """The figures by name; ServerLostError when nobody answers there, or when it is not this simulator's server."""
    with RpcConnection(host, port, _TIMEOUT_S) as rpc:
        try:
            status = rpc.call("sim_status")
        except ResponseError as error:
            raise ServerLostError(
                f"{host}:{port}: found a server that tells no status ({error}); only `sim serve` does"
            ) from error
    if not isinstance(status, dict):
        raise ServerLostError(f"{host}:{port}: found no status in the answer; only `sim serve` tells it")
    return status


def status_table(host: str, port: int, status: Mapping[str, Any]) -> Table:
    """The figures as a table for people."""
    mode = "synchronous" if status["synchronous"] else "real time"
    actors = ", ".join(f"{count} {kind}" for kind, count in status["actors"].items())
    rows = {
        "map": f"{status['map']}, episode {status['episode']}",
        "ticks": f"{status['ticks_per_s']:.1f} /s, {mode}, {status['tick_s'] * 1000:g} ms each",
        "frame": f"{status['frame']}, {status['simulated_s']:.2f} s simulated",
        "actors": f"{sum(status['actors'].values())}: {actors}",
        "clients": f"{status['clients']}, this one among them",
        "streams": f"{status['subscribers']} subscribed, {status['stream_connections']} connections",
        "memory": f"{status['memory_bytes'] / 2**20:.0f} MiB",
        "recording": status["recording"] or "no",
        "up": f"{_duration(status['uptime_s'])}, process {status['pid']}",
    }
    table = Table(title=f"sim serve at {host}:{port}", show_header=False, title_justify="left")
    table.add_column(style="bold cyan", no_wrap=True)
    table.add_column()
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else (f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s")
