"""From a recorded tick into the world's arrays: which rows belong to whom, and copying them.

Tested by tests/server/test_recorder.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.base.state import ActorKind
from sim.wire.episode_recording import COLUMNS, TickRecord
from sim.wire.observer import CONTROL_OFFSET, RECORD

if TYPE_CHECKING:
    from sim.server.world import World

Float64 = NDArray[np.float64]
Rows = NDArray[np.int64]

_STATE_OFFSET = 4
_RPY = slice(3, 6)
_MOVERS = (ActorKind.VEHICLE, ActorKind.WALKER, ActorKind.PROP)
_PARTIAL = {
    ActorKind.VEHICLE: ("throttle", "steer", "brake", "hand_brake", "reverse", "gear"),
    ActorKind.WALKER: ("walker_direction", "walker_speed"),
    ActorKind.TRAFFIC_LIGHT: ("light_state",),
}
"""What a run's episode knows of an actor's record, apart from its pose."""


@dataclass(frozen=True)
class Placed:
    """Where a cast of recorded actors lies: rows of the recorded tick, and rows of the world's actor table.

    `movers` are ids of free actors that move, with their rows in the tick's columns. `light_rows` are rows of lights in the
    tick, `light_index` their places on the signal board.
    """

    record_rows: Rows
    table_rows: Rows
    column_rows: Rows
    column_table_rows: Rows
    movers: tuple[tuple[int, int], ...]
    light_rows: Rows
    light_index: Rows
    kinds: NDArray[np.uint8]

    @staticmethod
    def of(tick: TickRecord, live: dict[int, int], world: World) -> Placed:
        """Look everybody up, once for each change of the cast."""
        row_of, entries = world.actors.row_of, world.actors.entries
        found = [
            (row, row_of[live[int(i)]])
            for row, i in enumerate(tick.records["id"])
            if int(i) in live and live[int(i)] in row_of
        ]
        table_of = dict(found)
        columns = [(k, table_of[int(row)]) for k, row in enumerate(tick.column_rows) if int(row) in table_of]
        movers = [
            (entries[row].actor_id, k)
            for k, row in columns
            if entries[row].kind in _MOVERS and not entries[row].parent_id
        ]
        lights = [
            (row, world.board.light(entries[at].actor_id))
            for row, at in found
            if entries[at].kind is ActorKind.TRAFFIC_LIGHT
        ]
        return Placed(
            _rows(found, 0),
            _rows(found, 1),
            _rows(columns, 0),
            _rows(columns, 1),
            tuple(movers),
            _rows(lights, 0),
            _rows(lights, 1),
            np.array([entries[at].kind for _, at in found], dtype=np.uint8),
        )


def show_signals(world: World, tick: TickRecord, placed: Placed, whole: bool) -> None:
    """Give the signal board the recorded states, so that who drives by himself sees them too."""
    board, rows, index = world.board, placed.light_rows, placed.light_index
    if not len(rows):
        return
    board.state[index] = tick.records["light_state"][rows]
    if whole:
        board.elapsed_s[index] = tick.records["elapsed_time_s"][rows]
        board.times_s[index, 0] = tick.records["green_time_s"][rows]
        board.times_s[index, 1] = tick.records["yellow_time_s"][rows]
        board.times_s[index, 2] = tick.records["red_time_s"][rows]


def show_records(world: World, tick: TickRecord, columns: Float64, placed: Placed, whole: bool) -> None:
    """Poses, velocities and the rest of each actor's record as recorded; ids stay those of now."""
    table = world.actors
    values = columns[placed.column_rows]
    for place, name in enumerate(COLUMNS):
        getattr(table, name)[placed.column_table_rows] = values[:, 3 * place : 3 * place + 3]
    recorded = tick.records[placed.record_rows]
    if not whole:
        for kind, names in _PARTIAL.items():
            chosen = placed.kinds == kind
            for name in names if chosen.any() else ():
                table.records[name][placed.table_rows[chosen]] = recorded[name][chosen]
        return
    source = recorded.view(np.uint8).reshape(len(recorded), RECORD.itemsize)
    target = table.records.view(np.uint8).reshape(len(table.records), RECORD.itemsize)
    target[placed.table_rows, _STATE_OFFSET] = source[:, _STATE_OFFSET]
    target[placed.table_rows, CONTROL_OFFSET:] = source[:, CONTROL_OFFSET:]


def interpolated(earlier: TickRecord, later: TickRecord, fraction: float) -> Float64:
    """Columns on the way from one tick to the next, in the earlier one's order; angles take the shorter way round.

    An actor that the later tick does not hold stays where it is.
    """
    out: Float64 = earlier.columns.copy()
    row_of = {int(i): k for k, i in enumerate(later.records["id"][later.column_rows])}
    pairs = [(k, row_of[int(i)]) for k, i in enumerate(earlier.records["id"][earlier.column_rows]) if int(i) in row_of]
    rows, others = _rows(pairs, 0), _rows(pairs, 1)
    change = later.columns[others] - earlier.columns[rows]
    change[:, _RPY] = (change[:, _RPY] + np.pi) % (2.0 * np.pi) - np.pi
    out[rows] += fraction * change
    return out


def _rows(pairs: list[tuple[int, int]], which: int) -> Rows:
    return np.array([pair[which] for pair in pairs], dtype=np.int64)
