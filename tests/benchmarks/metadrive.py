"""MetaDrive's camera beside ours, in one run on one machine: milliseconds and frames per second, with and without labels.

    python -m tests.benchmarks.metadrive [--venv DIR] [--sizes 640x480,1280x960] [--rounds 3] [--frames 2] [--threads 2]
                                         [--json FILE] [--pictures DIR]

MetaDrive 0.3.0.1 (the last release on PyPI whose wheel holds its assets) is installed into an environment of its own: --venv, kept
for the next time, or a temporary one. It draws with OpenGL, offscreen, without a GPU through Mesa's renderer in software; it needs
libEGL and a driver (Debian and Ubuntu: libegl1, libgl1-mesa-dri). The two take turns, one waits while the other draws. What each
of them draws is told in docs/metadrive.md.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np

from rendering.buffers import Buffers
from sim.jobs.benchmarks import machine
from sim.loop.render_benchmark import DAY, OPTIONS, Town, pinhole

REQUIREMENTS = ("metadrive-simulator==0.3.0.1", "numpy<2", "panda3d-simplepbr==0.10", "panda3d-gltf==0.13")
"""simplepbr and gltf as they were when this MetaDrive came out: it uses a function that later ones have not."""
ROAD_MAP = "SXC"
"""MetaDrive's names of road blocks: a straight, a crossing, a curve."""
DRIVER = Path(__file__).with_name("metadrive_driver.py")
START_LIMIT_S, FRAMES_LIMIT_S = 900.0, 900.0
CASES: dict[str, tuple[str, str]] = {
    "ours: radiance and all default labels": ("ours", ""),
    "ours: the same without edge rays": ("ours", ".without_edge_rays"),
    "ours: labels alone": ("ours", ".labels_only"),
    "MetaDrive: RGB": ("metadrive", "rgb"),
    "MetaDrive: RGB, plain textures": ("metadrive", "rgb_plain"),
    "MetaDrive: RGB and depth": ("metadrive", "rgb_depth"),
}
"""What is measured: who draws, and what. "Plain textures": without anisotropic filtering."""
RATIOS = (
    ("MetaDrive: RGB", "ours: radiance and all default labels"),
    ("MetaDrive: RGB, plain textures", "ours: radiance and all default labels"),
    ("MetaDrive: RGB and depth", "ours: radiance and all default labels"),
    ("MetaDrive: RGB and depth", "ours: labels alone"),
)

Times = dict[str, list[float]]


class BenchmarkError(Exception):
    """The comparison cannot be made here; the message says why and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 2 when MetaDrive cannot be installed or cannot draw."""
    options = parse(arguments)
    try:
        with environment(options.venv) as python:
            report = compare(python, options)
    except BenchmarkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if options.json:
        options.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command's options; `sizes` as pairs (width, height) in px."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venv", type=Path, help="environment of MetaDrive: made there, or used if it is there")
    parser.add_argument("--sizes", type=_sizes, default=_sizes("640x480,1280x960"))
    parser.add_argument("--rounds", type=_count, default=3)
    parser.add_argument("--frames", type=_count, default=2, help="frames of each case in a round")
    parser.add_argument("--threads", type=_count, default=2, help="of both renderers")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="one picture of each, with depth below")
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'found "{text}"; allowed is a whole number from 1')
    return int(text)


def _sizes(text: str) -> list[tuple[int, int]]:
    sizes = []
    for item in text.split(","):
        width, _, height = item.partition("x")
        if not (width.isdecimal() and height.isdecimal() and min(int(width), int(height)) >= 16):
            raise argparse.ArgumentTypeError(f'found "{item}"; allowed is WIDTHxHEIGHT of at least 16 px, with commas')
        sizes.append((int(width), int(height)))
    return sizes


