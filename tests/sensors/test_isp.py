"""The picture: neutral greys, faithful colours, white highlights, steady white balance."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from sensors.camera_config import CameraConfig
from sensors.chip import Chip
from sensors.exposure import Exposure
from sensors.isp import Isp, filmic, srgb_encoded

BASE = Exposure(0.001, 1.0, 1.0)


def developed(config: CameraConfig, rgb_cd_m2: tuple[float, float, float], **isp: object) -> np.ndarray:
    data = config.model_dump()
    data["sensor"]["noise"] = "off"
    data["isp"].update({"white_balance": "daylight", "tone": "linear"} | isp)
    config = CameraConfig.model_validate(data)
    flat = np.ones((config.sensor.height_px, config.sensor.width_px), np.float32)
    chip = Chip(config, flat, 0, 1)
    light = np.broadcast_to(np.float32(rgb_cd_m2), (*flat.shape, 3)).copy()
    chip.collect(light, BASE.exposure_s)
    picture = Isp(config, flat, 1).develop(chip.read_out(BASE, 0), chip.white_level_dn(BASE))
    return picture[20:-20, 20:-20].reshape(-1, 3).mean(axis=0)


def clip_luminance(config: CameraConfig) -> float:
    """Luminance of a white that just fills the green wells."""
    chip = Chip(config, np.ones((120, 160), np.float32), 0, 1)
    return config.sensor.full_well_e / (chip.light_scale(BASE.exposure_s) * config.sensor.electrons_per_lux_s_um2.green)


def test_grey_is_neutral_and_encoded_by_srgb(small_camera: CameraConfig):
    full = clip_luminance(small_camera)
    for share in (0.05, 0.18, 0.5, 0.9):
        picture = developed(small_camera, (share * full,) * 3)
        expected = float(srgb_encoded(np.array(share))) * 255.0
        assert picture == pytest.approx([expected] * 3, abs=1.0)


@pytest.mark.parametrize("color", [(0.5, 0.1, 0.08), (0.1, 0.4, 0.1), (0.08, 0.12, 0.5), (0.5, 0.45, 0.1)])
@pytest.mark.parametrize("demosaic", ["bilinear", "edge_aware"])
def test_colours_come_back(small_camera: CameraConfig, color: tuple[float, float, float], demosaic: str):
    full = clip_luminance(small_camera)
    picture = developed(small_camera, tuple(c * full for c in color), demosaic=demosaic)
    assert picture == pytest.approx(srgb_encoded(np.array(color)) * 255.0, abs=2.0)


def test_wrong_mosaic_order_would_be_noticed(small_camera: CameraConfig):
    full = clip_luminance(small_camera)
    picture = developed(small_camera, (0.5 * full, 0.1 * full, 0.08 * full))
    assert np.abs(picture - srgb_encoded(np.array([0.08, 0.1, 0.5])) * 255.0).max() > 50


@pytest.mark.parametrize("factor", [1.1, 3.0, 100.0])
@pytest.mark.parametrize("tone", ["linear", "filmic"])
def test_blown_highlights_are_white_not_pink(small_camera: CameraConfig, factor: float, tone: str):
    # 1.6 fills the slowest filter, red, too
    picture = developed(small_camera, (1.6 * factor * clip_luminance(small_camera),) * 3, tone=tone)
    assert picture == pytest.approx([255.0] * 3, abs=1.0)


def test_auto_white_balance_takes_out_the_colour_of_the_light(small_camera: CameraConfig):
    full = clip_luminance(small_camera)
    warm = tuple(0.2 * full * c for c in (1.35, 1.0, 0.62))
    daylight = developed(small_camera, warm)
    auto = developed(small_camera, warm, white_balance="auto")
    assert np.ptp(auto) < 0.4 * np.ptp(daylight)


def test_auto_white_balance_ignores_paint_and_sky(small_camera: CameraConfig):
    flat = np.ones((120, 160), np.float32)
    chip, isp = Chip(small_camera, flat, 0, 1), Isp(small_camera, flat, 1)
    light = np.full((120, 160, 3), 0.2 * clip_luminance(small_camera), np.float32)
    light[:50] *= np.float32([0.6, 1.0, 1.8])
    light[60:, :60] *= np.float32([3.0, 0.4, 0.3])
    chip.collect(light, BASE.exposure_s)
    isp.develop(chip.read_out(BASE, 0), chip.white_level_dn(BASE))
    assert isp.white_balance == pytest.approx((2327 / 1521, 1.0, 2327 / 1775), rel=0.03)


def test_white_balance_moves_slowly_after_the_first_frame(small_camera: CameraConfig):
    flat = np.ones((120, 160), np.float32)
    chip, isp = Chip(small_camera, flat, 0, 1), Isp(small_camera, flat, 1)
    neutral = np.full((120, 160, 3), 0.2 * clip_luminance(small_camera), np.float32)
    chip.collect(neutral, BASE.exposure_s)
    isp.develop(chip.read_out(BASE, 0), chip.white_level_dn(BASE))
    red_before = isp.white_balance[0]
    chip.collect(neutral * np.float32([1.3, 1.0, 0.65]), BASE.exposure_s)
    isp.develop(chip.read_out(BASE, 1), chip.white_level_dn(BASE))
    assert 0.0 < red_before - isp.white_balance[0] < 0.03 * red_before


def test_tone_curve_is_monotone_from_black_to_white():
    x = np.linspace(0.0, 1.0, 1001)
    y = filmic(x)
    assert y[0] == 0.0 and y[-1] == pytest.approx(1.0)
    assert (np.diff(y) > 0.0).all()
    assert 0.18 <= float(filmic(np.array(0.18))) <= 0.22


def test_shading_is_made_good(small_camera: CameraConfig):
    data = small_camera.model_dump()
    data["sensor"]["noise"] = "off"
    config = CameraConfig.model_validate(data)
    y, x = np.mgrid[-1:1:120j, -1:1:160j]
    fall_off = (1.0 - 0.15 * (x**2 + y**2)).astype(np.float32)
    chip, isp = Chip(config, fall_off, 0, 1), Isp(config, fall_off, 1)
    chip.collect(np.full((120, 160, 3), 0.3 * clip_luminance(config), np.float32), BASE.exposure_s)
    picture = isp.develop(chip.read_out(BASE, 0), chip.white_level_dn(BASE))
    assert np.ptp(picture[4:-4, 4:-4].astype(int)) <= 3


def test_same_picture_at_any_thread_count(small_camera: CameraConfig):
    flat = np.ones((120, 160), np.float32)
    raw = np.random.default_rng(0).integers(168, 4095, (120, 160), dtype=np.uint16)
    reference = Isp(small_camera, flat, 1).develop(raw, 4095.0)
    for threads in (2, 3):
        assert np.array_equal(Isp(small_camera, flat, threads).develop(raw, 4095.0), reference)


def test_a_compressed_picture_shows_its_artefacts_and_little_else(small_camera: CameraConfig):
    """JPEG: at 95 hardly a difference, at 10 blocks of eight pixels; colours stay where they are."""
    flat = np.ones((120, 160), np.float32)
    light = np.random.default_rng(2).uniform(0.02, 0.6, (5, 7, 3)).astype(np.float32) * clip_luminance(small_camera)
    light = np.ascontiguousarray(np.repeat(np.repeat(light, 24, axis=0), 24, axis=1)[:, :160])
    chip = Chip(small_camera, flat, 0, 1)
    chip.collect(light, BASE.exposure_s)
    raw = chip.read_out(BASE, 0)
    pictures = {}
    for quality in (None, 95, 10):
        data = small_camera.model_dump()
        data["isp"]["jpeg_quality"] = quality
        pictures[quality] = (
            Isp(CameraConfig.model_validate(data), flat, 1).develop(raw, chip.white_level_dn(BASE)).astype(float)
        )
    error = {quality: np.abs(pictures[quality] - pictures[None]) for quality in (95, 10)}
    assert 0.0 < error[95].mean() < 4.0 < error[10].mean() < 30.0
    for channel in range(3):
        assert np.corrcoef(pictures[10][..., channel].ravel(), pictures[None][..., channel].ravel())[0, 1] > 0.8


@pytest.mark.parametrize("quality", [0, 101])
def test_impossible_jpeg_quality_is_refused(small_camera: CameraConfig, quality: int):
    data = small_camera.model_dump()
    data["isp"]["jpeg_quality"] = quality
    with pytest.raises(ValidationError, match="jpeg_quality"):
        CameraConfig.model_validate(data)
