"""Where signals stand, and how traffic lights take turns."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import LineString, Point, Polygon

from sim.base.state import LightState
from sim.maps.lane_arrays import DRIVABLE_TYPES
from sim.maps.lookup import LaneLookup, lookup_of
from sim.maps.network import RoadNetwork

Float64 = NDArray[np.float64]

GREEN_S, YELLOW_S, ALL_RED_S = 10.0, 3.0, 2.0
MAST_CLEARANCE_M = 0.5
WAYS_APART_M = 2.5
"""Centres of ways that are this far apart let two cars pass each other; neighbouring lanes are further apart."""
_CARRIAGEWAY_TYPES = (*sorted(DRIVABLE_TYPES), "parking", "biking", "stop")


@dataclass(frozen=True)
class SignalMounts:
    """Where each signal's mast meets the ground (S, 3), the direction its face looks towards (S,), and the centre of its
    face or head in the frame of that base (S, 3): x along the face's direction, z up."""

    base_world_m: Float64
    yaw_rad: Float64
    head_offset_m: Float64


def signal_mounts(network: RoadNetwork, lookup: LaneLookup | None = None) -> SignalMounts:
    """Mounts for every row of Signals. A head over the road hangs from an arm: its base stands beside the road, off every
    drivable lane and crosswalk, on the nearest side. Tested by tests/maps/test_signals.py."""
    signals = network.signals
    kerbside = lookup_of(network, _CARRIAGEWAY_TYPES)
    ground = lookup or kerbside
    first, points = network.crosswalks.first_point, network.crosswalks.points_world_m
    crosswalks = [Polygon(points[a:b, :2]) for a, b in itertools.pairwise(first)]
    base = signals.position_world_m.copy()
    for row in range(len(signals.kind)):
        base[row, :2] = _mast_place(base[row, :2], float(signals.yaw_rad[row]), kerbside, crosswalks)
    if len(base):
        base[:, 2] = ground.height_at(base)
    delta = signals.position_world_m - base
    cos, sin = np.cos(signals.yaw_rad), np.sin(signals.yaw_rad)
    offset = np.stack(
        [cos * delta[:, 0] + sin * delta[:, 1], cos * delta[:, 1] - sin * delta[:, 0], delta[:, 2]], axis=1
    )
    return SignalMounts(base, signals.yaw_rad.copy(), offset)


def _mast_place(wanted: Float64, yaw_rad: float, kerbside: LaneLookup, crosswalks: list[Polygon]) -> Float64:
    """The nearest place to `wanted` that is clear of the carriageway, sideways first, then in any direction."""
    # seen by the traffic that the face looks at, "right" is to the face's left
    sideways = np.array([yaw_rad + math.pi / 2.0, yaw_rad - math.pi / 2.0])
    around = yaw_rad + np.linspace(-math.pi, math.pi, 16, endpoint=False)
    for angles, steps in ((sideways, np.arange(0.0, 12.0, 0.25)), (around, np.arange(0.0, 40.0, 0.5))):
        distance, angle = (a.ravel() for a in np.meshgrid(steps, angles, indexing="ij"))
        candidates = wanted + np.stack([np.cos(angle), np.sin(angle)], axis=1) * distance[:, None]
        clear = kerbside.nearest(candidates).distance_m >= MAST_CLEARANCE_M
        for index in np.flatnonzero(clear):
            place = Point(candidates[index])
            if not any(area.distance(place) < 0.2 for area in crosswalks):
                return np.asarray(candidates[index])
    return wanted


@dataclass(frozen=True)
class SignalGroup:
    """The lights of one junction. `phases[p]` are the rows that show green together; all others show red.

    Each phase lasts green + yellow + all-red seconds; an empty phase is red for everyone (people cross).
    """

    junction_id: str
    rows: tuple[int, ...]
    phases: tuple[tuple[int, ...], ...]
    green_s: float = GREEN_S
    yellow_s: float = YELLOW_S
    all_red_s: float = ALL_RED_S

    @property
    def cycle_s(self) -> float:
        """Seconds after which everything repeats."""
        return len(self.phases) * (self.green_s + self.yellow_s + self.all_red_s)

    def states_at(self, time_s: float) -> tuple[LightState, ...]:
        """The state of each light in `rows`, `time_s` after the first phase turned green."""
        length = self.green_s + self.yellow_s + self.all_red_s
        index, within = divmod(time_s % self.cycle_s, length)
        active = self.phases[min(int(index), len(self.phases) - 1)]
        shown = LightState.GREEN if within < self.green_s else LightState.YELLOW
        shown = shown if within < self.green_s + self.yellow_s else LightState.RED
        return tuple(shown if row in active else LightState.RED for row in self.rows)


