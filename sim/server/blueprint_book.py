"""The blueprints in the form that the wire wants, and the boxes and semantic tags of the actors made from them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.errors import did_you_mean
from sim.base.state import ActorKind
from sim.base.taxonomy import CLASS_NAMES, ObjectClass
from sim.catalogue.props import PROPS
from sim.catalogue.vehicles import VEHICLES
from sim.catalogue.walkers import WALKERS
from sim.server.errors import CallError

Float64 = NDArray[np.float64]

_BOOL, _INT, _FLOAT, _STRING, _COLOR = 1, 2, 3, 4, 5


class Shape(NamedTuple):
    """Kind of actor, CARLA's semantic tag, and its box in the actor frame (our axes)."""

    kind: ActorKind
    tags: bytes
    box_center_m: Float64
    box_extent_m: Float64


class BlueprintBook:
    """All blueprints: `definitions` is get_actor_definitions' answer."""

    def __init__(self) -> None:
        self.definitions: list[list[Any]] = []
        self._uid: dict[str, int] = {}
        for type_id, attributes in _stub_blueprints().items():
            uid = len(self.definitions) + 1
            self._uid[type_id] = uid
            self.definitions.append([uid, type_id, ",".join(type_id.split(".")), attributes])

    def uid(self, type_id: str) -> int:
        """The number of a blueprint; CallError with the nearest name when there is none."""
        uid = self._uid.get(type_id)
        if uid is None:
            hint = did_you_mean(type_id, self._uid)
            raise CallError(f'Spawn failed because of invalid actor description: found "{type_id}".{hint}')
        return uid


def shape_of(type_id: str) -> Shape:
    """The kind, tag and box of a blueprint's actors; a point without tag for sensors and controllers."""
    if (vehicle := VEHICLES.get(type_id)) is not None:
        return _box(ActorKind.VEHICLE, vehicle.object_class, vehicle.length_m, vehicle.width_m, vehicle.height_m, True)
    if (walker := WALKERS.get(type_id)) is not None:
        size = (walker.depth_m, walker.shoulder_width_m, walker.height_m)
        return _box(ActorKind.WALKER, ObjectClass.PEDESTRIAN, *size, False)
    if (prop := PROPS.get(type_id)) is not None:
        return _box(ActorKind.PROP, prop.object_class, prop.length_m, prop.width_m, prop.height_m, True)
    kind = ActorKind.SENSOR if type_id.startswith("sensor.") else ActorKind.OTHER
    return Shape(kind, b"", np.zeros(3), np.zeros(3))


def _box(
    kind: ActorKind, object_class: ObjectClass, length_m: float, width_m: float, height_m: float, stands: bool
) -> Shape:
    center = np.array([0.0, 0.0, height_m / 2.0 if stands else 0.0])
    extent = np.array([length_m, width_m, height_m]) / 2.0
    return Shape(kind, bytes([CLASS_NAMES[object_class].carla_tag]), center, extent)


def _attribute(
    name: str, kind: int, value: str, recommended: tuple[str, ...] = (), modifiable: bool = True
) -> list[Any]:
    return [name, kind, value, list(recommended), modifiable, False]


def _stub_blueprints() -> dict[str, list[Any]]:
    book: dict[str, list[Any]] = {}
    for type_id, spec in VEHICLES.items():
        book[type_id] = [
            _attribute("role_name", _STRING, "autopilot", ("autopilot", "hero")),
            _attribute("color", _COLOR, "255,255,255", ("255,255,255",)),
            _attribute("sticky_control", _BOOL, "True"),
            _attribute("object_type", _STRING, "", modifiable=False),
            _attribute("number_of_wheels", _INT, str(spec.number_of_wheels), modifiable=False),
            _attribute("generation", _INT, str(spec.generation), modifiable=False),
            _attribute("base_type", _STRING, spec.base_type, modifiable=False),
            _attribute("special_type", _STRING, spec.special_type, modifiable=False),
            _attribute("has_lights", _BOOL, str(spec.has_lights), modifiable=False),
            _attribute("has_dynamic_doors", _BOOL, str(spec.has_dynamic_doors), modifiable=False),
        ]
    for type_id in WALKERS:
        book[type_id] = [
            _attribute("role_name", _STRING, "pedestrian"),
            _attribute("is_invincible", _BOOL, "true"),
            _attribute("speed", _FLOAT, "0", ("0", "1.4", "2.8")),
        ]
    for type_id in PROPS:
        book[type_id] = [_attribute("role_name", _STRING, "prop")]
    book["controller.ai.walker"] = []
    book["sensor.other.collision"] = [_attribute("role_name", _STRING, "front")]
    book["sensor.other.lane_invasion"] = [_attribute("role_name", _STRING, "front")]
    book["sensor.camera.rgb"] = [
        _attribute("role_name", _STRING, "front"),
        _attribute("image_size_x", _INT, "800"),
        _attribute("image_size_y", _INT, "600"),
        _attribute("fov", _FLOAT, "90.0"),
        _attribute("sensor_tick", _FLOAT, "0.0"),
    ]
    return book
