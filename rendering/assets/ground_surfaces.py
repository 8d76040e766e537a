"""What ground meshes are made of: heights of the lanes anywhere, flat areas laid on them, ribbons, walls and skirts."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from rendering.assets.solids import Int64, index_of, triangulate
from rendering.mesh import Mesh, empty_mesh, merge, smooth_normals
from sim.maps.network import RoadNetwork

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

SKIRT_M = 0.30


class Heights:
    """Height of the lane surface near any point: the tangent plane at the nearest sample of the lanes' centre lines.

    `kept` (P,) leaves out points of the map's lanes: those on bridges, for the ground below them.
    """

    def __init__(self, network: RoadNetwork, rows: NDArray[np.int64], kept: NDArray[np.bool_] | None = None) -> None:
        lanes = network.lanes
        picked = [np.arange(lanes.first_point[i], lanes.first_point[i + 1]) for i in rows]
        index = np.concatenate(picked) if picked else np.zeros(0, np.int64)
        self.center = lanes.center_world_m[index]
        left, right = lanes.left_edge_world_m[index], lanes.right_edge_world_m[index]
        self.across = left - right
        ends = np.cumsum([len(p) for p in picked])
        slope = np.zeros(len(index))
        if len(index) > 1:
            step = np.diff(self.center, axis=0)
            run = np.linalg.norm(step[:, :2], axis=1)
            slope[:-1] = np.where(run > 1e-6, step[:, 2] / np.maximum(run, 1e-6), 0.0)
            for end in ends:
                slope[end - 1] = slope[end - 2] if end >= 2 else 0.0
        self.slope = slope
        self.heading = np.stack([self.across[:, 1], -self.across[:, 0]], axis=1)
        self.heading /= np.maximum(np.linalg.norm(self.heading, axis=1, keepdims=True), 1e-9)
        if kept is not None and kept[index].any():
            chosen = kept[index]
            self.center, self.across = self.center[chosen], self.across[chosen]
            self.slope, self.heading = self.slope[chosen], self.heading[chosen]
        self.tree = cKDTree(self.center[:, :2]) if len(self.center) else None

    def at(self, points_xy: Float64) -> Float64:
        """z (N,) for points (N, 2)."""
        if self.tree is None:
            return np.zeros(len(points_xy))
        nearest = self.tree.query(points_xy)[1]
        offset = points_xy - self.center[nearest, :2]
        along = np.einsum("ij,ij->i", offset, self.heading[nearest])
        across = self.across[nearest]
        width2 = np.maximum(np.einsum("ij,ij->i", across[:, :2], across[:, :2]), 1e-6)
        share = np.clip(np.einsum("ij,ij->i", offset, across[:, :2]) / width2, -1.0, 1.0)
        return np.asarray(
            self.center[nearest, 2] + np.clip(along, -2.0, 2.0) * self.slope[nearest] + share * across[:, 2]
        )


def polygons_of(area: shapely.Geometry, smallest_m2: float = 1e-3) -> list[shapely.Polygon]:
    """The polygons of any geometry, largest slivers dropped."""
    return [
        part
        for part in shapely.get_parts(area, return_index=False)
        if part.geom_type == "Polygon" and part.area > smallest_m2
    ]


def area_mesh(
    area: shapely.Geometry, heights: Heights, material: str, lift_m: float = 0.0, cell_m: float = 2.5
) -> Mesh:
    """A horizontal area laid on the lanes' heights; where they are not flat it is first cut into cells of `cell_m`."""
    points, faces, base = [], [], 0
    for polygon in polygons_of(area):
        for piece in _cells(polygon, heights, cell_m):
            rings = [np.asarray(ring.coords)[:-1, :2] for ring in (piece.exterior, *piece.interiors)]
            flat, triangles = triangulate(
                np.column_stack([rings[0], np.zeros(len(rings[0]))]),
                [np.column_stack([ring, np.zeros(len(ring))]) for ring in rings[1:]],
            )
            points.append(flat[:, :2])
            faces.append(triangles + base)
            base += len(flat)
    if not points:
        return merge([])
    xy = np.concatenate(points)
    vertices = np.column_stack([xy, heights.at(xy) + lift_m])
    return surface(vertices, np.concatenate(faces), material)


def _cells(polygon: shapely.Polygon, heights: Heights, cell_m: float) -> list[shapely.Polygon]:
    """The polygon itself where the ground under it is flat, else its pieces on a square grid."""
    outline = np.asarray(polygon.exterior.coords)[:, :2]
    z = heights.at(outline)
    if len(z) < 3 or float(np.ptp(z)) < 0.01:
        return [polygon]
    low, high = outline.min(axis=0), outline.max(axis=0)
    xs = np.arange(np.floor(low[0] / cell_m), np.ceil(high[0] / cell_m)) * cell_m
    ys = np.arange(np.floor(low[1] / cell_m), np.ceil(high[1] / cell_m)) * cell_m
    gx, gy = (grid.ravel() for grid in np.meshgrid(xs, ys))
    pieces = shapely.intersection(polygon, shapely.box(gx, gy, gx + cell_m, gy + cell_m))
    return [part for piece in pieces for part in polygons_of(piece, 1e-5)]


def surface(vertices: Float64, faces: Int64, material: str, uv: Float32 | None = None) -> Mesh:
    """A smooth surface that looks up; degenerate triangles are dropped."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    cross = np.cross(b - a, c - a)
    keep = np.linalg.norm(cross, axis=1) > 1e-7
    faces = faces[keep]
    count = len(faces)
    if not count:
        return empty_mesh()
    return Mesh(
        vertices.astype(np.float32),
        smooth_normals(vertices, faces),
        faces.astype(np.uint32),
        np.full(count, index_of(material), np.uint16),
        np.zeros(count, np.uint8),
        uv,
    )


def ribbon(right: Float64, left: Float64, material: str, uv: Float32 | None = None) -> Mesh:
    """The strip between two polylines of equal length; it looks up when `left` lies to the left of the way."""
    count = len(right)
    vertices = np.concatenate([right, left])
    i = np.arange(count - 1)
    faces = np.concatenate([np.stack([i, i + 1, i + 1 + count], 1), np.stack([i, i + 1 + count, i + count], 1)])
    a, b, c = (vertices[faces[:, k], :2] for k in range(3))
    folded = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) < (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    faces[folded] = faces[folded][:, ::-1]
    return surface(vertices, faces, material, uv)


def wall(first: Float64, second: Float64, material: str = "kerb_stone", uv: Float32 | None = None) -> Mesh:
    """A vertical strip between two polylines; it looks to the left of the way when `first` is the upper one."""
    count = len(first)
    vertices = np.concatenate([first, second])
    i = np.arange(count - 1)
    faces = np.concatenate([np.stack([i, i + 1, i + 1 + count], 1), np.stack([i, i + 1 + count, i + count], 1)])
    return surface(vertices, faces, material, uv)


def boundary_skirt(area: shapely.Geometry, heights: Heights, material: str, sink_m: float = 0.0) -> Mesh:
    """Vertical faces below the outline of an area."""
    out = []
    for polygon in polygons_of(area):
        oriented = shapely.geometry.polygon.orient(polygon)
        for ring in (oriented.exterior, *oriented.interiors):
            xy = np.asarray(ring.coords)[:, :2]
            line = np.column_stack([xy, heights.at(xy) - sink_m])
            out.append(wall(line - np.array([0.0, 0.0, SKIRT_M]), line, material))
    return merge(out)
