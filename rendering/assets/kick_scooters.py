"""An electric kick scooter: deck with its battery, steering column, bar, small wheels; its rider stands on it.

Tested by tests/rendering/test_assets_vehicles.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.assets.solids import both_sides, box, cylinder, rounded_box, sweep
from rendering.materials import SLOT_PAINT
from rendering.mesh import PART_LAMP, Mesh, merge
from sim.catalogue.spec import VehicleSpec

Float64 = NDArray[np.float64]

_DECK_M = 0.155
"""Top of the foot board above the road."""
_BAR_M = 1.16
"""Height of the bar."""
_SOLE_TO_ANKLE_M = 0.075


def kick_scooter(
    spec: VehicleSpec, front_x: float, rear_x: float
) -> tuple[Mesh, tuple[Float64, Float64, Float64, float]]:
    """The machine without its wheels; and where hips, hands and feet (ankles) go, with the lean of the back."""
    r = spec.wheel_radius_m
    foot, head = np.array([front_x - 0.055, 0.0, 2.0 * r + 0.03]), np.array([front_x - 0.20, 0.0, _BAR_M])
    run = (head - foot) / np.linalg.norm(head - foot)
    deck_x, deck_run = 0.5 * (front_x + rear_x) - 0.035, front_x - rear_x - 2.0 * r - 0.11
    pieces = [rounded_box((deck_x, 0, _DECK_M - 0.045), (deck_run, 0.165, 0.09), 0.02, SLOT_PAINT)]
    pieces.append(box((deck_x, 0, _DECK_M + 0.002), (deck_run - 0.06, 0.15, 0.006), "rubber"))
    pieces.append(both_sides(box((deck_x, 0.084, _DECK_M - 0.04), (0.10, 0.004, 0.03), "reflector_amber", PART_LAMP)))
    neck = foot + 0.06 * run
    pieces.append(
        sweep(
            [(deck_x + 0.45 * deck_run, 0, _DECK_M - 0.03), (front_x - 0.19, 0, 0.19), neck],
            [0.036, 0.034, 0.032],
            SLOT_PAINT,
            segments=10,
        )
    )
    pieces.append(cylinder(foot - 0.02 * run, foot + 0.20 * run, 0.034, "plastic_black", segments=12))
    pieces.append(cylinder(foot, head, 0.024, SLOT_PAINT, segments=12))
    for side in (1.0, -1.0):
        blade = np.array([0.0, side * 0.052, 0.0])
        pieces.append(
            sweep(
                [foot + 0.5 * blade, foot + blade + (0.01, 0, -0.04), (front_x, side * 0.052, r)],
                0.016,
                "plastic_black",
                segments=6,
            )
        )
        pieces.append(
            sweep(
                [(rear_x + r + 0.08, side * 0.055, 0.12), (rear_x, side * 0.055, r)], 0.016, "plastic_black", segments=6
            )
        )
    bar = [
        (head[0] + 0.01, 0.0, head[2]),
        (head[0] - 0.02, 0.13, head[2] + 0.015),
        (head[0] - 0.05, 0.236, head[2] + 0.01),
    ]
    pieces.append(both_sides(sweep(bar, [0.016, 0.014, 0.014], "plastic_black", segments=8)))
    pieces.append(both_sides(cylinder(np.add(bar[1], (-0.008, 0.02, 0)), bar[2], 0.019, "rubber", segments=10)))
    pieces.append(
        both_sides(
            sweep(
                [np.add(bar[1], (0.01, 0.0, -0.005)), np.add(bar[1], (0.045, 0.07, -0.02))],
                0.006,
                "plastic_black",
                segments=5,
            )
        )
    )
    pieces.append(rounded_box(np.add(head, (0.0, 0.0, 0.025)), (0.07, 0.06, 0.03), 0.012, "gloss_black", segments=2))
    pieces.append(
        cylinder(
            np.add(head, (0.02, 0, -0.09)), np.add(head, (0.055, 0, -0.095)), 0.026, "lens_head", PART_LAMP, segments=12
        )
    )
    guard = [(rear_x + (r + 0.014) * np.cos(a), 0.0, r + (r + 0.014) * np.sin(a)) for a in np.linspace(0.6, 2.6, 8)]
    pieces.append(sweep(guard, 0.045, "plastic_black", segments=8, flatten=0.25))
    tail = -spec.length_m / 2.0
    pieces.append(rounded_box((tail + 0.03, 0, 0.22), (0.06, 0.05, 0.045), 0.012, "plastic_black", segments=2))
    pieces.append(box((tail + 0.004, 0, 0.225), (0.008, 0.045, 0.028), "lens_tail", PART_LAMP))
    pieces.append(box((tail + 0.008, 0, 0.17), (0.006, 0.067, 0.055), "plastic_white"))
    feet = np.array(
        [[deck_x + 0.13, 0.035, _DECK_M + _SOLE_TO_ANKLE_M], [deck_x - 0.19, -0.035, _DECK_M + _SOLE_TO_ANKLE_M]]
    )
    hands = np.array([[bar[2][0] + 0.01, s * 0.205, head[2] + 0.035] for s in (1.0, -1.0)])
    hips = np.array([deck_x - 0.10, 0.0, _DECK_M + _SOLE_TO_ANKLE_M + 0.80])
    return merge(pieces), (hips, hands, feet, 0.06)
