"""A real case of a suite, without cameras."""

from pathlib import Path

from sim.regress.case import run_case


def test_a_case_runs_and_tells_what_the_summary_needs(tmp_path: Path) -> None:
    value = run_case("vru/child_from_behind_parked_van", 3, str(tmp_path / "run"), content="")
    assert value["privileged"] is True
    assert value["exit_code"] == 0, value["verdicts"]
    assert Path(value["report"]).exists()
    assert {"no_collision"} <= {verdict["name"] for verdict in value["verdicts"]}


def test_the_driver_that_never_brakes_fails(tmp_path: Path) -> None:
    value = run_case("vru/child_from_behind_parked_van", 3, str(tmp_path / "run"), content="", agent="expert_no_brake")
    assert value["exit_code"] == 1
    assert any(v["name"] == "no_collision" and not v["passed"] for v in value["verdicts"])
