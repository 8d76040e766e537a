"""An inertial measurement unit: what an accelerometer, a gyroscope and a compass at one mounting point report.

Specific force is the point's acceleration plus gravity's reaction, in the sensor's own axes. The acceleration is the second
derivative of the parabola through the point's last three positions (for equal steps (p0 - 2 p1 + p2) / h²), as CARLA
computes it: it is that of the mounting point, so an off-centre unit feels centripetal and tangential terms, and it lags by
one step. Until three positions are known it is zero. Noise is white, bias constant, the k-th measurement's noise depends on
seed and k alone. The compass is the forward axis' bearing from map north (y), clockwise, 0 to 2 pi.
Tested by tests/sensors/test_imu.py against circles, braking and tilted mounts in closed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.base.streams import stream

Float64 = NDArray[np.float64]
Triple = tuple[float, float, float]

STANDARD_GRAVITY_MPS2 = 9.81
"""CARLA's value; its client can set another."""


@dataclass(frozen=True)
class ImuNoise:
    """Standard deviations and bias along the sensor's x, y, z (forward, left, up)."""

    acceleration_stddev_mps2: Triple = (0.0, 0.0, 0.0)
    rate_stddev_radps: Triple = (0.0, 0.0, 0.0)
    rate_bias_radps: Triple = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class ImuReading:
    """`specific_force_mps2` (3,) and `rate_radps` (3,) in the sensor frame (x forward, y left, z up); `compass_rad`."""

    specific_force_mps2: Float64
    rate_radps: Float64
    compass_rad: float


class InertialUnit:
    """Measures at increasing times; remembers the two positions before."""

    def __init__(self, noise: ImuNoise, seed: int) -> None:
        self._noise, self._seed = noise, seed
        self._taken = 0
        self._positions: list[Float64] = []
        self._steps_s: list[float] = []

    def measure(
        self,
        world_from_sensor: Float64,
        angular_velocity_world_radps: Float64,
        delta_s: float,
        gravity_mps2: float = STANDARD_GRAVITY_MPS2,
    ) -> ImuReading:
        """The reading `delta_s` after the last one, of a sensor at pose (4, 4) turning with a rate in world axes."""
        rotation = world_from_sensor[:3, :3]
        acceleration = self._acceleration(world_from_sensor[:3, 3], delta_s)
        force = rotation.T @ (acceleration + np.array([0.0, 0.0, gravity_mps2]))
        rate = rotation.T @ angular_velocity_world_radps + self._noise.rate_bias_radps
        spread = np.array([*self._noise.acceleration_stddev_mps2, *self._noise.rate_stddev_radps])
        if spread.any():
            noise = stream(self._seed, "imu", self._taken).standard_normal(6) * spread
            force, rate = force + noise[:3], rate + noise[3:]
        self._taken += 1
        compass = math.atan2(rotation[0, 0], rotation[1, 0]) % (2.0 * math.pi)
        return ImuReading(force, rate, compass)

    def _acceleration(self, position_m: Float64, delta_s: float) -> Float64:
        positions, steps = self._positions, self._steps_s
        positions.append(position_m.copy())
        steps.append(delta_s)
        if len(positions) < 3:
            return np.zeros(3)
        del positions[:-3], steps[:-3]
        # divided differences: twice the leading coefficient of the parabola through three points
        late, early = steps[2], steps[1]
        change = (positions[2] - positions[1]) / late - (positions[1] - positions[0]) / early
        return np.asarray(2.0 * change / (late + early))
