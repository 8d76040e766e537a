"""The chip against closed forms: absolute exposure (E1), photon transfer (A1), distribution (A3), whiteness (A4), wells (A2)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sensors.camera_config import CameraConfig
from sensors.chip import Chip
from sensors.exposure import Exposure
from sensors.kernels import photons
from sensors.rig import load_rig
from tests.sensors.conftest import flat_light, shrunk

PLAIN = {"prnu_ratio": 0.0, "dsnu_e": 0.0, "column_e": 0.0, "row_temporal_e": 0.0}
BASE = Exposure(0.001, 1.0, 1.0)


def chip_of(config: CameraConfig, seed: int = 1, threads: int = 1) -> Chip:
    flat = np.ones((config.sensor.height_px, config.sensor.width_px), np.float32)
    return Chip(config, flat, seed, threads)


def config_of(**sensor: object) -> CameraConfig:
    base = load_rig("fast_640").cameras[0]
    return shrunk(base, 2, **({"fixed_pattern": PLAIN} | sensor))


def frames_at(chip: Chip, mean_e: float, count: int, exposure: Exposure = BASE) -> np.ndarray:
    chip.electrons[:] = mean_e
    return np.stack([chip.read_out(exposure, i) for i in range(count)]).astype(np.float64)


def test_philox_gives_the_published_vectors():
    """Known answers of Random123 (Salmon et al., SC 2011) for philox4x32-10."""
    full = 0xFFFFFFFF
    pi = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0)
    known = {
        (0, 0, 0, 0, 0, 0): (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
        (full,) * 6: (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        pi: (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    }
    for counter_key, words in known.items():
        assert tuple(int(w) for w in photons.philox_words(*counter_key)) == words


@pytest.mark.parametrize("luminance_cd_m2", [50.0, 400.0, 2000.0])
def test_absolute_exposure_is_the_camera_equation(luminance_cd_m2: float):
    """E1: mean DN = black + K * k_e * (pi/4) tau L / N² * T * A, by hand, within 1 % (noise on)."""
    config = config_of()
    chip = chip_of(config)
    chip.collect(flat_light(config, luminance_cd_m2), BASE.exposure_s)
    raw = chip.read_out(BASE, 0).astype(np.float64)
    lux = math.pi / 4.0 * (0.90 * 0.78) * luminance_cd_m2 / 2.0**2
    for (row, column), yield_e in {(0, 0): 1521.0, (0, 1): 2327.0, (1, 1): 1775.0}.items():
        expected_dn = lux * 0.001 * yield_e * 7.5**2 * 0.0838
        dark_dn = 240.0 * 2.0 ** (-15.0 / 8.0) * 0.001 * 0.0838
        assert raw[row::2, column::2].mean() - 168.0 - dark_dn == pytest.approx(expected_dn, rel=0.01)


def test_absolute_exposure_check_notices_three_percent():
    config = config_of()
    chip = chip_of(config)
    chip.collect(flat_light(config, 1000.0), BASE.exposure_s)
    right = chip.read_out(BASE, 0)[0::2, 1::2].mean() - 168.0
    chip.collect(flat_light(config, 1030.0), BASE.exposure_s)
    assert chip.read_out(BASE, 0)[0::2, 1::2].mean() - 168.0 != pytest.approx(right, rel=0.01)


def test_photon_transfer_slope_is_the_conversion_gain():
    """A1: variance over mean above dark is K within 0.5 %; the dark variance is K² sigma² + 1/12 within 1 %."""
    gain = Exposure(0.001, 4.0, 1.0)
    chip = chip_of(config_of(conversion_dn_per_e=0.25, read_noise_e=3.0, dark_current={"reference_e_per_s": 0.0}))
    means, variances = [], []
    for level in (0.0, 100.0, 400.0, 1000.0, 2000.0, 3000.0):
        frames = frames_at(chip, level, 16, gain)
        means.append(frames.mean())
        variances.append(frames.var(axis=0, ddof=1).mean())
    slope = np.polyfit(np.array(means) - means[0], np.array(variances) - variances[0], 1)[0]
    assert slope == pytest.approx(1.0, rel=0.005)
    assert variances[0] == pytest.approx(9.0 + 1.0 / 12.0, rel=0.01)


def test_photon_transfer_notices_a_gain_off_by_two_percent():
    chip = chip_of(config_of(conversion_dn_per_e=1.02, full_well_e=3000.0, dark_current={"reference_e_per_s": 0.0}))
    dark, bright = frames_at(chip, 0.0, 16), frames_at(chip, 2000.0, 16)
    slope = (bright.var(axis=0).mean() - dark.var(axis=0).mean()) / (bright.mean() - dark.mean())
    assert slope != pytest.approx(1.0, rel=0.005)


@pytest.mark.parametrize("mean_e", [0.0, 0.5, 2.0, 5.0, 20.0, 200.0])
@pytest.mark.parametrize("read_noise_e", [0.83, 2.0])
def test_distribution_is_poisson_plus_normal(mean_e: float, read_noise_e: float):
    """A3: Kolmogorov-Smirnov distance to exact Poisson plus normal at most 0.006; skewness within 0.02, variance 0.5 %."""
    config = config_of(
        conversion_dn_per_e=4.0,
        read_noise_e=read_noise_e,
        adc_bits=16,
        black_level_dn=200.0,
        dark_current={"reference_e_per_s": 0.0},
    )
    ours = (frames_at(chip_of(config), mean_e, 10).ravel() - 200.0) / 4.0
    rng = np.random.default_rng(5)
    exact = np.rint((rng.poisson(mean_e, ours.size) + rng.normal(0.0, read_noise_e, ours.size)) * 4.0) / 4.0
    assert stats.ks_2samp(ours, exact).statistic <= 0.006
    variance = mean_e + read_noise_e**2
    assert ours.var() == pytest.approx(variance + 1.0 / 12.0 / 16.0, rel=0.006)
    assert stats.skew(ours) == pytest.approx(mean_e / variance**1.5, abs=0.03)


def test_noise_is_white_in_space_and_time():
    """A4: correlations between neighbours, blocks and frames stay below 5 / sqrt(N)."""
    frames = frames_at(chip_of(config_of()), 4000.0, 12)
    noise = frames - frames.mean()
    limit = 5.0 / math.sqrt(noise.size)

    def correlation(a: np.ndarray, b: np.ndarray) -> float:
        return abs(float((a * b).mean() / noise.var()))

    for rows, columns in ((0, 1), (1, 0), (1, 1), (0, 8)):
        shifted = noise[:, rows:, columns:]
        assert correlation(shifted, noise[:, : noise.shape[1] - rows, : noise.shape[2] - columns]) <= limit
    assert correlation(noise[1:], noise[:-1]) <= limit


def test_same_bytes_at_any_thread_count_and_other_bytes_otherwise():
    """A5: row bands change nothing; another frame, seed or camera changes everything."""
    config = config_of(fixed_pattern={"prnu_ratio": 0.01, "dsnu_e": 1.0, "column_e": 0.3, "row_temporal_e": 0.5})
    light = np.random.default_rng(0).uniform(0.0, 800.0, (240, 320, 3)).astype(np.float32)

    def take(seed: int, threads: int, frame: int, name: str = "front") -> np.ndarray:
        chip = chip_of(config.model_copy(update={"name": name}), seed, threads)
        chip.collect(light, 0.001)
        return chip.read_out(BASE, frame)

    reference = take(1, 1, 0)
    for threads in (2, 3, 7):
        assert np.array_equal(take(1, threads, 0), reference)
    for other in (take(1, 1, 1), take(2, 1, 0), take(1, 1, 0, "rear")):
        assert (other == reference).mean() < 0.3


def test_full_well_and_converter_saturate():
    chip = chip_of(config_of())
    assert frames_at(chip, 1e6, 1).min() == round(46800 * 0.0838) + 168
    assert frames_at(chip, 1e6, 1, Exposure(0.001, 2.0, 1.0)).min() == 4095
    assert chip.white_level_dn(BASE) == pytest.approx(168 + 46800 * 0.0838)
    assert chip.white_level_dn(Exposure(0.001, 2.0, 1.0)) == 4095


def test_gains_multiply_the_signal():
    chip = chip_of(config_of(noise="off", dark_current={"reference_e_per_s": 0.0}))
    base = frames_at(chip, 2000.0, 1).mean() - 168.0
    assert frames_at(chip, 2000.0, 1, Exposure(0.001, 4.0, 1.0)).mean() - 168.0 == pytest.approx(4.0 * base, rel=0.005)
    assert frames_at(chip, 2000.0, 1, Exposure(0.001, 1.0, 4.0)).mean() - 168.0 == pytest.approx(4.0 * base, abs=0.5)


def test_fixed_pattern_has_the_stated_spread():
    pattern = {"prnu_ratio": 0.02, "dsnu_e": 8.0, "column_e": 0.0, "row_temporal_e": 0.0}
    chip = chip_of(config_of(fixed_pattern=pattern, conversion_dn_per_e=0.5, adc_bits=16, read_noise_e=2.0))
    dark = frames_at(chip, 0.0, 24).mean(axis=0) / 0.5
    bright = frames_at(chip, 20000.0, 24).mean(axis=0) / 0.5 - dark
    assert dark.std() == pytest.approx(math.hypot(8.0, 2.0 / math.sqrt(24)), rel=0.03)
    assert bright.std() / bright.mean() == pytest.approx(0.02, rel=0.03)


def test_dark_current_doubles_with_temperature():
    def dark_e(temperature_c: float) -> float:
        dark = {"reference_e_per_s": 4.0e4, "reference_c": 60.0, "doubling_c": 8.0}
        chip = chip_of(config_of(temperature_c=temperature_c, dark_current=dark))
        return (frames_at(chip, 0.0, 4, Exposure(0.02, 1.0, 1.0)).mean() - 168.0) / 0.0838

    assert dark_e(60.0) == pytest.approx(800.0, rel=0.01)
    assert dark_e(68.0) / dark_e(60.0) == pytest.approx(2.0, rel=0.01)
