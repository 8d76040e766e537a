"""All vehicle blueprints of CARLA 0.9.16 with the dimensions of the real vehicles they are named after.

The rows in data/vehicles.yaml hold published figures; what data sheets do not print is derived here, once, from them:

* largest tractive force F from the 0 to 100 km/h time, with the force F up to v = P / F, the power P beyond, air drag and
  rolling resistance;
* full lock from the turning circle D: tan(delta) = wheelbase / R, R = sqrt((D / 2)^2 - wheelbase^2) - track / 2;
* yaw inertia Iz = i m lf lr with the dynamic index i of the class (1 means that a push at one axle leaves the other alone);
* tyres, brakes and the height of the centre of mass from the class of the body (assumed, see _CLASSES).

Tested by tests/catalogue/test_vehicles.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sim.base.taxonomy import ObjectClass
from sim.base.units import mps_from_kmh
from sim.catalogue.data_rows import Row, read_rows
from sim.catalogue.spec import Deck, VehicleSpec

Rgb = tuple[int, int, int]

DRIVELINE_EFFICIENCY = 0.90
"""Share of the rated power that reaches the wheels, averaged over gear changes (assumed)."""


@dataclass(frozen=True)
class _Class:
    """What vehicles of one body family share: assumed values, typical of the literature (Gillespie 1992; Winkler 2000)."""

    object_class: ObjectClass
    com_height_ratio: float  # centre of mass above ground, in units of the overall height
    dynamic_index: float
    friction: float
    cornering_stiffness_per_rad: float
    rolling_resistance: float


_CLASSES: dict[str, _Class] = {
    "hatchback": _Class(ObjectClass.CAR, 0.37, 0.92, 1.00, 15.0, 0.011),
    "saloon": _Class(ObjectClass.CAR, 0.37, 0.95, 1.00, 16.0, 0.011),
    "estate": _Class(ObjectClass.CAR, 0.37, 0.98, 1.00, 15.5, 0.011),
    "suv": _Class(ObjectClass.CAR, 0.39, 0.95, 0.95, 14.0, 0.012),
    "pickup": _Class(ObjectClass.TRUCK, 0.39, 0.95, 0.95, 13.5, 0.012),
    "van": _Class(ObjectClass.VAN, 0.36, 1.00, 0.90, 12.5, 0.012),
    "ambulance": _Class(ObjectClass.VAN, 0.38, 1.00, 0.85, 11.0, 0.012),
    "bus": _Class(ObjectClass.BUS, 0.40, 1.05, 0.80, 9.5, 0.009),
    "box_truck": _Class(ObjectClass.TRUCK, 0.38, 1.00, 0.78, 8.5, 0.008),
    "fire_truck": _Class(ObjectClass.TRUCK, 0.40, 1.00, 0.78, 8.5, 0.008),
    "articulated": _Class(ObjectClass.TRUCK, 0.42, 1.05, 0.72, 8.0, 0.006),
    "tractor": _Class(ObjectClass.TRUCK, 0.32, 0.90, 0.70, 7.0, 0.020),
    "motorcycle": _Class(ObjectClass.MOTORCYCLE, 0.42, 0.80, 1.10, 17.0, 0.015),
    "bicycle": _Class(ObjectClass.BICYCLE, 0.58, 0.60, 0.70, 15.0, 0.006),
    "scooter": _Class(ObjectClass.BICYCLE, 0.53, 0.60, 0.65, 12.0, 0.010),
}

_PAINTS: dict[str, tuple[Rgb, ...]] = {
    # six of eight white, black, grey or silver: three quarters of new cars are (Axalta, Global Automotive Color Popularity 2023: 81 %)
    "sober": (
        (20, 22, 25),
        (150, 153, 155),
        (228, 228, 226),
        (24, 42, 78),
        (74, 77, 80),
        (112, 115, 118),
        (242, 241, 236),
        (96, 26, 28),
    ),
    "bright": (
        (230, 230, 228),
        (24, 26, 28),
        (92, 95, 98),
        (180, 30, 28),
        (168, 171, 173),
        (22, 62, 132),
        (58, 60, 63),
        (244, 243, 239),
    ),
    "tesla": ((228, 228, 228), (22, 23, 25), (24, 52, 110), (160, 24, 34), (92, 96, 100)),
    "police": ((18, 18, 20),),
    "ambulance": ((238, 238, 236),),
    "taxi": ((236, 178, 18),),
    "fleet": ((236, 236, 234), (28, 72, 132), (150, 152, 154), (168, 34, 30), (226, 178, 30)),
    "steel": ((164, 166, 168),),
    "cola": ((190, 20, 28),),
    "fire": ((186, 22, 24),),
    "school": ((232, 160, 0),),
    "tractor": ((40, 92, 44), (196, 36, 30), (28, 84, 152), (62, 124, 52)),
    "camper": ((206, 88, 40), (60, 132, 140), (222, 206, 160), (96, 132, 72)),
}

_FRONT_DRIVE_SHARE = {"front": 1.0, "rear": 0.0, "all": 0.45}
_COMMAND_RAD = math.radians(70.0)  # what CARLA's cars do at steer = 1; the axle stops earlier
_FIXED_LOCK_RAD = {"motorcycle": 0.61, "bicycle": 0.75, "scooter": 0.75}


def _load() -> dict[str, VehicleSpec]:
    return {type_id: _spec(type_id, row) for type_id, row in read_rows("vehicles.yaml").items()}


def _spec(type_id: str, row: Row) -> VehicleSpec:
    family = _CLASSES[row["body"]]
    length_m, width_m, height_m = row["size_m"]
    wheelbase_m, mass_kg = row["wheelbase_m"], float(row["mass_kg"])
    rear_axle_x_m = length_m / 2.0 - row["front_overhang_m"] - wheelbase_m
    front_load, full_lock_rad = row["front_load"], _full_lock_rad(row)
    power_w = row["power_kw"] * 1e3 * (0.97 if row.get("special") == "electric" else DRIVELINE_EFFICIENCY)
    return VehicleSpec(
        type_id=type_id,
        body=row["body"],
        object_class=family.object_class,
        base_type=row["base"],
        special_type=row.get("special", ""),
        generation=row["gen"],
        number_of_wheels=row.get("wheels", 4),
        length_m=length_m,
        width_m=width_m,
        height_m=height_m,
        wheelbase_m=wheelbase_m,
        rear_axle_x_m=rear_axle_x_m,
        track_m=row["track_m"],
        wheel_radius_m=row["wheel_radius_m"],
        mass_kg=mass_kg,
        yaw_inertia_kgm2=family.dynamic_index * mass_kg * front_load * (1.0 - front_load) * wheelbase_m**2,
        center_of_mass_height_m=family.com_height_ratio * height_m,
        max_steer_rad=_COMMAND_RAD if row.get("wheels", 4) == 4 else full_lock_rad,
        drive_force_n=_drive_force_n(row, power_w, family),
        power_w=power_w,
        drag_area_m2=row["drag_area_m2"],
        rolling_resistance=family.rolling_resistance,
        brake_decel_mps2=9.81 * family.friction,
        friction=family.friction,
        cornering_stiffness_per_rad=family.cornering_stiffness_per_rad,
        top_speed_mps=mps_from_kmh(row["top_kmh"]),
        colors_rgb=_turned(_PAINTS[row["paint"]], type_id),
        has_lights=row.get("lights", False),
        has_dynamic_doors=row.get("doors", False),
        source=row["source"],
        center_of_mass_x_m=rear_axle_x_m + front_load * wheelbase_m,
        front_drive_share=_FRONT_DRIVE_SHARE[row["drive"]],
        full_lock_rad=full_lock_rad,
        deck=Deck(*row["deck"]) if "deck" in row else None,
        paintable=row["paint"] != "steel",
        driver_ids=tuple(row.get("drivers", ())),
    )


def _turned(paints: tuple[Rgb, ...], type_id: str) -> tuple[Rgb, ...]:
    """The paints from another one on for each model: the first is the default, and not all cars are to be of one colour."""
    start = sum(map(ord, type_id)) % len(paints)
    return paints[start:] + paints[:start]


def _full_lock_rad(row: Row) -> float:
    """Angle of the equivalent single front wheel at full lock, from the turning circle between kerbs."""
    if row["body"] in _FIXED_LOCK_RAD:
        return _FIXED_LOCK_RAD[row["body"]]
    radius_m = math.sqrt((row["turning_circle_m"] / 2.0) ** 2 - row["wheelbase_m"] ** 2) - row["track_m"] / 2.0
    return math.atan2(row["wheelbase_m"], radius_m)


def _drive_force_n(row: Row, power_w: float, family: _Class) -> float:
    """The force of the launch that gives the published 0 to 100 km/h time; at least 0.15 g, at most what the tyres take."""
    mass_kg = float(row["mass_kg"])
    low_n, high_n = 0.15 * mass_kg * 9.81, 0.9 * family.friction * mass_kg * 9.81
    if row["zero_to_100_s"] <= 0.0:  # never reaches 100 km/h
        return low_n
    for _ in range(12):
        force_n = 0.5 * (low_n + high_n)
        if _seconds_to_100(row, force_n, power_w, family.rolling_resistance) > row["zero_to_100_s"]:
            low_n = force_n
        else:
            high_n = force_n
    return 0.5 * (low_n + high_n)


def _seconds_to_100(row: Row, force_n: float, power_w: float, rolling_resistance: float) -> float:
    """t = integral of m / (min(F, P / v) - drag v^2 - m g rolling) dv from 0 to 100 km/h, midpoint rule."""
    mass_kg, steps = float(row["mass_kg"]), 20
    step_mps = mps_from_kmh(100.0) / steps
    drag_kgpm, resistance_n = 0.602 * row["drag_area_m2"], mass_kg * 9.81 * rolling_resistance
    seconds = 0.0
    for index in range(steps):
        speed_mps = (index + 0.5) * step_mps
        surplus_n = min(force_n, power_w / speed_mps) - drag_kgpm * speed_mps**2 - resistance_n
        if surplus_n <= 0.0:
            return math.inf
        seconds += mass_kg * step_mps / surplus_n
    return seconds


VEHICLES: Mapping[str, VehicleSpec] = MappingProxyType(_load())
"""CARLA blueprint id to its vehicle, in the order of the data file."""
