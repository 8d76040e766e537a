"""Trees and hedges: a trunk with branches, and a crown of some hundred leaf sprays, each a kite of two triangles.

A spray is one small branch with its leaves, 20 to 50 cm long: at the distances of traffic it reads as foliage with gaps.
Normals lean outwards from the crown, so that it shades as a body and not as a heap of cards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rendering.assets.solids import box, cylinder, index_of, loft, sweep
from rendering.mesh import Mesh, fit_to_box, merge

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Species:
    """Shape of a tree, in units of its height and of its crown's half width. `profile` is crown half width over height share."""

    leaf: str
    bark: str
    trunk_radius: float
    crown_from: float
    profile: tuple[tuple[float, float], ...]
    sprays: int
    spray_m: float
    droop: float
    branches: int


SPECIES: dict[str, Species] = {
    "lime": Species(
        "leaf_lime",
        "bark",
        0.018,
        0.22,
        ((0.22, 0.35), (0.32, 0.85), (0.48, 1.0), (0.70, 0.82), (0.88, 0.45), (1.0, 0.06)),
        1100,
        0.52,
        0.15,
        9,
    ),
    "plane": Species(
        "leaf_plane",
        "bark",
        0.022,
        0.28,
        ((0.28, 0.30), (0.40, 0.90), (0.60, 1.0), (0.80, 0.85), (0.93, 0.50), (1.0, 0.1)),
        1150,
        0.60,
        0.05,
        10,
    ),
    "birch": Species(
        "leaf_birch",
        "bark_birch",
        0.012,
        0.24,
        ((0.24, 0.40), (0.38, 0.95), (0.55, 1.0), (0.78, 0.62), (0.92, 0.28), (1.0, 0.03)),
        950,
        0.40,
        0.75,
        10,
    ),
    "fir": Species(
        "leaf_fir",
        "bark",
        0.016,
        0.07,
        ((0.07, 0.85), (0.12, 1.0), (0.40, 0.70), (0.70, 0.38), (0.92, 0.10), (1.0, 0.0)),
        1000,
        0.62,
        0.45,
        0,
    ),
}


def tree(species: str, variant: int, extent_m: Float64) -> Mesh:
    """A tree that fills its box, origin at the foot of the trunk."""
    kind = SPECIES[species]
    half = np.asarray(extent_m, np.float64)
    height = 2.0 * half[2]
    random = np.random.default_rng([len(species), ord(species[0]), variant])
    lean = (random.random(2) - 0.5) * 0.04 * height
    top = kind.crown_from + (0.94 if kind.branches == 0 else 0.55) * (1.0 - kind.crown_from)
    levels = np.linspace(0.0, top, 7)
    path = np.column_stack([lean[0] * levels**2, lean[1] * levels**2, levels * height])
    radius = kind.trunk_radius * height * np.array([1.5, 1.05, 0.95, 0.82, 0.65, 0.45, 0.18])
    pieces = [sweep(path, radius, kind.bark, segments=8)]
    widest = 0.93 * half[:2]
    pieces.extend(_branch(kind, k, random, path, radius, widest, height) for k in range(kind.branches))
    pieces += [_core(kind, widest, height, variant), _crown(kind, random, widest, height)]
    return fit_to_box([merge(pieces)], (-half[0], -half[1], 0.0), (half[0], half[1], height))[0]


def _rim(kind: Species, share: Float64 | float) -> Float64:
    """Half width of the crown at shares of the height, in units of the widest."""
    profile = np.asarray(kind.profile)
    return np.asarray(np.interp(share, profile[:, 0], profile[:, 1]))


def _branch(
    kind: Species, k: int, random: np.random.Generator, path: Float64, radius: Float64, widest: Float64, height: float
) -> Mesh:
    """A limb from the trunk towards the rim of the crown."""
    share = kind.crown_from + 0.05 + 0.42 * (1.0 - kind.crown_from) * k / max(kind.branches - 1, 1)
    start = np.array([np.interp(share * height, path[:, 2], path[:, i]) for i in range(3)])
    thick = float(np.interp(share * height, path[:, 2], radius)) * 0.55
    angle = k * 2.39996 + random.random() * 0.5
    reach = float(_rim(kind, share + 0.15)) * 0.72
    out = np.array([np.cos(angle) * widest[0], np.sin(angle) * widest[1], 0.0]) * reach
    rise = np.array([0.0, 0.0, 0.16 * height])
    points = np.stack([start, start + 0.45 * out + 0.55 * rise, start + out + rise])
    return sweep(points, [thick, thick * 0.6, thick * 0.2], kind.bark, segments=5)


def _core(kind: Species, widest: Float64, height: float, variant: int) -> Mesh:
    """The dense inside of the crown, lumpy and well behind the sprays, so that the sky shows only near the rim."""
    levels = np.linspace(kind.crown_from + 0.06, 0.94, 9)
    angle = np.arange(12) * 2.0 * np.pi / 12
    reach = _rim(kind, levels) * (0.66 if kind.branches else 0.60)
    lumps = (
        1.0
        + 0.16 * np.sin(3.0 * angle[None] + 11.0 * levels[:, None] + variant)
        + 0.10 * np.sin(5.0 * angle[None] - 19.0 * levels[:, None])
    )
    rings = np.empty((len(levels), len(angle), 3))
    rings[:, :, 0] = np.cos(angle) * lumps * (reach * widest[0])[:, None]
    rings[:, :, 1] = np.sin(angle) * lumps * (reach * widest[1])[:, None]
    rings[:, :, 2] = (levels * height)[:, None]
    return loft(rings, kind.leaf, crease_deg=70.0)


