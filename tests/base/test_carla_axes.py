"""The one left-handed file, against the real client's own matrices."""

import carla
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base import carla_axes, frames

angles_deg = st.floats(min_value=-179.0, max_value=179.0)
coordinates_m = st.floats(min_value=-1000.0, max_value=1000.0)
MIRROR = np.diag([1.0, -1.0, 1.0, 1.0])


@given(angles_deg, angles_deg, angles_deg, coordinates_m, coordinates_m, coordinates_m)
def test_poses_agree_with_carla_transform(pitch: float, yaw: float, roll: float, x: float, y: float, z: float) -> None:
    transform = carla.Transform(carla.Location(x, y, z), carla.Rotation(pitch, yaw, roll))
    world_from_actor = frames.pose(
        carla_axes.vector_from_carla([x, y, z]), carla_axes.rpy_from_carla([pitch, yaw, roll])
    )
    expected = MIRROR @ np.array(transform.get_matrix()) @ MIRROR
    np.testing.assert_allclose(world_from_actor, expected, atol=2e-4)


@given(angles_deg, angles_deg, angles_deg)
def test_angles_survive_the_round_trip(pitch: float, yaw: float, roll: float) -> None:
    back = carla_axes.rpy_to_carla(carla_axes.rpy_from_carla([pitch, yaw, roll]))
    np.testing.assert_allclose(back, [pitch, yaw, roll], atol=1e-9)


def test_angular_velocity_is_an_axial_vector() -> None:
    """Mirroring both sides of v = omega x r has to give the same velocity."""
    rng = np.random.default_rng(1)
    omega_carla, arm_carla = rng.normal(size=(2, 50, 3))
    velocity_carla = np.cross(np.radians(omega_carla), arm_carla)
    omega = carla_axes.angular_velocity_from_carla(omega_carla)
    velocity = np.cross(omega, carla_axes.vector_from_carla(arm_carla))
    np.testing.assert_allclose(velocity, carla_axes.vector_from_carla(velocity_carla), atol=1e-12)
    wrong = np.cross(carla_axes.vector_from_carla(np.radians(omega_carla)), carla_axes.vector_from_carla(arm_carla))
    assert np.abs(wrong - velocity).max() > 0.01, "treating it as a polar vector would not be noticed"


def test_a_right_turn_is_negative_yaw() -> None:
    assert carla_axes.rpy_from_carla([0.0, 90.0, 0.0])[2] == pytest.approx(-np.pi / 2)
