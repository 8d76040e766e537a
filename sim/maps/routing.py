"""Ways over the lane graph: following lanes, shortest paths, the route as a line of points, and the rules on it."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.base.bundle import Route
from sim.base.errors import MapError
from sim.maps.network import Lanes, RoadNetwork

Float64 = NDArray[np.float64]

Choose = Callable[[RoadNetwork, int, tuple[int, ...]], int]
LANE_CHANGE_COST_M = 30.0
ROUTE_STEP_M = 1.0


def straightest(network: RoadNetwork, lane: int, options: tuple[int, ...]) -> int:
    """The successor whose end heading differs least from the end of `lane`; ties fall to the lowest row."""
    return min(options, key=lambda other: (round(abs(turn_rad(network, other)), 6), other))


def turn_rad(network: RoadNetwork, lane: int) -> float:
    """How far the direction of travel turns along a lane, left positive, in (-pi, pi]."""
    part = network.lanes.points_of(lane)
    steps = np.diff(np.unwrap(network.lanes.yaw_rad[part]))
    return float(steps.sum())


def lane_path(
    network: RoadNetwork, lane: int, arc_length_m: float, distance_m: float, choose: Choose = straightest
) -> tuple[int, ...]:
    """The rows of lanes that cover `distance_m` of travel from a place on `lane`; `choose` decides at forks.

    Ends earlier where a lane has no successor. Tested by tests/maps/test_routing.py.
    """
    path = [lane]
    left = distance_m - (network.lanes.length_m(lane) - arc_length_m)
    while left > 0.0 and network.lanes.successors[path[-1]]:
        options = network.lanes.successors[path[-1]]
        path.append(options[0] if len(options) == 1 else choose(network, path[-1], options))
        left -= network.lanes.length_m(path[-1])
    return tuple(path)


def shortest_path(network: RoadNetwork, start_lane: int, end_lane: int, lane_changes: bool = True) -> tuple[int, ...]:
    """The rows of the shortest way from one lane to another (Dijkstra 1959), both included.

    A permitted change to a neighbouring lane costs 30 m. MapError when there is no way.
    """
    lanes = network.lanes
    best = {start_lane: 0.0}
    came_from: dict[int, int] = {}
    queue = [(0.0, start_lane)]
    while queue:
        cost, lane = heapq.heappop(queue)
        if lane == end_lane:
            path = [lane]
            while path[-1] != start_lane:
                path.append(came_from[path[-1]])
            return tuple(reversed(path))
        if cost > best[lane]:
            continue
        for other, step in _steps(lanes, lane, lane_changes):
            total = cost + step
            if total < best.get(other, np.inf):
                best[other], came_from[other] = total, lane
                heapq.heappush(queue, (total, other))
    raise MapError(
        f"{network.name}: found no way from lane {_label(lanes, start_lane)} to lane {_label(lanes, end_lane)}; "
        "lanes must be joined by successors or permitted lane changes. Choose other lanes."
    )


def _steps(lanes: Lanes, lane: int, lane_changes: bool) -> Iterator[tuple[int, float]]:
    for other in lanes.successors[lane]:
        yield other, lanes.length_m(lane)
    if lane_changes:
        for other, allowed in (
            (lanes.left[lane], lanes.may_change_left[lane]),
            (lanes.right[lane], lanes.may_change_right[lane]),
        ):
            if other >= 0 and allowed:
                yield int(other), LANE_CHANGE_COST_M


def _label(lanes: Lanes, lane: int) -> str:
    return f"{lane} (road {lanes.road_id[lane]}, lane id {int(lanes.lane_id[lane])})"


def route_along(network: RoadNetwork, lanes: Sequence[int], start_arc_m: float, end_arc_m: float) -> Route:
    """The route along lane centres from `start_arc_m` on the first lane to `end_arc_m` on the last.

    Neighbouring lanes in a row are a lane change, spread smoothly over the section's length. (P, 3) points 1 m apart.
    """
    table = network.lanes
    groups = _groups(table, lanes)
    pieces, limits = [], []
    for index, group in enumerate(groups):
        start = start_arc_m / max(table.length_m(group[0]), 1e-9) if index == 0 else 0.0
        end = end_arc_m / max(table.length_m(group[-1]), 1e-9) if index == len(groups) - 1 else 1.0
        points = _group_line(table, group, min(max(start, 0.0), 1.0), min(max(end, 0.0), 1.0))
        pieces.append(points)
        limits.append(np.full(len(points), table.speed_limit_mps[group[-1]]))
    line, limit = np.concatenate(pieces), np.concatenate(limits)
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    keep = np.concatenate([[True], steps > 1e-6])
    arc = np.concatenate([[0.0], np.cumsum(steps)])[keep]
    line, limit = line[keep], limit[keep]
    count = max(2, int(np.ceil(arc[-1] / ROUTE_STEP_M)) + 1)
    wanted = np.linspace(0.0, arc[-1], count)
    points = np.stack([np.interp(wanted, arc, line[:, k]) for k in range(3)], axis=1)
    return Route(points, wanted, limit[np.minimum(np.searchsorted(arc, wanted), len(arc) - 1)])


def _groups(table: Lanes, lanes: Sequence[int]) -> list[list[int]]:
    """Runs of neighbouring lanes of one section: a run of two or more is a lane change."""
    groups = [[int(lanes[0])]]
    for before, after in itertools.pairwise(lanes):
        beside = after in (table.left[before], table.right[before])
        if beside and after not in table.successors[before]:
            groups[-1].append(int(after))
        else:
            groups.append([int(after)])
    return groups


def _group_line(table: Lanes, group: list[int], start: float, end: float) -> Float64:
    longest = max(table.length_m(lane) for lane in group)
    if len(group) == 1:
        part = table.points_of(group[0])
        own = table.arc_length_m[part] / max(longest, 1e-9)
        inner = own[(own > start + 1e-6) & (own < end - 1e-6)]
        fraction = np.concatenate([[start], inner, [end]])
    else:
        fraction = np.linspace(start, end, max(2, int(np.ceil((end - start) * longest)) + 1))
    progress = np.clip((fraction - start) / max(end - start, 1e-9), 0.0, 1.0) * (len(group) - 1)
    low = np.minimum(progress.astype(int), max(len(group) - 2, 0))
    w = progress - low
    w = w * w * (3.0 - 2.0 * w)
    lines = np.stack([_at_fraction(table, lane, fraction) for lane in group])
    index = np.arange(len(fraction))
    high = np.minimum(low + 1, len(group) - 1)
    return np.asarray(lines[low, index] * (1.0 - w)[:, None] + lines[high, index] * w[:, None])


def _at_fraction(table: Lanes, lane: int, fraction: Float64) -> Float64:
    part = table.points_of(lane)
    arc = fraction * table.length_m(lane)
    return np.stack([np.interp(arc, table.arc_length_m[part], table.center_world_m[part, k]) for k in range(3)], axis=1)


def controls_on_route(
    network: RoadNetwork, route_lanes: Sequence[int], start_arc_m: float
) -> tuple[tuple[str, float, int], ...]:
    """(kind, stop position along the route in m, signal row) of every light, stop and yield sign ahead, nearest first.

    The route begins at `start_arc_m` on the first lane, as in route_along. A lane that the route leaves by a lane change
    does not bind.
    """
    table, signals = network.lanes, network.signals
    binding: dict[int, list[tuple[str, float, int]]] = {}
    for row, kind in enumerate(signals.kind):
        if kind in ("light", "stop", "yield"):
            for lane, stop in zip(signals.lanes[row], signals.stop_arc_length_m[row], strict=True):
                binding.setdefault(lane, []).append((kind, stop, row))
    out = []
    travelled = 0.0
    for index, group in enumerate(_groups(table, route_lanes)):
        start = start_arc_m / max(table.length_m(group[0]), 1e-9) if index == 0 else 0.0
        line = _group_line(table, group, min(max(start, 0.0), 1.0), 1.0)
        length = float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())
        for kind, stop, row in binding.get(group[-1], ()):
            fraction = stop / max(table.length_m(group[-1]), 1e-9)
            if fraction >= start - 1e-9:
                out.append((kind, travelled + (fraction - start) / max(1.0 - start, 1e-9) * length, row))
        travelled += length
    return tuple(sorted(out, key=lambda item: (item[1], item[2])))
