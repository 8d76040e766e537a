"""Dirt on vehicles: more of it below, different on each paint, and none of its detail from afar."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.ground import GroundMesh
from rendering.assets.solids import quads
from rendering.materials import MATERIALS
from sim.base.taxonomy import ObjectClass
from tests.rendering.solids import luminance, pinhole, scene, state


@pytest.fixture(scope="module")
def wall():
    """A wall of white body paint, 200 m long, that looks to -x, and nothing else."""
    corners = [[[0.0, 100.0, 0.0], [0.0, -100.0, 0.0], [0.0, -100.0, 40.0], [0.0, 100.0, 40.0]]]
    out = scene(ground=[GroundMesh(quads(corners, "body_white"), ObjectClass.ROAD, 0)])
    here = state()
    out.set_states(here, here)
    return out


def _patch(wall, z_m: float, away_m: float, half_m: float) -> np.ndarray:
    fov = np.degrees(2.0 * np.arctan(half_m / away_m))
    return luminance(wall.render(pinhole(48, 48, fov, (-away_m, 3.3, z_m)), refine=False).radiance)


def test_dust_darkens_the_sill_and_not_the_roof(wall):
    low, high = _patch(wall, 0.15, 2.0, 0.1), _patch(wall, 1.6, 2.0, 0.1)
    assert low.mean() < 0.985 * high.mean()
    assert high.std() < 0.01 * high.mean() < low.std() * 10.0


def test_detail_fades_with_distance_and_the_mean_stays(wall):
    """Pixels of 0.2 m see what the spots and streaks in a row of them come to."""
    far = luminance(wall.render(pinhole(48, 48, 9.15, (-60.0, 3.3, 4.9)), refine=False).radiance)
    row = 46  # its middle lies 22.5 px of 0.2 m below the axis: 0.4 m high
    near = np.array([_patch(wall, z, 2.0, 0.1) for z in (0.32, 0.36, 0.40, 0.44, 0.48)])
    assert far[row].mean() == pytest.approx(near.mean(), rel=0.02)
    assert far[row].std() < 0.5 * near.std()
    assert MATERIALS["body_white"].texture != 0
