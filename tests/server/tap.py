"""Listening to sensors of a world without a process: what would go out on their streams is kept instead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.server.world import World
from sim.wire.sensor_frame import FRAME_LENGTH, IMAGE_HEADER, SENSOR_HEADER_BYTES
from tests.server.conftest import Calls
from tests.server.describe import description

_IMAGE_BYTES = SENSOR_HEADER_BYTES + IMAGE_HEADER.size


class Tap:
    """Every sensor spawned through `add` has a listener; `frames` holds its frames by actor id."""

    def __init__(self, world: World, calls: Calls) -> None:
        self.world, self.calls = world, calls
        self.streams: dict[int, int] = {}
        self.frames: dict[int, list[bytes]] = defaultdict(list)
        hub: Any = world.hub
        publish = hub.publish
        hub.has_listeners = lambda stream_id: stream_id in self.streams

        def keep(stream_id: int, buffers: Sequence[Any], may_drop: bool) -> None:
            actor = self.streams.get(stream_id)
            if actor is None:
                publish(stream_id, buffers, may_drop)
            else:
                self.frames[actor].append(b"".join(bytes(piece) for piece in buffers)[FRAME_LENGTH.size :])

        hub.publish = keep

    def add(self, kind: str, pose: Any, **attributes: str) -> int:
        """Spawn a sensor at a CARLA transform and listen to it; its actor id."""
        actor = int(self.calls.spawn_actor(description(kind, **attributes), pose)[0])
        self.streams[self.world.entry(actor).stream_id] = actor
        return actor

    def clear(self) -> None:
        """Destroy everything that was spawned."""
        for entry in tuple(self.world.actors.entries):
            if entry is not self.world.spectator and not entry.type_id.startswith("traffic."):
                self.calls.destroy_actor(entry.actor_id)
        self.streams.clear()
        self.frames.clear()

    def image(self, actor: int) -> NDArray[np.uint8]:
        """The last frame's pixels (H, W, 4): B, G, R, A."""
        frame = self.frames[actor][-1]
        width, height, _ = IMAGE_HEADER.unpack_from(frame, SENSOR_HEADER_BYTES)
        return np.frombuffer(frame, np.uint8, offset=_IMAGE_BYTES).reshape(height, width, 4)

    def floats(self, actor: int, channels: int) -> NDArray[np.float32]:
        """The last frame's pixels (H, W, channels) as float32."""
        frame = self.frames[actor][-1]
        width, height, _ = IMAGE_HEADER.unpack_from(frame, SENSOR_HEADER_BYTES)
        return np.frombuffer(frame, np.float32, offset=_IMAGE_BYTES).reshape(height, width, channels)


def depth_of(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Metres (H, W) of CARLA's depth encoding."""
    code = image[:, :, 2].astype(np.float64) + image[:, :, 1] * 256.0 + image[:, :, 0] * 65536.0
    return np.asarray(code / ((1 << 24) - 1) * 1000.0)
