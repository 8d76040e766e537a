"""sim.base.boxes against shapely, and against cases that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import Polygon

from sim.base.boxes import corners_m, gap_m, overlap, overlapping_pairs


def random_boxes(seed: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    center = rng.uniform([-20, -20, -1], [20, 20, 1], (count, 3))
    return center, rng.uniform(-np.pi, np.pi, count), rng.uniform(0.1, 3.0, (count, 3))


def test_corners_by_hand() -> None:
    corners = corners_m([1.0, 2.0, 0.0], np.pi / 2, [2.0, 1.0, 0.5])
    assert corners == pytest.approx(np.array([[0.0, 4.0], [0.0, 0.0], [2.0, 0.0], [2.0, 4.0]]))


@pytest.mark.parametrize("seed", range(3))
def test_pairs_agree_with_polygons(seed: int) -> None:
    center, yaw, extent = random_boxes(seed, 120)
    shapes = [Polygon(c) for c in corners_m(center, yaw, extent)]
    expected = [
        (i, j)
        for i in range(120)
        for j in range(i + 1, 120)
        if shapes[i].intersection(shapes[j]).area > 0 and abs(center[i, 2] - center[j, 2]) < extent[i, 2] + extent[j, 2]
    ]
    assert len(expected) > 50
    assert [tuple(row) for row in overlapping_pairs(center, yaw, extent)] == expected


def test_gap_agrees_with_polygons() -> None:
    a, b = random_boxes(11, 300), random_boxes(12, 300)
    gaps = gap_m(*a, *b)
    shapes_a, shapes_b = corners_m(*a), corners_m(*b)
    expected = [Polygon(p).distance(Polygon(q)) for p, q in zip(shapes_a, shapes_b, strict=True)]
    assert gaps == pytest.approx(expected, abs=1e-9)
    assert (gaps == 0).sum() > 3


def test_touching_is_no_overlap_and_a_hair_is() -> None:
    box = ([0.0, 0.0, 0.0], 0.0, [1.0, 1.0, 1.0])
    assert not overlap(*box, [2.0, 0.0, 0.0], 0.0, [1.0, 1.0, 1.0])
    assert overlap(*box, [2.0 - 1e-9, 0.0, 0.0], 0.0, [1.0, 1.0, 1.0])
    assert not overlap(*box, [0.0, 0.0, 2.0], 0.0, [1.0, 1.0, 1.0]), "a bridge above is no contact"


def test_none_and_one() -> None:
    assert overlapping_pairs(np.zeros((0, 3)), np.zeros(0), np.zeros((0, 3))).shape == (0, 2)
    assert overlapping_pairs(np.zeros((1, 3)), np.zeros(1), np.ones((1, 3))).shape == (0, 2)
