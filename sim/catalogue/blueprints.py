"""CARLA's blueprint library: every actor that can be spawned, with the attributes that scripts written for CARLA expect.

Attribute ids, order, defaults and which may be changed follow CARLA 0.9.16 (its Docs/bp_library.md and ref_sensors.md);
colours and pedestrians' looks are this project's own. Tested by tests/catalogue/test_blueprints.py.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from sim.base.errors import BlueprintError, did_you_mean
from sim.catalogue.data_rows import read_rows
from sim.catalogue.doors import DOOR_TYPE, DoorNumber, doors_of
from sim.catalogue.props import PROPS
from sim.catalogue.spec import PropSpec, VehicleSpec, WalkerSpec
from sim.catalogue.vehicles import VEHICLES
from sim.catalogue.walkers import OUTFIT_ATTRIBUTE, OUTFITS, POSE_ATTRIBUTE, POSTURE_NAMES, WALKERS


class AttributeType(IntEnum):
    """CARLA's numbers on the wire."""

    BOOL = 1
    INT = 2
    FLOAT = 3
    STRING = 4
    COLOR = 5


@dataclass(frozen=True)
class Attribute:
    """One attribute of a blueprint; `value` and `recommended` are text as on the wire ("r,g,b" for colours).

    `restrict` means that only recommended values are accepted when an actor is spawned.
    """

    id: str
    type: AttributeType
    value: str
    recommended: tuple[str, ...] = ()
    modifiable: bool = True
    restrict: bool = False


@dataclass(frozen=True)
class Blueprint:
    """One kind of actor. `uid` is a checksum of the id, so it never changes when others are added.

    `spawnable` is False for what only a map can place (traffic lights and signs): not part of the client's library.
    """

    uid: int
    id: str
    tags: str
    attributes: tuple[Attribute, ...]
    spawnable: bool = True

    def attribute(self, attribute_id: str) -> Attribute:
        """The attribute of this id. Raises BlueprintError, with the nearest name, when there is none."""
        for attribute in self.attributes:
            if attribute.id == attribute_id:
                return attribute
        names = [attribute.id for attribute in self.attributes]
        hint = did_you_mean(attribute_id, names)
        raise BlueprintError(f'{self.id}: found attribute "{attribute_id}"; expected one of {", ".join(names)}.{hint}')


SNOW_TYPE = "static.weather.snow"
"""Snow, which CARLA's weather lacks: while such an actor exists, `lying_cm` of it lie and `rate_mm_h` of water fall."""


def find_blueprint(type_id: str) -> Blueprint:
    """The blueprint of this id. Raises BlueprintError, with the nearest id, when there is none."""
    blueprint = BLUEPRINTS.get(type_id)
    if blueprint is None:
        hint = did_you_mean(type_id, BLUEPRINTS)
        raise BlueprintError(f'blueprint: found "{type_id}"; expected an id of sim.catalogue.blueprints.{hint}')
    return blueprint


def _blueprint(type_id: str, attributes: Iterable[Attribute], spawnable: bool = True) -> Blueprint:
    uid = zlib.crc32(type_id.encode())
    return Blueprint(uid, type_id, ",".join(type_id.split(".")), tuple(attributes), spawnable)


def _free(attribute_id: str, kind: AttributeType, value: str) -> Attribute:
    """An attribute of any value; CARLA recommends the one that it begins with."""
    return Attribute(attribute_id, kind, value, (value,))


def _constant(attribute_id: str, kind: AttributeType, value: object) -> Attribute:
    text = _bool_text(value) if kind is AttributeType.BOOL else str(value)
    return Attribute(attribute_id, kind, text, modifiable=False)


def _choice(attribute_id: str, kind: AttributeType, *values: str, restrict: bool = False) -> Attribute:
    return Attribute(attribute_id, kind, values[0], values, restrict=restrict)


def _bool_text(value: object) -> str:
    return "true" if value else "false"


def _role(*names: str) -> Attribute:
    return _choice("role_name", AttributeType.STRING, *names)


def _ros_name(type_id: str) -> Attribute:
    return _free("ros_name", AttributeType.STRING, type_id)


def _vehicle(spec: VehicleSpec) -> Blueprint:
    attributes = [_role("autopilot", "scenario", "ego_vehicle"), _ros_name(spec.type_id)]
    if spec.paintable:
        colors = [f"{red},{green},{blue}" for red, green, blue in spec.colors_rgb]
        attributes.append(_choice("color", AttributeType.COLOR, *colors))
    if spec.driver_ids:
        attributes.append(_choice("driver_id", AttributeType.INT, *map(str, spec.driver_ids), restrict=True))
    attributes += [
        _free("sticky_control", AttributeType.BOOL, "true"),
        _free("terramechanics", AttributeType.BOOL, "false"),
        _constant("object_type", AttributeType.STRING, ""),
        _constant("base_type", AttributeType.STRING, spec.base_type),
        _constant("special_type", AttributeType.STRING, spec.special_type),
        _constant("generation", AttributeType.INT, spec.generation),
        _constant("number_of_wheels", AttributeType.INT, spec.number_of_wheels),
        _constant("has_dynamic_doors", AttributeType.BOOL, spec.has_dynamic_doors),
        _constant("has_lights", AttributeType.BOOL, spec.has_lights),
    ]
    return _blueprint(spec.type_id, attributes)


