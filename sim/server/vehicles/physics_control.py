"""CARLA's VehiclePhysicsControl and telemetry from and into a row of the vehicle arrays, in the order of the wire.

| CARLA field | here |
|---|---|
| mass | mass; yaw inertia scales with it |
| center_of_mass | from the centre of the bounding box; x and z act |
| drag_coefficient | over width x height as area |
| wheels.tire_friction | peak friction times TIRE_FRICTION_PER_MU, so that a dry road reads CARLA's usual 3.5 |
| wheels.max_steer_angle | angle of the front wheels at steer = 1; a changed one is also the new full lock |
| wheels.lat_stiff_value | cornering stiffness per axle load and radian |
| wheels.max_brake_torque, max_handbrake_torque | brake forces over the wheel radius |
| torque_curve, forward_gears[0], final_ratio | greatest tractive force and power |
| the rest | reported with CARLA's usual values, accepted, without effect |

Tested by tests/physics/test_physics_control.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.base.carla_axes import vector_to_carla
from sim.server.vehicles.ground import wheel_points
from sim.server.vehicles.state import AIR_DENSITY_KGPM3, VehicleRows

TIRE_FRICTION_PER_MU = 3.5
MAX_RPM = 6000.0
_BASE_RPM = 3600.0  # where the reported engine reaches its power
_FINAL_RATIO = 4.0
_GEARS = 5
_RADPS_PER_RPM = math.pi / 30.0


def physics_control_of(rows: VehicleRows, row: int) -> list[Any]:
    """The 17 fields of VehiclePhysicsControl of one vehicle, as lists of Python numbers, in CARLA's units."""
    vehicle = rows[row]
    radius_m, force_n, power_w = _numbers(vehicle, "wheel_radius_m", "drive_force_n", "power_w")
    torque_nm = power_w / (_BASE_RPM * _RADPS_PER_RPM)
    first_ratio = force_n * radius_m / torque_nm / _FINAL_RATIO
    rpm = np.linspace(_BASE_RPM, MAX_RPM, 4)
    curve = [[0.0, torque_nm], *([float(n), power_w / (float(n) * _RADPS_PER_RPM)] for n in rpm)]
    area_m2 = 4.0 * float(vehicle["half_width_m"] * vehicle["half_height_m"])
    return [
        curve,
        MAX_RPM,
        1.0,
        0.15,
        2.0,
        0.35,
        True,
        0.0,
        10.0,
        _FINAL_RATIO,
        [[ratio, 0.5, 0.65] for ratio in _gear_ratios(vehicle, first_ratio)],
        float(vehicle["mass_kg"]),
        float(vehicle["drag_kgpm"]) / (0.5 * AIR_DENSITY_KGPM3 * area_m2),
        [float(vehicle["com_x_m"]), 0.0, float(vehicle["com_height_m"] - vehicle["half_height_m"])],
        [[0.0, 1.0], [120.0, 1.0]],
        _wheels(rows, row),
        True,
    ]


def apply_physics_control(rows: VehicleRows, row: int, control: Sequence[Any]) -> None:
    """Let one vehicle have these properties from the next tick on. Fields that make no sense (mass 0, ...) are left as they are."""
    vehicle = rows[row]
    curve, final_ratio, gears = control[0], float(control[9]), control[10]
    mass_kg, drag, center, wheels = float(control[11]), float(control[12]), control[13], control[15]
    if mass_kg > 0.0 and math.isfinite(mass_kg):
        vehicle["yaw_inertia_kgm2"] *= mass_kg / vehicle["mass_kg"]
        vehicle["mass_kg"] = mass_kg
    if drag >= 0.0 and math.isfinite(drag):
        area_m2 = 4.0 * vehicle["half_width_m"] * vehicle["half_height_m"]
        vehicle["drag_kgpm"] = 0.5 * AIR_DENSITY_KGPM3 * drag * area_m2
    _move_center_of_mass(vehicle, float(center[0]), float(center[2]))
    if wheels:
        _apply_wheels(vehicle, wheels)
    torque_nm = max((float(point[1]) for point in curve), default=0.0)
    power_w = max((float(point[0]) * _RADPS_PER_RPM * float(point[1]) for point in curve), default=0.0)
    if torque_nm > 0.0 and power_w > 0.0 and gears and float(gears[0][0]) > 0.0 and final_ratio > 0.0:
        vehicle["drive_force_n"] = torque_nm * float(gears[0][0]) * final_ratio / vehicle["wheel_radius_m"]
        vehicle["power_w"] = power_w


def telemetry_of(rows: VehicleRows, row: int) -> list[Any]:
    """The 8 fields of VehicleTelemetryData; steer with CARLA's sign. Wheels share the forces of their axle equally."""
    vehicle = rows[row]
    speed, radius_m = (float(vehicle["vx_mps"]), float(vehicle["wheel_radius_m"]))
    per_axle = 1 if vehicle["two_wheeled"] else 2
    wheels = []
    for axle, axle_mass_share in (("front", "rear_axle_m"), ("rear", "front_axle_m")):
        load, long, lat, slip = _numbers(
            vehicle, f"{axle}_load_n", f"{axle}_long_n", f"{axle}_lat_n", f"{axle}_slip_rad"
        )
        wheelbase = float(vehicle["front_axle_m"] + vehicle["rear_axle_m"])
        rest_load = max(float(vehicle["mass_kg"] * 9.81 * vehicle[axle_mass_share]) / wheelbase, 1.0)
        wheel = [
            float(vehicle["friction"] * vehicle["friction_scale"]) * TIRE_FRICTION_PER_MU,
            -slip,
            0.0,
            speed / radius_m,
            load / per_axle,
            load / rest_load,
            long * radius_m / per_axle,
            long / per_axle,
            -lat / per_axle,
            long / max(load, 1.0),
            -lat / max(load, 1.0),
        ]
        wheels += [list(wheel) for _ in range(per_axle)]
    return [
        math.hypot(speed, float(vehicle["vy_mps"])),
        -float(vehicle["steer"]),
        float(vehicle["throttle"]),
        float(vehicle["brake"]),
        _engine_rpm(vehicle),
        int(vehicle["gear_now"]),
        float(vehicle["drag_n"]),
        wheels,
    ]


