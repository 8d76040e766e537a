"""VehiclePhysicsControl: reading and writing it back changes nothing, writing other values changes the motion as it should."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.catalogue.vehicles import VEHICLES
from sim.server.vehicles.motion import step_vehicles
from sim.server.vehicles.physics_control import apply_physics_control, physics_control_of, telemetry_of
from tests.physics.driving import drive, standing

MASS, DRAG, CENTER, WHEELS = 11, 12, 13, 15


def test_round_trip_changes_nothing() -> None:
    rows = standing(*VEHICLES).rows
    before = rows.copy()
    for row in range(len(rows)):
        control = physics_control_of(rows, row)
        assert len(control) == 17
        assert len(control[WHEELS]) == (2 if rows["two_wheeled"][row] else 4)
        apply_physics_control(rows, row, control)
    for name in before.dtype.names or ():
        assert rows[name] == pytest.approx(before[name], rel=1e-9), name


def changed(edit: dict[int, Any]) -> Any:
    rows = standing(speed_mps=20.0).rows
    control = physics_control_of(rows, 0)
    for index, value in edit.items():
        control[index] = value
    apply_physics_control(rows, 0, control)
    return rows


def test_twice_the_mass_is_half_the_acceleration() -> None:
    heavy, usual = changed({MASS: 2.0 * 1745.0}), changed({})
    for rows in (heavy, usual):
        rows["throttle"], rows["drag_kgpm"], rows["rolling_resistance"] = 0.5, 0.0, 0.0
        drive(rows, 1.0)
    assert heavy["vx_mps"][0] - 20.0 == pytest.approx((usual["vx_mps"][0] - 20.0) / 2.0, rel=0.02)
    assert heavy["yaw_inertia_kgm2"][0] == pytest.approx(2.0 * usual["yaw_inertia_kgm2"][0])


def test_slippery_tyres_brake_longer() -> None:
    wheels = physics_control_of(standing().rows, 0)[WHEELS]
    for wheel in wheels:
        wheel[0] = 1.75
    icy, usual = changed({WHEELS: wheels}), changed({})
    for rows in (icy, usual):
        rows["brake"] = 1.0
        drive(rows, 8.0)
    assert icy["x_m"][0] == pytest.approx(2.0 * usual["x_m"][0], rel=0.06)


def test_steering_lock_drag_and_engine_act() -> None:
    wheels = physics_control_of(standing().rows, 0)[WHEELS]
    assert wheels[0][2] == pytest.approx(70.0), "CARLA's"
    wheels[0][2] = wheels[1][2] = 50.0
    assert np.degrees(changed({WHEELS: wheels})["max_steer_rad"][0]) == pytest.approx(50.0)
    assert np.degrees(changed({WHEELS: wheels})["full_lock_rad"][0]) == pytest.approx(50.0)
    usual = changed({})
    assert changed({DRAG: 0.38229351371590625})["drag_kgpm"][0] == pytest.approx(2.0 * usual["drag_kgpm"][0], rel=1e-6)
    curve = [[rpm, 2.0 * torque] for rpm, torque in physics_control_of(usual, 0)[0]]
    strong = changed({0: curve})
    assert strong["power_w"][0] == pytest.approx(2.0 * usual["power_w"][0])
    assert strong["drive_force_n"][0] == pytest.approx(2.0 * usual["drive_force_n"][0])


def test_center_of_mass_moves_the_balance() -> None:
    center = physics_control_of(standing().rows, 0)[CENTER]
    rows = changed({CENTER: [center[0] + 0.4, 0.0, center[2]]})
    assert rows["front_axle_m"][0] + rows["rear_axle_m"][0] == pytest.approx(2.875)
    step_vehicles(rows, 0.05)
    assert rows["front_load_n"][0] > rows["rear_load_n"][0]


def test_nonsense_is_left_out() -> None:
    usual = standing(speed_mps=20.0).rows
    rows = changed({MASS: 0.0, DRAG: float("nan"), CENTER: [50.0, 0.0, 0.0], 0: [], WHEELS: []})
    for name in ("mass_kg", "drag_kgpm", "com_x_m", "drive_force_n", "friction"):
        assert rows[name][0] == usual[name][0]


def test_telemetry_adds_up() -> None:
    rows = standing(speed_mps=20.0).rows
    rows["steer"], rows["brake"] = 0.1, 0.3
    drive(rows, 0.5)
    speed, steer, throttle, brake, rpm, gear, drag, wheels = telemetry_of(rows, 0)
    assert speed == pytest.approx(float(np.hypot(rows["vx_mps"][0], rows["vy_mps"][0])))
    assert (steer, throttle, brake) == (-0.1, 0.0, 0.3)
    assert 800.0 <= rpm <= 6000.0 and gear >= 1 and drag > 50.0
    assert sum(wheel[4] for wheel in wheels) == pytest.approx(1745.0 * 9.81)
    assert sum(wheel[7] for wheel in wheels) == pytest.approx(-0.3 * 1745.0 * 9.81, rel=0.01)
    assert wheels[0][4] > wheels[2][4], "braking loads the front"
