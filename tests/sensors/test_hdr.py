"""Merged exposures against closed forms: linearity across hand-overs (D4), the fall of the noise ratio there (D5), range, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sensors.chip import normal_quantiles
from sensors.hdr import HdrReadout, Read
from sim.base.errors import RigError


def readout(ratio: float = 16.0, **changes: float) -> HdrReadout:
    """Three exposures of an AR0132-class pixel."""
    reads = tuple(Read(f"T{i + 1}", ratio**-i, 24500.0, 2.0, 0.16) for i in range(3))
    values = {"adc_bits": 12, "black_dn": 168.0, "threshold": 0.9, "linear_bits": 20} | changes
    return HdrReadout(reads, **values, key=0x1234_5678_9ABC)


def at(hdr: HdrReadout, electrons: float, frame: int = 0, pixels: int = 160) -> np.ndarray:
    return hdr.read_out(np.full((pixels, pixels), electrons, np.float32), normal_quantiles(), frame).astype(np.float64)


def test_linear_across_every_hand_over():
    """D4: from 20 electrons to the end of the last read, the mean is the light times 0.16 DN/e- within 1 %."""
    hdr = readout()
    for electrons in np.geomspace(100.0, 24000.0 * 256.0, 40):
        assert at(hdr, float(electrons)).mean() == pytest.approx(0.16 * electrons, rel=0.01)


@pytest.mark.parametrize("ratio", [8.0, 16.0])
def test_noise_ratio_falls_by_the_exposure_ratio_at_the_hand_over(ratio: float):
    """D5: 10 log10 r dB within 0.5 dB where shot noise rules."""
    hdr = readout(ratio)

    def ratio_db(electrons: float) -> float:
        values = np.concatenate([at(hdr, electrons, frame).ravel() for frame in range(4)])
        return 20.0 * math.log10(values.mean() / values.std())

    below, above = ratio_db(0.85 * 24500.0), ratio_db(0.95 * 24500.0)
    # the brighter side has 12 % more light
    expected = 10.0 * math.log10(ratio) - 10.0 * math.log10(0.95 / 0.85)
    # beside shot noise: read noise and the converter's steps of 1 / 0.16 e-
    electrons = 0.95 * 24500.0 / ratio
    expected += 10.0 * math.log10((electrons + 4.0 + 1.0 / 12.0 / 0.16**2) / electrons)
    assert below - above == pytest.approx(expected, abs=0.5)


def test_the_range_is_the_last_reads_end_over_the_first_reads_noise():
    hdr = readout()
    top = at(hdr, 1e9)
    assert top.min() == top.max() == pytest.approx(hdr.saturation_dn(), rel=1e-3)
    dark = HdrReadout(hdr.reads, 12, 168.0, 0.9, 20, key=5)
    # noise in the dark, measured on a pedestal of light so that nothing is clipped at zero
    sigma_e = math.sqrt(at(dark, 200.0).var() / 0.16**2 - 200.0)
    measured = 20.0 * math.log10(top.mean() / 0.16 / sigma_e)
    assert measured == pytest.approx(hdr.dynamic_range_db(), abs=1.0)
    assert 125.0 < hdr.dynamic_range_db() < 130.0


def test_two_conversion_gains_of_one_diode_are_merged_by_their_gains():
    reads = (Read("high", 1.0, 22000.0, 0.83, 1.0), Read("low", 1.0, 22000.0, 3.05, 0.17))
    hdr = HdrReadout(reads, 12, 64.0, 0.9, 16, key=1)
    for electrons in (100.0, 3000.0, 5000.0, 20000.0):
        assert at(hdr, electrons).mean() == pytest.approx(electrons, rel=0.01)


def test_same_key_same_values_and_other_frames_others():
    assert np.array_equal(at(readout(), 4e4), at(readout(), 4e4))
    assert (at(readout(), 4e4) == at(readout(), 4e4, frame=1)).mean() < 0.2


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: readout(linear_bits=16), r"linear_bits: found 16, .* raise linear_bits to 20"),
        (lambda: readout(1.0), "ratio of 1; each read must be less sensitive"),
        (lambda: readout(threshold=1.5), "threshold: found 1.5"),
        (lambda: HdrReadout((), 12, 0.0, 0.9, 20, 1), "no reads"),
        (
            lambda: HdrReadout((Read("T1", 1.0, 0.0, 2.0, 0.1),), 12, 0.0, 0.9, 20, 1),
            "read T1: found a value that is not",
        ),
    ],
)
def test_reads_that_cannot_be_merged_are_refused(build, words):
    with pytest.raises(RigError, match=words):
        build()
