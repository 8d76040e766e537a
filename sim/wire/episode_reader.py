"""Reads what sim.wire.episode_file wrote, whole or cut off in the middle."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import zstandard
from mcap.exceptions import EndOfFile, McapError, RecordLengthLimitExceeded
from mcap.records import Attachment, Channel, DataEnd, Footer, McapRecord, Message, Metadata
from mcap.stream_reader import StreamReader
from numpy.typing import NDArray

from sim.base.agent import Command
from sim.base.bundle import Provenance, Route
from sim.base.episode import Episode, EpisodeHeader, Event
from sim.base.errors import EpisodeError
from sim.base.state import ActorInfo, ActorKind, StaticObjects, Weather, WorldState
from sim.base.verdict import RunOutcome, Verdict
from sim.wire.episode_file import READABLE_VERSIONS, ROUTE_ARRAYS, STATE_ARRAYS, STATIC_ARRAYS
from sim.wire.episode_recording import Description, TickRecord, tick_of
from sim.wire.episode_states import states_of

_DAMAGE = (
    zstandard.ZstdError,
    msgpack.UnpackException,
    RecordLengthLimitExceeded,
    struct.error,
    ValueError,  # CRC mismatches among them
    KeyError,
    TypeError,
    IndexError,
    MemoryError,  # a flipped bit in a length field asks for petabytes
)


def read_episode(path: Path) -> Episode:
    """The whole episode; of a file that was cut off, everything up to its last whole tick.

    The WorldStates are equal by digest to those recorded. Raises EpisodeError when the file is not an episode, is of another
    schema version, ends before its first tick, or holds damaged bytes.
    """
    parts = _Parts(path)
    _read(path, parts)
    return parts.episode()


def read_header(path: Path) -> tuple[EpisodeHeader, Mapping[str, Mapping[str, str]]]:
    """What stands before the first tick, and the file's metadata by name. Raises EpisodeError as read_episode does."""
    parts = _Parts(path)
    _read(path, parts, header_only=True)
    return parts.header(), parts.metadata


def _read(path: Path, parts: _Parts, header_only: bool = False) -> None:
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            try:
                for record in StreamReader(file, validate_crcs=True, record_size_limit=size).records:
                    if header_only and parts.has_header(record):
                        return
                    parts.take(record)
            except EndOfFile:
                parts.cut_off = True
            except _DAMAGE as error:
                if file.tell() < size:
                    message = f"{path}: damaged after {parts.last_tick()}: {error!r}; the rest cannot be trusted"
                    raise EpisodeError(message) from error
                parts.cut_off = True  # the last record is not all there
            except McapError as error:
                raise EpisodeError(f"{path}: not an MCAP file: {error!r}; expected an episode (*.mcap)") from error
    except FileNotFoundError as error:
        raise EpisodeError(f"{path}: no such file; expected an episode (*.mcap)") from error


