"""Companding of wide linear raw values to fewer bits by straight pieces, as image sensors do it on the chip, and its inverse.

A knee is (linear value, companded value). Shot noise grows with the signal, so bright values may be stored coarsely: a step of slope
s adds a noise of sqrt((s² - 1) / 12), which should stay well below the light's own. Tested by tests/sensors/test_companding.py.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.base.errors import RigError

Integers = NDArray[np.uint32]
NOISE_SHARE = 0.6
"""Most that the rounding noise of a piece may be of the signal's own noise."""


class Companding:
    """Integer piecewise-linear curve from `in_bits` to `out_bits`. Raises RigError where it is no curve."""

    def __init__(self, knees: Sequence[tuple[int, int]], in_bits: int, out_bits: int) -> None:
        """Check the knees, and build the table of the inverse (one entry for each companded value)."""
        self.knees = tuple((int(x), int(y)) for x, y in knees)
        self.in_bits, self.out_bits = in_bits, out_bits
        self._check()
        self._x = np.array([x for x, _ in self.knees], np.int64)
        self._y = np.array([y for _, y in self.knees], np.int64)
        self.expanded = self._inverse(np.arange(1 << out_bits, dtype=np.int64)).astype(np.uint32)
        self.expanded.setflags(write=False)

    def _check(self) -> None:
        last = ((1 << self.in_bits) - 1, (1 << self.out_bits) - 1)
        if len(self.knees) < 2 or self.knees[0] != (0, 0) or self.knees[-1] != last:
            raise RigError(
                f"companding: found knees from {self.knees[:1]} to {self.knees[-1:]}; expected the first to be (0, 0) and the last "
                f"{last}, the largest values of {self.in_bits} and {self.out_bits} bits"
            )
        slope = 0.0
        for (x0, y0), (x1, y1) in itertools.pairwise(self.knees):
            if x1 <= x0 or y1 <= y0:
                raise RigError(
                    f"companding: found knee ({x1}, {y1}) after ({x0}, {y0}); the curve must grow: both values of a knee must exceed "
                    "those of the one before"
                )
            if (x1 - x0) / (y1 - y0) < max(slope, 1.0):
                raise RigError(
                    f"companding: found {(x1 - x0) / (y1 - y0):.3g} linear steps per step from ({x0}, {y0}) to ({x1}, {y1}), after "
                    f"{max(slope, 1.0):.3g}; each piece must be at least as coarse as the one before, from 1 on"
                )
            slope = (x1 - x0) / (y1 - y0)

    def compress(self, linear: NDArray[np.integer]) -> Integers:
        """Companded values of linear ones, rounded to the nearest; values beyond the curve's end give its last."""
        x = np.clip(linear.astype(np.int64), 0, self._x[-1])
        piece = np.clip(np.searchsorted(self._x, x, side="right") - 1, 0, len(self._x) - 2)
        run, rise = self._x[piece + 1] - self._x[piece], self._y[piece + 1] - self._y[piece]
        return np.asarray(self._y[piece] + (2 * (x - self._x[piece]) * rise + run) // (2 * run), np.uint32)

    def expand(self, companded: NDArray[np.integer]) -> Integers:
        """Linear values of companded ones."""
        return np.asarray(self.expanded[companded], np.uint32)

    def _inverse(self, y: NDArray[np.int64]) -> NDArray[np.int64]:
        piece = np.clip(np.searchsorted(self._y, y, side="right") - 1, 0, len(self._y) - 2)
        run, rise = self._x[piece + 1] - self._x[piece], self._y[piece + 1] - self._y[piece]
        return np.asarray(self._x[piece] + (2 * (y - self._y[piece]) * run + rise) // (2 * rise), np.int64)

    def worst_noise_share(self, sigma_dn: Callable[[float], float]) -> tuple[float, int]:
        """Largest ratio of rounding noise to signal noise over the curve, and the linear value where it is.

        `sigma_dn` tells the signal's noise in linear DN at a linear value. Within a piece noise grows with the signal, except
        where a coarser exposure takes over, so the beginnings of pieces are looked at.
        """
        worst = 0.0, 0
        for (x0, y0), (x1, y1) in itertools.pairwise(self.knees):
            # whole numbers in, whole numbers out: a piece of slope 1 loses nothing
            slope = (x1 - x0) / (y1 - y0)
            share = math.sqrt((slope * slope - 1.0) / 12.0) / sigma_dn(float(x0))
            worst = max(worst, (share, x0))
        return worst
