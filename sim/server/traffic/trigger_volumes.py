"""Trigger volumes of traffic lights and signs: the box on the road where CARLA's agents look for what binds them.

The client calls the box of an actor's description `trigger_volume` (the box around the head is asked for by its own call).
CARLA lays it across the lanes that a signal binds, a little before the stop line; public agents take the waypoint at its
centre; the client, and judges of red lights, search the stop waypoints along the *actor's* x axis, which lies across the
road, as far as 0.9 of the box's half size along x. Tested by tests/server/test_trigger_volumes.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.base import carla_axes, frames
from sim.maps.network import Lanes, RoadNetwork
from sim.maps.signals import SignalMounts

Float64 = NDArray[np.float64]

BEFORE_STOP_M = 2.0
"""The middle of the box is this far before the stop line,"""
ENOUGH_LANE_M = 6.0
"""and on a lane that is at least this long before it, if there is one, so that an agent has time to notice it there."""
LANE_SHARE = 0.7
"""Share of the lanes' width that the box covers, so that it never reaches a neighbour's."""
HALF_LENGTH_M, HALF_HEIGHT_M = 1.0, 1.0
_SAME_WAY_RAD = math.radians(60.0)


@dataclass(frozen=True)
class TriggerVolume:
    """A box in its actor's frame, our axes; x lies across the road, y along it."""

    center_m: Float64
    extent_m: Float64
    rpy_rad: Float64


def trigger_volumes(network: RoadNetwork, mounts: SignalMounts) -> tuple[TriggerVolume | None, ...]:
    """One for every row of Signals; None for signals that bind no lane."""
    return tuple(_volume(network, mounts, row) for row in range(len(network.signals.kind)))


def _volume(network: RoadNetwork, mounts: SignalMounts, row: int) -> TriggerVolume | None:
    signals = network.signals
    places = [
        _place(network.lanes, int(lane), float(stop))
        for lane, stop in zip(signals.lanes[row], signals.stop_arc_length_m[row], strict=True)
    ]
    if not places:
        return None
    heading = places[0][1]
    places = [place for place in places if math.cos(place[1] - heading) > math.cos(_SAME_WAY_RAD)]
    across = np.array([-math.sin(heading), math.cos(heading)])
    first = places[0][0]
    sides = [float(across @ (at[:2] - first[:2])) + side * width / 2.0 for at, _, width in places for side in (-1, 1)]
    half_width = LANE_SHARE * (max(sides) - min(sides)) / 2.0
    center = first.copy()
    center[:2] += across * (max(sides) + min(sides)) / 2.0
    center[2] += HALF_HEIGHT_M
    actor_yaw = float(carla_axes.signal_yaw_to_carla(mounts.yaw_rad[row]))
    actor_from_world = frames.rotation_from_rpy(np.array([0.0, 0.0, actor_yaw])).T
    yaw = heading - actor_yaw - math.pi / 2.0
    return TriggerVolume(
        center_m=actor_from_world @ (center - mounts.base_world_m[row]),
        extent_m=np.array([half_width, HALF_LENGTH_M, HALF_HEIGHT_M]),
        rpy_rad=np.array([0.0, 0.0, math.remainder(yaw, 2.0 * math.pi)]),
    )


def _place(lanes: Lanes, lane: int, stop_m: float) -> tuple[Float64, float, float]:
    """Centre of the lane shortly before a stop, the direction of travel and the lane's width there."""
    arc_m = stop_m - BEFORE_STOP_M
    while arc_m < ENOUGH_LANE_M - BEFORE_STOP_M:
        before = [int(i) for i in lanes.predecessors[lane] if lanes.junction_id[int(i)] in ("", "-1")]
        if len(before) != 1 or lanes.length_m(before[0]) <= arc_m:
            break
        lane = before[0]
        arc_m = lanes.length_m(lane) + min(arc_m, 0.0) - 0.5
    points = lanes.points_of(lane)
    arc, center = lanes.arc_length_m[points], lanes.center_world_m[points]
    arc_m = float(np.clip(arc_m, 0.0, arc[-1]))
    at = np.array([np.interp(arc_m, arc, center[:, axis]) for axis in range(3)])
    index = int(np.clip(np.searchsorted(arc, arc_m), 1, len(arc) - 1))
    return at, float(lanes.yaw_rad[points][index - 1]), float(np.interp(arc_m, arc, lanes.width_m[points]))
