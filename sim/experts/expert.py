"""A privileged driver with true knowledge: what a careful person would do who sees everything.

Lateral: the route's curvature plus feedback on lateral and course error (sim.base.driving). Longitudinal: the least of a planned
speed profile, the Intelligent Driver Model behind a leader (Treiber, Hennecke, Helbing 2000), a smooth stop at the next stop
line, and emergency braking for predicted conflicts. Comfort is kept by a limit on jerk that only emergencies override.
Tested by tests/experts/test_expert.py in a kinematic world, and in closed loop by tests/library.
"""

from __future__ import annotations

import math

from sim.base.agent import Command, DrivingTask
from sim.base.bundle import Route, Truth
from sim.base.driving import LaneTracker, course_error_rad, drive
from sim.base.observation import Observation
from sim.base.units import GRAVITY_MPS2
from sim.catalogue.spec import VehicleSpec
from sim.catalogue.vehicles import VEHICLES
from sim.experts.emergency import EgoPrediction, escape
from sim.experts.path import DrivenPath, driven_path
from sim.experts.stops import StopLines
from sim.experts.surroundings import Leader, Others, leader_on, others_near

ACCELERATION_MPS2 = 1.5
COMFORT_BRAKING_MPS2 = 2.0
LIMIT_BRAKING_MPS2 = 3.2
"""Hardest braking that is not an emergency."""
HEADWAY_S = 1.2
STANDSTILL_GAP_M = 2.5
JERK_MPS3 = 3.0
STOP_BRAKING_MPS2 = 1.5
CUT_IN_LOOK_AHEAD_S = 0.7
PREVIEW_S = 0.12
CREEP_MPS = 0.6
CREEP_UP_M = 4.0
"""A car that came to rest this far or less short of its stop rolls up to it."""
EMERGENCY_MPS2 = 2.0
"""An escape that needs less than this is left to comfort braking."""


