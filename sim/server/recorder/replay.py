"""Playing an episode in the world: actors come, go and move as recorded, in the tick rate of now.

The first tick after the call shows the recording at its start, each later one goes on by the tick's time times the factor.
At the time of a recorded tick the actors' records are byte for byte those of the recording; in between, poses and
velocities are interpolated. Actors of a replay do not obey physics; others meet them as if they were of infinite mass.
An actor gets the id that it was recorded with when that is free, takes over a living actor that has this id and the same
description, and gets another id otherwise. Tested by tests/server/test_recorder.py.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.base import frames
from sim.base.state import ActorKind
from sim.catalogue.blueprints import BLUEPRINTS
from sim.server.calls.actors import place
from sim.server.calls.pushing import set_actor_simulate_physics
from sim.server.errors import CallError
from sim.server.recorder.overwrite import Placed, interpolated, show_records, show_signals
from sim.server.spawning import destroy, spawn
from sim.server.vehicles import state as vehicle_state
from sim.wire.episode_playback import Playback
from sim.wire.episode_recording import Description, News, TickRecord
from sim.wire.observer import FLAG_LIGHT_UPDATE
from sim.wire.recorded_ticks import last_told

if TYPE_CHECKING:
    from sim.server.world import World

_log = logging.getLogger(__name__)

Float64 = NDArray[np.float64]

HERO_ROLE = "hero"
_SIGNALS = (ActorKind.TRAFFIC_LIGHT, ActorKind.TRAFFIC_SIGN)
_MOVERS = (ActorKind.VEHICLE, ActorKind.WALKER, ActorKind.PROP)
_LASTING = (News.LAMPS, News.WEATHER, News.SCENE_LIGHTS)
_NEUTRAL = [0.0, 0.0, 0.0, False, False, False, 0]


@dataclass(frozen=True)
class ReplayOptions:
    """What replay_file asks for. Times in flicks since the recording's first tick; `offset` (4, 4) actor_from_spectator."""

    start_flicks: int
    stop_flicks: int
    follow_id: int = 0
    sensors: bool = False
    offset: Float64 | None = None


