"""The image sensor of a camera: pixels, colour filters, wells, noise and conversion to numbers."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from sensors.config.base import Config, NotNegative, Positive


class DarkCurrent(Config):
    """Thermal electrons: I(T) = reference * 2^((T - reference temperature) / doubling). EMVA 1288 R4, section 2.5."""

    reference_e_per_s: NotNegative = 0.0
    reference_c: float = 60.0
    doubling_c: Positive = 8.0


class FixedPattern(Config):
    """Pixel-to-pixel differences: gain (prnu, ratio), offset (dsnu, e-), per column (e-), and temporal row noise (e-)."""

    prnu_ratio: Annotated[float, Field(ge=0.0, le=0.2)] = 0.0
    dsnu_e: NotNegative = 0.0
    column_e: NotNegative = 0.0
    row_temporal_e: NotNegative = 0.0


class Defects(Config):
    """Pixels that are unlike the others, in parts per million of all pixels, drawn with the chip.

    Hot pixels have a dark current of their own, lognormal about `hot_e_per_s` at the dark current's reference temperature (the tail
    seen in irradiated and in production chips), which doubles as the dark current does. Dead pixels see no light. Telegraph
    pixels jump between two levels `telegraph_e` apart from frame to frame: one trapped electron's effect.
    """

    hot_ppm: Annotated[float, Field(ge=0.0, le=1e5)] = 0.0
    hot_e_per_s: Positive = 5e3
    hot_spread: Annotated[float, Field(ge=0.0, le=3.0)] = 1.0
    dead_ppm: Annotated[float, Field(ge=0.0, le=1e5)] = 0.0
    telegraph_ppm: Annotated[float, Field(ge=0.0, le=1e5)] = 0.0
    telegraph_e: NotNegative = 0.0


class ElectronYield(Config):
    """Electrons per lux, second and square micrometre of D65 light, behind each filter of the mosaic."""

    red: Positive
    green: Positive
    blue: Positive


class Sensor(Config):
    """The chip: pixels, colour filters, wells, noise and conversion to numbers.

    Raw value = black_level_dn + digital_gain * round(conversion_dn_per_e * analog_gain * electrons), 0 .. 2^adc_bits - 1.
    `color_matrix` (3x3, rows sum to 1) is what each filter sees of linear Rec.709 light: filter overlap. `row_time_s` is the
    time between the starts of two rows, 0 for a global shutter. `noise`: "three_moment" is exact in mean, variance and, down
    to a few electrons, skewness; "off" is for measuring the rest of the chain.
    """

    width_px: Annotated[int, Field(ge=16, le=8192, multiple_of=2)]
    height_px: Annotated[int, Field(ge=16, le=8192, multiple_of=2)]
    pixel_pitch_m: Annotated[float, Field(ge=0.5e-6, le=50e-6)]
    cfa: Literal["RGGB"] = "RGGB"
    adc_bits: Annotated[int, Field(ge=8, le=16)] = 12
    electrons_per_lux_s_um2: ElectronYield
    color_matrix: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
    row_time_s: NotNegative = 0.0
    full_well_e: Positive
    read_noise_e: Positive
    conversion_dn_per_e: Positive
    black_level_dn: NotNegative = 0.0
    dark_current: DarkCurrent = DarkCurrent()
    temperature_c: Annotated[float, Field(ge=-60.0, le=150.0)] = 45.0
    fixed_pattern: FixedPattern = FixedPattern()
    defects: Defects = Defects()
    noise: Literal["three_moment", "off"] = "three_moment"

    @property
    def max_dn(self) -> int:
        """Largest raw value."""
        return (1 << self.adc_bits) - 1

    @property
    def readout_s(self) -> float:
        """From the first row's read to the last row's."""
        return (self.height_px - 1) * self.row_time_s

    @property
    def dark_current_e_per_s(self) -> float:
        """Dark current at the chip's temperature."""
        dark = self.dark_current
        return dark.reference_e_per_s * math.pow(2.0, (self.temperature_c - dark.reference_c) / dark.doubling_c)

    @model_validator(mode="after")
    def _values_agree(self) -> Sensor:
        for row, sums in enumerate(np.sum(self.color_matrix, axis=1)):
            if abs(float(sums) - 1.0) > 1e-6:
                raise ValueError(
                    f"color_matrix[{row}]: found a row sum of {float(sums):g}; white light must stay white, so each row must "
                    "sum to 1; the colour-independent yield belongs in electrons_per_lux_s_um2"
                )
        if abs(float(np.linalg.det(np.array(self.color_matrix)))) < 1e-3:
            raise ValueError(
                "color_matrix: found a singular matrix; the filters must differ so that colour can be recovered"
            )
        if self.black_level_dn >= self.max_dn / 2:
            raise ValueError(
                f"black_level_dn: found {self.black_level_dn:g}; expected less than half of {self.max_dn}, the largest raw value"
            )
        return self
