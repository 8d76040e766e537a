"""One camera frame and its labels as files that every tool reads.

| file                       | content                                                                               |
|----------------------------|---------------------------------------------------------------------------------------|
| images/CAMERA/N.png        | the picture, 8-bit RGB                                                                |
| labels/CAMERA/N.json       | objects, poses, calibration, times                                                    |
| labels/CAMERA/N.instance.png | 8-bit RGB; id = R << 24 | G << 8 | B, the ids of FrameAnnotations.instance            |
| labels/CAMERA/N.semantic.png | 8 bit; taxonomy.ObjectClass                                                         |
| labels/CAMERA/N.depth.png  | 16 bit; depth along the optical axis = value / 256 m, 0 none, 65535 beyond 256 m (KITTI) |
| labels/CAMERA/N.flow.png   | 16-bit RGB, KITTI: backward flow u = (R - 32768) / 64 px, v likewise from G, B 1 where valid |
| labels/CAMERA/N.part.png   | 8 bit; parts.PartKind, named in the manifest's table                                     |

On request (sensors.label_choice) further:

| labels/CAMERA/N.flow_forward.png | as flow.png, from frame N to the next one; written with that one, so the last has none |
| labels/CAMERA/N.albedo.png | 16-bit RGB; linear reflectance = value / 65535                                           |
| labels/CAMERA/N.roughness.png | 8 bit; roughness = value / 255                                                        |
| labels/CAMERA/N.behind.instance.png, .semantic, .part, .range | what is seen through glass; range as depth.png, 0 where no pane |
| labels/CAMERA/N.soiling.png | 8 bit; 0 clean, 1 transparent, 2 semi-transparent, 3 opaque                              |

Amodal masks stand in N.json, as COCO's run lengths. N is the tick with six digits. docs/labels.md defines every label; the
manifest's `labels` holds the tables of numbers. Depth and flow are rounded to what 16 bits hold; the exact values are in
memory, and again when the episode is sensed again. Tested by tests/loop/test_label_files.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.base.annotations import FrameAnnotations
from sim.base.clock import microseconds
from sim.base.errors import SimError
from sim.base.observation import CameraFrame
from sim.base.parts import part_names
from sim.base.state import GROUND_INSTANCE_BASE, STATIC_INSTANCE_BASE, SUPPORT_INSTANCE_BASE
from sim.base.taxonomy import ObjectClass

DEPTH_UNITS_PER_M = 256.0
FLOW_UNITS_PER_PX = 64.0
FLOW_ZERO = 32768
_PNG_FAST = [cv2.IMWRITE_PNG_COMPRESSION, 1]
_PNG_RUNS = [*_PNG_FAST, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
"""Run lengths suit everything but flow: smaller and faster."""


def write_frame(folder: Path, frame: CameraFrame, notes: FrameAnnotations | None, tick: int) -> None:
    """All files of one frame below `folder`."""
    images = folder / "images" / frame.name
    images.mkdir(parents=True, exist_ok=True)
    _png(images / f"{tick:06d}.png", frame.rgb[:, :, ::-1])
    if notes is None:
        return
    labels = folder / "labels" / frame.name
    labels.mkdir(parents=True, exist_ok=True)
    stem = f"{tick:06d}"
    _png(labels / f"{stem}.instance.png", instance_to_rgb(notes.instance)[:, :, ::-1])
    _png(labels / f"{stem}.semantic.png", notes.semantic)
    _png(labels / f"{stem}.depth.png", depth_to_png16(notes.depth_m))
    _png(labels / f"{stem}.flow.png", flow_to_png16(notes.flow_backward_px)[:, :, ::-1], _PNG_FAST)
    _png(labels / f"{stem}.part.png", notes.part)
    _write_chosen(labels, stem, notes)
    text = json.dumps(frame_document(frame, notes), sort_keys=True, allow_nan=False)
    (labels / f"{stem}.json").write_text(text, encoding="utf-8")


def _write_chosen(labels: Path, stem: str, notes: FrameAnnotations) -> None:
    """The files of those labels that are there on request only."""
    if notes.flow_forward_of_previous_px is not None and notes.previous_tick is not None:
        before = labels / f"{notes.previous_tick:06d}.flow_forward.png"
        _png(before, flow_to_png16(notes.flow_forward_of_previous_px)[:, :, ::-1], _PNG_FAST)
    if notes.albedo is not None and notes.roughness is not None:
        albedo = (np.clip(notes.albedo, 0.0, 1.0) * 65535.0 + 0.5).astype(np.uint16)
        _png(labels / f"{stem}.albedo.png", albedo[:, :, ::-1], _PNG_FAST)
        _png(labels / f"{stem}.roughness.png", (np.clip(notes.roughness, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8))
    behind = notes.behind_glass
    if behind is not None:
        _png(labels / f"{stem}.behind.instance.png", instance_to_rgb(behind.instance)[:, :, ::-1])
        _png(labels / f"{stem}.behind.semantic.png", behind.semantic)
        _png(labels / f"{stem}.behind.part.png", behind.part)
        _png(labels / f"{stem}.behind.range.png", depth_to_png16(behind.range_m))
    if notes.soiling is not None:
        _png(labels / f"{stem}.soiling.png", notes.soiling)


def label_tables() -> dict[str, Any]:
    """What the numbers in label files mean, for the manifest: classes, parts, and the spaces of instance ids."""
    return {
        "classes": {str(int(one)): one.name.lower() for one in ObjectClass},
        "parts": {str(number): name for number, name in part_names().items()},
        "instance_ids": {
            "sky": 0,
            "actor": "track id",
            "pole_of_sign_or_light": f"{SUPPORT_INSTANCE_BASE} + track id",
            "static_object": f"{STATIC_INSTANCE_BASE} + row of the episode's static objects",
            "map_surface": f"{GROUND_INSTANCE_BASE} + surface",
        },
    }


def frame_document(frame: CameraFrame, notes: FrameAnnotations) -> dict[str, Any]:
    """The JSON of one frame: everything but the buffers."""
    calibration = frame.calibration
    middle = notes.world_from_camera_rows[len(notes.world_from_camera_rows) // 2]
    return {
        "camera": notes.camera,
        "tick": notes.tick,
        "time_flicks": notes.time_flicks,
        "timestamp_us": microseconds(notes.time_flicks),
        "row_time_us": {
            "first": microseconds(int(notes.row_time_flicks[0])),
            "last": microseconds(int(notes.row_time_flicks[-1])),
        },
        "ego": {"position_world_m": notes.ego_position_world_m, "rpy_rad": notes.ego_rpy_rad},
        "calibration": {
            "model": calibration.model,
            "width_px": calibration.width_px,
            "height_px": calibration.height_px,
            "matrix": calibration.matrix.tolist(),
            "distortion": list(calibration.distortion),
            "ego_from_camera": calibration.ego_from_camera.tolist(),
            "world_from_camera_middle_row": middle.tolist(),
        },
        "exposure": asdict(frame.metadata),
        "objects": [
            {**asdict(label), "class": ObjectClass(label.object_class).name.lower()} for label in notes.objects
        ],
    }


def instance_to_rgb(instance: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 of ids (H, W): R the kind (0 actor or sky, 32 pole of a sign or light, 64 static, 96 ground), G and B
    the number."""
    if int((instance & 0x00FF0000).max(initial=0)):
        raise SimError("instance.png: found an id above 65535 of its kind; split the map, the file cannot hold it")
    out = np.empty((*instance.shape, 3), np.uint8)
    out[..., 0] = instance >> 24
    out[..., 1] = (instance >> 8) & 0xFF
    out[..., 2] = instance & 0xFF
    return out


