"""A satellite receiver: latitude, longitude and altitude of a place on the map, with bias and white noise.

The map's plane is a spherical transverse Mercator projection (Snyder, "Map projections: a working manual", USGS 1395, eqs.
8-6 and 8-7 inverted) about the point that the OpenDRIVE file names with +lat_0 and +lon_0, with the scale factor 0.9996 of
UTM whatever +k says. That is what `carla.Map.transform_to_geolocation` of 0.9.16 computes, from CARLA's y: its latitude grows
with CARLA's y, to the right of x. Sensor and client have to agree, so we follow. Tested against it by tests/sensors/test_gnss.py.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.base.streams import stream

EARTH_RADIUS_M = 6_378_137.0
SCALE_FACTOR = 0.9996
DEFAULT_LATITUDE_DEG, DEFAULT_LONGITUDE_DEG = 42.0, 2.0
"""CARLA's origin of maps that name none."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class GeoOrigin:
    """Where the map's origin lies on the globe, in degrees."""

    latitude_deg: float = DEFAULT_LATITUDE_DEG
    longitude_deg: float = DEFAULT_LONGITUDE_DEG

    @classmethod
    def of(cls, geo_reference: str) -> GeoOrigin:
        """The origin in a PROJ string; CARLA's default when +lat_0 or +lon_0 is missing or no number."""
        words = dict(word.split("=", 1) for word in geo_reference.split() if word.count("=") == 1)
        found = [_NUMBER.match(words.get(name, "")) for name in ("+lat_0", "+lon_0")]
        if found[0] is None or found[1] is None:
            return cls()
        return cls(float(found[0].group()), float(found[1].group()))

    def geolocation(self, east_m: float, along_y_m: float) -> tuple[float, float]:
        """Latitude and longitude in degrees of a place `east_m` along the map's x and `along_y_m` along CARLA's y."""
        radius = EARTH_RADIUS_M * SCALE_FACTOR
        turn = along_y_m / radius + math.radians(self.latitude_deg)
        latitude = math.asin(math.sin(turn) / math.cosh(east_m / radius))
        longitude = math.atan2(math.sinh(east_m / radius), math.cos(turn))
        return math.degrees(latitude), self.longitude_deg + math.degrees(longitude)


@dataclass(frozen=True)
class GnssNoise:
    """Bias and standard deviation of (latitude deg, longitude deg, altitude m)."""

    bias: tuple[float, float, float] = (0.0, 0.0, 0.0)
    stddev: tuple[float, float, float] = (0.0, 0.0, 0.0)


class GnssReceiver:
    """Measures latitude, longitude (deg) and altitude (m). The k-th measurement's noise depends on seed and k alone."""

    def __init__(self, origin: GeoOrigin, noise: GnssNoise, seed: int) -> None:
        self._origin, self._noise, self._seed = origin, noise, seed
        self._noisy = any(value > 0.0 for value in noise.stddev)
        self._taken = 0

    def measure(self, east_m: float, along_y_m: float, altitude_m: float) -> NDArray[np.float64]:
        """(latitude deg, longitude deg, altitude m) as the receiver reports them."""
        latitude, longitude = self._origin.geolocation(east_m, along_y_m)
        out = np.array([latitude, longitude, altitude_m]) + self._noise.bias
        if self._noisy:
            out += stream(self._seed, "gnss", self._taken).standard_normal(3) * self._noise.stddev
        self._taken += 1
        return out
