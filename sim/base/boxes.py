"""Upright oriented boxes: which of them overlap, and how far apart two are.

A box has a centre (x, y, z), a yaw about z, and an extent of half sizes (length, width, height) / 2, all in metres and
radians in one right-handed frame. Boxes that only touch do not overlap. The separating-axis test is Gottschalk et al. 1996
(OBBTree), in the plane, with the height intervals on top. Tested by tests/base/test_boxes.py against shapely.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float64 = NDArray[np.float64]


def corners_m(center_world_m: ArrayLike, yaw_rad: ArrayLike, extent_m: ArrayLike) -> Float64:
    """World x, y of the footprint's corners (..., 4, 2), counter-clockwise from front left."""
    center, extent = np.asarray(center_world_m, dtype=np.float64), np.asarray(extent_m, dtype=np.float64)
    yaw = np.asarray(yaw_rad, dtype=np.float64)
    forward = np.stack([np.cos(yaw), np.sin(yaw)], axis=-1)[..., None, :]
    left = np.stack([-np.sin(yaw), np.cos(yaw)], axis=-1)[..., None, :]
    signs = np.array([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])
    along = signs[:, :1] * extent[..., None, 0:1]
    across = signs[:, 1:] * extent[..., None, 1:2]
    corners: Float64 = center[..., None, :2] + along * forward + across * left
    return corners


def overlap(
    center_a_m: ArrayLike,
    yaw_a_rad: ArrayLike,
    extent_a_m: ArrayLike,
    center_b_m: ArrayLike,
    yaw_b_rad: ArrayLike,
    extent_b_m: ArrayLike,
) -> NDArray[np.bool_]:
    """Whether boxes a and b share volume; leading shapes broadcast."""
    center_a, center_b = np.asarray(center_a_m, dtype=np.float64), np.asarray(center_b_m, dtype=np.float64)
    extent_a, extent_b = np.asarray(extent_a_m, dtype=np.float64), np.asarray(extent_b_m, dtype=np.float64)
    yaw_a, yaw_b = np.asarray(yaw_a_rad, dtype=np.float64), np.asarray(yaw_b_rad, dtype=np.float64)
    offset = center_b - center_a
    turn_cos, turn_sin = np.abs(np.cos(yaw_b - yaw_a)), np.abs(np.sin(yaw_b - yaw_a))
    apart = np.abs(offset[..., 2]) >= extent_a[..., 2] + extent_b[..., 2]
    for yaw, own, other in ((yaw_a, extent_a, extent_b), (yaw_b, extent_b, extent_a)):
        cos_yaw, sin_yaw = np.cos(yaw), np.sin(yaw)
        along = np.abs(cos_yaw * offset[..., 0] + sin_yaw * offset[..., 1])
        across = np.abs(cos_yaw * offset[..., 1] - sin_yaw * offset[..., 0])
        apart = apart | (along >= own[..., 0] + turn_cos * other[..., 0] + turn_sin * other[..., 1])
        apart = apart | (across >= own[..., 1] + turn_sin * other[..., 0] + turn_cos * other[..., 1])
    return ~apart


def overlapping_pairs(center_world_m: ArrayLike, yaw_rad: ArrayLike, extent_m: ArrayLike) -> NDArray[np.int64]:
    """Rows (K, 2), first smaller than second, in ascending order, of the boxes that share volume.

    `center_world_m` (N, 3), `yaw_rad` (N,), `extent_m` half sizes (N, 3). Sorts along x first, so that far boxes cost nothing.
    """
    center = np.asarray(center_world_m, dtype=np.float64).reshape(-1, 3)
    extent = np.asarray(extent_m, dtype=np.float64).reshape(-1, 3)
    yaw = np.asarray(yaw_rad, dtype=np.float64).reshape(-1)
    reach = np.abs(np.cos(yaw)) * extent[:, 0] + np.abs(np.sin(yaw)) * extent[:, 1]
    order = np.argsort(center[:, 0] - reach, kind="stable")
    low = (center[:, 0] - reach)[order]
    last = np.searchsorted(low, (center[:, 0] + reach)[order], side="left")
    counts = np.maximum(last - np.arange(len(order)) - 1, 0)
    first = np.repeat(np.arange(len(order)), counts)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    a, b = order[first], order[second]
    hit = overlap(center[a], yaw[a], extent[a], center[b], yaw[b], extent[b])
    pairs = np.stack([np.minimum(a[hit], b[hit]), np.maximum(a[hit], b[hit])], axis=1)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].astype(np.int64)


def gap_m(
    center_a_m: ArrayLike,
    yaw_a_rad: ArrayLike,
    extent_a_m: ArrayLike,
    center_b_m: ArrayLike,
    yaw_b_rad: ArrayLike,
    extent_b_m: ArrayLike,
) -> Float64:
    """Shortest distance between the footprints of boxes a and b (m), 0 where they overlap; leading shapes broadcast.

    The closest points of two separate rectangles include a corner of one of them.
    """
    flat_a, flat_b = np.array(center_a_m, dtype=np.float64), np.array(center_b_m, dtype=np.float64)
    flat_a[..., 2], flat_b[..., 2] = 0.0, 0.0
    hit = overlap(flat_a, yaw_a_rad, extent_a_m, flat_b, yaw_b_rad, extent_b_m)
    a_to_b = _corner_distance_m(corners_m(flat_a, yaw_a_rad, extent_a_m), flat_b, yaw_b_rad, extent_b_m)
    b_to_a = _corner_distance_m(corners_m(flat_b, yaw_b_rad, extent_b_m), flat_a, yaw_a_rad, extent_a_m)
    return np.where(hit, 0.0, np.minimum(a_to_b, b_to_a))


def _corner_distance_m(corners: Float64, center: Float64, yaw_rad: ArrayLike, extent_m: ArrayLike) -> Float64:
    """Distance of the nearest of the corners (..., 4, 2) to a box."""
    yaw = np.asarray(yaw_rad, dtype=np.float64)[..., None]
    extent = np.asarray(extent_m, dtype=np.float64)
    offset = corners - center[..., None, :2]
    along = np.cos(yaw) * offset[..., 0] + np.sin(yaw) * offset[..., 1]
    across = np.cos(yaw) * offset[..., 1] - np.sin(yaw) * offset[..., 0]
    beyond_x = np.maximum(np.abs(along) - extent[..., 0:1], 0.0)
    beyond_y = np.maximum(np.abs(across) - extent[..., 1:2], 0.0)
    return np.asarray(np.hypot(beyond_x, beyond_y).min(axis=-1))
