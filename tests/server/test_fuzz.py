"""A short run of the fuzzer and of the soak: the long ones are commands of tests.benchmarks."""

from __future__ import annotations

import pytest

from tests.benchmarks import soak
from tests.benchmarks.fuzz import fuzz

_JUDGED = ("dead", "hang", "closed", "form", "internal error", "not a number", "client")


@pytest.mark.slow
def test_twenty_seconds_of_fuzzing_find_nothing() -> None:
    """How long answers take is left to the command: a busy machine would decide it here."""
    report = fuzz(minutes=0.33, seed=11)
    assert [defect for defect in report["defects"] if defect["kind"] in _JUDGED] == []
    assert report["answers"] > 100


@pytest.mark.slow
def test_clients_that_die_leave_nothing_behind() -> None:
    report = soak.soak_kills(40, seed=3)
    assert report["alive"]
    assert report["client"]["failures"] == {}
    assert report["clients_left"] <= 2
