"""Contact sheets, and labels as pictures that an eye can read. Images are (height, width, 3) RGB."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from sim.base.annotations import FrameAnnotations
from sim.base.observation import CameraFrame
from sim.loop.overlay import color_of, draw_labels

Image = NDArray[np.uint8]

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_MARGIN_PX, _HEAD_PX = 6, 26
_PAPER, _INK = 18, (225, 225, 225)
_NEAREST_M, _FARTHEST_M = 2.0, 200.0
_SKY_RGB = (20, 24, 34)


def contact_sheet(rows: Sequence[Sequence[Image]], captions: Sequence[Sequence[str]], width_px: int) -> Image:
    """Pictures in rows, each `width_px` wide and under its caption; rows may differ in length."""
    height_px = max(round(image.shape[0] * width_px / image.shape[1]) for row in rows for image in row)
    cell_height, cell_width = height_px + _HEAD_PX + _MARGIN_PX, width_px + _MARGIN_PX
    most = max(len(row) for row in rows)
    sheet = np.full((len(rows) * cell_height + _MARGIN_PX, most * cell_width + _MARGIN_PX, 3), _PAPER, np.uint8)
    for j, row in enumerate(rows):
        for i, image in enumerate(row):
            x, y = _MARGIN_PX + i * cell_width, _MARGIN_PX + j * cell_height
            small = cv2.resize(image, (width_px, height_px), interpolation=cv2.INTER_AREA)
            sheet[y + _HEAD_PX : y + _HEAD_PX + height_px, x : x + width_px] = small
            text = _fitted(captions[j][i], width_px)
            cv2.putText(sheet, text, (x + 2, y + 18), _FONT, 0.45, _INK, 1, cv2.LINE_AA)
    return sheet


def label_pictures(frame: CameraFrame, notes: FrameAnnotations) -> dict[str, Image]:
    """Every label of a frame, by name, as a picture."""
    out = {
        "image": frame.rgb,
        "boxes (2D, 3D)": draw_labels(frame.rgb, notes, frame.calibration),
        "instance": _by_number(notes.instance),
        "class": _classes(notes.semantic),
        "part": _by_number(notes.part),
        "depth, 2 m to 200 m": _depths(notes.depth_m),
        "normal": _normals(notes.normal_world),
        "flow, backward": _flow(notes.flow_backward_px),
        "amodal masks": _amodal(frame.rgb, notes),
    }
    if notes.flow_forward_of_previous_px is not None:
        out["flow, forward from the frame before"] = _flow(notes.flow_forward_of_previous_px)
    if notes.albedo is not None and notes.roughness is not None:
        out["albedo"] = (np.clip(notes.albedo, 0.0, 1.0) ** (1.0 / 2.2) * 255.0 + 0.5).astype(np.uint8)
        out["roughness"] = np.repeat((np.clip(notes.roughness, 0, 1) * 255.0 + 0.5).astype(np.uint8)[..., None], 3, 2)
    if notes.behind_glass is not None:
        behind = _classes(notes.behind_glass.semantic)
        behind[notes.behind_glass.range_m == 0.0] = 0
        behind[~np.isfinite(notes.behind_glass.range_m)] = _SKY_RGB
        behind[notes.behind_glass.semantic == 0] = 0
        out["class behind glass"] = behind
    return out


def _by_number(numbers: NDArray[np.integer]) -> Image:
    """A colour of its own for each number; 0 is dark."""
    values, index = np.unique(numbers, return_inverse=True)
    table = np.array([_color_of_number(int(value)) for value in values], np.uint8)
    return np.asarray(table[index.reshape(numbers.shape)])


def _color_of_number(number: int) -> tuple[int, int, int]:
    if number == 0:
        return _SKY_RGB
    hue, saturation, value = hashlib.blake2b(str(number).encode(), digest_size=3).digest()
    hsv = np.array([[[hue * 180 // 256, 110 + saturation * 145 // 255, 140 + value * 115 // 255]]], np.uint8)
    r, g, b = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0].tolist()
    return r, g, b


def _classes(semantic: NDArray[np.uint8]) -> Image:
    values, index = np.unique(semantic, return_inverse=True)
    table = np.array([color_of(int(value)) for value in values], np.uint8)
    return np.asarray(table[index.reshape(semantic.shape)])


def _depths(depth_m: NDArray[np.float32]) -> Image:
    """Logarithmic, near is warm; what has no depth is dark."""
    met = np.isfinite(depth_m) & (depth_m > 0.0)
    clipped = np.clip(np.where(met, depth_m, _FARTHEST_M), _NEAREST_M, _FARTHEST_M)
    near = 1.0 - np.log(clipped / _NEAREST_M) / np.log(_FARTHEST_M / _NEAREST_M)
    colors = cv2.applyColorMap((near * 255.0).astype(np.uint8), cv2.COLORMAP_TURBO)[:, :, ::-1]
    colors[~met] = _SKY_RGB
    return np.ascontiguousarray(colors)


def _normals(normal_world: NDArray[np.float32]) -> Image:
    colors = ((normal_world + 1.0) * 127.5).astype(np.uint8)
    colors[np.abs(normal_world).sum(axis=-1) < 0.5] = _SKY_RGB
    return np.asarray(colors)


def _flow(flow_px: NDArray[np.float32]) -> Image:
    """Direction as hue, length as saturation, full at the 98th percentile; not finite is dark."""
    known: NDArray[np.bool_] = np.asarray(np.isfinite(flow_px).all(axis=-1))
    flow = np.where(known[..., None], flow_px, 0.0)
    length = np.linalg.norm(flow, axis=-1)
    full = max(float(np.percentile(length[known], 98)), 1e-3) if known.any() else 1.0
    hue = (np.arctan2(flow[..., 1], flow[..., 0]) / (2.0 * np.pi) % 1.0) * 179.0
    hsv = np.stack([hue, np.clip(length / full, 0, 1) * 255.0, np.where(known, 235.0, 20.0)], axis=-1)
    return np.asarray(cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB))


def _amodal(rgb: Image, notes: FrameAnnotations) -> Image:
    """Whole silhouettes over the darkened picture, the far ones first, with their outlines."""
    image = (rgb // 3).astype(np.uint8)
    for label in sorted(notes.objects, key=lambda item: -item.distance_m):
        if label.amodal_mask is None:
            continue
        whole = coco_mask.decode({"size": label.amodal_mask.size, "counts": label.amodal_mask.counts}).astype(bool)
        color = np.array(_color_of_number(label.track_id))
        image[whole] = (image[whole] * 0.45 + color * 0.55).astype(np.uint8)
        outlines, _ = cv2.findContours(whole.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(image, outlines, -1, color.tolist(), 1)
    return image


def _fitted(text: str, width_px: int) -> str:
    while len(text) > 4 and cv2.getTextSize(text, _FONT, 0.45, 1)[0][0] > width_px - 4:
        text = text[:-4].rstrip() + "..."
    return text


def grid(pictures: Mapping[str, Image], columns: int) -> tuple[list[list[Image]], list[list[str]]]:
    """Pictures and their names in rows of `columns`."""
    names = list(pictures)
    rows = [names[i : i + columns] for i in range(0, len(names), columns)]
    return [[pictures[name] for name in row] for row in rows], rows
