"""Trees follow the date and the map's latitude; without a date, and for all else, nothing changes."""

from __future__ import annotations

import dataclasses
import datetime

import numpy as np
import pytest

from rendering.assets.statics import mesh_for
from rendering.materials import MATERIALS
from sim.base.errors import MapError
from sim.catalogue.static_assets import STATIC_ASSETS
from sim.maps.layout import place_static_objects
from sim.maps.library import load_network
from sim.maps.seasons import Season, in_season, latitude_of, parse_date, season_of


@pytest.mark.parametrize(
    ("date", "latitude_deg", "season"),
    [
        ("2026-07-01", 49.0, Season.IN_LEAF),
        ("2026-10-20", 49.0, Season.COLOURED),
        ("2026-01-15", 49.0, Season.BARE),
        ("2026-12-24", 60.0, Season.BARE),
        ("2026-04-10", 49.0, Season.BARE),
        ("2026-05-01", 49.0, Season.IN_LEAF),
        ("2026-01-15", -33.0, Season.IN_LEAF),
        ("2026-04-20", -33.0, Season.COLOURED),
        ("2026-07-15", -33.0, Season.BARE),
        ("2026-01-15", 10.0, Season.IN_LEAF),
    ],
)
def test_the_season_follows_date_and_hemisphere(date, latitude_deg, season):
    assert season_of(parse_date(date), latitude_deg) is season


def test_without_a_date_it_is_summer_and_nonsense_is_refused():
    assert season_of(parse_date(""), 49.0) is Season.IN_LEAF
    with pytest.raises(MapError, match="YYYY-MM-DD"):
        parse_date("20 October")


def test_only_broad_leaved_trees_change_and_stay_where_they_are():
    network = load_network("town_quarter")
    assert 40.0 < latitude_of(network) < 60.0
    summer = place_static_objects(network, 0)
    assert in_season(summer, Season.IN_LEAF) is summer
    for season, near, far in ((Season.COLOURED, {3, 4}, {9, 10}), (Season.BARE, {5}, {11})):
        there = in_season(summer, season)
        for field in dataclasses.fields(summer):
            if field.name != "name":
                np.testing.assert_array_equal(getattr(summer, field.name), getattr(there, field.name))
        changed = [(a, b) for a, b in zip(summer.name, there.name, strict=True) if a != b]
        assert len(changed) > 100
        for before, after in changed:
            key, variant = after.partition("#")[0].split(":")
            assert (
                before.split(":")[0] == key and key.startswith("tree.") and int(variant) < STATIC_ASSETS[key].variants
            )
            was_far = int(before.partition("#")[0].split(":")[1]) >= 6
            assert int(variant) in (far if was_far else near)
        same = set(summer.name) & set(there.name)
        assert not any(name.startswith(("tree.lime", "tree.oak", "tree.birch")) for name in same)


def test_far_trees_have_seasons_too():
    """Leaves of a distant lime: green, coloured, none."""
    half = np.array([2.8, 2.8, 5.2])
    names = list(MATERIALS)
    leaves = [
        {names[k] for k in np.unique(mesh_for(f"tree.lime:{variant}", half).material) if names[k].startswith("leaf_")}
        for variant in (6, 9, 11)
    ]
    assert all("lime" in name for name in leaves[0]) and all("autumn" in name for name in leaves[1]) and not leaves[2]


def test_the_date_reaches_the_server():
    today = datetime.date(2026, 1, 15)
    from sim.server.map_source import MapSource

    assert MapSource(date=today).load("town_quarter").date == today and MapSource().load("town_quarter").date is None
