"""The kinds of things that stand around the roads: nominal sizes in m, number of variants, class.

Placed by sim.maps.layout with the longer side along x, drawn by rendering. Buildings are scaled to the placed box. Sizes:
houses after German row-house plots (6 to 12 m wide) and old town fronts (12 to 16 m), trees at about 30 years in variants
0-2 summer, 3-4 autumn, 5 bare, 6-11 the same for places far from roads, lamps after EN 13201 practice for streets of
8 m width (mast of 8 m), rails after EN 1317 (0.75 m), furniture after makers' data sheets.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sim.base.taxonomy import ObjectClass
from sim.catalogue.spec import StaticAsset

_C = ObjectClass
_ROWS = (
    StaticAsset("building.row_house", _C.BUILDING, 9.0, 11.0, 9.5, 8),
    StaticAsset("building.house", _C.BUILDING, 12.0, 12.0, 8.5, 8),
    StaticAsset("building.town_house", _C.BUILDING, 14.0, 13.0, 18.0, 8),
    StaticAsset("building.apartment", _C.BUILDING, 20.0, 14.0, 16.0, 8),
    StaticAsset("building.office", _C.BUILDING, 26.0, 17.0, 22.0, 6),
    StaticAsset("building.shop", _C.BUILDING, 13.0, 12.0, 7.0, 6),
    StaticAsset("building.warehouse", _C.BUILDING, 38.0, 24.0, 9.0, 4),
    StaticAsset("building.garage", _C.BUILDING, 6.0, 6.0, 3.0, 8),
    StaticAsset("tree.lime", _C.VEGETATION, 5.6, 5.6, 10.5, 12),
    StaticAsset("tree.plane", _C.VEGETATION, 6.4, 6.4, 12.0, 12),
    StaticAsset("tree.birch", _C.VEGETATION, 4.2, 4.2, 9.5, 12),
    StaticAsset("tree.maple", _C.VEGETATION, 5.8, 5.8, 9.0, 12),
    StaticAsset("tree.oak", _C.VEGETATION, 8.6, 8.6, 12.0, 12),
    StaticAsset("tree.fir", _C.VEGETATION, 4.8, 4.8, 14.0, 12),
    StaticAsset("tree.pine", _C.VEGETATION, 6.0, 6.0, 13.0, 12),
    StaticAsset("tree.cypress", _C.VEGETATION, 1.9, 1.9, 8.5, 12),
    StaticAsset("tree.palm", _C.VEGETATION, 5.0, 5.0, 9.0, 12),
    StaticAsset("grove.mixed", _C.VEGETATION, 30.0, 7.0, 12.0, 3),
    StaticAsset("hedge.box", _C.VEGETATION, 4.0, 0.7, 1.1, 3),
    StaticAsset("shrub.garden", _C.VEGETATION, 1.4, 1.4, 1.2, 4),
    StaticAsset("grass.tall", _C.VEGETATION, 2.4, 1.6, 0.5, 3),
    StaticAsset("pole.street_lamp", _C.POLE, 2.0, 0.3, 8.0, 2),
    StaticAsset("pole.utility", _C.POLE, 30.0, 1.8, 8.5, 2),
    StaticAsset("furniture.bench", _C.STATIC_OBJECT, 1.8, 0.6, 0.85, 3),
    StaticAsset("furniture.bin", _C.STATIC_OBJECT, 0.45, 0.45, 1.0, 3),
    StaticAsset("furniture.bins", _C.STATIC_OBJECT, 1.5, 0.75, 1.08, 4),
    StaticAsset("furniture.bollard", _C.STATIC_OBJECT, 0.16, 0.16, 0.95, 2),
    StaticAsset("furniture.cone", _C.STATIC_OBJECT, 0.40, 0.40, 0.75, 1),
    StaticAsset("furniture.mailbox", _C.STATIC_OBJECT, 0.5, 0.4, 1.3, 2),
    StaticAsset("furniture.cabinet", _C.STATIC_OBJECT, 1.2, 0.4, 1.2, 3),
    StaticAsset("furniture.bike_stand", _C.STATIC_OBJECT, 2.4, 0.75, 0.85, 2),
    StaticAsset("furniture.planter", _C.STATIC_OBJECT, 1.4, 0.6, 0.9, 2),
    StaticAsset("furniture.garden_set", _C.STATIC_OBJECT, 2.2, 2.2, 2.3, 2),
    StaticAsset("furniture.billboard", _C.STATIC_OBJECT, 3.8, 0.3, 4.2, 3),
    StaticAsset("furniture.bus_stop", _C.STATIC_OBJECT, 4.0, 1.5, 2.5, 2),
    StaticAsset("fence.metal", _C.FENCE, 3.0, 0.08, 1.2, 3),
    StaticAsset("fence.picket", _C.FENCE, 4.0, 0.10, 1.0, 3),
    StaticAsset("fence.wire", _C.FENCE, 5.0, 0.08, 1.2, 3),
    StaticAsset("wall.low", _C.WALL, 4.0, 0.30, 0.9, 4),
    StaticAsset("rail.guard", _C.GUARD_RAIL, 4.0, 0.3, 0.75, 1),
)

STATIC_ASSETS: Mapping[str, StaticAsset] = MappingProxyType({row.key: row for row in _ROWS})
"""By key. A pole's mast stands at the origin; a street lamp's arm reaches along +x (to the road), a utility pole's wires likewise."""
