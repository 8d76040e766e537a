"""Small trailers: of a car, a mobile traffic light, a message sign. Tested by tests/catalogue/test_own_blueprints.py."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.assets.solids import box, cylinder, rounded_box
from rendering.assets.wheels import RIM_STYLES, car_wheel
from rendering.mesh import PART_BODY, PART_LAMP, Mesh, merge, transform

Float64 = NDArray[np.float64]


def _running_gear(length: float, width: float, floor: float, x: float, drawbar_m: float) -> list[Mesh]:
    """Axle, two wheels, mud guards and a drawbar with coupling of a one-axle trailer that is towed towards +x."""
    radius, tyre_m = 0.29, 0.165
    y = width / 2 - tyre_m / 2 - 0.01
    wheels = [
        transform(car_wheel(radius, tyre_m, RIM_STYLES[4], left=s > 0), None, (x, s * y, radius)) for s in (1.0, -1.0)
    ]
    guards = [box((x, s * y, 2 * radius + 0.03), (0.70, tyre_m + 0.02, 0.02), "plastic_black") for s in (-1, 1)]
    axle = cylinder((x, -y, radius), (x, y, radius), 0.035, "underbody", segments=8)
    nose = length / 2
    bar = box((nose - drawbar_m / 2, 0, floor - 0.06), (drawbar_m, 0.08, 0.08), "galvanised")
    coupling = rounded_box((nose - 0.09, 0, floor - 0.03), (0.18, 0.09, 0.10), 0.02, "pole_dark", segments=2)
    jockey = cylinder((nose - 0.45, 0.10, 0.0), (nose - 0.45, 0.10, floor + 0.12), 0.025, "galvanised", segments=8)
    return [*wheels, *guards, axle, bar, coupling, jockey]


def trailer(key: int, size: Float64) -> Mesh:
    """An open car trailer with side boards, lamps and a number plate; its drawbar points to +x."""
    length, width, height = size
    bed_l, bed_w, floor = length - 1.35, width - 0.38, 0.62
    x = -length / 2 + bed_l / 2 + 0.02
    sides = [box((x, s * bed_w / 2, floor + 0.2), (bed_l, 0.03, 0.36), "galvanised") for s in (-1, 1)]
    sides += [box((x + s * bed_l / 2, 0, floor + 0.2), (0.03, bed_w, 0.36), "galvanised") for s in (-1, 1)]
    bed = box((x, 0, floor), (bed_l, bed_w, 0.04), "wood")
    board = [box((x + s * bed_l / 2, 0, height - 0.08), (0.03, bed_w, 0.16), "galvanised") for s in (1,)]
    tail = -length / 2
    lamps = [
        box((tail + 0.01, s * (width / 2 - 0.16), 0.5), (0.03, 0.24, 0.10), "reflector_red", PART_LAMP) for s in (-1, 1)
    ]
    beam = box((tail + 0.03, 0, 0.5), (0.04, width - 0.04, 0.12), "plastic_black")
    plate = box((tail + 0.006, 0, 0.5), (0.012, 0.52, 0.11), "number_plate")
    return merge([*sides, bed, *board, *lamps, beam, plate, *_running_gear(length, width, 0.60, x - 0.1, 1.5)])


def signal_trailer(key: int, size: Float64) -> Mesh:
    """A mobile traffic light: a mast with a three-lens head over a small trailer with a battery box; it looks to +x."""
    length, width, height = size
    gear = _running_gear(length, width, 0.50, -0.15, 0.9)
    chest = rounded_box((-0.2, 0, 0.66), (0.8, 0.7, 0.40), 0.03, "plastic_orange", segments=2)
    mast = cylinder((-0.1, 0, 0.8), (-0.1, 0, height - 0.1), 0.045, "galvanised", segments=10)
    head = rounded_box((0.0, 0, height - 0.48), (0.18, 0.30, 0.92), 0.03, "signal_housing", segments=2)
    board = box((-0.06, 0, height - 0.49), (0.012, 0.46, 0.98), "signal_housing")
    lenses = [
        cylinder(
            (0.085, 0, height - 0.18 - 0.30 * k),
            (0.10, 0, height - 0.18 - 0.30 * k),
            0.10,
            name,
            PART_LAMP,
            segments=20,
        )
        for k, name in enumerate(("signal_red", "signal_yellow", "signal_green"))
    ]
    return merge([*gear, chest, mast, head, board, *lenses])


def vms_trailer(key: int, size: Float64) -> Mesh:
    """A variable message sign on a trailer: a black board with an amber arrow of lamps; it looks to -x, at traffic behind."""
    length, width, height = size
    gear = _running_gear(length, width - 0.2, 0.55, -0.1, 1.2)
    chest = rounded_box((-0.1, 0, 0.80), (1.5, 1.1, 0.5), 0.04, "plastic_orange", segments=2)
    mast = box((-0.1, 0, 1.5), (0.14, 0.14, 1.2), "galvanised")
    board = box((-0.25, 0, height - 0.62), (0.16, width, 1.24), "plastic_black")
    rows = ["....1....", "....11...", "111111111", "1111111111", "111111111", "....11...", "....1...."]
    dots = []
    for r, row in enumerate(rows):
        for c, mark in enumerate(row):
            if mark == "1":
                z, y = height - 0.2 - 0.14 * r, (4.5 - c) * 0.17
                dots.append(cylinder((-0.335, y, z), (-0.345, y, z), 0.045, "plastic_yellow", PART_BODY, segments=8))
    return merge([*gear, chest, mast, board, *dots])
