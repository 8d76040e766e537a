"""A straight road for each OpenDRIVE marking type or colour, side by side, as an OpenDRIVE text."""

from __future__ import annotations

from sim.maps.network import RoadNetwork
from sim.maps.opendrive import network_from_xodr

TYPES = (
    "solid", "broken", "solid solid", "solid broken", "broken solid", "broken broken", "botts dots", "edge", "none",
    "grass", "curb",
)  # fmt: skip
COLORS = ("white", "yellow", "red", "blue", "green", "orange", "violet", "black")
PITCH_M = 12.0


def marking_network(marks: list[tuple[str, str]], weight: str = "standard") -> RoadNetwork:
    """One road of 60 m per (type, colour), 12 m apart in y, its mark along the middle (y = 12 k)."""
    roads = "".join(_road(k, kind, color, weight) for k, (kind, color) in enumerate(marks))
    header = '<header name="marks" revMajor="1" revMinor="7"/>'
    return network_from_xodr(f'<?xml version="1.0"?><OpenDRIVE>{header}{roads}</OpenDRIVE>', "marks")


def _road(index: int, kind: str, color: str, weight: str) -> str:
    lane = '<width a="3.5" b="0" c="0" d="0" sOffset="0"/>'
    return (
        f'<road id="{index + 1}" junction="-1" length="60" rule="RHT"><link/>'
        f'<planView><geometry s="0" x="0" y="{index * PITCH_M}" hdg="0" length="60"><line/></geometry></planView>'
        '<elevationProfile/><lateralProfile/><lanes><laneSection s="0">'
        f'<left><lane id="1" type="driving">{lane}</lane></left>'
        f'<center><lane id="0" type="none"><roadMark sOffset="0" type="{kind}" color="{color}" weight="{weight}"/></lane></center>'
        f'<right><lane id="-1" type="driving">{lane}</lane></right></laneSection></lanes></road>'
    )
