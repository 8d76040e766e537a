"""Broken files end in a MapError that says where, what, and what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
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
        (GOOD.replace('x="0" ', 'x="1e300" '), "<geometry> x: found '1e300'"),
        (GOOD.replace('length="100"', 'length="1e300"'), "expected a finite number, at most 1e+09"),
        (GOOD.replace('length="100"', 'length="1e8"'), "<road> length: found 1e+08; allowed are 100000 m"),
        (GOOD.replace("<line/>", '<arc curvature="1e200"/>'), "<arc> curvature"),
        (GOOD.replace('lane id="1"', 'lane id="99999999999999999999"'), "<lane> id"),
        (GOOD[: len(GOOD) // 2], "malformed"),
        ("\ud800" + GOOD, "not Unicode"),
        (GOOD.replace('a="3.5"', 'a="9e8"'), "the roads spread over"),
        ("<OpenDRIVE>" + "<a>" * 100_000 + "</a>" * 100_000 + "</OpenDRIVE>", "Excessive depth"),
        (" " * (64 * 2**20 + 1), "allowed are 67108864"),
        (
            GOOD[: GOOD.index("<road")]
            + "".join(
                GOOD[GOOD.index("<road") : GOOD.index("</OpenDRIVE>")]
                .replace('<road id="1"', f'<road id="{n}"')
                .replace('length="100"', 'length="9e4"')
                for n in range(120)
            )
            + "</OpenDRIVE>",
            "m of lanes up to this road",
        ),
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
    assert str(caught.value).startswith("bad.xodr")


def test_the_unbroken_map_loads():
    assert network_from_xodr(GOOD, "good").lanes.count == 2


def test_entities_are_not_expanded():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + GOOD
    assert network_from_xodr(bomb, "bomb").lanes.count == 2


def test_entities_that_grow_without_end_are_refused():
    grow = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE x [<!ENTITY a0 "aaaaaaaaaa">{grow}]>' + GOOD.replace("<header", "<x>&a11;</x><header")
    with pytest.raises(MapError, match="malformed"):
        network_from_xodr(bomb, "bomb")


def test_external_entities_are_not_read(tmp_path: Path):
    (tmp_path / "secret").write_text("secret words", encoding="utf-8")
    text = f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{tmp_path}/secret">]>' + GOOD.replace(
        "<planView>", '<userData code="&a;"/><planView>'
    ).replace('code="&a;"/>', "><code>&a;</code></userData>")
    network = network_from_xodr(text, "outside")
    assert "secret words" not in network.xodr


@pytest.mark.parametrize("length", ["0", "-5", "1e-9"])
def test_roads_without_length_do_no_harm(length: str):
    network = network_from_xodr(GOOD.replace('length="100"', f'length="{length}"'), "short")
    assert np.isfinite(network.lanes.center_world_m).all()


def test_a_road_that_follows_itself_loads():
    links = (
        '<link><predecessor elementType="road" elementId="1" contactPoint="end"/>'
        '<successor elementType="road" elementId="1" contactPoint="start"/></link><planView>'
    )
    lanes = network_from_xodr(GOOD.replace("<planView>", links), "ring").lanes
    assert lanes.count == 2


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
