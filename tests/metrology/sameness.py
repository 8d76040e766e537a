"""Every buffer of one labelled frame as bytes: at several thread counts, and in processes of their own."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np

from rendering.scene import Scene
from sensors.capture import CameraSensor
from sensors.label_choice import ALL_LABELS
from sensors.rig import load_rig
from tests.metrology.traffic import EGO, moments, plain

ARRAYS = (
    "instance", "semantic", "part", "depth_m", "range_m", "normal_world", "flow_backward_px", "albedo", "roughness",
    "flow_forward_of_previous_px",
)  # fmt: skip


def digest(threads: int, seed: int = 3, preset: str = "fast_640") -> str:
    """sha256 over picture, raw numbers and all labels of the second of two frames."""
    scene: Scene = plain(threads)
    config = load_rig(preset).cameras[0]
    sensor = CameraSensor(config, scene, seed, config.period_flicks, threads, ALL_LABELS)
    states = moments(seed, config.period_flicks, 6)
    sensor.capture(states[:5], EGO)
    frame, notes = sensor.capture(states, EGO)
    assert notes is not None and notes.behind_glass is not None
    hasher = hashlib.sha256()
    behind = notes.behind_glass
    layers = [getattr(notes, name) for name in ARRAYS]
    layers += [behind.instance, behind.semantic, behind.part, behind.range_m, frame.rgb, sensor._scratch.radiance]
    for layer in layers:
        hasher.update(np.ascontiguousarray(layer).tobytes())
    hasher.update(repr(notes.objects).encode())
    return hasher.hexdigest()


def digest_elsewhere(threads: int) -> str:
    """The same from a fresh process."""
    command = [sys.executable, "-m", "tests.metrology.sameness", str(threads)]
    root = Path(__file__).resolve().parents[2]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=root).stdout.strip()


if __name__ == "__main__":
    print(digest(int(sys.argv[1])))
