"""Calls about walkers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sim.server.carla_values import finite, transform
from sim.server.world import World


def apply_control_to_walker(world: World, actor_id: int, control: list[Any]) -> None:
    """Walk in a direction at a speed until the next command."""
    world.crowd.control(actor_id, world.row(actor_id), control)


def apply_walker_state(world: World, actor_id: int, pose: Any, speed_mps: float) -> None:
    """The client's crowd says where a walker is now; its height comes from the ground."""
    position, rpy = transform(pose)
    world.crowd.lead(actor_id, world.row(actor_id), position, float(rpy[2]), finite(speed_mps, "speed"))


def get_required_files(world: World, folder: str = "") -> list[str]:
    """The pedestrian navigation file; nothing else is required, the client reads roads from the OpenDRIVE text."""
    return [world.navigation.file_name] if folder == "Nav" else []


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
