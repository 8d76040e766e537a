"""Paths over the lane graph and the rules on them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from sim.base.errors import MapError
from sim.maps import routing
from tests.maps.conftest import network_of


def start_lane(network) -> int:
    """A long driving lane outside junctions."""
    lanes = network.lanes
    rows = [i for i in range(lanes.count) if lanes.lane_type[i] == "driving" and not lanes.junction_id[i]]
    return max(rows, key=lambda i: (len(lanes.successors[i]) > 0, lanes.length_m(i)))


def test_lane_path_is_connected_and_long_enough(network):
    lanes = network.lanes
    start = start_lane(network)
    path = routing.lane_path(network, start, 5.0, 300.0)
    assert path[0] == start
    for before, after in itertools.pairwise(path):
        assert after in lanes.successors[before]
    total = sum(lanes.length_m(i) for i in path) - 5.0
    assert total >= 300.0 or not lanes.successors[path[-1]]
    assert total - lanes.length_m(path[-1]) < 300.0


def test_shortest_path_is_no_longer_than_any_walk():
    network = network_of("town_quarter")
    lanes = network.lanes
    start = start_lane(network)
    rng = np.random.default_rng(3)
    for _ in range(20):
        walk = routing.lane_path(network, start, 0.0, 600.0, lambda _n, _l, options: int(rng.choice(options)))
        path = routing.shortest_path(network, start, walk[-1], lane_changes=False)
        assert path[0] == start
        assert path[-1] == walk[-1]
        assert sum(map(lanes.length_m, path[:-1])) <= sum(map(lanes.length_m, walk[:-1])) + 1e-6


def test_no_way_is_an_error():
    network = network_of("motorway")
    lanes = network.lanes
    # the two carriageways are separate worlds: the inner one was built first
    inner, outer = (
        next(i for i in range(lanes.count) if lanes.lane_type[i] == "driving" and lanes.road_id[i] == r) for r in "15"
    )
    a, other = inner, outer
    with pytest.raises(MapError, match="found no way from lane"):
        routing.shortest_path(network, a, other)


def test_route_points_are_even_and_on_the_lanes():
    network = network_of("town_quarter")
    lanes = network.lanes
    path = routing.lane_path(network, start_lane(network), 10.0, 400.0)
    route = routing.route_along(network, path, 10.0, 5.0)
    steps = np.linalg.norm(np.diff(route.points_world_m, axis=0), axis=1)
    assert steps.max() < 1.001
    assert steps.min() > 0.9
    expected = sum(lanes.length_m(i) for i in path[:-1]) - 10.0 + 5.0
    assert route.arc_length_m[-1] == pytest.approx(expected, abs=0.05)
    assert set(route.speed_limit_mps) <= set(lanes.speed_limit_mps)


def test_a_lane_change_is_smooth():
    network = network_of("motorway")
    lanes = network.lanes
    row = next(
        i
        for i in range(lanes.count)
        if lanes.lane_type[i] == "driving" and lanes.right[i] >= 0 and lanes.length_m(i) > 500
    )
    assert lanes.may_change_right[row]
    route = routing.route_along(network, (row, int(lanes.right[row])), 50.0, 400.0)
    yaw = np.unwrap(np.arctan2(*np.diff(route.points_world_m[:, :2], axis=0).T[::-1]))
    assert np.abs(np.diff(yaw)).max() < 0.01
    last = lanes.points_of(int(lanes.right[row]))
    distance = np.linalg.norm(lanes.center_world_m[last] - route.points_world_m[-1], axis=1).min()
    assert distance < 0.6


def test_controls_lie_where_the_signals_stop_traffic():
    network = network_of("town_quarter")
    signals, lanes = network.signals, network.lanes
    seen = set()
    for row, kind in enumerate(signals.kind):
        for lane, stop in zip(signals.lanes[row], signals.stop_arc_length_m[row], strict=True):
            path = (lane, *lanes.successors[lane][:1])
            found = routing.controls_on_route(network, path, 4.0)
            if kind in ("light", "stop", "yield"):
                seen.add(kind)
                assert (kind, pytest.approx(stop - 4.0, abs=0.05), row) in found
            # behind the stop nothing binds any more
            assert all(item[2] != row for item in routing.controls_on_route(network, path, stop + 0.5))
    assert seen == {"light", "stop", "yield"}
