"""A camera picture with its labels drawn over it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.lens import project_by
from sim.base.annotations import FrameAnnotations, ObjectLabel
from sim.base.frames import box_corners, inverse, pose, rotation_from_rpy
from sim.base.observation import CameraCalibration
from sim.base.taxonomy import CLASS_NAMES, ObjectClass

Image = NDArray[np.uint8]

MIN_PIXELS = 24
"""Smaller objects get a box but no caption."""
WIRE_MIN_PIXELS = 150
WIRE_MAX_OCCLUSION = 0.6
CAPTION_MAX_OCCLUSION = 0.85
"""What shows little of itself is drawn with little, so that the picture stays readable."""
SHALLOWEST_READ = 0.17
"""Sine of the least angle (10 degrees) between the plane of a sign and the line of sight at which it is read."""
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_EDGES = ((0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 3), (2, 6), (3, 7), (4, 5), (4, 6), (5, 7), (6, 7))
_NEAR_M = 0.3
_EDGE_SAMPLES = 12
_BRIGHT: dict[ObjectClass, tuple[int, int, int]] = {
    ObjectClass.CAR: (80, 170, 255),
    ObjectClass.VAN: (70, 210, 255),
    ObjectClass.TRUCK: (120, 140, 255),
    ObjectClass.BUS: (90, 230, 220),
    ObjectClass.MOTORCYCLE: (150, 120, 255),
    ObjectClass.BICYCLE: (220, 120, 255),
    ObjectClass.PEDESTRIAN: (255, 90, 90),
    ObjectClass.RIDER: (255, 90, 160),
    ObjectClass.TRAFFIC_LIGHT: (255, 200, 60),
    ObjectClass.TRAFFIC_SIGN: (240, 240, 80),
}
"""Colours that stand out on a picture; classes not listed use their taxonomy colour."""


def draw_labels(rgb: Image, notes: FrameAnnotations, calibration: CameraCalibration) -> Image:
    """A copy of the picture with 2D boxes around visible pixels, 3D boxes as wire frames, and captions.

    A caption reads class, track id, and how much is hidden ("pedestrian 12 · 40% hidden"). Far objects are drawn first.
    """
    image = np.ascontiguousarray(rgb)
    image = image.copy() if image is rgb else image
    scale = max(0.35, rgb.shape[1] / 1600.0)
    visible = [label for label in notes.objects if label.box_visible_px is not None]
    far_first = sorted(visible, key=lambda item: -item.distance_m)
    for label in far_first:
        if label.visible_pixels >= WIRE_MIN_PIXELS and label.occlusion <= WIRE_MAX_OCCLUSION:
            _wire(image, label, notes, calibration)
        _box(image, label)
    taken = np.zeros(image.shape[:2], bool)
    for label in reversed(far_first):  # the nearest captions find room first
        if label.visible_pixels >= MIN_PIXELS and label.occlusion <= CAPTION_MAX_OCCLUSION:
            _caption_of(image, label, scale, taken, _turned_away(label, notes))
    return image


def color_of(object_class: int) -> tuple[int, int, int]:
    """The RGB in which objects of a class are drawn, here and in the bird's-eye view."""
    kind = ObjectClass(object_class)
    return _BRIGHT.get(kind, CLASS_NAMES[kind].color_rgb)


def _box(image: Image, label: ObjectLabel) -> None:
    if label.box_visible_px is not None:
        x0, y0, x1, y1 = (round(value) for value in label.box_visible_px)
        cv2.rectangle(image, (x0, y0), (x1, y1), color_of(label.object_class), 1, cv2.LINE_AA)


