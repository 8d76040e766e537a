"""Lateral chromatic aberration: the red and the blue image are a little larger or smaller than the green one.

A scaling about the principal point acts on rows and columns apart. Each colour is resampled by quadratic B-splines, three taps each
way: none is negative, so no lamp gets a dark rim, light is kept, and the blur is nearly that of a lens: its variance is 1/4 px²
whatever the fraction of a pixel. sensors.optics.blur leaves out as much of the lens's own.
Tested by tests/sensors/test_lateral_color.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.camera_config import CameraConfig

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class ScaleTables:
    """What kernels.spread.scale_rows reads: rows (3, H) and their weights (3, H, 3), columns' first tap and weights (T, 3 W), and
    which places of a row are of which colour (3, 3 W)."""

    row_middle: NDArray[np.int64]
    row_weight: Float32
    column_first: int
    column_weight: Float32
    is_color: Float32


def resampling_transfer(frequency: Float64) -> Float64:
    """Contrast transfer of the resampling along one axis, mean over the fractions of a pixel; frequency in cycles per px."""
    return np.asarray(np.sinc(frequency) ** 3)


def scale_tables(config: CameraConfig) -> ScaleTables | None:
    """Tables of one camera; None where all colours have the same size."""
    lateral = config.optics.lateral_color
    if lateral is None or (lateral.red == 1.0 and lateral.blue == 1.0):
        return None
    scales = (lateral.red, 1.0, lateral.blue)
    sensor, k = config.sensor, config.optics.intrinsics
    rows = [_taps(sensor.height_px, k.cy_px, scale) for scale in scales]
    columns = [_taps(sensor.width_px, k.cx_px, scale) for scale in scales]
    place = np.arange(sensor.width_px)
    offsets = [middle - place for middle, _ in columns]
    first = 1 - min(int(offset.min()) for offset in offsets)
    last = 1 + max(int(offset.max()) for offset in offsets)
    weight = np.zeros((first + last + 1, sensor.width_px, 3), np.float32)
    for color, (offset, (_, taps)) in enumerate(zip(offsets, columns, strict=True)):
        for tap in range(3):
            weight[offset + first + tap - 1, place, color] = taps[:, tap]
    return ScaleTables(
        row_middle=np.stack([middle for middle, _ in rows]),
        row_weight=np.stack([taps for _, taps in rows]).astype(np.float32),
        column_first=first,
        column_weight=weight.reshape(first + last + 1, -1),
        is_color=np.tile(np.eye(3, dtype=np.float32), (1, sensor.width_px)),
    )


def _taps(count: int, center: float, scale: float) -> tuple[NDArray[np.int64], Float64]:
    """Middle pixel (N,) and weights (N, 3) of each pixel of a line; a scale of 1 takes the pixel itself."""
    at = center + (np.arange(count) - center) / scale
    middle = np.rint(at).astype(np.int64)
    a = at - middle
    weights = np.stack([0.5 * (0.5 - a) ** 2, 0.75 - a * a, 0.5 * (0.5 + a) ** 2], axis=1)
    if scale == 1.0:
        weights = np.tile([0.0, 1.0, 0.0], (count, 1))
    return middle, weights
