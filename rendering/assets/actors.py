"""What each actor of the world is drawn from: its ActorInfo in, its posed parts out."""

from __future__ import annotations

import numpy as np

from rendering.assets.parts import Part, PoseKind
from rendering.assets.solids import box
from sim.base.state import ActorInfo, ActorKind
from sim.base.taxonomy import ObjectClass

__all__ = ["Part", "PoseKind", "parts_of"]

_GENERIC_CLASS = {
    ActorKind.VEHICLE: ObjectClass.CAR,
    ActorKind.WALKER: ObjectClass.PEDESTRIAN,
    ActorKind.TRAFFIC_LIGHT: ObjectClass.TRAFFIC_LIGHT,
    ActorKind.TRAFFIC_SIGN: ObjectClass.TRAFFIC_SIGN,
}


def parts_of(info: ActorInfo) -> tuple[Part, ...]:
    """The parts of one actor; unknown type ids become a plain box of the actor's bounding box; sensors have none."""
    if info.kind == ActorKind.SENSOR:
        return ()
    return (generic_box(info),)


def generic_box(info: ActorInfo) -> Part:
    """A box that fills the actor's bounding box, for types without a mesh."""
    size = 2.0 * np.maximum(np.asarray(info.box_extent_m), 0.01)
    mesh = box(info.box_center_m, size, "default")
    return Part((mesh,), PoseKind.FIXED, _GENERIC_CLASS.get(info.kind, ObjectClass.STATIC_OBJECT))