def _turned_away(label: ObjectLabel, notes: FrameAnnotations) -> bool:
    """Whether a sign's or light's face looks away from the camera, so that nobody can read it in this picture."""
    if not (label.sign or label.light_state):
        return False
    camera_world = notes.world_from_camera_rows[len(notes.world_from_camera_rows) // 2][:, 3]
    to_camera = camera_world - np.array(label.center_world_m)
    face_world = rotation_from_rpy(np.array(label.rpy_rad))[:, 0]
    return bool(to_camera @ face_world < SHALLOWEST_READ * np.linalg.norm(to_camera))


def _caption_of(image: Image, label: ObjectLabel, scale: float, taken: NDArray[np.bool_], away: bool) -> None:
    """Write the caption above or below the box, where no other one stands; leave it out where both are taken."""
    if label.box_visible_px is None:
        return
    name = ("" if away else label.sign) or ObjectClass(label.object_class).name.lower()
    text = f"{name.replace('_', ' ')} {label.track_id}" + (", from behind" if away else "")
    if label.light_state not in ("", "unknown", "off") and not away:
        text += f" {label.light_state}"
    if label.occlusion >= 0.05:
        text += f", {label.occlusion:.0%} hidden"
    x0, y0, _, y1 = (round(value) for value in label.box_visible_px)
    (_, height), _ = cv2.getTextSize(text, _FONT, scale, 1)
    for y in (y0 - 3, y1 + height + 5, y0 - height - 11):
        area = _plate(image, text, (x0, y), scale)
        if not taken[area].any():
            taken[area] = True
            caption(image, text, (x0, y), color_of(label.object_class), scale)
            return


def caption(image: Image, text: str, corner: tuple[int, int], color: tuple[int, int, int], scale: float) -> None:
    """A line of text on a dark plate; `corner` is its lower left, moved so that all of it is inside the image."""
    area = _plate(image, text, corner, scale)
    image[area] //= 4
    (_, height), _ = cv2.getTextSize(text, _FONT, scale, 1)
    cv2.putText(image, text, (area[1].start + 2, area[0].start + height + 2), _FONT, scale, color, 1, cv2.LINE_AA)


def _plate(image: Image, text: str, corner: tuple[int, int], scale: float) -> tuple[slice, slice]:
    """Rows and columns of a caption's plate."""
    (width, height), base = cv2.getTextSize(text, _FONT, scale, 1)
    x = int(np.clip(corner[0], 0, max(image.shape[1] - width - 4, 0)))
    y = int(np.clip(corner[1], height + 4, image.shape[0] - base))
    return slice(y - height - 3, y + base), slice(x, x + width + 4)


def _wire(image: Image, label: ObjectLabel, notes: FrameAnnotations, calibration: CameraCalibration) -> None:
    """The edges of the 3D box, bent by the lens where it bends them; edges behind the camera are left out."""
    world_from_camera = np.eye(4)
    world_from_camera[:3] = notes.world_from_camera_rows[len(notes.world_from_camera_rows) // 2]
    world_from_box = pose(np.array(label.center_world_m), np.array(label.rpy_rad))
    camera_from_box = inverse(world_from_camera) @ world_from_box
    corners = box_corners(np.zeros(3), np.array(label.size_m) / 2.0)
    along = np.linspace(0.0, 1.0, _EDGE_SAMPLES)[:, None]
    color = tuple(int(0.75 * value) for value in color_of(label.object_class))
    for start, end in _EDGES:
        points_box = corners[start] * (1.0 - along) + corners[end] * along
        points_camera = points_box @ camera_from_box[:3, :3].T + camera_from_box[:3, 3]
        if (points_camera[:, 2] < _NEAR_M).any():
            continue
        line = np.round(project(points_camera, calibration) * 8.0)
        if np.abs(line).max() < 30_000:
            cv2.polylines(image, [line.astype(np.int32)], False, color, 1, cv2.LINE_AA, 3)


def project(points_camera: NDArray[np.float64], calibration: CameraCalibration) -> NDArray[np.float64]:
    """Pixels (N, 2) of points (N, 3) in front of the camera: by OpenCV where it has the lens model, else by ours."""
    zero = np.zeros(3)
    distortion = np.array(calibration.distortion, dtype=np.float64)
    points: Any = points_camera.reshape(-1, 1, 3)
    if calibration.model == "kannala_brandt" and len(distortion) == 4:
        pixels, _ = cv2.fisheye.projectPoints(points, zero, zero, calibration.matrix, distortion)
    elif calibration.model in ("brown_conrady", "pinhole"):
        pixels, _ = cv2.projectPoints(points, zero, zero, calibration.matrix, distortion)
    else:
        return project_by(calibration, points_camera)
    return np.asarray(pixels, dtype=np.float64).reshape(-1, 2)
