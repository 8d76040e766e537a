"""Calls about what stands around the roads, and about looking into the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sim.server.world import World


def query_lights_state(world: World, endpoint: str = "") -> list[Any]:
    """Street lamps."""
    return []


def get_environment_objects(world: World, label: int) -> list[Any]:
    """Objects with a label."""
    return []


HANDLERS: Mapping[str, Callable[..., Any]] = {
    handler.__name__: handler for handler in (query_lights_state, get_environment_objects)
}
