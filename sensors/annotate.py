"""Labels of one frame, from the rays of the picture itself and from the posed meshes.

An object is listed when it is of a traffic class and at least one of its pixels would be seen were it alone in the world;
one that is wholly hidden is listed with `visible_pixels` 0, `occlusion` 1 and no visible box. Objects outside the picture are
not listed. `distance_m` runs from the entrance pupil to the centre of the 3D box. The box at the tick is the box at
mid-exposure, moved rigidly with its actor. Tested by tests/sensors/test_annotate.py and tests/metrology.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from rendering.buffers import Buffers, Silhouette
from rendering.motion import Motion
from sensors.exposed import SceneLike, Shot
from sensors.flow import depth_along_axis, flow_between
from sensors.kernels import labels
from sensors.label_choice import USUAL_LABELS, LabelChoice
from sensors.lens import Lens
from sensors.object_class import object_class_of, sign_of
from sim.base.annotations import BehindGlass, Box2D, FrameAnnotations, ObjectLabel, RunLengths
from sim.base.frames import Float64, apply, pose, rotation_from_rpy, rpy_from_rotation
from sim.base.state import ActorKind, LightState, WorldState
from sim.base.taxonomy import TRAFFIC_CLASSES

SMALLEST_ANGLE_PX = 0.5
"""Objects whose bounding sphere is smaller than this across are not looked for."""


@dataclass(frozen=True)
class _Pixels:
    """Visible pixels per track id: counts (N,), boxes (N, 4) of pixel centres, sums of rows (N,)."""

    counts: NDArray[np.int64]
    boxes: NDArray[np.int64]
    row_sums: NDArray[np.int64]

    def box(self, track_id: int) -> Box2D | None:
        """Bounding box of the pixels' areas, or None."""
        if track_id >= len(self.counts) or self.counts[track_id] == 0:
            return None
        x_min, y_min, x_max, y_max = (float(value) for value in self.boxes[track_id])
        return x_min - 0.5, y_min - 0.5, x_max + 0.5, y_max + 0.5


def measure_visible(instance: NDArray[np.uint32], highest_track_id: int) -> _Pixels:
    """Visible pixels of every track id up to the highest, in one pass."""
    count = highest_track_id + 1
    found = _Pixels(np.empty(count, np.int64), np.empty((count, 4), np.int64), np.empty(count, np.int64))
    labels.measure_instances(instance, found.counts, found.boxes, found.row_sums)
    return found


@dataclass(frozen=True)
class Before:
    """What is kept of a camera's previous labelled frame: its tick, geometry and ranges (H, W)."""

    tick: int
    motion: Motion
    range_m: NDArray[np.float32]


def annotate(
    name: str, shot: Shot, buffers: Buffers, scene: SceneLike, lens: Lens, motion: Motion, before: Before | None,
    choice: LabelChoice = USUAL_LABELS, threads: int = 2,
) -> FrameAnnotations:  # fmt: skip
    """All labels of one frame; `buffers` are those of the picture, and their label arrays are handed out as they are.

    `motion` is the scene's at this frame, `before` the previous frame (None: flow is NaN); `choice` what else is wanted.
    """
    depth = depth_along_axis(lens, buffers.range_m, threads)
    forward = None
    if before is None:
        flow = np.full((*depth.shape, 2), np.nan, np.float32)
    else:
        flow = flow_between(lens, buffers.range_m, motion, before.motion, threads)
        if choice.forward_flow:
            forward = flow_between(lens, before.range_m, before.motion, motion, threads)
    state = shot.at_tick
    row = state.row_of(shot.ego_track_id)
    ego = 0 if row is None else row
    objects = _objects(shot, buffers.instance, scene, lens, choice)
    behind = _behind(scene, shot, buffers) if choice.behind_glass else None
    arrays = (
        buffers.instance,
        buffers.semantic,
        buffers.part,
        depth,
        buffers.range_m,
        buffers.normal_world,
        flow,
        shot.row_time_flicks,
        forward,
        buffers.albedo,
        buffers.roughness,
    )
    for array in arrays:
        if array is not None:
            array.setflags(write=False)
    return FrameAnnotations(
        camera=name,
        tick=state.tick,
        time_flicks=state.time_flicks,
        objects=objects,
        instance=buffers.instance,
        semantic=buffers.semantic,
        part=buffers.part,
        depth_m=depth,
        range_m=buffers.range_m,
        normal_world=buffers.normal_world,
        flow_backward_px=flow,
        row_time_flicks=shot.row_time_flicks,
        world_from_camera_rows=shot.view.world_from_camera_rows,
        ego_position_world_m=_triple(state.position_world_m[ego]),
        ego_rpy_rad=_triple(state.rpy_rad[ego]),
        flow_forward_of_previous_px=forward,
        previous_tick=before.tick if before is not None else None,
        albedo=buffers.albedo,
        roughness=buffers.roughness,
        behind_glass=behind,
    )


