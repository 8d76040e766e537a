"""A vehicle's parameters, from its catalogue rows into a row of VEHICLE_DTYPE; and the sums and shares derived from them.

Not in any data sheet and assumed by class of body (Gillespie 1992, ch. 6, 7; Milliken 1995, ch. 16, 18): roll and pitch of the
body per acceleration, their frequencies and damping, the front axle's share of the roll stiffness, inertia of the wheels.
Tested by tests/physics/test_vehicle_state.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.base.units import GRAVITY_MPS2
from sim.catalogue.powertrain import POWERTRAINS, RADPS_PER_RPM, Powertrain
from sim.catalogue.spec import VehicleSpec
from sim.server.kernels.dynamics import BRAKE_USED, BRAKER_SHARE

AIR_DENSITY_KGPM3 = 1.204
"""Dry air at 20 degrees C and sea level (ISO 2533)."""
UNDERSTEER_RATIO = 0.85
"""Front over rear cornering stiffness per load: roll and compliance steer make cars understeer by about 1.5 degrees per g."""
STEERING_TIME_S = 0.5
"""From centre to the angle of steer = 1 at the fastest; full lock, reached earlier, takes about half of it."""
TIRE_FRICTION_PER_MU = 3.5
"""A dry road reads CARLA's usual 3.5 as tire_friction where the peak coefficient is 1."""
LAT_MAX_LOAD = 4.0
"""Load over rest load at which the cornering stiffness grows no more (assumed; CARLA's default is 2, too early for real tyres)."""
NOT_TURNED_RAD = 9.0
"""No angle of a wheel: what `turned_rad` holds when the angles of the wheels have to be computed anew."""
NO_GROUND_RAD = 1e9
"""No yaw of a vehicle: what `ground_yaw_rad` holds when the ground below the wheels has to be looked up anew."""
AT_REST = 0.578125
"""f(3 / LAT_MAX_LOAD) of sim.server.kernels.dynamics_tyres: cornering stiffness at rest load over lat_stiff."""
SLIP_OVER_CORNERING = 1.2
"""Longitudinal over cornering stiffness (assumed; Pacejka 2012, table 4.1 gives about 1 to 1.5)."""

_ROLL = {  # degrees of roll and of pitch per g, front share of the roll stiffness
    "hatchback": (4.5, 2.2, 0.58),
    "saloon": (4.0, 2.0, 0.58),
    "estate": (4.5, 2.0, 0.58),
    "suv": (5.5, 2.5, 0.57),
    "pickup": (5.5, 2.2, 0.57),
    "van": (5.5, 2.5, 0.58),
    "ambulance": (6.5, 2.5, 0.52),
    "bus": (6.5, 2.0, 0.48),
    "box_truck": (6.0, 2.0, 0.50),
    "fire_truck": (6.0, 2.0, 0.48),
    "articulated": (6.0, 1.0, 0.40),
    "tractor": (3.0, 2.0, 0.45),
    "motorcycle": (0.0, 4.0, 0.5),
    "bicycle": (0.0, 0.0, 0.5),
    "scooter": (0.0, 0.0, 0.5),
}
_HEAVY = ("ambulance", "bus", "box_truck", "fire_truck", "articulated", "tractor")

Row = NDArray[np.void]


