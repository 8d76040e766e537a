"""The form of a car's body: a function that is negative inside it, put together from the profiles of a BodyStyle.

Lower body and cabin are each the rounded intersection of what their side view, plan and cross section allow; their union is
the body. Wheel arches are cut out as circles, and every outline of rendering.assets.car_outlines is cut into the skin.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from rendering.assets.car_styles import BodyStyle, Profile
from rendering.assets.cutting import BOTTOM, SIDES, Region, Skin, cut, skin_of
from rendering.assets.implicit import isosurface, smooth_max, smooth_min
from rendering.materials import SLOT_PAINT
from rendering.mesh import Mesh

Float64 = NDArray[np.float64]

_TABLE = 801
CABIN_INSET_M = 0.075
"""How far the foot of the side windows stands in from the widest point of the body."""
_FLANK: Profile = (
    (0.0, 0.085),
    (0.08, 0.045),
    (0.18, 0.022),
    (0.32, 0.004),
    (0.45, 0.0),
    (0.62, 0.010),
    (0.74, 0.013),
    (0.80, 0.006),
    (0.86, 0.022),
    (1.0, 0.058),
)
"""Setback of the flank from the widest point, m, from the floor (0) to the belt (1): sill, door, waist, shoulder line."""
_FLANK_ENDS: Profile = (
    (0.0, 0.085),
    (0.10, 0.040),
    (0.25, 0.010),
    (0.45, 0.0),
    (0.70, 0.010),
    (0.86, 0.030),
    (1.0, 0.058),
)
"""The same where the flank turns into nose and tail: waist and shoulder line have faded out."""
_WINDSCREEN_BOW_M, _REAR_BOW_M, _ROOF_CROWN_M = 0.15, 0.10, 0.035
_FLARE_M, _FLARE_WIDTH_M = 0.014, 0.055


@dataclass(frozen=True)
class Shell:
    """Where a body lies: `length_m` along x, half width `half_width_m`, roof at `height_m`; wheels at `axles_x_m`."""

    style: BodyStyle
    length_m: float
    half_width_m: float
    height_m: float
    nose_x_m: float
    axles_x_m: tuple[float, ...]
    wheel_radius_m: float
    arch_radius_m: float
    well_inset_m: float
    paint: int = SLOT_PAINT
    side_glass: str = "glass_car"

    def x_at(self, fraction: float) -> float:
        """x of a fraction of the length from the nose."""
        return self.nose_x_m - fraction * self.length_m

    def height_at(self, profile: Profile, fraction: float) -> float:
        """Height in m of a profile of the style at a fraction of the length."""
        return float(profile_at(profile, np.array([fraction]))[0]) * self.height_m


def profile_at(profile: Profile, fraction: Float64) -> Float64:
    """Shape-preserving cubic through the points of a profile (Fritsch & Carlson 1980: it never overshoots)."""
    points = np.asarray(profile)
    return np.asarray(PchipInterpolator(points[:, 0], points[:, 1])(np.clip(fraction, 0.0, 1.0)))


class Form:
    """The body as a function of space, and measures taken from it. Frame of the vehicle, ground at z = 0."""

    def __init__(self, shell: Shell) -> None:
        style, self.shell = shell.style, shell
        self._f = np.linspace(0.0, 1.0, _TABLE)
        self._top = profile_at(style.top, self._f) * shell.height_m
        self._slope = np.gradient(self._top, self._f * shell.length_m)
        self._belt = np.minimum(profile_at(style.belt, self._f) * shell.height_m, self._top - 0.012)
        self._plan = profile_at(style.plan, self._f) * shell.half_width_m
        cabin = np.clip((self._top - self._belt - 0.05) / 0.10, 0.0, 1.0)
        self._cabin = cabin * cabin * (3.0 - 2.0 * cabin)
        self._peak = float(self._f[int(np.argmax(self._top))])

    def _at(self, table: Float64, x: Float64) -> Float64:
        return np.interp((self.shell.nose_x_m - x) / self.shell.length_m, self._f, table)

    def belt_m(self, x: Float64) -> Float64:
        """Height of the line under the side windows."""
        return self._at(self._belt, x)

    def top_m(self, x: Float64, y: Float64) -> Float64:
        """Height of roof, panes and lids: the centre line's, bowed and crowned across."""
        share = (y / self.shell.half_width_m) ** 2
        f = (self.shell.nose_x_m - x) / self.shell.length_m
        ahead = np.clip((self._peak - f) * 25.0, 0.0, 1.0)
        shift = (ahead * _WINDSCREEN_BOW_M - (1.0 - ahead) * _REAR_BOW_M) * share * self._at(self._cabin, x)
        return self._at(self._top, x + shift) - _ROOF_CROWN_M * share

    def half_width_m(self, x: Float64) -> Float64:
        """Half of the widest measure of the plan at x."""
        return self._at(self._plan, x)

    def cabin_half_m(self, x: Float64, z: Float64) -> Float64:
        """Half width of the cabin at height z: the side windows lean in and are a little curved."""
        rise = np.maximum(z - self.belt_m(x), 0.0)
        return self.half_width_m(x) - CABIN_INSET_M - self.shell.style.tumblehome * rise * (0.75 + 0.4 * rise)

    def floor_m(self, x: Float64) -> Float64:
        """Height of the underside, which rises to both ends."""
        f = (self.shell.nose_x_m - x) / self.shell.length_m
        ends = np.clip(1.0 - np.minimum(f, 1.0 - f) * self.shell.length_m / 0.35, 0.0, 1.0) ** 2
        return self.shell.style.clearance_m + 0.05 * ends

    def _lower(self, x: Float64, y: Float64, z: Float64) -> Float64:
        shell, style = self.shell, self.shell.style
        across = y / shell.half_width_m
        floor, belt, width = self.floor_m(x), self.belt_m(x), self.half_width_m(x)
        rise = (z - floor) / (belt - floor)
        ends = np.minimum(shell.nose_x_m - x, x - shell.nose_x_m + shell.length_m)
        fade = np.clip(ends / 0.65 - 0.25, 0.0, 1.0)
        setback = np.interp(rise, *_table(_FLANK)) * fade + np.interp(rise, *_table(_FLANK_ENDS)) * (1.0 - fade)
        setback = setback * min(shell.half_width_m / 0.9, 1.0)
        flare = np.zeros(1)
        for axle in shell.axles_x_m:
            ring = np.hypot(x - axle, z - shell.wheel_radius_m) - shell.arch_radius_m
            flare = flare + _FLARE_M * np.exp(-((ring / _FLARE_WIDTH_M) ** 2))
        side = y - (width - setback + flare)
        bow = np.abs(across) ** 2.2
        level = z / shell.height_m
        nose = shell.nose_x_m - style.nose_bow_m * bow - np.interp(level, *_table(style.front_face))
        tail = shell.nose_x_m - shell.length_m + style.tail_bow_m * bow + np.interp(level, *_table(style.rear_face))
        crown = np.minimum(self._at(self._top, x), belt + 0.05) - belt
        lid = z - belt - crown * (1.0 - np.minimum((y / width) ** 2, 1.0))
        lid = lid / np.sqrt(1.0 + self._at(self._slope, x) ** 2 * (1.0 - self._at(self._cabin, x)))
        radius = style.edge_radius_m
        form = smooth_max(smooth_max(side, x - nose, 2.2 * radius), tail - x, 1.6 * radius)
        form = smooth_max(form, lid, 0.05 + 0.05 * (1.0 - self._at(self._cabin, x)))
        return smooth_max(form, floor - z, 0.05)

    def _upper(self, x: Float64, y: Float64, z: Float64) -> Float64:
        shell, style = self.shell, self.shell.style
        side = y - self.cabin_half_m(x, z)
        sunk = 0.03 * (1.0 - self._at(self._cabin, x))
        top = (z - self.top_m(x, y) + sunk) / np.sqrt(1.0 + self._at(self._slope, x) ** 2)
        level = z / shell.height_m
        bow = np.abs(y / shell.half_width_m) ** 2.2
        nose = shell.nose_x_m - style.nose_bow_m * bow - np.interp(level, *_table(style.front_face))
        tail = shell.nose_x_m - shell.length_m + style.tail_bow_m * bow + np.interp(level, *_table(style.rear_face))
        form = smooth_max(smooth_max(side, x - nose, 1.6 * style.edge_radius_m), tail - x, style.edge_radius_m)
        form = smooth_max(form, top, 0.075 if style.tumblehome > 0.1 else 0.14)
        return np.maximum(form, self.belt_m(x) - 0.20 - z)

    def solid(self, x: Float64, y: Float64, z: Float64) -> Float64:
        """As the form itself, but with the load bed filled up."""
        y = np.abs(y)
        return smooth_min(self._lower(x, y, z), self._upper(x, y, z), 0.02)

    def __call__(self, x: Float64, y: Float64, z: Float64) -> Float64:
        """Signed distance in m, about; negative inside."""
        form, style = self.solid(x, y, z), self.shell.style
        if style.cargo_bed is not None:
            front, rear = (self.shell.x_at(f) for f in style.cargo_bed)
            bed = np.maximum(np.maximum(x - front, rear - x), np.abs(y) - (self.half_width_m(x) - 0.14))
            bed = smooth_max(bed, 0.62 * self.belt_m(x) - z, 0.05)
            form = smooth_max(form, -bed, 0.025)
        return form

    def side_y(self, x: Float64, z: Float64) -> Float64:
        """y of the left flank at points (x, z), by bisection; 0 where the body does not reach."""
        low, high = np.zeros(np.broadcast(x, z).shape), np.full(np.broadcast(x, z).shape, self.shell.half_width_m + 0.1)
        for _ in range(22):
            middle = 0.5 * (low + high)
            inside = self.solid(x, middle, z) < 0.0
            low, high = np.where(inside, middle, low), np.where(inside, high, middle)
        return low

    def end_x(self, y: Float64, z: Float64, forward: bool) -> Float64:
        """x of the nose (`forward`) or the tail at points (y, z), by bisection from the middle of the body."""
        shape = np.broadcast(y, z).shape
        center = self.shell.nose_x_m - 0.5 * self.shell.length_m
        low, high = np.full(shape, center), np.full(shape, center + (0.6 if forward else -0.6) * self.shell.length_m)
        for _ in range(26):
            middle = 0.5 * (low + high)
            inside = self.solid(middle, y, z) < 0.0
            low, high = np.where(inside, middle, low), np.where(inside, high, middle)
        return low

    def axes(self) -> tuple[Float64, Float64, Float64]:
        """Grid coordinates: fine at the ends, at the flanks and in height, coarser between."""
        shell = self.shell
        step = max(0.072, shell.length_m / 90.0)
        tail, nose = shell.nose_x_m - shell.length_m - 0.06, shell.nose_x_m + 0.06
        ends = min(0.55, 0.2 * shell.length_m)
        x = _spaced([tail, tail + ends, nose - ends, nose], [0.046, step, 0.046])
        edge = shell.half_width_m + 0.09
        half = _spaced([0.0, edge - 0.42, edge], [0.085, 0.052])
        y = np.concatenate([-half[::-1], half]) if half[0] > 0.0 else np.concatenate([-half[:0:-1], half])
        y = np.where(np.abs(y) < 1e-9, 0.004, y)
        z = _spaced([shell.style.clearance_m - 0.07, shell.height_m + 0.08], [max(0.050, shell.height_m / 46.0)])
        return x, y, z


