"""One or more vehicles on a flat plane, and a loop that drives them; shared by the tests of motion."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.catalogue.vehicles import VEHICLES
from sim.server.vehicles.motion import step_vehicles
from sim.server.vehicles.state import VehicleArrays, VehicleRows, set_velocity

MODEL3 = "vehicle.tesla.model3"


def standing(*type_ids: str, speed_mps: float = 0.0, gap_m: float = 20.0) -> VehicleArrays:
    """Vehicles beside each other, `gap_m` apart in y, heading along x at `speed_mps`; model 3 when no type is given."""
    vehicles = VehicleArrays()
    for index, type_id in enumerate(type_ids or (MODEL3,)):
        row = vehicles.add(index + 1, VEHICLES[type_id], (0.0, index * gap_m, 0.0))
        set_velocity(vehicles.rows, row, (speed_mps, 0.0, 0.0))
    return vehicles


def drive(
    rows: VehicleRows, duration_s: float, dt_s: float = 0.05, each: Callable[[float], None] | None = None
) -> None:
    """Step for `duration_s`; `each(time_s)` is called before every step."""
    for tick in range(round(duration_s / dt_s)):
        if each is not None:
            each(tick * dt_s)
        step_vehicles(rows, dt_s)


def hold_speed(rows: VehicleRows, speed_mps: float) -> Callable[[float], None]:
    """A stiff speed controller for drive()."""

    def each(_: float) -> None:
        rows["throttle"] = np.clip(2.0 * (speed_mps - rows["vx_mps"]) + 0.05, 0.0, 1.0)

    return each


def kinetic_energy_j(rows: VehicleRows) -> float:
    """Of translation, yaw and turning wheels, summed over the vehicles."""
    squares = rows["vx_mps"] ** 2 + rows["vy_mps"] ** 2
    body = rows["mass_kg"] * squares + rows["yaw_inertia_kgm2"] * rows["yaw_rate_radps"] ** 2
    return float(0.5 * (body.sum() + (rows["wheel_inertia_kgm2"] * rows["omega_radps"] ** 2).sum()))
