"""Volumes in which tyres have another friction: CARLA's static.trigger.friction, the way to ice or to sand on a road.

A wheel whose contact point lies in the box has the volume's friction instead of its own, so that a car may stand with its left
wheels on ice; the weather's share acts as well. Extents are half sizes in centimetres, as CARLA's attributes are; the box turns
about the vertical alone. Friction 3.5 is a dry road, 0.35 wet ice, 0.7 snow trodden hard (Wallman and Astroem 2001, VTI 911A).
Tested by tests/physics/test_friction_volumes.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.server.carla_values import finite
from sim.server.vehicles.ground import wheel_points
from sim.server.vehicles.parameters import set_grip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.server.actor_table import ActorTable
    from sim.server.vehicles.state import VehicleRows

FRICTION_VOLUME = "static.trigger.friction"


@dataclass(frozen=True)
class _Volume:
    extent_m: tuple[float, float, float]
    friction: float


class FrictionVolumes:
    """All volumes of an episode; their poses live in the actor table. A later one wins where two overlap."""

    def __init__(self) -> None:
        self._volumes: dict[int, _Volume] = {}
        self._felt = False

    def add(self, actor_id: int, attributes: Mapping[str, str]) -> None:
        """A volume was spawned. CallError when an attribute is not a number."""
        sizes = [0.01 * finite(float(attributes.get(f"extent_{axis}", "1.0")), f"extent_{axis}", 1e7) for axis in "xyz"]
        friction = finite(float(attributes.get("friction", "3.5")), "friction", 1e3)
        self._volumes[actor_id] = _Volume((sizes[0], sizes[1], sizes[2]), max(friction, 0.0))

    def remove(self, actor_id: int) -> None:
        """A volume was destroyed, or it was none."""
        self._volumes.pop(actor_id, None)

    def apply(self, rows: VehicleRows, table: ActorTable) -> None:
        """Write the friction that every wheel stands on; nothing to do while there are no volumes."""
        if not self._volumes and not self._felt:
            return
        points = wheel_points(rows)
        friction = np.full(points.shape[:2], -1.0)
        for actor_id, volume in self._volumes.items():
            row = table.row_of[actor_id]
            offset = points - table.position[row, :2]
            yaw = float(table.rpy[row, 2])
            along = np.cos(yaw) * offset[..., 0] + np.sin(yaw) * offset[..., 1]
            across = np.cos(yaw) * offset[..., 1] - np.sin(yaw) * offset[..., 0]
            above = np.abs(rows["z_m"] - table.position[row, 2])[:, None]
            inside = (np.abs(along) <= volume.extent_m[0]) & (np.abs(across) <= volume.extent_m[1])
            friction[inside & (above <= volume.extent_m[2])] = volume.friction
        rows["volume_friction"] = friction
        set_grip(rows)
        self._felt = bool((friction >= 0.0).any())
