"""A rig: the cameras of one vehicle, read from YAML.

Every error names file, line and key, what was found, what is allowed, and the nearest match.
"""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from sensors.camera_config import CameraConfig
from sensors.config.base import Config
from sim.base.errors import RigError, did_you_mean

Key = tuple[str | int, ...]


class Rig(Config):
    """The cameras of one vehicle, each with a name and a rate of its own."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    cameras: tuple[CameraConfig, ...]

    @model_validator(mode="after")
    def _names_differ(self) -> Rig:
        if not self.cameras:
            raise ValueError("cameras: found an empty list; a rig has at least one camera")
        names = [camera.name for camera in self.cameras]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f'cameras: found two cameras named "{name}"; each needs a name of its own')
        return self

    def rates_hz(self) -> dict[str, float]:
        """Frame rate of each camera by name, in the rig's order; input of sim.base.clock.tick_period."""
        return {camera.name: camera.rate_hz for camera in self.cameras}

    def digest(self) -> str:
        """sha256 of every value; two rigs with one digest take the same pictures."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def preset_names() -> tuple[str, ...]:
    """Names of the rigs that ship with the package."""
    folder = resources.files("sensors") / "presets"
    return tuple(sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def load_rig(name_or_path: str | Path) -> Rig:
    """The rig of a YAML file, or of a preset by name. Raises RigError; tested by tests/sensors/test_rig.py."""
    text, source = _text_of(str(name_or_path))
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or error
        raise RigError(
            f"{source}:{1 if mark is None else mark.line + 1}: found YAML that does not parse ({problem}); correct this line"
        ) from error
    if not isinstance(data, dict):
        raise RigError(f'{source}:1: found no mapping; expected the keys "name" and "cameras"')
    lines: dict[Key, int] = {}
    _note_lines(node, (), lines)
    try:
        return Rig.model_validate(data)
    except ValidationError as error:
        raise RigError("\n".join(_message(source, lines, item) for item in error.errors())) from error


def _text_of(name_or_path: str) -> tuple[str, str]:
    """The YAML text and how to name it in messages."""
    path = Path(name_or_path)
    if path.is_file():
        try:
            return path.read_text(encoding="utf-8"), str(path)
        except (OSError, UnicodeDecodeError) as error:
            raise RigError(
                f"{path}: found a file that cannot be read ({error}); expected a rig in YAML; name another file"
            ) from error
    names = preset_names()
    if name_or_path in names:
        return (resources.files("sensors") / "presets" / f"{name_or_path}.yaml").read_text(
            "utf-8"
        ), name_or_path + ".yaml"
    raise RigError(
        f'rig: found "{name_or_path}", which is neither a file nor a preset; presets are {", ".join(names)}.'
        + did_you_mean(name_or_path, names)
    )


def _note_lines(node: yaml.Node | None, path: Key, lines: dict[Key, int]) -> None:
    """Remember the line of each key, so that messages can point at it."""
    if node is None:
        return
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            child = (*path, key.value)
            lines[child] = key.start_mark.line + 1
            _note_lines(value, child, lines)
    elif isinstance(node, yaml.SequenceNode):
        for row, value in enumerate(node.value):
            _note_lines(value, (*path, row), lines)


def _message(source: str, lines: dict[Key, int], item: ErrorDetails) -> str:
    """One pydantic error as: file:line key: found; expected; what to do."""
    key: Key = tuple(item["loc"])
    nearest = key
    while nearest and nearest not in lines:
        nearest = nearest[:-1]
    where = f"{source}:{lines.get(nearest, 1)} {_dotted(key)}"
    if item["type"] == "extra_forbidden":
        allowed = _fields_at(key[:-1])
        hint = did_you_mean(str(key[-1]), allowed)
        return f"{where}: found an unknown key; allowed here are {', '.join(allowed)}.{hint}"
    if item["type"] == "missing":
        return f"{where}: found nothing; this key is required; add it"
    if item["type"] == "value_error":
        return f"{where}: {item['msg'].removeprefix('Value error, ')}"
    found = item["input"]
    hint = ""
    if item["type"] == "literal_error":
        hint = did_you_mean(
            str(found), item.get("ctx", {}).get("expected", "").replace("'", "").replace(" or ", ", ").split(", ")
        )
    return f"{where}: found {found!r}; {item['msg'][0].lower()}{item['msg'][1:]}.{hint}"


def _dotted(key: Key) -> str:
    """cameras[0].optics.f_number from the key path."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or "rig"


def _fields_at(key: Key) -> tuple[str, ...]:
    """Names of the fields allowed at a key path, by walking the models."""
    model: Any = Rig
    for part in key:
        if isinstance(part, int) or not (isinstance(model, type) and issubclass(model, BaseModel)):
            continue
        model = model.model_fields[part].annotation
        while getattr(model, "__args__", None):
            model = model.__args__[0]
    return tuple(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else ()
