"""Bicycles, motorcycles and kick scooters with their riders. Wheels roll, the front one steers; the rider is a part of class RIDER.

The blueprint's box holds machine and rider: the rider is scaled to its height, the handlebar to its width.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.assets.kick_scooters import kick_scooter
from rendering.assets.parts import Part, PoseKind
from rendering.assets.riders import rider_mesh
from rendering.assets.solids import both_sides, box, cylinder, loft, rounded_box, sphere, sweep
from rendering.assets.wheels import motorcycle_wheel, spoked_wheel
from rendering.materials import SLOT_PAINT, linear_from_srgb
from rendering.mesh import PART_LAMP, Mesh, merge, transform
from sim.base.taxonomy import ObjectClass
from sim.catalogue.spec import VehicleSpec

Float64 = NDArray[np.float64]

_TOPS = ((196, 52, 40), (40, 92, 168), (222, 190, 40), (46, 120, 70), (60, 62, 66), (214, 212, 204))
_TROUSERS = ((32, 38, 58), (44, 44, 46), (74, 86, 110))


def two_wheeler_parts(spec: VehicleSpec) -> tuple[Part, ...]:
    """Machine, rider and two wheels."""
    front_x, rear_x, radius = spec.rear_axle_x_m + spec.wheelbase_m, spec.rear_axle_x_m, spec.wheel_radius_m
    key = sum(map(ord, spec.type_id))
    if spec.body == "bicycle":
        frame, pose_points = _bicycle(spec, front_x, rear_x)
        wheel = spoked_wheel(radius, 0.022 if "century" not in spec.type_id else 0.014)
    elif spec.body == "scooter":
        frame, pose_points = kick_scooter(spec, front_x, rear_x)
        wheel = motorcycle_wheel(radius, 0.062)
    else:
        frame, pose_points = _motorcycle(spec, front_x, rear_x)
        wheel = motorcycle_wheel(radius, 0.13)
    rider = rider_mesh(spec, *pose_points, key)
    frame, rider = _fit(spec, frame, rider)
    slots = np.full((5, 3), 0.3, np.float32)
    slots[1], slots[2] = linear_from_srgb(_TOPS[key % 6]), linear_from_srgb(_TROUSERS[key % 3])
    slots[3], slots[4] = linear_from_srgb((214, 172, 140)), linear_from_srgb((60, 42, 30))
    parts = [
        Part((frame,), PoseKind.FIXED, spec.object_class),
        Part((rider,), PoseKind.FIXED, ObjectClass.RIDER, slots),
    ]
    for x, steered in ((front_x, True), (rear_x, False)):
        parts.append(
            Part(
                (wheel,),
                PoseKind.WHEEL,
                spec.object_class,
                position_m=(x, 0.0, radius),
                radius_m=radius,
                steered=steered,
            )
        )
    return tuple(parts)


def _fit(spec: VehicleSpec, frame: Mesh, rider: Mesh) -> tuple[Mesh, Mesh]:
    """Scale both together to the box's width and to its top, from the axles up."""
    floor = min(frame.bounds()[0][2], rider.bounds()[0][2])
    top = max(frame.bounds()[1][2], rider.bounds()[1][2])
    widest = max(float(np.abs(mesh.vertices[:, 1]).max()) for mesh in (frame, rider))
    stretch = (spec.height_m - floor) / (top - floor)
    scale = np.diag([1.0, spec.width_m / 2.0 / widest, stretch])
    shift = (0.0, 0.0, floor * (1.0 - stretch))
    return transform(frame, scale, shift), transform(rider, scale, shift)


