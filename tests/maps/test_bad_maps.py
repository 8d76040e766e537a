"""Broken files end in a MapError that says where, what, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.base.errors import MapError
from sim.maps.library import available_maps, find_map, load_network
from sim.maps.opendrive import network_from_xodr
from tests.maps.test_opendrive import TWO_WAY, xodr

GOOD = xodr(lanes=TWO_WAY)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "bad.xodr:1"),
        ("<OpenDRIVE><road></OpenDRIVE>", "malformed"),
        ("<html/>", "expected <OpenDRIVE>"),
        ("<OpenDRIVE><header/></OpenDRIVE>", "no <road>"),
        (GOOD.replace("<planView>", "<!--").replace("</planView>", "-->"), "bad.xodr:1 <road> id 1: found no planView"),
        (GOOD.replace("<line/>", "<wiggle/>"), "bad.xodr:2 <geometry>: found no known shape"),
        (
            GOOD.replace('length="100" junction', 'length="long" junction'),
            "length: found 'long'; expected a finite number",
        ),
        (GOOD.replace('hdg="0"', 'hdg="nan"'), "bad.xodr:2 <geometry> hdg"),
        (GOOD.replace('x="0" ', ""), "<geometry> x: absent"),
        (GOOD.replace("laneSection", "laneSect"), "found no laneSection"),
        (
            GOOD.replace("</OpenDRIVE>", GOOD[GOOD.index("<road") : GOOD.index("</OpenDRIVE>")] + "</OpenDRIVE>"),
            "appears twice",
        ),
    ],
)
def test_message_names_the_place(text, says):
    with pytest.raises(MapError) as caught:
        network_from_xodr(text, "bad")
    assert says in str(caught.value)
    assert str(caught.value).startswith("bad.xodr:")


def test_the_unbroken_map_loads():
    assert network_from_xodr(GOOD, "good").lanes.count == 2


def test_entities_are_not_expanded():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + GOOD
    assert network_from_xodr(bomb, "bomb").lanes.count == 2


def test_unknown_map_gets_a_suggestion():
    with pytest.raises(MapError, match='Did you mean "town_quarter"'):
        load_network("town_quater")


def test_folders_win_over_own_maps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    own = find_map("motorway")
    (tmp_path / "motorway.xodr").write_text(GOOD, encoding="utf-8")
    assert find_map("motorway", (tmp_path,)) == tmp_path / "motorway.xodr" != own
    monkeypatch.setenv("SIM_MAPS", str(tmp_path))
    assert available_maps()["motorway"] == tmp_path / "motorway.xodr"
    assert find_map("Carla/Maps/motorway") == tmp_path / "motorway.xodr"
    assert find_map(str(own)) == own


def test_error_names_the_path(tmp_path: Path):
    path = tmp_path / "broken.xodr"
    path.write_text("<OpenDRIVE>", encoding="utf-8")
    with pytest.raises(MapError, match=str(path)):
        load_network(str(path))
