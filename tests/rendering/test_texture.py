"""Textures: detail near, none far, and the same mean."""

from __future__ import annotations

import numpy as np
import pytest

from tests.rendering.solids import luminance, pinhole, plane, scene, state


@pytest.mark.parametrize(
    "material",
    [
        "asphalt",
        "paving",
        "grass",
        "brick",
        "leaf_lime",
        "siding_white",
        "limestone",
        "roof_slate",
        "roof_tile",
        "cladding_grey",
    ],
)
def test_detail_fades_with_distance_and_the_mean_stays(material):
    world = scene(ground=[plane(material, 2000.0)])
    here = state()
    world.set_states(here, here)
    rng = np.random.default_rng(0)
    near = np.stack([_patch(world, (*rng.uniform(-300, 300, 2), 1.0)) for _ in range(40)])
    far = _patch(world, (0.0, 0.0, 400.0))
    assert near.std() / near.mean() > 0.03 and far.std() / far.mean() < 0.35 * near.std() / near.mean()
    assert far.mean() == pytest.approx(near.mean(), rel=0.08)


def _patch(world, at: tuple[float, float, float]) -> np.ndarray:
    """Luminances looking straight down from `at`."""
    return luminance(world.render(pinhole(64, 64, 30.0, at, pitch=np.pi / 2), refine=False).radiance)
