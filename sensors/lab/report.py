"""The bench's page: a data sheet in the manner of EMVA 1288, every figure beside its tolerance, oracle and negative control."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import jinja2
import matplotlib
import numpy as np
from matplotlib.figure import Figure

from sim.base.errors import InputError

matplotlib.use("Agg")

_PAGE = jinja2.Template(
    """<!doctype html><html lang="en"><meta charset="utf-8"><title>Camera {{ preset }} on the bench</title>
<style>
body { font: 15px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; width: 100% } td, th { padding: .2rem .6rem; text-align: right; border-bottom: 1px solid #ddd }
td:nth-child(2), th:nth-child(2), td:first-child, th:first-child { text-align: left }
.no { background: #fbdcdc } .plots { display: flex; flex-wrap: wrap; gap: 1rem } .plots svg { width: 34rem; height: auto }
</style>
<h1>{{ preset }}: {{ passed }} of {{ rows|length }} figures within tolerance</h1>
<p>The camera's values were drawn around the preset's (seed {{ seed }}) and recovered from its files by programs that cannot
import this one. The oracle is the same estimator on textbook pictures; the negative control is a camera whose values are a
little off, which has to fail in every test.</p>
{% if missing %}<p><b>Not measured:</b> {% for test, why in missing.items() %}{{ test }} ({{ why }}){{ ", " if not loop.last }}
{% endfor %}. Install the laboratory's requirements and name its interpreter with --python.</p>{% endif %}
{% if weak %}<p class="no"><b>The negative control passed</b> in {{ weak|join(", ") }}: these tests prove nothing here.</p>{% endif %}
<div class="plots">{% for plot in plots %}{{ plot }}{% endfor %}</div>
<table><tr><th>test<th>figure<th>true<th>measured<th>deviation<th>oracle<th>negative<th>tolerance</tr>
{% for row in rows %}<tr{% if not row.passed %} class="no"{% endif %}><td>{{ row.test }}<td>{{ row.quantity.replace("_", " ") }}
<td>{{ "%.5g"|format(row.truth) }}<td>{{ "%.5g"|format(row.measured) }}<td>{{ "%+.4g"|format(row.deviation) }} {{ row.unit }}
<td>{{ row.oracle }}<td>{{ row.negative }}<td>{{ row.tolerance }}</tr>
{% endfor %}</table></html>"""
)


def weak_tests(result: dict[str, Any]) -> list[str]:
    """Tests in which every figure of the negative control is within tolerance: they would let a wrong camera pass."""
    failing = {row["test"] for row in result["rows"]["negative"] if not row["passed"]}
    return sorted({row["test"] for row in result["rows"]["files"]} - failing)


def write_report(out: Path) -> Path:
    """Write OUT/index.html from OUT/result.json; raises InputError where no session has been."""
    path = out / "result.json"
    if not path.exists():
        raise InputError(f"--out: found no result.json in {out}; run the bench first with --preset")
    result = json.loads(path.read_text())
    rows = []
    for row in result["rows"]["files"]:
        beside = {name: _deviation(result["rows"][name], row) for name in ("oracle", "negative")}
        low, high = row["low"], row["high"]
        tolerance = f"at most {high:g}" if low in (0.0, -np.inf) else f"{low:g} to {high:g}"
        rows.append(row | beside | {"tolerance": f"{tolerance} {row['unit']}"})
    page = _PAGE.render(
        preset=result["preset"],
        seed=result["seed"],
        rows=rows,
        passed=sum(row["passed"] for row in rows),
        missing=result["not_measured"],
        weak=weak_tests(result),
        plots=_plots(result["curves"]),
    )
    target = out / "index.html"
    target.write_text(page, encoding="utf-8")
    return target


def _deviation(rows: list[dict[str, Any]], like: dict[str, Any]) -> str:
    for row in rows:
        if (row["test"], row["quantity"]) == (like["test"], like["quantity"]):
            return f"{row['deviation']:+.4g}{'' if row['passed'] else ' ✗'}"
    return ""


def _svg(figure: Figure) -> str:
    text = io.StringIO()
    figure.tight_layout()
    figure.savefig(text, format="svg")
    return text.getvalue()[text.getvalue().index("<svg") :]


def _axes(title: str, x: str, y: str) -> tuple[Figure, Any]:
    figure = Figure(figsize=(5.6, 3.6))
    axes = figure.subplots()
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.grid(alpha=0.3)
    return figure, axes


def _plots(curves: dict[str, Any]) -> list[str]:
    """Whatever was measured, as pictures."""
    out = []
    for test, name in (("A1", "noise gain"), ("A2", "base gain")):
        if test not in curves:
            continue
        c = {key: np.array(value) for key, value in curves[test].items()}
        signal, variance = c["u_y"] - c["u_ydark"], c["s2_y"] - c["s2_ydark"]
        figure, axes = _axes(f"{test} photon transfer, {name}", "mean above dark [DN]", "variance above dark [DN²]")
        axes.plot(signal, variance, ".")
        out.append(_svg(figure))
        figure, axes = _axes(f"{test} signal-to-noise ratio, {name}", "photons per pixel", "SNR")
        # beyond the peak of the variance the pixels saturate
        lit = (signal > 0.0) & (np.arange(len(signal)) <= np.argmax(variance))
        axes.loglog(c["u_p"][lit], signal[lit] / np.sqrt(c["s2_y"][lit]), ".")
        axes.loglog(c["u_p"], np.sqrt(c["u_p"]), "--", lw=0.8, label="ideal detector")
        axes.legend()
        out.append(_svg(figure))
    if "A6" in curves:
        figure, axes = _axes("A6 dark current", "chip temperature [°C]", "dark signal [DN/s]")
        axes.semilogy(curves["A6"]["temperature_c"], curves["A6"]["dn_per_s"], "o-")
        out.append(_svg(figure))
    for test in ("B2", "B3"):
        if test not in curves:
            continue
        residual = np.array(curves[test]["residuals"])
        figure, axes = _axes(f"{test} corner residuals, 500 times enlarged", "x [px]", "y [px]")
        axes.quiver(
            *residual[:, :2].T, *(500.0 * residual[:, 2:].T), angles="xy", scale_units="xy", scale=1, width=0.002
        )
        axes.invert_yaxis()
        axes.set_aspect("equal")
        out.append(_svg(figure))
    if "C2" in curves:
        figure, axes = _axes("C2 relative illumination", "distance over half diagonal", "level")
        axes.plot(curves["C2"]["rho"], curves["C2"]["value"], ".", ms=2)
        out.append(_svg(figure))
    if "D1" in curves:
        figure, axes = _axes("D1 edge at 2000 px/s", "row", "shift [px]")
        axes.plot(curves["D1"]["row"], curves["D1"]["shift_px"], ".", ms=2)
        out.append(_svg(figure))
    return out
