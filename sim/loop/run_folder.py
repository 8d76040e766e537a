"""The output folder of a run: written under a temporary name, hashed, then moved into place in one step."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

from sim.base.errors import InputError

MANIFEST = "manifest.json"
_MARK = ".partial"


class RunFolder:
    """A context manager around `path`, the temporary folder. Only commit() makes the result appear; leaving without it, for
    whatever reason, removes what was written. Folders that killed runs left behind are removed by the next one.

    Raises InputError when the target exists and `force` is not set. Tested by tests/loop/test_run_folder.py.
    """

    def __init__(self, target: Path, force: bool = False) -> None:
        self.target = target.absolute()
        self._force = force
        self._made_parent = False
        self.path = self.target.parent / f".{self.target.name}.{os.getpid()}{_MARK}"

    def __enter__(self) -> RunFolder:
        check_target(self.target, self._force)
        with clear_when_full(self.target):
            self._made_parent = not self.target.parent.exists()
            self.target.parent.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(self.target)
            shutil.rmtree(self.path, ignore_errors=True)
            self.path.mkdir()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        if self._made_parent:
            with contextlib.suppress(OSError):
                self.target.parent.rmdir()  # goes only when it is empty

    def commit(self, facts: Mapping[str, Any]) -> Path:
        """Write the manifest, `facts` and the sha256 of every file, and move the folder into place."""
        with clear_when_full(self.target):
            manifest = {**facts, "files": file_hashes(self.path)}
            text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
            (self.path / MANIFEST).write_text(text, encoding="utf-8")
            check_target(self.target, self._force)
            replaced = self.path.with_name(self.path.name + ".old")
            if self.target.exists():
                self.target.rename(replaced)
            self.path.rename(self.target)
            shutil.rmtree(replaced, ignore_errors=True)
        return self.target


def check_target(target: Path, force: bool) -> None:
    """Refuse to write over a folder unless told to, and never over one that is not a run."""
    if not target.exists():
        return
    if not target.is_dir():
        raise InputError(
            f"--out: found {target}, which is a file; expected a folder, or a name that does not exist yet"
        )
    empty = not any(target.iterdir())
    if not empty and not (target / MANIFEST).exists():
        raise InputError(f"--out: found {target}, a folder that no run has written; choose another name")
    if not empty and not force:
        raise InputError(f"--out: found {target}, a finished run; add --force to replace it, or choose another name")


def free_name(target: Path) -> Path:
    """`target`, or the first of target-2, target-3 ... that does not exist."""
    number, candidate = 1, target
    while candidate.exists():
        number += 1
        candidate = target.with_name(f"{target.name}-{number}")
    return candidate


def file_hashes(folder: Path) -> dict[str, str]:
    """sha256 of every file below a folder, by relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in files}


def sha256_of(path: Path) -> str:
    """sha256 of a file's bytes."""
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            hasher.update(block)
    return hasher.hexdigest()


@contextlib.contextmanager
def clear_when_full(target: Path) -> Iterator[None]:
    """Turn "no space left on device" and "permission denied" into messages that say what to do."""
    try:
        yield
    except PermissionError as error:
        raise InputError(f"{error.filename}: may not be written; choose another folder with --out") from error
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise InputError(
            f"{target}: the disk is full; nothing was kept. Free some space, or choose another disk with --out"
        ) from error


def _remove_abandoned(target: Path) -> None:
    prefix = f".{target.name}."
    for path in target.parent.glob(f"{prefix}*{_MARK}*"):
        owner = path.name[len(prefix) :].split(".", 1)[0]
        if owner.isdigit() and (int(owner) == os.getpid() or not psutil.pid_exists(int(owner))):
            shutil.rmtree(path, ignore_errors=True)
