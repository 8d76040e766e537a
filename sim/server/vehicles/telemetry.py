"""CARLA's VehicleTelemetryData from a row of the vehicle arrays; and the angles of its wheels.

Tested by tests/physics/test_wheels.py.
"""

from __future__ import annotations

import math
from typing import Any

from sim.catalogue.powertrain import RADPS_PER_RPM
from sim.server.kernels.dynamics_tyres import LOW_SPEED_MPS
from sim.server.vehicles.parameters import TIRE_FRICTION_PER_MU
from sim.server.vehicles.state import WHEELS, VehicleRows


def telemetry_of(rows: VehicleRows, row: int) -> list[Any]:
    """The 8 fields of VehicleTelemetryData; steer, side forces and side slip with CARLA's sign (right positive)."""
    vehicle = rows[row]
    return [
        math.hypot(float(vehicle["vx_mps"]), float(vehicle["vy_mps"])),
        -float(vehicle["steer"]),
        float(vehicle["throttle"]),
        float(vehicle["brake"]),
        float(vehicle["engine_radps"]) / RADPS_PER_RPM,
        int(vehicle["gear_now"]),
        float(vehicle["drag_n"]),
        [_wheel(rows, row, index) for index in range(WHEELS)],
    ]


def _wheel(rows: VehicleRows, row: int, index: int) -> list[float]:
    """Friction, side slip (rad), longitudinal slip, speed (rad/s), loads (N, 1), torque (N m), forces (N, over load)."""
    vehicle = rows[row]
    omega, radius_m, load, rest, long, lat, mu = (
        float(vehicle[name][index])
        for name in ("omega_radps", "wheel_radius_m", "load_n", "rest_load_n", "long_n", "lat_n", "wheel_mu")
    )
    along, across = wheel_velocity(rows, row, index)
    least = max(abs(along), LOW_SPEED_MPS)
    return [
        mu * TIRE_FRICTION_PER_MU,
        -math.atan(across / least),
        (omega * radius_m - along) / least,
        omega,
        load,
        load / max(rest, 1.0),
        long * radius_m,
        long,
        -lat,
        long / max(load, 1.0),
        -lat / max(load, 1.0),
    ]


def wheel_velocity(rows: VehicleRows, row: int, index: int) -> tuple[float, float]:
    """Velocity of a wheel's centre along and across its own plane (m/s)."""
    vehicle = rows[row]
    rate = float(vehicle["yaw_rate_radps"])
    x = float(vehicle["vx_mps"]) - rate * float(vehicle["wheel_y_m"][index])
    y = float(vehicle["vy_mps"]) + rate * float(vehicle["wheel_x_m"][index])
    angle = float(vehicle["wheel_steer_rad"][index])
    return x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)


def rolled_deg(rows: VehicleRows, row: int, index: int) -> float:
    """How far a wheel has turned, in (-180, 180], negative when it rolled forward (CARLA's pitch of a wheel)."""
    degrees = math.degrees(float(rows[row]["rolled_rad"][index]))
    return 180.0 - (degrees + 180.0) % 360.0
