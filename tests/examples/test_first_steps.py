"""The documented script runs as it stands, and does what its text says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2

SCRIPT = Path(__file__).with_name("first_steps.py")


def test_the_documented_script_runs(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, str(SCRIPT)], cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 31
    assert "vehicle.mercedes.sprinter" in lines[-1]
    assert cv2.imread(str(tmp_path / "last.png")).shape == (480, 640, 3)
    code = [
        line for line in SCRIPT.read_text().splitlines() if line.strip() and not line.lstrip().startswith(("#", '"'))
    ]
    assert len(code) <= 27
