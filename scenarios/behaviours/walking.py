"""People: standing, and running out in front of a car so that both meet.

Tested by tests/scenarios/test_behaviours.py: whatever the car's speed, a car that keeps it meets the person at `aim`.
"""

from __future__ import annotations

import math

import numpy as np

from scenarios.behaviours.motion import Walking
from scenarios.place import PlacedScenario
from scenarios.schema_events import DartOut
from scenarios.situation import Situation


class StandStill:
    """A person who waits, facing the way it was put."""

    def __init__(self) -> None:
        self.began = True

    def step(self, situation: Situation, row: int) -> Walking:
        yaw = float(situation.state.rpy_rad[row, 2])
        return Walking(math.cos(yaw), math.sin(yaw), 0.0)


class RunAcross:
    """A person who waits until the car's time to the person's line equals the person's time to the car's path, then runs.

    Let s be the distance from the car's front to the person's line along the route and v the car's speed: the car needs s / v.
    The person needs d / u to the point `aim` of the car's front. It starts on the first tick with s / v <= d / u + half a
    tick, from then on it runs straight over `distance_m` and stands there, whatever the car does.
    """

    def __init__(self, spec: DartOut, placed: PlacedScenario) -> None:
        self.began = False
        person, car = placed.actor(spec.actor), placed.actor(spec.meet)
        self._meet = spec.meet
        self._speed_mps = spec.speed_mps.value
        self._run_m = spec.distance_m.value
        self._line_m = person.station_m
        self._front_m = car.dimensions.length_m / 2.0
        side = 1.0 if person.lateral_m < 0.0 else -1.0
        yaw = float(placed.way.at(person.station_m)[1])
        self._direction = (-side * math.sin(yaw), side * math.cos(yaw))
        target_lateral = spec.aim.value * car.dimensions.width_m / 2.0
        self._distance_m = abs(target_lateral - person.lateral_m)
        self._start_xy = np.asarray(person.position_world_m[:2])

    def step(self, situation: Situation, row: int) -> Walking:
        if not self.began:
            car = situation.row(self._meet)
            if car is not None:
                ahead_m = self._line_m - situation.ego_station_m(car) - self._front_m
                speed = max(situation.speed_mps(car), 0.1)
                person_s = self._distance_m / self._speed_mps
                self.began = ahead_m >= 0.0 and ahead_m / speed <= person_s + situation.tick_s / 2.0
        run_m = float(np.linalg.norm(situation.state.position_world_m[row, :2] - self._start_xy))
        running = self.began and run_m < self._run_m
        return Walking(*self._direction, self._speed_mps if running else 0.0)
