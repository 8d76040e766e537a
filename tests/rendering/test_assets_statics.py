"""Statics and props fill their boxes, stand on the ground and are sound."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.props import prop_part
from rendering.assets.statics import mesh_for
from sim.catalogue.props import PROPS
from sim.catalogue.static_assets import STATIC_ASSETS
from sim.maps.placing import MAST_INSIDE_M
from tests.rendering.mesh_checks import facing_share, faults


@pytest.mark.parametrize("key", STATIC_ASSETS)
def test_static_fills_its_box(key):
    asset = STATIC_ASSETS[key]
    half = np.array([asset.length_m, asset.width_m, asset.height_m]) / 2.0
    for variant in range(min(asset.variants, 3)):
        for stretch in (1.0, 1.13):
            mesh = mesh_for(f"{key}:{variant}#7", half * stretch)
            low, high = mesh.bounds()
            offset = np.array([0.0, 0.0, half[2] * stretch])
            np.testing.assert_allclose(low, offset - half * stretch, atol=0.01)
            np.testing.assert_allclose(high, offset + half * stretch, atol=0.01)
            assert not faults(mesh) and facing_share(mesh) == 1.0
            assert mesh.triangle_count < 22_000


@pytest.mark.parametrize("key", ["pole.street_lamp", "pole.utility"])
def test_a_mast_stands_where_the_layout_puts_it(key):
    asset = STATIC_ASSETS[key]
    half = np.array([asset.length_m, asset.width_m, asset.height_m]) / 2.0
    vertices = mesh_for(f"{key}:0#1", half).vertices
    low = vertices[(vertices[:, 2] > 0.3) & (vertices[:, 2] < 0.4 * asset.height_m) | (vertices[:, 2] < 0.01)]
    assert np.abs(low[:, 0] - (MAST_INSIDE_M - half[0])).max() < 0.16


def test_equal_objects_share_a_mesh_and_variants_differ():
    half = (2.5, 2.5, 5.0)
    assert mesh_for("tree.lime:0#1", half) is mesh_for("tree.lime:0#2", half)
    assert not np.array_equal(mesh_for("tree.lime:0#1", half).vertices, mesh_for("tree.lime:1#1", half).vertices)


@pytest.mark.parametrize("type_id", PROPS)
def test_prop_fills_its_box(type_id):
    spec = PROPS[type_id]
    mesh = prop_part(spec).meshes[0]
    low, high = mesh.bounds()
    np.testing.assert_allclose(low, (-spec.length_m / 2, -spec.width_m / 2, 0.0), atol=0.01)
    np.testing.assert_allclose(high, (spec.length_m / 2, spec.width_m / 2, spec.height_m), atol=0.01)
    assert not faults(mesh) and facing_share(mesh) > 0.99
