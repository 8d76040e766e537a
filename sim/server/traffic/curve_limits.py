"""Speeds that the road allows along each lane: the posted limit, and less where a bend is too tight for it.

A map may post 25 mph through a right turn of 9 m radius, where it would take 1.4 g. CARLA's Traffic Manager drives what it
is told, less only in what it sees of a bend at that moment, and then runs wide into waiting cars. So vehicles are told a
speed at which a bend takes at most COMFORTABLE_LATERAL_MPS2 (an advisory speed, as at the ramps of motorways), until the
whole car is through, and before the bend a speed from which COMFORTABLE_BRAKING_MPS2 brings it down in time, back through all
lanes that lead there: nobody knows which way a car will take, so at a junction the tightest way counts. Tested by
tests/server/test_curve_limits.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.base.units import kmh_from_mps
from sim.maps.network import Lanes, RoadNetwork

Float64 = NDArray[np.float64]

COMFORTABLE_LATERAL_MPS2 = 4.0
"""Drivers take tight urban bends with 0.3 to 0.4 g at most (AASHTO Green Book: side friction demand at low speed)."""
SAMPLE_M = 1.0
BEND_WINDOW_M = 6.0
"""Heading is compared over this length: shorter kinks are an artefact of how a map is drawn."""
AHEAD_M, BEHIND_M = 3.0, 5.0
COMFORTABLE_BRAKING_MPS2 = 3.0
"""ITE's traffic signal handbook: 10 ft/s² for drivers who are not surprised; the Traffic Manager's brake gives 5 to 6 m/s²."""


@dataclass(frozen=True)
class SpeedTable:
    """Limit (km/h) at every SAMPLE_M of every lane: `kmh[first[lane] + int(arc / SAMPLE_M)]`."""

    first: NDArray[np.int64]
    kmh: NDArray[np.float32]


def speed_table(network: RoadNetwork) -> SpeedTable:
    """What the road allows where."""
    lanes = network.lanes
    # squares of speeds grow linearly with the way that is left to brake
    squares = [_in_bends(lanes, lane) ** 2 for lane in range(lanes.count)]
    _brake_in_time(squares, lanes)
    first = np.cumsum([0, *(len(s) for s in squares)]).astype(np.int64)
    posted = np.repeat(lanes.speed_limit_mps, np.diff(first))
    speed = np.minimum(np.sqrt(np.concatenate(squares)) if squares else np.zeros(0), posted)
    return SpeedTable(first, (speed * kmh_from_mps(1.0)).astype(np.float32))


def _in_bends(lanes: Lanes, lane: int) -> Float64:
    """Comfortable speed at each sample of a lane, in a bend and just around it."""
    points = lanes.points_of(lane)
    arc, yaw = lanes.arc_length_m[points], np.unwrap(lanes.yaw_rad[points])
    at = np.arange(0.0, float(arc[-1]) + SAMPLE_M, SAMPLE_M)
    begin = np.clip(at - BEND_WINDOW_M / 2.0, 0.0, max(float(arc[-1]) - BEND_WINDOW_M, 0.0))
    end = np.minimum(begin + BEND_WINDOW_M, arc[-1])
    turn = np.abs(np.interp(end, arc, yaw) - np.interp(begin, arc, yaw))
    return _lowest_around(np.sqrt(COMFORTABLE_LATERAL_MPS2 / np.maximum(turn / BEND_WINDOW_M, 1e-6)))


def _brake_in_time(squares: list[Float64], lanes: Lanes) -> None:
    """Lower the squares of speeds, in place, to what leaves room to brake for what lies ahead on this and following lanes."""
    gain = 2.0 * COMFORTABLE_BRAKING_MPS2 * SAMPLE_M
    queue = list(range(lanes.count))
    while queue:
        lane = queue.pop()
        here = squares[lane]
        before = float(here[0])
        # the last sample lies at the lane's end or up to SAMPLE_M beyond, so it is the start of the lanes that follow
        here[-1] = min([float(here[-1]), *(float(squares[after][0]) for after in lanes.successors[lane])])
        way = gain * np.arange(len(here))[::-1]
        here[:] = np.minimum.accumulate((here - way)[::-1])[::-1] + way
        if float(here[0]) < before:
            queue += [int(i) for i in lanes.predecessors[lane]]


def _lowest_around(speed: Float64) -> Float64:
    """The least speed from BEHIND_M behind to AHEAD_M ahead of each sample."""
    behind, ahead = round(BEHIND_M / SAMPLE_M), round(AHEAD_M / SAMPLE_M)
    padded = np.concatenate([np.full(behind, np.inf), speed, np.full(ahead, np.inf)])
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, behind + ahead + 1).min(axis=1))
