"""From scenes to states of the world: the map is populated once, staged scenes stand in it side by side, scenarios are driven."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import carla
import numpy as np
from numpy.typing import NDArray

from scenarios.load import load_scenario
from scenarios.sample import sample
from sim.base.carla_axes import rpy_to_carla, vector_to_carla
from sim.base.clock import FLICKS_PER_SECOND
from sim.base.errors import WorldError
from sim.base.state import WorldState
from sim.base.streams import stream
from sim.catalogue.vehicles import VEHICLES
from sim.catalogue.walkers import WALKERS
from sim.experts.registry import make_agent
from sim.loop.drive import Drive
from sim.loop.gallery.scenes import Population, Scene, StagedActor
from sim.loop.session import Session
from sim.maps.lookup import lookup_of

CAMERA_CAR = "vehicle.tesla.model3"
STATES_KEPT = 10
"""Ticks before the picture that a camera may look back on and settle its exposure over."""
_KEEP_CLEAR_M = 14.0
_WALKER_ABOVE_GROUND_M = 1.0
"""Room for half a body: CARLA's walkers are placed by their middle and fall the rest."""


@dataclass(frozen=True)
class Moment:
    """The last states up to a scene's instant, and who carries the camera."""

    states: tuple[WorldState, ...]
    camera_track_id: int


def moments(session: Session, scenes: Mapping[str, Scene], population: Population) -> dict[str, Moment]:
    """Each scene's moment; all are of the session's map. Scenarios are driven first, the populated world comes after them."""
    found = {name: _driven(session, scene) for name, scene in scenes.items() if scene.scenario}
    staged = {name: scene for name, scene in scenes.items() if not scene.scenario}
    if staged:
        session.reset()
        session.tick()  # a Traffic Manager that starts before it asks for the actors of the scenario that are gone
        found |= _Stage(session, staged, population).moments()
    return {name: found[name] for name in scenes}


def _driven(session: Session, scene: Scene) -> Moment:
    """A scenario driven by the expert up to the scene's time."""
    drive = Drive(session, sample(load_scenario(scene.scenario), scene.seed))
    agent = make_agent("expert")
    states: deque[WorldState] = deque(maxlen=STATES_KEPT)
    wait_ticks = _ticks(session, scene.at_s)
    try:
        bundle = drive.reset("expert", True)
        drive.begin(agent)
        while True:
            states.append(bundle.truth.states[-1])
            begun = drive.events_begun().get(scene.after_event) if scene.after_event else 0
            if begun is not None and bundle.observation.tick >= begun + wait_ticks:
                return Moment(tuple(states), drive.ego_track_id)
            if drive.ended:
                raise WorldError(
                    f"gallery: {scene.scenario} seed {scene.seed} ended ({drive.ended}) before the picture; "
                    "choose an earlier at_s, or another seed"
                )
            bundle = drive.step(drive.decide(agent, bundle))
    finally:
        drive.close()


