"""An episode reads back equal by digest, and a cut-off file gives back exactly the whole ticks it holds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from sim.base.agent import Command
from sim.base.bundle import Provenance, Route
from sim.base.episode import EpisodeHeader, Event
from sim.base.errors import EpisodeError
from sim.base.state import ActorInfo, ActorKind, StaticObjects, Weather, WorldState
from sim.base.verdict import RunOutcome, Verdict
from sim.wire.episode_file import STATE_ARRAYS, STATIC_ARRAYS, EpisodeWriter
from sim.wire.episode_reader import read_episode

TICKS = 12
PROVENANCE = Provenance("a/b", "00", 3, "fast_640", "expert", True, "town_quarter", "11", "0.1.0+abc", "22", "embedded")


def header() -> EpisodeHeader:
    statics = StaticObjects(
        name=("tree.lime:1#0", "pole.street_lamp:0#1"),
        position_world_m=np.arange(6.0).reshape(2, 3),
        rpy_rad=np.zeros((2, 3)),
        box_center_m=np.ones((2, 3)),
        box_extent_m=np.full((2, 3), 0.5),
        object_class=np.array([6, 11], np.uint8),
        carla_id=np.array([2**63 + 1, 5], np.uint64),
    )
    route = Route(np.arange(9.0).reshape(3, 3), np.arange(3.0), np.full(3, 13.9))
    return EpisodeHeader(PROVENANCE, 35_280_000, 1, "<OpenDRIVE/>", statics, route, {"gap_m": "12.5"})


def random_state(tick: int) -> WorldState:
    """Every field holds different values; the third actor appears at tick 5, the weather changes at tick 7."""
    rng = np.random.default_rng(tick)
    count = 2 if tick < 5 else 3
    infos = tuple(
        ActorInfo(
            i + 1, ActorKind.VEHICLE, "vehicle.x", {"role_name": f"r{i}"}, (0.1, 0.0, 0.7), (2.3, 0.9, 0.7), 0, "s"
        )
        for i in range(count)
    )
    arrays = {name: (rng.random((count, *shape)) * 200).astype(dtype) for name, (dtype, shape) in STATE_ARRAYS.items()}
    weather = Weather(cloudiness=0.1 if tick < 7 else 30.0)
    return WorldState(tick=tick, time_flicks=tick * 35_280_000, actors=infos, weather=weather, **arrays)  # type: ignore[arg-type]


def command(tick: int) -> Command:
    return Command(throttle_ratio=tick / 100, steer_ratio=-0.25, hand_brake=tick == 2)


def write(path: Path, ticks: int = TICKS, finish: bool = True) -> None:
    with EpisodeWriter(path, header()) as writer:
        for tick in range(ticks):
            events = [Event(tick, "contact", (1, 2), "at 3 m/s")] if tick == 4 else []
            writer.write_tick(random_state(tick), command(tick), events)
        if finish:
            verdict = Verdict("no_contact", False, True, 1.0, 0.0, "contacts", 4, "hit the child")
            writer.finish(RunOutcome((verdict,), True, "contact"), ticks * 35_280_000)


def test_every_array_of_the_state_is_stored() -> None:
    arrays = {item.name for item in fields(WorldState)} - {"tick", "time_flicks", "actors", "weather"}
    assert set(STATE_ARRAYS) == arrays
    assert set(STATIC_ARRAYS) == {item.name for item in fields(StaticObjects)} - {"name"}


def test_reads_back_equal_by_digest_and_bytes_repeat(tmp_path: Path) -> None:
    write(tmp_path / "a.mcap")
    write(tmp_path / "b.mcap")
    assert (tmp_path / "a.mcap").read_bytes() == (tmp_path / "b.mcap").read_bytes()
    episode = read_episode(tmp_path / "a.mcap")
    assert [s.digest() for s in episode.states] == [random_state(k).digest() for k in range(TICKS)]
    assert episode.states[3].digest() != replace(episode.states[3], tick=99).digest()
    assert episode.commands == tuple(command(k) for k in range(TICKS))
    assert episode.events == (Event(4, "contact", (1, 2), "at 3 m/s"),)
    assert episode.header.provenance == PROVENANCE
    assert episode.header.statics.digest() == header().statics.digest()
    assert list(episode.header.statics.carla_id) == [2**63 + 1, 5]
    assert dict(episode.header.draws) == {"gap_m": "12.5"}
    assert episode.complete and episode.outcome is not None and episode.outcome.exit_code == 1


def test_cut_anywhere_gives_back_the_whole_ticks_before(tmp_path: Path) -> None:
    write(tmp_path / "whole.mcap")
    data = (tmp_path / "whole.mcap").read_bytes()
    counts = []
    for size in range(0, len(data), 37):
        cut = tmp_path / "cut.mcap"
        cut.write_bytes(data[:size])
        try:
            episode = read_episode(cut)
        except EpisodeError:
            counts.append(0)
            continue
        assert not episode.complete or size > len(data) - 8
        assert [s.digest() for s in episode.states] == [random_state(k).digest() for k in range(len(episode.states))]
        counts.append(len(episode.states))
    assert counts == sorted(counts) and counts[0] == 0 and counts[-1] == TICKS and set(counts) == set(range(TICKS + 1))


def test_flipped_bits_are_never_read_as_truth(tmp_path: Path) -> None:
    write(tmp_path / "whole.mcap")
    data = bytearray((tmp_path / "whole.mcap").read_bytes())
    chunk = data.index(b"zstd")
    refused = 0
    for offset in range(chunk + 20, len(data) // 2, 101):
        damaged = bytearray(data)
        damaged[offset] ^= 0x10
        (tmp_path / "bad.mcap").write_bytes(damaged)
        try:
            episode = read_episode(tmp_path / "bad.mcap")
        except EpisodeError:
            refused += 1
            continue
        expected = [random_state(k).digest() for k in range(len(episode.states))]
        assert [s.digest() for s in episode.states] == expected
    assert refused > 5


def test_what_is_not_an_episode_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.mcap").write_text("hello, this is not an episode at all")
    with pytest.raises(EpisodeError, match="not an MCAP file"):
        read_episode(tmp_path / "text.mcap")
    with pytest.raises(EpisodeError, match="no such file"):
        read_episode(tmp_path / "absent.mcap")


def test_killed_writer_loses_no_whole_tick(tmp_path: Path) -> None:
    path = tmp_path / "killed.mcap"
    code = (
        "import sys, time; from pathlib import Path; from tests.wire import test_episode_file as t\n"
        f"w = t.EpisodeWriter(Path({str(path)!r}), t.header())\n"
        "for k in range(8): w.write_tick(t.random_state(k), t.command(k))\n"
        "print('ready', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"ready"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    episode = read_episode(path)
    assert len(episode.states) == 8 and not episode.complete and episode.outcome is None
