"""`python -m sim.server`: the embedded CARLA server as a process.

When it is ready it prints one JSON line on standard output, {"rpc_port": P, "stream_port": P + 1}. Wrong arguments, a busy
port or a bad map: a message on standard error and exit code 2. SIGINT and SIGTERM end it with exit code 0.
Tested by tests/server/test_process.py.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from sim.base.errors import SimError
from sim.server.lifetime import ParentWatch
from sim.server.map_source import MapSource
from sim.server.server import Server, listen

DEFAULT_PORT = 2000
DEFAULT_MAP = "town_quarter"
_EXIT_REFUSED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal; the exit code."""
    args = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO if args.verbose else logging.WARNING, format="%(levelname)s %(message)s")
    watch = ParentWatch(args.exit_with_parent) if args.exit_with_parent is not None else None
    try:
        sockets = listen(args.host, args.port)
        maps = MapSource(args.maps)
        server = Server(sockets, maps, maps.load(args.map), args.seed, args.empty)
    except SimError as error:
        sys.stderr.write(f"sim.server: {error}\n")
        return _EXIT_REFUSED
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: server.stop())
    ports = {"rpc_port": sockets.rpc_port, "stream_port": sockets.rpc_port + 1}
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    server.run(watch.alive if watch is not None else None)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sim.server", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="RPC port P; streams use P + 1; 0 finds a pair"
    )
    parser.add_argument("--map", default=DEFAULT_MAP, help="name or path of an OpenDRIVE map")
    parser.add_argument("--maps", type=Path, action="append", default=[], help="folder with maps; may be repeated")
    parser.add_argument("--seed", type=int, default=0, help="seed of what stands around the roads")
    parser.add_argument(
        "--exit-with-parent",
        type=int,
        nargs="?",
        const=0,
        metavar="PID",
        help="end when the starting process ends; PID is its id, by default the parent found at start",
    )
    parser.add_argument("--empty", action="store_true", help="answer the same calls, but simulate nothing (benchmarks)")
    parser.add_argument("--verbose", action="store_true", help="log every refused connection and argument")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65534:
        raise argparse.ArgumentTypeError(f"found {port}; allowed is 0 to 65534 (the next port is needed too)")
    return port


if __name__ == "__main__":
    sys.exit(main())
