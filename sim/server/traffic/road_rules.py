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

import numpy as np
from numpy.typing import NDArray

from sim.maps.lookup import LaneLookup
from sim.maps.network import RoadNetwork
from sim.server.actor_table import ActorTable
from sim.server.kernels.rules import NONE, UNSEEN, tell_vehicles
from sim.server.traffic.curve_limits import SAMPLE_M, speed_table
from sim.server.traffic.signal_board import SignalBoard
from sim.server.vehicles.state import VehicleRows

LOOK_AHEAD_M = 70.0
"""Stops are known this far back along the lanes before them."""
FRONT_DTYPE = np.dtype(
    [
        ("lane", np.int64),
        ("arc_m", np.float64),
        ("yaw_rad", np.float64),
        ("bound", np.int64),
        ("committed", np.int64),
        ("light_id", np.uint32),
        ("limit_kmh", np.float32),
        ("light_state", np.uint8),
        ("has_light", np.uint8),
    ],
    align=True,
)
"""Where a vehicle's front is: lane row (-1 none), arc length and direction of travel there; the light that binds it and the one
it is committed to pass (index or -1); then what its record was told last."""


class RoadRules:
    """Looks up limits and lights for a fleet, once a tick."""

    def __init__(self, network: RoadNetwork, ground: LaneLookup, board: SignalBoard) -> None:
        lanes, limits = network.lanes, speed_table(network)
        self._board = board
        self._tables = (
            *(*ground.lane_tables(), lanes.yaw_rad, lanes.arc_length_m),
            *_stops_by_lane(network, board),
            *(limits.first, limits.kmh, SAMPLE_M, board.light_actor_ids.astype(np.uint32)),
        )
        self._previous_state = board.state.copy()
        self._fronts = _unseen(0)
        self._ids: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._version = -1
        self._told_version = -1
        """The actor table's, when its records were written last: they are written again when rows have moved."""

    def update(self, rows: VehicleRows, version: int, table_rows: NDArray[np.int64], table: ActorTable) -> None:
        """Write limit, light state, whether there is a light and its id into the vehicles' records.

        `version` changes whenever vehicles come or go.
        """
        if not len(rows):
            return
        if version != self._version:
            self._follow(rows["actor_id"])
            self._version = version
        fronts = self._fronts
        changed = tell_vehicles(rows, fronts, *self._tables, self._board.state, self._previous_state)
        if not changed and self._told_version == table.version:
            return
        self._told_version = table.version
        records = table.records
        records["speed_limit_kmh"][table_rows] = fronts["limit_kmh"]
        records["at_light_state"][table_rows] = fronts["light_state"]
        records["has_traffic_light"][table_rows] = fronts["has_light"]
        records["traffic_light_id"][table_rows] = fronts["light_id"]

    def forget(self, actor_id: int) -> None:
        """A vehicle was destroyed; another one may get its id."""
        self._ids[self._ids == actor_id] = NONE

    def _follow(self, actor_ids: NDArray[np.int64]) -> None:
        """Keep each vehicle's memory when vehicles come and go."""
        known = {int(actor): index for index, actor in enumerate(self._ids)}
        before, self._fronts = self._fronts, _unseen(len(actor_ids))
        for new, actor in enumerate(actor_ids):
            if int(actor) in known:
                self._fronts[new] = before[known[int(actor)]]
        self._fronts["lane"] = UNSEEN
        self._ids = np.array(actor_ids)


def _unseen(count: int) -> NDArray[np.void]:
    """Fronts of vehicles that have not been looked at yet."""
    fronts = np.zeros(count, dtype=FRONT_DTYPE)
    fronts["lane"], fronts["bound"], fronts["committed"] = UNSEEN, NONE, NONE
    return fronts


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
