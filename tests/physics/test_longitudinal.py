"""Braking, coasting, accelerating and standing, against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.base.units import GRAVITY_MPS2
from sim.catalogue.vehicles import VEHICLES
from sim.server.kernels.dynamics import BRAKE_RISE_S
from sim.server.vehicles.motion import step_vehicles
from sim.server.vehicles.parameters import set_grip
from tests.physics.driving import MODEL3, drive, standing

SPRINTER = "vehicle.mercedes.sprinter"


def braking_distance_m(speed_mps: float, wet: float = 1.0) -> float:
    rows = standing(speed_mps=speed_mps).rows
    rows["drag_kgpm"], rows["rolling_resistance"], rows["damping_closed_nms"] = 0.0, 0.0, 0.0
    rows["friction_scale"], rows["brake"] = wet, 1.0
    set_grip(rows)
    drive(rows, 12.0)
    assert rows["vx_mps"][0] == 0.0
    return float(rows["x_m"][0])


@pytest.mark.parametrize(("speed_mps", "wet"), [(10.0, 1.0), (30.0, 1.0), (55.0, 1.0), (20.0, 0.5)])
def test_braking_distance_is_v2_over_2_mu_g(speed_mps: float, wet: float) -> None:
    """Plus half the rise time of the brake's pressure, during which the deceleration grows in proportion."""
    mu = VEHICLES[MODEL3].friction * wet
    expected = speed_mps**2 / (2.0 * mu * GRAVITY_MPS2) + 0.5 * BRAKE_RISE_S * mu * speed_mps
    assert braking_distance_m(speed_mps, wet) == pytest.approx(expected, rel=0.03)


def test_braking_bar_sees_a_wrong_friction() -> None:
    expected = 30.0**2 / (2.0 * VEHICLES[MODEL3].friction * GRAVITY_MPS2) + 0.5 * BRAKE_RISE_S * 30.0
    assert braking_distance_m(30.0, wet=0.94) != pytest.approx(expected, rel=0.03)


def test_half_a_pedal_is_half_the_deceleration() -> None:
    rows = standing(speed_mps=20.0).rows
    rows["drag_kgpm"], rows["rolling_resistance"], rows["damping_closed_nms"] = 0.0, 0.0, 0.0
    rows["brake"], rows["manual"] = 0.5, 1
    drive(rows, 0.6)
    turning = 1.0 + float((rows["wheel_inertia_kgm2"] / rows["wheel_radius_m"] ** 2).sum()) / float(rows["mass_kg"][0])
    expected = 0.5 * VEHICLES[MODEL3].brake_decel_mps2 / turning
    assert -rows["acceleration_x_mps2"][0] == pytest.approx(expected, rel=0.01)


def test_coast_down_follows_the_closed_form() -> None:
    """v' = -(a + b v^2)  =>  v(t) = sqrt(a / b) tan(atan(v0 sqrt(b / a)) - sqrt(a b) t); turning wheels add to the mass."""
    rows = standing(speed_mps=40.0).rows
    rows["manual"] = 1  # neutral: no engine brake
    spec = VEHICLES[MODEL3]
    mass_kg = spec.mass_kg + float((rows["wheel_inertia_kgm2"] / rows["wheel_radius_m"] ** 2).sum())
    a = spec.rolling_resistance * GRAVITY_MPS2 * spec.mass_kg / mass_kg
    b = float(rows["drag_kgpm"][0]) / mass_kg
    drive(rows, 60.0)
    expected = math.sqrt(a / b) * math.tan(math.atan(40.0 * math.sqrt(b / a)) - math.sqrt(a * b) * 60.0)
    assert rows["vx_mps"][0] == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize(("type_id", "published_s"), [(MODEL3, 6.1), (SPRINTER, 13.5), ("vehicle.mini.cooper_s", 7.1)])
def test_zero_to_100(type_id: str, published_s: float) -> None:
    rows = standing(type_id).rows
    rows["throttle"] = 1.0
    ticks = 0
    while rows["vx_mps"][0] < 100.0 / 3.6:
        step_vehicles(rows, 0.05)
        ticks += 1
        assert ticks < 800
    assert ticks * 0.05 == pytest.approx(published_s, rel=0.12)


