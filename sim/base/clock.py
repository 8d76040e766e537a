"""Time as an integer count of flicks, and the tick rate that a set of sensors can share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from sim.base.errors import RateError

FLICKS_PER_SECOND = 705_600_000
"""1 flick = 1/705,600,000 s: every usual frame rate (20, 24, 25, 30, 36, 45, 50, 60, 90, 100, 120 Hz) is a whole number of flicks."""

MIN_TICK_HZ = 20.0
MAX_TICK_HZ = 240.0


def period_from_hz(rate_hz: float) -> int:
    """The period in flicks of a rate, which must be a whole number of flicks (decimal rates are read as written: 12.5 is 25/2)."""
    if not (rate_hz > 0 and math.isfinite(rate_hz)):
        raise RateError(f"rate: found {rate_hz} Hz; expected a positive number")
    period = Fraction(FLICKS_PER_SECOND) / Fraction(str(rate_hz))
    if period.denominator != 1:
        raise RateError(
            f"rate: found {rate_hz} Hz, whose period is not a whole number of flicks (1/705,600,000 s); "
            "choose a rate such as 10, 12.5, 20, 24, 25, 30, 36, 45, 50, 60, 90, 100 or 120 Hz"
        )
    return int(period)


def seconds(time_flicks: int) -> float:
    """Seconds, for output and physics."""
    return time_flicks / FLICKS_PER_SECOND


def microseconds(time_flicks: int) -> int:
    """Whole microseconds, rounded to nearest, for file formats."""
    return (time_flicks * 1_000_000 + FLICKS_PER_SECOND // 2) // FLICKS_PER_SECOND


def flicks(time_s: float) -> int:
    """The nearest whole number of flicks."""
    return round(Fraction(time_s) * FLICKS_PER_SECOND)


def tick_period(rates_hz: Mapping[str, float], min_hz: float = MIN_TICK_HZ, max_hz: float = MAX_TICK_HZ) -> int:
    """The longest tick period in flicks, at least `min_hz`, that every sensor's period is a whole multiple of.

    Raises RateError, naming the rates, when the slowest common tick rate exceeds `max_hz`.
    Tested by tests/base/test_clock.py.
    """
    if not rates_hz:
        return period_from_hz(min_hz)
    common = math.gcd(*(period_from_hz(rate) for rate in rates_hz.values()))
    divisor = max(1, math.ceil(Fraction(common) * Fraction(str(min_hz)) / FLICKS_PER_SECOND))
    while common % divisor:
        divisor += 1
    period = common // divisor
    if Fraction(str(max_hz)) * period < FLICKS_PER_SECOND:
        names = ", ".join(f"{name} {rate:g} Hz" for name, rate in rates_hz.items())
        raise RateError(
            f"rig: found sensor rates {names}; their slowest common tick rate is {FLICKS_PER_SECOND / period:g} Hz, "
            f"allowed is {min_hz:g} to {max_hz:g} Hz; choose rates with a common multiple, such as 10, 20 and 60 Hz"
        )
    return period
