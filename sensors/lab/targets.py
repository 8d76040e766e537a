"""Radiance of the bench's targets as the lens sees them: sub-pixel rays meet a plane, an edge moves under the rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.lens import Lens

Float32 = NDArray[np.float32]
SUB = 3


def sub_pixel_rays(lens: Lens) -> Float32:
    """(H, W, SUB * SUB, 3) rays of points spread evenly over each pixel; zero outside the image circle."""
    sensor = lens.config.sensor
    offsets = (np.arange(SUB) + 0.5) / SUB - 0.5
    out = np.zeros((sensor.height_px, sensor.width_px, SUB * SUB, 3), np.float32)
    columns = np.arange(sensor.width_px, dtype=np.float64)
    for row in range(sensor.height_px):
        u = columns[:, None, None] + offsets[None, None, :]
        v = row + offsets[None, :, None]
        pixels = np.stack(np.broadcast_arrays(u, v), axis=-1).reshape(-1, 2)
        rays, valid = lens.unproject(pixels)
        rays[~valid] = 0.0
        out[row] = rays.reshape(sensor.width_px, SUB * SUB, 3)
    return out


def edge_share(width_px: int, row_times_s: NDArray[np.float64], start_px: float, speed_px_s: float) -> Float32:
    """(H, W) share of each pixel right of a vertical edge that is at start + speed * t when its row is in mid-exposure."""
    edge = start_px + speed_px_s * row_times_s
    covered = np.arange(width_px)[None, :] + 0.5 - edge[:, None]
    return np.clip(covered, 0.0, 1.0).astype(np.float32)
