"""`python -m sim.server`: the embedded CARLA server as a process.

When it is ready, its kernels compiled and loaded, it prints one JSON line on standard output, {"rpc_port": P, "stream_port":
P + 1}. Wrong arguments, a busy port or a bad map: a message on standard error and exit code 2. SIGINT and SIGTERM end it in
order, with exit code 0; a second signal ends it at once. Tested by tests/server/test_process.py.
"""

from __future__ import annotations

import argparse
import dataclasses
import ipaddress
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from sim.base.errors import SimError
from sim.base.process import ParentWatch
from sim.maps.seasons import parse_date
from sim.server.heap import limit_arenas
from sim.server.journal import close_journal, open_journal, record
from sim.server.limits import LIMITS, MIB, Limits
from sim.server.map_source import MapSource
from sim.server.recorder.folder import RecordingsFolder, default_folder
from sim.server.server import Server, listen
from sim.server.warm_up import warm_up

DEFAULT_PORT = 2000
DEFAULT_MAP = "town_quarter"
_EXIT_REFUSED = 2
_EXIT_FORCED = 1
_SAME_SIGNAL_S = 0.3


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal; the exit code."""
    args = _parser().parse_args(arguments)
    limit_arenas()
    watch = ParentWatch(args.exit_with_parent) if args.exit_with_parent is not None else None
    try:
        open_journal(args.log, args.verbose)
        sockets = listen(args.host, args.port)
        maps = MapSource(args.maps, parse_date(args.date))
        loaded = maps.load(args.map)
        warm_up()
        server = Server(sockets, maps, loaded, args.seed, args.empty, _limits(args))
        server.world.recorder.files = RecordingsFolder(args.recordings, loopback=_is_loopback(args.host))
    except SimError as error:
        sys.stderr.write(f"sim.server: {error}\n")
        return _EXIT_REFUSED
    _warn_when_open(args.host)
    _end_on_signals(server)
    if args.scene_first:
        server.world.sensors.builder_of_now().wait()
    ports = {"rpc_port": sockets.rpc_port, "stream_port": sockets.rpc_port + 1}
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    record("started", pid=os.getpid(), host=args.host, port=sockets.rpc_port, map=server.world.map.full_name)
    server.run(watch.alive if watch is not None else None)
    server.world.recorder.stop_recording()
    record("stopped", frame=server.world.frame)
    close_journal()
    return 0


def _end_on_signals(server: Server) -> None:
    """The first signal asks the loop to end; a second one does not wait for it.

    Wrappers such as timeout(1) send one signal twice, to the process and to its group: what follows at once is the same.
    """
    asked_s: list[float] = []

    def end(_number: int, _frame: FrameType | None) -> None:
        asked_s.append(time.monotonic())
        if asked_s[-1] - asked_s[0] > _SAME_SIGNAL_S:
            os._exit(_EXIT_FORCED)
        server.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)


def _warn_when_open(host: str) -> None:
    """CARLA's protocol knows no passwords: say so when others than this machine can connect."""
    if not _is_loopback(host):
        sys.stderr.write(
            f"sim.server: warning: listening on {host}. The protocol has no passwords and no encryption: whoever reaches "
            "these two ports can drive, load maps and end runs. Use it in a network that you trust, or leave --host out.\n"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _limits(args: argparse.Namespace) -> Limits:
    return dataclasses.replace(
        LIMITS,
        clients=args.max_clients,
        actors=args.max_actors,
        subscribers=args.max_streams,
        request_bytes=args.max_request_mib * MIB,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sim.server", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="RPC port P; streams use P + 1; 0 finds a pair"
    )
    parser.add_argument("--map", default=DEFAULT_MAP, help="name or path of an OpenDRIVE map")
    parser.add_argument("--maps", type=Path, action="append", default=[], help="folder with maps; may be repeated")
    parser.add_argument(
        "--recordings", type=Path, help=f"folder of recordings that clients name (default: {default_folder()})"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of what stands around the roads")
    parser.add_argument(
        "--date",
        default=os.environ.get("SIM_DATE", ""),
        help="YYYY-MM-DD, by which trees are in leaf, coloured or bare (default: SIM_DATE, else in leaf)",
    )
    parser.add_argument(
        "--exit-with-parent",
        type=int,
        nargs="?",
        const=0,
        metavar="PID",
        help="end when the starting process ends; PID is its id, by default the parent found at start",
    )
    parser.add_argument(
        "--scene-first", action="store_true", help="be ready only when what cameras see is built, some seconds later"
    )
    parser.add_argument("--empty", action="store_true", help="answer the same calls, but simulate nothing (benchmarks)")
    parser.add_argument("--max-clients", type=_count, default=LIMITS.clients, help="connections on the RPC port")
    parser.add_argument("--max-streams", type=_count, default=LIMITS.subscribers, help="connections on the stream port")
    parser.add_argument("--max-actors", type=_count, default=LIMITS.actors, help="actors alive at once")
    parser.add_argument(
        "--max-request-mib", type=_count, default=LIMITS.request_bytes // MIB, help="size of one request, in MiB"
    )
    parser.add_argument(
        "--log", metavar="FILE", help="append events as JSON lines to a file; - writes them to standard error"
    )
    parser.add_argument("--verbose", action="store_true", help="log every refused connection and argument")
    return parser


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 1_000_000:
        raise argparse.ArgumentTypeError(f"found {count}; allowed is 1 to 1000000")
    return count


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65534:
        raise argparse.ArgumentTypeError(f"found {port}; allowed is 0 to 65534 (the next port is needed too)")
    return port


if __name__ == "__main__":
    sys.exit(main())