class _Stage:
    """The populated map with all its staged scenes."""

    def __init__(self, session: Session, scenes: Mapping[str, Scene], population: Population) -> None:
        self._session, self._scenes = session, scenes
        self._library = session.world.get_blueprint_library()
        self._heights = lookup_of(session.network)
        self._walking: list[tuple[Any, Any]] = []
        self._rng = stream(session.seed, "gallery", session.network.name)
        self._camera_cars = {name: scene.camera for name, scene in scenes.items() if scene.camera is not None}
        self._places = self._place_cameras()
        self._cameras = {name: self._staged(name, scene) for name, scene in scenes.items()}
        self._park(population.parked)
        self._drive(population.cars)
        self._walk(population.walkers)

    def moments(self) -> dict[str, Moment]:
        """Tick until every scene's time has come."""
        due = {name: _ticks(self._session, scene.at_s) for name, scene in self._scenes.items()}
        states: deque[WorldState] = deque(maxlen=STATES_KEPT)
        found: dict[str, Moment] = {}
        for tick in range(max(due.values()) + 1):
            for walker, control in self._walking:
                walker.apply_control(control)
            states.append(self._session.tick())
            for name in (name for name, when in due.items() if when == tick):
                found[name] = Moment(tuple(states), self._session.track_id(self._cameras[name].id))
        return found

    def _place_cameras(self) -> dict[str, NDArray[np.float64]]:
        """x, y and yaw in radians of each camera's car."""
        network = self._session.network
        points = np.column_stack([network.spawn_position_world_m[:, :2], network.spawn_yaw_rad])
        open_places = [name for name, camera in self._camera_cars.items() if camera.at is None]
        places = dict(zip(open_places, points[_spread(points[:, :2], len(open_places))], strict=False))
        for name, camera in self._camera_cars.items():
            if camera.at is not None:
                places[name] = np.array([*camera.at, math.radians(camera.yaw_deg)])
        return places

    def _staged(self, name: str, scene: Scene) -> Any:
        """Spawn the camera's car and the actors around it; the car."""
        place = self._places[name]
        car = self._spawn(CAMERA_CAR, place[:2], float(place[2]))
        if car is None:
            raise WorldError(f"gallery: {name}: the camera's car finds no room at {place[:2].round(1).tolist()}")
        self._settle(car, self._camera_cars[name].drives)
        for actor in scene.actors:
            self._stage_actor(name, place, actor)
        return car

    def _stage_actor(self, name: str, place: NDArray[np.float64], actor: StagedActor) -> None:
        turn = np.array([[math.cos(place[2]), -math.sin(place[2])], [math.sin(place[2]), math.cos(place[2])]])
        at = place[:2] + turn @ np.array([actor.ahead_m, actor.left_m])
        yaw_rad = float(place[2]) + math.radians(actor.yaw_deg)
        spawned = self._spawn(actor.blueprint, at, yaw_rad, actor.up_m)
        if spawned is None:
            raise WorldError(f"gallery: {name}: {actor.blueprint} finds no room at {at.round(1).tolist()}; move it")
        if actor.blueprint.startswith("vehicle."):
            self._settle(spawned, actor.drives)
            if actor.lamps:
                spawned.set_light_state(carla.VehicleLightState(actor.lamp_flags))
        elif actor.walks_mps > 0.0:
            x, y, z = vector_to_carla((math.cos(yaw_rad), math.sin(yaw_rad), 0.0))
            self._walking.append((spawned, carla.WalkerControl(carla.Vector3D(x, y, z), actor.walks_mps, False)))

    def _settle(self, car: Any, drives: bool) -> None:
        if drives:
            car.set_autopilot(True, self._session.tm_port)
        else:
            car.apply_control(carla.VehicleControl(brake=1.0, hand_brake=True))

    def _park(self, count: int) -> None:
        bays = self._session.network.parking_bays
        names = [name for name, spec in VEHICLES.items() if spec.base_type == "car" and not spec.special_type]
        ends = np.append(bays.first_point[1:], len(bays.points_world_m))[: len(bays.yaw_rad)]
        for row in self._rng.permutation(len(bays.yaw_rad))[:count]:
            middle = bays.points_world_m[bays.first_point[row] : ends[row], :2].mean(axis=0)
            flip = math.pi if self._rng.random() < 0.15 else 0.0
            car = self._spawn(str(self._rng.choice(names)), middle, float(bays.yaw_rad[row]) + flip)
            if car is not None:
                self._settle(car, False)

    def _drive(self, count: int) -> None:
        network = self._session.network
        cars = [name for name, spec in VEHICLES.items() if spec.special_type != "emergency"]
        taken = np.array([place[:2] for place in self._places.values()])
        for row in self._rng.permutation(len(network.spawn_position_world_m)):
            at = network.spawn_position_world_m[row, :2]
            if count <= 0:
                return
            if np.min(np.linalg.norm(taken - at, axis=1)) < _KEEP_CLEAR_M:
                continue
            car = self._spawn(str(self._rng.choice(cars)), at, float(network.spawn_yaw_rad[row]))
            if car is not None:
                car.set_autopilot(True, self._session.tm_port)
                count -= 1

    def _walk(self, count: int) -> None:
        world = self._session.world
        walkers = []
        if count:
            world.set_pedestrians_seed(self._session.seed % (1 << 31))
        for _ in range(count):
            at = world.get_random_location_from_navigation()
            if at is None:
                break
            name = str(self._rng.choice(list(WALKERS)))
            pose = carla.Transform(at + carla.Location(z=_WALKER_ABOVE_GROUND_M))
            walker = world.try_spawn_actor(self._library.find(name), pose)
            if walker is not None:
                walkers.append(walker)
        if not walkers:
            return
        self._session.tick()
        brain = self._library.find("controller.ai.walker")
        minds = [world.spawn_actor(brain, carla.Transform(), walker) for walker in walkers]
        self._session.tick()
        for mind in minds:
            mind.start()
            mind.go_to_location(world.get_random_location_from_navigation())
            mind.set_max_speed(1.35)

    def _spawn(self, type_id: str, at: NDArray[np.float64], yaw_rad: float, up_m: float = 0.0) -> Any:
        """The actor, or None where there is no room."""
        blueprint = self._library.find(type_id)
        if blueprint.has_attribute("color"):
            colors = list(blueprint.get_attribute("color").recommended_values)
            if colors:
                blueprint.set_attribute("color", colors[int(self._rng.integers(len(colors)))])
        z = float(self._heights.height_at(at[None])[0]) + up_m
        z += _WALKER_ABOVE_GROUND_M if type_id.startswith("walker.") else 0.0
        x, y, z = (float(value) for value in vector_to_carla((*at, z)))
        pitch, yaw, roll = (float(value) for value in rpy_to_carla((0.0, 0.0, yaw_rad)))
        pose = carla.Transform(carla.Location(x, y, z), carla.Rotation(pitch, yaw, roll))
        return self._session.world.try_spawn_actor(blueprint, pose)


def _ticks(session: Session, time_s: float) -> int:
    return max(round(time_s * FLICKS_PER_SECOND / session.tick_period_flicks), STATES_KEPT)


def _spread(points: NDArray[np.float64], count: int) -> list[int]:
    """Rows of up to `count` points that lie far apart: each is the farthest from those before it."""
    if count == 0:
        return []
    rows = [0]
    nearest = np.linalg.norm(points - points[0], axis=1)
    while len(rows) < min(count, len(points)):
        rows.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, np.linalg.norm(points - points[rows[-1]], axis=1))
    return rows