def _behind(scene: SceneLike, shot: Shot, buffers: Buffers) -> BehindGlass:
    found = scene.behind_glass(shot.view, buffers)
    for array in (found.instance, found.semantic, found.part, found.range_m):
        array.setflags(write=False)
    return BehindGlass(found.instance, found.semantic, found.part, found.range_m)


def _objects(
    shot: Shot, instance: NDArray[np.uint32], scene: SceneLike, lens: Lens, choice: LabelChoice
) -> tuple[ObjectLabel, ...]:
    """The labels of all listed objects, in ascending track id."""
    state = shot.end
    rows = _candidate_rows(shot, lens)
    track_ids = [int(state.track_id[row]) for row in rows]
    visible = measure_visible(instance, int(state.track_id[-1]) if state.count else 0)
    masked = frozenset(track_ids if choice.amodal_masks else ())
    alone = {item.track_id: item for item in scene.silhouettes(shot.view, track_ids, masked)} if track_ids else {}
    out = []
    for row, track_id in zip(rows, track_ids, strict=True):
        silhouette = alone.get(track_id)
        if int(visible.counts[track_id]) or (silhouette is not None and silhouette.pixel_count):
            out.append(_object(shot, row, visible, silhouette, scene, lens))
    return tuple(out)


def _candidate_rows(shot: Shot, lens: Lens) -> list[int]:
    """Rows of `shot.end` whose bounding sphere may reach into the image circle, traffic classes only, without the ego."""
    state = shot.end
    if not state.count:
        return []
    world_from_camera = shot.view.world_from_camera_rows[len(shot.row_time_flicks) // 2]
    centers = np.array([actor.box_center_m for actor in state.actors])
    extents = np.array([actor.box_extent_m for actor in state.actors])
    # half as much again: posed limbs and wheels may reach beyond CARLA's box, and the camera moves between rows
    radius = 1.5 * np.linalg.norm(extents, axis=1) + 0.5
    world = state.position_world_m + np.einsum("nij,nj->ni", rotation_from_rpy(state.rpy_rad), centers)
    camera = (world - world_from_camera[:, 3]) @ world_from_camera[:, :3]
    distance = np.linalg.norm(camera, axis=1)
    off_axis = np.arctan2(np.hypot(camera[:, 0], camera[:, 1]), camera[:, 2])
    reach = np.arcsin(np.minimum(radius / np.maximum(distance, 1e-9), 1.0))
    near = (distance <= radius) | (off_axis - reach <= float(lens.parameters[5]))
    large = 2.0 * radius / np.maximum(distance, 1e-9) >= SMALLEST_ANGLE_PX * lens.pixel_angle_rad
    return [
        row
        for row in np.nonzero(near & large)[0].tolist()
        if int(state.track_id[row]) != shot.ego_track_id
        and state.kind[row] != ActorKind.SENSOR
        and object_class_of(state.actors[row]) in TRAFFIC_CLASSES
    ]


def _object(
    shot: Shot, row: int, visible: _Pixels, silhouette: Silhouette | None, scene: SceneLike, lens: Lens
) -> ObjectLabel:
    """One object's label; `row` is its row in `shot.end`."""
    state, actor = shot.end, shot.end.actors[row]
    track_id = int(state.track_id[row])
    seen = int(visible.counts[track_id])
    amodal = max(silhouette.pixel_count if silhouette else 0, seen)
    amodal_box = _quadruple(silhouette.box_px) if silhouette and silhouette.box_px else None
    image_row = _middle_row(visible, track_id, amodal_box, len(shot.row_time_flicks))
    fraction = float(shot.view.row_time[image_row])
    center, size, rpy = scene.posed_box(track_id, fraction)
    tick_center, tick_rpy = _box_at_tick(shot, row, fraction, center, rpy)
    start = shot.begin.row_of(track_id)
    world_from_camera = shot.view.world_from_camera_rows[image_row]
    tick_row = shot.at_tick.row_of(track_id)
    light = shot.at_tick.light_state[tick_row] if tick_row is not None else LightState.UNKNOWN
    return ObjectLabel(
        track_id=track_id,
        object_class=int(object_class_of(actor)),
        type_id=actor.type_id,
        box_visible_px=visible.box(track_id),
        box_amodal_px=amodal_box,
        visible_pixels=seen,
        amodal_pixels=amodal,
        occlusion=1.0 - seen / amodal,
        truncation=_truncation(amodal_box, track_id, fraction, world_from_camera, scene, lens),
        time_flicks=int(shot.row_time_flicks[image_row]),
        center_world_m=_triple(center),
        size_m=_triple(size),
        rpy_rad=_triple(rpy),
        velocity_world_mps=_between(shot.begin.velocity_world_mps, start, state.velocity_world_mps, row, fraction),
        angular_velocity_world_radps=_between(
            shot.begin.angular_velocity_world_radps, start, state.angular_velocity_world_radps, row, fraction
        ),
        box_at_tick_center_world_m=tick_center,
        box_at_tick_rpy_rad=tick_rpy,
        distance_m=float(np.linalg.norm(np.asarray(center) - world_from_camera[:, 3])),
        light_state=LightState(int(light)).name.lower() if actor.kind == ActorKind.TRAFFIC_LIGHT else "",
        sign=sign_of(actor),
        role_name=actor.role_name,
        amodal_mask=_run_lengths(silhouette.mask) if silhouette and silhouette.mask is not None else None,
    )


def _run_lengths(mask: NDArray[np.uint8]) -> RunLengths:
    """COCO's run lengths of a mask (H, W) of zeros and ones."""
    code = coco_mask.encode(np.asfortranarray(mask))
    return RunLengths((int(mask.shape[0]), int(mask.shape[1])), code["counts"].decode("ascii"))


def _middle_row(visible: _Pixels, track_id: int, amodal_box: Box2D | None, height: int) -> int:
    """The image row whose time stands for the object: the mean of its visible pixels, else the middle of its silhouette."""
    if visible.counts[track_id]:
        middle = float(visible.row_sums[track_id]) / float(visible.counts[track_id])
    else:
        middle = 0.5 * (amodal_box[1] + amodal_box[3]) if amodal_box else 0.0
    return min(max(round(middle), 0), height - 1)


def _actor_pose(state: WorldState, row: int) -> Float64:
    return pose(state.position_world_m[row], state.rpy_rad[row])


def _box_at_tick(
    shot: Shot, row: int, fraction: float, center: Float64, rpy: Float64
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Centre and orientation of the box after its actor has moved on to the tick."""
    track_id = int(shot.end.track_id[row])
    now = shot.at_tick.row_of(track_id)
    if now is None:
        return _triple(center), _triple(rpy)
    begin = shot.begin.row_of(track_id)
    position, angles = shot.end.position_world_m[row], shot.end.rpy_rad[row]
    if begin is not None:
        start_position, start_angles = shot.begin.position_world_m[begin], shot.begin.rpy_rad[begin]
        turn = (angles - start_angles + np.pi) % (2.0 * np.pi) - np.pi
        position = start_position + fraction * (position - start_position)
        angles = start_angles + fraction * turn
    then = pose(position, angles)
    step = _actor_pose(shot.at_tick, now) @ np.linalg.inv(then)
    rotation = step[:3, :3] @ rotation_from_rpy(np.asarray(rpy))
    return _triple(apply(step, np.asarray(center, dtype=np.float64))), _triple(rpy_from_rotation(rotation))


def _truncation(
    box: Box2D | None, track_id: int, fraction: float, world_from_camera: Float64, scene: SceneLike, lens: Lens
) -> float:
    """Share of the unclipped amodal box that lies outside the image; 0 when the silhouette keeps clear of the border."""
    sensor = lens.config.sensor
    limits = np.array([-0.5, -0.5, sensor.width_px - 0.5, sensor.height_px - 0.5])
    if box is None or (box[0] > 1.0 and box[1] > 1.0 and box[2] < limits[2] - 1.0 and box[3] < limits[3] - 1.0):
        return 0.0
    vertices = scene.posed_vertices(track_id, fraction)
    pixels, _ = lens.project((vertices - world_from_camera[:, 3]) @ world_from_camera[:, :3])
    low, high = pixels.min(axis=0) - 0.5, pixels.max(axis=0) + 0.5
    inside = np.maximum(np.minimum(high, limits[2:]) - np.maximum(low, limits[:2]), 0.0)
    return float(min(max(1.0 - np.prod(inside) / np.prod(high - low), 0.0), 1.0))


def _between(
    before: Float64, before_row: int | None, after: Float64, after_row: int, fraction: float
) -> tuple[float, float, float]:
    """A vector between the ends of the window."""
    late = after[after_row]
    early = late if before_row is None else before[before_row]
    return _triple(early + fraction * (late - early))


def _triple(values: Sequence[float] | Float64) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _quadruple(values: Box2D) -> Box2D:
    return float(values[0]), float(values[1]), float(values[2]), float(values[3])
