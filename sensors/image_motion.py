"""How the camera and everything before it move during one exposure, as rates in the camera's own axes.

A point X of the camera's axes (x right, y down, z forward) that belongs to something with velocity v and angular velocity w
relative to the camera moves with dX/dt = v + w x X; on the picture, with J(d) (v / r + w x d), where d is the pixel's unit ray,
r the range along it and J(d) the lens's derivative at d. Rates are means over the exposure of a row (of the camera) or over the
frame's whole span (of the others, which the renderer moves evenly too). People's limbs go with their bodies.
Tested by tests/sensors/test_image_motion.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.exposed import Shot
from sensors.lens import Lens
from sensors.timing import ego_poses, state_at
from sim.base.clock import FLICKS_PER_SECOND, flicks
from sim.base.frames import rotation_from_rpy
from sim.base.state import ActorKind, WorldState

Float64 = NDArray[np.float64]

NODE_PX = 16
"""Rates and the lens's derivatives are known at nodes this far apart and linear between them; also the side of a tile."""
_STILL_MPS, _STILL_RADPS = 1e-6, 1e-7


@dataclass(frozen=True)
class Twists:
    """Rates relative to the camera at N node rows, in its axes: m/s and rad/s.

    `still` (N, 6) is of what stands still in the world; `moving` (N, M, 6) of the actors whose ascending track ids are in
    `track_ids` (M,) uint32.
    """

    still: Float64
    track_ids: NDArray[np.uint32]
    moving: Float64


class LensNodes:
    """The lens at a grid of nodes NODE_PX apart, from (0, 0) on: unit rays (N, K, 3) and derivatives in px (N, K, 2, 3).

    Nodes that the lens does not reach take the values of the nearest place towards the picture's centre that it does reach.
    """

    def __init__(self, lens: Lens) -> None:
        """Project by central differences around every node's ray."""
        height, width = lens.directions.shape[:2]
        rows = np.arange(-(-height // NODE_PX) + 1) * NODE_PX
        columns = np.arange(-(-width // NODE_PX) + 1) * NODE_PX
        pixels = np.stack(np.meshgrid(columns, rows), axis=-1).astype(np.float64)
        intrinsics = lens.config.optics.intrinsics
        center = np.array([intrinsics.cx_px, intrinsics.cy_px])
        rays, valid = lens.unproject(pixels)
        for _ in range(200):
            if valid.all():
                break
            pixels[~valid] = center + 0.98 * (pixels[~valid] - center)
            rays[~valid], valid[~valid] = lens.unproject(pixels[~valid])
        step = 1e-5
        derivatives = [
            (lens.project(rays + step * axis)[0] - lens.project(rays - step * axis)[0]) / (2.0 * step)
            for axis in np.eye(3)
        ]
        self.rays = rays
        self.derivatives = np.stack(derivatives, axis=-1)
        self.rows = np.minimum(rows, height - 1)


def twists_of(
    states: Sequence[WorldState], shot: Shot, ego_from_camera: Float64, rows: NDArray[np.int64], exposure_s: float
) -> Twists:
    """The rates at these image rows of a shot whose rows are exposed for `exposure_s` about their own times."""
    half = max(flicks(0.5 * exposure_s), 1)
    times = shot.row_time_flicks[rows]
    before, after = (ego_poses(states, shot.ego_track_id, times + sign * half) @ ego_from_camera for sign in (-1, 1))
    camera = shot.view.world_from_camera_rows[rows]
    to_camera = np.swapaxes(camera[:, :, :3], 1, 2)
    lasts_s = 2.0 * half / FLICKS_PER_SECOND
    velocity = (after[:, :3, 3] - before[:, :3, 3]) / lasts_s
    turning = turning_of(before[:, :3, :3], after[:, :3, :3]) / lasts_s
    still = np.concatenate([_turned(to_camera, -velocity), _turned(to_camera, -turning)], axis=-1)

    begin_flicks, end_flicks = int(shot.row_time_flicks[0]) - half, int(shot.row_time_flicks[-1]) + half
    end_flicks = min(end_flicks, states[-1].time_flicks)
    begin, end = state_at(states, begin_flicks), state_at(states, end_flicks)
    span_s = (end_flicks - begin_flicks) / FLICKS_PER_SECOND
    ids, at, speed, spin = _moving(begin, end, span_s, shot.ego_track_id)
    since_s = (times - begin_flicks) / FLICKS_PER_SECOND
    places = at[None] + since_s[:, None, None] * speed[None]
    world = speed[None] + np.cross(spin[None], camera[:, None, :, 3] - places) - velocity[:, None]
    moving = np.concatenate(
        [_turned(to_camera[:, None], world), _turned(to_camera[:, None], spin[None] - turning[:, None])], axis=-1
    )
    return Twists(still, ids, np.ascontiguousarray(moving))


def turning_of(before: Float64, after: Float64) -> Float64:
    """Rotation vectors (..., 3) in world axes that turn world_from_body `before` (..., 3, 3) into `after`, below half a turn."""
    change = after @ np.swapaxes(before, -1, -2)
    sine_axis = 0.5 * np.stack(
        [
            change[..., 2, 1] - change[..., 1, 2],
            change[..., 0, 2] - change[..., 2, 0],
            change[..., 1, 0] - change[..., 0, 1],
        ],
        axis=-1,
    )
    sine = np.linalg.norm(sine_axis, axis=-1, keepdims=True)
    angle = np.arctan2(sine, 0.5 * (np.trace(change, axis1=-2, axis2=-1)[..., None] - 1.0))
    return np.asarray(sine_axis * np.where(sine > 1e-9, angle / np.maximum(sine, 1e-12), 1.0))


def _moving(
    begin: WorldState, end: WorldState, span_s: float, ego_track_id: int
) -> tuple[NDArray[np.uint32], Float64, Float64, Float64]:
    """Ids (M,), places at `begin` (M, 3), velocities and angular velocities (M, 3) in world axes of all actors that move."""
    wanted = (end.track_id != np.uint32(ego_track_id)) & (end.kind != ActorKind.SENSOR)
    ids, last, first = np.intersect1d(end.track_id, begin.track_id, assume_unique=True, return_indices=True)
    keep = wanted[last]
    ids, last, first = ids[keep], last[keep], first[keep]
    speed = (end.position_world_m[last] - begin.position_world_m[first]) / span_s
    spin = turning_of(rotation_from_rpy(begin.rpy_rad[first]), rotation_from_rpy(end.rpy_rad[last])) / span_s
    moves = (np.abs(speed).max(axis=1, initial=0.0) > _STILL_MPS) | (
        np.abs(spin).max(axis=1, initial=0.0) > _STILL_RADPS
    )
    return ids[moves].astype(np.uint32), begin.position_world_m[first][moves], speed[moves], spin[moves]


def _turned(rotation: Float64, vectors: Float64) -> Float64:
    return np.asarray(np.einsum("...ij,...j->...i", rotation, vectors))
