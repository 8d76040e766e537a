"""CARLA's VehiclePhysicsControl from and into a row of the vehicle arrays, in the order of the wire.

| CARLA field | here |
|---|---|
| torque_curve, max_rpm, moi | engine torque, its greatest speed, its inertia |
| damping_rate_* | engine damping in N m s: full throttle, closed in gear, closed out of gear |
| use_gear_autobox, forward_gears, final_ratio, gear_switch_time | gearbox; without autobox the gear stays; reverse as first |
| clutch_strength | torque per slip of the clutch, N m s |
| mass | mass; inertias scale with it |
| drag_coefficient | over width x height as area |
| center_of_mass | from the centre of the bounding box |
| steering_curve | share of the steering over speed in km/h |
| wheels.tire_friction | peak friction times TIRE_FRICTION_PER_MU, so that a dry road reads CARLA's usual 3.5 |
| wheels.damping_rate | drag of the wheel's bearing, N m s |
| wheels.max_steer_angle | angle at steer = 1; a changed one is also the new full lock; wheels with less turn less |
| wheels.radius, max_brake_torque, max_handbrake_torque | the wheel's radius (cm), torques (N m) |
| wheels.lat_stiff_max_load, lat_stiff_value, long_stiff_value | PhysX's tyre: dynamics_tyres.py; the last in units of g |
| wheels.position, use_sweep_wheel_collision | reported, without effect: wheels stay where the body has them, and feel a plane |

Every vehicle has four wheels here, two-wheelers two in one place at each end: so CARLA does. Tested by
tests/physics/test_physics_control.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.base.carla_axes import vector_to_carla
from sim.base.units import GRAVITY_MPS2
from sim.catalogue.powertrain import RADPS_PER_RPM
from sim.server.vehicles.ground import wheel_points
from sim.server.vehicles.parameters import (
    AIR_DENSITY_KGPM3,
    NOT_TURNED_RAD,
    set_derived,
    set_gears,
    set_grip,
    set_torque_curve,
)
from sim.server.vehicles.state import GEARS, STEER_POINTS, WHEELS, VehicleArrays

_ENGINE_FIELDS = (
    (2, "engine_inertia_kgm2", 1e-4),
    (3, "damping_full_nms", 0.0),
    (4, "damping_closed_nms", 0.0),
    (5, "damping_open_nms", 0.0),
    (7, "gear_switch_s", 0.0),
    (8, "clutch_nms", 1e-3),
    (9, "final_ratio", 1e-3),
)
"""Place in the struct, field of the row, least value that makes sense."""
_WHEEL_FIELDS = (
    (0, "tire_friction", 0.0),
    (1, "wheel_damping_nms", 0.0),
    (4, "brake_nm", 0.0),
    (5, "hand_brake_nm", 0.0),
    (6, "lat_max_load", 1e-3),
    (7, "lat_stiff", 1e-6),
)
_MASS, _DRAG, _CENTER, _STEERING, _WHEELS, _SWEEP = 11, 12, 13, 14, 15, 16


def physics_control_of(vehicles: VehicleArrays, row: int) -> list[Any]:
    """The 17 fields of VehiclePhysicsControl of one vehicle, as lists of Python numbers, in CARLA's units."""
    vehicle, curves = vehicles.rows[row], vehicles.curves_of(row)
    area_m2 = 4.0 * float(vehicle["half_width_m"] * vehicle["half_height_m"])
    return [
        [list(point) for point in curves.torque],
        float(vehicle["max_engine_radps"]) / RADPS_PER_RPM,
        *(float(vehicle[name]) for _, name, _ in _ENGINE_FIELDS[:4]),
        bool(vehicle["autobox"]),
        *(float(vehicle[name]) for _, name, _ in _ENGINE_FIELDS[4:]),
        [list(gear) for gear in curves.gears],
        float(vehicle["mass_kg"]),
        float(vehicle["drag_kgpm"]) / (0.5 * AIR_DENSITY_KGPM3 * area_m2),
        [
            float(vehicle["com_x_m"]),
            -float(vehicle["com_y_m"]),
            float(vehicle["com_height_m"] - vehicle["half_height_m"]),
        ],
        [list(point) for point in curves.steering],
        _wheels(vehicles, row),
        curves.sweep,
    ]


def _wheels(vehicles: VehicleArrays, row: int) -> list[list[Any]]:
    """WheelPhysicsControl of each wheel: front left, front right, rear left, rear right."""
    vehicle = vehicles.rows[row]
    points = wheel_points(vehicles.rows[row : row + 1])[0]
    volume = vehicle["volume_friction"]
    wheels: list[list[Any]] = []
    for index in range(WHEELS):
        radius_m = float(vehicle["wheel_radius_m"][index])
        position = vector_to_carla([*points[index], float(vehicle["z_m"]) + radius_m]) * 100.0
        friction = float(volume[index] if volume[index] >= 0.0 else vehicle["tire_friction"][index])
        wheels.append(
            [
                friction,
                float(vehicle["wheel_damping_nms"][index]),
                math.degrees(float(vehicle["max_steer_rad"] * vehicle["steer_share"][index])),
                radius_m * 100.0,
                *(float(vehicle[name][index]) for _, name, _ in _WHEEL_FIELDS[2:]),
                float(vehicle["long_stiff_n"][index]) / GRAVITY_MPS2,
                position.tolist(),
            ]
        )
    return wheels


