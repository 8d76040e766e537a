"""The core blur: formulas against closed forms, the filter against the formulas, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from sensors.optics.blur import CoreSpread, core_spreads, defocus_um, filter_taps, response
from sensors.rig import load_rig
from sim.base.errors import RigError
from tests.sensors.test_optical_path import camera, lamp, path_of

FREQUENCY = np.linspace(0.0, 0.5, 251)


def mtf50(curve: np.ndarray) -> float:
    """Frequency in cycles per px at which a falling curve passes one half."""
    return float(np.interp(-0.5, -curve, FREQUENCY))


def test_diffraction_is_the_overlap_of_two_apertures() -> None:
    """The transfer of a round aperture is the overlap of two discs moved apart by the frequency, counted on a fine grid."""
    x, y = np.meshgrid(np.linspace(-1.0, 1.0, 1201), np.linspace(-1.0, 1.0, 1201))
    disc = x**2 + y**2 <= 1.0
    for s in (0.1, 0.4, 0.8):
        overlap = np.count_nonzero(disc & ((x - 2.0 * s) ** 2 + y**2 <= 1.0)) / np.count_nonzero(disc)
        assert CoreSpread(1.0, 0.0, 0.0).transfer(np.array([s]))[0] == pytest.approx(overlap, abs=2e-3)
    assert CoreSpread(4.0, 0.0, 0.0).transfer(np.array([0.25]))[0] == 0.0


def test_a_disc_of_defocus_loses_all_contrast_at_its_first_zero() -> None:
    zero = 3.8317 / math.pi / 5.0
    assert CoreSpread(0.0, 0.0, 5.0).transfer(np.array([zero]))[0] == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize("name", ["tesla_hw3_like", "imx490_class", "imx728_class", "svc_fisheye_190"])
def test_the_filter_follows_the_product_of_transfers(name: str) -> None:
    """MTF50 with the pixel's sinc within 3 %, the curve within 0.03 up to 0.4 cycles per px, along rows and diagonals, each colour."""
    config = load_rig(name).cameras[0]
    data = config.model_dump()
    data["optics"]["blur"] = data["optics"]["blur"] or {}
    config = type(config).model_validate(data | {"optics": data["optics"] | {"lateral_color": None}})
    taps, spreads = filter_taps(config), core_spreads(config)
    for color in range(3):
        assert (taps[color] >= 0.0).all()
        wanted = spreads[color].transfer(FREQUENCY)
        for share in (1.0, math.sqrt(0.5)):
            across, down = FREQUENCY * share, FREQUENCY * math.sqrt(1.0 - share**2)
            found = response(taps[color], across, down)
            pixel = np.abs(np.sinc(across) * np.sinc(down))
            assert np.abs(found - wanted)[FREQUENCY <= 0.4].max() < 0.035
            assert mtf50(found * pixel) == pytest.approx(mtf50(wanted * pixel), rel=0.03)
            # a lens a little worse is told apart
            worse = CoreSpread(spreads[color].diffraction_px, spreads[color].sigma_px * 1.2, 0.0).transfer(FREQUENCY)
            assert mtf50(found * pixel) != pytest.approx(mtf50(worse * pixel), rel=0.03)


def test_a_picture_is_filtered_by_those_very_taps_up_to_its_edges() -> None:
    config = camera(20, 18, psf_sigma_px=0.6, blur={"defocus_um": 6.0, "color_focus_um": [3.0, 0.0, 0.0]})
    taps = filter_taps(config)
    reach = taps.shape[1] - 1
    light = np.random.default_rng(4).uniform(0.0, 100.0, (18, 20, 3)).astype(np.float32)
    padded = np.pad(light.astype(np.float64), ((reach, reach), (reach, reach), (0, 0)), mode="edge")
    expected = np.zeros(light.shape)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            window = padded[reach + dy : reach + dy + 18, reach + dx : reach + dx + 20]
            expected += window * taps[:, abs(dy), abs(dx)]
    assert path_of(config).through(light) == pytest.approx(expected, rel=1e-5)


def test_focus_temperature_and_colour_add_up_to_the_defocus() -> None:
    config = camera(
        blur={"defocus_um": 1.5, "thermal_um_per_c": 0.2, "focus_distance_m": 20.0, "color_focus_um": [0.0, 0.0, -4.0]}
    )
    focal_m = 200.0 * config.sensor.pixel_pitch_m
    near_um = focal_m**2 / (20.0 - focal_m) * 1e6
    warm_um = 0.2 * (config.sensor.temperature_c - 25.0)
    assert defocus_um(config, 1) == pytest.approx(1.5 + warm_um + near_um)
    assert defocus_um(config, 2) == pytest.approx(1.5 + warm_um + near_um - 4.0)
    # circle of confusion of things far away, f² / (N (s - f))
    far = camera(blur={"focus_distance_m": 20.0, "diffraction": False})
    circle_px = focal_m**2 / (far.optics.f_number * (20.0 - focal_m)) / far.sensor.pixel_pitch_m
    assert core_spreads(far)[1].disc_px == pytest.approx(circle_px)


def test_a_lens_out_of_focus_spreads_a_lamp_over_its_disc() -> None:
    config = camera(96, 96, blur={"diffraction": False, "defocus_um": 60.0})
    disc_px = 60.0 / config.optics.f_number / 3.75
    spot = path_of(config).through(lamp(96, 96, 48, 48))[..., 1].astype(np.float64)
    across = np.arange(96) - 48.0
    # the variance of a disc along one axis is diameter² / 16
    assert math.sqrt((spot.sum(axis=0) * across**2).sum() / spot.sum()) == pytest.approx(disc_px / 4.0, rel=0.03)
    assert spot.sum() == pytest.approx(1e9, rel=1e-5)


def test_a_blur_too_wide_is_refused() -> None:
    with pytest.raises(
        RigError, match=r"a defocus disc 29.6 px wide; expected a reach of at most 16 px; lower defocus_um"
    ):
        filter_taps(camera(blur={"defocus_um": 200.0}, psf_sigma_px=1.0))
    with pytest.raises(ValidationError, match=r"focuses at 0.1 m or beyond"):
        camera(blur={"focus_distance_m": 0.01})
    with pytest.raises(ValidationError, match="lateral_color: found without blur"):
        camera(lateral_color={"red": 1.001})
