"""Stored results hold only as long as the files that they came from."""

from pathlib import Path

import pytest

from sim.jobs.inputs import inputs_sha256


def test_it_changes_with_every_file_and_with_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "maps").mkdir()
    (tmp_path / "driver" / "__pycache__").mkdir(parents=True)
    watched = [tmp_path / name for name in ("rig.yaml", "maps/a.xodr", "driver/net.py", "driver/weights.bin")]
    ignored = [tmp_path / name for name in ("other.yaml", "maps/notes.txt", "driver/__pycache__/net.pyc")]
    for path in [*watched, *ignored]:
        path.write_text("one")

    def digest() -> str:
        return inputs_sha256(["signs/stop_plain", "rig.yaml"], ["maps"], "driver.net:Driver")

    for path in watched:
        before = digest()
        path.write_text("two")
        assert digest() != before, path
    for path in ignored:
        before = digest()
        path.write_text("two")
        assert digest() == before, path


def test_a_driver_of_ours_and_one_in_a_single_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "expert").mkdir()
    (tmp_path / "expert" / "notes.txt").write_text("one")
    (tmp_path / "mine.py").write_text("one")
    ours, theirs = inputs_sha256([], agent="expert"), inputs_sha256([], agent="mine:Driver")
    (tmp_path / "expert" / "notes.txt").write_text("two")
    (tmp_path / "mine.py").write_text("two")
    assert inputs_sha256([], agent="expert") == ours
    assert inputs_sha256([], agent="mine:Driver") != theirs
