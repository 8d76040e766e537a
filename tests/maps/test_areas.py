"""Crosswalks, bays and stop lines."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from shapely.geometry import Polygon

from sim.maps.lookup import LaneLookup
from sim.maps.opendrive import network_from_xodr
from tests.maps.conftest import network_of
from tests.maps.test_opendrive import TWO_WAY, xodr


def polygons(table):
    """Shapely polygons of a table."""
    return [
        Polygon(table.points_world_m[a:b, :2])
        for a, b in zip(table.first_point[:-1], table.first_point[1:], strict=True)
    ]


def objects(inner: str):
    """A network of one straight road with these objects."""
    return network_from_xodr(xodr(lanes=TWO_WAY, extra=f"<objects>{inner}</objects>"), "objects")


def test_corner_road_and_corner_local_agree():
    by_road = "".join(
        f'<cornerRoad s="{s}" t="{t}" dz="0" height="0"/>' for s, t in ((48, -3.5), (52, -3.5), (52, 3.5), (48, 3.5))
    )
    by_local = "".join(
        f'<cornerLocal u="{u}" v="{v}" z="0" height="0"/>' for u, v in ((-2, 3.5), (2, 3.5), (2, -3.5), (-2, -3.5))
    )
    tables = [
        objects(f'<object id="1" type="crosswalk" s="50" t="0" hdg="0"><outline>{c}</outline></object>').crosswalks
        for c in (by_road, by_local)
    ]
    tables.append(objects('<object id="1" type="crosswalk" s="50" t="0" hdg="0" length="4" width="7"/>').crosswalks)
    for table in tables:
        shape = polygons(table)[0]
        assert shape.exterior.is_ccw
        assert shape.symmetric_difference(polygons(tables[0])[0]).area < 1e-9
        assert abs(np.sin(table.yaw_rad[0])) == pytest.approx(1.0)


def test_repeated_bays_stand_in_a_row():
    network = objects(
        '<object id="1" type="parkingSpace" s="10" t="-6" hdg="0" length="2.5" width="5">'
        '<repeat s="10" length="25" distance="2.5" tStart="-6" tEnd="-6"/></object>'
    )
    shapes = polygons(network.parking_bays)
    assert len(shapes) == 11
    assert [round(s.centroid.x, 6) for s in shapes] == [10 + 2.5 * i for i in range(11)]
    assert max(a.intersection(b).area for a, b in itertools.pairwise(shapes)) < 1e-9
    # nose away from the road
    assert np.allclose(network.parking_bays.yaw_rad, -np.pi / 2)


def test_bays_of_own_maps_lie_on_parking_lanes_and_point_with_the_traffic(town):
    bays = town.parking_bays
    centers = np.array([s.centroid.coords[0] for s in polygons(bays)])
    assert set(LaneLookup(town).surface_type_at(centers)) == {"parking"}
    hits = LaneLookup(town).nearest(centers)
    assert np.cos(hits.yaw_rad - bays.yaw_rad).min() > 0.99


def test_crosswalks_cross_driving_lanes():
    for name in ("town_quarter", "Town10HD", "multi_intersections"):
        network = network_of(name)
        centers = np.array([s.centroid.coords[0] for s in polygons(network.crosswalks)])
        assert len(centers) >= 10
        hits = LaneLookup(network).nearest(centers)
        assert (hits.distance_m < 3.0).mean() > 0.9
        assert np.median(np.abs(np.sin(hits.yaw_rad - network.crosswalks.yaw_rad))) > 0.9


def test_stop_lines_run_across_their_lane():
    for name in ("town_quarter", "Town10HD", "multi_intersections"):
        network = network_of(name)
        markings = network.markings
        rows = [i for i, kind in enumerate(markings.kind) if kind == "stop_line"]
        assert len(rows) >= 8
        ends = np.array([markings.points_world_m[markings.first_point[i] : markings.first_point[i + 1]] for i in rows])
        hits = LaneLookup(network).nearest(ends.mean(axis=1))
        yaw = np.arctan2(*(ends[:, 1] - ends[:, 0])[:, :2].T[::-1])
        assert (np.abs(np.sin(hits.yaw_rad - yaw)) > 0.9).mean() > 0.85
