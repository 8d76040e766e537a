"""Write the project's own maps next to this file: `python -m sim.maps.own [FOLDER]`."""

from __future__ import annotations

import sys
from pathlib import Path

from sim.maps.own import motorway, parking_lot, town_quarter

MAPS = {"town_quarter": town_quarter.build, "motorway": motorway.build, "parking_lot": parking_lot.build}


def write_all(folder: Path) -> tuple[Path, ...]:
    """Build every own map into `folder`; the same bytes every time (tests/maps/test_own_maps.py)."""
    out = []
    for name, build in MAPS.items():
        path = folder / f"{name}.xodr"
        path.write_text(build().text(), encoding="utf-8")
        out.append(path)
    return tuple(out)


if __name__ == "__main__":
    write_all(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)
