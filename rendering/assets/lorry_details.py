"""What lorries carry outside: mirrors on arms, chassis with guards and tanks, rear lamps, steps, marker lamps, reflective tape."""

from __future__ import annotations

import itertools

import numpy as np

from rendering.assets.car_body import Form
from rendering.assets.car_details import number_plate
from rendering.assets.solids import both_sides, box, cylinder, rounded_box, sweep
from rendering.mesh import PART_GLASS, PART_LAMP, Mesh, merge
from sim.catalogue.spec import VehicleSpec


def tall_mirrors(form: Form, outer_y_m: float, z_m: float) -> Mesh:
    """A main and a wide-angle mirror in one tall housing on two arms, on both front corners, within `outer_y_m`."""
    shell = form.shell
    x = shell.nose_x_m - 0.16
    y = outer_y_m - 0.09
    housing = rounded_box((x, y, z_m), (0.13, 0.18, 0.52), 0.05, "plastic_black")
    panes = [
        box((x - 0.064, y, z_m + 0.07), (0.008, 0.14, 0.28), "mirror_glass", PART_GLASS),
        box((x - 0.064, y, z_m - 0.17), (0.008, 0.14, 0.13), "mirror_glass", PART_GLASS),
    ]
    inner = float(form.side_y(np.array([x - 0.06]), np.array([z_m]))[0]) - 0.02
    arms = [
        sweep(
            [(x - 0.06, inner, z), (x + 0.02, 0.5 * (inner + y), z + 0.02), (x, y, z)],
            0.016,
            "plastic_black",
            segments=6,
        )
        for z in (z_m + 0.20, z_m - 0.22)
    ]
    return both_sides(merge([housing, *panes, *arms]))


def chassis(spec: VehicleSpec, back: float, floor: float) -> list[Mesh]:
    """Frame rails, axle, tank and battery box, side guards, wings with mud flaps, underrun bar and the rear lamps."""
    tail, half = -spec.length_m / 2.0, spec.width_m / 2.0
    radius, axle = spec.wheel_radius_m, spec.rear_axle_x_m
    middle, length = 0.5 * (back + 0.4 + tail + 0.1), back + 0.4 - tail - 0.1
    rail_z = min(floor - 0.14, 0.86)
    pieces = [both_sides(box((middle, 0.42, rail_z), (length, 0.09, 0.24), "underbody"))]
    pieces.append(cylinder((axle, -half + 0.4, radius), (axle, half - 0.4, radius), 0.11, "underbody", segments=10))
    pieces.append(cylinder((back + 0.4, 0, 0.62), (axle, 0, radius), 0.06, "underbody", segments=8))
    guard_front, guard_rear = back - 0.15, axle + radius + 0.20
    if guard_front - guard_rear > 0.5:
        x, run = 0.5 * (guard_front + guard_rear), guard_front - guard_rear
        pieces += [both_sides(box((x, half - 0.06, z), (run, 0.03, 0.10), "galvanised")) for z in (0.50, 0.74)]
        pieces += [
            both_sides(box((px, half - 0.08, 0.62), (0.05, 0.03, 0.40), "galvanised"))
            for px in (x - 0.4 * run, x + 0.4 * run)
        ]
        tank = cylinder(
            (x + 0.34 * run, half - 0.36, 0.62), (x - 0.10 * run, half - 0.36, 0.62), 0.25, "sheet_metal", segments=16
        )
        straps = [
            cylinder(
                (x + k * run, half - 0.36, 0.62),
                (x + k * run + 0.04, half - 0.36, 0.62),
                0.256,
                "plastic_black",
                segments=16,
            )
            for k in (0.02, 0.22)
        ]
        chest = rounded_box(
            (x - 0.30 * run, half - 0.36, 0.62), (0.3 * run, 0.42, 0.42), 0.03, "plastic_black", segments=2
        )
        pieces += [both_sides(merge([tank, *straps, chest]))]
    wing = []
    for angle in np.linspace(0.15, np.pi - 0.15, 8):
        reach = radius + 0.07
        wing.append((axle + reach * np.cos(angle), half - 0.24, radius + reach * np.sin(angle) * 0.98))
    pieces.append(both_sides(_guard(np.array(wing), 0.40)))
    pieces.append(
        both_sides(box((axle - radius - 0.12, half - 0.24, radius + 0.05), (0.02, 0.40, 1.4 * radius), "rubber"))
    )
    pieces.append(box((tail + 0.07, 0, 0.46), (0.10, 2 * half - 0.16, 0.13), "galvanised"))
    pieces.append(both_sides(box((tail + 0.20, 0.42, 0.56), (0.22, 0.06, 0.26), "underbody")))
    return pieces + rear_lamps(spec)


