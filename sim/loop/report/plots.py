"""Plots of a run as SVG: one strip each, all with the same time axis, so that one cursor runs through them.

The bytes depend on the numbers only: fixed ids, no date, text as text.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from sim.base.units import kmh_from_mps
from sim.loop.report.series import RunSeries

LEFT, RIGHT = 0.062, 0.988
"""Where the time axis begins and ends, as shares of a plot's width; the page's cursor uses the same numbers."""
WIDTH_IN, HEIGHT_IN = 10.4, 1.75
TTC_SHOWN_S = 8.0
DISTANCE_SHOWN_M = 60.0

_INK, _SOFT, _LINE = "#1c2430", "#5d6b7c", "#dde3ea"
_COLORS = ("#1f6feb", "#c0362c", "#9a6700", "#6f42c1", "#1a7f4b", "#0b7285")
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "sim",
    "font.family": "sans-serif",
    "font.size": 9.5,
    "text.color": _INK,
    "axes.edgecolor": _LINE,
    "axes.labelcolor": _SOFT,
    "xtick.color": _SOFT,
    "ytick.color": _SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": _LINE,
    "grid.linewidth": 0.7,
}


@dataclass(frozen=True)
class Curve:
    """One line of a strip; `dashed` for limits and other things that are not measured."""

    name: str
    values: Sequence[float]
    color: str
    dashed: bool = False


@dataclass(frozen=True)
class Strip:
    """One plot: a title with its unit, its curves, and the range of values shown."""

    title: str
    unit: str
    curves: tuple[Curve, ...]
    low: float
    high: float
    marks: tuple[tuple[float, str], ...] = field(default=())


def strips(series: RunSeries) -> list[Strip]:
    """Speed, distances, time to collision, pedals and wheel; those without any finite value are left out."""
    speed = [kmh_from_mps(value) for value in series.speed_mps]
    limit = [kmh_from_mps(value) for value in series.speed_limit_mps]
    top = max([*(value for value in speed + limit if math.isfinite(value)), 10.0]) * 1.08
    found = [
        Strip("Speed", "km/h", (Curve("speed", speed, _COLORS[0]), Curve("limit", limit, _SOFT, dashed=True)), 0.0, top)
    ]
    ahead = {
        name: values for name, values in series.judged_like("distance", "gap").items() if max(values, default=0) > 0
    }
    distances = _curves(ahead)
    if distances:
        found.append(Strip("Distance", "m", distances, 0.0, _top(distances, DISTANCE_SHOWN_M)))
    ttc = _curves(series.judged_like("ttc", "time_to"))
    if ttc:
        found.append(Strip("Time to collision", "s", ttc, 0.0, _top(ttc, TTC_SHOWN_S)))
    pedals = (
        Curve("throttle", series.throttle_ratio, _COLORS[4]),
        Curve("brake", series.brake_ratio, _COLORS[1]),
        Curve("steer (left +)", series.steer_ratio, _COLORS[3]),
    )
    found.append(Strip("Controls", "ratio", pedals, -1.05, 1.05))
    return found


def svg(strip: Strip, time_s: Sequence[float], marks: Sequence[tuple[float, str]] = ()) -> str:
    """One strip as an <svg> element; `marks` are moments (time, name) drawn as vertical lines."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN))
        FigureCanvasSVG(figure)
        axes = figure.add_axes((LEFT, 0.16, RIGHT - LEFT, 0.76))
        for curve in strip.curves:
            values = [value if math.isfinite(value) else math.nan for value in curve.values]
            style = (0, (4, 3)) if curve.dashed else "solid"
            axes.plot(time_s, values, color=curve.color, linestyle=style, linewidth=1.2 if curve.dashed else 1.7)
        for moment, _ in marks:
            axes.axvline(moment, color=_SOFT, linewidth=0.8, linestyle=(0, (1, 2)))
        axes.set_xlim(time_s[0], time_s[-1] if time_s[-1] > time_s[0] else time_s[0] + 1.0)
        axes.set_ylim(strip.low, strip.high)
        axes.tick_params(length=0, pad=4)
        axes.set_axisbelow(True)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _curves(named: dict[str, list[float]]) -> tuple[Curve, ...]:
    return tuple(
        Curve(_readable(name), values, _COLORS[number % len(_COLORS)])
        for number, (name, values) in enumerate(named.items())
    )


def _readable(name: str) -> str:
    stem = name.rsplit("_", 1)[0] if name.rsplit("_", 1)[-1] in ("m", "s", "mps", "mps2", "ratio") else name
    return stem.replace("_", " ").replace("ttc", "time to collision")


def _top(curves: Sequence[Curve], most: float) -> float:
    finite = [value for curve in curves for value in curve.values if math.isfinite(value)]
    return max(min(max(finite) * 1.08, most), 0.1 * most)
