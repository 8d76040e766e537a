"""What a run is judged to be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """One expectation, judged. A failed *run* is recorded as valid=False, so nothing is caught and forgotten.

    `value` and `limit` carry their `unit`; `tick` is when it was decided (None: at the end).
    """

    name: str
    passed: bool
    valid: bool
    value: float | None
    limit: float | None
    unit: str
    tick: int | None
    message: str


@dataclass(frozen=True)
class RunOutcome:
    """All verdicts of one run. Exit code 0 passed, 1 an expectation failed, 2 the run itself was invalid."""

    verdicts: tuple[Verdict, ...]
    avoidable: bool | None
    end_reason: str

    @property
    def valid(self) -> bool:
        """Whether the run happened as the scenario says; a run without verdicts is not valid."""
        return bool(self.verdicts) and all(verdict.valid for verdict in self.verdicts)

    @property
    def passed(self) -> bool:
        """Whether every expectation holds in a valid run."""
        return self.valid and all(verdict.passed for verdict in self.verdicts)

    @property
    def exit_code(self) -> int:
        """0 passed, 1 an expectation failed, 2 invalid."""
        return 2 if not self.valid else (0 if self.passed else 1)