def instance_from_rgb(rgb: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Ids (H, W) of what instance_to_rgb made."""
    wide = rgb.astype(np.uint32)
    return np.asarray(wide[..., 0] << 24 | wide[..., 1] << 8 | wide[..., 2])


def depth_to_png16(depth_m: NDArray[np.float32]) -> NDArray[np.uint16]:
    """KITTI's depth coding; no hit (inf) is 0."""
    hit = np.isfinite(depth_m) & (depth_m > 0)
    scaled = np.clip(np.where(hit, depth_m, 0) * DEPTH_UNITS_PER_M + 0.5, 1, 65535)
    return np.where(hit, scaled, 0).astype(np.uint16)


def flow_to_png16(flow_px: NDArray[np.float32]) -> NDArray[np.uint16]:
    """KITTI's flow coding (H, W, 3); flow that is not finite is marked invalid."""
    valid = np.asarray(np.isfinite(flow_px).all(axis=-1))
    scaled = np.where(valid[..., None], flow_px, 0) * FLOW_UNITS_PER_PX + (FLOW_ZERO + 0.5)
    out = np.empty((*flow_px.shape[:2], 3), np.uint16)
    out[..., :2] = np.clip(scaled, 0, 65535)
    out[..., 2] = valid
    return out


def _png(path: Path, image: NDArray[Any], how: Sequence[int] = _PNG_RUNS) -> None:
    done, data = cv2.imencode(".png", image, how)
    if not done:
        raise SimError(f"{path}: OpenCV could not encode an image of shape {image.shape} and type {image.dtype}")
    path.write_bytes(data.tobytes())
