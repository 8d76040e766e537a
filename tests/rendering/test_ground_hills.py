"""The country around: flush with the map's rim, hilly at the horizon, woods clear of roads; tufts beside them, not on them."""

from __future__ import annotations

import numpy as np
import shapely

from rendering.assets.ground_decals import decals
from rendering.assets.ground_hills import HORIZON_M, far_land, relief, woods
from rendering.assets.ground_surfaces import Heights
from rendering.assets.ground_symbols import arrow
from rendering.assets.ground_verges import tufts
from sim.maps.library import load_network
from tests.rendering.mesh_checks import facing_share, faults

LOW, HIGH = np.array([-200.0, -150.0]), np.array([250.0, 180.0])


def test_land_meets_the_rim_and_rises_to_hills():
    height = relief("somewhere", LOW, HIGH, 3.0)
    rim = np.column_stack([np.linspace(LOW[0], HIGH[0], 50), np.full(50, HIGH[1])])
    assert np.abs(height(rim) - 3.0).max() < 1e-9
    angle = np.linspace(0.0, 2.0 * np.pi, 200)
    ring = np.column_stack([np.cos(angle), np.sin(angle)]) * 1500.0
    assert np.ptp(height(ring)) > 15.0, "a level horizon would be a razor line"
    assert height(ring).min() > -3.0


def test_far_land_covers_all_but_the_map_once():
    mesh = far_land(LOW, HIGH, relief("somewhere", LOW, HIGH, 0.0))
    assert not faults(mesh)
    assert facing_share(mesh) == 1.0
    corner = mesh.vertices.astype(np.float64)[mesh.triangles][:, :, :2]
    ab, ac = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    plan = 0.5 * np.abs(ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]).sum()
    size = HIGH - LOW
    assert np.isclose(plan, np.prod(size + 2.0 * HORIZON_M) - np.prod(size), rtol=1e-6)


def test_woods_stand_clear_of_roads_and_repeat():
    outline = shapely.box(-80.0, -40.0, 130.0, 60.0)
    height = relief("somewhere", LOW, HIGH, 0.0)
    first, second = (woods("somewhere", LOW, HIGH, height, outline) for _ in range(2))
    assert np.array_equal(first.vertices, second.vertices)
    assert not faults(first)
    points = first.vertices[:, :2].astype(np.float64)
    assert shapely.distance(outline, shapely.points(points)).min() > 25.0
    assert not np.array_equal(first.vertices[:50], woods("elsewhere", LOW, HIGH, height, outline).vertices[:50])


def test_tufts_grow_beside_roads_not_on_them():
    network = load_network("town_quarter")
    outline = shapely.Polygon([(0, 0), (60, 0), (60, 20), (0, 20)], [[(20, 5), (40, 5), (40, 15), (20, 15)]])
    mesh = tufts("somewhere", outline, Heights(network, np.arange(network.lanes.count)))
    roots = mesh.vertices[::3, :2].astype(np.float64)
    inside = shapely.contains_xy(outline.buffer(-0.15), roots[:, 0], roots[:, 1])
    assert inside.mean() < 0.05, "blades may lean in, roots may not"
    assert shapely.distance(outline, shapely.points(roots)).max() < 2.5
    island = (roots[:, 0] > 20) & (roots[:, 0] < 40) & (roots[:, 1] > 5) & (roots[:, 1] < 15)
    assert island.mean() > 0.15, "islands have grass too"


def test_decals_are_flat_and_lie_within_paint_height():
    mesh = decals(load_network("town_quarter"))
    assert not faults(mesh)
    assert mesh.vertices[:, 2].max() < 0.005
    assert mesh.normals[:, 2].min() > 0.99


def test_arrows_point_where_they_lead():
    straight, left, right = (arrow(frozenset({turn})) for turn in (0, 1, -1))
    assert straight.bounds[2] > 2.4
    assert abs(straight.centroid.y) < 1e-9
    assert left.centroid.y > 0.05
    assert np.isclose(left.centroid.y, -right.centroid.y)
    assert arrow(frozenset({0, 1})).area > straight.area
