"""Tone mapping of merged reads: 120 dB fit into a picture, details and colours keep their contrast, nothing rings or pumps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sensors.camera_config import CameraConfig
from sensors.chip import Chip
from sensors.exposure import Exposure, ExposureController
from sensors.isp import Isp
from sensors.range_compression import MIDDLE_EV, RESERVE_EV, TOP_EV, Range, RangeCompression, squeezed
from sensors.rig import load_rig
from tests.sensors.conftest import shrunk


def camera(**isp: object) -> CameraConfig:
    data = shrunk(load_rig("tesla_hw3_hdr").cameras[0], 4, cfa="RGGB").model_dump()
    data["isp"].update({"white_balance": "daylight"} | isp)
    return CameraConfig.model_validate(data)


def picture_of(config: CameraConfig, light: np.ndarray, frames: int = 1) -> np.ndarray:
    flat = np.ones(light.shape[:2], np.float32)
    chip, isp, controller = Chip(config, flat, 1, 1), Isp(config, flat, 1), ExposureController(config)
    exposure = controller.begin(chip.collect(light, controller.current.exposure_s))
    chip.collect(light, exposure.exposure_s)
    for i in range(frames):
        gain = exposure.analog_gain * exposure.digital_gain
        out = isp.develop(chip.read_out(exposure, i), chip.white_level_dn(exposure), gain, 0.0, exposure.analog_gain)
    return out.astype(float)


def tunnel(inside_cd_m2: float = 5.0, outside_cd_m2: float = 2000.0) -> np.ndarray:
    """(240, 320, 3): a dark room with stripes of 20 % contrast, a bright exit with the same, a blue and a red patch in it."""
    light = np.full((240, 320, 3), inside_cd_m2, np.float32)
    light[60:140, 110:230] = outside_cd_m2
    light[:, ::16] *= 0.8
    for i in range(1, 4):
        light[:, i::16] *= 0.8
    light[100:124, 130:150] = np.float32([0.1, 0.2, 0.9]) * outside_cd_m2
    light[100:124, 180:200] = np.float32([0.8, 0.1, 0.1]) * outside_cd_m2
    return light


def test_inside_and_outside_of_a_tunnel_are_both_seen():
    picture = picture_of(camera(), tunnel())
    inside, outside = picture[160:230, 40:280].mean(), picture[64:96, 114:226].mean()
    assert 40.0 < inside < 150.0 and inside + 50.0 < outside < 250.0
    blue, red = picture[104:120, 134:146].mean(axis=(0, 1)), picture[104:120, 184:196].mean(axis=(0, 1))
    assert blue[2] > blue[0] + 40.0 and red[0] > red[2] + 40.0
    # the stripes: 20 % of light are about a dozen values in the middle of a picture
    for region in (picture[160:230, 112:224], picture[64:96, 112:224]):
        columns = region.mean(axis=(0, 2)).reshape(-1, 16)
        assert columns[:, 5:15].mean() - columns[:, 1:3].mean() > 2.5


def test_one_read_of_the_same_chip_would_lose_the_outside():
    data = camera().model_dump()
    data["sensor"].update(reads=(), hdr=None, companding=None)
    picture = picture_of(CameraConfig.model_validate(data), tunnel())
    assert picture[64:96, 114:226].min() > 250.0


def test_what_fits_is_left_alone():
    scene = Range(MIDDLE_EV, MIDDLE_EV - 2.0, MIDDLE_EV + 1.5)
    base = np.linspace(-5.0, -1.0, 50)
    assert squeezed(base, scene) == pytest.approx(base - RESERVE_EV, abs=1e-9)


@pytest.mark.parametrize("above_ev", [2.0, 6.0, 12.0])
def test_the_brightest_comes_to_lie_at_the_top(above_ev: float):
    for middle in (-6.0, MIDDLE_EV, 3.0):
        scene = Range(middle, middle - 2.0, middle + above_ev)
        top = float(squeezed(np.array([scene.bright]), scene)[0])
        assert top == pytest.approx(min(TOP_EV, min(middle, MIDDLE_EV) - RESERVE_EV + above_ev), abs=0.15)
        assert (np.diff(squeezed(np.linspace(-14.0, 14.0, 500), scene)) > 0.0).all()


def test_an_overexposed_first_read_is_brought_back_to_the_middle():
    """At the shortest exposure a bright day lies above full scale; the other reads have it, and the picture is as usual."""
    config = camera()
    manual = config.model_dump()
    pictures = []
    for exposure_s in (0.0005, 0.004):
        manual["exposure"].update(mode="manual", exposure_s=exposure_s)
        light = np.full((240, 320, 3), 4000.0, np.float32)
        light[:, 160:] *= 0.5
        pictures.append(picture_of(CameraConfig.model_validate(manual), light)[:, 20:140].mean())
    assert pictures[0] == pytest.approx(pictures[1], abs=8.0)


def test_details_keep_their_contrast_and_edges_make_no_halo():
    """Local: a gentle ripple of 0.2 EV keeps its amplitude where the base is squeezed; beside a strong edge nothing overshoots."""
    cells = (120, 160)
    logs = np.full(cells, -6.0, np.float32)
    logs[:, 80:] = 4.0
    logs += 0.1 * np.sin(np.arange(160) * 2.0 * math.pi / 4.0).astype(np.float32)
    for local, kept in ((True, (0.9, 1.1)), (False, (0.2, 0.75))):
        compression = RangeCompression(cells, local)
        gains = compression.gains(logs)
        base = compression.slope * logs + compression.offset
        at = np.clip(np.rint((base + 14.0) * 64).astype(int), 0, len(gains) - 1)
        out = logs + np.log2(gains[at])
        bright = out[60, 120:160]
        ripple = (bright.max() - bright.min()) / (logs[60, 120:160].max() - logs[60, 120:160].min())
        assert kept[0] <= ripple <= kept[1], local
        # a tenth of the edge's 10 EV
        edge = out[60, 80:120]
        assert edge.max() - np.median(edge) < 1.0


def test_the_range_follows_slowly():
    compression = RangeCompression((120, 160), True)
    compression.gains(np.full((120, 160), -3.0, np.float32))
    compression.gains(np.full((120, 160), 2.0, np.float32))
    assert compression.scene.middle == pytest.approx(-2.0, abs=0.01)
    compression.reset()
    compression.gains(np.full((120, 160), 2.0, np.float32))
    assert compression.scene.middle == pytest.approx(2.0, abs=0.01)


def test_same_picture_at_any_thread_count():
    config = camera()
    flat = np.ones((240, 320), np.float32)
    chip = Chip(config, flat, 1, 1)
    exposure = Exposure(0.004, 1.0, 1.0)
    chip.collect(tunnel(500.0, 50000.0), 0.004)
    raw = chip.read_out(exposure, 0)
    pictures = [Isp(config, flat, threads).develop(raw, chip.white_level_dn(exposure)) for threads in (1, 2, 3)]
    assert np.array_equal(pictures[0], pictures[1]) and np.array_equal(pictures[0], pictures[2])
