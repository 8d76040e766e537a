"""A farm tractor: bonnet, glazed cab with its frame, lugged tyres of two sizes, mudguards, lamps, mirrors, linkage.

Tested by tests/rendering/test_assets_vehicles.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.assets.car_details import number_plate
from rendering.assets.car_interior import seat, steering_wheel
from rendering.assets.parts import Part, PoseKind
from rendering.assets.solids import both_sides, box, cylinder, loft, quad, rounded_box, sweep
from rendering.assets.wheels import lugged_wheel
from rendering.materials import SLOT_PAINT
from rendering.mesh import PART_GLASS, PART_LAMP, Mesh, merge, mirror_y
from sim.catalogue.spec import VehicleSpec

Float64 = NDArray[np.float64]

FRONT_RADIUS_M = 0.706
"""540/65 R 28 (ETRTO: 1412 mm)."""
_FRONT_WIDTH_M, _REAR_WIDTH_M = 0.50, 0.62
DRIVER_SEAT_M = (-0.72, 0.0, 1.62)
"""Middle of the driver's cushion."""
WHEEL_CENTER_M = (-0.14, 0.0, 1.98)
"""Middle of the steering wheel."""
_CAB_FLOOR_M, _CAB_FRONT_M, _CAB_REAR_M, _CAB_HALF_M = 1.18, 0.42, -1.18, 0.80


def tractor_wheels(spec: VehicleSpec) -> list[Part]:
    """Two small steered wheels and two large ones; the small ones turn faster."""
    front = spec.rear_axle_x_m + spec.wheelbase_m
    half = spec.width_m / 2.0
    axles = (
        (front, FRONT_RADIUS_M, _FRONT_WIDTH_M, half - 0.10, True),
        (spec.rear_axle_x_m, spec.wheel_radius_m, _REAR_WIDTH_M, half, False),
    )
    return [
        Part(
            (lugged_wheel(radius, width, left=side > 0),),
            PoseKind.WHEEL,
            spec.object_class,
            position_m=(x, side * (outer - width / 2.0), radius),
            radius_m=radius,
            steered=steered,
            roll_ratio=spec.wheel_radius_m / radius,
        )
        for x, radius, width, outer, steered in axles
        for side in (1.0, -1.0)
    ]


def tractor_body(spec: VehicleSpec) -> list[Mesh]:
    """Everything but the wheels."""
    nose = spec.length_m / 2.0
    pieces = [*_bonnet(nose), *_cab(spec), *_chassis(spec), *_mudguards(spec), *_lamps(spec)]
    pieces += [*_linkage(spec), *_mirrors(spec)]
    return pieces


def _bonnet(nose: float) -> list[Mesh]:
    """The hood with its grille, side louvres, exhaust and the front weight."""
    rings = []
    for x, half, low, high in (
        (0.40, 0.46, 1.02, 1.86),
        (0.9, 0.45, 1.02, 1.82),
        (1.5, 0.42, 1.00, 1.72),
        (nose - 0.46, 0.38, 0.96, 1.60),
        (nose - 0.36, 0.34, 0.96, 1.50),
    ):
        corner = 0.16
        ring = [(x, -half, low), (x, half, low), (x, half, high - corner), (x, half - 0.05, high - 0.06)]
        ring += [
            (x, half - corner, high),
            (x, corner - half, high),
            (x, 0.05 - half, high - 0.06),
            (x, -half, high - corner),
        ]
        rings.append(ring)
    pieces = [loft(np.array(rings), SLOT_PAINT, crease_deg=40.0)]
    face = nose - 0.355
    pieces.append(rounded_box((face, 0, 1.22), (0.03, 0.54, 0.42), 0.012, "grille", segments=2))
    pieces += [box((face + 0.017, 0, 1.06 + 0.055 * k), (0.01, 0.50, 0.012), "plastic_black") for k in range(7)]
    pieces += [
        both_sides(box((1.15, 0.445 - 0.02 * 0, 1.24 + 0.07 * k), (0.62, 0.02, 0.03), "grille")) for k in range(5)
    ]
    pieces.append(rounded_box((nose - 0.17, 0, 0.80), (0.34, 0.95, 0.50), 0.05, "pole_dark"))
    pieces.append(box((nose - 0.45, 0, 0.72), (0.4, 0.40, 0.20), "underbody"))
    pipe = [(0.30, -0.52, 1.5), (0.30, -0.60, 1.75), (0.30, -0.60, 2.65), (0.26, -0.60, 2.80)]
    pieces.append(sweep(pipe, [0.05, 0.055, 0.05, 0.045], "chrome", segments=10))
    pieces.append(cylinder((0.30, -0.60, 1.85), (0.30, -0.60, 2.40), 0.085, "plastic_black", segments=14))
    return pieces


