"""The clear sky about sunrise and sunset, by scattering in a round atmosphere: glow over the sun, blue above, Earth's shadow opposite.

Single scattering along each line of sight, sunlight dimmed by what it passes and cut off by the Earth, and all higher orders by
Hillaire's isotropic closure ("A scalable and production ready sky and atmosphere rendering technique", EGSR 2020). Air and
aerosol as Bruneton & Neyret lay them out ("Precomputed atmospheric scattering", EGSR 2008), ozone as Bruneton (2017): scale heights of
8 and 1.2 km, ozone in a tent about 25 km, vertical optical depths at 610, 550 and 465 nm. Ozone's
absorption is what keeps the zenith blue after sunset (Hulburt, J. Opt. Soc. Am. 43, 1953). Only the distribution is taken from
here; its level is published illuminance. Tested by tests/rendering/test_twilight.py.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

AIR_DEPTH_RGB = np.array([0.066, 0.101, 0.201])
AEROSOL_DEPTH_RGB = np.array([0.085, 0.097, 0.121])
OZONE_DEPTH_RGB = np.array([0.034, 0.027, 0.0065])
"""300 DU times the Chappuis cross-sections over the bands of the three colours (Serdyuchenko et al., Atmos. Meas. Tech. 7, 2014)."""
_EARTH_M, _TOP_M, _EYE_M = 6.36e6, 1.0e5, 50.0
_AIR_M, _AEROSOL_M, _OZONE_M = 8_000.0, 1_200.0, 15_000.0
_GROUND_ALBEDO, _FORWARD = 0.15, 0.76
_HEIGHTS, _COSINES = 40, 96
_SUN_RGB = np.array([1.04, 1.0, 0.93])


def _densities(height_m: Float64) -> tuple[Float64, Float64, Float64]:
    """Scattering per m of air and of aerosol, and extinction per m by all, each (..., 3)."""
    height = np.maximum(height_m, 0.0)[..., None]
    air = AIR_DEPTH_RGB / _AIR_M * np.exp(-height / _AIR_M)
    aerosol = AEROSOL_DEPTH_RGB / _AEROSOL_M * np.exp(-height / _AEROSOL_M)
    ozone = OZONE_DEPTH_RGB / _OZONE_M * np.maximum(0.0, 1.0 - np.abs(height - 25_000.0) / _OZONE_M)
    return air, 0.95 * aerosol, air + aerosol + ozone


def _horizon(height_m: Float64) -> Float64:
    """Cosine of the zenith angle at which the Earth's rim is seen from a height."""
    return np.asarray(-np.sqrt(np.maximum(0.0, 1.0 - (_EARTH_M / (_EARTH_M + height_m)) ** 2)))


def _steps(radius: Float64, cosine: Float64, count: int) -> tuple[Float64, Float64]:
    """Distances (..., count) along rays until the top of the air or the ground, fine at first, and what each stands for."""
    half = radius * cosine
    to_top = -half + np.sqrt(half**2 - radius**2 + (_EARTH_M + _TOP_M) ** 2)
    under = half**2 - radius**2 + _EARTH_M**2
    to_ground = np.where((cosine < 0.0) & (under > 0.0), -half - np.sqrt(np.maximum(under, 0.0)), np.inf)
    length = np.minimum(to_top, to_ground)[..., None]
    edges = (np.arange(count + 1) / count) ** 2
    return length * 0.5 * (edges[1:] + edges[:-1]), length * (edges[1:] - edges[:-1])


def _grid_heights() -> Float64:
    return _TOP_M * (np.arange(_HEIGHTS) / (_HEIGHTS - 1)) ** 2


@functools.lru_cache(maxsize=1)
def _transmittances() -> Float64:
    """(heights, cosines, 3): what of sunlight reaches a height; cosines rise from the Earth's rim to the zenith by a cube."""
    height = _grid_heights()[:, None]
    rim = _horizon(height)
    cosine = rim + (1.0 - rim) * (np.arange(_COSINES) / (_COSINES - 1)) ** 3
    radius = np.broadcast_to(_EARTH_M + height, cosine.shape)
    way, share = _steps(radius, np.maximum(cosine, rim + 1e-9), 64)
    there = np.sqrt(radius[..., None] ** 2 + way**2 + 2.0 * radius[..., None] * cosine[..., None] * way) - _EARTH_M
    depth = (_densities(there)[2] * share[..., None]).sum(axis=-2)
    return np.asarray(np.exp(-depth))


def _mixed(table: Float64, row: Float64, column: Float64) -> Float64:
    """Bilinear look-up in a table (rows, columns, 3)."""
    row, column = np.clip(row, 0.0, table.shape[0] - 1.001), np.clip(column, 0.0, table.shape[1] - 1.001)
    i, j = row.astype(int), column.astype(int)
    a, b = (row - i)[..., None], (column - j)[..., None]
    low = table[i, j] * (1.0 - b) + table[i, j + 1] * b
    high = table[i + 1, j] * (1.0 - b) + table[i + 1, j + 1] * b
    return np.asarray(low + (high - low) * a)


def sunlight(height_m: Float64, cosine: Float64) -> Float64:
    """Share (..., 3) of sunlight that reaches a height, the sun at this cosine from the local zenith; none behind the Earth."""
    rim = _horizon(height_m)
    above = np.maximum(cosine - rim, 0.0)
    column = np.cbrt(above / (1.0 - rim)) * (_COSINES - 1)
    row = np.sqrt(np.clip(height_m / _TOP_M, 0.0, 1.0)) * (_HEIGHTS - 1)
    return _mixed(_transmittances(), row, column) * np.clip(above / 0.004, 0.0, 1.0)[..., None]