class _Parts:
    """What has been read so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cut_off = False
        self.topics: dict[int, str] = {}
        self.metadata: dict[str, dict[str, str]] = {}
        self.xodr: str | None = None
        self.statics: StaticObjects | None = None
        self.route: Route | None = None
        self.actors: list[ActorInfo] = []
        self.weathers: list[Weather] = []
        self.states: list[WorldState] = []
        self.commands: list[Command] = []
        self.events: list[Event] = []
        self.outcome: RunOutcome | None = None
        self.descriptions: dict[int, Description] = {}
        self.ticks: list[TickRecord] = []
        self.ended = False

    def has_header(self, record: McapRecord) -> bool:
        """Whether the header is complete and this record, the first after it, tells a tick or the end."""
        later = isinstance(record, (Message, DataEnd, Footer))
        return later and self.statics is not None and self.route is not None

    def take(self, record: McapRecord) -> None:
        if isinstance(record, Channel):
            self.topics[record.id] = record.topic
        elif isinstance(record, Metadata):
            self.metadata[record.name] = dict(record.metadata)
            if record.name == "episode":
                self._check_version()
        elif isinstance(record, Attachment) and record.name == "map.xodr":
            self.xodr = record.data.decode()
        elif isinstance(record, Footer):
            self.ended = True
        elif isinstance(record, Message):
            self._take_message(
                self.topics.get(record.channel_id, ""), msgpack.unpackb(record.data, strict_map_key=False)
            )

    def last_tick(self) -> str:
        return f"tick {self.states[-1].tick}" if self.states else "the header"

    def episode(self) -> Episode:
        header = self.header()
        if not self.states and not self.ticks:
            raise EpisodeError(f"{self.path}: no whole tick was recorded; run it again")
        if self.ticks:
            states, commands, events, ego = states_of(self.ticks, self.descriptions)
            header = replace(header, ego_track_id=ego)
            return Episode(header, states, commands, events, None, self.ended and not self.cut_off)
        if len(self.states) != len(self.commands):
            raise EpisodeError(
                f"{self.path}: {len(self.states)} states but {len(self.commands)} commands; file is damaged"
            )
        complete = not self.cut_off and self.outcome is not None
        return Episode(header, tuple(self.states), tuple(self.commands), tuple(self.events), self.outcome, complete)

    def header(self) -> EpisodeHeader:
        if "episode" not in self.metadata or self.statics is None or self.route is None or self.xodr is None:
            raise EpisodeError(
                f"{self.path}: the file ends before its first tick; nothing can be recovered, run it again"
            )
        info = self.metadata["episode"]
        provenance = {name: json.loads(value) for name, value in self.metadata["provenance"].items()}
        return EpisodeHeader(
            provenance=Provenance(**provenance),
            tick_period_flicks=int(info["tick_period_flicks"]),
            ego_track_id=int(info["ego_track_id"]),
            xodr=self.xodr,
            statics=self.statics,
            route=self.route,
            draws=self.metadata.get("draws", {}),
        )

    def _check_version(self) -> None:
        found = self.metadata["episode"].get("schema_version", "none")
        if found not in map(str, READABLE_VERSIONS):
            raise EpisodeError(
                f"{self.path}: found episode schema version {found}; this version reads {READABLE_VERSIONS}; "
                "read it with the version of the simulator that its provenance names"
            )

    def _take_message(self, topic: str, message: dict[str, Any]) -> None:
        if topic == "/state":
            self.states.append(self._state(message))
        elif topic == "/command":
            message.pop("tick")
            self.commands.append(Command(**message))
        elif topic == "/record":
            self.ticks.append(tick_of(message))
        elif topic == "/description":
            item = Description(**message)
            self.descriptions[item.actor_id] = item
        elif topic == "/actor":
            self.actors.append(_actor(message))
        elif topic == "/weather":
            self.weathers.append(Weather(**message))
        elif topic == "/event":
            self.events.append(Event(**{**message, "track_ids": tuple(message["track_ids"])}))
        elif topic == "/statics":
            self.statics = StaticObjects(name=tuple(message["name"]), **dict(_unpack(message, STATIC_ARRAYS)))
        elif topic == "/route":
            self.route = Route(**dict(_unpack(message, ROUTE_ARRAYS)))
        elif topic == "/outcome":
            verdicts = tuple(Verdict(**verdict) for verdict in message["verdicts"])
            self.outcome = RunOutcome(verdicts, message["avoidable"], message["end_reason"])

    def _state(self, message: dict[str, Any]) -> WorldState:
        numbers = np.frombuffer(message["actors"], dtype="<u4")
        return WorldState(
            tick=message["tick"],
            time_flicks=message["time_flicks"],
            actors=tuple(self.actors[int(number)] for number in numbers),
            weather=self.weathers[message["weather"]],
            **dict(_unpack(message, STATE_ARRAYS)),
        )


def _unpack(
    message: Mapping[str, bytes], layout: Mapping[str, tuple[str, tuple[int, ...]]]
) -> Iterator[tuple[str, NDArray[Any]]]:
    for name, (dtype, shape) in layout.items():
        yield name, np.frombuffer(message[name], dtype=dtype).reshape(-1, *shape)


def _actor(message: dict[str, Any]) -> ActorInfo:
    center, extent = (tuple(message.pop(name)) for name in ("box_center_m", "box_extent_m"))
    kind = ActorKind(message.pop("kind"))
    return ActorInfo(kind=kind, box_center_m=center, box_extent_m=extent, **message)
