"""What lights the sky when the sun is down: the moon, airglow with unresolved stars, and the glow of a town.

- Moon: CARLA's weather has the sun's angles and no date, so the moon follows a rule: waxing gibbous, 146° east of the sun, on an
  ecliptic that leans 60° from the vertical at the point opposite the sun, as in middle latitudes. It is up in the evening, and
  all night at a sun 20 to 60° down. Its phase law is Allen's (Astrophysical Quantities, 1973): magnitude -12.73 + 0.026 i + 4e-9 i^4
  at phase angle i in degrees; magnitude 0 is 2.54e-6 lx. That is 0.14 lx before the air (0.32 lx and 4,900 cd/m² when full).
- Airglow, zodiacal light and faint stars: 2e-4 cd/m² at a dark site's zenith (22 mag/arcsec²), brighter at low elevations by van
  Rhijn's (1921) slant through a layer at 90 km, dimmed by the air.
- Glow of a town: 2.5e-3 cd/m² at a clear zenith (19.1 mag/arcsec², Bortle class 5 to 6), light scattered back by a layer lit from
  below, 1 - exp(-0.3 m) at m air masses: 3.8 times the zenith's towards the horizon, as in Garstang's towns (PASP 98, 1986).
  Under an overcast it is six times as bright (Kyba et al., "Cloud coverage acts as an amplifier for ecological light pollution in
  urban ecosystems", PLoS ONE 6, 2011: 10.1 in Berlin, 2.8 at its edge), and nearly even.
Tested by tests/rendering/test_night_sky.py.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

MOON_RADIUS_RAD = math.radians(0.259)
ELONGATION_DEG, ECLIPTIC_LEAN_DEG = 146.0, 60.0
PHASE_ANGLE_DEG = 180.0 - ELONGATION_DEG
MOON_LIT_SHARE = 0.5 * (1.0 + math.cos(math.radians(PHASE_ANGLE_DEG)))
"""Share of the disc that is lit."""
MOON_RGB = np.array([1.11, 0.99, 0.80])
"""Sunlight reddened by the moon's rock (B - V = 0.92, the sun's 0.65), of luminance 1."""
MAGNITUDE_ZERO_LX = 2.54e-6
NATURAL_CD_M2, TOWN_CD_M2, OVERCAST_GAIN = 2.0e-4, 2.5e-3, 6.0
_NATURAL_RGB = np.array([1.0, 1.0, 0.99])
_TOWN_RGB = np.array([1.28, 0.96, 0.57])
"""Sodium and warm white lamps together, about 3,200 K, of luminance 1."""
_LAYER_DEPTH, _AIR_DEPTH = 0.3, 0.12
_VAN_RHIJN = (6371.0 / (6371.0 + 90.0)) ** 2


def moon_normal_lx(phase_angle_deg: float = PHASE_ANGLE_DEG) -> float:
    """Illuminance of the moon outside the air on a surface that faces it."""
    magnitude = -12.73 + 0.026 * phase_angle_deg + 4e-9 * phase_angle_deg**4
    return float(MAGNITUDE_ZERO_LX * 10.0 ** (-0.4 * magnitude))


def moon_direction(sun_direction: Float64) -> Float64:
    """Unit vector to the moon of the rule above, for a unit vector to the sun."""
    opposite = -np.asarray(sun_direction, np.float64)
    level = math.hypot(float(opposite[0]), float(opposite[1]))
    away = opposite[:2] / level if level > 1e-9 else np.array([1.0, 0.0])
    right = np.array([away[1], -away[0], 0.0])
    up = np.cross(right, opposite)
    lean, turn = math.radians(ECLIPTIC_LEAN_DEG), math.radians(PHASE_ANGLE_DEG)
    along = up * math.cos(lean) + right * math.sin(lean)
    return np.asarray(opposite * math.cos(turn) + along * math.sin(turn))


def air_masses(sine: Float64) -> Float64:
    """Kasten & Young (Appl. Opt. 28, 1989), for sines of the elevation; 38 at the horizon and below."""
    held = np.clip(sine, 0.0, 1.0)
    return np.asarray(1.0 / (held + 0.50572 * (np.degrees(np.arcsin(held)) + 6.07995) ** -1.6364))


def glow(directions: Float64, overcast: float) -> Float64:
    """RGB cd/m² (..., 3) of airglow and town towards unit directions (..., 3); `overcast` 0..1 is how far clouds close the sky."""
    sine = directions[..., 2]
    mass = air_masses(sine)
    slant = 1.0 / np.sqrt(1.0 - _VAN_RHIJN * (1.0 - np.clip(sine, 0.0, 1.0) ** 2))
    natural = NATURAL_CD_M2 * slant * np.exp(-_AIR_DEPTH * (mass - 1.0))
    clear = TOWN_CD_M2 * (1.0 - np.exp(-_LAYER_DEPTH * mass)) / (1.0 - math.exp(-_LAYER_DEPTH))
    closed = OVERCAST_GAIN * TOWN_CD_M2 * (0.9 + 0.2 * np.clip(sine, 0.0, 1.0))
    town = clear + (closed - clear) * overcast
    return np.asarray((natural * (1.0 - overcast))[..., None] * _NATURAL_RGB + town[..., None] * _TOWN_RGB)
