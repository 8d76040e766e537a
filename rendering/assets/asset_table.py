"""The table of the user's own assets, `assets.yaml`: which file is drawn for which blueprint, and what its names mean.

Every mistake is reported as file:line, key, what was found, what is allowed. Described with an example in docs/assets.md;
tested by tests/rendering/test_asset_table.py.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml

from rendering.materials import MATERIALS, EmissionKind
from sim.base.errors import AssetError, did_you_mean
from sim.base.parts import PartKind
from sim.catalogue.props import PROPS
from sim.catalogue.static_assets import STATIC_ASSETS
from sim.catalogue.vehicles import VEHICLES

TABLE_NAME = "assets.yaml"
AXES = ("+x", "-x", "+y", "-y", "+z", "-z")
LAMPS = {
    "interior_lamp" if kind == EmissionKind.INTERIOR else kind.name.lower(): kind
    for kind in EmissionKind
    if kind not in (EmissionKind.NONE, EmissionKind.WINDOW) and not kind.name.startswith("SIGNAL_")
}
"""Kinds of nodes that shine, by the name that a table gives them."""
LABELS = {
    part.name.lower(): part
    for part in (
        PartKind.BODY, PartKind.MIRROR, PartKind.DOOR, PartKind.NUMBER_PLATE, PartKind.ARM, PartKind.INTERIOR,
        PartKind.REFLECTOR, PartKind.POLE, PartKind.TRUNK, PartKind.FOLIAGE,
    )
}  # fmt: skip
"""Kinds of nodes that only have a label of their own."""
NODE_KINDS = ("wheel", "window", "ignore", *LAMPS, *LABELS)
_ROW_KEYS = (
    "for", "file", "scale", "forward", "up", "fit", "crease_deg", "texture_colors", "check_winding", "materials", "nodes",
)  # fmt: skip
_MATERIAL_KEYS = ("like", "paint", "albedo", "roughness", "metallic", "clear_coat", "transmittance")
_MOST_TEXTURE_COLORS = 64
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Overrides:
    """What the table says of a material; None where the file's own value holds. `albedo` is linear, 0 to 1."""

    like: str | None = None
    paint: bool = False
    albedo: tuple[float, float, float] | None = None
    roughness: float | None = None
    metallic: float | None = None
    clear_coat: bool | None = None
    transmittance: float | None = None


@dataclass(frozen=True)
class NodeRule:
    """What a node is: one of NODE_KINDS; `steered` of a wheel, None: the front ones are."""

    kind: str
    steered: bool | None = None


@dataclass(frozen=True)
class AssetRow:
    """One entry: the first whose pattern fits a blueprint is drawn for it. `where` is file:line, for messages.

    `scale` is metres per unit of the file; `forward`, `up` are axes of the file; `fit` stretches the asset onto the box.
    """

    where: str
    patterns: tuple[str, ...]
    file: Path
    scale: float
    forward: str
    up: str
    fit: bool
    crease_deg: float
    texture_colors: int
    check_winding: bool
    materials: tuple[tuple[str, Overrides], ...]
    nodes: tuple[tuple[str, NodeRule], ...]

    def covers(self, name: str) -> bool:
        """Whether a blueprint id, or a static object's "asset:variant", is meant: by its name with the variant or without."""
        return any(
            fnmatch.fnmatchcase(name, text) or fnmatch.fnmatchcase(name.partition(":")[0], text)
            for text in self.patterns
        )

    def overrides_of(self, material: str) -> Overrides:
        """What the first pattern that fits a material's name says."""
        return next((rule for text, rule in self.materials if fnmatch.fnmatchcase(material, text)), Overrides())

    def rule_of(self, node: str) -> NodeRule | None:
        """What the first pattern that fits a node's name says."""
        return next((rule for text, rule in self.nodes if fnmatch.fnmatchcase(node, text)), None)


def replaceable() -> tuple[str, ...]:
    """Every name that a pattern may mean: vehicles, props, and "asset:variant" of static objects."""
    statics = (f"{asset.key}:{k}" for asset in STATIC_ASSETS.values() for k in range(asset.variants))
    return (*VEHICLES, *PROPS, *statics)


