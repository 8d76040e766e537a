"""What of a map never changes, as meshes: its ground, and what stands around it; from disk when built before.

Tested by tests/rendering/test_mesh_store.py: the same arrays, kept or built.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from rendering.assets.ground import GroundMesh, ground_meshes
from rendering.assets.own_assets import own_assets
from rendering.assets.statics import mesh_for, own_mesh_for
from rendering.mesh import Mesh
from rendering.mesh_store import cached, flat, meshes_of, recipe
from sim.base.state import StaticObjects
from sim.base.taxonomy import ObjectClass
from sim.maps.network import RoadNetwork


def ground_of(network: RoadNetwork) -> list[GroundMesh]:
    """The surfaces of a map, as rendering.assets.ground.ground_meshes gives them."""
    known = {field.name: getattr(network, field.name) for field in dataclasses.fields(network) if field.name != "xodr"}

    def build() -> list[NDArray[np.generic]]:
        surfaces = ground_meshes(network)
        labels = [(int(item.semantic), item.surface_index) for item in surfaces]
        return [np.array(labels, np.int64).reshape(-1, 2), *flat([item.mesh for item in surfaces])]

    labels, *rows = cached(recipe("ground", known), build)
    pairs = zip(meshes_of(rows), labels.tolist(), strict=True)
    return [GroundMesh(mesh, ObjectClass(semantic), index) for mesh, (semantic, index) in pairs]


def meshes_of_statics(statics: StaticObjects) -> list[Mesh]:
    """The mesh of each static object, the user's own or ours; equal objects share one Mesh object.

    Only ours are kept on disk: what comes from a file is read from the file.
    """
    assets = own_assets()
    theirs = [
        own_mesh_for(assets, name, extent) for name, extent in zip(statics.name, statics.box_extent_m, strict=True)
    ]
    ours = [index for index, mesh in enumerate(theirs) if mesh is None]
    built = iter(_built([statics.name[index].partition("#")[0] for index in ours], statics.box_extent_m[ours]))
    return [mesh if mesh is not None else next(built) for mesh in theirs]


def _built(kinds: list[str], extents_m: NDArray[np.float64]) -> list[Mesh]:
    """Our meshes (rendering.assets.statics.mesh_for) of these kinds and half sizes (N, 3)."""

    def build() -> list[NDArray[np.generic]]:
        rows: dict[int, int] = {}
        unique: list[Mesh] = []
        shown = np.zeros(len(kinds), np.int64)
        for index, name in enumerate(kinds):
            mesh = mesh_for(name, extents_m[index])
            if id(mesh) not in rows:
                rows[id(mesh)] = len(unique)
                unique.append(mesh)
            shown[index] = rows[id(mesh)]
        return [shown, *flat(unique)]

    shown, *rows = cached(recipe("statics", kinds, np.asarray(extents_m)), build)
    unique = meshes_of(rows)
    return [unique[index] for index in shown.tolist()]
