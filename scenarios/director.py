"""Puts a placed scenario into a CARLA world and plays its script, through the carla API only.

Works on any server that speaks it. Everything goes out in batches: one at the start, one a tick. Tested by
tests/scenarios/test_script.py with a recording client, and end to end by tests/loop.
"""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

import carla
import numpy as np

from scenarios.behaviours.motion import Action, Walking
from scenarios.contacts import ego_contacts
from scenarios.place import EGO_ROLE, PlacedActor, PlacedScenario
from scenarios.script import Script
from sim.base.agent import Command
from sim.base.carla_axes import rpy_to_carla, steer_to_carla, vector_to_carla
from sim.base.clock import seconds
from sim.base.errors import ScenarioError
from sim.base.state import WorldState
from sim.base.streams import stream, stream_key
from sim.catalogue.vehicles import VEHICLES
from sim.maps.network import RoadNetwork

AFTER_CONTACT_S = 1.0
"""A run goes on for this long after the ego touched somebody, so that the pictures show what happened."""
_LOG = logging.getLogger(__name__)


class Director:
    """One scenario in one world. `carla_ids` maps scenario names ("ego" too) to the server's ids after `setup`."""

    def __init__(
        self, placed: PlacedScenario, network: RoadNetwork, client: Any, world: Any, tm_port: int | None = None
    ) -> None:
        self.placed = placed
        self.carla_ids: dict[str, int] = {}
        self.background_ids: list[int] = []
        self._network, self._client, self._world, self._tm_port = network, client, world, tm_port
        self._script = Script(placed, network)
        self._sent: dict[str, Action] = {}
        self._first_flicks: int | None = None
        self._contact_flicks: int | None = None
        self._before: WorldState | None = None
        self._traffic_manager: Any = None

    @property
    def begun(self) -> dict[str, int]:
        """Events that have begun, with their ticks."""
        return self._script.begun

    def setup(self) -> None:
        """Set the weather and spawn everybody in one batch; ScenarioError when the server refuses one."""
        weather = dataclasses.asdict(self.placed.concrete.weather)
        self._world.set_weather(carla.WeatherParameters(**weather))
        library = self._world.get_blueprint_library()
        actors = [self.placed.ego, *self.placed.actors]
        batch = [self._spawn(library, actor) for actor in actors]
        answers = self._client.apply_batch_sync(batch, False)
        # all that came to be are noted before any refusal is told, so that teardown finds them
        spawned = zip(actors, answers, strict=True)
        self.carla_ids = {actor.name: int(answer.actor_id) for actor, answer in spawned if not answer.error}
        for actor, answer in zip(actors, answers, strict=True):
            if answer.error:
                raise ScenarioError(
                    f"actors.{actor.name}: the server refused to spawn {actor.type_id} ({answer.error}); expected a "
                    "blueprint that it has and free room. Choose another seed, or another blueprint."
                )
        if self.placed.concrete.spec.traffic.count > 0:
            self._spawn_background(library)

    def act(self, state: WorldState) -> None:
        """Send what every actor does next, after this state; one batch, nothing when nothing changes."""
        if self._first_flicks is None:
            self._first_flicks = state.time_flicks
        batch = []
        for name, action in self._script.step(state).items():
            if self._sent.get(name) != action:
                self._sent[name] = action
                batch.append(_command(self.carla_ids[name], action))
        if batch:
            self._client.apply_batch(batch)

    def ended(self, state: WorldState) -> str | None:
        """Why the run is over at this state, or None: contact (a second after it), goal, time, or the ego is gone."""
        row = state.row_of_role(EGO_ROLE)
        if row is None:
            return "the ego is gone"
        if self._contact_flicks is None and ego_contacts(state, row, self._before):
            self._contact_flicks = state.time_flicks
        self._before = state
        if self._contact_flicks is not None:
            settled = seconds(state.time_flicks - self._contact_flicks) >= AFTER_CONTACT_S
            return "contact" if settled else None
        if self.placed.way.project(state.position_world_m[row, :2])[0] >= self.placed.goal_station_m:
            return "goal reached"
        first = state.time_flicks if self._first_flicks is None else self._first_flicks
        if seconds(state.time_flicks - first) >= self.placed.concrete.duration_s - 1e-9:
            return "time is up"
        return None

    def teardown(self) -> None:
        """Destroy everybody this director spawned; safe to call twice."""
        # the Traffic Manager stays synchronous: on its own it would go on asking for the actors that are destroyed here
        self._traffic_manager = None
        ids = [*self.background_ids, *reversed(self.carla_ids.values())]
        self.background_ids, self.carla_ids = [], {}
        if ids:
            self._client.apply_batch_sync([carla.command.DestroyActor(actor_id) for actor_id in ids], False)

    def _spawn(self, library: Any, actor: PlacedActor) -> Any:
        blueprint = library.find(actor.type_id)
        if blueprint.has_attribute("role_name"):
            blueprint.set_attribute("role_name", actor.role_name)
        if blueprint.has_attribute("color"):
            color = actor.color or self._paint(blueprint, actor.name)
            if color:
                blueprint.set_attribute("color", color)
        command = carla.command.SpawnActor(blueprint, _transform(actor.position_world_m, actor.yaw_rad))
        if actor.dimensions.is_vehicle and actor.speed_mps > 0.0:
            velocity = np.array([np.cos(actor.yaw_rad), np.sin(actor.yaw_rad), 0.0]) * actor.speed_mps
            command = command.then(carla.command.ApplyTargetVelocity(carla.command.FutureActor, _vector(velocity)))
        elif actor.dimensions.is_vehicle:
            held = carla.VehicleControl(brake=1.0, hand_brake=True)
            command = command.then(carla.command.ApplyVehicleControl(carla.command.FutureActor, held))
        return command

    def _paint(self, blueprint: Any, name: str) -> str:
        colors = list(blueprint.get_attribute("color").recommended_values)
        rng = stream(self.placed.concrete.seed, "paint", self.placed.concrete.scenario_id, name)
        return str(colors[int(rng.integers(len(colors)))]) if colors else ""

    def _spawn_background(self, library: Any) -> None:
        """Cars of the Traffic Manager at the map's recommended points, away from the ego's way and from everybody placed."""
        if self._tm_port is None:
            raise ScenarioError(
                "traffic.count: found cars of the Traffic Manager, but no port for it; expected a port. Give the Director "
                "tm_port, or set traffic.count to 0."
            )
        concrete, wanted = self.placed.concrete, self.placed.concrete.spec.traffic
        rng = stream(concrete.seed, "traffic", concrete.scenario_id, self._network.name)
        manager = self._client.get_trafficmanager(self._tm_port)
        manager.set_synchronous_mode(True)
        manager.set_random_device_seed(stream_key(concrete.seed, "traffic manager") % 2**31)
        self._traffic_manager = manager
        cars = [name for name, spec in VEHICLES.items() if spec.base_type == "car" and spec.special_type != "emergency"]
        taken = np.array([actor.position_world_m[:2] for actor in (self.placed.ego, *self.placed.actors)])
        batch: list[Any] = []
        for row in rng.permutation(len(self._network.spawn_position_world_m)):
            position = self._network.spawn_position_world_m[row]
            if np.min(np.linalg.norm(taken - position[:2], axis=1)) < wanted.keep_clear_m:
                continue
            if len(batch) == wanted.count:
                break
            blueprint = library.find(cars[int(rng.integers(len(cars)))])
            blueprint.set_attribute("role_name", "autopilot")
            colors = (
                list(blueprint.get_attribute("color").recommended_values) if blueprint.has_attribute("color") else []
            )
            if colors:
                blueprint.set_attribute("color", colors[int(rng.integers(len(colors)))])
            spawn = carla.command.SpawnActor(blueprint, _transform(position, float(self._network.spawn_yaw_rad[row])))
            batch.append(spawn.then(carla.command.SetAutopilot(carla.command.FutureActor, True, self._tm_port)))
        answers = self._client.apply_batch_sync(batch, False)
        self.background_ids = [int(answer.actor_id) for answer in answers if not answer.error]
        if len(self.background_ids) < wanted.count:
            _LOG.warning("traffic: %d of %d cars found room", len(self.background_ids), wanted.count)


def _vector(vector_mps: Any) -> Any:
    x, y, z = (float(value) for value in vector_to_carla(vector_mps))
    return carla.Vector3D(x, y, z)


def _transform(position_world_m: Any, yaw_rad: float) -> Any:
    x, y, z = (float(value) for value in vector_to_carla(position_world_m))
    pitch, yaw, roll = (float(value) for value in rpy_to_carla((0.0, 0.0, yaw_rad)))
    return carla.Transform(carla.Location(x, y, z), carla.Rotation(pitch, yaw, roll))


def _command(actor_id: int, action: Action) -> Any:
    if isinstance(action, Walking):
        direction = _vector((action.direction_x, action.direction_y, 0.0))
        return carla.command.ApplyWalkerControl(actor_id, carla.WalkerControl(direction, action.speed_mps, False))
    return carla.command.ApplyVehicleControl(actor_id, vehicle_control(action))


def vehicle_control(command: Command) -> Any:
    """CARLA's VehicleControl of a Command."""
    return carla.VehicleControl(
        throttle=command.throttle_ratio,
        steer=steer_to_carla(command.steer_ratio),
        brake=command.brake_ratio,
        hand_brake=command.hand_brake,
        reverse=command.reverse,
    )
