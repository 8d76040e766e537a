"""Calls about traffic lights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from sim.base import frames
from sim.base.state import LightState
from sim.server.carla_values import finite, wire_box
from sim.server.world import World


def set_traffic_light_state(world: World, actor_id: int, state: int) -> None:
    """Show a state until the group switches."""
    world.board.set_state(actor_id, state)


def set_traffic_light_green_time(world: World, actor_id: int, time_s: float) -> None:
    """Time of green in s."""
    world.board.set_time(actor_id, LightState.GREEN, finite(time_s, "green time"))


def set_traffic_light_yellow_time(world: World, actor_id: int, time_s: float) -> None:
    """Time of yellow in s."""
    world.board.set_time(actor_id, LightState.YELLOW, finite(time_s, "yellow time"))


def set_traffic_light_red_time(world: World, actor_id: int, time_s: float) -> None:
    """Time between this phase's yellow and the next phase's green, when all show red, in s."""
    world.board.set_time(actor_id, LightState.RED, finite(time_s, "red time"))


def freeze_traffic_light(world: World, actor_id: int, frozen: bool) -> None:
    """Stop or restart a light's group."""
    world.board.freeze(actor_id, frozen)


def freeze_all_traffic_lights(world: World, frozen: bool) -> None:
    """Stop or restart all groups."""
    world.board.freeze_all(frozen)


def reset_traffic_light_group(world: World, actor_id: int) -> None:
    """Begin a group's cycle again."""
    world.board.reset_group(actor_id)


def reset_all_traffic_lights(world: World) -> None:
    """Begin all cycles again."""
    world.board.reset_all()


def get_group_traffic_lights(world: World, actor_id: int) -> list[int]:
    """Actors that switch together."""
    return world.board.group_actor_ids(actor_id)


def get_light_boxes(world: World, actor_id: int) -> list[Any]:
    """The box around a light's head, in the world."""
    world.board.light(actor_id)
    row = world.row(actor_id)
    entry, table = world.actors.entries[row], world.actors
    center = table.position[row] + frames.rotation_from_rpy(table.rpy[row]) @ entry.box_center_m
    return [wire_box(np.asarray(center), entry.box_extent_m, actor_id, table.rpy[row])]


HANDLERS: Mapping[str, Callable[..., Any]] = {
    handler.__name__: handler
    for handler in (
        set_traffic_light_state,
        set_traffic_light_green_time,
        set_traffic_light_yellow_time,
        set_traffic_light_red_time,
        freeze_traffic_light,
        freeze_all_traffic_lights,
        reset_traffic_light_group,
        reset_all_traffic_lights,
        get_group_traffic_lights,
        get_light_boxes,
    )
}
