"""Photographs of the whole camera, all reads merged, as the recorder gets them: companded raw values, and pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.camera_config import CameraConfig
from sensors.chip import Chip
from sensors.config.isp import Isp as IspConfig
from sensors.exposure import Exposure
from sensors.isp import Isp
from sensors.lab.plan_range import SIZE_PX, Frame, small

KINDS = ("wedge", "chart")
LIGHT_ERROR = {"D4": 0.03, "D5": 0.5}
"""Negative control of the merge: the lamp is so much brighter in all reads but the first. Half again is 1.8 dB of shot noise."""
CROSSTALK_ERROR = 0.05
"""Negative control of colour (F1): so much of each filter's light comes through its neighbour."""


class WholeBench:
    """A part of the chip behind a lens without fall-off and blur: both have tests of their own."""

    def __init__(self, config: CameraConfig, seed: int, threads: int = 2, spoilt: bool = False) -> None:
        """`seed` decides the chip's pattern and its noise."""
        self._config, self._seed, self._threads, self._spoilt = config, seed, threads, spoilt
        self._wedge: Chip | None = None

    def save(self, folder: Path, frame: Frame, frame_index: int) -> None:
        """Write one planned frame's file."""
        if frame["kind"] == "chart":
            picture = self._chart(frame, frame_index)
            cv2.imwrite(str(folder / f"{frame['file']}.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
            return
        raw = self._uniform(frame, frame_index)
        cv2.imwrite(str(folder / f"{frame['file']}.png"), raw, [cv2.IMWRITE_PNG_COMPRESSION, 1])

    def _uniform(self, frame: Frame, frame_index: int) -> NDArray[np.uint16]:
        width, height = SIZE_PX
        if self._wedge is None:
            flat = np.ones((height, width), np.float32)
            self._wedge = Chip(small(self._config, width, height), flat, self._seed, self._threads)
        exposure = Exposure(frame["exposure_s"], frame["analog_gain"], 1.0)
        light = np.full((height, width, 3), frame["luminance_cd_m2"], np.float32)
        lights = [light] * len(self._config.sensor.reads)
        if self._spoilt:
            brighter = light * np.float32(1.0 + LIGHT_ERROR[frame["test"]])
            lights = [light, *[brighter] * (len(lights) - 1)]
        self._wedge.collect(lights, exposure.exposure_s)
        return self._wedge.read_out(exposure, frame_index)

    def _chart(self, frame: Frame, frame_index: int) -> NDArray[np.uint8]:
        """The colour chart through the picture processing's linear path, white balance and matrix those of the camera's own values."""
        linear = np.array(frame["linear_rgb"], np.float32) * np.float32(frame["luminance_cd_m2"])
        light = np.repeat(np.repeat(linear, frame["patch_px"], axis=0), frame["patch_px"], axis=1)
        height, width = light.shape[:2]
        plain = IspConfig(white_balance="daylight", tone="linear", noise_reduction=0.0)
        config = small(self._config, width, height).model_copy(update={"isp": plain})
        flat = np.ones((height, width), np.float32)
        isp = Isp(config, flat, self._threads)
        if self._spoilt:
            matrix = np.array(config.sensor.color_matrix) * (1.0 - CROSSTALK_ERROR) + CROSSTALK_ERROR / 3.0
            sensor = config.sensor.model_copy(update={"color_matrix": tuple(map(tuple, matrix.tolist()))})
            config = config.model_copy(update={"sensor": sensor})
        chip = Chip(config, flat, self._seed, self._threads)
        exposure = Exposure(frame["exposure_s"], frame["analog_gain"], 1.0)
        chip.collect(np.ascontiguousarray(light), exposure.exposure_s)
        return isp.develop(chip.read_out(exposure, frame_index), chip.white_level_dn(exposure))
