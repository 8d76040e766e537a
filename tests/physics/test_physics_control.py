"""VehiclePhysicsControl: reading and writing it back changes nothing, writing other values changes the motion, field by field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.catalogue.vehicles import VEHICLES
from sim.server.vehicles.motion import step_vehicles
from sim.server.vehicles.physics_control import apply_physics_control, physics_control_of
from sim.server.vehicles.state import VehicleArrays, VehicleRows, set_velocity
from sim.server.vehicles.telemetry import telemetry_of
from tests.physics.driving import drive, standing

MUSTANG, SEAT = "vehicle.ford.mustang", "vehicle.seat.leon"
CURVE, MAX_RPM, MOI, FULL, CLOSED, OPEN, AUTOBOX, SWITCH, CLUTCH, FINAL, GEARS, MASS, DRAG, CENTER, STEERING, WHEELS = (
    range(16)
)


def test_round_trip_changes_nothing() -> None:
    vehicles = standing(*VEHICLES)
    before = vehicles.rows.copy()
    for row in range(len(before)):
        control = physics_control_of(vehicles, row)
        assert len(control) == 17
        assert len(control[WHEELS]) == 4, "CARLA's two-wheelers have four wheels as well"
        apply_physics_control(vehicles, row, control)
    for name in before.dtype.names or ():
        if name != "turned_rad":
            assert vehicles.rows[name] == pytest.approx(before[name], rel=1e-9), name


def changed(edit: Callable[[list[Any]], None] | None, type_id: str = SEAT, speed_mps: float = 20.0) -> VehicleArrays:
    vehicles = standing(type_id, speed_mps=speed_mps)
    if edit is not None:
        control = physics_control_of(vehicles, 0)
        edit(control)
        apply_physics_control(vehicles, 0, control)
    return vehicles


def put(place: int, value: Any) -> Callable[[list[Any]], None]:
    def edit(control: list[Any]) -> None:
        control[place] = value(control[place]) if callable(value) else value

    return edit


def wheels(place: int, value: Any, which: range = range(4)) -> Callable[[list[Any]], None]:
    def edit(control: list[Any]) -> None:
        for index in which:
            old = control[WHEELS][index][place]
            control[WHEELS][index][place] = value(old) if callable(value) else value

    return edit


def full_throttle(rows: VehicleRows) -> None:
    rows["throttle"] = 1.0
    drive(rows, 4.0)


def part_throttle(rows: VehicleRows) -> None:
    rows["throttle"] = 0.4
    drive(rows, 4.0)


def coast(rows: VehicleRows) -> None:
    drive(rows, 4.0)


def brake(rows: VehicleRows) -> None:
    rows["brake"] = 0.5
    drive(rows, 1.5)


def hand_brake(rows: VehicleRows) -> None:
    rows["hand_brake"] = 1
    drive(rows, 1.0)


def shift_by_hand(rows: VehicleRows) -> None:
    rows["throttle"], rows["manual"], rows["gear"] = 1.0, 1, 3
    drive(rows, 1.0)
    rows["gear"] = 2
    drive(rows, 1.0)


def neutral_and_back(rows: VehicleRows) -> None:
    rows["gear_switch_s"] = 0.05
    rows["manual"], rows["gear"] = 1, 0
    drive(rows, 0.1)
    rows["gear"] = 3
    drive(rows, 0.5)


def slow_down_and_go(rows: VehicleRows) -> None:
    rows["brake"] = 0.8
    drive(rows, 1.7)
    rows["brake"], rows["throttle"] = 0.0, 1.0
    drive(rows, 2.0)


def turn(rows: VehicleRows) -> None:
    rows["steer"], rows["throttle"] = 0.06, 0.3
    drive(rows, 3.0)


def hard_turn(rows: VehicleRows) -> None:
    rows["steer"], rows["throttle"] = 0.12, 0.3
    drive(rows, 3.0)


def launch(rows: VehicleRows) -> None:
    rows[:] = rows
    set_velocity(rows, 0, (0.0, 0.0, 0.0))
    rows["throttle"] = 1.0
    drive(rows, 4.0)


Edit = Callable[[list[Any]], None]
ACTING: dict[str, tuple[Edit, Callable[[VehicleRows], None]]] = {
    "torque_curve": (put(CURVE, lambda curve: [[rpm, 0.5 * torque] for rpm, torque in curve]), full_throttle),
    "max_rpm": (put(MAX_RPM, 4000.0), full_throttle),
    "moi": (put(MOI, 2.0), full_throttle),
    "damping_rate_full_throttle": (put(FULL, 0.3), full_throttle),
    "damping_rate_zero_throttle_clutch_engaged": (put(CLOSED, 0.5), coast),
    "damping_rate_zero_throttle_clutch_disengaged": (put(OPEN, 20.0), neutral_and_back),
    "use_gear_autobox": (put(AUTOBOX, False), full_throttle),
    "gear_switch_time": (put(SWITCH, 0.8), shift_by_hand),
    "clutch_strength": (put(CLUTCH, 0.3), full_throttle),
    "final_ratio": (put(FINAL, 2.5), part_throttle),
    "forward_gears.ratio": (put(GEARS, lambda gears: [[1.3 * gear[0], *gear[1:]] for gear in gears]), part_throttle),
    "forward_gears.down_ratio": (
        put(GEARS, lambda gears: [[gear[0], 0.02, gear[2]] for gear in gears]),
        slow_down_and_go,
    ),
    "forward_gears.up_ratio": (put(GEARS, lambda gears: [[*gear[:2], 0.55] for gear in gears]), full_throttle),
    "mass": (put(MASS, 3000.0), full_throttle),
    "drag_coefficient": (put(DRAG, 3.0), coast),
    "center_of_mass.x": (put(CENTER, lambda c: [c[0] + 0.5, c[1], c[2]]), turn),
    "center_of_mass.y": (put(CENTER, lambda c: [c[0], 0.3, c[2]]), turn),
    "center_of_mass.z": (put(CENTER, lambda c: [c[0], c[1], c[2] + 0.3]), hard_turn),
    "steering_curve": (put(STEERING, [[0.0, 1.0], [120.0, 0.3]]), turn),
    "wheels.tire_friction": (wheels(0, 1.0), hard_turn),
    "wheels.damping_rate": (wheels(1, 2.0), coast),
    "wheels.max_steer_angle": (wheels(2, 40.0, range(2)), turn),
    "wheels.max_steer_angle of the rear": (wheels(2, 20.0, range(2, 4)), turn),
    "wheels.radius": (wheels(3, lambda cm: 1.3 * cm), part_throttle),
    "wheels.max_brake_torque": (wheels(4, lambda nm: 0.5 * nm), brake),
    "wheels.max_handbrake_torque": (wheels(5, lambda nm: 0.2 * nm), hand_brake),
    "wheels.lat_stiff_max_load": (wheels(6, 1.5), turn),
    "wheels.lat_stiff_value": (wheels(7, lambda value: 0.5 * value), turn),
    "wheels.long_stiff_value": (wheels(8, 100.0), launch),
}


@pytest.mark.parametrize("name", ACTING)
def test_every_field_changes_the_motion(name: str) -> None:
    edit, manoeuvre = ACTING[name]
    usual, other = changed(None), changed(edit)
    for vehicles in (usual, other):
        manoeuvre(vehicles.rows)
    difference = max(
        abs(float(other.rows[field][0] - usual.rows[field][0])) for field in ("x_m", "y_m", "vx_mps", "yaw_rad")
    )
    assert difference > 0.005, name
    assert np.isfinite(other.rows["x_m"]).all()


@pytest.mark.parametrize("place", [9])
def test_what_does_not_act_is_left_alone(place: int) -> None:
    """Negative control of the test above: the wheels' position and the sweep change nothing."""
    usual = changed(None)
    other = changed(lambda control: control.__setitem__(16, False))
    moved = changed(wheels(place, [0.0, 0.0, 0.0]))
    for vehicles in (usual, other, moved):
        hard_turn(vehicles.rows)
        assert vehicles.rows["x_m"][0] == usual.rows["x_m"][0]
    assert physics_control_of(other, 0)[16] is False


