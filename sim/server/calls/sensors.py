"""Calls about sensors and streams."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sim.base.state import ActorKind
from sim.server.errors import CallError
from sim.server.sensing.gbuffers import OFFERED, GBuffer, kind_of
from sim.server.world import World

GBUFFER_STREAM_BASE = 0x4000_0000
GBUFFER_STREAMS = 16
GBUFFER_TYPE_INDEX = 18
"""Registry number of frames with bytes in them, which the Python client takes for a carla.Image."""
_GBUFFER_CAMERA = "sensor.camera.rgb"


def get_sensor_token(world: World, stream_id: int) -> list[bytes]:
    """Where a stream is served."""
    if not world.hub.exists(stream_id):
        raise CallError(f"stream {stream_id}: not found; its sensor was destroyed")
    world.hub.expect(stream_id)
    return [world.token(stream_id)]


def get_gbuffer_token(world: World, actor_id: int, gbuffer: int) -> bytes:
    """A stream for one of an RGB camera's G-buffers."""
    entry = world.entry(actor_id)
    if entry.type_id != _GBUFFER_CAMERA:
        raise CallError(f"G-buffer of actor {actor_id}: found {entry.type_id}; only {_GBUFFER_CAMERA} has G-buffers")
    if not isinstance(gbuffer, int) or not 0 <= gbuffer < len(GBuffer):
        raise CallError(f"G-buffer: found {gbuffer}; allowed is 0 to {len(GBuffer) - 1}: {OFFERED}")
    stream_id = GBUFFER_STREAM_BASE + entry.actor_id * GBUFFER_STREAMS + gbuffer
    world.sensors.add_stream(entry, stream_id, kind_of(GBuffer(gbuffer)), GBUFFER_TYPE_INDEX)
    return world.token(stream_id)


def enable_gbuffers(world: World, actor_id: int, enabled: bool) -> None:
    """Switch the G-buffers of a camera off and on; those that somebody listens to are sent unless switched off."""
    entry = world.entry(actor_id)
    if enabled:
        world.sensors.without_gbuffers.discard(entry.actor_id)
    else:
        world.sensors.without_gbuffers.add(entry.actor_id)


def are_gbuffers_enabled(world: World, actor_id: int) -> bool:
    """Whether they are sent to those who listen."""
    return world.entry(actor_id).actor_id not in world.sensors.without_gbuffers


def set_ignored_vehicles(world: World, actor_id: int, ignored: list[int]) -> None:
    """Vehicles that a camera does not see; their shadows stay."""
    entry = world.entry(actor_id)
    if not entry.type_id.startswith("sensor."):
        raise CallError(f"actor {actor_id}: found {entry.type_id}; only sensors ignore vehicles")
    for other in ignored:
        if world.entry(other).kind is not ActorKind.VEHICLE:
            raise CallError(f"ignored vehicles: actor {other}: found {world.entry(other).type_id}; expected a vehicle")
    world.sensors.ignored[entry.actor_id] = frozenset(ignored)


def _accepted(world: World, *arguments: Any) -> None:
    """Taken, without effect."""


def is_sensor_enabled_for_ros(world: World, stream_id: int) -> bool:
    """Never."""
    return False


HANDLERS: Mapping[str, Callable[..., Any]] = {
    **{
        handler.__name__: handler
        for handler in (
            get_sensor_token,
            get_gbuffer_token,
            enable_gbuffers,
            are_gbuffers_enabled,
            set_ignored_vehicles,
            is_sensor_enabled_for_ros,
        )
    },
    "enable_sensor_for_ros": _accepted,
    "disable_sensor_for_ros": _accepted,
}
