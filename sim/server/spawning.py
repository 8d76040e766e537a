"""Actors come and go: descriptions checked, places checked, ids given out, streams opened."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base import frames
from sim.base.state import ActorKind
from sim.catalogue.props import PROPS
from sim.catalogue.vehicles import VEHICLES
from sim.server.actor_table import ActorEntry
from sim.server.blueprint_book import check, shape_of
from sim.server.bodies.shapes import solids_of_vehicle
from sim.server.bodies.spawn_space import open_above, overlaps
from sim.server.carla_values import utf8, whole
from sim.server.errors import CallError
from sim.server.sensing.limits import check_attributes
from sim.server.vehicles.friction_volumes import FRICTION_VOLUME
from sim.server.world import World
from sim.wire.sensor_frame import CLIENT_SIDE_SENSORS

Float64 = NDArray[np.float64]

STREAM_ID_BASE = 16
"""A sensor's stream id is its actor id plus this: unique, and the same whenever the id is the same."""

_SOLID = (ActorKind.VEHICLE, ActorKind.WALKER, ActorKind.PROP)
_OFFSET_REACH_M = 2.0
"""A box's centre lies at most this far from its actor's origin in the plane."""
COLLISION_MESSAGE = "Spawn failed because of collision at spawn position"


def spawn(
    world: World, description: Any, position_m: Float64, rpy_rad: Float64, parent_id: int = 0, *, wanted_id: int = 0
) -> ActorEntry:
    """Put an actor into the world; its pose is relative to the parent when there is one. CallError when it cannot be.

    `wanted_id`: a replay brings it back under this id if it can, whatever stands in its place.
    """
    if not isinstance(description, list) or len(description) < 3:
        raise CallError("Spawn failed because of invalid actor description")
    if world.actors.count >= world.limits.actors:
        raise CallError(
            f"Spawn failed: found {world.actors.count} actors alive, those of the map among them; allowed is "
            f"{world.limits.actors}: destroy some, or start the server with a greater --max-actors"
        )
    type_id = utf8(description[1])
    given = [[utf8(item[0]), whole(item[1], "attribute type", 0, 255), utf8(item[2])] for item in description[2]]
    description = [whole(description[0], "blueprint uid"), type_id, given]
    attributes = {str(name): str(value) for name, _, value in given}
    check(type_id, attributes)
    check_attributes(type_id, attributes)
    shape = shape_of(type_id, attributes)
    parent_row = -1
    if parent_id:
        if parent_id not in world.actors.row_of:
            raise CallError("unable to attach actor: parent actor not found")
        parent_row = world.row(parent_id)
    world_position, world_rpy = position_m, rpy_rad
    if parent_row >= 0:
        world_position, world_rpy = _attached_pose(world, parent_row, position_m, rpy_rad)
    elif shape.kind in _SOLID and not wanted_id:
        _check_free(world, shape.box_center_m, shape.box_extent_m, world_position, world_rpy)
    sensor = shape.kind is ActorKind.SENSOR
    if wanted_id:
        actor_id = world.actors.claim_id(wanted_id, type_id, attributes, parent_id)
    else:
        actor_id = world.actors.take_id(type_id, attributes, parent_id, reuse=not sensor)
    streamed = sensor and type_id not in CLIENT_SIDE_SENSORS
    stream_id = STREAM_ID_BASE + actor_id if streamed else 0
    entry = ActorEntry(
        actor_id=actor_id,
        kind=shape.kind,
        type_id=type_id,
        description=description,
        attributes=attributes,
        tags=shape.tags,
        token=world.token(stream_id) if streamed else b"",
        stream_id=stream_id,
        box_center_m=shape.box_center_m,
        box_extent_m=shape.box_extent_m,
        parent_id=parent_id,
        relative_position_m=position_m,
        relative_rotation=frames.rotation_from_rpy(rpy_rad),
    )
    world.actors.add(entry, world_position, world_rpy)
    if streamed:
        world.hub.open(stream_id)
    if sensor and not world.empty:
        world.sensors.expect(type_id)
    _set_in_motion(world, entry, world_position, world_rpy)
    return entry


def _set_in_motion(world: World, entry: ActorEntry, position_m: Float64, rpy_rad: Float64) -> None:
    """Hand a new actor to what moves its kind; attached ones are moved by their parents alone."""
    if entry.kind is ActorKind.VEHICLE:
        sticky = entry.attributes.get("sticky_control", "True").lower() != "false"
        world.fleet.add(entry.actor_id, entry.type_id, position_m, rpy_rad, sticky)
        if entry.parent_id:
            world.fleet.rows["simulate_physics"][-1] = 0
            world.fleet.rows["collides"][-1] = 0
    elif entry.parent_id:
        return
    elif entry.kind is ActorKind.WALKER:
        world.crowd.add(entry.actor_id, entry.type_id, position_m, rpy_rad, entry.attributes)
    elif entry.kind is ActorKind.PROP and entry.type_id in PROPS:
        world.props.add(entry.actor_id)
    elif entry.type_id == FRICTION_VOLUME:
        world.fleet.volumes.add(entry.actor_id, entry.attributes)


