"""How long maps take to load, and how many queries a second they answer.

    python -m tests.benchmarks.maps [--folder ../shared/data/opendrive] [--points 200000] [--json]

For every .xodr file of the folder: its size, the time from text to arrays and to a lookup grid (cold: nothing is cached but
compiled kernels; wanted: Town10HD below 5 s), and points a second of the nearest lane, of the height of the ground, and of
the nearest lane one point at a time. The points lie within 10 m of lanes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sim.maps.lookup import LaneLookup
from sim.maps.opendrive import network_from_xodr

SINGLE = 2000


def main() -> int:
    """Print one row for each map; 1 when a map takes 5 s or more."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--folder", type=Path, default=Path(os.environ.get("SIM_TEST_MAPS", "../shared/data/opendrive"))
    )
    parser.add_argument("--points", type=int, default=200_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    paths = sorted(options.folder.glob("*.xodr"))
    if paths:
        _measure(paths[0], SINGLE)  # kernels are compiled or read from their cache
    rows = [_measure(path, options.points) for path in paths]
    if options.json:
        print(json.dumps(rows, indent=1))
        return 0
    for index, row in enumerate(rows):
        if index == 0:
            print("| " + " | ".join(row) + " |\n" + "|---" * len(row) + "|")
        print("| " + " | ".join(str(value) for value in row.values()) + " |")
    return int(any(row["load_s"] >= 5.0 for row in rows))


def _measure(path: Path, count: int) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8-sig")
    begin = time.perf_counter()
    network = network_from_xodr(text, path.stem)
    lookup = LaneLookup(network)
    load_s = time.perf_counter() - begin
    rng = np.random.default_rng(1)
    center = network.lanes.center_world_m[:, :2]
    points = center[rng.integers(len(center), size=count)] + rng.uniform(-10.0, 10.0, (count, 2))
    singles = [point[None] for point in points[:SINGLE]]
    return {
        "map": path.stem,
        "MB": round(len(text) / 1e6, 2),
        "lanes": network.lanes.count,
        "load_s": round(load_s, 2),
        "nearest_per_s": _rate(count, lambda: lookup.nearest(points)),
        "height_per_s": _rate(count, lambda: lookup.height_at(points)),
        "single_per_s": _rate(len(singles), lambda: [lookup.nearest(point) for point in singles]),
    }


def _rate(count: int, work: Callable[[], object]) -> int:
    begin = time.perf_counter()
    work()
    return int(count / (time.perf_counter() - begin))


if __name__ == "__main__":
    sys.exit(main())
