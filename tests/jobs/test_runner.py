"""Many jobs: isolated, resumable, and gone when their parent is."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.jobs import runner
from sim.jobs.runner import Job, run_jobs


def jobs(log: Path, count: int = 3) -> list[Job]:
    return [Job(f"double-{i}", "tests.jobs.work:double", {"x": i, "log": str(log)}) for i in range(count)]


def test_results_come_in_order_and_are_not_computed_twice(tmp_path: Path) -> None:
    log = tmp_path / "log"
    first = run_jobs(jobs(log), tmp_path, workers=2)
    assert [r.value for r in first] == [0, 2, 4]
    again = run_jobs(jobs(log, 4), tmp_path, workers=2)
    assert [r.state for r in again] == ["reused", "reused", "reused", "done"]
    assert sorted(log.read_text().split()) == ["0", "1", "2", "3"]


def test_a_changed_job_is_computed_again(tmp_path: Path) -> None:
    run_jobs([Job("a", "tests.jobs.work:double", {"x": 1, "log": str(tmp_path / "log")})], tmp_path)
    [again] = run_jobs([Job("a", "tests.jobs.work:double", {"x": 5, "log": str(tmp_path / "log")})], tmp_path)
    assert (again.state, again.value) == ("done", 10)


def test_changed_code_computes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_jobs(jobs(tmp_path / "log", 1), tmp_path)
    monkeypatch.setattr(runner, "code_version", lambda: "another")
    [again] = run_jobs(jobs(tmp_path / "log", 1), tmp_path)
    assert again.state == "done"


def test_a_value_not_worth_keeping_is_told_and_computed_again(tmp_path: Path) -> None:
    for _ in range(2):
        results = run_jobs(jobs(tmp_path / "log", 2), tmp_path, keep=lambda value: value > 0)
        assert [r.value for r in results] == [0, 2]
    assert sorted((tmp_path / "log").read_text().split()) == ["0", "0", "1"]


def test_a_crash_or_an_error_costs_one_job_and_is_told(tmp_path: Path) -> None:
    bad = [Job("refuse", "tests.jobs.work:refuse", {}), Job("crash", "tests.jobs.work:crash", {})]
    results = run_jobs([*bad, *jobs(tmp_path / "log", 1)], tmp_path, workers=2)
    assert [r.state for r in results] == ["failed", "crashed", "done"]
    assert "a.yaml:3" in results[0].message
    assert "signal 11" in results[1].message


def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="allowed are letters"):
        run_jobs([Job("../x", "tests.jobs.work:refuse", {})], tmp_path)


def test_jobs_end_when_the_parent_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    program = (
        "from pathlib import Path; from sim.jobs.runner import Job, run_jobs; "
        f"run_jobs([Job('s', 'tests.jobs.work:sleep', {{'pid_file': {str(pid_file)!r}}})], Path({str(tmp_path)!r}))"
    )
    parent = subprocess.Popen([sys.executable, "-c", program])
    deadline_s = time.monotonic() + 30
    while not (pid_file.exists() and pid_file.read_text()):
        assert time.monotonic() < deadline_s, "the job did not start"
        time.sleep(0.05)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    child = int(pid_file.read_text())
    while Path(f"/proc/{child}").exists() and "State:\tZ" not in Path(f"/proc/{child}/status").read_text():
        assert time.monotonic() < deadline_s, "the job outlived its parent"
        time.sleep(0.05)
    assert os.getpid() != child


def test_folders_of_the_user_do_not_hide_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "__init__.py").write_text("raise RuntimeError('not ours')")
    (tmp_path / "mine.py").write_text("def where():\n    import scenarios\n    return scenarios.__doc__\n")
    monkeypatch.chdir(tmp_path)
    [result] = run_jobs([Job("a", "mine:where", {})], tmp_path / "out")
    assert result.ok, result.message
    assert "What happens" in result.value