def destroy(world: World, actor_id: Any) -> bool:
    """Take an actor out of the world; what was attached to it stays where it is."""
    entry = world.entry(actor_id)
    if entry is world.spectator or entry.type_id.startswith("traffic."):
        raise CallError(f"actor {actor_id}: {entry.type_id} belongs to the map and cannot be destroyed")
    world.fleet.volumes.remove(entry.actor_id)
    if entry.kind is ActorKind.VEHICLE:
        world.doors.forget(entry.actor_id)
        world.fleet.remove(entry.actor_id)
        world.rules.forget(entry.actor_id)
    elif entry.kind is ActorKind.WALKER and world.crowd.holds(entry.actor_id):
        world.crowd.remove(entry.actor_id)
    elif world.loose.holds(entry.actor_id):
        world.loose.remove(entry.actor_id)
    elif entry.kind is ActorKind.PROP:
        world.props.remove(entry.actor_id)
    if entry.stream_id:
        world.hub.close(entry.stream_id)
    if entry.kind in (ActorKind.VEHICLE, ActorKind.PROP):
        wake_around(world, world.actors.row_of[entry.actor_id])
    for other in world.actors.entries:
        if other.parent_id == entry.actor_id:
            _let_go(world, other)
    world.actors.remove(world.actors.row_of[entry.actor_id])
    if entry.kind is not ActorKind.SENSOR:
        world.actors.give_back(entry)
    return True


def wake_around(world: World, row: int) -> None:
    """Something solid leaves or comes there: loose bodies that slept against it, or on it, move again."""
    if len(world.loose):
        world.loose.disturb(world.actors.position[row], float(np.linalg.norm(world.actors.box_extent[row])))


def _let_go(world: World, entry: ActorEntry) -> None:
    """An attached actor's parent is gone: it stays where it is, a prop as a fixed one, a walker on its own feet."""
    entry.parent_id = 0
    row = world.actors.row_of[entry.actor_id]
    world.actors.velocity[row] = world.actors.angular[row] = world.actors.acceleration[row] = 0.0
    if entry.kind is ActorKind.PROP and entry.type_id in PROPS:
        world.props.add(entry.actor_id)
    elif entry.kind is ActorKind.WALKER:
        world.crowd.add(
            entry.actor_id, entry.type_id, world.actors.position[row], world.actors.rpy[row], entry.attributes
        )


def _attached_pose(world: World, parent_row: int, position_m: Float64, rpy_rad: Float64) -> tuple[Float64, Float64]:
    parent = frames.pose(world.actors.position[parent_row], world.actors.rpy[parent_row])
    child = parent @ frames.pose(position_m, rpy_rad)
    return child[:3, 3], frames.rpy_from_rotation(child[:3, :3])


def _check_free(world: World, center_m: Float64, extent_m: Float64, position_m: Float64, rpy_rad: Float64) -> None:
    """CallError when the box of a new actor would overlap that of another solid actor."""
    table = world.actors
    rows = np.array([row for row, entry in enumerate(table.entries) if entry.kind in _SOLID], dtype=np.int64)
    if not len(rows):
        return
    near = np.hypot(*(table.position[rows, :2] - position_m[:2]).T)
    rows = rows[near <= np.hypot(*extent_m[:2]) + np.hypot(*table.box_extent[rows, :2].T) + _OFFSET_REACH_M]
    turn = frames.rotation_from_rpy(rpy_rad)
    box_half = np.abs(turn) @ extent_m
    box_low, box_high = position_m + turn @ center_m - box_half, position_m + turn @ center_m + box_half
    centers = frames.rotation_from_rpy(table.rpy[rows]) @ table.box_center[rows, :, None]
    taken = overlaps(
        position_m + frames.rotation_from_rpy(rpy_rad) @ center_m,
        float(rpy_rad[2]),
        extent_m,
        table.position[rows] + centers[:, :, 0],
        table.rpy[rows, 2],
        table.box_extent[rows],
    )
    if any(not _clear_of_deck(world, int(row), box_low, box_high) for row in rows[taken]):
        raise CallError(COLLISION_MESSAGE)


def _clear_of_deck(world: World, row: int, box_low_m: Float64, box_high_m: Float64) -> bool:
    """Whether the overlap is only with the open space above a load bed."""
    spec = VEHICLES.get(world.actors.entries[row].type_id)
    if spec is None or spec.deck is None:
        return False
    table = world.actors
    center = table.position[row] + frames.rotation_from_rpy(table.rpy[row]) @ table.box_center[row]
    return open_above(solids_of_vehicle(spec), center, table.rpy[row], box_low_m, box_high_m)
