"""A concrete scenario on a map: who stands where, and the ego's way.

Sites that satisfy the anchor's rule are tried in the order that the seed shuffles them into; the first on which everybody
fits is taken. Nothing is spawned inside anything, and nobody is asked to run faster than a person of that kind can.
Tested by tests/scenarios/test_place.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scenarios.anchors import RUN_OUT_M, Site, find_sites
from scenarios.dimensions import Dimensions, dimensions_of
from scenarios.sample import ConcreteScenario
from scenarios.schema import ActorSpec
from scenarios.ways import neighbour_of
from sim.base.boxes import overlapping_pairs
from sim.base.bundle import Route
from sim.base.errors import ScenarioError
from sim.base.polyline import Polyline, polyline
from sim.base.streams import stream
from sim.base.units import mps_from_kmh, wrap_angle
from sim.maps.lookup import LaneLookup
from sim.maps.network import RoadNetwork
from sim.maps.routing import route_along

EGO_ROLE = "hero"
CLEARANCE_M = 0.1
"""Least free distance between two outlines at the start."""
MAX_SITES = 60
_LIFT_M = 0.05
"""Spawned this far above the ground: a CARLA server refuses a body that touches it."""


class InadmissibleError(Exception):
    """This site does not take the scenario; the text says why."""


@dataclass(frozen=True)
class PlacedActor:
    """Somebody at the start. `position_world_m` is the actor's CARLA origin; `station_m`, `lateral_m` on the ego's route."""

    name: str
    role_name: str
    type_id: str
    dimensions: Dimensions
    position_world_m: tuple[float, float, float]
    yaw_rad: float
    speed_mps: float
    lane: int
    station_m: float
    lateral_m: float
    color: str | None = None


@dataclass(frozen=True)
class PlacedScenario:
    """A scenario that can be started. Stations count from the ego's centre at the start, along `route`.

    `way` is the route as a polyline; `route_lanes` with `start_arc_m` on the first of them is what it was made from.
    `stop_station_m` is where the ego's front has to stop, when the scenario is about a stop line.
    """

    concrete: ConcreteScenario
    map_name: str
    map_sha256: str
    ego: PlacedActor
    actors: tuple[PlacedActor, ...]
    route: Route
    way: Polyline
    route_lanes: tuple[int, ...]
    start_arc_m: float
    anchor_station_m: float
    goal_station_m: float
    stop_station_m: float | None

    def actor(self, name: str) -> PlacedActor:
        """The actor of that name; "ego" is the car under test."""
        return self.ego if name == "ego" else next(actor for actor in self.actors if actor.name == name)

    def role_of(self, name: str) -> str:
        """The role name under which an actor is found in a WorldState."""
        return EGO_ROLE if name == "ego" else name


def place(concrete: ConcreteScenario, network: RoadNetwork) -> PlacedScenario:
    """Find a place for a concrete scenario. Raises ScenarioError when the map has none, with the last reason."""
    rng = stream(concrete.seed, "place", concrete.scenario_id, network.name)
    sites = find_sites(network, concrete.spec.anchor, rng)
    lookup = LaneLookup(network)
    reason = ""
    for site in sites[:MAX_SITES]:
        outcome = _try_site(concrete, network, lookup, site)
        if isinstance(outcome, PlacedScenario):
            return outcome
        reason = outcome
    raise ScenarioError(
        f"{concrete.scenario_id}: found {len(sites)} places on the map {network.name} for anchor "
        f"{concrete.spec.anchor.kind}, none that takes seed {concrete.seed} ({reason}); expected room for all actors. "
        "Choose another seed or map, or ask for less."
    )


def _try_site(concrete: ConcreteScenario, network: RoadNetwork, lookup: LaneLookup, site: Site) -> PlacedScenario | str:
    """The placed scenario, or why this site does not take it."""
    try:
        return _Placing(concrete, network, lookup, site).placed()
    except InadmissibleError as error:
        return str(error)


class _Placing:
    """The work of placing one scenario at one site."""

    def __init__(self, concrete: ConcreteScenario, network: RoadNetwork, lookup: LaneLookup, site: Site) -> None:
        self.concrete, self.network, self.lookup, self.site = concrete, network, lookup, site
        self.spec = concrete.spec
        self.speeds = self._speeds()
        start = self.spec.ego.start
        if start.before_anchor_m is not None:
            before = start.before_anchor_m.value
        elif start.before_anchor_s is not None:
            before = start.before_anchor_s.value * self.speeds["ego"]
        else:
            before = 0.0
        self.start_m = site.anchor_m - before
        if self.start_m < 0.0:
            raise InadmissibleError(f"the ego would start {-self.start_m:.0f} m before the way begins")
        self.placed_at: dict[
            str, tuple[float, float]
        ] = {}  # name: way station of the centre, half length along the way

    def _speeds(self) -> dict[str, float]:
        speeds = {"ego": mps_from_kmh(self.spec.ego.speed_kmh.value)}
        waiting = dict(self.spec.actors)
        while waiting:
            for name, actor in list(waiting.items()):
                reference = actor.speed_relative_to
                if reference is None or reference in speeds:
                    speeds[name] = mps_from_kmh(actor.speed_kmh.value) + (speeds[reference] if reference else 0.0)
                    del waiting[name]
        for name, speed in speeds.items():
            if speed < 0.0:
                raise InadmissibleError(f"{name} would start backwards at {speed:.1f} m/s")
        return speeds

    def placed(self) -> PlacedScenario:
        concrete, site = self.concrete, self.site
        goal_m = site.anchor_m + self.spec.ego.goal.after_anchor_m.value
        end_m = min(goal_m + RUN_OUT_M, site.way.length_m)
        first_lane, start_arc = site.way.lane_at(self.start_m)
        last_lane, end_arc = site.way.lane_at(end_m)
        lanes = site.way.lanes[site.way.lanes.index(first_lane) : site.way.lanes.index(last_lane) + 1]
        route = route_along(self.network, lanes, start_arc, end_arc)
        way = polyline(route.points_world_m)
        ego_size = dimensions_of(self.spec.ego.blueprint.name)
        self.placed_at["ego"] = (self.start_m, ego_size.length_m / 2.0)
        ego = self._actor("ego", self.spec.ego.blueprint.name, first_lane, self.start_m, 0.0, 0.0, way, None)
        actors = self._others(way)
        self._check_room([ego, *actors])
        self._check_people()
        stop = site.stop_station_m
        return PlacedScenario(
            concrete=concrete,
            map_name=self.network.name,
            map_sha256=self.network.sha256,
            ego=ego,
            actors=tuple(actors),
            route=route,
            way=way,
            route_lanes=lanes,
            start_arc_m=start_arc,
            anchor_station_m=site.anchor_m - self.start_m,
            goal_station_m=min(goal_m - self.start_m, way.length_m - 1.0),
            stop_station_m=None if stop is None else stop - self.start_m,
        )

    def _others(self, way: Polyline) -> list[PlacedActor]:
        placed: dict[str, PlacedActor] = {}
        waiting = dict(self.spec.actors)
        while waiting:
            for name, spec in list(waiting.items()):
                reference = spec.place.ahead_of or spec.place.behind or spec.place.beside
                if reference is None or reference in self.placed_at:
                    placed[name] = self._other(name, spec, reference, way)
                    del waiting[name]
        return [placed[name] for name in self.spec.actors]

    def _other(self, name: str, spec: ActorSpec, reference: str | None, way: Polyline) -> PlacedActor:
        where = spec.place
        size = dimensions_of(spec.blueprint.name)
        yaw = math.radians(where.yaw_deg.value)
        half = (abs(math.cos(yaw)) * size.length_m + abs(math.sin(yaw)) * size.width_m) / 2.0
        if reference is None:
            station = self.site.anchor_m + (where.at_anchor_m.value if where.at_anchor_m is not None else 0.0)
        else:
            base, base_half = self.placed_at[reference]
            gap = where.gap_m.value if where.gap_m is not None else 0.0
            if where.reached_after_s is not None:
                closing = self.speeds[reference] - self.speeds[name]
                gap += where.reached_after_s.value * (closing if where.ahead_of else -closing)
            if gap < 0.0:
                raise InadmissibleError(f"{name} would start {-gap:.1f} m inside {reference}")
            direction = 1.0 if where.ahead_of else -1.0 if where.behind else 0.0
            station = base + direction * (base_half + gap + half) if direction else base
        self.placed_at[name] = (station, half)
        if not 0.0 <= station <= self.site.way.length_m:
            raise InadmissibleError(f"{name} would stand beyond the end of the way")
        lane = self._lane_beside(name, where.lane, station)
        lateral = where.lateral_m.value
        if where.from_kerb_m is not None:
            from_centre = float(self._width_at(lane, station)) / 2.0 - where.from_kerb_m.value
            lateral = from_centre if where.lane.endswith("right") else -from_centre
        return self._actor(name, spec.blueprint.name, lane, station, lateral, yaw, way, spec.color)

    def _lane_beside(self, name: str, lane_name: str, station_m: float) -> int:
        lane, _ = self.site.way.lane_at(station_m)
        table = self.network.lanes
        side = {
            "ego": lambda: lane,
            "left": lambda: int(table.left[lane]),
            "right": lambda: int(table.right[lane]),
            "opposite": lambda: int(table.opposite[lane]),
            "parking_right": lambda: neighbour_of(self.network, lane, "parking", right=True),
            "parking_left": lambda: neighbour_of(self.network, lane, "parking", right=False),
            "pavement_right": lambda: neighbour_of(self.network, lane, "sidewalk", right=True),
            "pavement_left": lambda: neighbour_of(self.network, lane, "sidewalk", right=False),
        }
        found = side[lane_name]()
        if found < 0:
            raise InadmissibleError(f"there is no lane {lane_name} for {name}")
        return found

    def _width_at(self, lane: int, station_m: float) -> float:
        table = self.network.lanes
        rows = table.points_of(lane)
        point = self.site.way.line.at(station_m)[0]
        nearest = int(np.argmin(np.sum((table.center_world_m[rows, :2] - point[:2]) ** 2, axis=1)))
        return float(table.width_m[rows][nearest])

    def _actor(
        self,
        name: str,
        type_id: str,
        lane: int,
        station_m: float,
        lateral_m: float,
        yaw_offset_rad: float,
        way: Polyline,
        color: str | None,
    ) -> PlacedActor:
        """An actor on a lane abeam of a station of the site's way."""
        size = dimensions_of(type_id)
        centre = polyline(self.network.lanes.center_world_m[self.network.lanes.points_of(lane)])
        abeam = self.site.way.line.at(station_m)[0]
        along, _ = centre.project(abeam)
        point, lane_yaw = centre.at(along, lateral_m)
        ground = float(self.lookup.height_at(point[None, :2])[0])
        lift = size.height_m / 2.0 if size.is_walker else 0.0
        station, lateral = way.project(point, near_m=station_m - self.start_m)
        return PlacedActor(
            name=name,
            role_name=EGO_ROLE if name == "ego" else name,
            type_id=type_id,
            dimensions=size,
            position_world_m=(float(point[0]), float(point[1]), ground + lift + _LIFT_M),
            yaw_rad=wrap_angle(float(lane_yaw) + yaw_offset_rad),
            speed_mps=0.0 if size.is_walker else self.speeds[name],
            lane=lane,
            station_m=station,
            lateral_m=lateral,
            color=color,
        )

    def _check_room(self, actors: list[PlacedActor]) -> None:
        center = np.array([(*a.position_world_m[:2], a.dimensions.height_m / 2.0) for a in actors])
        extent = np.array([(a.dimensions.length_m, a.dimensions.width_m, a.dimensions.height_m) for a in actors]) / 2.0
        yaw = np.array([a.yaw_rad for a in actors])
        pairs = overlapping_pairs(center, yaw, extent + CLEARANCE_M / 2.0)
        if len(pairs):
            first, second = (actors[int(row)].name for row in pairs[0])
            raise InadmissibleError(f"{second} would stand inside {first}")
        for actor in actors:
            top = actor.dimensions.top_speed_mps
            if actor.speed_mps > top:
                raise InadmissibleError(
                    f"{actor.name} would start at {actor.speed_mps:.1f} m/s, its top speed is {top:.1f}"
                )

    def _check_people(self) -> None:
        for event in self.spec.events.values():
            dart = event.do.dart_out
            if dart is None:
                continue
            size = dimensions_of(self.spec.actors[dart.actor].blueprint.name)
            if dart.speed_mps.value > size.top_speed_mps:
                raise InadmissibleError(
                    f"{dart.actor} would run at {dart.speed_mps.value:.1f} m/s, such a person reaches {size.top_speed_mps:.1f}"
                )