def _walker(spec: WalkerSpec) -> Blueprint:
    speeds = ("0.0", f"{spec.walk_speed_mps:g}", f"{spec.run_speed_mps:g}")
    return _blueprint(
        spec.type_id,
        (
            _role("pedestrian"),
            _ros_name(spec.type_id),
            _constant("gender", AttributeType.STRING, spec.gender),
            _constant("generation", AttributeType.INT, spec.generation),
            _constant("age", AttributeType.STRING, spec.age),
            _choice("speed", AttributeType.FLOAT, *speeds),
            _free("is_invincible", AttributeType.BOOL, "true"),
            _constant("can_use_wheelchair", AttributeType.BOOL, spec.can_use_wheelchair),
            # public scripts ask for one without looking whether this person has one
            _choice("use_wheelchair", AttributeType.BOOL, "false", "true", restrict=True),
            # own attributes, which a stock server lacks
            _choice(POSE_ATTRIBUTE, AttributeType.STRING, "walking", *POSTURE_NAMES, restrict=True),
            _choice(OUTFIT_ATTRIBUTE, AttributeType.STRING, "own", *OUTFITS, restrict=True),
        ),
    )


def _prop(spec: PropSpec) -> Blueprint:
    largest_m = max(spec.length_m, spec.width_m, spec.height_m)
    size = "tiny" if largest_m < 0.4 else "small" if largest_m < 1.0 else "medium" if largest_m < 2.2 else "big"
    return _blueprint(
        spec.type_id,
        (_role("prop"), _ros_name(spec.type_id), _constant("size", AttributeType.STRING, size)),
    )


def _sensors() -> Iterable[Blueprint]:
    roles = ("front", "back", "left", "right", "front_left", "front_right", "back_left", "back_right")
    for type_id, rows in read_rows("sensors.yaml").items():
        if type_id.startswith("_"):
            continue
        attributes = [_role(*roles), _ros_name(type_id)]
        for name, (kind, value, *allowed) in rows.items():
            values = tuple(allowed[0]) if allowed else (value,)
            attributes.append(Attribute(name, AttributeType[kind.upper()], value, values, restrict=bool(allowed)))
        yield _blueprint(type_id, attributes)


def _others() -> Iterable[Blueprint]:
    yield _blueprint("controller.ai.walker", (_role("default"), _ros_name("controller.ai.walker")))
    yield _blueprint("util.actor.empty", (_role("default"), _ros_name("util.actor.empty")))
    extents = [_free(f"extent_{axis}", AttributeType.FLOAT, "1.0") for axis in "xyz"]
    friction = _free("friction", AttributeType.FLOAT, "3.5")
    yield _blueprint(
        "static.trigger.friction", (_role("default"), _ros_name("static.trigger.friction"), friction, *extents)
    )
    mesh = [_free("mesh_path", AttributeType.STRING, ""), _free("mass", AttributeType.FLOAT, "0.0")]
    mesh.append(_free("scale", AttributeType.FLOAT, "1.0"))
    yield _blueprint("static.prop.mesh", (_role("default"), _ros_name("static.prop.mesh"), *mesh))
    doors = [number.name for number in DoorNumber if number is not DoorNumber.ALL]
    owners = [type_id for type_id in VEHICLES if doors_of(type_id)]
    leaf = [_choice("vehicle", AttributeType.STRING, *owners, restrict=True)]
    leaf += [
        _choice("door", AttributeType.STRING, *doors, restrict=True),
        _free("color", AttributeType.COLOR, "128,128,128"),
    ]
    yield _blueprint(DOOR_TYPE, (_role("door"), _ros_name(DOOR_TYPE), *leaf))
    snow = [_free(name, AttributeType.FLOAT, "0.0") for name in ("lying_cm", "rate_mm_h")]
    yield _blueprint(SNOW_TYPE, (_role("default"), _ros_name(SNOW_TYPE), *snow))
    speeds = [f"traffic.speed_limit.{kmh}" for kmh in range(5, 135, 5)]
    for type_id in ("traffic.traffic_light", "traffic.stop", "traffic.yield", "traffic.unknown", *speeds):
        yield _blueprint(type_id, (_role(""), _ros_name(type_id)), spawnable=False)


def _all() -> dict[str, Blueprint]:
    library: dict[str, Blueprint] = {}
    for group in (
        map(_vehicle, VEHICLES.values()),
        map(_walker, WALKERS.values()),
        map(_prop, PROPS.values()),
        _sensors(),
        _others(),
    ):
        library.update((blueprint.id, blueprint) for blueprint in group)
    return library


BLUEPRINTS: Mapping[str, Blueprint] = MappingProxyType(_all())
"""Blueprint id to blueprint: vehicles, walkers, props, sensors, the rest; within them the order of the data files."""

OWN_BLUEPRINTS: frozenset[str] = frozenset(
    [
        DOOR_TYPE,
        SNOW_TYPE,
        *(i for i, spec in PROPS.items() if spec.own),
        *(i for i in VEHICLES if i.startswith("vehicle.sim.")),
    ]
)
"""Ids that a stock CARLA server lacks: this project's own."""
