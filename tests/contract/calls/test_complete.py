"""Every row of the table in sim/wire/calls.py is shown at work by a test of this package, and by no test that is gone."""

from __future__ import annotations

import importlib
import pkgutil

import tests.contract.calls as package
from sim.wire.calls import CALLS
from tests.contract.calls.registry import COVERED


def test_every_call_of_the_table_is_covered() -> None:
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    assert set(CALLS) - set(COVERED) == set(), "calls without a test: add one with @covers"
    assert set(COVERED) - set(CALLS) == set(), "tests of calls that the table does not name"
