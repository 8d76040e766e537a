"""Ways through a lane network: chains of lanes with the polyline along their centres.

A way is what scenarios are laid out along. Tested by tests/scenarios/test_place.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.base.polyline import Polyline, polyline
from sim.maps.network import RoadNetwork


@dataclass(frozen=True)
class Way:
    """Consecutive lanes; `lane_start_m[i]` is the station at which lane i begins, on the polyline of all their centres."""

    lanes: tuple[int, ...]
    lane_start_m: tuple[float, ...]
    line: Polyline

    @property
    def length_m(self) -> float:
        """Length along the centres."""
        return self.line.length_m

    def lane_at(self, station_m: float) -> tuple[int, float]:
        """The lane row at a station, and the distance from that lane's beginning."""
        index = int(np.searchsorted(self.lane_start_m, station_m, side="right")) - 1
        index = min(max(index, 0), len(self.lanes) - 1)
        return self.lanes[index], station_m - self.lane_start_m[index]


def way_along(network: RoadNetwork, lanes: tuple[int, ...]) -> Way:
    """The way along consecutive lanes."""
    table = network.lanes
    starts, total, points = [], 0.0, []
    for lane in lanes:
        starts.append(total)
        rows = table.center_world_m[table.points_of(lane)]
        points.append(rows)
        total += float(np.linalg.norm(np.diff(rows[:, :2], axis=0), axis=1).sum())
    return Way(lanes, tuple(starts), polyline(np.concatenate(points)))


def in_junction(network: RoadNetwork, lane: int) -> bool:
    """Whether a lane lies inside a junction."""
    return network.lanes.junction_id[lane] not in ("", "-1")


def driving_lanes(network: RoadNetwork) -> list[int]:
    """All driving lanes outside junctions, in row order."""
    kinds = network.lanes.lane_type
    return [lane for lane in range(network.lanes.count) if kinds[lane] == "driving" and not in_junction(network, lane)]


def street_chain(network: RoadNetwork, lane: int) -> tuple[int, ...]:
    """The lanes that continue a lane backwards and forwards without a choice and without a junction, in order of travel."""
    back = _extend(network, lane, network.lanes.predecessors, network.lanes.successors)
    ahead = _extend(network, lane, network.lanes.successors, network.lanes.predecessors)
    return (*reversed(back), lane, *ahead)


def _extend(
    network: RoadNetwork, lane: int, onward: tuple[tuple[int, ...], ...], opposite: tuple[tuple[int, ...], ...]
) -> list[int]:
    chain: list[int] = []
    at = lane
    while True:
        options = [item for item in onward[at] if network.lanes.lane_type[item] == "driving"]
        if len(options) != 1 or in_junction(network, options[0]) or options[0] in chain or options[0] == lane:
            return chain
        if len([item for item in opposite[options[0]] if network.lanes.lane_type[item] == "driving"]) != 1:
            return chain
        chain.append(options[0])
        at = options[0]


def walk(
    network: RoadNetwork, lane: int, distance_m: float, rng: np.random.Generator, backwards: bool = False
) -> tuple[int, ...] | None:
    """Lanes that lead on from (or, backwards, to) `lane` over at least `distance_m` beyond it; None where the road ends.

    At forks the generator chooses; a lane is never used twice. The result is in order of travel and excludes `lane`.
    """
    chain, total = walk_far(network, lane, distance_m, rng, backwards)
    return chain if total >= distance_m else None


def walk_far(
    network: RoadNetwork, lane: int, distance_m: float, rng: np.random.Generator, backwards: bool = False
) -> tuple[tuple[int, ...], float]:
    """As walk, but as far as the road goes; and how far that is."""
    onward = network.lanes.predecessors if backwards else network.lanes.successors
    chain: list[int] = []
    total, at = 0.0, lane
    while total < distance_m:
        options = [
            item
            for item in onward[at]
            if network.lanes.lane_type[item] == "driving" and item not in chain and item != lane
        ]
        if not options:
            break
        at = options[int(rng.integers(len(options)))] if len(options) > 1 else options[0]
        chain.append(at)
        total += network.lanes.length_m(at)
    return (tuple(reversed(chain)) if backwards else tuple(chain)), total


def neighbour_of(network: RoadNetwork, lane: int, lane_type: str, right: bool) -> int:
    """The nearest lane of a type on one side of a lane of travel, in the same cross section; -1 where there is none.

    OpenDRIVE's lane ids grow to the left of the reference line, so to the left of travel along s.
    """
    table = network.lanes
    own = int(table.lane_id[lane])
    step = (-1 if table.along_s[lane] else 1) * (1 if right else -1)
    best, best_distance = -1, 10**9
    for other in _section_lanes(network, lane):
        difference = (int(table.lane_id[other]) - own) * step
        if difference > 0 and table.lane_type[other] == lane_type and difference < best_distance:
            best, best_distance = other, difference
    return best


def _section_lanes(network: RoadNetwork, lane: int) -> list[int]:
    table = network.lanes
    road, section = table.road_id[lane], int(table.section[lane])
    return [int(row) for row in np.flatnonzero(table.section == section) if table.road_id[int(row)] == road]
