"""Lorries, fire engines and ambulances: a cab made like a car's body, and a box, a platform or lockers behind it."""

from __future__ import annotations

import numpy as np
import shapely

from rendering.assets import car_details as details
from rendering.assets import car_lamps as lamps
from rendering.assets import car_outlines as outlines
from rendering.assets.car_body import Form, Shell, body_skin, form_of
from rendering.assets.car_interior import cabin, wheel_wells
from rendering.assets.car_styles import STYLES
from rendering.assets.cutting import FRONT, Region, cut
from rendering.assets.lorry_details import chassis, contour, markers, steps, tall_mirrors
from rendering.assets.solids import both_sides, box, cylinder, loft, rounded_box, sweep
from rendering.materials import SLOT_PAINT
from rendering.mesh import PART_GLASS, PART_LAMP, Mesh, merge
from sim.catalogue.spec import Deck, VehicleSpec

_CAB_LENGTH = {"box_truck": 0.0, "fire_truck": 0.62, "ambulance": 1.05, "articulated": 0.10}
"""What the cab reaches behind the front wheel arch, in m, besides the common 0.15 m."""


def cab_shell(spec: VehicleSpec) -> Shell:
    """The cab of a lorry, a fire engine or an ambulance."""
    front_axle = spec.rear_axle_x_m + spec.wheelbase_m
    nose = spec.length_m / 2.0
    arch = spec.wheel_radius_m * 1.10 + 0.04
    cab_length = nose - front_axle + arch + 0.15 + _CAB_LENGTH[spec.body]
    cab_height = {"box_truck": 0.80, "fire_truck": 0.86, "ambulance": 0.76, "articulated": 0.93}[
        spec.body
    ] * spec.height_m
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
    """Cab, chassis and superstructure of a lorry or a fire engine."""
    shell = cab_shell(spec)
    pieces = cab_pieces(spec, shell)
    back = shell.nose_x_m - shell.length_m
    floor = max(2.0 * spec.wheel_radius_m + 0.06, 0.80)
    pieces += chassis(spec, back, floor)
    if spec.deck is not None:
        return [*pieces, *_platform(spec, spec.deck)]
    builder = {"box_truck": _cargo_box, "fire_truck": _fire_body}[spec.body]
    return pieces + builder(spec, back - 0.10, floor, shell.height_m, shell)


def cab_pieces(spec: VehicleSpec, shell: Shell) -> list[Mesh]:
    """A lorry's cab with what is in it and on it."""
    form = form_of(shell)
    panes = [*outlines.side_glazing(form), *outlines.upright_panes(form, FRONT, [_windscreen(shell)], 0.05)]
    regions = [*_cab_front(form), *lamps.head_lamps(form, 1), *panes, *outlines.shut_lines(form)]
    regions += outlines.bumper_trim(form, 0.10)
    pieces = [cut(body_skin(shell), regions).mesh(), wheel_wells(form), cabin(form, panes, 1, 0.97)]
    pieces += [tall_mirrors(form, spec.width_m / 2.0, 0.70 * shell.height_m), details.handles(form)]
    nose_x = float(form.end_x(np.zeros(1), np.array([0.42]), True)[0])
    pieces.append(details.number_plate(nose_x + 0.006, 0.42, True, len(spec.type_id)))
    pieces.append(_visor(form))
    step_x = shell.x_at(0.16)
    if abs(step_x - shell.axles_x_m[0]) > shell.arch_radius_m + 0.25:
        pieces.append(steps(step_x, shell.half_width_m, shell.style.clearance_m))
    return pieces


def ambulance_body(spec: VehicleSpec, cab: Mesh) -> list[Mesh]:
    """A van's cab with the patient compartment on its chassis."""
    shell = cab_shell(spec)
    back = shell.nose_x_m - shell.length_m
    floor = max(2.0 * spec.wheel_radius_m + 0.06, 0.80)
    return [cab, *chassis(spec, back, floor), *_ambulance_box(spec, back - 0.10, floor, shell.height_m, shell)]


def _windscreen(shell: Shell) -> shapely.Polygon:
    half, high = shell.half_width_m, shell.height_m
    low, top = 0.535 * high, 0.86 * high
    return shapely.Polygon([(-0.89 * half, low), (0.89 * half, low), (0.84 * half, top), (-0.84 * half, top)])


