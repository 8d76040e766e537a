"""Fills the report's template. The page refers to files beside it by relative names and to nothing else."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from sim.base.clock import FLICKS_PER_SECOND, seconds
from sim.base.verdict import RunOutcome, Verdict
from sim.loop.drive import Drive
from sim.loop.record import EPISODE_FILE, POSTER_FILE, VIDEO_FILE
from sim.loop.report.plots import LEFT, RIGHT, Strip, strips, svg
from sim.loop.report.series import RunSeries
from sim.loop.run_folder import sha256_of

REPORT_FILE = "report.html"


def write_report(folder: Path, drive: Drive, outcome: RunOutcome, series: RunSeries, command: str) -> None:
    """Write report.html into the folder of a run whose other files are complete."""
    environment = Environment(
        loader=PackageLoader("sim.loop.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.get_template("report.html").render(context(folder, drive, outcome, series, command))
    (folder / REPORT_FILE).write_text(text, encoding="utf-8")


def context(folder: Path, drive: Drive, outcome: RunOutcome, series: RunSeries, command: str) -> dict[str, Any]:
    """Everything that the template shows."""
    period_flicks = drive.session.tick_period_flicks
    events = {**drive.events_begun()}
    failed = {f"{verdict.name} failed": verdict.tick for verdict in outcome.verdicts if not verdict.passed}
    moments = [(tick, name) for name, tick in {**events, **failed}.items() if tick is not None]
    marks = [(seconds(tick * period_flicks), _sentence(name)) for tick, name in sorted(moments)]
    plots = [_plot(strip, series, marks) for strip in strips(series)] if series.time_s else []
    return {
        "title": drive.concrete.title,
        "concrete": drive.concrete,
        "provenance": asdict(drive.provenance),
        "outcome": outcome,
        "status": {0: "passed", 1: "failed", 2: "invalid"}[outcome.exit_code],
        "verdicts": [_verdict(verdict, period_flicks) for verdict in outcome.verdicts],
        "avoidability": drive.avoidability,
        "command": command,
        "video": VIDEO_FILE if (folder / VIDEO_FILE).exists() else "",
        "poster": _data_uri(folder / POSTER_FILE),
        "plots": plots,
        "marks": [{"time_s": time_s, "name": name} for time_s, name in marks],
        "data": json.dumps(_data(series, plots)),
        "left": LEFT,
        "right": RIGHT,
        "rows": _facts(drive, series, folder),
        "draws": sorted(drive.concrete.draws.items()),
        "files": _files(folder),
    }


def _plot(strip: Strip, series: RunSeries, marks: list[tuple[float, str]]) -> dict[str, Any]:
    return {
        "title": strip.title,
        "unit": strip.unit,
        "svg": svg(strip, series.time_s, marks),
        "curves": [
            {"name": curve.name, "color": curve.color, "values": _rounded(curve.values)} for curve in strip.curves
        ],
    }


def _data(series: RunSeries, plots: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "time_s": _rounded(series.time_s),
        "plots": [[curve["values"] for curve in plot["curves"]] for plot in plots],
    }


def _rounded(values: Any) -> list[float | None]:
    return [round(float(value), 3) if math.isfinite(value) else None for value in values]


def _verdict(verdict: Verdict, period_flicks: int) -> dict[str, Any]:
    status = "invalid" if not verdict.valid else ("passed" if verdict.passed else "failed")
    return {
        "name": _sentence(verdict.name),
        "status": status,
        "value": _number(verdict.value, verdict.unit),
        "limit": _number(verdict.limit, verdict.unit),
        "message": verdict.message,
        "time_s": None if verdict.tick is None else seconds(verdict.tick * period_flicks),
    }


def _sentence(name: str) -> str:
    words = name.replace(".", ": ").replace("_", " ")
    return words[:1].upper() + words[1:]


def _number(value: float | None, unit: str) -> str:
    if value is None or not math.isfinite(value):
        return ""
    return f"{value + 0.0:.4g} {unit.replace('m/s2', 'm/s²')}".strip()  # + 0.0: no "-0"


def _facts(drive: Drive, series: RunSeries, folder: Path) -> list[tuple[str, str]]:
    provenance, session = drive.provenance, drive.session
    weather = drive.concrete.weather
    return [
        ("scenario", f"{provenance.scenario} · sha256 {provenance.scenario_sha256[:16]}"),
        ("seed", str(provenance.seed)),
        ("driver", provenance.agent + (" (privileged: sees the truth)" if provenance.privileged else "")),
        ("rig", provenance.rig),
        ("map", f"{provenance.map_name} · sha256 {provenance.map_sha256[:16]}"),
        ("weather", f"sun {weather.sun_altitude_angle:.0f}° high, cloud {weather.cloudiness:.0f} %, "
         f"rain {weather.precipitation:.0f} %, fog {weather.fog_density:.0f} %"),
        ("ticks", f"{len(series.time_s)} at {FLICKS_PER_SECOND / session.tick_period_flicks:g} a second"),
        ("server", provenance.server),
        ("code", provenance.code_version),
        ("libraries", f"sha256 {provenance.lock_sha256[:16]}"),
        ("episode", f"sha256 {sha256_of(folder / EPISODE_FILE)}"),
    ]  # fmt: skip


def _files(folder: Path) -> list[tuple[str, str]]:
    """The links at the foot of the page: name and what it is."""
    known = [
        (EPISODE_FILE, "the recorded episode: every state, command and event (MCAP)"),
        (VIDEO_FILE, "the video above"),
        ("images", "camera pictures"),
        ("labels", "labels of every frame: JSON, instance, semantic, depth, flow"),
        ("manifest.json", "sha256 of every file"),
    ]
    return [(name, what) for name, what in known if name == "manifest.json" or (folder / name).exists()]


def _data_uri(path: Path) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(path.read_bytes()).decode()}" if path.exists() else ""
