"""A run's folder appears complete or not at all."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from sim.base.errors import InputError
from sim.loop.run_folder import RunFolder, clear_when_full, free_name, sha256_of


def finish_run(target: Path, text: str, force: bool = False) -> None:
    with RunFolder(target, force) as folder:
        (folder.path / "a.txt").write_text(text)
        folder.commit({"ticks": 3})


def test_commit_moves_everything_and_lists_every_hash(tmp_path: Path) -> None:
    finish_run(tmp_path / "run", "hello")
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["files"] == {"a.txt": sha256_of(tmp_path / "run" / "a.txt")}
    assert manifest["ticks"] == 3
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_leaving_without_commit_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), RunFolder(tmp_path / "run") as folder:
        (folder.path / "a.txt").write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_finished_run_is_replaced_only_with_force(tmp_path: Path) -> None:
    finish_run(tmp_path / "run", "first")
    with pytest.raises(InputError, match="--force"):
        finish_run(tmp_path / "run", "second")
    assert (tmp_path / "run" / "a.txt").read_text() == "first"
    finish_run(tmp_path / "run", "third", force=True)
    assert (tmp_path / "run" / "a.txt").read_text() == "third"
    assert free_name(tmp_path / "run").name == "run-2"


def test_a_folder_that_is_no_run_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "me.jpg").write_text("precious")
    with pytest.raises(InputError, match="no run has written"):
        finish_run(tmp_path / "photos", "x", force=True)
    assert (tmp_path / "photos" / "me.jpg").exists()


def test_what_a_killed_run_left_is_removed_and_a_living_one_is_not(tmp_path: Path) -> None:
    dead, alive = tmp_path / ".run.999999999.partial", tmp_path / f".run.{os.getppid()}.partial"
    dead.mkdir()
    alive.mkdir()
    finish_run(tmp_path / "run", "x")
    assert not dead.exists()
    assert alive.exists()


def test_a_full_disk_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="disk is full"), clear_when_full(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OSError, match="other"), clear_when_full(tmp_path):
        raise OSError(errno.EIO, "other")


def test_a_run_that_fails_leaves_no_empty_parent(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), RunFolder(tmp_path / "out" / "run"):
        raise RuntimeError("broken")
    assert not (tmp_path / "out").exists()
