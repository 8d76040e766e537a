"""All sensors that clients listen to: when each is due, what it may look at, and sending what it measured.

A sensor works only while somebody listens. Its first measurement is of the first tick with a listener; the k-th after it is of
the first tick at or after k sensor_tick later, counted in whole flicks, so that no rate drifts; a period of 0, or shorter
than the tick, means every tick. What several sensors of one tick need (the state, the scene posed at it) is made once, and
only when one of them asks. In real time (asynchronous mode) those that look at the scene measure in the back room, beside the
loop, of a tick at which it is free. Tested by tests/server/test_sensor_station.py.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.base import frames
from sim.base.clock import FLICKS_PER_SECOND, flicks
from sim.server.sensing.back_room import BackRoom
from sim.server.sensing.debug_shapes import DebugShapes
from sim.server.sensing.events import sensor_header
from sim.server.sensing.kinds import SENSOR_KINDS
from sim.server.sensing.limits import number
from sim.server.sensing.look import LookBook
from sim.server.sensing.scene_builder import SceneBuilder
from sim.server.sensing.snapshot import SnapshotMaker
from sim.wire.sensor_frame import FRAME_LENGTH

if TYPE_CHECKING:
    from rendering.scene import Scene
    from sim.base.state import WorldState
    from sim.server.actor_table import ActorEntry
    from sim.server.world import World

Buffer = bytes | bytearray | memoryview
SensorKind = Callable[["ActorEntry", "World"], "Sensor"]
_TYPE_INDEX = struct.Struct("<Q")


class Sensor(Protocol):
    """What measures for one sensor actor. Made when somebody first listens, kept until the actor is destroyed.

    A sensor that needs the scene measures beside the loop in real time: it may read what its Moment holds, and the actors'
    fixed entries, but not the state of `Moment.world`, which has moved on by then. `needs_scene` must be an attribute of
    the class: whether the renderer's scene is used, which takes seconds to build. A class with `wants_picture` is served
    before the others, who may then share its render.
    """

    needs_scene: bool

    def sense(self, moment: Moment) -> Sequence[Buffer] | None:
        """The payload that follows the 48-byte header, in pieces; None when there is nothing to send this time."""


class Tick:
    """What all sensors of one tick share. Nothing here changes when the world moves on, but `world` itself.

    `shapes` are those that are drawn in this tick, `ignored` the actors that a sensor does not see, by its actor id.
    """

    def __init__(self, world: World, station: SensorStation, previous_state: WorldState | None) -> None:
        self.world, self.station, self.previous_state = world, station, previous_state
        self.shapes = station.shapes.at_this_tick()
        self.ignored = dict(station.ignored)
        self.period_flicks, self.period_s = world.settings.period_flicks, world.settings.delta_s

    @cached_property
    def state(self) -> WorldState:
        """The world at this tick; its track ids are actor ids."""
        return self.station.snapshot()

    @cached_property
    def entries(self) -> dict[int, ActorEntry]:
        """The actors of this tick by id."""
        return {entry.actor_id: entry for entry in self.world.actors.entries}

    @cached_property
    def builder(self) -> SceneBuilder:
        """The scene that is shown in this tick, perhaps not finished yet."""
        return self.station.builder_of_now()

    def keep(self) -> None:
        """Take everything now that would be taken when it is asked for."""
        _ = self.state, self.entries, self.builder

    def scene_since(self, previous: WorldState | None, hidden: frozenset[int] = frozenset()) -> Scene:
        """The scene at this tick, its motion counted from `previous`, without the actors that are `hidden`."""
        return self.station.posed_scene(self.builder, self.state, previous, hidden)


@dataclass
class Moment:
    """One sensor at one tick.

    `world` is the live world, for sensors that measure at once; `row` is the sensor's row in the actor table; `delta_s` the
    time since its last measurement (of the first one: a tick).
    """

    tick: Tick
    row: int
    delta_s: float

    @property
    def world(self) -> World:
        """The server's world."""
        return self.tick.world

    @property
    def state(self) -> WorldState:
        """The world at this tick, taken once for all sensors; its track ids are actor ids."""
        return self.tick.state

    @property
    def previous_state(self) -> WorldState | None:
        """The last state that was taken before this tick; None at the first."""
        return self.tick.previous_state

    @property
    def scene(self) -> Scene:
        """The renderer's scene at this tick. Only for sensors with `needs_scene`."""
        return self.tick.scene_since(self.tick.previous_state)

    @cached_property
    def world_from_sensor(self) -> NDArray[np.float64]:
        """Pose (4, 4) of the sensor: x forward, y left, z up."""
        actors = self.world.actors
        return frames.pose(actors.position[self.row], actors.rpy[self.row])


