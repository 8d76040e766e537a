"""Buses, lorries, fire engines and ambulances: a cab lofted like a car, and a box, shutters or seats behind it."""

from __future__ import annotations

import numpy as np

from rendering.assets import car_details as details
from rendering.assets.car_body import Shell, body_mesh
from rendering.assets.car_styles import STYLES
from rendering.assets.solids import both_sides, box, cylinder, rounded_box
from rendering.materials import SLOT_PAINT
from rendering.mesh import PART_GLASS, PART_LAMP, Mesh, merge
from sim.catalogue.spec import Deck, VehicleSpec

_CAB_LENGTH = {"box_truck": 0.0, "fire_truck": 0.62, "ambulance": 1.05}
"""What the cab reaches behind the front wheel arch, in m, besides the common 0.15 m."""


def bus_body(spec: VehicleSpec, shell: Shell) -> list[Mesh]:
    """A city or touring bus: big windscreen, doors on the right, destination sign."""
    body = body_mesh(shell)
    glass = ("glass_car", PART_GLASS)
    pieces = [body, details.lamps(shell, body), details.mirrors(shell, spec.width_m / 2.0)]
    pieces.append(details.front_patch(shell, body, (-0.80, 0.80), (0.40, 0.79), *glass, (12, 4)))
    pieces.append(details.front_patch(shell, body, (-0.62, 0.62), (0.825, 0.90), "underbody", cells=(8, 1)))
    pieces.append(
        details.front_patch(shell, body, (-0.30, 0.30), (0.84, 0.885), "lens_interior", cells=(4, 1), lift_m=0.016)
    )
    pieces.append(details.rear_patch(shell, body, (-0.80, 0.80), (0.50, 0.82), *glass, (8, 3)))
    pieces.append(details.fascias(shell, body, grille=False))
    if "school" in spec.type_id:
        pieces += [
            details.side_patch(shell, body, (0.02, 0.99), (z, z + 0.05), "plastic_black", cells=(24, 1), lift_m=0.012)
            for z in (0.30 * shell.height_m, 0.415 * shell.height_m)
        ]
    for front, rear in ((0.115, 0.178), (0.555, 0.625)):
        door = details.side_patch(
            shell, body, (front, rear), (0.36, 0.86 * shell.height_m), "glass_car", PART_GLASS, (3, 6)
        )
        pieces.append(_right_half(door))
    pieces.append(
        rounded_box(
            (-0.15 * spec.length_m, 0, spec.height_m - 0.06),
            (0.26 * spec.length_m, 0.7 * spec.width_m, 0.12),
            0.05,
            SLOT_PAINT,
        )
    )
    pieces.append(details.floor_pan(shell, spec.track_m / 2.0))
    return pieces


def cab_shell(spec: VehicleSpec) -> Shell:
    """The cab of a lorry, a fire engine or an ambulance."""
    front_axle = spec.rear_axle_x_m + spec.wheelbase_m
    nose = spec.length_m / 2.0
    arch = spec.wheel_radius_m * 1.10 + 0.04
    cab_length = nose - front_axle + arch + 0.15 + _CAB_LENGTH[spec.body]
    cab_height = {"box_truck": 0.80, "fire_truck": 0.86, "ambulance": 0.76}[spec.body] * spec.height_m
    return Shell(
        style=STYLES["van_cab" if spec.body == "ambulance" else "cab"],
        length_m=cab_length,
        half_width_m=spec.width_m / 2.0 - 0.10,
        height_m=cab_height,
        nose_x_m=nose,
        axles_x_m=(front_axle,),
        wheel_radius_m=spec.wheel_radius_m,
        arch_radius_m=arch,
        well_inset_m=0.50,
    )


def truck_body(spec: VehicleSpec) -> list[Mesh]:
    """Cab, chassis and superstructure of a lorry, a fire engine or an ambulance."""
    shell = cab_shell(spec)
    body = body_mesh(shell)
    pieces = [body, _front_lamps(shell, body), details.mirrors(shell, spec.width_m / 2.0), details.doors(shell, body)]
    if spec.body != "ambulance":
        pieces.append(details.front_patch(shell, body, (-0.80, 0.80), (0.54, 0.85), "glass_car", PART_GLASS, (12, 4)))
        pieces.append(details.front_patch(shell, body, (-0.62, 0.62), (0.27, 0.47), "plastic_black", cells=(8, 3)))
        pieces.extend(
            details.front_patch(
                shell,
                body,
                (-0.58, 0.58),
                (0.29 + 0.045 * k, 0.302 + 0.045 * k),
                "chrome",
                cells=(8, 1),
                lift_m=0.016,
            )
            for k in range(4)
        )
        pieces.append(details.front_patch(shell, body, (-0.98, 0.98), (0.085, 0.135), "plastic_black", cells=(14, 1)))
    else:
        pieces += [details.fascias(shell, body), details.wipers(shell)]
    back = shell.nose_x_m - shell.length_m
    floor = max(2.0 * spec.wheel_radius_m + 0.06, 0.80)
    pieces += _chassis(spec, back, floor)
    if spec.deck is not None:
        return [*pieces, *_platform(spec, spec.deck)]
    builder = {"box_truck": _cargo_box, "fire_truck": _fire_body, "ambulance": _ambulance_box}[spec.body]
    pieces += builder(spec, back - 0.10, floor, shell.height_m, shell)
    return pieces


