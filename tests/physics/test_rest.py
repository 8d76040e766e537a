"""Vehicles that stand cost nothing and change nothing; whatever touches them wakes them."""

from __future__ import annotations

import numpy as np
import pytest

from sim.catalogue.vehicles import VEHICLES
from sim.server.vehicles.motion import step_vehicles
from sim.server.vehicles.parameters import set_grip
from sim.server.vehicles.state import VehicleArrays

DT_S = 0.05
_STATE = (
    "x_m",
    "y_m",
    "z_m",
    "yaw_rad",
    "roll_rad",
    "pitch_rad",
    "velocity_x_mps",
    "acceleration_x_mps2",
    "rolled_rad",
)


def _parked(slope: float = 0.0) -> VehicleArrays:
    vehicles = VehicleArrays()
    vehicles.add(7, VEHICLES["vehicle.tesla.model3"], (0.0, 0.0, 0.0))
    vehicles.rows["hand_brake"] = 1.0
    vehicles.rows["ground_slope_x"] = slope
    for _ in range(100):
        step_vehicles(vehicles.rows, DT_S)
    return vehicles


@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_a_parked_vehicle_comes_to_rest_and_stays_as_it_is(slope: float) -> None:
    vehicles = _parked(slope)
    assert vehicles.rows["rested"][0] > 0
    before = {name: vehicles.rows[name].copy() for name in _STATE}
    for _ in range(200):
        step_vehicles(vehicles.rows, DT_S)
    for name, value in before.items():
        np.testing.assert_array_equal(vehicles.rows[name], value, err_msg=name)


@pytest.mark.parametrize(
    ("field", "value"),
    [("throttle", 0.5), ("force_x_n", 3e4), ("impulse_y_ns", 5e3), ("vx_mps", 3.0), ("yaw_rate_radps", 1.0)],
)
def test_whatever_moves_it_wakes_it(field: str, value: float) -> None:
    vehicles = _parked()
    if field == "throttle":
        vehicles.rows["hand_brake"] = 0.0
    vehicles.rows[field] = value
    for _ in range(20):
        step_vehicles(vehicles.rows, DT_S)
    moved = np.hypot(vehicles.rows["x_m"][0], vehicles.rows["y_m"][0]) + abs(vehicles.rows["yaw_rad"][0])
    assert moved > 0.02


def test_ice_under_a_car_parked_on_a_hill_sets_it_sliding() -> None:
    vehicles = _parked(slope=0.1)
    vehicles.rows["friction_scale"] = 0.02
    set_grip(vehicles.rows)
    for _ in range(40):
        step_vehicles(vehicles.rows, DT_S)
    assert vehicles.rows["x_m"][0] < -0.5


def test_a_rested_vehicle_that_is_put_elsewhere_wakes_up() -> None:
    vehicles = _parked()
    vehicles.rows["z_m"] = 1.0
    for _ in range(20):
        step_vehicles(vehicles.rows, DT_S)
    assert vehicles.rows["z_m"][0] == pytest.approx(0.0, abs=0.01)