class _Post:
    """One sensor actor at its station: its stream, its period, and the sensor once somebody has listened."""

    def __init__(
        self,
        entry: ActorEntry,
        stream_id: int | None = None,
        kind: SensorKind | None = None,
        type_index: int | None = None,
    ) -> None:
        self.entry = entry
        self.stream_id = entry.stream_id if stream_id is None else stream_id
        self.kind = SENSOR_KINDS[entry.type_id] if kind is None else kind
        self.type_index = type_index
        self.needs_scene = _has(self.kind, "needs_scene")
        self.wants_picture = _has(self.kind, "wants_picture")
        self.is_camera = entry.type_id.startswith("sensor.camera.")
        self.period_flicks = flicks(number(entry, "sensor_tick", 0.0))
        self.first_flicks: int | None = None
        self.next_flicks = 0
        self.last_flicks: int | None = None
        self.sensor: Sensor | None = None

    def due(self, now_flicks: int) -> bool:
        """Whether a measurement is wanted now; the next one is planned on the grid of the first."""
        if self.first_flicks is None:
            self.first_flicks = self.next_flicks = now_flicks
        if now_flicks < self.next_flicks:
            return False
        if self.period_flicks > 0:
            passed = (now_flicks - self.first_flicks) // self.period_flicks
            self.next_flicks = self.first_flicks + (passed + 1) * self.period_flicks
        return True


class Measured(NamedTuple):
    """What a sensor measured: its stream, the header, the payload (None when there is nothing to send)."""

    stream_id: int
    head: bytes
    payload: Sequence[Buffer] | None


def _has(kind: SensorKind | None, trait: str) -> bool:
    """Whether the class that a kind makes has a trait; kinds may be partial calls of it."""
    return bool(getattr(getattr(kind, "func", kind), trait, False))


