"""A car park at 20 km/h: three aisles with bays across on both sides, two cross aisles, and an access road around."""

from __future__ import annotations

from sim.maps.own.builder import MapBuilder
from sim.maps.own.streets import CrossSection, StreetGraph

AISLE = CrossSection(lane_m=3.0, kind="lowSpeed", speed_kmh=20.0)
TRIM_M = 7.5
LENGTH_M, SPACING_M = 96.0, 20.0
BAY_WIDTH_M, BAY_DEPTH_M = 2.5, 5.0


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
            road = graph.street(f"west{i}", f"east{i}", points, AISLE, trims_m=trims, name=f"Aisle {i + 1}")
            _bays(builder, road, 2.0, LENGTH_M - 2.0 * TRIM_M - 2.0)
        else:
            points = [(0.0, y[1]), (0.0, y[2]), (LENGTH_M, y[2]), (LENGTH_M, y[1])]
            road = graph.street(
                "west1", "east1", points, AISLE, trims_m=trims, corner_radius_m=TRIM_M, name=f"Aisle {i + 1}"
            )
            lead = (y[2] - y[1] - 2.0 * TRIM_M) + TRIM_M * 1.5707963
            _bays(builder, road, lead + 2.0, lead + LENGTH_M - 2.0 * TRIM_M - 2.0)
    for side, x in (("west", 0.0), ("east", LENGTH_M)):
        graph.street(f"{side}0", f"{side}1", [(x, y[0]), (x, y[1])], AISLE, trims_m=trims, name="Cross aisle")
    access = [(0.0, 0.0), (0.0, -50.0), (LENGTH_M, -50.0), (LENGTH_M, 0.0)]
    graph.street("west0", "east0", access, AISLE, trims_m=trims, corner_radius_m=15.0, name="Access road")
    for name in ("west0", "east0", "west1", "east1"):
        graph.junction(name)
    return builder


def _bays(builder: MapBuilder, road: int, from_m: float, to_m: float) -> None:
    count = int((to_m - from_m) / BAY_WIDTH_M)
    first = round((from_m + to_m - count * BAY_WIDTH_M) / 2.0 + BAY_WIDTH_M / 2.0, 6)
    for side in (-1.0, 1.0):
        t = side * (AISLE.lane_m + BAY_DEPTH_M / 2.0)
        bay = builder.box(road, first, t, "parkingSpace", "ParkingBay", BAY_WIDTH_M, BAY_DEPTH_M)
        bay.repeat((count - 1) * BAY_WIDTH_M, BAY_WIDTH_M, sStart=first, tStart=t, tEnd=t)