def _cab_front(form: Form) -> list[Region]:
    """Grille with bars, lower intake, fog lamps, the line above the bumper."""
    shell = form.shell
    half, high = shell.half_width_m, shell.height_m
    x_m = (shell.nose_x_m - 0.8, np.inf)
    shape = outlines.soft(
        shapely.Polygon(
            [
                (-0.70 * half, 0.46 * high),
                (-0.60 * half, 0.26 * high),
                (0.60 * half, 0.26 * high),
                (0.70 * half, 0.46 * high),
            ]
        ),
        0.05,
    )
    inner = shape.buffer(-0.02)
    bars = [
        shapely.box(-half, z - 0.014, half, z + 0.014).intersection(inner) for z in np.linspace(0.28, 0.45, 6) * high
    ]
    regions = [Region(FRONT, bar, shell.paint, 0, -0.012, "grille", x_m=x_m) for bar in bars if not bar.is_empty]
    regions.append(Region(FRONT, shape, "grille", 0, -0.035, "plastic_black", x_m=x_m))
    mouth = outlines.soft(shapely.box(-0.52 * half, 0.075 * high + 0.16, 0.52 * half, 0.235 * high), 0.03)
    regions.append(Region(FRONT, mouth, "grille", 0, -0.03, "plastic_black", x_m=x_m))
    for side in (1.0, -1.0):
        lens = shapely.Point(0.74 * side * half, 0.125 * high).buffer(0.055, quad_segs=5)
        regions.append(Region(FRONT, lens, "lens_fog", PART_LAMP, -0.012, "chrome", x_m=x_m))
    gap = shapely.box(-2.0, 0.245 * high, 2.0, 0.245 * high + 0.008)
    return [*regions, Region(FRONT, gap, "shut_line", x_m=x_m)]


def _visor(form: Form) -> Mesh:
    """The sun visor over the windscreen, with clearance lamps."""
    shell = form.shell
    y = np.linspace(-0.86, 0.86, 9) * shell.half_width_m
    z = np.full_like(y, 0.885 * shell.height_m)
    x = form.end_x(y, z, True)
    bar = sweep(np.column_stack([x + 0.03, y, z]), 0.05, "gloss_black", segments=8, flatten=0.45)
    caps = [
        rounded_box(
            (float(x[k]) - 0.02, float(y[k]), float(z[k]) + 0.12),
            (0.06, 0.10, 0.03),
            0.012,
            "reflector_amber",
            PART_LAMP,
            segments=2,
        )
        for k in (1, 7)
    ]
    return merge([bar, *caps])


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
            (length, spec.width_m - 0.03, spec.height_m - floor),
            0.04,
            skin,
            segments=2,
        )
    ]
    pieces += rear_door_lines(spec, tail + 0.025, floor)
    pieces += contour(front - 0.05, tail + 0.10, floor, spec.height_m, spec.width_m / 2.0 - 0.014, tail + 0.022)
    pieces += markers(front - 0.2, tail + 0.4, floor - 0.05, spec.width_m / 2.0 - 0.02)
    pieces += [
        both_sides(
            box(
                (x, spec.width_m / 2 - 0.006, 0.5 * (floor + spec.height_m)),
                (0.05, 0.012, spec.height_m - floor - 0.02),
                "galvanised",
            )
        )
        for x in (front - 0.02, tail + 0.06)
    ]
    pieces += [
        both_sides(box((middle, spec.width_m / 2 - 0.012, z), (length, 0.024, 0.07), "galvanised"))
        for z in (floor + 0.0, spec.height_m - 0.03)
    ]
    pieces.append(box((front + 0.02, 0, spec.height_m - 0.55), (0.5, 1.4, 0.5), "body_white"))
    if "cola" in spec.type_id:
        pieces.append(
            both_sides(
                box(
                    (middle, spec.width_m / 2 - 0.014, 0.5 * (floor + spec.height_m)),
                    (length * 0.8, 0.010, 0.35),
                    "body_white",
                )
            )
        )
    rise = spec.height_m - cab_height
    if rise > 0.3:
        pieces.append(deflector(shell, cab_height, spec.height_m, spec.width_m))
    return pieces


def deflector(shell: Shell, low: float, high: float, width_m: float) -> Mesh:
    """The wind deflector on a cab's roof: it rises and widens to the front wall of the box, open behind."""
    rings = []
    rise = high - low
    for f, height, share in (
        (0.32, 0.02, 0.60),
        (0.40, 0.30, 0.68),
        (0.60, 0.68, 0.80),
        (0.80, 0.88, 0.88),
        (0.97, 0.96, 0.92),
    ):
        x, half, top = shell.x_at(f), 0.5 * share * width_m, low - 0.05 + height * (rise + 0.05)
        corner = min(0.14, 0.4 * (top - low + 0.06))
        base = low - 0.06
        ring = [
            (x, -half, base),
            (x, half, base),
            (x, half, top - corner),
            (x, half - 0.3 * corner, top - 0.3 * corner),
        ]
        ring += [(x, half - corner, top), (x, corner - half, top), (x, 0.3 * corner - half, top - 0.3 * corner)]
        ring.append((x, -half, top - corner))
        rings.append(ring)
    return loft(np.array(rings), SLOT_PAINT, crease_deg=50.0)


def rear_door_lines(spec: VehicleSpec, x: float, floor: float) -> list[Mesh]:
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
    pieces += rear_door_lines(spec, tail + 0.025, floor)
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
            box((middle + 0.2 * length, half - 0.002, top - 0.65), (0.9, 0.010, 0.55), "gloss_black", PART_GLASS)
        )
    )
    pieces.extend(
        box((tail + 0.03, y, top - 0.70), (0.012, 0.60, 0.55), "gloss_black", PART_GLASS) for y in (-0.42, 0.42)
    )
    pieces += rear_door_lines(spec, tail + 0.03, floor)
    for x in (front - 0.05, tail + 0.25):
        pieces.append(details.light_bar((x, 0, spec.height_m - 0.14), 1.6, 0.14))
    return pieces
