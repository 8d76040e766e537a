"""YAML text with the line of every key, so that an error can point at what the user wrote.

Two of YAML 1.1's traps are closed: `on`, `off`, `yes` and `no` are words, not booleans, and `1e-3` is a number (PyYAML
reads it as a string). A key given twice is an error, not a silent loss. Tested by tests/scenarios/test_load.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from sim.base.errors import ScenarioError

KeyPath = tuple[str | int, ...]

_FLOAT = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$")
_INT = re.compile(r"^[-+]?[0-9]+$")
_BOOL = re.compile(r"^(true|True|TRUE|false|False|FALSE)$")


class _CoreLoader(yaml.SafeLoader):
    """The YAML 1.2 core schema instead of 1.1's."""


_CoreLoader.yaml_implicit_resolvers = {}
_CoreLoader.add_implicit_resolver("tag:yaml.org,2002:bool", _BOOL, list("tTfF"))
_CoreLoader.add_implicit_resolver("tag:yaml.org,2002:int", _INT, list("-+0123456789"))
_CoreLoader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789."))
_CoreLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(~|null|Null|NULL|)$"), ["~", "n", "N", ""])


@dataclass(frozen=True)
class MarkedYaml:
    """Plain data from a YAML text, and the 1-based line on which each key or list item begins."""

    source: str
    data: Any
    lines: Mapping[KeyPath, int]

    def line_of(self, path: KeyPath) -> int:
        """The line of a key, or of the nearest parent that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def dotted(path: KeyPath) -> str:
    """A key path as people write it: ("expect", 0, "no_collision") is expect[0].no_collision."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else part)
    return text


def parse(text: str, source: str) -> MarkedYaml:
    """Data and lines of one YAML document. Raises ScenarioError with `source:line` when it is not YAML, or a key repeats."""
    loader = _CoreLoader(text)
    try:
        node = loader.get_single_node()
        lines: dict[KeyPath, int] = {}
        if node is not None:
            _mark(node, (), lines, source)
        data = None if node is None else loader.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = 1 if mark is None else mark.line + 1
        problem = getattr(error, "problem", None) or str(error)
        raise ScenarioError(
            f"{source}:{line}: found text that is not YAML ({problem}); expected a scenario file."
        ) from error
    finally:
        loader.dispose()
    return MarkedYaml(source, data, lines)


def _mark(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], source: str) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            if here in lines:
                raise ScenarioError(
                    f"{source}:{key.start_mark.line + 1} {dotted(here)}: found the key a second time "
                    f"(first on line {lines[here]}); expected it once."
                )
            lines[here] = key.start_mark.line + 1
            _mark(value, here, lines, source)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _mark(value, (*path, index), lines, source)


def scalar(text: str) -> Any:
    """The value of one piece of YAML given on a command line: "40", "{uniform: [3, 4]}", "Town01"."""
    return parse(text, "override").data
