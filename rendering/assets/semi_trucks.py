"""A tractor unit with its semi-trailer, as one rigid body: cab, frame, fifth wheel, box on three axles, ten wheel stations.

Measures from the nose follow Directive 96/53/EC and common practice: 16.50 m long, the kingpin 4.50 m and the drive axle 5.14 m
behind the nose, the trailer's front wall 2.88 m, its axles 1.31 m apart about 7.70 m behind the kingpin.
Tested by tests/rendering/test_assets_vehicles.py.
"""

from __future__ import annotations

import itertools

import numpy as np

from rendering.assets.car_body import Shell
from rendering.assets.heavy import cab_pieces, deflector, rear_door_lines
from rendering.assets.lorry_details import contour, markers, rear_lamps
from rendering.assets.parts import Part, PoseKind
from rendering.assets.solids import both_sides, box, cylinder, rounded_box
from rendering.assets.wheels import truck_wheel
from rendering.materials import SLOT_PAINT
from rendering.mesh import PART_LAMP, Mesh, merge, transform
from sim.catalogue.spec import VehicleSpec

_DRIVE_AXLE_M, _KINGPIN_M, _TRAILER_FRONT_M, _BOGIE_M = 5.14, 4.50, 2.88, 12.20
"""How far drive axle, kingpin, front wall and the middle of the bogie lie behind the nose."""
_AXLE_STEP_M = 1.31
_FLOOR_M = 1.20
"""Underside of the trailer's box above the road: 1.1 to 1.25 m with the usual tyres."""
_SINGLE_M, _TWIN_M = 0.315, 0.29
"""Widths of single and twin tyres: 315/80 R 22.5."""


def semi_truck_body(spec: VehicleSpec, shell: Shell) -> list[Mesh]:
    """Everything but the wheels; `shell` is the cab's."""
    nose = spec.length_m / 2.0
    front, tail = nose - _TRAILER_FRONT_M, -nose
    pieces = [*cab_pieces(spec, shell), *_tractor_frame(spec, shell)]
    pieces.append(deflector(shell, shell.height_m, spec.height_m - 0.02, spec.width_m - 0.12))
    pieces += _side_skirts(spec, shell)
    return pieces + _trailer(spec, front, tail)


def semi_truck_wheels(spec: VehicleSpec) -> list[Part]:
    """Ten wheel stations: steered singles in front, twins on the drive axle, wide singles on the trailer."""
    nose = spec.length_m / 2.0
    axles = [(nose - 1.44, True, False), (nose - _DRIVE_AXLE_M, False, True)]
    axles += [(nose - _BOGIE_M + k * _AXLE_STEP_M, False, False) for k in (1, 0, -1)]
    parts = []
    for x, steered, twin in axles:
        for side in (1.0, -1.0):
            mesh, y = _wheel(spec, twin, side > 0)
            at = (x, side * y, spec.wheel_radius_m)
            parts.append(
                Part(
                    (mesh,),
                    PoseKind.WHEEL,
                    spec.object_class,
                    position_m=at,
                    radius_m=spec.wheel_radius_m,
                    steered=steered,
                )
            )
    return parts


def _wheel(spec: VehicleSpec, twin: bool, left: bool) -> tuple[Mesh, float]:
    half = spec.width_m / 2.0 - 0.03
    if not twin:
        return truck_wheel(spec.wheel_radius_m, _SINGLE_M, left), half - _SINGLE_M / 2.0
    outer = truck_wheel(spec.wheel_radius_m, _TWIN_M, left)
    side = 1.0 if left else -1.0
    pair = merge([outer, transform(outer, None, (0.0, -side * (_TWIN_M + 0.04), 0.0))])
    return pair, half - _TWIN_M / 2.0


