"""Which class and which sign an actor is, from its blueprint."""

from __future__ import annotations

from sim.base.state import ActorInfo, ActorKind
from sim.base.taxonomy import ObjectClass
from sim.catalogue.props import PROPS
from sim.catalogue.vehicles import VEHICLES

_BY_BASE_TYPE = {
    "car": ObjectClass.CAR,
    "van": ObjectClass.VAN,
    "truck": ObjectClass.TRUCK,
    "bus": ObjectClass.BUS,
    "motorcycle": ObjectClass.MOTORCYCLE,
    "bicycle": ObjectClass.BICYCLE,
}
_BY_KIND = {
    ActorKind.VEHICLE: ObjectClass.CAR,
    ActorKind.WALKER: ObjectClass.PEDESTRIAN,
    ActorKind.TRAFFIC_LIGHT: ObjectClass.TRAFFIC_LIGHT,
    ActorKind.TRAFFIC_SIGN: ObjectClass.TRAFFIC_SIGN,
}


def object_class_of(actor: ActorInfo) -> ObjectClass:
    """The class of a whole actor; vehicles unknown to the catalogue go by CARLA's base_type, props by their own class."""
    if actor.kind == ActorKind.VEHICLE:
        spec = VEHICLES.get(actor.type_id)
        if spec is not None:
            return spec.object_class
        return _BY_BASE_TYPE.get(actor.attributes.get("base_type", "").lower(), ObjectClass.CAR)
    if actor.kind == ActorKind.PROP:
        prop = PROPS.get(actor.type_id)
        return prop.object_class if prop is not None else ObjectClass.STATIC_OBJECT
    return _BY_KIND.get(actor.kind, ObjectClass.UNKNOWN)


def sign_of(actor: ActorInfo) -> str:
    """ "stop", "yield", "speed_50" and the like from traffic.stop, traffic.yield, traffic.speed_limit.50; else ""."""
    if actor.kind != ActorKind.TRAFFIC_SIGN:
        return ""
    return actor.type_id.removeprefix("traffic.").replace("speed_limit.", "speed_").replace(".", "_")
