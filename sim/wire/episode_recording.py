"""A recording of a server as an episode file: every tick's actors as they were on the wire, and what made them so.

It is an MCAP file like a run's (sim.wire.episode_file: same header, same metadata), with two channels of its own:

| channel      | message (msgpack)                                              | when                                  |
|--------------|----------------------------------------------------------------|---------------------------------------|
| /description | Description: who an actor is, and where it is attached          | in the tick in which it is first seen |
| /record      | TickRecord: wire records, exact poses, and what changed         | every tick                            |

Each tick is one chunk with a checksum, written in one piece, so a killed server leaves every whole tick. A tick that tells more
than how everybody moved has a mark before its chunk: a record of one byte, News, whose opcode lies where MCAP leaves room for
applications, and which its other readers skip. So whoever opens a long recording reads few of its ticks (sim.wire.recorded_ticks).
WorldStates are not stored: sim.wire.episode_states makes them when the file is read, so that a tick costs the server some tens
of microseconds. What came and went is the difference of two ticks' actors. Nothing depends on the wall clock.
Tested by tests/server/test_recorder.py.
"""

from __future__ import annotations

import enum
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import zstandard
from numpy.typing import NDArray

from sim.base.clock import FLICKS_PER_SECOND
from sim.base.episode import EpisodeHeader
from sim.wire.episode_file import EpisodeWriter
from sim.wire.observer import RECORD

Float64 = NDArray[np.float64]

COLUMNS = ("position", "rpy", "velocity", "angular", "acceleration")
"""What `TickRecord.columns` holds side by side, three numbers each, in our axes, float64."""

_LENGTH = struct.Struct("<BQ")
_MESSAGE = struct.Struct("<BQHIQQ")
_CHUNK_HEAD = struct.Struct("<QQQI")
_TEXT = struct.Struct("<I")
_SIZE = struct.Struct("<Q")
_OP_MESSAGE, OP_CHUNK, _OP_DATA_END, _OP_FOOTER = 0x05, 0x06, 0x0F, 0x02
OP_NEWS = 0x80
MARKED = {"news": "1"}
"""A fact of recordings whose ticks' news are marked; earlier ones are not."""
_MESSAGE_BODY = 2 + 4 + 8 + 8
MAGIC = b"\x89MCAP0\r\n"
_COMPRESSION_LEVEL = -1
"""Zstandard's first fast level: less time than level 1 for a tenth more bytes."""


class News(enum.Flag):
    """What a tick tells besides how everybody moved. CAST: other actors than in the tick before; the rest are its messages."""

    DESCRIPTIONS = 1
    LAMPS = 2
    WEATHER = 4
    SCENE_LIGHTS = 8
    CAST = 16
    COLLISIONS = 32


@dataclass(frozen=True)
class Description:
    """Who an actor is: everything that its spawning decided.

    `attributes` are [id, type, value] as on the wire. `relative` is position (3,) and rotation (9, row by row) in the parent's
    frame, of attached actors. `trigger` is centre, half size and roll, pitch, yaw of a signal's box on the road. `physics` is
    CARLA's VehiclePhysicsControl, recorded with `additional_data` alone.
    """

    actor_id: int
    kind: int
    type_id: str
    uid: int
    attributes: list[list[Any]]
    box_center_m: list[float]
    box_extent_m: list[float]
    parent_id: int = 0
    relative: list[float] | None = None
    signal_id: str = ""
    trigger: list[list[float]] | None = None
    pose: list[float] | None = None
    wheel_radius_m: float = 0.0
    max_steer_rad: float = 0.0
    physics: list[Any] | None = None

    @property
    def role_name(self) -> str:
        """The actor's role_name, or ""."""
        return next((str(value) for name, _, value in self.attributes if name == "role_name"), "")


@dataclass(frozen=True)
class TickRecord:
    """One tick of a recording.

    `records` (N,) are the actors as the world stream showed them (sim.wire.observer.RECORD). `columns` (M, 15) are COLUMNS of
    the actors in `column_rows` (M,); the others, signals, never move. What is None has not changed since the tick before:
    lamp flags by actor, the 14 weather parameters, the street lamps' LightStates. `collisions` are [actor, other or 0,
    impulse x, y, z in N s on the first] of contacts that began; `physics` VehiclePhysicsControls that were applied.
    """

    frame: int
    time_flicks: int
    delta_flicks: int
    records: NDArray[np.void]
    column_rows: NDArray[np.int64]
    columns: Float64
    lamps: dict[int, int] | None = None
    weather: list[float] | None = None
    scene_lights: list[Any] | None = None
    bones: dict[int, Any] | None = None
    collisions: list[list[Any]] = field(default_factory=list)
    physics: dict[int, list[Any]] = field(default_factory=dict)


