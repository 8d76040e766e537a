"""A scenario file to a Scenario, or to an error that names file, line and key and says what would be right.

    library/vru/child.yaml:14 actors.van.place.gap_m: found "wide"; expected a number 0 to 5000 (m) or {uniform: [low, high]}.

Tested by tests/scenarios/test_load.py, one case for each kind of mistake.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from scenarios.catalogue import resolve
from scenarios.references import check_references
from scenarios.schema import ScenarioModel
from scenarios.yaml_marks import KeyPath, MarkedYaml, dotted, parse, scalar
from sim.base.errors import ScenarioError, did_you_mean


@dataclass(frozen=True)
class Scenario:
    """A scenario file that is known to be sound. `data` is its plain data with overrides, `model` the checked form of it."""

    scenario_id: str
    source: str
    data: Mapping[str, Any]
    model: ScenarioModel
    sha256: str

    @property
    def title(self) -> str:
        """What happens, as a sentence."""
        return self.model.title


def load_scenario(path_or_id: str | Path, overrides: Mapping[str, str] | None = None) -> Scenario:
    """The scenario at a path, or with a library id such as "vru/child_from_behind_parked_van".

    `overrides` maps key paths to YAML values ("ego.speed_kmh" to "40", "map" to "Town01"). Raises ScenarioError.
    """
    scenario_id, path = resolve(str(path_or_id))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: found a file that cannot be read ({error}); expected a scenario file.") from error
    return scenario_from_text(text, source=str(path), scenario_id=scenario_id, overrides=overrides or {})


def scenario_from_text(
    text: str, source: str, scenario_id: str = "unnamed", overrides: Mapping[str, str] | None = None
) -> Scenario:
    """As load_scenario, from text; `source` is what errors call it."""
    marked = parse(text, source)
    if not isinstance(marked.data, dict):
        raise ScenarioError(
            f"{source}:1: found {_shown(marked.data)}; expected a mapping that begins with scenario: 1."
        )
    data = copy.deepcopy(marked.data)
    changed = tuple(_override(data, key, value) for key, value in (overrides or {}).items())
    where = _Locator(marked, changed)
    expanded = _expand(data, data.get("variables") or {}, where, ())
    try:
        model = ScenarioModel.model_validate(expanded)
    except ValidationError as error:
        raise ScenarioError("\n".join(_messages(error, expanded, where))) from error
    for path, message in check_references(model):
        raise ScenarioError(f"{where.at(path)}: {message}")
    digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
    return Scenario(scenario_id, source, data, model, digest)


@dataclass(frozen=True)
class _Locator:
    """Where a key path stands: `file:line key`, or `override key` when it was given on the command line."""

    marked: MarkedYaml
    changed: tuple[KeyPath, ...]

    def at(self, path: KeyPath) -> str:
        if any(path[: len(key)] == key for key in self.changed):
            return f"override {dotted(path)}"
        line = self.marked.line_of(path)
        return f"{self.marked.source}:{line} {dotted(path)}".rstrip()


def _override(data: dict[str, Any], key: str, value: str) -> KeyPath:
    parts: list[str | int] = [
        int(part[1:-1]) if part.startswith("[") else part for part in re.findall(r"\[\d+\]|[^.\[\]]+", key)
    ]
    if not parts:
        raise ScenarioError(f'override "{key}": found no key; expected a path such as ego.speed_kmh.')
    target: Any = data
    for part in parts[:-1]:
        if isinstance(target, dict):
            target = target.setdefault(part, {})
        elif isinstance(target, list) and isinstance(part, int) and part < len(target):
            target = target[part]
        else:
            raise ScenarioError(
                f'override "{key}": found no "{part}" to go into; expected a path such as ego.speed_kmh.'
            )
    last = parts[-1]
    if isinstance(target, list) and not (isinstance(last, int) and last < len(target)):
        raise ScenarioError(f'override "{key}": found no item "{last}"; expected [0] to [{len(target) - 1}].')
    if not isinstance(target, (dict, list)):
        raise ScenarioError(f'override "{key}": found a value where "{last}" should go into; expected a path of keys.')
    target[last] = scalar(value)  # type: ignore[index]
    return tuple(parts)


def _expand(raw: Any, variables: Any, where: _Locator, path: KeyPath) -> Any:
    """The data with every `$name` replaced by that variable's distribution, so that its range is checked in its place."""
    if isinstance(raw, dict):
        return {key: _expand(value, variables, where, (*path, key)) for key, value in raw.items()}
    if isinstance(raw, list):
        return [_expand(value, variables, where, (*path, index)) for index, value in enumerate(raw)]
    if isinstance(raw, str) and raw.startswith("$"):
        if not isinstance(variables, dict) or raw[1:] not in variables:
            known = list(variables) if isinstance(variables, dict) else []
            raise ScenarioError(
                f"{where.at(path)}: found {_shown(raw)}; expected a name under variables: "
                f"({', '.join(known) or 'there are none'}).{did_you_mean(raw[1:], known)}"
            )
        return variables[raw[1:]]
    return raw


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 80 else text[:77] + "..."


def _messages(error: ValidationError, data: Any, where: _Locator) -> Iterator[str]:
    for item in error.errors(include_url=False):
        path = tuple(part for part in item["loc"] if part != "[key]")
        kind, text = item["type"], item["msg"]
        if kind == "missing":
            yield f"{where.at(path)}: found nothing; expected the key {dotted(path[-1:])} here."
        elif kind == "extra_forbidden":
            allowed = _keys_of(path[:-1])
            name = str(path[-1])
            listed = f"one of {', '.join(allowed)}" if allowed else "no key at all ({})"
            yield f'{where.at(path)}: found the key "{name}"; expected {listed}.{did_you_mean(name, allowed)}'
        else:
            expected = text[0].lower() + text[1:]
            for phrase in ("input should be ", "value should be ", "expected "):
                expected = expected.removeprefix(phrase)
            wrong = item["input"]
            hint = did_you_mean(wrong, re.findall(r"'([^']+)'", text)) if isinstance(wrong, str) else ""
            yield f"{where.at(path)}: found {_shown(wrong)}; expected {expected}.{hint}"


def _keys_of(path: KeyPath) -> list[str]:
    """The keys that the schema allows in the mapping at `path`."""
    model: Any = ScenarioModel
    for part in path:
        if isinstance(model, type) and issubclass(model, BaseModel):
            fields = {(field.alias or name): field.annotation for name, field in model.model_fields.items()}
            model = _inner(fields.get(str(part)))
        else:
            model = _inner(model)
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [field.alias or name for name, field in model.model_fields.items()]
    return []


def _inner(annotation: Any) -> Any:
    """The model inside `Model | None`; of dict[str, Model] and tuple[Model, ...] what stays to be indexed."""
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return _inner(next(arm for arm in typing.get_args(annotation) if arm is not type(None)))
    if origin is dict:
        return _Items(typing.get_args(annotation)[1])
    if origin is tuple:
        return _Items(typing.get_args(annotation)[0])
    if isinstance(annotation, _Items):
        return annotation.item
    return annotation


@dataclass(frozen=True)
class _Items:
    """A collection of `item`s on the way down the schema."""

    item: Any
