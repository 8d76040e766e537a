"""What the lens makes of the scene's light before it reaches the chip: blur, on linear light without any limit.

Everything that spreads light acts here, on whole pictures in cd/m², before the mosaic samples them and before any well is full.
Labels never pass through. Tested by tests/sensors/test_optical_path.py.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.config.optics import Optics

Float32 = NDArray[np.float32]


class OpticalPath:
    """The way of the light through one camera's lens; its arrays are reused from frame to frame."""

    def __init__(self, optics: Optics) -> None:
        """Prepare what does not change from frame to frame."""
        self._optics = optics
        self._blurred: Float32 | None = None

    def through(self, radiance: Float32) -> Float32:
        """Radiance (H, W, 3) in cd/m² as the chip sees it; the input itself where the lens changes nothing."""
        return self._core_blur(radiance)

    def _core_blur(self, radiance: Float32) -> Float32:
        """Aberration and low-pass filter: a Gaussian."""
        sigma_px = self._optics.psf_sigma_px
        if sigma_px <= 0.0:
            return radiance
        if self._blurred is None:
            self._blurred = np.empty_like(radiance)
        reach = 2 * math.ceil(2.5 * sigma_px) + 1
        cv2.GaussianBlur(radiance, (reach, reach), sigma_px, self._blurred, sigma_px, cv2.BORDER_REPLICATE)
        return self._blurred
