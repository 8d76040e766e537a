"""What every mesh has to satisfy, shared by the asset tests."""

from __future__ import annotations

import numpy as np

from rendering.mesh import Mesh


def facing_share(mesh: Mesh) -> float:
    """Share of the triangles whose winding agrees with the mean of their vertices' normals."""
    corner = mesh.vertices.astype(np.float64)[mesh.triangles]
    geometric = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    return float(np.mean(np.einsum("ij,ij->i", geometric, mesh.normals[mesh.triangles].mean(axis=1)) > 0.0))


def volume_m3(mesh: Mesh) -> float:
    """Signed volume by the divergence theorem; positive when a closed surface is wound outwards."""
    corner = mesh.vertices.astype(np.float64)[mesh.triangles]
    return float(np.einsum("ij,ij->i", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])).sum() / 6.0)


def faults(mesh: Mesh) -> list[str]:
    """Everything wrong with a mesh's arrays, in words."""
    out = []
    if not (np.isfinite(mesh.vertices).all() and np.isfinite(mesh.normals).all()):
        out.append("not finite")
    if len(mesh.triangles) and int(mesh.triangles.max()) >= len(mesh.vertices):
        out.append("index out of range")
    if not (len(mesh.triangles) == len(mesh.material) == len(mesh.part)):
        out.append("per-triangle arrays differ in length")
    if len(mesh.normals) and np.abs(np.linalg.norm(mesh.normals, axis=1) - 1.0).max() > 1e-3:
        out.append("normals not of unit length")
    if mesh.vertices.dtype != np.float32 or mesh.triangles.dtype != np.uint32:
        out.append("wrong types")
    if mesh.material.dtype != np.uint16 or mesh.part.dtype != np.uint8:
        out.append("wrong types")
    return out
