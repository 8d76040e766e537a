"""All actors as one struct of arrays, in which the world-observer frame is built in place.

Row i of every array belongs to the same actor; rows keep the order in which actors were spawned. Poses and velocities are
float64 in our axes and authoritative; `records` is the wire's image of them and *is* the buffer that is sent.
Tested by tests/server/test_spawning.py.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.state import ActorKind
from sim.server.carla_values import wire_box
from sim.server.kernels.packing import follow_parents, pack_kinematics
from sim.server.traffic.trigger_volumes import TriggerVolume
from sim.wire.observer import ACTOR_ACTIVE, CONTROL_OFFSET, HEADER, RECORD, new_header, pack_header
from sim.wire.sensor_frame import FRAME_LENGTH

Float64 = NDArray[np.float64]

FIRST_RECORD_OFFSET = FRAME_LENGTH.size + HEADER.itemsize
"""Where the first record begins in `ActorTable.buffer`."""
_KINEMATICS_OFFSET = FIRST_RECORD_OFFSET + (RECORD.fields["kinematics"][1] if RECORD.fields else 0)
_INITIAL_CAPACITY = 64
_MOST_SKIPPED = 100_000
"""Ids that a replay may leave out at once."""
_STATE_COLUMNS = ("position", "rpy", "velocity", "angular", "acceleration", "box_center", "box_extent")


@dataclass(slots=True)
class ActorEntry:
    """What never changes about an actor, and what only its own calls need.

    `description` is the ActorDescription as it came over the wire. `box_center_m`, `box_extent_m` in the actor frame, our
    axes. `relative_position_m`, `relative_rotation` (3, 3) place it in its parent's frame when `parent_id` is not 0. `trigger` is
    the box on the road where a light or sign is noticed.
    """

    actor_id: int
    kind: ActorKind
    type_id: str
    description: list[Any]
    attributes: dict[str, str]
    tags: bytes
    token: bytes
    stream_id: int
    box_center_m: Float64
    box_extent_m: Float64
    parent_id: int = 0
    relative_position_m: Float64 = field(default_factory=lambda: np.zeros(3))
    relative_rotation: Float64 = field(default_factory=lambda: np.eye(3))
    dynamic: bool = True
    trigger: TriggerVolume | None = None


def actor_struct(entry: ActorEntry) -> list[Any]:
    """CARLA's Actor struct; its box is what the client calls the trigger volume of a light or sign."""
    trigger = entry.trigger
    if trigger is None:
        box = wire_box(entry.box_center_m, entry.box_extent_m, entry.actor_id)
    else:
        box = wire_box(trigger.center_m, trigger.extent_m, entry.actor_id, trigger.rpy_rad)
    return [entry.actor_id, entry.parent_id, entry.description, box, entry.tags, entry.token]


