"""The navigation mesh of whole maps: convex, shared edges, nothing lost, connected over crossings, on the ground."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from shapely.geometry import MultiPolygon, Polygon, box

from sim.maps.layout import place_static_objects
from sim.maps.library import load_network
from sim.maps.lookup import LaneLookup
from sim.maps.navigation import components, mesh_of_areas, navigation_mesh, polygon_areas_m2
from sim.maps.navigation_areas import WalkableAreas, walkable_areas
from sim.maps.network import RoadNetwork
from sim.wire.detour import (
    AREA_CROSSWALK,
    AREA_ROAD,
    AREA_SIDEWALK,
    NavigationMesh,
    decode_navigation,
    encode_navigation,
)
from tests.maps.conftest import network_of

_MAPS = ("town_quarter", "Town01", "Town02", "Town10HD")


@pytest.fixture(scope="module", params=_MAPS)
def built(request: pytest.FixtureRequest) -> tuple[RoadNetwork, WalkableAreas, NavigationMesh]:
    network = network_of(request.param)
    areas = walkable_areas(network, place_static_objects(network, 0))
    return network, areas, mesh_of_areas(areas, LaneLookup(network))


def _points(mesh: NavigationMesh, row: int) -> np.ndarray:
    return mesh.vertices_world_m[mesh.corner[row, : mesh.corner_count[row]], :2]


def test_polygons_are_convex_and_counter_clockwise(built: tuple[RoadNetwork, WalkableAreas, NavigationMesh]) -> None:
    mesh = built[2]
    for row in range(mesh.count):
        a = _points(mesh, row)
        b, c = np.roll(a, -1, axis=0), np.roll(a, -2, axis=0)
        turn = (b[:, 0] - a[:, 0]) * (c[:, 1] - b[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - b[:, 0])
        assert (turn > 0.0).all()


def test_neighbours_share_a_whole_edge_both_ways(built: tuple[RoadNetwork, WalkableAreas, NavigationMesh]) -> None:
    mesh = built[2]
    for row in range(mesh.count):
        corners = mesh.corner[row, : mesh.corner_count[row]].tolist()
        for index, (a, b) in enumerate(itertools.pairwise([*corners, corners[0]])):
            other = int(mesh.neighbour[row, index])
            if other < 0:
                continue
            theirs = mesh.corner[other, : mesh.corner_count[other]].tolist()
            assert (b, a) in list(itertools.pairwise([*theirs, theirs[0]]))
            assert row in mesh.neighbour[other].tolist()


def test_the_mesh_covers_the_areas_it_was_made_of(built: tuple[RoadNetwork, WalkableAreas, NavigationMesh]) -> None:
    _, areas, mesh = built
    size = polygon_areas_m2(mesh)
    assert float(size[mesh.area == AREA_SIDEWALK].sum()) == pytest.approx(areas.pavement.area, rel=2e-3)
    assert float(size[mesh.area == AREA_CROSSWALK].sum()) == pytest.approx(areas.crossing.area, rel=2e-2)
    whole = shapely.union_all([areas.pavement, areas.crossing, areas.grass, areas.road])
    assert float(size.sum()) == pytest.approx(whole.area, rel=2e-3), "no overlap, no gap"


def test_one_can_walk_from_every_pavement_to_every_other(
    built: tuple[RoadNetwork, WalkableAreas, NavigationMesh],
) -> None:
    mesh = built[2]
    label = components(mesh)
    size = polygon_areas_m2(mesh)
    paved = mesh.area == AREA_SIDEWALK
    parts = {int(k): float(size[paved & (label == k)].sum()) for k in np.unique(label[paved])}
    assert max(parts.values()) > 0.98 * sum(parts.values())


def test_without_crossings_the_pavements_are_islands(built: tuple[RoadNetwork, WalkableAreas, NavigationMesh]) -> None:
    mesh = built[2]
    label = components(mesh, (AREA_SIDEWALK,))
    assert len(np.unique(label[mesh.area == AREA_SIDEWALK])) > 1


def test_people_keep_off_kerbs_and_things_that_stand(built: tuple[RoadNetwork, WalkableAreas, NavigationMesh]) -> None:
    network, areas, _ = built
    inner = shapely.get_coordinates(areas.pavement)
    types = LaneLookup(network, ("driving",)).nearest(inner)
    assert float(np.percentile(types.distance_m, 1)) > 0.2
    statics = place_static_objects(network, 0)
    tall = [i for i, name in enumerate(statics.name) if name.startswith(("tree.", "pole."))]
    trunks = shapely.points(statics.position_world_m[tall, :2])
    shapely.prepare(areas.pavement)
    assert not shapely.intersects(areas.pavement, trunks).any()


def test_the_file_of_a_town_fits_and_reads_back(built: tuple[RoadNetwork, WalkableAreas, NavigationMesh]) -> None:
    mesh = built[2]
    back = decode_navigation(encode_navigation(mesh))
    np.testing.assert_allclose(back.vertices_world_m, mesh.vertices_world_m, atol=1e-4)


def test_heights_are_those_of_the_ground() -> None:
    network = load_network("town_quarter")
    mesh = navigation_mesh(network, place_static_objects(network, 0))
    ground = LaneLookup(network).height_at(mesh.vertices_world_m[:, :2])
    np.testing.assert_allclose(mesh.vertices_world_m[:, 2], ground, atol=1e-9)


def test_a_hole_in_an_area_stays_one() -> None:
    network = load_network("town_quarter")
    ring = Polygon(box(0, 0, 20, 20).exterior.coords, [box(8, 8, 12, 12).exterior.coords])
    none = MultiPolygon([])
    mesh = mesh_of_areas(WalkableAreas(ring, none, none, box(20, 0, 30, 20)), LaneLookup(network))
    size = polygon_areas_m2(mesh)
    assert float(size[mesh.area == AREA_SIDEWALK].sum()) == pytest.approx(384.0)
    assert float(size[mesh.area == AREA_ROAD].sum()) == pytest.approx(200.0)
    joined = components(mesh, (AREA_SIDEWALK, AREA_ROAD))
    assert len(np.unique(joined)) == 1


def test_a_motorway_has_nowhere_to_walk() -> None:
    network = load_network("motorway")
    mesh = navigation_mesh(network, place_static_objects(network, 0))
    assert not (mesh.area == AREA_SIDEWALK).any()
