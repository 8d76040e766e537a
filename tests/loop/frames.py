"""A small hand-made camera frame with labels."""

from __future__ import annotations

import numpy as np

from sim.base.annotations import FrameAnnotations, ObjectLabel
from sim.base.clock import FLICKS_PER_SECOND
from sim.base.frames import SENSOR_FROM_CAMERA, pose
from sim.base.observation import CameraCalibration, CameraFrame, CameraMetadata
from sim.base.taxonomy import ObjectClass

WIDTH, HEIGHT = 64, 48
TIME_FLICKS = 12 * FLICKS_PER_SECOND // 20


def make_frame() -> tuple[CameraFrame, FrameAnnotations]:
    """A pedestrian 10 m ahead of a camera at 1.4 m above the world's origin."""
    rng = np.random.default_rng(1)
    matrix = np.array([[430.0, 0.0, 31.5], [0.0, 430.0, 23.5], [0.0, 0.0, 1.0]])
    world_from_camera = pose(np.array([0.0, 0.0, 1.4]), np.zeros(3)) @ SENSOR_FROM_CAMERA
    calibration = CameraCalibration(
        "brown_conrady", WIDTH, HEIGHT, matrix, (-0.08, 0.01, 0.0, 0.0, 0.0), world_from_camera
    )
    metadata = CameraMetadata(3, 0, 0.01, 0.0, 2.0, 1.0, 1.0, 12.0, (1.5, 1.0, 1.3), 168.0, 45.0, 7)
    rgb = rng.integers(0, 255, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    frame = CameraFrame("front", rgb, None, calibration, metadata)
    instance = np.zeros((HEIGHT, WIDTH), np.uint32)
    instance[10:40, 20:30] = 7
    label = ObjectLabel(
        track_id=7,
        object_class=int(ObjectClass.PEDESTRIAN),
        type_id="walker.pedestrian.0009",
        box_visible_px=(19.5, 9.5, 29.5, 39.5),
        box_amodal_px=(19.5, 9.5, 29.5, 39.5),
        visible_pixels=300,
        amodal_pixels=400,
        occlusion=0.25,
        truncation=0.0,
        time_flicks=TIME_FLICKS,
        center_world_m=(10.0, 0.2, 0.9),
        size_m=(0.4, 0.5, 1.8),
        rpy_rad=(0.0, 0.0, 0.3),
        velocity_world_mps=(0.0, 1.0, 0.0),
        angular_velocity_world_radps=(0.0, 0.0, 0.0),
        box_at_tick_center_world_m=(10.0, 0.2, 0.9),
        box_at_tick_rpy_rad=(0.0, 0.0, 0.3),
        distance_m=10.0,
    )
    notes = FrameAnnotations(
        camera="front",
        tick=12,
        time_flicks=TIME_FLICKS,
        objects=(label,),
        instance=instance,
        semantic=np.where(instance > 0, np.uint8(ObjectClass.PEDESTRIAN), np.uint8(ObjectClass.SKY)),
        part=np.zeros((HEIGHT, WIDTH), np.uint8),
        depth_m=np.full((HEIGHT, WIDTH), 10.0, np.float32),
        range_m=np.full((HEIGHT, WIDTH), 10.0, np.float32),
        normal_world=np.zeros((HEIGHT, WIDTH, 3), np.float32),
        flow_backward_px=np.zeros((HEIGHT, WIDTH, 2), np.float32),
        row_time_flicks=np.full(HEIGHT, TIME_FLICKS, np.int64),
        world_from_camera_rows=np.tile(world_from_camera[:3], (HEIGHT, 1, 1)),
        ego_position_world_m=(0.0, 0.0, 0.0),
        ego_rpy_rad=(0.0, 0.0, 0.0),
    )
    return frame, notes
