"""CARLA's Ackermann controller: speed and acceleration in cascade, to pedals; a rate-limited wheel.

Two PID loops as in CARLA's documentation of AckermannControllerSettings: the outer turns the error in speed into a change
of the acceleration wanted, the inner the error in acceleration into a change of the pedal. Tested by
tests/server/test_ackermann.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

DEFAULT_GAINS = (0.15, 0.0, 0.25, 0.01, 0.0, 0.01)
"""speed kp, ki, kd, acceleration kp, ki, kd: CARLA's defaults."""
MAX_ACCELERATION_MPS2 = 3.0
MAX_DECELERATION_MPS2 = 8.0
FULL_STOP_MPS = 0.1
ACCELERATION_FILTER_S = 0.25
"""Time constant of the measured acceleration: the motion model has no drive-line lag, and the derivative gain would ring."""


@dataclass
class _Pid:
    integral: float = 0.0
    last_error: float = 0.0

    def run(self, error: float, gains: tuple[float, float, float], delta_s: float) -> float:
        self.integral = min(max(self.integral + error * delta_s, -10.0), 10.0)
        slope = (error - self.last_error) / delta_s
        self.last_error = error
        return gains[0] * error + gains[1] * self.integral + gains[2] * slope


@dataclass
class AckermannController:
    """Targets (steer in rad, positive right as on the wire) and the loops' memory of one vehicle."""

    gains: tuple[float, ...] = DEFAULT_GAINS
    active: bool = False
    steer_rad: float = 0.0
    steer_speed_radps: float = 0.0
    speed_mps: float = 0.0
    acceleration_mps2: float = 0.0
    jerk_mps3: float = 0.0
    _speed_loop: _Pid = field(default_factory=_Pid)
    _acceleration_loop: _Pid = field(default_factory=_Pid)
    _wanted_mps2: float = 0.0
    _felt_mps2: float = 0.0
    _pedal: float = 0.0
    _steer_now_rad: float = 0.0

    def set_target(self, target: tuple[float, float, float, float, float]) -> None:
        """Take over steer, steer speed, speed, acceleration and jerk, and begin to act."""
        self.steer_rad, self.steer_speed_radps, self.speed_mps, self.acceleration_mps2, self.jerk_mps3 = target
        self.active = True

    def reset(self) -> None:
        """Stop acting and forget: an ordinary control has come."""
        self.active = False
        self._speed_loop, self._acceleration_loop = _Pid(), _Pid()
        self._wanted_mps2 = self._felt_mps2 = self._pedal = 0.0

    def run(
        self, speed_mps: float, acceleration_mps2: float, max_steer_rad: float, delta_s: float
    ) -> tuple[float, float, float, bool]:
        """Throttle, brake, steer (-1..1, positive right) and reverse for the coming tick.

        `speed_mps`, `acceleration_mps2` along the vehicle, forward positive.
        """
        steer = self._steer(max_steer_rad, delta_s)
        direction = -1.0 if self.speed_mps < 0.0 else 1.0
        speed, wanted_speed = direction * speed_mps, abs(self.speed_mps)
        if wanted_speed < FULL_STOP_MPS and abs(speed) < FULL_STOP_MPS:
            self._wanted_mps2 = self._pedal = 0.0
            return 0.0, 1.0, steer, False
        change = self._speed_loop.run(wanted_speed - speed, (self.gains[0], self.gains[1], self.gains[2]), delta_s)
        limit = abs(self.acceleration_mps2)
        high = min(limit, MAX_ACCELERATION_MPS2) if limit > 0.0 else MAX_ACCELERATION_MPS2
        low = -(min(limit, MAX_DECELERATION_MPS2) if limit > 0.0 else MAX_DECELERATION_MPS2)
        if self.jerk_mps3 > 0.0:
            change = min(max(change, -self.jerk_mps3 * delta_s), self.jerk_mps3 * delta_s)
        self._wanted_mps2 = min(max(self._wanted_mps2 + change, low), high)
        share = delta_s / (ACCELERATION_FILTER_S + delta_s)
        self._felt_mps2 += (direction * acceleration_mps2 - self._felt_mps2) * share
        error = self._wanted_mps2 - self._felt_mps2
        self._pedal += self._acceleration_loop.run(error, (self.gains[3], self.gains[4], self.gains[5]), delta_s)
        self._pedal = min(max(self._pedal, -1.0), 1.0)
        return max(self._pedal, 0.0), max(-self._pedal, 0.0), steer, direction < 0.0

    def _steer(self, max_steer_rad: float, delta_s: float) -> float:
        change = self.steer_rad - self._steer_now_rad
        if self.steer_speed_radps > 0.0:
            step = self.steer_speed_radps * delta_s
            change = math.copysign(min(abs(change), step), change)
        self._steer_now_rad += change
        return min(max(self._steer_now_rad / max_steer_rad, -1.0), 1.0)