def apply_physics_control(vehicles: VehicleArrays, row: int, control: Sequence[Any]) -> None:
    """Let one vehicle have these properties from the next tick on. Fields that make no sense (mass 0, ...) are left as they are."""
    rows = vehicles.rows[row : row + 1]
    vehicle, curves = vehicles.rows[row], vehicles.curves_of(row)
    for place, name, least in _ENGINE_FIELDS:
        if least <= float(control[place]) < math.inf:
            vehicle[name] = float(control[place])
    vehicle["autobox"] = bool(control[6])
    curve, max_rpm = [tuple(map(float, point)) for point in control[0]], float(control[1])
    if not (0.0 < max_rpm < math.inf):
        max_rpm = float(vehicle["max_engine_radps"]) / RADPS_PER_RPM
    if curve and all(math.isfinite(x) and 0.0 <= y < math.inf for x, y in curve) and max(y for _, y in curve) > 0.0:
        curves.torque = tuple(curve)
    set_torque_curve(rows, curves.torque, max_rpm)
    gears = [tuple(map(float, gear)) for gear in control[10]][:GEARS]
    if gears and all(0.0 < gear[0] < math.inf for gear in gears):
        curves.gears = tuple(gears)
        set_gears(rows, gears)
        vehicle["reverse_ratio"] = gears[0][0]
    _apply_body(vehicle, float(control[_MASS]), float(control[_DRAG]), [float(value) for value in control[_CENTER]])
    steering = [tuple(map(float, point)) for point in control[_STEERING]]
    if steering and all(math.isfinite(x) and math.isfinite(y) for x, y in steering):
        curves.steering = tuple(steering)
        _set_steering_curve(vehicle, steering)
    curves.sweep = bool(control[_SWEEP])
    if len(control[_WHEELS]) == WHEELS:
        _apply_wheels(vehicle, control[_WHEELS])
    set_derived(rows)
    set_grip(rows)


def _set_steering_curve(vehicle: np.void, points: Sequence[Sequence[float]]) -> None:
    points = sorted((point[0], point[1]) for point in points)
    last_kmh = max(points[-1][0], 1.0)
    speeds = np.linspace(0.0, last_kmh, STEER_POINTS)
    vehicle["steer_curve"] = np.interp(speeds, [point[0] for point in points], [point[1] for point in points])
    vehicle["steer_curve_kmh"] = last_kmh
    vehicle["steer_curved"] = any(point[1] != 1.0 for point in points)


def _apply_body(vehicle: np.void, mass_kg: float, drag: float, center: Sequence[float]) -> None:
    """Mass, drag and centre of mass; the centre has to stay between the axles, between the wheels and above the ground."""
    if 0.0 < mass_kg < math.inf:
        for name in ("yaw_inertia_kgm2", "roll_inertia_kgm2", "pitch_inertia_kgm2"):
            vehicle[name] *= mass_kg / vehicle["mass_kg"]
        vehicle["mass_kg"] = mass_kg
    if 0.0 <= drag < math.inf:
        area_m2 = 4.0 * vehicle["half_width_m"] * vehicle["half_height_m"]
        vehicle["drag_kgpm"] = 0.5 * AIR_DENSITY_KGPM3 * drag * area_m2
    shift_m = center[0] - float(vehicle["com_x_m"])
    front_m, rear_m = float(vehicle["front_axle_m"]) - shift_m, float(vehicle["rear_axle_m"]) + shift_m
    height_m = center[2] + float(vehicle["half_height_m"])
    if front_m > 0.05 and rear_m > 0.05 and height_m > 0.0:
        vehicle["com_x_m"], vehicle["com_height_m"] = center[0], height_m
        vehicle["front_axle_m"], vehicle["rear_axle_m"] = front_m, rear_m
    if abs(center[1]) < 0.5 * float(vehicle["track_m"]):
        vehicle["com_y_m"] = -center[1]


def _apply_wheels(vehicle: np.void, wheels: Sequence[Sequence[Any]]) -> None:
    volume = vehicle["volume_friction"]
    for index, wheel in enumerate(wheels):
        for place, name, least in _WHEEL_FIELDS:
            value = float(wheel[place])
            if not (least <= value < math.inf):
                continue
            if place == 0 and volume[index] >= 0.0 and math.isclose(value, float(volume[index]), rel_tol=1e-6):
                continue  # read inside a friction volume and written back: the tyre itself has not changed
            vehicle[name][index] = value
        if 0.0 < float(wheel[8]) < math.inf:
            vehicle["long_stiff_n"][index] = float(wheel[8]) * GRAVITY_MPS2
        radius_m = float(wheel[3]) / 100.0
        if 0.01 < radius_m < 10.0:
            vehicle["wheel_inertia_kgm2"][index] *= (radius_m / float(vehicle["wheel_radius_m"][index])) ** 2
            vehicle["wheel_radius_m"][index] = radius_m
    locks_rad = [math.radians(float(wheel[2])) for wheel in wheels]
    if not all(0.0 <= lock < math.pi / 2.0 for lock in locks_rad):
        return
    most_rad, usual_rad = max(locks_rad), float(vehicle["max_steer_rad"])
    if not math.isclose(most_rad, usual_rad, rel_tol=1e-5):
        vehicle["steer_rate_radps"] *= most_rad / max(usual_rad, 1e-6)
        vehicle["max_steer_rad"] = vehicle["full_lock_rad"] = most_rad
    shares = [lock / most_rad if most_rad > 0.0 else 0.0 for lock in locks_rad]
    vehicle["steer_share"] = [1.0 if math.isclose(share, 1.0, rel_tol=1e-5) else share for share in shares]
    vehicle["turned_rad"] = NOT_TURNED_RAD
