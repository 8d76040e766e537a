"""A tiny world for tests: vehicles roll without sliding and answer their pedals exactly, people walk as told."""

from __future__ import annotations

import math

import numpy as np

from scenarios.behaviours.motion import Action, Walking
from scenarios.contacts import ego_contacts
from scenarios.expect import Judge
from scenarios.place import PlacedActor, PlacedScenario
from scenarios.script import Script
from sim.base.agent import Command, DrivingTask
from sim.base.bundle import Control, Truth
from sim.base.clock import flicks
from sim.base.driving import AIR_DENSITY_KGPM3
from sim.base.state import ActorInfo, ActorKind, WorldState
from sim.base.units import GRAVITY_MPS2
from sim.base.verdict import RunOutcome
from sim.catalogue.vehicles import VEHICLES
from sim.maps.network import RoadNetwork
from sim.maps.routing import controls_on_route

AFTER_CONTACT_TICKS = 5


class KinematicWorld:
    """The actors of a placed scenario, in rows: the ego first."""

    def __init__(self, placed: PlacedScenario, tick_s: float = 0.05) -> None:
        self.tick_s, self.tick = tick_s, 0
        self.actors = [placed.ego, *placed.actors]
        self.xy = np.array([actor.position_world_m[:2] for actor in self.actors])
        self.z = np.array([actor.position_world_m[2] for actor in self.actors])
        self.yaw = np.array([actor.yaw_rad for actor in self.actors])
        self.speed = np.array([actor.speed_mps for actor in self.actors])
        self.course = self.yaw.copy()
        self.turn = np.zeros(len(self.actors))
        self.infos = tuple(_info(row, actor) for row, actor in enumerate(self.actors))

    def state(self) -> WorldState:
        n = len(self.actors)
        velocity = np.zeros((n, 3))
        velocity[:, 0], velocity[:, 1] = np.cos(self.course) * self.speed, np.sin(self.course) * self.speed
        zeros, zeros32 = np.zeros(n), np.zeros(n, dtype=np.float32)
        return WorldState(
            tick=self.tick,
            time_flicks=flicks(self.tick_s) * self.tick,
            actors=self.infos,
            track_id=np.arange(1, n + 1, dtype=np.uint32),
            kind=np.array([int(info.kind) for info in self.infos], dtype=np.uint8),
            position_world_m=np.column_stack([self.xy, self.z]),
            rpy_rad=np.column_stack([zeros, zeros, self.yaw]),
            velocity_world_mps=velocity,
            angular_velocity_world_radps=np.column_stack([zeros, zeros, self.turn]),
            acceleration_world_mps2=np.zeros((n, 3)),
            throttle_ratio=zeros32,
            brake_ratio=zeros32,
            steer_ratio=zeros32,
            hand_brake=np.zeros(n, dtype=np.uint8),
            reverse=np.zeros(n, dtype=np.uint8),
            walker_speed_mps=zeros32,
            light_state=np.zeros(n, dtype=np.uint8),
            lamp_flags=np.zeros(n, dtype=np.uint32),
            distance_travelled_m=zeros,
            wheel_roll_rad=zeros,
            wheel_steer_rad=zeros32,
            gait_phase_rad=zeros,
        )

    def step(self, command: Command, actions: dict[str, Action]) -> None:
        self.tick += 1
        for row, actor in enumerate(self.actors):
            action = command if row == 0 else actions.get(actor.name)
            if isinstance(action, Walking):
                self.speed[row] = action.speed_mps
                self.yaw[row] = self.course[row] = math.atan2(action.direction_y, action.direction_x)
                self._advance(row)
            elif isinstance(action, Command):
                self._drive(row, action)

    def _drive(self, row: int, command: Command) -> None:
        spec = VEHICLES[self.actors[row].type_id]
        speed = float(self.speed[row])
        push = command.throttle_ratio * min(spec.drive_force_n, spec.power_w / max(speed, 1.0))
        drag = 0.5 * AIR_DENSITY_KGPM3 * spec.drag_area_m2 * speed**2
        if speed > 0.1:
            drag += spec.rolling_resistance * spec.mass_kg * GRAVITY_MPS2
        grip = min(spec.brake_decel_mps2, spec.friction * GRAVITY_MPS2)
        change = (push - drag) / spec.mass_kg - min(command.brake_ratio * spec.brake_decel_mps2, grip)
        self.speed[row] = max(speed + change * self.tick_s, 0.0)
        curvature = math.tan(command.steer_ratio * spec.max_steer_rad) / spec.wheelbase_m
        self.turn[row] = self.speed[row] * curvature
        self.yaw[row] += self.turn[row] * self.tick_s
        self.course[row] = self.yaw[row] + math.atan(-spec.rear_axle_x_m * curvature)
        self._advance(row)

    def _advance(self, row: int) -> None:
        step = self.speed[row] * self.tick_s
        self.xy[row] += step * np.array([math.cos(self.course[row]), math.sin(self.course[row])])


def _info(row: int, actor: PlacedActor) -> ActorInfo:
    size = actor.dimensions
    kind = ActorKind.WALKER if size.is_walker else ActorKind.VEHICLE if size.is_vehicle else ActorKind.PROP
    middle = 0.0 if size.is_walker else size.height_m / 2.0
    extent = (size.length_m / 2.0, size.width_m / 2.0, size.height_m / 2.0)
    return ActorInfo(row + 1, kind, actor.type_id, {"role_name": actor.role_name}, (0.0, 0.0, middle), extent)


def route_controls(placed: PlacedScenario, network: RoadNetwork) -> tuple[Control, ...]:
    """The stop lines on the ego's way, without the actors of their signs."""
    found = controls_on_route(network, placed.route_lanes, placed.start_arc_m)
    return tuple(Control(kind, station, 0) for kind, station, _ in found)


def run(placed: PlacedScenario, network: RoadNetwork, agent, tick_s: float = 0.05) -> tuple[RunOutcome, Judge]:  # type: ignore[no-untyped-def]
    """Drive to the goal, a contact, or the time."""
    world, script, judge = KinematicWorld(placed, tick_s), Script(placed, network), Judge(placed, network)
    controls, concrete = route_controls(placed, network), placed.concrete
    agent.reset(DrivingTask(concrete.scenario_id, concrete.seed, tick_s, concrete.cruise_speed_mps))
    end, left = "time is up", None
    for _ in range(int(concrete.duration_s / tick_s)):
        state = world.state()
        truth = Truth((state,), 1, placed.route, controls)
        actions = script.step(state)
        command = agent.act(None, truth) if getattr(agent, "privileged", False) else agent.act(None)
        judge.observe(truth, command)
        if left is None and ego_contacts(state, 0):
            left, end = AFTER_CONTACT_TICKS, "contact"
        if left is not None:
            left -= 1
            if left < 0:
                break
        elif placed.way.project(state.position_world_m[0, :2])[0] >= placed.goal_station_m:
            end = "goal reached"
            break
        world.step(command, actions)
    return judge.outcome(end), judge
