"""The brighter stars: how many there are of which brightness, and what of their light reaches the ground through air and clouds.

Numbers follow log10 N = 0.60 + 0.51 m for stars brighter than visual magnitude m (after Allen, Astrophysical Quantities, 1973:
4,600 to the 6th): the k-th brightest has the m at which N = k, so the first is a Sirius. Places are drawn evenly over the sphere, and
stand still: a scenario lasts minutes, and CARLA's sun does not tell the hour. Fainter stars are in the even glow of
rendering.night_sky. Colours lie between a star of type B and one of type M. Tested by tests/rendering/test_stars.py.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from rendering.night_sky import MAGNITUDE_ZERO_LX, air_masses
from sim.base import streams

Float64 = NDArray[np.float64]

FAINTEST_MAGNITUDE = 5.0
_LAW = (0.60, 0.51)
_LOST_PER_AIR_MASS = 0.23
"""Optical depth of clear air in the visual band: a quarter of a magnitude."""
_BLUE_RGB, _RED_RGB = np.array([0.80, 1.0, 1.40]), np.array([1.45, 0.92, 0.45])
_LUMINANCE_RGB = np.array([0.2126, 0.7152, 0.0722])


def count_brighter(magnitude: float) -> float:
    """Stars of the whole sphere that are brighter than a visual magnitude."""
    return float(10.0 ** (_LAW[0] + _LAW[1] * magnitude))


@functools.lru_cache(maxsize=1)
def catalogue() -> tuple[Float64, Float64]:
    """Unit directions (N, 3) and illuminances outside the air (N, 3) RGB lx of all stars to FAINTEST_MAGNITUDE, brightest first."""
    rank = np.arange(1, int(count_brighter(FAINTEST_MAGNITUDE)) + 1)
    magnitude = (np.log10(rank) - _LAW[0]) / _LAW[1]
    draw = streams.stream(0, "stars").random((len(rank), 3))
    height, angle = 2.0 * draw[:, 0] - 1.0, 2.0 * np.pi * draw[:, 1]
    rim = np.sqrt(1.0 - height**2)
    directions = np.stack([rim * np.cos(angle), rim * np.sin(angle), height], axis=-1)
    color = _BLUE_RGB + (_RED_RGB - _BLUE_RGB) * draw[:, 2:] ** 1.5
    color = color / (color @ _LUMINANCE_RGB)[:, None]
    return directions, color * (MAGNITUDE_ZERO_LX * 10.0 ** (-0.4 * magnitude))[:, None]


def stars_above(clear_share: Float64 | float, fog_depth: float) -> Float64:
    """Rows (K, 6) of the stars above the horizon: direction, RGB lx on a surface that faces them.

    `clear_share` (N,) or one number is what clouds let through towards each star of the catalogue; `fog_depth` the fog layer's.
    """
    directions, lux = catalogue()
    sine = directions[:, 2]
    passed = np.exp(-_LOST_PER_AIR_MASS * air_masses(sine) - fog_depth / np.maximum(sine, 0.01)) * clear_share
    shown = (sine > 0.0) & (passed > 1e-3)
    return np.concatenate([directions, lux * passed[:, None]], axis=1)[shown]
