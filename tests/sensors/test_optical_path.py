"""The way of light through the lens: what is switched off costs and changes nothing; light is kept; threads change no byte."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sensors.camera_config import CameraConfig
from sensors.lens import Lens
from sensors.optics.path import OpticalPath
from sensors.rig import load_rig

GLARE = {
    "share": 0.02,
    "lobes": [{"weight": 0.7, "radius_px": 3.0, "power": 1.3}, {"weight": 0.3, "radius_px": 40.0, "power": 1.1}],
    "veil": 0.004,
    "ghosts": [{"magnification": 0.6, "strength": 1e-3, "tint": [0.4, 1.0, 0.6]}],
}
EVERYTHING = {
    "psf_sigma_px": 0.45,
    "blur": {"defocus_um": 1.0, "color_focus_um": [2.0, 0.0, -2.0]},
    "lateral_color": {"red": 1.001, "blue": 0.999},
    "glare": GLARE,
    "windscreen": {"ghost_share": 0.01},
}


def camera(width_px: int = 64, height_px: int = 64, **optics: object) -> CameraConfig:
    """A small camera with a lens of 1 px pitch-independent geometry and nothing but these effects."""
    data = load_rig("tesla_hw3_like").cameras[0].model_dump()
    data["sensor"] |= {"width_px": width_px, "height_px": height_px}
    plain = {
        "psf_sigma_px": 0.0,
        "blur": None,
        "lateral_color": None,
        "glare": None,
        "windscreen": None,
        "soiling": None,
    }
    data["optics"] |= plain | {
        "model": "pinhole",
        "distortion": (),
        "intrinsics": {"fx_px": 200.0, "fy_px": 200.0, "cx_px": (width_px - 1) / 2.0, "cy_px": (height_px - 1) / 2.0},
        "theta_max_deg": 80.0,
        **optics,
    }
    return CameraConfig.model_validate(data)


def path_of(config: CameraConfig, threads: int = 1, seed: int = 0) -> OpticalPath:
    return OpticalPath(config, Lens(config), seed, threads)


def lamp(width_px: int, height_px: int, x: int, y: int, luminance_cd_m2: float = 1e9) -> np.ndarray:
    light = np.zeros((height_px, width_px, 3), np.float32)
    light[y, x] = luminance_cd_m2
    return light


def test_a_lens_without_any_effect_hands_on_the_very_light() -> None:
    light = np.ones((64, 64, 3), np.float32)
    assert path_of(camera()).through(light) is light


@pytest.mark.parametrize("sigma_px", [0.7, 1.5])
def test_a_point_of_light_spreads_to_the_width_asked_for_and_none_is_lost(sigma_px: float) -> None:
    spread = path_of(camera(psf_sigma_px=sigma_px)).through(lamp(64, 64, 32, 32))[..., 1].astype(np.float64)
    assert spread.sum() == pytest.approx(1e9, rel=1e-5)
    across = np.arange(64) - 32.0
    assert np.sqrt((spread.sum(axis=0) * across**2).sum() / spread.sum()) == pytest.approx(sigma_px, rel=0.04)


def test_the_gaussian_alone_is_what_it_always_was() -> None:
    light = np.random.default_rng(1).uniform(0.0, 1e4, (48, 64, 3)).astype(np.float32)
    expected = cv2.GaussianBlur(light, (5, 5), 0.45, sigmaY=0.45, borderType=cv2.BORDER_REPLICATE)
    assert np.array_equal(path_of(camera(64, 48, psf_sigma_px=0.45)).through(light), expected)


@pytest.mark.parametrize("size", [(64, 48), (66, 50), (126, 94)])
def test_a_uniform_field_stays_uniform_through_all_effects(size: tuple[int, int]) -> None:
    """Absolute level and fall-off are measured before uniform fields, and no effect of the lens may change them."""
    light = np.full((size[1], size[0], 3), 1000.0, np.float32)
    through = path_of(camera(*size, **EVERYTHING)).through(light)
    assert np.abs(through / 1000.0 - 1.0).max() < 2e-5


def test_light_is_kept_through_all_effects() -> None:
    """One lamp on black, within 0.5 %: only what the glare sends beyond the edges is lost; sizes of colours count squared."""
    path = path_of(camera(256, 192, **EVERYTHING))
    sizes = np.array([1.001, 1.0, 0.999]) ** 2
    total = path.through(lamp(256, 192, 128, 96)).sum(axis=(0, 1), dtype=np.float64) / 1e9 / sizes
    assert total == pytest.approx(np.ones(3), abs=0.005)
    aside = path.through(lamp(256, 192, 60, 150)).sum(axis=(0, 1), dtype=np.float64) / 1e9 / sizes
    assert ((aside < total) & (aside > 1.0 - GLARE["share"])).all()


def test_every_thread_count_gives_the_same_bytes() -> None:
    light = np.random.default_rng(2).lognormal(3.0, 3.0, (96, 128, 3)).astype(np.float32)
    optics = EVERYTHING | {"soiling": {"drops": {"coverage": 0.2}, "dirt": {"coverage": 0.1}, "ice": {"coverage": 0.1}}}
    config = camera(128, 96, **optics)
    reference = path_of(config, 1).through(light).tobytes()
    assert all(path_of(config, threads).through(light).tobytes() == reference for threads in (2, 3, 5))
    assert path_of(config, 1, seed=1).through(light).tobytes() != reference


def test_exposures_of_one_frame_do_not_overwrite_each_other() -> None:
    path = path_of(camera(**EVERYTHING))
    dark, bright = np.full((64, 64, 3), 1.0, np.float32), np.full((64, 64, 3), 100.0, np.float32)
    first, second = path.through(dark), path.through(bright)
    assert first is not second and first[5, 5, 1] == pytest.approx(1.0, rel=1e-4)
    assert path.through(dark) is first


def test_light_is_never_negative() -> None:
    out = path_of(camera(**EVERYTHING)).through(lamp(64, 64, 20, 30) + 1.0)
    assert out.min() > 0.0


def test_black_stays_black_without_anything_in_front() -> None:
    assert not path_of(camera(**EVERYTHING)).through(np.zeros((64, 64, 3), np.float32)).any()
