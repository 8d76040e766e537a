"""What this machine lacks, and how to get it."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from sim.base.errors import SimError
from sim.base.kernel_cache import cache_root

CARLA_VERSION = "0.9.16"
MIN_FREE_BYTES = 2_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what was found, and when it is not well, what to do."""

    name: str
    ok: bool
    found: str
    fix: str = ""


def examine(maps: Sequence[Path] = ()) -> list[Finding]:
    """Look at everything a run needs. Tested by tests/cli/test_cli.py."""
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ("python", _python),
        ("system", _system),
        ("carla client", _carla),
        ("ray tracer", _embree),
        ("video encoder", _ffmpeg),
        ("opencv", _opencv),
        ("kernel cache", _kernel_cache),
        ("disk space", _disk),
        ("loopback ports", _ports),
        ("maps", lambda: _maps(maps)),
    ]
    return [_looked_at(name, check) for name, check in checks]


def _looked_at(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except (ImportError, OSError, SimError, RuntimeError, subprocess.SubprocessError) as error:
        return Finding(name, False, f"{type(error).__name__}: {error}", "pip install --force-reinstall sim-drive")


def _python() -> Finding:
    version = platform.python_version()
    ok = (3, 10) <= sys.version_info[:2] < (3, 13)
    return Finding(
        "python", ok, version, "the carla wheels exist for Python 3.10, 3.11 and 3.12: make a venv with one of them"
    )


def _system() -> Finding:
    found = f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"
    ok = platform.system() == "Linux" and platform.machine().lower() in ("x86_64", "amd64")
    return Finding("system", ok, found, "use Linux on x86-64 (on Windows: WSL 2); the server runs nowhere else")


def _carla() -> Finding:
    importlib.import_module("carla")
    version = metadata.version("carla")
    return Finding("carla client", version == CARLA_VERSION, version, f"pip install carla=={CARLA_VERSION}")


def _embree() -> Finding:
    embree = importlib.import_module("rendering.embree")
    embree.device()
    return Finding("ray tracer", True, f"{Path(embree.library_path()).name}, {embree.native_lanes()} lanes")


def _ffmpeg() -> Finding:
    program = importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe()
    done = subprocess.run(
        [program, "-hide_banner", "-encoders"], capture_output=True, text=True, timeout=20, check=False
    )
    ok = done.returncode == 0 and "libx264" in done.stdout
    return Finding("video encoder", ok, f"ffmpeg at {program}", "pip install --force-reinstall imageio-ffmpeg")


def _opencv() -> Finding:
    fix = "pip uninstall -y opencv-python opencv-contrib-python; pip install --force-reinstall opencv-python-headless"
    rivals = [name for name in ("opencv-python", "opencv-contrib-python") if _installed(name)]
    if rivals:
        text = f"{', '.join(rivals)} is installed over opencv-python-headless; both write into the folder cv2"
        return Finding("opencv", False, text, fix)
    try:
        version = importlib.import_module("cv2").__version__
    except ImportError as error:
        return Finding("opencv", False, str(error), fix)
    return Finding("opencv", True, f"headless {version}")


def _kernel_cache() -> Finding:
    folder = cache_root()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        return Finding("kernel cache", False, str(error), "set XDG_CACHE_HOME to a folder that can be written")
    kept = sum(1 for _ in folder.glob("*/"))
    return Finding(
        "kernel cache",
        True,
        f"{folder} ({kept} kept)" if kept else f"{folder} (empty: the first run compiles, a minute)",
    )


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free
    return Finding(
        "disk space",
        free >= MIN_FREE_BYTES,
        f"{free / 1e9:.1f} GB free here",
        "free some space, or use --out on another disk",
    )


def _ports() -> Finding:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        found = f"such as {first.getsockname()[1]} and {second.getsockname()[1]}"
    return Finding("loopback ports", True, found, "the firewall or a container forbids sockets on 127.0.0.1")


def _maps(folders: Sequence[Path]) -> Finding:
    names = sorted(importlib.import_module("sim.maps.library").available_maps(folders))
    return Finding("maps", bool(names), ", ".join(names) or "none", "python -m sim.maps.own")


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