class Expert:
    """Drives along Truth.route. With `emergency_braking` False it does not react to people or to anybody who crosses."""

    privileged = True

    def __init__(self, emergency_braking: bool = True) -> None:
        self._emergency_braking = emergency_braking
        self.reset(DrivingTask("", 0, 0.05, 10.0))

    def reset(self, task: DrivingTask) -> None:
        """Forget everything; a new run begins."""
        self._task = task
        self._route: Route | None = None
        self._path: DrivenPath | None = None
        self._stops = StopLines()
        self._station_m: float | None = None
        self._acceleration_mps2 = 0.0
        self._offset_m = 0.0
        self._tracker = LaneTracker()

    def act(self, observation: Observation, truth: Truth) -> Command:
        """The command for the next tick, from the true states."""
        state = truth.state
        row = state.row_of(truth.ego_track_id)
        if row is None:
            return Command(brake_ratio=1.0)
        path = self._path_of(truth.route)
        vehicle = VEHICLES[state.actors[row].type_id]
        position, velocity = state.position_world_m[row], state.velocity_world_mps[row]
        yaw = float(state.rpy_rad[row, 2])
        speed = float(velocity[0] * math.cos(yaw) + velocity[1] * math.sin(yaw))
        station, lateral = path.line.project(position[:2], self._station_m)
        self._station_m = station
        others = others_near(state, row)
        wanted = self._comfort(truth, path, vehicle, others, station, speed)
        braking = 0.0
        self._offset_m = 0.0
        if self._emergency_braking:
            braking = self._escape(path, vehicle, others, station, lateral, speed, wanted)
        acceleration = self._smooth(wanted, braking)
        path_yaw = float(path.line.at(station)[1])
        curvature = path.curvature_at(station + PREVIEW_S * speed)
        course = course_error_rad(vehicle, speed, yaw, path_yaw, curvature)
        steering = self._tracker.curvature_1pm(
            lateral - self._offset_m,
            course,
            speed,
            curvature,
            float(state.angular_velocity_world_radps[row, 2]),
            self._task.tick_s,
        )
        return drive(vehicle, speed, acceleration, steering)

    def _path_of(self, route: Route) -> DrivenPath:
        if self._path is None or self._route is not route:
            self._route = route
            self._path = driven_path(route, self._task.cruise_speed_mps)
            self._station_m = None
        return self._path

    def _comfort(
        self, truth: Truth, path: DrivenPath, vehicle: VehicleSpec, others: Others, station: float, speed: float
    ) -> float:
        """Acceleration from speed plan, leader and stop lines."""
        half_length = vehicle.length_m / 2.0
        target = path.speed_at(station + 0.4 * speed)
        wanted = max(-LIMIT_BRAKING_MPS2, min(ACCELERATION_MPS2, 0.9 * (target - speed)))
        reach = min(110.0, 25.0 + 3.0 * speed)
        leader = leader_on(path.line, others, station, half_length, vehicle.width_m / 2.0, CUT_IN_LOOK_AHEAD_S, reach)
        if leader is not None:
            wanted = min(wanted, _following(speed, max(target, 1.0), leader))
        front = station + half_length
        stop = self._stops.next_stop_m(truth, path.line, others, front, speed, self._task.tick_s)
        if stop is not None:
            wanted = min(wanted, _stopping(speed, stop - front))
        return wanted

    def _escape(
        self,
        path: DrivenPath,
        vehicle: VehicleSpec,
        others: Others,
        station: float,
        lateral: float,
        speed: float,
        wanted: float,
    ) -> float:
        if speed < 0.3:
            return 0.0
        full = min(vehicle.friction * GRAVITY_MPS2, vehicle.brake_decel_mps2) * 0.95
        half = (vehicle.length_m / 2.0, vehicle.width_m / 2.0)
        ego = EgoPrediction(station, lateral, speed, min(wanted, 0.0), half, full)
        found = escape(path.line, ego, others, FREE_LANE_M)
        self._offset_m = found.offset_m
        return found.decel_mps2 if found.decel_mps2 >= EMERGENCY_MPS2 else 0.0

    def _smooth(self, wanted: float, emergency_braking: float) -> float:
        """Limited jerk in comfort; an emergency acts at once."""
        step = JERK_MPS3 * self._task.tick_s
        comfortable = max(self._acceleration_mps2 - 1.5 * step, min(self._acceleration_mps2 + step, wanted))
        self._acceleration_mps2 = comfortable
        if emergency_braking > 0.0:
            self._acceleration_mps2 = max(-emergency_braking, -LIMIT_BRAKING_MPS2)
            return min(comfortable, -emergency_braking)
        return comfortable


FREE_LANE_M = 0.45
"""How far the expert shifts inside its lane to get past somebody."""


def _following(speed: float, target: float, leader: Leader) -> float:
    """The Intelligent Driver Model, with its braking limited to what is not an emergency."""
    closing = speed - leader.speed_mps
    braking = 2.0 * math.sqrt(ACCELERATION_MPS2 * COMFORT_BRAKING_MPS2)
    desired = STANDSTILL_GAP_M + max(0.0, speed * HEADWAY_S + speed * closing / braking)
    free = 1.0 - (speed / target) ** 4
    acceleration = ACCELERATION_MPS2 * (free - (desired / leader.gap_m) ** 2)
    return max(acceleration, -LIMIT_BRAKING_MPS2)


def _stopping(speed: float, distance_m: float) -> float:
    """Acceleration that ends at a point: along v^2 = 2 b d with b = STOP_BRAKING_MPS2, with v^2 / 2d where that is too weak."""
    if distance_m <= 0.05:
        return -STOP_BRAKING_MPS2 if speed < 1.0 else -LIMIT_BRAKING_MPS2
    if speed < CREEP_MPS and 0.5 < distance_m < CREEP_UP_M:
        return 0.5 * (CREEP_MPS - speed)
    needed = speed * speed / (2.0 * distance_m)
    if needed > 1.15 * STOP_BRAKING_MPS2:
        return -min(1.02 * needed, 8.0)
    return 1.2 * (math.sqrt(2.0 * STOP_BRAKING_MPS2 * distance_m) - speed) - STOP_BRAKING_MPS2
