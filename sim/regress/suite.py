"""A folder of scenarios as a regression suite: every scenario, every seed, each in a process of its own."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.base.errors import InputError
from sim.jobs.inputs import inputs_sha256
from sim.jobs.runner import Job, JobResult, run_jobs

CASE_TARGET = "sim.regress.case:run_case"
EXIT_INVALID = 2
SCENARIO_PATTERNS = ("*.yaml", "*.yml")


@dataclass(frozen=True)
class Case:
    """One scenario with one seed, and what became of it. `status` is "passed", "failed" or "invalid"."""

    scenario: str
    title: str
    seed: int
    status: str
    avoidable: bool | None
    end_reason: str
    verdicts: tuple[Mapping[str, Any], ...]
    message: str
    report: str
    wall_s: float
    reproduce: str


@dataclass(frozen=True)
class SuiteResult:
    """All cases of a run of a suite."""

    name: str
    agent: str
    privileged: bool
    cases: tuple[Case, ...]

    def count(self, status: str) -> int:
        """How many cases ended so."""
        return sum(case.status == status for case in self.cases)

    @property
    def exit_code(self) -> int:
        """0 every case passed, 1 an expectation failed, 2 a case was invalid."""
        return EXIT_INVALID if self.count("invalid") else (1 if self.count("failed") else 0)


def scenarios_in(folder: Path) -> list[Path]:
    """All scenario files below a folder, in the order of their paths; a single file is a suite of one."""
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise InputError(f"{folder}: found no such folder; expected a folder with scenario files (*.yaml)")
    found = sorted({path for pattern in SCENARIO_PATTERNS for path in folder.rglob(pattern)})
    if not found:
        raise InputError(f"{folder}: found no scenario file; expected at least one *.yaml below it")
    return found


def run_suite(
    folder: Path,
    seeds: Sequence[int],
    options: Mapping[str, Any],
    out: Path,
    workers: int = 1,
    on_result: Callable[[JobResult], None] = lambda result: None,
) -> SuiteResult:
    """Run every scenario below `folder` with every seed; cases already in `out` are not run again, unless they were invalid
    or the code, the scenario's file, or another file they read has changed since.

    `options` are further keyword arguments of sim.regress.case.run_case (agent, camera, ...).
    Tested by tests/regress/test_suite.py.
    """
    others = [str(options.get(name, "")) for name in ("rig", "map_name")]
    jobs = []
    for label, path in _labelled(folder).items():
        content = inputs_sha256([str(path), *others], options.get("maps", ()), str(options.get("agent", "")))
        for seed in seeds:
            name = f"{label}-{seed:06d}"
            arguments = {"scenario": str(path.resolve()), "seed": seed, "out": str(out / "runs" / name), **options}
            jobs.append(Job(name, CASE_TARGET, {**arguments, "content": content}))
    results = run_jobs(jobs, out, workers, on_result, keep=lambda value: value["exit_code"] != EXIT_INVALID)
    cases = tuple(_case(job, result, out) for job, result in zip(jobs, results, strict=True))
    privileged = any(result.ok and result.value["privileged"] for result in results)
    return SuiteResult(folder.resolve().name, str(options.get("agent", "")), privileged, cases)


def _labelled(folder: Path) -> dict[str, Path]:
    """The scenario files by a name that no other has and that can name a folder."""
    found: dict[str, Path] = {}
    for path in scenarios_in(folder):
        relative = path.name if folder.is_file() else path.relative_to(folder).as_posix()
        label = re.sub(r"[^A-Za-z0-9._-]", "_", relative.rsplit(".", 1)[0].replace("/", "."))
        if label in found:
            raise InputError(
                f"{path}: found the name {label}, which {found[label]} has too; expected different names; rename one"
            )
        found[label] = path
    return found


def _case(job: Job, result: JobResult, out: Path) -> Case:
    scenario, seed = str(job.arguments["scenario"]), int(job.arguments["seed"])
    words = ["sim", "run", scenario, "--seed", str(seed), "--agent", str(job.arguments.get("agent", "expert"))]
    words += ["--map", str(job.arguments["map_name"])] if job.arguments.get("map_name") else []
    words += [word for place in job.arguments.get("maps", ()) for word in ("--maps", str(place))]
    reproduce = shlex.join(words)
    if not result.ok:
        title = Path(scenario).stem
        return Case(scenario, title, seed, "invalid", None, "", (), result.message, "", result.wall_s, reproduce)
    value = result.value
    status = {0: "passed", 1: "failed", EXIT_INVALID: "invalid"}[int(value["exit_code"])]
    report = Path(value["report"]).relative_to(out).as_posix() if value["report"] else ""
    failed = [verdict["message"] for verdict in value["verdicts"] if not (verdict["passed"] and verdict["valid"])]
    return Case(
        scenario=scenario,
        title=value["title"],
        seed=seed,
        status=status,
        avoidable=value["avoidable"],
        end_reason=value["end_reason"],
        verdicts=tuple(value["verdicts"]),
        message="; ".join(failed),
        report=report,
        wall_s=result.wall_s,
        reproduce=reproduce,
    )
