"""Daylight: how bright sun and sky are for a weather, and what colour, in photometric units.

- Sun and diffuse illuminance: IES RP-21 (Gillette et al. 1984): direct normal 127.5 klx exp(-c m) with c = 0.21 for clear
  air; horizontal diffuse A + B sin^C of altitude, partly cloudy (0.3, 45, 1), overcast (0.3, 21, 1) klx. The clear sky's is that of
  USNO Circular 171 (Janiczek & DeYoung 1987), as the IES formula gives 1.7 times as much at low sun.
- Twilight: illuminance 700 lx at 0°, 3.4 lx at -6°, 0.008 lx at -12° (Explanatory Supplement to the Astronomical
  Almanac, 1992), with a floor of 0.15 lx of city glow.
- Clear sky: Preetham, Shirley & Smits, "A practical analytic model for daylight", SIGGRAPH 1999, rescaled to the above.
- Overcast sky: CIE S 011 / ISO 15469 type 1, L = Lz (1 + 2 sin h) / 3.
- Sun's colour: Rayleigh, ozone and aerosol optical depths at 610, 550 and 465 nm.
Tested by tests/rendering/test_sky.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.base.state import Weather

Float64 = NDArray[np.float64]

SUN_RADIUS_RAD = math.radians(0.2665)
SUN_SOLID_ANGLE_SR = 2.0 * math.pi * (1.0 - math.cos(SUN_RADIUS_RAD))
NIGHT_GLOW_LX = 0.15
TURBIDITY = 2.6
LUMINANCE_RGB = np.array([0.2126, 0.7152, 0.0722])
_TWILIGHT_DEG = np.array([-18.0, -12.0, -9.0, -6.0, -3.0, 0.0])
_TWILIGHT_LX = np.array([6.5e-4, 8.3e-3, 0.11, 3.4, 70.0, 700.0])
_OPTICAL_DEPTH_RGB = np.array([0.066 + 0.085 + 0.024, 0.101 + 0.097 + 0.029, 0.201 + 0.121 + 0.004])
_XYZ_TO_RGB = np.array(
    [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
)
_HAZE_RGB = np.array([0.93, 1.0, 1.17])
_DUSK_RGB = np.array([1.75, 0.85, 0.35])
_OVERCAST_RGB = np.array([0.95, 1.0, 1.08])


@dataclass(frozen=True)
class Daylight:
    """Sun and sky of one weather. `sun_direction` points to the sun; illuminances are RGB in lx (luminance-weighted sum = lx).

    `diffuse_lx` is horizontal illuminance from the sky alone; `overcast` 0..1 how far the sky is a CIE overcast sky.
    """

    sun_direction: Float64
    sun_normal_lx_rgb: Float64
    diffuse_lx: float
    overcast: float

    @property
    def horizontal_lx_rgb(self) -> Float64:
        """Illuminance on level ground from the sun alone, RGB."""
        return np.asarray(self.sun_normal_lx_rgb * max(0.0, float(self.sun_direction[2])))


def daylight(weather: Weather) -> Daylight:
    """Sun and sky illuminance of a weather: altitude and azimuth as CARLA defines them, clouds and fog in percent."""
    altitude, azimuth = math.radians(weather.sun_altitude_angle), math.radians(weather.sun_azimuth_angle)
    direction = np.array(
        [math.cos(altitude) * math.cos(azimuth), -math.cos(altitude) * math.sin(azimuth), math.sin(altitude)]
    )
    clouds = min(max(weather.cloudiness / 100.0, 0.0), 1.0)
    fog = min(max(weather.fog_density / 100.0, 0.0), 1.0)
    overcast = 1.0 - (1.0 - _smooth(clouds, 0.1, 0.95)) * (1.0 - _smooth(fog, 0.05, 0.6))
    beam = _sun_normal_lux(weather.sun_altitude_angle) * (1.0 - overcast) ** 1.5
    diffuse = _diffuse_lux(weather.sun_altitude_angle, overcast)
    # at night the glow of the town has no side to it, clear sky or not
    even = 1.0 - (1.0 - overcast) * (1.0 - _smooth(-weather.sun_altitude_angle, 4.0, 11.0))
    return Daylight(direction, beam, diffuse, even)


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
    if altitude_deg >= 0.0:
        sine = math.sin(math.radians(altitude_deg))
        clear, partly, heavy = _clear_diffuse_lux(altitude_deg), 700.0 + 45_000.0 * sine, 400.0 + 21_000.0 * sine
        if overcast < 0.5:
            return clear + (partly - clear) * overcast * 2.0
        return partly + (heavy - partly) * (overcast * 2.0 - 1.0)
    twilight = math.exp(float(np.interp(altitude_deg, _TWILIGHT_DEG, np.log(_TWILIGHT_LX))))
    return twilight * (1.0 - 0.45 * overcast) + NIGHT_GLOW_LX


def sky_radiance(light: Daylight, directions: Float64) -> Float64:
    """RGB cd/m² (..., 3) of the upper hemisphere towards unit directions (..., 3), sun disc and fog aside.

    Scaled so that the sky alone gives `light.diffuse_lx` on level ground (to 1 %).
    """
    clear = _preetham_rgb(light.sun_direction, directions)
    clear_lx = _horizontal_lux(lambda d: _preetham_rgb(light.sun_direction, d))
    sine = np.clip(directions[..., 2:], 0.0, 1.0)
    overcast = (1.0 + 2.0 * sine) / 3.0 * _OVERCAST_RGB
    overcast_lx = 7.0 * math.pi / 9.0 * float(_OVERCAST_RGB @ LUMINANCE_RGB)
    mixed = clear * ((1.0 - light.overcast) / clear_lx) + overcast * (light.overcast / overcast_lx)
    return np.asarray(mixed * light.diffuse_lx)


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
