"""Measures a camera from the files of one session, with other people's estimators. Run as `python -I analyse.py FOLDER`.

Reads FOLDER/stimulus.json and the pictures beside it; writes FOLDER/measured.json. It can import nothing of the simulator: the
names are blocked, and Python's isolated mode keeps the working folder and PYTHONPATH out. What the interpreter lacks (emva1288,
rawpy) is reported as not measured, with the reason; requirements.txt beside this file lists everything.
"""

from __future__ import annotations

import importlib
import importlib.abc
import json
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FORBIDDEN = ("sim", "sensors", "rendering", "scenarios")


class Blocked(importlib.abc.MetaPathFinder):
    """Refuses to find the simulator's packages."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> None:
        """Raise for a forbidden name; leave every other to the usual finders."""
        if fullname.split(".")[0] in FORBIDDEN:
            raise ImportError(f"{fullname}: the analysis may not import what it measures")


STEPS = (
    ("transfer", ("A1", "A2")),
    ("noise", ("A3", "A4", "A6")),
    ("geometry", ("B2", "B3")),
    ("light", ("C2", "E1")),
    ("shutter", ("D1",)),
    ("files", ("D6",)),
    ("merge", ("D4", "D5")),
    ("color", ("F1",)),
    ("optics", ("B4", "C1", "C3", "C4")),
)


def measure(folder: Path, only: set[str]) -> dict[str, Any]:
    """Every test's figures, and why others have none."""
    session = json.loads((folder / "stimulus.json").read_text())
    out: dict[str, Any] = {"measured": {}, "not_measured": {}, "curves": {}}
    for module_name, tests in STEPS:
        for test in tests:
            frames = [frame for frame in session["frames"] if frame["test"] == test]
            if not frames or (only and test not in only):
                continue
            try:
                module = importlib.import_module(module_name)
                figures, curves = getattr(module, test.lower())(folder, session["facts"], frames)
                out["measured"][test] = figures
                out["curves"][test] = curves
            except ImportError as error:
                out["not_measured"][test] = str(error)
            except Exception as error:
                # one estimator that gives up must not hide the figures of the others; the judge fails this test
                traceback.print_exc()
                out["not_measured"][test] = f"{type(error).__name__}: {error}"
    return out


if __name__ == "__main__":
    sys.meta_path.insert(0, Blocked())
    # where the simulator is installed, a start-up hook of its own may have imported it before us
    for name in [name for name in sys.modules if name.split(".")[0] in FORBIDDEN]:
        del sys.modules[name]
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    place = Path(sys.argv[1])
    found = measure(place, set(sys.argv[2].split(",")) if len(sys.argv) > 2 else set())
    (place / "measured.json").write_text(json.dumps(found, indent=1))
