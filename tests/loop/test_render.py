"""Sensing again: the run's own rig gives the run's own bytes, another rig gives other pictures of the same world."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sensors.rig import load_rig
from sim.base.clock import period_from_hz
from sim.base.errors import EpisodeError, InputError
from sim.loop.render import RenderOptions, fitting_states, followed, render_episode
from sim.loop.run import RunResult
from sim.loop.run_folder import file_hashes
from sim.wire.episode_reader import read_episode


def _pictures(folder: Path) -> dict[str, str]:
    return {name: digest for name, digest in file_hashes(folder).items() if name.startswith(("images/", "labels/"))}


def test_the_same_rig_and_seed_give_the_runs_own_bytes(recorded: RunResult, tmp_path: Path) -> None:
    made = render_episode(RenderOptions(recorded.folder / "episode.mcap", "fast_640"), tmp_path / "again", quiet=True)
    assert made.frames == recorded.frames
    assert _pictures(made.folder) == _pictures(recorded.folder)
    assert len(_pictures(made.folder)) > 3 * recorded.frames
    manifest = json.loads((made.folder / "manifest.json").read_text())
    assert manifest["files"] == file_hashes(made.folder)
    assert (made.folder / "video.mp4").stat().st_size > 1000


def test_another_seed_gives_other_noise_and_the_same_labels(recorded: RunResult, tmp_path: Path) -> None:
    options = RenderOptions(recorded.folder / "episode.mcap", "fast_640", duration_s=0.1, seed=9)
    made = render_episode(options, tmp_path / "other", quiet=True)
    assert made.frames == 3
    own, other = _pictures(recorded.folder), _pictures(made.folder)
    assert other["images/front/000000.png"] != own["images/front/000000.png"]
    assert other["labels/front/000000.instance.png"] == own["labels/front/000000.instance.png"]


def test_a_part_begins_where_it_was_told(recorded: RunResult, tmp_path: Path) -> None:
    options = RenderOptions(recorded.folder / "episode.mcap", "fast_640", start_s=0.5, duration_s=0.05, labels=False)
    made = render_episode(options, tmp_path / "part", quiet=True)
    assert sorted(path.name for path in (made.folder / "images" / "front").iterdir()) == ["000010.png", "000011.png"]
    assert not (made.folder / "labels").exists()


def test_rates_that_do_not_fit_get_states_in_between(recorded: RunResult) -> None:
    episode = read_episode(recorded.folder / "episode.mcap")
    period, states = fitting_states(episode, load_rig("tesla_hw3_like"))
    assert period == period_from_hz(36.0)
    assert len(states) == 37 and [state.tick for state in states] == list(range(37))
    row = episode.states[0].row_of(episode.header.ego_track_id)
    assert row is not None
    before, between, after = episode.states[0], states[1], episode.states[1]
    share = between.time_flicks / after.time_flicks
    expected = before.position_world_m[row] * (1.0 - share) + after.position_world_m[row] * share
    assert between.position_world_m[row] == pytest.approx(expected, abs=1e-9)
    assert states[9].digest() != episode.states[5].digest()  # the same instant, numbered by another clock
    assert (states[9].position_world_m == episode.states[5].position_world_m).all()


def test_wrong_wishes_are_refused_before_anything_is_written(recorded: RunResult, tmp_path: Path) -> None:
    path = recorded.folder / "episode.mcap"
    episode = read_episode(path)
    assert followed(episode, "hero") == followed(episode, "") == episode.header.ego_track_id
    assert followed(episode, "2") == 2
    with pytest.raises(InputError, match=r'found "ghost".*hero'):
        followed(episode, "ghost")
    with pytest.raises(InputError, match="--start: found 99"):
        render_episode(RenderOptions(path, "fast_640", start_s=99.0), tmp_path / "x", quiet=True)
    with pytest.raises(EpisodeError, match="no such file"):
        render_episode(RenderOptions(tmp_path / "none.mcap", "fast_640"), tmp_path / "x", quiet=True)
    assert not (tmp_path / "x").exists()
