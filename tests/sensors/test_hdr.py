"""Merged reads against closed forms: linear across hand-overs (D4), fall of the noise ratio there (D5), range, shared charge."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from sensors.camera_config import CameraConfig
from sensors.chip import Chip, merge_of
from sensors.companding import Companding
from sensors.exposure import Exposure
from sensors.rig import load_rig
from tests.sensors.conftest import flat_light, shrunk

BASE = Exposure(0.001, 1.0, 1.0)
PLAIN = {"prnu_ratio": 0.0, "dsnu_e": 0.0, "column_e": 0.0, "row_temporal_e": 0.0}
KNEES = [[0, 0], [2048, 2048], [16384, 2944], [131072, 3376], [1048575, 4095]]
DARK = {"reference_e_per_s": 0.0}


def exposures(ratio: float = 16.0) -> list[dict[str, object]]:
    """Three exposures of an AR0132-class pixel, one after the other."""
    read = {"full_well_e": 24500.0, "read_noise_e": 2.0, "conversion_dn_per_e": 0.16}
    return [read | {"name": f"T{i + 1}", "t_ratio": ratio**-i, "delay_s": "auto" if i else 0.0} for i in range(3)]


SPLIT = [
    {"name": "LH", "full_well_e": 22000.0, "read_noise_e": 0.83, "conversion_dn_per_e": 0.7265},
    {"name": "LL", "full_well_e": 22000.0, "read_noise_e": 3.05, "conversion_dn_per_e": 0.178},
    {"name": "SH", "full_well_e": 7900.0, "read_noise_e": 0.83, "conversion_dn_per_e": 2.03}
    | {"photodiode": "S", "rel_sensitivity": 0.01},
    {"name": "SL", "full_well_e": 7900.0, "read_noise_e": 2.96, "conversion_dn_per_e": 0.497}
    | {"photodiode": "S", "rel_sensitivity": 0.01},
]
"""Two photodiodes, each converted twice."""


def config_of(reads: list[dict[str, object]] | None = None, **sensor: object) -> CameraConfig:
    """160 x 160 pixels without a fixed pattern, of which `reads` are merged to 20 bits."""
    data = shrunk(load_rig("tesla_hw3_like").cameras[0], 8).model_dump()
    for name in ("full_well_e", "read_noise_e", "conversion_dn_per_e"):
        del data["sensor"][name]
    base = {"fixed_pattern": PLAIN, "dark_current": DARK, "width_px": 160, "height_px": 160, "hdr": {"linear_bits": 20}}
    base["companding"] = {"in_bits": 20, "out_bits": 12, "knees": KNEES}
    data["sensor"].update(base | {"reads": exposures() if reads is None else reads} | sensor)
    return CameraConfig.model_validate(data)


def chip_of(config: CameraConfig, seed: int = 1, threads: int = 1) -> Chip:
    flat = np.ones((config.sensor.height_px, config.sensor.width_px), np.float32)
    return Chip(config, flat, seed, threads)


def at(chip: Chip, electrons: float, frame: int = 0, exposure: Exposure = BASE) -> np.ndarray:
    """Merged values without black level, in electrons of the first read, for these mean electrons everywhere."""
    chip.electrons[:] = electrons
    chip.read_out(exposure, frame)
    merge = merge_of(chip.config.sensor)
    return (chip.linear.astype(np.float64) - merge.black_dn) / merge.linear_dn_per_e(exposure.analog_gain)


@pytest.mark.parametrize(
    "reads", [exposures(), exposures(8.0), SPLIT], ids=["three exposures", "ratio 8", "split pixel"]
)
def test_linear_across_every_hand_over(reads):
    """D4: from 100 electrons to the end of the last read, the mean is the light within 1 %."""
    chip = chip_of(config_of(reads))
    for electrons in np.geomspace(100.0, 0.97 * chip.config.sensor.saturation_e, 40):
        assert at(chip, float(electrons)).mean() == pytest.approx(electrons, rel=0.01)


def test_linearity_check_notices_two_percent():
    chip = chip_of(config_of())
    assert at(chip, 1.02e5).mean() != pytest.approx(1e5, rel=0.01)


def noise_ratio_db(chip: Chip, electrons: float) -> float:
    values = np.concatenate([at(chip, electrons, frame).ravel() for frame in range(4)])
    return 20.0 * math.log10(values.mean() / values.std())


@pytest.mark.parametrize("ratio", [8.0, 16.0])
def test_noise_ratio_falls_by_the_exposure_ratio_at_the_hand_over(ratio: float):
    """D5: 10 log10 r dB within 0.5 dB where shot noise rules."""
    chip = chip_of(config_of(exposures(ratio)))
    below, above = noise_ratio_db(chip, 0.85 * 24500.0), noise_ratio_db(chip, 0.95 * 24500.0)
    # the brighter side has 12 % more light
    expected = 10.0 * math.log10(ratio) - 10.0 * math.log10(0.95 / 0.85)
    # beside shot noise: read noise and the converter's steps of 1 / 0.16 e-
    electrons = 0.95 * 24500.0 / ratio
    expected += 10.0 * math.log10((electrons + 4.0 + 1.0 / 12.0 / 0.16**2) / electrons)
    assert below - above == pytest.approx(expected, abs=0.5)


def test_two_conversions_of_one_charge_share_its_shot_noise():
    """The noise ratio does not fall where only the conversion gain changes, and the two reads of a charge move together."""
    chip = chip_of(config_of(SPLIT))
    first_e = 0.9 * 3927.0 / 0.7265
    below, above = noise_ratio_db(chip, 0.95 * first_e), noise_ratio_db(chip, 1.05 * first_e)
    assert above - below == pytest.approx(10.0 * math.log10(1.05 / 0.95), abs=0.15)
    high, low = (single_values(chip.config, name) for name in ("LH", "LL"))
    # independent draws would be uncorrelated; shared ones differ by read noise and the converters' steps alone
    assert np.corrcoef(high, low)[0, 1] > 0.98
    assert abs(np.corrcoef(high, single_values(chip.config, "SH"))[0, 1]) < 0.05


def single_values(config: CameraConfig, name: str) -> np.ndarray:
    """Values of one read of a merge in which the reads before it are never taken, and itself always."""
    reads = [read.model_dump() for read in config.sensor.reads]
    index = [read["name"] for read in reads].index(name)
    merged = config_of(reads[: index + 1])
    chip = chip_of(merged)
    level = {"LH": 3000.0, "LL": 3000.0, "SH": 3000.0}[name]
    chip.electrons[:] = level
    table = merge_of(merged.sensor).table(BASE)
    # a hand-over below every value: the kernel goes on to the last read
    table[:-1, 7] = 0.0
    from sensors.kernels import hdr as kernels

    merge = merge_of(merged.sensor)
    fixed = chip._fixed
    linear, raw = np.zeros((160, 160), np.uint32), np.zeros((160, 160), np.uint16)
    from sensors.chip import normal_quantiles

    places, none = merge.places([0] * (index + 1)), np.zeros((0, 2))
    constant = (places, fixed.prnu, fixed.offset_e, merge.levels(), none, normal_quantiles(), True)
    kernels.merge(chip._planes, table, *constant, *fixed.key, 0, 0, 160, linear, raw)
    return linear.astype(np.float64).ravel()


@pytest.mark.parametrize("reads", [exposures(), SPLIT], ids=["three exposures", "split pixel"])
def test_the_range_is_the_last_reads_end_over_the_first_reads_noise(reads):
    chip = chip_of(config_of(reads))
    merge = merge_of(chip.config.sensor)
    top = at(chip, 1e9)
    assert top.min() == top.max() == pytest.approx(chip.config.sensor.saturation_e, rel=2e-3)
    assert chip.white_level_dn(BASE) == pytest.approx(chip.linear[0, 0], rel=2e-3)
    # the noise in the dark, seen through the noise of a little light: by itself it would hide in the converter's steps
    sigma_e = math.sqrt(np.mean([at(chip, 20.0, i).var() for i in range(16)]) - 20.0)
    measured = 20.0 * math.log10(top.mean() / sigma_e)
    assert measured == pytest.approx(merge.dynamic_range_db(), abs=1.0)
    assert 117.0 < merge.dynamic_range_db() < 130.0


def test_noise_in_the_dark_keeps_its_sign():
    """A merged value that stopped at zero would lift the night's black."""
    for reads in (exposures(), SPLIT):
        dark = at(chip_of(config_of(reads)), 0.0)
        assert abs(dark.mean()) < 0.02 and dark.min() < -1.0


