"""Mosaics: the right filter over the right pixel, colours and greys that come back, files that say what they hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sensors.camera_config import CameraConfig
from sensors.capture import CameraSensor
from sensors.chip import Chip
from sensors.exposure import Exposure, ExposureController
from sensors.isp import Isp, srgb_encoded
from sensors.mosaic import MOSAICS, channel_response, channel_yields
from sensors.raw import camera_from_xyz, read_npz, write_dng, write_npz
from sensors.rig import load_rig
from tests.sensors.analytic_scene import AnalyticScene
from tests.sensors.conftest import flat_light, shrunk
from tests.sensors.test_raw import tiff_tags
from tests.sensors.worlds import EGO, drive

BASE = Exposure(0.001, 1.0, 1.0)
ALL = sorted(MOSAICS)
THREE = [name for name in ALL if len(MOSAICS[name].filters) == 3]
FLAT = np.ones((120, 160), np.float32)
YIELDS = {"red": 1521.0, "green": 2327.0, "blue": 1775.0, "clear": 5623.0, "yellow": 3848.0, "cyan": 4102.0}


def camera(cfa: str, **isp: object) -> CameraConfig:
    data = shrunk(load_rig("tesla_hw3_like").cameras[0], 8, cfa=cfa, noise="off").model_dump()
    data["isp"].update({"white_balance": "daylight", "tone": "linear"} | isp)
    return CameraConfig.model_validate(data)


def full_luminance(config: CameraConfig) -> float:
    """Luminance of a white that just fills the second channel."""
    chip = Chip(config, FLAT, 0, 1)
    return config.sensor.full_well_e / (chip.light_scale(0.001) * float(channel_yields(config.sensor)[1]))


def developed(config: CameraConfig, rgb: tuple[float, float, float]) -> np.ndarray:
    """Mean picture of a uniform light, in shares of `full_luminance`."""
    chip, isp = Chip(config, FLAT, 0, 1), Isp(config, FLAT, 1)
    light = np.float32(rgb) * np.float32(full_luminance(config))
    chip.collect(np.broadcast_to(light, (120, 160, 3)).copy(), BASE.exposure_s)
    picture = isp.develop(chip.read_out(BASE, 0), chip.white_level_dn(BASE))
    return picture[20:-20, 20:-20].reshape(-1, 3).mean(axis=0)


@pytest.mark.parametrize("cfa", ALL)
def test_each_pixel_has_the_electrons_of_its_filter(cfa: str):
    """In white light, by the names of the filters alone: the letters of the mosaic's name, row by row."""
    names = {"R": "red", "G": "green", "B": "blue", "C": "clear", "Y": "yellow", "Cy": "cyan"}
    letters = ["R", "Y", "Y", "Cy"] if cfa == "RYYCy" else list(cfa)
    config = camera(cfa)
    chip = Chip(config, FLAT, 0, 1)
    electrons = chip.collect(flat_light(config, 100.0), 0.001) / (chip.light_scale(0.001) * 100.0)
    for place, letter in enumerate(letters):
        row, column = divmod(place, 2)
        assert electrons[row::2, column::2] == pytest.approx(YIELDS[names[letter]], rel=1e-5)


@pytest.mark.parametrize("cfa", THREE)
@pytest.mark.parametrize("demosaic", ["bilinear", "edge_aware"])
@pytest.mark.parametrize("color", [(0.5, 0.06, 0.06), (0.1, 0.4, 0.1), (0.08, 0.12, 0.45), (0.4, 0.36, 0.1)])
def test_colours_come_back(cfa: str, demosaic: str, color: tuple[float, float, float]):
    picture = developed(camera(cfa, demosaic=demosaic), color)
    assert picture == pytest.approx(srgb_encoded(np.array(color)) * 255.0, abs=2.5)


def test_the_colour_check_notices_the_wrong_filters():
    """RCCB developed as if its clear pixels were green."""
    config = camera("RCCB")
    chip, isp = Chip(config, FLAT, 0, 1), Isp(camera("RGGB"), FLAT, 1)
    light = np.float32((0.1, 0.4, 0.1)) * np.float32(full_luminance(config))
    chip.collect(np.broadcast_to(light, (120, 160, 3)).copy(), 0.001)
    picture = isp.develop(chip.read_out(BASE, 0), 4088.0)[20:-20, 20:-20].reshape(-1, 3).mean(axis=0)
    assert np.abs(picture - srgb_encoded(np.array([0.1, 0.4, 0.1])) * 255.0).max() > 20.0