def _cab(spec: VehicleSpec) -> list[Mesh]:
    """Floor, posts, roof, panes all round, seat, wheel and dashboard."""
    low, top = _CAB_FLOOR_M, spec.height_m - 0.26
    front, rear, half = _CAB_FRONT_M, _CAB_REAR_M, _CAB_HALF_M
    lean = 0.10
    pieces = [box((0.5 * (front + rear), 0, low - 0.05), (front - rear, 1.3, 0.10), "interior")]
    feet = {"a": (front, half - 0.02, low), "b": (-0.42, half, low + 0.55), "c": (rear, half - 0.06, low + 0.62)}
    heads = {
        "a": (front - lean, half - 0.10, top),
        "b": (-0.48, half - 0.08, top),
        "c": (rear + 0.06, half - 0.12, top),
    }
    for name, foot in feet.items():
        pieces.append(both_sides(cylinder(foot, heads[name], 0.038, "plastic_black", segments=8)))
    pieces.append(
        rounded_box(
            (0.5 * (front + rear) + 0.02, 0, spec.height_m - 0.14), (front - rear + 0.36, 1.78, 0.28), 0.11, SLOT_PAINT
        )
    )
    pieces.append(box((0.5 * (front + rear), 0, top - 0.015), (front - rear, 1.5, 0.02), "headliner"))
    a0, a1, b0, b1 = (np.array(p) for p in (feet["a"], heads["a"], feet["b"], heads["b"]))
    c0, c1 = np.array(feet["c"]), np.array(heads["c"])
    door_low = np.array([-0.42, half, low])
    left = [
        quad([door_low, a0, a1, b1], "glass_car", PART_GLASS),
        quad([c0, b0, b1, c1], "glass_car", PART_GLASS),
    ]
    pieces += [*left, *(mirror_y(mesh) for mesh in left)]
    other = np.array([1.0, -1.0, 1.0])
    pieces.append(quad([a0 * other, a0, a1, a1 * other][::-1], "glass_car", PART_GLASS))
    pieces.append(quad([c0, c0 * other, c1 * other, c1][::-1], "glass_car", PART_GLASS))
    pieces.append(both_sides(sweep([a0, door_low, np.array(feet["b"])], 0.03, "plastic_black", segments=6)))
    pieces.append(rounded_box((front - 0.16, 0, low + 0.42), (0.24, 0.46, 0.80), 0.06, "dashboard", segments=2))
    pieces.append(steering_wheel(*WHEEL_CENTER_M, 0.20, 0.75))
    x, y, z = DRIVER_SEAT_M
    pieces.append(seat(x, y, z, 0.50))
    pieces.append(cylinder((x, y, low), (x, y, z - 0.05), 0.12, "plastic_black", segments=10))
    pieces.append(rounded_box((x + 0.1, -0.36, z + 0.16), (0.42, 0.14, 0.12), 0.03, "dashboard", segments=2))
    pieces.append(box((rear + 0.02, 0, low + 0.30), (0.04, 1.4, 0.64), "interior"))
    pieces.append(both_sides(box((-0.80, 0.70, low + 0.28), (0.72, 0.03, 0.62), "interior")))
    pieces.append(
        both_sides(
            merge([box((0.15, half + 0.02, z0), (0.34, 0.24, 0.03), "plastic_black") for z0 in (0.50, 0.78, 1.05)])
        )
    )
    return pieces


def _chassis(spec: VehicleSpec) -> list[Mesh]:
    """Engine block, gearbox, axles, tank."""
    front, rear = spec.rear_axle_x_m + spec.wheelbase_m, spec.rear_axle_x_m
    radius, half = spec.wheel_radius_m, spec.width_m / 2.0
    pieces = [rounded_box((0.5 * (front + 0.2), 0, 0.86), (front + 0.5, 0.50, 0.42), 0.05, "underbody", segments=2)]
    pieces.append(rounded_box((0.5 * (rear + 0.3), 0, 0.88), (0.4 - rear, 0.62, 0.52), 0.06, "underbody", segments=2))
    pieces.append(cylinder((rear, 0.5 - half, radius), (rear, half - 0.5, radius), 0.20, "underbody", segments=14))
    pieces.append(
        cylinder(
            (front, 0.55 - half, FRONT_RADIUS_M), (front, half - 0.55, FRONT_RADIUS_M), 0.11, "underbody", segments=12
        )
    )
    pieces.append(both_sides(rounded_box((0.05, 0.60, 0.82), (0.72, 0.36, 0.50), 0.08, "plastic_black")))
    return pieces


def _mudguards(spec: VehicleSpec) -> list[Mesh]:
    """Wide guards over the rear wheels, narrow ones that follow the front wheels' tops."""
    half, pieces = spec.width_m / 2.0, []
    front = spec.rear_axle_x_m + spec.wheelbase_m
    for axle, radius, width, y, ends, gap in (
        (spec.rear_axle_x_m, spec.wheel_radius_m, 0.56, half - 0.34, (0.30, 2.55), 0.07),
        (front, FRONT_RADIUS_M, 0.44, half - 0.36, (0.9, 2.5), 0.06),
    ):
        angle = np.linspace(*ends, 11)
        inner = np.column_stack([axle + (radius + gap) * np.cos(angle), radius + (radius + gap) * np.sin(angle)])
        outer = np.column_stack(
            [axle + (radius + gap + 0.03) * np.cos(angle), radius + (radius + gap + 0.03) * np.sin(angle)]
        )
        rings = [
            [
                (i[0], y - width / 2, i[1]),
                (o[0], y - width / 2, o[1]),
                (o[0], y + width / 2, o[1]),
                (i[0], y + width / 2, i[1]),
            ]
            for i, o in zip(inner, outer, strict=True)
        ]
        material = SLOT_PAINT if width > 0.5 else "plastic_black"
        pieces.append(both_sides(loft(np.array(rings)[:, ::-1], material, crease_deg=30.0)))
    return pieces


