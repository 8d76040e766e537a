"""How fast the world ticks through the real carla client: `sim bench world`.

Every case runs beside an *empty* server that answers the same calls and simulates nothing, in one run, in alternating
blocks: the ratio tells what the simulation costs, whatever else the machine is doing. Each server's client lives in a
process of its own, as a tick of the client runs every Traffic Manager of its process.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

from sim.base.errors import InputError, MapError
from sim.loop.server_process import ServerProcess
from sim.maps.library import find_map
from sim.wire.rpc import RpcConnection

DELTA_S = 0.05
BLOCKS = 9
BLOCK_TICKS = 100
OWN_MAP, LARGE_MAP = "town_quarter", "Town10HD"
_VEHICLE = "vehicle.tesla.model3"
_WALKER = "walker.pedestrian.0001"
_ANSWER_LIMIT_S = 300.0


@dataclass(frozen=True)
class Case:
    """What is in the world and how it is driven: "bare" sends nothing but the tick, "batch" all controls in one
    apply_batch_sync with the tick, "single" one apply_control per vehicle and then the tick, "traffic" is driven by the
    Traffic Manager."""

    name: str
    vehicles: int
    walkers: int = 0
    way: str = "bare"
    map_name: str = OWN_MAP
    parked: int = 0
    """How many of the vehicles stand with their brakes on."""


CASES = (
    Case("2_vehicles", 2),
    Case("20_vehicles", 20),
    Case("20_vehicles_20_calls", 20, way="single"),
    Case("20_vehicles_batch", 20, way="batch"),
    Case("200_actors", 100, 100, parked=80),
    Case("50_traffic_manager", 50, way="traffic", map_name=LARGE_MAP),
)
"""200 actors are 100 walking people and 100 vehicles, of which 80 are parked, as in a town."""


def bench_world(maps: Sequence[Path] = (), cases: Sequence[Case] = CASES) -> dict[str, float]:
    """Medians of ticks per second of each case, of the server and of the empty one, and their ratio.

    Keys: "<case>.ticks_per_s", "<case>.empty_ticks_per_s", "<case>.ratio". A case whose map is not to be found runs on
    our own map, and its name says so.
    """
    results: dict[str, float] = {}
    for case in cases:
        map_name, name = _map_of(case, maps)
        with contextlib.ExitStack() as stack:
            drivers = []
            for options in ((), ("--empty",)):
                process = ServerProcess(map_name, maps, options=options)
                stack.callback(process.stop)
                drivers.append(stack.enter_context(contextlib.closing(_Driver(process.rpc_port, case))))
            rates = _alternate(drivers)
        results[f"{name}.ticks_per_s"], results[f"{name}.empty_ticks_per_s"] = rates
        results[f"{name}.ratio"] = rates[0] / rates[1]
    return results


def _map_of(case: Case, maps: Sequence[Path]) -> tuple[str, str]:
    try:
        find_map(case.map_name, maps)
    except MapError:
        return OWN_MAP, f"{case.name}_in_{OWN_MAP}"
    return case.map_name, case.name


class _Driver:
    """A client in a process of its own; run() does one block there and returns its ticks per second."""

    def __init__(self, port: int, case: Case) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, port, case), daemon=True)
        self._process.start()
        self._answer()

    def run(self) -> float:
        """One block."""
        self._pipe.send(True)
        return self._answer()

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(OSError):
            self._pipe.send(False)
        self._process.join(10)
        self._process.kill()

    def _answer(self) -> float:
        if not self._pipe.poll(_ANSWER_LIMIT_S):
            raise InputError("sim bench world: a client does not answer; run it again")
        found = self._pipe.recv()
        if isinstance(found, str):
            raise InputError(f"sim bench world: {found}")
        return float(found)


def _serve(pipe: Connection, port: int, case: Case) -> None:
    """The client's process: puts the actors into the world, then does a block whenever it is asked to."""
    try:
        fleet = _Actors(port, case)
        pipe.send(0.0)
        while pipe.recv():
            pipe.send(fleet.block())
        fleet.close()
    except (InputError, RuntimeError) as error:
        pipe.send(str(error))


