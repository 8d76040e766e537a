"""What follows from a camera's values: the figures by which cameras are compared.

Tested by tests/sensors/test_derived.py against hand calculations.
"""

from __future__ import annotations

import math

import numpy as np

from sensors.camera_config import CameraConfig
from sensors.config.chip import Sensor
from sensors.config.reads import full_scale_e
from sensors.lens import Lens
from sensors.mosaic import channel_yields

ISO_SATURATION = 78.0
"""Saturation-based speed is 78 over the exposure in lux seconds that saturates (ISO 12232)."""


def derived_quantities(config: CameraConfig) -> dict[str, float]:
    """Names that end in their unit, and values.

    Fields of view are angles between the rays of the outermost pixels' centres in the middle row, the middle column and the
    diagonal. `green_saturation_lux_s` is the exposure that fills the green (clear, yellow) pixels at base gain, under D65; where each
    is read several times, `saturation_e` and all that follows from it is of the least sensitive read, in electrons of the first.
    `hyperfocal_m` = f² / (N c) + f with a circle of confusion of one pixel. `dynamic_range_db` is the largest over the smallest
    signal of one exposure, 20 log10 (saturation / noise in the dark), the converter's rounding included.
    """
    sensor, optics = config.sensor, config.optics
    focal_m = optics.intrinsics.fx_px * sensor.pixel_pitch_m
    area_um2 = (sensor.pixel_pitch_m * 1e6) ** 2
    saturation_e = sensor.saturation_e
    dark_e = math.sqrt(sensor.read_noise_e**2 + 1.0 / (12.0 * sensor.conversion_dn_per_e**2))
    # the second channel's: green's in an RGB mosaic, clear's or yellow's in others
    lux_s = saturation_e / (float(channel_yields(sensor)[1]) * area_um2)
    transmission = optics.transmission * optics.windshield_transmittance
    horizontal, vertical, diagonal = _fields_deg(config)
    return {
        "field_of_view_horizontal_deg": horizontal,
        "field_of_view_vertical_deg": vertical,
        "field_of_view_diagonal_deg": diagonal,
        "focal_length_mm": focal_m * 1e3,
        "entrance_pupil_mm": focal_m / optics.f_number * 1e3,
        "hyperfocal_m": focal_m**2 / (optics.f_number * sensor.pixel_pitch_m) + focal_m,
        "green_saturation_lux_s": lux_s,
        "green_saturation_at_1_ms_cd_m2": lux_s / 1e-3 * 4.0 / math.pi / transmission * optics.f_number**2,
        "iso_saturation_speed": ISO_SATURATION / lux_s,
        "saturation_e": saturation_e,
        "largest_snr_db": 10.0 * math.log10(_largest_e(sensor)),
        "dynamic_range_db": 20.0 * math.log10(saturation_e / dark_e),
        "dark_current_e_per_s": sensor.dark_current_e_per_s,
        "row_time_us": sensor.row_time_s * 1e6,
        "readout_ms": sensor.readout_s * 1e3,
        "data_rate_mbit_per_s": sensor.width_px * sensor.height_px * sensor.raw_bits * config.rate_hz / 1e6,
    }


def _largest_e(sensor: Sensor) -> float:
    """Electrons that any of the reads holds at most: where the signal-to-noise ratio is best."""
    if not sensor.reads:
        return sensor.saturation_e
    return max(full_scale_e(read, sensor.adc_bits, sensor.black_level_dn) for read in sensor.reads)


def _fields_deg(config: CameraConfig) -> tuple[float, float, float]:
    """Horizontal, vertical and diagonal field; a direction outside the image circle counts up to its rim."""
    lens = Lens(config)
    right, bottom = config.sensor.width_px - 1.0, config.sensor.height_px - 1.0
    ends = np.array(
        [
            [[0.0, bottom / 2.0], [right, bottom / 2.0]],
            [[right / 2.0, 0.0], [right / 2.0, bottom]],
            [[0.0, 0.0], [right, bottom]],
        ]
    )
    rays, valid = lens.unproject(ends)
    theta = np.where(valid, np.degrees(np.arccos(np.clip(rays[..., 2], -1.0, 1.0))), config.optics.theta_max_deg)
    horizontal, vertical, diagonal = theta.sum(axis=1).tolist()
    return horizontal, vertical, diagonal
