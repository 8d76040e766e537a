"""The calculator against closed forms, and the share of avoidable draws of the three templates."""

from __future__ import annotations

import pytest

from scenarios.avoidable import Avoidability, assess

CHILD = "vru/child_from_behind_parked_van"
CUT_IN = "highway/cut_in_close"


@pytest.mark.parametrize("scenario_id", [CHILD, "signs/stop_plain", CUT_IN])
def test_avoidable_share_of_seeds_0_to_19(placed_of, scenario_id: str) -> None:
    share = sum(bool(assess(*placed_of(scenario_id, seed)).avoidable) for seed in range(20)) / 20.0
    assert 0.5 <= share <= 1.0


def test_stop_line_is_uniformly_braked_motion(placed_of) -> None:
    placed, network = placed_of("signs/stop_plain", 1)
    distance = placed.stop_station_m - placed.ego.dimensions.length_m / 2.0
    assert assess(placed, network).required_decel_mps2 == pytest.approx(placed.ego.speed_mps**2 / (2.0 * distance))


def test_a_faster_child_is_harder_to_avoid_and_at_last_impossible(placed_of) -> None:
    needed = []
    for speed in ("1.4", "2.0", "2.6", "3.2"):
        placed, network = placed_of(CHILD, 2, events__child_runs__do__dart_out__speed_mps=speed)
        needed.append(assess(placed, network).required_decel_mps2)
    assert needed == sorted(needed)
    placed, network = placed_of(
        CHILD, 2, events__child_runs__do__dart_out__speed_mps="3.6", events__child_runs__do__dart_out__aim="-0.95"
    )
    assert assess(placed, network).avoidable is False


def test_driver_who_does_nothing_meets_the_child_when_the_closed_form_says(placed_of) -> None:
    placed, network = placed_of(CHILD, 4)
    found = assess(placed, network)
    child, ego = placed.actor("child"), placed.ego
    reaches_line_s = (child.station_m - ego.dimensions.length_m / 2.0) / ego.speed_mps
    half_s = child.dimensions.width_m / 2.0 / ego.speed_mps
    assert found.conflict_s == pytest.approx(reaches_line_s - half_s, abs=0.03)
    assert found.seen_s is not None and found.seen_s < found.conflict_s


def test_equal_speeds_far_away_need_nothing_and_a_wall_of_brakes_needs_much(placed_of) -> None:
    calm, network = placed_of(
        CUT_IN,
        0,
        variables__gap_m="30",
        actors__cutter__speed_kmh="-1",
        events__car_cuts_in__do__cut_in__speed_change_kmh="0",
    )
    assert (assess(calm, network).required_decel_mps2 or 0.0) < 0.5
    close, network = placed_of(
        CUT_IN,
        0,
        variables__gap_m="14",
        actors__cutter__speed_kmh="-40",
        events__car_cuts_in__do__cut_in__duration_s="1.8",
    )
    assert assess(close, network).avoidable is False


def test_the_worst_of_two_events_counts(placed_of, monkeypatch) -> None:
    """A conflict that no braking at all avoids is worse than one that hard braking does, whichever comes first in the file."""
    run = "{do: {dart_out: {actor: child, speed_mps: 1.4}}}"
    placed, network = placed_of(CHILD, 2, events=f"{{one: {run}, other: {run}}}", expect="[{no_collision: {}}]")
    hard, hopeless = Avoidability(True, "brake", 9.0, 9.8), Avoidability(False, "nothing helps", None, 9.8)
    for found in ((hard, hopeless), (hopeless, hard)):
        answers = iter(found)
        monkeypatch.setattr("scenarios.avoidable._judge", lambda *_, answers=answers: next(answers))
        assert assess(placed, network) is hopeless


def test_what_it_cannot_foresee_it_does_not_judge(placed_of) -> None:
    placed, network = placed_of(CUT_IN, 0, events__car_cuts_in__when="{speed: {at_least_kmh: 10}}")
    assert assess(placed, network).avoidable is None
