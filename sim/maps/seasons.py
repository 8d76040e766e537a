"""What trees wear on a date: leaves, autumn colours, or nothing, by the day of the year and the latitude of the map.

Central Europe's broad-leaved trees come into leaf in the second half of April, colour in October and are bare from mid
November on (Deutscher Wetterdienst, phenological clock 1991-2020: birch in leaf 14 April, oak coloured 14 October, leaf fall of
oak 6 November). South of the equator the year is shifted by half; between the tropics nothing changes. Conifers, palms, hedges,
shrubs and distant groves stay as they are. Tested by tests/maps/test_seasons.py.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
from enum import Enum

from sim.base.errors import MapError
from sim.base.state import StaticObjects
from sim.maps.network import RoadNetwork

TROPIC_DEG = 23.44
_COLOURED_FROM, _BARE_FROM, _LEAVES_FROM = (10, 5), (11, 12), (4, 18)
_BROAD_LEAVED = ("lime", "plane", "birch", "maple", "oak")
_FIRST_FAR_VARIANT, _AUTUMN_VARIANTS, _BARE_VARIANT = 6, (3, 4), 5
_NAME = re.compile(rf"tree\.({'|'.join(_BROAD_LEAVED)}):(\d+)(.*)")
_LATITUDE = re.compile(r"\+lat_0=([-+]?\d+(?:\.\d*)?)")


class Season(Enum):
    """What broad-leaved trees look like."""

    IN_LEAF = "in leaf"
    COLOURED = "coloured"
    BARE = "bare"


def parse_date(text: str) -> datetime.date | None:
    """A date as YYYY-MM-DD; None for "". Raises MapError for anything else."""
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise MapError(f'date: found "{text}"; expected YYYY-MM-DD, such as 2026-10-20') from None


def season_of(date: datetime.date | None, latitude_deg: float) -> Season:
    """The season of a date; without one, trees are in leaf."""
    if date is None or abs(latitude_deg) < TROPIC_DEG:
        return Season.IN_LEAF
    month = date.month if latitude_deg > 0.0 else (date.month + 5) % 12 + 1
    day = (month, date.day)
    if _COLOURED_FROM <= day < _BARE_FROM:
        return Season.COLOURED
    return Season.IN_LEAF if _LEAVES_FROM <= day < _COLOURED_FROM else Season.BARE


def latitude_of(network: RoadNetwork) -> float:
    """Latitude of a map's origin in degrees, by its geo reference; 49, in central Europe, when it names none."""
    found = _LATITUDE.search(network.geo_reference)
    return float(found.group(1)) if found else 49.0


def in_season(statics: StaticObjects, season: Season) -> StaticObjects:
    """The same objects with their broad-leaved trees as the season has them; in leaf they are returned as they are."""
    if season is Season.IN_LEAF:
        return statics
    return dataclasses.replace(statics, name=tuple(_named(name, season, row) for row, name in enumerate(statics.name)))


def _named(name: str, season: Season, row: int) -> str:
    found = _NAME.fullmatch(name)
    if found is None:
        return name
    species, variant, rest = found.groups()
    far = _FIRST_FAR_VARIANT if int(variant) >= _FIRST_FAR_VARIANT else 0
    shown = _BARE_VARIANT if season is Season.BARE else _AUTUMN_VARIANTS[(int(variant) + row) % 2]
    return f"tree.{species}:{far + shown}{rest}"
