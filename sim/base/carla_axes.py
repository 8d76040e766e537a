"""The only place that knows CARLA's left-handed axes, degrees, and float seconds.

CARLA: x forward, y **right**, z up, angles in degrees, pitch positive nose up, yaw positive clockwise seen from above.
Here:  x forward, y **left**,  z up, radians, R = Rz Ry Rx (see frames). Mirroring y turns polar vectors (x, y, z) into
(x, -y, z), axial vectors (angular velocity) into (-x, y, -z), and CARLA's (pitch, yaw, roll) into roll = roll,
pitch = -pitch, yaw = -yaw. Checked by tests/base/test_carla_axes.py against carla.Transform.get_matrix().
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.base.clock import FLICKS_PER_SECOND

Float64 = NDArray[np.float64]

_POLAR = np.array([1.0, -1.0, 1.0])
_AXIAL = np.array([-1.0, 1.0, -1.0])


def vector_from_carla(vector_carla: ArrayLike) -> Float64:
    """Positions, velocities, accelerations, forces (..., 3): CARLA axes to ours."""
    return _mirrored(vector_carla, _POLAR)


def vector_to_carla(vector: ArrayLike) -> Float64:
    """Positions, velocities, accelerations, forces (..., 3): our axes to CARLA's."""
    return _mirrored(vector, _POLAR)


def rpy_from_carla(pitch_yaw_roll_deg: ArrayLike) -> Float64:
    """Roll, pitch, yaw in radians (..., 3) from CARLA's (pitch, yaw, roll) in degrees."""
    pyr = np.radians(np.asarray(pitch_yaw_roll_deg, dtype=np.float64))
    return np.stack([pyr[..., 2], -pyr[..., 0], -pyr[..., 1]], axis=-1)


def rpy_to_carla(rpy_rad: ArrayLike) -> Float64:
    """CARLA's (pitch, yaw, roll) in degrees (..., 3) from roll, pitch, yaw in radians."""
    rpy = np.degrees(np.asarray(rpy_rad, dtype=np.float64))
    return np.stack([-rpy[..., 1], -rpy[..., 2], rpy[..., 0]], axis=-1)


def signal_yaw_from_carla(yaw_rad: ArrayLike) -> Float64:
    """The direction that a light's or sign's face looks in, from its actor's yaw (both in our sense, radians).

    CARLA's actors of signals have x across the road, to the right of the traffic that they are for (its server turns each
    by 90 degrees from the direction of that traffic, and its client walks along x from one stop waypoint to the next); ours
    have x where the face looks. Tested by tests/contract/test_signals_api.py.
    """
    return _wrapped(np.asarray(yaw_rad, dtype=np.float64) - np.pi / 2.0)


def signal_yaw_to_carla(yaw_rad: ArrayLike) -> Float64:
    """The yaw (in our sense) of CARLA's actor of a signal whose face looks in this direction."""
    return _wrapped(np.asarray(yaw_rad, dtype=np.float64) + np.pi / 2.0)


def signal_box_from_carla(center: ArrayLike, extent: ArrayLike) -> tuple[Float64, Float64]:
    """Centre and half sizes (..., 3) of a face in the face's frame, from those in the frame of CARLA's actor (our sense)."""
    c, e = np.asarray(center, dtype=np.float64), np.asarray(extent, dtype=np.float64)
    return np.stack([-c[..., 1], c[..., 0], c[..., 2]], axis=-1), e[..., [1, 0, 2]]


def signal_box_to_carla(center: ArrayLike, extent: ArrayLike) -> tuple[Float64, Float64]:
    """The inverse of signal_box_from_carla."""
    c, e = np.asarray(center, dtype=np.float64), np.asarray(extent, dtype=np.float64)
    return np.stack([c[..., 1], -c[..., 0], c[..., 2]], axis=-1), e[..., [1, 0, 2]]


def _wrapped(angle_rad: Float64) -> Float64:
    return (angle_rad + np.pi) % (2.0 * np.pi) - np.pi


def angular_velocity_from_carla(angular_velocity_degps: ArrayLike) -> Float64:
    """Angular velocity in rad/s (..., 3) from CARLA's deg/s (an axial vector)."""
    return _mirrored(np.radians(angular_velocity_degps), _AXIAL)


def angular_velocity_to_carla(angular_velocity_radps: ArrayLike) -> Float64:
    """CARLA's deg/s (..., 3) from angular velocity in rad/s."""
    return _mirrored(np.degrees(angular_velocity_radps), _AXIAL)


def rate_to_carla(rate_radps: ArrayLike) -> Float64:
    """A gyroscope's rate in rad/s (..., 3), which CARLA leaves in rad/s: an axial vector, our axes to CARLA's and back."""
    return _mirrored(rate_radps, _AXIAL)


def steer_to_carla(steer_ratio: float) -> float:
    """CARLA's steer (positive right) from ours (positive left)."""
    return -steer_ratio


def fixed_delta_seconds(period_flicks: int) -> float:
    """CARLA's float step for an exact period."""
    return period_flicks / FLICKS_PER_SECOND


def _mirrored(vector: ArrayLike, signs: Float64) -> Float64:
    out: Float64 = np.asarray(vector, dtype=np.float64) * signs
    return out


def steer_from_carla(steer_ratio: ArrayLike) -> Float64:
    """Our steer (...,) (positive left) from CARLA's (positive right)."""
    return np.negative(steer_ratio, dtype=np.float64)
