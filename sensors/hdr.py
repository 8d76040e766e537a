"""Several exposures of one pixel merged into one wide linear value, as sensors with staggered or split-pixel read-outs do.

Each read sees the same light for a part of the time (or by a less sensitive photodiode): e_i = e / r_i. The merged value is that
of the most sensitive read below `threshold` of its range, times its ratio. At the hand-over to the next the signal has r times
fewer electrons, so the signal-to-noise ratio falls by 10 log10 r dB where shot noise rules; two conversions of one charge share
its shot noise, and nothing falls. Black level: the merged value of no light is the first read's black level on the merged scale, so
that noise in the dark keeps its sign. Tested by tests/sensors/test_hdr.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.config.chip import Sensor
from sensors.config.reads import Merge, Read, full_scale_e, linear_dn_per_e, merged_white_dn
from sensors.exposure import Exposure
from sensors.kernels import hdr as kernels
from sensors.timing import ReadWindow

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Fixed:
    """What of a chip is the same in every frame: gain of each pixel and offset in e-, (D, H, W) for D photodiodes; noise key."""

    prnu: Float32
    offset_e: Float32
    key: tuple[int, int]


class HdrReadout:
    """The merge of one chip's reads, most sensitive first; a chip of one read is read as it is."""

    def __init__(self, sensor: Sensor, merge: Merge) -> None:
        """`sensor` has reads, which its own checks have found fit to be merged."""
        self._sensor, self._merge = sensor, merge
        self._reads = sensor.reads
        charges = list(dict.fromkeys(read.charge for read in self._reads))
        diodes = sorted({read.photodiode for read in self._reads})
        self._charge_of = [charges.index(read.charge) for read in self._reads]
        self._diode_of = [diodes.index(read.photodiode) for read in self._reads]
        self.photodiodes = len(diodes)
        self._dn_per_e = linear_dn_per_e(self._reads, merge)
        self.black_dn = sensor.black_level_dn * self._dn_per_e / sensor.conversion_dn_per_e
        self._curve = None if sensor.companding is None else sensor.companding.curve()
        knees = () if self._curve is None else self._curve.knees
        self._knees = np.array(knees, np.float64).reshape(-1, 2)

    def linear_dn_per_e(self, analog_gain: float) -> float:
        """Merged value per electron of the first read."""
        return self._dn_per_e * (analog_gain if self._merge.linear_dn_per_e is None else 1.0)

    @property
    def companded_black_dn(self) -> float:
        """Raw value of no light, as in frames: between two values where the curve has no step there."""
        if self._curve is None:
            return self.black_dn
        x, y = zip(*self._curve.knees, strict=True)
        return float(np.interp(self.black_dn, x, y))

    def linear_of_raw(self) -> NDArray[np.float64]:
        """(2^raw_bits,) merged linear value of each raw value."""
        if self._curve is None:
            return np.arange(1 << self._merge.linear_bits, dtype=np.float64)
        return self._curve.expanded.astype(np.float64)

    def windows(self, exposure_s: float) -> tuple[ReadWindow, ...]:
        """When each read collects light, relative to the middle of the first read's exposure; equal for reads of one charge."""
        times = self._sensor.read_times_s(exposure_s)
        return tuple(ReadWindow(begin + 0.5 * length - 0.5 * exposure_s, length) for begin, length in times)

    def white_dn(self, exposure: Exposure) -> float:
        """Merged value, black included, at which the least sensitive read stops following the light."""
        sensor, last = self._sensor, self._reads[-1]
        gained = last.model_copy(update={"conversion_dn_per_e": self._conversion(last, exposure.analog_gain)})
        first_e = full_scale_e(gained, sensor.adc_bits, sensor.black_level_dn) / (last.rel_sensitivity * last.t_ratio)
        return min(
            self.black_dn + first_e * self.linear_dn_per_e(exposure.analog_gain),
            float((1 << self._merge.linear_bits) - 1),
        )

    @staticmethod
    def _conversion(read: Read, analog_gain: float) -> float:
        """DN per electron of the read's own charge."""
        return read.conversion_dn_per_e * (1.0 if read.fixed_gain else analog_gain)

    def dynamic_range_db(self) -> float:
        """20 log10 of the largest signal over the dark noise of the most sensitive read, the converter's rounding included."""
        sensor, first = self._sensor, self._reads[0]
        floor_e = math.hypot(first.read_noise_e, 1.0 / math.sqrt(12.0) / first.conversion_dn_per_e)
        white = merged_white_dn(self._reads, self._merge, sensor.adc_bits, sensor.black_level_dn)
        return 20.0 * math.log10((white - self.black_dn) / self._dn_per_e / floor_e)

    def table(self, exposure: Exposure) -> Float32:
        """(N, 9) the kernel's row of each read at these settings (sensors.kernels.hdr.merge)."""
        sensor = self._sensor
        room_dn = sensor.max_dn - sensor.black_level_dn
        rows = []
        for read, charge in zip(self._reads, self._charge_of, strict=True):
            conversion = self._conversion(read, exposure.analog_gain)
            of_charge = [r.read_noise_e for r, c in zip(self._reads, self._charge_of, strict=True) if c == charge]
            common = min(of_charge)
            own = math.sqrt(max(read.read_noise_e**2 - common**2, 0.0))
            dark_e = sensor.dark_current_e_per_s * read.dark_ratio * exposure.exposure_s * read.t_ratio
            share = read.rel_sensitivity * read.t_ratio
            ratio = self.linear_dn_per_e(exposure.analog_gain) / (share * conversion)
            last = read is self._reads[-1]
            full_dn = min(read.full_well_e * conversion, room_dn)
            hand_over = math.inf if last else sensor.black_level_dn + self._merge.threshold * full_dn
            rows.append(
                [
                    share,
                    dark_e,
                    common**2,
                    own,
                    conversion,
                    read.full_well_e,
                    ratio,
                    hand_over,
                    sensor.fixed_pattern.row_temporal_e,
                ]
            )
        return np.array(rows, np.float32)

    def places(self, plane_of_read: Sequence[int]) -> NDArray[np.int64]:
        """(N, 3) plane of light, charge and photodiode of each read."""
        return np.array(list(zip(plane_of_read, self._charge_of, self._diode_of, strict=True)), np.int64)

    def levels(self) -> Float32:
        """(4,) black level and largest value of the converter, then of the merged value."""
        sensor = self._sensor
        top = (1 << self._merge.linear_bits) - 1
        return np.array([sensor.black_level_dn, sensor.max_dn, self.black_dn, top], np.float32)

    def read_out(
        self,
        planes: Float32,
        plane_of_read: Sequence[int],
        exposure: Exposure,
        fixed: Fixed,
        normal: Float32,
        frame: int,
        rows: tuple[int, int],
        linear: NDArray[np.uint32],
        raw: NDArray[np.uint16],
    ) -> None:
        """Fill rows of the merged values and of the raw ones from mean electrons `planes` (P, H, W) of the first read's time."""
        kernels.merge(
            planes,
            self.table(exposure),
            self.places(plane_of_read),
            fixed.prnu,
            fixed.offset_e,
            self.levels(),
            self._knees,
            normal,
            self._sensor.noise != "off",
            *fixed.key,
            frame,
            *rows,
            linear,
            raw,
        )
