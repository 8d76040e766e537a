"""Calls about sensors and streams."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sim.server.errors import CallError
from sim.server.world import World


def get_sensor_token(world: World, stream_id: int) -> list[bytes]:
    """Where a stream is served."""
    if not world.hub.exists(stream_id):
        raise CallError(f"stream {stream_id}: not found; its sensor was destroyed")
    return [world.token(stream_id)]


HANDLERS: Mapping[str, Callable[..., Any]] = {handler.__name__: handler for handler in (get_sensor_token,)}
