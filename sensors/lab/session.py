"""A session on the bench: draw the hidden values, photograph, let others measure, judge; with an oracle and a negative control.

DIR/files holds what the camera delivers, DIR/oracle the same stimulus taken by textbook formulas, DIR/negative a camera whose
values are all a little off. Only these folders are shown to the analysis; the values lie in DIR/truth.json.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sensors.camera_config import CameraConfig
from sensors.lab.hidden import HOT_C, WRONG, displaced, drawn, truth_of
from sensors.lab.judge import Row, verdict
from sensors.lab.judge_optics import optics_rows, optics_values
from sensors.lab.judge_range import range_rows
from sensors.lab.plan import Effort, plan
from sensors.lab.plan_optics import displaced_optics, drawn_optics
from sensors.lab.plan_range import range_truth
from sensors.lab.reads import drawn_whole, one_read
from sensors.lab.shoot import digest, photograph
from sensors.rig import load_rig
from sim.base.errors import InputError
from sim.base.streams import stream

SCRIPTS = Path(__file__).parent / "analysis"
CONTROLS = ("files", "oracle", "negative")


def run_session(
    preset: str,
    out: Path,
    effort: Effort,
    seed: int | None = None,
    python: str = "",
    tests: str = "",
    read: str = "",
    say: Callable[[str], None] = print,
) -> list[Row]:
    """Photograph and measure one preset's first camera; returns the rows for the camera itself and writes DIR/result.json.

    `seed` None draws the hidden values from the system's entropy: nobody can know them before. `python` is the interpreter of
    the laboratory's environment, by default SIM_LAB_PYTHON, else our own, where some estimators may be missing. `read` names the
    read that a chip with several delivers in its test mode (sensors.lab.reads), by default the most sensitive.
    """
    nominal = load_rig(preset).cameras[0]
    seed = secrets.randbits(48) if seed is None else seed
    bare = drawn(one_read(nominal, read), stream(seed, "lab", "hidden"))
    hidden = drawn_optics(bare, stream(seed, "lab", "optics"))
    whole = drawn_whole(nominal, stream(seed, "lab", "whole"))
    session = plan(hidden, stream(seed, "lab", "stimulus"), effort, whole)
    chosen = {name for name in tests.split(",") if name}
    if chosen:
        known = {frame["test"] for frame in session["frames"]}
        if not chosen <= known | {"D1"}:
            raise InputError(
                f"--tests: found {', '.join(sorted(chosen - known))}; known are {', '.join(sorted(known))}"
            )
        session["frames"] = [frame for frame in session["frames"] if frame["test"] in chosen]
    out.mkdir(parents=True, exist_ok=True)
    truth = {"seed": seed, "values": truth_of(hidden), "whole": range_truth(whole)}
    (out / "truth.json").write_text(json.dumps(truth, indent=1))
    cameras = {"files": hidden, "negative": displaced_optics(displaced(hidden, _shares(hidden)))}
    for name in CONTROLS:
        folder = out / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "stimulus.json").write_text(json.dumps(session))
        say(f"{preset}: photographs for {name}")
        if name == "oracle":
            values = _oracle_values(hidden) | optics_values(hidden) | {"whole": range_truth(whole)}
            (folder / "oracle.json").write_text(json.dumps(values))
            _isolated(python, SCRIPTS / "oracle.py", folder)
        else:
            wrong = name == "negative"
            photograph(cameras[name], seed, session, folder, wrong, whole=_noisier(whole) if wrong else whole)
        say(f"{preset}: measures {name}")
        _isolated(python, SCRIPTS / "analyse.py", folder)
    return _judge(preset, out, (hidden, whole), session, seed)


def _shares(config: CameraConfig) -> dict[str, float]:
    """The negative control's displacements, without those of values that are zero."""
    data = config.model_dump()

    def value(path: str) -> Any:
        place: Any = data
        for name in path.split("."):
            place = place[name]
        return place

    return {path: share for path, share in WRONG.items() if value(path)}


def _oracle_values(config: CameraConfig) -> dict[str, Any]:
    sensor = config.sensor
    return truth_of(config) | {
        "pixel_noise_e": sensor.read_noise_e,
        "row_noise_e": sensor.fixed_pattern.row_temporal_e,
        "full_well_e": sensor.full_well_e,
        "temperature_c": sensor.temperature_c,
        "dark_reference_c": HOT_C,
        "distortion": list(config.optics.distortion),
        "psf_sigma_px": config.optics.psf_sigma_px,
    }


def _isolated(python: str, script: Path, *arguments: Path) -> None:
    """Run a script of the laboratory without our packages, environment variables and working folder."""
    interpreter = python or os.environ.get("SIM_LAB_PYTHON", "") or sys.executable
    command = [interpreter, "-I", str(script), *(str(argument.resolve()) for argument in arguments)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=script.parent, check=False)
    except OSError as error:
        raise InputError(
            f"--python: found {interpreter}, which does not start ({error}); name the laboratory's interpreter"
        ) from error
    if done.returncode:
        raise InputError(f"{script.name} with {interpreter}: ended with {done.returncode}:\n{done.stderr[-2000:]}")


def _noisier(config: CameraConfig) -> CameraConfig:
    """The negative control's whole camera: half as much read noise again, in every read."""
    sensor = config.sensor
    noisy = 1.5 * sensor.read_noise_e
    reads = tuple(read.model_copy(update={"read_noise_e": 1.5 * read.read_noise_e}) for read in sensor.reads)
    return config.model_copy(update={"sensor": sensor.model_copy(update={"read_noise_e": noisy, "reads": reads})})


def _judge(
    preset: str, out: Path, cameras: tuple[CameraConfig, CameraConfig], session: dict[str, Any], seed: int
) -> list[Row]:
    hidden, whole = cameras
    found = {name: json.loads((out / name / "measured.json").read_text()) for name in CONTROLS}
    truth = truth_of(hidden)
    oracle = found["oracle"]["measured"]
    rows = {name: verdict(hidden, truth, found[name]["measured"], oracle) for name in CONTROLS}
    for name, rows_of in rows.items():
        rows_of += range_rows(range_truth(whole), found[name]["measured"])
        rows_of += optics_rows(hidden, found[name]["measured"])
    for index, frame in enumerate(session["frames"]):
        if frame["test"] == "A5" and frame["file"] == "A5_one":
            for name, rows_of in rows.items():
                if name != "oracle":
                    rows_of.append(_repeats(hidden, seed, frame, index, negative=name == "negative"))
    missing = found["files"]["not_measured"]
    result = {
        "preset": preset,
        "seed": seed,
        "not_measured": missing,
        "curves": found["files"]["curves"],
        "rows": {name: [asdict(row) | {"passed": row.passed} for row in rows[name]] for name in CONTROLS},
    }
    (out / "result.json").write_text(json.dumps(result, indent=1))
    return rows["files"]


def _repeats(config: CameraConfig, seed: int, frame: dict[str, Any], index: int, negative: bool) -> Row:
    """A5: the same bytes with one, two and three threads; the negative control takes another seed."""
    one = digest(config, seed, frame, index, 1)
    others = [digest(config, seed + negative, frame, index, threads) for threads in (2, 3)]
    different = float(sum(other != one for other in others))
    return Row("A5", "pictures that differ by thread count", 0.0, different, different, 0.0, 0.0, "pictures")
