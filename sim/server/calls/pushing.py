"""Calls that push actors: velocities, forces, impulses, and whether physics and contacts act on them at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base import carla_axes
from sim.base.state import ActorKind
from sim.catalogue.props import PROPS
from sim.server.actor_table import ActorEntry
from sim.server.bodies.contact import BodyKind
from sim.server.bodies.shapes import shape_of_prop
from sim.server.carla_values import location, triple, vector
from sim.server.errors import CallError
from sim.server.vehicles import state as vehicle_state
from sim.server.world import World

Float64 = NDArray[np.float64]

_MAX_SPEED_MPS = 300.0


def set_actor_target_velocity(world: World, actor_id: int, velocity: Any) -> None:
    """Give the actor this world velocity (m/s) at once."""
    row = world.row(actor_id)
    value = vector(velocity, "velocity", _MAX_SPEED_MPS)
    if world.actors.entries[row].kind is ActorKind.VEHICLE:
        vehicle_state.set_velocity(world.fleet.rows, world.fleet.row(actor_id), value.tolist())
    elif world.loose.holds(actor_id):
        world.loose.set_motion(actor_id, velocity_mps=value)
    world.actors.velocity[row] = value


def set_actor_target_angular_velocity(world: World, actor_id: int, rate: Any) -> None:
    """Turn at this rate (deg/s) at once; about level axes a vehicle's springs let it only rock."""
    value = carla_axes.angular_velocity_from_carla(triple(rate, "angular velocity", 1e5))
    row = world.row(actor_id)
    if world.actors.entries[row].kind is ActorKind.VEHICLE:
        vehicle_state.set_rates(world.fleet.rows, world.fleet.row(actor_id), value.tolist())
    elif world.loose.holds(actor_id):
        world.loose.set_motion(actor_id, angular_radps=value)
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
    _push(world, actor_id, vector(impulse, "impulse", 1e8), at, impulse=True)


def add_actor_force(world: World, actor_id: int, force: Any, at: Any = None) -> None:
    """Push for one tick (N), at a world point or at the centre of mass."""
    _push(world, actor_id, vector(force, "force", 1e8), at, impulse=False)


def _push(world: World, actor_id: int, value: Float64, at: Any, impulse: bool) -> None:
    point = None if at is None else location(at)
    if world.loose.holds(actor_id):
        nothing = np.zeros(3)
        world.loose.push(actor_id, value if impulse else nothing, nothing if impulse else value, point)
    elif not _stays(world, actor_id):
        apply = vehicle_state.apply_impulse if impulse else vehicle_state.apply_force
        where = None if point is None else point.tolist()
        apply(world.fleet.rows, world.fleet.row(actor_id), value.tolist(), where)


def add_actor_angular_impulse(world: World, actor_id: int, impulse: Any) -> None:
    """Twist once (N m s; an axial vector, so CARLA's x and z are minus ours)."""
    _twist(world, actor_id, triple(impulse, "angular impulse", 1e8), impulse=True)


def add_actor_torque(world: World, actor_id: int, torque: Any) -> None:
    """Twist for one tick (N m; an axial vector, so CARLA's x and z are minus ours)."""
    _twist(world, actor_id, triple(torque, "torque", 1e8), impulse=False)


def _twist(world: World, actor_id: int, value: Any, impulse: bool) -> None:
    ours = np.array([-value[0], value[1], -value[2]])
    if world.loose.holds(actor_id):
        nothing = np.zeros(3)
        world.loose.twist(actor_id, ours if impulse else nothing, nothing if impulse else ours)
    elif not _stays(world, actor_id):
        vehicle_state.apply_torque(world.fleet.rows, world.fleet.row(actor_id), tuple(ours.tolist()), impulse)


def _stays(world: World, actor_id: int) -> bool:
    """Whether forces do nothing to the actor, as in CARLA: props without physics, people on their feet, the map's own."""
    return world.entry(actor_id).kind is not ActorKind.VEHICLE