def test_raw_is_the_companded_merge():
    chip = chip_of(config_of())
    chip.electrons[:] = np.geomspace(1.0, 8e6, 160)
    raw = chip.read_out(BASE, 0)
    curve = Companding(KNEES, 20, 12)
    assert np.array_equal(raw, curve.compress(chip.linear))
    assert raw.max() > 4000 and chip.black_level_dn == 168.0


def test_every_linear_value_is_companded_as_in_whole_numbers():
    from sensors.kernels import hdr as kernels

    values = np.arange(0, 1 << 20, 16, dtype=np.uint32).reshape(-1, 256)
    values += np.arange(len(values), dtype=np.uint32)[:, None] % 16
    out = np.zeros(values.shape, np.uint16)
    for row in range(0, len(values), 7):
        kernels.compand_row(values[row], np.array(KNEES, np.float64), out[row])
        assert np.array_equal(out[row], Companding(KNEES, 20, 12).compress(values[row]))


def test_gain_shortens_the_range_of_the_reads_that_it_acts_on():
    """In the first read's DN gain multiplies the merged value; counted in electrons it stays, and a read of fixed gain its end."""
    gained = Exposure(0.001, 4.0, 3.0)
    chip = chip_of(config_of())
    assert at(chip, 5e4, exposure=gained).mean() == pytest.approx(5e4, rel=0.01)
    assert chip.white_level_dn(gained) == pytest.approx(168 + 3927 * 256, rel=1e-3)
    fixed = [read | {"fixed_gain": read["name"][0] == "S"} for read in SPLIT]
    counted = {"linear_bits": 20, "linear_dn_per_e": 1.0}
    for reads, end_e in ((SPLIT, 790e3 / 4.0), (fixed, 790e3)):
        chip = chip_of(config_of(reads, hdr=counted))
        for electrons in (500.0, 4000.0, 1e5, 0.95 * end_e):
            chip.electrons[:] = electrons
            chip.read_out(gained, 0)
            black = 168.0 / 0.7265
            assert chip.linear.mean() - black == pytest.approx(electrons, rel=0.01)
        assert chip.white_level_dn(gained) - black == pytest.approx(end_e, rel=0.005)


