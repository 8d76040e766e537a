"""Surfaces of functions: closed, wound outwards, on the zero level; volumes against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.implicit import isosurface, smooth_max, smooth_min

_GRID = np.linspace(-1.31, 1.31, 54)


def _open_edges(triangles: np.ndarray) -> int:
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    return int(np.count_nonzero(np.unique(edges, axis=0, return_counts=True)[1] % 2))


def _volume(points: np.ndarray, triangles: np.ndarray) -> float:
    corner = points[triangles]
    return float(np.einsum("ij,ij->i", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])).sum() / 6.0)


def test_a_ball_is_closed_and_has_its_volume_and_normals():
    points, normals, triangles = isosurface(lambda x, y, z: np.sqrt(x * x + y * y + z * z) - 1.0, (_GRID, _GRID, _GRID))
    assert _open_edges(triangles) == 0
    assert _volume(points, triangles) == pytest.approx(4.0 / 3.0 * np.pi, rel=0.005)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose(normals, points, atol=1e-4)


def test_a_form_that_leaves_the_grid_is_open():
    """The negative control of the test above."""
    _, _, triangles = isosurface(lambda x, y, z: np.sqrt(x * x + y * y + z * z) - 1.4, (_GRID, _GRID, _GRID))
    assert _open_edges(triangles) > 0


def test_smooth_edges_take_off_and_fill_in():
    """At a right-angled edge, where both distances are 0, an intersection loses a quarter of the radius, a union gains it."""
    zero = np.zeros(1)
    assert smooth_max(zero, zero, 0.2)[0] == pytest.approx(0.05) and smooth_min(zero, zero, 0.2)[0] == pytest.approx(
        -0.05
    )
    assert smooth_max(np.array([0.3]), zero, 0.2)[0] == 0.3
