"""carla.Map as oracle: the same lanes, in the same places, at the same height."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.base.carla_axes import vector_from_carla
from sim.maps.opendrive import network_from_xodr
from tests.maps.conftest import network_of

carla = pytest.importorskip("carla")

LATERAL_M, HEIGHT_M, WIDTH_M = 0.05, 0.01, 0.02

TILTED = """<OpenDRIVE><header revMajor="1" revMinor="4"/><road id="0" length="100" junction="-1">
<planView><geometry s="0" x="0" y="0" hdg="0.3" length="100"><arc curvature="0.01"/></geometry></planView>
<elevationProfile><elevation s="0" a="1" b="0.05" c="0" d="0"/></elevationProfile>
<lateralProfile><superelevation s="0" a="0.05" b="0" c="0" d="0"/></lateralProfile>
<lanes><laneOffset s="0" a="0.5" b="0.01" c="0" d="0"/><laneSection s="0"><center><lane id="0" type="none"/></center><right>
<lane id="-1" type="driving"><width sOffset="0" a="4" b="-0.01" c="0" d="0"/></lane>
<lane id="-2" type="driving"><width sOffset="0" a="3" b="0" c="0" d="0"/></lane></right></laneSection></lanes></road></OpenDRIVE>"""


def differences(network):
    """Rows (lateral, height, width) of ours minus carla.Map's at every waypoint of driving lanes."""
    lanes = network.lanes
    row_of = {(lanes.road_id[i], int(lanes.section[i]), int(lanes.lane_id[i])): i for i in range(lanes.count)}
    out = []
    for waypoint in carla.Map(network.name, network.xodr).generate_waypoints(2.0):
        row = row_of[str(waypoint.road_id), waypoint.section_id, waypoint.lane_id]
        part = lanes.points_of(row)
        order = np.argsort(lanes.s_m[part])
        s = lanes.s_m[part][order]
        location = waypoint.transform.location
        place = vector_from_carla([location.x, location.y, location.z])
        if not np.isfinite(place).all():
            continue  # carla.Map yields nan on some clothoids of equal end curvatures
        center = np.array([np.interp(waypoint.s, s, lanes.center_world_m[part][order, k]) for k in range(3)])
        yaw = lanes.yaw_rad[part][order][np.argmin(np.abs(s - waypoint.s))]
        delta = place - center
        out.append(
            (
                -math.sin(yaw) * delta[0] + math.cos(yaw) * delta[1],
                delta[2],
                waypoint.lane_width - np.interp(waypoint.s, s, lanes.width_m[part][order]),
            )
        )
    return np.abs(np.array(out))


def test_driving_lanes_lie_where_carla_puts_them(network):
    found = differences(network)
    assert len(found) > 100
    assert found[:, 0].max() < LATERAL_M
    assert found[:, 1].max() < HEIGHT_M
    assert found[:, 2].max() < WIDTH_M


def test_superelevation_is_in_none_of_them():
    network = network_from_xodr(TILTED, "tilted")
    found = differences(network)
    assert found[:, 1].max() < HEIGHT_M
    # negative control: with the tilt the outer lane would lie 0.05 * 5.5 m lower
    assert np.sin(0.05) * 5.5 > 10 * HEIGHT_M


def test_the_oracle_sees_a_shifted_lane():
    network = network_of("parking_lot")
    network.lanes.center_world_m[:, 0] += 0.2
    try:
        assert differences(network)[:, 0].max() > LATERAL_M
    finally:
        network.lanes.center_world_m[:, 0] -= 0.2


@pytest.mark.parametrize("name", ["town_quarter", "motorway", "parking_lot", "Town01", "fabriksgatan_traffic_lights"])
def test_successors_agree_with_carla(name):
    network = network_of(name)
    lanes = network.lanes
    row_of = {(lanes.road_id[i], int(lanes.section[i]), int(lanes.lane_id[i])): i for i in range(lanes.count)}
    ours = {
        (row, after)
        for row in range(lanes.count)
        for after in lanes.successors[row]
        if lanes.lane_type[row] == lanes.lane_type[after] == "driving"
    }
    theirs = set()
    for waypoint in carla.Map(network.name, network.xodr).generate_waypoints(1.0):
        row = row_of[str(waypoint.road_id), waypoint.section_id, waypoint.lane_id]
        for after in waypoint.next(1.5):
            other = row_of[str(after.road_id), after.section_id, after.lane_id]
            if other != row:
                theirs.add((row, other))
    # very short lanes are stepped over by next(), so carla's pairs may skip one of ours
    two_steps = {(a, d) for a, b in ours for c, d in ours if b == c}
    assert theirs <= ours | two_steps
    assert len(theirs & ours) >= 0.9 * len(ours)


@pytest.mark.parametrize("name", ["town_quarter", "motorway", "parking_lot"])
def test_carla_accepts_own_maps(name):
    network = network_of(name)
    world_map = carla.Map(network.name, network.xodr)
    assert len(world_map.get_topology()) > 20
    expected = len(network.crosswalks.name)
    assert len(world_map.get_crosswalks()) >= 4 * expected
