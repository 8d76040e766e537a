"""Inertial unit against closed forms: circles on an off-centre mount, braking, tilt, bearings, noise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sensors.imu import ImuNoise, InertialUnit
from sim.base import frames

_STEP_S = 0.05


def _on_circle(time_s: float, speed_mps: float, radius_m: float, mount_m: np.ndarray) -> np.ndarray:
    """Pose of a sensor on a vehicle that turns left with its origin on a circle."""
    angle = speed_mps / radius_m * time_s
    place = radius_m * np.array([math.sin(angle), 1.0 - math.cos(angle), 0.0])
    return frames.pose(place, np.array([0.0, 0.0, angle])) @ frames.pose(mount_m, np.zeros(3))


def test_an_off_centre_mount_on_a_circle_feels_its_own_centripetal_acceleration() -> None:
    speed, radius, mount = 10.0, 20.0, np.array([2.0, -0.5, 1.0])
    rate = speed / radius
    unit = InertialUnit(ImuNoise(), 1)
    for k in range(4):
        pose = _on_circle(k * _STEP_S, speed, radius, mount)
        reading = unit.measure(pose, np.array([0.0, 0.0, rate]), _STEP_S)
    # the mount's own circle has its centre at (0, radius) in the vehicle; the difference lags one step behind
    inward = np.array([0.0, radius, 0.0]) - (2.0, -0.5, 0.0)
    lag = frames.rotation_from_rpy(np.array([0.0, 0.0, -rate * _STEP_S]))
    chord = (2.0 * (1.0 - math.cos(rate * _STEP_S))) / _STEP_S**2 / rate**2
    expected = lag @ (rate**2 * inward * chord) + (0.0, 0.0, 9.81)
    np.testing.assert_allclose(reading.specific_force_mps2, expected, atol=1e-9)
    assert chord == pytest.approx(1.0, abs=1e-4)
    np.testing.assert_allclose(reading.rate_radps, [0.0, 0.0, rate], atol=1e-12)
    centre = InertialUnit(ImuNoise(), 1)
    for k in range(4):
        other = centre.measure(_on_circle(k * _STEP_S, speed, radius, np.zeros(3)), np.zeros(3), _STEP_S)
    assert abs(other.specific_force_mps2[0] - reading.specific_force_mps2[0]) > 0.4, "the mounting point matters"


def test_braking_with_unequal_steps_is_exact() -> None:
    unit, now = InertialUnit(ImuNoise(), 1), 0.0
    for step in (0.05, 0.05, 0.1, 0.025):
        now += step
        pose = frames.pose(np.array([20.0 * now - 0.5 * 6.5 * now**2, 3.0, 0.0]), np.zeros(3))
        reading = unit.measure(pose, np.zeros(3), step)
    np.testing.assert_allclose(reading.specific_force_mps2, [-6.5, 0.0, 9.81], atol=1e-9)


def test_a_tilted_unit_at_rest_feels_gravity_along_its_axes() -> None:
    tilt = 0.3
    unit = InertialUnit(ImuNoise(), 1)
    for _ in range(3):
        reading = unit.measure(frames.pose(np.zeros(3), np.array([0.0, tilt, 0.0])), np.zeros(3), _STEP_S, 1.62)
    np.testing.assert_allclose(
        reading.specific_force_mps2, [-1.62 * math.sin(tilt), 0.0, 1.62 * math.cos(tilt)], atol=1e-12
    )


def test_a_rate_is_told_in_the_axes_of_a_turned_mount() -> None:
    unit = InertialUnit(ImuNoise(), 1)
    reading = unit.measure(frames.pose(np.zeros(3), np.array([0.0, 0.0, math.pi / 2])), np.array([0.2, 0.0, 0.5]), 0.05)
    np.testing.assert_allclose(reading.rate_radps, [0.0, -0.2, 0.5], atol=1e-12)


@pytest.mark.parametrize(("yaw_deg", "bearing_deg"), [(90.0, 0.0), (0.0, 90.0), (-90.0, 180.0), (180.0, 270.0)])
def test_the_compass_counts_clockwise_from_north(yaw_deg: float, bearing_deg: float) -> None:
    pose = frames.pose(np.zeros(3), np.array([0.0, 0.0, math.radians(yaw_deg)]))
    bearing = math.degrees(InertialUnit(ImuNoise(), 1).measure(pose, np.zeros(3), 0.05).compass_rad)
    assert (bearing - bearing_deg + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=1e-9)


def test_noise_has_the_spread_and_bias_asked_for_and_repeats() -> None:
    noise = ImuNoise((0.1, 0.2, 0.0), (0.01, 0.0, 0.03), (0.5, -0.25, 0.0))

    def readings(seed: int) -> np.ndarray:
        unit = InertialUnit(noise, seed)
        taken = [unit.measure(np.eye(4), np.zeros(3), 0.05) for _ in range(3000)]
        return np.array([np.append(r.specific_force_mps2, r.rate_radps) for r in taken])

    values = readings(5)
    spread = np.array([0.1, 0.2, 0.0, 0.01, 0.0, 0.03])
    mean = np.array([0.0, 0.0, 9.81, 0.5, -0.25, 0.0])
    assert (np.abs(values.mean(axis=0) - mean) <= 5.0 * spread / math.sqrt(3000) + 1e-12).all()
    np.testing.assert_allclose(values.std(axis=0), spread, rtol=0.06, atol=1e-12)
    np.testing.assert_array_equal(values, readings(5))
    assert not np.array_equal(values, readings(6))
