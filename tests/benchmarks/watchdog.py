"""A real `carla` client in a process of its own that ticks a server without pause, and says how long the worst answer took.

    python -m tests.benchmarks.watchdog HOST PORT

It works until a line arrives on standard input, then prints one JSON object: calls, worst answer (s), what failed. Whoever
maltreats the server at the same time learns from it whether an honest client noticed.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import carla

_TIMEOUT_S = 20.0
_PAUSE_S = 0.002
_LOST: dict[str, Any] = {"answered": 0, "worst_s": 0.0, "slow_s": []}
_PROJECT = Path(__file__).resolve().parents[2]


def _watch(host: str, port: int) -> dict[str, Any]:
    client = carla.Client(host, port)
    client.set_timeout(_TIMEOUT_S)
    answered, worst_s, failures = 0, 0.0, Counter[str]()
    slow: list[float] = []
    while not select.select([sys.stdin], [], [], _PAUSE_S)[0]:
        begin_s = time.perf_counter()
        try:
            client.get_server_version()
            if answered % 50 == 0:
                client.get_world().get_snapshot()
            answered += 1
        except RuntimeError as error:
            failures[str(error)[:100]] += 1
        took_s = time.perf_counter() - begin_s
        worst_s = max(worst_s, took_s)
        if took_s > 0.5:
            slow.append(round(took_s, 2))
    return {"answered": answered, "worst_s": worst_s, "slow_s": slow[:20], "failures": dict(failures)}


@contextmanager
def watchdog(port: int, host: str = "127.0.0.1") -> Iterator[dict[str, Any]]:
    """Run one beside the block; its report is in the dictionary after the block."""
    command = [sys.executable, "-m", "tests.benchmarks.watchdog", host, str(port)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_PROJECT)
    report: dict[str, Any] = {}
    try:
        yield report
    finally:
        try:
            output, _ = process.communicate(b"\n", timeout=3 * _TIMEOUT_S)
            report.update(
                json.loads(output.splitlines()[-1]) if output else {**_LOST, "failures": {"the client ended": 1}}
            )
        except subprocess.TimeoutExpired:
            process.kill()
            report.update({"answered": 0, "worst_s": 3 * _TIMEOUT_S, "slow_s": [], "failures": {"the client hangs": 1}})


if __name__ == "__main__":
    print(json.dumps(_watch(sys.argv[1], int(sys.argv[2]))))
