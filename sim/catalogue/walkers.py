"""All pedestrian blueprints of CARLA 0.9.16. The rows are in data/walkers.yaml; tested by tests/catalogue/test_walkers.py."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sim.catalogue.data_rows import Row, read_rows, rgb
from sim.catalogue.spec import WalkerSpec

POSE_ATTRIBUTE = "pose"
"""The attribute of walker blueprints, and of an ActorInfo, that names a posture; "" or "walking" is the gait alone."""
POSTURE_NAMES = (
    "sitting", "lying", "kneeling", "crouching", "phone_ear", "phone_look", "carrying_bag", "carrying_box", "pushing", "waving",
    "stopping", "directing",
)  # fmt: skip
"""Its other values; sim.catalogue.postures says what they are."""
OUTFIT_ATTRIBUTE = "outfit"
"""The attribute of walker blueprints that asks for working clothes; "" or "own" is what the blueprint wears."""
OUTFITS = ("hi_vis", "vest", "police", "traffic_police", "rain")
"""Its values besides "own"; rendering.assets.people_looks says what they are."""
_SOURCE = "heights DIN 33402-2 and KiGGS, speeds Bohannon 1997; individual and clothes assumed"


def _spec(type_id: str, row: Row) -> WalkerSpec:
    return WalkerSpec(
        type_id=type_id,
        gender=row["gender"],
        age=row["age"],
        height_m=row["height_m"],
        shoulder_width_m=row["shoulder_width_m"],
        depth_m=row["depth_m"],
        walk_speed_mps=row["walk_mps"],
        run_speed_mps=row["run_mps"],
        top_rgb=rgb(row["top_rgb"]),
        trousers_rgb=rgb(row["trousers_rgb"]),
        skin_rgb=rgb(row["skin_rgb"]),
        hair_rgb=rgb(row["hair_rgb"]),
        source=_SOURCE,
        generation=row["gen"],
        can_use_wheelchair=row.get("can_use_wheelchair", False),
    )


WALKERS: Mapping[str, WalkerSpec] = MappingProxyType(
    {type_id: _spec(type_id, row) for type_id, row in read_rows("walkers.yaml").items()}
)
"""CARLA blueprint id to its pedestrian, in the order of the ids."""