@pytest.mark.parametrize("type_id", [MODEL3, SPRINTER, "vehicle.nissan.micra", "vehicle.kawasaki.ninja"])
def test_top_speed_is_reached_and_not_passed(type_id: str) -> None:
    rows = standing(type_id, speed_mps=0.8 * VEHICLES[type_id].top_speed_mps).rows
    rows["throttle"] = 1.0
    drive(rows, 240.0, 0.2)
    assert 0.9 * VEHICLES[type_id].top_speed_mps < rows["vx_mps"][0] <= 1.02 * VEHICLES[type_id].top_speed_mps


def test_every_vehicle_moves_off_and_stops() -> None:
    rows = standing(*VEHICLES).rows
    rows["throttle"] = 1.0
    drive(rows, 5.0)
    assert (rows["vx_mps"] > 2.5).all()
    rows["throttle"], rows["brake"] = 0.0, 1.0
    drive(rows, 12.0)
    assert (rows["vx_mps"] == 0.0).all()
    assert (rows["held"] == 1).all()


def test_reverse_goes_backwards_to_walking_pace_of_cars() -> None:
    rows = standing().rows
    rows["throttle"], rows["reverse"] = 0.5, 1
    drive(rows, 20.0)
    assert -11.1 < rows["vx_mps"][0] < -5.0
    assert rows["gear_now"][0] == -1


def test_standing_is_exactly_still() -> None:
    rows = standing().rows
    rows["steer"] = 0.7
    drive(rows, 20.0)
    for name in ("x_m", "y_m", "yaw_rad", "vx_mps", "vy_mps", "yaw_rate_radps", "velocity_x_mps"):
        assert rows[name][0] == 0.0


@pytest.mark.parametrize("slope", [0.03, 0.12, 0.3])
def test_brake_holds_on_a_slope_and_neutral_rolls(slope: float) -> None:
    rows = standing(MODEL3, MODEL3).rows
    rows["ground_slope_x"] = slope
    rows["brake"][0] = 1.0
    rows["manual"][1] = 1
    drive(rows, 10.0)
    assert rows["x_m"][0] == 0.0
    assert rows["x_m"][1] < -5.0, "negative control: without brake and out of gear it rolls down"


def test_side_slope_does_not_creep() -> None:
    rows = standing().rows
    rows["ground_slope_y"] = 0.08
    drive(rows, 20.0)
    assert rows["y_m"][0] == 0.0


def test_constant_velocity_and_no_physics() -> None:
    vehicles = standing(MODEL3, MODEL3)
    rows = vehicles.rows
    rows["constant_velocity"][0], rows["constant_vx_mps"][0] = 1, 7.0
    rows["simulate_physics"][1] = 0
    rows["throttle"] = 1.0
    drive(rows, 3.0)
    assert rows["x_m"][0] == pytest.approx(21.0)
    assert rows["velocity_x_mps"][0] == pytest.approx(7.0)
    assert rows["x_m"][1] == 0.0


def test_forces_and_impulses_act_once() -> None:
    vehicles = standing(MODEL3, MODEL3, speed_mps=10.0)
    rows = vehicles.rows
    rows["manual"] = 1
    rows["drag_kgpm"], rows["rolling_resistance"] = 0.0, 0.0
    rows["impulse_x_ns"][0] = 1745.0
    rows["force_x_n"][1] = 1745.0
    step_vehicles(rows, 0.05)
    assert rows["vx_mps"] == pytest.approx([11.0, 10.05], abs=0.05)  # the wheels take a share to turn faster
    drive(rows, 0.5)
    assert rows["vx_mps"] == pytest.approx([11.0, 10.05], abs=0.05)


def test_zero_dt_is_refused() -> None:
    with pytest.raises(ValueError, match="found dt_s = 0"):
        step_vehicles(standing().rows, 0.0)


def test_two_runs_and_another_neighbourhood_give_the_same_bytes() -> None:
    alone, together = standing(), standing(MODEL3, SPRINTER)
    for vehicles in (alone, together):
        vehicles.rows["throttle"], vehicles.rows["steer"] = 0.8, 0.2
        drive(vehicles.rows, 5.0)
    assert alone.rows[0].tobytes() == together.rows[0].tobytes()
    assert np.isfinite(together.rows["x_m"]).all()
