"""The walkers of an episode: they go where their control points, stand on the ground, jump, and can be knocked over.

A walker turns towards its direction at TURN_RATE_RADPS (CARLA's character rotation rate) and moves at the commanded speed at
once. One that a vehicle has hit slides with the velocity of the hit, which friction takes away, and obeys again when it has
come to rest. Its origin is its middle, half its height above the ground. Tested by tests/server/test_contacts.py.
"""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.units import GRAVITY_MPS2
from sim.catalogue.walkers import WALKERS
from sim.maps.lookup import LaneLookup
from sim.server.actor_table import ActorTable
from sim.server.bodies.contact import BodyRows, ContactWorld
from sim.server.carla_values import finite, vector
from sim.server.errors import CallError

Float64 = NDArray[np.float64]

TURN_RATE_RADPS = math.radians(540.0)
JUMP_SPEED_MPS = 4.2
SLIDE_DECEL_MPS2 = 6.0
KNOCK_OVER_MPS = 0.8
MAX_WALKER_SPEED_MPS = 12.0
BODY_MASS_INDEX = 23.0
"""Mass is this times height squared, kg/m² (the middle of WHO's normal range)."""
_ECHO = struct.Struct("<3ffB")

_DTYPE = np.dtype(
    [
        ("actor_id", np.int64),
        ("table_row", np.int64),
        ("position", np.float64, (3,)),
        ("start_xy", np.float64, (2,)),
        ("yaw", np.float64),
        ("velocity", np.float64, (2,)),
        ("direction", np.float64, (2,)),
        ("speed", np.float64),
        ("slide", np.float64, (2,)),
        ("lift", np.float64),
        ("lift_speed", np.float64),
        ("height", np.float64),
        ("radius", np.float64),
        ("mass", np.float64),
        ("collides", np.bool_),
        ("physics", np.bool_),
        ("led", np.bool_),
    ]
)


