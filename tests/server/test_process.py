"""The server as a process: start, refusals, signals, and its parent's death."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from sim.base import process as base_process
from sim.wire.rpc import RpcConnection
from tests.server.running import PROJECT, running_server

_PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-m", "sim.server", "--port", "0", "--exit-with-parent"], stdout=subprocess.PIPE)
print(child.pid, child.stdout.readline().decode(), flush=True)
time.sleep(60)
"""


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat", encoding="ascii") as status:  # noqa: PTH123 (a zombie is not alive)
        return status.read().split()[2] != "Z"


def test_sigkill_of_the_parent_ends_the_server() -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, cwd=PROJECT)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline().split()[0])
    assert _alive(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5.0
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(pid)


@pytest.mark.parametrize("first", [True, False])
def test_the_scene_is_there_when_the_server_is_ready_if_asked_for(first: bool) -> None:
    with running_server(*(["--scene-first"] if first else [])) as (_port, process):
        threads = {path.read_text().strip() for path in Path(f"/proc/{process.pid}/task").glob("*/comm")}
        renderer_loaded = "embree" in Path(f"/proc/{process.pid}/maps").read_text()
    assert renderer_loaded == first
    assert "scene" not in threads  # nothing is still being built


def test_a_busy_port_is_refused_with_its_number_and_a_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "sim.server", "--port", str(port)]
        result = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, timeout=60, check=False)
    assert result.returncode == 2
    assert result.stdout == ""
    assert str(port) in result.stderr
    assert "--port" in result.stderr


def test_a_busy_stream_port_is_refused_too() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "sim.server", "--port", str(port - 1)]
        result = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, timeout=60, check=False)
    assert result.returncode == 2
    assert str(port) in result.stderr


@pytest.mark.parametrize("map_name", ["town_quartre", "/nowhere/x.xodr"])
def test_an_unknown_map_is_refused(map_name: str) -> None:
    command = [sys.executable, "-m", "sim.server", "--port", "0", "--map", map_name]
    result = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, timeout=60, check=False)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert map_name in result.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_cleanly(number: signal.Signals) -> None:
    with running_server() as (port, process):
        with RpcConnection("127.0.0.1", port) as rpc:
            assert rpc.call("version") == "0.9.16"
        process.send_signal(number)
        assert process.wait(5) == 0


def test_the_stream_port_is_the_next_one() -> None:
    command = [sys.executable, "-m", "sim.server", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT)
    assert process.stdout is not None
    ports = json.loads(process.stdout.readline())
    process.terminate()
    process.wait(5)
    process.stdout.close()
    assert ports["stream_port"] == ports["rpc_port"] + 1


def test_the_parent_may_be_process_one_and_another_than_the_one_named_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        base_process, "ctypes", SimpleNamespace(CDLL=lambda *_, **__: SimpleNamespace(prctl=lambda *_: 0))
    )
    monkeypatch.setattr(base_process.os, "getppid", lambda: 1)
    assert base_process.ParentWatch().alive()
    assert base_process.ParentWatch(1).alive()
    assert not base_process.ParentWatch(os.getpid()).alive()
