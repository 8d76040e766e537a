"""Networks and placed scenarios, made once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scenarios.load import load_scenario
from scenarios.place import PlacedScenario, place
from scenarios.sample import sample
from sim.maps.library import load_network
from sim.maps.network import RoadNetwork


@pytest.fixture(scope="session")
def network_of() -> Callable[[str], RoadNetwork]:
    return lambda name: load_network(name)


@pytest.fixture(scope="session")
def placed_of() -> Callable[..., tuple[PlacedScenario, RoadNetwork]]:
    def make(scenario_id: str, seed: int, **overrides: str) -> tuple[PlacedScenario, RoadNetwork]:
        scenario = load_scenario(scenario_id, {key.replace("__", "."): value for key, value in overrides.items()})
        network = load_network(scenario.model.map)
        return place(sample(scenario, seed), network), network

    return make
