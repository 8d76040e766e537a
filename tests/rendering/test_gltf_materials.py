"""Factors carry over, textures become groups of their true mean colour, blended materials panes."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.assets.asset_table import AssetRow, Overrides
from rendering.assets.gltf import GltfMaterial, Piece
from rendering.assets.gltf_materials import WHITEST, grouped_colors, material_of_triangles, sampled_colors
from rendering.materials import SLOT_PAINT, every_material, linear_from_srgb, material_index

TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]])
SQUARE = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])


def _row(colors=8, **rules):
    rule = (("*", Overrides(**rules)),) if rules else ()
    return AssetRow("t:1", ("*",), None, 1.0, "+z", "+y", False, 35.0, colors, True, rule, ())


def _one(source, kind="", **rules):
    piece = Piece(("n",), source, SQUARE, TRIANGLES, SQUARE[:, :2])
    indices = material_of_triangles(piece, kind, _row(**rules))
    return every_material()[int(indices[0])][1] if indices[0] < 0xFF00 else int(indices[0])


def test_factors_carry_over():
    seen = _one(GltfMaterial("m", (0.1, 0.2, 0.3), metallic=0.6, roughness=0.37, clear_coat=True))
    assert (seen.albedo, seen.metallic, seen.roughness, seen.clear_coat, seen.glass) == (
        (0.1, 0.2, 0.3),
        0.6,
        0.37,
        True,
        False,
    )
    assert _one(GltfMaterial("m", (1.0, 1.0, 1.0))).albedo == (WHITEST,) * 3


def test_overrides():
    source = GltfMaterial("m", (0.1, 0.2, 0.3))
    assert _one(source, albedo=(0.4, 0.4, 0.4), roughness=0.2).albedo == (0.4, 0.4, 0.4)
    assert _one(source, like="tyre") == every_material()[material_index("tyre")][1]
    assert _one(source, paint=True) == SLOT_PAINT
    assert _one(source, transmittance=0.3).transmittance == 0.3


def test_panes():
    blended = _one(GltfMaterial("m", (0.5, 0.5, 0.5), alpha=0.2))
    assert blended.glass and blended.transmittance == pytest.approx(0.8) and blended.albedo == (0.1, 0.1, 0.1)
    tinted = _one(GltfMaterial("m", (0.4, 0.5, 0.6), transmission=1.0))
    assert tinted.glass and tinted.transmittance == pytest.approx(0.5)
    assert _one(GltfMaterial("m"), "window").transmittance == pytest.approx(0.72)
    assert not _one(GltfMaterial("m", alpha=0.95)).glass


def test_a_texture_keeps_its_mean_and_its_halves():
    texture = np.zeros((64, 64, 3), np.uint8)
    texture[:32], texture[32:] = (255, 0, 0), (0, 0, 200)  # the picture's upper half is red
    upper = np.array([[[0.0, 0.6], [1.0, 0.6], [0.5, 0.9]]])
    np.testing.assert_allclose(sampled_colors(texture, upper)[0], [1, 0, 0], atol=1e-6)
    np.testing.assert_allclose(
        sampled_colors(texture, upper - np.array([0, 0.5]))[0], linear_from_srgb((0, 0, 200)), atol=1e-6
    )
    np.testing.assert_allclose(
        sampled_colors(texture, upper + np.array([3, -7.0]))[0], [1, 0, 0], atol=1e-6
    )  # it repeats
    noise = np.random.default_rng(1).integers(0, 256, (256, 256, 3)).astype(np.uint8)
    whole = sampled_colors(noise, np.array([[[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1], [0, 1.0]]])).mean(axis=0)
    true = np.mean([linear_from_srgb(tuple(texel)) for texel in noise.reshape(-1, 3)[::16].tolist()], axis=0)
    assert np.abs(whole - true).max() < 0.15


def test_grouping_conserves_the_mean_and_separates_colours():
    rng = np.random.default_rng(3)
    kinds = np.array([[0.8, 0.1, 0.1], [0.1, 0.1, 0.7], [0.02, 0.02, 0.02]])
    true = rng.integers(0, 3, 600)
    colors = np.clip(kinds[true] + rng.normal(0, 0.003, (600, 3)), 0, 1)
    weights = rng.uniform(0.5, 2.0, 600)
    label, means = grouped_colors(colors, weights, 3)
    assert len(means) == 3 and all(len(set(label[true == k])) == 1 for k in range(3))
    np.testing.assert_allclose(
        np.average(means[label], axis=0, weights=weights), np.average(colors, axis=0, weights=weights), rtol=1e-9
    )
    assert len(grouped_colors(np.tile([[0.2, 0.3, 0.4]], (50, 1)), np.ones(50), 8)[1]) == 1  # one colour, one group
    assert len(grouped_colors(colors, weights, 1)[1]) == 1