def test_windows_follow_one_another_or_coincide():
    windows = chip_of(config_of()).windows(Exposure(0.016, 1.0, 1.0))
    assert [w.duration_s for w in windows] == pytest.approx([0.016, 0.001, 0.0000625])
    assert [w.middle_s for w in windows] == pytest.approx([0.0, 0.0085, 0.00903125])
    assert config_of().sensor.later_reads_s(0.016) == pytest.approx(0.0010625)
    split = chip_of(config_of(SPLIT)).windows(Exposure(0.016, 1.0, 1.0))
    assert len(split) == 4 and len(set(split)) == 1 and split[0].middle_s == 0.0
    assert config_of(SPLIT).sensor.later_reads_s(0.016) == 0.0


def test_each_read_sees_the_light_of_its_own_window():
    config = config_of(noise="off")
    chip = chip_of(config)
    bright, dim = flat_light(config, 4.0e5), flat_light(config, 2.0e5)
    chip.collect([bright, bright, bright], 0.001)
    assert len(chip._planes) == 1
    raw = chip.read_out(BASE, 0)
    chip.collect(bright, 0.001)
    assert np.array_equal(chip.read_out(BASE, 0), raw)
    of_third = chip.linear[1, 0] - 168.0
    chip.collect([bright, bright, dim], 0.001)
    chip.read_out(BASE, 0)
    assert chip.linear[1, 0] - 168.0 == pytest.approx(of_third / 2.0, rel=0.01)
    with pytest.raises(ValueError, match="found 2 pictures; expected one, or one for each of 3 reads"):
        chip.collect([bright, dim], 0.001)


