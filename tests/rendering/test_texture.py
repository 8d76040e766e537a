"""Textures: detail near, none far, and the same mean."""

from __future__ import annotations

import numpy as np
import pytest

from tests.rendering.solids import luminance, pinhole, plane, scene, state


@pytest.mark.parametrize("material", ["asphalt", "paving", "grass", "brick", "leaf_lime"])
def test_detail_fades_with_distance_and_the_mean_stays(material):
    world = scene(ground=[plane(material, 2000.0)])
    here = state()
    world.set_states(here, here)
    means, contrasts = [], []
    for height in (1.0, 400.0):
        out = world.render(pinhole(160, 160, 30.0, (3.3, 1.7, height), pitch=np.pi / 2), refine=False)
        light = luminance(out.radiance)
        means.append(light.mean())
        contrasts.append(light.std() / light.mean())
    assert contrasts[0] > 0.03 and contrasts[1] < 0.35 * contrasts[0]
    assert means[1] == pytest.approx(means[0], rel=0.15)
