"""Calls about any actor: spawning, placing, pushing, looking up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base import frames
from sim.base.errors import did_you_mean
from sim.base.state import ActorKind
from sim.server.actor_table import actor_struct
from sim.server.carla_values import location, transform, wire_box, wire_transform
from sim.server.errors import CallError
from sim.server.spawning import destroy, spawn, wake_around
from sim.server.vehicles.rig import lamps_of
from sim.server.world import World
from sim.wire.observer import ACTOR_DORMANT

ROOT_COMPONENT = "root"


def spawn_actor(world: World, description: Any, pose: Any) -> list[Any]:
    """A new actor; its Actor struct."""
    return actor_struct(spawn(world, description, *transform(pose)))


def spawn_actor_with_parent(
    world: World, description: Any, pose: Any, parent_id: int, attachment: int = 0, socket: str = ""
) -> list[Any]:
    """A new actor fixed to another; the pose is in the parent's frame."""
    return actor_struct(spawn(world, description, *transform(pose), parent_id))


def destroy_actor(world: World, actor_id: int) -> bool:
    """Take an actor out of the world."""
    return destroy(world, actor_id)


def set_actor_location(world: World, actor_id: int, position: Any) -> None:
    """Move an actor without turning it."""
    place(world, actor_id, location(position), None)


def set_actor_transform(world: World, actor_id: int, pose: Any) -> None:
    """Put an actor somewhere else; its velocity stays."""
    place(world, actor_id, *transform(pose))


def place(world: World, actor_id: int, position_m: NDArray[np.float64], rpy_rad: NDArray[np.float64] | None) -> None:
    """Set a pose in our axes; of an attached actor it is the pose in its parent's frame."""
    row = world.row(actor_id)
    entry = world.actors.entries[row]
    if entry.parent_id:
        entry.relative_position_m = position_m
        if rpy_rad is not None:
            entry.relative_rotation = frames.rotation_from_rpy(rpy_rad)
        world.actors.attachment_changed()
        return
    if entry.kind in (ActorKind.VEHICLE, ActorKind.PROP):
        wake_around(world, row)
    world.actors.position[row] = position_m
    if rpy_rad is not None:
        world.actors.rpy[row] = rpy_rad
    if entry.kind is ActorKind.VEHICLE:
        world.fleet.teleported(entry.actor_id, world.actors.position[row], world.actors.rpy[row])
    elif entry.kind is ActorKind.WALKER:
        world.crowd.teleported(entry.actor_id, position_m, float(world.actors.rpy[row, 2]))
    elif world.loose.holds(entry.actor_id):
        world.loose.place(entry.actor_id)
    elif world.props.holds(entry.actor_id):
        world.props.moved()
    if entry.kind in (ActorKind.VEHICLE, ActorKind.PROP):
        wake_around(world, row)


def set_actor_dead(world: World, actor_id: int) -> None:
    """Mark an actor dormant; a walker falls and stays lying."""
    if world.crowd.holds(actor_id):
        world.crowd.kill(actor_id)
    world.actors.records["actor_state"][world.row(actor_id)] = ACTOR_DORMANT


def get_actor_bounding_box(world: World, actor_id: int) -> list[Any]:
    """The box in the actor's frame."""
    entry = world.entry(actor_id)
    return wire_box(entry.box_center_m, entry.box_extent_m, entry.actor_id)


def get_actor_component_world_transform(world: World, actor_id: int, name: str) -> list[Any]:
    """The pose of a component in the world."""
    row = world.row(actor_id)
    actor = frames.pose(world.actors.position[row], world.actors.rpy[row])
    return _pose(actor @ _component(world, actor_id, name))


def get_actor_component_relative_transform(world: World, actor_id: int, name: str) -> list[Any]:
    """The pose of a component in the actor's frame."""
    return _pose(_component(world, actor_id, name))


def get_actor_component_names(world: World, actor_id: int) -> list[str]:
    """The root; of a vehicle also its lamps, as far as it has any."""
    entry = world.entry(actor_id)
    return [ROOT_COMPONENT, *(lamps_of(entry.type_id) if entry.kind is ActorKind.VEHICLE else ())]


def _component(world: World, actor_id: int, name: str) -> NDArray[np.float64]:
    entry = world.entry(actor_id)
    if name == ROOT_COMPONENT:
        return np.eye(4)
    lamps = lamps_of(entry.type_id) if entry.kind is ActorKind.VEHICLE else {}
    if name not in lamps:
        known = ", ".join([ROOT_COMPONENT, *lamps])
        raise CallError(f'component: found "{name}"; {entry.type_id} has {known}.{did_you_mean(name, lamps)}')
    pose: NDArray[np.float64] = lamps[name]
    return pose


def _pose(target_from_component: NDArray[np.float64]) -> list[Any]:
    return wire_transform(target_from_component[:3, 3], frames.rpy_from_rotation(target_from_component[:3, :3]))


HANDLERS: Mapping[str, Callable[..., Any]] = {
    handler.__name__: handler
    for handler in (
        spawn_actor,
        spawn_actor_with_parent,
        destroy_actor,
        set_actor_location,
        set_actor_transform,
        set_actor_dead,
        get_actor_bounding_box,
        get_actor_component_world_transform,
        get_actor_component_relative_transform,
        get_actor_component_names,
    )
}