def _front_lamps(shell: Shell, body: Mesh) -> Mesh:
    out = []
    head = shell.style.head_lamp_z
    low = shell.style.clearance_m / shell.height_m + 0.01
    for side, name in ((1.0, "lens_indicator_left"), (-1.0, "lens_indicator_right")):
        out.append(details.front_patch(shell, body, (0.58 * side, 0.86 * side), head, "lens_head", PART_LAMP, (8, 3)))
        out.append(details.front_patch(shell, body, (0.865 * side, 0.95 * side), head, name, PART_LAMP, (6, 3)))
        out.append(
            details.front_patch(
                shell, body, (0.60 * side, 0.74 * side), (low, low + 0.05), "lens_fog", PART_LAMP, (4, 3), lift_m=0.02
            )
        )
    out.append(
        details.front_patch(shell, body, (-0.14, 0.14), (0.80, 0.835), "lens_interior", PART_LAMP, (4, 2), lift_m=0.025)
    )
    plate = 0.26 / shell.half_width_m
    z = (0.40 / shell.height_m, 0.512 / shell.height_m)
    out.append(
        details.front_patch(shell, body, (-plate, plate), z, "number_plate", cells=(2, 1), uv=True, lift_m=0.018)
    )
    return merge(out)


def _chassis(spec: VehicleSpec, back: float, floor: float) -> list[Mesh]:
    """Frame rails, axle, tanks, side guards, mud guards and the rear bumper with its lamps."""
    tail, half = -spec.length_m / 2.0, spec.width_m / 2.0
    radius, axle = spec.wheel_radius_m, spec.rear_axle_x_m
    middle, length = 0.5 * (back + 0.4 + tail + 0.1), back + 0.4 - tail - 0.1
    rail_z = min(floor - 0.14, 0.86)
    pieces = [both_sides(box((middle, 0.42, rail_z), (length, 0.09, 0.24), "underbody"))]
    pieces.append(cylinder((axle, -half + 0.4, radius), (axle, half - 0.4, radius), 0.11, "underbody", segments=10))
    guard_front, guard_rear = back - 0.15, axle + radius + 0.20
    if guard_front - guard_rear > 0.5:
        x, run = 0.5 * (guard_front + guard_rear), guard_front - guard_rear
        pieces += [both_sides(box((x, half - 0.06, z), (run, 0.03, 0.10), "galvanised")) for z in (0.50, 0.74)]
        pieces.append(
            both_sides(
                cylinder(
                    (x + 0.3 * run, half - 0.36, 0.62),
                    (x - 0.3 * run, half - 0.36, 0.62),
                    0.24,
                    "sheet_metal",
                    segments=14,
                )
            )
        )
    pieces.append(both_sides(box((axle, half - 0.26, 2 * radius + 0.03), (2.0 * radius, 0.42, 0.02), "plastic_black")))
    pieces.append(
        both_sides(box((axle - radius - 0.10, half - 0.26, radius + 0.1), (0.02, 0.40, 2 * radius - 0.25), "rubber"))
    )
    pieces.append(box((tail + 0.08, 0, 0.52), (0.12, 2 * half - 0.1, 0.14), "plastic_black"))
    for side, name in ((1.0, "lens_indicator_left"), (-1.0, "lens_indicator_right")):
        y = side * (half - 0.26)
        pieces.append(box((tail + 0.075, y, 0.67), (0.11, 0.40, 0.15), "plastic_black"))
        for offset, lens in ((0.13, name), (0.0, "lens_tail"), (-0.13, "lens_reverse")):
            pieces.append(box((tail + 0.018, y + side * offset, 0.67), (0.016, 0.11, 0.12), lens, PART_LAMP))
        pieces.append(box((tail + 0.018, y, 0.52), (0.012, 0.26, 0.05), "reflector_red", PART_LAMP))
    pieces.append(box((tail + 0.018, half - 0.62, 0.67), (0.016, 0.11, 0.11), "lens_fog_rear", PART_LAMP))
    plate = box((tail + 0.017, 0, 0.66), (0.006, 0.52, 0.11), "number_plate")
    pieces += [plate, box((tail + 0.05, 0, 0.66), (0.06, 0.56, 0.14), "plastic_black")]
    return pieces


