"""A server that dies in mid-run: the run is recorded as invalid, with or without a Traffic Manager in the client."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from sim.wire.episode_reader import read_episode

RUN = [
    sys.executable,
    "-m",
    "sim.cli",
    "run",
    "traffic/town_drive",
    "--set",
    "duration_s=600",
    "--agent",
    "stand",
    "--no-camera",
]


@pytest.mark.parametrize("cars", [0, 5])
def test_a_run_whose_server_dies_is_recorded_as_invalid(tmp_path: Path, cars: int) -> None:
    command = [*RUN, "--set", f"traffic.count={cars}", "--out", str(tmp_path / "run")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "driving" not in process.stderr.readline():
            pass
        time.sleep(1.0)
        children = psutil.Process(process.pid).children(recursive=True)
        server = next(child for child in children if "sim.server" in " ".join(child.cmdline()))
        os.kill(server.pid, signal.SIGKILL)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "INVALID" in out and "ended with code -9" in out
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["exit_code"] == 2
    episode = read_episode(tmp_path / "run" / "episode.mcap")
    assert episode.complete and episode.outcome is not None and not episode.outcome.valid
    assert len(episode.states) > 5
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
