"""The kinds of things that stand around the roads: nominal sizes in m, number of variants, class.

Placed by sim.maps.layout with the longer side along x, drawn by rendering. Buildings are scaled to the placed box. Sizes:
houses after German row-house plots (6 to 12 m wide), trees at about 30 years, lamps after EN 13201 practice for streets of
8 m width (mast of 8 m), rails after EN 1317 (0.75 m), furniture after makers' data sheets.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sim.base.taxonomy import ObjectClass
from sim.catalogue.spec import StaticAsset

_ROWS = (
    StaticAsset("building.row_house", ObjectClass.BUILDING, 9.0, 11.0, 9.5, 8),
    StaticAsset("building.apartment", ObjectClass.BUILDING, 20.0, 13.0, 16.0, 8),
    StaticAsset("building.office", ObjectClass.BUILDING, 26.0, 16.0, 22.0, 6),
    StaticAsset("building.shop", ObjectClass.BUILDING, 13.0, 12.0, 7.0, 6),
    StaticAsset("building.warehouse", ObjectClass.BUILDING, 38.0, 24.0, 9.0, 4),
    StaticAsset("tree.lime", ObjectClass.VEGETATION, 5.0, 5.0, 10.0, 6),
    StaticAsset("tree.plane", ObjectClass.VEGETATION, 6.0, 6.0, 12.0, 6),
    StaticAsset("tree.birch", ObjectClass.VEGETATION, 3.6, 3.6, 9.0, 6),
    StaticAsset("tree.fir", ObjectClass.VEGETATION, 4.0, 4.0, 13.0, 6),
    StaticAsset("hedge.box", ObjectClass.VEGETATION, 4.0, 0.7, 1.1, 3),
    StaticAsset("pole.street_lamp", ObjectClass.POLE, 2.0, 0.3, 8.0, 2),
    StaticAsset("furniture.bench", ObjectClass.STATIC_OBJECT, 1.8, 0.6, 0.85, 3),
    StaticAsset("furniture.bin", ObjectClass.STATIC_OBJECT, 0.45, 0.45, 1.0, 3),
    StaticAsset("furniture.bollard", ObjectClass.STATIC_OBJECT, 0.16, 0.16, 0.95, 2),
    StaticAsset("fence.metal", ObjectClass.FENCE, 3.0, 0.08, 1.2, 3),
    StaticAsset("rail.guard", ObjectClass.GUARD_RAIL, 4.0, 0.3, 0.75, 1),
    StaticAsset("furniture.mailbox", ObjectClass.STATIC_OBJECT, 0.5, 0.4, 1.3, 2),
    StaticAsset("furniture.bus_stop", ObjectClass.STATIC_OBJECT, 4.0, 1.5, 2.5, 2),
)

STATIC_ASSETS: Mapping[str, StaticAsset] = MappingProxyType({row.key: row for row in _ROWS})
"""By key. A street lamp's mast stands at the origin; its arm reaches along +x (towards the road)."""
