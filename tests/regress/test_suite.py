"""Suites: what is run, what is reported, and the exit code."""

from pathlib import Path

import pytest
from junitparser import JUnitXml

from sim.base.errors import InputError
from sim.regress import junit, page, suite


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(suite, "CASE_TARGET", "tests.regress.fake:run_case")
    scenarios = tmp_path / "scenarios" / "vru"
    scenarios.mkdir(parents=True)
    (scenarios / "child.yaml").write_text("title: a child\n")
    (scenarios.parent / "stop.yaml").write_text("title: a sign\n")
    return scenarios.parent


def run(folder: Path, out: Path) -> suite.SuiteResult:
    return suite.run_suite(folder, [0, 1], {"agent": "expert"}, out, workers=2)


def test_every_scenario_runs_with_every_seed(folder: Path, tmp_path: Path) -> None:
    result = run(folder, tmp_path / "out")
    assert [(Path(c.scenario).stem, c.seed, c.status) for c in result.cases] == [
        ("stop", 0, "passed"),
        ("stop", 1, "passed"),
        ("child", 0, "passed"),
        ("child", 1, "failed"),
    ]
    assert result.exit_code == 1


def test_a_scenario_that_cannot_run_is_invalid_not_lost(folder: Path, tmp_path: Path) -> None:
    (folder / "broken.yaml").write_text("titel: x\n")
    result = run(folder, tmp_path / "out")
    assert result.count("invalid") == 2
    assert result.exit_code == 2
    assert "unknown key" in next(c.message for c in result.cases if c.status == "invalid")


def test_junit_counts_failures_and_errors(folder: Path, tmp_path: Path) -> None:
    (folder / "broken.yaml").write_text("titel: x\n")
    junit.write_junit(run(folder, tmp_path / "out"), tmp_path / "junit.xml")
    [parsed] = JUnitXml.fromfile(str(tmp_path / "junit.xml"))
    assert (parsed.tests, parsed.failures, parsed.errors) == (6, 1, 2)
    assert "reproduce: sim run" in next(iter(parsed)).system_out


def test_the_page_names_failures_and_escapes_titles(folder: Path, tmp_path: Path) -> None:
    page.write_page(run(folder, tmp_path / "out"), tmp_path / "index.html")
    text = (tmp_path / "index.html").read_text()
    assert "hit the child" in text
    assert "A child runs out &amp; &lt;stops&gt;" in text
    assert "privileged" in text
    assert 'href="runs/' in text


def test_running_again_reuses_results_until_the_file_changes(folder: Path, tmp_path: Path) -> None:
    states: list[str] = []
    arguments = (folder, [0], {"agent": "expert"}, tmp_path / "out", 1, lambda r: states.append(r.state))
    suite.run_suite(*arguments)
    suite.run_suite(*arguments)
    (folder / "stop.yaml").write_text("title: another\n")
    suite.run_suite(*arguments)
    assert sorted(states[:2] + states[2:4]) == ["done", "done", "reused", "reused"]
    assert sorted(states[4:]) == ["done", "reused"]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one"):
        suite.scenarios_in(tmp_path)


def test_an_invalid_case_is_run_again(folder: Path, tmp_path: Path) -> None:
    (folder / "unlucky.yaml").write_text("title: the server dies\n")
    states: list[tuple[str, str]] = []
    for _ in range(2):
        result = suite.run_suite(
            folder, [0], {"agent": "expert"}, tmp_path / "out", 1, lambda r: states.append((r.name, r.state))
        )
        assert result.count("invalid") == 1
    assert states.count(("unlucky-000000", "done")) == 2
    assert states.count(("stop-000000", "done")) == 1


def test_file_names_of_people_are_no_problem_until_two_are_the_same(folder: Path, tmp_path: Path) -> None:
    (folder / "my ältestes scenario.yaml").write_text("title: a name\n")
    result = suite.run_suite(folder, [0], {"agent": "expert"}, tmp_path / "out")
    assert result.count("passed") == 3
    (folder / "vru.child.yaml").write_text("title: a name\n")
    with pytest.raises(InputError, match="rename one"):
        suite.run_suite(folder, [0], {"agent": "expert"}, tmp_path / "out")
