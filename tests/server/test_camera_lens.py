"""The rays of CARLA's cameras: the pinhole's calibration, and the distortion's formula."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.server.sensing.lens import LensRays, _rays


def _lens(multiplier: float, falloff: float, k: float, kcube: float = 0.0) -> LensRays:
    return _rays(400, 300, 100.0, multiplier, falloff, k, kcube, 0.08, 0.08)


def test_the_pinhole_is_carlas() -> None:
    lens = _lens(0.0, 5.0, -1.0)
    assert lens.focal_px == pytest.approx(400 / (2 * math.tan(math.radians(50.0))))
    assert np.linalg.norm(lens.directions, axis=-1) == pytest.approx(np.ones((300, 400)), abs=1e-6)
    edge = math.degrees(math.atan2(*(lens.directions[150, 399, [0, 2]].tolist())))
    assert edge == pytest.approx(50.0, abs=0.2)
    assert not lens.distorted
    assert lens.plane[0, 0] == pytest.approx([-199.5 / lens.focal_px, -149.5 / lens.focal_px], rel=1e-5)


def test_equal_lenses_are_one_object() -> None:
    assert _lens(0.0, 5.0, -1.0) is _lens(0.0, 5.0, -1.0)


def test_a_full_mask_gives_the_formula() -> None:
    lens, pinhole = _lens(10.0, 0.0, -0.3, 0.2), _lens(0.0, 5.0, -1.0)
    for y, x in ((0, 0), (10, 390), (150, 399), (299, 200)):
        u, v = (2 * x + 1) / 400 - 1, (2 * y + 1) / 300 - 1
        r = math.hypot(400 / 300 * u / 2, v / 2)
        factor = 1.0 + r * r * (-0.3 + 0.2 * r)
        assert lens.plane[y, x] == pytest.approx(factor * pinhole.plane[y, x], rel=1e-5)


def test_the_leaderboards_lens_bends_the_rim_and_leaves_the_middle() -> None:
    """lens_circle_multiplier 3 and falloff 3, as CARLA's leaderboard has them: within a third of the image, under a pixel."""
    lens, pinhole = _lens(3.0, 3.0, -1.0), _lens(0.0, 5.0, -1.0)
    moved = np.linalg.norm(lens.plane - pinhole.plane, axis=-1) * lens.focal_px
    assert moved[130:170, 160:240].max() < 1.0
    assert moved[0, 0] > 20.0
    assert lens.distorted
    assert (np.diff(lens.plane[150, :, 0]) > 0.0).all(), "nothing is seen twice"
