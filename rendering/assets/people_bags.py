"""Bags that people wear: a backpack and a shoulder bag, each with the straps that lie over their clothes.

`over_m` is how far the clothes stand off the skin.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.assets.people_bind import LEFT, Figure
from rendering.assets.people_clothes import band, folds
from rendering.assets.soft_solids import SoftMesh, soft_mesh, tube
from sim.catalogue import body_frames as bone

Float64 = NDArray[np.float64]


def backpack(figure: Figure, size: float, over_m: float) -> list[SoftMesh]:
    """[bag, straps]."""
    h = figure.body.height_m
    back = -(0.066 * figure.girth * h + over_m + 0.042 * size * h)
    low, high = (back, 0.0, figure.z(0.615)), (back + 0.01 * h, 0.0, figure.z(0.800))
    knots = [
        [0.0, 0.070 * size * h, 0.030 * size * h, 0],
        [0.25, 0.088 * size * h, 0.052 * size * h, 0.012 * h],
        [0.75, 0.082 * size * h, 0.040 * size * h, 0],
        [1.0, 0.058 * size * h, 0.026 * size * h, 0],
    ]
    bag = soft_mesh(
        [tube(low, high, knots, LEFT, bone.CHEST, exponent=3.0, blend_m=0.02)],
        0.018,
        (),
        (),
        folds(figure, 0.0015, "bag"),
    )
    shell = [figure.torso(over_m + 0.010, 0.62, 0.836), *figure.shoulders(over_m + 0.007)]
    middle, half = 0.058 * h, 0.017 * h

    def within(points: Float64) -> Float64:
        return np.asarray(np.maximum(np.abs(np.abs(points[..., 1]) - middle) - half, figure.z(0.65) - points[..., 2]))

    return [bag, band(figure, shell, within, 0.0160)]


def shoulder_bag(figure: Figure, over_m: float) -> list[SoftMesh]:
    """[bag at the hip, strap over the other shoulder]."""
    h = figure.body.height_m
    out = 0.098 * h * figure.girth + over_m + 0.028 * h
    low, high = (-0.01 * h, -out, figure.z(0.475)), (-0.01 * h, -out + 0.005, figure.z(0.585))
    bag = soft_mesh(
        [
            tube(
                low,
                high,
                [[0, 0.030 * h, 0.085 * h, 0], [1, 0.022 * h, 0.078 * h, 0]],
                LEFT,
                bone.PELVIS,
                exponent=4.0,
                round_ends=False,
            )
        ],
        0.016,
    )
    shell = [figure.torso(over_m + 0.010, 0.53, 0.838), *figure.shoulders(over_m + 0.007)]
    start, end = np.array([-0.105 * h, figure.z(0.58)]), np.array([0.075 * h, figure.z(0.825)])
    normal = np.array([-(end - start)[1], (end - start)[0]])
    normal = normal / np.linalg.norm(normal)

    def within(points: Float64) -> Float64:
        across = (points[..., 1] - start[0]) * normal[0] + (points[..., 2] - start[1]) * normal[1]
        return np.asarray(np.abs(across) - 0.014 * h)

    return [bag, band(figure, shell, within, 0.0160)]
