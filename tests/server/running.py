"""A server process for tests: started on free ports, always ended."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


@contextmanager
def running_server(*arguments: str, map_name: str = "town_quarter") -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The RPC port and the process of a server on a map."""
    command = [sys.executable, "-m", "sim.server", "--port", "0", "--map", map_name, "--exit-with-parent", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield int(json.loads(line)["rpc_port"]), process
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()
