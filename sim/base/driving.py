"""From a wanted motion to pedals and wheel: what a driver's foot and hands do with one vehicle.

Used by the actors of scenarios and by the experts, which may not import each other. Tested by tests/experts/test_driving.py.
"""

from __future__ import annotations

import math
from typing import Protocol

from sim.base.agent import Command
from sim.base.units import GRAVITY_MPS2, wrap_angle

AIR_DENSITY_KGPM3 = 1.2041
"""Dry air at 20 °C and 101.325 kPa."""

UNDERSTEER = 0.18
"""Difference of front and rear slip angle over the rear one: front axles are softer by about 15 per cent (1/0.85 - 1)."""

CREEP_MPS = 0.3
"""Below this a driver who wants to stand holds the brake."""


class DrivenVehicle(Protocol):
    """What a driver knows of how a vehicle answers; sim.catalogue.spec.VehicleSpec has it all."""

    @property
    def wheelbase_m(self) -> float: ...
    @property
    def mass_kg(self) -> float: ...
    @property
    def max_steer_rad(self) -> float: ...
    @property
    def drive_force_n(self) -> float: ...
    @property
    def power_w(self) -> float: ...
    @property
    def drag_area_m2(self) -> float: ...
    @property
    def rolling_resistance(self) -> float: ...
    @property
    def brake_decel_mps2(self) -> float: ...
    @property
    def cornering_stiffness_per_rad(self) -> float: ...
    @property
    def rear_axle_x_m(self) -> float: ...


def pedals(vehicle: DrivenVehicle, speed_mps: float, acceleration_mps2: float) -> tuple[float, float]:
    """Throttle and brake 0..1 for an acceleration: the force balance of a vehicle on a level road, solved for the pedal."""
    drag = 0.5 * AIR_DENSITY_KGPM3 * vehicle.drag_area_m2 * speed_mps * speed_mps
    rolling = vehicle.rolling_resistance * vehicle.mass_kg * GRAVITY_MPS2 if speed_mps > 0.1 else 0.0
    force_n = vehicle.mass_kg * acceleration_mps2 + drag + rolling
    if force_n >= 0.0:
        largest_n = min(vehicle.drive_force_n, vehicle.power_w / max(speed_mps, 1.0))
        return min(force_n / largest_n, 1.0), 0.0
    return 0.0, min(-force_n / (vehicle.mass_kg * vehicle.brake_decel_mps2), 1.0)


def steer_for_curvature(vehicle: DrivenVehicle, speed_mps: float, curvature_1pm: float) -> float:
    """Steer ratio -1..1, left positive, for a path's curvature: Ackermann angle + understeer (Rajamani 2012, eq. 3.7).

    The understeer gradient of ordinary cars, UNDERSTEER / cornering stiffness rad per g of lateral acceleration, is assumed.
    """
    lateral_g = speed_mps * speed_mps * curvature_1pm / GRAVITY_MPS2
    understeer_rad = UNDERSTEER / vehicle.cornering_stiffness_per_rad * lateral_g
    angle_rad = math.atan(vehicle.wheelbase_m * curvature_1pm) + understeer_rad
    return max(-1.0, min(1.0, angle_rad / vehicle.max_steer_rad))


YAW_FEEDBACK = 0.6
SLOW_MPS = 5.0
"""Below this a car follows its steering, and its curvature is too uncertain to feed back."""
FEEL_S = 0.15
"""What the car does is felt with this delay; without one, feedback on a car that answers at once would ring."""


class LaneTracker:
    """Steering back onto a path, errors being where the vehicle is, left positive.

    Along the distance s driven, the lateral error obeys e'' = curvature - path curvature and e' = course error. The feedback
    -e / d^2 - 1.8 e' / d - 0.2 / d^3 (integral of e ds), with d = max(6 m, 0.7 s of driving), has its poles well damped
    (Routh: 1.8 > 0.2); the integral takes out what the vehicle's model leaves.
    """

    def __init__(self) -> None:
        self._integral_m2 = 0.0
        self._driven_1pm = 0.0

    def curvature_1pm(
        self,
        lateral_error_m: float,
        course_error: float,
        speed_mps: float,
        path_curvature_1pm: float,
        yaw_rate_radps: float,
        tick_s: float,
    ) -> float:
        """The curvature to ask for in the next tick.

        A vehicle that brakes in a bend turns more than its steering says, because load moves to the front; what the curvature
        driven now (yaw rate / speed) lacks is asked for in addition, as a driver does who feels the car turn in.
        """
        reach_m = max(6.0, 0.7 * speed_mps)
        error_m = max(-2.0, min(2.0, lateral_error_m))
        if abs(error_m) < 1.0:
            most = 2.0 * reach_m
            self._integral_m2 = max(-most, min(most, self._integral_m2 + error_m * speed_mps * tick_s))
        back = error_m / reach_m**2 + 1.8 * math.sin(course_error) / reach_m + 0.2 * self._integral_m2 / reach_m**3
        wanted = path_curvature_1pm - back
        if speed_mps <= SLOW_MPS:
            self._driven_1pm = wanted
            return wanted
        driven = yaw_rate_radps / speed_mps
        self._driven_1pm += (driven - self._driven_1pm) * (1.0 - math.exp(-tick_s / FEEL_S))
        return wanted + YAW_FEEDBACK * (wanted - self._driven_1pm)


def course_error_rad(
    vehicle: DrivenVehicle, speed_mps: float, yaw_rad: float, path_yaw_rad: float, path_curvature_1pm: float
) -> float:
    """How far the car would move to the left of the path if it went round the path's bend pointing as it does.

    In a bend a car's centre does not move where the car points: it slips by lr k - v^2 k / (g C), with lr from the centre to the
    rear axle, k the curvature and C the rear cornering stiffness per load (Rajamani 2012, eq. 2.38). Taken from the path, not
    from the velocity, because that answers to the steering at once and a driver on it would ring.
    """
    grip = GRAVITY_MPS2 * vehicle.cornering_stiffness_per_rad
    slip_rad = path_curvature_1pm * (-vehicle.rear_axle_x_m - speed_mps * speed_mps / grip)
    return wrap_angle(yaw_rad + slip_rad - path_yaw_rad)


def drive(vehicle: DrivenVehicle, speed_mps: float, acceleration_mps2: float, curvature_1pm: float) -> Command:
    """The command for an acceleration and a curvature."""
    throttle, brake = pedals(vehicle, speed_mps, acceleration_mps2)
    if acceleration_mps2 <= 0.0 and speed_mps < CREEP_MPS:
        throttle, brake = 0.0, max(brake, 0.3)
    return Command(
        throttle_ratio=throttle, brake_ratio=brake, steer_ratio=steer_for_curvature(vehicle, speed_mps, curvature_1pm)
    )


HOLD = Command(brake_ratio=1.0, hand_brake=True)
"""The command of a vehicle that stands and shall stay."""
