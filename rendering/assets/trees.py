"""Trees: a trunk, limbs and branches to the middles of leaf clumps, and in each clump some dozens of leaf sprays.

A spray is a kite of two triangles, 15 to 30 cm long: a twig's end with its few leaves. Clumps sit near the rim of a species'
crown profile, so that crowns show lobes, shadowed gaps and sky. Leaf shades are drawn per clump, lighter near the rim, which
stands for light coming through leaves. Variants 0-2 are in summer, 3 and 4 in autumn, 5 is bare (conifers stay green); 6-11 are
0-5 for places far from any road: the same crowns of fewer and larger sprays, a third of the triangles.
Tested by tests/rendering/test_assets_plants.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rendering.assets.leaves import Random, sprays, unit, upright
from rendering.assets.solids import index_of, sweep
from rendering.mesh import Mesh, fit_to_box, merge

Float64 = NDArray[np.float64]

SUMMER, AUTUMN_A, AUTUMN_B, BARE = "summer", "autumn_a", "autumn_b", "bare"
FIRST_FAR_VARIANT = 6
_SEASONS = (SUMMER, SUMMER, SUMMER, AUTUMN_A, AUTUMN_B, BARE)


@dataclass(frozen=True)
class Species:
    """Shape of a broad-leaved tree. `profile`: half width of the crown, in its widest half width, over the share of the height.

    `clumps` of about `clump_m` radius with `leaves` sprays of `leaf_m` length each; `droop` pulls sprays down.
    """

    leaf: str
    bark: str
    trunk_radius: float
    profile: tuple[tuple[float, float], ...]
    clumps: int
    leaves: int
    clump_m: float
    leaf_m: float
    droop: float = 0.2
    autumn: tuple[str, str] = ("autumn_yellow", "autumn_orange")
    rim: float = 0.62
    """Clumps stand from this share of the way out to the rim."""
    core: float = 0.58
    """Half width of the dense inside of the crown, in that of the crown; 0 for airy crowns."""


SPECIES: dict[str, Species] = {
    "lime": Species(
        "lime",
        "bark",
        0.016,
        ((0.20, 0.40), (0.30, 0.86), (0.46, 1.0), (0.68, 0.84), (0.86, 0.50), (1.0, 0.10)),
        80,
        52,
        0.76,
        0.208,
        0.25,
        rim=0.46,
    ),
    "plane": Species(
        "plane",
        "bark_plane",
        0.020,
        ((0.28, 0.45), (0.40, 0.92), (0.60, 1.0), (0.80, 0.85), (0.93, 0.50), (1.0, 0.15)),
        80,
        54,
        0.90,
        0.245,
        0.1,
        rim=0.48,
    ),
    "birch": Species(
        "birch",
        "bark_birch",
        0.010,
        ((0.22, 0.45), (0.36, 0.95), (0.52, 1.0), (0.76, 0.66), (0.92, 0.32), (1.0, 0.05)),
        66,
        54,
        0.57,
        0.165,
        0.9,
        ("autumn_yellow", "autumn_yellow"),
        0.40,
        0.45,
    ),
    "maple": Species(
        "maple",
        "bark",
        0.016,
        ((0.22, 0.55), (0.34, 0.95), (0.55, 1.0), (0.78, 0.80), (0.92, 0.48), (1.0, 0.12)),
        80,
        52,
        0.78,
        0.225,
        0.15,
        ("autumn_orange", "autumn_red"),
        0.46,
    ),
    "oak": Species(
        "oak",
        "bark",
        0.022,
        ((0.20, 0.50), (0.32, 0.92), (0.52, 1.0), (0.74, 0.92), (0.90, 0.62), (1.0, 0.20)),
        84,
        56,
        1.0,
        0.245,
        0.05,
        ("autumn_orange", "autumn_yellow"),
        0.46,
    ),
    "cypress": Species(
        "cypress",
        "bark",
        0.012,
        ((0.03, 0.55), (0.12, 0.95), (0.30, 1.0), (0.65, 0.80), (0.88, 0.42), (1.0, 0.04)),
        60,
        54,
        0.50,
        0.20,
        -1.2,
        ("cypress", "cypress"),
        0.45,
    ),
}
TREE_KINDS = frozenset((*SPECIES, "fir", "pine", "palm"))


def tree(species: str, variant: int, extent_m: Float64) -> Mesh:
    """A tree that fills its box, origin at the foot of the trunk."""
    half = np.asarray(extent_m, np.float64)
    far = variant >= FIRST_FAR_VARIANT
    random = np.random.default_rng([len(species), ord(species[0]), ord(species[1]), variant % FIRST_FAR_VARIANT])
    season = _SEASONS[variant % FIRST_FAR_VARIANT]
    if species in SPECIES:
        kind = SPECIES[species]
        mesh = _broad_leaved(_coarse(kind) if far else kind, season, half, random)
    else:
        mesh = {"fir": _fir, "pine": _pine, "palm": _palm}[species](half, random, far)
    return upright(fit_to_box([mesh], (-half[0], -half[1], 0.0), (half[0], half[1], 2.0 * half[2]))[0])


def _coarse(kind: Species) -> Species:
    """The species for distances at which a spray is less than a pixel: nearly as much leaf area from a third of the sprays."""
    return replace(kind, leaves=kind.leaves // 3, leaf_m=kind.leaf_m * 1.65)


def _rim(profile: tuple[tuple[float, float], ...], share: Float64) -> Float64:
    table = np.asarray(profile)
    return np.asarray(np.interp(share, table[:, 0], table[:, 1]))


def _trunk(
    half: Float64, random: Random, radius: float, top: float, bark: str, lean: float = 0.05
) -> tuple[Mesh, Float64]:
    """A trunk with a flared foot up to `top` of the height, and its path (P, 3)."""
    height = 2.0 * half[2]
    levels = np.concatenate([[0.0, 0.012, 0.04], np.linspace(0.10, top, 7)])
    bend = random.normal(0.0, lean * height * 0.12, (2, 1)) * levels**1.5 + 0.006 * height * np.sin(
        levels * 9.0 + random.random((2, 1)) * 6.0
    ) * np.minimum(levels * 4.0, 1.0)
    path = np.column_stack([bend[0], bend[1], levels * height])
    girth = radius * height * np.interp(levels, [0.0, 0.012, 0.04, 0.3 * top, top], [1.75, 1.3, 1.08, 0.85, 0.14])
    return sweep(path, girth, bark, segments=9), path


def _limb(points: Float64, girth: float, bark: str, sides: int) -> Mesh:
    return sweep(points, girth * np.linspace(1.0, 0.25, len(points)), bark, segments=sides)


def _broad_leaved(kind: Species, season: str, half: Float64, random: Random) -> Mesh:
    height = 2.0 * half[2]
    low = kind.profile[0][0]
    top = low + 0.72 * (1.0 - low)
    trunk, path = _trunk(half, random, kind.trunk_radius, top, kind.bark)
    middles = _clump_middles(kind, half, random)
    pieces = [trunk, *_branches(kind, middles, path, height, random)]
    if season == BARE:
        pieces.append(_twigs(kind, middles, random))
        return merge(pieces)
    leaf = kind.leaf if season == SUMMER else kind.autumn[0 if season == AUTUMN_A else 1]
    share = 0.55 if season != SUMMER else 1.0
    if season == SUMMER and kind.core > 0.0:
        pieces.append(_core(kind, half, random))
    pieces.append(_foliage(kind, leaf, share, middles, half, random))
    return merge(pieces)


def _core(kind: Species, half: Float64, random: Random) -> Mesh:
    """The dense shaded inside of a crown: some dozens of large dark sprays, at which rays end instead of crossing the tree."""
    low, count = kind.profile[0][0], 150
    share = low + 0.08 + (0.78 - low) * random.random(count)
    angle = random.random(count) * 2.0 * np.pi
    out = _rim(kind.profile, share) * kind.core * np.sqrt(random.random(count))
    center = np.column_stack([np.cos(angle) * out * half[0], np.sin(angle) * out * half[1], share * 2.0 * half[2]])
    outward = unit(np.column_stack([np.cos(angle), np.sin(angle), share - 0.5]))
    size = 0.12 * (half[0] + half[1]) * random.uniform(0.7, 1.2, count)
    pointing = random.normal(0.0, 1.0, (count, 3))
    return sprays(center, pointing, outward, size, index_of(f"leaf_{kind.leaf}_dark"), random)


def _clump_middles(kind: Species, half: Float64, random: Random) -> Float64:
    """Middles (K, 3) of the clumps: candidates near the rim of the crown, thinned so that they keep apart."""
    height = 2.0 * half[2]
    low = kind.profile[0][0]
    share = low + (0.985 - low) * random.random(6 * kind.clumps)
    rim = _rim(kind.profile, share)
    keep = random.random(len(share)) < rim + 0.15
    share, rim = share[keep], rim[keep]
    angle = random.random(len(share)) * 2.0 * np.pi
    lobes = 1.0 + 0.10 * np.sin(3.0 * angle + 7.0 * share) + 0.07 * np.sin(5.0 * angle - 13.0 * share)
    out = rim * lobes * (kind.rim + (1.0 - kind.rim) * np.sqrt(random.random(len(share))))
    reach = np.maximum(half[:2] - 0.55 * kind.clump_m, 0.3 * half[:2])
    points = np.column_stack(
        [np.cos(angle) * out * reach[0], np.sin(angle) * out * reach[1], share * height - 0.4 * kind.clump_m]
    )
    chosen = [0]
    for k in range(1, len(points)):
        if len(chosen) >= kind.clumps:
            break
        gap = np.linalg.norm((points[chosen] - points[k]) * np.array([1.0, 1.0, 1.25]), axis=1).min()
        if gap > 0.62 * kind.clump_m:
            chosen.append(k)
    return np.asarray(points[chosen])


def _branches(kind: Species, middles: Float64, path: Float64, height: float, random: Random) -> list[Mesh]:
    """Limbs from the trunk to groups of clumps, and from each limb a branch into every clump of its group."""
    pieces = []
    angle = np.arctan2(middles[:, 1], middles[:, 0])
    sector = np.floor((angle + np.pi) / (2.0 * np.pi) * 5.0 - 1e-9).astype(int)
    level = np.digitize(middles[:, 2] / height, [0.38, 0.52, 0.66, 0.80])
    girth = kind.trunk_radius * height
    for group in np.unique(level * 8 + sector):
        own = middles[level * 8 + sector == group]
        target = own.mean(axis=0)
        out = float(np.hypot(target[0], target[1]))
        foot_z = np.clip(target[2] - 0.9 * out - 0.06 * height, kind.profile[0][0] * 0.85 * height, path[-1, 2])
        foot = np.array([np.interp(foot_z, path[:, 2], path[:, i]) for i in range(3)])
        knee = (
            foot
            + (target - foot) * np.array([0.55, 0.55, 0.42])
            + 0.05 * np.linalg.norm(target - foot) * random.normal(0.0, 1.0, 3)
        )
        tip = foot + (target - foot) * 0.92
        size = girth * (0.16 + 0.26 * (1.0 - foot_z / height))
        pieces.append(_limb(np.stack([foot, knee, tip]), size, kind.bark, 6))
        for middle in own:
            start = knee + (tip - knee) * random.uniform(0.1, 0.7)
            bend = 0.5 * (start + middle) + 0.09 * np.linalg.norm(middle - start) * random.normal(0.0, 1.0, 3)
            pieces.append(_limb(np.stack([start, bend, middle]), size * 0.36, kind.bark, 4))
    return pieces


def _foliage(kind: Species, leaf: str, share: float, middles: Float64, half: Float64, random: Random) -> Mesh:
    """The sprays of all clumps, each on a flattened ball around its middle, denser at its skin."""
    count = max(int(kind.leaves * share), 8)
    radius = kind.clump_m * random.uniform(0.75, 1.2, (len(middles), 1, 1))
    direction = unit(random.normal(0.0, 1.0, (len(middles), count, 3)))
    depth = random.random((len(middles), count, 1)) ** 0.45
    offset = direction * depth * radius * np.array([1.1, 1.1, 0.8])
    offset[..., 2] -= 0.25 * max(kind.droop, 0.0) * radius[..., 0] * random.random(offset.shape[:2]) * 1.5
    center = (middles[:, None] + offset).reshape(-1, 3)
    crown = np.array([0.0, 0.0, 2.0 * half[2] * 0.5 * (1.0 + kind.profile[0][0])])
    body = unit((center - crown) / np.array([half[0], half[1], half[2]]))
    outward = unit(0.65 * direction.reshape(-1, 3) + 0.75 * body + np.array([0.0, 0.0, 0.25]))
    pointing = direction.reshape(-1, 3) * np.array([1.0, 1.0, 0.4]) + random.normal(0.0, 0.6, center.shape)
    pointing[:, 2] -= kind.droop
    size = kind.leaf_m * random.uniform(0.7, 1.35, len(center))
    # clumps low and inside are old and dark; those that the sun meets first let light through: one shade for each clump
    lifted = middles[:, 2] / (2.0 * half[2]) + 0.25 * np.hypot(middles[:, 0] / half[0], middles[:, 1] / half[1])
    shade = np.digitize(lifted + random.normal(0.0, 0.12, len(middles)), [0.52, 0.98])
    material = np.array([index_of(f"leaf_{leaf}{suffix}") for suffix in ("_dark", "", "_light")])[shade]
    return sprays(center, pointing, outward, size, np.repeat(material, count), random)


def _twigs(kind: Species, middles: Float64, random: Random) -> Mesh:
    """Bare twigs: slim kites that fan out in each clump."""
    count = 34
    direction = unit(random.normal(0.0, 1.0, (len(middles), count, 3)) + np.array([0.0, 0.0, 0.35]))
    center = (middles[:, None] + direction * kind.clump_m * random.uniform(0.2, 0.9, (len(middles), count, 1))).reshape(
        -1, 3
    )
    flat = direction.reshape(-1, 3)
    size = np.full(len(center), 0.75 * kind.clump_m)
    return sprays(
        center, flat, unit(flat + random.normal(0.0, 0.5, flat.shape)), size, index_of(kind.bark), random, wide=0.022
    )


def _fir(half: Float64, random: Random, far: bool) -> Mesh:
    """A fir: whorls of boughs that hang at their tips, each bough two rows of needle sprays, on a straight trunk."""
    height = 2.0 * half[2]
    trunk, _ = _trunk(half, random, 0.014, 0.97, "bark", 0.0)
    pieces, centers, points, outs = [trunk], [], [], []
    tiers = 13 if far else 19
    for k in range(tiers):
        share = 0.07 + 0.88 * (k / (tiers - 1)) ** 0.92
        reach = half[0] * (1.0 - share) ** 0.85 * random.uniform(0.88, 1.08)
        for j in range(max(int(10 - 5 * share), 4)):
            angle = (j + 0.37 * k + random.random() * 0.5) * 2.0 * np.pi / max(int(10 - 5 * share), 4)
            along = np.array([np.cos(angle), np.sin(angle), 0.0])
            steps = np.linspace(0.10, 1.0, max(int((5 if far else 10) * reach / half[0]) + 4, 5))
            bough = along * (steps * reach)[:, None]
            bough[:, 2] = np.maximum(share * height + reach * (0.18 * steps - 0.62 * steps**2), 0.85)
            across = np.array([-along[1], along[0], 0.0])
            for s in (-1.0, 0.0, 1.0):
                wide = 0.20 * reach * (1.15 - steps) * s
                centers.append(bough + across * wide[:, None] - np.array([0.0, 0.0, 0.07]) * abs(s))
                points.append(np.repeat([along + across * 0.9 * s - np.array([0, 0, 0.30])], len(steps), axis=0))
                outs.append(
                    np.repeat([along * 0.45 + across * 0.3 * s + np.array([0.0, 0.0, 0.8])], len(steps), axis=0)
                )
            if share < 0.8 and not far:
                pieces.append(
                    _limb(
                        np.stack([bough[0] * np.array([0, 0, 1]), bough[len(bough) // 2], bough[-1]]), 0.03, "bark", 4
                    )
                )
    center, pointing, outward = (np.concatenate(rows) for rows in (centers, points, outs))
    center = center + random.normal(0.0, 0.05, center.shape)
    shade = np.digitize(random.random(len(center)) + 0.3 * np.hypot(center[:, 0], center[:, 1]) / half[0], [0.45, 1.0])
    material = np.array([index_of(f"leaf_fir{suffix}") for suffix in ("_dark", "", "_light")])[shade]
    doubled = np.concatenate([center, center + random.normal(0.0, 0.10, center.shape)])
    pieces.append(
        sprays(
            doubled,
            np.tile(pointing, (2, 1)) + random.normal(0, 0.35, doubled.shape),
            np.tile(outward, (2, 1)),
            random.uniform(0.34, 0.56, len(doubled)) * (1.5 if far else 1.0),
            np.tile(material, 2),
            random,
            wide=0.26,
        )
    )
    return merge(pieces)


def _pine(half: Float64, random: Random, far: bool) -> Mesh:
    """A pine: a long red trunk, and needle clumps in a few flat layers near the top."""
    profile = ((0.45, 0.55), (0.60, 0.95), (0.74, 1.0), (0.88, 0.75), (1.0, 0.15))
    kind = Species("pine", "bark_pine", 0.014, profile, 46, 96, 0.75, 0.24, -0.35, ("pine", "pine"), 0.35, 0.0)
    kind = _coarse(kind) if far else kind
    trunk, path = _trunk(half, random, kind.trunk_radius, 0.88, kind.bark, 0.12)
    middles = _clump_middles(kind, half, random)
    height = 2.0 * half[2]
    middles[:, 2] = (np.round(middles[:, 2] / height * 9.0) / 9.0 * 0.6 + middles[:, 2] / height * 0.4) * height
    return merge(
        [trunk, *_branches(kind, middles, path, height, random), _foliage(kind, "pine", 1.0, middles, half, random)]
    )


def _palm(half: Float64, random: Random, far: bool) -> Mesh:
    """A palm: a ringed trunk and arching fronds with leaflets on both sides, the lowest ones dry and hanging."""
    height = 2.0 * half[2]
    crown = np.array([0.0, 0.0, height * 0.86])
    trunk, path = _trunk(half, random, 0.020, 0.86, "bark_plane", 0.10)
    crown[:2] = path[-1, :2]
    centers, points, outs, materials, ribs = [], [], [], [], []
    fronds = 24
    for k in range(fronds):
        angle, lift = k * 2.39996, 1.0 - 1.5 * k / fronds
        along = np.array([np.cos(angle), np.sin(angle), 0.0])
        steps = np.linspace(0.0, 1.0, 18)
        rib = crown + along * (steps * half[0] * random.uniform(0.85, 1.0))[:, None]
        rib[:, 2] += half[0] * (lift * steps - (0.75 + 0.2 * lift) * steps**2)
        across = np.array([-along[1], along[0], 0.0])
        name = "leaf_palm_dark" if lift < -0.25 else "leaf_palm" if k % 2 else "leaf_palm_light"
        for s in (-1.0, 1.0):
            centers.append(rib + across * s * 0.22)
            points.append(np.repeat([across * s + along * 0.6 - np.array([0, 0, 0.45])], len(steps), axis=0))
            outs.append(np.repeat([np.array([0.0, 0.0, 1.0]) + 0.2 * across * s], len(steps), axis=0))
            materials.append(np.full(len(steps), index_of(name)))
        ribs.append(_limb(rib[::4], 0.03, "leaf_palm", 4))
    center, pointing, outward = (np.concatenate(rows) for rows in (centers, points, outs))
    leaflets = sprays(
        center, pointing, outward, np.full(len(center), 0.55), np.concatenate(materials), random, wide=0.09
    )
    return merge([trunk, *ribs, leaflets])
