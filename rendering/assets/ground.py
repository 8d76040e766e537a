"""The map's own surfaces: carriageways, markings, kerbs, pavements, terrain.

Tested by tests/rendering/test_ground.py: no two surfaces of different class at one height, no gaps, heights of the lanes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rendering.assets.ground_decals import decals
from rendering.assets.ground_lanes import BIKE, PARKING, PAVEMENT, ROAD, SHOULDER, lane_surfaces
from rendering.assets.ground_surfaces import Heights
from rendering.assets.ground_symbols import symbols
from rendering.assets.ground_paint import Wear, stripes, studs
from rendering.assets.ground_terrain import terrain
from rendering.assets.ground_verges import tufts
from rendering.mesh import Mesh, merge
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
    """All surfaces of a map, in a fixed order: lanes by category (0 to 4), kerbs, edges, paint, terrain (8), then details."""
    surfaces = lane_surfaces(network)
    drawn = [index for index, kind in enumerate(network.lanes.lane_type) if kind != "none"]
    everything = Heights(network, np.array(drawn, dtype=np.int64))
    road = [index for index in drawn if network.lanes.lane_type[index] not in ("sidewalk", "walking", "median", "curb")]
    carriageway = Heights(network, np.array(road or drawn, dtype=np.int64))
    wear = Wear(network)
    out = [
        GroundMesh(mesh, _CLASS_OF[category], category)
        for category, mesh in surfaces.by_category.items()
        if mesh.triangle_count
    ]
    out.append(GroundMesh(surfaces.kerbs, ObjectClass.KERB, 5))
    out.append(GroundMesh(surfaces.skirts, ObjectClass.TERRAIN, 6))
    paint = merge([stripes(network, wear), symbols(network, carriageway, wear)])
    out.append(GroundMesh(paint, ObjectClass.ROAD_MARKING, 7))
    land = terrain(network.name, surfaces.outline, surfaces.carriageway, everything)
    out.append(GroundMesh(land.ground, ObjectClass.TERRAIN, 8))
    out.append(GroundMesh(decals(network), ObjectClass.ROAD, 9))
    out.append(GroundMesh(studs(network), ObjectClass.ROAD_MARKING, 10))
    out.append(GroundMesh(tufts(network.name, surfaces.outline, everything), ObjectClass.VEGETATION, 11))
    out.append(GroundMesh(land.woods, ObjectClass.VEGETATION, 12))
    return [item for item in out if item.mesh.triangle_count]
