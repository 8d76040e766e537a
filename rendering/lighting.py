"""A weather as the tables that the kernels read: sun, sky map, ambient harmonics, fog and wetness."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rendering.cloud_shadows import TEXEL_M, shares_of_sunlight
from rendering.clouds import HORIZON_SOFTNESS, NO_CLOUDS, clouded, cover_of, layer_density
from rendering.emitters import emission_table
from rendering.kernels import layout as at
from rendering.precipitation import NO_SNOW, Snow, extinction_per_m
from rendering.sky import LUMINANCE_RGB, Daylight, daylight, sky_radiance
from rendering.stars import catalogue, stars_above
from sim.base.state import Weather

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

SKY_SIZE = 256
CLEAR_AIR_PER_M = 1.3e-4
"""Extinction of clear air: a visual range of 30 km by Koschmieder's law, 3.912 / range."""
DENSE_FOG_PER_M = 0.078
"""Extinction at fog_density 100: a visual range of 50 m."""
FOG_LAYER_M = 120.0
GROUND_ALBEDO = 0.16
SNOW_ALBEDO = 0.80
LAMPS_ON_BELOW_LX = 60.0
"""Street lamps burn when level ground has less daylight than this."""

STARS_BELOW_LX = 30.0


@dataclass(frozen=True)
class Lighting:
    """`light` float32 (LIGHT_ENTRIES,) and `sky` float32 (SKY_SIZE, SKY_SIZE, 3), as rendering.kernels.layout lays them out.

    `level_lx` is the illuminance of open level ground, `lamps_on` whether street lamps burn, `weather` and `snow`
    what all of it follows from; `stars` float64 (K, 6) are the stars that are up, as rendering.stars lays them out;
    `clouds` float32 (CLOUD_TEXELS, CLOUD_TEXELS) the sunlight over the land as a share of its mean, as rendering.cloud_shadows has it.
    """

    light: Float32
    sky: Float32
    level_lx: float
    lamps_on: bool
    weather: Weather
    snow: Snow
    stars: Float64
    clouds: Float32


@functools.lru_cache(maxsize=8)
def lighting_of(weather: Weather, snow: Snow = NO_SNOW) -> Lighting:
    """The light of one weather and its snow; kept for the last few weathers, since the sky map takes some milliseconds."""
    day = daylight(weather)
    sky = _sky_map(day, weather).astype(np.float32)
    level = float(day.horizontal_lx_rgb @ LUMINANCE_RGB) + day.diffuse_lx
    light = np.zeros(at.LIGHT_ENTRIES, np.float32)
    beam = day.beam
    light[[at.SUN_X, at.SUN_Y, at.SUN_Z]] = beam.direction
    light[at.SUN_R : at.SUN_B + 1] = beam.normal_lx_rgb
    light[at.SUN_ON] = float(beam.normal_lx_rgb.max() > 0.0)
    light[at.DISC_R : at.DISC_B + 1] = beam.disc_cd_m2_rgb
    light[at.DISC_COS] = math.cos(beam.radius_rad)
    light[at.LIT_X : at.LIT_Z + 1] = beam.lit_from
    rim = sky_radiance(day, _rim_directions())
    light[at.FOG_R : at.FOG_B + 1] = rim.mean(axis=0)
    light[at.FOG_PER_M] = fog_extinction_per_m(weather.fog_density) + extinction_per_m(weather, snow)
    light[at.FOG_START_M] = max(weather.fog_distance, 0.0)
    dense = max(0.0, fog_extinction_per_m(weather.fog_density) - CLEAR_AIR_PER_M)
    light[at.FOG_LAYER] = dense * FOG_LAYER_M
    albedo = GROUND_ALBEDO + (SNOW_ALBEDO - GROUND_ALBEDO) * snow.cover
    ground = albedo / math.pi * (day.horizontal_lx_rgb + _diffuse_rgb(day))
    light[at.GROUND_R : at.GROUND_B + 1] = ground
    light[at.WETNESS] = min(max(weather.wetness, weather.precipitation_deposits, 0.0) / 100.0, 1.0)
    light[at.SNOW] = snow.cover
    light[at.PUDDLES] = min(max(weather.precipitation_deposits, 0.0) / 100.0, 1.0)
    light[at.AMBIENT : at.AMBIENT + 3 * at.HARMONICS] = _ambient_harmonics(day, ground).ravel()
    light[at.EMISSIONS :] = emission_table().ravel()
    clouds = _even_light()
    if light[at.SUN_ON] > 0.0 and weather.cloudiness / 100.0 > NO_CLOUDS:
        clouds = shares_of_sunlight(*(float(v) for v in beam.direction), float((1.0 - day.overcast) ** 1.5))
        light[at.CLOUDS_PER_M] = 1.0 / TEXEL_M
        light[[at.CLOUDS_X, at.CLOUDS_Y]] = beam.direction[:2] / (float(beam.direction[2]) + HORIZON_SOFTNESS)
    stars = _stars(day, weather, dense)
    return Lighting(light, np.ascontiguousarray(sky), level, level < LAMPS_ON_BELOW_LX, weather, snow, stars, clouds)


