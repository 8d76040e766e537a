"""Hot, dead and telegraph pixels: how many, how strong, with temperature, and that a chip without them is as before."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.chip import Chip
from sensors.exposure import Exposure
from sensors.rig import load_rig
from tests.sensors.conftest import shrunk

LONG = Exposure(0.02, 1.0, 1.0)
QUIET = {"prnu_ratio": 0.0, "dsnu_e": 0.0, "column_e": 0.0, "row_temporal_e": 0.0}


def chip_with(seed: int = 1, **defects: float) -> Chip:
    config = shrunk(load_rig("tesla_hw3_like").cameras[0], 4, fixed_pattern=QUIET, defects=defects, full_well_e=1e6)
    return Chip(config, np.ones((240, 320), np.float32), seed, 1)


def dark(chip: Chip, frame: int = 0) -> np.ndarray:
    chip.electrons[:] = 0.0
    return chip.read_out(LONG, frame).astype(np.float64) - 168.0


def test_hot_pixels_have_their_share_and_their_median():
    chip = chip_with(hot_ppm=2000.0, hot_e_per_s=5.0e5, hot_spread=0.5)
    picture = dark(chip)
    assert len(chip.defects.hot) == round(2e-3 * 320 * 240)
    hot = np.zeros(picture.size, bool)
    hot[chip.defects.hot] = True
    # 45 degrees is 15 K below the reference: 2 to the power of -15/8
    expected_dn = 5.0e5 * 2.0 ** (-15.0 / 8.0) * 0.02 * 0.16
    assert np.median(picture.ravel()[hot]) == pytest.approx(expected_dn, rel=0.15)
    assert np.abs(picture.ravel()[~hot]).max() < 10.0
    assert chip.electrons.max() == 0.0


def test_hot_pixels_double_with_the_temperature():
    chip = chip_with(hot_ppm=2000.0, hot_e_per_s=5.0e5, hot_spread=0.0)
    cool = dark(chip).ravel()[chip.defects.hot].mean()
    sensor = chip.config.sensor.model_copy(update={"temperature_c": 53.0})
    chip.config = chip.config.model_copy(update={"sensor": sensor})
    assert dark(chip).ravel()[chip.defects.hot].mean() == pytest.approx(2.0 * cool, rel=0.02)


def test_dead_pixels_see_nothing():
    chip = chip_with(dead_ppm=1000.0)
    chip.electrons[:] = 10_000.0
    picture = chip.read_out(LONG, 0).ravel().astype(np.float64) - 168.0
    assert len(chip.defects.dead) == 77
    assert np.abs(picture[chip.defects.dead]).max() < 10.0
    assert (picture < 800.0).sum() == 77


def test_telegraph_pixels_jump_between_two_levels():
    chip = chip_with(telegraph_ppm=3000.0, telegraph_e=200.0)
    frames = np.stack([dark(chip, i).ravel()[chip.defects.telegraph] for i in range(40)])
    assert np.abs(np.abs(frames) - 100.0 * 0.16).max() < 3.0
    up = (frames > 0.0).mean()
    assert up == pytest.approx(0.5, abs=5.0 * 0.5 / np.sqrt(frames.size))
    assert np.abs(np.mean((frames[1:] > 0) == (frames[:-1] > 0)) - 0.5) < 0.05


def test_same_seed_same_defects_and_another_chip_has_others():
    asked = {"hot_ppm": 500.0, "dead_ppm": 500.0, "telegraph_ppm": 500.0, "telegraph_e": 20.0}
    assert np.array_equal(dark(chip_with(1, **asked)), dark(chip_with(1, **asked)))
    assert not np.array_equal(chip_with(1, **asked).defects.hot, chip_with(2, **asked).defects.hot)


def test_a_chip_without_defects_is_untouched():
    assert chip_with().defects.empty
    assert np.array_equal(dark(chip_with()), dark(chip_with(telegraph_ppm=3000.0, telegraph_e=0.0)))
