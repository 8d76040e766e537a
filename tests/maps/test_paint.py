"""Road marks become stripes of known place, width and rhythm."""

from __future__ import annotations

import numpy as np
import pytest

from sim.maps.opendrive import network_from_xodr
from tests.maps.conftest import network_of
from tests.maps.test_opendrive import lane, xodr


def stripes(center_mark: str = "", lane_mark: str = "", road: str = ""):
    """The markings of a road with one left and one right lane."""
    lanes = (
        f'<left>{lane(1)}</left><center><lane id="0" type="none">{center_mark}</lane></center>'
        f"<right>{lane(-1, inner=lane_mark)}</right>"
    )
    return network_from_xodr(xodr(road=road, lanes=lanes), "paint").markings


def test_single_stripes():
    found = stripes(
        '<roadMark sOffset="0" type="broken" width="0.15" color="yellow"/>',
        '<roadMark sOffset="0" type="solid" weight="bold"/>',
    )
    assert found.kind == ("broken", "solid")
    assert found.color == ("yellow", "white")
    assert found.width_m.tolist() == [0.15, 0.25]
    assert found.dash_m.tolist() == [3.0, 0.0]
    assert found.gap_m.tolist() == [6.0, 0.0]
    assert np.allclose(found.points_world_m[: found.first_point[1], 1], 0.0)
    assert np.allclose(found.points_world_m[found.first_point[1] :, 1], -3.5)


@pytest.mark.parametrize(
    ("kind", "left", "right"), [("solid broken", "solid", "broken"), ("broken solid", "broken", "solid")]
)
def test_doubles_are_two_rows_left_to_right_on_the_centre(kind, left, right):
    found = stripes(f'<roadMark sOffset="0" type="{kind}" width="0.12"/>')
    y = [found.points_world_m[a, 1] for a in found.first_point[:-1]]
    order = np.argsort(y)[::-1]
    assert [found.kind[i] for i in order] == [left, right]
    assert y[order[0]] - y[order[1]] == pytest.approx(0.24)


def test_explicit_lines():
    inner = (
        '<roadMark sOffset="10" type="broken" color="standard"><type name="x" width="0.2">'
        '<line length="4" space="8" tOffset="0.3" sOffset="2" width="0.1" color="blue"/>'
        '<line length="4" space="0" tOffset="-0.3" sOffset="0"/></type></roadMark>'
    )
    found = stripes(inner)
    assert found.kind == ("broken", "solid")
    assert found.color == ("blue", "white")
    assert found.width_m.tolist() == [0.1, 0.2]
    assert (found.dash_m[0], found.gap_m[0]) == (4.0, 8.0)
    first = found.points_world_m[: found.first_point[1]]
    assert first[0, :2] == pytest.approx([12.0, 0.3])
    assert first[-1, 0] == pytest.approx(100.0)


def test_records_end_where_the_next_begins_and_alike_ones_join():
    marks = "".join(
        f'<roadMark sOffset="{s}" type="{k}"/>' for s, k in ((0, "solid"), (30, "solid"), (50, "none"), (80, "broken"))
    )
    found = stripes(marks)
    spans = [
        tuple(found.points_world_m[[a, b - 1], 0].round(6))
        for a, b in zip(found.first_point[:-1], found.first_point[1:], strict=True)
    ]
    assert spans == [(0.0, 50.0), (80.0, 100.0)]


def test_motorways_have_long_dashes():
    found = stripes(
        '<roadMark sOffset="0" type="broken"/>',
        road='<type s="0" type="motorway"><speed max="130" unit="km/h"/></type>',
    )
    assert (found.dash_m[0], found.gap_m[0]) == (6.0, 12.0)


def test_every_stripe_lies_near_a_lane(network):
    markings, lanes = network.markings, network.lanes
    assert np.isfinite(markings.points_world_m).all()
    assert (markings.width_m > 0.05).all()
    from scipy.spatial import KDTree

    edges = KDTree(np.concatenate([lanes.left_edge_world_m, lanes.right_edge_world_m])[:, :2])
    painted = np.repeat([k != "stop_line" for k in markings.kind], np.diff(markings.first_point))
    distance, _ = edges.query(markings.points_world_m[painted, :2])
    assert distance.max() < 1.0


def test_town01_is_marked():
    kinds = network_of("Town01").markings.kind
    assert kinds.count("broken") > 50
    assert kinds.count("curb") > 50
