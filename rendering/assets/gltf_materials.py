"""Materials of glTF files as ours: physically based factors carry over, textures become a few colours.

Base colour and roughness mean the same in both (linear reflectance; GGX with alpha = roughness squared), so do metals' colours.
A texture is not drawn: each triangle takes the mean of what it covers (28 samples, times the factor), and the triangles of a
material are sorted into at most `texture_colors` groups, each with its own mean, so that the mean reflectance is kept.
Tested by tests/rendering/test_gltf_materials.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.assets.asset_table import LAMPS, AssetRow, Overrides
from rendering.assets.gltf import GltfMaterial, Piece
from rendering.materials import SLOT_PAINT, EmissionKind, Material, material_index, registered_index

Float64 = NDArray[np.float64]

WHITEST = 0.95
"""Reflectances are cut here: a white of 1, common in files, is beyond any paint (fresh snow 0.9, barium sulphate 0.98)."""
PANE_BELOW_ALPHA = 0.9
"""A blended material with less alpha than this is a pane of glass."""
_SMOOTHEST = 0.03
_PANE = Material((0.012, 0.014, 0.014), 0.03, glass=True)
"""Glass where the file says nothing of its transmittance: our car windows'."""
_LENS_ROUGHNESS = 0.08
_SAMPLES = 7


def material_of_triangles(piece: Piece, kind: str, row: AssetRow) -> NDArray[np.uint16]:
    """Indices (T,) for Mesh.material of a piece under a node of this kind ("" where no rule fits); registers new ones."""
    rules = row.overrides_of(piece.material.name)
    count = len(piece.triangles)
    if rules.paint:
        return np.full(count, SLOT_PAINT, np.uint16)
    if rules.like is not None:
        return np.full(count, material_index(rules.like), np.uint16)
    if kind == "street_lamp":
        return np.full(count, material_index("street_lamp"), np.uint16)
    if piece.material.texture is None or piece.uv is None or rules.albedo is not None:
        return np.full(
            count, registered_index(_ours(piece.material, rules, kind, piece.material.base_color)), np.uint16
        )
    colors = sampled_colors(piece.material.texture, piece.uv[piece.triangles]) * np.array(piece.material.base_color)
    corners = piece.vertices[piece.triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    group, means = grouped_colors(colors, area, row.texture_colors)
    indices = [registered_index(_ours(piece.material, rules, kind, (r, g, b))) for r, g, b in means.tolist()]
    return np.array(indices, np.uint16)[group]


def _ours(source: GltfMaterial, rules: Overrides, kind: str, color: tuple[float, float, float]) -> Material:
    """One material of ours, its numbers rounded to 1e-4 so that nearly equal ones share a row."""
    albedo = _rounded(rules.albedo if rules.albedo is not None else color)
    roughness = round(max(rules.roughness if rules.roughness is not None else source.roughness, _SMOOTHEST), 4)
    metallic = round(rules.metallic if rules.metallic is not None else source.metallic, 4)
    coat = rules.clear_coat if rules.clear_coat is not None else source.clear_coat
    if kind in LAMPS:
        return Material(albedo, _LENS_ROUGHNESS, clear_coat=True, emission=EmissionKind(LAMPS[kind]))
    blended = source.alpha < PANE_BELOW_ALPHA or source.transmission > 0.0
    if kind == "window" or rules.transmittance is not None or (blended and kind not in LAMPS):
        return _pane(source, rules, albedo)
    return Material(albedo, roughness, metallic, clear_coat=coat)


def _pane(source: GltfMaterial, rules: Overrides, albedo: tuple[float, float, float]) -> Material:
    """A thin pane: what a blended layer covers reflects its colour, the rest lets light through."""
    transmittance, body = _PANE.transmittance, _PANE.albedo
    if source.transmission > 0.0:  # the light that passes is tinted by the base colour
        transmittance = source.transmission * float(np.mean(source.base_color))
    elif source.alpha < 1.0:
        transmittance, body = 1.0 - source.alpha, _rounded(tuple(source.alpha * value for value in albedo))
    if rules.transmittance is not None:
        transmittance = rules.transmittance
    if rules.albedo is not None:
        body = albedo
    return Material(body, _PANE.roughness, glass=True, transmittance=round(min(max(transmittance, 0.01), 0.92), 4))


def _rounded(color: tuple[float, ...]) -> tuple[float, float, float]:
    red, green, blue = (round(min(max(value, 0.0), WHITEST), 4) for value in color)
    return red, green, blue


def sampled_colors(texture: NDArray[np.uint8], uv: Float64) -> Float64:
    """Mean linear colour (T, 3) of a repeating sRGB texture (H, W, 3) under triangles with these uv (T, 3, 2)."""
    height, width = texture.shape[:2]
    steps = [(i, j) for i in range(_SAMPLES) for j in range(_SAMPLES - i)]
    total: Float64 = np.zeros((len(uv), 3))
    linear = _linear(np.arange(256) / 255.0)
    for i, j in steps:
        # centres of a grid of equal parts
        a, b = (i + 1.0 / 3.0) / _SAMPLES, (j + 1.0 / 3.0) / _SAMPLES
        at = uv[:, 0] * (1.0 - a - b) + uv[:, 1] * a + uv[:, 2] * b
        column = np.floor((at[:, 0] % 1.0) * width).astype(np.int64) % width
        line = np.floor(((1.0 - at[:, 1]) % 1.0) * height).astype(np.int64) % height
        total += linear[texture[line, column]]
    return total / len(steps)


def _linear(value: Float64) -> Float64:
    """Linear from sRGB, both 0 to 1 (IEC 61966-2-1)."""
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def grouped_colors(colors: Float64, weights: Float64, most: int) -> tuple[NDArray[np.int64], Float64]:
    """(group (T,), mean colour (K, 3)) with K at most `most`: the group that spreads most is halved until all are tight.

    Spread is measured in cube roots, near to what eyes see; means are linear and weighted, so the total is conserved.
    """
    seen = np.cbrt(colors)
    weight = np.maximum(weights, 1e-12)
    groups = [np.arange(len(colors))]
    while len(groups) < most:
        axes, sums = zip(*(_spread(seen[own], weight[own]) for own in groups), strict=True)
        widest = int(np.argmax(sums))
        own, axis = groups[widest], axes[widest]
        if sums[widest] < 1e-4 * weight.sum():
            break
        middle = float(np.average(seen[own, axis], weights=weight[own]))
        low = seen[own, axis] <= middle
        if low.all() or not low.any():
            break
        groups[widest] = own[low]
        groups.append(own[~low])
    label = np.zeros(len(colors), np.int64)
    for index, own in enumerate(groups):
        label[own] = index
    return label, np.array([np.average(colors[own], axis=0, weights=weight[own]) for own in groups])


def _spread(seen: Float64, weight: Float64) -> tuple[int, float]:
    """The axis along which a group spreads most, and its weighted sum of squares there."""
    mean = np.average(seen, axis=0, weights=weight)
    sums = (weight[:, None] * (seen - mean) ** 2).sum(axis=0)
    axis = int(np.argmax(sums))
    return axis, float(sums[axis])