def _lamps(spec: VehicleSpec) -> list[Mesh]:
    """Head and fog lamps in the grille, lamps on the mudguards, work lamps and the cab's own lamp, the plate."""
    nose, half, top = spec.length_m / 2.0, spec.width_m / 2.0, spec.height_m
    pieces = [
        both_sides(rounded_box((nose - 0.36, 0.22, z), (0.07, wide, tall), 0.02, name, PART_LAMP, segments=2))
        for z, wide, tall, name in ((1.36, 0.17, 0.10, "lens_head"), (1.12, 0.12, 0.08, "lens_fog"))
    ]
    tail = spec.rear_axle_x_m - 0.84
    for side, name in ((1.0, "lens_indicator_left"), (-1.0, "lens_indicator_right")):
        y = side * (half - 0.28)
        pieces.append(rounded_box((tail, y, 1.44), (0.08, 0.34, 0.20), 0.02, "plastic_black", segments=2))
        for dy, z, lens in (
            (0.11, 1.47, name),
            (0.0, 1.47, "lens_tail"),
            (-0.11, 1.47, "lens_reverse"),
            (0.0, 1.38, "reflector_red"),
            (-0.11, 1.38, "lens_fog_rear"),
        ):
            size = (0.012, 0.09, 0.10 if z > 1.4 else 0.05)
            pieces.append(box((tail - 0.042, y + side * dy, z), size, lens, PART_LAMP))
        x = _CAB_FRONT_M - 0.02
        pieces.append(rounded_box((x, side * 0.94, 1.75), (0.08, 0.20, 0.12), 0.02, name, PART_LAMP, segments=2))
        arm = ((x - 0.03, side * 0.74, 1.75), (x - 0.03, side * 0.90, 1.75))
        pieces.append(cylinder(*arm, 0.015, "plastic_black", segments=6))
    pieces += [
        both_sides(rounded_box((x, 0.62, top - 0.13), (0.07, 0.18, 0.10), 0.02, "lens_clear", segments=2))
        for x in (_CAB_FRONT_M + 0.18, _CAB_REAR_M - 0.14)
    ]
    pieces.append(box((-0.3, 0.0, top - 0.30), (0.12, 0.18, 0.02), "lens_interior", PART_LAMP))
    pieces.append(number_plate(_CAB_REAR_M - 0.20, 1.30, False, len(spec.type_id), lamp=True))
    pieces.append(box((_CAB_REAR_M - 0.10, 0, 1.30), (0.2, 0.30, 0.06), "underbody"))
    return pieces


def _linkage(spec: VehicleSpec) -> list[Mesh]:
    """Three-point linkage and hitch, which end at the tail of the box."""
    tail, rear = -spec.length_m / 2.0, spec.rear_axle_x_m
    pieces = [both_sides(sweep([(rear - 0.2, 0.22, 0.62), (tail + 0.06, 0.42, 0.55)], 0.045, "pole_dark", segments=8))]
    pieces.append(
        both_sides(cylinder((tail + 0.06, 0.36, 0.55), (tail + 0.06, 0.48, 0.55), 0.06, "pole_dark", segments=10))
    )
    pieces.append(
        both_sides(cylinder((rear - 0.55, 0.30, 1.10), (rear - 0.62, 0.36, 0.60), 0.03, "chrome", segments=8))
    )
    pieces.append(cylinder((rear - 0.25, 0, 1.10), (tail + 0.10, 0, 0.95), 0.035, "pole_dark", segments=8))
    pieces.append(box((tail + 0.20, 0, 0.55), (0.40, 0.16, 0.20), "pole_dark"))
    return pieces


def _mirrors(spec: VehicleSpec) -> list[Mesh]:
    """Mirrors on arms at the front posts."""
    y, z = spec.width_m / 2.0 - 0.14, 2.25
    x = _CAB_FRONT_M + 0.02
    return [
        both_sides(
            sweep(
                [(x - 0.06, _CAB_HALF_M - 0.06, z + 0.18), (x + 0.06, 0.5 * (y + 0.8), z + 0.22), (x, y, z + 0.1)],
                0.014,
                "plastic_black",
                segments=6,
            )
        ),
        both_sides(rounded_box((x, y, z), (0.09, 0.22, 0.34), 0.03, "plastic_black")),
        both_sides(box((x - 0.046, y, z), (0.008, 0.18, 0.29), "mirror_glass", PART_GLASS)),
    ]
