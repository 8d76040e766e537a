"""Outlines cut into a skin: areas by the closed form, nothing lost, exact edges, holes that are holes."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from rendering.assets.cutting import FRONT, SIDES, Region, Skin, cut, skin_of
from rendering.assets.solids import grid_faces
from rendering.materials import material_index
from rendering.mesh import PART_LAMP


def _wall() -> Skin:
    """A flat wall of 2 m x 1 m at x = 1 that looks forward, in 0.1 m cells."""
    y, z = np.meshgrid(np.linspace(-1.0, 1.0, 21), np.linspace(0.0, 1.0, 11))
    points = np.stack([np.ones_like(y), y, z], axis=-1).reshape(-1, 3)
    return skin_of(points, np.tile([1.0, 0.0, 0.0], (len(points), 1)), grid_faces(11, 21, closed=False), "paint")


def _area(skin: Skin, name: str) -> float:
    corner = skin.positions[skin.material == material_index(name)]
    cross = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    return float(0.5 * cross[:, 0].sum())


def test_a_piece_has_the_outlines_area_and_the_rest_is_kept():
    disc = shapely.Point(0.13, 0.47).buffer(0.2)
    out = cut(_wall(), [Region(FRONT, disc, "chrome", PART_LAMP)])
    assert _area(out, "chrome") == pytest.approx(disc.area, rel=1e-9)
    assert _area(out, "paint") == pytest.approx(2.0 - disc.area, rel=1e-9)
    assert set(out.part[out.material == material_index("chrome")]) == {PART_LAMP}
    np.testing.assert_allclose(np.linalg.norm(out.normals, axis=-1), 1.0, atol=1e-9)


def test_holes_sunk_panes_and_what_faces_away():
    disc = shapely.Point(0.0, 0.5).buffer(0.2)
    assert _area(cut(_wall(), [Region(FRONT, disc, None)]), "paint") == pytest.approx(2.0 - disc.area, rel=1e-9)
    sunk = cut(_wall(), [Region(FRONT, disc, "glass_car", 2, -0.02, "gloss_black", reveal_m=0.05)])
    glass = sunk.positions[sunk.material == material_index("glass_car")]
    np.testing.assert_allclose(glass[..., 0], 0.98, atol=1e-12)
    frame = sunk.positions[sunk.material == material_index("gloss_black")]
    assert frame[..., 0].min() == pytest.approx(0.95) and frame[..., 0].max() == pytest.approx(1.0)
    assert len(cut(_wall(), [Region(SIDES, disc, "chrome")]).material) == len(_wall().material)


def test_a_later_region_cuts_into_an_earlier_one():
    big, small = shapely.box(-0.5, 0.2, 0.5, 0.8), shapely.box(-0.11, 0.33, 0.17, 0.61)
    out = cut(_wall(), [Region(FRONT, big, "chrome"), Region(FRONT, small, "grille")])
    assert _area(out, "grille") == pytest.approx(small.area) and _area(out, "chrome") == pytest.approx(
        big.area - small.area
    )
