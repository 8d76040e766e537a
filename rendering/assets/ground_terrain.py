"""The land around the roads: it meets their outer edges, follows their heights nearby and is level towards the horizon."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from rendering.assets.ground_lanes import Heights, polygons_of, surface
from rendering.assets.solids import triangulate
from rendering.mesh import Mesh, merge

Float64 = NDArray[np.float64]

_MARGIN_M = 120.0
_HORIZON_M = 4000.0
_BELOW_EDGE_M = 0.025
"""How far the soil lies under the rim of a road or pavement that it meets."""
_OVERLAP_M = 0.06


def terrain(outline: shapely.Geometry, heights: Heights) -> Mesh:
    """Grass from the road edges to the horizon, as one surface without gaps."""
    low, high = (
        np.asarray(v, np.float64) for v in (heights.center[:, :2].min(axis=0), heights.center[:, :2].max(axis=0))
    )
    low, high = low - _MARGIN_M, high + _MARGIN_M
    z = heights.center[:, 2]
    level = float(np.median(z)) - _BELOW_EDGE_M
    flat = float(np.ptp(z)) < 0.5
    roads = outline.buffer(-_OVERLAP_M, join_style="mitre").simplify(0.03)
    land = shapely.box(*low, *high).difference(roads)
    pieces = _cut(land, low, high, 6.0) if not flat else _cut(land, low, high, 64.0)
    points, faces, base = [], [], 0
    for piece in pieces:
        rings = [np.asarray(ring.coords)[:-1, :2] for ring in (piece.exterior, *piece.interiors)]
        lifted = [np.column_stack([ring, np.zeros(len(ring))]) for ring in rings]
        vertices, triangles = triangulate(lifted[0], lifted[1:])
        points.append(vertices[:, :2])
        faces.append(triangles + base)
        base += len(vertices)
    xy = np.concatenate(points)
    unique, inverse = np.unique(np.round(xy, 4), axis=0, return_inverse=True)
    height = _land_height(unique, heights, outline, level, low, high)
    vertices = np.column_stack([unique, height])
    near = surface(vertices, inverse.reshape(-1)[np.concatenate(faces)], "grass")
    return merge([near, _far(low, high, level)])


def _cut(land: shapely.Geometry, low: Float64, high: Float64, cell_m: float) -> list[shapely.Polygon]:
    """The land on a square grid whose lines are the same for both neighbours of an edge."""
    xs = np.linspace(low[0], high[0], int(np.ceil((high[0] - low[0]) / cell_m)) + 1)
    ys = np.linspace(low[1], high[1], int(np.ceil((high[1] - low[1]) / cell_m)) + 1)
    columns = shapely.intersection(land, shapely.box(xs[:-1], low[1], xs[1:], high[1]))
    out = []
    for column, x0, x1 in zip(columns, xs[:-1], xs[1:], strict=True):
        pieces = shapely.intersection(column, shapely.box(x0, ys[:-1], x1, ys[1:]))
        out += [part for piece in pieces for part in polygons_of(piece, 1e-4)]
    return out


def _land_height(
    points_xy: Float64, heights: Heights, outline: shapely.Geometry, level_m: float, low: Float64, high: Float64
) -> Float64:
    """Just below the nearest road edge at the edge; the mean of the roads around further out; `level_m` at the rim."""
    tree = cKDTree(heights.center[:, :2])
    count = min(12, len(heights.center))
    distance, index = tree.query(points_xy, k=count)
    distance, index = distance.reshape(len(points_xy), count), index.reshape(len(points_xy), count)
    weight = 1.0 / (distance + 1.0) ** 2
    around = np.sum(weight * heights.center[index, 2], axis=1) / weight.sum(axis=1)
    shapely.prepare(outline)
    gap = shapely.distance(outline, shapely.points(points_xy))
    edge = heights.at(points_xy)
    near = np.exp(-((gap / 6.0) ** 2))
    z = edge * near + around * (1.0 - near) - _BELOW_EDGE_M
    rim = np.min(np.concatenate([points_xy - low, high - points_xy], axis=1), axis=1)
    fade = np.clip(rim / (_MARGIN_M - 20.0), 0.0, 1.0)
    fade = fade * fade * (3.0 - 2.0 * fade)
    return np.asarray(level_m + (z - level_m) * fade)


def _far(low: Float64, high: Float64, level_m: float) -> Mesh:
    """Level land from the rim of the near part to the horizon, in rings of growing cells."""
    xs = np.concatenate(
        [
            low[0] - _HORIZON_M / 2.0 ** np.arange(0, 6),
            [low[0], high[0]],
            high[0] + _HORIZON_M / 2.0 ** np.arange(5, -1, -1),
        ]
    )
    ys = np.concatenate(
        [
            low[1] - _HORIZON_M / 2.0 ** np.arange(0, 6),
            [low[1], high[1]],
            high[1] + _HORIZON_M / 2.0 ** np.arange(5, -1, -1),
        ]
    )
    gx, gy = np.meshgrid(xs, ys, indexing="ij")
    vertices = np.stack([gx.ravel(), gy.ravel(), np.full(gx.size, level_m)], axis=1)
    i, j = (grid.ravel() for grid in np.meshgrid(np.arange(len(xs) - 1), np.arange(len(ys) - 1), indexing="ij"))
    hole = (
        (xs[i] >= low[0] - 1e-6)
        & (xs[i + 1] <= high[0] + 1e-6)
        & (ys[j] >= low[1] - 1e-6)
        & (ys[j + 1] <= high[1] + 1e-6)
    )
    i, j = i[~hole], j[~hole]
    a, b = i * len(ys) + j, (i + 1) * len(ys) + j
    faces = np.concatenate([np.stack([a, b, b + 1], 1), np.stack([a, b + 1, a + 1], 1)])
    return surface(vertices, faces, "grass")
