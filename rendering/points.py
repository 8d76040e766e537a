"""The lamps of a mesh, apart from it: what rendering.kernels.points needs of an emitter that is too small for rays."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from rendering.kernels import layout as at
from rendering.materials import EmissionKind, every_material, material_count
from rendering.mesh import Mesh

Float32 = NDArray[np.float32]

_DOWN_FIRST = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.01])
"""A flat lens is as large above, where its housing is, as below: its middle, to which the ray of sight goes, lies below."""


@functools.lru_cache(maxsize=1)
def _kinds(count: int) -> NDArray[np.int64]:
    """EmissionKind of the first `count` materials.

    Rooms behind windows are never points: some thousand of them, metres wide, and dimmer than any lamp.
    """
    kinds = [material.emission for _, material in every_material()[:count]]
    return np.array([int(kind) * (kind != EmissionKind.WINDOW) for kind in kinds], np.int64)


class Emitters(NamedTuple):
    """`rows` (E, EMITTER_STRIDE) and the `corners` (T, CORNER_STRIDE) of all their triangles, emitter by emitter."""

    rows: Float32
    corners: Float32


def emitters_of(mesh: Mesh) -> Emitters:
    """A mesh's emitters, one for each connected patch of one emission kind; slots are left 0.

    Facets' area vectors are summed in six groups, by the axis that they face: a closed lens shows its near side only.
    """
    kinds = _kinds(material_count())
    known = mesh.material < len(kinds)
    kind = np.where(known, kinds[np.where(known, mesh.material, 0)], 0)
    lit = np.flatnonzero(kind)
    if not len(lit):
        return Emitters(np.zeros((0, at.EMITTER_STRIDE), np.float32), np.zeros((0, at.CORNER_STRIDE), np.float32))
    corners = mesh.vertices[mesh.triangles[lit]].astype(np.float64)
    area = 0.5 * np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    size, middle = np.linalg.norm(area, axis=1), corners.mean(axis=1)
    axis = np.argmax(np.abs(area), axis=1)
    facet = 2 * axis + (area[np.arange(len(area)), axis] < 0.0)
    patch = _patches(corners, kind[lit])
    rows = np.zeros((int(patch.max()) + 1, at.EMITTER_STRIDE))
    diameters = np.zeros(len(rows))
    for index, row in enumerate(rows):
        own = patch == index
        vectors = np.array([area[own & (facet == k)].sum(axis=0) for k in range(6)])
        facing = own & (facet == int(np.argmax(np.linalg.norm(vectors, axis=1) * _DOWN_FIRST)))
        row[1], row[8:26] = kind[lit][own][0], vectors.ravel()
        row[4:7] = (middle[facing] * size[facing, None]).sum(axis=0) / max(float(size[facing].sum()), 1e-12)
        row[3] = np.linalg.norm(corners[own].reshape(-1, 3) - row[4:7], axis=1).max()
        row[7], row[26] = (patch < index).sum(), own.sum()
        diameters[index] = np.sqrt(4.0 / np.pi * np.linalg.norm(vectors, axis=1).max())
    for one in np.unique(rows[:, 1]):
        same = rows[:, 1] == one
        rows[same, 2] = np.sqrt(np.mean(diameters[same] ** 2))
    ordered = corners[np.argsort(patch, kind="stable")].reshape(-1, at.CORNER_STRIDE)
    return Emitters(rows.astype(np.float32), ordered.astype(np.float32))


def sizes_of(emitters: Float32) -> Float32:
    """Diameter in m (EMISSION_KINDS,) of a mesh's emitters by kind: the one for which rays and points change places.

    Rooms are always left to rays: their kind has no end in size.
    """
    sizes = np.zeros(at.EMISSION_KINDS, np.float32)
    sizes[EmissionKind.WINDOW] = np.inf
    sizes[emitters[:, 1].astype(int)] = emitters[:, 2]
    return sizes


def _patches(corners: NDArray[np.float64], kind: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each triangle (T, 3, 3): those of one kind that share corners have the same."""
    key = np.column_stack([np.round(corners.reshape(-1, 3), 3), np.repeat(kind, 3)])
    vertex = np.unique(key, axis=0, return_inverse=True)[1].reshape(-1, 3)
    ends = np.concatenate([vertex[:, [0, 1]], vertex[:, [1, 2]]])
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(int(vertex.max()) + 1,) * 2)
    label = connected_components(graph, directed=False)[1][vertex[:, 0]]
    return np.asarray(np.unique(label, return_inverse=True)[1], np.int64)
