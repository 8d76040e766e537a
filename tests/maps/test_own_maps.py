"""The committed maps are what the command writes, and hold what they promise."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from sim.maps.library import OWN_MAPS, available_maps
from sim.maps.own.course import Pose, between, through
from tests.maps.conftest import OWN, network_of


def test_rebuilding_gives_the_same_bytes(tmp_path: Path):
    pytest.importorskip("scenariogeneration")
    from sim.maps.own.__main__ import write_all

    for path in write_all(tmp_path):
        assert path.read_bytes() == (OWN_MAPS / path.name).read_bytes(), path.name


def test_all_are_found_by_name():
    assert set(OWN) <= set(available_maps())


def test_town_quarter_has_what_a_town_needs(town):
    assert {"driving", "parking", "sidewalk"} <= set(town.lanes.lane_type)
    kinds = Counter(town.signals.kind)
    assert kinds["light"] == 4
    assert kinds["stop"] >= 4
    assert kinds["yield"] >= 3
    assert len(town.crosswalks.name) >= 12
    assert len(town.parking_bays.name) > 100
    all_way = Counter(town.signals.junction_id[i] for i, kind in enumerate(town.signals.kind) if kind == "stop")
    assert max(all_way.values()) == 4
    size = np.ptp(town.lanes.center_world_m[:, :2], axis=0)
    assert (size > 380.0).all()
    assert (size < 450.0).all()
    assert town.lanes.speed_limit_mps.max() == pytest.approx(50 / 3.6)


def test_motorway_has_three_lanes_and_a_fork():
    lanes = network_of("motorway").lanes
    plain = [i for i in range(lanes.count) if lanes.lane_type[i] == "driving" and not lanes.junction_id[i]]
    per_road = Counter(lanes.road_id[i] for i in plain)
    assert sum(1 for n in per_road.values() if n >= 3) >= 8
    assert lanes.speed_limit_mps.max() == pytest.approx(130 / 3.6)
    assert max(lanes.length_m(i) for i in plain) > 1500.0
    assert sum(len(lanes.successors[i]) > 1 for i in plain) == 0  # every lane leads one way: choices are lane changes
    assert {"shoulder", "median"} <= set(lanes.lane_type)


def test_parking_lot_is_slow_and_full_of_bays():
    network = network_of("parking_lot")
    assert len(network.parking_bays.name) == 180
    assert network.lanes.speed_limit_mps.max() == pytest.approx(20 / 3.6)


def test_every_driving_lane_is_reached_from_every_other():
    for name in ("town_quarter", "parking_lot"):
        lanes = network_of(name).lanes
        rows = [i for i in range(lanes.count) if lanes.lane_type[i] == "driving"]
        for links in (lanes.successors, lanes.predecessors):
            seen, queue = {rows[0]}, [rows[0]]
            while queue:
                for other in links[queue.pop()]:
                    if other not in seen:
                        seen.add(other)
                        queue.append(other)
            assert set(rows) <= seen


@pytest.mark.parametrize("target", [(20.0, 5.0, 0.3), (10.0, -10.0, -1.5707963), (30.0, 0.0, 0.0), (25.0, 3.75, 0.0)])
def test_two_arcs_meet_their_pose(target):
    end = between(Pose(0.0, 0.0, 0.0), Pose(*target)).end
    assert (end.x_m, end.y_m, end.heading_rad) == pytest.approx(target, abs=1e-6)


def test_rounded_corners_end_where_they_should():
    course = through([(0.0, 0.0), (100.0, 0.0), (100.0, 80.0)], 20.0, 5.0, 10.0)
    assert (course.end.x_m, course.end.y_m) == pytest.approx((100.0, 70.0))
    assert course.length_m == pytest.approx(165.0 - 40.0 + 20.0 * np.pi / 2)
