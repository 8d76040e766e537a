"""The ticks of a server's recording, read one by one from the file when they are asked for.

Opening looks at the first bytes of each tick alone: where it lies, its time, and its news (sim.wire.episode_recording), so that
a replay begins at once however long the recording is, and holds no more than the ticks it is between. Each tick carries its own
checksum, so damage is found when the damaged tick is read. Files without news, of earlier versions, are read as if every tick
told everything. Tested by tests/server/test_recorder.py and tests/wire/test_recorded_ticks.py.
"""

from __future__ import annotations

import bisect
import os
import struct
import weakref
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import msgpack
import zstandard

from sim.base.clock import FLICKS_PER_SECOND
from sim.base.errors import EpisodeError
from sim.wire.episode_recording import MAGIC, OP_CHUNK, OP_NEWS, Description, News, TickRecord, tick_of

_RECORD_HEAD = struct.Struct("<BQ")
_TIMES = struct.Struct("<Q")
_MESSAGE_BODY_AT = 9 + 2 + 4 + 8 + 8
_OP_FOOTER, _OP_CHANNEL, _OP_MESSAGE, _OP_METADATA = 0x02, 0x04, 0x05, 0x0C
_RECORDING = b"recording"
_FIRST_BYTES = 16
_KEPT = 2
"""Ticks that stay decoded: those that a replay is between."""
_NANOSECONDS = 1_000_000_000