def _bicycle(spec: VehicleSpec, front_x: float, rear_x: float) -> tuple[Mesh, tuple[Float64, Float64, Float64, float]]:
    """Frame, fork, bars, saddle, cranks; and where hips, hands and feet go, with the lean of the back."""
    r, w = spec.wheel_radius_m, spec.width_m / 2.0 - 0.01
    sporty = "century" in spec.type_id
    bracket = np.array([rear_x + 0.43, 0.0, 0.80 * r])
    seat = np.array([rear_x + 0.24, 0.0, 0.93 if not sporty else 0.95])
    head = np.array([front_x - 0.27 * r - 0.12, 0.0, 2.0 * r + 0.20])
    crown = np.array([front_x - 0.18 * r, 0.0, 2.0 * r + 0.03])
    rear, front = np.array([rear_x, 0.0, r]), np.array([front_x, 0.0, r])
    tube, thin = 0.018, 0.010
    seat_low = bracket + (seat - bracket) * 0.80
    pieces = [
        cylinder(bracket, head - (0, 0, 0.06), tube, SLOT_PAINT, segments=8),
        cylinder(seat_low, head, tube * 0.9, SLOT_PAINT, segments=8),
        cylinder(bracket, seat, tube * 0.9, SLOT_PAINT, segments=8),
        cylinder(crown, head + (head - crown) * 0.35, 0.020, SLOT_PAINT, segments=8),
    ]
    for y in (-0.055, 0.055):
        side = np.array([0.0, y, 0.0])
        pieces += [cylinder(rear + side, end + side * 0.4, thin, SLOT_PAINT, segments=6) for end in (bracket, seat_low)]
        pieces.append(cylinder(front + side, crown + side, 0.012, SLOT_PAINT, segments=6))
    bar = head + (head - crown) * 0.45 + np.array([0.02, 0.0, 0.05 if not sporty else 0.0])
    grip = bar + np.array([-0.02 if not sporty else 0.10, 0.0, 0.03 if not sporty else -0.02])
    pieces.append(
        both_sides(
            sweep(
                [bar, np.add(bar, (0.03, 0.4 * w, 0.01)), np.add(grip, (0, 0.75 * w, 0)), np.add(grip, (-0.06, w, 0))],
                0.013,
                "plastic_black",
                segments=6,
            )
        )
    )
    pieces.append(_saddle(seat))
    arms = np.array([0.10, 0.0, -0.13])
    for sign in (1.0, -1.0):
        crank = bracket + sign * arms + np.array([0.0, sign * 0.09, 0.0])
        pieces.append(cylinder(np.add(bracket, (0, sign * 0.07, 0)), crank, 0.011, "chrome", segments=6))
        pieces.append(box(np.add(crank, (0, sign * 0.05, 0)), (0.09, 0.08, 0.02), "plastic_black"))
    pieces.append(cylinder(bracket - (0, 0.062, 0), bracket - (0, 0.058, 0), 0.09, "chrome", segments=20))
    pieces.append(box((rear_x - 0.02, 0, 2 * r + 0.14), (0.03, 0.05, 0.05), "lens_tail", PART_LAMP))
    pieces.append(cylinder((rear_x - 0.02, 0, 2 * r + 0.14), seat_low, 0.008, "plastic_black", segments=5))
    pieces.append(
        cylinder(
            np.add(head, (0.02, 0, 0.02)), np.add(head, (0.07, 0, 0.02)), 0.032, "lens_head", PART_LAMP, segments=10
        )
    )
    feet = np.stack(
        [
            bracket + sign * arms + np.array([-0.06, sign * 0.12, 0.075 + (0.02 if sign < 0 else 0)])
            for sign in (1.0, -1.0)
        ]
    )
    hands = np.stack([np.add(grip, (0.0, s * 0.85 * w, 0.035)) for s in (1.0, -1.0)])
    return merge(pieces), (np.add(seat, (0.0, 0.0, 0.1)), hands, feet, 0.85 if sporty else 0.38)


def _saddle(seat: Float64) -> Mesh:
    rings = []
    for x, half, z in ((-0.13, 0.065, 0.045), (-0.06, 0.075, 0.04), (0.06, 0.035, 0.03), (0.14, 0.016, 0.025)):
        rings.append(
            [
                (seat[0] + x, y * half, seat[2] + z * up)
                for y, up in ((1, 0.3), (0.7, 1), (-0.7, 1), (-1, 0.3), (0, -0.3))
            ]
        )
    return loft(np.array(rings), "plastic_black", crease_deg=60.0)


