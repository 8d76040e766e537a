"""Lateral chromatic aberration: red and blue move by what their scale says, green stays, light is kept."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sensors.test_optical_path import camera, lamp, path_of


def centroid(spot: np.ndarray) -> np.ndarray:
    """(x, y) of a spot's light, for each colour (3, 2)."""
    y, x = np.mgrid[0 : spot.shape[0], 0 : spot.shape[1]]
    total = spot.sum(axis=(0, 1), dtype=np.float64)
    return np.stack([np.einsum("yxc,yx->c", spot, place) / total for place in (x, y)], axis=-1)


@pytest.mark.parametrize("place", [(250, 180), (10, 100), (40, 20), (128, 96)])
def test_each_colour_lies_where_its_scale_says(place: tuple[int, int]) -> None:
    red, blue = 1.004, 0.997
    config = camera(256, 192, blur={"diffraction": False}, psf_sigma_px=0.4, lateral_color={"red": red, "blue": blue})
    found = centroid(path_of(config).through(lamp(256, 192, *place)).astype(np.float64))
    center = np.array([127.5, 95.5])
    for color, scale in enumerate((red, 1.0, blue)):
        assert found[color] == pytest.approx(center + scale * (np.array(place) - center), abs=0.01)
    # the bar notices a scale off by a tenth, away from the middle
    if np.abs(np.array(place) - center).max() > 80:
        assert found[0] != pytest.approx(center + (1.0 + 1.1 * (red - 1.0)) * (np.array(place) - center), abs=0.01)


def test_the_lamp_keeps_its_light_and_casts_no_shadow() -> None:
    config = camera(256, 192, blur={}, psf_sigma_px=0.4, lateral_color={"red": 1.004, "blue": 0.997})
    out = path_of(config).through(lamp(256, 192, 200, 40)).astype(np.float64)
    # luminance is kept, so a lamp's light grows with the square of the scale
    assert out.sum(axis=(0, 1)) / 1e9 == pytest.approx([1.004**2, 1.0, 0.997**2], abs=2e-3)
    assert out.min() >= 0.0


@pytest.mark.parametrize("x", [20, 71, 128, 200])
def test_the_blur_of_red_is_the_lens_s_at_any_fraction_of_a_pixel(x: int) -> None:
    """Variances add up: resampling's quarter px² and the filter's rest make the lens's sigma; green has the filter alone."""
    sigma_px = 0.8
    config = camera(
        256, 192, blur={"diffraction": False}, psf_sigma_px=sigma_px, lateral_color={"red": 1.003, "blue": 0.9984}
    )
    out = path_of(config).through(lamp(256, 192, x, 96)).astype(np.float64)
    for color in range(3):
        line = out[..., color].sum(axis=0)
        place = np.arange(256.0)
        middle = (line * place).sum() / line.sum()
        assert np.sqrt((line * (place - middle) ** 2).sum() / line.sum()) == pytest.approx(sigma_px, rel=0.06)
