"""Holds the merge's and the colours' figures (D4, D5, F1) beside what they should be, with the acceptance table's tolerances."""

from __future__ import annotations

from typing import Any

from sensors.lab.judge import Row


def range_rows(truth: dict[str, Any], measured: dict[str, dict[str, Any]]) -> list[Row]:
    """Rows of the tests that were measured; `truth` of plan_range.range_truth."""
    rows = []
    if "D4" in measured:
        figures, expected = measured["D4"], truth["dynamic_range_db"]
        off = figures["dynamic_range_db"] - expected
        rows.append(Row("D4", "dynamic range db", expected, figures["dynamic_range_db"], off, -1.0, 1.0, "dB"))
        worst = figures["worst_linearity_percent"]
        rows.append(Row("D4", "worst linearity percent", 0.0, worst, worst, -1.0, 1.0, "%"))
    for name, found in measured.get("D5", {}).items():
        expected = truth["drops_db"][int(name.rsplit("_", 1)[1])]
        rows.append(Row("D5", name, expected, found, found - expected, -0.5, 0.5, "dB"))
    for name, limit in (("mean_delta_e_2000", 0.6), ("largest_delta_e_2000", 1.5)):
        if name in measured.get("F1", {}):
            found = measured["F1"][name]
            rows.append(Row("F1", name, 0.0, found, found, 0.0, limit, ""))
    return rows
