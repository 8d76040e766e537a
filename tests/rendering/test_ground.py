"""The ground: heights of the lanes, everything looks up, no gaps, no two classes at one height, kerbs at pavements."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np
import pytest
import shapely

from rendering.assets.ground import ground_meshes
from rendering.assets.ground_paint import stripe
from sim.base.taxonomy import ObjectClass
from sim.maps.library import load_network
from tests.rendering.mesh_checks import facing_share, faults

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
        if item.semantic in (ObjectClass.ROAD, ObjectClass.ROAD_MARKING, ObjectClass.SIDEWALK):
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
    kinds = [s for s in surfaces if s.semantic != ObjectClass.KERB and s.surface_index != 6]
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
        if ground.surface_index in (6, 8):
            corners = ground.mesh.vertices[ground.mesh.triangles][..., :2].astype(np.float64)
            tree = shapely.STRtree(shapely.linestrings(np.concatenate([corners, corners[:, :1]], axis=1)))
            assert len(tree.query(around, predicate="intersects")[0]) == 0, f"surface {ground.surface_index}"
