"""Larger props: frames of beams, huts, fountains, figures; each takes a key for its look and its full size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.assets.solids import box, lathe, sphere
from rendering.mesh import Mesh, merge, transform

Float64 = NDArray[np.float64]


def frame(key: int, size: Float64) -> Mesh:
    """Posts and beams: a pergola, a swing, a clothes line."""
    t = 0.06
    posts = [
        box((x * (size[0] - t) / 2, y * (size[1] - t) / 2, size[2] / 2), (t, t, size[2]), "wood")
        for x in (-1, 1)
        for y in (-1, 1)
    ]
    beams = [box((0, y * (size[1] - t) / 2, size[2] - t / 2), (size[0], t, t), "wood") for y in (-1, 1)]
    beams += [box((x * size[0], 0, size[2] - t / 2), (t, size[1], t), "wood") for x in np.linspace(-0.46, 0.46, 6)]
    return merge([*posts, *beams])


def hut(key: int, size: Float64) -> Mesh:
    """A kiosk with a counter window at +x and a flat roof."""
    wall = 0.90 * size[2]
    body = box((0, 0, wall / 2), (0.92 * size[0], 0.92 * size[1], wall), "wood" if size[2] < 1.0 else "plaster_white")
    window = box((0.46 * size[0], 0, 0.55 * wall), (0.02, 0.6 * size[1], 0.35 * wall), "glass_window")
    return merge([body, window, box((0, 0, 0.95 * size[2]), (size[0], size[1], 0.10 * size[2]), "roof_slate")])


def fountain(key: int, size: Float64) -> Mesh:
    """A basin with a column."""
    r, h = 0.5, size[2]
    basin = lathe(
        [(r, 0.0), (r, 0.26 * h), (0.92 * r, 0.26 * h), (0.92 * r, 0.18 * h), (0.0, 0.18 * h)],
        ["concrete", "concrete", "concrete", "water"],
        segments=32,
    )
    column = lathe(
        [
            (0.16, 0.1 * h),
            (0.06, 0.4 * h),
            (0.06, 0.75 * h),
            (0.24, 0.80 * h),
            (0.22, 0.84 * h),
            (0.04, 0.86 * h),
            (0.02, h),
        ],
        "concrete",
        segments=20,
    )
    return transform(merge([basin, column]), np.diag([size[0], size[1], 1.0]))


def figure(key: int, size: Float64) -> Mesh:
    """A garden gnome."""
    h = size[2]
    body = lathe([(0.40, 0.0), (0.5, 0.10 * h), (0.40, 0.45 * h), (0.24, 0.55 * h)], "stripe_blue", segments=14)
    head = sphere((0.04, 0, 0.62 * h), (0.28, 0.28, 0.12 * h), "skin", rings=8, segments=12)
    hat = lathe([(0.30, 0.68 * h), (0.16, 0.85 * h), (0.0, h)], "plastic_red", segments=14)
    return transform(merge([body, head, hat]), np.diag([size[0], size[1], 1.0]))
