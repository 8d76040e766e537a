"""Calls about vehicles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sim.server.world import World


def apply_control_to_vehicle(world: World, actor_id: int, control: list[float]) -> None:
    """Pedals and wheel until the next command."""
    world.fleet.control(actor_id, world.row(actor_id), control)


def get_vehicle_light_state(world: World, actor_id: int) -> list[int]:
    """Lamp flags."""
    return [world.fleet.light_flags[actor_id]]


def set_vehicle_light_state(world: World, actor_id: int, state: list[int]) -> None:
    """Switch lamps."""
    world.row(actor_id)
    world.fleet.light_flags[actor_id] = int(state[0])


def get_vehicle_light_states(world: World) -> list[list[int]]:
    """Lamp flags of all vehicles."""
    return [[actor_id, flags] for actor_id, flags in world.fleet.light_flags.items()]


def set_actor_autopilot(world: World, actor_id: int, enabled: bool) -> None:
    """The Traffic Manager lives in the client; there is nothing to do here."""
    world.row(actor_id)


HANDLERS: Mapping[str, Callable[..., Any]] = {
    handler.__name__: handler
    for handler in (
        apply_control_to_vehicle,
        get_vehicle_light_state,
        set_vehicle_light_state,
        get_vehicle_light_states,
        set_actor_autopilot,
    )
}
