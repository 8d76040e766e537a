"""Maps for the tests: our own, and those of SIM_TEST_MAPS that nobody here wrote."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sim.maps.library import load_network
from sim.maps.network import RoadNetwork

REPOSITORY = Path(__file__).resolve().parents[2]
FOREIGN_FOLDER = Path(os.environ.get("SIM_TEST_MAPS") or REPOSITORY / "../shared/data/opendrive")
OWN = ("town_quarter", "motorway", "parking_lot")
FOREIGN = (
    "Town01",
    "Town02",
    "Town10HD",
    "e6mini",
    "fabriksgatan_traffic_lights",
    "multi_intersections",
    "parking_demo",
    "soderleden",
)


def network_of(name: str) -> RoadNetwork:
    """A network by name; skips when the folder of foreign maps is absent."""
    if name in OWN:
        return load_network(name)
    path = FOREIGN_FOLDER / f"{name}.xodr"
    if not path.exists():
        pytest.skip(f"no {name}.xodr in {FOREIGN_FOLDER}; set SIM_TEST_MAPS to a folder that has it")
    return load_network(str(path))


@pytest.fixture(params=(*OWN, *FOREIGN))
def network(request: pytest.FixtureRequest) -> RoadNetwork:
    """Every map in turn."""
    return network_of(request.param)


@pytest.fixture
def town() -> RoadNetwork:
    """The town quarter."""
    return load_network("town_quarter")
