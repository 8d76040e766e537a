"""Where on a map a scenario fits: all sites that satisfy the rule of its `anchor:`.

A site is a way through the network with the station of the anchor on it. The rules use the map's own lanes, marks and
signals only, so that one scenario runs on any map on which the rule can be met. Tested by tests/scenarios/test_place.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from scenarios.schema import Anchor, AnyRoad, Motorway, StopLine, StraightStreet
from scenarios.ways import Way, driving_lanes, in_junction, neighbour_of, street_chain, walk, walk_far, way_along
from sim.base.errors import ScenarioError
from sim.base.units import mps_from_kmh
from sim.maps.network import RoadNetwork

STREET_STEP_M = 5.0
ROAD_STEP_M = 20.0
STRAIGHT_RAD = math.radians(3.0)
PARKED_SPAN_M = (-16.0, 14.0)
"""Around the anchor of a straight street with parking, from where to where the parking lane has to reach."""
MOTORWAY_KMH = 80.0
SHORTEST_WAY_M = 40.0
"""On maps too small for what any_road asks, a way of this length beyond the start will do."""
RUN_OUT_M = 30.0
"""Length of way behind the goal, so that a driver still sees road ahead when it gets there."""


@dataclass(frozen=True)
class Site:
    """A way with the station of the anchor on it; `stop_station_m` is where a front has to stop, if a stop line is the anchor."""

    way: Way
    anchor_m: float
    stop_station_m: float | None = None


def find_sites(network: RoadNetwork, anchor: Anchor, rng: np.random.Generator) -> list[Site]:
    """All sites of a rule on a map, in an order that the generator shuffles. Raises ScenarioError where there is none."""
    rule = anchor.body
    if isinstance(rule, StraightStreet):
        sites, wanted = list(_streets(network, rule)), _street_words(rule)
    elif isinstance(rule, StopLine):
        sites = list(_stop_lines(network, rule, rng))
        wanted = (
            f"a stop sign with {rule.before_m.value:g} m of road before its line and {rule.after_m.value:g} m after it"
        )
    elif isinstance(rule, Motorway):
        sites = list(_motorways(network, rule, rng))
        wanted = (
            f"a lane with a limit of at least {MOTORWAY_KMH:g} km/h, a {rule.neighbour} neighbour, and "
            f"{rule.before_m.value + rule.after_m.value:g} m of way"
        )
    else:
        sites = list(_roads(network, rule, rng))
        wanted = f"a road with {rule.before_m.value + rule.after_m.value:g} m of way"
    if not sites:
        raise ScenarioError(
            f"anchor.{anchor.kind}: found no such place on the map {network.name}; expected {wanted}. "
            "Choose another map, or ask for less in the anchor."
        )
    return [sites[int(index)] for index in rng.permutation(len(sites))]


def _street_words(rule: StraightStreet) -> str:
    parking = {"right": " with a parking lane on the right", "none": " without parking lanes", "any": ""}[rule.parking]
    return f"a two-way street{parking}, straight over {rule.before_m.value + rule.after_m.value:g} m and away from junctions"


def _streets(network: RoadNetwork, rule: StraightStreet) -> Iterator[Site]:
    before, after = rule.before_m.value, rule.after_m.value
    seen: set[tuple[int, ...]] = set()
    for lane in driving_lanes(network):
        table = network.lanes
        if table.speed_limit_mps[lane] >= mps_from_kmh(MOTORWAY_KMH) or table.opposite[lane] < 0:
            continue
        chain = street_chain(network, lane)
        if chain in seen:
            continue
        seen.add(chain)
        way = way_along(network, chain)
        for anchor in np.arange(before, way.length_m - after, STREET_STEP_M):
            if not _is_straight(way, anchor - before, anchor + after):
                continue
            span = np.arange(anchor + PARKED_SPAN_M[0], anchor + PARKED_SPAN_M[1], 2.0)
            parked = [neighbour_of(network, way.lane_at(float(at))[0], "parking", right=True) >= 0 for at in span]
            if rule.parking == "any" or (all(parked) if rule.parking == "right" else not any(parked)):
                yield Site(way, float(anchor))


def _is_straight(way: Way, low_m: float, high_m: float) -> bool:
    yaw = way.line.at(np.arange(low_m, high_m, 2.0))[1]
    turn = (yaw - yaw[0] + math.pi) % (2.0 * math.pi) - math.pi
    return bool(np.ptp(turn) <= STRAIGHT_RAD)


def _stop_lines(network: RoadNetwork, rule: StopLine, rng: np.random.Generator) -> Iterator[Site]:
    signals, table = network.signals, network.lanes
    for row, kind in enumerate(signals.kind):
        if kind != "stop":
            continue
        for lane, stop in zip(signals.lanes[row], signals.stop_arc_length_m[row], strict=True):
            chain = street_chain(network, lane)
            approach = chain[: chain.index(lane)]
            before = sum(table.length_m(item) for item in approach)
            onward = walk(network, lane, rule.after_m.value + RUN_OUT_M, rng)
            if before + stop < rule.before_m.value or onward is None:
                continue
            way = way_along(network, (*approach, lane, *onward))
            line_m = way.lane_start_m[len(approach)] + stop
            yield Site(way, line_m, stop_station_m=line_m)


def _motorways(network: RoadNetwork, rule: Motorway, rng: np.random.Generator) -> Iterator[Site]:
    table = network.lanes
    neighbours = table.left if rule.neighbour == "left" else table.right
    ways: dict[tuple[int, ...], Way] = {}
    for lane in driving_lanes(network):
        if table.speed_limit_mps[lane] < mps_from_kmh(MOTORWAY_KMH) or neighbours[lane] < 0:
            continue
        length = table.length_m(lane)
        for start in np.arange(0.0, max(length - 1.0, 0.5), ROAD_STEP_M):
            onward = walk(network, lane, rule.before_m.value + rule.after_m.value + RUN_OUT_M - (length - start), rng)
            if onward is None or any(neighbours[item] < 0 or in_junction(network, item) for item in onward):
                continue
            lanes = (lane, *onward)
            if lanes not in ways:
                ways[lanes] = way_along(network, lanes)
            yield Site(ways[lanes], float(start) + rule.before_m.value)


def _roads(network: RoadNetwork, rule: AnyRoad, rng: np.random.Generator) -> Iterator[Site]:
    """Ways of the full length; on a map too small for that, the longest quarter of what there is."""
    wanted = rule.before_m.value + rule.after_m.value + RUN_OUT_M
    found: list[tuple[float, Site]] = []
    for lane in driving_lanes(network):
        length = network.lanes.length_m(lane)
        if length < 10.0:
            continue
        start = min(length / 4.0, 30.0)
        onward, _ = walk_far(network, lane, wanted - (length - start), rng)
        way = way_along(network, (lane, *onward))
        found.append((way.length_m - start, Site(way, start + rule.before_m.value)))
    found.sort(key=lambda item: -item[0])
    full = [site for length, site in found if length >= wanted]
    if full:
        yield from full
        return
    for length, site in found[: max(len(found) // 4, 1)]:
        if length >= rule.before_m.value + SHORTEST_WAY_M:
            yield site
