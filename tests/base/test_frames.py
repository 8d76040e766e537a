"""Rigid transforms."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.base import frames

angles = st.floats(min_value=-1.5, max_value=1.5)


@given(angles, angles, angles)
def test_inverse_undoes(roll: float, pitch: float, yaw: float) -> None:
    a_from_b = frames.pose(np.array([1.0, -2.0, 3.0]), np.array([roll, pitch, yaw]))
    np.testing.assert_allclose(frames.inverse(a_from_b) @ a_from_b, np.eye(4), atol=1e-12)


@given(angles, angles, angles)
def test_rpy_survives_the_round_trip(roll: float, pitch: float, yaw: float) -> None:
    rpy = np.array([roll, pitch, yaw])
    np.testing.assert_allclose(frames.rpy_from_rotation(frames.rotation_from_rpy(rpy)), rpy, atol=1e-9)


def test_camera_looks_along_x() -> None:
    forward = frames.apply(frames.SENSOR_FROM_CAMERA, np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
    np.testing.assert_array_equal(forward, [[1, 0, 0], [0, -1, 0], [0, 0, -1]])


def test_positive_pitch_is_nose_down() -> None:
    assert frames.rotation_from_rpy(np.array([0.0, 0.1, 0.0]))[2, 0] < 0


def test_box_corners_span_the_box() -> None:
    corners = frames.box_corners(np.array([1.0, 2.0, 3.0]), np.array([0.5, 1.0, 2.0]))
    np.testing.assert_array_equal(corners.min(axis=0), [0.5, 1.0, 1.0])
    np.testing.assert_array_equal(corners.max(axis=0), [1.5, 3.0, 5.0])
    assert len(np.unique(corners, axis=0)) == 8
