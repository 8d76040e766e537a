"""Actor descriptions as the client sends them."""

from __future__ import annotations

from typing import Any

from sim.catalogue.blueprints import BLUEPRINTS
from sim.server.world import World


def description(type_id: str, **changed: str) -> list[Any]:
    """A blueprint's ActorDescription with some attributes changed."""
    blueprint = BLUEPRINTS[type_id]
    attributes = [[item.id, int(item.type), changed.get(item.id, item.value)] for item in blueprint.attributes]
    return [blueprint.uid, type_id, attributes]


def spawn_point(world: World, index: int) -> Any:
    """One of the map's recommended spawn points."""
    return world.map.spawn_points[index]
