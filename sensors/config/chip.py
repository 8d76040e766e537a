"""The image sensor of a camera: pixels, colour filters, wells, noise and conversion to numbers."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from sensors.config.base import Config, NotNegative, Positive, Ratio
from sensors.config.reads import CompandingCurve, Merge, Read, check_reads, full_scale_e

OF_A_READ = ("full_well_e", "read_noise_e", "conversion_dn_per_e")
"""What a chip with several reads says of each of them; its own values are the first read's."""


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
    """Electrons per lux, second and square micrometre of D65 light, behind red, green and blue filters.

    Clear, yellow and cyan filters add them up (sensors.mosaic).
    """

    red: Positive
    green: Positive
    blue: Positive


class Sensor(Config):
    """The chip: pixels, colour filters, wells, noise and conversion to numbers.

    Raw value = black_level_dn + digital_gain * round(conversion_dn_per_e * analog_gain * electrons), 0 .. 2^adc_bits - 1.
    `color_matrix` (3x3, rows sum to 1) is what red, green and blue filters see of linear Rec.709 light: their overlap.
    `row_time_s` is the time between the starts of two rows, 0 for a global shutter. `noise`: "three_moment" is exact in mean,
    variance and, down to a few electrons, skewness; "off" is for measuring the rest of the chain. `blooming_ratio` is the share
    of the electrons beyond a pixel's well that its four neighbours get, together.

    With `reads` each pixel is read several times and `hdr` says how the reads are merged (sensors.hdr): the raw value is then the
    merged one, squeezed by `companding` where there is one.
    """

    width_px: Annotated[int, Field(ge=16, le=8192, multiple_of=2)]
    height_px: Annotated[int, Field(ge=16, le=8192, multiple_of=2)]
    pixel_pitch_m: Annotated[float, Field(ge=0.5e-6, le=50e-6)]
    cfa: Literal["RGGB", "BGGR", "GRBG", "GBRG", "RCCB", "RCCC", "RYYCy"] = "RGGB"
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
    blooming_ratio: Ratio = 0.0
    noise: Literal["three_moment", "off"] = "three_moment"
    reads: Annotated[tuple[Read, ...], Field(max_length=8)] = ()
    hdr: Merge | None = None
    companding: CompandingCurve | None = None

    @property
    def max_dn(self) -> int:
        """Largest value of the converter; where there is one read, the largest raw value."""
        return (1 << self.adc_bits) - 1

    @property
    def raw_bits(self) -> int:
        """Bits of a frame's raw values."""
        if self.hdr is None:
            return self.adc_bits
        return self.hdr.linear_bits if self.companding is None else self.companding.out_bits

    @property
    def metering_full_scale_e(self) -> float:
        """Electrons of the most sensitive charge that count as 1 in metering and in the picture: what it holds at most."""
        if not self.reads:
            return min(self.full_well_e, (self.max_dn - self.black_level_dn) / self.conversion_dn_per_e)
        first = self.reads[0]
        of_first = [read for read in self.reads if read.charge == first.charge]
        return max(full_scale_e(read, self.adc_bits, self.black_level_dn) for read in of_first)

    @property
    def saturation_e(self) -> float:
        """Electrons of the most sensitive charge at which the least sensitive read stops following the light."""
        if not self.reads:
            return self.metering_full_scale_e
        last = self.reads[-1]
        return full_scale_e(last, self.adc_bits, self.black_level_dn) / (last.rel_sensitivity * last.t_ratio)

    def later_reads_s(self, exposure_s: float) -> float:
        """From the end of the first read's exposure to the end of the last: exposures that follow one another take time."""
        return max([0.0, *(begin + length - exposure_s for begin, length in self.read_times_s(exposure_s))])

    def read_times_s(self, exposure_s: float) -> list[tuple[float, float]]:
        """Begin after the first exposure's begin, and length, of each read's exposure."""
        of_charge: dict[object, tuple[float, float]] = {}
        for read in self.reads:
            free_from = max([0.0, *(begin + length for begin, length in of_charge.values())])
            begin = free_from if read.delay_s == "auto" else read.delay_s
            of_charge.setdefault(read.charge, (begin, read.t_ratio * exposure_s))
        return [of_charge[read.charge] for read in self.reads]

    @model_validator(mode="before")
    @classmethod
    def _values_of_the_first_read(cls, data: Any) -> Any:
        """Fill in what a chip with several reads says of its first."""
        if not isinstance(data, dict) or not data.get("reads"):
            return data
        first = data["reads"][0]
        values = first if isinstance(first, dict) else first.model_dump() if isinstance(first, Read) else {}
        return {name: values[name] for name in OF_A_READ if name in values} | data

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

    @model_validator(mode="after")
    def _reads_agree(self) -> Sensor:
        if not self.reads:
            for name, value in (("hdr", self.hdr), ("companding", self.companding)):
                if value is not None:
                    raise ValueError(f"{name}: found without reads; it says how several reads are merged; add reads")
            return self
        if self.hdr is None:
            raise ValueError(f"hdr: found nothing for {len(self.reads)} reads; add how they are merged: linear_bits")
        for name in OF_A_READ:
            own, first = getattr(self, name), getattr(self.reads[0], name)
            if own != first:
                raise ValueError(
                    f"{name}: found {own:g}, and {first:g} for the first read; with reads the chip's value is the first read's; "
                    "leave it out"
                )
        check_reads(self.reads, self.hdr, self.companding, self.adc_bits, self.black_level_dn)
        return self
