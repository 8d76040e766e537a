"""The pedestrian navigation mesh of a map: walkable areas cut into convex polygons that share whole edges.

All borders are noded on a grid of GRID_M, so neighbouring areas have the same corners; each face is triangulated (constrained
Delaunay) and triangles are joined while they stay convex (Hertel and Mehlhorn 1983), up to six corners as Detour holds.
Heights are those of the ground the server stands people on. Tested by tests/maps/test_navigation.py.
"""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from sim.base.state import StaticObjects
from sim.maps.lookup import LaneLookup
from sim.maps.navigation_areas import WalkableAreas, walkable_areas
from sim.maps.network import RoadNetwork
from sim.wire.detour import (
    AREA_CROSSWALK,
    AREA_GRASS,
    AREA_ROAD,
    AREA_SIDEWALK,
    MAX_CORNERS,
    NavigationMesh,
)

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]

GRID_M = 0.01
STEEP_SPACING_M = 5.0
_LEAST_CROSS_M2 = 1e-4


def navigation_mesh(network: RoadNetwork, statics: StaticObjects, ground: LaneLookup | None = None) -> NavigationMesh:
    """The mesh of a map; without any pavement it has roads only, and people find no place to go."""
    return mesh_of_areas(walkable_areas(network, statics), ground or LaneLookup(network))


def mesh_of_areas(areas: WalkableAreas, ground: LaneLookup) -> NavigationMesh:
    """Convex polygons of disjoint areas, with heights from the ground."""
    kinds = (
        (AREA_SIDEWALK, areas.pavement),
        (AREA_CROSSWALK, areas.crossing),
        (AREA_GRASS, areas.grass),
        (AREA_ROAD, areas.road),
    )
    lines = [shapely.boundary(shape) for _, shape in kinds if not shape.is_empty]
    if not lines:
        return _mesh(np.zeros((0, 2)), [], [], ground)
    lanes = ground.network.lanes.center_world_m
    if float(np.ptp(lanes[:, 2])) > 1.0:
        lines = [shapely.segmentize(line, STEEP_SPACING_M) for line in lines]
    noded = shapely.union_all([shapely.set_precision(line, GRID_M) for line in lines], grid_size=GRID_M)
    faces = [face for face in shapely.polygonize([noded]).geoms if isinstance(face, Polygon)]
    inner = shapely.points([face.representative_point().coords[0] for face in faces])
    vertex_of: dict[tuple[int, int], int] = {}
    polygons: list[list[int]] = []
    polygon_area: list[int] = []
    kind_of = _kind_of(inner, kinds)
    for face, kind in zip(faces, kind_of, strict=True):
        if not kind:
            continue
        for polygon in _convex_parts(face, vertex_of):
            polygons.append(polygon)
            polygon_area.append(int(kind))
    corners = np.array(list(vertex_of), dtype=np.float64).reshape(-1, 2) * GRID_M
    return _mesh(corners, polygons, polygon_area, ground)


def components(mesh: NavigationMesh, areas: tuple[int, ...] = (AREA_SIDEWALK, AREA_CROSSWALK, AREA_GRASS)) -> Int32:
    """For each polygon the smallest row it is connected with over polygons of these areas; -1 for those of other areas."""
    member = np.isin(mesh.area, areas)
    label = np.where(member, np.arange(mesh.count), -1).astype(np.int32)
    row, _ = np.nonzero(mesh.neighbour >= 0)
    other = mesh.neighbour[mesh.neighbour >= 0]
    keep = member[row] & member[other]
    row, other = row[keep], other[keep]
    while True:
        before = label.copy()
        np.minimum.at(label, row, label[other])
        # jump to the label's own label, so that long chains take few rounds
        label = np.where(label >= 0, label[np.maximum(label, 0)], -1).astype(np.int32)
        if np.array_equal(before, label):
            return label


def polygon_areas_m2(mesh: NavigationMesh) -> Float64:
    """Area of each polygon (P,) in the ground plane."""
    points = mesh.vertices_world_m[np.maximum(mesh.corner, 0), :2]
    following = (np.arange(MAX_CORNERS) + 1)[None, :] % mesh.corner_count[:, None]
    after = np.take_along_axis(points, following[:, :, None], axis=1)
    used = np.arange(MAX_CORNERS) < mesh.corner_count[:, None]
    cross = points[:, :, 0] * after[:, :, 1] - after[:, :, 0] * points[:, :, 1]
    return np.asarray(np.where(used, cross, 0.0).sum(axis=1) / 2.0)