class SensorStation:
    """The sensors of one episode, and the scene that they look at."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._posts: dict[int, _Post] = {}
        self._buffer_posts: dict[int, _Post] = {}
        self.without_gbuffers: set[int] = set()
        """Cameras that enable_gbuffers has switched off."""
        self._version = -1
        self._snapshots = SnapshotMaker(world)
        self._last_state: WorldState | None = None
        self._builder: SceneBuilder | None = None
        self._posed: tuple[WorldState, WorldState | None, frozenset[int], Scene] | None = None
        self._back_room: BackRoom[Measured] | None = None
        self.looks = LookBook()
        self.shapes = DebugShapes()
        self.ignored: dict[int, frozenset[int]] = {}
        """Actors that a sensor does not see, by its actor id (set_ignored_vehicles)."""

    def sense(self) -> None:
        """Measure and send for every sensor that is due and has listeners."""
        world = self._world
        if self._version != world.actors.version:
            self._index()
        if self.shapes:
            self.shapes.forget(world.time_s, world.frame)
        if not self._posts:
            return
        wanted = [post for post in self._posts.values() if self._listened_to(post)]
        if not wanted:
            self._last_state = None
            return
        tick = Tick(world, self, self._last_state)
        seeing = any(post.needs_scene for post in wanted)
        if seeing:
            self._last_state = tick.state  # taken even when none is due: odometers run while somebody looks
        real_time, room = not world.settings.synchronous, self._back_room
        if room is not None and not real_time:
            room.finish()
        # in synchronous mode the tick waits for the scene; in real time images begin when it is ready and nobody draws
        blind = seeing and real_time and (not self.builder_of_now().ready or (room is not None and room.busy))
        for_later = []
        for post in wanted:
            if (blind and post.needs_scene) or not post.due(world.elapsed_flicks):
                continue
            measurement = self._prepare(post, tick)
            if post.needs_scene and real_time:
                for_later.append(measurement)
            else:
                self._send(measurement())
        if for_later:
            tick.keep()
            self._room().start(for_later)

    def expect(self, type_id: str) -> None:
        """A sensor was spawned: begin to build the scene when it will need one."""
        if _has(SENSOR_KINDS.get(type_id), "needs_scene"):
            self.builder_of_now()

    def add_stream(self, entry: ActorEntry, stream_id: int, kind: SensorKind, type_index: int) -> None:
        """A further stream of a sensor actor, with its own kind of payload; nothing happens when it is there already."""
        if stream_id not in self._buffer_posts:
            self._world.hub.open(stream_id)
            self._buffer_posts[stream_id] = _Post(entry, stream_id, kind, type_index)
            self._version = -1

    @property
    def building(self) -> bool:
        """Whether a scene is wanted, and not finished yet."""
        return self._builder is not None and not self._builder.ready

    def needs_time(self) -> bool:
        """Whether the next tick in synchronous mode would have to wait for the scene, which is still being built."""
        if not self.building:
            return False
        self._world.hub.let_expected_in()
        if self._version != self._world.actors.version:
            self._index()
        return any(post.needs_scene and self._listened_to(post) for post in self._posts.values())

    def close(self) -> bool:
        """The episode ends: streams that belong to no actor alone fall silent, and the scene's memory is given back.

        World, station and sensors refer to each other, so nothing would be freed before the collector of cycles runs,
        which counts objects, not their hundreds of megabytes. Returns whether somebody had looked at the scene.
        """
        looked = self._builder is not None
        for post in self._buffer_posts.values():
            self._world.hub.close(post.stream_id)
        self._posts.clear()
        self._buffer_posts.clear()
        if self._back_room is not None:
            self._back_room.close(self._forget_scene)
        else:
            self._forget_scene()
        return looked

    def _forget_scene(self) -> None:
        builder = self._builder
        self._builder = self._posed = self._last_state = None
        if builder is not None:
            self._world.scenes.put(builder)
        self.looks = LookBook()

    def snapshot(self) -> WorldState:
        """The world's state at this tick; once a tick, through Tick.state."""
        return self._snapshots.take()

    def posed_scene(
        self, builder: SceneBuilder, state: WorldState, previous: WorldState | None, hidden: frozenset[int]
    ) -> Scene:
        """The scene at a state; nothing is done when it is there already."""
        posed = self._posed
        if posed is not None and posed[0] is state and posed[1] is previous and posed[2] == hidden:
            return posed[3]
        scene = builder.scene()
        scene.set_states(state, state, previous, hidden)
        self._posed = (state, previous, hidden, scene)
        return scene

    def _index(self) -> None:
        entries = [entry for entry in self._world.actors.entries if entry.type_id in SENSOR_KINDS]
        posts = [self._posts.get(entry.stream_id) or _Post(entry) for entry in entries]
        alive = {entry.actor_id for entry in entries}
        for post in [post for post in self._buffer_posts.values() if post.entry.actor_id not in alive]:
            self._world.hub.close(post.stream_id)
            del self._buffer_posts[post.stream_id]
        posts += self._buffer_posts.values()
        posts.sort(key=lambda post: not post.wants_picture)
        self._posts = {post.stream_id: post for post in posts}
        self.ignored = {actor: others for actor, others in self.ignored.items() if actor in alive}
        self.without_gbuffers &= alive
        self._version = self._world.actors.version

    def _listened_to(self, post: _Post) -> bool:
        if self._world.hub.has_listeners(post.stream_id):
            off = post.type_index is not None and post.entry.actor_id in self.without_gbuffers
            return not off and not (post.is_camera and self._world.settings.no_rendering)
        post.first_flicks = post.last_flicks = None
        return False

    def _prepare(self, post: _Post, tick: Tick) -> Callable[[], Measured]:
        """A sensor's measurement of this tick, ready to be made, now or beside the loop."""
        world, entry = self._world, post.entry
        now, last = world.elapsed_flicks, post.last_flicks
        since = world.settings.period_flicks if last is None else now - last
        post.last_flicks = now
        row = world.row(entry.actor_id)
        head = sensor_header(world, row)
        if post.type_index is not None:
            head = _TYPE_INDEX.pack(post.type_index) + head[_TYPE_INDEX.size :]
        moment = Moment(tick, row, since / FLICKS_PER_SECOND)
        if post.needs_scene:
            _ = moment.world_from_sensor
        return partial(_measure, post, moment, head)

    def _send(self, measured: Measured) -> None:
        stream_id, head, payload = measured
        if payload is None:
            return
        world = self._world
        length = FRAME_LENGTH.pack(len(head) + sum(len(piece) for piece in payload))
        world.hub.publish(stream_id, (length + head, *payload), may_drop=not world.settings.synchronous)

    def _room(self) -> BackRoom[Measured]:
        if self._back_room is None:
            self._back_room = BackRoom(self._world.hub.loop, self._send)
        return self._back_room

    def builder_of_now(self) -> SceneBuilder:
        """The scene under construction; a new one when other static objects are shown now."""
        world = self._world
        shown = world.surroundings.enabled
        if self._builder is None or not np.array_equal(self._builder.shown, shown):
            if self._builder is not None:
                if self._back_room is not None:
                    self._back_room.finish()
                world.scenes.put(self._builder)
            state = SnapshotMaker(world).take()
            self._builder = world.scenes.take(world.network, world.surroundings.statics, shown, state)
            self._posed = None
        return self._builder


def _measure(post: _Post, moment: Moment, head: bytes) -> Measured:
    """Let the sensor measure; it is made at its first measurement."""
    if post.sensor is None:
        post.sensor = post.kind(post.entry, moment.world)
    return Measured(post.stream_id, head, post.sensor.sense(moment))
