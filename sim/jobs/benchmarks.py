"""The speed figures of `sim bench`: one function per subject, and the machine and code they hold for."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sim.base.errors import InputError, did_you_mean
from sim.loop.provenance import code_version


def world(maps: Sequence[Path]) -> dict[str, float]:
    """Ticks per second through the carla client, beside an empty server."""
    from sim.loop.world_benchmark import bench_world

    return bench_world(maps)


def render(_maps: Sequence[Path]) -> dict[str, float]:
    """Milliseconds a frame of the shipped town, in several weathers and lenses."""
    from sim.loop.render_benchmark import bench_render

    return bench_render()


def camera(_maps: Sequence[Path]) -> dict[str, float]:
    """Milliseconds a frame of each stage of the camera chain."""
    from sensors.benchmark import bench_camera

    return bench_camera()


def loop(_maps: Sequence[Path]) -> dict[str, float]:
    """A whole closed-loop run: start-up, driving, pictures with labels, files."""
    from sim.loop.loop_benchmark import bench_loop

    return bench_loop()


SUBJECTS: dict[str, Callable[[Sequence[Path]], dict[str, float]]] = {
    "world": world,
    "render": render,
    "camera": camera,
    "loop": loop,
}


def benchmark(subject: str, maps: Sequence[Path] = ()) -> dict[str, Any]:
    """{"subject", "machine", "code", "figures"}; figures are medians whose keys end in their unit."""
    if subject not in SUBJECTS:
        raise InputError(
            f'sim bench: found "{subject}"; allowed is {", ".join(SUBJECTS)}.{did_you_mean(subject, SUBJECTS)}'
        )
    return {"subject": subject, "machine": machine(), "code": code_version(), "figures": SUBJECTS[subject](maps)}


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load_1min": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"
