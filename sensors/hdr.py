"""Several exposures of one pixel merged into one wide linear value, as sensors with staggered or split-pixel read-outs do.

Each read sees the same light for a part of the time (or by a less sensitive photodiode): e_i = e / r_i. The merged value is that
of the most sensitive read below `threshold` of its range, times its ratio. At the hand-over to the next the signal has r times
fewer electrons, so the signal-to-noise ratio falls by 10 log10 r dB where shot noise rules.
Tested by tests/sensors/test_hdr.py.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.kernels import hdr as kernels
from sim.base.errors import RigError

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Read:
    """One read-out of a pixel: electrons per electron of the most sensitive read, its well, noise and conversion gain."""

    name: str
    sensitivity: float
    full_well_e: float
    read_noise_e: float
    conversion_dn_per_e: float
    dark_e: float = 0.0


class HdrReadout:
    """Merges reads, most sensitive first. Raises RigError for reads that cannot be merged."""

    def __init__(
        self, reads: tuple[Read, ...], adc_bits: int, black_dn: float, threshold: float, linear_bits: int, key: int
    ) -> None:
        """`threshold`: share of a read's range above which the next takes over; `key` 64 bits, of seed and camera."""
        self.reads = reads
        self.adc_bits, self.black_dn, self.threshold, self.linear_bits = adc_bits, black_dn, threshold, linear_bits
        self._key = key & 0xFFFF_FFFF, (key >> 32) & 0xFFFF_FFFF
        self._check()
        max_dn = (1 << adc_bits) - 1
        self.ratios = [
            reads[0].sensitivity * reads[0].conversion_dn_per_e / (r.sensitivity * r.conversion_dn_per_e) for r in reads
        ]
        rows = []
        for read, ratio in zip(reads, self.ratios, strict=True):
            full = min(read.full_well_e * read.conversion_dn_per_e, max_dn - black_dn)
            rows.append(
                [
                    read.sensitivity / reads[0].sensitivity,
                    read.full_well_e,
                    read.read_noise_e,
                    read.conversion_dn_per_e,
                    read.dark_e,
                    ratio,
                    black_dn + threshold * full,
                ]
            )
        self.table: Float32 = np.array(rows, np.float32)

    def _check(self) -> None:
        if not self.reads:
            raise RigError("hdr: found no reads; a pixel is read at least once")
        if not 0.1 <= self.threshold <= 1.0:
            raise RigError(f"hdr.threshold: found {self.threshold:g}; expected 0.1 to 1 of a read's range")
        for read in self.reads:
            if min(read.sensitivity, read.full_well_e, read.read_noise_e, read.conversion_dn_per_e) <= 0.0:
                raise RigError(f"hdr read {read.name}: found a value that is not positive; all of them must be")
        for before, after in itertools.pairwise(self.reads):
            step = before.sensitivity * before.conversion_dn_per_e / (after.sensitivity * after.conversion_dn_per_e)
            if step <= 1.0:
                raise RigError(
                    f"hdr reads {before.name}, {after.name}: found a ratio of {step:.3g}; each read must be less sensitive than "
                    "the one before"
                )
        widest = self.saturation_dn()
        if widest > (1 << self.linear_bits) - 1:
            raise RigError(
                f"hdr.linear_bits: found {self.linear_bits}, whose largest value is {(1 << self.linear_bits) - 1}; the merged reads "
                f"reach {widest:.0f}; raise linear_bits to {math.ceil(math.log2(widest + 1.0))} or lower the ratios"
            )

    def saturation_dn(self) -> float:
        """The merged linear value at which the least sensitive read is full."""
        first, last = self.reads[0], self.reads[-1]
        room = ((1 << self.adc_bits) - 1 - self.black_dn) / last.conversion_dn_per_e
        full = min(last.full_well_e, room)
        return full * first.sensitivity / last.sensitivity * first.conversion_dn_per_e

    def dynamic_range_db(self) -> float:
        """20 log10 of the largest signal over the read noise of the most sensitive read, both in its electrons."""
        first = self.reads[0]
        floor_e = math.hypot(first.read_noise_e, 1.0 / math.sqrt(12.0) / first.conversion_dn_per_e)
        return 20.0 * math.log10(self.saturation_dn() / first.conversion_dn_per_e / floor_e)

    def read_out(self, electrons: Float32, normal: Float32, frame_index: int) -> NDArray[np.uint32]:
        """Merged linear values (H, W), black taken off, from mean electrons (H, W) of the most sensitive read; W even.

        `normal` are the quantiles of sensors.chip.normal_quantiles.
        """
        out = np.empty(electrons.shape, np.uint32)
        frame = frame_index & 0xFFFF_FFFF
        kernels.merge(
            electrons,
            self.table,
            np.float32(self.black_dn),
            np.float32((1 << self.adc_bits) - 1),
            np.float32((1 << self.linear_bits) - 1),
            normal,
            *self._key,
            frame,
            out,
        )
        return out
