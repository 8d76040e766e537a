"""What one part of a scenario file says about another: names of actors and events, and keys that belong together.

Tested by tests/scenarios/test_load.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from scenarios.dimensions import dimensions_of, known_blueprints
from scenarios.draws import Draw
from scenarios.schema import ScenarioModel
from scenarios.schema_events import When
from scenarios.yaml_marks import KeyPath
from sim.base.errors import did_you_mean

Finding = tuple[KeyPath, str]

_ACTOR_KEYS = ("of", "to", "actor", "meet", "ahead_of", "behind", "beside", "speed_relative_to")


def check_references(model: ScenarioModel) -> Iterator[Finding]:
    """Every (key path, message) that is wrong."""
    actors = ["ego", *model.actors]
    if "ego" in model.actors or "hero" in model.actors:
        yield ("actors",), 'found an actor called "ego" or "hero"; expected another name, the ego has its own part.'
    yield from _unknown_actors(model, (), actors)
    for name, actor in model.actors.items():
        place = ("actors", name, "place")
        given = [
            key for key in ("at_anchor_m", "ahead_of", "behind", "beside") if getattr(actor.place, key) is not None
        ]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            yield place, f"found {found}; expected exactly one of at_anchor_m, ahead_of, behind, beside."
        elif (given[0] in ("ahead_of", "behind")) != (actor.place.gap_m is not None):
            yield place, "found gap_m alone or missing; expected gap_m together with ahead_of or behind."
        elif actor.place.reached_after_s is not None and actor.place.gap_m is None:
            yield place, "found reached_after_s without gap_m; expected both."
        if actor.place.from_kerb_m is not None and not actor.place.lane.startswith("pavement"):
            yield (
                (*place, "from_kerb_m"),
                "found it on a lane; expected it only with lane: pavement_right or pavement_left.",
            )
    yield from _circles(model)
    start = model.ego.start
    if (start.before_anchor_m is None) == (start.before_anchor_s is None):
        yield ("ego", "start"), "found both or neither; expected exactly one of before_anchor_m, before_anchor_s."
    yield from _unknown_events(model)
    yield from _unknown_blueprints(model)
    yield from _wrong_bodies(model)


def _unknown_actors(part: BaseModel, path: KeyPath, actors: list[str]) -> Iterator[Finding]:
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        here = (*path, field.alias or name)
        if name in _ACTOR_KEYS and isinstance(value, str) and value not in actors:
            hint = did_you_mean(value, actors)
            yield here, f'found "{value}"; expected one of the actors {", ".join(actors)}.{hint}'
        elif isinstance(value, BaseModel):
            yield from _unknown_actors(value, here, actors)
        elif isinstance(value, dict):
            for key, item in value.items():
                if isinstance(item, BaseModel):
                    yield from _unknown_actors(item, (*here, key), actors)
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                if isinstance(item, BaseModel):
                    yield from _unknown_actors(item, (*here, index), actors)


def _unknown_blueprints(model: ScenarioModel) -> Iterator[Finding]:
    known = known_blueprints()
    wanted: dict[KeyPath, Draw] = {("ego", "blueprint"): model.ego.blueprint}
    wanted |= {("actors", name, "blueprint"): actor.blueprint for name, actor in model.actors.items()}
    for path, names in wanted.items():
        for name in map(str, names.parameters):
            if name not in known:
                yield path, f'found "{name}"; expected a blueprint of the catalogue.{did_you_mean(name, known)}'


def _wrong_bodies(model: ScenarioModel) -> Iterator[Finding]:
    """Behaviours of actors that have no body for it: who darts out is a person, who changes lanes a vehicle."""
    for name, event in model.events.items():
        actor = event.do.body.actor
        if actor == "ego":
            continue
        for blueprint in map(str, model.actors[actor].blueprint.parameters):
            size = dimensions_of(blueprint)
            able = {"dart_out": size.is_walker, "stand": size.is_walker or size.is_vehicle}
            if not able.get(event.do.kind, size.is_vehicle):
                who = {"dart_out": "a person (walker.*)", "stand": "a vehicle or a person"}.get(
                    event.do.kind, "a vehicle"
                )
                yield (
                    ("events", name, "do", event.do.kind, "actor"),
                    f'found "{actor}", which is {blueprint}; expected {who}. Name another actor or another behaviour.',
                )
                return


def _circles(model: ScenarioModel) -> Iterator[Finding]:
    for name in model.actors:
        for key in ("place", "speed"):
            seen, at = [name], name
            while at in model.actors:
                actor = model.actors[at]
                place = actor.place
                following = (
                    (place.ahead_of or place.behind or place.beside) if key == "place" else actor.speed_relative_to
                )
                if following is None:
                    break
                if following in seen:
                    yield (
                        ("actors", name),
                        f"found the circle {' -> '.join([*seen, following])}; expected an end at the ego.",
                    )
                    return
                seen.append(following)
                at = following


def _unknown_events(model: ScenarioModel) -> Iterator[Finding]:
    events = list(model.events)
    for index, demand in enumerate(model.expect):
        name = getattr(demand.body, "event", None)
        if name is not None and name not in events:
            hint = did_you_mean(name, events)
            yield (
                ("expect", index, demand.kind, "event"),
                f'found "{name}"; expected one of the events {", ".join(events) or "(there are none)"}.{hint}',
            )
    for name, event in model.events.items():
        for path, after in _afters(event.when, ("events", name, "when")):
            if after not in events:
                yield (
                    path,
                    f'found "{after}"; expected one of the events {", ".join(events)}.{did_you_mean(after, events)}',
                )


def _afters(when: When | None, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if when is None:
        return
    if when.after is not None:
        yield (*path, "after"), when.after
    for key, parts in (("any", when.any_of), ("all", when.all_of)):
        for index, part in enumerate(parts or ()):
            yield from _afters(part, (*path, key, index))
    if when.negated is not None:
        yield from _afters(when.negated, (*path, "not"))
