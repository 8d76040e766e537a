"""Session, episode and map calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sim.server.actor_table import actor_struct
from sim.server.blueprint_book import definitions
from sim.server.carla_values import finite, whole
from sim.server.episode_settings import EpisodeSettings, settings_from_wire
from sim.server.errors import CallError
from sim.server.journal import record
from sim.server.world import World
from sim.wire.sensor_frame import WORLD_STREAM_ID

CARLA_VERSION = "0.9.16"


def version(world: World) -> str:
    """The client warns when this is not its own."""
    return CARLA_VERSION


def tick_cue(world: World) -> int:
    """One tick in synchronous mode; otherwise the frame that the real-time ticker makes next."""
    if not world.settings.synchronous:
        return world.frame + 1
    world.hub.let_expected_in()
    return world.step()


def get_episode_info(world: World) -> list[Any]:
    """Episode id and the token of the world stream."""
    return [world.episode_id, [world.token(WORLD_STREAM_ID)]]


def get_episode_settings(world: World) -> list[Any]:
    """The settings in force."""
    return world.settings.to_wire()


def set_episode_settings(world: World, settings: Any) -> int:
    """Take over settings; the frame from which they hold."""
    world.settings = settings_from_wire(settings)
    return world.frame


def get_available_maps(world: World) -> list[str]:
    """Paths below /Game of all maps that can be loaded."""
    return world.maps.names()


def load_new_episode(world: World, name: str, reset_settings: bool = True, layers: int = 0xFFFF) -> None:
    """Start anew on another map, or on the same one when the name is empty."""
    shown = whole(layers, "map layers", 0, 0xFFFF)
    world.begin_episode(world.maps.load(name) if name else world.map)
    record("map_loaded", map=world.map.full_name, episode=world.episode_id)
    world.surroundings.enable_layers(~shown & 0xFFFF, False)
    if reset_settings:
        world.settings = EpisodeSettings()


def copy_opendrive_to_file(world: World, xodr: str, parameters: Any = None) -> None:
    """Keep an OpenDRIVE text for load_new_episode("OpenDriveMap"); refused when it does not parse."""
    world.maps.upload(xodr, parameters)


def get_map_info(world: World) -> list[Any]:
    """Name and recommended spawn points."""
    return [world.map.full_name, world.map.spawn_points]


def get_map_data(world: World) -> str:
    """The OpenDRIVE text."""
    return world.network.xodr


def get_actor_definitions(world: World) -> list[Any]:
    """All blueprints."""
    return definitions()


def get_spectator(world: World) -> list[Any]:
    """The spectator's Actor struct."""
    return actor_struct(world.spectator)


def get_actors_by_id(world: World, ids: list[int]) -> list[Any]:
    """Actor structs of those that live; unknown ids are left out."""
    table = world.actors
    if len(ids) > world.limits.batch_commands:
        raise CallError(f"actor ids: found {len(ids)}; allowed is {world.limits.batch_commands}: ask several times")
    return [actor_struct(table.entries[table.row_of[i]]) for i in ids if i in table.row_of]


def get_weather_parameters(world: World) -> list[float]:
    """The 14 parameters."""
    return world.weather


def set_weather_parameters(world: World, weather: list[float]) -> None:
    """Change the weather from now on."""
    if not isinstance(weather, list) or len(weather) < len(world.weather):
        raise CallError(f"weather: found {str(weather)[:80]}; expected {len(world.weather)} numbers")
    world.set_weather([finite(value, "weather") for value in weather[: len(world.weather)]])


def get_imui_gravity(world: World) -> float:
    """Gravity in m/s²."""
    return world.gravity_mps2


def set_imui_gravity(world: World, gravity: float) -> None:
    """Store gravity in m/s²."""
    world.gravity_mps2 = finite(gravity, "gravity")


HANDLERS: Mapping[str, Callable[..., Any]] = {
    handler.__name__: handler
    for handler in (
        version,
        tick_cue,
        get_episode_info,
        get_episode_settings,
        set_episode_settings,
        get_available_maps,
        load_new_episode,
        copy_opendrive_to_file,
        get_map_info,
        get_map_data,
        get_actor_definitions,
        get_spectator,
        get_actors_by_id,
        get_weather_parameters,
        set_weather_parameters,
        get_imui_gravity,
        set_imui_gravity,
    )
}
