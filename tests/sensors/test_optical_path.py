"""Blur of the lens on linear light."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.config.optics import Optics
from sensors.optics.path import OpticalPath


def lens(psf_sigma_px: float) -> Optics:
    """A plain lens with this core blur."""
    return Optics.model_validate(
        {
            "intrinsics": {"fx_px": 100.0, "fy_px": 100.0, "cx_px": 31.5, "cy_px": 31.5},
            "theta_max_deg": 40.0,
            "f_number": 2.0,
            "psf_sigma_px": psf_sigma_px,
        }
    )


def test_a_lens_without_blur_hands_on_the_very_light() -> None:
    light = np.ones((64, 64, 3), np.float32)
    assert OpticalPath(lens(0.0)).through(light) is light


@pytest.mark.parametrize("sigma_px", [0.7, 1.5])
def test_a_point_of_light_spreads_to_the_width_asked_for_and_none_is_lost(sigma_px: float) -> None:
    light = np.zeros((64, 64, 3), np.float32)
    light[32, 32] = 1e9
    spread = OpticalPath(lens(sigma_px)).through(light)[..., 1].astype(np.float64)
    assert spread.sum() == pytest.approx(1e9, rel=1e-5)
    across = np.arange(64) - 32.0
    assert np.sqrt((spread.sum(axis=0) * across**2).sum() / spread.sum()) == pytest.approx(sigma_px, rel=0.04)