def read_table(folder: Path) -> tuple[AssetRow, ...]:
    """The rows of `folder`/assets.yaml in the file's order. Raises AssetError."""
    path = folder / TABLE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AssetError(
            f"{path}: found no table that can be read ({error}); SIM_ASSETS has to name a folder with an {TABLE_NAME}; "
            "see docs/assets.md, or unset SIM_ASSETS"
        ) from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or error
        raise AssetError(f"{path}{line}: found text that is not YAML ({problem}); correct the line") from error
    if root is None:
        raise AssetError(f'{path}: found an empty file; allowed is a mapping with the key "assets"; see docs/assets.md')
    reader = _Reader(path)
    top = reader.mapping(root, "", ("assets",))
    if "assets" not in top:
        raise reader.error(root, "", "no assets", 'a list under the key "assets"')
    rows = reader.items(top["assets"], "assets")
    return tuple(_row(reader, node, f"assets[{k}]", folder) for k, node in enumerate(rows))


def _row(reader: _Reader, node: yaml.Node, key: str, folder: Path) -> AssetRow:
    values = reader.mapping(node, key, _ROW_KEYS)
    for needed in ("for", "file"):
        if needed not in values:
            raise reader.error(
                node, key, f"no {needed}", f'the keys {", ".join(_ROW_KEYS)}; "for" and "file" are needed'
            )

    def value(name: str, read: Callable[[yaml.Node, str], _Value], default: _Value) -> _Value:
        return read(values[name], f"{key}.{name}") if name in values else default

    forward = value("forward", lambda n, k: reader.choice(n, k, AXES), "+z")
    up = value("up", lambda n, k: reader.choice(n, k, AXES), "+y")
    if forward[1] == up[1]:
        raise reader.error(node, f"{key}.forward", f"{forward} with up: {up}", "two axes at right angles")
    return AssetRow(
        where=f"{reader.path}:{node.start_mark.line + 1}",
        patterns=_patterns(reader, values["for"], f"{key}.for"),
        file=_file(reader, values["file"], f"{key}.file", folder),
        scale=value("scale", lambda n, k: reader.number(n, k, 1e-6, 1e6), 1.0),
        forward=forward,
        up=up,
        fit=value("fit", reader.flag, False),
        crease_deg=value("crease_deg", lambda n, k: reader.number(n, k, 0.0, 180.0), 35.0),
        texture_colors=round(value("texture_colors", lambda n, k: reader.number(n, k, 1, _MOST_TEXTURE_COLORS), 8.0)),
        check_winding=value("check_winding", reader.flag, True),
        materials=value("materials", lambda n, k: reader.pairs(n, k, _overrides), ()),
        nodes=value("nodes", lambda n, k: reader.pairs(n, k, _rule), ()),
    )


def _patterns(reader: _Reader, node: yaml.Node, key: str) -> tuple[str, ...]:
    nodes = reader.items(node, key) if isinstance(node, yaml.SequenceNode) else [node]
    known = replaceable()
    bare = {name.partition(":")[0] for name in known}
    out = []
    for item in nodes:
        text = reader.text(item, key)
        if not any(fnmatch.fnmatchcase(name, text) for name in (*known, *bare)):
            hint = did_you_mean(text, sorted(bare))
            raise reader.error(
                item, key, f'"{text}", which fits nothing that can be replaced',
                "ids of vehicles and static.prop blueprints (docs/blueprints.md) and names of static objects, such as "
                f"tree.lime or building.office:2, with * and ?; walkers, signs and lights keep ours.{hint}",
            )  # fmt: skip
        out.append(text)
    return tuple(out)


def _file(reader: _Reader, node: yaml.Node, key: str, folder: Path) -> Path:
    text = reader.text(node, key)
    path = folder / text
    if path.suffix.lower() not in (".glb", ".gltf"):
        raise reader.error(
            node, key, f'"{text}"', "files that end in .glb or .gltf; convert others in a modelling tool"
        )
    if not path.is_file():
        others = sorted(str(other.relative_to(folder)) for other in folder.rglob("*.gl*") if other.is_file())
        there = ", ".join(others[:8]) or "none"
        raise reader.error(
            node,
            key,
            f'"{text}", which is not in the folder',
            f"files of {folder}: {there}.{did_you_mean(text, others)}",
        )
    return path