def test_twice_the_mass_is_half_the_acceleration() -> None:
    heavy, usual = changed(put(MASS, 2.0 * 1236.0)), changed(None)
    for vehicles in (heavy, usual):
        vehicles.rows["manual"], vehicles.rows["drag_kgpm"], vehicles.rows["rolling_resistance"] = 1, 0.0, 0.0
        for _ in range(20):
            vehicles.rows["force_x_n"] = 3000.0
            step_vehicles(vehicles.rows, 0.05)
    gained = [float(vehicles.rows["vx_mps"][0]) - 20.0 for vehicles in (heavy, usual)]
    assert gained[0] == pytest.approx(gained[1] / 2.0, rel=0.03)
    assert heavy.rows["yaw_inertia_kgm2"][0] == pytest.approx(2.0 * usual.rows["yaw_inertia_kgm2"][0])


def test_slippery_tyres_brake_longer() -> None:
    icy, usual = changed(wheels(0, 1.75)), changed(None)
    for vehicles in (icy, usual):
        vehicles.rows["brake"] = 1.0
        drive(vehicles.rows, 8.0)
    assert icy.rows["x_m"][0] == pytest.approx(2.0 * usual.rows["x_m"][0], rel=0.07)


def test_slippery_left_wheels_pull_to_the_right_under_the_brakes() -> None:
    vehicles = changed(wheels(0, 0.7, range(0, 4, 2)))
    vehicles.rows["brake"] = 1.0
    drive(vehicles.rows, 1.5)
    assert vehicles.rows["yaw_rad"][0] < -0.02


