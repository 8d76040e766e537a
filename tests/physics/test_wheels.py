"""Wheels: Ackermann angles, slip, locking, traction control, load transfer, rolling angle."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.catalogue.vehicles import VEHICLES
from sim.server.kernels.dynamics_tyres import SLIDE_AT, SLIDE_LOSS, secant
from sim.server.vehicles.telemetry import rolled_deg, telemetry_of
from tests.physics.driving import MODEL3, drive, hold_speed, standing

MUSTANG, FIRETRUCK = "vehicle.ford.mustang", "vehicle.carlamotors.firetruck"


def test_front_wheels_point_at_one_centre_of_turn() -> None:
    """cot(outer) - cot(inner) = track / wheelbase (Ackermann)."""
    rows = standing().rows
    rows["steer"] = 0.3
    drive(rows, 1.0)
    spec = VEHICLES[MODEL3]
    inner, outer = rows["wheel_steer_rad"][0, :2]
    assert inner > outer > 0.0
    assert 1.0 / math.tan(outer) - 1.0 / math.tan(inner) == pytest.approx(spec.track_m / spec.wheelbase_m)
    assert (rows["wheel_steer_rad"][0, 2:] == 0.0).all()


def test_tyre_force_follows_the_magic_formula() -> None:
    """sin(C atan(s)) with C = 1.35 as of CommonRoad's BMW, up to its peak; brushes (Fiala) are softer."""
    for slip in np.linspace(0.05, SLIDE_AT, 20):
        force = secant(slip, 0.0, 1.0)[0] * slip
        assert force == pytest.approx(math.sin(1.35 * math.atan(slip / 1.35)), abs=0.08)
        brush = 1.0 - (1.0 - slip / 3.0) ** 3
        assert force >= brush - 1e-12
    assert secant(100.0, 0.0, 1.0)[0] * 100.0 == pytest.approx(1.0 - SLIDE_LOSS)


def test_without_abs_wheels_lock_and_slide_farther() -> None:
    rows = standing(MUSTANG, MUSTANG, speed_mps=25.0).rows
    rows["abs_on"] = 0, 1
    rows["brake"] = 1.0
    drive(rows, 0.8)
    assert (rows["omega_radps"][0, :2] == 0.0).all()
    assert (rows["omega_radps"][1] > 10.0).all()
    drive(rows, 6.0)
    assert rows["x_m"][0] > 1.08 * rows["x_m"][1]


def test_abs_lets_a_braking_car_steer() -> None:
    rows = standing(MUSTANG, MUSTANG, speed_mps=25.0).rows
    rows["abs_on"] = 0, 1
    rows["brake"], rows["steer"] = 1.0, 0.08
    drive(rows, 2.0)
    assert abs(rows["y_m"][1] - 20.0) > 3.0 * abs(rows["y_m"][0])


def test_without_traction_control_wheels_spin() -> None:
    rows = standing(MUSTANG, MUSTANG).rows
    rows["tc_on"] = 0, 1
    rows["wheel_mu"], rows["throttle"] = 0.3, 1.0
    drive(rows, 2.0)
    spin = [telemetry_of(rows, row)[7][2][2] for row in (0, 1)]
    assert spin[0] > 2.0 > 0.5 > spin[1] > 0.0
    assert rows["vx_mps"][1] > rows["vx_mps"][0] > 1.0


@pytest.mark.parametrize("type_id", [MODEL3, FIRETRUCK])
def test_load_moves_as_statics_say(type_id: str) -> None:
    """Across m ay h / track, along m ax h / wheelbase; the weight stays."""
    rows, spec = standing(type_id, speed_mps=15.0).rows, VEHICLES[type_id]
    rows["steer"] = 0.04
    drive(rows, 6.0, each=hold_speed(rows, 15.0))
    load = rows["load_n"][0]
    across = spec.mass_kg * float(rows["vx_mps"][0] * rows["yaw_rate_radps"][0])
    assert load.sum() == pytest.approx(spec.mass_kg * 9.81)
    right_minus_left = load[[1, 3]].sum() - load[[0, 2]].sum()
    assert right_minus_left == pytest.approx(2.0 * across * spec.center_of_mass_height_m / spec.track_m, rel=0.02)
    assert rows["roll_rad"][0] > 0.0, "the body leans out of a left turn"
    rows["steer"], rows["brake"], rows["throttle"] = 0.0, 0.4, 0.0
    drive(rows, 1.0)
    assert rows["pitch_rad"][0] > 0.0, "the nose dives"
    front = rows["load_n"][0, :2].sum()
    along = -float(rows["long_felt_mps2"][0])
    rest = spec.mass_kg * 9.81 * float(rows["rear_axle_m"][0]) / spec.wheelbase_m
    moved = spec.mass_kg * along * spec.center_of_mass_height_m / spec.wheelbase_m
    assert front - rest == pytest.approx(moved, rel=0.06)


def test_wheels_roll_without_slip_when_coasting() -> None:
    rows = standing(speed_mps=10.0).rows
    rows["manual"] = 1
    drive(rows, 2.0)
    rolled_m = rows["rolled_rad"][0] * rows["wheel_radius_m"][0]
    np.testing.assert_allclose(rolled_m, rows["x_m"][0], rtol=0.01)
    assert -180.0 < rolled_deg(rows, 0, 0) <= 180.0
    before = rolled_deg(rows, 0, 0)
    drive(rows, 0.005, 0.005)
    assert rolled_deg(rows, 0, 0) < before or before < -170.0