def _kind_of(points: NDArray[np.object_], kinds: tuple[tuple[int, BaseGeometry], ...]) -> NDArray[np.uint8]:
    out = np.zeros(len(points), dtype=np.uint8)
    for kind, shape in reversed(kinds):
        shapely.prepare(shape)
        out[shapely.intersects(shape, points)] = kind
    return out


def _convex_parts(face: Polygon, vertex_of: dict[tuple[int, int], int]) -> list[list[int]]:
    """A face as convex polygons of vertex rows, counter-clockwise; new vertices are entered into `vertex_of`."""
    triangles = shapely.get_parts(shapely.constrained_delaunay_triangles(face))
    corners = np.rint(shapely.get_coordinates(triangles).reshape(-1, 4, 2)[:, :3] / GRID_M).astype(np.int64)
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    twice = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    corners[twice < 0] = corners[twice < 0][:, ::-1]
    polygons: dict[int, list[int]] = {}
    for index, points in enumerate(corners[twice != 0].tolist()):
        polygons[index] = [vertex_of.setdefault((x, y), len(vertex_of)) for x, y in points]
    places = np.array(list(vertex_of), dtype=np.float64).reshape(-1, 2) * GRID_M
    return _joined(polygons, places)


def _joined(polygons: dict[int, list[int]], places: Float64) -> list[list[int]]:
    """Join polygons over shared edges, longest edge first, as long as they stay convex with at most six corners."""
    owners: dict[tuple[int, int], int] = {}
    for index, corners in polygons.items():
        for edge in itertools.pairwise([*corners, corners[0]]):
            owners[edge] = index
    inner = [edge for edge in owners if edge[0] < edge[1] and (edge[1], edge[0]) in owners]
    if inner:
        ends = np.array(inner)
        length = np.rint(np.hypot(*(places[ends[:, 0]] - places[ends[:, 1]]).T) * 1000.0)
        inner = [inner[i] for i in np.lexsort((ends[:, 1], ends[:, 0], -length))]
    xy = places.tolist()
    for a, b in inner:
        one, two = owners[a, b], owners[b, a]
        first, second = polygons[one], polygons[two]
        if one == two or len(first) + len(second) - 2 > MAX_CORNERS:
            continue
        at, other = first.index(a), second.index(b)
        # first runs ... a b ..., second ... b a ...: walk first from b round to a, then second's corners after a up to b
        merged = first[at + 1 :] + first[: at + 1] + (second[other + 2 :] + second[:other])[: len(second) - 2]
        if not _convex(merged, xy):
            continue
        polygons[one] = merged
        del polygons[two]
        for edge in itertools.pairwise([*merged, merged[0]]):
            owners[edge] = one
    return list(polygons.values())


def _convex(corners: list[int], xy: list[list[float]]) -> bool:
    count = len(corners)
    for index in range(count):
        (ax, ay), (bx, by), (cx, cy) = (xy[corners[(index + k) % count]] for k in range(3))
        if (bx - ax) * (cy - by) - (by - ay) * (cx - bx) < _LEAST_CROSS_M2:
            return False
    return True


def _mesh(corners: Float64, polygons: list[list[int]], areas: list[int], ground: LaneLookup) -> NavigationMesh:
    corner = np.full((len(polygons), MAX_CORNERS), -1, dtype=np.int32)
    neighbour = np.full((len(polygons), MAX_CORNERS), -1, dtype=np.int32)
    edges: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for row, polygon in enumerate(polygons):
        corner[row, : len(polygon)] = polygon
        for index, edge in enumerate(itertools.pairwise([*polygon, polygon[0]])):
            edges[min(edge), max(edge)].append((row, index))
    for sides in edges.values():
        if len(sides) == 2:
            (row, index), (other, other_index) = sides
            neighbour[row, index], neighbour[other, other_index] = other, row
    height = ground.height_at(corners) if len(corners) else np.zeros(0)
    return NavigationMesh(
        vertices_world_m=np.column_stack([corners, height]),
        corner=corner,
        corner_count=(corner >= 0).sum(axis=1).astype(np.int32),
        neighbour=neighbour,
        area=np.array(areas, dtype=np.uint8),
    )
