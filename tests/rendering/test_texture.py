"""Textures: detail near, none far, and the same mean."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.ground import GroundMesh
from rendering.assets.solids import quads
from sim.base.taxonomy import ObjectClass
from tests.rendering.solids import luminance, pinhole, plane, scene, state


@pytest.mark.parametrize(
    "material", ["brick", "leaf_lime", "siding_white", "limestone", "roof_slate", "roof_tile", "cladding_grey"]
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


@pytest.mark.parametrize("pattern", [0, 1, 2])
@pytest.mark.parametrize("material", ["cloth_grey", "fur_grey"])
def test_cloth_and_fur_keep_their_mean_and_lose_their_detail(material: str, pattern: int) -> None:
    if material == "fur_grey" and pattern:
        pytest.skip("fur has no patterns")
    corners = np.array([[-20.0, -20.0, 0.0], [20.0, -20.0, 0.0], [20.0, 20.0, 0.0], [-20.0, 20.0, 0.0]])
    uv = corners[:, :2] + (50.0, 50.0 + 100.0 * pattern)
    sheet = GroundMesh(quads([corners], material, uv=[uv]), ObjectClass.ROAD, 0)
    world = scene(ground=[sheet])
    here = state()
    world.set_states(here, here)
    rng = np.random.default_rng(0)
    near = np.stack([_patch(world, (*rng.uniform(-5, 5, 2), 0.5)) for _ in range(60)])
    far = _patch(world, (0.0, 0.0, 30.0))
    assert near.std() / near.mean() > (0.04 if pattern == 0 else 0.15)
    assert far.std() / far.mean() < (0.9 if pattern == 0 else 0.4) * near.std() / near.mean()
    assert far.mean() == pytest.approx(near.mean(), rel=0.04)
