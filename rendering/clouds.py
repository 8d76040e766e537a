"""Clouds as a flat layer of noise above the land, painted into the sky map: bright rims, darker bases, soft edges.

Towns light them at night. Cover follows cloudiness; under a full overcast only a faint relief remains. The map is scaled afterwards,
so that the sky's illuminance stays that of rendering.sky. It costs nothing per frame. Tested by tests/rendering/test_sky.py.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from rendering.night_sky import glow
from rendering.sky import LUMINANCE_RGB, Daylight, lit_sky, sky_radiance
from rendering.twilight import sunlight
from sim.base import streams

Float64 = NDArray[np.float64]

HORIZON_SOFTNESS = 0.10
"""What keeps the layer from shrinking to nothing towards the horizon: it is seen at s / (s_z + this), s the direction of sight."""
_LATTICE = 64
_OCTAVES = ((0.9, 0.50), (2.1, 0.26), (4.7, 0.14), (10.3, 0.10))
"""(waves per layer height, weight)"""
NO_CLOUDS = 0.02
_LIT_HEIGHT_M = 4_000.0
"""Height at which clouds still have sunlight, red, when the ground has none (down to a sun of -2°)."""
_NEUTRAL_RGB = np.array([0.98, 1.0, 1.03])


def layer_density(directions: Float64) -> Float64:
    """Noise (...,) in 0..1, evenly spread, where a line of sight (..., 3) meets the cloud layer."""
    return density_at(directions[..., :2] / (directions[..., 2:] + HORIZON_SOFTNESS))


def density_at(place: Float64) -> Float64:
    """The same over places (..., 2) of the layer, in units of its height about the point overhead."""
    total = np.zeros(place.shape[:-1])
    for octave, (frequency, weight) in enumerate(_OCTAVES):
        grid = streams.stream(0, "clouds", str(octave)).random((_LATTICE, _LATTICE))
        total += weight * _smooth_noise(grid, place * frequency + 7.3 * octave)
    # the sum of octaves is near normal (mean 0.5, deviation about 0.13): spread it, so that cover is a share of the sky
    return np.asarray(1.0 / (1.0 + np.exp(-(total - 0.5) * 13.0)))


def clouded(day: Daylight, cloudiness: float, directions: Float64, density: Float64) -> Float64:
    """RGB cd/m² (..., 3) of the sky with clouds; `cloudiness` 0..1, `density` from `layer_density` of the directions.

    Not yet scaled: the caller knows the solid angles. Without clouds it is `sky_radiance`.
    """
    plain = sky_radiance(day, directions)
    if cloudiness <= NO_CLOUDS:
        return plain
    gaps = sky_radiance(dataclasses.replace(day, overcast=day.overcast**2), directions)
    cover = cover_of(cloudiness, directions, density)
    thick = _rise(density, 1.0 - cloudiness, 1.35 - 0.6 * cloudiness)
    sun = sunlight(np.array(_LIT_HEIGHT_M), np.array(day.sun_direction[2]))
    brightest = float(sun @ LUMINANCE_RGB)
    mean = lit_sky(day, directions).reshape(-1, 3).mean(axis=0)
    around = float(mean @ LUMINANCE_RGB)
    # with the sun down clouds have but the sky to light them
    down = float(_rise(-np.asarray(day.sun_direction[2]), 0.0, 0.07))
    shade = _NEUTRAL_RGB + (mean / max(around, 1e-12) - _NEUTRAL_RGB) * (0.7 * down)
    tint = shade if brightest <= 1e-5 else 0.6 * shade + 0.4 * sun / brightest
    # lit rims have the sun's colour, shaded bases the sky's
    tint = tint + (shade * (0.97, 1.0, 1.04) - tint) * np.sqrt(thick)[..., None]
    tint = tint / (tint @ LUMINANCE_RGB)[..., None]
    toward = np.clip(directions @ day.beam.direction, 0.0, 1.0) ** 6
    level = around * (1.75 - 1.0 * thick + 0.6 * toward * (1.0 - thick))
    cloud = level[..., None] * tint + glow(directions, 1.0)
    painted = gaps + (cloud - gaps) * cover[..., None]
    relief = 1.0 - 0.75 * _rise(np.asarray(cloudiness), 0.75, 1.0)
    return np.asarray(plain + (painted - plain) * relief)


def cover_of(cloudiness: float, directions: Float64, density: Float64) -> Float64:
    """How far clouds close the sky (...,), 0..1, towards directions whose layer has this density."""
    cover = _rise(density, 1.0 - cloudiness - 0.12, 1.0 - cloudiness + 0.18)
    return np.asarray(cover * _rise(directions[..., 2], 0.015, 0.14) * min(1.0, cloudiness * 6.0))


def _rise(x: Float64, low: float, high: float) -> Float64:
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def _smooth_noise(grid: Float64, place: Float64) -> Float64:
    """Value noise on a lattice that repeats."""
    cell = np.floor(place).astype(np.int64)
    share = place - cell
    share = share * share * (3.0 - 2.0 * share)
    x0, y0 = cell[..., 0] % _LATTICE, cell[..., 1] % _LATTICE
    x1, y1 = (x0 + 1) % _LATTICE, (y0 + 1) % _LATTICE
    low = grid[y0, x0] + (grid[y0, x1] - grid[y0, x0]) * share[..., 0]
    high = grid[y1, x0] + (grid[y1, x1] - grid[y1, x0]) * share[..., 0]
    return np.asarray(low + (high - low) * share[..., 1])