def set_parameters(row: Row, spec: VehicleSpec) -> None:
    """Write the parameters of a spec into the rows given (usually a slice of one).

    The rear tyres get the spec's cornering stiffness, the front ones UNDERSTEER_RATIO of it.
    """
    roll_deg, pitch_deg, roll_share = _ROLL[spec.body]
    heavy = spec.body in _HEAVY
    front_axle_m = spec.rear_axle_x_m + spec.wheelbase_m - spec.center_of_mass_x_m
    two = spec.number_of_wheels == 2
    values: dict[str, float] = {
        "mass_kg": spec.mass_kg,
        "yaw_inertia_kgm2": spec.yaw_inertia_kgm2,
        "roll_inertia_kgm2": spec.mass_kg * (spec.width_m**2 + spec.height_m**2) / 12.0,
        "pitch_inertia_kgm2": 0.95 * spec.yaw_inertia_kgm2,
        "front_axle_m": front_axle_m,
        "rear_axle_m": spec.wheelbase_m - front_axle_m,
        "com_x_m": spec.center_of_mass_x_m,
        "com_height_m": spec.center_of_mass_height_m,
        "track_m": spec.track_m,
        "half_length_m": spec.length_m / 2.0,
        "half_width_m": spec.width_m / 2.0,
        "half_height_m": spec.height_m / 2.0,
        "max_steer_rad": spec.max_steer_rad,
        "full_lock_rad": spec.full_lock_rad or spec.max_steer_rad,
        "steer_rate_radps": spec.max_steer_rad / STEERING_TIME_S,
        "steer_curve_kmh": 120.0,
        "drag_kgpm": 0.5 * AIR_DENSITY_KGPM3 * spec.drag_area_m2,
        "rolling_resistance": spec.rolling_resistance,
        "front_roll_share": roll_share,
        "roll_frequency_radps": 2.0 * math.pi * (1.1 if heavy else 1.6),
        "roll_damping": 0.35,
        "roll_rad_per_mps2": math.radians(roll_deg) / GRAVITY_MPS2,
        "pitch_frequency_radps": 2.0 * math.pi * (1.3 if heavy else 1.7),
        "pitch_damping": 0.4,
        "pitch_rad_per_mps2": math.radians(pitch_deg) / GRAVITY_MPS2,
        "two_wheeled": int(two),
    }
    for name, value in values.items():
        row[name] = value
    row["steer_curve"] = 1.0
    _set_wheels(row, spec)
    set_powertrain(row, POWERTRAINS[spec.type_id])
    if two:  # the rider lets go before a wheel slides
        row["abs_on"] = row["tc_on"] = 1
    set_derived(row)


def _set_wheels(row: Row, spec: VehicleSpec) -> None:
    """Four equal tyres; brakes share the full deceleration in the ratio of loads under it; a two-wheeler has half wheels."""
    two = spec.number_of_wheels == 2
    ends = np.array([1.0, 1.0, 0.0, 0.0])
    row["wheel_y_m"] = np.array([0.5, -0.5, 0.5, -0.5]) * spec.track_m
    row["wheel_radius_m"] = spec.wheel_radius_m
    wheel_kg = spec.mass_kg * (0.02 if two else 0.0125)
    row["wheel_inertia_kgm2"] = 0.7 * wheel_kg * spec.wheel_radius_m**2
    row["steer_share"] = ends
    row["turned_rad"] = NOT_TURNED_RAD
    row["drive_share"] = 0.5 * np.where(ends == 1.0, spec.front_drive_share, 1.0 - spec.front_drive_share)
    front_share = (
        float(row["rear_axle_m"][0]) + spec.brake_decel_mps2 / GRAVITY_MPS2 * spec.center_of_mass_height_m
    ) / (spec.wheelbase_m)
    front_share = min(front_share, 0.95)
    torque_nm = spec.mass_kg * spec.brake_decel_mps2 * spec.wheel_radius_m * 0.5 / BRAKE_USED
    row["brake_nm"] = torque_nm * np.where(ends == 1.0, front_share, 1.0 - front_share)
    row["hand_brake_nm"] = spec.mass_kg * GRAVITY_MPS2 * spec.wheel_radius_m * 0.5 * (1.0 - ends)
    row["tire_friction"] = spec.friction * TIRE_FRICTION_PER_MU
    row["volume_friction"] = -1.0
    row["lat_max_load"] = LAT_MAX_LOAD
    stiffness = spec.cornering_stiffness_per_rad / AT_REST
    row["lat_stiff"] = stiffness * np.where(ends == 1.0, UNDERSTEER_RATIO, 1.0)
    front_load = float(row["rear_axle_m"][0]) / spec.wheelbase_m
    rest_n = 0.5 * spec.mass_kg * GRAVITY_MPS2 * np.where(ends == 1.0, front_load, 1.0 - front_load)
    row["long_stiff_n"] = SLIP_OVER_CORNERING * spec.cornering_stiffness_per_rad * rest_n


