"""The front of a car: grille, badge, air intakes; and the diffuser at its tail. Outlines in (y, z), metres."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from rendering.assets.car_body import Form
from rendering.assets.car_outlines import soft
from rendering.assets.cutting import FRONT, REAR, Region

_SUNK_M = -0.022


def grille(form: Form, look: int) -> list[Region]:
    """An upper grille with bars in a bright frame; `look` picks one of three shapes."""
    shell = form.shell
    half, high = shell.half_width_m, shell.height_m
    low_m, top_m = (value * high for value in shell.style.head_lamp_z)
    x_m = (shell.nose_x_m - 0.2 * shell.length_m, np.inf)
    drop = (0.055, 0.020, 0.110)[look % 3] * high
    wide, narrow = ((0.47, 0.40), (0.50, 0.47), (0.42, 0.30))[look % 3]
    top = top_m - 0.018 * high
    shape = soft(
        shapely.Polygon(
            [(-wide * half, top), (-narrow * half, low_m - drop), (narrow * half, low_m - drop), (wide * half, top)]
        ),
        0.025,
    )
    bar_name = "chrome" if look % 2 == 0 else "gloss_black"
    regions = [Region(FRONT, bar, bar_name, 0, -0.006, "grille", x_m=x_m) for bar in _bars(shape, look)]
    badge = shapely.Point(0.0, 0.5 * (top + low_m - drop) + 0.01).buffer(0.045, quad_segs=6)
    regions.insert(0, Region(FRONT, badge, "chrome", 0, 0.004, x_m=x_m))
    regions.append(Region(FRONT, shape, "grille", 0, _SUNK_M, "plastic_black", x_m=x_m))
    regions.append(Region(FRONT, shape.buffer(0.012), "chrome" if look % 3 else "gloss_black", 0, 0.003, x_m=x_m))
    return regions


def _bars(shape: BaseGeometry, look: int) -> list[BaseGeometry]:
    left, low, right, high = shape.bounds
    inner = shape.buffer(-0.004)
    if look % 3 == 2:
        places = np.linspace(left, right, 15)[1:-1]
        bars = [shapely.box(y - 0.006, low, y + 0.006, high) for y in places]
    else:
        count = max(int((high - low) / 0.034), 2)
        places = np.linspace(low, high, count + 1)[1:-1]
        bars = [shapely.box(left, z - 0.005, right, z + 0.005) for z in places]
    return [piece for piece in (bar.intersection(inner) for bar in bars) if not piece.is_empty]


def intakes(form: Form, grilled: bool) -> list[Region]:
    """The lower air intake of the front bumper, and the unpainted diffuser of the rear one."""
    shell = form.shell
    half, floor, high = shell.half_width_m, shell.style.clearance_m, shell.height_m
    front = (shell.nose_x_m - 0.2 * shell.length_m, np.inf)
    rear = (-np.inf, shell.nose_x_m - 0.85 * shell.length_m)
    low, top = floor + 0.055, floor + (0.135 if grilled else 0.10) * high
    mouth = soft(
        shapely.Polygon([(-0.54 * half, low), (0.54 * half, low), (0.44 * half, top), (-0.44 * half, top)]), 0.02
    )
    diffuser = soft(
        shapely.Polygon(
            [(-0.86 * half, -0.1), (0.86 * half, -0.1), (0.60 * half, floor + 0.13), (-0.60 * half, floor + 0.13)]
        ),
        0.03,
    )
    bar = shapely.box(-0.6 * half, 0.5 * (low + top) - 0.006, 0.6 * half, 0.5 * (low + top) + 0.006).intersection(mouth)
    return [
        Region(FRONT, bar, "plastic_black", 0, -0.008, x_m=front),
        Region(FRONT, mouth, "grille", 0, _SUNK_M, "plastic_black", x_m=front),
        Region(REAR, diffuser, "plastic_black", x_m=rear),
    ]
