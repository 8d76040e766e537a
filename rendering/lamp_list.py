"""The lamps that light a frame: street lamps and headlamps nearest to the camera, as rows for the kernel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.emitters import head_lamp_rows, street_lamp_rows
from rendering.kernels import layout as at
from sim.base import frames
from sim.base.state import ActorKind, Lamp, WorldState

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

LAMPS_KEPT = 28
_BEAMS = int(Lamp.LOW_BEAM) | int(Lamp.HIGH_BEAM)


class LampList:
    """All lamps of a window; `near` picks those that matter to one camera."""

    def __init__(self, street_heads_world_m: Float64, origin: Float64) -> None:
        self._origin = origin
        self._street = street_lamp_rows(
            street_heads_world_m - origin if len(street_heads_world_m) else street_heads_world_m
        )
        self._rows = np.zeros((0, at.LAMP_STRIDE))

    def follow(self, state: WorldState, street_lamps_on: bool) -> None:
        """Take over the headlamps of a state; by day none of them is worth a sum."""
        rows = [self._street] if street_lamps_on else []
        for row, info in enumerate(state.actors):
            if not street_lamps_on or info.kind != ActorKind.VEHICLE or not int(state.lamp_flags[row]) & _BEAMS:
                continue
            pose = frames.pose(state.position_world_m[row] - self._origin, state.rpy_rad[row])
            high = bool(int(state.lamp_flags[row]) & Lamp.HIGH_BEAM)
            rows.append(head_lamp_rows(pose, info.box_extent_m[0], info.box_extent_m[1], info.box_center_m[0], high))
        self._rows = np.concatenate(rows) if rows else np.zeros((0, at.LAMP_STRIDE))

    def near(self, camera_world_m: Float64) -> Float32:
        """The rows nearest to the camera, at most LAMPS_KEPT, in a fixed order."""
        if not len(self._rows):
            return np.zeros((0, at.LAMP_STRIDE), np.float32)
        distance = np.linalg.norm(self._rows[:, :3] - (camera_world_m - self._origin), axis=1)
        kept = np.sort(np.argsort(distance, kind="stable")[:LAMPS_KEPT])
        return np.ascontiguousarray(self._rows[kept], np.float32)
