"""Shadows of the clouds on the land: the sun's light in patches, by the same clouds that the sky shows.

The layer of rendering.clouds lies 1,000 m up (the base of fair-weather cumulus); the ground at p lies under the layer's place
p / 1,000 m + s / (s_z + 0.1) towards the sun s, so that from the scene's middle the cloud before the sun is the one whose shadow
falls there. Thin clouds let light through; where the layer is how dense sunlight ends is chosen so that the mean over the
land is what rendering.sky gives for the cloudiness. The clouds stand still. Indirect light takes the mean.
Tested by tests/rendering/test_cloud_shadows.py.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from rendering.clouds import HORIZON_SOFTNESS, density_at
from rendering.kernels import layout as at

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

BASE_M = 1_000.0
TEXEL_M = 16.0
_EDGE = 0.25
"""Density over which a cloud goes from letting all sunlight through to letting through none."""


def through(density: Float64, begins: float) -> Float64:
    """Share of sunlight that passes the layer where it is this dense, if it begins to dim there at `begins`."""
    t = np.clip((density - begins) / _EDGE, 0.0, 1.0)
    return np.asarray(1.0 - t * t * (3.0 - 2.0 * t))


@functools.lru_cache(maxsize=1)
def _wide_sample() -> Float64:
    axis = (np.arange(200) + 0.5) * 0.31
    return density_at(np.stack(np.meshgrid(axis, axis), axis=-1))


@functools.lru_cache(maxsize=64)
def dims_from(mean: float) -> float:
    """The density at which sunlight begins to fade, for this mean share (0..1) over a land of 60 x 60 cloud heights; by bisection."""
    low, high = -_EDGE, 1.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if float(through(_wide_sample(), middle).mean()) < mean else (low, middle)
    return 0.5 * (low + high)


@functools.lru_cache(maxsize=8)
def shares_of_sunlight(x: float, y: float, z: float, mean: float) -> Float32:
    """Sunlight over the land as a share of its mean, (CLOUD_TEXELS, CLOUD_TEXELS) rows along y, TEXEL_M apart about the origin.

    (x, y, z) points to the sun; `mean` is the share of sunlight that passes the clouds. Even light where that is nearly all or none.
    """
    if not 0.01 < mean < 0.99:
        return np.ones((at.CLOUD_TEXELS, at.CLOUD_TEXELS), np.float32)
    axis = (np.arange(at.CLOUD_TEXELS) - 0.5 * (at.CLOUD_TEXELS - 1)) * (TEXEL_M / BASE_M)
    place = np.stack(np.meshgrid(axis, axis), axis=-1) + np.array([x, y]) / (z + HORIZON_SOFTNESS)
    return np.asarray(through(density_at(place), dims_from(mean)) / mean, np.float32)
