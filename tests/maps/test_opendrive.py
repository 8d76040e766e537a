"""Properties of every network, and small maps whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from sim.maps.opendrive import network_from_xodr
from tests.maps.conftest import network_of


def xodr(road: str = "", lanes: str = "", extra: str = "", rule: str = "") -> str:
    """A straight road of 100 m along x with the given lane section content."""
    return f"""<OpenDRIVE><header revMajor="1" revMinor="7"/><road id="1" length="100" junction="-1" {rule}>
<planView><geometry s="0" x="0" y="0" hdg="0" length="100"><line/></geometry></planView>{road}
<lanes><laneSection s="0">{lanes}</laneSection></lanes>{extra}</road></OpenDRIVE>"""


def lane(lane_id: int, kind: str = "driving", width: float = 3.5, inner: str = "") -> str:
    return f'<lane id="{lane_id}" type="{kind}"><width sOffset="0" a="{width}" b="0" c="0" d="0"/>{inner}</lane>'


CENTER = '<center><lane id="0" type="none">{}</lane></center>'
TWO_WAY = f"<left>{lane(1)}</left>{CENTER.format('')}<right>{lane(-1)}</right>"


def test_polylines_are_dense_and_lie_between_their_edges(network):
    lanes = network.lanes
    for row in range(lanes.count):
        part = lanes.points_of(row)
        steps = np.linalg.norm(np.diff(lanes.center_world_m[part], axis=0), axis=1)
        assert steps.max(initial=0.0) <= 1.0
        assert np.all(np.diff(lanes.arc_length_m[part]) >= 0.0)
        middle = (lanes.left_edge_world_m[part] + lanes.right_edge_world_m[part]) / 2
        assert np.abs(middle - lanes.center_world_m[part]).max() < 1e-6
        width = np.linalg.norm((lanes.left_edge_world_m[part] - lanes.right_edge_world_m[part])[:, :2], axis=1)
        assert np.allclose(width, lanes.width_m[part], atol=1e-6)


def test_left_edge_is_left_of_travel(network):
    lanes = network.lanes
    across = lanes.left_edge_world_m - lanes.right_edge_world_m
    left = np.stack([-np.sin(lanes.yaw_rad), np.cos(lanes.yaw_rad)], axis=1)
    wide = lanes.width_m > 0.5
    assert (np.sum(across[:, :2] * left, axis=1)[wide] > 0.0).all()


def test_driving_lanes_join_without_gaps(network):
    lanes = network.lanes
    for row in range(lanes.count):
        if lanes.lane_type[row] != "driving":
            continue
        end = lanes.points_of(row).stop - 1
        for after in lanes.successors[row]:
            assert row in lanes.predecessors[after]
            start = lanes.first_point[after]
            if lanes.lane_type[after] == "driving" and network.name != "soderleden":
                assert np.linalg.norm(lanes.center_world_m[end] - lanes.center_world_m[start]) < 0.05
                assert np.cos(lanes.yaw_rad[end] - lanes.yaw_rad[start]) > 0.97


@pytest.mark.parametrize("name", ["town_quarter", "motorway", "parking_lot", "Town01", "Town02", "Town10HD"])
def test_traffic_never_reaches_a_dead_end(name):
    lanes = network_of(name).lanes
    for row in range(lanes.count):
        if lanes.lane_type[row] == "driving":
            assert lanes.successors[row], (lanes.road_id[row], int(lanes.lane_id[row]))


def test_spawn_points_lie_on_free_driving_lanes(network):
    from sim.maps.lookup import LaneLookup

    points = network.spawn_position_world_m
    assert len(points) > 10
    hits = LaneLookup(network).nearest(points)
    assert (hits.distance_m == 0.0).all()
    assert np.abs(hits.lateral_m).max() < 0.05
    assert not any(network.lanes.junction_id[row] for row in hits.lane)
    assert np.cos(hits.yaw_rad - network.spawn_yaw_rad).min() > 0.99
    pairs = np.linalg.norm(points[:, None, :2] - points[None, :, :2], axis=2) + np.eye(len(points)) * 1e3
    assert pairs.min() > 2.0


def test_right_and_left_hand_traffic():
    right = network_from_xodr(xodr(lanes=TWO_WAY), "right").lanes
    left = network_from_xodr(xodr(lanes=TWO_WAY, rule='rule="LHT"'), "left")
    assert not left.right_hand_traffic
    for lanes, sign in ((right, -1.0), (left.lanes, 1.0)):
        for row in range(2):
            part = lanes.points_of(row)
            y = lanes.center_world_m[part, 1][0]
            travels_east = lanes.center_world_m[part, 0][-1] > lanes.center_world_m[part, 0][0]
            assert travels_east == (y * sign > 0)
        assert lanes.opposite.tolist() == [1, 0]


def test_widths_borders_and_offset_agree():
    wide = f"<left/>{CENTER.format('')}<right>{lane(-1, width=3)}{lane(-2, width=2)}</right>"
    record = '<lane id="-{}" type="driving"><border sOffset="0" a="-{}" b="0" c="0" d="0"/></lane>'
    border = "".join(record.format(i, t) for i, t in ((1, 3), (2, 5)))
    by_width = network_from_xodr(xodr(lanes=wide), "a").lanes
    by_border = network_from_xodr(xodr(lanes=f"{CENTER.format('')}<right>{border}</right>"), "b").lanes
    assert np.allclose(by_width.center_world_m, by_border.center_world_m)
    assert sorted(set(by_width.center_world_m[:, 1].round(6))) == [-4.0, -1.5]
    shifted = xodr(lanes=wide).replace("<laneSection", '<laneOffset s="0" a="1.5" b="0" c="0" d="0"/><laneSection')
    assert np.allclose(network_from_xodr(shifted, "c").lanes.center_world_m[:, 1], by_width.center_world_m[:, 1] + 1.5)


def test_lane_changes_follow_the_marks():
    def marks(kind: str) -> str:
        inner = f'<roadMark sOffset="0" type="{kind}"/>'
        return f"{CENTER.format('')}<right>{lane(-1, inner=inner)}{lane(-2)}</right>"

    expected = {
        "broken": (True, True),
        "solid": (False, False),
        "broken solid": (True, False),
        "solid broken": (False, True),
    }
    for kind, (outwards, inwards) in expected.items():
        lanes = network_from_xodr(xodr(lanes=marks(kind)), kind).lanes
        assert lanes.right.tolist() == [1, -1]
        assert lanes.left.tolist() == [-1, 0]
        assert (bool(lanes.may_change_right[0]), bool(lanes.may_change_left[1])) == (outwards, inwards)


def test_speed_limits_with_units():
    def limit(road: str = "", inner: str = "") -> float:
        lanes = f"{CENTER.format('')}<right>{lane(-1, inner=inner)}</right>"
        return float(network_from_xodr(xodr(road=road, lanes=lanes), "s").lanes.speed_limit_mps[0])

    assert limit('<type s="0" type="town"><speed max="36" unit="km/h"/></type>') == pytest.approx(10.0)
    assert limit('<type s="0" type="town"><speed max="10"/></type>') == pytest.approx(10.0)
    assert limit('<type s="0" type="town"><speed max="25" unit="mph"/></type>') == pytest.approx(11.176)
    assert limit('<type s="0" type="motorway"><speed max="no limit"/></type>') == pytest.approx(130 / 3.6)
    assert limit() == pytest.approx(50 / 3.6)
    assert limit(inner='<speed sOffset="0" max="5" unit="m/s"/>') == pytest.approx(5.0)


def test_pavements_are_raised_and_driving_lanes_are_not():
    raised = '<height sOffset="0" inner="0.2" outer="0.2"/>'
    lanes = f"{CENTER.format('')}<right>{lane(-1, inner=raised)}{lane(-2, 'sidewalk')}</right>"
    table = network_from_xodr(xodr(lanes=lanes), "h").lanes
    z = [float(table.center_world_m[table.points_of(i), 2].max()) for i in range(2)]
    assert z == [0.0, pytest.approx(0.12)]


def test_chords_stay_within_a_centimetre_of_a_tight_curve():
    tight = xodr(lanes=TWO_WAY).replace("<line/>", '<arc curvature="0.125"/>').replace('length="100"', 'length="12"')
    lanes = network_from_xodr(tight, "tight").lanes
    for points in (lanes.left_edge_world_m, lanes.right_edge_world_m, lanes.center_world_m):
        for row in range(2):
            part = points[lanes.points_of(row)][:, :2] - (0.0, 8.0)
            radius = np.hypot(*part[0])
            assert np.allclose(np.hypot(*part.T), radius, atol=1e-9)
            middles = (part[1:] + part[:-1]) / 2
            assert np.abs(np.hypot(*middles.T) - radius).max() < 0.01
