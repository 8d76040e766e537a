"""apply_batch: many commands in one call, each with a result of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sim.base.errors import SimError
from sim.server.calls import actors, pushing, traffic_lights, vehicles, walkers
from sim.server.carla_values import transform
from sim.server.errors import DOES_NOT_FIT, CallError
from sim.server.spawning import destroy, spawn
from sim.server.world import World

_SPAWN, _DESTROY, _CONTROL, _CONSOLE = 0, 1, 2, 20
_NO_ACTOR_FIRST = (_SPAWN, _CONSOLE)


def apply_batch(world: World, commands: list[Any], tick: bool = False) -> list[Any]:
    """Run commands in order; then a tick when asked. One Response for each command."""
    most = world.limits.batch_commands
    if len(commands) > most:
        raise CallError(f"apply_batch: found {len(commands)} commands; allowed is {most}: send several batches")
    world.batch_commands_left = most - len(commands)
    world.batches_since_tick += 1
    results = walkers.apply_walker_states(world, commands) if walkers.are_walker_states(commands) else None
    if results is None:
        results = [_run(world, command) for command in commands]
    if tick:
        world.hub.let_expected_in()
        world.step()
    return results


def _run(world: World, command: list[Any]) -> list[Any]:
    tag, payload = command[0]
    try:
        if tag == _CONTROL:
            actor_id = payload[0]
            world.fleet.control(actor_id, world.row(actor_id), payload[1])
            return [[1, actor_id]]
        if tag == _SPAWN:
            return [[1, _spawn(world, payload)]]
        action = _ACTIONS.get(tag)
        if action is None:
            raise CallError(f"command {tag}: not served yet by this server")
        action(world, *payload)
        return [[1, payload[0]]]
    except SimError as error:
        return [[0, [str(error)]]]
    except DOES_NOT_FIT as error:
        return [[0, [f"command {tag}: found {str(payload)[:80]}, which does not fit: {error}"]]]


def _spawn(world: World, payload: list[Any]) -> int:
    description, pose, parent, _attachment, _socket, do_after = payload
    parent_id = parent[1] if len(parent) > 1 and parent[0] else 0
    world.batch_commands_left -= len(do_after)
    if world.batch_commands_left < 0:
        raise CallError(f"apply_batch: found more than {world.limits.batch_commands} commands: send several batches")
    entry = spawn(world, description, *transform(pose), parent_id)
    for following in do_after:
        tag, inner = following[0]
        if tag not in _NO_ACTOR_FIRST:
            inner = [entry.actor_id, *inner[1:]]
        _run(world, [[tag, inner]])
    return entry.actor_id


def _set_lights(world: World, actor_id: int, flags: int) -> None:
    vehicles.set_vehicle_light_state(world, actor_id, [flags])


_ACTIONS: Mapping[int, Callable[..., Any]] = {
    _DESTROY: destroy,
    3: vehicles.apply_ackermann_control_to_vehicle,
    4: walkers.apply_control_to_walker,
    5: vehicles.apply_physics_control,
    6: actors.set_actor_transform,
    7: walkers.apply_walker_state,
    8: pushing.set_actor_target_velocity,
    9: pushing.set_actor_target_angular_velocity,
    10: pushing.add_actor_impulse,
    11: pushing.add_actor_force,
    12: pushing.add_actor_angular_impulse,
    13: pushing.add_actor_torque,
    14: pushing.set_actor_simulate_physics,
    15: pushing.set_actor_enable_gravity,
    16: vehicles.known_vehicle,
    17: vehicles.known_vehicle,
    18: _set_lights,
    19: actors.set_actor_location,
    21: traffic_lights.set_traffic_light_state,
}
"""Command tags of the wire; SpawnActor, ApplyVehicleControl and ConsoleCommand are handled before."""

HANDLERS: Mapping[str, Callable[..., Any]] = {"apply_batch": apply_batch}
