"""The image sensor: mean electrons from radiance, then raw numbers with noise, in the units of its data sheet."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sensors.bands import over_rows
from sensors.camera_config import CameraConfig
from sensors.defects import DefectMap
from sensors.exposure import Exposure
from sensors.kernels import photons
from sensors.timing import ReadWindow
from sim.base.streams import stream, stream_key

Float32 = NDArray[np.float32]


@lru_cache(maxsize=1)
def normal_quantiles() -> Float32:
    """(65536,) quantiles of the unit normal at the midpoints of equal probabilities, scaled to unit variance."""
    z = ndtri((np.arange(65536) + 0.5) / 65536.0)
    table: Float32 = (z / np.sqrt(np.mean(z * z))).astype(np.float32)
    table.setflags(write=False)
    return table


class Chip:
    """The pixels of one camera with their fixed pattern; `electrons` and `raw` are reused from frame to frame.

    The same seed and camera name give the same chip and the same noise whatever the thread count.
    """

    def __init__(self, config: CameraConfig, illumination: Float32, seed: int, threads: int = 2) -> None:
        """`illumination` (H, W) is the lens's relative irradiance."""
        sensor = config.sensor
        self.config = config
        self.threads = threads
        shape = (sensor.height_px, sensor.width_px)
        self.electrons: Float32 = np.zeros(shape, np.float32)
        self._illumination = illumination
        pattern = sensor.fixed_pattern
        prnu = stream(seed, "camera", config.name, "prnu").standard_normal(shape, np.float32)
        self._prnu: Float32 = np.maximum(1.0 + pattern.prnu_ratio * prnu, 0.0).astype(np.float32)
        pixel = stream(seed, "camera", config.name, "dsnu").standard_normal(shape, np.float32)
        column = stream(seed, "camera", config.name, "column").standard_normal(shape[1], np.float32)
        self._offset_e: Float32 = (pattern.dsnu_e * pixel + pattern.column_e * column).astype(np.float32)
        self.defects = DefectMap(config, seed)
        self._prnu.ravel()[self.defects.dead] = 0.0
        key = stream_key(seed, "camera", config.name, "noise")
        self._key0, self._key1 = key & 0xFFFF_FFFF, (key >> 32) & 0xFFFF_FFFF
        yields = sensor.electrons_per_lux_s_um2
        self._response: Float32 = (
            np.diag([yields.red, yields.green, yields.blue]) @ np.array(sensor.color_matrix)
        ).astype(np.float32)

    def light_scale(self, exposure_s: float) -> float:
        """lux s um² on one pixel for 1 cd/m² on the axis: (pi/4) tau / N² * T * pixel area."""
        optics = self.config.optics
        transmission = optics.transmission * optics.windshield_transmittance
        pixel_um2 = (self.config.sensor.pixel_pitch_m * 1e6) ** 2
        return math.pi / 4.0 * transmission / optics.f_number**2 * exposure_s * pixel_um2

    def windows(self, exposure: Exposure) -> tuple[ReadWindow, ...]:
        """When each read of a frame collects light, the most sensitive first."""
        return (ReadWindow(0.0, exposure.exposure_s),)

    def collect(self, radiance: Float32, exposure_s: float) -> Float32:
        """Fill and return `electrons` (H, W): mean photoelectrons of what the lens images, (H, W, 3) in cd/m²."""
        scale = np.float32(self.light_scale(exposure_s))

        def band(first: int, last: int) -> None:
            photons.collect_electrons(radiance, self._illumination, self._response, scale, first, last, self.electrons)

        over_rows(self.electrons.shape[0], self.threads, band)
        return self.electrons

    def read_out(self, exposure: Exposure, frame_index: int) -> NDArray[np.uint16]:
        """A new raw image (H, W) from `electrons`, with this frame's noise."""
        sensor = self.config.sensor
        chip = np.array(
            [
                sensor.conversion_dn_per_e * exposure.analog_gain,
                exposure.digital_gain,
                sensor.black_level_dn,
                sensor.full_well_e,
                sensor.read_noise_e,
                sensor.dark_current_e_per_s * exposure.exposure_s,
                sensor.fixed_pattern.row_temporal_e,
                sensor.max_dn,
            ],
            np.float32,
        )
        raw = np.empty(self.electrons.shape, np.uint16)
        table = normal_quantiles()
        frame = frame_index & 0xFFFF_FFFF

        def band(first: int, last: int) -> None:
            if sensor.noise == "off":
                photons.read_out_noiseless(self.electrons, chip, first, last, raw)
            else:
                photons.read_out(
                    self.electrons,
                    chip,
                    self._prnu,
                    self._offset_e,
                    table,
                    self._key0,
                    self._key1,
                    frame,
                    first,
                    last,
                    raw,
                )

        if self.defects.empty or sensor.noise == "off":
            over_rows(sensor.height_px, self.threads, band)
            return raw
        extra_e = self.defects.hot_electrons(self.config, exposure.exposure_s)
        jump_e = self.defects.telegraph_electrons(frame)
        electrons, offset = self.electrons.ravel(), self._offset_e.ravel()
        before = electrons[self.defects.hot].copy(), offset[self.defects.telegraph].copy()
        electrons[self.defects.hot] += extra_e
        offset[self.defects.telegraph] += jump_e
        over_rows(sensor.height_px, self.threads, band)
        electrons[self.defects.hot], offset[self.defects.telegraph] = before
        return raw

    def white_level_dn(self, exposure: Exposure) -> float:
        """The raw value at which a pixel stops following the light: the lower of full well and converter limit."""
        sensor = self.config.sensor
        well = sensor.full_well_e * sensor.conversion_dn_per_e * exposure.analog_gain * exposure.digital_gain
        return min(sensor.black_level_dn + well, float(sensor.max_dn))
