"""Doors, bonnets and boot lids that open: where their hinges lie on each vehicle, and how far they swing.

An open door is an actor of its own, attached to its vehicle at the hinge: its origin is the lower end of the hinge line,
its axes are the vehicle's when it is shut. Which vehicles have doors that move is CARLA's (has_dynamic_doors); which of the
numbers of carla.VehicleDoor each has follows from its body here. Shut lines are fractions of the body's length from the nose,
the same that rendering.assets draws; tests/rendering/test_assets_doors.py compares them. Front doors open about 65 degrees, as
those of cars with a two-stage door check do (assumed), bonnets and boot lids as their stays allow (assumed).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from types import MappingProxyType

from sim.catalogue.spec import VehicleSpec
from sim.catalogue.vehicles import VEHICLES

Vector = tuple[float, float, float]

DOOR_TYPE = "static.prop.car_door"
"""Blueprint of an open door. Its attributes `vehicle`, `door` and `color` say whose it is."""
SWING_S = 1.0
"""How long a door takes to open or to shut (assumed: by hand, not slammed)."""


class DoorNumber(IntEnum):
    """carla.VehicleDoor."""

    FL = 0
    FR = 1
    RL = 2
    RR = 3
    HOOD = 4
    TRUNK = 5
    ALL = 6


@dataclass(frozen=True)
class Door:
    """One door in the vehicle's frame, shut. `hinge_m` is its actor's origin, `open_rpy_rad` its attitude when it is open.

    `low_m`, `high_m` are the corners of its box about the hinge. `edges` are the fractions of the body's length between
    which it lies.
    """

    number: DoorNumber
    hinge_m: Vector
    open_rpy_rad: Vector
    low_m: Vector
    high_m: Vector
    edges: tuple[float, float]


@dataclass(frozen=True)
class _Body:
    """Shut lines of a body family; heights as shares of the body's height, `lean` is the tumblehome of the windows.

    `cowl` and `boot` are where bonnet and boot lid are hinged: fraction, height, and (bonnet) how far its nose lies lower.
    """

    front_door: tuple[float, float]
    rear_door: tuple[float, float] | None
    clearance_m: float
    belt: float
    roof: float
    lean: float
    cowl: tuple[float, float, float] | None = None
    boot: tuple[float, float] | None = None


_BODIES: Mapping[str, _Body] = MappingProxyType(
    {
        "saloon": _Body((0.32, 0.535), (0.535, 0.6975), 0.17, 0.65, 0.995, 0.30, (0.265, 0.66, 0.20), (0.872, 0.733)),
        "hatchback": _Body((0.295, 0.54), (0.54, 0.7475), 0.17, 0.625, 0.995, 0.30, (0.23, 0.65, 0.215)),
        "suv": _Body((0.285, 0.495), (0.495, 0.68), 0.23, 0.63, 0.995, 0.24, (0.23, 0.655, 0.145)),
        "van": _Body((0.17, 0.327), None, 0.20, 0.46, 0.95, 0.085),
        "camper": _Body((0.10, 0.285), None, 0.20, 0.565, 0.98, 0.12),
        "fire_truck": _Body((0.085, 0.632), None, 0.30, 0.52, 0.99, 0.05),
        "ambulance": _Body((0.455, 0.912), None, 0.24, 0.61, 0.99, 0.16),
    }
)
_CAMPERS = ("vehicle.volkswagen.t2", "vehicle.volkswagen.t2_2021")
_CAB = MappingProxyType({"fire_truck": (0.62, 0.86), "ambulance": (1.05, 0.76)})
"""What a cab reaches behind its front axle besides the wheel arch, m, and its share of the vehicle's height."""
_ROOF_GEAR_M = 0.11
_SILL_ABOVE_FLOOR_M = 0.13
_SIDE_OPEN_RAD, _HOOD_OPEN_RAD, _BOOT_OPEN_RAD = math.radians(65.0), math.radians(52.0), math.radians(68.0)
_LEAF_M = 0.06
"""How thick a door is."""


@cache
def doors_of(type_id: str) -> tuple[Door, ...]:
    """The doors of a vehicle that can be opened, in the order of their numbers; none when CARLA's has none."""
    spec = VEHICLES.get(type_id)
    if spec is None or not spec.has_dynamic_doors:
        return ()
    body = _BODIES["camper" if type_id in _CAMPERS else spec.body]
    length_m, height_m, half_width_m = _shell(spec)
    doors = []
    for edges, first in ((body.front_door, DoorNumber.FL), (body.rear_door, DoorNumber.RL)):
        if edges is not None:
            doors += [_side(spec, body, edges, first, 1.0), _side(spec, body, edges, DoorNumber(first + 1), -1.0)]
    nose_m = spec.length_m / 2.0
    if body.cowl is not None:
        fraction, height, drop = body.cowl
        run_m, half_m = (fraction - 0.045) * length_m, 0.80 * half_width_m
        hinge = (nose_m - fraction * length_m, 0.0, height * height_m)
        low, high = (0.0, -half_m, -drop * height_m), (run_m, half_m, 0.01)
        doors.append(Door(DoorNumber.HOOD, hinge, (0.0, -_HOOD_OPEN_RAD, 0.0), low, high, (0.045, fraction)))
    if body.boot is not None:
        fraction, height = body.boot
        run_m, half_m = (0.975 - fraction) * length_m, 0.74 * half_width_m
        hinge = (nose_m - fraction * length_m, 0.0, height * height_m)
        low, high = (-run_m, -half_m, -0.12 * height_m), (0.0, half_m, 0.01)
        doors.append(Door(DoorNumber.TRUNK, hinge, (0.0, _BOOT_OPEN_RAD, 0.0), low, high, (fraction, 0.975)))
    return tuple(doors)


def door_of(type_id: str, name: str) -> Door | None:
    """A vehicle's door by the name of its number, such as "FL"."""
    return next((door for door in doors_of(type_id) if door.number.name == name), None)


def _shell(spec: VehicleSpec) -> tuple[float, float, float]:
    """Length, height and half width of the body or cab that the doors belong to."""
    if spec.body in _CAB:
        behind_m, share = _CAB[spec.body]
        front_axle_m = spec.rear_axle_x_m + spec.wheelbase_m
        length_m = spec.length_m / 2.0 - front_axle_m + spec.wheel_radius_m * 1.10 + 0.04 + 0.15 + behind_m
        return length_m, share * spec.height_m, spec.width_m / 2.0 - 0.10
    gear_m = _ROOF_GEAR_M if spec.special_type in ("emergency", "taxi") else 0.0
    return spec.length_m, spec.height_m - gear_m, spec.width_m / 2.0 - 0.03


def _side(spec: VehicleSpec, body: _Body, edges: tuple[float, float], number: DoorNumber, side: float) -> Door:
    length_m, height_m, half_width_m = _shell(spec)
    sill_m = body.clearance_m + _SILL_ABOVE_FLOOR_M
    top_m = body.roof * height_m - 0.115
    hinge = (spec.length_m / 2.0 - edges[0] * length_m, side * (half_width_m - 0.02), sill_m)
    inward_m = 0.065 + _LEAF_M + 0.80 * body.lean * (body.roof - body.belt) * height_m
    across = sorted((side * 0.02, -side * inward_m))
    run_m = (edges[1] - edges[0]) * length_m
    low, high = (-run_m, across[0], 0.0), (0.0, across[1], top_m - sill_m)
    return Door(number, hinge, (0.0, 0.0, -side * _SIDE_OPEN_RAD), low, high, edges)
