"""The authoritative world, and what one tick does to it.

Order of a tick (the only place where it is written):
 1. traffic lights advance their cycles; doors that open or close swing; a replay puts its actors, lights and weather in place;
 2. vehicles move (controls, tyres, contacts in substeps), then walkers, then loose bodies, whose pushes vehicles feel at once;
 3. attached actors follow their parents;
 4. each vehicle's speed limit and traffic light are looked up from its new place;
 5. a replay writes over what became of its actors; the frame number and the time advance;
 6. the world frame is packed and published, the recorder writes it down, then events (collisions), then what sensors that
    are due have measured.
Only then is the call that caused the tick answered. Commands received before a tick act in it. After the answer the ground
under the vehicles is looked up for the next tick, where no command moves them before.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.clock import seconds
from sim.base.state import ActorKind
from sim.maps.lookup import lookup_of
from sim.server.actor_table import ActorEntry, ActorTable
from sim.server.bodies.fixed_props import FixedProps
from sim.server.bodies.loose_bodies import LooseBodies
from sim.server.bodies.tumbling import Tumbling
from sim.server.episode_settings import EpisodeSettings
from sim.server.errors import CallError
from sim.server.limits import LIMITS
from sim.server.map_source import LoadedMap, MapSource
from sim.server.recorder.desk import RecorderDesk
from sim.server.sensing.events import publish_collisions
from sim.server.sensing.scene_shelf import SceneShelf
from sim.server.sensing.station import SensorStation
from sim.server.surroundings import Surroundings
from sim.server.traffic.road_rules import RoadRules
from sim.server.traffic.signal_board import SignalBoard
from sim.server.transport.streaming import StreamHub
from sim.server.vehicles.doors import Doors
from sim.server.vehicles.fleet import Fleet
from sim.server.vehicles.ground import wet_friction_scale
from sim.server.walkers.crowd import Crowd
from sim.server.walkers.navigation import Navigation
from sim.wire.observer import FLAG_LIGHT_UPDATE, FLAG_MAP_CHANGE
from sim.wire.sensor_frame import WORLD_STREAM_ID
from sim.wire.token import make_token

FIRST_FRAME = 1
DEFAULT_WEATHER = [10.0, 0.0, 0.0, 5.0, 45.0, 45.0, 2.0, 0.75, 0.1, 0.0, 1.0, 0.03, 0.0331, 0.0]
"""CARLA's default parameters in the order of its struct: cloudiness 10, sun at 45° both ways, a little wind and fog."""


_DEPOSITS, _SUN_ALTITUDE, _WETNESS = 2, 5, 9


