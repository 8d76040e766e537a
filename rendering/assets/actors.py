"""What each actor of the world is drawn from: its ActorInfo in, its posed parts out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rendering.assets.doors import door_parts
from rendering.assets.drivers import driver_parts, is_parked
from rendering.assets.own_assets import own_assets
from rendering.assets.parts import Part, PoseKind
from rendering.assets.people import walker_part
from rendering.assets.props import prop_part
from rendering.assets.signals import light_parts, sign_parts
from rendering.assets.solids import box
from rendering.assets.vehicles import vehicle_parts
from rendering.mesh import Mesh, transform
from rendering.part_labels import marked
from sim.base.parts import PartKind
from sim.base.state import ActorInfo, ActorKind
from sim.base.taxonomy import ObjectClass
from sim.catalogue.doors import DOOR_TYPE
from sim.catalogue.postures import posture_of, wheelchair_of
from sim.catalogue.props import PROPS
from sim.catalogue.skeleton import JOINTS_ATTRIBUTE
from sim.catalogue.spec import VehicleSpec, WalkerSpec
from sim.catalogue.vehicles import VEHICLES
from sim.catalogue.walkers import OUTFIT_ATTRIBUTE, WALKERS

__all__ = ["Part", "PoseKind", "parts_of"]

_UNSEEN = ("static.weather.", "static.trigger.")

_GENERIC_CLASS = {
    ActorKind.VEHICLE: ObjectClass.CAR,
    ActorKind.WALKER: ObjectClass.PEDESTRIAN,
    ActorKind.TRAFFIC_LIGHT: ObjectClass.TRAFFIC_LIGHT,
    ActorKind.TRAFFIC_SIGN: ObjectClass.TRAFFIC_SIGN,
}


def parts_of(info: ActorInfo) -> tuple[Part, ...]:
    """The parts of one actor; unknown type ids become a plain box of the actor's bounding box; sensors have none.

    The user's own assets come before ours; their doors do not open.
    """
    if info.kind == ActorKind.SENSOR or info.type_id.startswith(_UNSEEN):
        return ()
    theirs = own_assets()
    parts = theirs.parts_of(info.type_id, color_attribute(info.attributes.get("color")))
    if parts is not None:
        return tuple(_as(part, PartKind.ARM) for part in parts) if info.type_id in _ARMS else parts
    if info.type_id == DOOR_TYPE and theirs.covers(info.attributes.get("vehicle", "")):
        return ()
    if info.type_id in VEHICLES:
        return _vehicle_parts(VEHICLES[info.type_id], info)
    if info.type_id in WALKERS:
        return _walker_parts(WALKERS[info.type_id], info)
    if info.type_id == DOOR_TYPE:
        color = color_attribute(info.attributes.get("color"))
        doors = door_parts(info.attributes.get("vehicle", ""), info.attributes.get("door", ""), color)
        return tuple(part if part.posed_with_parent else _as(part, PartKind.DOOR) for part in doors)
    if info.type_id in PROPS:
        part = prop_part(PROPS[info.type_id], info.track_id)
        return (_as(part, PartKind.ARM),) if info.type_id in _ARMS else (part,)
    if info.kind == ActorKind.TRAFFIC_LIGHT:
        return light_parts(info)
    if info.kind == ActorKind.TRAFFIC_SIGN:
        return sign_parts(info)
    return (generic_box(info),)


_ARMS = frozenset({"static.prop.boom_arm", "static.prop.school_bus_stop_arm"})


def _as(part: Part, kind: PartKind) -> Part:
    """The part with everything in it that has no name yet called `kind`."""
    return replace(part, meshes=tuple(_marked(mesh, kind) for mesh in part.meshes))


def _marked(mesh: Mesh, kind: PartKind) -> Mesh:
    """The same marked mesh for the same mesh, as scenes store each mesh object once."""
    known = _MARKED.get(id(mesh))
    if known is None:
        known = _MARKED[id(mesh)] = (mesh, marked(mesh, kind))
    return known[1]


_MARKED: dict[int, tuple[Mesh, Mesh]] = {}
"""By the identity of meshes that the builders keep for good."""


def _vehicle_parts(spec: VehicleSpec, info: ActorInfo) -> tuple[Part, ...]:
    """A vehicle with plates of its own, and with its driver where somebody drives it."""
    parts = vehicle_parts(spec, color_attribute(info.attributes.get("color")), info.track_id)
    return parts if is_parked(info.attributes) else (*parts, *driver_parts(spec, info.track_id))


def _walker_parts(spec: WalkerSpec, info: ActorInfo) -> tuple[Part, ...]:
    """The person, and the wheelchair of one who uses it."""
    joints, outfit = (info.attributes.get(name, "") for name in (JOINTS_ATTRIBUTE, OUTFIT_ATTRIBUTE))
    person = walker_part(spec, joints, posture_of(info.attributes, spec), outfit)
    if not wheelchair_of(info.attributes, spec):
        return (person,)
    chair = prop_part(PROPS["static.prop.wheelchair"]).meshes[0]
    placed = transform(chair, None, (-0.05 * spec.height_m, 0.0, -0.5 * spec.height_m))
    return person, Part((placed,), PoseKind.FIXED, ObjectClass.PEDESTRIAN, transient=True)


def color_attribute(text: str | None) -> tuple[int, int, int] | None:
    """CARLA's "r,g,b" attribute (0-255) as numbers, or None when it is absent or not three numbers."""
    fields = (text or "").split(",")
    if len(fields) != 3 or not all(item.strip().isdigit() for item in fields):
        return None
    red, green, blue = (min(int(item), 255) for item in fields)
    return red, green, blue


def generic_box(info: ActorInfo) -> Part:
    """A box that fills the actor's bounding box, for types without a mesh."""
    size = 2.0 * np.maximum(np.asarray(info.box_extent_m), 0.01)
    mesh = box(info.box_center_m, size, "default")
    return Part((mesh,), PoseKind.FIXED, _GENERIC_CLASS.get(info.kind, ObjectClass.STATIC_OBJECT))
