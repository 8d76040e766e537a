"""Events of contacts: what sensor.other.collision tells its subscribers, once for each contact that begins.

Tested by tests/server/test_contacts.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgpack
import numpy as np
from numpy.typing import NDArray

from sim.base import carla_axes
from sim.server.actor_table import ActorEntry, actor_struct
from sim.server.bodies.contact import BodyKind
from sim.server.sensing.static_names import static_struct
from sim.wire.sensor_frame import FRAME_LENGTH, SENSOR_HEADER, SENSOR_HEADER_BYTES, SENSOR_TYPE_INDEX

if TYPE_CHECKING:
    from sim.server.world import World

COLLISION_SENSOR = "sensor.other.collision"


def publish_collisions(world: World, events: NDArray[np.void]) -> None:
    """Tell the collision sensors of both partners of each contact that began in this tick."""
    listeners: dict[int, list[int]] = {}
    for row, entry in enumerate(world.actors.entries):
        if entry.type_id == COLLISION_SENSOR and world.hub.has_listeners(entry.stream_id):
            listeners.setdefault(entry.parent_id, []).append(row)
    if not listeners:
        return
    for event in events:
        if not event["began"]:
            continue
        impulse = np.array([event["impulse_x_ns"], event["impulse_y_ns"], event["impulse_z_ns"]])
        first, second = int(event["a_id"]), int(event["b_id"])
        static = int(event["b_kind"]) == BodyKind.STATIC
        for sensor_row in listeners.get(first, ()):
            other = static_struct(world.surroundings.name_of_contact(second)) if static else _struct(world, second)
            _send(world, sensor_row, first, other, impulse)
        if not static:
            for sensor_row in listeners.get(second, ()):
                _send(world, sensor_row, second, _struct(world, first), -impulse)


def _send(world: World, sensor_row: int, own_id: int, other: list[Any], impulse_ns: NDArray[np.float64]) -> None:
    body = msgpack.packb([_struct(world, own_id), other, [float(x) for x in carla_axes.vector_to_carla(impulse_ns)]])
    frame = sensor_header(world, sensor_row) + body
    entry = world.actors.entries[sensor_row]
    world.hub.publish(entry.stream_id, (FRAME_LENGTH.pack(len(frame)) + frame,), may_drop=False)


def sensor_header(world: World, row: int) -> bytes:
    """The 48 bytes before a sensor's payload."""
    entry: ActorEntry = world.actors.entries[row]
    place = carla_axes.vector_to_carla(world.actors.position[row])
    turn = carla_axes.rpy_to_carla(world.actors.rpy[row])
    header = SENSOR_HEADER.pack(SENSOR_TYPE_INDEX[entry.type_id], world.frame, world.time_s, *place, *turn)
    return header[:SENSOR_HEADER_BYTES]


def _struct(world: World, actor_id: int) -> list[Any]:
    return actor_struct(world.entry(actor_id))
