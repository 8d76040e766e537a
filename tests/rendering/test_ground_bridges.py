"""A road that crosses another 6.5 m above it: a closed deck, clear headroom, ground without holes, nothing on flat maps."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.ground import ground_meshes
from rendering.assets.ground_bridges import deck_points
from sim.base.taxonomy import ObjectClass
from sim.maps.library import load_network
from sim.maps.network import RoadNetwork
from sim.maps.opendrive import network_from_xodr
from tests.rendering.mesh_checks import facing_share, faults, volume_m3


def _road(number: int, x: float, y: float, heading: float, elevation: str) -> str:
    lane = '<width a="3.5" b="0" c="0" d="0" sOffset="0"/>'
    return (
        f'<road id="{number}" junction="-1" length="240" rule="RHT"><link/>'
        f'<planView><geometry s="0" x="{x}" y="{y}" hdg="{heading}" length="240"><line/></geometry></planView>'
        f'<elevationProfile>{elevation}</elevationProfile><lateralProfile/><lanes><laneSection s="0">'
        f'<left><lane id="1" type="driving">{lane}</lane></left><center><lane id="0" type="none"/></center>'
        f'<right><lane id="-1" type="driving">{lane}</lane></right></laneSection></lanes></road>'
    )


def crossing() -> RoadNetwork:
    """Road 1 along x at z = 0; road 2 along y, 6.5 m high in the middle 60 m, with ramps of 90 m."""
    flat = '<elevation s="0" a="0" b="0" c="0" d="0"/>'
    up = f'<elevation s="0" a="0" b="0" c="{3 * 6.5 / 90**2}" d="{-2 * 6.5 / 90**3}"/>'
    down = f'<elevation s="150" a="6.5" b="0" c="{-3 * 6.5 / 90**2}" d="{2 * 6.5 / 90**3}"/>'
    over = f'{up}<elevation s="90" a="6.5" b="0" c="0" d="0"/>{down}'
    roads = _road(1, -120.0, 0.0, 0.0, flat) + _road(2, 0.0, -120.0, np.pi / 2, over)
    header = '<header name="crossing" revMajor="1" revMinor="7"/>'
    return network_from_xodr(f'<?xml version="1.0"?><OpenDRIVE>{header}{roads}</OpenDRIVE>', "crossing")


@pytest.fixture(scope="module")
def surfaces():
    return {int(item.semantic): item.mesh for item in ground_meshes(crossing())}


def _column(mesh, x: float, y: float) -> np.ndarray:
    """Heights at which a vertical line meets a mesh."""
    corner = mesh.vertices.astype(np.float64)[mesh.triangles]
    a, ab, ac = corner[:, 0], corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    ok = np.abs(area) > 1e-9
    a, ab, ac, area = a[ok], ab[ok], ac[ok], area[ok]
    u = ((x - a[:, 0]) * ac[:, 1] - (y - a[:, 1]) * ac[:, 0]) / area
    v = (ab[:, 0] * (y - a[:, 1]) - ab[:, 1] * (x - a[:, 0])) / area
    inside = (u >= -1e-6) & (v >= -1e-6) & (u + v <= 1.0 + 1e-6)
    return np.sort((a[:, 2] + u * ab[:, 2] + v * ac[:, 2])[inside])


def test_deck_is_a_closed_solid(surfaces):
    deck = surfaces[ObjectClass.BRIDGE]
    assert not faults(deck)
    assert facing_share(deck) > 0.99
    shifted = deck.vertices + np.float32(50.0)
    corner = shifted.astype(np.float64)[deck.triangles]
    moved = np.einsum("ij,ij->i", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])).sum() / 6.0
    assert volume_m3(deck) == pytest.approx(moved, rel=1e-3), (
        "the volume of a closed surface does not depend on the origin"
    )
    assert volume_m3(deck) > 0.9 * 7.0 * 28.0


def test_headroom_and_both_roads_at_the_crossing(surfaces):
    for x, y in ((1.5, 1.6), (-1.5, -1.6), (2.0, -2.2)):
        road = _column(surfaces[ObjectClass.ROAD], x, y)
        assert road.min() == pytest.approx(0.0, abs=0.03)
        assert road.max() == pytest.approx(6.5, abs=0.03)
        assert _column(surfaces[ObjectClass.BRIDGE], x, y).min() - road.min() > 4.5


def test_land_lies_low_beside_the_crossing_and_no_hole_is_below(surfaces):
    for x, y in ((1.0, 6.0), (-2.0, -8.0), (4.5, 5.0), (9.0, 9.0)):
        land = _column(surfaces[ObjectClass.TERRAIN], x, y)
        assert len(land), "a hole"
        assert land.min() < 1.5


def test_flat_maps_have_none():
    assert not deck_points(load_network("town_quarter")).any()
