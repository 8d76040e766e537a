"""Where a vehicle's front has to stop for a signal, and which way the signal's face looks because of it."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry import LineString, Polygon

from sim.maps.areas import Areas
from sim.maps.lane_arrays import DRIVABLE_TYPES, SampledLane
from sim.maps.paint import STOP_LINE_WIDTH_M
from sim.maps.signal_rows import SignalRow

Float64 = NDArray[np.float64]

LOOK_BACK_M = 15.0
DEFAULT_SETBACK_M = 1.0
CLEARANCE_M = 4.7
"""Clear height over carriageways (German RiLSA: 4.5 m at least)."""


def settle(
    signals: list[SignalRow], lanes: list[SampledLane], successors: tuple[tuple[int, ...], ...], areas: Areas
) -> None:
    """Move stops to the painted stop line or in front of the crosswalk, name the junction, and turn faces to their traffic.

    Tested by tests/maps/test_signals.py.
    """
    obstacles = [(LineString(line[:, :2]), STOP_LINE_WIDTH_M / 2.0) for line in areas.stop_lines]
    first, points = areas.crosswalks.first_point, areas.crosswalks.points_world_m
    obstacles += [(Polygon(points[a:b, :2]).exterior, 1.0) for a, b in itertools.pairwise(first)]
    tree = STRtree([shape for shape, _ in obstacles])
    for signal in signals:
        if signal.kind not in ("light", "stop", "yield"):
            continue
        for row in sorted(signal.stops):
            signal.stops[row] = _stop_arc(lanes[row], signal.stops[row], obstacles, tree)
        ahead = [lanes[n].road.junction_id for row in sorted(signal.stops) for n in successors[row]]
        signal.junction_id = next((j for j in ahead if j), "")
        _face_the_traffic(signal, lanes)
    _lift_over_the_road(signals, lanes)


def _stop_arc(lane: SampledLane, wanted_m: float, obstacles: list[tuple[LineString, float]], tree: STRtree) -> float:
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(lane.center, axis=0), axis=1))])
    near = arc >= min(wanted_m, arc[-1]) - LOOK_BACK_M
    near[-2:] = True
    path = LineString(lane.center[near, :2])
    start = float(arc[near][0])
    found = []
    for index in tree.query(path.buffer(0.3)):
        shape, setback = obstacles[int(index)]
        if path.distance(shape) < 0.3:
            hit = shape.intersection(path)
            probes = [shape.centroid] if hit.is_empty else list(getattr(hit, "geoms", [hit]))
            found += [start + path.project(p.centroid) - setback for p in probes]
    at_end = wanted_m > arc[-1] - 0.5
    fallback = arc[-1] - DEFAULT_SETBACK_M if at_end else wanted_m
    return float(np.clip(min(found, default=fallback), 0.0, arc[-1]))


def _face_the_traffic(signal: SignalRow, lanes: list[SampledLane]) -> None:
    """Exporters disagree on hOffset, so a face that does not look at its own lanes is turned towards them."""
    if not signal.stops:
        return
    targets = []
    for row in sorted(signal.stops):
        lane = lanes[row]
        arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(lane.center, axis=0), axis=1))])
        index = int(np.searchsorted(arc, max(signal.stops[row] - 20.0, 0.0)))
        targets.append(lane.center[min(index, len(arc) - 1), :2])
    towards = np.mean(targets, axis=0) - signal.position[:2]
    yaw = math.atan2(towards[1], towards[0])
    if math.cos(yaw - signal.yaw_rad) < math.cos(math.radians(50.0)):
        signal.yaw_rad = yaw


def _lift_over_the_road(signals: list[SignalRow], lanes: list[SampledLane]) -> None:
    """Heads and faces above a carriageway hang higher than the tallest vehicle."""
    drivable = [lane for lane in lanes if lane.record.lane_type in DRIVABLE_TYPES]
    if not drivable:
        return
    center = np.concatenate([lane.center[:, :2] for lane in drivable])
    half = np.concatenate([lane.width_m for lane in drivable]) / 2.0
    for signal in signals:
        low = signal.ground_z_m + CLEARANCE_M + signal.height_m / 2.0
        if signal.position[2] < low and (np.hypot(*(center - signal.position[:2]).T) < half).any():
            signal.position[2] = low
