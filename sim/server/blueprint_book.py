"""The blueprints in the form that the wire wants, and the boxes and semantic tags of the actors made from them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.errors import did_you_mean
from sim.base.state import ActorKind
from sim.base.taxonomy import CLASS_NAMES, ObjectClass
from sim.catalogue.blueprints import BLUEPRINTS
from sim.catalogue.doors import DOOR_TYPE, door_of
from sim.catalogue.props import PROPS
from sim.catalogue.vehicles import VEHICLES
from sim.catalogue.walkers import WALKERS
from sim.server.errors import CallError

Float64 = NDArray[np.float64]


class Shape(NamedTuple):
    """Kind of actor, CARLA's semantic tag, and its box in the actor frame (our axes)."""

    kind: ActorKind
    tags: bytes
    box_center_m: Float64
    box_extent_m: Float64


def definitions() -> list[Any]:
    """get_actor_definitions' answer: all blueprints that can be spawned."""
    return [
        [
            blueprint.uid,
            blueprint.id,
            blueprint.tags,
            [
                [item.id, int(item.type), item.value, list(item.recommended), item.modifiable, item.restrict]
                for item in blueprint.attributes
            ],
        ]
        for blueprint in BLUEPRINTS.values()
        if blueprint.spawnable
    ]


def check(type_id: str, attributes: Mapping[str, str]) -> None:
    """CallError when no blueprint has this id, or an attribute does not take this value."""
    blueprint = BLUEPRINTS.get(type_id)
    if blueprint is None or not blueprint.spawnable:
        hint = did_you_mean(type_id, BLUEPRINTS)
        raise CallError(f'Spawn failed because of invalid actor description: found "{type_id}".{hint}')
    for attribute in blueprint.attributes:
        value = attributes.get(attribute.id, attribute.value)
        if attribute.restrict and value not in attribute.recommended:
            raise CallError(
                f'Spawn failed because of invalid actor description: {type_id}: {attribute.id} is "{value}"; '
                f"allowed is {', '.join(attribute.recommended)}"
            )


def shape_of(type_id: str, attributes: Mapping[str, str] = MappingProxyType({})) -> Shape:
    """The kind, tag and box of a blueprint's actors; a point without tag for sensors and controllers."""
    if type_id == DOOR_TYPE:
        return _door(attributes)
    if (vehicle := VEHICLES.get(type_id)) is not None:
        return _box(ActorKind.VEHICLE, vehicle.object_class, vehicle.length_m, vehicle.width_m, vehicle.height_m, True)
    if (walker := WALKERS.get(type_id)) is not None:
        size = (walker.depth_m, walker.shoulder_width_m, walker.height_m)
        return _box(ActorKind.WALKER, ObjectClass.PEDESTRIAN, *size, False)
    if (prop := PROPS.get(type_id)) is not None:
        return _box(ActorKind.PROP, prop.object_class, prop.length_m, prop.width_m, prop.height_m, True)
    kind = ActorKind.SENSOR if type_id.startswith("sensor.") else ActorKind.OTHER
    return Shape(kind, b"", np.zeros(3), np.zeros(3))


def _door(attributes: Mapping[str, str]) -> Shape:
    """A door of the vehicle that it names: its box about the hinge, and the vehicle's tag."""
    blueprint = BLUEPRINTS[DOOR_TYPE]
    type_id, name = (attributes.get(key, blueprint.attribute(key).value) for key in ("vehicle", "door"))
    door = door_of(type_id, name)
    if door is None:
        raise CallError(f"Spawn failed because of invalid actor description: {type_id} has no door {name}")
    low, high = np.array(door.low_m), np.array(door.high_m)
    tags = bytes([CLASS_NAMES[VEHICLES[type_id].object_class].carla_tag])
    return Shape(ActorKind.PROP, tags, (low + high) / 2.0, (high - low) / 2.0)


def _box(
    kind: ActorKind, object_class: ObjectClass, length_m: float, width_m: float, height_m: float, stands: bool
) -> Shape:
    center = np.array([0.0, 0.0, height_m / 2.0 if stands else 0.0])
    extent = np.array([length_m, width_m, height_m]) / 2.0
    return Shape(kind, bytes([CLASS_NAMES[object_class].carla_tag]), center, extent)
