"""One concrete case of a scenario: every distribution replaced by the value that a seed draws.

Each quantity has a random stream of its own, named after its key path, so a new key leaves all other draws as they were.
Tested by tests/scenarios/test_sample.py.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.draws import Draw, Scalar, is_distribution
from scenarios.load import Scenario
from scenarios.schema import ScenarioModel
from scenarios.yaml_marks import KeyPath, dotted
from sim.base.state import Weather
from sim.base.streams import stream
from sim.base.units import mps_from_kmh


@dataclass(frozen=True)
class ConcreteScenario:
    """A scenario in which nothing is left to chance, except where on the map it fits (the seed decides that in place).

    `draws` holds each drawn value by its key path; `spec` is the scenario with constants only; `sha256` identifies it.
    """

    scenario_id: str
    title: str
    seed: int
    map_name: str
    date: str
    weather: Weather
    duration_s: float
    rig: str
    cruise_speed_mps: float
    draws: Mapping[str, Scalar]
    spec: ScenarioModel
    sha256: str


def sample(scenario: Scenario, seed: int) -> ConcreteScenario:
    """The case of a scenario that belongs to a seed; the same on every machine."""
    draws: dict[str, Scalar] = {}
    variables: dict[str, Any] = {}
    for name, raw in (scenario.data.get("variables") or {}).items():
        variables[name] = _drawn(raw, ("variables", name), {}, scenario.scenario_id, seed, draws)
    data = {
        key: variables if key == "variables" else _drawn(raw, (key,), variables, scenario.scenario_id, seed, draws)
        for key, raw in scenario.data.items()
    }
    spec = ScenarioModel.model_validate(data)
    text = json.dumps([scenario.scenario_id, seed, data], sort_keys=True)
    cruise = spec.ego.cruise_kmh if spec.ego.cruise_kmh is not None else spec.ego.speed_kmh
    return ConcreteScenario(
        scenario_id=scenario.scenario_id,
        title=spec.title,
        seed=seed,
        map_name=spec.map,
        date=spec.date,
        weather=Weather(**{name: value.value for name, value in spec.weather}),
        duration_s=spec.duration_s,
        rig=spec.rig,
        cruise_speed_mps=mps_from_kmh(cruise.value),
        draws=draws,
        spec=spec,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def _drawn(
    raw: Any, path: KeyPath, variables: Mapping[str, Any], scenario_id: str, seed: int, draws: dict[str, Scalar]
) -> Any:
    if is_distribution(raw):
        kind, items = next(iter(raw.items()))
        value = Draw(str(kind), tuple(items)).sample(stream(seed, "scenario", scenario_id, dotted(path)))
        draws[dotted(path)] = value
        return value
    if isinstance(raw, str) and raw.startswith("$"):
        return variables[raw[1:]]
    if isinstance(raw, dict):
        return {key: _drawn(value, (*path, key), variables, scenario_id, seed, draws) for key, value in raw.items()}
    if isinstance(raw, list):
        return [_drawn(value, (*path, index), variables, scenario_id, seed, draws) for index, value in enumerate(raw)]
    return raw
