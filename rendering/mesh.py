"""Triangle meshes as flat arrays, and what is done with every one of them: merge, move, shade, fit to a box.

Triangles are wound counter-clockwise seen from outside, so the cross product of their edges points out of the solid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.base.parts import PartKind

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

PART_BODY, PART_WHEEL, PART_GLASS, PART_LAMP, PART_SIGN_FACE, PART_POLE = (
    int(PartKind[name]) for name in ("BODY", "WHEEL", "WINDOW", "LAMP", "SIGN_PLATE", "POLE")
)
"""Values of `Mesh.part` that builders use most; all of PartKind may stand there (see rendering.part_labels)."""


@dataclass(frozen=True)
class Mesh:
    """A surface: V vertices with unit normals, T triangles with a material and a part each; metres, object frame.

    `material` holds indices of rendering.materials, or 0xFF00 + k for instance colour k. `uv` (V, 2) addresses the sign
    atlas where the material's texture is a sign face, else it is None or zero.
    """

    vertices: Float32
    normals: Float32
    triangles: NDArray[np.uint32]
    material: NDArray[np.uint16]
    part: NDArray[np.uint8]
    uv: Float32 | None = None

    @property
    def triangle_count(self) -> int:
        """Number of triangles."""
        return len(self.triangles)

    def bounds(self) -> tuple[Float64, Float64]:
        """(lowest, highest) corner of the axis-aligned box around the vertices."""
        return self.vertices.min(axis=0).astype(np.float64), self.vertices.max(axis=0).astype(np.float64)


def merge(meshes: Sequence[Mesh]) -> Mesh:
    """One mesh with the triangles of all; uv is kept (zero where a mesh has none) when any mesh has it."""
    meshes = [mesh for mesh in meshes if len(mesh.triangles)]
    if not meshes:
        return empty_mesh()
    offsets = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]]).astype(np.uint32)
    uv = None
    if any(mesh.uv is not None for mesh in meshes):
        uv = np.concatenate([m.uv if m.uv is not None else np.zeros((len(m.vertices), 2), np.float32) for m in meshes])
    return Mesh(
        vertices=np.concatenate([mesh.vertices for mesh in meshes]),
        normals=np.concatenate([mesh.normals for mesh in meshes]),
        triangles=np.concatenate([mesh.triangles + offset for mesh, offset in zip(meshes, offsets, strict=True)]),
        material=np.concatenate([mesh.material for mesh in meshes]),
        part=np.concatenate([mesh.part for mesh in meshes]),
        uv=uv,
    )


def empty_mesh() -> Mesh:
    """A mesh without triangles."""
    nothing = np.zeros((0, 3), np.float32)
    return Mesh(nothing, nothing, np.zeros((0, 3), np.uint32), np.zeros(0, np.uint16), np.zeros(0, np.uint8))


def transform(mesh: Mesh, rotation: ArrayLike | None = None, translation: ArrayLike = (0.0, 0.0, 0.0)) -> Mesh:
    """The mesh after p -> R p + t; R (3, 3) may scale unevenly or mirror (windings are then reversed)."""
    moved = mesh.vertices.astype(np.float64)
    normals = mesh.normals
    triangles = mesh.triangles
    if rotation is not None:
        matrix = np.asarray(rotation, np.float64)
        moved = moved @ matrix.T
        determinant = float(np.linalg.det(matrix))
        turned = mesh.normals.astype(np.float64) @ np.linalg.inv(matrix)
        normals = _unit(turned).astype(np.float32)
        if determinant < 0.0:
            triangles = triangles[:, ::-1].copy()
    vertices = (moved + np.asarray(translation, np.float64)).astype(np.float32)
    return replace(mesh, vertices=vertices, normals=normals, triangles=triangles)


def mirror_y(mesh: Mesh) -> Mesh:
    """The mesh seen in the plane y = 0."""
    return transform(mesh, np.diag([1.0, -1.0, 1.0]))


def yaw_matrix(angle_rad: float) -> Float64:
    """Rotation about z, counter-clockwise seen from above."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def pitch_matrix(angle_rad: float) -> Float64:
    """Rotation about y by the right-hand rule: positive turns x down, towards -z."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def roll_matrix(angle_rad: float) -> Float64:
    """Rotation about x by the right-hand rule: positive turns y up, towards z."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def fit_to_box(meshes: Sequence[Mesh], low: ArrayLike, high: ArrayLike) -> list[Mesh]:
    """The meshes, scaled and moved together along the axes so that the tight box around all is [low, high]."""
    corners = [mesh.bounds() for mesh in meshes]
    have_low = np.min([c[0] for c in corners], axis=0)
    have_high = np.max([c[1] for c in corners], axis=0)
    want_low, want_high = np.asarray(low, np.float64), np.asarray(high, np.float64)
    scale = (want_high - want_low) / np.maximum(have_high - have_low, 1e-9)
    return [transform(mesh, np.diag(scale), want_low - have_low * scale) for mesh in meshes]


