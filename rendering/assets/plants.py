"""Hedges, shrubs, planters and groves: leaf sprays over simple bodies. Trees are in rendering.assets.trees.

Tested by tests/rendering/test_assets_plants.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.assets.leaves import Random, sprays, unit
from rendering.assets.solids import box, cylinder, index_of, loft
from rendering.mesh import Mesh, fit_to_box, merge, transform

Float64 = NDArray[np.float64]


def _shades(leaf: str, count: int, random: Random) -> NDArray[np.int64]:
    names = [index_of(f"leaf_{leaf}{suffix}") for suffix in ("_dark", "", "_light")]
    return np.asarray(np.array(names)[random.choice(3, count, p=(0.35, 0.45, 0.20))])


def hedge(variant: int, extent_m: Float64) -> Mesh:
    """A clipped hedge: a dark core with a lumpy top, covered with short sprays."""
    half = np.asarray(extent_m, np.float64)
    size = 2.0 * half
    random = np.random.default_rng([7, variant])
    leaf = ("hedge", "hedge", "shrub")[variant % 3]
    inner = np.maximum(size - 0.14, 0.05)
    core = box((0, 0, inner[2] / 2.0), inner, f"leaf_{leaf}_dark")
    area = 2.0 * (size[0] * size[2] + size[1] * size[2]) + size[0] * size[1]
    count = int(np.clip(area * 75.0, 100, 1400))
    faces = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1]], np.float64)
    weight = np.array([size[1] * size[2]] * 2 + [size[0] * size[2]] * 2 + [size[0] * size[1]])
    normal = faces[random.choice(5, count, p=weight / weight.sum())]
    where = (random.random((count, 3)) - 0.5) * inner
    center = np.where(normal != 0.0, normal * inner / 2.0, where) + np.array([0.0, 0.0, inner[2] / 2.0])
    pointing = random.normal(0.0, 1.0, (count, 3)) + normal * 0.4
    leaves = sprays(center, pointing, normal, random.uniform(0.12, 0.21, count), index_of(f"leaf_{leaf}"), random)
    return fit_to_box([merge([core, leaves])], (-half[0], -half[1], 0.0), (half[0], half[1], size[2]))[0]


def shrub(variant: int, extent_m: Float64) -> Mesh:
    """A garden shrub of a few rounded bodies; some in blossom."""
    half = np.asarray(extent_m, np.float64)
    random = np.random.default_rng([13, variant])
    leaf = ("shrub", "hedge", "lime", "shrub")[variant % 4]
    blossom = ("", "blossom_rose", "", "blossom_white")[variant % 4]
    count, bodies = 520, 5
    middle = random.uniform(-0.45, 0.45, (bodies, 3)) * np.array([half[0], half[1], 0.0]) + np.array(
        [0.0, 0.0, half[2] * 0.95]
    )
    which = random.integers(bodies, size=count)
    direction = unit(random.normal(0.0, 1.0, (count, 3)))
    center = middle[which] + direction * half * 0.62 * random.random((count, 1)) ** 0.4
    center[:, 2] = np.maximum(center[:, 2], 0.06)
    shades = _shades(leaf, count, random)
    if blossom:
        flowers = random.random(count) < 0.22 * (direction[:, 2] > -0.2)
        shades[flowers] = index_of(f"leaf_{blossom}")
    leaves = sprays(
        center,
        direction + random.normal(0.0, 0.6, (count, 3)),
        direction,
        random.uniform(0.10, 0.19, count),
        shades,
        random,
    )
    stem = cylinder((0, 0, 0), (0, 0, half[2]), 0.03, "bark", segments=5)
    return fit_to_box([merge([stem, leaves])], (-half[0], -half[1], 0.0), (half[0], half[1], 2 * half[2]))[0]


def grass(variant: int, extent_m: Float64) -> Mesh:
    """A patch of tall grass and weeds: tufts of blades that stand up and bend over."""
    half = np.asarray(extent_m, np.float64)
    random = np.random.default_rng([17, variant])
    count = int(np.clip(half[0] * half[1] * 4.0 * 110.0, 80, 900))
    center = (random.random((count, 3)) * 2.0 - 1.0) * np.array([half[0], half[1], 0.0]) * 0.92
    tall = half[2] * random.uniform(0.5, 1.6, count)
    center[:, 2] = tall * 0.5
    lean = random.normal(0.0, 0.35, (count, 3)) * np.array([1.0, 1.0, 0.0])
    blades = sprays(
        center,
        lean + np.array([0.0, 0.0, 1.0]),
        unit(lean + np.array([0.0, 0.0, 0.3])),
        tall,
        _shades("tall_grass", count, random),
        random,
        wide=0.05,
    )
    return fit_to_box([blades], (-half[0], -half[1], 0.0), (half[0], half[1], 2 * half[2]))[0]


def grove(variant: int, extent_m: Float64) -> Mesh:
    """The edge of a wood far off: crowns of mixed height side by side, of large sprays over dark bodies, cheap to trace."""
    half = np.asarray(extent_m, np.float64)
    random = np.random.default_rng([19, variant])
    pieces = []
    count = max(int(half[0] / 1.9), 2)
    for k in range(count):
        conifer = random.random() < (0.15, 0.5, 0.0)[variant % 3]
        tall = 2.0 * half[2] * random.uniform(0.62, 1.0)
        reach = np.array([random.uniform(2.2, 3.4), min(half[1] * 0.9, 3.2)]) * (0.62 if conifer else 1.0)
        x = ((k + 0.5) / count * 2.0 - 1.0) * half[0] + random.uniform(-0.6, 0.6)
        y = random.uniform(-0.35, 0.35) * half[1]
        leaf = "fir" if conifer else ("lime", "oak", "birch", "maple")[int(random.integers(4))]
        levels = np.array([0.02, 0.12, 0.4, 0.7, 0.9, 0.99])
        profile = (
            np.array([0.5, 0.95, 0.7, 0.42, 0.18, 0.02]) if conifer else np.array([0.6, 0.85, 1.0, 0.95, 0.68, 0.15])
        )
        angle = np.arange(8) * np.pi / 4.0
        rings = np.empty((6, 8, 3))
        lumps = 0.8 + 0.12 * np.sin(3.0 * angle + 9.0 * levels[:, None] + k)
        rings[:, :, 0] = np.cos(angle) * profile[:, None] * reach[0] * lumps
        rings[:, :, 1] = np.sin(angle) * profile[:, None] * reach[1] * lumps
        rings[:, :, 2] = (levels * tall)[:, None]
        body = loft(rings, f"leaf_{leaf}_dark", crease_deg=80.0)
        n = 130
        share = random.uniform(0.04, 0.98, n)
        rim = np.interp(share, levels, profile) * random.uniform(0.75, 1.05, n)
        turn = random.random(n) * 2.0 * np.pi
        out = np.column_stack([np.cos(turn), np.sin(turn), 0.5 * (share - 0.4)])
        center = np.column_stack([np.cos(turn) * rim * reach[0], np.sin(turn) * rim * reach[1], share * tall])
        leaves = sprays(
            center,
            out + random.normal(0.0, 0.6, (n, 3)),
            unit(out),
            random.uniform(0.55, 0.95, n),
            index_of(f"leaf_{leaf}"),
            random,
        )
        pieces.append(transform(merge([body, leaves]), None, (x, y, 0.0)))
    return fit_to_box([merge(pieces)], (-half[0], -half[1], 0.0), (half[0], half[1], 2 * half[2]))[0]


def planter_bush(center: Float64, radius_m: float, material: str, seed: int) -> Mesh:
    """A round shrub for pots and planters."""
    random = np.random.default_rng([11, seed])
    direction = unit(random.normal(0.0, 1.0, (160, 3)))
    direction[:, 2] = np.abs(direction[:, 2]) - 0.15
    spot = center + direction * radius_m * (0.55 + 0.45 * random.random((160, 1)))
    stem = cylinder(center - (0, 0, radius_m), center, radius_m * 0.08, "bark", segments=5)
    pointing = direction + random.normal(0, 0.5, (160, 3))
    return merge([stem, sprays(spot, pointing, direction, np.full(160, radius_m * 0.4), index_of(material), random)])
