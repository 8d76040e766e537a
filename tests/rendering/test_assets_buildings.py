"""Buildings: sound meshes for random draws, closed walls, glass before rooms, a rhythm of windows, and lit rooms at night."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.buildings import BUILDING_KINDS, building
from rendering.assets.facade import Facade, Look, pierced_wall
from rendering.emitters import STATIC_LAMP_BITS, emission_table
from rendering.materials import MATERIALS, EmissionKind, material_index
from rendering.mesh import PART_GLASS
from sim.catalogue.static_assets import STATIC_ASSETS
from tests.rendering.mesh_checks import facing_share, faults

GLASS = [material_index("glass_window"), material_index("glass_curtain")]


def draws(kind: str, count: int = 20):
    """Random variants and sizes of a kind, as a layout may ask for them."""
    rng = np.random.default_rng(sorted(BUILDING_KINDS).index(kind))
    asset = STATIC_ASSETS[f"building.{kind}"]
    nominal = np.array([asset.length_m, asset.width_m, asset.height_m]) / 2.0
    for _ in range(count):
        yield int(rng.integers(asset.variants)), nominal * rng.uniform(0.88, 1.12, 3)


@pytest.mark.parametrize("kind", sorted(BUILDING_KINDS))
def test_random_draws_are_sound_and_fill_their_box(kind):
    for variant, half in draws(kind):
        mesh = building(kind, variant, half)
        assert not faults(mesh) and facing_share(mesh) == 1.0
        low, high = mesh.bounds()
        np.testing.assert_allclose(low, (-half[0], -half[1], 0.0), atol=0.01)
        np.testing.assert_allclose(high, (half[0], half[1], 2 * half[2]), atol=0.01)
        assert mesh.triangle_count < 25_000


@pytest.mark.parametrize("kind", sorted(BUILDING_KINDS - {"garage"}))
def test_variants_differ_in_more_than_size(kind):
    asset = STATIC_ASSETS[f"building.{kind}"]
    half = np.array([asset.length_m, asset.width_m, asset.height_m]) / 2.0
    palettes = {tuple(np.unique(building(kind, variant, half).material)) for variant in range(asset.variants)}
    assert len(palettes) >= 4


def test_a_wall_covers_its_face_but_for_the_holes():
    holes = np.array([(1.0, 2.0, 0.9, 2.2), (3.0, 4.5, 0.0, 2.4), (1.0, 2.0, 3.9, 5.2)])
    wall = pierced_wall(6.0, 0.0, 6.0, holes, "plaster_white")
    corner = wall.vertices[wall.triangles].astype(np.float64)
    area = 0.5 * np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1).sum()
    assert area == pytest.approx(36.0 - 1.3 - 3.6 - 1.3, rel=1e-6)
    assert (wall.normals[:, 1] == -1.0).all()
    # texture coordinates tell how far below a sill a point lies, and that it lies there
    below = wall.uv[:, 1] > 0.0
    assert below.any() and not below.all() and wall.uv[below, 0].min() == pytest.approx(0.0, abs=1e-4)
    assert wall.uv[below, 0].max() <= 1.4 + 1e-4 and (wall.uv[~below] == 0.0).all()


def test_behind_every_pane_lies_something():
    facade = Facade(12.0, 0.0, 3.0, Look())
    facade.row(4, 0.9, 2.3, 1.2)
    mesh = facade.mesh(np.random.default_rng(1))
    pane = mesh.part == PART_GLASS
    centers = mesh.vertices[mesh.triangles].mean(axis=1)
    assert np.isin(mesh.material[pane], GLASS).all() and pane.sum() == 8
    for x, y, z in centers[pane]:
        corners = mesh.vertices[mesh.triangles[~pane]]
        low, high = corners.min(axis=1), corners.max(axis=1)
        behind = (low[:, 1] > y) & (low[:, 0] <= x) & (x <= high[:, 0]) & (low[:, 2] <= z) & (z <= high[:, 2])
        assert behind.any()


def test_a_share_of_rooms_has_light_of_the_luminance_of_lit_windows():
    lit = [i for i, material in enumerate(MATERIALS.values()) if material.emission == EmissionKind.WINDOW]
    white = float(emission_table()[0, EmissionKind.WINDOW] @ np.array([0.2126, 0.7152, 0.0722]))
    for index in lit:
        luminance = white * float(np.dot(list(MATERIALS.values())[index].albedo, (0.2126, 0.7152, 0.0722)))
        assert 20.0 < luminance < 150.0
    assert STATIC_LAMP_BITS >> EmissionKind.WINDOW & 1 and STATIC_LAMP_BITS >> EmissionKind.STREET_LAMP & 1
    mesh = building("apartment", 0, np.array([10.0, 7.0, 8.0]))
    share = np.isin(mesh.material, lit).sum() / (mesh.part == PART_GLASS).sum()
    assert 0.1 < share < 4.0
