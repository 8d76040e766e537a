"""What the road tells each vehicle: its speed limit, and the traffic light it approaches.

CARLA's Traffic Manager obeys exactly these fields of a vehicle's record. CARLA marks them by trigger boxes of fixed length;
here a light binds from the vehicle's own stopping distance on, so that a vehicle which brakes fully stops at the line.

The Traffic Manager keeps "green" for as long as a vehicle stays at one light (public source: SimulationState
UpdateTrafficLightState), so a car that is held up at the line while it is green drives off on red. When green ends, vehicles
that are to stop are therefore told "no light" for one tick, and the light's state from the next one on.
Stop and yield signs are actors, landmarks and lines of the map, at which the Traffic Manager slows down by itself; they are
not told to vehicles. CARLA's server tells a vehicle in a sign's box "red" without a light while others are in its way; here
such junctions are left to the Traffic Manager's own look at the paths of cars.
Tested by tests/server/test_signal_board.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.maps.lookup import LaneLookup
from sim.maps.network import RoadNetwork
from sim.server.actor_table import ActorTable
from sim.server.kernels.rules import NONE, UNSEEN, bind_lights, find_fronts, report
from sim.server.traffic.curve_limits import SAMPLE_M, speed_table
from sim.server.traffic.signal_board import SignalBoard
from sim.server.vehicles.state import VehicleRows

LOOK_AHEAD_M = 70.0
"""Stops are known this far back along the lanes before them."""
PASSED_M = 1.0
"""A light binds until the front is this far beyond the stop position."""


class RoadRules:
    """Looks up limits and lights for a fleet, once a tick."""

    def __init__(self, network: RoadNetwork, ground: LaneLookup, board: SignalBoard) -> None:
        lanes = network.lanes
        self._board = board
        self._lane_tables = (*ground.lane_tables(), lanes.yaw_rad, lanes.arc_length_m)
        self._limits = speed_table(network)
        self._stops = _stops_by_lane(network, board)
        self._previous_state = board.state.copy()
        self._light_ids = board.light_actor_ids.astype(np.uint32)
        self._bound: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._committed: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._ids: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._version = -1
        self._told_version = -1
        """The actor table's, when its records were written last: they are written again when rows have moved."""
        self._scratch = _scratch(0)
        self._out = _fields(0)

    def update(self, rows: VehicleRows, version: int, table_rows: NDArray[np.int64], table: ActorTable) -> None:
        """Write limit, light state, whether there is a light and its id into the vehicles' records.

        `version` changes whenever vehicles come or go.
        """
        if not len(rows):
            return
        if version != self._version:
            self._follow(rows["actor_id"])
            self._version = version
        find_fronts(rows, *self._lane_tables, *self._scratch)
        lane, arc_m, yaw = self._scratch[3:]
        state = self._board.state
        bind_lights(
            rows, lane, arc_m, yaw, *self._stops, state, self._previous_state, PASSED_M, self._bound, self._committed
        )
        self._previous_state[:] = state
        limits = self._limits
        changed = report(
            lane, arc_m, self._bound, limits.first, limits.kmh, SAMPLE_M, state, self._light_ids, *self._out
        )
        if not changed and self._told_version == table.version:
            return
        self._told_version = table.version
        limit_kmh, light_state, has, light_id = self._out
        records = table.records
        records["speed_limit_kmh"][table_rows] = limit_kmh
        records["at_light_state"][table_rows] = light_state
        records["has_traffic_light"][table_rows] = has
        records["traffic_light_id"][table_rows] = light_id

    def forget(self, actor_id: int) -> None:
        """A vehicle was destroyed; another one may get its id."""
        self._ids[self._ids == actor_id] = NONE

    def _follow(self, actor_ids: NDArray[np.int64]) -> None:
        """Keep each vehicle's memory when vehicles come and go."""
        known = {int(actor): index for index, actor in enumerate(self._ids)}
        old = [known.get(int(actor), NONE) for actor in actor_ids]
        self._bound = np.array([self._bound[i] if i >= 0 else NONE for i in old], dtype=np.int64)
        self._committed = np.array([self._committed[i] if i >= 0 else NONE for i in old], dtype=np.int64)
        self._ids = np.array(actor_ids)
        self._scratch = _scratch(len(old))
        told, self._out = self._out, _fields(len(old))
        for new, before in zip(self._out, told, strict=True):
            new[:] = [before[i] if i >= 0 else 0 for i in old]


def _scratch(count: int) -> tuple[NDArray[Any], ...]:
    """points, items and values of the search; lane, arc length and direction at so many fronts."""
    places = np.empty((count, 2)), np.empty(count, dtype=np.int64), np.zeros((count, 3))
    return *places, np.full(count, UNSEEN, dtype=np.int64), np.zeros(count), np.zeros(count)


def _fields(count: int) -> tuple[NDArray[Any], ...]:
    """Limit, light state, whether there is a light, and its id, as the record wants them."""
    light_state, has = np.zeros(count, dtype=np.uint8), np.zeros(count, dtype=np.uint8)
    return np.zeros(count, dtype=np.float32), light_state, has, np.zeros(count, dtype=np.uint32)


def _stops_by_lane(
    network: RoadNetwork, board: SignalBoard
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """For each lane the lights ahead on it: (first (L + 1,), light index, arc length of the stop, beyond the lane's end for
    lights on its successors)."""
    lanes, signals = network.lanes, network.signals
    found: list[list[tuple[float, int]]] = [[] for _ in range(lanes.count)]
    for row, light in sorted(board.light_of_row.items()):
        for start, arc in zip(signals.lanes[row], signals.stop_arc_length_m[row], strict=True):
            queue = [(int(start), float(arc))]
            visited: set[int] = set()
            while queue:
                here, stop = queue.pop()
                visited.add(here)
                found[here].append((stop, light))
                if stop < LOOK_AHEAD_M:
                    before = [int(lane) for lane in lanes.predecessors[here] if lane not in visited]
                    queue += [(lane, stop + lanes.length_m(lane)) for lane in before]
    first = np.cumsum([0, *(len(items) for items in found)]).astype(np.int64)
    flat = [item for items in found for item in sorted(items)]
    return (
        first,
        np.array([light for _, light in flat], dtype=np.int64),
        np.array([stop for stop, _ in flat], dtype=np.float64),
    )
