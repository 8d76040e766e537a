"""Calls about sensors and streams."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sim.server.errors import CallError
from sim.server.world import World

GBUFFER_STREAM_BASE = 0x4000_0000
_GBUFFERS = 16


def get_sensor_token(world: World, stream_id: int) -> list[bytes]:
    """Where a stream is served."""
    if not world.hub.exists(stream_id):
        raise CallError(f"stream {stream_id}: not found; its sensor was destroyed")
    return [world.token(stream_id)]


def get_gbuffer_token(world: World, actor_id: int, gbuffer: int) -> bytes:
    """A stream for one of a camera's G-buffers; nothing is sent on it yet."""
    entry = world.entry(actor_id)
    if not 0 <= int(gbuffer) < _GBUFFERS:
        raise CallError(f"G-buffer: found {gbuffer}; allowed is 0 to {_GBUFFERS - 1}")
    stream_id = GBUFFER_STREAM_BASE + entry.actor_id * _GBUFFERS + int(gbuffer)
    world.hub.open(stream_id)
    return world.token(stream_id)


def _known_actor(world: World, actor_id: int, *arguments: Any) -> None:
    world.entry(actor_id)


def are_gbuffers_enabled(world: World, actor_id: int) -> bool:
    """Never."""
    world.entry(actor_id)
    return False


def _accepted(world: World, *arguments: Any) -> None:
    """Taken, without effect."""


def is_sensor_enabled_for_ros(world: World, stream_id: int) -> bool:
    """Never."""
    return False


HANDLERS: Mapping[str, Callable[..., Any]] = {
    **{
        handler.__name__: handler
        for handler in (get_sensor_token, get_gbuffer_token, are_gbuffers_enabled, is_sensor_enabled_for_ros)
    },
    "enable_gbuffers": _known_actor,
    "set_ignored_vehicles": _known_actor,
    "enable_sensor_for_ros": _accepted,
    "disable_sensor_for_ros": _accepted,
}