def set_actor_simulate_physics(world: World, actor_id: int, enabled: bool) -> None:
    """Whether the actor moves by itself. A prop with physics is a loose body, one without stands where it is; an attached
    prop is let go of by physics, as Unreal does, with the velocity it had."""
    entry = world.entry(actor_id)
    if entry.kind is ActorKind.VEHICLE:
        _set_vehicle_physics(world, actor_id, bool(enabled))
    elif entry.kind is ActorKind.PROP and entry.type_id in PROPS:
        _set_prop_physics(world, entry, bool(enabled))
    elif entry.kind is ActorKind.WALKER and not entry.parent_id:
        world.crowd.rows["physics"][world.crowd.row(actor_id)] = bool(enabled)
    else:
        _check_own(world, entry)


def set_actor_collisions(world: World, actor_id: int, enabled: bool) -> None:
    """Whether the actor meets others; the ground carries it all the same."""
    entry = world.entry(actor_id)
    if entry.kind is ActorKind.VEHICLE:
        world.fleet.rows["collides"][world.fleet.row(actor_id)] = bool(enabled)
    elif world.loose.holds(actor_id):
        world.loose.rows["collides"][world.loose.row(actor_id)] = bool(enabled)
        world.loose.wake(world.loose.row(actor_id))
    elif world.props.holds(actor_id):
        world.props.set_collides(actor_id, bool(enabled))
    elif entry.kind is ActorKind.WALKER and not entry.parent_id:
        world.crowd.rows["collides"][world.crowd.row(actor_id)] = bool(enabled)
    else:
        _check_own(world, entry)


def set_actor_enable_gravity(world: World, actor_id: int, enabled: bool) -> None:
    """Whether a vehicle follows the ground, and whether a loose body falls."""
    if world.entry(actor_id).kind is ActorKind.VEHICLE:
        world.fleet.rows["gravity"][world.fleet.row(actor_id)] = bool(enabled)
    elif world.loose.holds(actor_id):
        world.loose.rows["gravity"][world.loose.row(actor_id)] = bool(enabled)
        world.loose.wake(world.loose.row(actor_id))


def _set_vehicle_physics(world: World, actor_id: int, enabled: bool) -> None:
    row = world.fleet.row(actor_id)
    world.fleet.rows["simulate_physics"][row] = enabled
    if enabled:
        world.fleet.show_physical_wheels(actor_id)
    else:
        vehicle_state.set_velocity(world.fleet.rows, row, (0.0, 0.0, 0.0))
        vehicle_state.set_yaw_rate(world.fleet.rows, row, 0.0)


def _set_prop_physics(world: World, entry: ActorEntry, enabled: bool) -> None:
    actor_id = entry.actor_id
    if enabled and not world.loose.holds(actor_id):
        if entry.parent_id:
            entry.parent_id = 0
            world.actors.attachment_changed()
            collides = True
        else:
            collides = world.props.remove(actor_id)
        shape = shape_of_prop(PROPS[entry.type_id])
        world.loose.add(actor_id, BodyKind.PROP, shape, float(entry.box_center_m[2]), collides)
    elif not enabled and world.loose.holds(actor_id):
        collides = bool(world.loose.rows["collides"][world.loose.row(actor_id)])
        world.loose.remove(actor_id)
        world.props.add(actor_id, collides)
        row = world.row(actor_id)
        world.actors.velocity[row] = world.actors.angular[row] = world.actors.acceleration[row] = 0.0


def _check_own(world: World, entry: ActorEntry) -> None:
    """CallError for what belongs to the map; sensors and attached actors have nothing to switch."""
    if not entry.parent_id and np.any(world.actors.box_extent[world.row(entry.actor_id)]):
        raise CallError(f"actor {entry.actor_id}: {entry.type_id} belongs to the map and stays as it is")


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
