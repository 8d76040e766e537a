"""Closed smooth surfaces from a function that is negative inside: surface nets, then Newton's method onto the zero level.

A form put together from smooth maxima has round edges everywhere and no seams, and its normals are the function's gradient.
Naive surface nets: Gibson, "Constrained elastic surface nets", MICCAI 1998. Tested by tests/rendering/test_assets_implicit.py.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Field = Callable[[Float64, Float64, Float64], Float64]
"""Signed distance in m, roughly, at points (x, y, z) that broadcast; negative inside."""

_CORNERS = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
_EDGES = np.array([(0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 3), (2, 6), (3, 7), (4, 5), (4, 6), (5, 7), (6, 7)])
_STEP_M = 0.003


def smooth_max(a: Float64, b: Float64, radius_m: float | Float64) -> Float64:
    """The larger of two distances with the edge between them rounded: the intersection of two forms.

    A quadratic blend over |a - b| < radius; at a right-angled edge it takes off what a fillet of about that radius does.
    """
    blend = np.maximum(radius_m - np.abs(a - b), 0.0)
    return np.asarray(np.maximum(a, b) + blend * blend * (0.25 / radius_m))


def smooth_min(a: Float64, b: Float64, radius_m: float) -> Float64:
    """The union of two forms with the groove between them filled."""
    return -smooth_max(-a, -b, radius_m)


def isosurface(field: Field, axes: tuple[Float64, Float64, Float64]) -> tuple[Float64, Float64, Int64]:
    """Vertices (V, 3), unit normals (V, 3) and triangles (T, 3), wound outwards, of the zero level within a grid.

    `axes` are the grid's ascending coordinates; the form must lie inside. Details smaller than the spacing are lost.
    """
    x, y, z = axes
    inside = np.empty((len(x), len(y), len(z)))
    inside[...] = field(x[:, None, None], y[None, :, None], z[None, None, :])
    cells, points = _cell_vertices(inside, axes)
    number = np.full(np.array(inside.shape) - 1, -1, np.int64)
    number[tuple(cells.T)] = np.arange(len(cells))
    triangles = np.concatenate([_faces(inside, number, axis) for axis in range(3)])
    limit = 0.5 * np.stack([np.diff(a)[cells[:, i]] for i, a in enumerate(axes)], axis=1)
    start = points.copy()
    for _ in range(4):
        value, slope = _gradient(field, points)
        square = np.maximum(np.einsum("ij,ij->i", slope, slope), 0.05)
        points = np.clip(points - slope * (value / square)[:, None], start - limit, start + limit)
    _, slope = _gradient(field, points)
    normals = slope / np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 1e-9)
    return points, normals, triangles


def _cell_vertices(inside: Float64, axes: tuple[Float64, Float64, Float64]) -> tuple[Int64, Float64]:
    """Cells that the surface crosses (C, 3), and the mean of the crossings on their edges (C, 3)."""
    sign = inside < 0.0
    count = np.zeros(np.array(inside.shape) - 1, np.int8)
    for i, j, k in _CORNERS:
        count += sign[i : i + count.shape[0], j : j + count.shape[1], k : k + count.shape[2]]
    cells = np.argwhere((count > 0) & (count < 8))
    corner = cells[:, None, :] + _CORNERS[None]
    value = inside[corner[..., 0], corner[..., 1], corner[..., 2]]
    place = np.stack([axes[i][corner[..., i]] for i in range(3)], axis=-1)
    total, crossings = np.zeros((len(cells), 3)), np.zeros(len(cells))
    for a, b in _EDGES:
        crossed = (value[:, a] < 0.0) != (value[:, b] < 0.0)
        share = np.where(crossed, value[:, a] / np.where(crossed, value[:, a] - value[:, b], 1.0), 0.0)[:, None]
        total += np.where(crossed[:, None], place[:, a] + share * (place[:, b] - place[:, a]), 0.0)
        crossings += crossed
    return cells, total / crossings[:, None]


def _faces(inside: Float64, number: Int64, axis: int) -> Int64:
    """Two triangles for each grid edge along `axis` that the surface crosses, between the four cells around it."""
    sign = np.moveaxis(inside < 0.0, axis, 0)
    cells = np.moveaxis(number, axis, 0)
    edge = np.argwhere(sign[:-1, 1:-1, 1:-1] != sign[1:, 1:-1, 1:-1])
    i, j, k = edge[:, 0], edge[:, 1], edge[:, 2]
    around = np.stack([cells[i, j, k], cells[i, j + 1, k], cells[i, j + 1, k + 1], cells[i, j, k + 1]], axis=1)
    # moveaxis keeps the other axes in order, which turns the handedness over for y
    outwards = sign[i, j + 1, k + 1] != (axis == 1)
    around[~outwards] = around[~outwards][:, ::-1]
    return np.concatenate([around[:, [0, 1, 2]], around[:, [0, 2, 3]]])


def _gradient(field: Field, points: Float64) -> tuple[Float64, Float64]:
    """The field at points (N, 3) and its slope by central differences."""
    x, y, z = points.T
    slope = np.stack(
        [
            field(x + _STEP_M, y, z) - field(x - _STEP_M, y, z),
            field(x, y + _STEP_M, z) - field(x, y - _STEP_M, z),
            field(x, y, z + _STEP_M) - field(x, y, z - _STEP_M),
        ],
        axis=1,
    )
    return field(x, y, z), slope / (2.0 * _STEP_M)
