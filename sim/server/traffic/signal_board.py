"""Traffic lights and signs as actors, and the lights' cycles.

Lights of one junction form a group that runs through phases; a phase is green, then yellow, then red for everyone
(all-red), each as long as the longest time among the phase's lights. A light set by hand keeps its state until its group
switches next; a frozen group does not switch. Tested by tests/server/test_signal_board.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base import carla_axes
from sim.base.state import ActorKind, LightState
from sim.base.units import kmh_from_mps
from sim.catalogue.blueprints import find_blueprint
from sim.maps.lookup import LaneLookup
from sim.maps.network import RoadNetwork
from sim.maps.signals import signal_groups, signal_mounts
from sim.server.actor_table import FIRST_RECORD_OFFSET, ActorEntry, ActorTable
from sim.server.errors import CallError
from sim.server.kernels.lights import advance_lights
from sim.server.traffic.trigger_volumes import trigger_volumes
from sim.wire.observer import RECORD

Float64 = NDArray[np.float64]

LIGHT_HEAD_HALF_DEPTH_M = 0.12
SIGN_HALF_DEPTH_M = 0.02
_DUE_EPSILON_S = 1e-9
_ELAPSED_OFFSET = FIRST_RECORD_OFFSET + (RECORD.fields["elapsed_time_s"][1] if RECORD.fields else 0)
_STAGES = (LightState.GREEN, LightState.YELLOW, LightState.RED)
_TAG = {"light": 7}
_SIGN_TAG = 8


class SignalBoard:
    """All signals of a map. Actors take the table's next rows at construction and stay there for the whole episode.

    In the table they are turned as CARLA's are (x across the road, see sim.base.carla_axes), unlike in `signal_mounts`.
    """

    def __init__(self, network: RoadNetwork, table: ActorTable, ground: LaneLookup) -> None:
        self.table = table
        signals = network.signals
        self.kinds = signals.kind
        self._add_actors(network, table, ground)
        lights = [row for row, kind in enumerate(signals.kind) if kind == "light"]
        self.light_of_row = {row: index for index, row in enumerate(lights)}
        self.light_actor_ids = np.array([self.actor_ids[row] for row in lights], dtype=np.int64)
        self._light_of_actor = {int(actor): index for index, actor in enumerate(self.light_actor_ids)}
        self.table_rows = np.array([table.row_of[int(i)] for i in self.light_actor_ids], dtype=np.int64)
        groups = signal_groups(network)
        self._members = [tuple(self.light_of_row[row] for row in group.rows) for group in groups]
        self._phases = [
            tuple(tuple(self.light_of_row[row] for row in phase) for phase in group.phases) for group in groups
        ]
        self._group_times = [(group.green_s, group.yellow_s, group.all_red_s) for group in groups]
        self.times_s = np.zeros((len(lights), 3))
        self._group_of = np.zeros(len(lights), dtype=np.int64)
        for index, members in enumerate(self._members):
            for light in members:
                self.times_s[light] = self._group_times[index]
                self._group_of[light] = index
        self.state = np.full(len(lights), LightState.RED, dtype=np.uint8)
        self.elapsed_s = np.zeros(len(lights))
        self.frozen = np.zeros(len(groups), dtype=np.bool_)
        self._phase = np.zeros(len(groups), dtype=np.int64)
        self._stage = np.zeros(len(groups), dtype=np.int64)
        self._timer_s = np.zeros(len(groups))
        self._duration_s = np.zeros(len(groups))
        self._due_s = np.zeros(len(groups))
        self.reset_all()

    def _add_actors(self, network: RoadNetwork, table: ActorTable, ground: LaneLookup) -> None:
        signals = network.signals
        mounts = signal_mounts(network, ground)
        triggers = trigger_volumes(network, mounts)
        self.actor_ids: list[int] = []
        for row, kind in enumerate(signals.kind):
            type_id = _type_of(kind, float(signals.value_mps[row]))
            depth = LIGHT_HEAD_HALF_DEPTH_M if kind == "light" else SIGN_HALF_DEPTH_M
            actor_id = table.take_id(type_id, {}, 0, reuse=False)
            half_sizes = [depth, signals.width_m[row] / 2.0, signals.height_m[row] / 2.0]
            box_center_m, box_extent_m = carla_axes.signal_box_to_carla(mounts.head_offset_m[row], half_sizes)
            entry = ActorEntry(
                actor_id=actor_id,
                kind=ActorKind.TRAFFIC_LIGHT if kind == "light" else ActorKind.TRAFFIC_SIGN,
                type_id=type_id,
                description=[find_blueprint(type_id).uid, type_id, []],
                attributes={},
                tags=bytes([_TAG.get(kind, _SIGN_TAG)]),
                token=b"",
                stream_id=0,
                box_center_m=box_center_m,
                box_extent_m=box_extent_m,
                dynamic=False,
                trigger=triggers[row],
            )
            yaw_rad = float(carla_axes.signal_yaw_to_carla(mounts.yaw_rad[row]))
            table_row = table.add(entry, mounts.base_world_m[row], np.array([0.0, 0.0, yaw_rad]))
            table.records["signal_id"][table_row] = signals.signal_id[row].encode()[:32]
            self.actor_ids.append(actor_id)

    def light(self, actor_id: Any) -> int:
        """The index of a light among the lights; CallError for other actors."""
        index = self._light_of_actor.get(actor_id) if isinstance(actor_id, int) else None
        if index is None:
            raise CallError(f"actor {actor_id}: not a traffic light of this map")
        return index

    def advance(self, delta_s: float) -> None:
        """One tick of all cycles."""
        if not len(self.state):
            return
        due = advance_lights(
            self._timer_s,
            self.elapsed_s,
            self.frozen,
            self._group_of,
            self._due_s,
            delta_s,
            self.table_rows,
            self.table.bytes,
            _ELAPSED_OFFSET,
            RECORD.itemsize,
        )
        if due:
            for group in np.flatnonzero((self._timer_s >= self._due_s) & ~self.frozen):
                self._switch(int(group))

    def _switch(self, group: int) -> None:
        self._timer_s[group] -= self._duration_s[group]
        self._stage[group] += 1
        if self._stage[group] == len(_STAGES):
            self._stage[group] = 0
            self._phase[group] = (self._phase[group] + 1) % len(self._phases[group])
        self._show(group)

    def _show(self, group: int) -> None:
        """Give each light of a group the state that its phase and stage demand."""
        active = self._phases[group][int(self._phase[group])]
        stage = int(self._stage[group])
        for light in self._members[group]:
            self._set(light, _STAGES[stage] if light in active else LightState.RED)
        times = [self.times_s[light, stage] for light in active] or [self._group_times[group][stage]]
        self._duration_s[group] = max(float(max(times)), 0.0)
        self._due_s[group] = self._duration_s[group] - _DUE_EPSILON_S
        self._publish()

    def _set(self, light: int, state: int) -> None:
        if self.state[light] != state:
            self.state[light] = state
            self.elapsed_s[light] = 0.0

    def set_state(self, actor_id: int, state: int) -> None:
        """Show a state until the group switches next."""
        self._set(self.light(actor_id), LightState(state))
        self._publish()

    def set_time(self, actor_id: int, stage: LightState, time_s: float) -> None:
        """Change the time of green, yellow or (all-)red, from the next switch on; for all lights that have their green
        together with this one, as one controller of CARLA's gives its times to all of its lights."""
        light = self.light(actor_id)
        sharing = {other for phase in self._phases[int(self._group_of[light])] if light in phase for other in phase}
        self.times_s[sorted({light, *sharing}), _STAGES.index(stage)] = max(time_s, 0.0)
        self._publish()

    def freeze(self, actor_id: int, frozen: bool) -> None:
        """Stop or restart the clock of a light's group."""
        self.frozen[self._group_of[self.light(actor_id)]] = bool(frozen)
        self._publish()

    def freeze_all(self, frozen: bool) -> None:
        """Stop or restart all clocks."""
        self.frozen[:] = bool(frozen)
        self._publish()

    def reset_group(self, actor_id: int) -> None:
        """Begin the cycle of a light's group again."""
        self._reset(int(self._group_of[self.light(actor_id)]))

    def reset_all(self) -> None:
        """Begin all cycles again, so that a world which is emptied and reset is the same world."""
        for group in range(len(self._members)):
            self._reset(group)
        self._publish()

    def _reset(self, group: int) -> None:
        self._phase[group] = self._stage[group] = 0
        self._timer_s[group] = 0.0
        self.elapsed_s[list(self._members[group])] = 0.0
        self._show(group)

    def group_actor_ids(self, actor_id: int) -> list[int]:
        """The actors that switch together with a light, itself included."""
        members = self._members[int(self._group_of[self.light(actor_id)])]
        return [int(self.light_actor_ids[light]) for light in members]

    def pole_index(self, light: int) -> int:
        """A light's place in its group."""
        return self._members[int(self._group_of[light])].index(light)

    def _publish(self) -> None:
        """Write what changes rarely into the records."""
        rows, records = self.table_rows, self.table.records
        records["light_state"][rows] = self.state
        records["green_time_s"][rows] = self.times_s[:, 0]
        records["yellow_time_s"][rows] = self.times_s[:, 1]
        records["red_time_s"][rows] = self.times_s[:, 2]
        records["elapsed_time_s"][rows] = self.elapsed_s
        records["frozen"][rows] = self.frozen[self._group_of] if len(rows) else 0
        records["pole_index"][rows] = [self.pole_index(light) for light in range(len(rows))]


def _type_of(kind: str, value_mps: float) -> str:
    if kind == "light":
        return "traffic.traffic_light"
    if kind in ("stop", "yield"):
        return f"traffic.{kind}"
    if kind == "speed_limit":
        return f"traffic.speed_limit.{5 * max(1, min(26, round(kmh_from_mps(value_mps) / 5.0)))}"
    return "traffic.unknown"
