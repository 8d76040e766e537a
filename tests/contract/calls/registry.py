"""Which test shows which call at work: `@covers("tick_cue")` above a test names the calls whose effect it checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., None])

COVERED: dict[str, str] = {}


def covers(*names: str) -> Callable[[Test], Test]:
    """Mark a test as the one that shows these calls at work."""

    def note(test: Test) -> Test:
        COVERED.update(dict.fromkeys(names, f"{test.__module__}.{test.__name__}"))
        return test

    return note
