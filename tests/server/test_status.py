"""`sim serve --status`: what a running server tells about itself."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from rich.console import Console

from sim.base.errors import ServerLostError
from sim.loop.server_status import fetch_status, status_table
from sim.wire.rpc import RpcConnection
from tests.server.running import PROJECT, running_server


def test_the_figures_are_those_of_the_world() -> None:
    with running_server() as (port, process), RpcConnection("127.0.0.1", port) as rpc:
        rpc.call("set_episode_settings", [True, False, [True, 0.05], True, 0.01, 10])
        rpc.call("spawn_actor", [0, "vehicle.tesla.model3", []], [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
        frame = rpc.call("tick_cue")
        status = fetch_status("127.0.0.1", port)
        assert (status["frame"], status["pid"], status["clients"]) == (frame, process.pid, 2)
        assert status["actors"]["vehicle"] == 1
        assert status["map"].endswith("town_quarter")
        assert 50 << 20 < status["memory_bytes"] < 4 << 30
        console = Console(width=100, record=True, quiet=False, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
        console.print(status_table("127.0.0.1", port, status))
        assert "1 vehicle" in console.export_text()
        command = [sys.executable, "-m", "sim.cli", "serve", "--status", "--json", "--port", str(port)]
        told = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, timeout=60, check=True)
        assert json.loads(told.stdout)["pid"] == process.pid


def test_nobody_there_is_said_so() -> None:
    with pytest.raises(ServerLostError, match="no CARLA server"):
        fetch_status("127.0.0.1", 1)


def test_an_open_server_is_warned_about() -> None:
    command = [sys.executable, "-m", "sim.server", "--port", "0", "--host", "0.0.0.0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=PROJECT)
    assert process.stdout is not None
    process.stdout.readline()
    process.terminate()
    _, errors = process.communicate(timeout=20)
    assert "no passwords" in errors