class Replay:
    """One replay under way."""

    def __init__(self, world: World, playback: Playback, options: ReplayOptions) -> None:
        self._world = world
        self._playback = playback
        self._options = options
        self._time_flicks = options.start_flicks
        self._merged = -1
        self._live: dict[int, int] = {}
        self._spawned: set[int] = set()
        self._ignored: set[int] = set()
        self._ids: NDArray[np.uint32] | None = None
        self._version = -1
        self._placed: Placed | None = None
        self._now: tuple[TickRecord, Float64] | None = None

    @property
    def live_ids(self) -> dict[int, int]:
        """From recorded ids to those of now."""
        return dict(self._live)

    def before_move(self) -> bool:
        """Put everybody where this tick has them. False when the replay is over, and its actors are released."""
        if self._time_flicks > self._options.stop_flicks:
            return False
        playback, world = self._playback, self._world
        index = playback.index_at(self._time_flicks)
        tick = playback.ticks[index]
        self._merge_until(index)
        if self._ids is None or not np.array_equal(self._ids, tick.records["id"]):
            self._cast(tick)
        if self._placed is None or self._version != world.actors.version:
            self._placed = Placed.of(tick, self._live, world)
            self._version = world.actors.version
        columns = self._columns(index)
        self._now = (tick, columns)
        show_signals(world, tick, self._placed, self._playback.whole)
        for actor_id, row in self._placed.movers:
            self._move(actor_id, columns[row])
        self._time_flicks += round(world.settings.period_flicks * world.recorder.settings.time_factor)
        return True

    def after_move(self) -> None:
        """Write over what the tick made of the replayed actors, and let the spectator follow."""
        if self._now is None or self._placed is None:
            return
        tick, columns = self._now
        show_records(self._world, tick, columns, self._placed, self._playback.whole)
        self._follow()

    def release(self, keep: bool) -> None:
        """Vehicles and walkers move by themselves again, with their velocities and no command; or what was spawned goes."""
        world = self._world
        if self._placed is not None and self._now is not None and keep:
            for actor_id, row in self._placed.movers:
                if actor_id in world.actors.row_of:
                    self._let_go(actor_id, self._now[1][row])
        if not keep:
            children_first = sorted(self._spawned, key=lambda i: -world.actors.row_of.get(i, -1))
            for actor_id in children_first:
                if actor_id in world.actors.row_of:
                    destroy(world, actor_id)
            self._release_reused()
        self._live, self._spawned, self._placed = {}, set(), None

    def _release_reused(self) -> None:
        if self._placed is None or self._now is None:
            return
        for actor_id, row in self._placed.movers:
            if actor_id in self._world.actors.row_of:
                self._let_go(actor_id, self._now[1][row])

    def _let_go(self, actor_id: int, columns: Float64) -> None:
        world = self._world
        kind = world.entry(actor_id).kind
        if kind is ActorKind.PROP:
            return
        set_actor_simulate_physics(world, actor_id, True)
        if kind is ActorKind.VEHICLE:
            vehicle_state.set_velocity(world.fleet.rows, world.fleet.row(actor_id), columns[6:9].tolist())
            world.fleet.control(actor_id, world.row(actor_id), _NEUTRAL)

    def _columns(self, index: int) -> Float64:
        """The tick's columns, on the way to the next one's when the time lies in between."""
        playback = self._playback
        since = self._time_flicks - playback.times_flicks[index]
        if since <= 0 or index + 1 == len(playback.ticks):
            return playback.ticks[index].columns
        fraction = since / (playback.times_flicks[index + 1] - playback.times_flicks[index])
        return interpolated(playback.ticks[index], playback.ticks[index + 1], fraction)

    def _merge_until(self, index: int) -> None:
        """Lamps, weather and street lamps of all ticks up to this one."""
        world, ticks, merged = self._world, self._playback.ticks, self._merged
        if index == merged:
            return
        lamps, weather, lights = (last_told(ticks, news, merged, index) for news in _LASTING)
        self._merged = index
        if weather is not None and weather != world.weather:
            world.set_weather(list(weather))
        if lights is not None and lights != world.surroundings.lamps.states():
            world.surroundings.lamps.update(lights)
            world.flags |= FLAG_LIGHT_UPDATE
        if lamps is not None:
            self._lamps = lamps
            self._show_lamps()

    _lamps: dict[int, int] | None = None

    def _show_lamps(self) -> None:
        flags = self._world.fleet.light_flags
        for recorded, value in (self._lamps or {}).items():
            live = self._live.get(recorded)
            if live in flags:
                flags[live] = value

    def _cast(self, tick: TickRecord) -> None:
        """Let come and go who does in this tick."""
        ids = [int(i) for i in tick.records["id"]]
        present = set(ids)
        for recorded in [i for i in self._live if i not in present]:
            live = self._live.pop(recorded)
            if live in self._world.actors.row_of and self._world.entry(live).kind not in _SIGNALS:
                destroy(self._world, live)
            self._spawned.discard(live)
        self._ignored &= present
        for recorded in ids:
            if recorded not in self._live and recorded not in self._ignored:
                live = self._actor_for(self._playback.descriptions[recorded], tick)
                if live:
                    self._live[recorded] = live
                else:
                    self._ignored.add(recorded)
        self._ids = tick.records["id"]
        self._placed = None
        self._show_lamps()

    def _actor_for(self, who: Description, tick: TickRecord) -> int:
        """The id of the actor that plays a recorded one; 0 when nobody does."""
        world, settings = self._world, self._world.recorder.settings
        kind = ActorKind(who.kind)
        if who.type_id == "spectator":
            shown = not settings.ignore_spectator and not self._options.follow_id
            return world.spectator.actor_id if shown else 0
        if kind in _SIGNALS:
            return _signal_called(world, who)
        if kind is ActorKind.SENSOR and not self._options.sensors:
            return 0
        if kind is ActorKind.VEHICLE and settings.ignore_hero and who.role_name == HERO_ROLE:
            return 0
        if who.parent_id and who.parent_id not in self._live:
            return 0
        reused = self._same_actor(who)
        live = reused or self._spawn(who, tick)
        if live and kind in (ActorKind.VEHICLE, ActorKind.WALKER) and not who.parent_id:
            set_actor_simulate_physics(world, live, False)
        return live

    def _same_actor(self, who: Description) -> int:
        row = self._world.actors.row_of.get(who.actor_id)
        if row is None or who.actor_id in self._live.values():
            return 0
        entry = self._world.actors.entries[row]
        attributes = {str(name): str(value) for name, _, value in who.attributes}
        same = entry.type_id == who.type_id and entry.attributes == attributes
        return who.actor_id if same and entry.parent_id == self._live.get(who.parent_id, 0) else 0

    def _spawn(self, who: Description, tick: TickRecord) -> int:
        position, rpy = self._pose_of(who, tick)
        description = [who.uid or _uid(who.type_id), who.type_id, who.attributes]
        parent = self._live.get(who.parent_id, 0)
        try:
            entry = spawn(self._world, description, position, rpy, parent, wanted_id=who.actor_id)
        except CallError as error:
            _log.warning("replay: %s %d cannot be shown: %s", who.type_id, who.actor_id, error)
            return 0
        self._spawned.add(entry.actor_id)
        return entry.actor_id

    def _pose_of(self, who: Description, tick: TickRecord) -> tuple[Float64, Float64]:
        """Where an actor appears: in the world, or in its parent's frame."""
        if who.parent_id and who.relative is not None:
            relative = np.array(who.relative)
            return relative[:3], frames.rpy_from_rotation(relative[3:].reshape(3, 3))
        own = _pose_in(tick, who.actor_id)
        if who.parent_id:
            own = np.linalg.inv(_pose_in(tick, who.parent_id)) @ own
        return own[:3, 3], frames.rpy_from_rotation(own[:3, :3])

    def _move(self, actor_id: int, columns: Float64) -> None:
        world = self._world
        if actor_id not in world.actors.row_of:
            return
        place(world, actor_id, columns[0:3], columns[3:6])
        if world.entry(actor_id).kind is ActorKind.VEHICLE:
            row = world.fleet.row(actor_id)
            vehicle_state.set_yaw_rate(world.fleet.rows, row, float(columns[11]))
            vehicle_state.set_velocity(world.fleet.rows, row, columns[6:9].tolist())

    def _follow(self) -> None:
        options, world = self._options, self._world
        live = self._live.get(options.follow_id, options.follow_id)
        row = world.actors.row_of.get(live) if live else None
        if row is None or options.offset is None:
            return
        pose = frames.pose(world.actors.position[row], world.actors.rpy[row]) @ options.offset
        at = world.row(world.spectator.actor_id)
        world.actors.position[at] = pose[:3, 3]
        world.actors.rpy[at] = frames.rpy_from_rotation(pose[:3, :3])


def _signal_called(world: World, who: Description) -> int:
    """The light or sign with the recorded one's OpenDRIVE id."""
    for actor_id in world.board.actor_ids:
        row = world.actors.row_of[actor_id]
        name = bytes(world.actors.records["signal_id"][row]).decode(errors="replace")
        if name == who.signal_id and world.actors.entries[row].type_id == who.type_id:
            return int(actor_id)
    return 0


def _pose_in(tick: TickRecord, recorded: int) -> Any:
    row = int(np.flatnonzero(tick.records["id"][tick.column_rows] == recorded)[0])
    return frames.pose(tick.columns[row, 0:3], tick.columns[row, 3:6])


def _uid(type_id: str) -> int:
    blueprint = BLUEPRINTS.get(type_id)
    return blueprint.uid if blueprint is not None else 0
