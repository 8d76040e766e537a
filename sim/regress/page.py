"""The summary page of a suite: what passed, what failed, and why, one row a case."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from sim.jobs.runner import write_atomically
from sim.regress.suite import SuiteResult


def write_page(result: SuiteResult, path: Path) -> None:
    """Write the page; it needs no network and links to the reports of the runs beside it."""
    environment = Environment(
        loader=PackageLoader("sim.regress"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    groups = [
        {
            "scenario": scenario,
            "title": cases[0].title,
            "cases": cases,
            "passed": sum(c.status == "passed" for c in cases),
        }
        for scenario, rows in groupby(result.cases, key=lambda case: case.scenario)
        if (cases := list(rows))
    ]
    text = environment.get_template("summary.html").render(
        result=result,
        groups=groups,
        total=len(result.cases),
        counts={status: result.count(status) for status in ("passed", "failed", "invalid")},
    )
    write_atomically(path, text.encode())
