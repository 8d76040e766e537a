"""Signals: what they are, whom they bind, where they stand, and phases that never let crossing traffic go together."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from shapely.geometry import LineString

from sim.base.state import LightState
from sim.maps.lookup import LaneLookup
from sim.maps.opendrive import network_from_xodr
from sim.maps.signals import signal_groups, signal_mounts
from tests.maps.conftest import network_of
from tests.maps.test_opendrive import TWO_WAY, xodr


def signal(**attributes: str) -> str:
    """A signal element with defaults."""
    values = {
        "id": "7",
        "s": "90",
        "t": "-5",
        "zOffset": "2",
        "orientation": "+",
        "dynamic": "no",
        "type": "206",
        "name": "",
    }
    values.update({key.rstrip("_"): value for key, value in attributes.items()})
    return "<signal " + " ".join(f'{k}="{v}"' for k, v in values.items()) + "/>"


def read(*elements: str):
    """The signals of a straight two-way road."""
    return network_from_xodr(xodr(lanes=TWO_WAY, extra=f"<signals>{''.join(elements)}</signals>"), "signs").signals


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"type": "1000001", "dynamic": "yes"}, "light"),
        ({"type": "-1", "dynamic": "yes", "name": "Signal_3Light_Post01"}, "light"),
        ({"type": "206"}, "stop"),
        ({"type": "R1-1"}, "stop"),
        ({"type": "-1", "name": "Stop"}, "stop"),
        ({"type": "205"}, "yield"),
        ({"type": "274", "value": "50"}, "speed_limit"),
        ({"type": "1000002", "dynamic": "yes"}, "other"),
        ({"type": "306"}, "other"),
    ],
)
def test_kinds(attributes, kind):
    assert read(signal(**attributes)).kind == (kind,)


def test_painted_stop_is_no_sign():
    assert read(signal(type="-1", name="Stencil_STOP"), signal(type="294", id="8")).kind == ()


@pytest.mark.parametrize(
    ("attributes", "mps"),
    [
        ({"value": "50", "unit": "km/h"}, 50 / 3.6),
        ({"value": "30", "unit": "mph"}, 13.4112),
        ({"subtype": "57"}, 70 / 3.6),
        ({"subtype": "30"}, 30 / 3.6),
        ({"value": "-1", "name": "Sign_Speed_60"}, 60 / 3.6),
    ],
)
def test_speed_values(attributes, mps):
    assert read(signal(type="274", **attributes)).value_mps[0] == pytest.approx(mps)


def test_orientation_chooses_lanes_and_face():
    found = read(signal(), signal(id="8", s="10", t="5", orientation="-"))
    assert found.lanes == ((1,), (0,))
    assert found.stop_arc_length_m[0][0] == pytest.approx(90.0)
    assert found.stop_arc_length_m[1][0] == pytest.approx(90.0)
    assert np.cos(found.yaw_rad).round(6).tolist() == [-1.0, 1.0]
    assert found.position_world_m[0, :2].tolist() == [90.0, -5.0]


def test_foreign_maps_are_understood():
    assert Counter(network_of("Town01").signals.kind) == {"light": 36, "speed_limit": 21}
    town10 = network_of("Town10HD").signals
    assert Counter(town10.kind) == {"light": 17, "stop": 3, "yield": 1}
    assert Counter(network_of("fabriksgatan_traffic_lights").signals.kind)["light"] == 1


def test_binding_signals_stop_traffic_near_the_end_of_their_approach(network):
    signals, lanes = network.signals, network.lanes
    for row, kind in enumerate(signals.kind):
        if kind not in ("light", "stop", "yield"):
            continue
        assert signals.lanes[row], signals.signal_id[row]
        for lane, stop in zip(signals.lanes[row], signals.stop_arc_length_m[row], strict=True):
            assert not lanes.junction_id[lane]
            assert 0.0 <= stop <= lanes.length_m(lane)
            assert lanes.length_m(lane) - stop < 20.0
        assert any(
            lanes.junction_id[n] == signals.junction_id[row]
            for lane in signals.lanes[row]
            for n in lanes.successors[lane]
        )


def test_faces_look_at_their_traffic(network):
    signals, lanes = network.signals, network.lanes
    for row, kind in enumerate(signals.kind):
        if kind in ("light", "stop", "yield"):
            lane = signals.lanes[row][0]
            part = lanes.points_of(lane)
            arc = max(signals.stop_arc_length_m[row][0] - 20.0, 0.0)
            eye = np.array([np.interp(arc, lanes.arc_length_m[part], lanes.center_world_m[part, k]) for k in range(2)])
            towards = eye - signals.position_world_m[row, :2]
            bearing = math.atan2(towards[1], towards[0])
            assert math.cos(bearing - signals.yaw_rad[row]) > math.cos(math.radians(52.0)), signals.signal_id[row]


def test_masts_stand_beside_the_road(network):
    mounts = signal_mounts(network)
    if not len(mounts.yaw_rad):
        pytest.skip("this map has no signals")
    lookup = LaneLookup(network)
    assert lookup.nearest(mounts.base_world_m).distance_m.min() > 0.3
    assert np.abs(lookup.height_at(mounts.base_world_m) - mounts.base_world_m[:, 2]).max() < 1e-9
    cos, sin = np.cos(mounts.yaw_rad), np.sin(mounts.yaw_rad)
    dx, dy, dz = mounts.head_offset_m.T
    head = mounts.base_world_m + np.stack([cos * dx - sin * dy, sin * dx + cos * dy, dz], axis=1)
    assert np.allclose(head, network.signals.position_world_m)
    over_road = lookup.nearest(head).distance_m == 0.0
    bottom = dz - network.signals.height_m / 2
    assert (bottom[over_road] > 4.5).all()
    assert (bottom > 1.0).all()


def ways(network, row):
    """The ways that a light opens."""
    lanes = network.lanes
    return [
        LineString(lanes.center_world_m[lanes.points_of(way), :2])
        for lane in network.signals.lanes[row]
        for way in lanes.successors[lane]
    ]


def crossing(network, a: int, b: int) -> bool:
    """Whether two lights must not be green together: their ways cross or join, and they are no lights of one approach."""
    lanes, (lane_a, lane_b) = network.lanes, (network.signals.lanes[row][0] for row in (a, b))
    heading_a, heading_b = (lanes.yaw_rad[lanes.first_point[lane + 1] - 1] for lane in (lane_a, lane_b))
    if math.cos(heading_a - heading_b) > 0.9:
        return False
    return any(way_a.intersects(way_b) for way_a in ways(network, a) for way_b in ways(network, b))


def test_phases_are_free_of_conflicts(network):
    lights = [row for row, kind in enumerate(network.signals.kind) if kind == "light"]
    groups = signal_groups(network)
    assert sorted(row for group in groups for row in group.rows) == lights
    for group in groups:
        assert len(group.phases) >= 2
        assert sorted(row for phase in group.phases for row in phase) == sorted(group.rows)
        for phase in group.phases:
            assert not any(crossing(network, a, b) for a in phase for b in phase if a < b)


def test_the_crossing_check_finds_cross_traffic(town):
    group = signal_groups(town)[0]
    assert len(group.phases) == 4, "oncoming left turns cross, so every approach has its own phase"
    assert all(crossing(town, a, b) for a in group.rows for b in group.rows if a != b)


def test_cycle_times(town):
    group = signal_groups(town)[0]
    assert group.cycle_s == 60.0
    shown = [dict(zip(group.rows, group.states_at(t), strict=True)) for t in np.arange(0.0, 60.0, 0.5)]
    for index, phase in enumerate(group.phases):
        colours = [shown[(30 * index + i) % 120][phase[0]] for i in range(120)]
        assert colours == [LightState.GREEN] * 20 + [LightState.YELLOW] * 6 + [LightState.RED] * 94
    assert group.states_at(61.0) == group.states_at(1.0)
