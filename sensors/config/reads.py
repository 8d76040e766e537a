"""Several reads of each pixel: exposures, photodiodes and conversion gains whose merge has a wide range, and its companding."""

from __future__ import annotations

import itertools
import math
from typing import Annotated, Literal

from pydantic import Field

from sensors.companding import Companding
from sensors.config.base import Config, NotNegative, Positive
from sim.base.errors import RigError


class Read(Config):
    """One read of every pixel, in units of the first read, which is the most sensitive.

    `photodiode`: the pixel's large or small one; `rel_sensitivity` is its area and transmission over the large one's.
    `t_ratio` is the exposure time over the first read's. `delay_s` is when this exposure begins, counted from the beginning of
    the first one; "auto": as soon as the exposure before it has ended. Reads of equal photodiode, t_ratio and delay_s are of
    one charge, converted twice (two conversion gains): they share its shot noise. `dark_ratio` is the dark current over the
    chip's. The analog gain does not act on a read with `fixed_gain`.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
    photodiode: Literal["L", "S"] = "L"
    rel_sensitivity: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    full_well_e: Positive
    read_noise_e: Positive
    conversion_dn_per_e: Positive
    t_ratio: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    delay_s: NotNegative | Literal["auto"] = 0.0
    dark_ratio: NotNegative = 1.0
    fixed_gain: bool = False

    @property
    def charge(self) -> tuple[str, float, float | str]:
        """Equal for reads of one charge."""
        return self.photodiode, self.t_ratio, self.delay_s

    @property
    def dn_per_first_e(self) -> float:
        """Raw value above black per electron of the first read."""
        return self.rel_sensitivity * self.t_ratio * self.conversion_dn_per_e


class Merge(Config):
    """How reads become one linear value: that of the most sensitive read below `threshold` of its range.

    Linear value = linear_dn_per_e * electrons of the first read + its share of the black level, 0 .. 2^linear_bits - 1, whatever
    the gain. Where linear_dn_per_e is left out, it is the first read's own conversion, analog gain included. The digital gain is
    left to the picture processing: a wide value has no need of it.
    """

    threshold: Annotated[float, Field(ge=0.1, le=1.0)] = 0.9
    linear_bits: Annotated[int, Field(ge=8, le=24)]
    linear_dn_per_e: Positive | None = None


class CompandingCurve(Config):
    """Knees (linear value, companded value) of the piecewise-linear curve that squeezes `in_bits` into `out_bits`."""

    in_bits: Annotated[int, Field(ge=8, le=24)]
    out_bits: Annotated[int, Field(ge=8, le=16)]
    knees: tuple[tuple[int, int], ...]

    def curve(self) -> Companding:
        """The curve; raises RigError where the knees are none."""
        return Companding(self.knees, self.in_bits, self.out_bits)


def check_reads(
    reads: tuple[Read, ...], merge: Merge, companding: CompandingCurve | None, adc_bits: int, black_dn: float
) -> None:
    """Raise ValueError for reads that cannot be merged, and for a merge that no frame can hold."""
    first = reads[0]
    if first.rel_sensitivity != 1.0 or first.t_ratio != 1.0 or first.delay_s != 0.0:
        raise ValueError(
            f"reads[0] ({first.name}): found rel_sensitivity {first.rel_sensitivity:g}, t_ratio {first.t_ratio:g}, delay_s "
            f"{first.delay_s}; the first read is the measure of the others: expected 1, 1 and 0"
        )
    names = [read.name for read in reads]
    if len(set(names)) < len(names):
        raise ValueError(f"reads: found the names {', '.join(names)}; each read needs a name of its own")
    for before, after in itertools.pairwise(reads):
        if after.dn_per_first_e >= before.dn_per_first_e:
            raise ValueError(
                f"reads {before.name}, {after.name}: found a ratio of {before.dn_per_first_e / after.dn_per_first_e:.3g}; each read "
                "must be less sensitive than the one before; change their order, t_ratio, rel_sensitivity or conversion_dn_per_e"
            )
        if before.photodiode == after.photodiode and before.rel_sensitivity != after.rel_sensitivity:
            raise ValueError(
                f"reads {before.name}, {after.name}: found rel_sensitivity {before.rel_sensitivity:g} and "
                f"{after.rel_sensitivity:g}; both are of photodiode {after.photodiode}, which has one; make them equal"
            )
    top = (1 << merge.linear_bits) - 1
    widest = merged_white_dn(reads, merge, adc_bits, black_dn)
    if widest > top + 0.5:
        black = black_dn * linear_dn_per_e(reads, merge) / first.conversion_dn_per_e
        raise ValueError(
            f"hdr.linear_bits: found {merge.linear_bits}, whose largest value is {top}; the merged reads reach {widest:.0f} "
            f"(black {black:.0f}); raise linear_bits to {math.ceil(math.log2(widest + 1.0))}, or lower linear_dn_per_e"
        )
    _check_output(merge, companding)


def _check_output(merge: Merge, companding: CompandingCurve | None) -> None:
    if companding is None:
        if merge.linear_bits > 16:
            raise ValueError(
                f"companding: found none for {merge.linear_bits} linear bits; a frame holds at most 16; add companding with in_bits "
                f"{merge.linear_bits}"
            )
        return
    if companding.in_bits != merge.linear_bits:
        raise ValueError(
            f"companding.in_bits: found {companding.in_bits}; expected hdr.linear_bits, {merge.linear_bits}"
        )
    try:
        companding.curve()
    except RigError as error:
        raise ValueError(str(error)) from error


def linear_dn_per_e(reads: tuple[Read, ...], merge: Merge) -> float:
    """Merged value per electron of the first read, without gains."""
    return reads[0].conversion_dn_per_e if merge.linear_dn_per_e is None else merge.linear_dn_per_e


def full_scale_e(read: Read, adc_bits: int, black_dn: float) -> float:
    """The read's own electrons at which it stops following the light: its well or the converter's end."""
    return min(read.full_well_e, ((1 << adc_bits) - 1 - black_dn) / read.conversion_dn_per_e)


def merged_white_dn(reads: tuple[Read, ...], merge: Merge, adc_bits: int, black_dn: float) -> float:
    """The merged value, black level included, at which the least sensitive read is full, without gains."""
    last, scale = reads[-1], linear_dn_per_e(reads, merge)
    black = black_dn * scale / reads[0].conversion_dn_per_e
    return black + full_scale_e(last, adc_bits, black_dn) / (last.rel_sensitivity * last.t_ratio) * scale