@pytest.mark.parametrize("cfa", ALL)
def test_grey_is_neutral_and_blown_highlights_white(cfa: str):
    for share in (0.05, 0.18, 0.5):
        expected = float(srgb_encoded(np.array(share))) * 255.0
        # without noise, a converter's step stands still; the matrices of wide filters enlarge it
        assert developed(camera(cfa), (share,) * 3) == pytest.approx([expected] * 3, abs=2.5)
    # cyan is full a little before yellow, and holds white down to where it is
    white = 248.0 if cfa == "RYYCy" else 255.0
    assert developed(camera(cfa), (8.0,) * 3) == pytest.approx([white] * 3, abs=1.0)


def test_red_and_clear_alone_tell_red_from_the_rest():
    red, green, blue = (
        developed(camera("RCCC"), color) for color in ((0.5, 0.05, 0.05), (0.05, 0.4, 0.05), (0.05, 0.05, 0.5))
    )
    assert red[0] > red[1] + 80 and red[0] > red[2] + 80
    for other in (green, blue):
        assert other[0] < other[1] and other[0] < other[2]


def test_clear_pixels_keep_their_detail():
    """RCCC: a thin line through the clear pixel where a Bayer mosaic has blue is in the picture."""
    config = camera("RCCC", demosaic="bilinear")
    chip, isp = Chip(config, FLAT, 0, 1), Isp(config, FLAT, 1)
    light = flat_light(config, 0.05 * full_luminance(config))
    light[61, 60:100] *= 8.0
    chip.collect(light, 0.001)
    picture = isp.develop(chip.read_out(BASE, 0), chip.white_level_dn(BASE))
    assert picture[61, 71:91, 1].min() > picture[65, 71:91, 1].max() + 40


@pytest.mark.parametrize("cfa", THREE)
@pytest.mark.parametrize("mired_ev", [(1.25, 0.7), (0.85, 1.2)])
def test_the_light_s_colour_is_taken_out(cfa: str, mired_ev: tuple[float, float]):
    """Grey in warm and in cool light comes out much less coloured than without white balance."""
    light = (0.2 * mired_ev[0], 0.2, 0.2 * mired_ev[1])
    daylight, auto = developed(camera(cfa), light), developed(camera(cfa, white_balance="auto"), light)
    assert np.ptp(auto) < 0.5 * np.ptp(daylight)


@pytest.mark.parametrize("cfa", ALL)
def test_light_is_metered_on_the_second_channel(cfa: str):
    config = camera(cfa)
    controller = ExposureController(config)
    chip = Chip(config, FLAT, 0, 1)
    electrons = chip.collect(flat_light(config, 0.18 * full_luminance(config)), 0.001)
    assert controller.mean_level(electrons, BASE) == pytest.approx(0.18, rel=0.01)


@pytest.mark.parametrize("cfa", ["RGGB", "RCCB", "RCCC", "RYYCy", "GBRG"])
def test_files_say_which_filters_they_hold(cfa: str, tmp_path: Path):
    config = camera(cfa)
    sensor = CameraSensor(config, AnalyticScene(), 3, config.period_flicks)
    frame, _ = sensor.capture(drive(1, config.period_flicks, 0.0), EGO, labels=False)
    write_dng(tmp_path / "frame.dng", frame, config)
    write_npz(tmp_path / "frame.npz", frame)
    tags = tiff_tags((tmp_path / "frame.dng").read_bytes())
    pattern = {
        "RGGB": (0, 1, 1, 2),
        "RCCB": (0, 6, 6, 2),
        "RCCC": (0, 6, 6, 6),
        "RYYCy": (0, 5, 5, 3),
        "GBRG": (1, 2, 0, 1),
    }
    assert tags[33422] == pattern[cfa]
    assert tags.get(50710) == {"RCCB": (0, 6, 2), "RCCC": (0, 6), "RYYCy": (0, 5, 3)}.get(cfa)
    channels = len(MOSAICS[cfa].filters)
    assert len(tags[50721]) == 2 * 3 * channels and len(tags[50728]) == 2 * channels
    assert np.array_equal(read_npz(tmp_path / "frame.npz"), frame.raw)
    assert frame.metadata.cfa == cfa


def test_the_matrix_of_a_file_turns_white_into_the_channels_white():
    config = camera("RYYCy")
    d65_xyz = np.array([0.95047, 1.0, 1.08883])
    assert camera_from_xyz(config) @ d65_xyz == pytest.approx([1521 / 3848, 1.0, 4102 / 3848], rel=1e-4)
    assert channel_response(config.sensor).sum(axis=1) == pytest.approx(channel_yields(config.sensor))
