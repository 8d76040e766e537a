"""The map's own surfaces: carriageways, markings, kerbs, pavements, terrain."""

from __future__ import annotations

from dataclasses import dataclass

from rendering.mesh import Mesh
from sim.base.taxonomy import ObjectClass
from sim.maps.network import RoadNetwork


@dataclass(frozen=True)
class GroundMesh:
    """One class of surface in world coordinates; `surface_index` is added to GROUND_INSTANCE_BASE for its instance id."""

    mesh: Mesh
    semantic: ObjectClass
    surface_index: int


def ground_meshes(network: RoadNetwork) -> list[GroundMesh]:
    """All surfaces of a map."""
    return []
