"""Meshes of what stands around the roads, by the name that sim.maps.layout gave it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rendering.assets import furniture, garden
from rendering.assets.buildings import BUILDING_KINDS, building
from rendering.assets.own_assets import OwnAssets
from rendering.assets.plants import grass, grove, hedge, shrub
from rendering.assets.solids import box
from rendering.assets.trees import TREE_KINDS, tree
from rendering.mesh import Mesh, fit_to_box

_PATTERN_STEP_M = 0.5
"""Things larger than 1 m in half size are built for sizes this far apart and stretched to the box; trees come in few sizes."""
_PLANTS = {"hedge": hedge, "shrub": shrub, "grass": grass, "grove": grove}
_BUILDERS = furniture.BUILDERS | garden.BUILDERS
_GRAIN_M = 0.005
"""Extents are rounded to this before building, so that equal objects share one mesh."""


def mesh_for(name: str, extent_m: ArrayLike) -> Mesh:
    """The mesh of a static object, origin at the centre of its base; `name` is "asset:variant#n", `extent_m` half sizes.

    The tight box is [-ex, ex] x [-ey, ey] x [0, 2 ez] within 1 cm: it belongs at the middle of the placed box's underside,
    which is not the object's position where that is a mast at one end. Equal kinds and sizes return the same object: callers may share
    its ray-tracing tree. Unknown assets become a plain box. Tested by tests/rendering/test_assets_statics.py.
    """
    asset, _, rest = name.partition(":")
    digits = rest.partition("#")[0]
    variant = int(digits) if digits.isdigit() else 0
    return _build(asset, variant, _grains(extent_m))


def own_mesh_for(assets: OwnAssets, name: str, extent_m: ArrayLike) -> Mesh | None:
    """The mesh of a static object from the user's own files, in the same box as `mesh_for`'s; None where ours is drawn."""
    kind = name.partition("#")[0]
    return _own(assets, kind, _grains(extent_m)) if assets.covers(kind) else None


@lru_cache(maxsize=4096)
def _own(assets: OwnAssets, kind: str, grains: tuple[int, int, int]) -> Mesh | None:
    return assets.static_mesh(kind, *_box_of(grains))


def _grains(extent_m: ArrayLike) -> tuple[int, int, int]:
    x, y, z = np.maximum(np.round(np.asarray(extent_m, np.float64) / _GRAIN_M), 2).astype(int).tolist()
    return x, y, z


def _box_of(grains: tuple[int, int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest corner about the object's origin."""
    half: NDArray[np.float64] = np.array(grains) * _GRAIN_M
    low, high = np.array([-half[0], -half[1], 0.0]), np.array([half[0], half[1], 2.0 * half[2]])
    return low, high


@lru_cache(maxsize=4096)
def _build(asset: str, variant: int, grains: tuple[int, int, int]) -> Mesh:
    half: NDArray[np.float64] = np.array(grains) * _GRAIN_M
    low, high = _box_of(grains)
    stretched = half.min() > 1.0 and not asset.startswith("tree.")
    coarse = np.maximum(np.round(half / _PATTERN_STEP_M), 1) * _PATTERN_STEP_M if stretched else half
    return fit_to_box([_pattern(asset, variant, (float(coarse[0]), float(coarse[1]), float(coarse[2])))], low, high)[0]


@lru_cache(maxsize=1024)
def _pattern(asset: str, variant: int, half_m: tuple[float, float, float]) -> Mesh:
    """The mesh of nearly this size, which objects of similar size stretch by some per cent."""
    half: NDArray[np.float64] = np.array(half_m)
    family, _, kind = asset.partition(".")
    if family == "building" and kind in BUILDING_KINDS:
        return building(kind, variant, half)
    if family == "tree" and kind in TREE_KINDS:
        return tree(kind, variant, half)
    if family in _PLANTS:
        return _PLANTS[family](variant, half)
    if asset in _BUILDERS:
        return _BUILDERS[asset](variant, 2.0 * half)
    return box((0.0, 0.0, half[2]), 2.0 * half, "default")
