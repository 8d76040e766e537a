"""What stands around the roads, as the server tells it; one object per content, so that scenes built on it can be shared."""

from __future__ import annotations

from typing import Any

import carla
import numpy as np
from numpy.typing import NDArray

from sim.base.carla_axes import rpy_from_carla, vector_from_carla
from sim.base.frames import rotation_from_rpy
from sim.base.state import StaticObjects
from sim.base.taxonomy import CLASS_NAMES, ObjectClass
from sim.catalogue.static_assets import STATIC_ASSETS

_by_digest: dict[str, StaticObjects] = {}

CLASS_OF_CARLA_TAG: dict[int, ObjectClass] = {
    names.carla_tag: object_class for object_class, names in reversed(CLASS_NAMES.items())
}
"""Our class for a CARLA label; where several of ours share a label, the plainest."""


def read_static_objects(world: Any) -> StaticObjects:
    """All environment objects of the server, in ascending CARLA id.

    CARLA gives the bounding box in world coordinates; here it is in the object's own frame. An asset that the catalogue does
    not know keeps its name and takes its class from CARLA's label. Tested by tests/loop/test_statics.py.
    """
    found = sorted(world.get_environment_objects(carla.CityObjectLabel.Any), key=lambda item: item.id)
    statics = from_environment_objects(found)
    return _by_digest.setdefault(statics.digest(), statics)


def from_environment_objects(found: list[Any]) -> StaticObjects:
    """The struct of arrays of carla.EnvironmentObjects."""
    count = len(found)
    places, turns, boxes, extents = (np.zeros((count, 3)) for _ in range(4))
    for row, item in enumerate(found):
        place, turn, box = item.transform.location, item.transform.rotation, item.bounding_box
        places[row] = place.x, place.y, place.z
        turns[row] = turn.pitch, turn.yaw, turn.roll
        boxes[row] = box.location.x, box.location.y, box.location.z
        extents[row] = box.extent.x, box.extent.y, box.extent.z
    position, rpy = vector_from_carla(places), rpy_from_carla(turns)
    return StaticObjects(
        name=tuple(item.name for item in found),
        position_world_m=position,
        rpy_rad=rpy,
        box_center_m=_in_own_frame(vector_from_carla(boxes) - position, rpy),
        box_extent_m=extents,
        object_class=np.array([_class(item) for item in found], np.uint8),
        carla_id=np.array([item.id for item in found], np.uint64),
    )


def _in_own_frame(offset_world_m: NDArray[np.float64], rpy_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.einsum("nji,nj->ni", rotation_from_rpy(rpy_rad), offset_world_m))


def _class(item: Any) -> ObjectClass:
    asset = STATIC_ASSETS.get(item.name.split(":", 1)[0])
    return asset.object_class if asset else CLASS_OF_CARLA_TAG.get(int(item.type), ObjectClass.UNKNOWN)
