"""What reproduces a run: hashes of code, libraries, map and scenario, taken from what is really installed."""

from __future__ import annotations

import functools
import hashlib
import re
from importlib import metadata
from pathlib import Path

import sim
from rendering.assets.asset_folder import own_assets_digest

DISTRIBUTION = "sim-drive"
PACKAGES = ("sim", "scenarios", "sensors", "rendering")
_DATA_SUFFIXES = (".py", ".yaml", ".xodr", ".html", ".css", ".js")


def code_version() -> str:
    """The version and the first 12 digits of a sha256 over every source and data file of the four packages.

    Pictures also follow from the user's own assets: their digest is added when SIM_ASSETS names a folder.
    """
    assets = own_assets_digest()
    return _own_version() + (f".assets-{assets[:12]}" if assets else "")


@functools.lru_cache(maxsize=1)
def _own_version() -> str:
    root = Path(sim.__file__).resolve().parents[1]
    hasher = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in _DATA_SUFFIXES and path.is_file():
                hasher.update(path.relative_to(root).as_posix().encode())
                hasher.update(path.read_bytes())
    return f"{_version(DISTRIBUTION)}+{hasher.hexdigest()[:12]}"


@functools.lru_cache(maxsize=1)
def lock_sha256() -> str:
    """sha256 over name and version of every library of the base install, as found on this machine."""
    lines = [f"{name}=={_version(name)}" for name in _requirements()]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _requirements() -> list[str]:
    try:
        wanted = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        wanted = []
    base = [line for line in wanted if "extra ==" not in line]
    return [re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0].lower() for line in base]


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"