class _Actors:
    """A client in synchronous mode with its actors."""

    def __init__(self, port: int, case: Case) -> None:
        import carla

        from sim.loop.traffic_watch import TrafficWatch

        self._carla = carla
        self._client: Any = carla.Client("127.0.0.1", port)
        self._client.set_timeout(30.0)
        self._world: Any = self._client.get_world()
        settings = self._world.get_settings()
        settings.synchronous_mode = True
        settings.fixed_delta_seconds = DELTA_S
        self._world.apply_settings(settings)
        self._cars: list[Any] = []
        self._homes: list[Any] = []
        self._spawn_vehicles(case.vehicles)
        self._spawn_walkers(case.walkers)
        self._watch: TrafficWatch | None = None
        if case.way == "traffic":
            self._start_traffic(port + 2)
            self._watch = TrafficWatch(port + 2, lambda: _batches_since_tick(port))
        self._parked = case.parked
        self._way: Callable[[], None] = {"batch": self._batch, "single": self._single}.get(case.way, self._bare)
        self._drives = case.way != "traffic"
        self._world.tick()

    def _spawn_vehicles(self, count: int) -> None:
        blueprint = self._world.get_blueprint_library().find(_VEHICLE)
        for spawn in self._world.get_map().get_spawn_points():
            car = self._world.try_spawn_actor(blueprint, spawn) if len(self._cars) < count else None
            if car is not None:
                self._cars.append(car)
                self._homes.append(spawn)
        if len(self._cars) < count:
            raise InputError(f"found room for {len(self._cars)} vehicles; expected {count}; take another map")

    def _spawn_walkers(self, count: int) -> None:
        """People in rows far beyond the roads, walking to and fro."""
        blueprint = self._world.get_blueprint_library().find(_WALKER)
        for index in range(count):
            place = self._carla.Location(500.0 + 3.0 * (index % 10), 500.0 + 3.0 * (index // 10), 1.0)
            walker = self._world.spawn_actor(blueprint, self._carla.Transform(place))
            walker.apply_control(self._carla.WalkerControl(self._carla.Vector3D(1.0, 0.0, 0.0), 1.4))

    def _start_traffic(self, port: int) -> None:
        manager = self._client.get_trafficmanager(port)
        manager.set_synchronous_mode(True)
        manager.set_random_device_seed(1)
        for car in self._cars:
            car.set_autopilot(True, port)

    def block(self) -> float:
        """Ticks per second over one block."""
        if self._drives:
            self._home()
        begin = time.perf_counter()
        self._way()
        return BLOCK_TICKS / (time.perf_counter() - begin)

    def close(self) -> None:
        """Stop watching the Traffic Manager."""
        if self._watch is not None:
            self._watch.close()

    def _home(self) -> None:
        """Put every car back to its spawn point, so that a block measures cars that drive on roads and not a pile-up."""
        command, rest = self._carla.command, self._carla.Vector3D()
        orders = [command.ApplyTransform(car.id, place) for car, place in zip(self._cars, self._homes, strict=True)]
        orders += [command.ApplyTargetVelocity(car.id, rest) for car in self._cars]
        drive, brake = self._carla.VehicleControl(throttle=0.25), self._carla.VehicleControl(brake=1.0)
        orders += [
            command.ApplyVehicleControl(car.id, brake if index < self._parked else drive)
            for index, car in enumerate(self._cars)
        ]
        self._client.apply_batch_sync(orders, True)

    def _bare(self) -> None:
        watch = self._watch
        for _ in range(BLOCK_TICKS):
            if watch is not None:
                watch.begin()
            self._world.tick()
            if watch is not None:
                watch.end()

    def _batch(self) -> None:
        for tick in range(BLOCK_TICKS):
            control = self._control(tick)
            orders = [self._carla.command.ApplyVehicleControl(car.id, control) for car in self._cars]
            self._client.apply_batch_sync(orders, True)

    def _single(self) -> None:
        for tick in range(BLOCK_TICKS):
            control = self._control(tick)
            for car in self._cars:
                car.apply_control(control)
            self._world.tick()

    def _control(self, tick: int) -> Any:
        """The client does not send a control equal to the last one, so it has to change."""
        return self._carla.VehicleControl(throttle=0.25, steer=0.02 * (tick % 2))


def _batches_since_tick(port: int) -> int:
    with RpcConnection("127.0.0.1", port) as rpc:
        return int(rpc.call("sim_batches_since_tick"))


def _alternate(drivers: Sequence[_Driver]) -> list[float]:
    """Median ticks per second of each driver, measured in alternating blocks after one that does not count."""
    rates: list[list[float]] = [[] for _ in drivers]
    for block in range(BLOCKS + 1):
        for driver, found in zip(drivers, rates, strict=True):
            rate = driver.run()
            if block:
                found.append(rate)
    return [median(found) for found in rates]
