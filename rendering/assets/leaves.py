"""Leaf sprays: many small kites in one mesh, from which crowns, hedges, shrubs and grass are made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rendering.mesh import Mesh

Float64 = NDArray[np.float64]
Random = np.random.Generator


def unit(vectors: Float64) -> Float64:
    """Vectors along the last axis, scaled to length one."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))


def sprays(
    center: Float64, pointing: Float64, outward: Float64, size_m: Float64, material: int | NDArray[np.int64], random: Random,
    wide: float = 0.42,
) -> Mesh:  # fmt: skip
    """Kites (N) that point along `pointing`, faces turned outwards; normals are the crown's with a quarter of their own.

    So a crown shades as a soft body, and neighbouring leaves differ little where light falls on both: a picture's extra rays
    then go to the crown's outline and its shadows, not to each of its ten thousand leaves.
    `size_m` is their length over 1.16; `wide` half their width over size. `material` is an index, or one for each kite.
    """
    pointing = unit(pointing)
    facing = outward + random.normal(0.0, 0.45, outward.shape)
    facing -= pointing * np.sum(facing * pointing, axis=1, keepdims=True)
    facing = unit(facing)
    facing *= np.where(np.sum(facing * outward, axis=1, keepdims=True) < 0.0, -1.0, 1.0)
    across = np.cross(facing, pointing)
    long, half = size_m[:, None] * 0.58, size_m[:, None] * wide
    points = np.stack(
        [center - pointing * long, center - across * half + pointing * long * 0.15, center + pointing * long,
         center + across * half + pointing * long * 0.15], axis=1,
    )  # fmt: skip
    normal = unit(0.30 * facing + 0.95 * outward)
    base = np.arange(len(center))[:, None] * 4
    faces = np.concatenate([base + np.array([0, 1, 2]), base + np.array([0, 2, 3])], axis=1).reshape(-1, 3)
    materials = np.broadcast_to(np.asarray(material), len(center))
    return Mesh(
        points.reshape(-1, 3).astype(np.float32),
        np.repeat(normal, 4, axis=0).astype(np.float32),
        faces.astype(np.uint32),
        np.repeat(materials, 2).astype(np.uint16),
        np.zeros(len(faces), np.uint8),
    )


def upright(mesh: Mesh) -> Mesh:
    """The mesh with normals turned back to the front of their facet where an uneven stretch has turned them behind it."""
    corner = mesh.vertices[mesh.triangles].astype(np.float64)
    facet = unit(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]))
    share = np.einsum("ij,ikj->ik", facet, mesh.normals[mesh.triangles])
    bad = np.flatnonzero(share.min(axis=1) < 0.1)
    normals = mesh.normals.copy()
    turned = normals[mesh.triangles[bad]] + facet[bad, None] * (0.25 - share[bad, :, None]).clip(0.0)
    normals[mesh.triangles[bad]] = unit(turned)
    return replace(mesh, normals=normals)
