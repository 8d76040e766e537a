"""What the lens makes of the scene's light before it reaches the chip, on linear light without any limit.

Everything that spreads light acts here, on whole pictures in cd/m², before the mosaic samples them and before any well is full:
windscreen and soiling, then lateral colour and core blur at full size, glare and what comes from outside the field on a coarse
picture. Labels never pass through. Without any of these effects the light is handed on as it is; with `psf_sigma_px` alone it
is blurred by a plain Gaussian. Tested by tests/sensors/test_optical_path.py.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.bands import over_rows
from sensors.camera_config import CameraConfig
from sensors.kernels import spread
from sensors.lens import Lens
from sensors.optics.blur import filter_taps
from sensors.optics.lateral_color import scale_tables
from sensors.optics.soiling import DirtyGlass
from sensors.optics.stray_light import StrayLight
from sensors.optics.surroundings import Surroundings
from sensors.optics.windscreen import echo_rows

Float32 = NDArray[np.float32]

KEPT_OUTPUTS = 4
"""How many input arrays have an output array of their own: more than a frame has exposures."""


class OpticalPath:
    """The way of the light through one camera's lens; its arrays are reused from frame to frame."""

    def __init__(self, config: CameraConfig, lens: Lens, seed: int = 0, threads: int = 2) -> None:
        """Prepare what does not change from frame to frame; `seed` decides soiling and scratches. RigError for a blur too wide."""
        optics, sensor = config.optics, config.sensor
        self.threads = threads
        self._config = config
        self._sigma_px = 0.0 if optics.blur is not None else optics.psf_sigma_px
        self._scale = scale_tables(config)
        self.soiling: DirtyGlass | None = None
        if optics.soiling is not None:
            self.soiling = DirtyGlass(optics.soiling, sensor.width_px, sensor.height_px, seed, config.name)
        self.stray = StrayLight(config, lens, self.soiling, seed)
        self._echo_rows = echo_rows(config)
        self._echo_share = optics.windscreen.ghost_share if optics.windscreen is not None else 0.0
        straight = self.stray.straight_share - self._echo_share
        self._taps = _tap_rows(config, straight)
        self._plain = optics.blur is None and not self.stray.active and self._echo_share == 0.0
        self._mask: tuple[int, NDArray[np.uint8]] | None = None
        self._outputs: list[tuple[Float32, Float32]] = []
        shape = (sensor.height_px, sensor.width_px, 3)
        self._scaled = np.empty(shape if self._scale is not None else (0, 0, 3), np.float32)
        self._gaussian = np.empty(shape if self._sigma_px > 0.0 and not self._plain else (0, 0, 3), np.float32)

    @property
    def faces_surroundings(self) -> bool:
        """Whether light from outside the picture, or the weather, makes any difference."""
        optics = self._config.optics
        pane, soiling = optics.windscreen, optics.soiling
        return (
            (optics.glare is not None and optics.glare.share > 0.0)
            or (pane is not None and pane.dashboard_reflectance > 0.0)
            or (soiling is not None and soiling.drops is not None and soiling.drops.amount == "from_weather")
        )

    def face(self, surroundings: Surroundings | None) -> None:
        """Take in what shines on the lens from outside its picture; holds until the next call. None: nothing does."""
        if self.soiling is not None:
            self.soiling.rain(surroundings.precipitation_percent if surroundings is not None else 0.0)
        self.stray.face(surroundings)

    def through(self, radiance: Float32) -> Float32:
        """Radiance (H, W, 3) in cd/m² as the chip sees it; the input itself where the lens changes nothing.

        Each of the last few input arrays has an output array of its own, so that the exposures of a frame can be kept side by side.
        """
        if self._plain:
            return self._core_blur(radiance) if self._sigma_px > 0.0 else radiance
        light = self._lateral_color(radiance)
        through, added = self.stray.additions(radiance)
        if self._sigma_px > 0.0:
            _gaussian_blur(light, self._sigma_px, self._gaussian)
            light = self._gaussian
        out = self._output(radiance)
        flat, flat_out = light.reshape(len(light), -1), out.reshape(len(out), -1)

        def band(first: int, last: int) -> None:
            spread.spread_rows(
                flat, self._taps, self._echo_rows, self._echo_share, through, added, first, last, flat_out
            )

        over_rows(len(flat), self.threads, band)
        return out

    def soiling_mask(self) -> NDArray[np.uint8]:
        """(H, W) SoilingClass of each pixel, as of the last surroundings faced; all clean without soiling. Not to be written."""
        changes = self.soiling.changes if self.soiling is not None else 0
        if self._mask is None or self._mask[0] != changes:
            sensor = self._config.sensor
            clean = np.zeros((sensor.height_px, sensor.width_px), np.uint8)
            mask = self.soiling.mask() if self.soiling is not None else clean
            mask.setflags(write=False)
            self._mask = (changes, mask)
        return self._mask[1]

    def _lateral_color(self, radiance: Float32) -> Float32:
        tables = self._scale
        if tables is None:
            return radiance
        flat = np.ascontiguousarray(radiance).reshape(len(radiance), -1)
        flat_out = self._scaled.reshape(len(flat), -1)

        def band(first: int, last: int) -> None:
            spread.scale_rows(
                flat,
                tables.row_middle,
                tables.row_weight,
                tables.column_first,
                tables.column_weight,
                tables.is_color,
                first,
                last,
                flat_out,
            )

        over_rows(len(flat), self.threads, band)
        return self._scaled

    def _core_blur(self, radiance: Float32) -> Float32:
        """Aberration and low-pass filter: a Gaussian."""
        out = self._output(radiance)
        _gaussian_blur(radiance, self._sigma_px, out)
        return out

    def _output(self, radiance: Float32) -> Float32:
        """The output array that belongs to this input array."""
        for source, output in self._outputs:
            if source is radiance:
                return output
        if len(self._outputs) < KEPT_OUTPUTS:
            output = np.empty_like(radiance)
        else:
            _, output = self._outputs.pop(0)
        self._outputs.append((radiance, output))
        return output


def _gaussian_blur(light: Float32, sigma_px: float, out: Float32) -> None:
    reach = 2 * math.ceil(2.5 * sigma_px) + 1
    cv2.GaussianBlur(light, (reach, reach), sigma_px, out, sigma_px, cv2.BORDER_REPLICATE)


def _tap_rows(config: CameraConfig, straight: NDArray[np.float64]) -> Float32:
    """(R + 1, R + 1, 3 W) taps as kernels.spread.spread_rows wants them, times the share (3,) of light that goes straight on."""
    taps = filter_taps(config) if config.optics.blur is not None else np.ones((3, 1, 1))
    taps = taps * straight[:, None, None]
    taps[:, 0] *= 0.5
    width = config.sensor.width_px
    return np.ascontiguousarray(np.tile(taps.transpose(1, 2, 0), (1, 1, width)), dtype=np.float32)