class RecordedTicks(Sequence[TickRecord]):
    """The whole ticks of a recording, in order. Reading one raises EpisodeError when its bytes are damaged.

    `times_flicks` are those of the ticks, from the file's own beginning; `complete` tells whether the recording was ended.
    `marked` says whether the writer told each tick's news.
    """

    def __init__(self, path: Path, marked: bool) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._file)
        self._unpack = zstandard.ZstdDecompressor()
        self._topics: dict[int, str] = {}
        self._places: list[tuple[int, int]] = []
        self._latest: dict[int, TickRecord] = {}
        self._telling: dict[News, list[int]] = {news: [] for news in News}
        self.times_flicks: list[int] = []
        self.complete = False
        self._scan(marked)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> TickRecord: ...

    @overload
    def __getitem__(self, index: slice) -> list[TickRecord]: ...

    def __getitem__(self, index: int | slice) -> TickRecord | list[TickRecord]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = range(len(self))[index]
        tick = self._latest.get(number)
        if tick is None:
            tick = self._tick(number)
            if len(self._latest) == _KEPT:
                del self._latest[min(self._latest)]
            self._latest[number] = tick
        return tick

    def telling(self, news: News) -> Sequence[int]:
        """Which ticks tell of something, in order. Of a file without news, all of them."""
        return self._telling[news]

    def descriptions(self) -> dict[int, Description]:
        """Everybody who is recorded, by id; the last description of an id counts."""
        found: dict[int, Description] = {}
        for number in self._telling[News.DESCRIPTIONS]:
            for topic, body in self._messages(number):
                if topic == "/description":
                    item = Description(**msgpack.unpackb(body, strict_map_key=False))
                    found[item.actor_id] = item
        return found

    def _tick(self, number: int) -> TickRecord:
        for topic, body in self._messages(number):
            if topic == "/record":
                tick = tick_of(msgpack.unpackb(body, strict_map_key=False))
                if tick.time_flicks == self.times_flicks[number]:
                    return tick
        raise EpisodeError(f"{self._path}: damaged in tick {number}: it is not what stands before it; record it again")

    def _messages(self, number: int) -> Iterator[tuple[str, memoryview]]:
        """The messages of a tick: topic and packed body."""
        body, length = self._places[number]
        yield from _messages_in(self._content(body, length), self._topics)

    def _content(self, body: int, length: int) -> bytes:
        """What a chunk holds, once its checksum fits."""
        chunk = os.pread(self._file, length, body)
        try:
            size, crc, text = struct.unpack_from("<QII", chunk, 16)
            (packed,) = _TIMES.unpack_from(chunk, 32 + text)
            start = 40 + text
            content: bytes = self._unpack.decompress(chunk[start : start + packed], max_output_size=size)
        except (struct.error, zstandard.ZstdError, MemoryError) as error:
            raise EpisodeError(
                f"{self._path}: damaged at byte {body}: {error}; the rest cannot be trusted; record it again"
            ) from error
        if zlib.crc32(content) != crc:
            raise EpisodeError(
                f"{self._path}: damaged at byte {body}: checksum does not fit; the rest cannot be trusted; record it again"
            )
        return content

    def _scan(self, marked: bool) -> None:
        """Find every whole tick. The chunks before the metadata "recording" are the episode's header."""
        everything = News(0)
        for news in News:
            everything |= news
        in_ticks, news_of_next = False, News(0)
        for opcode, body, length, head in _heads(self._file):
            if opcode == OP_CHUNK and in_ticks:
                (time_ns,) = _TIMES.unpack_from(head)
                self._add(body, length, time_ns, news_of_next if marked else everything)
                news_of_next = News(0)
            elif opcode == OP_CHUNK:
                self._topics.update(_channels_in(self._content(body, length)))
            elif opcode == OP_NEWS and length == 1:
                news_of_next = News(head[0] & everything.value)
            elif opcode == _OP_METADATA:
                in_ticks = in_ticks or head[4 : 4 + len(_RECORDING)] == _RECORDING
            elif opcode == _OP_FOOTER:
                self.complete = True
                return

    def _add(self, body: int, length: int, time_ns: int, news: News) -> None:
        # a flick is longer than a nanosecond, so the time that was cut down to whole nanoseconds gives back its flicks
        time_flicks = -(-time_ns * FLICKS_PER_SECOND // _NANOSECONDS)
        if self.times_flicks and time_flicks < self.times_flicks[-1]:
            raise EpisodeError(f"{self._path}: damaged at byte {body}: its ticks go back in time; record it again")
        number = len(self._places)
        self._places.append((body, length))
        self.times_flicks.append(time_flicks)
        if news:
            for kind in News:
                if kind in news:
                    self._telling[kind].append(number)


class ListedTicks(list[TickRecord]):
    """Ticks in memory, with the same questions as RecordedTicks; made of a run's episode."""

    def telling(self, news: News) -> Sequence[int]:
        """Which ticks may tell of something."""
        return range(len(self))


def last_told(ticks: RecordedTicks | ListedTicks, news: News, after: int, until: int) -> Any:
    """Lamps, weather or street lamps as the last of ticks `after` + 1 to `until` that changed them has them; None: none did."""
    telling, name = ticks.telling(news), _FIELDS[news]
    for place in range(bisect.bisect_right(telling, until) - 1, bisect.bisect_right(telling, after) - 1, -1):
        value = getattr(ticks[telling[place]], name)
        if value is not None:
            return value
    return None


_FIELDS: Mapping[News, str] = {News.LAMPS: "lamps", News.WEATHER: "weather", News.SCENE_LIGHTS: "scene_lights"}


def _heads(file: int) -> Iterator[tuple[int, int, int, bytes]]:
    """Each whole record of a file: opcode, where its body begins, the body's length, and its first bytes."""
    size, at = os.fstat(file).st_size, len(MAGIC)
    while at + _RECORD_HEAD.size <= size:
        first = os.pread(file, _RECORD_HEAD.size + _FIRST_BYTES, at)
        if len(first) < _RECORD_HEAD.size:
            return
        opcode, length = _RECORD_HEAD.unpack_from(first)
        body = at + _RECORD_HEAD.size
        at = body + length
        if at > size:
            return
        yield opcode, body, length, first[_RECORD_HEAD.size :]


def _channels_in(content: bytes) -> Iterator[tuple[int, str]]:
    at = 0
    while at < len(content):
        opcode, length = _RECORD_HEAD.unpack_from(content, at)
        if opcode == _OP_CHANNEL:
            number, _schema, name = struct.unpack_from("<HHI", content, at + 9)
            yield number, content[at + 17 : at + 17 + name].decode()
        at += _RECORD_HEAD.size + length


def _messages_in(content: bytes, topics: Mapping[int, str]) -> Iterator[tuple[str, memoryview]]:
    at, view = 0, memoryview(content)
    while at < len(content):
        opcode, length = _RECORD_HEAD.unpack_from(content, at)
        if opcode == _OP_MESSAGE:
            (number,) = struct.unpack_from("<H", content, at + _RECORD_HEAD.size)
            yield topics.get(number, ""), view[at + _MESSAGE_BODY_AT : at + _RECORD_HEAD.size + length]
        at += _RECORD_HEAD.size + length
