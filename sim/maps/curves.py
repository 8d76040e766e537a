"""Curves of OpenDRIVE: the reference line in plan view, and piecewise cubics along it (ASAM OpenDRIVE 1.7, chapters 7 to 9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import fresnel

Float64 = NDArray[np.float64]

_STRAIGHT_CURVATURE_1PM = 1e-12


@dataclass(frozen=True)
class Cubics:
    """y(s) = a + b ds + c ds² + d ds³ with ds = s - start of the record that holds s; K records, `coefficients` (K, 4).

    Before the first record y is 0, as the standard says for elevation and lane offset.
    """

    start_m: Float64
    coefficients: Float64

    def at(self, s_m: Float64) -> Float64:
        """Values (N,) at s (N,)."""
        if not len(self.start_m):
            return np.zeros_like(s_m)
        row, ds = self._locate(s_m)
        a, b, c, d = self.coefficients[row].T
        return np.asarray(np.where(row < 0, 0.0, a + ds * (b + ds * (c + ds * d))))

    def slope(self, s_m: Float64) -> Float64:
        """Derivatives dy/ds (N,) at s (N,)."""
        if not len(self.start_m):
            return np.zeros_like(s_m)
        row, ds = self._locate(s_m)
        _, b, c, d = self.coefficients[row].T
        return np.asarray(np.where(row < 0, 0.0, b + ds * (2.0 * c + ds * 3.0 * d)))

    def bend(self, s_m: Float64) -> Float64:
        """Second derivatives d²y/ds² (N,) at s (N,)."""
        if not len(self.start_m):
            return np.zeros_like(s_m)
        row, ds = self._locate(s_m)
        _, _, c, d = self.coefficients[row].T
        return np.asarray(np.where(row < 0, 0.0, 2.0 * c + 6.0 * d * ds))

    def _locate(self, s_m: Float64) -> tuple[NDArray[np.int64], Float64]:
        row = np.searchsorted(self.start_m, s_m + 1e-9, side="right") - 1
        return row, s_m - self.start_m[np.maximum(row, 0)]


NO_CUBICS = Cubics(np.zeros(0), np.zeros((0, 4)))


class PlanCurve(Protocol):
    """One geometry record in its own axes: starts at the origin, heading along x."""

    def local(self, ds_m: Float64) -> tuple[Float64, Float64, Float64, Float64]:
        """(x, y, heading, curvature), each (N,), at arc lengths (N,) from the record's start."""
        ...


@dataclass(frozen=True)
class Line:
    """A straight."""

    def local(self, ds_m: Float64) -> tuple[Float64, Float64, Float64, Float64]:
        """See PlanCurve."""
        zero = np.zeros_like(ds_m)
        return ds_m, zero, zero, zero


@dataclass(frozen=True)
class Arc:
    """A circle of constant curvature (1/m, positive to the left)."""

    curvature_1pm: float

    def local(self, ds_m: Float64) -> tuple[Float64, Float64, Float64, Float64]:
        """See PlanCurve."""
        angle = self.curvature_1pm * ds_m
        # sinc keeps the closed form exact for vanishing curvature: chord = ds sin(a/2)/(a/2) under half the angle
        chord = ds_m * np.sinc(angle / (2.0 * np.pi))
        return chord * np.cos(angle / 2), chord * np.sin(angle / 2), angle, np.full_like(ds_m, self.curvature_1pm)


@dataclass(frozen=True)
class Spiral:
    """A clothoid: curvature changes linearly from start to end over `length_m`.

    With heading k0 u + c u²/2 the position is a Fresnel integral (Abramowitz & Stegun 7.3).
    """

    start_1pm: float
    end_1pm: float
    length_m: float

    def local(self, ds_m: Float64) -> tuple[Float64, Float64, Float64, Float64]:
        """See PlanCurve."""
        rate = (self.end_1pm - self.start_1pm) / self.length_m
        if abs(rate) < _STRAIGHT_CURVATURE_1PM:
            return Arc(self.start_1pm).local(ds_m)
        scale = np.sqrt(np.pi / abs(rate))
        first = self.start_1pm / rate
        phase = -self.start_1pm * first / 2.0
        sin0, cos0 = fresnel(first / scale)
        sin1, cos1 = fresnel((first + ds_m) / scale)
        along, across = scale * (cos1 - cos0), np.sign(rate) * scale * (sin1 - sin0)
        x = np.cos(phase) * along - np.sin(phase) * across
        y = np.sin(phase) * along + np.cos(phase) * across
        return x, y, self.start_1pm * ds_m + rate * ds_m**2 / 2.0, self.start_1pm + rate * ds_m


