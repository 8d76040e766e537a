"""Whether triangles are wound alike and outwards: renderers take a surface's outside from its winding.

Tested by tests/rendering/test_gltf.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

MOST_CLASHES = 0.02
"""Share of the edges between two triangles that may run the same way in both: seams of real models have a few."""
_WELD = 1e-5
"""Corners nearer than this share of the whole size are one."""


def winding_fault(points: NDArray[np.float64], triangles: NDArray[np.int64]) -> str:
    """What is wrong with the winding, in words; empty when nothing is. Open sheets may face either way."""
    extent = float(np.ptp(points, axis=0).max()) if len(points) else 0.0
    if extent <= 0.0:
        return ""
    vertex = np.unique(np.round(points / (extent * _WELD)), axis=0, return_inverse=True)[1].reshape(-1)
    faces = vertex[triangles]
    faces_at = np.flatnonzero(
        (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    )
    faces = faces[faces_at]
    if not len(faces):
        return ""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    owner = np.tile(np.arange(len(faces)), 3)
    edge, count = np.unique(np.sort(ends, axis=1), axis=0, return_inverse=True, return_counts=True)[1:]
    edge = edge.reshape(-1)
    balance = np.bincount(edge, np.where(ends[:, 0] < ends[:, 1], 1.0, -1.0))
    shared = count == 2
    clashes = int((shared & (balance != 0.0)).sum())
    if clashes > MOST_CLASHES * max(int(shared.sum()), 1):
        return f"{clashes} of {int(shared.sum())} edges between two triangles that are wound against each other"
    size = int(vertex.max()) + 1
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(size, size))
    island = connected_components(graph, directed=False)[1][faces[:, 0]]
    open_edge = (count != 2) | (balance != 0.0)
    is_open = np.bincount(island[owner], open_edge[edge].astype(float)) > 0.0
    corner = points[triangles[faces_at]] - points.mean(axis=0)
    volume = np.bincount(island, np.einsum("ij,ij->i", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])) / 6.0)
    inside_out = ~is_open & (volume < -1e-9 * extent**3)
    inside_out &= np.isin(np.arange(len(volume)), island)
    if inside_out.any():
        number = int(np.isin(island, np.flatnonzero(inside_out)).sum())
        return f"{int(inside_out.sum())} closed surfaces ({number} triangles) that are inside out"
    return ""
