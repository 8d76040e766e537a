"""What is near a camera and matters to its light: lamps that shine on things, vehicles that keep the sky from the road."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.emitters import head_lamp_rows, street_lamp_rows
from rendering.kernels import layout as at
from sim.base import frames
from sim.base.state import ActorKind, Lamp, WorldState

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

LAMPS_KEPT = 100
OCCLUDERS_KEPT = 24
_BEAMS = int(Lamp.LOW_BEAM) | int(Lamp.HIGH_BEAM)


class LampList:
    """All lamps of a window; `near` picks those that matter to one camera."""

    def __init__(self, street_heads_world_m: Float64, origin: Float64, right_hand_traffic: bool = True) -> None:
        self._origin, self._right_hand = origin, right_hand_traffic
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
            half_length, half_width, _ = info.box_extent_m
            rows.append(head_lamp_rows(pose, half_length, half_width, info.box_center_m[0], high, self._right_hand))
        self._rows = np.concatenate(rows) if rows else np.zeros((0, at.LAMP_STRIDE))

    def near(self, camera_world_m: Float64) -> Float32:
        """The rows nearest to the camera, at most LAMPS_KEPT, in a fixed order."""
        if not len(self._rows):
            return np.zeros((0, at.LAMP_STRIDE), np.float32)
        distance = np.linalg.norm(self._rows[:, :3] - (camera_world_m - self._origin), axis=1)
        kept = np.sort(np.argsort(distance, kind="stable")[:LAMPS_KEPT])
        return np.ascontiguousarray(self._rows[kept], np.float32)


class OccluderList:
    """The vehicles of a window as upright boxes; `near` picks those closest to a camera."""

    def __init__(self, origin: Float64) -> None:
        self._origin = origin
        self._rows = np.zeros((0, at.OCCLUDER_STRIDE))

    def follow(self, state: WorldState) -> None:
        """Take over the vehicles of a state."""
        vehicles = [row for row, info in enumerate(state.actors) if info.kind == ActorKind.VEHICLE]
        rows = np.zeros((len(vehicles), at.OCCLUDER_STRIDE))
        for i, row in enumerate(vehicles):
            info, yaw = state.actors[row], float(state.rpy_rad[row, 2])
            center = np.array(info.box_center_m) - np.array([0.0, 0.0, info.box_extent_m[2]])
            pose = frames.pose(state.position_world_m[row] - self._origin, state.rpy_rad[row])
            rows[i, :3] = frames.apply(pose, center)
            rows[i, 3:] = (np.cos(yaw), np.sin(yaw), *info.box_extent_m[:2], 1.2 * info.box_extent_m[2])
        self._rows = rows

    def near(self, camera_world_m: Float64) -> Float32:
        """The rows nearest to the camera, at most OCCLUDERS_KEPT, in a fixed order."""
        if not len(self._rows):
            return np.zeros((0, at.OCCLUDER_STRIDE), np.float32)
        distance = np.linalg.norm(self._rows[:, :3] - (camera_world_m - self._origin), axis=1)
        kept = np.sort(np.argsort(distance, kind="stable")[:OCCLUDERS_KEPT])
        return np.ascontiguousarray(self._rows[kept], np.float32)