def _spaced(ends: list[float], steps: list[float]) -> Float64:
    """Coordinates through `ends` with about the given step in each interval."""
    pieces = [
        np.linspace(a, b, max(round((b - a) / step), 1), endpoint=False)
        for a, b, step in zip(ends, ends[1:], steps, strict=False)
    ]
    return np.concatenate([*pieces, [ends[-1]]])


@cache
def _table(profile: Profile) -> tuple[Float64, Float64]:
    """A profile over 0 to 1 as a table; constant beyond its ends."""
    share = np.linspace(0.0, 1.0, 201)
    points = np.asarray(profile)
    return share, np.asarray(PchipInterpolator(points[:, 0], points[:, 1])(np.clip(share, points[0, 0], points[-1, 0])))


@cache
def form_of(shell: Shell) -> Form:
    """The form of a shell."""
    return Form(shell)


@cache
def body_skin(shell: Shell) -> Skin:
    """The skin in paint with its wheel arches, before anything else is cut in."""
    form = form_of(shell)
    skin = skin_of(*isosurface(form, form.axes()), shell.paint)
    return cut(skin, arch_holes(shell))


def body_mesh(shell: Shell) -> Mesh:
    """The painted skin without windows and details: what doors and patches are cast onto."""
    return body_skin(shell).mesh()


def arch_holes(shell: Shell) -> list[Region]:
    """Holes in flanks and floor for the wheels."""
    holes = []
    for axle in shell.axles_x_m:
        disc = shapely.Point(axle, shell.wheel_radius_m).buffer(shell.arch_radius_m, quad_segs=9)
        # below the axle the opening runs straight down
        reach = shell.arch_radius_m
        foot = shapely.box(axle - reach, -1.0, axle + reach, shell.wheel_radius_m)
        holes.append(Region(SIDES, disc.union(foot), None, x_m=(axle - reach - 0.3, axle + reach + 0.3)))
        inner = shell.half_width_m - shell.well_inset_m
        for low, high in ((inner, shell.half_width_m + 0.2), (-shell.half_width_m - 0.2, -inner)):
            holes.append(Region(BOTTOM, shapely.box(axle - reach, low, axle + reach, high), None))
    return holes
