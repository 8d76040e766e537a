"""COCO instance annotations: what the format can say, and what it cannot.

Cannot say: 3D boxes, occlusion, velocity, calibration, depth. Those are written as extra keys that COCO tools ignore
(`track_id`, `occlusion`, `truncation`, `bbox_amodal`, `box_3d`, ...; per image `calibration`, `timestamp_us`, ...).
Only objects with at least one visible pixel are written, in COCO's own category ids; a traffic sign appears only when it is a
stop sign. `bbox` is COCO's [x, y, width, height] with the image's top-left *corner* at (0, 0), so our pixel-centre
coordinates are moved by half a pixel. Masks are compressed RLE from the instance buffer.
Format: https://cocodataset.org/#format-data. Tested by tests/datasets/test_coco.py with pycocotools.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from sim.base import clock
from sim.base.annotations import Box2D, FrameAnnotations, ObjectLabel
from sim.base.observation import CameraCalibration, CameraFrame
from sim.base.taxonomy import CLASS_NAMES, COCO_CATEGORY_NAMES, ObjectClass
from sim.jobs.runner import write_atomically

PNG_COMPRESSION = 3
STOP_SIGN_CATEGORY = 13

Record = dict[str, Any]


def category_of(label: ObjectLabel) -> int | None:
    """COCO's category id of an object, or None when COCO has no such category."""
    category = CLASS_NAMES[ObjectClass(label.object_class)].coco_id
    return None if category == STOP_SIGN_CATEGORY and label.sign != "stop" else category


def write_frame(folder: Path, stem: str, frame: CameraFrame, labels: FrameAnnotations) -> Record:
    """Write one image below `folder`/images and return its record, still without ids."""
    file_name = f"{stem}_{frame.name}_{labels.tick:06d}.png"
    path = folder / "images" / file_name
    path.parent.mkdir(parents=True, exist_ok=True)
    encoded = cv2.imencode(".png", frame.rgb[:, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, PNG_COMPRESSION])[1]
    write_atomically(path, encoded.tobytes())
    return {
        "image": {
            "file_name": file_name,
            "width": frame.calibration.width_px,
            "height": frame.calibration.height_px,
            "camera": frame.name,
            "tick": labels.tick,
            "timestamp_us": clock.microseconds(labels.time_flicks),
            "exposure_s": frame.metadata.exposure_s,
            "ego_position_m": list(labels.ego_position_world_m),
            "ego_rpy_rad": list(labels.ego_rpy_rad),
            "calibration": _calibration(frame.calibration),
        },
        "annotations": [
            _annotation(label, category, labels.instance)
            for label in labels.objects
            if (category := category_of(label)) is not None and label.visible_pixels > 0
        ],
    }


def merge(records: Iterable[Record], info: Mapping[str, Any]) -> Record:
    """One COCO file from the records of many frames, ids counted in the order given."""
    images: list[Record] = []
    annotations: list[Record] = []
    for record in records:
        images.append({"id": len(images) + 1, **record["image"]})
        for annotation in record["annotations"]:
            annotations.append({"id": len(annotations) + 1, "image_id": len(images), **annotation})
    categories = [
        {"id": i, "name": name, "supercategory": _SUPERCATEGORIES[i]} for i, name in COCO_CATEGORY_NAMES.items()
    ]
    return {
        "info": dict(info),
        "licenses": [{"id": 1, "name": "synthetic data, no restrictions by the simulator", "url": ""}],
        "categories": categories,
        "images": images,
        "annotations": annotations,
    }


def write_index(path: Path, index: Record) -> None:
    """Write a merged COCO file, atomically and with the same bytes for the same content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(index, separators=(",", ":"), sort_keys=True).encode())


_SUPERCATEGORIES = {
    1: "person",
    2: "vehicle",
    3: "vehicle",
    4: "vehicle",
    6: "vehicle",
    7: "vehicle",
    8: "vehicle",
    10: "outdoor",
    13: "outdoor",
}


def _annotation(label: ObjectLabel, category: int, instance: NDArray[np.uint32]) -> Record:
    mask = instance == label.track_id
    rle = coco_mask.encode(np.asfortranarray(mask.view(np.uint8)))
    return {
        "category_id": category,
        "bbox": _coco_box(label.box_visible_px),
        "area": int(label.visible_pixels),
        "iscrowd": 0,
        "segmentation": {"size": list(rle["size"]), "counts": rle["counts"].decode("ascii")},
        "track_id": label.track_id,
        "object_class": ObjectClass(label.object_class).name.lower(),
        "type_id": label.type_id,
        "role_name": label.role_name,
        "occlusion": round(label.occlusion, 6),
        "truncation": round(label.truncation, 6),
        "bbox_amodal": _coco_box(label.box_amodal_px),
        "distance_m": round(label.distance_m, 4),
        "velocity_mps": [round(v, 5) for v in label.velocity_world_mps],
        "light_state": label.light_state,
        "sign": label.sign,
        "box_3d": {
            "center_m": [round(v, 5) for v in label.center_world_m],
            "size_m": [round(v, 5) for v in label.size_m],
            "rpy_rad": [round(v, 6) for v in label.rpy_rad],
        },
    }


def _coco_box(box_px: Box2D | None) -> list[float] | None:
    if box_px is None:
        return None
    x_min, y_min, x_max, y_max = box_px
    return [float(x_min + 0.5), float(y_min + 0.5), float(x_max - x_min), float(y_max - y_min)]


def _calibration(calibration: CameraCalibration) -> Record:
    return {
        "model": calibration.model,
        "matrix": calibration.matrix.tolist(),
        "distortion": list(calibration.distortion),
        "ego_from_camera": calibration.ego_from_camera.tolist(),
        "pixel_origin": "opencv_center",
    }