@functools.lru_cache(maxsize=1)
def _rescattered() -> Float64:
    """ln of the mean radiance (heights, cosines, 3) that light scattered more than once brings to a place, the sun's illuminance 1."""
    height, cosine = _grid_heights()[::2][:-1], np.linspace(-0.45, 1.0, 60)
    k = np.arange(48)
    up = 1.0 - (2.0 * k + 1.0) / 48
    around = k * math.pi * (3.0 - math.sqrt(5.0))
    rim = np.sqrt(1.0 - up**2)
    out = np.zeros((len(height), len(cosine), 3))
    for row, h in enumerate(height):
        way, share = _steps(np.full(48, _EARTH_M + h), up, 24)
        level, rise = rim[:, None] * way, _EARTH_M + h + up[:, None] * way
        radius = np.hypot(level, rise)
        air, aerosol, all_of_it = _densities(radius - _EARTH_M)
        piece = all_of_it * share[..., None]
        passed = np.exp(-(np.cumsum(piece, axis=-2) - 0.5 * piece))
        scattered = (air + aerosol) * share[..., None] * passed
        again = scattered.sum(axis=1).mean(axis=0)
        sine = np.sqrt(1.0 - cosine**2)
        local = level * np.cos(around)[:, None] * sine[:, None, None] + rise * cosine[:, None, None]
        sun = sunlight(np.broadcast_to(radius - _EARTH_M, local.shape), local / radius)
        once = (scattered * sun).sum(axis=2) / (4.0 * math.pi)
        down = (radius[:, -1] < _EARTH_M + 600.0) & (up < 0.0)
        facing = np.maximum(local[..., -1] / radius[:, -1], 0.0) * down
        bounced = _GROUND_ALBEDO / math.pi * passed[:, -1] * sun[:, :, -1] * facing[..., None]
        out[row] = (once + bounced).mean(axis=1) / (1.0 - again)
    return np.log(np.maximum(out, 1e-14))


def _more_than_once(height_m: Float64, cosine: Float64) -> Float64:
    table = _rescattered()
    row = np.sqrt(np.clip(height_m / _TOP_M, 0.0, 1.0)) * (_HEIGHTS - 1) * 0.5
    return np.exp(_mixed(table, row, (cosine + 0.45) / 1.45 * (table.shape[1] - 1)))


_ELEVATIONS, _AZIMUTHS = 48, 37


@functools.lru_cache(maxsize=4)
def _dome(sun_altitude_rad: float) -> Float64:
    """Relative radiance (_ELEVATIONS, _AZIMUTHS, 3): rows by the root of the elevation's sine, columns over 0..180° from the sun."""
    up = (np.arange(_ELEVATIONS) / (_ELEVATIONS - 1))[:, None] ** 2
    around = np.linspace(0.0, math.pi, _AZIMUTHS)
    level = np.sqrt(1.0 - up**2)
    way, share = _steps(np.full(up.shape, _EARTH_M + _EYE_M), np.maximum(up, 1e-3), 48)
    rise = _EARTH_M + _EYE_M + up[..., None] * way
    out = level[..., None] * way
    radius = np.hypot(out, rise)
    air, aerosol, all_of_it = _densities(radius - _EARTH_M)
    piece = all_of_it * share[..., None]
    passed = np.exp(-(np.cumsum(piece, axis=-2) - 0.5 * piece)) * share[..., None]
    sine, cosine = math.sin(sun_altitude_rad), math.cos(sun_altitude_rad)
    toward = level * np.cos(around) * cosine + up * sine
    local = (out * np.cos(around)[:, None] * cosine + rise * sine) / radius
    height = np.broadcast_to(radius - _EARTH_M, local.shape)
    sun = sunlight(height, local)
    rayleigh = 3.0 / (16.0 * math.pi) * (1.0 + toward**2)
    g = _FORWARD
    haze = 3.0 / (8.0 * math.pi) * (1.0 - g * g) / (2.0 + g * g) * (1.0 + toward**2)
    haze = haze / (1.0 + g * g - 2.0 * g * toward) ** 1.5
    once = ((air * rayleigh[..., None, None] + aerosol * haze[..., None, None]) * passed * sun).sum(axis=-2)
    more = ((air + aerosol) * passed * _more_than_once(height, local)).sum(axis=-2)
    return np.asarray((once + more) * _SUN_RGB)


def twilight_rgb(sun: Float64, directions: Float64) -> Float64:
    """Relative RGB (..., 3) of the clear sky towards unit directions (..., 3) with the sun (3,) low or down."""
    dome = _dome(round(math.asin(min(max(float(sun[2]), -1.0), 1.0)), 5))
    level = np.hypot(directions[..., 0], directions[..., 1]) * max(math.hypot(float(sun[0]), float(sun[1])), 1e-9)
    beside = (directions[..., 0] * sun[0] + directions[..., 1] * sun[1]) / np.maximum(level, 1e-9)
    around = np.arccos(np.clip(beside, -1.0, 1.0)) / math.pi
    row = np.sqrt(np.clip(directions[..., 2], 0.0, 1.0)) * (_ELEVATIONS - 1)
    return _mixed(dome, row, around * (_AZIMUTHS - 1))
