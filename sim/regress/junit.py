"""JUnit XML, which every continuous-integration system reads."""

from __future__ import annotations

from pathlib import Path

from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

from sim.jobs.runner import write_atomically
from sim.regress.suite import Case, SuiteResult


def write_junit(result: SuiteResult, path: Path) -> None:
    """One <testcase> per scenario and seed: <failure> for an expectation that failed, <error> for an invalid run."""
    suite = TestSuite(result.name)
    for case in result.cases:
        suite.add_testcase(_test_case(case))
    suite.update_statistics()
    document = JUnitXml()
    document.add_testsuite(suite)
    document.update_statistics()
    write_atomically(path, document.tostring())


def _test_case(case: Case) -> TestCase:
    entry = TestCase(f"{case.title} [seed {case.seed}]", classname=Path(case.scenario).stem, time=round(case.wall_s, 3))
    if case.status == "failed":
        entry.result = [Failure(case.message, "expectation")]
    elif case.status == "invalid":
        entry.result = [Error(case.message or "the run was invalid", "invalid run")]
    lines = [f"{'ok  ' if v['passed'] and v['valid'] else 'FAIL'} {v['name']}: {v['message']}" for v in case.verdicts]
    entry.system_out = "\n".join([*lines, f"reproduce: {case.reproduce}"])
    return entry
