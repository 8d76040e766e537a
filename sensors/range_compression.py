"""Local tone mapping before demosaicing: fits the range of merged exposures into that of a picture.

The gain of a cell of the mosaic depends on the brightness around it: base = local mean of log2 luminance, but close to a strong
edge the cell's own (guided filter, He, Sun and Tang, PAMI 35(6), 2013, on a small picture, its two coefficients enlarged). The base
is squeezed, what deviates from it is kept: details keep their contrast, colours their ratio, since a cell has one gain. How much
is squeezed follows the scene: nothing as long as it fits. All logarithms are of shares of the metering full scale.
Tested by tests/sensors/test_range_compression.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

DARKEST_EV, BRIGHTEST_EV = -14.0, 14.0
STEPS_PER_EV = 64
REDUCTION = 8
"""The small picture has one pixel for so many cells a side."""
WINDOW_SHARE = 1.0 / 12.0
"""Half width of the local mean, of the picture's height."""
EDGE_EV = 0.5
"""Steps of the base above this count as edges, which keep no halo."""
MIDDLE_EV = math.log2(0.18)
RESERVE_EV = 1.5
"""How much darker than a picture of one read everything is left, so that bright colours fit in; the tone curve gives it back."""
TOP_EV = math.log2(0.45)
"""Where the brightest base shall lie."""
SHADOWS_EV = 6.0
"""The darkest base lies at most about so far below the middle, unless that takes more than LEAST_DARK_SLOPE: night stays night."""
LEAST_DARK_SLOPE = 0.7
KEPT_ABOVE_EV, KEPT_BELOW_EV = 0.5, 1.0
"""Around the middle nothing is squeezed."""
KNEE_EV = 0.4
LEAST_SLOPE = 0.1
DARK_PERCENT, BRIGHT_PERCENT = 1.0, 99.5
FOLLOW_SHARE = 0.2
"""The picture's range follows the scene's by this share a frame, so that it does not pump."""


@dataclass(frozen=True)
class Range:
    """Base luminance of a scene in EV: mean over the road and what stands on it, nearly the darkest, nearly the brightest."""

    middle: float
    dark: float
    bright: float

    def towards(self, other: Range, share: float) -> Range:
        """A share of the way to another range."""

        def mixed(a: float, b: float) -> float:
            return a + share * (b - a)

        return Range(mixed(self.middle, other.middle), mixed(self.dark, other.dark), mixed(self.bright, other.bright))


def squeezed(base_ev: Float64, scene: Range) -> Float64:
    """Where base luminances go, EV: the middle to MIDDLE_EV where it lies above that, slope 1 around it, less far from it; all
    RESERVE_EV darker."""
    distance = base_ev - scene.middle
    anchor = min(scene.middle, MIDDLE_EV) - RESERVE_EV
    above, room = scene.bright - scene.middle, TOP_EV - anchor
    high = (
        min(max((room - KEPT_ABOVE_EV) / max(above - KEPT_ABOVE_EV, 1e-3), LEAST_SLOPE), 1.0) if above > room else 1.0
    )
    low = min(max(SHADOWS_EV / max(scene.middle - scene.dark, SHADOWS_EV), LEAST_DARK_SLOPE), 1.0)
    out = distance - (1.0 - high) * KNEE_EV * np.logaddexp(0.0, (distance - KEPT_ABOVE_EV) / KNEE_EV)
    out += (1.0 - low) * KNEE_EV * np.logaddexp(0.0, (-distance - KEPT_BELOW_EV) / KNEE_EV)
    return np.asarray(anchor + out)


class RangeCompression:
    """The base of each frame and the gain for it; the scene's range is the only state."""

    def __init__(self, cells: tuple[int, int], local: bool) -> None:
        """`cells` rows and columns of the mosaic's cells; not `local`: each cell's own luminance is its base."""
        self._local = local
        self._size = (max(cells[1] // REDUCTION, 4), max(cells[0] // REDUCTION, 4))
        half = max(round(self._size[1] * WINDOW_SHARE), 1)
        self._window = (2 * half + 1, 2 * half + 1)
        down = (np.arange(self._size[1]) + 0.5) / self._size[1]
        # as the exposure control meters: the sky counts little
        weights = np.interp(down, [0.0, 0.35, 0.5, 0.9, 1.0], [0.1, 0.25, 1.0, 1.0, 0.6])
        self._weights = weights / weights.sum()
        self.slope: Float32 = np.ones(cells, np.float32)
        self.offset: Float32 = np.zeros(cells, np.float32)
        self._base_ev = np.arange(DARKEST_EV, BRIGHTEST_EV + 1e-9, 1.0 / STEPS_PER_EV)
        self.reset()

    def reset(self) -> None:
        """Forget all frames."""
        self.scene: Range | None = None

    def gains(self, log_luminance: Float32) -> Float32:
        """(N,) gain of each base from DARKEST_EV on, STEPS_PER_EV; sets `slope` and `offset`, whose line through a cell's log
        luminance is its base (rows, columns of cells)."""
        small = cv2.resize(log_luminance, self._size, interpolation=cv2.INTER_AREA)
        base = small
        if self._local:
            mean = cv2.blur(small, self._window)
            variance = np.maximum(cv2.blur(small * small, self._window) - mean * mean, 0.0)
            slope = variance / (variance + np.float32(EDGE_EV**2))
            offset = cv2.blur((np.float32(1.0) - slope) * mean, self._window)
            slope = cv2.blur(slope, self._window)
            base = slope * small + offset
            size = self.slope.shape[::-1]
            cv2.resize(slope, size, self.slope, interpolation=cv2.INTER_LINEAR)
            cv2.resize(offset, size, self.offset, interpolation=cv2.INTER_LINEAR)
        dark, bright = np.percentile(base, [DARK_PERCENT, BRIGHT_PERCENT])
        now = Range(float(self._weights @ base.mean(axis=1)), float(dark), float(bright))
        self.scene = now if self.scene is None else self.scene.towards(now, FOLLOW_SHARE)
        return np.exp2(squeezed(self._base_ev, self.scene) - self._base_ev).astype(np.float32)
