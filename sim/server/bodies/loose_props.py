"""Props that stand in the world: immovable until simulated physics is switched on, then they slide when pushed.

Attached props go with their parents and meet nobody. Tested by tests/server/test_surroundings.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.units import GRAVITY_MPS2
from sim.catalogue.props import PROPS
from sim.server.actor_table import ActorTable
from sim.server.bodies.contact import BodyRows, ContactWorld
from sim.server.errors import CallError

Float64 = NDArray[np.float64]

SLIDING_FRICTION = 0.5

_DTYPE = np.dtype(
    [
        ("actor_id", np.int64),
        ("table_row", np.int64),
        ("extent", np.float64, (3,)),
        ("mass", np.float64),
        ("velocity", np.float64, (2,)),
        ("yaw_rate", np.float64),
        ("physics", np.bool_),
        ("collides", np.bool_),
    ]
)


class LooseProps:
    """All props that are not attached to anything; poses live in the actor table."""

    def __init__(self, table: ActorTable) -> None:
        self._table = table
        self.rows = np.zeros(0, dtype=_DTYPE)
        self._indexed_version = -1

    def add(self, actor_id: int, type_id: str) -> None:
        """A prop was spawned."""
        spec = PROPS[type_id]
        row = np.zeros(1, dtype=_DTYPE)
        row["actor_id"] = actor_id
        row["extent"] = np.array([spec.length_m, spec.width_m, spec.height_m]) / 2.0
        row["mass"] = spec.mass_kg
        row["collides"] = True
        self.rows = np.concatenate([self.rows, row])

    def remove(self, actor_id: int) -> None:
        """A prop was destroyed."""
        self.rows = self.rows[self.rows["actor_id"] != actor_id]

    def row(self, actor_id: Any) -> int:
        """The row of a prop; CallError when the actor is none."""
        found = np.flatnonzero(self.rows["actor_id"] == actor_id)
        if not len(found):
            raise CallError(f"actor {actor_id}: not a prop that stands free")
        return int(found[0])

    def step(self, delta_s: float) -> None:
        """Slide on with what the last contact left, against friction."""
        rows, table = self.rows, self._table
        if not len(rows):
            return
        if self._indexed_version != table.version:
            rows["table_row"] = [table.row_of[int(actor)] for actor in rows["actor_id"]]
            self._indexed_version = table.version
        if not (rows["velocity"].any() or rows["yaw_rate"].any()):
            return
        at = rows["table_row"]
        speed = np.hypot(rows["velocity"][:, 0], rows["velocity"][:, 1])
        kept = np.maximum(speed - SLIDING_FRICTION * GRAVITY_MPS2 * delta_s, 0.0)
        rows["velocity"] *= np.divide(kept, speed, out=np.zeros_like(speed), where=speed > 0.0)[:, None]
        radius = np.maximum(np.hypot(rows["extent"][:, 0], rows["extent"][:, 1]), 0.05)
        slower = SLIDING_FRICTION * GRAVITY_MPS2 * delta_s / radius
        rows["yaw_rate"] = np.sign(rows["yaw_rate"]) * np.maximum(np.abs(rows["yaw_rate"]) - slower, 0.0)
        table.position[at, :2] += rows["velocity"] * delta_s
        table.rpy[at, 2] += rows["yaw_rate"] * delta_s
        table.velocity[at, :2] = rows["velocity"]
        table.angular[at, 2] = rows["yaw_rate"]

    def to_contacts(self, contacts: ContactWorld) -> None:
        """Hand the props to the contact solver."""
        rows, table = self.rows, self._table
        if not len(rows):
            return
        at = rows["table_row"]
        position = table.position[at]
        position[:, 2] = np.where(rows["collides"], position[:, 2], -1e6)
        mass = np.where(rows["physics"], rows["mass"], 0.0)
        contacts.bodies_from_props(
            rows["actor_id"], position, table.rpy[at, 2], rows["velocity"], rows["yaw_rate"], rows["extent"], mass
        )

    def from_contacts(self, bodies: BodyRows) -> None:
        """Take back the props that were pushed."""
        touched = np.flatnonzero(bodies["touched"]) if len(self.rows) else ()
        for index in touched:
            row = int(self.rows["table_row"][index])
            if self.rows["physics"][index]:
                self._table.position[row, :2] = (bodies["x_m"][index], bodies["y_m"][index])
                self._table.rpy[row, 2] = bodies["yaw_rad"][index]
                self.rows["velocity"][index] = (bodies["vx_mps"][index], bodies["vy_mps"][index])
                self.rows["yaw_rate"][index] = bodies["yaw_rate_radps"][index]
