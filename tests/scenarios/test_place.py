"""Placing: everybody stands where the file says, nobody inside anybody, and what does not fit is refused with the reason."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.load import load_scenario
from scenarios.place import place
from scenarios.sample import sample
from sim.base.boxes import gap_m, overlapping_pairs
from sim.base.errors import ScenarioError
from sim.maps.lookup import LaneLookup

THREE = ("vru/child_from_behind_parked_van", "signs/stop_plain", "highway/cut_in_close")


def box(actor):
    size = actor.dimensions
    half = np.array([size.length_m, size.width_m, size.height_m]) / 2.0
    return np.array([*actor.position_world_m[:2], half[2]]), actor.yaw_rad, half


@pytest.mark.parametrize("scenario_id", THREE)
def test_nobody_stands_inside_anybody(placed_of, scenario_id: str) -> None:
    for seed in range(10):
        placed, _ = placed_of(scenario_id, seed)
        center, yaw, half = (np.array(column) for column in zip(*map(box, (placed.ego, *placed.actors)), strict=True))
        assert len(overlapping_pairs(center, yaw, half)) == 0


def test_gaps_and_lanes_are_as_written(placed_of) -> None:
    for seed in range(10):
        placed, network = placed_of(THREE[0], seed)
        spec = placed.concrete.spec.actors
        van, child, behind = placed.actor("van"), placed.actor("child"), placed.actor("car_behind_van")
        wanted = spec["car_behind_van"].place.gap_m
        assert wanted is not None
        assert float(gap_m(*box(van), *box(behind))) == pytest.approx(wanted.value, abs=0.15)
        assert network.lanes.lane_type[van.lane] == "parking"
        assert network.lanes.lane_type[child.lane] == "sidewalk"
        assert child.station_m > van.station_m and child.lateral_m < van.lateral_m < 0.0
        assert placed.way.project(placed.ego.position_world_m[:2])[0] == pytest.approx(0.0, abs=0.01)
        assert abs(placed.ego.lateral_m) < 0.05


def test_gap_is_reached_after_the_time_given(placed_of) -> None:
    for seed in range(5):
        placed, _ = placed_of(THREE[2], seed)
        where = placed.concrete.spec.actors["cutter"].place
        assert where.gap_m is not None and where.reached_after_s is not None
        ego, cutter = placed.ego, placed.actor("cutter")
        now = cutter.station_m - ego.station_m - (ego.dimensions.length_m + cutter.dimensions.length_m) / 2.0
        then = now - (ego.speed_mps - cutter.speed_mps) * where.reached_after_s.value
        assert then == pytest.approx(where.gap_m.value, abs=0.5)


def test_stop_line_is_where_the_map_says(placed_of) -> None:
    for seed in range(5):
        placed, network = placed_of(THREE[1], seed)
        assert placed.stop_station_m is not None
        point, _ = placed.way.at(placed.stop_station_m)
        stops = [
            network.lanes.center_world_m[network.lanes.points_of(lane)]
            for row, kind in enumerate(network.signals.kind)
            if kind == "stop"
            for lane in network.signals.lanes[row]
        ]
        assert min(float(np.min(np.linalg.norm(lane[:, :2] - point[:2], axis=1))) for lane in stops) < 1.0
        hit = LaneLookup(network).nearest(point[None])
        assert hit.distance_m[0] == 0.0


def test_placing_repeats_and_seeds_differ(placed_of) -> None:
    first, again, other = (placed_of(THREE[0], seed)[0] for seed in (3, 3, 4))
    assert first.ego == again.ego and first.actors == again.actors
    assert first.ego.position_world_m != other.ego.position_world_m


def test_a_map_without_such_a_place_is_refused(network_of) -> None:
    concrete = sample(load_scenario(THREE[1]), 0)
    with pytest.raises(
        ScenarioError, match=r"anchor\.stop_line: found no such place on the map motorway; expected a stop sign"
    ):
        place(concrete, network_of("motorway"))


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ({"events.child_runs.do.dart_out.speed_mps": "9"}, "would run at 9.0 m/s"),
        ({"actors.child.place": "{lane: parking_right, at_anchor_m: 0}"}, "would stand inside"),
        ({"ego.start": "{before_anchor_m: 4000}"}, "before the way begins"),
    ],
)
def test_inadmissible_scenes_are_refused(network_of, override, words: str) -> None:
    concrete = sample(load_scenario(THREE[0], override), 0)
    with pytest.raises(ScenarioError, match=words):
        place(concrete, network_of("town_quarter"))
