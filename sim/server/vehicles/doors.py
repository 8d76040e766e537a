"""Doors of vehicles that are not shut: each is an attached actor that swings about its hinge in SWING_S.

An opened door appears as an actor of type DOOR_TYPE at its hinge and swings open; closed, it swings back and goes away when it
is shut. Its share of the swing follows 3 s² - 2 s³, so that it starts and stops gently. Doors are seen by cameras and by sensors
that cast rays; they collide with nobody. Tested by tests/server/test_doors.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.base import frames
from sim.base.state import ActorKind
from sim.catalogue.blueprints import find_blueprint
from sim.catalogue.doors import DOOR_TYPE, SWING_S, Door, DoorNumber, doors_of
from sim.server.actor_table import ActorEntry, ActorTable

Float64 = NDArray[np.float64]


@dataclass(slots=True)
class _Leaf:
    """One door that is not shut; `share` of its swing, 0 shut, 1 open, and which way it goes."""

    door: Door
    actor_id: int
    share: float
    opening: bool


class Doors:
    """All doors of an episode that are not shut, by vehicle and number."""

    def __init__(self, table: ActorTable) -> None:
        self._table = table
        self._leaves: dict[tuple[int, DoorNumber], _Leaf] = {}
        self._swinging: list[tuple[int, DoorNumber]] = []

    def open(self, vehicle: ActorEntry, number: DoorNumber) -> None:
        """Let a door swing open, or all; vehicles without doors that move, and numbers that one does not have, do nothing."""
        for door in doors_of(vehicle.type_id):
            if number in (door.number, DoorNumber.ALL):
                self._open(vehicle, door)

    def close(self, vehicle: ActorEntry, number: DoorNumber) -> None:
        """Let a door swing shut, or all."""
        for key, leaf in self._leaves.items():
            if key[0] == vehicle.actor_id and number in (key[1], DoorNumber.ALL):
                leaf.opening = False
                self._swing(key)

    def step(self, delta_s: float) -> None:
        """Swing what swings by one tick."""
        if not self._swinging:
            return
        still = []
        for key in self._swinging:
            leaf = self._leaves[key]
            if leaf.actor_id not in self._table.row_of:  # a client destroyed it: the door is shut
                del self._leaves[key]
                continue
            way = delta_s / SWING_S
            leaf.share = min(leaf.share + way, 1.0) if leaf.opening else max(leaf.share - way, 0.0)
            if leaf.share > 0.0:
                self._turn(leaf)
                if leaf.share < 1.0:
                    still.append(key)
            else:
                del self._leaves[key]
                self._remove(leaf.actor_id)
        self._swinging = still

    def forget(self, vehicle_id: int) -> None:
        """A vehicle is destroyed: its doors go with it, also those of a replay."""
        for key in [key for key in self._leaves if key[0] == vehicle_id]:
            del self._leaves[key]
        self._swinging = [key for key in self._swinging if key[0] != vehicle_id]
        entries = self._table.entries
        for actor_id in [e.actor_id for e in entries if e.parent_id == vehicle_id and e.type_id == DOOR_TYPE]:
            self._remove(actor_id)

    def _open(self, vehicle: ActorEntry, door: Door) -> None:
        key = (vehicle.actor_id, door.number)
        leaf = self._leaves.get(key)
        if leaf is None or leaf.actor_id not in self._table.row_of:
            leaf = self._leaves[key] = _Leaf(door, self._appear(vehicle, door), 0.0, True)
        leaf.opening = True
        self._swing(key)

    def _swing(self, key: tuple[int, DoorNumber]) -> None:
        if key not in self._swinging:
            self._swinging.append(key)

    def _appear(self, vehicle: ActorEntry, door: Door) -> int:
        """The actor of a door that is just shut; its id."""
        table = self._table
        blueprint = find_blueprint(DOOR_TYPE)
        color = vehicle.attributes.get("color", "")
        given = {"role_name": "door", "vehicle": vehicle.type_id, "door": door.number.name, "color": color}
        values = {item.id: given.get(item.id) or item.value for item in blueprint.attributes}
        low, high = np.array(door.low_m), np.array(door.high_m)
        entry = ActorEntry(
            actor_id=table.take_id(DOOR_TYPE, values, vehicle.actor_id, reuse=True),
            kind=ActorKind.PROP,
            type_id=DOOR_TYPE,
            description=[
                blueprint.uid,
                DOOR_TYPE,
                [[item.id, int(item.type), values[item.id]] for item in blueprint.attributes],
            ],
            attributes=values,
            tags=vehicle.tags,
            token=b"",
            stream_id=0,
            box_center_m=(low + high) / 2.0,
            box_extent_m=(high - low) / 2.0,
            parent_id=vehicle.actor_id,
            relative_position_m=np.array(door.hinge_m),
        )
        row = table.row_of[vehicle.actor_id]
        at = frames.pose(table.position[row], table.rpy[row])
        table.add(entry, frames.apply(at, entry.relative_position_m), table.rpy[row].copy())
        return entry.actor_id

    def _turn(self, leaf: _Leaf) -> None:
        eased = leaf.share * leaf.share * (3.0 - 2.0 * leaf.share)
        entry = self._table.entries[self._table.row_of[leaf.actor_id]]
        entry.relative_rotation = frames.rotation_from_rpy(eased * np.array(leaf.door.open_rpy_rad))
        self._table.attachment_changed()

    def _remove(self, actor_id: int) -> None:
        row = self._table.row_of[actor_id]
        entry = self._table.entries[row]
        self._table.remove(row)
        self._table.give_back(entry)
