"""The command line: exit codes, messages without tracebacks, and a help that comes at once."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from sim import cli
from sim.base.errors import InputError

SIM = [sys.executable, "-m", "sim.cli"]
LONG = [
    "run",
    "traffic/town_drive",
    "--set",
    "traffic.count=0",
    "--set",
    "duration_s=600",
    "--agent",
    "stand",
    "--no-camera",
]


def invoke(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, list(words))
    return result.exit_code, result.output


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; import sim.cli; print(sorted({'numpy','carla','numba','cv2','matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    code_, text = invoke("--help")
    assert code_ == 0
    for command in ("serve", "run", "agents", "scenario", "camera", "doctor", "maps"):
        assert command in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "vru/chld_from_behind_parked_van"], "child_from_behind_parked_van"),
        (["run", "signs/stop_plain", "--agent", "exprt"], "expert"),
        (["run", "signs/stop_plain", "--set", "ego.speed_kmh=fast", "--no-camera"], "ego.speed_kmh"),
        (["run", "signs/stop_plain", "--set", "oops"], "KEY=VALUE"),
        (["run", "signs/stop_plain", "--map", "atlantis"], "atlantis"),
        (["run", "signs/stop_plain", "--rig", "fast_64"], "fast_640"),
        (["run", "signs/stop_plain", "--carla", "127.0.0.1:1x"], "HOST:PORT"),
        (["camera", "show", "nothing"], "presets are"),
        (["regress", "scenarios/library", "--seeds", "4-0"], "at least one"),
        (["regress", "scenarios/library", "--seeds", "1,1"], "each seed once"),
        (["scenario", "check", "nothing/here"], "nothing/here"),
    ],
)
def test_wrong_input_is_a_message_and_exit_code_2(words: list[str], message: str, tmp_path: Path) -> None:
    code, text = invoke(*words, *(["--out", str(tmp_path / "run")] if words[0] == "run" else []))
    assert code == 2
    assert message in text
    assert "Traceback" not in text
    assert list(tmp_path.iterdir()) == []


def test_lists_and_samples() -> None:
    assert "expert_no_brake" in invoke("agents")[1] and "privileged" in invoke("agents")[1]
    assert "town_quarter" in invoke("maps")[1]
    assert "vru/child_from_behind_parked_van" in invoke("scenario", "list")[1]
    assert invoke("scenario", "check", "signs/stop_plain")[0] == 0
    first = invoke("scenario", "sample", "signs/stop_plain", "--seed", "1")[1]
    assert "sha256" in first
    assert first != invoke("scenario", "sample", "signs/stop_plain", "--seed", "2")[1]
    assert "fast_640" in invoke("camera", "show")[1]
    assert "rate_hz" in invoke("camera", "show", "fast_640")[1]
    assert "scenario: 1" in invoke("scenario", "show", "signs/stop_plain")[1]


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (InputError("place: found nothing"), 2, "place: found nothing"),
        (OSError(errno.ENOSPC, "No space left on device"), 2, "free some space"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (ZeroDivisionError("oh"), 2, "defect of the simulator"),
    ],
)
def test_every_kind_of_failure_has_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, message: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("sim.maps.library.available_maps", fail)
    found, text = invoke("maps")
    assert found == code
    assert message in text


def test_doctor_looks_at_everything() -> None:
    code, text = invoke("doctor")
    for name in (
        "python",
        "carla client",
        "ray tracer",
        "video encoder",
        "opencv",
        "kernel cache",
        "disk space",
        "maps",
    ):
        assert name in text
    assert code == (2 if "FAIL" in text else 0)


def test_doctor_notices_rival_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    from sim.loop import doctor

    monkeypatch.setattr(doctor, "_installed", lambda name: name == "opencv-python")
    finding = doctor._opencv()
    assert not finding.ok and "opencv-python-headless" in finding.fix


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_runs_leave_no_result_and_no_orphan(tmp_path: Path, number: signal.Signals) -> None:
    def heed_interrupts() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # tests that run in the background were started deaf to them

    command = [*SIM, *LONG, "--out", str(tmp_path / "run")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts) as process:
        parent = psutil.Process(process.pid)
        assert process.stderr is not None
        while "driving" not in process.stderr.readline():
            pass
        time.sleep(1.0)
        children = parent.children(recursive=True)
        assert any("sim.server" in " ".join(child.cmdline()) for child in children)
        os.kill(process.pid, number)
        _, text = process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else -signal.SIGKILL)
    assert not (tmp_path / "run").exists()
    if number == signal.SIGINT:
        assert "interrupted" in text and list(tmp_path.iterdir()) == []
    _, alive = psutil.wait_procs(children, timeout=10)
    assert [child for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []


def test_an_address_where_nobody_listens_is_told_at_once() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sim.cli", "run", "signs/stop_plain", "--no-camera", "--carla", "127.0.0.1:9"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert "nothing that listens at 127.0.0.1:9" in done.stderr