def shaded(
    vertices: ArrayLike,
    triangles: ArrayLike,
    material: int | ArrayLike,
    part: int | ArrayLike = PART_BODY,
    crease_deg: float = 35.0,
    uv: ArrayLike | None = None,
) -> Mesh:
    """A mesh from bare triangles: equal positions are welded, edges sharper than `crease_deg` stay sharp.

    A corner's normal is the area-weighted mean of the faces around its vertex that lie within the crease angle of its own
    face; degenerate triangles are dropped. `crease_deg` 0 gives facets, 180 a wholly smooth surface.
    """
    points = np.asarray(vertices, np.float64).reshape(-1, 3)
    faces = np.asarray(triangles, np.int64).reshape(-1, 3)
    materials = np.broadcast_to(np.asarray(material, np.uint16), len(faces))
    parts = np.broadcast_to(np.asarray(part, np.uint8), len(faces))
    cross = np.cross(points[faces[:, 1]] - points[faces[:, 0]], points[faces[:, 2]] - points[faces[:, 0]])
    doubled_area = np.linalg.norm(cross, axis=1)
    longest = np.max([np.linalg.norm(points[faces[:, i]] - points[faces[:, i - 1]], axis=1) for i in range(3)], axis=0)
    keep = doubled_area > 1e-5 * longest**2 + 1e-12
    faces, cross, doubled_area = faces[keep], cross[keep], doubled_area[keep]
    if not len(faces):
        return empty_mesh()
    unit = cross / doubled_area[:, None]
    corner_normal = _corner_normals(points, faces, cross, unit, np.cos(np.radians(crease_deg)))
    corner_uv = None if uv is None else np.asarray(uv, np.float64)[faces.ravel()]
    return share_corners(points[faces.ravel()], corner_normal, corner_uv, materials[keep], parts[keep])


def smooth_normals(vertices: Float64, triangles: NDArray[np.int64]) -> Float32:
    """Area-weighted vertex normals (..., V, 3) of one triangle list over one or many vertex sets (..., V, 3)."""
    a, b, c = (vertices[..., triangles[:, i], :] for i in range(3))
    cross = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices)
    flat, flat_cross = normals.reshape(-1, *vertices.shape[-2:]), cross.reshape(-1, *cross.shape[-2:])
    corner = triangles.T.ravel()
    for k in range(len(flat)):
        weights = np.tile(flat_cross[k], (3, 1))
        for axis in range(3):
            flat[k, :, axis] = np.bincount(corner, weights[:, axis], minlength=vertices.shape[-2])
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    unit = np.where(length > 1e-12, normals / np.maximum(length, 1e-12), np.array([0.0, 0.0, 1.0]))
    return np.asarray(unit, dtype=np.float32)


def _corner_normals(points: Float64, faces: NDArray[np.int64], cross: Float64, unit: Float64, cosine: float) -> Float64:
    """Normal of each triangle corner (3T, 3): sum over the faces at its vertex inside the crease angle."""
    welded = np.unique(np.round(points, 5), axis=0, return_inverse=True)[1].reshape(-1)
    corner_vertex = welded[faces.ravel()]
    corner_face = np.repeat(np.arange(len(faces)), 3)
    order = np.argsort(corner_vertex, kind="stable")
    counts = np.bincount(corner_vertex)
    starts = np.concatenate([[0], np.cumsum(counts)])[:-1]
    own = np.repeat(order, counts[corner_vertex[order]])
    group_size = counts[corner_vertex[order]]
    within = np.arange(len(own)) - np.repeat(np.cumsum(group_size) - group_size, group_size)
    other = order[np.repeat(starts[corner_vertex[order]], group_size) + within]
    own_face, other_face = corner_face[own], corner_face[other]
    near = np.einsum("ij,ij->i", unit[own_face], unit[other_face]) >= cosine - 1e-9
    near |= own_face == other_face
    total = np.zeros((len(corner_face), 3))
    for axis in range(3):
        total[:, axis] = np.bincount(own[near], weights=cross[other_face[near], axis], minlength=len(corner_face))
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.where(length > 1e-12, total / np.maximum(length, 1e-12), unit[corner_face])


def share_corners(
    positions: Float64, normals: Float64, uv: Float64 | None, material: NDArray[np.uint16], part: NDArray[np.uint8]
) -> Mesh:
    """Merge corners with the same position, normal and uv into shared vertices."""
    key = np.concatenate([np.round(positions, 5), np.round(normals, 3)], axis=1)
    if uv is not None:
        key = np.concatenate([key, np.round(uv, 6)], axis=1)
    packed = np.ascontiguousarray(key + 0.0).view(np.dtype((np.void, key.dtype.itemsize * key.shape[1]))).ravel()
    _, first, inverse = np.unique(packed, return_index=True, return_inverse=True)
    return Mesh(
        vertices=positions[first].astype(np.float32),
        normals=_unit(normals[first]).astype(np.float32),
        triangles=inverse.reshape(-1, 3).astype(np.uint32),
        material=np.ascontiguousarray(material),
        part=np.ascontiguousarray(part),
        uv=None if uv is None else uv[first].astype(np.float32),
    )


def _unit(vectors: Float64) -> Float64:
    """Rows scaled to length one; zero rows become +z."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.where(length > 1e-12, vectors / np.maximum(length, 1e-12), np.array([0.0, 0.0, 1.0]))