def _motorcycle(
    spec: VehicleSpec, front_x: float, rear_x: float
) -> tuple[Mesh, tuple[Float64, Float64, Float64, float]]:
    """Tank, engine, seat, forks, bars, lamps; sport machines have a fairing, scooters a leg shield."""
    r, w = spec.wheel_radius_m, spec.width_m / 2.0 - 0.01
    scooter, cruiser = "vespa" in spec.type_id, "harley" in spec.type_id
    middle = 0.5 * (front_x + rear_x)
    tail = min(spec.length_m / 2.0 + rear_x - 0.01, 0.42) / 0.42
    seat_z = 0.68 if cruiser else 0.78
    neck = np.array([front_x - 0.30, 0.0, 0.92])
    pieces = [both_sides(cylinder((front_x, 0.09, r), (front_x - 0.26, 0.09, 0.86), 0.024, "chrome", segments=8))]
    pieces.append(cylinder(neck - (0.0, 0.12, 0.06), np.add(neck, (0, 0.12, -0.06)), 0.03, "frame_metal", segments=8))
    pieces.append(
        _hull(
            [
                (rear_x - 0.30 * tail, 0.05, seat_z + 0.02, 0.04),
                (rear_x - 0.10 * tail, 0.11, seat_z + 0.02, 0.07),
                (middle - 0.10, 0.13, seat_z - 0.03, 0.07),
                (middle + 0.05, 0.10, seat_z - 0.02, 0.06),
            ],
            "plastic_black",
        )
    )
    if scooter:
        pieces += _scooter_shell(spec, front_x, rear_x, tail)
    else:
        pieces += _engine_and_tank(spec, front_x, rear_x, tail, seat_z)
    if not scooter and not cruiser:
        pieces.append(
            _hull(
                [
                    (front_x - 0.34, 0.24, 0.78, 0.30),
                    (front_x - 0.12, 0.18, 0.82, 0.24),
                    (front_x + 0.08, 0.06, 0.84, 0.10),
                ],
                SLOT_PAINT,
            )
        )
        pieces.append(_hull([(front_x - 0.34, 0.15, 1.10, 0.10), (front_x - 0.16, 0.10, 1.02, 0.07)], "glass_privacy"))
    pieces += _motorcycle_lamps(spec, front_x, rear_x, tail, seat_z, sport=not (scooter or cruiser))
    grip = np.array([neck[0] - (0.16 if cruiser else 0.04), 0.0, 1.06 if cruiser or scooter else 0.98])
    pieces += _bars_and_mirrors(neck, grip, w)
    feet_x = middle + (0.42 if cruiser else (0.12 if scooter else -0.10))
    feet = np.array([[feet_x, s * 0.20, 0.38 + 0.0 * s] for s in (1.0, -1.0)])
    hands = np.stack([np.add(grip, (0.0, s * 0.86 * w, 0.035)) for s in (1.0, -1.0)])
    lean = 0.12 if cruiser else (0.10 if scooter else 0.62)
    return merge(pieces), (np.array([middle - 0.26, 0.0, seat_z + 0.14]), hands, feet, lean)


def _scooter_shell(spec: VehicleSpec, front_x: float, rear_x: float, tail: float) -> list[Mesh]:
    """Rear shells, foot board, leg shield and front mudguard."""
    r, middle = spec.wheel_radius_m, 0.5 * (front_x + rear_x)
    pieces = []
    pieces.append(
        _hull(
            [
                (rear_x - 0.26 * tail, 0.10, 0.50, 0.14),
                (rear_x, 0.20, 0.48, 0.24),
                (middle - 0.12, 0.16, 0.46, 0.24),
            ],
            SLOT_PAINT,
        )
    )
    pieces.append(box((middle + 0.10, 0, 0.26), (0.46, 0.36, 0.05), SLOT_PAINT))
    pieces.append(
        _hull(
            [
                (front_x - 0.36, 0.22, 0.56, 0.34),
                (front_x - 0.30, 0.20, 0.58, 0.36),
                (front_x - 0.24, 0.06, 0.60, 0.34),
            ],
            SLOT_PAINT,
        )
    )
    pieces.append(
        _hull(
            [
                (front_x - 0.24, 0.08, 2 * r + 0.0, 0.05),
                (front_x, 0.10, 2 * r + 0.05, 0.05),
                (spec.length_m / 2.0, 0.05, 2 * r - 0.10, 0.04),
            ],
            SLOT_PAINT,
        )
    )
    return pieces


def _engine_and_tank(spec: VehicleSpec, front_x: float, rear_x: float, tail: float, seat_z: float) -> list[Mesh]:
    """Tank, engine block, exhaust, swing arm and mudguards."""
    middle = 0.5 * (front_x + rear_x)
    tank = _hull(
        [
            (middle - 0.02, 0.09, seat_z + 0.06, 0.09),
            (middle + 0.12, 0.15, seat_z + 0.13, 0.13),
            (front_x - 0.36, 0.10, seat_z + 0.13, 0.12),
        ],
        SLOT_PAINT,
    )
    block = _hull(
        [(middle - 0.26, 0.16, 0.45, 0.16), (middle, 0.20, 0.44, 0.22), (middle + 0.26, 0.15, 0.46, 0.20)],
        "rim_steel",
    )
    pieces = [tank, block]
    pieces += [
        cylinder(
            (middle + 0.05 + k * 0.06, -0.19, 0.62),
            (middle + 0.05 + k * 0.06, 0.19, 0.62),
            0.10 - 0.01 * k,
            "frame_metal",
            segments=10,
        )
        for k in range(2)
    ]
    pieces.append(
        sweep(
            [
                (middle + 0.28, -0.16, 0.40),
                (middle, -0.20, 0.24),
                (rear_x + 0.1, -0.20, 0.28),
                (rear_x - 0.20 * tail, -0.20, 0.34),
            ],
            [0.035, 0.04, 0.06, 0.065],
            "chrome",
        )
    )
    swing_arm = cylinder(
        (rear_x, 0.10, spec.wheel_radius_m), (middle - 0.2, 0.12, 0.46), 0.03, "frame_metal", segments=8
    )
    return [*pieces, both_sides(swing_arm), *_mudguards(spec, front_x, rear_x, tail, seat_z)]


