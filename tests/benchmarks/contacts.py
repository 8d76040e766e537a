"""Contacts and loose bodies in figures: momentum, overlap, tunnelling, what a tick costs.

    python -m tests.benchmarks.contacts [--json]

Momentum: the error of the sum over a head-on collision, as a share. Overlap: what is left between boxes after a pile-up.
Tunnelling: cars at 250 km/h against thin things, those that got through of those tried; what is little higher than the
ground clearance (15 cm) may be run over. Costs are those of one tick's contacts (or loose bodies) alone, in microseconds:
medians, of the pile-up the mean.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable

import numpy as np

from sim.base.boxes import overlapping_pairs
from sim.catalogue.vehicles import VEHICLES
from sim.server.bodies.contact import ContactWorld
from sim.server.map_source import MapSource
from sim.server.transport.event_loop import EventLoop
from sim.server.transport.streaming import StreamHub
from sim.server.vehicles.motion import step_vehicles
from sim.server.vehicles.state import VehicleArrays, VehicleRows, set_velocity
from sim.server.world import World
from tests.server.conftest import Calls
from tests.server.describe import description, spawn_point

DT_S = 0.05
FAST_MPS = 250.0 / 3.6
CAR = "vehicle.tesla.model3"
Figures = dict[str, float]


def _cars(*poses: tuple[float, float, float]) -> VehicleArrays:
    vehicles = VehicleArrays()
    for index, (x, y, yaw) in enumerate(poses):
        vehicles.add(index + 1, VEHICLES[CAR], (x, y, 0.0), (0.0, 0.0, yaw))
    return vehicles


def _momentum(rows: VehicleRows) -> tuple[float, float]:
    c, s = np.cos(rows["yaw_rad"]), np.sin(rows["yaw_rad"])
    vx, vy = c * rows["vx_mps"] - s * rows["vy_mps"], s * rows["vx_mps"] + c * rows["vy_mps"]
    x, y = rows["x_m"] + c * rows["com_x_m"], rows["y_m"] + s * rows["com_x_m"]
    spin = rows["mass_kg"] * (x * vy - y * vx) + rows["yaw_inertia_kgm2"] * rows["yaw_rate_radps"]
    return float((rows["mass_kg"] * vx).sum()), float(spin.sum())


def momentum() -> Figures:
    """Largest change of the sums in one tick of contact, over the momentum (and its moment) that one car brings."""
    vehicles = _cars((0.0, 0.0, 0.0), (12.0, 0.7, math.pi))
    rows, contacts = vehicles.rows, ContactWorld()
    set_velocity(rows, 0, (FAST_MPS / 2.0, 0.0, 0.0))
    set_velocity(rows, 1, (-FAST_MPS / 2.0, 0.0, 0.0))
    linear, angular, brought = 0.0, 0.0, float(rows["mass_kg"][0]) * FAST_MPS / 2.0
    for _ in range(20):
        step_vehicles(rows, DT_S)
        before = _momentum(rows)
        contacts.bodies_from_vehicles(rows, DT_S)
        if len(contacts.resolve(DT_S)):
            contacts.vehicles_from_bodies(rows, DT_S)
            after = _momentum(rows)
            linear = max(linear, abs(after[0] - before[0]) / brought)
            angular = max(angular, abs(after[1] - before[1]) / (brought * 10.0))
    return {"head-on 2 x 125 km/h: linear momentum error, share": linear, "  angular momentum error, share": angular}


def pile_up() -> Figures:
    """Twenty cars at full throttle into a wall and each other for 5 s."""
    rng = np.random.default_rng(0)
    poses = [((i % 10) * 5.0, (i // 10) * 2.2 + 0.1 * (i % 3), rng.uniform(-0.1, 0.1)) for i in range(20)]
    vehicles = _cars(*poses)
    rows, contacts = vehicles.rows, ContactWorld([[80.0, 0.0, 1.0]], [0.0], [[0.1, 60.0, 1.0]])
    rows["throttle"] = 1.0
    for row in range(20):
        set_velocity(rows, row, (20.0, 0.0, 0.0))
    costs = []
    for _ in range(100):
        step_vehicles(rows, DT_S)
        start = time.perf_counter()
        contacts.bodies_from_vehicles(rows, DT_S)
        if len(contacts.resolve(DT_S)):
            contacts.vehicles_from_bodies(rows, DT_S)
        costs.append(time.perf_counter() - start)
    center = np.stack([rows["x_m"], rows["y_m"], rows["half_height_m"]], axis=1)
    extent = np.stack([rows["half_length_m"], rows["half_width_m"], rows["half_height_m"]], axis=1)
    left = 0.0
    while len(overlapping_pairs(center, rows["yaw_rad"], extent - [left / 2.0, left / 2.0, 0.0])):
        left += 0.001
    return {"pile-up of 20: cost, us": _mean_us(costs), "  overlap left, m": left}


def free_driving(count: int) -> Figures:
    """Cars apart from each other."""
    vehicles = _cars(*(((i % 10) * 12.0, (i // 10) * 6.0, 0.0) for i in range(count)))
    rows, contacts = (
        vehicles.rows,
        ContactWorld([[1000.0 + 3.0 * i, 0.0, 1.0] for i in range(2000)], [0.0] * 2000, [[1.0] * 3] * 2000),
    )
    costs = []
    for _ in range(100):
        step_vehicles(rows, DT_S)
        start = time.perf_counter()
        contacts.bodies_from_vehicles(rows, DT_S)
        contacts.resolve(DT_S)
        costs.append(time.perf_counter() - start)
    return {f"no contact, {count} vehicles: cost, us": _median_us(costs)}


def tunnelling() -> Figures:
    """250 km/h from 40 starts a few centimetres apart, so that every phase of a tick is met."""
    things = {
        "wall 20 cm": ([0.1, 20.0, 1.0], 0.0),
        "pole 10 cm": ([0.05, 0.05, 3.0], 0.0),
        "plate 2 cm": ([0.01, 2.0, 1.0], 0.5),
    }
    figures: Figures = {}
    for name, (half, yaw) in things.items():
        through = 0
        for start in range(40):
            vehicles = _cars((0.09 * start, 0.0, 0.0))
            rows, contacts = vehicles.rows, ContactWorld([[30.0, 0.0, 1.0]], [yaw], [half])
            set_velocity(rows, 0, (FAST_MPS, 0.0, 0.0))
            met = False
            for _ in range(12):
                step_vehicles(rows, DT_S)
                contacts.bodies_from_vehicles(rows, DT_S)
                met |= bool(len(contacts.resolve(DT_S)))
                contacts.vehicles_from_bodies(rows, DT_S)
            through += not met or (name.startswith("wall") and rows["x_m"][0] > 30.0)
        figures[f"250 km/h against a {name}: got through, of 40"] = float(through)
    return figures


def _world() -> tuple[World, Calls]:
    world = World(StreamHub(EventLoop()), MapSource(), MapSource().load("parking_lot"), stream_port=2001)
    world.settings = type(world.settings)(synchronous=True, fixed_delta_s=DT_S)
    return world, Calls(world)


def loose_tunnelling() -> Figures:
    """250 km/h against loose things of 20 to 40 cm that stand on the road, 10 starts each."""
    figures: Figures = {}
    for kind in ("box02", "bike helmet", "trafficcone02"):
        through = 0
        for start in range(10):
            world, calls = _world()
            (x, y, z), turn = spawn_point(world, 0)
            heading = np.radians(turn[1])
            ahead = [x + (20.0 + 0.3 * start) * np.cos(heading), y + (20.0 + 0.3 * start) * np.sin(heading), z]
            car = calls.spawn_actor(description(CAR), spawn_point(world, 0))[0]
            thing = calls.spawn_actor(description(f"static.prop.{kind}"), [ahead, turn])[0]
            calls.set_actor_simulate_physics(thing, True)
            for _ in range(20):
                calls.tick_cue()
            calls.set_actor_target_velocity(car, [FAST_MPS * np.cos(heading), FAST_MPS * np.sin(heading), 0.0])
            for _ in range(9):
                calls.tick_cue()
            through += float(np.hypot(*world.loose.rows["velocity"][0][:2])) < 10.0
        figures[f"250 km/h against a loose {kind}: not met, of 10"] = float(through)
    return figures


def loose_costs() -> Figures:
    """Fifty props dropped in a field, then all asleep."""
    world, calls = _world()
    x, y, z = spawn_point(world, 0)[0]
    kinds = ("box01", "barrel", "constructioncone", "bin", "box03")
    for index in range(50):
        where = [[x + 1.5 * (index % 10), y + 1.5 * (index // 10), z + 1.0 + 0.1 * (index % 4)], [0.0, 0.0, 20.0]]
        actor = calls.spawn_actor(description(f"static.prop.{kinds[index % 5]}"), where)[0]
        calls.set_actor_simulate_physics(actor, True)
    moving, asleep, rest_s = [], [], 0.0
    for tick in range(400):
        awake = not world.loose.rows["asleep"].all()
        start = time.perf_counter()
        world.loose.step(DT_S, world.gravity_mps2)
        (moving if awake else asleep).append(time.perf_counter() - start)
        rest_s = (tick + 1) * DT_S if awake else rest_s
    return {
        "50 loose bodies moving: cost, us": _median_us(moving[1:]),
        "50 loose bodies asleep: cost, us": _median_us(asleep) if asleep else math.nan,
        "  all at rest after, s": rest_s,
    }


def _median_us(costs: list[float]) -> float:
    return float(np.median(costs[2:])) * 1e6


def _mean_us(costs: list[float]) -> float:
    return float(np.mean(costs[2:])) * 1e6


PARTS: tuple[Callable[[], Figures], ...] = (
    momentum,
    pile_up,
    lambda: free_driving(20),
    lambda: free_driving(200),
    tunnelling,
    loose_tunnelling,
    loose_costs,
)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    arguments = parser.parse_args()
    figures: Figures = {}
    for part in PARTS:
        figures.update(part())
    if arguments.json:
        print(json.dumps(figures, indent=1))
    else:
        for name, value in figures.items():
            print(f"{name:62s} {value:12.4g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
