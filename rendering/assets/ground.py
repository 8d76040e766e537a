"""The map's own surfaces: carriageways, markings, kerbs, pavements, terrain.

Tested by tests/rendering/test_ground.py: no two surfaces of different class at one height, no gaps, heights of the lanes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rendering.assets.ground_bridges import bridges, deck_points
from rendering.assets.ground_decals import decals
from rendering.assets.ground_lanes import BIKE, PARKING, PAVEMENT, ROAD, SHOULDER, lane_surfaces
from rendering.assets.ground_paint import Wear, stripes, studs
from rendering.assets.ground_surfaces import Heights
from rendering.assets.ground_symbols import symbols
from rendering.assets.ground_terrain import terrain
from rendering.assets.ground_verges import tufts
from rendering.mesh import Mesh, merge
from sim.base.taxonomy import ObjectClass
from sim.maps.network import RoadNetwork

ROAD_SURFACE, PAVEMENT_SURFACE, KERB_SURFACE, PAINT_SURFACE, LAND_SURFACE, PLANTS_SURFACE, BRIDGE_SURFACE = (
    0,
    4,
    5,
    7,
    8,
    11,
    12,
)


@dataclass(frozen=True)
class GroundMesh:
    """One class of surface in world coordinates; `surface_index` is added to GROUND_INSTANCE_BASE for its instance id."""

    mesh: Mesh
    semantic: ObjectClass
    surface_index: int


def ground_meshes(network: RoadNetwork) -> list[GroundMesh]:
    """The surfaces of a map, one per class, in a fixed order.

    One each, because every map-wide mesh is entered by every ray: at 1280x960 each more costs about 4 ms of CPU time.
    """
    on_deck = deck_points(network)
    surfaces = lane_surfaces(network, on_deck)
    drawn = [index for index, kind in enumerate(network.lanes.lane_type) if kind != "none"]
    everything = Heights(network, np.array(drawn, dtype=np.int64), ~on_deck)
    road = [index for index in drawn if network.lanes.lane_type[index] not in ("sidewalk", "walking", "median", "curb")]
    carriageway = Heights(network, np.array(road or drawn, dtype=np.int64))
    wear = Wear(network)
    land = terrain(network.name, surfaces.outline, surfaces.carriageway, everything)
    decks, below = bridges(network, on_deck)
    paved = [surfaces.by_category[key] for key in (ROAD, PARKING, BIKE, SHOULDER) if key in surfaces.by_category]
    walked = [surfaces.by_category[PAVEMENT]] if PAVEMENT in surfaces.by_category else []
    painted = [stripes(network, wear), symbols(network, carriageway, wear), studs(network)]
    plants = [land.woods, tufts(network.name, surfaces.outline, everything)]
    out = [
        GroundMesh(merge([*paved, decals(network)]), ObjectClass.ROAD, ROAD_SURFACE),
        GroundMesh(merge(walked), ObjectClass.SIDEWALK, PAVEMENT_SURFACE),
        GroundMesh(surfaces.kerbs, ObjectClass.KERB, KERB_SURFACE),
        GroundMesh(merge(painted), ObjectClass.ROAD_MARKING, PAINT_SURFACE),
        GroundMesh(merge([land.ground, surfaces.skirts, below]), ObjectClass.TERRAIN, LAND_SURFACE),
        GroundMesh(merge(plants), ObjectClass.VEGETATION, PLANTS_SURFACE),
        GroundMesh(decks, ObjectClass.BRIDGE, BRIDGE_SURFACE),
    ]
    return [item for item in out if item.mesh.triangle_count]