def _guard(path: np.ndarray, width_m: float) -> Mesh:
    """A bent sheet along a path, as wide as the tyre."""
    pieces = []
    for a, b in itertools.pairwise(path):
        middle, run = 0.5 * (a + b), np.linalg.norm(b - a)
        tilt = float(np.arctan2(b[2] - a[2], b[0] - a[0]))
        cosine, sine = np.cos(tilt), np.sin(tilt)
        sheet = box((0, 0, 0), (run + 0.02, width_m, 0.015), "plastic_black")
        turned = sheet.vertices.astype(np.float64) @ np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
        normals = sheet.normals.astype(np.float64) @ np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
        pieces.append(
            Mesh(
                (turned + middle).astype(np.float32),
                normals.astype(np.float32),
                sheet.triangles,
                sheet.material,
                sheet.part,
            )
        )
    return merge(pieces)


def rear_lamps(spec: VehicleSpec) -> list[Mesh]:
    """Lamp clusters on the rear cross bar, reflectors, fog lamp and number plate of a lorry."""
    tail, half = -spec.length_m / 2.0, spec.width_m / 2.0
    pieces = []
    for side, name in ((1.0, "lens_indicator_left"), (-1.0, "lens_indicator_right")):
        y = side * (half - 0.30)
        pieces.append(rounded_box((tail + 0.065, y, 0.66), (0.09, 0.46, 0.15), 0.02, "plastic_black", segments=2))
        for offset, lens in ((0.155, name), (0.055, "lens_tail"), (-0.055, "lens_reverse"), (-0.155, "lens_tail")):
            pieces.append(box((tail + 0.018, y + side * offset, 0.66), (0.016, 0.09, 0.11), lens, PART_LAMP))
        pieces.append(box((tail + 0.018, y, 0.47), (0.012, 0.26, 0.05), "reflector_red", PART_LAMP))
    pieces.append(box((tail + 0.018, half - 0.66, 0.66), (0.016, 0.11, 0.11), "lens_fog_rear", PART_LAMP))
    return [*pieces, number_plate(tail + 0.012, 0.66, False, len(spec.type_id), lamp=True)]


def contour(x0: float, x1: float, z0: float, z1: float, y: float, tail: float) -> list[Mesh]:
    """Reflective contour marking (UN R104): white along the flanks' lower and upper edges, red round the tail."""
    width = 0.055
    pieces = []
    for z in (z0 + 0.05, z1 - 0.08):
        pieces.append(both_sides(box((0.5 * (x0 + x1), y, z), (abs(x1 - x0), 0.006, width), "reflective_white")))
        pieces.append(box((tail, 0, z), (0.006, 2 * y - 0.10, width), "stripe_red"))
    pieces.append(both_sides(box((tail, y - 0.06, 0.5 * (z0 + z1)), (0.006, width, z1 - z0 - 0.10), "stripe_red")))
    return pieces


def markers(x0: float, x1: float, z: float, y: float) -> list[Mesh]:
    """Amber side marker lamps every 2 m (UN R48: at most 3 m apart)."""
    count = max(int(abs(x1 - x0) / 2.0), 1) + 1
    return [
        both_sides(box((x, y, z), (0.10, 0.016, 0.04), "reflector_amber", PART_LAMP))
        for x in np.linspace(x0, x1, count)
    ]


def steps(x: float, half_m: float, floor: float) -> Mesh:
    """Two steps below a cab's door."""
    return both_sides(
        merge([box((x, half_m - 0.10, floor + dz), (0.45, 0.20, 0.04), "plastic_black") for dz in (0.05, 0.30)])
    )