def _tractor_frame(spec: VehicleSpec, shell: Shell) -> list[Mesh]:
    """Rails, drive axle, fifth wheel, tanks, wings over the twins, air lines to the trailer."""
    nose, half, radius = spec.length_m / 2.0, spec.width_m / 2.0, spec.wheel_radius_m
    back, axle = shell.nose_x_m - shell.length_m, nose - _DRIVE_AXLE_M
    end = axle - 0.85
    middle, run = 0.5 * (back + 0.5 + end), back + 0.5 - end
    pieces = [both_sides(box((middle, 0.42, 0.86), (run, 0.09, 0.26), "underbody"))]
    pieces.append(cylinder((axle, 0.35 - half, radius), (axle, half - 0.35, radius), 0.14, "underbody", segments=10))
    pieces.append(cylinder((back + 0.4, 0, 0.70), (axle, 0, radius), 0.07, "underbody", segments=8))
    pin = nose - _KINGPIN_M
    pieces.append(rounded_box((pin - 0.1, 0, _FLOOR_M - 0.06), (0.95, 0.90, 0.09), 0.04, "underbody", segments=2))
    pieces.append(both_sides(box((pin, 0.42, _FLOOR_M - 0.16), (0.5, 0.10, 0.16), "underbody")))
    tank_x = 0.5 * (back + axle + radius) - 0.05
    tank_run = max(back - axle - radius - 0.35, 0.5)
    pieces.append(both_sides(rounded_box((tank_x, half - 0.36, 0.62), (tank_run, 0.58, 0.56), 0.12, "sheet_metal")))
    for k in (-0.3, 0.3):
        strap = rounded_box(
            (tank_x + k * tank_run, half - 0.36, 0.62), (0.04, 0.60, 0.58), 0.13, "plastic_black", segments=2
        )
        pieces.append(both_sides(strap))
    wing = [
        (axle + (radius + 0.05) * np.cos(a), radius + (radius + 0.05) * np.sin(a))
        for a in np.linspace(0.35, np.pi - 0.35, 7)
    ]
    for (x0, z0), (x1, z1) in itertools.pairwise(wing):
        flat = abs(x1 - x0) > abs(z1 - z0)
        size = (abs(x1 - x0) + 0.02, 0.66, 0.02 + abs(z1 - z0) * flat) if flat else (0.02, 0.66, abs(z1 - z0) + 0.02)
        pieces.append(both_sides(box((0.5 * (x0 + x1), half - 0.37, 0.5 * (z0 + z1)), size, "plastic_black")))
    for y, name in ((-0.22, "plastic_red"), (-0.12, "plastic_yellow"), (0.14, "plastic_black")):
        pieces.append(
            cylinder((back - 0.02, y, 1.75), (nose - _TRAILER_FRONT_M + 0.04, y, 1.55), 0.016, name, segments=6)
        )
    return pieces


def _side_skirts(spec: VehicleSpec, shell: Shell) -> list[Mesh]:
    """The vanes behind the cab that close the gap to the trailer."""
    back = shell.nose_x_m - shell.length_m
    tall = shell.height_m - 1.0
    vane = box((back - 0.20, spec.width_m / 2.0 - 0.10, 1.0 + 0.5 * tall), (0.44, 0.03, tall - 0.1), SLOT_PAINT)
    return [both_sides(vane)]