def _overrides(reader: _Reader, node: yaml.Node, key: str) -> Overrides:
    values = reader.mapping(node, key, _MATERIAL_KEYS)
    if ("like" in values or "paint" in values) and len(values) > 1:
        raise reader.error(
            node, key, f"{' and '.join(values)} together", "like, or paint, alone; or any of the other keys"
        )

    def share(name: str) -> float | None:
        return reader.number(values[name], f"{key}.{name}", 0.0, 1.0) if name in values else None

    albedo = None
    if "albedo" in values:
        items = reader.items(values["albedo"], f"{key}.albedo")
        if len(items) != 3:
            raise reader.error(
                values["albedo"], f"{key}.albedo", f"{len(items)} numbers", "linear reflectances of red, green, blue"
            )
        red, green, blue = (reader.number(item, f"{key}.albedo", 0.0, 1.0) for item in items)
        albedo = (red, green, blue)
    return Overrides(
        like=reader.choice(values["like"], f"{key}.like", MATERIALS) if "like" in values else None,
        paint=reader.flag(values["paint"], f"{key}.paint") if "paint" in values else False,
        albedo=albedo,
        roughness=share("roughness"),
        metallic=share("metallic"),
        clear_coat=reader.flag(values["clear_coat"], f"{key}.clear_coat") if "clear_coat" in values else None,
        transmittance=share("transmittance"),
    )


def _rule(reader: _Reader, node: yaml.Node, key: str) -> NodeRule:
    if isinstance(node, yaml.ScalarNode):
        return NodeRule(reader.choice(node, key, NODE_KINDS))
    values = reader.mapping(node, key, ("kind", "steered"))
    if "kind" not in values:
        raise reader.error(node, key, "no kind", f"kind: one of {', '.join(NODE_KINDS)}")
    kind = reader.choice(values["kind"], f"{key}.kind", NODE_KINDS)
    if "steered" not in values:
        return NodeRule(kind)
    if kind != "wheel":
        raise reader.error(values["steered"], f"{key}.steered", f"steered on a {kind}", "steered on wheels alone")
    return NodeRule(kind, reader.flag(values["steered"], f"{key}.steered"))


class _Reader:
    """Values of YAML nodes, each checked; complaints name the line and the key."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def error(self, node: yaml.Node, key: str, found: str, allowed: str) -> AssetError:
        """The error for a node."""
        name = f" {key}:" if key else ""
        return AssetError(f"{self.path}:{node.start_mark.line + 1}:{name} found {found}; allowed: {allowed}")

    def mapping(self, node: yaml.Node, key: str, allowed: Iterable[str]) -> dict[str, yaml.Node]:
        """A mapping whose keys are all known and appear once."""
        known = tuple(allowed)
        out: dict[str, yaml.Node] = {}
        for name_node, value in self._entries(node, key):
            name = self.text(name_node, key)
            if name not in known:
                raise self.error(
                    name_node, key, f'the key "{name}"', ", ".join(known) + "." + did_you_mean(name, known)
                )
            if name in out:
                raise self.error(name_node, key, f'the key "{name}" twice', "each key once")
            out[name] = value
        return out

    def pairs(
        self, node: yaml.Node, key: str, read: Callable[[_Reader, yaml.Node, str], _Value]
    ) -> tuple[tuple[str, _Value], ...]:
        """A mapping from patterns, in the file's order."""
        out = []
        for name_node, value in self._entries(node, key):
            name = self.text(name_node, key)
            out.append((name, read(self, value, f"{key}.{name}")))
        return tuple(out)

    def items(self, node: yaml.Node, key: str) -> list[yaml.Node]:
        """A list."""
        if not isinstance(node, yaml.SequenceNode):
            raise self.error(node, key, "no list", "a list")
        return list(node.value)

    def text(self, node: yaml.Node, key: str) -> str:
        """A scalar's text."""
        if not isinstance(node, yaml.ScalarNode) or not node.value:
            raise self.error(node, key, "no text", "text")
        return str(node.value)

    def choice(self, node: yaml.Node, key: str, allowed: Iterable[str]) -> str:
        """One of the allowed words."""
        text, known = self.text(node, key), tuple(allowed)
        if text not in known:
            shown = ", ".join(known[:40]) + (", ..." if len(known) > 40 else "")
            raise self.error(node, key, f'"{text}"', f"{shown}.{did_you_mean(text, known)}")
        return text

    def number(self, node: yaml.Node, key: str, low: float, high: float) -> float:
        """A number within bounds, both included."""
        text = self.text(node, key)
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise self.error(node, key, f'"{text}"', f"numbers from {low:g} to {high:g}")
        return value

    def flag(self, node: yaml.Node, key: str) -> bool:
        """true or false."""
        text = self.text(node, key)
        if text not in ("true", "false"):
            raise self.error(node, key, f'"{text}"', "true or false")
        return text == "true"

    def _entries(self, node: yaml.Node, key: str) -> list[tuple[yaml.Node, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            raise self.error(node, key, "no mapping", "a mapping of keys to values")
        return list(node.value)