class ActorTable:
    """The actors of an episode."""

    def __init__(self) -> None:
        self.count = 0
        self.entries: list[ActorEntry] = []
        self.row_of: dict[int, int] = {}
        self.version = 0
        """Grows whenever rows appear, vanish or move, so that others know when to rebuild their row indices."""
        self._next_id = 1
        self._freed: dict[tuple[Any, ...], list[int]] = {}
        self._skipped: set[int] = set()
        self.records: NDArray[np.void] = np.zeros(0, dtype=RECORD)
        self.header: NDArray[np.void] = new_header()
        self._allocate(_INITIAL_CAPACITY)
        self._attached_version = -1

    def _allocate(self, capacity: int) -> None:
        buffer = bytearray(FIRST_RECORD_OFFSET + capacity * RECORD.itemsize)
        records = np.frombuffer(buffer, dtype=RECORD, offset=FIRST_RECORD_OFFSET)
        header = np.frombuffer(buffer, dtype=HEADER, count=1, offset=FRAME_LENGTH.size)
        columns = {name: np.zeros((capacity, 3)) for name in _STATE_COLUMNS}
        if self.count:
            records[: self.count] = self.records[: self.count]
            header[:] = self.header
            for name, column in columns.items():
                column[: self.count] = getattr(self, name)[: self.count]
        else:
            header[:] = new_header()
        self.capacity = capacity
        self.buffer = buffer
        self.view = memoryview(buffer)
        self.header = header
        self.records = records
        self.bytes: NDArray[np.uint8] = np.frombuffer(buffer, dtype=np.uint8)
        self.position: Float64 = columns["position"]
        self.rpy: Float64 = columns["rpy"]
        self.velocity: Float64 = columns["velocity"]
        self.angular: Float64 = columns["angular"]
        self.acceleration: Float64 = columns["acceleration"]
        self.box_center: Float64 = columns["box_center"]
        self.box_extent: Float64 = columns["box_extent"]

    def take_id(self, type_id: str, attributes: dict[str, str], parent_id: int, reuse: bool) -> int:
        """An id for a new actor: one that an identical actor gave back, or the next.

        The client caches descriptions by id for a whole episode, and its Traffic Manager's results depend on the ids of
        its vehicles. So an id returns only to an actor of the same description, lowest first, and a world that is emptied
        and filled again gets the same ids in the same order.
        """
        freed = self._freed.get(_description_key(type_id, attributes, parent_id)) if reuse else None
        if freed:
            return heapq.heappop(freed)
        self._next_id += 1
        return self._next_id - 1

    def claim_id(self, wanted: int, type_id: str, attributes: dict[str, str], parent_id: int) -> int:
        """The id that a replay wants for an actor when it is free for this description, otherwise any."""
        if 0 <= wanted - self._next_id < _MOST_SKIPPED:
            self._skipped.update(range(self._next_id, wanted))
            self._next_id = wanted + 1
            return wanted
        if wanted in self._skipped:
            self._skipped.remove(wanted)
            return wanted
        freed = self._freed.get(_description_key(type_id, attributes, parent_id), [])
        if wanted in freed:
            freed.remove(wanted)
            heapq.heapify(freed)
            return wanted
        return self.take_id(type_id, attributes, parent_id, reuse=True)

    def give_back(self, entry: ActorEntry) -> None:
        """The id may serve an identical actor again."""
        key = _description_key(entry.type_id, entry.attributes, entry.parent_id)
        heapq.heappush(self._freed.setdefault(key, []), entry.actor_id)

    def add(self, entry: ActorEntry, position_world_m: Float64, rpy_rad: Float64) -> int:
        """Append an actor at a pose; its row."""
        if self.count == self.capacity:
            self._allocate(self.capacity * 2)
        row = self.count
        self.count += 1
        self.entries.append(entry)
        self.row_of[entry.actor_id] = row
        self.position[row] = position_world_m
        self.rpy[row] = rpy_rad
        self.velocity[row] = self.angular[row] = self.acceleration[row] = 0.0
        self.box_center[row] = entry.box_center_m
        self.box_extent[row] = entry.box_extent_m
        record = self.records[row : row + 1]
        record.view(np.uint8)[:] = 0
        record["id"] = entry.actor_id
        record["actor_state"] = ACTOR_ACTIVE
        self.version += 1
        return row

    def remove(self, row: int) -> None:
        """Delete a row; later rows move up."""
        entry = self.entries.pop(row)
        del self.row_of[entry.actor_id]
        last = self.count
        for name in _STATE_COLUMNS:
            column = getattr(self, name)
            column[row : last - 1] = column[row + 1 : last].copy()
        self.records[row : last - 1] = self.records[row + 1 : last].copy()
        self.count = last - 1
        for later in range(row, self.count):
            self.row_of[self.entries[later].actor_id] = later
        self.version += 1

    def control_offset(self, row: int) -> int:
        """Where the union of an actor's record begins in `buffer`, for struct.pack_into."""
        return FIRST_RECORD_OFFSET + row * RECORD.itemsize + CONTROL_OFFSET

    def place_attached(self) -> None:
        """Move attached actors with their parents."""
        if self._attached_version != self.version:
            self._index_attached()
        if len(self._child_rows):
            follow_parents(
                self._child_rows,
                self._parent_rows,
                self._relative_position,
                self._relative_rotation,
                self.position,
                self.rpy,
                self.velocity,
                self.angular,
            )

    def attachment_changed(self) -> None:
        """A relative pose was changed."""
        self._attached_version = -1

    def _index_attached(self) -> None:
        rows = [row for row, entry in enumerate(self.entries) if entry.parent_id]
        rows.sort(key=self._depth)
        self._child_rows = np.array(rows, dtype=np.int64)
        self._parent_rows = np.array([self.row_of[self.entries[row].parent_id] for row in rows], dtype=np.int64)
        self._relative_position = np.array([self.entries[row].relative_position_m for row in rows]).reshape(-1, 3)
        self._relative_rotation = np.array([self.entries[row].relative_rotation for row in rows]).reshape(-1, 3, 3)
        self._attached_version = self.version

    def _depth(self, row: int) -> int:
        depth = 0
        parent_id = self.entries[row].parent_id
        while parent_id:
            depth += 1
            parent_id = self.entries[self.row_of[parent_id]].parent_id
        return depth

    def pack(self, frame: int, time_s: float, episode_id: int, delta_s: float, flags: int) -> memoryview:
        """Write the header and the kinematics of all rows into the records; the frame, with its u32 length before it."""
        count = self.count
        columns = (self.position, self.rpy, self.velocity, self.angular, self.acceleration)
        pack_kinematics(*columns, count, self.bytes, _KINEMATICS_OFFSET, RECORD.itemsize)
        size = HEADER.itemsize + count * RECORD.itemsize
        FRAME_LENGTH.pack_into(self.buffer, 0, size)
        pack_header(self.buffer, FRAME_LENGTH.size, frame, time_s, episode_id, delta_s, flags)
        return self.view[: FRAME_LENGTH.size + size]


def _description_key(type_id: str, attributes: dict[str, str], parent_id: int) -> tuple[Any, ...]:
    return (type_id, parent_id, *sorted(attributes.items()))
