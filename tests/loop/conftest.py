"""One recorded run for all tests that look at its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.loop.run import RunResult, run_scenario

SCENARIO = "vru/child_from_behind_parked_van"
SHORT = {"duration_s": "1.0"}


def short_run(out: Path, threads: int = 2, seed: int = 3) -> RunResult:
    """A second of driving with the small camera."""
    return run_scenario(SCENARIO, seed=seed, out=out, threads=threads, overrides=SHORT)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """A short run with camera, labels, video and report."""
    return short_run(tmp_path_factory.mktemp("runs") / "first")