def _mudguards(spec: VehicleSpec, front_x: float, rear_x: float, tail: float, seat_z: float) -> list[Mesh]:
    """The tail over the rear wheel, and the guard over the front wheel."""
    r = spec.wheel_radius_m
    pieces = []
    pieces.append(
        _hull(
            [
                (rear_x - 0.36 * tail, 0.04, seat_z + 0.03, 0.03),
                (rear_x - 0.15 * tail, 0.09, seat_z - 0.03, 0.07),
                (rear_x + 0.12, 0.10, seat_z - 0.08, 0.08),
            ],
            SLOT_PAINT,
        )
    )
    pieces.append(
        _hull(
            [
                (front_x - 0.22, 0.07, 2 * r + 0.02, 0.02),
                (front_x, 0.085, 2 * r + 0.045, 0.025),
                (spec.length_m / 2.0, 0.04, 2 * r - 0.16, 0.02),
            ],
            SLOT_PAINT,
        )
    )
    return pieces


def _motorcycle_lamps(
    spec: VehicleSpec, front_x: float, rear_x: float, tail: float, seat_z: float, sport: bool
) -> list[Mesh]:
    """Head lamp, tail lamp, indicators and the number plate on its bracket."""
    pieces = []
    lamp_x = front_x + (0.06 if sport else -0.16)
    lamp_z = 0.84 if sport else 0.92
    pieces.append(cylinder((lamp_x, 0, lamp_z), (lamp_x + 0.05, 0, lamp_z), 0.075, "lens_head", PART_LAMP, segments=14))
    pieces.append(box((rear_x - 0.36 * tail, 0, seat_z + 0.01), (0.03, 0.14, 0.05), "lens_tail", PART_LAMP))
    for sign, name in ((1.0, "lens_indicator_left"), (-1.0, "lens_indicator_right")):
        pieces.append(sphere((rear_x - 0.32 * tail, sign * 0.15, seat_z - 0.03), 0.028, name, PART_LAMP, 6, 8))
        pieces.append(sphere((front_x - 0.14, sign * 0.20, 0.84), 0.028, name, PART_LAMP, 6, 8))
    pieces.append(box((0.005 - spec.length_m / 2.0, 0, seat_z - 0.16), (0.01, 0.20, 0.15), "number_plate"))
    pieces.append(box((rear_x - 0.37 * tail, 0, seat_z - 0.10), (0.08, 0.05, 0.20), "plastic_black"))
    return pieces


def _bars_and_mirrors(neck: Float64, grip: Float64, w: float) -> list[Mesh]:
    """Handlebar and two mirrors on stalks; `w` is the bar's half width."""
    pieces = []
    pieces.append(
        both_sides(
            sweep(
                [
                    np.add(neck, (0, 0, 0.05)),
                    np.add(grip, (0.06, 0.4 * w, 0)),
                    np.add(grip, (0, 0.75 * w, 0)),
                    np.add(grip, (-0.04, w, -0.01)),
                ],
                0.015,
                "plastic_black",
                segments=6,
            )
        )
    )
    stem = np.array([grip[0] + 0.02, 0.62 * w, grip[2]])
    pieces.append(
        both_sides(
            merge(
                [
                    cylinder(stem, np.add(stem, (0.03, 0.06, 0.14)), 0.007, "plastic_black", segments=5),
                    rounded_box(
                        np.add(stem, (0.03, 0.07, 0.17)), (0.03, 0.12, 0.075), 0.014, "plastic_black", segments=2
                    ),
                ]
            )
        )
    )
    return pieces


def _hull(sections: list[tuple[float, float, float, float]], material: str | int) -> Mesh:
    """A smooth body through elliptic sections (x, half width, z of the middle, half height)."""
    angle = np.arange(14) * 2.0 * np.pi / 14
    rings = np.array(
        [
            np.column_stack([np.full(14, x), half * np.cos(angle), z + tall * np.sin(angle)])
            for x, half, z, tall in sections
        ]
    )
    return loft(rings, material, crease_deg=60.0)
