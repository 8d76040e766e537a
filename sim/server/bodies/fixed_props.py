"""Props that stand where they were put: immovable for all others until simulated physics sets them loose.

Attached props go with their parents and meet nobody. Tested by tests/server/test_surroundings.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.base import frames
from sim.server.actor_table import ActorTable
from sim.server.bodies.contact import BodyKind, BodyRows, ContactWorld, bodies_of_boxes

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

_LEVEL_RAD = 0.05


class FixedProps:
    """Fixed props by actor id, in the order of their coming; poses live in the actor table."""

    def __init__(self, table: ActorTable) -> None:
        self._table = table
        self._collides: dict[int, bool] = {}
        self.version = 0
        """Grows whenever a prop comes, goes or is moved."""
        self._made = -1
        self._bodies: BodyRows = bodies_of_boxes(BodyKind.PROP, np.zeros(0, dtype=np.int64), np.zeros((0, 7)))
        self._boxes: Float64 = np.zeros((0, 7))
        self._ids: Int64 = np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._collides)

    def add(self, actor_id: int, collides: bool = True) -> None:
        """A prop was spawned, or its physics switched off."""
        self._collides[actor_id] = collides
        self.version += 1

    def remove(self, actor_id: int) -> bool:
        """Forget a prop; whether it was here, and met others."""
        self.version += 1
        return self._collides.pop(actor_id, True)

    def holds(self, actor_id: int) -> bool:
        """Whether this actor is one of these."""
        return actor_id in self._collides

    def set_collides(self, actor_id: int, collides: bool) -> None:
        """Whether it meets others."""
        self._collides[actor_id] = collides
        self.version += 1

    def moved(self) -> None:
        """Some prop was put somewhere else."""
        self.version += 1

    def boxes(self) -> tuple[Float64, Int64]:
        """Upright boxes (K, 7) of those that meet others: centre, yaw, half sizes; and their actor ids."""
        if self._made != self.version:
            self._make()
        return self._boxes, self._ids

    def to_contacts(self, contacts: ContactWorld) -> None:
        """Hand the props to the contact solver."""
        if self._made != self.version:
            self._make()
        if len(self._ids):
            contacts.bodies_from_fixed(self._bodies)

    def _make(self) -> None:
        table = self._table
        self._ids = np.array([actor for actor, collides in self._collides.items() if collides], dtype=np.int64)
        at = [table.row_of[int(actor)] for actor in self._ids]
        extent, rpy = table.box_extent[at], table.rpy[at]
        rotation = frames.rotation_from_rpy(rpy).reshape(-1, 3, 3)
        center = table.position[at] + (rotation @ table.box_center[at][:, :, None])[:, :, 0]
        yaw = rpy[:, 2].copy()
        tilted = np.abs(rpy[:, :2]).max(axis=1, initial=0.0) > _LEVEL_RAD
        yaw[tilted] = 0.0  # what stands askew is met as its box along the axes
        around = (np.abs(rotation) @ extent[:, :, None])[:, :, 0]
        half = np.where(tilted[:, None], around, extent)
        self._boxes = np.column_stack([center, yaw, half]).reshape(-1, 7)
        self._bodies = bodies_of_boxes(BodyKind.PROP, self._ids, self._boxes)
        self._made = self.version