@dataclass(frozen=True)
class ParamPoly:
    """A parametric cubic u(p), v(p); `u`, `v` are (4,) coefficients.

    `parameter_per_m` is 1 for pRange "arcLength". For "normalized" (and poly3) `table` (s, p) inverts the arc length.
    """

    u: Float64
    v: Float64
    table: tuple[Float64, Float64] | None

    def local(self, ds_m: Float64) -> tuple[Float64, Float64, Float64, Float64]:
        """See PlanCurve."""
        p = ds_m if self.table is None else np.interp(ds_m, self.table[0], self.table[1])
        x, dx, ddx = _cubic(self.u, p)
        y, dy, ddy = _cubic(self.v, p)
        speed = np.maximum(np.hypot(dx, dy), 1e-12)
        return x, y, np.arctan2(dy, dx), (dx * ddy - dy * ddx) / speed**3


def _cubic(c: Float64, p: Float64) -> tuple[Float64, Float64, Float64]:
    value = c[0] + p * (c[1] + p * (c[2] + p * c[3]))
    return value, c[1] + p * (2.0 * c[2] + p * 3.0 * c[3]), 2.0 * c[2] + 6.0 * c[3] * p


def normalized_param_poly(u: Float64, v: Float64, length_m: float, p_end: float = 1.0) -> ParamPoly:
    """A parametric cubic whose p in [0, p_end] is mapped to arc length, scaled so that p_end lies at `length_m`."""
    p = np.linspace(0.0, p_end, max(64, int(length_m * 8)) + 1)
    speed = np.hypot(_cubic(u, p)[1], _cubic(v, p)[1])
    s = np.concatenate([[0.0], np.cumsum((speed[1:] + speed[:-1]) / 2.0 * np.diff(p))])
    return ParamPoly(u, v, (s * (length_m / max(s[-1], 1e-12)), p))


def poly3(a: float, b: float, c: float, d: float, length_m: float) -> ParamPoly:
    """The deprecated record v(u) = a + b u + c u² + d u³; u ends where the arc length reaches `length_m`."""
    u = np.linspace(0.0, length_m, max(64, int(length_m * 8)) + 1)
    speed = np.hypot(1.0, b + u * (2.0 * c + u * 3.0 * d))
    s = np.concatenate([[0.0], np.cumsum((speed[1:] + speed[:-1]) / 2.0 * np.diff(u))])
    return ParamPoly(np.array([0.0, 1.0, 0.0, 0.0]), np.array([a, b, c, d]), (s, u))


@dataclass(frozen=True)
class ReferenceLine:
    """The plan view of one road: G geometry records, each a curve placed at (x, y, heading) from s = start.

    Tested by tests/maps/test_curves.py against closed forms and numerical integration.
    """

    start_m: Float64
    x_m: Float64
    y_m: Float64
    heading_rad: Float64
    curves: tuple[PlanCurve, ...]

    def at(self, s_m: Float64) -> tuple[Float64, Float64, Float64, Float64]:
        """(x, y, heading, curvature), each (N,), in world coordinates at s (N,)."""
        out = np.empty((4, len(s_m)))
        rows = np.clip(np.searchsorted(self.start_m, s_m + 1e-9, side="right") - 1, 0, len(self.curves) - 1)
        for row in np.unique(rows):
            mask = rows == row
            x, y, heading, curvature = self.curves[row].local(s_m[mask] - self.start_m[row])
            cos, sin = np.cos(self.heading_rad[row]), np.sin(self.heading_rad[row])
            out[0, mask] = self.x_m[row] + cos * x - sin * y
            out[1, mask] = self.y_m[row] + sin * x + cos * y
            out[2, mask] = self.heading_rad[row] + heading
            out[3, mask] = curvature
        return out[0], out[1], out[2], out[3]
