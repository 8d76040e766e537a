"""The same scene again and again, in fresh processes: how many different results there are (one is right).

    python -m tests.benchmarks.determinism [--repetitions 100] [--workers 2] [--seconds 30] [--map NAME] [--maps DIR]

A repetition starts a server and a client, both new processes: 30 Traffic Manager cars, 20 walkers led by CARLA's walker
controllers on the navigation mesh, and 4 cars at full throttle without a driver, which hit what comes. What is hashed is
every byte of every actor's record in every world frame: poses, velocities, accelerations, controls, lights. As a control, one
repetition with another seed has to differ. A repetition in which the client's Traffic Manager missed its wake-up (a race in the
client, see sim/loop/traffic_watch.py) and moved twice is counted as spoiled and done again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import carla

from sim.loop.server_process import ServerProcess
from sim.loop.traffic_watch import TrafficWatch
from sim.wire.rpc import RpcConnection
from sim.wire.sensor_frame import WORLD_STREAM_ID
from sim.wire.stream import StreamConnection

CARS, WALKERS, RAMS = 30, 20, 4
DELTA_S = 0.05
LIMIT_S = 600.0
_RECORDS_OFFSET = 84
"""Where the actors' records begin in a world frame; before it stand frame number and time, which count since the server's start."""


def main() -> int:
    """Run the repetitions and print the table; 1 when there is more than one result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--map", default="Town01")
    parser.add_argument("--maps", type=Path, default=Path("../shared/data/opendrive"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--once", action="store_true", help="one repetition in this process; prints a line of JSON")
    options = parser.parse_args()
    if options.once:
        print(json.dumps(_repeat(options)), flush=True)
        return 0
    begin = time.monotonic()
    with ThreadPoolExecutor(options.workers) as pool:
        seeds = [options.seed] * options.repetitions + [options.seed + 1]
        found = []
        for index, result in enumerate(pool.map(lambda seed: _in_a_process(options, seed), seeds)):
            found.append(result)
            print(f"{index + 1}/{len(seeds)}  {time.monotonic() - begin:5.0f} s  {result}", flush=True)
    *same, other = found
    counts = Counter(result["sha256"] for result in same)
    print(
        "\n| repetitions | results | spoiled and done again | collisions | walked m | driven m | other seed differs |"
    )
    print("|---|---|---|---|---|---|---|")
    print(
        f"| {len(same)} | {len(counts)} {dict(counts.most_common())} | {sum(r['spoiled'] for r in same)} | {same[0]['collisions']} "
        f"| {same[0]['walked_m']:.0f} | {same[0]['driven_m']:.0f} | {other['sha256'] not in counts} |"
    )
    return 0 if len(counts) == 1 and other["sha256"] not in counts else 1


def _in_a_process(options: argparse.Namespace, seed: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.determinism", "--once", "--seed", str(seed)]
    command += ["--seconds", str(options.seconds), "--map", options.map, "--maps", str(options.maps)]
    spoiled = 0
    while True:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if done.returncode != 0 or not lines:
            return {
                "sha256": f"failed: {done.stderr[-300:]}",
                "spoiled": spoiled,
                "collisions": 0,
                "walked_m": 0,
                "driven_m": 0,
            }
        result: dict[str, Any] = json.loads(lines[-1])
        if not result.pop("moved_twice"):
            return {**result, "spoiled": spoiled}
        spoiled += 1


def _repeat(options: argparse.Namespace) -> dict[str, Any]:
    process = ServerProcess(options.map, [options.maps])
    try:
        return _scene(process.rpc_port, options.seed, options.seconds)
    finally:
        process.stop()


def _scene(port: int, seed: int, seconds: float) -> dict[str, Any]:
    client: Any = carla.Client("127.0.0.1", port)
    client.set_timeout(60.0)
    world = client.get_world()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, DELTA_S
    world.apply_settings(settings)
    world = client.reload_world(False)  # the server ran in real time until now; lights begin their cycles anew
    world.set_pedestrians_seed(seed)
    manager = client.get_trafficmanager(port + 2)
    manager.set_synchronous_mode(True)
    manager.set_random_device_seed(seed)
    watch = TrafficWatch(port + 2, lambda: _batches_since_tick(port))
    stream = StreamConnection("127.0.0.1", port + 1, WORLD_STREAM_ID)
    hits: list[int] = []
    sensors: list[Any] = []  # a sensor that nobody holds stops listening
    cars = _spawn_cars(world, port + 2, hits, sensors)
    walkers = _spawn_walkers(world)
    world.tick()
    for controller in walkers[1]:
        controller.start()
        controller.go_to_location(world.get_random_location_from_navigation())
        controller.set_max_speed(1.4)
    first = [actor.get_location() for actor in cars + walkers[0]]
    hasher = hashlib.sha256()
    for _ in range(round(seconds / DELTA_S)):
        watch.begin()
        frame = world.tick()
        watch.end()
        _hash_until(stream, frame, hasher)
    last = [actor.get_location() for actor in cars + walkers[0]]
    moved = [a.distance(b) for a, b in zip(first, last, strict=True)]
    result = {
        "sha256": hasher.hexdigest()[:16],
        "collisions": len(hits),
        "driven_m": sum(moved[: len(cars)]),
        "walked_m": sum(moved[len(cars) :]),
        "moved_twice": watch.spoiled,
    }
    for sensor in sensors:
        sensor.stop()
    watch.close()
    manager.shut_down()
    return result


def _spawn_cars(world: Any, tm_port: int, hits: list[int], sensors: list[Any]) -> list[Any]:
    """Cars that the Traffic Manager drives, and cars at full throttle that nobody steers."""
    library = world.get_blueprint_library()
    kinds = ["vehicle.tesla.model3", "vehicle.audi.tt", "vehicle.ford.mustang", "vehicle.nissan.patrol"]
    places = world.get_map().get_spawn_points()
    made: list[Any] = []
    for index, place in enumerate(places):
        if len(made) == CARS + RAMS:
            break
        actor = world.try_spawn_actor(library.find(kinds[index % len(kinds)]), place)
        if actor is not None:
            made.append(actor)
    rams = made[:: len(made) // RAMS][:RAMS]
    cars = [actor for actor in made if actor not in rams]
    for actor in rams:
        actor.apply_control(carla.VehicleControl(throttle=1.0, steer=0.02))
        sensor = world.spawn_actor(library.find("sensor.other.collision"), carla.Transform(), attach_to=actor)
        sensor.listen(lambda event: hits.append(event.frame))
        sensors.append(sensor)
    for actor in cars:
        actor.set_autopilot(True, tm_port)
    return cars


def _spawn_walkers(world: Any) -> tuple[list[Any], list[Any]]:
    library = world.get_blueprint_library()
    walkers: list[Any] = []
    while len(walkers) < WALKERS:
        place = world.get_random_location_from_navigation()
        kind = f"walker.pedestrian.{1 + len(walkers):04d}"
        actor = world.try_spawn_actor(library.find(kind), carla.Transform(place + carla.Location(z=1.0)))
        if actor is not None:
            walkers.append(actor)
    controller = library.find("controller.ai.walker")
    return walkers, [world.spawn_actor(controller, carla.Transform(), attach_to=actor) for actor in walkers]


def _hash_until(stream: StreamConnection, frame: int, hasher: Any) -> None:
    """Take in every byte of the world frames up to this one."""
    while True:
        data = stream.read()
        hasher.update(memoryview(data)[_RECORDS_OFFSET:])
        if int.from_bytes(data[8:16], "little") >= frame:
            return


def _batches_since_tick(port: int) -> int:
    with RpcConnection("127.0.0.1", port) as rpc:
        return int(rpc.call("sim_batches_since_tick"))


if __name__ == "__main__":
    sys.exit(main())
