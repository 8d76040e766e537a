"""What is measured of the ego at one tick, once, for all demands of a scenario.

Tested by tests/scenarios/test_expect.py.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenarios.contacts import ego_contacts
from scenarios.place import PlacedScenario
from scenarios.situation import Situation, outline
from sim.base.agent import Command
from sim.base.boxes import corners_m
from sim.base.bundle import Truth
from sim.base.state import WorldState
from sim.maps.lookup import LaneLookup
from sim.maps.network import RoadNetwork

ACCELERATION_WINDOW_S = 0.2
"""Accelerations are means over this time, as a g-sensor with a 5 Hz filter shows them."""

VEHICLE_SURFACES = (
    "driving", "bidirectional", "entry", "exit", "onRamp", "offRamp", "connectingRamp", "mwyEntry", "mwyExit", "bus",
    "taxi", "HOV", "parking", "shoulder", "stop", "biking", "border", "restricted",
)  # fmt: skip
"""OpenDRIVE lane types that a vehicle may be on without having left the road."""


@dataclass(frozen=True)
class Moment:
    """The ego at one tick. Stations and laterals are on the ego's route; `contacts` rows of the actors that it touches.

    `beyond_lane_m` is how far the outline reaches beyond the lanes of the route, None inside junctions.
    `impact_mps` is the ego's speed relative to the first actor touched, one tick before the contact changed it.
    """

    situation: Situation
    truth: Truth
    command: Command
    row: int
    time_s: float
    speed_mps: float
    acceleration_mps2: float
    station_m: float
    front_station_m: float
    lateral_m: float
    beyond_lane_m: float | None
    beyond_road_m: float
    contacts: tuple[int, ...]
    impact_mps: float
    speed_limit_mps: float
    begun: dict[str, int]

    @property
    def tick(self) -> int:
        """The tick of the state."""
        return self.situation.state.tick


class Measure:
    """Turns states into Moments; keeps the little history that accelerations and projections need."""

    def __init__(self, placed: PlacedScenario, network: RoadNetwork) -> None:
        self._placed = placed
        self._surfaces = LaneLookup(network, VEHICLE_SURFACES)
        self._half_width_m, self._in_junction = _lane_of_route(placed, network)
        self._speeds: deque[tuple[float, float]] = deque()
        self._station_m: float | None = None
        self._before: WorldState | None = None

    def moment(self, situation: Situation, truth: Truth, command: Command, begun: dict[str, int]) -> Moment | None:
        """The measurements at the newest state; None when the ego is not alive."""
        state, way = situation.state, self._placed.way
        row = state.row_of(truth.ego_track_id)
        if row is None:
            return None
        center, yaw, extent = outline(state, row)
        station, lateral = way.project(state.position_world_m[row, :2], self._station_m)
        self._station_m = station
        corners = corners_m(center, yaw, extent)
        on_way = np.array([way.project(corner, station) for corner in corners])
        point = min(max(int(np.searchsorted(way.station_m, station)), 0), len(way.station_m) - 1)
        beyond_lane = None
        if not self._in_junction[point]:
            beyond_lane = float(np.max(np.abs(on_way[:, 1])) - self._half_width_m[point])
        speed = situation.forward_speed_mps(row)
        contacts = ego_contacts(state, row, self._before)
        impact = _impact_mps(self._before or state, truth.ego_track_id, state, contacts)
        self._before = state
        limit_row = min(int(np.searchsorted(self._placed.route.arc_length_m, station)), len(way.station_m) - 1)
        return Moment(
            situation=situation,
            truth=truth,
            command=command,
            row=row,
            time_s=situation.time_s,
            speed_mps=speed,
            acceleration_mps2=self._acceleration(situation.time_s, speed),
            station_m=station,
            front_station_m=station + float(extent[0]),
            lateral_m=lateral,
            beyond_lane_m=beyond_lane,
            beyond_road_m=float(np.max(self._surfaces.nearest(corners).distance_m)),
            contacts=contacts,
            impact_mps=impact,
            speed_limit_mps=float(self._placed.route.speed_limit_mps[limit_row]),
            begun=begun,
        )

    def _acceleration(self, time_s: float, speed_mps: float) -> float:
        self._speeds.append((time_s, speed_mps))
        while len(self._speeds) > 2 and time_s - self._speeds[1][0] >= ACCELERATION_WINDOW_S - 1e-9:
            self._speeds.popleft()
        before_s, before_mps = self._speeds[0]
        if time_s - before_s < ACCELERATION_WINDOW_S - 1e-9:
            return 0.0
        return (speed_mps - before_mps) / (time_s - before_s)


def _lane_of_route(placed: PlacedScenario, network: RoadNetwork) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Half the lane's width at each point of the way, and whether the point lies in a junction."""
    table = network.lanes
    half, junction = [], []
    rows = np.concatenate([np.arange(table.count)[[lane]].repeat(_count(network, lane)) for lane in placed.route_lanes])
    points = np.concatenate([table.center_world_m[table.points_of(lane), :2] for lane in placed.route_lanes])
    widths = np.concatenate([table.width_m[table.points_of(lane)] for lane in placed.route_lanes])
    for point in placed.way.points_world_m[:, :2]:
        nearest = int(np.argmin(np.sum((points - point) ** 2, axis=1)))
        half.append(widths[nearest] / 2.0)
        junction.append(table.junction_id[int(rows[nearest])] not in ("", "-1"))
    return np.array(half), np.array(junction)


def _count(network: RoadNetwork, lane: int) -> int:
    part = network.lanes.points_of(lane)
    return int(part.stop - part.start)


def _impact_mps(before: WorldState, ego_track_id: int, state: WorldState, contacts: tuple[int, ...]) -> float:
    if not contacts:
        return 0.0
    ego, other = before.row_of(ego_track_id), before.row_of(int(state.track_id[contacts[0]]))
    if ego is None or other is None:
        return 0.0
    apart = before.velocity_world_mps[ego, :2] - before.velocity_world_mps[other, :2]
    return math.hypot(float(apart[0]), float(apart[1]))
