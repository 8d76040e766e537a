"""An episode as an MCAP file (mcap.dev): append-only, checksummed, one chunk a tick, so a killed run loses at most one tick.

| channel     | message (msgpack)                                   | when                      |
|-------------|-----------------------------------------------------|---------------------------|
| /statics    | StaticObjects                                       | once, first               |
| /route      | Route of the ego                                    | once, first               |
| /actor      | ActorInfo, numbered in order of appearance          | in the tick it appears    |
| /weather    | Weather, numbered likewise                          | in the tick it changes    |
| /state      | every array of WorldState, actors by number         | every tick                |
| /command    | the driver's command decided on this state          | every tick                |
| /event      | Event                                               | when it happens           |
| /outcome    | RunOutcome with all verdicts                        | once, last                |

A server's recording has /description and /record instead of what follows /route (sim.wire.episode_recording).

Metadata records hold the provenance and the scenario's draws, an attachment the OpenDRIVE text. log_time is session time in
nanoseconds; nothing in the file depends on the wall clock, so equal runs are equal bytes.
Tested by tests/wire/test_episode_file.py (round trip by digest, truncation at every byte, SIGKILL, flipped bits).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import msgpack
import numpy as np
from mcap.writer import CompressionType, Writer

from sim.base.agent import Command
from sim.base.clock import FLICKS_PER_SECOND
from sim.base.episode import EpisodeHeader, Event
from sim.base.state import ActorInfo, StaticObjects, Weather, WorldState
from sim.base.verdict import RunOutcome

SCHEMA_VERSION = 2
"""Raised whenever a reader of the previous version would misunderstand a file. 2: recordings of a server."""
READABLE_VERSIONS = (1, 2)
"""What sim.wire.episode_reader understands."""

STATE_ARRAYS: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "track_id": ("<u4", ()),
    "kind": ("|u1", ()),
    "position_world_m": ("<f8", (3,)),
    "rpy_rad": ("<f8", (3,)),
    "velocity_world_mps": ("<f8", (3,)),
    "angular_velocity_world_radps": ("<f8", (3,)),
    "acceleration_world_mps2": ("<f8", (3,)),
    "throttle_ratio": ("<f4", ()),
    "brake_ratio": ("<f4", ()),
    "steer_ratio": ("<f4", ()),
    "hand_brake": ("|u1", ()),
    "reverse": ("|u1", ()),
    "walker_speed_mps": ("<f4", ()),
    "light_state": ("|u1", ()),
    "lamp_flags": ("<u4", ()),
    "distance_travelled_m": ("<f8", ()),
    "wheel_roll_rad": ("<f8", ()),
    "wheel_steer_rad": ("<f4", ()),
    "gait_phase_rad": ("<f8", ()),
}
"""Each array of WorldState: stored dtype and the shape after the row axis."""

STATIC_ARRAYS: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "position_world_m": ("<f8", (3,)),
    "rpy_rad": ("<f8", (3,)),
    "box_center_m": ("<f8", (3,)),
    "box_extent_m": ("<f8", (3,)),
    "object_class": ("|u1", ()),
    "carla_id": ("<u8", ()),
}
ROUTE_ARRAYS: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "points_world_m": ("<f8", (3,)),
    "arc_length_m": ("<f8", ()),
    "speed_limit_mps": ("<f8", ()),
}

CHANNELS = (
    *("/statics", "/route", "/actor", "/weather", "/state", "/command", "/event", "/outcome"),
    *("/description", "/record"),
)


class EpisodeWriter:
    """Appends one run to a file. Every tick is on its way to the disk when write_tick returns; close() without finish()
    leaves a file that reads as cut off. Raises OSError when the disk is full."""

    def __init__(self, path: Path, header: EpisodeHeader) -> None:
        self._file: IO[bytes] = path.open("wb")
        self._writer = Writer(self._file, chunk_size=1 << 40, compression=CompressionType.ZSTD)
        self._writer.start(profile="sim-episode", library=f"sim-episode {SCHEMA_VERSION}")
        self._channels: dict[str, int] = {}
        self._actors: dict[int, tuple[ActorInfo, int]] = {}
        self._actor_count = 0
        self._weathers: dict[Weather, int] = {}
        self._sequence = 0
        self._write_header(header)

    def write_tick(self, state: WorldState, command: Command, events: Sequence[Event] = ()) -> None:
        """Append tick k: its state, what the driver decided on it, and what happened."""
        time_ns = _nanoseconds(state.time_flicks)
        numbers = [self._actor_number(info, time_ns) for info in state.actors]
        message = {
            "tick": state.tick,
            "time_flicks": state.time_flicks,
            "actors": np.asarray(numbers, dtype="<u4").tobytes(),
            "weather": self._weather_number(state.weather, time_ns),
            **pack_arrays(state, STATE_ARRAYS),
        }
        self._message("/state", time_ns, message)
        self._message("/command", time_ns, {"tick": state.tick, **asdict(command)})
        for event in events:
            self._message("/event", time_ns, asdict(event))
        self._writer.flush()  # type: ignore[no-untyped-call]

    def finish(self, outcome: RunOutcome, time_flicks: int) -> None:
        """Append the verdicts and the index, and close: the episode is complete."""
        self._message("/outcome", _nanoseconds(time_flicks), asdict(outcome))
        self._writer.finish()  # type: ignore[no-untyped-call]
        self.close()

    def close(self) -> None:
        """Close the file as it is."""
        self._file.close()

    def __enter__(self) -> EpisodeWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write_header(self, header: EpisodeHeader) -> None:
        layout = json.dumps(
            {"version": SCHEMA_VERSION, "state": _layout(STATE_ARRAYS), "statics": _layout(STATIC_ARRAYS)},
            sort_keys=True,
        )
        schema = self._writer.register_schema("sim.episode", "jsonschema", _json_schema(layout))
        for topic in CHANNELS:
            self._channels[topic] = self._writer.register_channel(topic, "msgpack", schema)
        self._writer.add_metadata(
            "episode",
            {
                "schema_version": str(SCHEMA_VERSION),
                "tick_period_flicks": str(header.tick_period_flicks),
                "ego_track_id": str(header.ego_track_id),
            },
        )
        provenance = {name: json.dumps(value) for name, value in asdict(header.provenance).items()}
        self._writer.add_metadata("provenance", provenance)
        self._writer.add_metadata("draws", dict(header.draws))
        self._writer.add_attachment(0, 0, "map.xodr", "application/xml", header.xodr.encode())
        self._message("/statics", 0, _pack_statics(header.statics))
        self._message("/route", 0, pack_arrays(header.route, ROUTE_ARRAYS))
        self._writer.flush()  # type: ignore[no-untyped-call]

    def _actor_number(self, info: ActorInfo, time_ns: int) -> int:
        known = self._actors.get(info.track_id)
        if known is not None and (known[0] is info or known[0] == info):
            return known[1]
        number = self._actor_count
        self._actor_count += 1
        self._actors[info.track_id] = (info, number)
        self._message("/actor", time_ns, {**asdict(info), "kind": int(info.kind), "attributes": dict(info.attributes)})
        return number

    def _weather_number(self, weather: Weather, time_ns: int) -> int:
        number = self._weathers.get(weather)
        if number is None:
            number = self._weathers[weather] = len(self._weathers)
            self._message("/weather", time_ns, asdict(weather))
        return number

    def _message(self, topic: str, time_ns: int, message: Mapping[str, Any]) -> None:
        self._sequence += 1
        self._writer.add_message(
            self._channels[topic], time_ns, msgpack.packb(message), publish_time=time_ns, sequence=self._sequence
        )


def pack_arrays(source: object, layout: Mapping[str, tuple[str, tuple[int, ...]]]) -> dict[str, bytes]:
    """The raw little-endian bytes of each array in `layout`."""
    return {
        name: np.ascontiguousarray(getattr(source, name), dtype=dtype).tobytes() for name, (dtype, _) in layout.items()
    }


def _pack_statics(statics: StaticObjects) -> dict[str, Any]:
    return {"name": list(statics.name), **pack_arrays(statics, STATIC_ARRAYS)}


def _nanoseconds(time_flicks: int) -> int:
    return time_flicks * 1_000_000_000 // FLICKS_PER_SECOND


def _layout(arrays: Mapping[str, tuple[str, tuple[int, ...]]]) -> dict[str, str]:
    return {name: f"{dtype}[n{''.join(f',{size}' for size in shape)}]" for name, (dtype, shape) in arrays.items()}


def _json_schema(layout: str) -> bytes:
    text = "msgpack maps; arrays are raw bytes as described in $comment"
    return json.dumps({"type": "object", "description": text, "$comment": layout}, sort_keys=True).encode()
