"""Head and tail lamps, indicators, fog and reversing lamps, cut into the corners of a car: housings with what shines in them.

A lamp's outline lies in a view from the corner, from a point on the end of the car to one on its flank, so it wraps round. Only
the lenses emit: two round ones of about 7 cm in each head lamp, the red field of a tail lamp, the amber ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
import shapely.affinity
from shapely.geometry.base import BaseGeometry

from rendering.assets.car_body import Form
from rendering.assets.car_outlines import soft
from rendering.assets.cutting import FRONT, REAR, PictureView, Region, corner_view
from rendering.mesh import PART_LAMP

_FRONT_CORNER = (0.80, 0.60)
_REAR_CORNER = (-0.80, 0.60)
_REACH = 0.24
"""Stretch of the length from either end in which lamps are cut, so that nothing else is met."""


@dataclass(frozen=True)
class LampField:
    """One lamp on the left: its view, and where it lies in the picture: inner and outer end, lower and upper edge, m."""

    view: PictureView
    inner: float
    outer: float
    low: float
    high: float

    def box(self, a0: float, a1: float, v0: float, v1: float) -> BaseGeometry:
        """A rectangle by shares: `a` from the inner end (0) to the outer (1), `v` from the lower edge up."""
        across = [self.inner + a * (self.outer - self.inner) for a in (a0, a1)]
        up = [self.low + v * (self.high - self.low) for v in (v0, v1)]
        return shapely.box(min(across), up[0], max(across), up[1])

    def point(self, a: float, v: float) -> tuple[float, float]:
        """A point by shares, in the picture."""
        return (self.inner + a * (self.outer - self.inner), self.low + v * (self.high - self.low))

    def outline(self, points: tuple[tuple[float, float], ...]) -> BaseGeometry:
        """A polygon by shares."""
        return shapely.Polygon([self.point(a, v) for a, v in points])


def lamp_field(form: Form, front: bool, inner: float, wrap_m: float, z_m: tuple[float, float], left: bool) -> LampField:
    """The field from `inner` (share of the half width) on the end to `wrap_m` behind it on the flank, on one side."""
    shell = form.shell
    forward, sideways = _FRONT_CORNER if front else _REAR_CORNER
    view = corner_view(forward, sideways if left else -sideways, mirrored=False)
    sign = 1.0 if left else -1.0
    middle = np.array([0.5 * (z_m[0] + z_m[1])])
    y = np.array([inner * shell.half_width_m])
    x_end = form.end_x(y, middle, front)
    x_flank = np.array([shell.nose_x_m - wrap_m if front else shell.nose_x_m - shell.length_m + wrap_m])
    y_flank = form.side_y(x_flank, middle)
    across = np.array(view.across)
    a, b = (float(np.array([px[0], sign * py[0], 0.0]) @ across) for px, py in ((x_end, y), (x_flank, y_flank)))
    return LampField(view, a, b, *z_m)


def _ends(form: Form, front: bool) -> tuple[float, float]:
    shell = form.shell
    if front:
        return (shell.nose_x_m - _REACH * shell.length_m, np.inf)
    return (-np.inf, shell.nose_x_m - (1.0 - _REACH) * shell.length_m)


def head_lamps(form: Form, look: int) -> list[Region]:
    """Both head lamps with daytime strips and indicators; `look` picks one of three faces."""
    shell, style = form.shell, form.shell.style
    z_m = (style.head_lamp_z[0] * shell.height_m, style.head_lamp_z[1] * shell.height_m)
    inner, wrap_m = ((0.52, 0.40), (0.60, 0.34), (0.47, 0.30))[look % 3]
    regions: list[Region] = []
    for left in (True, False):
        field = lamp_field(form, True, inner, min(wrap_m, 0.11 * shell.length_m), z_m, left)
        x_m = _ends(form, True)
        amber = "lens_indicator_left" if left else "lens_indicator_right"
        shape = field.outline(
            (
                ((0.0, 0.28), (0.55, 0.0), (0.92, 0.30), (1.0, 1.0), (0.5, 1.02), (0.0, 0.86)),
                ((0.0, 0.05), (0.75, 0.0), (1.0, 0.45), (0.96, 1.0), (0.05, 0.95)),
                ((0.0, 0.40), (0.45, 0.10), (1.0, 0.42), (1.0, 1.0), (0.0, 0.95)),
            )[look % 3]
        )
        housing = soft(shape, 0.012)
        rise = z_m[1] - z_m[0]
        for share, reach in ((0.30, 0.27), (0.62, 0.30)):
            center = shapely.Point(field.point(share, 0.56))
            ring = center.buffer(min(reach * rise, 0.052), quad_segs=5).intersection(housing)
            lens = center.buffer(min(reach * rise, 0.052) * 0.74, quad_segs=5).intersection(housing)
            regions.append(Region(field.view, lens, "lens_head", PART_LAMP, -0.006, "lamp_reflector", x_m=x_m))
            regions.append(Region(field.view, ring, "lamp_reflector", PART_LAMP, -0.010, "lamp_housing", x_m=x_m))
        strip = housing.difference(shapely.affinity.translate(housing, 0.0, 0.10 * rise)).intersection(
            field.box(0.04, 0.80, -0.2, 1.2)
        )
        regions.append(Region(field.view, strip, "lens_clear", PART_LAMP, -0.003, x_m=x_m))
        ember = housing.intersection(field.box(0.84, 0.97, -0.2, 1.2)).buffer(-0.006)
        regions.append(Region(field.view, ember, amber, PART_LAMP, -0.004, "lamp_housing", x_m=x_m))
        regions.append(Region(field.view, housing, "lamp_housing", PART_LAMP, -0.012, "gloss_black", x_m=x_m))
    return regions


def tail_lamps(form: Form, look: int) -> list[Region]:
    """Both tail lamp clusters: red field, amber indicator, white reversing lamp; `look` picks one of three faces."""
    shell, style = form.shell, form.shell.style
    z_m = (style.tail_lamp_z[0] * shell.height_m, style.tail_lamp_z[1] * shell.height_m)
    upright = style.rear_window is None or style.cargo_bed is not None or style.rear_window[1] > 0.95
    inner = ((0.52, 0.60, 0.46) if not upright else (0.70, 0.66, 0.76))[look % 3]
    regions: list[Region] = []
    for left in (True, False):
        field = lamp_field(form, False, inner, min(0.22, 0.06 * shell.length_m), z_m, left)
        x_m = _ends(form, False)
        amber = "lens_indicator_left" if left else "lens_indicator_right"
        shape = field.outline(
            (
                ((0.0, 0.42), (0.50, 0.10), (0.80, 0.0), (1.0, 0.42), (0.94, 1.0), (0.0, 0.92)),
                ((0.0, 0.30), (0.62, 0.16), (1.0, 0.30), (1.0, 0.90), (0.0, 0.86)),
                ((0.0, 0.52), (0.44, 0.46), (0.54, 0.0), (0.95, 0.0), (1.0, 0.95), (0.0, 0.95)),
            )[look % 3]
        )
        if upright:
            shape = field.outline(((0.05, 0.0), (0.85, 0.0), (1.0, 0.35), (0.90, 1.0), (0.35, 1.0), (0.10, 0.5)))
        cover = soft(shape, 0.015)
        body = cover.buffer(-0.006)
        if upright:
            white, ember = (
                body.intersection(field.box(-0.2, 1.2, 0.04, 0.20)),
                body.intersection(field.box(-0.2, 1.2, 0.24, 0.44)),
            )
        else:
            white = body.intersection(field.box(0.06, 0.30, -0.2, 0.62))
            ember = body.intersection(field.box(0.36, 0.74, -0.2, 0.46))
        red = body.difference(white.union(ember).buffer(0.006))
        regions.append(Region(field.view, white, "lens_reverse", PART_LAMP, -0.003, x_m=x_m))
        regions.append(Region(field.view, ember, amber, PART_LAMP, -0.003, x_m=x_m))
        regions.append(Region(field.view, red, "lens_tail", PART_LAMP, -0.002, x_m=x_m))
        regions.append(Region(field.view, cover, "gloss_black", PART_LAMP, x_m=x_m))
    return regions


def low_lamps(form: Form) -> list[Region]:
    """Fog lamps in the front bumper; rear fog lamp and reflectors in the rear bumper."""
    shell = form.shell
    half, floor, height = shell.half_width_m, shell.style.clearance_m, shell.height_m
    front, rear = _ends(form, True), _ends(form, False)
    regions: list[Region] = []
    z = floor + 0.085 * height
    for side in (1.0, -1.0):
        center = shapely.Point(side * 0.70 * half, z)
        regions.append(
            Region(FRONT, center.buffer(0.040, quad_segs=5), "lens_fog", PART_LAMP, -0.012, "chrome", x_m=front)
        )
        pocket = soft(center.buffer(0.075).union(shapely.box(*sorted((side * 0.60 * half, side * 0.84 * half))[:1], z - 0.05,
                                                            max(side * 0.60 * half, side * 0.84 * half), z + 0.05)), 0.02)  # fmt: skip
        regions.append(Region(FRONT, pocket, "plastic_black", 0, -0.022, x_m=front))
        low, high = sorted((side * 0.62 * half, side * 0.84 * half))
        strip = shapely.box(low, floor + 0.135, high, floor + 0.165)
        regions.append(Region(REAR, strip, "reflector_red", PART_LAMP, 0.003, x_m=rear))
    fog = shapely.box(-0.68 * half, floor + 0.075, -0.52 * half, floor + 0.115)
    regions.append(Region(REAR, fog, "lens_fog_rear", PART_LAMP, 0.003, x_m=rear))
    return regions
