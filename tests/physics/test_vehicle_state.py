"""Rows come, go and keep their order; velocities and pushes given from outside mean what they say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.catalogue.vehicles import VEHICLES
from sim.server.vehicles.motion import step_vehicles
from sim.server.vehicles.state import (
    VehicleArrays,
    apply_force,
    apply_impulse,
    set_constant_velocity,
    set_pose,
    set_velocity,
    set_yaw_rate,
    velocity_of,
)
from tests.physics.driving import MODEL3, drive, standing


def test_rows_keep_their_order_when_one_goes() -> None:
    vehicles = VehicleArrays(capacity=2)
    for actor_id in (10, 11, 12, 13, 14):
        vehicles.add(actor_id, VEHICLES[MODEL3], (actor_id, 0.0, 0.0))
    vehicles.remove(11)
    assert vehicles.rows["actor_id"].tolist() == [10, 12, 13, 14]
    assert vehicles.rows["x_m"].tolist() == [10.0, 12.0, 13.0, 14.0]
    assert [vehicles.row_of(i) for i in (10, 12, 13, 14)] == [0, 1, 2, 3]
    assert vehicles.add(11, VEHICLES[MODEL3], (0.0, 0.0, 0.0)) == 4
    with pytest.raises(KeyError):
        vehicles.remove(99)
    with pytest.raises(ValueError, match="actor 11 twice"):
        vehicles.add(11, VEHICLES[MODEL3], (0.0, 0.0, 0.0))


@pytest.mark.parametrize("type_id", [MODEL3, "vehicle.carlamotors.european_hgv"])
def test_velocity_is_that_of_the_origin(type_id: str) -> None:
    """Finite differences of the position agree with the reported velocity while it spins."""
    rows = standing(type_id).rows
    set_pose(rows, 0, (5.0, 6.0, 0.0), (0.0, 0.0, 0.8))
    set_velocity(rows, 0, (6.0, 9.0, 0.0))
    set_yaw_rate(rows, 0, 1.2)
    assert velocity_of(rows, 0) == pytest.approx((6.0, 9.0, 0.0))
    for _ in range(40):
        before = rows["x_m"][0], rows["y_m"][0], rows["velocity_x_mps"][0], rows["velocity_y_mps"][0]
        step_vehicles(rows, 0.005)
        mean_x = (rows["velocity_x_mps"][0] + before[2]) / 2.0
        assert (rows["x_m"][0] - before[0]) / 0.005 == pytest.approx(mean_x, abs=1e-3)
        assert rows["acceleration_x_mps2"][0] == pytest.approx((rows["velocity_x_mps"][0] - before[2]) / 0.005)
    assert velocity_of(rows, 0)[:2] == pytest.approx((rows["velocity_x_mps"][0], rows["velocity_y_mps"][0]))


def test_pushes_at_a_point_turn_the_vehicle() -> None:
    rows = standing(MODEL3, MODEL3).rows
    rows["manual"] = 1
    nose = (1.0 + float(rows["com_x_m"][0]), 0.0, 0.0)
    apply_impulse(rows, 0, (0.0, 1000.0, 0.0), nose)
    apply_force(rows, 1, (0.0, 20000.0, 0.0), (nose[0], 20.0, 0.0))
    step_vehicles(rows, 0.001)
    spec = VEHICLES[MODEL3]
    assert rows["yaw_rate_radps"][0] == pytest.approx(1000.0 / spec.yaw_inertia_kgm2, rel=0.15)
    assert rows["yaw_rate_radps"][1] == pytest.approx(20.0 / spec.yaw_inertia_kgm2, rel=0.05)
    assert rows["vy_mps"][1] == pytest.approx(20.0 / spec.mass_kg, rel=0.05)


def test_constant_velocity_turns_with_the_wheels_until_disabled() -> None:
    rows = standing().rows
    set_constant_velocity(rows, 0, (5.0, 0.0, 0.0))
    rows["steer"] = 0.25
    drive(rows, 3.0)
    spec = VEHICLES[MODEL3]
    expected = 5.0 * math.tan(0.25 * spec.max_steer_rad) / spec.wheelbase_m
    assert rows["yaw_rate_radps"][0] == pytest.approx(expected)
    set_constant_velocity(rows, 0, None)
    rows["brake"] = 1.0
    drive(rows, 3.0)
    assert rows["vx_mps"][0] == 0.0


def test_every_field_is_eight_bytes_and_finite() -> None:
    rows = standing(*VEHICLES).rows
    for name in rows.dtype.names or ():
        assert rows.dtype[name].base.itemsize == 8
        assert np.isfinite(rows[name]).all()
