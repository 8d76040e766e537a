"""How fast the world ticks through the real carla client: `sim bench world`.

Three ways to drive the same cars, each beside an *empty* server that answers the same calls and simulates nothing, in one
run, in alternating blocks: the ratio tells what the simulation costs, whatever else the machine is doing.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import carla

from sim.base.errors import InputError
from sim.loop.server_process import ServerProcess

VEHICLES = 20
DELTA_S = 0.05
BLOCKS = 7
BLOCK_TICKS = 200
_BLUEPRINT = "vehicle.tesla.model3"


def bench_world(
    map_name: str = "town_quarter", maps: Sequence[Path] = (), vehicles: int = VEHICLES
) -> dict[str, float]:
    """Medians of ticks per second by way of control, of the server and of the empty one, and their ratios.

    Keys: "<way>.ticks_per_s", "<way>.empty_ticks_per_s", "<way>.ratio"; ways are "bare" (no control calls), "batch" (one
    apply_batch_sync of all controls with the tick) and "single" (one apply_control call per vehicle, then the tick).
    """
    with contextlib.ExitStack() as stack:
        worlds = []
        for options in ((), ("--empty",)):
            process = ServerProcess(map_name, maps, options=options)
            stack.callback(process.stop)
            worlds.append(_Fleet(process.rpc_port, vehicles))
        results: dict[str, float] = {}
        for way in ("bare", "batch", "single"):
            rates = _alternate(worlds, way)
            results[f"{way}.ticks_per_s"], results[f"{way}.empty_ticks_per_s"] = rates
            results[f"{way}.ratio"] = rates[0] / rates[1]
        return results


class _Fleet:
    """A client in synchronous mode with its cars."""

    def __init__(self, port: int, vehicles: int) -> None:
        self._client: Any = carla.Client("127.0.0.1", port)
        self._client.set_timeout(20.0)
        self._world: Any = self._client.get_world()
        settings = self._world.get_settings()
        settings.synchronous_mode = True
        settings.fixed_delta_seconds = DELTA_S
        self._world.apply_settings(settings)
        blueprint = self._world.get_blueprint_library().find(_BLUEPRINT)
        spawns = self._world.get_map().get_spawn_points()
        self._cars: list[Any] = []
        self._homes: list[Any] = []
        for spawn in spawns:
            car = self._world.try_spawn_actor(blueprint, spawn) if len(self._cars) < vehicles else None
            if car is not None:
                self._cars.append(car)
                self._homes.append(spawn)
        if len(self._cars) < vehicles:
            raise InputError(
                f"sim bench world: found room for {len(self._cars)} vehicles; expected {vehicles}; take another map"
            )
        self._world.tick()

    def home(self) -> None:
        """Put every car back to its spawn point, at rest, so that a block measures cars on roads and not a pile-up."""
        rest = carla.Vector3D()
        commands = [
            carla.command.ApplyTransform(car.id, place) for car, place in zip(self._cars, self._homes, strict=True)
        ]
        commands += [carla.command.ApplyTargetVelocity(car.id, rest) for car in self._cars]
        commands += [carla.command.ApplyVehicleControl(car.id, carla.VehicleControl(brake=1.0)) for car in self._cars]
        self._client.apply_batch_sync(commands, True)

    def way(self, name: str) -> Callable[[int], None]:
        """The function that ticks n times with this way of control."""
        return {"bare": self._bare, "batch": self._batch, "single": self._single}[name]

    def _bare(self, ticks: int) -> None:
        for _ in range(ticks):
            self._world.tick()

    def _batch(self, ticks: int) -> None:
        for tick in range(ticks):
            control = carla.VehicleControl(throttle=0.3, steer=0.02 * (tick % 2))
            commands = [carla.command.ApplyVehicleControl(car.id, control) for car in self._cars]
            self._client.apply_batch_sync(commands, True)

    def _single(self, ticks: int) -> None:
        for tick in range(ticks):
            # the client does not send a control equal to the last one, so it has to change
            control = carla.VehicleControl(throttle=0.3, steer=0.02 * (tick % 2))
            for car in self._cars:
                car.apply_control(control)
            self._world.tick()


def _alternate(worlds: Sequence[_Fleet], name: str) -> list[float]:
    """Median ticks per second of each world, measured in alternating blocks after one that does not count."""
    rates: list[list[float]] = [[] for _ in worlds]
    for block in range(BLOCKS + 1):
        for world, found in zip(worlds, rates, strict=True):
            world.home()
            way = world.way(name)
            begin = time.perf_counter()
            way(BLOCK_TICKS)
            if block:
                found.append(BLOCK_TICKS / (time.perf_counter() - begin))
    return [median(found) for found in rates]