def _platform(spec: VehicleSpec, deck: Deck) -> list[Mesh]:
    """An open load bed on a subframe, with a bulkhead behind the cab, lashing points and marker lamps."""
    middle, run = 0.5 * (deck.rear_x_m + deck.front_x_m), deck.front_x_m - deck.rear_x_m
    half, top = spec.width_m / 2.0, deck.height_m
    floor = box((middle, 0, top - 0.03), (run, 2.0 * half - 0.06, 0.06), "wood")
    rim = [both_sides(box((middle, half - 0.025, top - 0.07), (run, 0.05, 0.14), "galvanised"))]
    rim.append(box((deck.rear_x_m - 0.02, 0, top - 0.07), (0.04, 2.0 * half, 0.14), "galvanised"))
    beams = [
        box((x, 0, top - 0.13), (0.08, 2.0 * half - 0.3, 0.14), "underbody")
        for x in np.arange(deck.rear_x_m + 0.4, deck.front_x_m, 0.7)
    ]
    bulkhead = [box((deck.front_x_m + 0.03, 0, top + 0.5), (0.04, 2.0 * half - 0.1, 1.0), SLOT_PAINT)]
    bulkhead += [
        box((deck.front_x_m + 0.03, y, top + 0.5), (0.07, 0.06, 1.04), "galvanised")
        for y in (0.05 - half, 0.0, half - 0.05)
    ]
    markers = [
        both_sides(box((x, half - 0.006, top - 0.07), (0.09, 0.014, 0.04), "reflector_amber", PART_LAMP))
        for x in np.linspace(deck.rear_x_m + 0.5, deck.front_x_m - 0.5, 3)
    ]
    return [floor, *rim, *beams, *bulkhead, *markers]


def _cargo_box(spec: VehicleSpec, front: float, floor: float, cab_height: float, shell: Shell) -> list[Mesh]:
    """A closed box body with rear doors, and a wind deflector on the cab."""
    tail = -spec.length_m / 2.0
    skin = SLOT_PAINT if "cola" in spec.type_id else "body_white"
    middle, length = 0.5 * (front + tail + 0.03), front - tail - 0.03
    pieces = [
        rounded_box(
            (middle, 0, 0.5 * (floor + spec.height_m)),
            (length, spec.width_m, spec.height_m - floor),
            0.04,
            skin,
            segments=2,
        )
    ]
    pieces += _rear_door_lines(spec, tail + 0.025, floor)
    pieces.append(
        both_sides(box((middle, spec.width_m / 2 - 0.004, floor + 0.05), (length - 0.1, 0.012, 0.05), "stripe_yellow"))
    )
    if "cola" in spec.type_id:
        pieces.append(
            both_sides(
                box(
                    (middle, spec.width_m / 2 - 0.003, 0.5 * (floor + spec.height_m)),
                    (length * 0.8, 0.010, 0.35),
                    "body_white",
                )
            )
        )
    rise = spec.height_m - cab_height
    if rise > 0.3:
        x = shell.nose_x_m - 0.55 * shell.length_m
        pieces.append(
            rounded_box(
                (x - 0.2, 0, cab_height + 0.35 * rise - 0.05), (0.9, spec.width_m * 0.8, 0.7 * rise), 0.16, SLOT_PAINT
            )
        )
    return pieces


def _rear_door_lines(spec: VehicleSpec, x: float, floor: float) -> list[Mesh]:
    z, tall = 0.5 * (floor + spec.height_m), spec.height_m - floor - 0.12
    lines = [
        box((x, y, z), (0.012, 0.014, tall), "underbody")
        for y in (0.0, spec.width_m / 2 - 0.05, 0.05 - spec.width_m / 2)
    ]
    bars = [box((x - 0.012, y, z), (0.03, 0.03, tall), "galvanised") for y in (-0.32, 0.32)]
    return lines + bars


