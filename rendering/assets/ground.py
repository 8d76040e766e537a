"""The map's own surfaces: carriageways, markings, kerbs, pavements, terrain.

Tested by tests/rendering/test_ground.py: no two surfaces of different class at one height, no gaps, heights of the lanes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rendering.assets.ground_lanes import BIKE, PARKING, PAVEMENT, ROAD, SHOULDER, Heights, lane_surfaces
from rendering.assets.ground_paint import paint
from rendering.assets.ground_terrain import terrain
from rendering.mesh import Mesh
from sim.base.taxonomy import ObjectClass
from sim.maps.network import RoadNetwork

_CLASS_OF = {
    ROAD: ObjectClass.ROAD,
    PARKING: ObjectClass.ROAD,
    BIKE: ObjectClass.ROAD,
    SHOULDER: ObjectClass.ROAD,
    PAVEMENT: ObjectClass.SIDEWALK,
}


@dataclass(frozen=True)
class GroundMesh:
    """One class of surface in world coordinates; `surface_index` is added to GROUND_INSTANCE_BASE for its instance id."""

    mesh: Mesh
    semantic: ObjectClass
    surface_index: int


def ground_meshes(network: RoadNetwork) -> list[GroundMesh]:
    """All surfaces of a map, in a fixed order: lanes by category, kerbs, edges, paint, terrain (index 0 to 8)."""
    surfaces = lane_surfaces(network)
    drawn = [index for index, kind in enumerate(network.lanes.lane_type) if kind != "none"]
    everything = Heights(network, np.array(drawn, dtype=np.int64))
    road = [index for index in drawn if network.lanes.lane_type[index] not in ("sidewalk", "walking", "median", "curb")]
    carriageway = Heights(network, np.array(road or drawn, dtype=np.int64))
    out = [
        GroundMesh(mesh, _CLASS_OF[category], category)
        for category, mesh in surfaces.by_category.items()
        if mesh.triangle_count
    ]
    out.append(GroundMesh(surfaces.kerbs, ObjectClass.KERB, 5))
    out.append(GroundMesh(surfaces.skirts, ObjectClass.TERRAIN, 6))
    out.append(GroundMesh(paint(network, carriageway), ObjectClass.ROAD_MARKING, 7))
    out.append(GroundMesh(terrain(surfaces.outline, everything), ObjectClass.TERRAIN, 8))
    return [item for item in out if item.mesh.triangle_count]
