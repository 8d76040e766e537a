"""Time is exact, and impossible rates are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base import clock
from sim.base.errors import RateError

USUAL_RATES_HZ = (20, 24, 25, 30, 36, 45, 50, 60, 90, 100, 120)


@pytest.mark.parametrize("rate_hz", USUAL_RATES_HZ)
def test_usual_rates_are_whole_flicks(rate_hz: int) -> None:
    assert clock.period_from_hz(rate_hz) * rate_hz == clock.FLICKS_PER_SECOND


@given(st.integers(min_value=0, max_value=10**7))
def test_whole_milliseconds_survive_the_round_trip(time_ms: int) -> None:
    assert clock.microseconds(clock.flicks(time_ms / 1000)) == time_ms * 1000


def test_a_36_hz_camera_ticks_at_36() -> None:
    assert clock.seconds(clock.tick_period({"main": 36.0})) == 1 / 36


@given(st.lists(st.sampled_from((5, 10, 12.5, 20, 30, 36, 60)), min_size=1, max_size=4))
def test_every_sensor_period_is_a_whole_multiple_of_the_tick(rates_hz: list[float]) -> None:
    rates = {f"s{i}": float(rate) for i, rate in enumerate(rates_hz)}
    period = clock.tick_period(rates, max_hz=2000)
    assert all(clock.period_from_hz(rate) % period == 0 for rate in rates.values())
    assert clock.FLICKS_PER_SECOND / period >= clock.MIN_TICK_HZ


def test_rates_without_a_common_tick_are_refused_with_the_reason() -> None:
    with pytest.raises(RateError, match=r"a 36 Hz, b 49 Hz.*1764 Hz"):
        clock.tick_period({"a": 36.0, "b": 49.0})


@pytest.mark.parametrize("rate_hz", (0.0, -1.0, float("nan"), float("inf"), 29.97))
def test_rates_that_are_no_whole_flicks_are_refused(rate_hz: float) -> None:
    with pytest.raises(RateError):
        clock.period_from_hz(rate_hz)
