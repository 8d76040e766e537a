"""Light that a lens scatters over the picture, computed on a coarse picture of a quarter the width and height.

Point spread: (1 - g - v - ...) at the place itself, g times the lobes sum w k(r), v evenly. A lobe 1 / (r² + a²)^p is exactly a
mixture of Gaussians, t^(p-1) exp(-t (r² + a²)) dt / Gamma(p) with sigma = 1 / sqrt(2 t), so that a pyramid of blurred pictures, each
half the size of the one before, makes it to a few per cent at any distance; narrower ones than 2 px and wider ones than half the
picture's diagonal are left out, and the weights make up for the light. The surroundings count as evenly bright, as the square of the
picture's mean root, which no lamp can carry away: a uniform field stays as it is. Tested by tests/sensors/test_glare.py.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from sensors.config.glare import Glare, GlareLobe

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

COARSE = 4
REACH_OF_DIAGONAL = 0.5
"""The widest Gaussian of the mixture, as a share of the picture's diagonal."""
_SMALLEST_PX = 3
_BLUR = 1.0


class GlarePyramid:
    """Spreads coarse pictures (h, w, 3) by one glare law; arrays are reused."""

    def __init__(
        self,
        glare: Glare,
        width_px: int,
        height_px: int,
        center_px: tuple[float, float],
        spikes: Float32 | None = None,
    ) -> None:
        """`center_px` is the principal point, through which ghosts are turned; `spikes` the starburst's kernel."""
        self._glare = glare
        self._spikes = spikes
        shapes = [(coarse_size(height_px), coarse_size(width_px))]
        while min(shapes[-1]) > _SMALLEST_PX:
            shapes.append(((shapes[-1][0] + 1) // 2, (shapes[-1][1] + 1) // 2))
        self._levels = [np.zeros((*shape, 3), np.float32) for shape in shapes]
        self._blurred = [np.zeros((*shape, 3), np.float32) for shape in shapes]
        self._raised = [np.zeros((*shape, 3), np.float32) for shape in shapes]
        sigmas = level_sigmas_px(len(shapes))
        reach = reach_px(width_px, height_px)
        weights = glare.share * lobe_weights(glare.lobes, sigmas, reach) if glare.lobes else np.zeros(len(sigmas))
        self._weights = [float(weight) for weight in weights]
        self._maps = [
            _ghost_map(ghost.magnification, shapes[0], (height_px, width_px), center_px) for ghost in glare.ghosts
        ]
        self._ghost = np.zeros((*shapes[0], 3), np.float32)
        self._defocused = np.zeros((*shapes[0], 3), np.float32)

    @property
    def straight_share(self) -> Float64:
        """(3,) what is left of each colour's light on its way straight on."""
        glare = self._glare
        ghosts = sum((ghost.strength * np.array(ghost.tint) for ghost in glare.ghosts), np.zeros(3))
        spikes = glare.starburst.share if glare.starburst is not None else 0.0
        return np.asarray(1.0 - glare.share - glare.veil - spikes - ghosts)

    def spread(self, coarse: Float32, out: Float32) -> None:
        """Fill out (h, w, 3) with what glare adds to the picture whose coarse version is given."""
        glare = self._glare
        mean = cv2.mean(coarse)
        excess = self._levels[0]
        np.sqrt(coarse, out=excess)
        around = tuple(root * root for root in cv2.mean(excess))
        cv2.subtract(coarse, around, excess)
        base = tuple(glare.share * a + glare.veil * m for a, m in zip(around, mean, strict=True))
        if glare.share > 0.0:
            cv2.add(self._lobes(), base, out)
        else:
            out[:] = np.array(base[:3], np.float32)
        if glare.starburst is not None and self._spikes is not None:
            cv2.filter2D(excess, -1, self._spikes, self._defocused, borderType=cv2.BORDER_CONSTANT)
            cv2.add(self._defocused, around, self._defocused)
            # the transform of a large filter rounds: there is no negative light
            np.maximum(self._defocused, np.float32(0.0), out=self._defocused)
            cv2.scaleAdd(self._defocused, glare.starburst.share, out, out)
        for ghost, matrix in zip(glare.ghosts, self._maps, strict=True):
            # ghosts are out of focus, and a shrunken one must not miss lamps between its samples; outside, the excess is nothing
            blur = max(1.0, 0.6 / ghost.magnification)
            cv2.GaussianBlur(excess, (0, 0), blur, self._defocused, blur, cv2.BORDER_CONSTANT)
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            size = excess.shape[1::-1]
            cv2.warpAffine(self._defocused, matrix, size, self._ghost, flags, cv2.BORDER_CONSTANT, (0.0, 0.0, 0.0))
            strength = (*(ghost.strength * tint for tint in ghost.tint), 0.0)
            cv2.add(self._ghost, around, self._ghost)
            cv2.multiply(self._ghost, strength, self._ghost)
            cv2.add(out, self._ghost, out)

    def _lobes(self) -> Float32:
        """The lobes' share of the excess in level 0, spread; the array is one of the pyramid's own."""
        levels, blurred, raised = self._levels, self._blurred, self._raised
        for fine, coarse in itertools.pairwise(levels):
            cv2.resize(fine, coarse.shape[1::-1], coarse, interpolation=cv2.INTER_AREA)
        top = len(levels) - 1
        for level in range(top, -1, -1):
            weight = self._weights[level + 1]
            cv2.GaussianBlur(levels[level], (7, 7), _BLUR, blurred[level], _BLUR, cv2.BORDER_CONSTANT)
            if level == top:
                np.multiply(blurred[level], np.float32(weight), out=raised[level])
                continue
            cv2.resize(raised[level + 1], levels[level].shape[1::-1], raised[level], interpolation=cv2.INTER_LINEAR)
            cv2.scaleAdd(blurred[level], weight, raised[level], raised[level])
        cv2.scaleAdd(levels[0], self._weights[0], raised[0], raised[0])
        return raised[0]


def coarse_size(size_px: int) -> int:
    """Pixels of the coarse picture along a side."""
    return -(-size_px // COARSE)


def reach_px(width_px: int, height_px: int) -> float:
    """Sigma of the widest Gaussian in the lobes' mixture."""
    return REACH_OF_DIAGONAL * math.hypot(width_px, height_px)


def level_sigmas_px(levels: int) -> list[float]:
    """Standard deviations along one axis of what the pyramid's parts make of a point, sharpest first: the coarse picture itself, and
    each level's blur, with the means over its pixels and the linear interpolation back up taken in."""
    up = COARSE**2 * 0.171875
    sigmas = [math.sqrt(COARSE**2 / 12.0 + up)]
    for level in range(levels):
        scale2 = float(COARSE * 2**level) ** 2
        sigmas.append(math.sqrt(scale2 / 12.0 + _BLUR**2 * scale2 + up))
        # halving the distance of the pixels: 3/4 of each at a quarter, 1/4 at three quarters of it
        up += (2.0**2 * scale2) * 0.1875
    return sigmas


def lobe_weights(lobes: Sequence[GlareLobe], sigmas_px: Sequence[float], widest_px: float) -> Float64:
    """Share of the lobes' light for each Gaussian, summing to 1: the mixture's integral between the geometric means."""
    total = sum(lobe.weight for lobe in lobes)
    bounds = [math.sqrt(a * b) for a, b in itertools.pairwise(sigmas_px)]
    bounds = [*(min(bound, widest_px) for bound in bounds), widest_px]
    weights = np.zeros(len(sigmas_px))
    for lobe in lobes:
        # light in Gaussians wider than sigma: the incomplete gamma function of order p - 1
        narrower = np.array([_narrower(lobe, bound) for bound in bounds]) / _narrower(lobe, widest_px)
        weights += lobe.weight / total * np.diff(narrower, prepend=0.0)
    return weights


def _narrower(lobe: GlareLobe, sigma_px: float) -> float:
    """Share of the untruncated lobe's light in Gaussians narrower than sigma."""
    return float(gammaincc(lobe.power - 1.0, lobe.radius_px**2 / (2.0 * sigma_px**2)))


def lobe_density(lobes: Sequence[GlareLobe], distance_px: Float64, widest_px: float) -> Float64:
    """The lobes' light per px² at distances from a source of unit light; over the plane it sums to 1.

    sum w (r² + a²)^-p, normalised, and faded by the upper incomplete gamma function where Gaussians wider than widest_px are left out.
    """
    total = sum(lobe.weight for lobe in lobes)
    least = 1.0 / (2.0 * widest_px**2)
    out = np.zeros(np.shape(distance_px))
    for lobe in lobes:
        p, a2 = lobe.power, lobe.radius_px**2
        r2 = np.asarray(distance_px) ** 2 + a2
        plane = math.pi * a2 ** (1.0 - p) / (p - 1.0) * _narrower(lobe, widest_px)
        out += lobe.weight / total / plane * r2**-p * gammaincc(p, least * r2)
    return out


def _ghost_map(
    magnification: float, coarse: tuple[int, int], full: tuple[int, int], center_px: tuple[float, float]
) -> Float64:
    """(2, 3): coarse pixel of the ghost to the coarse pixel that it shows, c - (x - c) / m."""
    scale = [small / large for small, large in zip(coarse, full, strict=True)]
    cy, cx = ((center + 0.5) * s - 0.5 for center, s in zip(center_px[::-1], scale, strict=True))
    m = magnification
    return np.array([[-1.0 / m, 0.0, cx * (1.0 + 1.0 / m)], [0.0, -1.0 / m, cy * (1.0 + 1.0 / m)]])