@contextmanager
def environment(folder: Path | None) -> Iterator[Path]:
    """The Python of an environment that has MetaDrive, at `folder` or in a temporary one."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="metadrive-") as text:
            yield _installed(Path(text) / "venv")
    else:
        yield _installed(folder.expanduser().absolute())


def _installed(folder: Path) -> Path:
    python = folder / "bin" / "python"
    check = (
        "import importlib.metadata as m; print(*(m.version(n) for n in ('metadrive-simulator', 'panda3d-simplepbr')))"
    )
    wanted = [
        next(r for r in REQUIREMENTS if r.startswith(n)).split("==")[1] for n in ("metadrive", "panda3d-simplepbr")
    ]
    if (
        python.exists()
        and subprocess.run([python, "-c", check], capture_output=True, text=True).stdout.split() == wanted
    ):
        return python
    print(f"installing {', '.join(REQUIREMENTS)} in {folder}", flush=True)
    for command in ([sys.executable, "-m", "venv", folder], [python, "-m", "pip", "install", "-q", *REQUIREMENTS]):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            last = "\n".join(done.stdout.strip().splitlines()[-6:])
            raise BenchmarkError(
                f"MetaDrive's environment · {' '.join(str(word) for word in command)} ended with {done.returncode}:\n{last}\n"
                "Give an environment that has MetaDrive with --venv, or a network with PyPI."
            )
    return python


class Driver:
    """MetaDrive in a process of its own, with one camera size."""

    def __init__(self, python: Path, size: tuple[int, int], threads: int, folder: Path) -> None:
        self._log = folder / f"metadrive-{size[0]}x{size[1]}.log"
        variables = {**os.environ, "LP_NUM_THREADS": str(threads)}
        # -I: neither our packages nor this folder, where a module is called metadrive, are on its path
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [python, "-I", DRIVER, str(size[0]), str(size[1]), ROAD_MAP],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=variables, cwd=folder,
            )  # fmt: skip
        self._rest = b""
        try:
            self.facts = self._answer(START_LIMIT_S)
        except BenchmarkError:
            self.close()
            raise

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request and wait for the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        return self._answer(FRAMES_LIMIT_S)

    def _answer(self, limit_s: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        end = time.monotonic() + limit_s
        while b"\n" not in self._rest:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._process.stdout], [], [], left)[0]:
                raise BenchmarkError(f"MetaDrive · no answer within {limit_s:.0f} s; it printed:\n{self._tail()}")
            data = os.read(self._process.stdout.fileno(), 65536)
            if not data:
                raise BenchmarkError(
                    f"MetaDrive · could not draw; it ended with {self._process.wait()} and printed:\n{self._tail()}\n"
                    "It needs OpenGL without a window: libEGL and a driver (Debian, Ubuntu: libegl1, libgl1-mesa-dri)."
                )
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return dict(json.loads(line))

    def _tail(self) -> str:
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-8:])

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def compare(python: Path, options: argparse.Namespace) -> dict[str, Any]:
    """{"machine", "sizes": {"640x480": {"metadrive": facts, "figures": {case: {...}}}}}."""
    town = Town(options.threads, views=1)
    town.set_weather(DAY)
    report: dict[str, Any] = {"machine": machine(), "triangles_ours": town.scene.triangle_count, "sizes": {}}
    with tempfile.TemporaryDirectory(prefix="metadrive-") as text:
        for size in options.sizes:
            name = f"{size[0]}x{size[1]}"
            driver = Driver(python, size, options.threads, Path(text))
            try:
                print(name + ", " + ", ".join(f"{key} {value}" for key, value in driver.facts.items()), flush=True)
                times = take_turns(town, driver, size, options.rounds, options.frames)
                if options.pictures:
                    save_pictures(town, driver, size, options.pictures)
            finally:
                driver.close()
            report["sizes"][name] = {"metadrive": driver.facts, "figures": figures(times)}
            print(table(name, report["sizes"][name]["figures"]), flush=True)
    report["load_1min_end"] = round(os.getloadavg()[0], 2)
    return report


def take_turns(town: Town, driver: Driver, size: tuple[int, int], rounds: int, frames: int) -> dict[str, Times]:
    """All cases in turn, `rounds` times over: {case: {"wall_ms": [...], "cpu_ms": [...]}}."""
    view = pinhole(*size)
    times: dict[str, Times] = {case: {"wall_ms": [], "cpu_ms": []} for case in CASES}
    for _ in range(rounds):
        for case, (who, what) in CASES.items():
            if who == "ours":
                wall, cpu = town.times_ms(view, frames, OPTIONS[what])
            else:
                answer = driver.ask(case=what, frames=frames)
                wall, cpu = answer["wall_ms"], answer["cpu_ms"]
            times[case]["wall_ms"] += wall
            times[case]["cpu_ms"] += cpu
            print(f"  {case:40}{median(wall):10.1f} ms wall{median(cpu):10.1f} ms CPU", flush=True)
    return times


def figures(times: dict[str, Times]) -> dict[str, dict[str, float]]:
    """Medians of each case, and frames per second of wall time and of processor time (of one core)."""
    found = {}
    for case, taken in times.items():
        wall, cpu = median(taken["wall_ms"]), median(taken["cpu_ms"])
        found[case] = {"wall_ms": wall, "cpu_ms": cpu, "frames_per_s": 1e3 / wall, "frames_per_cpu_s": 1e3 / cpu}
    return found


def table(size: str, found: dict[str, dict[str, float]]) -> str:
    """The figures of one size as text, ratios below."""
    lines = [f"{size:40}{'wall ms':>10}{'CPU ms':>10}{'frames/s':>10}{'frames/CPU s':>14}"]
    for case, row in found.items():
        lines.append(
            f"{case:40}{row['wall_ms']:10.1f}{row['cpu_ms']:10.1f}{row['frames_per_s']:10.2f}{row['frames_per_cpu_s']:14.2f}"
        )
    for slow, fast in RATIOS:
        if slow in found and fast in found:
            wall, cpu = (found[slow][key] / found[fast][key] for key in ("wall_ms", "cpu_ms"))
            lines.append(f"time of ({slow}) / time of ({fast}): {wall:.2f} wall, {cpu:.2f} CPU")
    return "\n".join(lines)


def save_pictures(town: Town, driver: Driver, size: tuple[int, int], folder: Path) -> None:
    """One picture of each, depth below: "ours-WxH.png" and "metadrive-WxH.png"."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{size[0]}x{size[1]}.png"
    driver.ask(picture=str((folder / f"metadrive-{name}").absolute()))
    out = Buffers.empty(size[1], size[0])
    town.scene.render(town.board(pinhole(*size), town.rows[0]), out)
    exposed = np.clip(out.radiance / np.percentile(out.radiance, 97.0), 0.0, 1.0)
    srgb = np.where(exposed <= 0.0031308, 12.92 * exposed, 1.055 * exposed ** (1 / 2.4) - 0.055)
    near = np.clip(1.0 - np.log2(np.maximum(out.range_m, 1.0)) / 8.0, 0.0, 1.0)  # white at 1 m, black from 256 m
    both = np.concatenate([srgb[..., ::-1], np.repeat(near[..., None], 3, axis=2)], axis=0)
    cv2.imwrite(str(folder / f"ours-{name}"), np.rint(both * 255.0).astype(np.uint8))


if __name__ == "__main__":
    sys.exit(main())
