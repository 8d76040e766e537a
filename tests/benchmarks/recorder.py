"""What recording costs: ticks/s of a server with 20 driving vehicles, through the real client, with and without the recorder.

    python -m tests.benchmarks.recorder [--vehicles 20] [--ticks 400] [--blocks 5] [--json FILE]

Blocks with and without recording alternate in one run on one server, so that the machine's mood cancels; medians are shown.
Also: the bytes of a tick, and how long the file takes to open for a replay.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import carla

from sim.wire.episode_playback import open_playback
from tests.server.running import running_server


def measure(vehicles: int, ticks: int, blocks: int) -> dict[str, float]:
    """The figures, by name with their unit."""
    with tempfile.TemporaryDirectory() as folder, running_server("--recordings", folder) as (port, _):
        client = carla.Client("127.0.0.1", port)
        client.set_timeout(120.0)  # the first tick may compile kernels
        world = client.get_world()
        settings = world.get_settings()
        settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
        world.apply_settings(settings)
        _drive(world, vehicles)
        _ticks_per_s(world, ticks)
        rates: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(blocks):
            for recording in (False, True):
                if recording:
                    client.start_recorder("bench.log")
                rates[recording].append(_ticks_per_s(world, ticks))
                if recording:
                    client.stop_recorder()
                    world.tick()
        path = Path(folder) / "bench.log"
        begun = time.perf_counter()
        found = open_playback(path)
        opened_s = time.perf_counter() - begun
        plain, recorded = statistics.median(rates[False]), statistics.median(rates[True])
        return {
            "plain_ticks_per_s": plain,
            "recording_ticks_per_s": recorded,
            "recording_share_of_plain": recorded / plain,
            "recording_us_per_tick": 1e6 / recorded - 1e6 / plain,
            "file_bytes_per_tick": path.stat().st_size / len(found.ticks),
            "open_us_per_tick": 1e6 * opened_s / len(found.ticks),
        }


def _drive(world: Any, vehicles: int) -> None:
    points = world.get_map().get_spawn_points()
    blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
    cars = [car for point in points if (car := world.try_spawn_actor(blueprint, point)) is not None][:vehicles]
    for car in cars:
        car.apply_control(carla.VehicleControl(throttle=0.3, steer=0.3))
    world.tick()


def _ticks_per_s(world: Any, ticks: int) -> float:
    begun = time.perf_counter()
    for _ in range(ticks):
        world.tick()
    return ticks / (time.perf_counter() - begun)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vehicles", type=int, default=20)
    parser.add_argument("--ticks", type=int, default=400)
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures = measure(arguments.vehicles, arguments.ticks, arguments.blocks)
    for name, value in figures.items():
        print(f"{name:28}{value:12.2f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
