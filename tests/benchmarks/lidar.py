"""Lidar through the real client: points received a second of wall time, beside the points a second that were asked for.

    python -m tests.benchmarks.lidar [--map town_quarter] [--maps DIR] [--ticks 100] [--vehicles 20] [--json]

One server, synchronous at 20 ticks/s; a lidar on the roof of a car among parked others, full turns, nothing lost; the client
waits for every measurement and looks at its bytes. "empty" are ticks without a sensor, in the same run. A scene is real time
when it makes 20 ticks/s. The rows: CARLA's default lidar, 64 channels at 1.3 M points/s plain, with noise and lost echoes, semantic.
"""

from __future__ import annotations

import argparse
import json
import queue
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import carla
import numpy as np

from sim.loop.server_process import ServerProcess

DELTA_S = 0.05
WARM_UP = 10
_FULL = {"channels": "64", "points_per_second": "1300000", "rotation_frequency": "20", "range": "100"}
_NOTHING_LOST = {"dropoff_general_rate": "0", "dropoff_intensity_limit": "0", "dropoff_zero_intensity": "0"}
ROWS: dict[str, tuple[str, dict[str, str]]] = {
    "default": ("sensor.lidar.ray_cast", {}),
    "64 ch, 1.3 M/s": ("sensor.lidar.ray_cast", _FULL | _NOTHING_LOST),
    "64 ch, 1.3 M/s, noise and loss": ("sensor.lidar.ray_cast", _FULL | {"noise_stddev": "0.02"}),
    "64 ch, 1.3 M/s, semantic": ("sensor.lidar.ray_cast_semantic", _FULL),
}


def main() -> int:
    """Measure every row and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--map", default="town_quarter")
    parser.add_argument("--maps", type=Path, default=Path("../shared/data/opendrive"))
    parser.add_argument("--ticks", type=int, default=100)
    parser.add_argument("--vehicles", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    server = ServerProcess(options.map, [options.maps])
    try:
        client = carla.Client("127.0.0.1", server.rpc_port)
        client.set_timeout(120.0)
        table = measure(client.get_world(), options.ticks, options.vehicles)
    finally:
        server.stop()
    if options.json:
        print(json.dumps(table, indent=1))
        return 0
    print(f"{options.map}, {options.vehicles} vehicles, {options.ticks} ticks of {DELTA_S} s; medians")
    print(f"{'':34}{'ms/tick':>9}{'ticks/s':>9}{'points/tick':>13}{'M points/s':>12}")
    for name, row in table.items():
        million = row["points_per_s"] / 1e6
        print(f"{name:34}{row['ms']:9.2f}{row['ticks_per_s']:9.1f}{row['points']:13.0f}{million:12.2f}")
    return 0


def measure(world: carla.World, ticks: int, vehicles: int) -> dict[str, dict[str, float]]:
    """Medians of each row: ms and ticks a second of one tick with its measurement, points in it, points a second."""
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, DELTA_S
    world.apply_settings(settings)
    library = world.get_blueprint_library()
    cars = []
    for place in world.get_map().get_spawn_points()[: vehicles + 1]:
        car = world.try_spawn_actor(library.find("vehicle.tesla.model3"), place)
        cars += [car] if car is not None else []
    table = {"empty": _row([_timed(world, None)[0] for _ in range(ticks)], [0])}
    for name, (type_id, changed) in ROWS.items():
        blueprint = library.find(type_id)
        for key, value in changed.items():
            blueprint.set_attribute(key, value)
        sensor = world.spawn_actor(blueprint, carla.Transform(carla.Location(z=2.4)), attach_to=cars[0])
        received: queue.Queue[Any] = queue.Queue()
        sensor.listen(received.put)
        time.sleep(0.3)  # the subscription travels on another connection than the ticks
        for _ in range(WARM_UP):
            _timed(world, received)
        taken = [_timed(world, received) for _ in range(ticks)]
        table[name] = _row([seconds for seconds, _ in taken], [points for _, points in taken])
        sensor.stop()
        sensor.destroy()
    settings.synchronous_mode = False
    world.apply_settings(settings)
    return table


def _timed(world: carla.World, received: queue.Queue[Any] | None) -> tuple[float, int]:
    begin = time.perf_counter()
    world.tick()
    points = 0
    if received is not None:
        points = len(received.get(timeout=30.0))
    return time.perf_counter() - begin, points


def _row(seconds: list[float], points: list[int]) -> dict[str, float]:
    middle = median(seconds)
    mean_points = float(np.mean(points))
    return {
        "ms": middle * 1e3,
        "ticks_per_s": 1.0 / middle,
        "points": mean_points,
        "points_per_s": mean_points / middle,
    }


if __name__ == "__main__":
    sys.exit(main())
