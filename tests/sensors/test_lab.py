"""The bench: hidden values stay hidden, the analysis cannot see us, quick sessions find the values, wrong cameras are found out.

Sessions here take the tests that need no laboratory packages; the whole table is run by `sim lab camera`.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sensors.lab import judge, session
from sensors.lab.hidden import displaced, drawn, truth_of
from sensors.lab.plan import QUICK, Effort, plan
from sensors.lab.plan_range import drop_db
from sensors.lab.reads import drawn_whole, one_read
from sensors.lab.report import weak_tests, write_report
from sensors.lab.session import SCRIPTS
from sensors.lab.shoot import Bench
from sensors.rig import load_rig
from sim.base.errors import InputError
from tests.sensors.conftest import shrunk

SMALL = Effort(steps=4, stack=4, views=2, flats=6, white_frames=5)


@pytest.fixture
def small_preset(monkeypatch):
    """The bench, with a preset shrunk to 160 x 120 so that a session takes seconds."""
    rig = load_rig("tesla_hw3_like")
    small = rig.model_copy(update={"cameras": (shrunk(rig.cameras[0], 4),)})
    monkeypatch.setattr(session, "load_rig", lambda name: small)


def test_the_analysis_cannot_import_the_simulator(tmp_path: Path):
    program = (
        f"import runpy, sys; sys.argv = ['analyse.py', {str(tmp_path)!r}]\n"
        f"runpy.run_path({str(SCRIPTS / 'analyse.py')!r}, run_name='__main__')\n"
        "for name in ('sensors.chip', 'sim', 'rendering', 'scenarios'):\n"
        "    try:\n        __import__(name)\n"
        "    except ImportError as error:\n        print(error)\n"
    )
    (tmp_path / "stimulus.json").write_text('{"facts": {}, "frames": []}')
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.count("may not import what it measures") == 4


def test_no_analysis_script_names_the_simulator():
    for script in SCRIPTS.glob("*.py"):
        for line in script.read_text().splitlines():
            if line.startswith(("import ", "from ")):
                assert line.split()[1].split(".")[0] not in ("sim", "sensors", "rendering", "scenarios")


def test_hidden_values_differ_from_the_presets_and_from_each_other():
    nominal = load_rig("tesla_hw3_like").cameras[0]
    first, second = (truth_of(drawn(nominal, np.random.default_rng(i))) for i in (1, 2))
    for name, value in truth_of(nominal).items():
        if value and name not in ("f_number", "illumination_k3"):
            assert first[name] != value and first[name] != second[name], name


def test_the_stimulus_tells_no_hidden_value():
    config = drawn(load_rig("tesla_hw3_like").cameras[0], np.random.default_rng(3))
    facts = plan(config, np.random.default_rng(4), SMALL)["facts"]
    told = {round(value, 9) for value in facts.values() if isinstance(value, float)}
    for name, value in truth_of(config).items():
        assert round(value, 9) not in told or value == 0.0, name


def test_negative_control_is_off_by_three_tolerances():
    config = load_rig("tesla_hw3_like").cameras[0]
    off = truth_of(displaced(config, session._shares(config)))
    for test, name in ((test, name) for test, rows in judge.RELATIVE.items() for name, _ in rows):
        percent = dict(judge.RELATIVE[test])[name]
        assert abs(off[name] / truth_of(config)[name] - 1.0) >= 0.0299 * percent, name


@pytest.mark.slow
def test_a_session_finds_the_values_and_the_wrong_camera(small_preset, tmp_path: Path):
    """A4, A6, C2, D1, E1 with whatever interpreter we run on; the negative control fails in each."""
    rows = session.run_session(
        "tesla_hw3_like", tmp_path, SMALL, seed=11, tests="A4,A5,A6,C2,D1,E1", say=lambda text: None
    )
    measured = {(row.test, row.quantity): row for row in rows}
    assert {test for test, _ in measured} == {"A4", "A5", "A6", "C2", "D1", "E1"}
    for key in (("A6", "dark_doubling_c"), ("C2", "corner illumination"), ("E1", "E1_0.4_green_dn_per_cd_s_m2")):
        assert abs(measured[key].deviation) < 3.0, key
    assert measured["D1", "row_time_s"].passed
    assert measured["A5", "pictures that differ by thread count"].passed
    result = json.loads((tmp_path / "result.json").read_text())
    assert weak_tests(result) == []
    page = write_report(tmp_path).read_text()
    assert "row time s" in page and page.count("<svg") == 3


def test_the_whole_table_has_its_frames():
    config = load_rig("fast_640").cameras[0]
    frames = plan(config, np.random.default_rng(1), QUICK)["frames"]
    assert {frame["test"] for frame in frames} == {"A1", "A2", "A3", "A4", "A5", "A6", "B2", "B4", "C2", "E1", "D6"}
    assert len({frame["file"] for frame in frames}) == len(frames)


def test_a_flat_frame_has_the_electrons_that_its_light_says():
    config = shrunk(load_rig("tesla_hw3_like").cameras[0], 4)
    frame = next(f for f in plan(config, np.random.default_rng(1), SMALL)["frames"] if f["file"] == "A4_0")
    raw = Bench(config, 1).shoot(frame, 0)[0::2, 1::2].mean() - config.sensor.black_level_dn
    sensor = config.sensor
    area = (sensor.pixel_pitch_m * 1e6) ** 2
    electrons = frame["lux"] * frame["exposure_s"] * area * sensor.electrons_per_lux_s_um2.green
    assert raw == pytest.approx(electrons * sensor.conversion_dn_per_e, rel=0.005)


WIDE = ("tesla_hw3_hdr", "imx490_class", "imx728_class", "svc_fisheye_190")


@pytest.mark.parametrize("name", WIDE)
def test_a_read_in_test_mode_is_a_linear_camera(name: str):
    """One read, 12 bits, no companding; a small photodiode's sensitivity is in its yields."""
    config = load_rig(name).cameras[0]
    for read in config.sensor.reads:
        sensor = one_read(config, read.name).sensor
        assert [r.name for r in sensor.reads] == [read.name] and sensor.raw_bits == 12 and sensor.companding is None
        assert sensor.read_noise_e == read.read_noise_e and sensor.conversion_dn_per_e == read.conversion_dn_per_e
        expected = config.sensor.electrons_per_lux_s_um2.green * read.rel_sensitivity
        assert sensor.electrons_per_lux_s_um2.green == pytest.approx(expected)
    assert one_read(load_rig("fast_640").cameras[0]).sensor.reads == ()


