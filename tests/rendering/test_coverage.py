"""Covered shares of pixels against closed forms and against fine sampling."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import rendering.kernels  # noqa: F401
from rendering.kernels.coverage import add_edge, take_row

WIDTH, HEIGHT = 14, 11


def shares(*polygons: np.ndarray) -> np.ndarray:
    """Covered share (H, W) of polygons (N, 2) in px."""
    buffer = np.zeros((HEIGHT, WIDTH + 2), np.float32)
    for polygon in polygons:
        for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            add_edge(buffer, a[0], a[1], b[0], b[1])
    out, row = np.zeros((HEIGHT, WIDTH), np.float32), np.zeros(WIDTH, np.float32)
    for y in range(HEIGHT):
        take_row(buffer, y, 0, WIDTH, row)
        out[y] = row
    assert not buffer.any()
    return out


def sampled(polygon: np.ndarray, n: int = 40) -> np.ndarray:
    """The same by n x n samples a pixel of a convex polygon, wound either way."""
    y, x = (np.mgrid[0 : HEIGHT * n, 0 : WIDTH * n] + 0.5) / n - 0.5
    turns = []
    for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        turns.append((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]))
    inside = np.all(np.array(turns) >= 0, axis=0) | np.all(np.array(turns) <= 0, axis=0)
    return inside.reshape(HEIGHT, n, WIDTH, n).mean(axis=(1, 3))


def test_a_rectangle_covers_its_area():
    found = shares(np.array([[2.25, 3.5], [6.75, 3.5], [6.75, 7.0], [2.25, 7.0]]))
    assert found.sum() == pytest.approx(4.5 * 3.5, abs=1e-5)
    assert (
        found[5, 4] == pytest.approx(1.0) and found[5, 2] == pytest.approx(0.25) and found[7, 7] == pytest.approx(0.125)
    )


@pytest.mark.parametrize("seed", range(12))
def test_triangles_anywhere_even_beyond_the_image(seed):
    triangle = np.random.default_rng(seed).uniform([-8, -8], [WIDTH + 8, HEIGHT + 8], (3, 2))
    np.testing.assert_allclose(shares(triangle), sampled(triangle), atol=0.03)


def test_shared_edges_leave_no_seam():
    rim = np.stack([6 + 4 * np.cos(np.linspace(0, 2 * np.pi, 13)), 5 + 4 * np.sin(np.linspace(0, 2 * np.pi, 13))], -1)
    fan = [np.array([[6.3, 5.2], a, b]) for a, b in itertools.pairwise(rim)]
    np.testing.assert_allclose(shares(*fan), shares(rim[:-1]), atol=1e-5)


def test_a_sliver_thinner_than_a_pixel_keeps_its_area():
    """Negative control of point sampling, which sees none of it: no pixel centre lies inside."""
    sliver = np.array([[1.0, 4.2], [11.0, 4.3], [11.0, 4.34], [1.0, 4.24]])
    assert shares(sliver).sum() == pytest.approx(0.4, abs=1e-5)
    assert sampled(sliver, 1).sum() == 0
