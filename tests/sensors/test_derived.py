"""Derived quantities against calculations by hand."""

from __future__ import annotations

import math

import pytest
from typer.testing import CliRunner

from sensors.derived import derived_quantities
from sensors.rig import load_rig


def test_the_main_camera_by_hand():
    found = derived_quantities(load_rig("tesla_hw3_like").cameras[0])
    assert found["focal_length_mm"] == pytest.approx(1372.5 * 3.75e-3)
    # 5.147 mm at f/1.8 and 3.75 um: 3.93 m
    assert found["hyperfocal_m"] == pytest.approx(3.93, abs=0.01)
    # 24500 e- of green at 2327 e-/(lux s um2) on 14.06 um2: 0.749 lux s, ISO 104
    assert found["green_saturation_lux_s"] == pytest.approx(0.7487, rel=1e-3)
    assert found["iso_saturation_speed"] == pytest.approx(104.2, rel=1e-3)
    assert found["largest_snr_db"] == pytest.approx(43.9, abs=0.02)
    # 24500 e- over 2.0 e- and the rounding of 6.25 e- steps, 1.80 e-
    assert found["dynamic_range_db"] == pytest.approx(
        20.0 * math.log10(24500.0 / math.hypot(2.0, 6.25 / math.sqrt(12.0)))
    )
    assert found["readout_ms"] == pytest.approx(959 * 0.0222)
    assert found["data_rate_mbit_per_s"] == pytest.approx(1280 * 960 * 12 * 36 / 1e6)


def test_ranges_of_merged_reads_are_those_of_the_data_sheets():
    """The split pixel: 7900 e- at a hundredth of the light over 0.83 e- and steps of 1.38 e-; ten and twenty decibels more with a
    short exposure of the small photodiode."""
    found = {
        name: derived_quantities(load_rig(name).cameras[0])
        for name in ("imx490_class", "svc_fisheye_190", "tesla_hw3_hdr")
    }
    floor_e = math.hypot(0.83, 1.0 / 0.7265 / math.sqrt(12.0))
    assert found["imx490_class"]["dynamic_range_db"] == pytest.approx(20.0 * math.log10(790000.0 / floor_e), abs=0.01)
    assert found["svc_fisheye_190"]["dynamic_range_db"] - found["imx490_class"]["dynamic_range_db"] == pytest.approx(
        24.08, abs=0.01
    )
    assert 126.0 < found["tesla_hw3_hdr"]["dynamic_range_db"] < 129.0
    assert found["imx490_class"]["largest_snr_db"] == pytest.approx(10.0 * math.log10(22000.0), abs=0.02)


def test_fields_of_view_of_an_ideal_fisheye_are_linear_in_pixels():
    data = load_rig("fast_640").cameras[0].model_dump()
    data["optics"].update(model="equidistant", distortion=(), theta_max_deg=95.0)
    data["optics"]["intrinsics"].update(fx_px=250.0, fy_px=250.0)
    found = derived_quantities(type(load_rig("fast_640").cameras[0]).model_validate(data))
    assert found["field_of_view_horizontal_deg"] == pytest.approx(math.degrees(639.0 / 250.0))
    assert found["field_of_view_vertical_deg"] == pytest.approx(math.degrees(479.0 / 250.0))
    assert found["field_of_view_diagonal_deg"] == pytest.approx(math.degrees(math.hypot(639.0, 479.0) / 250.0))


def test_the_command_prints_them():
    from sim.cli import app

    shown = CliRunner().invoke(app, ["camera", "show", "fast_640"])
    assert shown.exit_code == 0
    assert "field_of_view_horizontal_deg" in shown.output and "sha256" in shown.output
