"""Soft solids against closed forms: volume, closedness, winding, weights."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.soft_solids import SoftMesh, ellipsoid, soft_mesh, tube


def _volume(mesh: SoftMesh) -> float:
    corner = mesh.vertices[mesh.triangles]
    return float(np.einsum("ij,ij->i", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])).sum() / 6.0)


def _edge_uses(mesh: SoftMesh) -> np.ndarray:
    faces = mesh.triangles
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    return np.unique(np.unique(edges, axis=0, return_counts=True)[1])


def test_an_ellipsoid_has_its_volume_and_its_normals() -> None:
    radii = np.array([0.3, 0.2, 0.4])
    mesh = soft_mesh([ellipsoid((1.0, 2.0, 3.0), radii, 0)], 0.02)
    assert _volume(mesh) == pytest.approx(4.0 / 3.0 * np.pi * radii.prod(), rel=0.01)
    assert _edge_uses(mesh).tolist() == [2]
    local = (mesh.vertices - (1.0, 2.0, 3.0)) / radii
    assert np.abs(np.linalg.norm(local, axis=1) - 1.0).max() < 0.01
    normal = local / radii
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    assert np.sum(normal * mesh.normals, axis=1).min() > 0.99


def test_a_tube_cut_at_both_ends_is_a_cylinder_and_goes_from_bone_to_bone() -> None:
    bones = ((0.2, 3), (0.8, 5))
    pipe = tube((0, 0, 0), (0, 0, 0.5), [[0.0, 0.1, 0.1, 0.0], [1.0, 0.1, 0.1, 0.0]], (0, 1, 0), bones)
    mesh = soft_mesh([pipe], 0.01, [lambda p: p[..., 2] - 0.45, lambda p: 0.05 - p[..., 2]])
    assert _volume(mesh) == pytest.approx(np.pi * 0.01 * 0.4, rel=0.02)
    assert _edge_uses(mesh).tolist() == [2]
    assert np.allclose(mesh.weights.sum(axis=1), 1.0)
    share = np.where(mesh.bones == 5, mesh.weights, 0.0).sum(axis=1)
    z = mesh.vertices[:, 2]
    assert share[z < 0.09].max() < 0.05
    assert share[z > 0.41].min() > 0.95
    assert np.abs(share[np.abs(z - 0.25) < 0.012] - 0.5).max() < 0.1


def test_what_is_carved_is_missing_and_what_touches_is_joined() -> None:
    ball, bite = ellipsoid((0, 0, 0), (0.2, 0.2, 0.2), 0), ellipsoid((0.2, 0, 0), (0.1, 0.1, 0.1), 0, None, 0.0)
    whole, bitten = soft_mesh([ball], 0.015), soft_mesh([ball], 0.015, carved=[bite])
    assert _volume(whole) - _volume(bitten) > 0.0015
    two = soft_mesh([ball, ellipsoid((0.42, 0, 0), (0.2, 0.2, 0.2), 1, None, 0.15)], 0.015)
    assert _volume(two) > 2.0 * _volume(whole)
    assert _edge_uses(two).tolist() == [2]
