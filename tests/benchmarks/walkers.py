"""Walker AI controllers of the unmodified client on the navigation mesh: where people are, how fast, and who stands still.

    python -m tests.benchmarks.walkers [--map NAME] [--maps DIR] [--walkers 50] [--seconds 180] [--crossing 0.1] [--json]

A new server and a new client process; every walker has a goal of its own and takes a random one when it arrives. Shares of time are
by the middle of the body: on pavements, crossings, verges, roads, and off the mesh (in a wall or beside the world). "Stood" is
the longest time in which somebody moved less than half a metre; waiting for a light at a crossing counts. The hash is of all
positions: it is the same in every run with the same arguments.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from sim.maps.layout import place_static_objects
from sim.maps.library import load_network
from sim.maps.lookup import LaneLookup
from sim.maps.navigation_areas import walkable_areas
from tests.server.running import running_server

DELTA_S, SAMPLE_TICKS = 0.05, 10
SPEED_MPS = 1.4
STOOD_M = 0.5
_MARGIN_M = 0.05
_LIMIT_S = 600.0


def main() -> int:
    """Run once and print a small table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--map", default="town_quarter")
    parser.add_argument("--maps", type=Path, default=Path("../shared/data/opendrive"))
    parser.add_argument("--walkers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--crossing", type=float, default=0.1, help="share of people who may walk on roads")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--client", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        result = _walk(options)
        print(json.dumps(result), flush=True)
        return 0
    figures = measure(options.map, options.maps, options.walkers, options.seconds, options.crossing, options.seed)
    if options.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{name:24} {value}" for name, value in figures.items()))
    return 0


def measure(
    map_name: str, maps: Path, walkers: int, seconds: float, crossing: float = 0.1, seed: int = 1
) -> dict[str, Any]:
    """The figures of one run in fresh processes; RuntimeError with its last words when the client fails or crashes."""
    with running_server("--maps", str(maps), map_name=map_name) as (port, _):
        command = [sys.executable, "-m", "tests.benchmarks.walkers", "--client", str(port), "--map", map_name]
        command += ["--walkers", str(walkers), "--seconds", str(seconds), "--crossing", str(crossing)]
        command += ["--seed", str(seed)]
        with tempfile.TemporaryDirectory() as home:  # where the client keeps navigation files for ever
            environment = {**os.environ, "HOME": home}
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_LIMIT_S, check=False, env=environment
            )
    if done.returncode:
        raise RuntimeError(f"walkers' client: exit code {done.returncode}: {done.stderr[-500:]}")
    raw = json.loads(done.stdout.splitlines()[-1])
    return {**_judge(map_name, maps, np.array(raw["places"])), "ms_per_tick": round(raw["ms_per_tick"], 3)}


def _walk(options: argparse.Namespace) -> dict[str, Any]:
    import carla

    client: Any = carla.Client("127.0.0.1", options.client)
    client.set_timeout(60.0)
    world = client.get_world()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, DELTA_S
    world.apply_settings(settings)
    world = client.reload_world(False)  # the server ran in real time until now; lights begin their cycles anew
    world.set_pedestrians_seed(options.seed)
    world.set_pedestrians_cross_factor(options.crossing)
    blueprints = sorted(world.get_blueprint_library().filter("walker.pedestrian.*"), key=lambda b: str(b.id))
    starts: list[Any] = []
    while len(starts) < options.walkers:
        place = world.get_random_location_from_navigation()
        if all(math.hypot(place.x - other.x, place.y - other.y) > 1.0 for other in starts):
            starts.append(place)
    people = []
    for index, place in enumerate(starts):
        place.z += 1.0
        person = world.try_spawn_actor(blueprints[index % len(blueprints)], carla.Transform(place))
        people += [person] if person is not None else []
    kind = world.get_blueprint_library().find("controller.ai.walker")
    controllers = [world.spawn_actor(kind, carla.Transform(), person) for person in people]
    world.tick()
    for controller in controllers:
        controller.start()
        controller.go_to_location(world.get_random_location_from_navigation())
        controller.set_max_speed(SPEED_MPS)
    places = []
    begin = time.perf_counter()
    for tick in range(round(options.seconds / DELTA_S)):
        world.tick()
        if tick % SAMPLE_TICKS == 0:
            snapshot = world.get_snapshot()
            at = [snapshot.find(person.id).get_transform().location for person in people]
            places.append([(place.x, -place.y, place.z) for place in at])
    spent = time.perf_counter() - begin
    for controller in controllers:
        controller.stop()
    world.tick()
    for actor in [*controllers, *people]:
        actor.destroy()
    return {"places": places, "ms_per_tick": 1000.0 * spent / (options.seconds / DELTA_S)}


def _judge(map_name: str, maps: Path, places: np.ndarray) -> dict[str, Any]:
    network = load_network(map_name, (maps,))
    areas = walkable_areas(network, place_static_objects(network, 0))
    points = shapely.points(places[:, :, :2].reshape(-1, 2))
    free = np.ones(len(points), dtype=bool)
    shares = {}
    for name in ("pavement", "crossing", "grass", "road"):
        area = getattr(areas, name).buffer(_MARGIN_M)
        shapely.prepare(area)
        inside = shapely.intersects(area, points) & free
        free &= ~inside
        shares[f"{name}_percent"] = round(100.0 * float(inside.mean()), 2)
    shares["off_mesh_percent"] = round(100.0 * float(free.mean()), 2)
    steps = np.hypot(*np.moveaxis(np.diff(places[:, :, :2], axis=0), 2, 0))
    ground = LaneLookup(network).height_at(places[-1, :, :2])
    stood = [_longest_stand_s(places[:, person, :2]) for person in range(places.shape[1])]
    return {
        "walkers": places.shape[1],
        **shares,
        "mean_speed_mps": round(float(steps.mean()) / (SAMPLE_TICKS * DELTA_S), 3),
        "walked_m": round(float(steps.sum()), 1),
        "stood_longest_s": max(stood),
        "stood_median_s": float(np.median(stood)),
        "height_above_ground_m": [round(float(f(places[-1, :, 2] - ground)), 3) for f in (np.min, np.max)],
        "sha256": hashlib.sha256(np.ascontiguousarray(places).tobytes()).hexdigest()[:16],
    }


def _longest_stand_s(path: np.ndarray) -> float:
    longest, first = 0, 0
    for now in range(len(path)):
        while np.hypot(*(path[now] - path[first])) > STOOD_M:
            first += 1
        longest = max(longest, now - first)
    return longest * SAMPLE_TICKS * DELTA_S


if __name__ == "__main__":
    sys.exit(main())
