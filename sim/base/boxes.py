"""Upright boxes in the world (they turn about the vertical only): which of them overlap, and how far apart two are.

Contacts are judged with these functions, from WorldState; the server's kernel is tested against them.
Tested by tests/scenarios/test_boxes.py against polygon intersection and against brute-force sampling.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float64 = NDArray[np.float64]


def footprint(center_world_m: ArrayLike, yaw_rad: float, extent_m: ArrayLike) -> Float64:
    """The four corners (4, 2) of a box seen from above, counter-clockwise from front left; `extent_m` are half sizes."""
    x, y = np.asarray(center_world_m, dtype=np.float64)[:2]
    length, width = np.asarray(extent_m, dtype=np.float64)[:2]
    cos, sin = math.cos(yaw_rad), math.sin(yaw_rad)
    local = np.array([[length, width], [-length, width], [-length, -width], [length, -width]])
    return np.stack([x + local[:, 0] * cos - local[:, 1] * sin, y + local[:, 0] * sin + local[:, 1] * cos], axis=1)


def overlapping_pairs(center_world_m: Float64, yaw_rad: Float64, extent_m: Float64) -> NDArray[np.int64]:
    """Rows (K, 2) of the pairs, i < j in ascending order, whose boxes overlap; boxes that only touch do not.

    Separating axes (Gottschalk et al., SIGGRAPH 1996) restricted to upright boxes: the vertical, and two per box in the plane.
    `center_world_m` (N, 3), `yaw_rad` (N,), half sizes `extent_m` (N, 3).
    """
    center = np.asarray(center_world_m, dtype=np.float64).reshape(-1, 3)
    extent = np.asarray(extent_m, dtype=np.float64).reshape(-1, 3)
    yaw = np.asarray(yaw_rad, dtype=np.float64).reshape(-1)
    first, second = np.triu_indices(len(center), k=1)
    apart = center[second] - center[first]
    reach = np.hypot(extent[:, 0], extent[:, 1])
    near = np.hypot(apart[:, 0], apart[:, 1]) < reach[first] + reach[second]
    near &= np.abs(apart[:, 2]) < extent[first, 2] + extent[second, 2]
    first, second, apart = first[near], second[near], apart[near]
    hit = np.ones(len(first), dtype=bool)
    turn = yaw[second] - yaw[first]
    cos, sin = np.abs(np.cos(turn)), np.abs(np.sin(turn))
    for own, other in ((first, second), (second, first)):
        ahead = np.abs(apart[:, 0] * np.cos(yaw[own]) + apart[:, 1] * np.sin(yaw[own]))
        beside = np.abs(apart[:, 1] * np.cos(yaw[own]) - apart[:, 0] * np.sin(yaw[own]))
        hit &= ahead < extent[own, 0] + extent[other, 0] * cos + extent[other, 1] * sin
        hit &= beside < extent[own, 1] + extent[other, 0] * sin + extent[other, 1] * cos
    return np.stack([first[hit], second[hit]], axis=1).astype(np.int64)


def gap_m(
    center_a_world_m: ArrayLike,
    yaw_a_rad: float,
    extent_a_m: ArrayLike,
    center_b_world_m: ArrayLike,
    yaw_b_rad: float,
    extent_b_m: ArrayLike,
) -> float:
    """The free distance between two boxes seen from above, in m; 0 when they overlap or touch."""
    a = footprint(center_a_world_m, yaw_a_rad, extent_a_m)
    b = footprint(center_b_world_m, yaw_b_rad, extent_b_m)
    if not _separated(a, b):
        return 0.0
    return min(_corners_to_edges(a, b), _corners_to_edges(b, a))


def _separated(a: Float64, b: Float64) -> bool:
    for corners in (a, b):
        for axis in (corners[0] - corners[1], corners[1] - corners[2]):
            on_a, on_b = a @ axis, b @ axis
            if on_a.max() < on_b.min() or on_b.max() < on_a.min():
                return True
    return False


def _corners_to_edges(corners: Float64, other: Float64) -> float:
    start = other
    edge = np.roll(other, -1, axis=0) - start
    offset = corners[:, None, :] - start[None, :, :]
    length = np.maximum(np.sum(edge * edge, axis=1), 1e-12)
    along = np.clip(np.sum(offset * edge[None], axis=2) / length[None], 0.0, 1.0)
    away = offset - along[..., None] * edge[None]
    return float(np.sqrt(np.min(np.sum(away * away, axis=2))))
