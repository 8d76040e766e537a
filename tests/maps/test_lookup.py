"""LaneLookup against brute force, and its heights against the lanes."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import LineString, Point, Polygon

from sim.maps.library import load_network
from sim.maps.lookup import LaneLookup
from sim.maps.opendrive import network_from_xodr
from tests.maps.conftest import network_of
from tests.maps.test_opendrive import TWO_WAY, xodr


def test_nearest_agrees_with_brute_force():
    network = network_of("town_quarter")
    lanes = network.lanes
    rng = np.random.default_rng(1)
    points = np.stack([rng.uniform(-230, 230, 150), rng.uniform(-230, 230, 150)], axis=1)
    hits = LaneLookup(network).nearest(points)
    rows = [i for i in range(lanes.count) if lanes.lane_type[i] == "driving"]
    shapes, lines = {}, {}
    for row in rows:
        part = lanes.points_of(row)
        ring = np.concatenate([lanes.left_edge_world_m[part, :2], lanes.right_edge_world_m[part, :2][::-1]])
        shapes[row], lines[row] = Polygon(ring).buffer(0), LineString(lanes.center_world_m[part, :2])
    for point, row, distance, lateral in zip(points, hits.lane, hits.distance_m, hits.lateral_m, strict=True):
        place = Point(point)
        least = min(shape.distance(place) for shape in shapes.values())
        assert distance == pytest.approx(least, abs=0.05)
        assert shapes[int(row)].distance(place) == pytest.approx(least, abs=0.05)
        if distance == 0.0:
            inside = [r for r in rows if shapes[r].distance(place) < 1e-6]
            nearest = min(lines[r].distance(place) for r in inside)
            assert abs(lateral) == pytest.approx(nearest, abs=0.02)


def test_points_across_a_lane_come_back(network):
    lanes = network.lanes
    rng = np.random.default_rng(2)
    rows = [i for i in range(lanes.count) if lanes.lane_type[i] == "driving" and not lanes.junction_id[i]]
    points = np.concatenate([np.arange(lanes.first_point[i], lanes.first_point[i + 1])[1:-1] for i in rows])
    owner = np.concatenate([np.full(lanes.first_point[i + 1] - lanes.first_point[i] - 2, i) for i in rows])
    wide = lanes.width_m[points] > 2.0
    points, owner = points[wide], owner[wide]
    lateral = rng.uniform(-0.48, 0.48, len(points)) * lanes.width_m[points]
    place = lanes.center_world_m[points].copy()
    place[:, 0] -= np.sin(lanes.yaw_rad[points]) * lateral
    place[:, 1] += np.cos(lanes.yaw_rad[points]) * lateral
    lookup = LaneLookup(network)
    hits = lookup.nearest(place)
    assert (hits.distance_m == 0.0).all()
    same = hits.lane == owner
    assert same.mean() > 0.97  # lanes of junctions overlap the ends of others
    assert np.abs(hits.lateral_m - lateral)[same].max() < 0.2  # the demo map widens lanes within centimetres
    assert np.median(np.abs(hits.arc_length_m - lanes.arc_length_m[points])[same]) < 0.02
    assert (np.cos(hits.yaw_rad - lanes.yaw_rad[points])[same] > 0.99).mean() > 0.995
    assert np.abs(lookup.height_at(place) - place[:, 2]).max() < 0.03


def test_ground_is_at_kerb_height_on_pavements_and_smooth_outside(town):
    lookup = LaneLookup(town)
    lanes = town.lanes
    rows = [i for i in range(lanes.count) if lanes.lane_type[i] == "sidewalk" and not lanes.junction_id[i]]
    halves = [(lanes.first_point[i] + lanes.first_point[i + 1]) // 2 for i in rows]
    middle = lanes.center_world_m[halves]
    assert np.allclose(lookup.height_at(middle), 0.12)
    assert set(lookup.surface_type_at(middle)) == {"sidewalk"}
    away = np.stack([np.linspace(-196.0, -260.0, 400), np.full(400, 80.0)], axis=1)
    heights = lookup.height_at(away)
    assert lookup.surface_type_at(away[-1:]) == ("terrain",)
    assert np.abs(np.diff(heights)[10:]).max() < 0.01
    assert heights[-1] == pytest.approx(0.0, abs=0.01)
    # the carriageway beats the pavement where a junction's surfaces overlap
    assert np.all(lookup.height_at(town.spawn_position_world_m) == town.spawn_position_world_m[:, 2])


def test_heights_follow_a_hill():
    road = '<elevationProfile><elevation s="0" a="2" b="0.05" c="0.0004" d="0"/></elevationProfile>'
    network = network_from_xodr(xodr(road=road, lanes=TWO_WAY), "hill")
    x = np.linspace(1.0, 99.0, 57)
    for y in (0.5, -3.0):
        z = LaneLookup(network).height_at(np.stack([x, np.full(57, y)], axis=1))
        assert np.allclose(z, 2.0 + 0.05 * x + 0.0004 * x**2, atol=1e-3)
    beside = LaneLookup(network).height_at(np.array([[50.0, 3.6], [50.0, 4.0], [5000.0, 5000.0]]))
    assert beside[:2] == pytest.approx([5.5, 5.5], abs=0.05)
    assert np.isfinite(beside).all()


def test_no_lane_of_a_type_is_an_answer(town):
    hits = LaneLookup(town, ("rail",)).nearest(np.zeros((3, 2)))
    assert hits.lane.tolist() == [-1, -1, -1]
    assert np.isinf(hits.distance_m).all()
    assert LaneLookup(town).nearest(np.zeros((0, 2))).lane.shape == (0,)


def test_points_far_outside_the_map_find_its_nearest_lane() -> None:
    """Against brute force over every lane point: the distance to the strip is the distance to the centre less half a width."""
    network = load_network("town_quarter")
    lookup = LaneLookup(network)
    rng = np.random.default_rng(5)
    points = np.column_stack([rng.uniform(-3000, 3000, 40), rng.uniform(-3000, 3000, 40)])
    hits = lookup.nearest(points)
    driving = np.repeat(
        np.array([kind == "driving" for kind in network.lanes.lane_type]), np.diff(network.lanes.first_point)
    )
    centers, half = network.lanes.center_world_m[driving, :2], network.lanes.width_m[driving] / 2.0
    expected = (np.linalg.norm(points[:, None] - centers[None], axis=2) - half).min(axis=1)
    outside = expected > 5.0
    assert outside.sum() > 20
    np.testing.assert_allclose(hits.distance_m[outside], expected[outside], atol=2.0)
