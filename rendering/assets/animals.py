"""Animals on the road, standing: one body plan in two builds. They look to +x; tested by tests/catalogue/test_own_blueprints.py."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.assets.solids import sphere, sweep
from rendering.mesh import Mesh, merge

Float64 = NDArray[np.float64]


def _legs(spots: list[tuple[float, float]], hip_z: float, radius: float, coat: str, lean: float = 0.02) -> list[Mesh]:
    out = []
    for x, y in spots:
        knee = np.array([x + lean, y, 0.52 * hip_z])
        path = np.array([[x, y, hip_z], knee, [x - 0.4 * lean, y, 0.03], [x + 0.03, y, 0.0]])
        out.append(sweep(path, [2.1 * radius, 1.15 * radius, 0.8 * radius, 0.9 * radius], coat, segments=7))
    return out


def _animal(
    height: float, length: float, coat: str, neck: Float64, head_m: float, tail: Float64, belly: float, leg_m: float
) -> tuple[list[Mesh], Float64]:
    """Trunk, neck, head, legs and tail of a four-legged animal that looks to +x, and its poll; `height` is that of the withers."""
    hip = 0.70 * height
    front, rear = 0.24 * length, -0.30 * length
    s = np.linspace(0.0, 1.0, 7)
    trunk = np.stack(
        [rear - 0.05 + (front - rear + 0.11) * s, 0 * s, height - belly * 1.02 + 0.03 * np.sin(np.pi * s)], axis=1
    )
    girth = belly * np.array([0.55, 0.92, 0.90, 0.88, 1.0, 1.02, 0.62])
    pieces = [sweep(trunk, girth, coat, segments=12, flatten=1.0)]
    shoulder, poll = trunk[-2] + (0.0, 0.0, 0.25 * belly), trunk[-2] + neck
    pieces.append(
        sweep(
            np.stack([shoulder, 0.5 * (shoulder + poll), poll]),
            [0.80 * belly, 0.52 * belly, 0.42 * belly],
            coat,
            segments=9,
        )
    )
    nose = np.add(poll, (head_m, 0.0, -0.28 * head_m))
    pieces.append(
        sweep(
            np.stack([poll - (0.03, 0, 0), poll + 0.35 * (nose - poll), nose]),
            [0.40 * belly, 0.42 * belly, 0.19 * belly],
            coat,
            segments=9,
        )
    )
    pieces.append(sphere(nose, (0.03, 0.028, 0.025), "plastic_black", rings=5, segments=8))
    y = 0.44 * belly
    pieces += _legs([(front, y), (front, -y)], hip, leg_m, coat, -0.01) + _legs(
        [(rear, y), (rear, -y)], hip, 1.1 * leg_m, coat, 0.05
    )
    pieces.append(
        sweep(np.stack([trunk[0], trunk[0] + 0.5 * tail, trunk[0] + tail]), [0.03, 0.026, 0.012], coat, segments=6)
    )
    return pieces, np.asarray(poll)


def dog(key: int, size: Float64) -> Mesh:
    """A Labrador, standing."""
    coat = ("wood_light", "pole_dark", "wood")[key % 3]
    pieces, poll = _animal(
        0.56, 0.80, coat, np.array([0.17, 0.0, 0.19]), 0.19, np.array([-0.24, 0.0, 0.02]), 0.13, 0.022
    )
    ears = [
        sphere(np.add(poll, (0.01, side * 0.065, -0.03)), (0.035, 0.014, 0.06), coat, rings=5, segments=8)
        for side in (-1, 1)
    ]
    return merge([*pieces, *ears])


def deer(key: int, size: Float64) -> Mesh:
    """A roe doe, head up."""
    pieces, poll = _animal(
        0.72, 1.05, "wood", np.array([0.22, 0.0, 0.36]), 0.20, np.array([-0.06, 0.0, -0.04]), 0.155, 0.017
    )
    ears = [
        sphere(np.add(poll, (-0.03, side * 0.075, 0.06)), (0.03, 0.022, 0.075), "wood", rings=5, segments=8)
        for side in (-1, 1)
    ]
    rump = sphere((-0.37, 0, 0.55), (0.05, 0.07, 0.09), "plastic_white", rings=5, segments=8)
    return merge([*pieces, *ears, rump])
