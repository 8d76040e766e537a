"""Skins over bones: a surface in a known pose (the bind pose), and how much each vertex follows which bones.

A vertex of another pose is the weighted mean of where its bones take it (linear blend skinning). The arithmetic is the kernel
rendering.kernels.skin; here are what it moves and the matrices it needs. Tested by tests/rendering/test_assets_people.py.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

import rendering.kernels  # noqa: F401
from rendering.assets.soft_solids import SoftMesh
from rendering.assets.solids import MaterialName, index_of
from rendering.kernels.skin import skin
from rendering.mesh import PART_BODY, Mesh

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Skin:
    """A mesh in its bind pose with four bones (V, 4) and weights (V, 4) a vertex, and the bind pose's bones (B, 4, 4)."""

    mesh: Mesh
    bones: NDArray[np.int32]
    weights: Float32
    bone_from_bind: Float64

    def posed(self, object_from_bone: Float64) -> Mesh:
        """The mesh with its bones at `object_from_bone` (B, 4, 4)."""
        vertices, normals = np.empty_like(self.mesh.vertices), np.empty_like(self.mesh.normals)
        self.pose_into(object_from_bone, vertices, normals)
        return replace(self.mesh, vertices=vertices, normals=normals)

    def pose_into(self, object_from_bone: Float64, vertices: Float32, normals: Float32) -> None:
        """Write vertices and normals (V, 3) of a pose."""
        matrices = np.ascontiguousarray((object_from_bone @ self.bone_from_bind)[:, :3], np.float32)
        skin(self.mesh.vertices, self.mesh.normals, self.bones, self.weights, matrices, vertices, normals)


Bones = Callable[[Sequence[Hashable], Float64, Float64], Float64]
"""Bones object_from_bone (N, B, 4, 4) of N members of a family at speeds in m/s and phases of their gait in rad, (N,) each."""


@dataclass(frozen=True)
class MovedSkin:
    """A skin with the rule that moves it: `bones` of its family, asked for `member`; a cycle of the gait is `stride_m` long.

    `stride_m` 0 means that the state tells the phase, as it does for walkers.
    """

    skin: Skin
    bones: Bones
    member: Hashable
    stride_m: float = 0.0

    def mesh_at(self, speed_mps: float, phase_rad: float) -> Mesh:
        """The mesh as it is drawn at a speed and a phase."""
        bones = self.bones([self.member], np.array([speed_mps]), np.array([phase_rad]))
        return self.skin.posed(bones[0])


def matrices(origin: Float64, turn: Float64) -> Float64:
    """Matrices (..., 4, 4) from origins (..., 3) and axes as columns (..., 3, 3)."""
    out = np.zeros((*origin.shape[:-1], 4, 4))
    out[..., :3, :3], out[..., :3, 3], out[..., 3, 3] = turn, origin, 1.0
    return out


def joined(pieces: Sequence[tuple[SoftMesh, MaterialName]], object_from_bone: Float64, uv_scale: float = 1.0) -> Skin:
    """One skin of several surfaces, each of one material; uv are lengths over the cloth in m, in the bind pose."""
    offset, triangles, material = 0, [], []
    for piece, name in pieces:
        triangles.append(piece.triangles + offset)
        material.append(np.full(len(piece.triangles), index_of(name), np.uint16))
        offset += len(piece.vertices)
    vertices = np.concatenate([piece.vertices for piece, _ in pieces])
    normals = np.concatenate([piece.normals for piece, _ in pieces])
    faces = np.concatenate(triangles).astype(np.uint32)
    mesh = Mesh(
        vertices=vertices.astype(np.float32),
        normals=normals.astype(np.float32),
        triangles=faces,
        material=np.concatenate(material),
        part=np.full(len(faces), PART_BODY, np.uint8),
        uv=(np.stack([vertices[:, 1] + 0.35 * vertices[:, 0] + 8.0, vertices[:, 2] + 8.0], axis=1) * uv_scale).astype(np.float32),
    )  # fmt: skip
    bones = np.concatenate([piece.bones for piece, _ in pieces]).astype(np.int32)
    weights = np.concatenate([piece.weights for piece, _ in pieces]).astype(np.float32)
    return Skin(mesh, bones, weights, np.asarray(np.linalg.inv(object_from_bone), np.float64))
