"""A way through the world as a chain of points, with positions along it (stations) and beside it (laterals).

Station: metres along the chain from its first point. Lateral: metres to the left of it. Points beyond either end continue
straight. Tested by tests/experts/test_driving.py (round trip, circle's curvature).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Polyline:
    """P points (P, 3) in world coordinates, their stations (P,) and the direction (P - 1,) of each piece between them.

    `heading_rad` (P,) is the direction at each point, the mean of the pieces that meet there, without jumps of a full turn.
    """

    points_world_m: Float64
    station_m: Float64
    piece_yaw_rad: Float64
    heading_rad: Float64

    @property
    def length_m(self) -> float:
        """Station of the last point."""
        return float(self.station_m[-1])

    def at(self, station_m: ArrayLike, lateral_m: ArrayLike = 0.0) -> tuple[Float64, Float64]:
        """Points (..., 3) at stations (...) and laterals, and the way's direction there in rad, which turns smoothly."""
        station = np.asarray(station_m, dtype=np.float64)
        piece = np.clip(np.searchsorted(self.station_m, station, side="right") - 1, 0, len(self.piece_yaw_rad) - 1)
        start, end = self.points_world_m[piece], self.points_world_m[piece + 1]
        length = self.station_m[piece + 1] - self.station_m[piece]
        fraction = ((station - self.station_m[piece]) / length)[..., None]
        points = np.array(start + (end - start) * fraction)
        before, after = self.heading_rad[piece], self.heading_rad[piece + 1]
        yaw = np.asarray(before + (after - before) * np.clip(fraction[..., 0], 0.0, 1.0))
        lateral = np.asarray(lateral_m, dtype=np.float64)
        points[..., 0] -= np.sin(yaw) * lateral
        points[..., 1] += np.cos(yaw) * lateral
        return points, yaw

    def project(self, point_xy: ArrayLike, near_m: float | None = None, window_m: float = 40.0) -> tuple[float, float]:
        """Station and lateral of one point; with `near_m`, only the part within `window_m` of that station is searched."""
        x, y = np.asarray(point_xy, dtype=np.float64)[:2]
        first, last = 0, len(self.piece_yaw_rad)
        if near_m is not None:
            first = min(int(np.searchsorted(self.station_m, near_m - window_m, side="right")) - 1, last - 1)
            first = max(first, 0)
            last = min(max(int(np.searchsorted(self.station_m, near_m + window_m)), first + 1), last)
        start = self.points_world_m[first:last, :2]
        yaw = self.piece_yaw_rad[first:last]
        length = self.station_m[first + 1 : last + 1] - self.station_m[first:last]
        dx, dy = x - start[:, 0], y - start[:, 1]
        along = dx * np.cos(yaw) + dy * np.sin(yaw)
        across = dy * np.cos(yaw) - dx * np.sin(yaw)
        inside = np.clip(along, 0.0, length)
        best = int(np.argmin((along - inside) ** 2 + across**2))
        beyond = best + first in (0, len(self.piece_yaw_rad) - 1)
        station = self.station_m[first + best] + (along[best] if beyond else inside[best])
        return float(station), float(across[best])

    def curvature_1pm(self, spacing_m: float = 3.0) -> Float64:
        """Curvature (P,) at each point, left positive: the turn between the directions `spacing_m` before and after it."""
        ahead = self.at(self.station_m + spacing_m)[0][:, :2]
        here = self.points_world_m[:, :2]
        behind = self.at(self.station_m - spacing_m)[0][:, :2]
        first, second = here - behind, ahead - here
        cross = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
        turn = np.arctan2(cross, np.sum(first * second, axis=1))
        return np.asarray(turn / spacing_m)


def polyline(points_world_m: ArrayLike) -> Polyline:
    """The polyline through (P, 2 or 3) points; points less than 1 mm from the one before are left out. ValueError below 2."""
    points = np.asarray(points_world_m, dtype=np.float64)
    if points.ndim == 2 and points.shape[1] == 2:
        points = np.column_stack([points, np.zeros(len(points))])
    if points.ndim != 2 or points.shape[1] != 3:
        raise ValueError(f"polyline: found points of shape {points.shape}; expected (P, 2) or (P, 3)")
    step = np.linalg.norm(np.diff(points[:, :2], axis=0), axis=1)
    keep = np.concatenate([[True], step > 1e-3])
    points = points[keep]
    if len(points) < 2:
        raise ValueError("polyline: found fewer than 2 separate points; expected at least 2")
    delta = np.diff(points[:, :2], axis=0)
    station = np.concatenate([[0.0], np.cumsum(np.linalg.norm(delta, axis=1))])
    yaw = np.arctan2(delta[:, 1], delta[:, 0])
    unwrapped = np.unwrap(yaw)
    heading = np.concatenate([unwrapped[:1], (unwrapped[:-1] + unwrapped[1:]) / 2.0, unwrapped[-1:]])
    return Polyline(points, station, yaw, heading)
