"""What the road tells each vehicle: its speed limit, and the traffic light it approaches.

CARLA's Traffic Manager obeys exactly these fields of a vehicle's record. CARLA marks them by trigger boxes of fixed length;
here a light binds from the vehicle's own stopping distance on, so that a vehicle which brakes fully stops at the line.
Tested by tests/server/test_road_rules.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.base.state import LightState
from sim.base.units import GRAVITY_MPS2, kmh_from_mps
from sim.maps.lookup import LaneLookup
from sim.maps.network import RoadNetwork
from sim.server.actor_table import ActorTable
from sim.server.kernels.rules import NONE, bind_lights
from sim.server.signal_board import SignalBoard
from sim.server.vehicle_state import VehicleRows

LOOK_AHEAD_M = 70.0
"""Stops are known this far back along the lanes before them."""
PASSED_M = 1.0
"""A light binds until the front is this far beyond the stop position."""


class RoadRules:
    """Looks up limits and lights for a fleet, once a tick."""

    def __init__(self, network: RoadNetwork, ground: LaneLookup, board: SignalBoard) -> None:
        self._lookup = ground
        self._board = board
        self._limits_kmh = np.array([kmh_from_mps(v) for v in network.lanes.speed_limit_mps], dtype=np.float32)
        self._first_stop, self._stop_light, self._stop_arc_m = _stops_by_lane(network, board)
        self._previous_state = board.state.copy()
        self._bound: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._committed: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._ids: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def update(self, rows: VehicleRows, table_rows: NDArray[np.int64], table: ActorTable) -> None:
        """Write limit, light state, whether there is a light and its id into the vehicles' records."""
        if not len(rows):
            return
        self._follow(rows["actor_id"])
        yaw = rows["yaw_rad"]
        front = np.empty((len(rows), 2))
        front[:, 0] = rows["x_m"] + np.cos(yaw) * rows["half_length_m"]
        front[:, 1] = rows["y_m"] + np.sin(yaw) * rows["half_length_m"]
        hits = self._lookup.nearest(front)
        decel = np.minimum(
            rows["brake_force_n"] / rows["mass_kg"], rows["friction"] * rows["friction_scale"] * GRAVITY_MPS2
        )
        state = self._board.state
        bind_lights(
            hits.lane,
            hits.arc_length_m,
            hits.yaw_rad,
            np.ascontiguousarray(yaw),
            np.ascontiguousarray(rows["vx_mps"]),
            decel,
            *(self._first_stop, self._stop_light, self._stop_arc_m, state, self._previous_state, PASSED_M),
            *(self._bound, self._committed),
        )
        self._previous_state[:] = state
        records = table.records
        if len(self._limits_kmh):
            records["speed_limit_kmh"][table_rows] = self._limits_kmh[np.maximum(hits.lane, 0)]
        bound = self._bound
        has = bound >= 0
        if has.any():
            records["at_light_state"][table_rows] = np.where(has, state[bound], LightState.GREEN)
            records["traffic_light_id"][table_rows] = np.where(has, self._board.light_actor_ids[bound], 0)
        else:
            records["at_light_state"][table_rows] = LightState.GREEN
            records["traffic_light_id"][table_rows] = 0
        records["has_traffic_light"][table_rows] = has

    def _follow(self, actor_ids: NDArray[np.int64]) -> None:
        """Keep each vehicle's memory when vehicles come and go."""
        if len(actor_ids) == len(self._ids) and bool((actor_ids == self._ids).all()):
            return
        known = {int(actor): index for index, actor in enumerate(self._ids)}
        old = [known.get(int(actor), NONE) for actor in actor_ids]
        self._bound = np.array([self._bound[i] if i >= 0 else NONE for i in old], dtype=np.int64)
        self._committed = np.array([self._committed[i] if i >= 0 else NONE for i in old], dtype=np.int64)
        self._ids = np.array(actor_ids)


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
