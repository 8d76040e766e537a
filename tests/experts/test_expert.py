"""The expert's parts: emergency braking, leaders, stop lines; and its smoothness in a kinematic world."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.load import load_scenario
from scenarios.place import place
from scenarios.sample import sample
from sim.base.polyline import polyline
from sim.experts.emergency import EgoPrediction, escape
from sim.experts.expert import Expert, _following, _stopping
from sim.experts.stops import junction_is_clear
from sim.experts.surroundings import Leader, Others, leader_on
from sim.maps.library import load_network
from tests.scenarios.kinematic_world import run

LINE = polyline(np.column_stack([np.arange(0.0, 200.0), np.zeros(200)]))


def others(*rows: tuple[float, float, float, float, bool]) -> Others:
    """Others from (x, y, vx, vy, is a walker)."""
    table = np.array([row[:4] for row in rows], dtype=np.float64).reshape(-1, 4)
    walker = np.array([row[4] for row in rows], dtype=bool)
    half = np.where(walker[:, None], (0.2, 0.2), (2.3, 0.9))
    moving = np.hypot(table[:, 2], table[:, 3]) > 0.1
    yaw = np.where(moving, np.arctan2(table[:, 3], table[:, 2]), 0.0)
    zeros = np.zeros(len(rows))
    return Others(np.arange(len(rows)), table[:, :2], yaw, half, table[:, 2:], zeros, walker)


def ego(speed: float) -> EgoPrediction:
    return EgoPrediction(20.0, 0.0, speed, 0.0, (2.35, 0.92), 9.3)


def test_nobody_in_the_way_means_no_braking() -> None:
    assert escape(LINE, ego(12.0), others(), 0.4).decel_mps2 == 0.0
    assert (
        escape(LINE, ego(12.0), others((60.0, 5.0, 0.0, 0.0, True), (40.0, 3.5, -12.0, 0.0, False)), 0.4).decel_mps2
        == 0.0
    )


def test_braking_grows_as_the_child_comes_nearer() -> None:
    asked = [
        escape(LINE, ego(12.0), others((20.0 + ahead, -2.5, 0.0, 2.0, True)), 0.4).decel_mps2
        for ahead in (22.0, 16.0, 13.0)
    ]
    assert 0.0 < asked[0] <= asked[1] <= asked[2] <= 9.3
    assert asked[2] > asked[0]


def test_a_leader_is_found_and_crossing_people_and_oncoming_cars_are_not() -> None:
    ahead = (50.0, 0.2, 8.0, 0.0, False)
    found = leader_on(
        LINE, others(ahead, (40.0, -1.0, 0.0, 2.0, True), (45.0, 0.0, -9.0, 0.0, False)), 20.0, 2.35, 0.92, 0.7, 80.0
    )
    assert found is not None
    assert found.gap_m == pytest.approx(50.0 - 2.3 - 22.35) and found.speed_mps == 8.0
    assert leader_on(LINE, others((50.0, 3.5, 8.0, 0.0, False)), 20.0, 2.35, 0.92, 0.7, 80.0) is None
    cutting_in = others((50.0, 3.0, 8.0, -1.6, False))
    assert leader_on(LINE, cutting_in, 20.0, 2.35, 0.92, 0.7, 80.0) is not None


def test_following_is_in_balance_at_the_desired_gap() -> None:
    assert _following(10.0, 30.0, Leader(2.5 + 12.0, 10.0)) == pytest.approx(0.0, abs=0.05)
    assert _following(10.0, 30.0, Leader(5.0, 5.0)) < -3.0


def test_stopping_ends_at_the_line() -> None:
    for start in (8.0, 13.0):
        speed, left, change = start, start * start / 3.0 + 5.0, 0.0
        for _ in range(1500):
            change = min(_stopping(speed, left), 1.5)
            speed = max(speed + change * 0.02, 0.0)
            left -= speed * 0.02
        assert -0.05 < left < 0.8


def test_junction_is_clear_unless_somebody_comes() -> None:
    assert junction_is_clear(LINE, others((50.0, 8.0, 0.0, 0.0, False)), 40.0)
    assert not junction_is_clear(LINE, others((48.0, 30.0, 0.0, -10.0, False)), 40.0)
    assert junction_is_clear(LINE, others((48.0, 30.0, 0.0, 10.0, False)), 40.0)


@pytest.mark.parametrize("seed", [1, 7])
def test_ride_is_comfortable_where_nothing_happens(seed: int) -> None:
    scenario = load_scenario("signs/stop_plain")
    network = load_network("town_quarter")
    outcome, judge = run(place(sample(scenario, seed), network), network, Expert())
    series = judge.series()
    acceleration = np.array(series["acceleration_mps2"])
    assert outcome.passed
    assert acceleration.min() > -2.6 and acceleration.max() < 1.7
    steer = np.array(series["steer_ratio"])
    assert np.abs(np.diff(steer)).max() < 0.12