def set_powertrain(row: Row, train: Powertrain) -> None:
    """Engine, clutch and gears into the rows given; the engine idles."""
    values = {
        "max_engine_radps": train.max_rpm * RADPS_PER_RPM,
        "idle_radps": train.idle_rpm * RADPS_PER_RPM,
        "launch_radps": train.launch_rpm * RADPS_PER_RPM,
        "engine_radps": train.idle_rpm * RADPS_PER_RPM,
        "engine_inertia_kgm2": train.inertia_kgm2,
        "damping_full_nms": train.damping_full_nms,
        "damping_closed_nms": train.damping_closed_nms,
        "damping_open_nms": train.damping_open_nms,
        "clutch_nms": train.clutch_nms,
        "final_ratio": train.final_ratio,
        "reverse_ratio": train.reverse_ratio,
        "gear_switch_s": train.shift_s,
        "autobox": 1.0,
        "output_share": train.output_share,
        "abs_on": int(train.has_abs),
        "tc_on": int(train.has_traction_control),
    }
    for name, value in values.items():
        row[name] = value
    set_torque_curve(row, train.torque_curve, train.max_rpm)
    set_gears(row, [(ratio, train.down_ratio, train.up_ratio) for ratio in train.gear_ratios])


def set_torque_curve(row: Row, curve: Sequence[Sequence[float]], max_rpm: float) -> None:
    """Sample (rpm, N m) pairs at even steps from 0 to max_rpm; straight lines between, constant beyond."""
    points = sorted((float(point[0]), float(point[1])) for point in curve)
    rpm = np.linspace(0.0, max_rpm, row["torque_nm"].shape[-1])
    row["torque_nm"] = np.interp(rpm, [point[0] for point in points], [point[1] for point in points])
    row["max_engine_radps"] = max_rpm * RADPS_PER_RPM


def set_gears(row: Row, gears: Sequence[Sequence[float]]) -> None:
    """Forward gears as (ratio, down ratio, up ratio), first gear first; at most GEARS of them act."""
    count = min(len(gears), row["gear_ratio"].shape[-1])
    row["gear_count"] = count
    for index in range(count):
        for name, value in zip(("gear_ratio", "gear_down", "gear_up"), gears[index], strict=False):
            row[name][..., index] = value


def set_derived(row: Row) -> None:
    """What follows from mass, centre of mass, wheels and engine: places, rest loads, sums. `row` is a slice."""
    front, rear = row["front_axle_m"], row["rear_axle_m"]
    row["wheel_x_m"] = np.stack([front, front, -rear, -rear], axis=-1)
    row["ground_yaw_rad"] = NO_GROUND_RAD
    share = rear / (front + rear)
    weight_n = 0.5 * row["mass_kg"] * GRAVITY_MPS2
    row["rest_load_n"] = np.stack([share, share, 1.0 - share, 1.0 - share], axis=-1) * weight_n[:, None]
    two = row["two_wheeled"] != 0
    row["per_track"] = np.where(two, 0.0, 1.0 / np.maximum(row["track_m"], 0.1))
    row["brake_sum_nm"] = row["brake_nm"].sum(axis=-1)
    row["brake_force_n"] = (row["brake_nm"] / row["wheel_radius_m"]).sum(axis=-1)
    rider_n = BRAKER_SHARE * row["mass_kg"] * GRAVITY_MPS2 * front / row["com_height_m"]
    row["brake_force_n"] = np.where(two, np.minimum(row["brake_force_n"], rider_n), row["brake_force_n"])
    row["output_nm"] = (
        row["output_share"] * row["torque_nm"].max(axis=-1) * row["gear_ratio"][:, 0] * row["final_ratio"]
    )


def set_grip(row: Row) -> None:
    """The coefficient that acts at each wheel: tyre or volume, times the weather's; and its mean. `row` is a slice."""
    felt = np.where(row["volume_friction"] >= 0.0, row["volume_friction"], row["tire_friction"]) / TIRE_FRICTION_PER_MU
    row["wheel_mu"] = felt * row["friction_scale"][:, None]
    row["friction"] = felt.mean(axis=-1)
