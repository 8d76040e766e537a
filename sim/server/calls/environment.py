"""Calls about what stands around the roads, about street lamps, and about looking into the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from sim.server.carla_values import finite, location, vector, wire_vector
from sim.server.sensing.rays import hits_along
from sim.server.world import World
from sim.wire.observer import FLAG_LIGHT_UPDATE


def get_environment_objects(world: World, label: int) -> list[Any]:
    """Objects with a label (255: all)."""
    return world.surroundings.environment_objects(int(label))


def enable_environment_objects(world: World, ids: list[int], enabled: bool) -> None:
    """Show or hide objects."""
    world.surroundings.enable([int(i) for i in ids], bool(enabled))


def get_all_level_BBs(world: World, label: int) -> list[Any]:  # noqa: N802 (the protocol's name)
    """Boxes with a label, in the world."""
    return world.surroundings.level_boxes(int(label))


def get_names_of_all_objects(world: World) -> list[str]:
    """Names of all static objects."""
    return list(world.surroundings.statics.name)


def load_map_layer(world: World, layers: int) -> None:
    """Show the objects of map layers."""
    world.surroundings.enable_layers(int(layers), True)


def unload_map_layer(world: World, layers: int) -> None:
    """Hide the objects of map layers."""
    world.surroundings.enable_layers(int(layers), False)


def project_point(world: World, start: Any, direction: Any, distance_m: float) -> list[Any]:
    """The first thing that a ray from a point meets: [found, [location, label]]."""
    origin, along = location(start), vector(direction, "direction")
    length = float(np.linalg.norm(along))
    reach = finite(distance_m, "search distance")
    hits = hits_along(world, origin, origin + along / length * reach) if length > 0.0 else []
    if not hits:
        return [False, [[0.0, 0.0, 0.0], 0]]
    return [True, [wire_vector(origin + along / length * hits[0][0]), hits[0][1]]]


def cast_ray(world: World, start: Any, end: Any) -> list[Any]:
    """Everything between two points, nearest first."""
    origin, target = location(start), location(end)
    length = float(np.linalg.norm(target - origin))
    return [
        [wire_vector(origin + (target - origin) * (distance / length)), label]
        for distance, label in hits_along(world, origin, target)
    ]


def query_lights_state(world: World, endpoint: str = "") -> list[Any]:
    """Street lamps."""
    return world.surroundings.lamps.states()


def update_lights_state(world: World, endpoint: str, states: list[Any], discard_client: bool = False) -> None:
    """Switch street lamps; other clients are told to ask again."""
    world.surroundings.lamps.update(states)
    world.flags |= FLAG_LIGHT_UPDATE


def update_day_night_cycle(world: World, endpoint: str, active: bool) -> None:
    """Whether street lamps follow the sun."""
    world.surroundings.lamps.follow_sun = bool(active)


def draw_debug_shape(world: World, shape: Any) -> None:
    """Points, lines, arrows and boxes that RGB cameras see."""
    world.sensors.shapes.add(shape, world.time_s, world.frame)


def clear_debug_shape(world: World) -> None:
    """Take them away."""
    world.sensors.shapes.clear()


def _accepted(world: World, *arguments: Any) -> None:
    """Taken, and nothing to see: strings are shown in CARLA's own window alone."""


HANDLERS: Mapping[str, Callable[..., Any]] = {
    **{
        handler.__name__: handler
        for handler in (
            get_environment_objects,
            enable_environment_objects,
            get_all_level_BBs,
            get_names_of_all_objects,
            load_map_layer,
            unload_map_layer,
            project_point,
            cast_ray,
            query_lights_state,
            update_lights_state,
            update_day_night_cycle,
            draw_debug_shape,
            clear_debug_shape,
        )
    },
    "set_annotations_traverse_translucency": _accepted,
    "clear_debug_string": _accepted,
}