def _crown(kind: Species, random: np.random.Generator, widest: Float64, height: float) -> Mesh:
    """Leaf sprays between half way out and the rim of the crown, in clumps."""
    count = kind.sprays
    share = kind.crown_from + (1.0 - kind.crown_from) * random.random(3 * count) ** 0.9
    rim = _rim(kind, share)
    keep = np.flatnonzero(random.random(3 * count) < rim)[:count]
    share, rim = share[keep], rim[keep]
    angle = random.random(len(keep)) * 2.0 * np.pi
    if kind.branches == 0:
        tier = np.round(share * 14.0) / 14.0
        share = np.clip(tier + (random.random(len(keep)) - 0.5) * 0.02, kind.crown_from, 1.0)
        out = rim * (0.25 + 0.75 * np.sqrt(random.random(len(keep))))
        share = share - 0.045 * out
    else:
        lobes = 1.0 + 0.13 * np.sin(3.0 * angle + 9.0 * share) + 0.08 * np.sin(5.0 * angle - 17.0 * share)
        out = rim * (0.55 + 0.45 * np.sqrt(random.random(len(keep)))) * np.minimum(lobes, 1.12)
    center = np.column_stack([np.cos(angle) * out * widest[0], np.sin(angle) * out * widest[1], share * height])
    middle = np.array([0.0, 0.0, height * 0.5 * (1.0 + kind.crown_from)])
    outward = center - middle if kind.branches else center * np.array([1.0, 1.0, 0.0]) + np.array([0.0, 0.0, 0.8])
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-6)
    size = kind.spray_m * (0.6 + 0.7 * random.random(len(keep))) * np.clip(rim, 0.35, 1.0)
    pointing = (
        outward * np.array([1.0, 1.0, 0.3])
        + random.normal(0.0, 0.55, (len(keep), 3))
        - np.array([0.0, 0.0, kind.droop])
    )
    return sprays(center, pointing, outward, size, kind.leaf, random)


def sprays(
    center: Float64, pointing: Float64, outward: Float64, size: Float64, material: str, random: np.random.Generator
) -> Mesh:
    """Kites (N) that point along `pointing`, faces turned outwards, normals half their own and half the crown's."""
    pointing = pointing / np.maximum(np.linalg.norm(pointing, axis=1, keepdims=True), 1e-6)
    facing = outward + random.normal(0.0, 0.45, outward.shape)
    facing -= pointing * np.sum(facing * pointing, axis=1, keepdims=True)
    facing /= np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 1e-6)
    facing *= np.where(np.sum(facing * outward, axis=1, keepdims=True) < 0.0, -1.0, 1.0)
    side = np.cross(facing, pointing)
    long, wide = size[:, None] * 0.58, size[:, None] * 0.42
    points = np.stack(
        [center - pointing * long, center + side * wide * -1.0 + pointing * long * 0.15, center + pointing * long,
         center + side * wide + pointing * long * 0.15], axis=1,
    )  # fmt: skip
    normal = 0.75 * facing + 0.6 * outward
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    base = np.arange(len(center))[:, None] * 4
    faces = np.concatenate([base + np.array([0, 1, 2]), base + np.array([0, 2, 3])], axis=1).reshape(-1, 3)
    count = len(faces)
    return Mesh(
        points.reshape(-1, 3).astype(np.float32),
        np.repeat(normal, 4, axis=0).astype(np.float32),
        faces.astype(np.uint32),
        np.full(count, index_of(material), np.uint16),
        np.zeros(count, np.uint8),
    )


def hedge(variant: int, extent_m: Float64) -> Mesh:
    """A clipped hedge: a dark core covered with short sprays."""
    half = np.asarray(extent_m, np.float64)
    size = 2.0 * half
    random = np.random.default_rng([7, variant])
    inner = np.maximum(size - 0.16, 0.05)
    core = box((0, 0, inner[2] / 2.0), inner, "leaf_hedge")
    area = 2.0 * (size[0] * size[2] + size[1] * size[2]) + size[0] * size[1]
    count = int(np.clip(area * 55.0, 60, 900))
    faces = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1]], np.float64)
    weight = np.array([size[1] * size[2]] * 2 + [size[0] * size[2]] * 2 + [size[0] * size[1]])
    normal = faces[random.choice(5, count, p=weight / weight.sum())]
    where = (random.random((count, 3)) - 0.5) * inner
    center = np.where(normal != 0.0, normal * inner / 2.0, where) + np.array([0.0, 0.0, inner[2] / 2.0])
    pointing = random.normal(0.0, 1.0, (count, 3)) + normal * 0.4
    leaves = sprays(center, pointing, normal, 0.14 + 0.10 * random.random(count), "leaf_hedge", random)
    return fit_to_box([merge([core, leaves])], (-half[0], -half[1], 0.0), (half[0], half[1], size[2]))[0]


def planter_bush(center: Float64, radius_m: float, material: str, seed: int) -> Mesh:
    """A round shrub for pots and planters."""
    random = np.random.default_rng([11, seed])
    direction = random.normal(0.0, 1.0, (160, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    direction[:, 2] = np.abs(direction[:, 2]) - 0.15
    spot = center + direction * radius_m * (0.55 + 0.45 * random.random((160, 1)))
    stem = cylinder(center - (0, 0, radius_m), center, radius_m * 0.08, "bark", segments=5)
    return merge(
        [
            stem,
            sprays(
                spot,
                direction + random.normal(0, 0.5, (160, 3)),
                direction,
                np.full(160, radius_m * 0.5),
                material,
                random,
            ),
        ]
    )