@pytest.mark.parametrize("name", WIDE)
def test_hidden_reads_can_still_be_merged(name: str):
    config = load_rig(name).cameras[0]
    for seed in range(8):
        hidden = drawn_whole(config, np.random.default_rng(seed)).sensor
        assert all(a.read_noise_e != b.read_noise_e for a, b in zip(hidden.reads, config.sensor.reads, strict=True))
        assert drawn(one_read(config), np.random.default_rng(seed)).sensor.reads[0].full_well_e != 22000.0


def test_the_fall_at_a_hand_over_is_that_of_shot_noise_and_little_else():
    """10 log10 16 less the light between both measurements, for exposures; next to nothing for two gains of one charge."""
    exposures, split = (load_rig(name).cameras[0] for name in ("tesla_hw3_hdr", "imx490_class"))
    between_db = 10.0 * math.log10(1.07 / 0.93)
    assert drop_db(exposures, 0) == pytest.approx(10.0 * math.log10(16.0) - between_db, abs=0.3)
    assert drop_db(split, 0) == pytest.approx(-between_db, abs=0.1)
    assert drop_db(split, 1) == pytest.approx(20.0 - between_db, abs=0.3)


@pytest.mark.slow
def test_the_merge_is_measured_and_a_lamp_that_flickers_between_exposures_found_out(tmp_path: Path):
    """D4 and D5 with whatever interpreter we run on."""
    rows = session.run_session("tesla_hw3_hdr", tmp_path, SMALL, seed=5, tests="D4,D5", say=lambda text: None)
    assert [row.test for row in rows] == ["D4", "D4", "D5", "D5"] and all(row.passed for row in rows)
    assert weak_tests(json.loads((tmp_path / "result.json").read_text())) == []


def test_unknown_tests_and_missing_sessions_are_named(small_preset, tmp_path: Path):
    with pytest.raises(InputError, match="found Z9; known are A1"):
        session.run_session("tesla_hw3_like", tmp_path, SMALL, seed=1, tests="Z9", say=lambda text: None)
    with pytest.raises(InputError, match=r"found no result.json"):
        write_report(tmp_path)
    with pytest.raises(InputError, match="does not start"):
        session.run_session(
            "tesla_hw3_like", tmp_path, SMALL, seed=1, python="/nowhere/python", tests="A6", say=lambda text: None
        )
