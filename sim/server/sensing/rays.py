"""Rays through the server's simple world: the ground, and the boxes of objects and actors.

Boxes by the slab method (Kay and Kajiya 1986); the ground by marching with RAY_STEP_M and bisection.
Tested by tests/server/test_surroundings.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.base import frames
from sim.base.state import ActorKind
from sim.server.surroundings import Boxes

if TYPE_CHECKING:
    from sim.server.world import World

Float64 = NDArray[np.float64]

RAY_STEP_M = 0.5
MAX_RAY_M = 10_000.0
GROUND_LABEL = 1
TERRAIN_LABEL = 10
_SOLID = (ActorKind.VEHICLE, ActorKind.WALKER, ActorKind.PROP)


def hits_along(world: World, start_m: Float64, end_m: Float64) -> list[tuple[float, int]]:
    """Distances from start and CARLA labels of everything that the segment meets, nearest first."""
    offset = end_m - start_m
    length = float(np.linalg.norm(offset))
    if not 1e-6 < length <= MAX_RAY_M:
        return []
    direction = offset / length
    hits = []
    for boxes in (world.surroundings.solid_boxes(), _actor_boxes(world)):
        distance = _box_distances(boxes, start_m, direction)
        hits += [(float(distance[i]), int(boxes.label[i])) for i in np.flatnonzero(distance <= length)]
    ground = _ground_distance(world, start_m, direction, length)
    if ground is not None:
        on_lane = float(world.ground.nearest((start_m + direction * ground)[None]).distance_m[0]) == 0.0
        hits.append((ground, GROUND_LABEL if on_lane else TERRAIN_LABEL))
    return sorted(hits)


def _actor_boxes(world: World) -> Boxes:
    table = world.actors
    rows = [row for row, entry in enumerate(table.entries) if entry.kind in _SOLID]
    if not rows:
        return Boxes(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0, dtype=np.uint8))
    rotation = frames.rotation_from_rpy(table.rpy[rows])
    center = table.position[rows] + (rotation @ table.box_center[rows, :, None])[:, :, 0]
    labels = np.array([table.entries[row].tags[0] for row in rows], dtype=np.uint8)
    return Boxes(center, table.rpy[rows], table.box_extent[rows], labels)


def _box_distances(boxes: Boxes, start_m: Float64, direction: Float64) -> Float64:
    """Distance at which the ray enters each box; inf when it misses, or begins inside."""
    if not len(boxes.label):
        return np.zeros(0)
    to_box = np.swapaxes(frames.rotation_from_rpy(boxes.rpy_rad), 1, 2)
    origin = (to_box @ (start_m - boxes.center_m)[:, :, None])[:, :, 0]
    along = (to_box @ direction[:, None])[:, :, 0]
    along = np.where(np.abs(along) < 1e-12, 1e-12, along)
    near = (-boxes.extent_m * np.sign(along) - origin) / along
    far = (boxes.extent_m * np.sign(along) - origin) / along
    enter, leave = near.max(axis=1), far.min(axis=1)
    return np.where((enter <= leave) & (enter >= 0.0), enter, np.inf)


def _ground_distance(world: World, start_m: Float64, direction: Float64, length_m: float) -> float | None:
    steps = np.append(np.arange(0.0, length_m, max(RAY_STEP_M, length_m / 4000.0)), length_m)
    points = start_m + steps[:, None] * direction
    above = points[:, 2] - world.ground.height_at(points[:, :2])
    below = np.flatnonzero((above[:-1] > 0.0) & (above[1:] <= 0.0))
    if not len(below):
        return None
    low, high = float(steps[below[0]]), float(steps[below[0] + 1])
    for _ in range(30):
        middle = 0.5 * (low + high)
        point = start_m + middle * direction
        if point[2] > float(world.ground.height_at(point[None, :2])[0]):
            low = middle
        else:
            high = middle
    return high
