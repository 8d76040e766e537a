"""Light of sun, moon and sky for a weather, by day, at dusk and at night: how bright and what colour, in photometric units.

- Sun and diffuse illuminance: IES RP-21 (Gillette et al. 1984): direct normal 127.5 klx exp(-c m) with c = 0.21 for clear
  air; horizontal diffuse A + B sin^C of altitude, partly cloudy (0.3, 45, 1), overcast (0.3, 21, 1) klx. The clear sky's is that of
  USNO Circular 171 (Janiczek & DeYoung 1987), as the IES formula gives 1.7 times as much at low sun.
- Twilight: illuminance by the same circular's polynomials: 760 lx at 0°, 460 lx at sunset (-0.8°), 3.4 lx at -6°, 0.008 lx at -12°.
- Clear sky: Preetham, Shirley & Smits, "A practical analytic model for daylight", SIGGRAPH 1999; with the sun below 4° that of
  rendering.twilight, between 4° and 12° by shares. Rescaled to the above.
- Moonlight: the same light as the sun's at the same height, by the ratio of moon and sun before the air; the glow of night and town
  as in rendering.night_sky.
- Overcast sky: CIE S 011 / ISO 15469 type 1, L = Lz (1 + 2 sin h) / 3.
- Sun's colour: Rayleigh, ozone and aerosol optical depths at 610, 550 and 465 nm.
Tested by tests/rendering/test_sky.py and test_night_sky.py.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rendering.night_sky import MOON_LIT_SHARE, MOON_RADIUS_RAD, MOON_RGB, glow, moon_direction, moon_normal_lx
from rendering.twilight import twilight_rgb
from sim.base.state import Weather

Float64 = NDArray[np.float64]

SUN_RADIUS_RAD = math.radians(0.2665)
SUN_SOLID_ANGLE_SR = 2.0 * math.pi * (1.0 - math.cos(SUN_RADIUS_RAD))
TURBIDITY = 2.6
LUMINANCE_RGB = np.array([0.2126, 0.7152, 0.0722])
_TWILIGHT = ((-0.8, 2.88, 22.26, -207.64, 1034.30), (-5.0, 2.88, 21.81, -258.11, -858.36),
             (-12.0, 2.70, 12.17, -431.69, -1899.83), (-18.0, 13.84, 262.72, 1447.42, 2797.93))  # fmt: skip
"""(least altitude in degrees, coefficients of log10 lx over altitude / 90°), USNO Circular 171"""
_SOLAR_LX = 133_775.0
_MOON_MATTERS_BELOW_DEG = 2.0
_OPTICAL_DEPTH_RGB = np.array([0.066 + 0.085 + 0.024, 0.101 + 0.097 + 0.029, 0.201 + 0.121 + 0.004])
_XYZ_TO_RGB = np.array(
    [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
)
_HAZE_RGB = np.array([0.93, 1.0, 1.17])
_DUSK_RGB = np.array([1.75, 0.85, 0.35])
_OVERCAST_RGB = np.array([0.95, 1.0, 1.08])


@dataclass(frozen=True)
class Beam:
    """Parallel light: a unit vector to its source, RGB lx on a surface that faces it, the disc's radius, the share of the disc that
    is lit, and a unit vector from the disc towards what lights it (towards us for the sun)."""

    direction: Float64
    normal_lx_rgb: Float64
    radius_rad: float
    lit_share: float
    lit_from: Float64

    @property
    def disc_cd_m2_rgb(self) -> Float64:
        """Luminance of the lit part of the disc."""
        solid_angle = 2.0 * math.pi * (1.0 - math.cos(self.radius_rad)) * self.lit_share
        return np.asarray(self.normal_lx_rgb / solid_angle)


@dataclass(frozen=True)
class Daylight:
    """Sun, moon and sky of one weather. `sun_direction` points to the sun; illuminances are RGB in lx (luminance-weighted sum = lx).

    `diffuse_lx` is horizontal illuminance from the sky alone, of which sun and moon make `sunlit_lx` and `moonlit_lx`; `overcast`
    0..1 how far the sky is an overcast sky.
    """

    sun_direction: Float64
    sun_normal_lx_rgb: Float64
    moon_direction: Float64
    moon_normal_lx_rgb: Float64
    sunlit_lx: float
    moonlit_lx: float
    diffuse_lx: float
    overcast: float

    @property
    def beam(self) -> Beam:
        """The sun, or the moon when the sun is down."""
        if self.sun_normal_lx_rgb.max() > 0.0 or not self.moon_normal_lx_rgb.max() > 0.0:
            return Beam(self.sun_direction, self.sun_normal_lx_rgb, SUN_RADIUS_RAD, 1.0, -self.sun_direction)
        return Beam(self.moon_direction, self.moon_normal_lx_rgb, MOON_RADIUS_RAD, MOON_LIT_SHARE, self.sun_direction)

    @property
    def horizontal_lx_rgb(self) -> Float64:
        """Illuminance on level ground from sun or moon alone, RGB."""
        beam = self.beam
        return np.asarray(beam.normal_lx_rgb * max(0.0, float(beam.direction[2])))


def daylight(weather: Weather) -> Daylight:
    """Sun, moon and sky of a weather: altitude and azimuth as CARLA defines them, clouds and fog in percent."""
    altitude, azimuth = math.radians(weather.sun_altitude_angle), math.radians(weather.sun_azimuth_angle)
    direction = np.array(
        [math.cos(altitude) * math.cos(azimuth), -math.cos(altitude) * math.sin(azimuth), math.sin(altitude)]
    )
    clouds = min(max(weather.cloudiness / 100.0, 0.0), 1.0)
    fog = min(max(weather.fog_density / 100.0, 0.0), 1.0)
    overcast = 1.0 - (1.0 - _smooth(clouds, 0.1, 0.95)) * (1.0 - _smooth(fog, 0.05, 0.6))
    through = (1.0 - overcast) ** 1.5
    beam = _sun_normal_lux(weather.sun_altitude_angle) * through
    sunlit = _diffuse_lux(weather.sun_altitude_angle, overcast)
    moon, moonbeam, moonlit = moon_direction(direction), np.zeros(3), 0.0
    if weather.sun_altitude_angle < _MOON_MATTERS_BELOW_DEG:
        height = math.degrees(math.asin(min(max(float(moon[2]), -1.0), 1.0)))
        ratio = moon_normal_lx() / _SOLAR_LX
        moonbeam = _sun_normal_lux(height) * MOON_RGB / float(MOON_RGB @ LUMINANCE_RGB) * (ratio * through)
        moonlit = _diffuse_lux(height, overcast) * ratio
    diffuse = sunlit + moonlit + _glow_lux(overcast)
    return Daylight(direction, beam, moon, moonbeam, sunlit, moonlit, diffuse, overcast)


@functools.lru_cache(maxsize=64)
def _glow_lux(overcast: float) -> float:
    return _horizontal_lux(lambda directions: glow(directions, overcast))


def _smooth(x: float, low: float, high: float) -> float:
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


def _sun_normal_lux(altitude_deg: float) -> Float64:
    """RGB illuminance on a plane that faces the sun through clear air; fades as the disc sets."""
    if altitude_deg < -0.3:
        return np.zeros(3)
    shown = max(altitude_deg, 0.0)
    air_mass = _air_mass(shown)
    total = 127_500.0 * math.exp(-0.21 * air_mass) * _smooth(altitude_deg, -0.3, 0.3)
    color = np.exp(-_OPTICAL_DEPTH_RGB * air_mass) * np.array([1.04, 1.0, 0.93])
    return np.asarray(color * (total / float(color @ LUMINANCE_RGB)))


def _air_mass(altitude_deg: float) -> float:
    """Kasten & Young 1989."""
    return float(1.0 / (math.sin(math.radians(altitude_deg)) + 0.50572 * (altitude_deg + 6.07995) ** -1.6364))


def _clear_diffuse_lux(altitude_deg: float) -> float:
    rise = 1.0 + (altitude_deg + 90.0) * math.sin(math.radians(altitude_deg)) / 57.29577951
    return 133_775.0 * 0.0289 * math.exp(-0.042 * _air_mass(altitude_deg)) * rise


def _diffuse_lux(altitude_deg: float, overcast: float) -> float:
    sine = math.sin(math.radians(max(altitude_deg, 0.0)))
    clear = _clear_diffuse_lux(altitude_deg) if altitude_deg >= 0.0 else twilight_lux(altitude_deg)
    at_horizon = clear / _clear_diffuse_lux(0.0) if altitude_deg < 0.0 else 1.0
    partly, heavy = (700.0 + 45_000.0 * sine) * at_horizon, (400.0 + 21_000.0 * sine) * at_horizon
    if overcast < 0.5:
        return clear + (partly - clear) * overcast * 2.0
    return partly + (heavy - partly) * (overcast * 2.0 - 1.0)


def twilight_lux(altitude_deg: float) -> float:
    """Illuminance of level ground by a clear sky whose sun is down; nothing below -18°, where the circular gives that of the stars.

    >>> round(twilight_lux(-6.0), 1)
    3.4
    """
    if altitude_deg <= -18.0:
        return 0.0
    x = altitude_deg / 90.0
    a, b, c, d = next(row[1:] for row in _TWILIGHT if altitude_deg >= row[0])
    stars = 10.0 ** (13.84 - 262.72 * 0.2 + 1447.42 * 0.04 - 2797.93 * 0.008)
    return float(max(0.0, 10.0 ** (a + x * (b + x * (c + x * d))) - stars))


def sky_radiance(light: Daylight, directions: Float64) -> Float64:
    """RGB cd/m² (..., 3) of the upper hemisphere towards unit directions (..., 3), discs, stars and fog aside.

    Scaled so that the sky alone gives `light.diffuse_lx` on level ground (to 1 %).
    """
    return lit_sky(light, directions) + glow(directions, light.overcast)


def lit_sky(light: Daylight, directions: Float64) -> Float64:
    """As `sky_radiance`, of sunlight and moonlight alone."""
    total = np.zeros_like(directions)
    for source, lux, color in (
        (light.sun_direction, light.sunlit_lx, np.ones(3)),
        (light.moon_direction, light.moonlit_lx, MOON_RGB / float(MOON_RGB @ LUMINANCE_RGB)),
    ):
        if lux > 0.0:
            total = total + _lit_by(source, light.overcast, directions) * (lux * color)
    return total


def _lit_by(source: Float64, overcast: float, directions: Float64) -> Float64:
    """RGB (..., 3) of a sky that one source lights, of 1 lx on level ground."""
    clear = _clear_rgb(source, directions)
    clear_lx = _clear_lux(*source.tolist())
    sine = np.clip(directions[..., 2:], 0.0, 1.0)
    closed = (1.0 + 2.0 * sine) / 3.0 * _OVERCAST_RGB
    closed_lx = 7.0 * math.pi / 9.0 * float(_OVERCAST_RGB @ LUMINANCE_RGB)
    return np.asarray(clear * ((1.0 - overcast) / clear_lx) + closed * (overcast / closed_lx))


@functools.lru_cache(maxsize=64)
def _clear_lux(x: float, y: float, z: float) -> float:
    return _horizontal_lux(lambda directions: _clear_rgb(np.array([x, y, z]), directions))


def _clear_rgb(source: Float64, directions: Float64) -> Float64:
    """Relative RGB of the clear sky about a source at any height."""
    high = _smooth(math.degrees(math.asin(min(max(float(source[2]), -1.0), 1.0))), 4.0, 12.0)
    if high <= 0.0:
        return twilight_rgb(source, directions)
    day = _preetham_rgb(source, directions)
    if high >= 1.0:
        return day
    low = twilight_rgb(source, directions)
    share = high / _horizontal_lux(lambda d: _preetham_rgb(source, d))
    return day * share + low * ((1.0 - high) / _horizontal_lux(lambda d: twilight_rgb(source, d)))


def _horizontal_lux(radiance: object) -> float:
    azimuth, height = np.meshgrid((np.arange(32) + 0.5) * (2 * np.pi / 32), (np.arange(24) + 0.5) / 24, indexing="ij")
    rim = np.sqrt(1.0 - height**2)
    directions = np.stack([rim * np.cos(azimuth), rim * np.sin(azimuth), height], axis=-1)
    luminance = radiance(directions) @ LUMINANCE_RGB  # type: ignore[operator]
    return float((luminance * height).mean() * 2.0 * np.pi)


def _preetham_rgb(sun: Float64, directions: Float64) -> Float64:
    """Relative RGB of Preetham's clear sky, luminance in the model's own scale."""
    t = TURBIDITY
    sun_zenith = min(math.acos(min(max(float(sun[2]), -1.0), 1.0)), math.radians(88.0))
    flat = np.array([math.sin(sun_zenith), 0.0, math.cos(sun_zenith)])
    level = math.hypot(float(sun[0]), float(sun[1]))
    if level > 1e-9:
        flat[:2] = np.array([sun[0], sun[1]]) / level * math.sin(sun_zenith)
    cos_zenith = np.maximum(directions[..., 2], 0.015)
    cos_sun = np.clip(directions @ flat, -1.0, 1.0)
    angle = np.arccos(cos_sun)
    th, th2, th3 = sun_zenith, sun_zenith**2, sun_zenith**3
    zenith_x = (
        t * t * (0.00166 * th3 - 0.00375 * th2 + 0.00209 * th)
        + t * (-0.02903 * th3 + 0.06377 * th2 - 0.03202 * th + 0.00394)
        + (0.11693 * th3 - 0.21196 * th2 + 0.06052 * th + 0.25886)
    )
    zenith_y = (
        t * t * (0.00275 * th3 - 0.00610 * th2 + 0.00317 * th)
        + t * (-0.04214 * th3 + 0.08970 * th2 - 0.04153 * th + 0.00516)
        + (0.15346 * th3 - 0.26756 * th2 + 0.06670 * th + 0.26688)
    )
    coefficients = {
        "Y": (
            0.1787 * t - 1.4630,
            -0.3554 * t + 0.4275,
            -0.0227 * t + 5.3251,
            0.1206 * t - 2.5771,
            -0.0670 * t + 0.3703,
        ),
        "x": (
            -0.0193 * t - 0.2592,
            -0.0665 * t + 0.0008,
            -0.0004 * t + 0.2125,
            -0.0641 * t - 0.8989,
            -0.0033 * t + 0.0452,
        ),
        "y": (
            -0.0167 * t - 0.2608,
            -0.0950 * t + 0.0092,
            -0.0079 * t + 0.2102,
            -0.0441 * t - 1.6537,
            -0.0109 * t + 0.0529,
        ),
    }
    values = {}
    for name, (a, b, c, d, e) in coefficients.items():
        here = (1.0 + a * np.exp(b / cos_zenith)) * (1.0 + c * np.exp(d * angle) + e * cos_sun**2)
        there = (1.0 + a * math.exp(b)) * (1.0 + c * math.exp(d * th) + e * math.cos(th) ** 2)
        values[name] = here / there
    luminance, x, y = values["Y"], values["x"] * zenith_x, values["y"] * zenith_y
    xyz = np.stack([luminance * x / y, luminance, luminance * (1.0 - x - y) / y], axis=-1)
    rgb = np.maximum(xyz @ _XYZ_TO_RGB.T, 0.0) / luminance[..., None]
    # The model's horizon turns magenta, its zenith too blue (Zotti et al. 2007): haze is mixed in, warm when the sun is low.
    low_sun = 1.0 - _smooth(math.degrees(0.5 * math.pi - sun_zenith), 1.0, 14.0)
    haze = _HAZE_RGB + (_DUSK_RGB - _HAZE_RGB) * (low_sun * np.clip(0.5 + 0.7 * cos_sun, 0.0, 1.0))[..., None]
    share = (0.3 + 0.65 * np.exp(-7.0 * cos_zenith))[..., None]
    rgb = rgb * (1.0 - share) + haze * share
    return np.asarray(rgb * (luminance / np.maximum(rgb @ LUMINANCE_RGB, 1e-12))[..., None])
