"""Calls that push actors: velocities, forces, impulses, and whether physics and contacts act on them at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from sim.base import carla_axes
from sim.base.state import ActorKind
from sim.server.carla_values import location, triple, vector
from sim.server.errors import CallError
from sim.server.vehicles import state as vehicle_state
from sim.server.world import World

_MAX_SPEED_MPS = 300.0


def set_actor_target_velocity(world: World, actor_id: int, velocity: Any) -> None:
    """Give the actor this world velocity (m/s) at once."""
    row = world.row(actor_id)
    value = vector(velocity, "velocity", _MAX_SPEED_MPS)
    kind = world.actors.entries[row].kind
    if kind is ActorKind.VEHICLE:
        vehicle_state.set_velocity(world.fleet.rows, world.fleet.row(actor_id), value.tolist())
    elif kind is ActorKind.PROP and not world.actors.entries[row].parent_id:
        world.props.rows["velocity"][world.props.row(actor_id)] = value[:2]
    world.actors.velocity[row] = value


def set_actor_target_angular_velocity(world: World, actor_id: int, rate: Any) -> None:
    """Turn at this rate (deg/s) about the vertical at once."""
    value = carla_axes.angular_velocity_from_carla(triple(rate, "angular velocity", 1e5))
    row = world.row(actor_id)
    if world.actors.entries[row].kind is ActorKind.VEHICLE:
        vehicle_state.set_yaw_rate(world.fleet.rows, world.fleet.row(actor_id), float(value[2]))
    world.actors.angular[row] = value


def enable_actor_constant_velocity(world: World, actor_id: int, velocity: Any) -> None:
    """Hold a velocity in the vehicle's own frame until told otherwise."""
    value = vector(velocity, "velocity", _MAX_SPEED_MPS)
    vehicle_state.set_constant_velocity(world.fleet.rows, world.fleet.row(actor_id), value.tolist())


def disable_actor_constant_velocity(world: World, actor_id: int) -> None:
    """Move by physics again."""
    vehicle_state.set_constant_velocity(world.fleet.rows, world.fleet.row(actor_id), None)


def add_actor_impulse(world: World, actor_id: int, impulse: Any, at: Any = None) -> None:
    """Push once (N s), at a world point or at the centre of mass."""
    point = None if at is None else location(at).tolist()
    row = world.fleet.row(actor_id)
    vehicle_state.apply_impulse(world.fleet.rows, row, vector(impulse, "impulse", 1e8).tolist(), point)


def add_actor_force(world: World, actor_id: int, force: Any, at: Any = None) -> None:
    """Push for one tick (N), at a world point or at the centre of mass."""
    point = None if at is None else location(at).tolist()
    row = world.fleet.row(actor_id)
    vehicle_state.apply_force(world.fleet.rows, row, vector(force, "force", 1e8).tolist(), point)


def add_actor_angular_impulse(world: World, actor_id: int, impulse: Any) -> None:
    """Twist once about the vertical (N m s; an axial vector, so CARLA's z is minus ours)."""
    value = triple(impulse, "angular impulse", 1e8)
    world.fleet.rows["angular_impulse_z_nms"][world.fleet.row(actor_id)] -= value[2]


def add_actor_torque(world: World, actor_id: int, torque: Any) -> None:
    """Twist for one tick about the vertical (N m; an axial vector, so CARLA's z is minus ours)."""
    value = triple(torque, "torque", 1e8)
    world.fleet.rows["torque_z_nm"][world.fleet.row(actor_id)] -= value[2]


def set_actor_simulate_physics(world: World, actor_id: int, enabled: bool) -> None:
    """Whether the actor moves by itself; without physics it stays where it is put."""
    _set_flag(world, actor_id, "simulate_physics", "physics", bool(enabled))


def set_actor_collisions(world: World, actor_id: int, enabled: bool) -> None:
    """Whether the actor meets others."""
    _set_flag(world, actor_id, "collides", "collides", bool(enabled))


def set_actor_enable_gravity(world: World, actor_id: int, enabled: bool) -> None:
    """Whether a vehicle follows the ground."""
    if world.entry(actor_id).kind is ActorKind.VEHICLE:
        world.fleet.rows["gravity"][world.fleet.row(actor_id)] = bool(enabled)


def _set_flag(world: World, actor_id: int, vehicle_field: str, other_field: str, enabled: bool) -> None:
    entry = world.entry(actor_id)
    if entry.kind is ActorKind.VEHICLE:
        row = world.fleet.row(actor_id)
        world.fleet.rows[vehicle_field][row] = enabled
        if vehicle_field == "simulate_physics" and not enabled:
            vehicle_state.set_velocity(world.fleet.rows, row, (0.0, 0.0, 0.0))
            vehicle_state.set_yaw_rate(world.fleet.rows, row, 0.0)
    elif entry.parent_id:
        return
    elif entry.kind is ActorKind.WALKER:
        world.crowd.rows[other_field][world.crowd.row(actor_id)] = enabled
    elif entry.kind is ActorKind.PROP:
        world.props.rows[other_field][world.props.row(actor_id)] = enabled
    elif np.any(world.actors.box_extent[world.row(actor_id)]):
        raise CallError(f"actor {actor_id}: {entry.type_id} belongs to the map and stays as it is")


HANDLERS: Mapping[str, Callable[..., Any]] = {
    **{
        handler.__name__: handler
        for handler in (
            set_actor_target_velocity,
            set_actor_target_angular_velocity,
            enable_actor_constant_velocity,
            disable_actor_constant_velocity,
            add_actor_impulse,
            add_actor_force,
            add_actor_angular_impulse,
            add_actor_torque,
            set_actor_simulate_physics,
            set_actor_collisions,
            set_actor_enable_gravity,
        )
    },
    "add_actor_impulse_at_location": add_actor_impulse,
    "add_actor_force_at_location": add_actor_force,
}