def _fire_body(spec: VehicleSpec, front: float, floor: float, cab_height: float, shell: Shell) -> list[Mesh]:
    """Equipment lockers with roller shutters, a ladder on the roof, beacons, reflective stripes."""
    tail, top = -spec.length_m / 2.0, spec.height_m - 0.28
    middle, length = 0.5 * (front + 0.08 + tail + 0.03), front + 0.08 - tail - 0.03
    pieces = [
        rounded_box((middle, 0, 0.5 * (floor + top)), (length, spec.width_m, top - floor), 0.05, SLOT_PAINT, segments=2)
    ]
    count = max(int(length / 1.3), 1)
    for k in range(count):
        x = front - 0.1 - (k + 0.5) * (length - 0.2) / count
        width = (length - 0.2) / count - 0.12
        for slat in range(8):
            z = floor + 0.30 + slat * (top - floor - 0.55) / 8.0
            pieces.append(
                both_sides(
                    box(
                        (x, spec.width_m / 2 - 0.004, z + 0.06),
                        (width, 0.014, (top - floor - 0.60) / 8.0),
                        "sheet_metal",
                    )
                )
            )
    pieces.append(
        both_sides(box((middle, spec.width_m / 2 - 0.004, floor + 0.12), (length, 0.016, 0.16), "stripe_yellow"))
    )
    pieces += [
        cylinder((front - 0.2, y, spec.height_m - 0.06), (tail + 0.3, y, spec.height_m - 0.06), 0.035, "galvanised")
        for y in (-0.3, 0.3)
    ]
    rungs = np.arange(tail + 0.4, front - 0.2, 0.32)
    pieces += [
        cylinder((x, -0.3, spec.height_m - 0.06), (x, 0.3, spec.height_m - 0.06), 0.018, "galvanised", segments=6)
        for x in rungs
    ]
    pieces += [box((x, 0, spec.height_m - 0.2), (0.08, 0.7, 0.24), "galvanised") for x in (front - 0.5, tail + 0.7)]
    pieces.append(details.light_bar((shell.nose_x_m - 0.5 * shell.length_m, 0, cab_height - 0.02), 1.7, 0.26))
    pieces += _rear_door_lines(spec, tail + 0.025, floor)
    return pieces


def _ambulance_box(spec: VehicleSpec, front: float, floor: float, cab_height: float, shell: Shell) -> list[Mesh]:
    """The patient compartment with stripes, windows and beacons at its upper corners."""
    tail, half = -spec.length_m / 2.0, spec.width_m / 2.0
    low = floor - 0.28
    axle, reach = spec.rear_axle_x_m, spec.wheel_radius_m * 1.15 + 0.03
    middle, length = 0.5 * (front + 0.12 + tail + 0.03), front + 0.12 - tail - 0.03
    top = spec.height_m - 0.12
    pieces = [
        rounded_box((middle, 0, 0.5 * (floor + top)), (length, spec.width_m, top - floor), 0.06, SLOT_PAINT, segments=2)
    ]
    for x0, x1 in ((front + 0.1, axle + reach), (axle - reach, tail + 0.05)):
        if x0 - x1 > 0.15:
            pieces.append(
                both_sides(
                    box(
                        (0.5 * (x0 + x1), half - 0.06, 0.5 * (low + floor) + 0.01),
                        (x0 - x1, 0.11, floor - low + 0.02),
                        SLOT_PAINT,
                    )
                )
            )
    stripe_z = floor + 0.42
    pieces.append(both_sides(box((middle, half - 0.003, stripe_z), (length - 0.14, 0.012, 0.20), "stripe_red")))
    pieces.append(both_sides(box((middle, half - 0.003, stripe_z + 0.20), (length - 0.14, 0.010, 0.06), "stripe_blue")))
    pieces.append(
        both_sides(
            box((middle + 0.2 * length, half - 0.002, top - 0.65), (0.9, 0.010, 0.55), "glass_privacy", PART_GLASS)
        )
    )
    pieces.extend(
        box((tail + 0.03, y, top - 0.70), (0.012, 0.60, 0.55), "glass_privacy", PART_GLASS) for y in (-0.42, 0.42)
    )
    pieces += _rear_door_lines(spec, tail + 0.03, floor)
    for x in (front - 0.05, tail + 0.25):
        pieces.append(details.light_bar((x, 0, spec.height_m - 0.14), 1.6, 0.14))
    return pieces


def _right_half(mesh: Mesh) -> Mesh:
    """Only the triangles on the right side (y < 0)."""
    keep = mesh.vertices[mesh.triangles, 1].mean(axis=1) < 0.0
    return Mesh(mesh.vertices, mesh.normals, mesh.triangles[keep], mesh.material[keep], mesh.part[keep], mesh.uv)
