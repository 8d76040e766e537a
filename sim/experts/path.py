"""The expert's idea of its way: where it leads, how fast each piece may be driven, where it has to stop.

Tested by tests/experts/test_driving.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.base.bundle import Route
from sim.base.polyline import Polyline, polyline

Float64 = NDArray[np.float64]

LATERAL_COMFORT_MPS2 = 2.2
"""Passengers call 1.8 to 2.5 m/s2 in bends comfortable (ISO 15622 allows ACC 2.3 m/s2 in curves below 20 m/s)."""
SLOWING_MPS2 = 1.6
"""Planned deceleration before bends and limits."""


@dataclass(frozen=True)
class DrivenPath:
    """The route with curvature (P,) and the highest speed (P,) from which every bend and limit ahead can be met in comfort."""

    line: Polyline
    curvature_1pm: Float64
    speed_mps: Float64

    def speed_at(self, station_m: float) -> float:
        """Planned speed at a station."""
        return float(np.interp(station_m, self.line.station_m, self.speed_mps))

    def curvature_at(self, station_m: float) -> float:
        """Curvature at a station, left positive."""
        return float(np.interp(station_m, self.line.station_m, self.curvature_1pm))


def driven_path(route: Route, cruise_mps: float) -> DrivenPath:
    """Speeds along a route: the least of cruise, limit and sqrt(a / |curvature|), then v^2 = v'^2 + 2 b ds going backwards."""
    line = polyline(route.points_world_m)
    limit = np.interp(line.station_m, route.arc_length_m, route.speed_limit_mps)
    curvature = line.curvature_1pm(2.0)
    smooth = np.convolve(np.pad(curvature, 1, mode="edge"), np.full(3, 1.0 / 3.0), mode="valid")
    bend = np.sqrt(LATERAL_COMFORT_MPS2 / np.maximum(np.abs(smooth), 1e-5))
    speed = np.minimum(np.minimum(bend, limit), cruise_mps)
    step = np.diff(line.station_m)
    for row in range(len(speed) - 2, -1, -1):
        speed[row] = min(speed[row], (speed[row + 1] ** 2 + 2.0 * SLOWING_MPS2 * step[row]) ** 0.5)
    return DrivenPath(line, smooth, speed)
