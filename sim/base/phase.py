"""Where wheels, legs and flashers are in their cycles: pure functions of distance travelled, time and identity.

Nothing here is integrated by a clock that could drift between two runs: a wheel's angle is the odometer over its radius, a
flasher is on when the session time says so. Tested by tests/base/test_phase.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.base.clock import FLICKS_PER_SECOND

Float64 = NDArray[np.float64]

FLASH_RATE_HZ = 1.5
"""Direction indicators: 90 flashes a minute, the middle of the 90 ± 30 that UN Regulation No. 48, 6.5.8 allows."""

_WALKING_STRIDE_RATIO = 0.83
FULL_LOCK_RAD = 0.75
"""Beyond the mean wheel angle of any road vehicle in the catalogue: 25 to 40 degrees for cars and trucks, 43 for bicycles."""
_WALKING_RELATIVE_SPEED_1PS = 0.8
_STRIDE_SPEED_EXPONENT = 0.42


def wheel_roll_rad(distance_travelled_m: ArrayLike, wheel_radius_m: ArrayLike) -> Float64:
    """Angle a wheel has turned since spawn (...,), rolling without slip; unwrapped, falling while the vehicle reverses."""
    return np.divide(distance_travelled_m, wheel_radius_m, dtype=np.float64)


def wheel_steer_rad(steer_ratio: ArrayLike, max_steer_rad: ArrayLike) -> Float64:
    """Mean angle of the steered wheels (...,), left positive, from the command -1..1 and the angle that 1 asks for.

    No axle turns its wheels farther than FULL_LOCK_RAD, whatever is asked.
    """
    return np.clip(np.multiply(steer_ratio, max_steer_rad, dtype=np.float64), -FULL_LOCK_RAD, FULL_LOCK_RAD)


def stride_length_m(speed_mps: ArrayLike, height_m: ArrayLike) -> Float64:
    """Length of one stride, two steps (...,), of a person of this height at this speed.

    stride / height = 0.83 ((speed / height) / 0.8 1/s)^0.42, after the cadence-speed relation of Grieve & Gear (1966,
    Ergonomics 9(5)): 1.45 m for an adult of 1.75 m at 1.4 m/s, 1.6 m for a child of 1.2 m who runs at 3 m/s.
    """
    height = np.asarray(height_m, dtype=np.float64)
    relative = np.abs(np.asarray(speed_mps, dtype=np.float64)) / height / _WALKING_RELATIVE_SPEED_1PS
    return np.asarray(height * _WALKING_STRIDE_RATIO * np.maximum(relative, 1e-3) ** _STRIDE_SPEED_EXPONENT)


def gait_advance_rad(step_m: ArrayLike, speed_mps: ArrayLike, height_m: ArrayLike) -> Float64:
    """How far the gait cycle (2 pi a stride) advances (...,) while the body moves on by `step_m`."""
    return np.asarray(2.0 * np.pi * np.asarray(step_m, dtype=np.float64) / stride_length_m(speed_mps, height_m))


def gait_start_rad(track_id: int) -> float:
    """Where in the cycle a walker starts, in [0, 2 pi): golden-ratio spacing, so that a group does not march in step."""
    return float((track_id * 0.6180339887498949) % 1.0 * 2.0 * np.pi)


def flash_on(time_flicks: int, track_id: int, rate_hz: float = FLASH_RATE_HZ, duty: float = 0.5) -> bool:
    """Whether a flashing lamp is lit at this session time; each actor flashes with a phase of its own."""
    cycles = time_flicks / FLICKS_PER_SECOND * rate_hz + (track_id * 0.6180339887498949) % 1.0
    return cycles % 1.0 < duty