class RecordingWriter(EpisodeWriter):
    """Appends ticks to a file: write() each tick, end() when the recording is over. Raises OSError when the disk is full."""

    def __init__(self, path: Path, header: EpisodeHeader, facts: Mapping[str, str]) -> None:
        super().__init__(path, header)
        self._writer.add_metadata("recording", {**facts, **MARKED})
        self._file.flush()
        self._ids = b""
        self._compressor = zstandard.ZstdCompressor(level=_COMPRESSION_LEVEL)
        self._pack = msgpack.Packer(autoreset=True).pack

    def write(self, tick: TickRecord, new: Sequence[Description] = ()) -> None:
        """Append one tick, and the actors that are seen in it for the first time."""
        time_ns = tick.time_flicks * 1_000_000_000 // FLICKS_PER_SECOND
        parts = [self._framed("/description", time_ns, asdict(item)) for item in new]
        message: dict[str, Any] = {
            "frame": tick.frame,
            "time_flicks": tick.time_flicks,
            "delta_flicks": tick.delta_flicks,
            "records": tick.records.tobytes(),
            "column_rows": tick.column_rows.tobytes(),
            "columns": tick.columns.tobytes(),
        }
        for name in ("lamps", "weather", "scene_lights", "bones"):
            if (value := getattr(tick, name)) is not None:
                message[name] = value
        for name in ("collisions", "physics"):
            if value := getattr(tick, name):
                message[name] = value
        parts.append(self._framed("/record", time_ns, message))
        self._chunk(b"".join(parts), time_ns, self._news(tick, bool(new)))

    def end(self) -> None:
        """Mark the file as complete, and close it. It has no index: readers scan the ticks' heads."""
        self._file.write(_LENGTH.pack(_OP_DATA_END, 4) + bytes(4) + _LENGTH.pack(_OP_FOOTER, 20) + bytes(20) + MAGIC)
        self.close()

    def _news(self, tick: TickRecord, described: bool) -> News:
        ids = tick.records["id"].tobytes()
        told = News.CAST if ids != self._ids else News(0)
        self._ids = ids
        for news, tells in (
            (News.DESCRIPTIONS, described),
            (News.LAMPS, tick.lamps is not None),
            (News.WEATHER, tick.weather is not None),
            (News.SCENE_LIGHTS, tick.scene_lights is not None),
            (News.COLLISIONS, bool(tick.collisions)),
        ):
            if tells:
                told |= news
        return told

    def _framed(self, topic: str, time_ns: int, message: Mapping[str, Any]) -> bytes:
        body: bytes = self._pack(message)
        self._sequence += 1
        length = _MESSAGE_BODY + len(body)
        return _MESSAGE.pack(_OP_MESSAGE, length, self._channels[topic], self._sequence, time_ns, time_ns) + body

    def _chunk(self, content: bytes, time_ns: int, news: News) -> None:
        packed = self._compressor.compress(content)
        head = _CHUNK_HEAD.pack(time_ns, time_ns, len(content), zlib.crc32(content))
        body = b"".join((head, _TEXT.pack(4), b"zstd", _SIZE.pack(len(packed)), packed))
        mark = _LENGTH.pack(OP_NEWS, 1) + bytes([news.value]) if news else b""
        self._file.write(mark + _LENGTH.pack(OP_CHUNK, len(body)) + body)
        self._file.flush()


def tick_of(message: dict[str, Any]) -> TickRecord:
    """A tick from its message; the arrays are read-only views of it."""
    values = dict(message)
    values["records"] = np.frombuffer(values["records"], dtype=RECORD)
    values["column_rows"] = np.frombuffer(values["column_rows"], dtype="<i8")
    values["columns"] = np.frombuffer(values["columns"], dtype="<f8").reshape(-1, 15)
    return TickRecord(**values)
