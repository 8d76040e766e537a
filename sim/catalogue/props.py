"""CARLA's static.prop blueprints as boxes with sizes and masses. Rows in data/props.yaml; tested by tests/catalogue/test_props.py."""

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
}


def _spec(type_id: str, row: Row) -> PropSpec:
    length_m, width_m, height_m = row["size_m"]
    return PropSpec(
        type_id=type_id,
        shape=row["shape"],
        object_class=_CLASSES[row["class"]],
        length_m=length_m,
        width_m=width_m,
        height_m=height_m,
        mass_kg=float(row["mass_kg"]),
        source=row["source"],
    )


PROPS: Mapping[str, PropSpec] = MappingProxyType(
    {type_id: _spec(type_id, row) for type_id, row in read_rows("props.yaml").items()}
)
"""CARLA blueprint id to its prop, in alphabetical order."""