def _numbers(vehicle: np.void, *names: str) -> list[float]:
    return [float(vehicle[name]) for name in names]


def _gear_ratios(vehicle: np.void, first_ratio: float) -> list[float]:
    """From the launch gear down to the one that reaches top speed at MAX_RPM, in equal steps; one gear if that is enough."""
    radps_at_top = float(vehicle["top_speed_mps"] / vehicle["wheel_radius_m"])
    last_ratio = MAX_RPM * _RADPS_PER_RPM / radps_at_top / _FINAL_RATIO
    if last_ratio >= first_ratio:
        return [first_ratio]
    return [first_ratio * (last_ratio / first_ratio) ** (gear / (_GEARS - 1)) for gear in range(_GEARS)]


def _engine_rpm(vehicle: np.void) -> float:
    """Engine speed of the highest gear that stays above a third of MAX_RPM, at least idling at 800."""
    radius_m, force_n, power_w = _numbers(vehicle, "wheel_radius_m", "drive_force_n", "power_w")
    first_ratio = force_n * radius_m * _BASE_RPM * _RADPS_PER_RPM / power_w / _FINAL_RATIO
    wheel_rpm = abs(float(vehicle["vx_mps"])) / radius_m / _RADPS_PER_RPM
    speeds = [wheel_rpm * _FINAL_RATIO * ratio for ratio in _gear_ratios(vehicle, first_ratio)]
    fitting = [rpm for rpm in speeds if MAX_RPM / 3.0 <= rpm <= MAX_RPM]
    return max(min(fitting[-1] if fitting else speeds[0], MAX_RPM), 800.0)


def _wheels(rows: VehicleRows, row: int) -> list[list[Any]]:
    """WheelPhysicsControl of each wheel: front left, front right, rear left, rear right; two-wheelers front, rear."""
    vehicle = rows[row]
    two = bool(vehicle["two_wheeled"])
    points = wheel_points(rows[row : row + 1])[0]
    if two:
        points = (points[0::2] + points[1::2]) / 2.0
    count, per_axle = (2, 1) if two else (4, 2)
    radius_m = float(vehicle["wheel_radius_m"])
    wheels: list[list[Any]] = []
    for index in range(count):
        front = index < per_axle
        height_m = float(vehicle["z_m"]) + radius_m
        position = vector_to_carla([points[index, 0], points[index, 1], height_m]) * 100.0
        wheels.append(
            [
                float(vehicle["friction"]) * TIRE_FRICTION_PER_MU,
                0.25,
                math.degrees(float(vehicle["max_steer_rad"])) if front else 0.0,
                radius_m * 100.0,
                float(vehicle["brake_force_n"]) * radius_m / count,
                0.0 if front else float(vehicle["hand_brake_force_n"]) * radius_m / per_axle,
                2.0,
                float(vehicle["front_stiffness_per_rad" if front else "rear_stiffness_per_rad"]),
                1000.0,
                position.tolist(),
            ]
        )
    return wheels


def _apply_wheels(vehicle: np.void, wheels: Sequence[Sequence[Any]]) -> None:
    half = len(wheels) // 2
    front, rear = wheels[: max(half, 1)], wheels[half:]
    friction = sum(float(wheel[0]) for wheel in wheels) / len(wheels)
    lock_rad = math.radians(max(float(wheel[2]) for wheel in wheels))
    radius_m = float(wheels[0][3]) / 100.0
    if friction >= 0.0:
        vehicle["friction"] = friction / TIRE_FRICTION_PER_MU
    usual_rad = float(vehicle["max_steer_rad"])
    if 0.0 <= lock_rad < math.pi / 2.0 and not math.isclose(lock_rad, usual_rad, rel_tol=1e-5):
        vehicle["steer_rate_radps"] *= lock_rad / max(usual_rad, 1e-6)
        vehicle["max_steer_rad"] = vehicle["full_lock_rad"] = lock_rad
    if radius_m > 0.0:
        vehicle["wheel_radius_m"] = radius_m
        vehicle["brake_force_n"] = sum(max(float(wheel[4]), 0.0) for wheel in wheels) / radius_m
        vehicle["hand_brake_force_n"] = sum(max(float(wheel[5]), 0.0) for wheel in wheels) / radius_m
    for axle, name in ((front, "front_stiffness_per_rad"), (rear, "rear_stiffness_per_rad")):
        stiffness = sum(float(wheel[7]) for wheel in axle) / len(axle)
        if stiffness > 0.0:
            vehicle[name] = stiffness


def _move_center_of_mass(vehicle: np.void, x_m: float, z_m: float) -> None:
    """Shift the centre of mass if it stays between the axles and above the ground; the axles stay where they are."""
    shift_m = x_m - float(vehicle["com_x_m"])
    front_m, rear_m = float(vehicle["front_axle_m"]) - shift_m, float(vehicle["rear_axle_m"]) + shift_m
    height_m = z_m + float(vehicle["half_height_m"])
    if front_m > 0.05 and rear_m > 0.05 and height_m > 0.0:
        vehicle["com_x_m"], vehicle["com_height_m"] = x_m, height_m
        vehicle["front_axle_m"], vehicle["rear_axle_m"] = front_m, rear_m
