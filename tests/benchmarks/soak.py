"""Bar 4: does a server grow, slow down or stop when it is used for very long, or by clients that die?

    python -m tests.benchmarks.soak [--quick] [--only actors|maps|kills] [--seed N] [--json FILE]

actors: 10,000 times a vehicle with an attached camera appears, every tenth camera is listened to, and both are destroyed.
maps: 500 loads, `parking_lot` and `town_quarter` in turn. kills: 1,000 clients end at random moments, 50 of them processes of
the real client killed with SIGKILL, the others raw connections reset in the middle of requests, while a real client ticks.
For the first two: memory after the last tenth against after the second (the first is warm-up; at most 2 % more), and the
time of the last tenth against the second. --quick does a twentieth. Exit code 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from sim.wire.rpc import RpcConnection
from sim.wire.stream import StreamConnection
from tests.benchmarks.watchdog import watchdog
from tests.server.running import PROJECT, running_server

GROWTH_LIMIT, SLOWDOWN_LIMIT = 0.02, 1.2
_SYNCHRONOUS = [True, False, [True, 0.05], True, 0.01, 10, 0.0, True, 3000.0, 2000.0, True]
_CAMERA = [0, "sensor.camera.rgb", [["image_size_x", 2, "64"], ["image_size_y", 2, "48"]]]
_PARTS = 10
_REAL_CLIENT = """
import carla, sys
client = carla.Client("127.0.0.1", int(sys.argv[1])); client.set_timeout(20.0)
world = client.get_world(); print("ready", flush=True)
while True:
    world.get_actors(); world.get_weather(); client.get_available_maps()
"""


def _part_by_part(rpc: RpcConnection, count: int, once: Callable[[int], None]) -> dict[str, Any]:
    """Do something `count` times; memory and time of each tenth."""
    memory, times = [], []
    for part in range(_PARTS):
        begin_s = time.perf_counter()
        for number in range(count // _PARTS):
            once(part * (count // _PARTS) + number)
        times.append(round(time.perf_counter() - begin_s, 2))
        memory.append(round(rpc.call("sim_status")["memory_bytes"] / 2**20, 1))
    return {
        "count": count,
        "memory_mib": memory,
        "seconds": times,
        "growth": round(max(memory[-1] / memory[1] - 1.0, 0.0), 4),
        "slowdown": round(times[-1] / times[1], 3),
    }


def soak_actors(count: int) -> dict[str, Any]:
    """Vehicles with cameras come and go."""
    with running_server() as (port, _), RpcConnection("127.0.0.1", port, 120.0) as rpc:
        rpc.call("set_episode_settings", _SYNCHRONOUS)
        points = rpc.call("get_map_info")[1]

        def once(number: int) -> None:
            car = rpc.call("spawn_actor", [0, "vehicle.tesla.model3", []], points[number % len(points)])[0]
            pose = [[0.0, 0.0, 2.0], [0.0, 0.0, 0.0]]
            camera = rpc.call("spawn_actor_with_parent", _CAMERA, pose, car, 0, "")
            if number % 10 == 0:
                (stream_id,) = struct.unpack_from("<I", camera[5])
                with StreamConnection("127.0.0.1", port + 1, stream_id, 120.0) as stream:
                    while rpc.call("sim_status")["subscribers"] < 1:
                        time.sleep(0.001)
                    rpc.call("tick_cue")
                    stream.read()
            rpc.call("destroy_actor", camera[0])
            rpc.call("destroy_actor", car)
            rpc.call("tick_cue")

        return _part_by_part(rpc, count, once)


def soak_maps(count: int) -> dict[str, Any]:
    """Maps are loaded in turn."""
    with running_server() as (port, _), RpcConnection("127.0.0.1", port, 120.0) as rpc:
        rpc.call("set_episode_settings", _SYNCHRONOUS)

        def once(number: int) -> None:
            rpc.call("load_new_episode", ("parking_lot", "town_quarter")[number % 2], False, 65535)
            rpc.call("tick_cue")

        return _part_by_part(rpc, count, once)


def soak_kills(count: int, seed: int) -> dict[str, Any]:
    """Clients die; the main one must not notice."""
    random = np.random.Generator(np.random.Philox(seed))
    processes = max(count // 20, 1)
    requests = b"".join(
        msgpack.packb([0, i, name, [[False], *arguments]])
        for i, (name, arguments) in enumerate(
            [
                ("get_actor_definitions", []),
                ("spawn_actor", [[0, "vehicle.audi.tt", []], [[0, 0, 1], [0, 0, 0]]]),
                ("version", []),
            ]
        )
    )
    with running_server() as (port, process), watchdog(port) as client:
        for number in range(count):
            if number % 20 == 0 and number // 20 < processes:
                _kill_real_client(port, float(random.uniform(0.0, 0.2)))
                continue
            sock = socket.create_connection(("127.0.0.1", port + int(random.integers(2))), 10.0)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.sendall(requests[: int(random.integers(1, len(requests)))])
            time.sleep(float(random.uniform(0.0, 0.005)))
            sock.close()
        alive = process.poll() is None
        with RpcConnection("127.0.0.1", port) as rpc:
            left = rpc.call("sim_status")
    return {
        "count": count,
        "alive": alive,
        "clients_left": left["clients"],
        "stream_connections_left": left["stream_connections"],
        "client": client,
    }


def _kill_real_client(port: int, after_s: float) -> None:
    command = [sys.executable, "-c", _REAL_CLIENT, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT) as process:
        if process.stdout is not None:
            process.stdout.readline()
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)


def _missed(report: dict[str, Any]) -> list[str]:
    missed = [
        f"{name}: {figure} {report[name][figure]} exceeds {limit}"
        for name in ("actors", "maps")
        if name in report
        for figure, limit in (("growth", GROWTH_LIMIT), ("slowdown", SLOWDOWN_LIMIT))
        if report[name][figure] > limit
    ]
    kills = report.get("kills")
    if kills is not None and (not kills["alive"] or kills["client"]["failures"] or kills["clients_left"] > 2):
        missed.append(f"kills: {kills}")
    return missed


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.soak", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--quick", action="store_true", help="a twentieth of everything")
    parser.add_argument("--only", choices=("actors", "maps", "kills"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(arguments)
    share = 20 if args.quick else 1
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "actors": lambda: soak_actors(10_000 // share),
        "maps": lambda: soak_maps(500 // share // _PARTS * _PARTS),
        "kills": lambda: soak_kills(1_000 // share, args.seed),
    }
    report = {name: part() for name, part in parts.items() if args.only in (None, name)}
    for name, figures in report.items():
        print(name)
        for figure, value in figures.items():
            print(f"  {figure:26}{value}")
    missed = _missed(report)
    print("\n".join(missed) or "all bars met")
    if args.json:
        args.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
