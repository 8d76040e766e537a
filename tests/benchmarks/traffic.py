"""Bar 7: cars of CARLA's own Traffic Manager, 5 simulated minutes, on maps that nobody here wrote.

    python -m tests.benchmarks.traffic [--maps Town01,Town02,...] [--cars 50] [--seconds 300] [--seeds 1,2] [--json]
                                       [--kinds car|motorcycle|truck|...|all]

Wanted: no boxes that overlap by more than 2 cm, no car whose corner leaves the carriageway by more than 10 cm, no red light
run. `--kinds all` takes every vehicle of the catalogue, as CARLA's generate_traffic.py does; corners of long lorries and buses
leave the lanes of tight bends whoever drives them, so the counts are wanted of cars.

Reported besides: vehicles that the Traffic Manager removed on the move (at dead ends of the map; a new one comes for each) and
after standing for 90 s; mean speed, fronts that stopped beyond a stop line on red (less than 2 m: an overrun), the share of
time that cars stand with neither a stopping light nor a queue before one ahead, the longest such time, and simulated over
wall time. What counts as what is in tests/benchmarks/traffic_judge.py.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.base import clock
from sim.base.errors import SyncError
from sim.loop.session import Session
from tests.benchmarks.traffic_judge import TrafficJudge
from tests.contract.traffic import spawn_traffic, top_up

HZ = 20
ATTEMPTS = 4


def main() -> int:
    """Drive each map with each seed and print the table; 1 when one of the three counts is not zero."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--maps", default="Town01,Town02,Town10HD,multi_intersections")
    parser.add_argument(
        "--folder", type=Path, default=Path(os.environ.get("SIM_TEST_MAPS", "../shared/data/opendrive"))
    )
    parser.add_argument("--cars", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--kinds", default="car", help="base_type of the vehicles, or all")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--details", action="store_true", help="name every overlap, excursion and run")
    options = parser.parse_args()
    found = []
    for name in options.maps.split(","):
        for seed in (int(s) for s in options.seeds.split(",")):
            settings = Drive(options.folder, options.cars, options.seconds, options.kinds, options.details)
            found.append(drive(name, seed, settings))
            if not options.json:
                _print_row(found[-1], head=len(found) == 1)
    if options.json:
        print(json.dumps(found, indent=1))
    return int(any(f["overlapping_pairs"] or f["cars_off_road"] or f["red_light_runs"] for f in found))


@dataclass(frozen=True)
class Drive:
    """What all drives of a run have in common."""

    folder: Path
    cars: int
    seconds: float
    kinds: str = "car"
    details: bool = False


def drive(name: str, seed: int, settings: Drive, spoiled: int = 0) -> dict[str, Any]:
    """One drive; done again when the client's Traffic Manager missed its wake-up and moved twice."""
    begin = time.monotonic()
    base_type = "" if settings.kinds == "all" else settings.kinds
    try:
        with Session(name, clock.period_from_hz(HZ), maps=[settings.folder.resolve()]) as session:
            judge = TrafficJudge(session.network, 1.0 / HZ)
            spawned = len(spawn_traffic(session, settings.cars, seed, base_type))
            for tick in range(round(settings.seconds * HZ)):
                state = session.tick(appearance=False)
                judge.add(state)
                if tick % HZ == 0:
                    top_up(session, state, spawned, (seed, tick), base_type)
    except SyncError:
        if spoiled == ATTEMPTS:
            raise
        return drive(name, seed, settings, spoiled + 1)
    rate = settings.seconds / (time.monotonic() - begin)
    row = {
        "map": name,
        "kinds": settings.kinds,
        "seed": seed,
        "cars": spawned,
        **judge.figures(),
        "spoiled": spoiled,
        "x_real_time": round(rate, 1),
    }
    if settings.details:
        row["overlaps"] = [
            [judge.overlap_first[pair], *pair, round(depth, 2)] for pair, depth in judge.overlap_pairs.items()
        ]
        row["off"] = {key: round(depth, 2) for key, depth in judge.off_road.items() if depth > 0.1}
        row["runs"] = judge.runs
    return row


def _print_row(row: dict[str, Any], head: bool) -> None:
    if head:
        print("| " + " | ".join(row) + " |\n" + "|---" * len(row) + "|", flush=True)
    print("| " + " | ".join(str(value) for value in row.values()) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
