"""Quantities that vary: constants and distributions as a scenario file writes them.

| YAML                               | meaning                                                                  |
|------------------------------------|--------------------------------------------------------------------------|
| `40`                               | always 40                                                                |
| `{uniform: [low, high]}`           | every value alike                                                        |
| `{log_uniform: [low, high]}`       | every factor alike; 0 < low                                              |
| `{normal: [mean, sd, low, high]}`  | normal, drawn again while outside low..high (a truncated normal)         |
| `{choice: [a, b, ...]}`            | one of these, each alike; repeat one to make it likelier                 |
| `$name`                            | the value of `variables: {name: ...}`, the same wherever it is used      |

Tested by tests/scenarios/test_sample.py (moments, bounds, independence of keys).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic_core import PydanticCustomError

from sim.base.errors import did_you_mean

KINDS = ("uniform", "log_uniform", "normal", "choice")
_MAX_REDRAWS = 10_000

Scalar = float | str | bool


@dataclass(frozen=True)
class Draw:
    """One quantity of a scenario: `kind` is "constant" (one parameter) or one of KINDS."""

    kind: str
    parameters: tuple[Scalar, ...]

    @property
    def constant(self) -> bool:
        """Whether it has been drawn, or never varied."""
        return self.kind == "constant"

    @property
    def value(self) -> float:
        """The number of a constant; sampling turns every Draw of a scenario into one."""
        if not self.constant:
            raise ValueError(f"value: found a {self.kind} distribution; sample the scenario first")
        return float(self.parameters[0])

    @property
    def name(self) -> str:
        """The name of a constant of names (a blueprint)."""
        if not self.constant:
            raise ValueError(f"name: found a {self.kind} distribution; sample the scenario first")
        return str(self.parameters[0])

    def limits(self) -> tuple[float, float]:
        """Lowest and highest number that can be drawn."""
        if self.kind == "normal":
            return float(self.parameters[2]), float(self.parameters[3])
        numbers = [float(item) for item in self.parameters]
        return min(numbers), max(numbers)

    def sample(self, rng: np.random.Generator) -> Scalar:
        """One value."""
        if self.kind in ("constant", "choice"):
            return (
                self.parameters[int(rng.integers(len(self.parameters)))]
                if self.kind == "choice"
                else self.parameters[0]
            )
        numbers = [float(item) for item in self.parameters]
        if self.kind == "uniform":
            return float(rng.uniform(numbers[0], numbers[1]))
        if self.kind == "log_uniform":
            return math.exp(rng.uniform(math.log(numbers[0]), math.log(numbers[1])))
        for _ in range(_MAX_REDRAWS):
            drawn = float(rng.normal(numbers[0], numbers[1]))
            if numbers[2] <= drawn <= numbers[3]:
                return drawn
        return min(max(numbers[0], numbers[2]), numbers[3])


def is_distribution(raw: Any) -> bool:
    """Whether plain data is a mapping with one key that names a distribution."""
    return isinstance(raw, Mapping) and len(raw) == 1 and next(iter(raw)) in KINDS


def _fail(kind: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(kind, "{message}", {"message": message})


def _is_number(item: Any) -> bool:
    return isinstance(item, (int, float)) and not isinstance(item, bool) and math.isfinite(item)


def parse_draw(raw: Any, expected: str) -> Draw:
    """A Draw of numbers from plain data; PydanticCustomError, saying what was expected, where it is none."""
    if isinstance(raw, Draw):
        return raw
    if _is_number(raw):
        return Draw("constant", (float(raw),))
    if not isinstance(raw, Mapping) or len(raw) != 1:
        raise _fail("draw", f"expected {expected}")
    kind, items = next(iter(raw.items()))
    if kind not in KINDS:
        raise _fail("draw", f"expected {expected}, or normal, log_uniform, choice.{did_you_mean(str(kind), KINDS)}")
    if not isinstance(items, (list, tuple)) or not items or not all(_is_number(item) for item in items):
        raise _fail("draw", f"expected a list of numbers after {kind}")
    numbers = tuple(float(item) for item in items)
    if kind in ("uniform", "log_uniform") and not (len(numbers) == 2 and numbers[0] <= numbers[1]):
        raise _fail("draw", f"expected {{{kind}: [low, high]}} with low <= high")
    if kind == "log_uniform" and numbers[0] <= 0:
        raise _fail("draw", "expected {log_uniform: [low, high]} with low > 0")
    if kind == "normal" and not (len(numbers) == 4 and numbers[1] > 0 and numbers[2] < numbers[3]):
        raise _fail("draw", "expected {normal: [mean, standard deviation, low, high]} with low < high")
    if kind == "normal" and not (numbers[2] - 3 * numbers[1] <= numbers[0] <= numbers[3] + 3 * numbers[1]):
        raise _fail("draw", "expected {normal: [mean, sd, low, high]} with the mean at most 3 sd outside low..high")
    return Draw(str(kind), numbers)


@dataclass(frozen=True)
class Within:
    """A pydantic validator: a number, or a distribution of numbers, that stays in [low, high]."""

    low: float
    high: float
    unit: str

    def __call__(self, raw: Any) -> Draw:
        unit = f" ({self.unit})" if self.unit else ""
        expected = f"a number {self.low:g} to {self.high:g}{unit} or {{uniform: [low, high]}}"
        draw = parse_draw(raw, expected)
        low, high = draw.limits()
        if low < self.low or high > self.high:
            reach = f"{low:g}" if draw.constant else f"values from {low:g} to {high:g}"
            raise _fail("draw", f"expected {expected}; this one gives {reach}")
        return draw


def parse_name(raw: Any) -> Draw:
    """A Draw of names: one string, or {choice: [names]}."""
    if isinstance(raw, Draw):
        return raw
    if isinstance(raw, str) and raw:
        return Draw("constant", (raw,))
    if isinstance(raw, Mapping) and set(raw) == {"choice"}:
        names = raw["choice"]
        if isinstance(names, (list, tuple)) and names and all(isinstance(name, str) for name in names):
            return Draw("choice", tuple(names))
    raise _fail("draw", "expected a name or {choice: [name, name, ...]}")
