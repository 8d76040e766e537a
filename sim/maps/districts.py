"""What a part of a town is like: which houses stand how far from the pavement, with what before, between and behind them.

Which district holds is drawn per square of 130 m, so that neighbours look alike; the middle of a map is its old centre.
Setbacks and gaps follow German and North American practice (front gardens of 3 to 6 m, detached houses 3 m from each side
boundary, closed building in centres).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.base.streams import stream

DISTRICT_M = 130.0
CENTRE_SHARE = 0.42
"""The old centre reaches this far out, in shares of the map's half diagonal."""


@dataclass(frozen=True)
class District:
    """Kinds of things, with weights where drawn. Lengths in m; `row` is how many houses stand wall to wall."""

    name: str
    houses: tuple[tuple[str, float], ...]
    setback_m: float
    gap_m: tuple[float, float]
    row: tuple[int, int] = (1, 1)
    boundaries: tuple[str, ...] = ()
    street_trees: tuple[str, ...] = ()
    tree_spacing_m: float = 13.0
    verge: tuple[tuple[str, float], ...] = ()
    wires: bool = False


DISTRICTS: dict[str, District] = {
    "centre": District(
        "centre", (("town_house", 0.74), ("shop", 0.10), ("office", 0.16)), 0.45, (0.16, 0.16), (3, 7),
        verge=(("furniture.planter", 0.6), ("furniture.bike_stand", 0.4)),
    ),
    "terraces": District(
        "terraces", (("row_house", 1.0),), 4.2, (4.5, 7.0), (4, 9), ("hedge.box", "wall.low", "fence.metal"),
        ("maple", "birch", "lime"), 15.0, (("furniture.bins", 0.5), ("furniture.cabinet", 0.3), ("shrub.garden", 0.2)),
    ),
    "suburb": District(
        "suburb", (("house", 0.92), ("row_house", 0.08)), 6.0, (3.5, 7.5), (1, 1),
        ("fence.picket", "hedge.box", "fence.wire", "wall.low"),
        ("oak", "maple", "lime", "birch"), 21.0, (("furniture.mailbox", 0.25), ("furniture.bins", 0.45), ("shrub.garden", 0.3)), True,
    ),
    "blocks": District(
        "blocks", (("apartment", 0.86), ("shop", 0.14)), 7.0, (6.0, 13.0), (1, 2), ("hedge.box",),
        ("plane", "lime"), 14.0, (("furniture.bike_stand", 0.3), ("furniture.bench", 0.4), ("furniture.bins", 0.3)),
    ),
    "business": District(
        "business", (("office", 0.46), ("warehouse", 0.30), ("shop", 0.24)), 7.5, (7.0, 12.0), (1, 1), ("fence.wire",),
        ("lime", "plane", "maple"), 16.0, (("furniture.billboard", 0.5), ("furniture.cabinet", 0.5)),
    ),
}  # fmt: skip
_OUTER = (("terraces", 0.32), ("suburb", 0.30), ("blocks", 0.26), ("business", 0.12))
_DRY = {"lime": "palm", "maple": "cypress", "birch": "pine", "oak": "pine", "fir": "cypress"}
"""Trees of a dry climate in the place of others."""


@dataclass(frozen=True)
class TownPlan:
    """Which district lies where on one map, for one seed. Coordinates in the world, m."""

    seed: int
    middle_m: tuple[float, float]
    half_diagonal_m: float

    def at(self, x_m: float, y_m: float) -> District:
        """The district of a point."""
        square = (math.floor(x_m / DISTRICT_M), math.floor(y_m / DISTRICT_M))
        out = math.hypot(
            (square[0] + 0.5) * DISTRICT_M - self.middle_m[0], (square[1] + 0.5) * DISTRICT_M - self.middle_m[1]
        )
        rng = stream(self.seed, "district", *square)
        drawn = draw(rng, _OUTER)
        return DISTRICTS["centre" if out < CENTRE_SHARE * self.half_diagonal_m else drawn]

    def species(self, names: tuple[str, ...], x_m: float, y_m: float) -> str:
        """The street tree of a point: one species for each half square, so that rows are of one kind."""
        half = DISTRICT_M / 2.0
        rng = stream(self.seed, "species", math.floor(x_m / half), math.floor(y_m / half))
        return self.hardy(names[int(rng.integers(len(names)))])

    def hardy(self, species: str) -> str:
        """The species itself, or in one town of five, which lies in a dry climate, what grows there."""
        return _DRY.get(species, species) if self.seed % 5 == 4 else species


def draw(rng: np.random.Generator, weighted: tuple[tuple[str, float], ...]) -> str:
    """One of the names, by weight."""
    weights = np.array([weight for _, weight in weighted])
    return weighted[int(rng.choice(len(weighted), p=weights / weights.sum()))][0]
