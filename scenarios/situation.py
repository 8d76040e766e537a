"""What the script of a scenario reads from a WorldState: actors by the names of the scenario file.

Tested by tests/scenarios/test_script.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scenarios.place import PlacedScenario
from sim.base.boxes import gap_m
from sim.base.state import ActorInfo, WorldState


@dataclass(frozen=True)
class Situation:
    """The state at one tick, `time_s` after the scenario began; `tick_s` since the state before."""

    placed: PlacedScenario
    state: WorldState
    time_s: float
    tick_s: float

    def row(self, name: str) -> int | None:
        """The row of an actor by its scenario name ("ego" too), or None when it is not alive."""
        return self.state.row_of_role(self.placed.role_of(name))

    def speed_mps(self, row: int) -> float:
        """Speed over ground."""
        return float(np.linalg.norm(self.state.velocity_world_mps[row, :2]))

    def forward_speed_mps(self, row: int) -> float:
        """Speed along the actor's own forward axis."""
        yaw = float(self.state.rpy_rad[row, 2])
        velocity = self.state.velocity_world_mps[row]
        return float(velocity[0] * math.cos(yaw) + velocity[1] * math.sin(yaw))

    def gap_m(self, first: int, second: int) -> float:
        """Free distance between two outlines seen from above; 0 when they overlap."""
        (center_a, yaw_a, extent_a), (center_b, yaw_b, extent_b) = (outline(self.state, row) for row in (first, second))
        return float(gap_m(center_a, yaw_a, extent_a, center_b, yaw_b, extent_b))

    def closing_mps(self, first: int, second: int) -> float:
        """Speed at which two actors come nearer along the line between their centres."""
        apart = self.state.position_world_m[second, :2] - self.state.position_world_m[first, :2]
        relative = self.state.velocity_world_mps[second, :2] - self.state.velocity_world_mps[first, :2]
        distance = float(np.linalg.norm(apart))
        return 0.0 if distance == 0.0 else -float(np.dot(apart, relative)) / distance

    def ego_station_m(self, row: int) -> float:
        """Station of the ego's centre on its route."""
        return self.placed.way.project(self.state.position_world_m[row, :2])[0]


def outline(state: WorldState, row: int) -> tuple[np.ndarray, float, np.ndarray]:
    """Centre (3,), yaw and half sizes (3,) of an actor's upright bounding box in world."""
    info: ActorInfo = state.actors[row]
    yaw = float(state.rpy_rad[row, 2])
    x, y, z = info.box_center_m
    offset = np.array([x * math.cos(yaw) - y * math.sin(yaw), x * math.sin(yaw) + y * math.cos(yaw), z])
    return state.position_world_m[row] + offset, yaw, np.asarray(info.box_extent_m)
