"""Companding curves: exact at the knees, within half a step everywhere, noise below the light's own, refused where they fold."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from sensors.chip import merge_of
from sensors.companding import NOISE_SHARE, Companding
from sensors.config.reads import full_scale_e
from sensors.rig import load_rig
from sim.base.errors import RigError

KNEES = [(0, 0), (2048, 2048), (16384, 2944), (131072, 3376), (1048575, 4095)]


def test_all_codes_come_back_exactly():
    """D6: companding what was expanded gives the same code, for every code."""
    curve = Companding(KNEES, 20, 12)
    codes = np.arange(4096)
    assert np.array_equal(curve.compress(curve.expand(codes)), codes)


def test_every_linear_value_comes_back_within_half_a_step():
    curve = Companding(KNEES, 20, 12)
    linear = np.arange(1 << 20)
    companded = curve.compress(linear)
    assert np.array_equal(np.unique(companded), np.arange(4096))
    assert (np.diff(companded.astype(np.int64)) >= 0).all()
    error = np.abs(curve.expand(companded).astype(np.int64) - linear)
    for (x0, y0), (x1, y1) in itertools.pairwise(KNEES):
        assert error[x0 : x1 + 1].max() <= 0.5 * (x1 - x0) / (y1 - y0) + 0.5


def test_knees_are_exact():
    curve = Companding(KNEES, 20, 12)
    assert curve.compress(np.array([x for x, _ in KNEES])).tolist() == [y for _, y in KNEES]
    assert curve.compress(np.array([1 << 22])).tolist() == [4095]


def test_rounding_stays_below_the_noise_of_the_light():
    """Three exposures of ratio 16 at 0.16 DN/e-: the curve of camera-facts adds at most 0.6 of the noise; a coarser one more."""

    def sigma_dn(x: float) -> float:
        k, well_dn = 0.16, 0.9 * 3920.0
        ratio = 1.0 if x < well_dn else (16.0 if x < 16.0 * well_dn else 256.0)
        electrons = x / k / ratio
        return math.sqrt(electrons + 4.0 + 1.0 / 12.0 / k**2) * k * ratio

    assert Companding(KNEES, 20, 12).worst_noise_share(sigma_dn)[0] <= NOISE_SHARE
    coarse = [(0, 0), (256, 256), (1048575, 4095)]
    share, where = Companding(coarse, 20, 12).worst_noise_share(sigma_dn)
    assert share > NOISE_SHARE and where == 256


@pytest.mark.parametrize(
    ("knees", "words"),
    [
        ([(0, 0), (2048, 2048), (16384, 2000), (1048575, 4095)], r"\(16384, 2000\) after \(2048, 2048\); the curve must grow"),
        ([(0, 0), (2048, 2048), (2048, 3000), (1048575, 4095)], "the curve must grow"),
        ([(0, 0), (1048575, 4000)], r"the last \(1048575, 4095\)"),
        ([(0, 1), (1048575, 4095)], r"first to be \(0, 0\)"),
        ([(0, 0), (16384, 1024), (18000, 2640), (1048575, 4095)], "at least as coarse"),
        ([(0, 0), (100, 200), (1048575, 4095)], "from 1 on"),
    ],
)  # fmt: skip
def test_curves_that_are_none_are_refused(knees, words):
    with pytest.raises(RigError, match=words):
        Companding(knees, 20, 12)


@pytest.mark.parametrize("name", ["imx490_class", "imx728_class", "svc_fisheye_190", "tesla_hw3_hdr"])
def test_presets_curves_lose_nothing_but_noise(name: str):
    """Rounding stays below NOISE_SHARE of the noise of the read that is taken at each piece's beginning."""
    sensor = load_rig(name).cameras[0].sensor
    merge, curve = merge_of(sensor), sensor.companding.curve()

    def sigma_dn(value: float) -> float:
        electrons = max(value - merge.black_dn, 0.0) / merge.linear_dn_per_e(1.0)
        for read in sensor.reads:
            share = read.rel_sensitivity * read.t_ratio
            end_e = sensor.hdr.threshold * full_scale_e(read, sensor.adc_bits, sensor.black_level_dn)
            if electrons * share < end_e or read is sensor.reads[-1]:
                noise2 = electrons * share + read.read_noise_e**2 + 1.0 / 12.0 / read.conversion_dn_per_e**2
                return math.sqrt(noise2) / share * merge.linear_dn_per_e(1.0)
        raise AssertionError

    assert curve.worst_noise_share(sigma_dn)[0] <= NOISE_SHARE
