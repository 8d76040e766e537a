"""The land around the roads: it meets their outer edges, follows their heights nearby and is level towards the horizon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from rendering.assets.ground_hills import far_land, relief, woods
from rendering.assets.ground_surfaces import Heights, polygons_of, surface
from rendering.assets.solids import triangulate
from rendering.mesh import Mesh, merge

Float64 = NDArray[np.float64]

_MARGIN_M = 120.0
_BELOW_EDGE_M = 0.025
"""How far the soil lies under the rim of a road or pavement that it meets."""
_OVERLAP_M = 0.06
_VERGE_M = 0.55
"""Width of the gravel beside a carriageway without a kerb."""


@dataclass(frozen=True)
class Land:
    """Ground around the roads, and the woods on it."""

    ground: Mesh
    woods: Mesh


def terrain(name: str, outline: shapely.Geometry, carriageway: shapely.Geometry, heights: Heights) -> Land:
    """Land from the road edges to the horizon, as one surface without gaps: a gravel verge, grass, fields."""
    low, high = (
        np.asarray(v, np.float64) for v in (heights.center[:, :2].min(axis=0), heights.center[:, :2].max(axis=0))
    )
    low, high = low - _MARGIN_M, high + _MARGIN_M
    z = heights.center[:, 2]
    level = float(np.median(z)) - _BELOW_EDGE_M
    cell = 64.0 if float(np.ptp(z)) < 0.5 else 6.0
    roads = outline.buffer(-_OVERLAP_M, join_style="mitre").simplify(0.03)
    verge = carriageway.buffer(_VERGE_M, join_style="mitre").simplify(0.05)
    land = shapely.box(*low, *high).difference(roads)
    height = relief(name, low, high, level)
    near = []
    for area, material in ((land.difference(verge), "grass"), (land.intersection(verge), "gravel")):
        points, faces, base = [], [], 0
        for piece in _cut(area, low, high, cell):
            rings = [np.asarray(ring.coords)[:-1, :2] for ring in (piece.exterior, *piece.interiors)]
            lifted = [np.column_stack([ring, np.zeros(len(ring))]) for ring in rings]
            vertices, triangles = triangulate(lifted[0], lifted[1:])
            points.append(vertices[:, :2])
            faces.append(triangles + base)
            base += len(vertices)
        if not points:
            continue
        xy: Float64 = np.concatenate(points)
        unique, inverse = np.unique(np.round(xy, 4), axis=0, return_inverse=True)
        vertices = np.column_stack([unique, _land_height(unique, heights, outline, level, low, high)])
        near.append(surface(vertices, inverse.reshape(-1)[np.concatenate(faces)], material))
    return Land(merge([*near, far_land(low, high, height)]), woods(name, low, high, height, outline))


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
