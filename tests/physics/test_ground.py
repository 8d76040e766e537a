"""Height, pitch and roll on planes; falling, landing and leaving the ground; wet roads."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.base.frames import rotation_from_rpy
from sim.catalogue.vehicles import VEHICLES
from sim.server.vehicles.ground import set_ground, wet_friction_scale, wheel_points
from sim.server.vehicles.motion import step_vehicles
from sim.server.vehicles.state import VehicleArrays, set_velocity
from tests.physics.driving import MODEL3, drive, hold_speed, standing


@pytest.mark.parametrize("yaw_rad", [0.0, 1.0, -2.5])
def test_plane_under_the_wheels_is_found_and_followed(yaw_rad: float) -> None:
    vehicles = VehicleArrays()
    vehicles.add(1, VEHICLES[MODEL3], (3.0, -4.0, 0.0), (0.0, 0.0, yaw_rad))
    rows = vehicles.rows
    points = wheel_points(rows)
    set_ground(rows, 7.0 + 0.1 * points[..., 0] - 0.05 * points[..., 1])
    assert rows["ground_z_m"][0] == pytest.approx(7.0 + 0.3 + 0.2)
    assert (rows["ground_slope_x"][0], rows["ground_slope_y"][0]) == pytest.approx((0.1, -0.05))
    rows["roll_rad_per_mps2"], rows["pitch_rad_per_mps2"] = 0.0, 0.0  # no squat on the springs
    step_vehicles(rows, 0.05)
    assert rows["z_m"][0] == pytest.approx(7.5)
    rpy = [rows[name][0] for name in ("roll_rad", "pitch_rad", "yaw_rad")]
    up = rotation_from_rpy(np.array(rpy))[:, 2]
    normal = np.array([-0.1, 0.05, 1.0])
    assert up == pytest.approx(normal / np.linalg.norm(normal), abs=1e-9)


def test_uphill_and_downhill_accelerate_by_the_slope() -> None:
    rows = standing(MODEL3, MODEL3, speed_mps=10.0).rows
    rows["manual"], rows["drag_kgpm"], rows["rolling_resistance"] = 1, 0.0, 0.0
    rows["ground_slope_x"] = 0.1, -0.1
    step_vehicles(rows, 0.05)
    expected = 9.81 * 0.1 / 1.01 * 0.05
    assert rows["vx_mps"] == pytest.approx([10.0 - expected, 10.0 + expected], rel=2e-3)
    assert rows["velocity_z_mps"] == pytest.approx(0.1 * rows["vx_mps"] * [1, -1])


@pytest.mark.parametrize("dt_s", [0.05, 0.01])
def test_dropped_vehicle_falls_as_a_stone_and_stays_down(dt_s: float) -> None:
    rows = standing().rows
    rows["z_m"] = 2.0
    drive(rows, 0.5, dt_s)
    assert rows["airborne"][0] == 1
    assert rows["z_m"][0] == pytest.approx(2.0 - 0.5 * 9.81 * 0.25, abs=1e-9)
    drive(rows, 1.0, dt_s)
    assert (rows["z_m"][0], rows["vz_mps"][0], rows["airborne"][0]) == (0.0, 0.0, 0)


def test_drives_off_a_cliff_in_a_parabola() -> None:
    rows = standing(speed_mps=20.0).rows
    rows["ground_z_m"] = -50.0
    drive(rows, 1.0)
    assert rows["z_m"][0] == pytest.approx(-0.5 * 9.81, rel=0.02)
    assert rows["x_m"][0] == pytest.approx(20.0, rel=1e-6), "no tyre brakes or steers in the air"


def test_gentle_crest_keeps_the_wheels_down() -> None:
    rows = standing(speed_mps=15.0).rows
    rows["ground_slope_x"] = -0.1
    drive(rows, 0.5)
    assert rows["airborne"][0] == 0
    assert rows["z_m"][0] == pytest.approx(-0.1 * rows["x_m"][0])


def test_two_wheelers_lean_into_the_turn() -> None:
    rows = standing("vehicle.kawasaki.ninja", speed_mps=12.0).rows
    rows["steer"] = 0.1
    drive(rows, 4.0, each=hold_speed(rows, 12.0))
    assert rows["yaw_rate_radps"][0] > 0.1
    assert rows["roll_rad"][0] == pytest.approx(-math.atan(12.0 * rows["yaw_rate_radps"][0] / 9.81), rel=0.03)


def test_no_gravity_floats_and_no_roll_over_at_the_origin() -> None:
    rows = standing().rows
    rows["z_m"], rows["gravity"] = 3.0, 0
    set_velocity(rows, 0, (1.0, 0.0, 0.0))
    drive(rows, 1.0)
    assert rows["z_m"][0] == 3.0


def test_wet_scale() -> None:
    assert wet_friction_scale(0.0, 0.0) == 1.0
    assert wet_friction_scale(100.0, 0.0) == pytest.approx(0.7)
    assert wet_friction_scale(100.0, 100.0) == pytest.approx(0.5)
    assert wet_friction_scale(500.0, -3.0) == pytest.approx(0.7)
