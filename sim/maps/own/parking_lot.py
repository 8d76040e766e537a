"""A car park at 20 km/h: three aisles with bays across on both sides, two cross aisles, and an access road around."""

from __future__ import annotations

import math
from dataclasses import replace

from sim.maps.own.builder import MapBuilder
from sim.maps.own.streets import CrossSection, StreetGraph

ACCESS = CrossSection(lane_m=3.0, kind="lowSpeed", speed_kmh=20.0)
AISLE = replace(ACCESS, parking_m=5.0, parking_inset_m=2.0, parking_taper_m=0.5, bay_m=2.5)
TRIM_M = 7.5
LENGTH_M, SPACING_M = 96.0, 20.0


def build() -> MapBuilder:
    """The whole map."""
    builder = MapBuilder("parking_lot")
    graph = StreetGraph(builder)
    trims = (TRIM_M, TRIM_M)
    y = [0.0, SPACING_M, 2.0 * SPACING_M]
    for i in range(3):
        # the last aisle and the cross aisles' ends are one bent road each, so that no junction has two arms only
        points = [(0.0, y[i]), (LENGTH_M, y[i])]
        if i < 2:
            graph.street(f"west{i}", f"east{i}", points, AISLE, trims_m=trims, name=f"Aisle {i + 1}")
        else:
            points = [(0.0, y[1]), (0.0, y[2]), (LENGTH_M, y[2]), (LENGTH_M, y[1])]
            lead = y[2] - y[1] - 2.0 * TRIM_M + TRIM_M * math.pi / 2.0
            section = replace(AISLE, parking_inset_m=round(lead + 2.0, 6))
            graph.street(
                "west1", "east1", points, section, trims_m=trims, corner_radius_m=TRIM_M, name=f"Aisle {i + 1}"
            )
    for side, x in (("west", 0.0), ("east", LENGTH_M)):
        graph.street(f"{side}0", f"{side}1", [(x, y[0]), (x, y[1])], ACCESS, trims_m=trims, name="Cross aisle")
    access = [(0.0, 0.0), (0.0, -50.0), (LENGTH_M, -50.0), (LENGTH_M, 0.0)]
    graph.street("west0", "east0", access, ACCESS, trims_m=trims, corner_radius_m=15.0, name="Access road")
    for name in ("west0", "east0", "west1", "east1"):
        graph.junction(name)
    return builder