def _trailer(spec: VehicleSpec, front: float, tail: float) -> list[Mesh]:
    """The box with its frame, legs, side guards, bogie, mud flaps, doors, lamps and plate."""
    half, top = spec.width_m / 2.0, spec.height_m
    middle, run = 0.5 * (front + tail + 0.03), front - tail - 0.03
    pieces = [
        rounded_box(
            (middle, 0, 0.5 * (_FLOOR_M + top)), (run, 2.0 * half, top - _FLOOR_M), 0.04, "body_white", segments=2
        )
    ]
    pieces += [
        both_sides(box((middle, half - 0.012, z), (run - 0.06, 0.028, 0.10), "galvanised"))
        for z in (_FLOOR_M + 0.05, top - 0.05)
    ]
    upright = (0.08, 0.028, top - _FLOOR_M - 0.1)
    pieces += [
        both_sides(box((x, half - 0.012, 0.5 * (_FLOOR_M + top)), upright, "galvanised"))
        for x in (front - 0.05, tail + 0.08)
    ]
    # a band in the colour of the haulier along the flanks
    pieces.append(
        both_sides(
            box((middle + 0.6, half - 0.004, 0.5 * (_FLOOR_M + top) + 0.1), (0.62 * run, 0.012, 0.85), SLOT_PAINT)
        )
    )
    pieces += rear_door_lines(spec, tail + 0.025, _FLOOR_M)
    pieces += contour(front - 0.1, tail + 0.12, _FLOOR_M + 0.10, top - 0.08, half + 0.001, tail + 0.022)
    pieces += markers(front - 0.4, tail + 0.5, _FLOOR_M - 0.04, half - 0.03)
    pieces.append(both_sides(box((middle - 0.6, 0.50, _FLOOR_M - 0.16), (run - 1.4, 0.09, 0.30), "underbody")))
    pieces += _bogie(spec)
    pieces += _guards(spec, front)
    pieces.append(box((tail + 0.07, 0, 0.50), (0.10, 2 * half - 0.12, 0.13), "galvanised"))
    pieces.append(both_sides(box((tail + 0.12, 0.50, 0.76), (0.12, 0.08, 0.60), "underbody")))
    for y, name in ((half - 0.08, "lens_tail"), (0.08 - half, "lens_tail")):
        pieces.append(box((tail + 0.012, y, top - 0.05), (0.014, 0.12, 0.04), name, PART_LAMP))
    return pieces + rear_lamps(spec)


def _bogie(spec: VehicleSpec) -> list[Mesh]:
    """Three axles with their springs, wings and mud flaps."""
    nose, half, radius = spec.length_m / 2.0, spec.width_m / 2.0, spec.wheel_radius_m
    pieces = []
    for k in (1, 0, -1):
        x = nose - _BOGIE_M + k * _AXLE_STEP_M
        pieces.append(cylinder((x, 0.3 - half, radius), (x, half - 0.3, radius), 0.085, "underbody", segments=10))
        pieces.append(both_sides(box((x + 0.25, 0.62, 0.72), (0.75, 0.10, 0.10), "underbody")))
        pieces.append(both_sides(cylinder((x - 0.2, 0.62, 0.74), (x - 0.2, 0.62, 0.98), 0.12, "rubber", segments=10)))
        pieces.append(both_sides(box((x, half - 0.20, 2 * radius + 0.07), (1.10, 0.36, 0.02), "plastic_black")))
    flap_x = nose - _BOGIE_M - _AXLE_STEP_M - radius - 0.14
    pieces.append(both_sides(box((flap_x, half - 0.20, 0.62), (0.02, 0.38, 0.62), "rubber")))
    return pieces


def _guards(spec: VehicleSpec, front: float) -> list[Mesh]:
    """Landing legs, a pallet box and the guards along the flanks between the legs and the bogie."""
    nose, half = spec.length_m / 2.0, spec.width_m / 2.0
    legs = nose - _KINGPIN_M - 2.55
    pieces = [both_sides(box((legs, 0.72, 0.78), (0.13, 0.13, 0.84), "galvanised"))]
    pieces.append(both_sides(box((legs, 0.72, 0.34), (0.30, 0.26, 0.04), "galvanised")))
    pieces.append(box((legs, 0, 0.72), (0.06, 1.44, 0.06), "galvanised"))
    end = nose - _BOGIE_M + _AXLE_STEP_M + spec.wheel_radius_m + 0.25
    x, run = 0.5 * (legs - 0.4 + end), legs - 0.4 - end
    pieces += [both_sides(box((x, half - 0.05, z), (run, 0.03, 0.12), "galvanised")) for z in (0.55, 0.86)]
    pieces += [
        both_sides(box((px, half - 0.07, 0.86), (0.05, 0.03, 0.72), "galvanised"))
        for px in np.linspace(x - 0.42 * run, x + 0.42 * run, 4)
    ]
    pieces.append(
        both_sides(rounded_box((legs - 1.1, half - 0.42, 0.74), (1.1, 0.62, 0.55), 0.03, "plastic_black", segments=2))
    )
    return pieces
