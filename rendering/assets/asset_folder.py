"""Where the user's own assets lie, and what stands for their contents. Tested by tests/rendering/test_own_assets.py."""

from __future__ import annotations

import functools
import hashlib
import os
from pathlib import Path

VARIABLE = "SIM_ASSETS"


def asset_folder() -> Path | None:
    """The folder that SIM_ASSETS names now, None when it is not set."""
    text = os.environ.get(VARIABLE, "")
    return Path(text).expanduser().resolve() if text else None


def own_assets_digest() -> str:
    """SHA-256 over every file of the folder, as it was when first asked for; "" without one. For the provenance of a run."""
    folder = asset_folder()
    return _digest(folder) if folder is not None else ""


@functools.lru_cache(maxsize=8)
def _digest(folder: Path) -> str:
    hasher = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        hasher.update(path.relative_to(folder).as_posix().encode())
        hasher.update(path.read_bytes())
    return hasher.hexdigest()
