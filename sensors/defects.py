"""Hot, dead and telegraph pixels of one chip.

They are few, so they are kept as lists and laid over the chip's maps for the time of one read-out.
Tested by tests/sensors/test_defects.py.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.camera_config import CameraConfig
from sim.base.streams import stream

Float32 = NDArray[np.float32]
Places = NDArray[np.int64]


class DefectMap:
    """Where one camera's defective pixels are (flat indices) and what they do; same seed and name, same map."""

    def __init__(self, config: CameraConfig, seed: int) -> None:
        """Draw the map: numbers of pixels are rounded shares of the whole, so that small chips have whole defects."""
        sensor, defects = config.sensor, config.sensor.defects
        self._seed, self._name = seed, config.name
        self._telegraph_e = np.float32(defects.telegraph_e)
        pixels = sensor.width_px * sensor.height_px
        rng = stream(seed, "camera", config.name, "defects")
        counts = [round(ppm * 1e-6 * pixels) for ppm in (defects.hot_ppm, defects.dead_ppm, defects.telegraph_ppm)]
        order = rng.permutation(pixels)[: sum(counts)] if sum(counts) else np.zeros(0, np.int64)
        self.hot, self.dead, self.telegraph = np.split(np.asarray(order, np.int64), np.cumsum(counts)[:2])
        # the median is hot_e_per_s
        self._hot_e_per_s = defects.hot_e_per_s * np.exp(defects.hot_spread * rng.standard_normal(len(self.hot)))

    @property
    def empty(self) -> bool:
        """Whether the chip has no defects at all."""
        return not (len(self.hot) or len(self.dead) or len(self.telegraph))

    def hot_electrons(self, config: CameraConfig, exposure_s: float) -> Float32:
        """Extra dark electrons of each hot pixel in one exposure at the chip's temperature."""
        dark = config.sensor.dark_current
        warm = math.pow(2.0, (config.sensor.temperature_c - dark.reference_c) / dark.doubling_c)
        return np.asarray(self._hot_e_per_s * warm * exposure_s, np.float32)

    def telegraph_electrons(self, frame_index: int) -> Float32:
        """Offset of each telegraph pixel in one frame: half of telegraph_e up or down."""
        rng = stream(self._seed, "camera", self._name, "telegraph", str(frame_index))
        up = rng.integers(0, 2, len(self.telegraph)).astype(np.float32)
        return np.asarray((up - np.float32(0.5)) * self._telegraph_e, np.float32)
