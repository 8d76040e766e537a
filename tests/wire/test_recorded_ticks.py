"""Ticks read one by one from a recording: the same as in memory, few reads to open, every mark where it belongs."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.base.bundle import Provenance, Route
from sim.base.clock import FLICKS_PER_SECOND
from sim.base.episode import EpisodeHeader
from sim.base.errors import EpisodeError
from sim.base.state import StaticObjects
from sim.wire import recorded_ticks
from sim.wire.episode_playback import open_playback
from sim.wire.episode_reader import read_episode
from sim.wire.episode_recording import MAGIC, OP_CHUNK, OP_NEWS, Description, News, RecordingWriter, TickRecord
from sim.wire.observer import RECORD
from sim.wire.recorded_ticks import last_told

TICKS = 400
PERIOD_FLICKS = FLICKS_PER_SECOND // 36
_HEAD = struct.Struct("<BQ")


def _header() -> EpisodeHeader:
    none = np.zeros((0, 3)), np.zeros(0), np.zeros(0)
    statics = StaticObjects((), *(np.zeros((0, 3)) for _ in range(4)), np.zeros(0, np.uint8), np.zeros(0, np.uint64))
    provenance = Provenance("", "", 0, "none", "clients", False, "a", "", "", "", "embedded")
    return EpisodeHeader(provenance, PERIOD_FLICKS, 0, "<OpenDRIVE/>", statics, Route(*none))


def _who(actor_id: int) -> Description:
    return Description(actor_id, 1, "vehicle.a", 1, [], [0.0] * 3, [1.0] * 3)


def _tick(number: int) -> TickRecord:
    """Actor 7 comes at tick 100 and goes at tick 300; lamps change at 0, 50 and 51, the weather at 0 and 200."""
    ids = [1, 7] if 100 <= number < 300 else [1]
    records = np.zeros(len(ids), dtype=RECORD)
    records["id"] = ids
    columns = np.full((len(ids), 15), float(number))
    return TickRecord(
        frame=10 + number,
        time_flicks=number * PERIOD_FLICKS,
        delta_flicks=PERIOD_FLICKS,
        records=records,
        column_rows=np.arange(len(ids)),
        columns=columns,
        lamps={1: number} if number in (0, 50, 51) else None,
        weather=[float(number)] * 14 if number in (0, 200) else None,
        collisions=[[1, 7, 5.0, 0.0, 0.0]] if number == 150 else [],
    )


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ticks") / "long.log"
    writer = RecordingWriter(file, _header(), {"map": "a"})
    for number in range(TICKS):
        writer.write(_tick(number), [_who(1)] if number == 0 else [_who(7)] if number == 100 else [])
    writer.end()
    return file


def _without_marks(data: bytes) -> bytes:
    """What a version that marked nothing would have written: no marks, and the fact that tells of them under another name."""
    out, at = bytearray(MAGIC), len(MAGIC)
    while at < len(data) - len(MAGIC):
        opcode, length = _HEAD.unpack_from(data, at)
        end = at + _HEAD.size + length
        if opcode != OP_NEWS:
            out += data[at:end].replace(b"\x04\x00\x00\x00news", b"\x04\x00\x00\x00none")
        at = end
    return bytes(out + MAGIC)


def test_every_tick_comes_back_and_marks_are_where_something_was_told(path: Path) -> None:
    found = open_playback(path)
    assert found.complete and len(found.ticks) == TICKS
    assert found.times_flicks == [number * PERIOD_FLICKS for number in range(TICKS)]
    for number in (0, 1, 399, 200, 51, 50):
        tick, wanted = found.ticks[number], _tick(number)
        assert tick.records.tobytes() == wanted.records.tobytes() and tick.columns.tobytes() == wanted.columns.tobytes()
        assert (tick.frame, tick.lamps, tick.weather, tick.collisions) == (
            wanted.frame, wanted.lamps, wanted.weather, wanted.collisions,
        )  # fmt: skip
    marks = {news: list(found.ticks.telling(news)) for news in News}
    assert marks == {
        News.DESCRIPTIONS: [0, 100],
        News.LAMPS: [0, 50, 51],
        News.WEATHER: [0, 200],
        News.SCENE_LIGHTS: [],
        News.CAST: [0, 100, 300],
        News.COLLISIONS: [150],
    }
    assert set(found.descriptions) == {1, 7}
    assert len(read_episode(path).states) == TICKS  # the MCAP library skips what it does not know


def test_files_without_marks_tell_the_same(path: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.log"
    old.write_bytes(_without_marks(path.read_bytes()))
    assert len(old.read_bytes()) < path.stat().st_size
    now, then = open_playback(path), open_playback(old)
    assert then.ticks.telling(News.WEATHER) == list(range(TICKS)) and now.descriptions == then.descriptions
    for after, until in ((-1, 0), (-1, 60), (0, 49), (49, 50), (50, 399), (60, 399), (-1, 399)):
        for news in (News.LAMPS, News.WEATHER, News.SCENE_LIGHTS):
            assert last_told(now.ticks, news, after, until) == last_told(then.ticks, news, after, until)
    assert last_told(now.ticks, News.LAMPS, 0, 399) == {1: 51} and last_told(now.ticks, News.WEATHER, 0, 199) is None


def test_opening_reads_a_few_bytes_of_each_tick(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: without marks, opening reads every tick."""
    bytes_read: list[int] = []
    pread = os.pread

    def counted(file: int, size: int, at: int) -> bytes:
        data = pread(file, size, at)
        bytes_read.append(len(data))
        return data

    monkeypatch.setattr(recorded_ticks.os, "pread", counted)
    old = tmp_path / "old.log"
    old.write_bytes(_without_marks(path.read_bytes()))
    large = {}
    for name in (path, old):
        bytes_read.clear()
        open_playback(name)
        large[name] = sum(size > 64 for size in bytes_read)
    assert large[path] == 3 and large[old] == TICKS + 1  # the header and two descriptions; everything


def test_a_damaged_head_is_found(path: Path, tmp_path: Path) -> None:
    data = bytearray(path.read_bytes())
    at = data.rindex(_HEAD.pack(OP_CHUNK, _last_chunk_length(bytes(data))))
    bad: dict[str, Any] = {"later": 0x10, "earlier": None}
    for name, flip in bad.items():
        damaged = bytearray(data)
        damaged[at + 9 + (1 if flip else 4)] ^= flip or 0x01
        (tmp_path / name).write_bytes(damaged)
        with pytest.raises(EpisodeError, match="damaged"):
            _ = open_playback(tmp_path / name).ticks[TICKS - 1]


def _last_chunk_length(data: bytes) -> int:
    at, last = len(MAGIC), 0
    while at < len(data) - len(MAGIC):
        opcode, length = _HEAD.unpack_from(data, at)
        last = length if opcode == OP_CHUNK else last
        at += _HEAD.size + length
    return last