class World:
    """Everything that an episode is made of."""

    def __init__(
        self, hub: StreamHub, maps: MapSource, loaded: LoadedMap, stream_port: int, seed: int = 0, empty: bool = False
    ) -> None:
        self.hub = hub
        self.maps = maps
        self.stream_port = stream_port
        self.seed = seed
        self.empty = empty
        self.batches_since_tick = 0
        self.limits = LIMITS
        self.batch_commands_left = 0
        self.settings = EpisodeSettings()
        self.frame = FIRST_FRAME
        self.elapsed_flicks = 0
        self.episode_id = 0
        self.flags = 0
        self.gravity_mps2 = 9.81
        self.traffic_managers: dict[int, str] = {}
        self.changed = False
        self.recorder = RecorderDesk()
        self.scenes = SceneShelf()
        self.actors = ActorTable()
        self.network = loaded.network
        self.begin_episode(loaded)

    def begin_episode(self, loaded: LoadedMap) -> None:
        """Throw away all actors and start anew on a map; streams of old sensors fall silent."""
        looked = False
        if self.episode_id:
            for entry in self.actors.entries:
                if entry.stream_id:
                    self.hub.close(entry.stream_id)
            looked = self.sensors.close() and loaded.network.sha256 != self.network.sha256
            self.recorder.forget_episode()
        self.episode_id += 1
        self.elapsed_flicks = (
            0  # CARLA's elapsed seconds count from the episode's beginning, its frames from the server's
        )
        self.map = loaded
        self.network = loaded.network
        self.weather = list(DEFAULT_WEATHER)
        self.actors = ActorTable()
        self.ground = lookup_of(loaded.network)
        self.flags |= FLAG_MAP_CHANGE if self.episode_id > 1 else 0
        self.spectator = self._add_spectator()
        self.board = SignalBoard(self.network, self.actors, self.ground)
        self.rules = RoadRules(self.network, self.ground, self.board)
        self.surroundings = Surroundings(self.network, self.board, self.seed, loaded.generation, loaded.date)
        self.contacts = self.surroundings.contacts()
        self.fleet = Fleet(self.actors, self.ground)
        self.doors = Doors(self.actors)
        self.crowd = Crowd(self.actors, self.ground)
        self.navigation = Navigation(self.network, self.surroundings.statics, self.ground)
        self.props = FixedProps(self.actors)
        tumbling = Tumbling(self.actors, self.ground, self.contacts, self.fleet, self.crowd, self.props)
        self.loose = LooseBodies(self.actors, self.fleet, self.crowd, tumbling)
        self.sensors: SensorStation = SensorStation(self)
        self._announce()
        if looked:
            self.sensors.builder_of_now()  # whoever had cameras will have some here too: build beside the loop

    def _announce(self) -> None:
        """The new episode's first frame, with a number of its own: clients take no frame twice."""
        self.frame += int(self.episode_id > 1)
        self.hub.announce(bytes(self._pack()))
        self.flags = 0

    def close(self) -> None:
        """The server ends: close what is being written."""

    def _add_spectator(self) -> ActorEntry:
        entry = self.new_entry("spectator", ["spectator", []], ActorKind.OTHER)
        self.actors.add(entry, np.zeros(3), np.zeros(3))
        return entry

    def new_entry(self, type_id: str, description_tail: list[Any], kind: ActorKind) -> ActorEntry:
        """An entry of an actor that the server itself puts into the world."""
        actor_id = self.actors.take_id(type_id, {}, 0, reuse=False)
        return ActorEntry(
            actor_id=actor_id,
            kind=kind,
            type_id=type_id,
            description=[0, *description_tail],
            attributes={},
            tags=b"",
            token=b"",
            stream_id=0,
            box_center_m=np.zeros(3),
            box_extent_m=np.zeros(3),
        )

    def step(self) -> int:
        """One tick; the new frame number."""
        settings = self.settings
        delta_s = settings.delta_s
        touched = None
        recorder = self.recorder
        if not self.empty:
            self.board.advance(delta_s)
            self.doors.step(delta_s)
            if recorder.replay is not None:
                recorder.play()
            touched = self._move(delta_s)
        self.actors.place_attached()
        if not self.empty:
            self.rules.update(self.fleet.rows, self.fleet.version, self.fleet.table_rows, self.actors)
        if recorder.replay is not None:
            recorder.replay.after_move()
        self.frame += 1
        self.batches_since_tick = 0
        self.elapsed_flicks += settings.period_flicks
        self.publish()
        if recorder.tape is not None:
            recorder.tape.record(touched)
        if touched is not None and len(touched):
            publish_collisions(self, touched)
        if not self.empty:
            self.sensors.sense()
        self.changed = True
        return self.frame

    def _move(self, delta_s: float) -> NDArray[np.void]:
        """Vehicles and walkers move, first as if alone, then as contacts allow, then loose bodies; the contacts of this tick."""
        fleet, crowd, contacts = self.fleet, self.crowd, self.contacts
        fleet.step(delta_s)
        crowd.step(delta_s)
        contacts.bodies_from_vehicles(fleet.rows, delta_s)
        crowd.to_contacts(contacts)
        self.props.to_contacts(contacts)
        events = contacts.resolve(delta_s)
        if len(events):
            contacts.vehicles_from_bodies(fleet.rows, delta_s)
            crowd.from_contacts(contacts.walkers)
        if len(self.loose):
            tumbled = self.loose.step(delta_s, self.gravity_mps2)
            events = np.concatenate([events, tumbled]) if len(tumbled) else events
        fleet.publish()
        crowd.publish(delta_s)
        return events

    def look_ahead(self) -> None:
        """What the next tick needs and commands rarely change, worked out while the client thinks; the tick looks whether it
        still holds."""
        if not self.empty:
            self.fleet.find_ground()

    def set_weather(self, weather: list[float]) -> None:
        """Take over the 14 parameters; wet roads are slippery, and street lamps go on when the sun is down."""
        self.weather = weather
        self.fleet.set_friction_scale(wet_friction_scale(weather[_WETNESS], weather[_DEPOSITS]))
        if self.surroundings.lamps.sun_moved(weather[_SUN_ALTITUDE]):
            self.flags |= FLAG_LIGHT_UPDATE

    @property
    def time_s(self) -> float:
        """Simulated time since the episode began."""
        return seconds(self.elapsed_flicks)

    def publish(self) -> None:
        """Send the world frame to everyone who listens, and keep it for those who come later."""
        frame = self._pack()
        self.flags = 0
        self.hub.publish(WORLD_STREAM_ID, (frame,), may_drop=not self.settings.synchronous)
        self.hub.remember(WORLD_STREAM_ID, self._frame_for_latecomers)

    def _frame_for_latecomers(self) -> bytes:
        """What somebody who subscribes between two ticks gets to see."""
        return bytes(self._pack())

    def _pack(self) -> memoryview:
        """The world frame of now, in the buffer that the next one is packed into."""
        time_s = self.time_s
        return self.actors.pack(self.frame, time_s, self.episode_id, self.settings.delta_s, self.flags)

    def entry(self, actor_id: Any) -> ActorEntry:
        """The actor with this id; CallError when it is not alive."""
        row = self.actors.row_of.get(actor_id) if isinstance(actor_id, int) else None
        if row is None:
            raise CallError(f"actor {actor_id}: not found; it was destroyed, or its id comes from another episode")
        return self.actors.entries[row]

    def row(self, actor_id: Any) -> int:
        """The row of an actor in the table; CallError when it is not alive."""
        row = self.actors.row_of.get(actor_id) if isinstance(actor_id, int) else None
        if row is None:
            raise CallError(f"actor {actor_id}: not found; it was destroyed, or its id comes from another episode")
        return row

    def token(self, stream_id: int) -> bytes:
        """The token of one of this server's streams."""
        return make_token(stream_id, self.stream_port)
