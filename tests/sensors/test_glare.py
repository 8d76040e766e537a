"""Scattered light: the law of the lobes, light kept, the veil on a black spot, ghosts where the geometry puts them."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from sensors.config.glare import GlareLobe
from sensors.optics.glare import level_sigmas_px, lobe_density, lobe_weights, reach_px
from tests.sensors.test_optical_path import camera, lamp, path_of

LOBES = [{"weight": 0.7, "radius_px": 3.0, "power": 1.3}, {"weight": 0.3, "radius_px": 40.0, "power": 1.1}]
WIDE = (1024, 768)


def glare(**more: object) -> dict[str, object]:
    return {"share": 0.02, "lobes": LOBES} | more


def lobes() -> tuple[GlareLobe, ...]:
    return tuple(GlareLobe.model_validate(lobe) for lobe in LOBES)


def test_the_law_holds_all_light_and_is_the_plain_power_law_within_its_reach() -> None:
    radius = np.geomspace(1e-3, 1e5, 40001)
    density = lobe_density(lobes(), radius, 400.0)
    assert np.trapezoid(density * 2.0 * np.pi * radius, radius) == pytest.approx(1.0, abs=1e-3)
    one = (GlareLobe(weight=1.0, radius_px=3.0, power=1.3),)
    near = lobe_density(one, np.array([5.0, 20.0]), 400.0)
    assert near[0] / near[1] == pytest.approx((34.0 / 409.0) ** -1.3, rel=0.02)


def test_weights_share_out_all_light() -> None:
    weights = lobe_weights(lobes(), level_sigmas_px(7), 640.0)
    assert weights.sum() == pytest.approx(1.0) and (weights >= 0.0).all()


def test_a_lamp_s_glow_follows_the_law() -> None:
    """Mean over rings from 8 to 200 px within 10 % (found: 3 %); half the power or twice the radius would be far off."""
    x, y = WIDE[0] // 2, WIDE[1] // 2
    out = path_of(camera(*WIDE, glare=glare())).through(lamp(*WIDE, x, y)).astype(np.float64)[..., 1] / 1e9
    radius = np.hypot(np.arange(WIDE[0]) - x, (np.arange(WIDE[1]) - y)[:, None])
    expected = 0.02 * lobe_density(lobes(), radius, reach_px(*WIDE))
    wrong = 0.02 * lobe_density((GlareLobe(weight=1.0, radius_px=3.0, power=1.3),), radius, reach_px(*WIDE))
    # the surroundings stand in for the light that leaves: at most the picture's mean
    floor = 0.02 / (WIDE[0] * WIDE[1])
    told_apart = 0
    for low, high in ((8, 12), (12, 20), (20, 35), (35, 60), (60, 100), (100, 150), (150, 200)):
        ring = (radius >= low) & (radius < high)
        mean = out[ring].mean()
        assert mean == pytest.approx(expected[ring].mean(), rel=0.1, abs=floor), (low, high)
        told_apart += mean != pytest.approx(wrong[ring].mean(), rel=0.1, abs=floor)
    assert told_apart >= 4
    assert out[y, x] == pytest.approx(1.0 - 0.02, rel=1e-3)
    assert out.sum() == pytest.approx(1.0, abs=0.002)


def test_the_veil_on_a_black_spot_is_what_the_law_leaves_outside_it() -> None:
    """ISO 18844's veiling glare index: flare in the middle of a black disc over the field's luminance."""
    spot_px = 60.0
    x, y = (WIDE[0] - 1) / 2.0, (WIDE[1] - 1) / 2.0
    light = np.ones((WIDE[1], WIDE[0], 3), np.float32)
    radius = np.hypot(np.arange(WIDE[0]) - x, (np.arange(WIDE[1]) - y)[:, None])
    light[radius < spot_px] = 0.0
    out = path_of(camera(*WIDE, glare=glare(veil=0.005))).through(light)
    index = out[int(y) - 2 : int(y) + 4, int(x) - 2 : int(x) + 4, 1].mean()
    ring = np.linspace(0.0, spot_px, 20001)
    inside = np.trapezoid(lobe_density(lobes(), ring, reach_px(*WIDE)) * 2.0 * np.pi * ring, ring)
    spot_share = np.pi * spot_px**2 / (WIDE[0] * WIDE[1])
    expected = 0.02 * (1.0 - inside) + 0.005 * (1.0 - spot_share)
    assert index == pytest.approx(expected, rel=0.05)
    assert index != pytest.approx(1.3 * expected, rel=0.1)


@pytest.mark.parametrize("magnification", [0.4, 1.0, 1.5])
def test_a_ghost_lies_opposite_its_lamp(magnification: float) -> None:
    """At c - m (x - c) about the principal point, m² of the strength in light, in the coating's colour."""
    ghost = {"magnification": magnification, "strength": 0.01, "tint": [0.5, 1.0, 0.25]}
    x, y = 361.5, 249.5
    config = camera(512, 384, glare={"ghosts": [ghost]})
    light = np.zeros((384, 512, 3), np.float32)
    # as large as a pixel of the coarse picture, which knows no finer place
    light[248:252, 360:364] = 1e9 / 16.0
    out = path_of(config).through(light).astype(np.float64) / 1e9
    expected = (255.5 - magnification * (x - 255.5), 191.5 - magnification * (y - 191.5))
    # within the ghost's own frame; beyond it the surroundings count as the picture's mean
    rows, columns = (
        slice(int(expected[1]) - 20, int(expected[1]) + 21),
        slice(int(expected[0]) - 20, int(expected[0]) + 21),
    )
    spot = out[rows, columns]
    total = spot.sum(axis=(0, 1))
    line, column = np.arange(384.0)[rows], np.arange(512.0)[columns]
    place = (spot[..., 1] @ column).sum() / total[1], (line @ spot[..., 1]).sum() / total[1]
    assert place == pytest.approx(expected, abs=1.0)
    assert total == pytest.approx(0.01 * magnification**2 * np.array(ghost["tint"]), rel=0.1)


def test_shares_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"share: found 0.02 without lobes"):
        camera(glare={"share": 0.02})
    with pytest.raises(ValidationError, match="at least half must go straight on"):
        camera(glare={"share": 0.3, "lobes": LOBES, "veil": 0.3})
    with pytest.raises(ValidationError, match="greater than 1"):
        camera(glare={"share": 0.02, "lobes": [{"weight": 1.0, "radius_px": 3.0, "power": 0.9}]})