class Crowd:
    """All walkers that are not attached to anything."""

    def __init__(self, table: ActorTable, ground: LaneLookup) -> None:
        self._table = table
        self._ground = ground
        self.rows = np.zeros(0, dtype=_DTYPE)
        self._row_of: dict[int, int] = {}
        self._indexed_version = -1

    def add(self, actor_id: int, type_id: str, position_m: Float64, rpy_rad: Float64) -> None:
        """A walker was spawned."""
        spec = WALKERS[type_id]
        row = np.zeros(1, dtype=_DTYPE)
        row["actor_id"] = actor_id
        row["position"] = position_m
        row["yaw"] = rpy_rad[2]
        row["height"] = spec.height_m
        row["radius"] = 0.5 * max(spec.depth_m, spec.shoulder_width_m)
        row["mass"] = BODY_MASS_INDEX * spec.height_m**2
        row["collides"] = row["physics"] = True
        self.rows = np.concatenate([self.rows, row])
        self._row_of[actor_id] = len(self.rows) - 1

    def remove(self, actor_id: int) -> None:
        """A walker was destroyed."""
        self.rows = np.delete(self.rows, self._row_of[actor_id])
        self._row_of = {int(actor): index for index, actor in enumerate(self.rows["actor_id"])}

    def row(self, actor_id: Any) -> int:
        """The row of a walker; CallError when the actor is none."""
        row = self._row_of.get(actor_id) if isinstance(actor_id, int) else None
        if row is None:
            raise CallError(f"actor {actor_id}: not a walker that is alive and free")
        return row

    def holds(self, actor_id: int) -> bool:
        """Whether this actor is one of the walkers here."""
        return actor_id in self._row_of

    def control(self, actor_id: int, table_row: int, control: list[Any]) -> None:
        """Go in a direction at a speed until the next command; jump once when told."""
        direction = vector(control[0], "direction")
        speed = min(max(finite(control[1], "speed"), 0.0), MAX_WALKER_SPEED_MPS)
        jump = bool(control[2])
        row = self.rows[self.row(actor_id) :][:1]
        length = math.hypot(direction[0], direction[1])
        row["direction"] = direction[:2] / length if length > 1e-6 else 0.0
        row["speed"] = speed if length > 1e-6 else 0.0
        row["led"] = False
        if jump and row["lift"][0] <= 0.0:
            row["lift_speed"] = JUMP_SPEED_MPS
        wire = (float(direction[0]), -float(direction[1]), float(direction[2]), speed, jump)
        _ECHO.pack_into(self._table.buffer, self._table.control_offset(table_row), *wire)

    def lead(self, actor_id: int, table_row: int, position_m: Float64, yaw_rad: float, speed_mps: float) -> None:
        """ApplyWalkerState: somebody else (the client's crowd) moves this walker; height comes from the ground."""
        row = self.rows[self.row(actor_id) :][:1]
        row["position"][0, :2] = position_m[:2]
        row["yaw"] = yaw_rad
        row["direction"] = (math.cos(yaw_rad), math.sin(yaw_rad))
        row["speed"] = min(max(speed_mps, 0.0), MAX_WALKER_SPEED_MPS)
        row["led"] = True
        wire = (math.cos(yaw_rad), -math.sin(yaw_rad), 0.0, float(row["speed"][0]), False)
        _ECHO.pack_into(self._table.buffer, self._table.control_offset(table_row), *wire)

    def teleported(self, actor_id: int, position_m: Float64, yaw_rad: float) -> None:
        """A walker was put somewhere else; it falls to the ground from there."""
        row = self.rows[self.row(actor_id) :][:1]
        row["position"] = position_m
        row["yaw"] = yaw_rad
        floor = float(self._ground.height_at(position_m[None, :2])[0]) + float(row["height"][0]) / 2.0
        row["lift"] = max(float(position_m[2]) - floor, 0.0)
        row["lift_speed"] = 0.0

    def step(self, delta_s: float) -> None:
        """Move all walkers as if alone in the world."""
        rows = self.rows
        if not len(rows):
            return
        rows["start_xy"] = rows["position"][:, :2]
        free = rows["physics"] & ~rows["led"]
        sliding = (rows["slide"] != 0.0).any(axis=1)
        wanted = rows["direction"] * rows["speed"][:, None]
        rows["velocity"] = np.where(sliding[:, None], rows["slide"], wanted)
        rows["velocity"][~rows["physics"]] = 0.0
        rows["position"][:, :2] += np.where(free[:, None], rows["velocity"] * delta_s, 0.0)
        slide = np.hypot(rows["slide"][:, 0], rows["slide"][:, 1])
        kept = np.maximum(slide - SLIDE_DECEL_MPS2 * delta_s, 0.0)
        rows["slide"] *= np.divide(kept, slide, out=np.zeros_like(slide), where=slide > 0.0)[:, None]
        turns = free & (rows["speed"] > 0.0) & ~sliding
        heading = np.arctan2(rows["direction"][:, 1], rows["direction"][:, 0])
        error = (heading - rows["yaw"] + np.pi) % (2.0 * np.pi) - np.pi
        step = np.clip(error, -TURN_RATE_RADPS * delta_s, TURN_RATE_RADPS * delta_s)
        yaw = rows["yaw"] + np.where(turns, step, 0.0)
        rows["yaw"] = (yaw + np.pi) % (2.0 * np.pi) - np.pi
        rows["lift"] += rows["lift_speed"] * delta_s - 0.5 * GRAVITY_MPS2 * delta_s**2 * (rows["lift"] > 0.0)
        rows["lift_speed"] -= GRAVITY_MPS2 * delta_s
        landed = rows["lift"] <= 0.0
        rows["lift"][landed] = rows["lift_speed"][landed] = 0.0

    def to_contacts(self, contacts: ContactWorld) -> None:
        """Hand the walkers that collide to the contact solver."""
        rows = self.rows
        if not len(rows):
            return
        position = rows["position"].copy()
        position[:, 2] = np.where(rows["collides"], position[:, 2], -1e6)
        contacts.bodies_from_walkers(
            rows["actor_id"],
            rows["start_xy"],
            position,
            rows["yaw"],
            rows["velocity"],
            rows["radius"],
            rows["height"],
            rows["mass"],
        )

    def from_contacts(self, bodies: BodyRows) -> None:
        """Take back the walkers that touched something; those hit hard slide on."""
        touched = np.flatnonzero(bodies["touched"]) if len(self.rows) else ()
        for index in touched:
            body, row = bodies[index], self.rows[index : index + 1]
            change = np.hypot(body["vx_mps"] - row["velocity"][0, 0], body["vy_mps"] - row["velocity"][0, 1])
            speed = math.hypot(float(body["vx_mps"]), float(body["vy_mps"]))
            row["position"][0, :2] = (body["x_m"], body["y_m"])
            row["velocity"][0] = (body["vx_mps"], body["vy_mps"])
            if change > KNOCK_OVER_MPS and speed > float(row["speed"][0]) + KNOCK_OVER_MPS:
                row["slide"][0] = row["velocity"][0]

    def publish(self, delta_s: float) -> None:
        """Stand everybody on the ground, and copy all into the actor table."""
        rows, table = self.rows, self._table
        if not len(rows):
            return
        if self._indexed_version != table.version:
            rows["table_row"] = [table.row_of[int(actor)] for actor in rows["actor_id"]]
            self._indexed_version = table.version
        stands = self._ground.height_at(rows["position"][:, :2]) + rows["height"] / 2.0 + rows["lift"]
        rows["position"][:, 2] = np.where(rows["physics"], stands, rows["position"][:, 2])
        at = rows["table_row"]
        velocity = np.column_stack([rows["velocity"], rows["lift_speed"]])
        table.acceleration[at] = (velocity - table.velocity[at]) / delta_s
        turned = rows["yaw"] - table.rpy[at, 2]
        table.angular[at, 2] = ((turned + np.pi) % (2.0 * np.pi) - np.pi) / delta_s
        table.velocity[at] = velocity
        table.position[at] = rows["position"]
        table.rpy[at, 2] = rows["yaw"]