def test_each_photodiode_has_a_pattern_of_its_own():
    """PRNU and hot pixels of the large photodiode are not the small one's."""
    chip = chip_of(config_of(SPLIT, fixed_pattern=PLAIN | {"prnu_ratio": 0.05}))
    large = np.mean([at(chip, 15000.0, i) for i in range(8)], axis=0)
    small = np.mean([at(chip, 600000.0, i) for i in range(8)], axis=0)
    assert large.std() / large.mean() == pytest.approx(0.05, rel=0.05)
    assert small.std() / small.mean() == pytest.approx(0.05, rel=0.05)
    assert abs(np.corrcoef(large.ravel(), small.ravel())[0, 1]) < 0.05


def test_dark_current_grows_with_each_reads_time_and_ratio():
    reads = exposures(4.0)
    chip = chip_of(config_of(reads, dark_current={"reference_e_per_s": 1e6, "reference_c": 45.0}))
    # 20 000 dark electrons in 20 ms, in every read's own time: merged as light of 20 000 electrons
    assert at(chip, 0.0, exposure=Exposure(0.02, 1.0, 1.0)).mean() == pytest.approx(20000.0, rel=0.01)
    assert at(chip, 1e5, exposure=Exposure(0.02, 1.0, 1.0)).mean() == pytest.approx(1.2e5, rel=0.01)
    dark = {"reference_e_per_s": 1e5, "reference_c": 45.0}
    chip = chip_of(config_of(SPLIT[:1], hdr={"linear_bits": 12}, companding=None, dark_current=dark))
    assert at(chip, 0.0, exposure=Exposure(0.02, 1.0, 1.0)).mean() == pytest.approx(2000.0, rel=0.01)


@pytest.mark.parametrize("mean_e", [0.0, 0.3, 1.0, 5.0, 50.0])
@pytest.mark.parametrize("read_noise_e", [0.7, 2.0])
def test_distribution_is_poisson_plus_normal(mean_e: float, read_noise_e: float):
    """A3, for reads that see single electrons: Kolmogorov-Smirnov distance at most 0.004, variance within 0.6 %, skewness 0.02."""
    read = {"name": "only", "full_well_e": 22000.0, "read_noise_e": read_noise_e, "conversion_dn_per_e": 6.0}
    hdr = {"linear_bits": 12, "threshold": 1.0}
    chip = chip_of(config_of([read], hdr=hdr, companding=None))
    ours = np.concatenate([at(chip, mean_e, i).ravel() for i in range(24)])
    rng = np.random.default_rng(5)
    exact = np.rint((rng.poisson(mean_e, ours.size) + rng.normal(0.0, read_noise_e, ours.size)) * 6.0) / 6.0
    assert stats.ks_2samp(ours, exact).statistic <= 0.004
    variance = mean_e + read_noise_e**2
    assert ours.var() == pytest.approx(variance + 1.0 / 12.0 / 36.0, rel=0.006)
    assert stats.skew(ours) == pytest.approx(mean_e / variance**1.5, abs=0.02)


