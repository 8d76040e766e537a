"""Conditions and events, and the director's calls on a client that only records them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from scenarios.conditions import holds
from scenarios.director import Director
from scenarios.schema_events import When
from scenarios.script import Script
from scenarios.situation import Situation
from sim.base.carla_axes import vector_from_carla
from sim.base.errors import ScenarioError
from tests.scenarios.kinematic_world import KinematicWorld

CUT_IN = "highway/cut_in_close"
CHILD = "vru/child_from_behind_parked_van"


@pytest.fixture
def situation(placed_of) -> Situation:
    placed, _ = placed_of(CUT_IN, 0)
    return Situation(placed, KinematicWorld(placed).state(), 2.0, 0.05)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"time_s": 1.9}, True),
        ({"time_s": 2.1}, False),
        ({"gap": {"to": "cutter", "at_most_m": 500}}, True),
        ({"gap": {"to": "cutter", "at_most_m": 1}}, False),
        ({"time_to_collision": {"to": "cutter", "at_most_s": 600}}, True),
        ({"time_to_collision": {"of": "cutter", "to": "cutter", "at_most_s": 600}}, False),
        ({"arrival": {"before_anchor_m": 1000}}, True),
        ({"arrival": {"before_anchor_m": -1000}}, False),
        ({"speed": {"at_least_kmh": 50}}, True),
        ({"speed": {"at_most_kmh": 50}}, False),
        ({"after": "first"}, True),
        ({"after": "second"}, False),
        ({"any": [{"time_s": 9}, {"after": "first"}]}, True),
        ({"all": [{"time_s": 9}, {"after": "first"}]}, False),
        ({"not": {"time_s": 9}}, True),
    ],
)
def test_conditions(situation: Situation, when: dict, expected: bool) -> None:
    assert holds(When.model_validate(when), situation, {"first": 3}) is expected


def test_a_script_repeats(placed_of) -> None:
    placed, network = placed_of(CUT_IN, 1)
    runs = []
    for _ in range(2):
        world, script, log = KinematicWorld(placed), Script(placed, network), []
        for _ in range(60):
            actions = script.step(world.state())
            log.append(repr(sorted(actions.items())))
            world.step(actions["cutter"], actions)
        runs.append((log, dict(script.begun)))
    assert runs[0] == runs[1]


class RecordingClient:
    """Answers every spawn with the next id, or refuses the nth."""

    def __init__(self, refuse: int = -1) -> None:
        self.batches, self._refuse = [], refuse

    def apply_batch_sync(self, batch, due_tick):
        self.batches.append(list(batch))
        return [
            SimpleNamespace(error="no room" if index == self._refuse else "", actor_id=100 + index)
            for index in range(len(batch))
        ]

    def apply_batch(self, batch) -> None:
        self.batches.append(list(batch))


def recording_world():
    import carla

    attribute = SimpleNamespace(recommended_values=["1,2,3"])
    made = []

    def find(type_id):
        made.append(type_id)
        return SimpleNamespace(
            id=type_id, has_attribute=lambda name: False, get_attribute=lambda name: attribute, set_attribute=print
        )

    world = SimpleNamespace(
        set_weather=lambda weather: made.append(weather), get_blueprint_library=lambda: SimpleNamespace(find=find)
    )
    return carla, world, made


def test_director_spawns_everybody_where_placed(placed_of, monkeypatch) -> None:
    carla, world, made = recording_world()
    spawned = []

    class Spawn:
        def __init__(self, blueprint, transform) -> None:
            spawned.append((blueprint.id, transform))

        def then(self, command):
            return self

    monkeypatch.setattr(carla.command, "SpawnActor", Spawn)
    placed, network = placed_of(CHILD, 0)
    client = RecordingClient()
    director = Director(placed, network, client, world)
    director.setup()
    assert made[0].sun_altitude_angle == pytest.approx(placed.concrete.weather.sun_altitude_angle, abs=1e-4)
    everybody = [placed.ego, *placed.actors]
    assert [name for name, _ in spawned] == [actor.type_id for actor in everybody]
    for actor, (_, transform) in zip(everybody, spawned, strict=True):
        there = transform.location
        assert vector_from_carla((there.x, there.y, there.z)) == pytest.approx(actor.position_world_m, abs=1e-3)
    director.act(KinematicWorld(placed).state())
    assert len(client.batches[1]) == len(placed.actors)
    director.act(KinematicWorld(placed).state())
    assert len(client.batches) == 2, "nothing new is sent when nothing changes"
    director.teardown()
    director.teardown()
    assert len(client.batches) == 3 and len(client.batches[2]) == len(everybody)


def test_director_says_whom_the_server_refused(placed_of, monkeypatch) -> None:
    carla, world, _ = recording_world()
    monkeypatch.setattr(
        carla.command, "SpawnActor", lambda blueprint, transform: SimpleNamespace(then=lambda command: None)
    )
    placed, network = placed_of(CHILD, 0)
    client = RecordingClient(refuse=1)
    director = Director(placed, network, client, world)
    with pytest.raises(ScenarioError, match=r"actors\.van: the server refused to spawn vehicle.*no room"):
        director.setup()
    director.teardown()
    assert len(client.batches[-1]) == len(placed.actors), "whoever was spawned beside the one refused is destroyed"
