"""A run from a scenario's name to its folder: everything is there, everything repeats, and nothing is lost when it breaks."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import psutil
import pytest

from sim.base.agent import Command, DrivingTask
from sim.base.errors import InputError, MapError
from sim.base.observation import Observation
from sim.loop.run import RunResult, run_scenario
from sim.loop.run_folder import file_hashes
from sim.wire.episode_reader import read_episode
from tests.loop.conftest import SCENARIO, SHORT, short_run


class Raises:
    """A driver that breaks down at tick 5."""

    def reset(self, task: DrivingTask) -> None:
        """Nothing to forget."""

    def act(self, observation: Observation) -> Command:
        """Work for five ticks."""
        if observation.tick == 5:
            raise ZeroDivisionError("no road in sight")
        return Command(throttle_ratio=0.3)


class Impossible(Raises):
    """A driver that presses a pedal through the floor."""

    def act(self, observation: Observation) -> Command:
        """Ask for more than there is."""
        return Command(throttle_ratio=1.5)


def test_folder_holds_what_the_manifest_says(recorded: RunResult) -> None:
    names = {path.name for path in recorded.folder.iterdir()}
    assert {"report.html", "video.mp4", "episode.mcap", "labels", "images", "manifest.json"} <= names
    manifest = json.loads((recorded.folder / "manifest.json").read_text())
    assert manifest["files"] == file_hashes(recorded.folder)
    assert manifest["provenance"]["privileged"] is True
    assert recorded.ticks == 21 and recorded.frames == 21
    assert len(list((recorded.folder / "images" / "front").iterdir())) == recorded.frames
    assert len(list((recorded.folder / "labels" / "front").glob("*.json"))) == recorded.frames


def test_episode_is_complete_and_holds_the_run(recorded: RunResult) -> None:
    episode = read_episode(recorded.folder / "episode.mcap")
    assert episode.complete
    assert episode.outcome == recorded.outcome
    assert len(episode.states) == recorded.ticks
    assert [state.tick for state in episode.states] == list(range(recorded.ticks))
    row = episode.states[-1].row_of_role("hero")
    assert row is not None and int(episode.states[-1].track_id[row]) == episode.header.ego_track_id
    assert episode.states[-1].distance_travelled_m[row] == pytest.approx(11.0, abs=1.5)
    assert episode.events[-1].name == "end"


def test_report_is_one_page_that_needs_no_network(recorded: RunResult) -> None:
    page = recorded.report.read_text()
    assert "Privileged driver" in page
    assert f"sim run {SCENARIO} --seed 3 --agent expert --set duration_s=1.0" in page
    assert recorded.episode_sha256 in page
    assert page.count("<svg") >= 3
    assert not re.search(r"(src|href)=[\"']https?://", page)
    for name in re.findall(r"(?:src|href)=\"([^\"#:]+)\"", page):
        assert (recorded.folder / name).exists(), name


def test_two_runs_with_other_thread_counts_are_equal_bytes(recorded: RunResult, tmp_path: Path) -> None:
    again = short_run(tmp_path / "again", threads=1)
    first, second = file_hashes(recorded.folder), file_hashes(again.folder)
    assert [name for name in first if first[name] != second.get(name)] == []
    assert set(first) == set(second)


def test_another_seed_is_another_run(recorded: RunResult, tmp_path: Path) -> None:
    other = run_scenario(SCENARIO, seed=4, out=tmp_path / "other", camera=False, overrides=SHORT)
    assert other.episode_sha256 != recorded.episode_sha256
    assert not (other.folder / "images").exists()
    assert (other.folder / "video.mp4").exists()


@pytest.mark.parametrize(("agent", "message"), [("Raises", "no road in sight"), ("Impossible", "throttle_ratio 1.5")])
def test_a_driver_that_breaks_down_is_recorded_as_invalid(tmp_path: Path, agent: str, message: str) -> None:
    result = run_scenario(
        SCENARIO, agent=f"tests.loop.test_run:{agent}", out=tmp_path / "run", camera=False, overrides=SHORT
    )
    assert result.outcome.exit_code == 2
    assert message in result.error
    assert message in result.report.read_text()
    episode = read_episode(result.folder / "episode.mcap")
    assert episode.complete and episode.outcome is not None and not episode.outcome.valid


def test_command_latency_delays_the_command(tmp_path: Path) -> None:
    def throttle_felt(latency_ticks: int) -> np.ndarray:
        out = tmp_path / f"latency{latency_ticks}"
        options = {"camera": False, "overrides": SHORT, "command_latency_ticks": latency_ticks}
        result = run_scenario(SCENARIO, agent="tests.loop.test_run:Raises", out=out, **options)
        states = read_episode(result.folder / "episode.mcap").states
        return np.array([state.throttle_ratio[state.row_of_role("hero") or 0] for state in states])

    assert list(np.flatnonzero(throttle_felt(0) > 0.25)) == [1, 2, 3, 4, 5]
    assert list(np.flatnonzero(throttle_felt(2) > 0.25)) == [3, 4, 5]


def test_wrong_input_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expert"):
        run_scenario(SCENARIO, agent="exprt", out=tmp_path / "run")
    with pytest.raises(MapError):
        run_scenario(SCENARIO, map_name="atlantis", out=tmp_path / "run", camera=False)
    assert list(tmp_path.iterdir()) == []
    assert not [
        child for child in psutil.Process().children(recursive=True) if "sim.server" in " ".join(child.cmdline())
    ]
