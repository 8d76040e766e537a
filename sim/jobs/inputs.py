"""What a job reads besides its arguments: the files of the user that scenario, rig, map and driver name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

_MAP_PATTERN = "*.xodr"


def inputs_sha256(files: Sequence[str], map_folders: Sequence[str] = (), agent: str = "") -> str:
    """A hash over the content of every one of `files` that exists, of all maps in the folders, and of the driver's code.

    Names of our own library hash to themselves: their content belongs to the version of the code. A driver MODULE:CLASS is
    looked for in the working folder: the module's file, or every file below its top package (weights among them); what it
    imports from elsewhere is not seen. Tested by tests/jobs/test_inputs.py.
    """
    hasher = hashlib.sha256()
    for name in files:
        hasher.update(f"{name}\0".encode())
        if Path(name).is_file():
            hasher.update(Path(name).read_bytes())
    for path in [*_maps(map_folders), *_driver_files(agent)]:
        hasher.update(f"{path}\0".encode())
        hasher.update(path.read_bytes())
    return hasher.hexdigest()


def _maps(folders: Sequence[str]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(Path(folder).glob(_MAP_PATTERN))


def _driver_files(agent: str) -> Iterator[Path]:
    module, colon, _ = agent.partition(":")
    top = Path(module.split(".", 1)[0])
    if not colon:
        return
    if top.with_suffix(".py").is_file():
        yield top.with_suffix(".py")
    elif top.is_dir():
        yield from sorted(path for path in top.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
