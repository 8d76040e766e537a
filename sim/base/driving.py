"""From a wanted motion to pedals and wheel: what a person's foot and hands do, for one vehicle.

Used by the actors of scenarios and by the experts, which may not import each other. Vehicle figures are SI units.
Tested by tests/experts/test_driving.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.base.agent import Command
from sim.base.units import GRAVITY_MPS2

AIR_DENSITY_KGPM3 = 1.2041
"""Dry air at 20 °C and 101.325 kPa."""


@dataclass(frozen=True)
class VehicleFigures:
    """What the driver of a vehicle knows about it: how it answers to pedals and wheel."""

    length_m: float
    width_m: float
    wheelbase_m: float
    rear_axle_x_m: float
    mass_kg: float
    max_steer_rad: float
    drive_force_n: float
    power_w: float
    drag_area_m2: float
    rolling_resistance: float
    brake_decel_mps2: float
    understeer_s2pm: float = 0.0


def pedals(figures: VehicleFigures, speed_mps: float, acceleration_mps2: float) -> tuple[float, float]:
    """Throttle and brake 0..1 that give an acceleration: the force balance of a car on a level road, solved for the pedal."""
    drag = 0.5 * AIR_DENSITY_KGPM3 * figures.drag_area_m2 * speed_mps * speed_mps
    rolling = figures.rolling_resistance * figures.mass_kg * GRAVITY_MPS2 if speed_mps > 0.1 else 0.0
    force = figures.mass_kg * acceleration_mps2 + drag + rolling
    if force >= 0.0:
        largest = min(figures.drive_force_n, figures.power_w / max(speed_mps, 1.0))
        return min(force / largest, 1.0), 0.0
    return 0.0, min(-force / (figures.mass_kg * figures.brake_decel_mps2), 1.0)


def steer_for_curvature(figures: VehicleFigures, speed_mps: float, curvature_1pm: float) -> float:
    """Steer ratio -1..1, left positive, for a path's curvature: Ackermann angle plus the understeer term (Rajamani 2012, 3.3)."""
    angle = math.atan(figures.wheelbase_m * curvature_1pm) + figures.understeer_s2pm * speed_mps**2 * curvature_1pm
    return max(-1.0, min(1.0, angle / figures.max_steer_rad))


def pursuit_curvature(
    x_m: float, y_m: float, yaw_rad: float, figures: VehicleFigures, target_x_m: float, target_y_m: float
) -> float:
    """Curvature of the arc that takes the rear axle through a target point (pure pursuit: Coulter 1992, eq. 2.3)."""
    rear_x = x_m + figures.rear_axle_x_m * math.cos(yaw_rad)
    rear_y = y_m + figures.rear_axle_x_m * math.sin(yaw_rad)
    dx, dy = target_x_m - rear_x, target_y_m - rear_y
    left = dy * math.cos(yaw_rad) - dx * math.sin(yaw_rad)
    return 2.0 * left / max(dx * dx + dy * dy, 1.0)


def stand() -> Command:
    """The command of a vehicle that is held."""
    return Command(brake_ratio=1.0, hand_brake=True)
