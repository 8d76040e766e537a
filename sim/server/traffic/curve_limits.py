"""Speeds that the road allows along each lane: the posted limit, and less where a bend is too tight for it.

A map may post 25 mph through a right turn of 9 m radius, where it would take 1.4 g. CARLA's Traffic Manager drives what it
is told, less only in what it sees of a bend at that moment, and then runs wide into waiting cars. So vehicles are told a
speed at which a bend takes at most COMFORTABLE_LATERAL_MPS2 (an advisory speed, as at the ramps of motorways), from a few
metres before the bend until the whole car is through. Tested by tests/server/test_curve_limits.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.base.units import kmh_from_mps
from sim.maps.network import RoadNetwork

COMFORTABLE_LATERAL_MPS2 = 4.0
"""Drivers take tight urban bends with 0.3 to 0.4 g at most (AASHTO Green Book: side friction demand at low speed)."""
SAMPLE_M = 1.0
BEND_WINDOW_M = 6.0
"""Heading is compared over this length: shorter kinks are an artefact of how a map is drawn."""
AHEAD_M, BEHIND_M = 8.0, 5.0


@dataclass(frozen=True)
class SpeedTable:
    """Limit (km/h) at every SAMPLE_M of every lane: `kmh[first[lane] + int(arc / SAMPLE_M)]`."""

    first: NDArray[np.int64]
    kmh: NDArray[np.float32]


def speed_table(network: RoadNetwork) -> SpeedTable:
    """What the road allows where."""
    lanes = network.lanes
    parts, first = [], [0]
    for lane in range(lanes.count):
        points = lanes.points_of(lane)
        arc, yaw = lanes.arc_length_m[points], np.unwrap(lanes.yaw_rad[points])
        at = np.arange(0.0, float(arc[-1]) + SAMPLE_M, SAMPLE_M)
        begin = np.clip(at - BEND_WINDOW_M / 2.0, 0.0, max(float(arc[-1]) - BEND_WINDOW_M, 0.0))
        end = np.minimum(begin + BEND_WINDOW_M, arc[-1])
        turn = np.abs(np.interp(end, arc, yaw) - np.interp(begin, arc, yaw))
        curvature = turn / BEND_WINDOW_M
        speed = np.sqrt(COMFORTABLE_LATERAL_MPS2 / np.maximum(curvature, 1e-6))
        limit = _lowest_around(np.minimum(speed, float(lanes.speed_limit_mps[lane])))
        parts.append(np.asarray([kmh_from_mps(v) for v in limit], dtype=np.float32))
        first.append(first[-1] + len(at))
    kmh = np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)
    return SpeedTable(np.array(first, dtype=np.int64), kmh)


def _lowest_around(speed: NDArray[np.float64]) -> NDArray[np.float64]:
    """The least speed from BEHIND_M behind to AHEAD_M ahead of each sample."""
    behind, ahead = round(BEHIND_M / SAMPLE_M), round(AHEAD_M / SAMPLE_M)
    padded = np.concatenate([np.full(behind, np.inf), speed, np.full(ahead, np.inf)])
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, behind + ahead + 1).min(axis=1))
