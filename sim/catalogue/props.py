"""All static.prop blueprints as boxes with sizes and masses.

Rows in data/props.yaml and data/own_props.yaml; tested by tests/catalogue/test_props.py.

Sliding friction follows the material, after EN 12195-1:2010, table B.1, where it has it: cardboard 0.50, sawn wood 0.45, smooth
concrete 0.55, rubber 0.60, steel crates 0.45 on plywood and 0.30 on aluminium; the rest is assumed. Restitution is assumed: what
falls on a hard floor keeps between 0.05 (filled bags) and 0.5 (rubber) of its speed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sim.base.taxonomy import ObjectClass
from sim.catalogue.data_rows import Row, read_rows
from sim.catalogue.spec import PropSpec

_CLASSES = {
    "static": ObjectClass.STATIC_OBJECT,
    "dynamic": ObjectClass.DYNAMIC_OBJECT,
    "sign": ObjectClass.TRAFFIC_SIGN,
    "animal": ObjectClass.ANIMAL,
    "trailer": ObjectClass.TRAILER,
}

_SURFACES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "cardboard": (0.50, 0.15),
        "wood": (0.45, 0.25),
        "plastic": (0.40, 0.30),
        "metal": (0.40, 0.25),
        "stone": (0.55, 0.10),
        "rubber": (0.60, 0.50),
        "cloth": (0.50, 0.05),
        "straw": (0.55, 0.10),
    }
)
"""Sliding friction and restitution of materials."""

_MATERIALS = {
    **dict.fromkeys(("box",), "cardboard"),
    **dict.fromkeys(("bag", "case"), "cloth"),
    **dict.fromkeys(("bench", "table", "board"), "wood"),
    **dict.fromkeys(("cone", "bin", "chair", "warning_triangle", "ball"), "plastic"),
    **dict.fromkeys(("planter", "debris", "fountain", "figure"), "stone"),
    **dict.fromkeys(("tyre",), "rubber"),
}
"""What things of a shape are made of; shapes not named are metal. A row's own `material` comes first."""


def _spec(type_id: str, row: Row, own: bool) -> PropSpec:
    length_m, width_m, height_m = row["size_m"]
    friction, restitution = _SURFACES[row.get("material", _MATERIALS.get(row["shape"], "metal"))]
    return PropSpec(
        type_id=type_id,
        shape=row["shape"],
        object_class=_CLASSES[row["class"]],
        length_m=length_m,
        width_m=width_m,
        height_m=height_m,
        mass_kg=float(row["mass_kg"]),
        source=row["source"],
        friction=friction,
        restitution=restitution,
        own=own,
    )


PROPS: Mapping[str, PropSpec] = MappingProxyType(
    {
        type_id: _spec(type_id, row, own)
        for file_name, own in (("props.yaml", False), ("own_props.yaml", True))
        for type_id, row in read_rows(file_name).items()
    }
)
"""Blueprint id to its prop: CARLA's, then this project's own, each in alphabetical order."""
