"""What CARLA calls things that are no actors when an event names them: "static." and the tag's name in lower case.

Names from CARLA's tagger (GetTagAsString, 0.9.13 and later). Tested by tests/server/test_sensors_motion.py.
"""

from __future__ import annotations

from typing import Any

from sim.base.taxonomy import CLASS_NAMES, ObjectClass

_TAG_NAMES: tuple[str, ...] = (
    "none", "road", "sidewalk", "building", "wall", "fence", "pole", "trafficlight", "trafficsign", "vegetation", "terrain",
    "sky", "pedestrian", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle", "static", "dynamic", "other",
    "water", "roadline", "ground", "bridge", "railtrack", "guardrail",
)  # fmt: skip
"""By CARLA's tag, 0 to 28."""


def static_type_id(object_class: ObjectClass) -> str:
    """CARLA's type id of something static of this class."""
    return "static." + _TAG_NAMES[CLASS_NAMES[object_class].carla_tag]


def static_struct(type_id: str) -> list[Any]:
    """An Actor struct for something that is none: id 0 and the kind of thing as its type, as CARLA sends it."""
    return [0, 0, [0, type_id, []], [[0.0] * 3, [0.0] * 3, [0.0] * 3, 0], b"", b""]
