"""Drops, dirt and ice on the glass before a lens: what they let through, where they send the rest, and the label of it.

All lie within a few centimetres of the lens and are far out of focus; maps on the coarse picture (sensors.optics.glare.COARSE)
hold them. Luminance behind them: L' = through * L + drops * L(seen through the drop) + scatter * L(blurred widely). A drop is a
short-focused lens: it shows a wide field, upside down, out of focus. Patterns come from the camera's seed alone.
Tested by tests/sensors/test_soiling.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.config.soiling import Soiling
from sensors.kernels import soiling as kernels
from sensors.optics.glare import COARSE, coarse_size
from sim.base.streams import stream

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

DROP_FIELD = 4.0
"""A drop shows the scene over this many times its own diameter."""
DROP_CLEARNESS = 0.92
"""Share of the light that water and its two faces let pass."""
DIRT_SCATTER = 0.25
"""Of the light that dirt takes, this share is scattered, the rest taken up."""
ICE_SCATTER = 0.9
DROP_BLUR = 2.5
SCATTER_SHRINK = 8
RAIN_STEPS = 20


class SoilingClass(IntEnum):
    """Values of the soiling mask, by the share of light that still arrives straight."""

    CLEAN = 0
    TRANSPARENT = 1
    SEMI_TRANSPARENT = 2
    OPAQUE = 3


LEAST_THROUGH = ((SoilingClass.CLEAN, 0.97), (SoilingClass.TRANSPARENT, 0.6), (SoilingClass.SEMI_TRANSPARENT, 0.2))
"""Share of straight light from which a pixel is of a class, from the clearest on; below all of them it is opaque."""


@dataclass(frozen=True)
class SoilingMaps:
    """On the coarse picture (h, w): shares of light that goes straight through, comes by way of drops, and is scattered; and the
    coarse pixel (x, y) that each pixel sees through its drop."""

    through: Float32
    drops: Float32
    scatter: Float32
    seen_x: Float32
    seen_y: Float32


class DirtyGlass:
    """The glass before one camera; its maps change only with the rain."""

    def __init__(self, soiling: Soiling, width_px: int, height_px: int, seed: int, name: str) -> None:
        """Draw the patterns from the seed and the camera's name."""
        self._soiling = soiling
        self._size = (height_px, width_px)
        self._seed, self._name = seed, name
        shape = (coarse_size(height_px), coarse_size(width_px))
        small = (max(shape[0] // SCATTER_SHRINK, 2), max(shape[1] // SCATTER_SHRINK, 2))
        self._near = np.zeros((*shape, 3), np.float32)
        self._seen = np.zeros((*shape, 3), np.float32)
        self._small = np.zeros((*small, 3), np.float32)
        self._small_blurred = np.zeros((*small, 3), np.float32)
        self._wide = np.zeros((*shape, 3), np.float32)
        self._rain_step = -1
        self.changes = 0
        self.rain(0.0)

    def rain(self, precipitation_percent: float) -> None:
        """Let as many drops be there as a weather's precipitation says, in steps of a twentieth; only "from_weather" drops follow."""
        drops = self._soiling.drops
        follows = drops is not None and drops.amount == "from_weather"
        step = round(min(max(precipitation_percent, 0.0), 100.0) / 100.0 * RAIN_STEPS) if follows else RAIN_STEPS
        if step == self._rain_step:
            return
        self._rain_step = step
        self.changes += 1
        self.maps = soiling_maps(self._soiling, *self._size, self._seed, self._name, step / RAIN_STEPS)

    def act(self, coarse: Float32, added: Float32) -> None:
        """Turn coarse luminance (h, w, 3), in place, into that behind the glass; `added` is the part that did not come straight."""
        maps = self.maps
        cv2.GaussianBlur(coarse, (11, 11), DROP_BLUR, self._near, DROP_BLUR, cv2.BORDER_REFLECT)
        cv2.remap(self._near, maps.seen_x, maps.seen_y, cv2.INTER_LINEAR, self._seen, cv2.BORDER_REFLECT)
        cv2.resize(coarse, self._small.shape[1::-1], self._small, interpolation=cv2.INTER_AREA)
        cv2.GaussianBlur(self._small, (0, 0), 1.5, self._small_blurred, 1.5, cv2.BORDER_REFLECT)
        cv2.resize(self._small_blurred, self._wide.shape[1::-1], self._wide, interpolation=cv2.INTER_LINEAR)
        kernels.soil(coarse, maps.through, maps.drops, self._seen, maps.scatter, self._wide, added)

    def mask(self) -> NDArray[np.uint8]:
        """(H, W) SoilingClass of every pixel, as of the last `rain`."""
        through = cv2.resize(self.maps.through, self._size[::-1], interpolation=cv2.INTER_LINEAR)
        out = np.full(self._size, SoilingClass.OPAQUE, np.uint8)
        for kind, least in reversed(LEAST_THROUGH):
            out[through >= least] = kind
        return out


def soiling_maps(
    soiling: Soiling, height_px: int, width_px: int, seed: int, name: str, drop_amount: float = 1.0
) -> SoilingMaps:
    """Maps of one pattern; `drop_amount` 0..1 is how many of the drops are there."""
    shape = (coarse_size(height_px), coarse_size(width_px))
    y, x = (grid.astype(np.float32) for grid in np.mgrid[0 : shape[0], 0 : shape[1]])
    through, scatter = np.ones(shape, np.float32), np.zeros(shape, np.float32)
    drops, seen_x, seen_y = np.zeros(shape, np.float32), x.copy(), y.copy()
    edge = soiling.edge_px / COARSE
    if soiling.dirt is not None:
        rng = stream(seed, "camera", name, "dirt")
        spots = _spots(rng, shape, soiling.dirt.coverage, soiling.dirt.size_px / COARSE, 1.0)
        taken = soiling.dirt.opacity * _soft(_drawn(shape, spots), edge)
        through *= 1.0 - taken
        scatter += DIRT_SCATTER * taken
    if soiling.ice is not None:
        rng = stream(seed, "camera", name, "ice")
        taken = soiling.ice.density * _soft(
            _frost(rng, shape, soiling.ice.coverage, soiling.ice.size_px / COARSE), edge
        )
        scatter = scatter * (1.0 - taken) + ICE_SCATTER * taken
        through *= 1.0 - taken
    if soiling.drops is not None:
        rng = stream(seed, "camera", name, "drops")
        circles = _spots(rng, shape, soiling.drops.coverage, soiling.drops.size_px / COARSE, drop_amount)
        covered = _soft(_drawn(shape, circles, round_ones=True), edge)
        _aim(circles, edge, seen_x, seen_y)
        drops = DROP_CLEARNESS * covered * through
        scatter *= 1.0 - covered
        through *= 1.0 - covered
    arrays = [np.ascontiguousarray(a, dtype=np.float32) for a in (through, drops, scatter, seen_x, seen_y)]
    for array in arrays:
        array.setflags(write=False)
    return SoilingMaps(*arrays)


def _spots(rng: np.random.Generator, shape: tuple[int, int], coverage: float, size: float, amount: float) -> Float64:
    """(N, 3): x, y and radius in coarse px of spots that together cover a share of the picture; the first N of an amount below 1.

    Radii are lognormal about half the size. Discs thrown at random leave exp(-N area) of a plane free (Boolean model).
    """
    spread = 0.35
    # mean area of lognormal radii
    area = math.pi * (0.5 * size) ** 2 * math.exp(2.0 * spread**2)
    margin = 0.5 * size
    extent = np.array([shape[1] + 2.0 * margin, shape[0] + 2.0 * margin])
    count = round(-math.log(1.0 - coverage) * float(np.prod(extent)) / area)
    place = rng.random((count, 2)) * extent - margin
    radius = 0.5 * size * np.exp(spread * rng.standard_normal(count))
    kept = round(count * amount)
    return np.column_stack([place, radius])[:kept]


def _drawn(shape: tuple[int, int], spots: Float64, round_ones: bool = False) -> Float32:
    """Share of each coarse pixel that the spots cover; spots that are not round are ellipses by a third either way."""
    out = np.zeros(shape, np.uint8)
    bits = 4
    for index, (x, y, radius) in enumerate(spots):
        # golden angle: no two neighbours in the list lie alike
        angle = 0.0 if round_ones else math.degrees(index * 2.399963) % 180.0
        stretch = 1.0 if round_ones else 0.75 + 0.58 * (index * 0.618034 % 1.0)
        # a drawn outline reaches half a pixel beyond
        axes = (max(radius * stretch - 0.5, 0.25), max(radius / stretch - 0.5, 0.25))
        center, half = _fixed(x, y, bits), _fixed(*axes, bits)
        cv2.ellipse(out, center, half, angle, 0.0, 360.0, 255, cv2.FILLED, cv2.LINE_AA, bits)
    return (out / 255.0).astype(np.float32)


def _fixed(x: float, y: float, bits: int) -> tuple[int, int]:
    return round(x * (1 << bits)), round(y * (1 << bits))


def _frost(rng: np.random.Generator, shape: tuple[int, int], coverage: float, size: float) -> Float32:
    """Two octaves of noise above the level that leaves `coverage`, rising softly to 1."""
    noise = np.zeros(shape, np.float32)
    for scale, height in ((1.0, 1.0), (0.3, 0.35)):
        one = cv2.GaussianBlur(rng.standard_normal(shape, np.float32), (0, 0), max(0.35 * size * scale, 0.5))
        noise += np.float32(height) * one / max(float(one.std()), 1e-9)
    level = float(np.quantile(noise, 1.0 - coverage)) if coverage > 0.0 else float(noise.max())
    return np.asarray(np.clip((noise - level) / 0.4 + 0.5, 0.0, 1.0), dtype=np.float32)


def _soft(covered: Float32, sigma: float) -> Float32:
    return np.asarray(cv2.GaussianBlur(covered, (0, 0), max(sigma, 0.25), borderType=cv2.BORDER_REFLECT))


def _aim(circles: Float64, edge: float, seen_x: Float32, seen_y: Float32) -> None:
    """Let pixels of each drop see the scene turned about its centre and DROP_FIELD times shrunk; later drops lie on earlier ones."""
    height, width = seen_x.shape
    for x, y, radius in circles:
        reach = radius + 2.0 * edge
        left, right = max(math.floor(x - reach), 0), min(math.ceil(x + reach) + 1, width)
        top, bottom = max(math.floor(y - reach), 0), min(math.ceil(y + reach) + 1, height)
        if left >= right or top >= bottom:
            continue
        columns, rows = np.arange(left, right, dtype=np.float32), np.arange(top, bottom, dtype=np.float32)
        inside = (columns[None, :] - x) ** 2 + (rows[:, None] - y) ** 2 <= reach**2
        window = (slice(top, bottom), slice(left, right))
        seen_x[window] = np.where(inside, x - DROP_FIELD * (columns[None, :] - x), seen_x[window])
        seen_y[window] = np.where(inside, y - DROP_FIELD * (rows[:, None] - y), seen_y[window])
    np.clip(seen_x, 0.0, width - 1.0, out=seen_x)
    np.clip(seen_y, 0.0, height - 1.0, out=seen_y)
