"""Hand-made frames with known labels."""

from __future__ import annotations

import numpy as np

from sim.base.annotations import FrameAnnotations, ObjectLabel
from sim.base.observation import CameraCalibration, CameraFrame, CameraMetadata
from sim.base.taxonomy import ObjectClass

HEIGHT_PX, WIDTH_PX = 48, 64


def label(track_id: int, object_class: ObjectClass, instance: np.ndarray, sign: str = "") -> ObjectLabel:
    rows, columns = np.nonzero(instance == track_id)
    visible = len(rows)
    box = (columns.min() - 0.5, rows.min() - 0.5, columns.max() + 0.5, rows.max() + 0.5) if visible else None
    return ObjectLabel(
        track_id=track_id,
        object_class=int(object_class),
        type_id="test",
        box_visible_px=box,
        box_amodal_px=box,
        visible_pixels=visible,
        amodal_pixels=max(visible, 10),
        occlusion=0.0 if visible else 1.0,
        truncation=0.0,
        time_flicks=0,
        center_world_m=(1.0, 2.0, 3.0),
        size_m=(4.0, 2.0, 1.5),
        rpy_rad=(0.0, 0.0, 0.1),
        velocity_world_mps=(0.0, 0.0, 0.0),
        angular_velocity_world_radps=(0.0, 0.0, 0.0),
        box_at_tick_center_world_m=(1.0, 2.0, 3.0),
        box_at_tick_rpy_rad=(0.0, 0.0, 0.1),
        distance_m=10.0,
        sign=sign,
    )


def frame(tick: int = 0) -> tuple[CameraFrame, FrameAnnotations]:
    """A car in two pieces, a child, a yield sign, a stop sign, and a car hidden altogether."""
    shape = (HEIGHT_PX, WIDTH_PX)
    instance = np.zeros(shape, np.uint32)
    instance[10:20, 5:15] = 1
    instance[12:18, 30:33] = 1
    instance[20:40, 40:44] = 2
    instance[2:6, 2:6] = 3
    instance[2:6, 50:60] = 4
    objects = (
        label(1, ObjectClass.CAR, instance),
        label(2, ObjectClass.PEDESTRIAN, instance),
        label(3, ObjectClass.TRAFFIC_SIGN, instance, "yield"),
        label(4, ObjectClass.TRAFFIC_SIGN, instance, "stop"),
        label(5, ObjectClass.CAR, instance),
    )
    annotations = FrameAnnotations(
        camera="main",
        tick=tick,
        time_flicks=tick * 35_280_000,
        objects=objects,
        instance=instance,
        semantic=np.zeros(shape, np.uint8),
        part=np.zeros(shape, np.uint8),
        depth_m=np.ones(shape, np.float32),
        range_m=np.ones(shape, np.float32),
        normal_world=np.zeros((*shape, 3), np.float32),
        flow_backward_px=np.zeros((*shape, 2), np.float32),
        row_time_flicks=np.zeros(HEIGHT_PX, np.int64),
        world_from_camera_rows=np.tile(np.eye(4)[:3], (HEIGHT_PX, 1, 1)),
        ego_position_world_m=(0.0, 0.0, 0.0),
        ego_rpy_rad=(0.0, 0.0, 0.0),
    )
    calibration = CameraCalibration(
        "brown_conrady", WIDTH_PX, HEIGHT_PX, np.diag([50.0, 50.0, 1.0]), (0.0,) * 5, np.eye(4)
    )
    metadata = CameraMetadata(tick, 0, 0.001, 0.0, 1.8, 1.0, 1.0, 12.0, (1.0, 1.0, 1.0), 168.0, 45.0, 0)
    rgb = np.full((*shape, 3), tick % 255, np.uint8)
    return CameraFrame("main", rgb, None, calibration, metadata), annotations
