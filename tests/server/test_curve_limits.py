"""Speeds that vehicles are told: posted on straight roads, comfortable in bends."""

from __future__ import annotations

import numpy as np
import pytest

from sim.maps.library import find_map
from sim.maps.network import RoadNetwork
from sim.maps.opendrive import network_from_xodr
from sim.server.traffic.curve_limits import (
    COMFORTABLE_BRAKING_MPS2,
    COMFORTABLE_LATERAL_MPS2,
    SAMPLE_M,
    SpeedTable,
    speed_table,
)

_BEND = """<?xml version="1.0"?><OpenDRIVE><header revMajor="1" revMinor="4" name="bend"/>
<road name="" length="{length}" id="1" junction="-1"><type s="0" type="town"><speed max="50" unit="km/h"/></type>
<planView><geometry s="0" x="0" y="0" hdg="0" length="40"><line/></geometry>
<geometry s="40" x="40" y="0" hdg="0" length="{arc}"><arc curvature="{curvature}"/></geometry></planView>
<lanes><laneSection s="0"><center><lane id="0" type="none" level="false"/></center>
<right><lane id="-1" type="driving" level="false"><width sOffset="0" a="3.0" b="0" c="0" d="0"/></lane></right>
</laneSection></lanes></road></OpenDRIVE>"""


def _bend(radius_m: float) -> tuple[RoadNetwork, SpeedTable]:
    arc = 20.0
    network = network_from_xodr(_BEND.format(length=40.0 + arc, arc=arc, curvature=1.0 / radius_m), "bend")
    return network, speed_table(network)


def test_a_straight_road_keeps_its_posted_limit() -> None:
    _, table = _bend(1e6)
    assert table.kmh == pytest.approx(50.0, abs=1e-3)


def test_a_bend_takes_the_comfortable_acceleration_at_most() -> None:
    # the lane lies 1.5 m outside the road's line, so its radius is that much larger
    _, table = _bend(15.0)
    in_bend = table.kmh[round(50.0 / SAMPLE_M)] / 3.6
    assert in_bend**2 / 16.5 == pytest.approx(COMFORTABLE_LATERAL_MPS2, rel=0.05)
    assert table.kmh[round(10.0 / SAMPLE_M)] == pytest.approx(50.0, abs=1e-3)
    assert table.kmh[round(35.0 / SAMPLE_M)] < 45.0, "it is told before the bend"


def test_every_slowing_for_a_bend_is_comfortable_also_from_lane_to_lane() -> None:
    network = network_from_xodr(find_map("town_quarter").read_text(encoding="utf-8"), "town_quarter")
    table, lanes = speed_table(network), network.lanes
    most_mps2 = 0.0
    for lane in range(lanes.count):
        here = (table.kmh[table.first[lane] : table.first[lane + 1]] / 3.6) ** 2
        most_mps2 = max(most_mps2, float((-np.diff(here)).max(initial=0.0)) / (2.0 * SAMPLE_M))
        for after in lanes.successors[lane]:
            step = here[-1] - (table.kmh[table.first[after]] / 3.6) ** 2
            posted_drop = lanes.speed_limit_mps[after] < lanes.speed_limit_mps[lane]
            assert posted_drop or step < 0.01, (lane, after)
    assert most_mps2 == pytest.approx(COMFORTABLE_BRAKING_MPS2, rel=0.01), "some bend of a town binds"


def test_a_bend_that_is_wide_enough_keeps_the_posted_limit() -> None:
    _, table = _bend(80.0)
    assert table.kmh == pytest.approx(50.0, abs=1e-3)


def test_no_lane_of_a_town_is_told_more_than_its_limit() -> None:
    network = network_from_xodr(find_map("town_quarter").read_text(encoding="utf-8"), "town_quarter")
    table = speed_table(network)
    for lane in range(network.lanes.count):
        told = table.kmh[table.first[lane] : table.first[lane + 1]]
        assert len(told) > network.lanes.length_m(lane) / SAMPLE_M
        assert told.max() <= network.lanes.speed_limit_mps[lane] * 3.6 + 1e-3
        assert told.min() > 5.0
    assert np.isfinite(table.kmh).all()