@functools.lru_cache(maxsize=1)
def _even_light() -> Float32:
    return np.ones((at.CLOUD_TEXELS, at.CLOUD_TEXELS), np.float32)


def _stars(day: Daylight, weather: Weather, dense_per_m: float) -> Float64:
    """The stars that show; by day there are none to be seen."""
    if day.diffuse_lx > STARS_BELOW_LX:
        return np.zeros((0, 6))
    cloudiness = min(max(weather.cloudiness / 100.0, 0.0), 1.0)
    directions = np.maximum(catalogue()[0], (-1.0, -1.0, 0.0))
    cover = cover_of(cloudiness, directions, layer_density(directions)) if cloudiness > 0.0 else 0.0
    return stars_above(1.0 - cover, dense_per_m * FOG_LAYER_M)


def _sky_map(day: Daylight, weather: Weather) -> Float64:
    """The sky with its clouds, scaled to the illuminance of level ground that `day` names."""
    cloudiness = min(max(weather.cloudiness / 100.0, 0.0), 1.0)
    directions, solid_angle = _hemisphere()
    sample = clouded(day, cloudiness, directions, layer_density(directions)) @ LUMINANCE_RGB
    scale = day.diffuse_lx / float((sample * directions[:, 2]).sum() * solid_angle)
    return clouded(day, cloudiness, _map_directions(), _map_density()) * scale


@functools.lru_cache(maxsize=1)
def _map_density() -> Float64:
    return layer_density(_map_directions())


def fog_extinction_per_m(fog_density: float) -> float:
    """Extinction of air for CARLA's fog_density 0..100: geometric between clear air and a visual range of 50 m."""
    share = min(max(fog_density / 100.0, 0.0), 1.0)
    return float(CLEAR_AIR_PER_M * (DENSE_FOG_PER_M / CLEAR_AIR_PER_M) ** share)


@functools.lru_cache(maxsize=1)
def _map_directions() -> Float64:
    """Directions of the sky map's texels (SKY_SIZE, SKY_SIZE, 3): rows v, columns u, hemi-octahedral."""
    axis = np.arange(SKY_SIZE) / (SKY_SIZE - 1) * 2.0 - 1.0
    u, v = axis[None, :], axis[:, None]
    x, y = (u + v) * 0.5, (u - v) * 0.5
    z = 1.0 - np.abs(x) - np.abs(y)
    directions = np.stack([x, y, z], axis=-1)
    return np.asarray(directions / np.linalg.norm(directions, axis=-1, keepdims=True))


def _rim_directions() -> Float64:
    azimuth = np.arange(48) * (2.0 * np.pi / 48)
    height = 0.04
    return np.stack([np.cos(azimuth), np.sin(azimuth), np.full(48, height)], axis=-1) / math.hypot(1.0, height)


def _hemisphere() -> tuple[Float64, float]:
    """Directions (1536, 3) that share the upper hemisphere equally, and the solid angle of each."""
    azimuth, height = np.meshgrid((np.arange(48) + 0.5) * (2 * np.pi / 48), (np.arange(32) + 0.5) / 32, indexing="ij")
    rim = np.sqrt(1.0 - height**2)
    directions = np.stack([rim * np.cos(azimuth), rim * np.sin(azimuth), height], axis=-1).reshape(-1, 3)
    return directions, 2.0 * np.pi / len(directions)


def _diffuse_rgb(day: Daylight) -> Float64:
    directions, solid_angle = _hemisphere()
    return np.asarray((sky_radiance(day, directions) * directions[:, 2:]).sum(axis=0) * solid_angle)


def _ambient_harmonics(day: Daylight, ground_rgb: Float64) -> Float64:
    """Coefficients (9, 3) of irradiance / pi over the polynomials of kernels.sky.ambient (Ramamoorthi & Hanrahan 2001)."""
    upper, solid_angle = _hemisphere()
    directions = np.concatenate([upper, upper * np.array([1.0, 1.0, -1.0])])
    radiance = np.concatenate([sky_radiance(day, upper), np.broadcast_to(ground_rgb, upper.shape)])
    x, y, z = directions.T
    basis = np.stack([np.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y])
    k0, k1, k2, k3, k4 = 0.282095, 0.488603, 1.092548, 0.315392, 0.546274
    scale = np.array([k0, k1, k1, k1, k2, k2, k3, k2, k4]) ** 2 * np.array([1.0] + [2 / 3] * 3 + [0.25] * 5)
    return np.asarray((basis @ radiance) * solid_angle * scale[:, None])
