"""The vehicles of an episode: their controls as they came over the wire, and their motion.

Placeholder motion (kinematic bicycle on level ground) until the single-track model is wired in.
"""

from __future__ import annotations

import struct

import numpy as np

from sim.catalogue.spec import VehicleSpec
from sim.catalogue.vehicles import VEHICLES
from sim.server.actor_table import ActorTable

_CONTROL = struct.Struct("<3f3Bi")


class Fleet:
    """All vehicles, a row each, in the order of their spawning."""

    def __init__(self, table: ActorTable) -> None:
        self._table = table
        self._ids: list[int] = []
        self._specs: list[VehicleSpec] = []
        self.controls: dict[int, tuple[float, float, float, bool, bool, bool, int]] = {}
        self.light_flags: dict[int, int] = {}

    def add(self, actor_id: int, type_id: str) -> None:
        """A vehicle was spawned."""
        self._ids.append(actor_id)
        self._specs.append(VEHICLES[type_id])
        self.light_flags[actor_id] = 0
        self.controls[actor_id] = (0.0, 0.0, 0.0, False, False, False, 0)
        self._table.records["at_light_state"][self._table.row_of[actor_id]] = 2
        self._table.records["speed_limit_kmh"][self._table.row_of[actor_id]] = 50.0

    def remove(self, actor_id: int) -> None:
        """A vehicle was destroyed."""
        index = self._ids.index(actor_id)
        del self._ids[index], self._specs[index], self.controls[actor_id], self.light_flags[actor_id]

    def control(self, actor_id: int, row: int, control: list[float]) -> None:
        """Hold these pedals and this wheel until the next command; echoed in the vehicle's record."""
        throttle, steer, brake, hand_brake, reverse, manual, gear = control
        self.controls[actor_id] = (throttle, steer, brake, bool(hand_brake), bool(reverse), bool(manual), int(gear))
        _CONTROL.pack_into(
            self._table.buffer,
            self._table.control_offset(row),
            throttle,
            steer,
            brake,
            bool(hand_brake),
            bool(reverse),
            bool(manual),
            int(gear),
        )

    def step(self, delta_s: float) -> None:
        """Move all vehicles by one tick."""
        table = self._table
        for actor_id, spec in zip(self._ids, self._specs, strict=True):
            row = table.row_of[actor_id]
            throttle, steer, brake, hand_brake, reverse, _, _ = self.controls[actor_id]
            yaw = table.rpy[row, 2]
            heading = np.array([np.cos(yaw), np.sin(yaw), 0.0])
            speed = float(table.velocity[row] @ heading)
            speed += (4.0 * throttle * (-1.0 if reverse else 1.0) - 0.05 * speed) * delta_s
            slower = (8.0 * brake + (8.0 if hand_brake else 0.0)) * delta_s
            speed = np.copysign(max(0.0, abs(speed) - slower), speed)
            yaw_rate = speed / spec.wheelbase_m * np.tan(-steer * spec.max_steer_rad)
            table.rpy[row, 2] = yaw = yaw + yaw_rate * delta_s
            velocity = np.array([np.cos(yaw), np.sin(yaw), 0.0]) * speed
            table.acceleration[row] = (velocity - table.velocity[row]) / delta_s
            table.velocity[row] = velocity
            table.angular[row] = (0.0, 0.0, yaw_rate)
            table.position[row] += velocity * delta_s

    def teleported(self, actor_id: int) -> None:
        """A vehicle was put somewhere else."""
