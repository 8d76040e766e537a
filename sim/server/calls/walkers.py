"""Calls about walkers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from sim.base.errors import SimError
from sim.server.carla_values import WORLD_LIMIT_M, finite, transform
from sim.server.errors import DOES_NOT_FIT
from sim.server.world import World

WALKER_STATE = 7
"""The tag of ApplyWalkerState in a batch."""


def apply_control_to_walker(world: World, actor_id: int, control: list[Any]) -> None:
    """Walk in a direction at a speed until the next command."""
    world.crowd.control(actor_id, world.row(actor_id), control)


def apply_walker_state(world: World, actor_id: int, pose: Any, speed_mps: float) -> None:
    """The client's crowd says where a walker is now; its height comes from the ground."""
    position, rpy = transform(pose)
    speed = np.array([finite(speed_mps, "speed")])
    world.crowd.lead([actor_id], position[:1], position[1:2], rpy[2:], speed)


def are_walker_states(commands: list[Any]) -> bool:
    """Whether a batch holds nothing but ApplyWalkerState, as the one that the client's crowd sends before each tick."""
    return bool(commands) and all(command[0][0] == WALKER_STATE for command in commands)


def apply_walker_states(world: World, commands: list[Any]) -> list[Any] | None:
    """A whole batch of ApplyWalkerState at once; None when something in it does not fit, which leaves all as it was."""
    try:
        ids = [command[0][1][0] for command in commands]
        table = np.array([_state_row(command[0][1]) for command in commands], dtype=np.float64)
        if not (np.abs(table) <= WORLD_LIMIT_M).all():
            return None
        world.crowd.lead(ids, table[:, 0], -table[:, 1], -np.radians(table[:, 2]), table[:, 3])
    except (SimError, *DOES_NOT_FIT):
        return None
    return [[[1, actor_id]] for actor_id in ids]


def _state_row(payload: list[Any]) -> tuple[Any, Any, Any, Any]:
    _, (location, rotation), speed = payload
    return location[0], location[1], rotation[1], speed


def get_required_files(world: World, folder: str = "") -> list[str]:
    """The pedestrian navigation file; nothing else is required, the client reads roads from the OpenDRIVE text."""
    return [world.navigation.file_name] if folder == "Nav" and world.map.generation.walkable else []


def request_file(world: World, name: str) -> bytes:
    """A file that get_required_files named."""
    return world.navigation.file(name)


def get_navigation_mesh(world: World) -> bytes:
    """The pedestrian navigation file."""
    return world.navigation.data()


HANDLERS: Mapping[str, Callable[..., Any]] = {
    handler.__name__: handler
    for handler in (apply_control_to_walker, get_required_files, request_file, get_navigation_mesh)
}
