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


def build() -> MapBuilder:
    """The whole map."""
    builder = MapBuilder("town_quarter")
    graph = StreetGraph(builder)
    zebra, no_zebra = (True, True), (False, False)
    light, stop = "light", "stop"

    def add(start: str, end: str, points: list[tuple[float, float]], name: str, **options: object) -> None:
        graph.street(start, end, points, STREET, name=name, **options)  # type: ignore[arg-type]

    # the cross street, west to east
    add("west", "signals", [(WEST, CENTER), (MIDDLE, CENTER)], "Mill Street", rules=("yield", light), crosswalks=zebra)
    add("signals", "allway", [(MIDDLE, CENTER), (EAST, CENTER)], "Mill Street", rules=(light, stop), crosswalks=zebra)
    add(
        "allway",
        "ring",
        [(EAST, CENTER), (FAR_EAST, CENTER)],
        "Mill Street",
        rules=(stop, "yield"),
        crosswalks=zebra,
        trims_m=(13.0, RING_TRIM_M),
    )
    # the two streets from south to north
    add(
        "south_a",
        "signals",
        [(MIDDLE, SOUTH), (MIDDLE, CENTER)],
        "Church Street",
        rules=("yield", light),
        crosswalks=zebra,
    )
    add(
        "signals",
        "north_a",
        [(MIDDLE, CENTER), (MIDDLE, NORTH)],
        "Church Street",
        rules=(light, "yield"),
        crosswalks=zebra,
    )
    add("south_b", "allway", [(EAST, SOUTH), (EAST, CENTER)], "Garden Street", rules=("stop", stop), crosswalks=zebra)
    add("allway", "north_b", [(EAST, CENTER), (EAST, NORTH)], "Garden Street", rules=(stop, "stop"), crosswalks=zebra)
    # the ring street around it all
    add("south_a", "west", [(MIDDLE, SOUTH), (WEST, SOUTH), (WEST, CENTER)], "Wall Street", crosswalks=no_zebra)
    add("west", "north_a", [(WEST, CENTER), (WEST, NORTH), (MIDDLE, NORTH)], "Wall Street", crosswalks=no_zebra)
    add("north_a", "north_b", [(MIDDLE, NORTH), (EAST, NORTH)], "Wall Street", crosswalks=(True, False))
    add("south_a", "south_b", [(MIDDLE, SOUTH), (EAST, SOUTH)], "Wall Street", crosswalks=(False, True))
    add(
        "north_b",
        "ring",
        [(EAST, NORTH), (FAR_EAST, NORTH), (FAR_EAST, CENTER)],
        "Wall Street",
        rules=("", "yield"),
        crosswalks=(False, True),
        trims_m=(13.0, RING_TRIM_M),
    )
    add(
        "south_b",
        "ring",
        [(EAST, SOUTH), (FAR_EAST, SOUTH), (FAR_EAST, CENTER)],
        "Wall Street",
        rules=("", "yield"),
        crosswalks=(False, True),
        trims_m=(13.0, RING_TRIM_M),
    )
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
