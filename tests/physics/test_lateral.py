"""Cornering against the linear single-track model, the friction circle, symmetry, energy and convergence in the step."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.base.units import GRAVITY_MPS2
from sim.catalogue.vehicles import VEHICLES
from sim.server.kernels.dynamics_tyres import LOAD_LOSS, SLIDE_LOSS
from sim.server.vehicles.motion import step_vehicles
from sim.server.vehicles.parameters import UNDERSTEER_RATIO, set_grip
from sim.server.vehicles.state import set_velocity
from tests.physics.driving import MODEL3, drive, hold_speed, kinetic_energy_j, standing


def linear_yaw_rate_radps(type_id: str, speed_mps: float, steer_rad: float) -> float:
    """r = v delta / (L + K v^2), K = (1 / cf - 1 / cr) / g for stiffness proportional to axle load (Rajamani, eq. 3.17)."""
    spec = VEHICLES[type_id]
    rear = spec.cornering_stiffness_per_rad
    understeer = (1.0 / (UNDERSTEER_RATIO * rear) - 1.0 / rear) / GRAVITY_MPS2
    return speed_mps * math.tan(steer_rad) / (spec.wheelbase_m + understeer * speed_mps**2)


@pytest.mark.parametrize("type_id", [MODEL3, "vehicle.mercedes.sprinter", "vehicle.carlamotors.firetruck"])
@pytest.mark.parametrize("speed_mps", [3.0, 10.0, 22.0])
def test_steady_yaw_rate_is_that_of_the_linear_model(type_id: str, speed_mps: float) -> None:
    rows = standing(type_id, speed_mps=speed_mps).rows
    wheelbase = VEHICLES[type_id].wheelbase_m
    steer_rad = min(wheelbase * 0.5 / speed_mps**2, 0.15)  # about 0.05 g
    rows["steer"] = steer_rad / VEHICLES[type_id].max_steer_rad
    drive(rows, 8.0, each=hold_speed(rows, speed_mps))
    expected = linear_yaw_rate_radps(type_id, float(rows["vx_mps"][0]), steer_rad)
    assert rows["yaw_rate_radps"][0] == pytest.approx(expected, rel=0.02)


def test_yaw_rate_bar_sees_a_neutral_car() -> None:
    rows = standing(speed_mps=22.0).rows
    rows["lat_stiff"] = rows["lat_stiff"][:, 2:3]
    steer_rad = VEHICLES[MODEL3].wheelbase_m * 0.5 / 22.0**2
    rows["steer"] = steer_rad / VEHICLES[MODEL3].max_steer_rad
    drive(rows, 8.0, each=hold_speed(rows, 22.0))
    assert rows["yaw_rate_radps"][0] != pytest.approx(linear_yaw_rate_radps(MODEL3, 22.0, steer_rad), rel=0.015)


@pytest.mark.parametrize("speed_mps", [0.3, 1.0, 2.5])
def test_slow_driving_is_kinematic(speed_mps: float) -> None:
    """Circle of the rear axle: radius L / tan(delta)."""
    rows = standing(speed_mps=speed_mps).rows
    rows["steer"] = 0.3
    drive(rows, 4.0, each=hold_speed(rows, speed_mps))
    spec = VEHICLES[MODEL3]
    radius = spec.wheelbase_m / math.tan(0.3 * spec.max_steer_rad)
    assert rows["vx_mps"][0] / rows["yaw_rate_radps"][0] == pytest.approx(radius, rel=0.02)


def test_full_lock_turns_in_the_published_circle() -> None:
    rows = standing(speed_mps=1.0).rows
    rows["steer"] = 1.0
    xs, ys = [], []
    drive(rows, 10.0, each=hold_speed(rows, 1.0))
    for _ in range(1000):
        drive(rows, 0.05, each=hold_speed(rows, 1.0))
        spec = VEHICLES[MODEL3]
        yaw = rows["yaw_rad"][0]
        along, across = spec.rear_axle_x_m + spec.wheelbase_m, -spec.track_m / 2.0  # outer front wheel
        xs.append(rows["x_m"][0] + math.cos(yaw) * along - math.sin(yaw) * across)
        ys.append(rows["y_m"][0] + math.sin(yaw) * along + math.cos(yaw) * across)
    assert max(xs) - min(xs) == pytest.approx(11.6, rel=0.03)
    assert max(ys) - min(ys) == pytest.approx(11.6, rel=0.03)


def test_mirrored_steering_gives_the_mirrored_path() -> None:
    rows = standing(MODEL3, MODEL3, speed_mps=25.0, gap_m=0.0).rows
    rng = np.random.default_rng(5)

    def each(_: float) -> None:
        rows["throttle"], rows["brake"] = rng.uniform(0, 1), rng.uniform(0, 1) * (rng.random() < 0.3)
        steer = rng.uniform(-1, 1)
        rows["steer"] = steer, -steer

    drive(rows, 20.0, each=each)
    for name, sign in (("x_m", 1), ("y_m", -1), ("yaw_rad", -1), ("vy_mps", -1), ("yaw_rate_radps", -1)):
        assert rows[name][0] == pytest.approx(sign * rows[name][1], abs=1e-9)


def test_friction_circle_is_never_left() -> None:
    rows = standing(*VEHICLES, speed_mps=20.0).rows
    rng = np.random.default_rng(7)
    most = 0.0
    for tick in range(600):
        if tick % 10 == 0:
            rows["throttle"], rows["steer"] = rng.uniform(0, 1, len(rows)), rng.uniform(-1, 1, len(rows))
            rows["brake"] = rng.uniform(0, 1, len(rows)) * (rng.random(len(rows)) < 0.4)
            rows["hand_brake"] = rng.random(len(rows)) < 0.1
            rows["friction_scale"] = rng.uniform(0.3, 1.0, len(rows))
            set_grip(rows)
        step_vehicles(rows, 0.05)
        load = rows["load_n"] / rows["rest_load_n"]
        grip = rows["wheel_mu"] * np.clip(1.0 - LOAD_LOSS * (load - 1.0), 0.5, 1.2) * rows["load_n"]
        used = np.hypot(rows["long_n"], rows["lat_n"]) / np.maximum(grip, 1e-6)
        most = max(most, used[rows["overturned"] == 0].max())
        assert np.isfinite(rows["x_m"]).all()
    assert 0.99 < most <= 1.0 + 1e-9


def test_energy_never_grows_without_drive() -> None:
    rows = standing(*VEHICLES).rows
    rng = np.random.default_rng(3)
    for row in range(len(rows)):
        set_velocity(rows, row, (*rng.uniform(-25, 25, 2), 0.0))
    rows["yaw_rate_radps"] = rng.uniform(-3, 3, len(rows))
    rows["engine_inertia_kgm2"] = 1e-6  # what engines store comes back
    before = kinetic_energy_j(rows)
    for tick in range(400):
        if tick % 7 == 0:
            rows["steer"] = rng.uniform(-1, 1, len(rows))
            rows["brake"] = rng.uniform(0, 1, len(rows)) * (rng.random(len(rows)) < 0.2)
        step_vehicles(rows, 0.05)
        after = kinetic_energy_j(rows)
        assert after <= before * (1.0 + 1e-9) + 1e-6
        before = after
    rows["throttle"] = 1.0
    drive(rows, 0.5)
    assert kinetic_energy_j(rows) > before, "negative control: drive adds energy"


def manoeuvre(dt_s: float) -> np.ndarray:
    rows = standing(speed_mps=12.0).rows
    steers = (0.0, 0.12, -0.15, 0.05, -0.025)

    def each(time_s: float) -> None:
        phase = int(time_s + 1e-6)
        rows["steer"], rows["throttle"] = steers[phase], 0.4 if phase < 3 else 0.0
        rows["brake"] = 0.5 if phase == 4 else 0.0

    drive(rows, 5.0, dt_s, each)
    return np.array([rows["x_m"][0], rows["y_m"][0], 5.0 * rows["yaw_rad"][0]])


@pytest.mark.parametrize("rate_hz", [20, 25, 36, 50, 100])
def test_path_does_not_depend_on_the_tick(rate_hz: int) -> None:
    """Against steps of half a millisecond: within 20 cm after 70 m of swerving."""
    assert np.abs(manoeuvre(1.0 / rate_hz) - manoeuvre(0.0005)).max() < 0.20


def test_hand_brake_turn_spins_the_rear_out() -> None:
    rows = standing(speed_mps=18.0).rows
    rows["steer"] = 0.5
    drive(rows, 0.6)
    rows["hand_brake"] = 1
    drive(rows, 1.5)
    side_slip = math.degrees(math.atan2(rows["vy_mps"][0], rows["vx_mps"][0]))
    assert abs(side_slip) > 25.0


def test_slides_sideways_no_farther_than_friction_lets_it() -> None:
    rows = standing().rows
    set_velocity(rows, 0, (0.0, 8.0, 0.0))
    drive(rows, 5.0)
    assert rows["vy_mps"][0] == 0.0
    sliding = (1.0 - SLIDE_LOSS) * VEHICLES[MODEL3].friction
    assert rows["y_m"][0] == pytest.approx(8.0**2 / (2.0 * GRAVITY_MPS2 * sliding), rel=0.06)
