"""Bodies that fall, slide, tumble and come to rest: props with simulated physics, and people who were knocked over.

A body that has been still for PATIENCE_S sleeps where it lies and costs nothing until something moves near it. The others
are moved by a rigid-body engine (engine.py, tumbling.py), which is imported when the first body is set loose.
Tested by tests/server/test_loose_bodies.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.server.bodies.contact import EVENT_DTYPE, NO_EVENTS, BodyKind
from sim.server.bodies.engine import CARRIER_BASE, FIXED_BASE, Touches
from sim.server.bodies.shapes import LooseShape
from sim.server.bodies.tumbling import Partner, Tumbling
from sim.server.bodies.turning import quaternion_from_rpy, rotate
from sim.server.errors import CallError
from sim.server.kernels.loose import publish_loose, settle, wake_by_bodies, wake_by_vehicles, wake_by_walkers

if TYPE_CHECKING:
    from sim.server.actor_table import ActorTable
    from sim.server.vehicles.fleet import Fleet
    from sim.server.walkers.crowd import Crowd

Float64 = NDArray[np.float64]

STILL_MPS = 0.03
STILL_RADPS = 0.08
PATIENCE_S = 0.5
_VECTORS = ("position", "velocity", "angular", "half", "force", "torque", "impulse", "twist")
LOOSE_DTYPE = np.dtype(
    [(name, np.float64, (3,)) for name in _VECTORS]
    + [(name, np.float64, (4,)) for name in ("quaternion", "plane")]
    + [(name, np.float64) for name in ("radius", "quiet_s", "origin_drop")]
    + [
        (name, np.int64)
        for name in ("actor_id", "kind", "table_row", "asleep", "collides", "gravity", "fresh", "rolls")
    ]
)
"""`position` is the centre of the box; `velocity` that of this point, `angular` in world axes; `force`, `torque` act through
the coming tick, `impulse` and `twist` at once; the actor's origin lies `origin_drop` below the centre along the body's z;
`plane` is the ground of the last tick, its normal n and n · p."""


class LooseBodies:
    """All loose bodies of an episode, in the order in which they came loose."""

    def __init__(self, table: ActorTable, fleet: Fleet, crowd: Crowd, tumbling: Tumbling) -> None:
        self._table, self._fleet, self._crowd, self._tumbling = table, fleet, crowd, tumbling
        self.rows: NDArray[np.void] = np.zeros(0, dtype=LOOSE_DTYPE)
        self._shapes: list[LooseShape] = []
        self._row_of: dict[int, int] = {}
        self._indexed_version = -1
        self._touching: frozenset[tuple[int, int, int, int]] = frozenset()

    def __len__(self) -> int:
        return len(self.rows)

    def holds(self, actor_id: Any) -> bool:
        """Whether this actor is one of these."""
        return actor_id in self._row_of

    def row(self, actor_id: Any) -> int:
        """The row of a loose body; CallError when the actor is none."""
        if actor_id not in self._row_of:
            raise CallError(
                f"actor {actor_id}: not a body that moves freely; call set_simulate_physics(True) on a prop"
            )
        return self._row_of[actor_id]

    def add(self, actor_id: int, kind: BodyKind, shape: LooseShape, origin_drop_m: float, collides: bool = True) -> int:
        """Set an actor loose where the table has it, with the velocity it has there; its row."""
        row = np.zeros(1, dtype=LOOSE_DTYPE)
        row["actor_id"], row["kind"], row["half"], row["origin_drop"] = actor_id, int(kind), shape.half_m, origin_drop_m
        row["radius"] = np.sqrt(np.square(shape.half_m).sum())
        row["gravity"], row["collides"], row["rolls"] = 1, int(collides), int(shape.rolls)
        self.rows = np.concatenate([self.rows, row])
        self._shapes.append(shape)
        self._row_of[actor_id] = len(self.rows) - 1
        self._indexed_version = -1
        at = self._table.row_of[actor_id]
        self.place(actor_id)
        self.rows["velocity"][-1] = self._table.velocity[at]
        self.rows["angular"][-1] = self._table.angular[at]
        return len(self.rows) - 1

    def remove(self, actor_id: int) -> None:
        """Forget a body; what leaned on it wakes."""
        index = self.row(actor_id)
        self.disturb(self.rows["position"][index], float(self.rows["radius"][index]))
        self.rows = np.delete(self.rows, index)
        del self._shapes[index]
        self._row_of = {int(actor): row for row, actor in enumerate(self.rows["actor_id"])}
        self._tumbling.forget()

    def place(self, actor_id: int) -> None:
        """Take the pose over from the actor table: the actor was put somewhere."""
        index, at = self.row(actor_id), self._table.row_of[actor_id]
        self.disturb(self.rows["position"][index], float(self.rows["radius"][index]))
        quaternion = quaternion_from_rpy(self._table.rpy[at][None])
        lift = rotate(quaternion, np.array([[0.0, 0.0, self.rows["origin_drop"][index]]]))[0]
        self.rows["quaternion"][index] = quaternion[0]
        self.rows["position"][index] = self._table.position[at] + lift
        self.rows["plane"][index] = 0.0
        self.wake(index)

    def wake(self, index: int) -> None:
        """Something was done to this body."""
        self.rows["asleep"][index] = 0
        self.rows["fresh"][index] = 1
        self.rows["quiet_s"][index] = 0.0

    def disturb(self, center_m: Float64, radius_m: float) -> None:
        """Something big came, went or jumped there: sleepers within reach wake."""
        rows = self.rows
        if len(rows):
            away = np.sqrt(np.square(rows["position"] - center_m).sum(axis=1))
            near = away < rows["radius"] + radius_m + 0.3
            rows["asleep"][near] = 0
            rows["quiet_s"][near] = 0.0

    def set_motion(
        self, actor_id: int, velocity_mps: Float64 | None = None, angular_radps: Float64 | None = None
    ) -> None:
        """Give a body this velocity (of its middle) or this angular velocity at once, world axes."""
        index = self.row(actor_id)
        if velocity_mps is not None:
            self.rows["velocity"][index] = velocity_mps
        if angular_radps is not None:
            self.rows["angular"][index] = angular_radps
        self.wake(index)

    def push(self, actor_id: int, impulse_ns: Float64, force_n: Float64, at_world_m: Float64 | None) -> None:
        """An impulse now and a force through the coming tick, at a world point or at the middle."""
        index = self.row(actor_id)
        row = self.rows[index : index + 1]
        row["impulse"] += impulse_ns
        row["force"] += force_n
        if at_world_m is not None:
            arm = at_world_m - row["position"][0]
            row["twist"] += np.cross(arm, impulse_ns)
            row["torque"] += np.cross(arm, force_n)
        self.wake(index)

    def twist(self, actor_id: int, impulse_nms: Float64, torque_nm: Float64) -> None:
        """An angular impulse now and a torque through the coming tick."""
        index = self.row(actor_id)
        self.rows["twist"][index] += impulse_nms
        self.rows["torque"][index] += torque_nm
        self.wake(index)

    def step(self, delta_s: float, gravity_mps2: float) -> NDArray[np.void]:
        """Move all that is awake, publish it, and tell what touched what (EVENT_DTYPE)."""
        rows, table = self.rows, self._table
        if not len(rows):
            return NO_EVENTS
        if self._indexed_version != table.version:
            rows["table_row"] = [table.row_of[int(actor)] for actor in rows["actor_id"]]
            self._indexed_version = table.version
        awake = np.flatnonzero(rows["asleep"] == 0)
        if len(awake) < len(rows):
            woken = wake_by_vehicles(rows, self._fleet.rows, delta_s) + wake_by_walkers(rows, self._crowd.rows, delta_s)
            if len(awake) or woken:
                woken += wake_by_bodies(rows, delta_s)
            if woken:
                awake = np.flatnonzero(rows["asleep"] == 0)
        if not len(awake):
            self._touching = frozenset()
            return NO_EVENTS
        before = rows["velocity"].copy()
        touches = self._tumbling.run(rows, self._shapes, awake, delta_s, gravity_mps2)
        settle(rows, delta_s, STILL_MPS, STILL_RADPS, PATIENCE_S)
        moved = rows[awake]
        publish_loose(moved, delta_s, table.position, table.rpy, table.velocity, table.angular, table.acceleration)
        return self._events(touches, awake, before)

    def _partner(self, owner: int, awake: NDArray[np.int64]) -> Partner:
        if owner >= FIXED_BASE:
            return self._tumbling.fixed[owner - FIXED_BASE]
        if owner >= CARRIER_BASE:
            return self._tumbling.carrier(owner - CARRIER_BASE)
        row = self.rows[awake[owner]]
        return Partner(BodyKind(int(row["kind"])), int(row["actor_id"]))

    def _events(self, touches: Touches, awake: NDArray[np.int64], before: Float64) -> NDArray[np.void]:
        """One event a pair: the sum of its impulses; vehicles first, then walkers, then props, then what stands."""
        if not len(touches.owners):
            self._touching = frozenset()
            return NO_EVENTS
        sums: dict[tuple[int, int, int, int], tuple[Float64, Float64, float]] = {}
        for (one, two), impulse, point in zip(touches.owners, touches.impulse_ns, touches.point_m, strict=True):
            a, b = self._partner(int(one), awake), self._partner(int(two), awake)
            if (b.kind, b.number) < (a.kind, a.number):
                a, b, impulse = b, a, -impulse
            key = (int(a.kind), a.number, int(b.kind), b.number)
            weight = float(np.sqrt(np.square(impulse).sum()))
            total, middle, weights = sums.get(key, (np.zeros(3), np.zeros(3), 0.0))
            sums[key] = (total + impulse, middle + weight * point, weights + weight)
        sums = {key: value for key, value in sums.items() if value[2] > 0.0}
        events = np.zeros(len(sums), dtype=EVENT_DTYPE)
        for event, key in zip(events, sorted(sums), strict=True):
            impulse, middle, weights = sums[key]
            size = max(float(np.sqrt(np.square(impulse).sum())), 1e-12)
            event["a_kind"], event["a_id"], event["b_kind"], event["b_id"] = key
            event["impulse_x_ns"], event["impulse_y_ns"], event["impulse_z_ns"] = impulse
            event["normal_x"], event["normal_y"] = -impulse[:2] / size
            event["point_x_m"], event["point_y_m"], event["point_z_m"] = middle / weights
            event["began"] = key not in self._touching
        self._touching = frozenset(sums)
        return events