def test_the_distribution_check_notices_one_electron_in_twenty():
    read = {"name": "only", "full_well_e": 22000.0, "read_noise_e": 0.7, "conversion_dn_per_e": 6.0}
    chip = chip_of(config_of([read], hdr={"linear_bits": 12, "threshold": 1.0}, companding=None))
    ours = np.concatenate([at(chip, 0.95, i).ravel() for i in range(24)])
    rng = np.random.default_rng(5)
    exact = np.rint((rng.poisson(1.0, ours.size) + rng.normal(0.0, 0.7, ours.size)) * 6.0) / 6.0
    assert stats.ks_2samp(ours, exact).statistic > 0.01


def test_full_wells_spill_into_their_neighbours():
    """Blooming: a pixel far beyond its well gives each neighbour a quarter of the share; the same off gives nothing."""
    config = config_of(noise="off", blooming_ratio=0.01)
    chip = chip_of(config)
    chip.electrons[:] = 100.0
    chip.electrons[80, 80] = 24500.0 + 40000.0
    chip.read_out(BASE, 0)
    spilt = (chip.linear.astype(float) - 168.0) / 0.16
    assert spilt[80, 81] - spilt[10, 10] == pytest.approx(100.0, abs=4.0)
    assert spilt[81, 81] == spilt[10, 10]
    plain = chip_of(shrunk(load_rig("tesla_hw3_like").cameras[0], 8, noise="off", blooming_ratio=0.01))
    plain.electrons[:] = 100.0
    plain.electrons[50, 50] = 24500.0 + 40000.0
    raw = plain.read_out(BASE, 0).astype(int)
    assert raw[50, 51] - raw[10, 10] == 16 and raw[51, 51] == raw[10, 10]


def test_same_seed_same_values_at_any_thread_count_and_other_frames_others():
    config = config_of(SPLIT, fixed_pattern={"prnu_ratio": 0.01, "dsnu_e": 1.0, "column_e": 0.3, "row_temporal_e": 0.5})
    light = np.geomspace(1.0, 1e6, 160).astype(np.float32)

    def take(seed: int, threads: int, frame: int) -> np.ndarray:
        chip = chip_of(config, seed, threads)
        chip.electrons[:] = light
        return chip.read_out(BASE, frame)

    reference = take(1, 1, 0)
    for threads in (2, 3):
        assert np.array_equal(take(1, threads, 0), reference)
    assert (take(1, 1, 1) == reference).mean() < 0.5
    assert (take(2, 1, 0) == reference).mean() < 0.5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hdr": {"linear_bits": 16}}, r"linear_bits: found 16, .* raise linear_bits to 20"),
        ({"reads": exposures(1.0)}, "ratio of 1; each read must be less sensitive"),
        ({"hdr": {"linear_bits": 20, "threshold": 1.5}}, "hdr.threshold"),
        ({"hdr": None}, "hdr: found nothing for 3 reads"),
        ({"companding": None}, "found none for 20 linear bits"),
        (
            {"companding": {"in_bits": 16, "out_bits": 12, "knees": [[0, 0], [65535, 4095]]}},
            "expected hdr.linear_bits, 20",
        ),
        ({"companding": {"in_bits": 20, "out_bits": 12, "knees": [[0, 0], [9, 9]]}}, "found knees from"),
        ({"read_noise_e": 3.0}, "read_noise_e: found 3, and 2 for the first read"),
        ({"reads": [*exposures()[:2], exposures()[1] | {"t_ratio": 0.001}]}, "found the names T1, T2, T2"),
        ({"reads": exposures()[1:]}, "the first read is the measure of the others"),
        ({"reads": []}, "hdr: found without reads|full_well_e"),
        ({"reads": [SPLIT[0], SPLIT[1] | {"rel_sensitivity": 0.5}]}, "both are of photodiode L, which has one"),
    ],
)
def test_reads_that_cannot_be_merged_are_refused(change, words):
    with pytest.raises(ValidationError) as caught:
        config_of(**change)
    assert re.search(words, str(caught.value).replace("\n", " ")), str(caught.value)
