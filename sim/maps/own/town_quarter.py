"""A town quarter of about 400 x 400 m: a closed net of streets at 50 km/h with parking lanes and pavements.

One signalised crossing (with controllers), one all-way stop, a roundabout, five T-junctions where the stem gives way, rounded
corners, zebra crossings. No street ends: traffic can drive forever.
"""

from __future__ import annotations

from sim.maps.own.builder import MapBuilder
from sim.maps.own.streets import CrossSection, StreetGraph, roundabout

WEST, MIDDLE, EAST, FAR_EAST = -190.0, -60.0, 70.0, 190.0
SOUTH, CENTER, NORTH = -190.0, 0.0, 190.0
STREET = CrossSection(lane_m=3.25, parking_m=2.2, sidewalk_m=2.5)
RING_TRIM_M = 30.0

Point = tuple[float, float]


def build() -> MapBuilder:
    """The whole map."""
    builder = MapBuilder("town_quarter")
    graph = StreetGraph(builder)
    _cross_streets(graph)
    _ring_streets(graph)
    for name in ("west", "signals", "allway", "south_a", "north_a", "south_b", "north_b"):
        graph.junction(name)
    roundabout(graph, "ring", (FAR_EAST, CENTER))
    for road in sorted(builder.roads)[:1]:
        builder.signal(
            road,
            30.0,
            -7.0,
            False,
            code="274",
            subtype="50",
            name="Sign_Speed_50",
            value=50.0,
            unit="km/h",
            zOffset=2.1,
            height=0.6,
            width=0.6,
        )
    return builder


def _street(graph: StreetGraph, ends: tuple[str, str], points: list[Point], name: str, **options: object) -> None:
    graph.street(*ends, points, STREET, name=name, **options)  # type: ignore[arg-type]


def _cross_streets(graph: StreetGraph) -> None:
    """Mill Street from west to east, and the two streets that cross it from south to north."""
    zebra, light, stop, give_way = (True, True), "light", "stop", "yield"
    mill, church, garden = "Mill Street", "Church Street", "Garden Street"
    middle, east = (MIDDLE, CENTER), (EAST, CENTER)
    _street(graph, ("west", "signals"), [(WEST, CENTER), middle], mill, rules=(give_way, light), crosswalks=zebra)
    _street(graph, ("signals", "allway"), [middle, east], mill, rules=(light, stop), crosswalks=zebra)
    to_ring = {"rules": (stop, give_way), "crosswalks": zebra, "trims_m": (13.0, RING_TRIM_M)}
    _street(graph, ("allway", "ring"), [east, (FAR_EAST, CENTER)], mill, **to_ring)
    _street(graph, ("south_a", "signals"), [(MIDDLE, SOUTH), middle], church, rules=(give_way, light), crosswalks=zebra)
    _street(graph, ("signals", "north_a"), [middle, (MIDDLE, NORTH)], church, rules=(light, give_way), crosswalks=zebra)
    _street(graph, ("south_b", "allway"), [(EAST, SOUTH), east], garden, rules=(stop, stop), crosswalks=zebra)
    _street(graph, ("allway", "north_b"), [east, (EAST, NORTH)], garden, rules=(stop, stop), crosswalks=zebra)


def _ring_streets(graph: StreetGraph) -> None:
    """Wall Street, around it all."""
    wall, at_start, at_end, nowhere = "Wall Street", (True, False), (False, True), (False, False)
    south_west, north_west = (
        [(MIDDLE, SOUTH), (WEST, SOUTH), (WEST, CENTER)],
        [(WEST, CENTER), (WEST, NORTH), (MIDDLE, NORTH)],
    )
    _street(graph, ("south_a", "west"), south_west, wall, crosswalks=nowhere)
    _street(graph, ("west", "north_a"), north_west, wall, crosswalks=nowhere)
    _street(graph, ("north_a", "north_b"), [(MIDDLE, NORTH), (EAST, NORTH)], wall, crosswalks=at_start)
    _street(graph, ("south_a", "south_b"), [(MIDDLE, SOUTH), (EAST, SOUTH)], wall, crosswalks=at_end)
    to_ring = {"rules": ("", "yield"), "crosswalks": at_end, "trims_m": (13.0, RING_TRIM_M)}
    north_east, south_east = [(EAST, NORTH), (FAR_EAST, NORTH)], [(EAST, SOUTH), (FAR_EAST, SOUTH)]
    _street(graph, ("north_b", "ring"), [*north_east, (FAR_EAST, CENTER)], wall, **to_ring)
    _street(graph, ("south_b", "ring"), [*south_east, (FAR_EAST, CENTER)], wall, **to_ring)