def test_center_of_mass_moves_the_balance() -> None:
    rows = changed(put(CENTER, lambda c: [c[0] + 0.4, 0.2, c[2]])).rows
    assert rows["front_axle_m"][0] + rows["rear_axle_m"][0] == pytest.approx(2.636)
    step_vehicles(rows, 0.05)
    front, rear = rows["load_n"][0, :2].sum(), rows["load_n"][0, 2:].sum()
    assert front > rear
    assert rows["load_n"][0, 1] > rows["load_n"][0, 0], "CARLA's y is to the right"


def test_nonsense_is_left_out() -> None:
    usual = standing(SEAT, speed_mps=20.0).rows
    nonsense: Edit = lambda control: control.__setitem__(  # noqa: E731
        slice(0, 16),
        [
            [],
            -1.0,
            0.0,
            -1.0,
            float("nan"),
            -2.0,
            True,
            -1.0,
            0.0,
            0.0,
            [],
            0.0,
            float("nan"),
            [50.0, 9.0, -9.0],
            [],
            [],
        ],
    )
    rows = changed(nonsense).rows
    for name in usual.dtype.names or ():
        if name != "turned_rad":
            assert rows[name][0] == pytest.approx(usual[name][0]), name


def test_telemetry_adds_up() -> None:
    rows = standing(MUSTANG, speed_mps=20.0).rows
    rows["steer"], rows["brake"] = 0.1, 0.3
    drive(rows, 0.5)
    speed, steer, throttle, pedal, rpm, gear, drag, four = telemetry_of(rows, 0)
    assert speed == pytest.approx(float(np.hypot(rows["vx_mps"][0], rows["vy_mps"][0])))
    assert (steer, throttle, pedal) == (-0.1, 0.0, 0.3)
    assert 800.0 <= rpm <= 5500.0 and gear >= 1 and drag > 50.0
    assert sum(wheel[4] for wheel in four) == pytest.approx(1350.0 * 9.81)
    assert -0.45 < sum(wheel[7] for wheel in four) / (1350.0 * 9.81) < -0.28
    assert four[0][4] + four[1][4] > four[2][4] + four[3][4], "braking loads the front"
    assert four[1][4] > four[0][4], "a left turn loads the right"
    assert all(wheel[2] < 0.0 for wheel in four), "braked wheels slip"
    assert four[0][8] < 0.0 < four[0][1], "force to the left, slip to the right, as CARLA counts"
