"""Writes the world down, tick by tick, into a recording (sim.wire.episode_recording).

A tick costs a few copies and one write: actors are described when they are first seen, and lamps, weather and street lamps
only when they change. Tested by tests/server/test_recorder.py; what it costs: `python -m tests.benchmarks.recorder`.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.base.bundle import Provenance, Route
from sim.base.episode import EpisodeHeader
from sim.base.state import ActorKind
from sim.catalogue.vehicles import VEHICLES
from sim.server.actor_table import ActorEntry
from sim.server.bodies.contact import BodyKind
from sim.server.calls.vehicles import get_physics_control
from sim.server.errors import CallError
from sim.wire.episode_recording import COLUMNS, Description, RecordingWriter, TickRecord

if TYPE_CHECKING:
    from sim.server.world import World

_log = logging.getLogger(__name__)

_SIGNALS = (ActorKind.TRAFFIC_LIGHT, ActorKind.TRAFFIC_SIGN)


class Tape:
    """One recording under way. record() at the end of each tick; stop() ends it."""

    def __init__(self, world: World, path: Path, additional: bool) -> None:
        self.path = path
        self._world = world
        self._additional = additional
        self._described: set[int] = set()
        self._version = -1
        self._moving: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._lamps: dict[int, int] | None = None
        self._weather: list[float] | None = None
        self._scene_lights_version = -1
        self._physics: dict[int, list[Any]] = {}
        self._first_flicks: int | None = None
        facts = {"map": world.map.full_name, "additional_data": str(int(additional))}
        try:
            self._writer: RecordingWriter | None = RecordingWriter(path, _header(world), facts)
        except OSError as error:
            raise CallError(f"recording: {path} cannot be written: {error}; choose another name") from error

    def record(self, events: NDArray[np.void] | None) -> None:
        """Write the tick that the world has just published; `events` are its contacts (bodies.contact.EVENT_DTYPE)."""
        if self._writer is None:
            return
        world, table = self._world, self._world.actors
        new: list[Description] = []
        if self._version != table.version:
            new = self._index()
        if self._first_flicks is None:
            self._first_flicks = world.elapsed_flicks
        rows = self._moving
        tick = TickRecord(
            frame=world.frame,
            time_flicks=world.elapsed_flicks - self._first_flicks,
            delta_flicks=world.settings.period_flicks,
            records=table.records[: table.count],
            column_rows=rows,
            columns=np.concatenate([getattr(table, name)[rows] for name in COLUMNS], axis=1),
            lamps=self._new_lamps(),
            weather=self._new_weather(),
            scene_lights=self._new_scene_lights(),
            collisions=_collisions(events) if events is not None and len(events) else [],
            physics=self._physics,
        )
        self._physics = {}
        try:
            self._writer.write(tick, new)
        except OSError as error:  # a full disk must not end the world: what was written stays readable
            _log.error("recording %s ends here: %s", self.path, error)
            self._writer.close()
            self._writer = None

    def physics_changed(self, actor_id: int) -> None:
        """A client applied a VehiclePhysicsControl."""
        if self._additional:
            self._physics[actor_id] = get_physics_control(self._world, actor_id)

    def stop(self) -> None:
        """Close the file; it is complete."""
        writer, self._writer = self._writer, None
        if writer is None:
            return
        try:
            writer.end()
        except OSError as error:
            _log.error("recording %s: its end could not be written: %s", self.path, error)

    def _index(self) -> list[Description]:
        """Rows that move, and descriptions of actors not seen before."""
        table = self._world.actors
        self._moving = np.array(
            [row for row, entry in enumerate(table.entries) if entry.kind not in _SIGNALS], dtype=np.int64
        )
        self._version = table.version
        found = [entry for entry in table.entries if entry.actor_id not in self._described]
        self._described.update(entry.actor_id for entry in found)
        return [self._describe(entry) for entry in found]

    def _describe(self, entry: ActorEntry) -> Description:
        world = self._world
        row = world.actors.row_of[entry.actor_id]
        spec = VEHICLES.get(entry.type_id)
        signal = bytes(world.actors.records["signal_id"][row]) if entry.kind in _SIGNALS else b""
        trigger = entry.trigger
        return Description(
            actor_id=entry.actor_id,
            kind=int(entry.kind),
            type_id=entry.type_id,
            uid=int(entry.description[0]),
            attributes=[list(item) for item in entry.description[2]] if len(entry.description) > 2 else [],
            box_center_m=entry.box_center_m.tolist(),
            box_extent_m=entry.box_extent_m.tolist(),
            parent_id=entry.parent_id,
            relative=[*entry.relative_position_m.tolist(), *entry.relative_rotation.ravel().tolist()]
            if entry.parent_id
            else None,
            signal_id=signal.decode(errors="replace"),
            trigger=[trigger.center_m.tolist(), trigger.extent_m.tolist(), trigger.rpy_rad.tolist()]
            if trigger is not None
            else None,
            pose=[*world.actors.position[row].tolist(), *world.actors.rpy[row].tolist()],
            wheel_radius_m=spec.wheel_radius_m if spec is not None else 0.0,
            max_steer_rad=spec.max_steer_rad if spec is not None else 0.0,
            physics=self._physics_of(entry) if self._additional else None,
        )

    def _physics_of(self, entry: ActorEntry) -> list[Any] | None:
        return get_physics_control(self._world, entry.actor_id) if entry.kind is ActorKind.VEHICLE else None

    def _new_lamps(self) -> dict[int, int] | None:
        lamps = self._world.fleet.light_flags
        if lamps == self._lamps:
            return None
        self._lamps = dict(lamps)
        return self._lamps

    def _new_weather(self) -> list[float] | None:
        weather = self._world.weather
        if weather == self._weather:
            return None
        self._weather = list(weather)
        return self._weather

    def _new_scene_lights(self) -> list[Any] | None:
        lamps = self._world.surroundings.lamps
        if lamps.version == self._scene_lights_version:
            return None
        self._scene_lights_version = lamps.version
        return lamps.states()


def _collisions(events: NDArray[np.void]) -> list[list[Any]]:
    """[actor, other or 0 for what is no actor, impulse x, y, z] of contacts that began."""
    return [
        [
            int(event["a_id"]),
            0 if int(event["b_kind"]) == BodyKind.STATIC else int(event["b_id"]),
            *(float(event["impulse_x_ns"]), float(event["impulse_y_ns"]), 0.0),
        ]
        for event in events[events["began"]]
    ]


def _header(world: World) -> EpisodeHeader:
    nothing = np.zeros((0, 3)), np.zeros(0), np.zeros(0)
    return EpisodeHeader(
        provenance=Provenance(
            scenario="server recording",
            scenario_sha256="",
            seed=world.seed,
            rig="none",
            agent="clients",
            privileged=False,
            map_name=world.network.name,
            map_sha256=world.network.sha256,
            code_version="",
            lock_sha256="",
            server="embedded",
        ),
        tick_period_flicks=world.settings.period_flicks,
        ego_track_id=0,
        xodr=world.network.xodr,
        statics=world.surroundings.statics,
        route=Route(*nothing),
    )
