"""Trees, hedges and shrubs: sound, of known size, with the leaves of their season, cheaper where they stand far off."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.plants import grass, grove, hedge, shrub
from rendering.assets.trees import FIRST_FAR_VARIANT, SPECIES, TREE_KINDS, tree
from rendering.materials import MATERIALS, material_index
from sim.catalogue.static_assets import STATIC_ASSETS
from tests.rendering.mesh_checks import facing_share, faults

NAMES = list(MATERIALS)


def half_of(species: str) -> np.ndarray:
    """Nominal half sizes."""
    asset = STATIC_ASSETS[f"tree.{species}"]
    return np.array([asset.length_m, asset.width_m, asset.height_m]) / 2.0


@pytest.mark.parametrize("species", sorted(TREE_KINDS))
def test_every_variant_is_sound_and_stands_on_its_trunk(species):
    half = half_of(species)
    for variant in range(STATIC_ASSETS[f"tree.{species}"].variants):
        mesh = tree(species, variant, half)
        assert not faults(mesh) and facing_share(mesh) == 1.0
        np.testing.assert_allclose(mesh.bounds()[0], (-half[0], -half[1], 0.0), atol=0.01)
        np.testing.assert_allclose(mesh.bounds()[1], (half[0], half[1], 2 * half[2]), atol=0.01)
        foot = mesh.vertices[mesh.vertices[:, 2] < 0.02]
        assert len(foot) and np.abs(foot[:, :2]).max() < 0.25 * half[0] + 0.3
        assert mesh.triangle_count < 22_000


@pytest.mark.parametrize("species", sorted(SPECIES))
def test_seasons_change_the_leaves(species):
    def leaves(variant: int) -> set[str]:
        return {
            name
            for i in np.unique(tree(species, variant, half_of(species)).material)
            if (name := NAMES[i]).startswith("leaf_")
        }

    assert all(name.startswith(f"leaf_{species}") for name in leaves(0))
    assert leaves(5) == set()
    if species != "cypress":
        assert all(name.startswith("leaf_autumn") for name in leaves(3) | leaves(4))


@pytest.mark.parametrize("species", sorted(TREE_KINDS - {"palm"}))
def test_far_trees_cost_half_or_less(species):
    half = half_of(species)
    near, far = (tree(species, variant, half).triangle_count for variant in (0, FIRST_FAR_VARIANT))
    assert far < 0.62 * near


def test_other_plants_are_sound():
    for build, size in (
        (hedge, (2.0, 0.35, 0.55)),
        (shrub, (0.7, 0.7, 0.6)),
        (grass, (1.2, 0.8, 0.25)),
        (grove, (15.0, 3.5, 6.0)),
    ):
        for variant in range(3):
            mesh = build(variant, np.array(size))
            assert not faults(mesh) and facing_share(mesh) == 1.0


def test_summer_foliage_reflects_as_leaves_do():
    green = np.array(MATERIALS["leaf_lime"].albedo)
    assert material_index("leaf_lime_light") != material_index("leaf_lime")
    assert 0.05 < green[1] < 0.15 and green[0] < 0.7 * green[1] and green[2] < 0.4 * green[1]
