"""The walkers of an episode: they go where their control points, stand on the ground, jump, and can be knocked over.

A walker turns towards its direction at TURN_RATE_RADPS (CARLA's character rotation rate) and moves at the commanded speed at
once. A *led* walker is where the client's crowd (a walker AI controller) wants it. One that a vehicle has hit slides with the
velocity of the hit, which friction takes away, falls while it does, gets up when it has come to rest, and obeys again. A dead
one lies where it is for ever. The origin is the middle of the body: half its height above the ground while it stands.
Tested by tests/server/test_walkers.py and tests/server/test_contacts.py.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.phase import gait_start_rad
from sim.catalogue.postures import posture_of
from sim.catalogue.skeleton import Skeleton
from sim.catalogue.walkers import WALKERS
from sim.maps.lookup import LaneLookup
from sim.server.actor_table import ActorTable
from sim.server.bodies.contact import BodyRows, ContactWorld
from sim.server.carla_values import finite, vector
from sim.server.errors import CallError
from sim.server.kernels.walkers import publish_walkers, step_walkers
from sim.server.walkers.poses import WalkerPoses

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

JUMP_SPEED_MPS = 4.2
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
        ("lead_xy", np.float64, (2,)),
        ("slide", np.float64, (2,)),
        ("lift", np.float64),
        ("lift_speed", np.float64),
        ("gait", np.float64),
        ("fall", np.float64),
        ("fall_sign", np.float64),
        ("height", np.float64),
        ("depth", np.float64),
        ("radius", np.float64),
        ("mass", np.float64),
        ("collides", np.bool_),
        ("physics", np.bool_),
        ("led", np.bool_),
        ("dead", np.bool_),
    ],
    align=True,
)
"""`gait` is the phase of the gait cycle in rad, carried on by the way covered since spawn. `fall` runs from 0 (upright) to 1
(lying), `fall_sign` is 1 on the face, -1 on the back; `lift` is the height of the feet above the ground."""


class Crowd:
    """All walkers that are not attached to anything."""

    def __init__(self, table: ActorTable, ground: LaneLookup) -> None:
        self._table = table
        self._ground = ground
        self._ground_tables = ground.height_tables()
        self.rows = np.zeros(0, dtype=_DTYPE)
        self._row_of: dict[int, int] = {}
        self._type_of: dict[int, str] = {}
        self._indexed_version = -1
        self.poses = WalkerPoses()

    def add(
        self, actor_id: int, type_id: str, position_m: Float64, rpy_rad: Float64, attributes: Mapping[str, str] | None = None
    ) -> None:  # fmt: skip
        """A walker was spawned; `attributes` may ask for a posture."""
        spec = WALKERS[type_id]
        row = np.zeros(1, dtype=_DTYPE)
        row["actor_id"] = actor_id
        row["position"] = position_m
        row["yaw"] = rpy_rad[2]
        row["gait"] = gait_start_rad(actor_id)
        row["height"] = spec.height_m
        row["depth"] = spec.depth_m
        row["radius"] = 0.5 * max(spec.depth_m, spec.shoulder_width_m)
        row["mass"] = BODY_MASS_INDEX * spec.height_m**2
        row["collides"] = row["physics"] = True
        self.rows = np.concatenate([self.rows, row])
        self._row_of[actor_id] = len(self.rows) - 1
        self._type_of[actor_id] = type_id
        self.poses.take_posture(actor_id, posture_of(attributes or {}, spec))
        self._indexed_version = -1

    def remove(self, actor_id: int) -> None:
        """A walker was destroyed."""
        self.rows = np.delete(self.rows, self._row_of[actor_id])
        self._row_of = {int(actor): index for index, actor in enumerate(self.rows["actor_id"])}
        del self._type_of[actor_id]
        self.poses.forget(actor_id)
        self._indexed_version = -1

    def row(self, actor_id: Any) -> int:
        """The row of a walker; CallError when the actor is none."""
        row = self._row_of.get(actor_id) if isinstance(actor_id, int) else None
        if row is None:
            raise CallError(f"actor {actor_id}: not a walker that is alive and free")
        return row

    def holds(self, actor_id: int) -> bool:
        """Whether this actor is one of the walkers here."""
        return actor_id in self._row_of

    def type_of(self, actor_id: Any) -> str:
        """The blueprint of a walker; CallError when the actor is none."""
        self.row(actor_id)
        return self._type_of[actor_id]

    def gait(self, actor_id: int) -> tuple[float, float]:
        """Speed and phase (rad) by which a walker's gait is drawn."""
        speed = self._table.records["walker_speed"][self._table.row_of[actor_id]]
        return float(speed), float(self.rows["gait"][self.row(actor_id)])

    def bones(self, actor_id: int) -> Skeleton:
        """A walker's bones in the actor frame as they show now."""
        return self.poses.bones(actor_id, self.type_of(actor_id), *self.gait(actor_id))

    def phases_in(self, actor_ids: NDArray[Any], otherwise: Float64) -> Float64:
        """The phases of the gait cycle of these actors; `otherwise` where one of them is no walker here."""
        out: Float64 = np.array(otherwise, dtype=np.float64)
        for place, actor in enumerate(actor_ids.tolist()):
            row = self._row_of.get(actor)
            if row is not None:
                out[place] = self.rows["gait"][row]
        return out

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
        if jump and row["lift"][0] <= 0.0 and row["fall"][0] == 0.0:
            row["lift_speed"] = JUMP_SPEED_MPS
        wire = (float(direction[0]), -float(direction[1]), float(direction[2]), speed, jump)
        _ECHO.pack_into(self._table.buffer, self._table.control_offset(table_row), *wire)

    def lead(self, actor_ids: list[int], x_m: Float64, y_m: Float64, yaw_rad: Float64, speed_mps: Float64) -> None:
        """ApplyWalkerState for W walkers: the client's crowd says where they are now; height comes from the ground.

        CallError when one of them is no walker; none is moved then.
        """
        rows, table = self.rows, self._table
        at = np.array([self.row(actor) for actor in actor_ids], dtype=np.int64)
        in_table = [table.row_of[actor] for actor in actor_ids]
        speed = np.clip(speed_mps, 0.0, MAX_WALKER_SPEED_MPS)
        heading = np.stack([np.cos(yaw_rad), np.sin(yaw_rad)], axis=1)
        rows["lead_xy"][at] = np.stack([x_m, y_m], axis=1)
        rows["yaw"][at] = np.where(rows["fall"][at] > 0.0, rows["yaw"][at], yaw_rad)
        rows["direction"][at] = heading
        rows["speed"][at] = speed
        rows["led"][at] = ~rows["dead"][at]
        echo = np.zeros((len(at), 3), dtype=np.float32)
        echo[:, 0], echo[:, 1] = heading[:, 0], -heading[:, 1]
        table.records["walker_direction"][in_table] = echo
        table.records["walker_speed"][in_table] = speed
        table.records["walker_jump"][in_table] = 0

    def kill(self, actor_id: int) -> None:
        """The walker falls, and lies where it is for ever."""
        row = self.rows[self.row(actor_id) :][:1]
        if not row["fall"][0]:
            row["fall_sign"] = -1.0
        row["dead"] = True
        row["led"] = False
        row["speed"] = 0.0

    def teleported(self, actor_id: int, position_m: Float64, yaw_rad: float) -> None:
        """A walker was put somewhere else; it falls to the ground from there."""
        row = self.rows[self.row(actor_id) :][:1]
        row["position"] = position_m
        row["lead_xy"] = position_m[:2]
        row["yaw"] = yaw_rad
        floor = float(self._ground.height_at(position_m[None, :2])[0]) + float(row["height"][0]) / 2.0
        row["lift"] = max(float(position_m[2]) - floor, 0.0)
        row["lift_speed"] = 0.0

    def step(self, delta_s: float) -> None:
        """Move all walkers as if alone in the world."""
        if len(self.rows):
            step_walkers(self.rows, delta_s)

    def to_contacts(self, contacts: ContactWorld) -> None:
        """Hand the walkers that collide to the contact solver."""
        rows = self.rows
        if not len(rows):
            return
        contacts.bodies_from_walkers(
            rows["actor_id"],
            rows["start_xy"],
            rows["position"],
            rows["yaw"],
            rows["velocity"],
            rows["radius"],
            rows["height"],
            rows["mass"],
            rows["collides"],
        )

    def from_contacts(self, bodies: BodyRows) -> None:
        """Take back the walkers that touched something; those hit hard slide on."""
        touched = np.flatnonzero(bodies["touched"]) if len(self.rows) else ()
        for index in touched:
            body = bodies[index]
            velocity = np.array([body["vx_mps"], body["vy_mps"]])
            self.pushed(int(index), velocity - self.rows["velocity"][index], 0.0)
            self.rows["position"][index, :2] = (body["x_m"], body["y_m"])

    def pushed(self, index: int, velocity_change_mps: Float64, shift_m: Float64 | float) -> None:
        """Something touched the walker of this row: its velocity and place changed; one pushed hard falls and slides on."""
        row = self.rows[index : index + 1]
        row["position"][0, :2] += shift_m
        row["velocity"][0] += velocity_change_mps
        change = math.hypot(float(velocity_change_mps[0]), float(velocity_change_mps[1]))
        speed = math.hypot(float(row["velocity"][0, 0]), float(row["velocity"][0, 1]))
        if change > KNOCK_OVER_MPS and speed > float(row["speed"][0]) + KNOCK_OVER_MPS:
            if not row["fall"][0]:
                yaw = float(row["yaw"][0])
                ahead = velocity_change_mps[0] * math.cos(yaw) + velocity_change_mps[1] * math.sin(yaw)
                row["fall_sign"] = 1.0 if ahead > 0.0 else -1.0
            row["slide"][0] = row["velocity"][0]
            row["led"] = False

    def publish(self, delta_s: float) -> None:
        """Stand everybody on the ground, and copy all into the actor table."""
        rows, table = self.rows, self._table
        if not len(rows):
            return
        if self._indexed_version != table.version:
            rows["table_row"] = [table.row_of[int(actor)] for actor in rows["actor_id"]]
            self._indexed_version = table.version
        columns = (table.position, table.rpy, table.velocity, table.angular, table.acceleration)
        publish_walkers(rows, delta_s, *columns, *self._ground_tables)
