"""The ground: heights of the lanes, everything looks up, no gaps, no two classes at one height, kerbs at pavements."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np
import pytest
import shapely

from rendering.assets.ground import ground_meshes
from rendering.assets.ground_paint import STOP_LIFT_M, stripe, studs
from rendering.materials import material_index
from sim.base.taxonomy import ObjectClass
from sim.maps.library import load_network
from tests.rendering.marking_roads import COLORS, PITCH_M, TYPES, marking_network
from tests.rendering.mesh_checks import facing_share, faults, volume_m3

MAPS = Path(os.environ.get("SIM_TEST_MAPS", Path(__file__).resolve().parents[3] / "shared" / "data" / "opendrive"))


@pytest.fixture(scope="module", params=["town_quarter", "Town01", "e6mini"])
def town(request):
    if request.param != "town_quarter" and not (MAPS / f"{request.param}.xodr").exists():
        pytest.skip(f"{request.param}.xodr is not in {MAPS}")
    network = load_network(request.param, [MAPS])
    return network, ground_meshes(network)


def _heights_above(mesh, points_xy):
    """Heights (N, K) of the surface over each point, nan where a triangle is not met: a dense vertical cast."""
    corner = mesh.vertices.astype(np.float64)[mesh.triangles]
    out = []
    for point in points_xy:
        near = (corner[:, :, 0].min(1) <= point[0]) & (corner[:, :, 0].max(1) >= point[0])
        near &= (corner[:, :, 1].min(1) <= point[1]) & (corner[:, :, 1].max(1) >= point[1])
        a, b, c = (corner[near, i] for i in range(3))
        area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
        ok = np.abs(area) > 1e-9
        a, b, c, area = a[ok], b[ok], c[ok], area[ok]
        u = ((b[:, 0] - point[0]) * (c[:, 1] - point[1]) - (b[:, 1] - point[1]) * (c[:, 0] - point[0])) / area
        v = ((c[:, 0] - point[0]) * (a[:, 1] - point[1]) - (c[:, 1] - point[1]) * (a[:, 0] - point[0])) / area
        inside = (u >= -1e-6) & (v >= -1e-6) & (u + v <= 1.0 + 1e-6)
        out.append((u * a[:, 2] + v * b[:, 2] + (1.0 - u - v) * c[:, 2])[inside])
    return out


def test_meshes_are_sound(town):
    _, surfaces = town
    assert sum(item.mesh.triangle_count for item in surfaces) < 1_500_000
    assert len({item.surface_index for item in surfaces}) == len(surfaces)
    for item in surfaces:
        assert not faults(item.mesh)
        assert facing_share(item.mesh) > 0.95
        if item.semantic in (ObjectClass.ROAD, ObjectClass.SIDEWALK):
            assert (item.mesh.normals[:, 2] > 0.8).all()


def test_road_lies_at_the_height_of_its_lanes(town):
    network, surfaces = town
    lanes = network.lanes
    rows = [i for i, kind in enumerate(lanes.lane_type) if kind == "driving"]
    picked = rows[:: max(len(rows) // 40, 1)]
    points = np.array(
        [lanes.center_world_m[lanes.points_of(i)][len(lanes.center_world_m[lanes.points_of(i)]) // 2] for i in picked]
    )
    found = [
        np.concatenate(z)
        for z in zip(
            *(_heights_above(s.mesh, points[:, :2]) for s in surfaces if s.semantic == ObjectClass.ROAD), strict=True
        )
    ]
    for point, z in zip(points, found, strict=True):
        assert len(z) and np.abs(z - point[2]).min() < 0.02


def test_no_gap_and_no_two_classes_at_one_height(town):
    network, surfaces = town
    lanes = network.lanes
    rng = np.random.default_rng(3)
    picked = rng.choice(len(lanes.center_world_m), 60, replace=False)
    points = lanes.center_world_m[picked, :2] + rng.normal(0.0, 6.0, (60, 2))
    kinds = [s for s in surfaces if s.semantic not in (ObjectClass.KERB, ObjectClass.VEGETATION)]
    columns = [_heights_above(s.mesh, points) for s in kinds]
    covered = 0
    for index in range(len(points)):
        tops = sorted(
            (float(z.max()), int(s.semantic)) for s, col in zip(kinds, columns, strict=True) if len(z := col[index])
        )
        covered += bool(tops)
        for (low, first), (high, second) in itertools.pairwise(tops):
            assert first == second or high - low > 1e-3
    assert covered >= 57, "at most a few points fall on a kerb stone's top"


def test_dashes_have_their_length():
    line = np.column_stack([np.linspace(0.0, 30.0, 31), np.zeros(31), np.zeros(31)])
    mesh = stripe(line, 0.15, 3.0, 9.0, "marking_white")
    corner = mesh.vertices.astype(np.float64)[mesh.triangles]
    area = 0.5 * np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1).sum()
    assert area == pytest.approx(3 * 3.0 * 0.15, rel=1e-4)
    solid = stripe(line, 0.15, 0.0, 0.0, "marking_white")
    assert solid.bounds()[1][0] == pytest.approx(30.0)


@pytest.mark.parametrize("name", ["town_quarter", "motorway"])
def test_no_grass_grows_through_the_joints_between_roads(name: str) -> None:
    """Roads of a file miss each other by fractions of a millimetre; terrain and edge skirts must keep clear of the joint."""
    network = load_network(name)
    lanes = network.lanes
    joints = np.array(
        [
            lanes.center_world_m[lanes.points_of(row)][-1, :2]
            for row in range(lanes.count)
            if lanes.lane_type[row] == "driving" and lanes.successors[row]
        ]
    )
    around = shapely.buffer(shapely.points(joints), 0.5)
    for ground in ground_meshes(network):
        if ground.semantic == ObjectClass.TERRAIN:
            corners = ground.mesh.vertices[ground.mesh.triangles][..., :2].astype(np.float64)
            tree = shapely.STRtree(shapely.linestrings(np.concatenate([corners, corners[:, :1]], axis=1)))
            assert len(tree.query(around, predicate="intersects")[0]) == 0, f"surface {ground.surface_index}"


def _painted_area_m2(mesh, low_y: float, high_y: float, material: str) -> float:
    corner = mesh.vertices.astype(np.float64)[mesh.triangles]
    mine = mesh.material == material_index(material)
    mine &= (corner[:, :, 1].min(axis=1) > low_y) & (corner[:, :, 1].max(axis=1) < high_y)
    edges = corner[mine, 1:] - corner[mine, :1]
    return float(0.5 * np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1).sum())


def test_every_marking_type_is_drawn():
    """Area of paint per type on 60 m of road: whole lines of 12 cm, dashes of 3 m in 9 m, nothing where nothing is painted."""
    solid, broken = 60.0 * 0.12, 7 * 3.0 * 0.12
    expected = {
        "solid": solid, "broken": broken, "solid solid": 2 * solid, "solid broken": solid + broken,
        "broken solid": solid + broken, "broken broken": 2 * broken, "botts dots": 0.0, "edge": solid, "none": 0.0,
        "grass": 0.0, "curb": 0.0,
    }  # fmt: skip
    network = marking_network([(kind, "white") for kind in TYPES])
    paint = next(s.mesh for s in ground_meshes(network) if s.semantic == ObjectClass.ROAD_MARKING)
    for k, kind in enumerate(TYPES):
        found = _painted_area_m2(paint, PITCH_M * k - 3.0, PITCH_M * k + 3.0, "marking_white")
        assert found == pytest.approx(expected[kind], rel=0.01, abs=1e-6), kind
    dots = studs(network)
    assert dots.bounds()[0][1] > PITCH_M * TYPES.index("botts dots") - 0.1
    assert dots.bounds()[1][2] == pytest.approx(0.018)
    assert volume_m3(dots) / 40 == pytest.approx(np.pi * 0.05**2 * 0.018 * 0.6, rel=0.25), "40 closed domes in 60 m"


def test_every_marking_colour_has_its_paint():
    network = marking_network([("solid", color) for color in COLORS])
    paint = next(s.mesh for s in ground_meshes(network) if s.semantic == ObjectClass.ROAD_MARKING)
    for k, color in enumerate(COLORS):
        area = _painted_area_m2(paint, PITCH_M * k - 3.0, PITCH_M * k + 3.0, f"marking_{color}")
        assert area == pytest.approx(60.0 * 0.12, rel=0.01), color


def test_bold_lines_are_broader():
    network = marking_network([("solid", "white")], weight="bold")
    paint = next(s.mesh for s in ground_meshes(network) if s.semantic == ObjectClass.ROAD_MARKING)
    assert _painted_area_m2(paint, -3.0, 3.0, "marking_white") == pytest.approx(60.0 * 0.25, rel=0.01)


def test_no_paint_is_thicker_than_the_norm(town):
    """EN 1436 allows 6 mm; Botts' dots aside, which these maps do not have."""
    _, surfaces = town
    paint = next(s.mesh for s in surfaces if s.semantic == ObjectClass.ROAD_MARKING)
    road = next(s.mesh for s in surfaces if s.semantic == ObjectClass.ROAD)
    rng = np.random.default_rng(5)
    corners = paint.vertices[paint.triangles[rng.choice(paint.triangle_count, 40, replace=False)]].mean(axis=1)
    for point, below in zip(corners, _heights_above(road, corners[:, :2]), strict=True):
        assert not len(below) or point[2] - below.max() < STOP_LIFT_M + 0.002


def test_kerbs_stand_in_front_of_pavements_without_gaps():
    """Over the kerb of a straight pavement the surface goes from road to slabs: top, bevel, face, all joined."""
    network = load_network("town_quarter")
    surfaces = ground_meshes(network)
    kerb = next(s.mesh for s in surfaces if s.semantic == ObjectClass.KERB)
    corner = kerb.vertices.astype(np.float64)[kerb.triangles]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    slanted = (normal[:, 2] > 0.5) & (normal[:, 2] < 0.9)
    assert slanted.sum() > 2000, "bevels"
    assert (normal[:, 2] > -1e-3).all(), "no stone looks down"