@dataclass(frozen=True)
class _Approach:
    """Lights that speak to the same lanes, with the lanes' heading at the stop and the ways through the junction."""

    rows: tuple[int, ...]
    yaw_rad: float
    ways: tuple[LineString, ...]


def signal_groups(network: RoadNetwork) -> tuple[SignalGroup, ...]:
    """All lights, grouped by junction, with phases that never let crossing traffic go together.

    Lights of one controller share a phase (approaches of it whose ways cross are still parted), and controllers take
    turns. Without controllers, approaches share a phase when their ways keep clear of each other. So a light has no left
    turns that yield: cars of CARLA's Traffic Manager that face each other in a junction can block each other for good. A
    lone light alternates with an empty phase. Tested by tests/maps/test_signals.py.
    """
    signals = network.signals
    by_junction: dict[str, list[int]] = {}
    for row, kind in enumerate(signals.kind):
        if kind == "light":
            key = signals.junction_id[row] or f"road {signals.road_id[row]}"
            by_junction.setdefault(key, []).append(row)
    groups = []
    for junction, rows in by_junction.items():
        phases: list[list[_Approach]] = []
        for unit in _units(network, rows):
            # later units open phases of their own when controllers say who goes together
            candidates = phases[len(phases) :] if unit.own_phase else phases[:]
            start = len(phases)
            for approach in unit.approaches:
                for phase in (*candidates, *phases[start:]):
                    if not any(_conflict(approach, other) for other in phase):
                        phase.append(approach)
                        break
                else:
                    phases.append([approach])
        flat = [tuple(sorted(r for a in phase for r in a.rows)) for phase in phases]
        if len(flat) == 1:
            flat.append(())
        groups.append(SignalGroup(junction, tuple(rows), tuple(flat)))
    return tuple(groups)


@dataclass(frozen=True)
class _Unit:
    """Approaches that are put into phases together: those of one controller, or all of a junction without controllers."""

    approaches: tuple[_Approach, ...]
    own_phase: bool


def _units(network: RoadNetwork, rows: list[int]) -> list[_Unit]:
    by_controller: dict[str, list[int]] = {}
    for row in rows:
        by_controller.setdefault(network.signals.controller_id[row], []).append(row)
    if len(by_controller) < 2 or "" in by_controller:
        return [_Unit(tuple(_approaches(network, rows)), own_phase=False)]
    return [_Unit(tuple(_approaches(network, members)), own_phase=True) for members in by_controller.values()]


def _approaches(network: RoadNetwork, rows: list[int]) -> list[_Approach]:
    signals, lanes = network.signals, network.lanes
    by_way: dict[tuple[str, bool, str], list[int]] = {}
    for row in rows:
        lane = signals.lanes[row][0] if signals.lanes[row] else -1
        key = (lanes.road_id[lane], bool(lanes.along_s[lane]), "") if lane >= 0 else ("", True, signals.signal_id[row])
        by_way.setdefault(key, []).append(row)
    out = []
    for members in by_way.values():
        bound = sorted({lane for row in members for lane in signals.lanes[row]})
        yaw = (
            float(lanes.yaw_rad[lanes.first_point[bound[0] + 1] - 1])
            if bound
            else float(signals.yaw_rad[members[0]]) + math.pi
        )
        lines = {
            way: lanes.center_world_m[lanes.points_of(way), :2] for lane in bound for way in lanes.successors[lane]
        }
        ways = [LineString(line) for line in lines.values()]
        out.append(_Approach(tuple(members), yaw, tuple(ways)))
    return sorted(out, key=lambda a: (round(a.yaw_rad % math.pi, 2), a.rows))


def _conflict(a: _Approach, b: _Approach) -> bool:
    """Whether some way of one crosses, joins or brushes some way of the other."""
    return any(way_a.distance(way_b) < WAYS_APART_M for way_a in a.ways for way_b in b.ways)
