"""Sampling: moments and bounds of each distribution, independence of keys, and the same draws on every machine."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scenarios.catalogue import LIBRARY
from scenarios.draws import Draw
from scenarios.load import load_scenario, scenario_from_text
from scenarios.sample import sample
from sim.base.streams import stream

COUNT = 4000


@pytest.mark.parametrize(
    ("draw", "mean", "sd"),
    [
        (Draw("uniform", (2.0, 6.0)), 4.0, 4.0 / math.sqrt(12.0)),
        (Draw("log_uniform", (1.0, math.e**2)), (math.e**2 - 1.0) / 2.0, None),
        (Draw("normal", (5.0, 1.0, -10.0, 20.0)), 5.0, 1.0),
        (Draw("choice", (1.0, 3.0)), 2.0, 1.0),
    ],
)
def test_moments(draw: Draw, mean: float, sd: float | None) -> None:
    rng = stream(0, "moments")
    values = np.array([float(draw.sample(rng)) for _ in range(COUNT)])
    spread = values.std()
    assert abs(values.mean() - mean) < 4.0 * spread / math.sqrt(COUNT)
    assert sd is None or abs(spread / sd - 1.0) < 0.06
    low, high = draw.limits()
    assert low <= values.min() and values.max() <= high


def test_truncated_normal_keeps_its_bounds_and_is_not_clipped() -> None:
    draw = Draw("normal", (0.0, 1.0, -0.5, 0.5))
    rng = stream(0, "truncated")
    values = np.array([float(draw.sample(rng)) for _ in range(1000)])
    assert np.abs(values).max() <= 0.5
    assert np.mean(np.abs(values) == 0.5) == 0.0


def test_a_new_key_changes_no_other_draw() -> None:
    text = (LIBRARY / "vru" / "child_from_behind_parked_van.yaml").read_text()
    more = text.replace("  wetness:", "  fog_density: {uniform: [0, 10]}\n  wetness:")
    for seed in range(5):
        before = sample(scenario_from_text(text, "a", "same"), seed).draws
        after = sample(scenario_from_text(more, "b", "same"), seed).draws
        assert set(after) - set(before) == {"weather.fog_density"}
        assert all(after[key] == value for key, value in before.items())


def test_draws_differ_between_seeds_and_repeat() -> None:
    scenario = load_scenario("cut_in_close")
    speeds = {sample(scenario, seed).cruise_speed_mps for seed in range(20)}
    assert len(speeds) == 20
    assert sample(scenario, 3).sha256 == sample(scenario, 3).sha256 != sample(scenario, 4).sha256


def test_a_variable_is_the_same_wherever_it_is_used() -> None:
    spec = sample(load_scenario("cut_in_close"), 7).spec
    gap = spec.actors["cutter"].place.gap_m
    trigger = spec.events["car_cuts_in"].when
    assert gap is not None and trigger is not None and trigger.any_of is not None and trigger.any_of[0].gap is not None
    assert gap.value == trigger.any_of[0].gap.at_most_m.value == spec.variables["gap_m"].value


def test_golden_draws() -> None:
    """Recorded once; a change here changes every baseline."""
    draws = sample(load_scenario("child_from_behind_parked_van"), 0).draws
    assert draws["ego.speed_kmh"] == pytest.approx(GOLDEN_SPEED_KMH, abs=1e-12)


GOLDEN_SPEED_KMH = 32.22331792485924
