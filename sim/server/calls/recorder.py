"""Calls of CARLA's recorder and replayer. Files are episodes (sim.wire.episode_recording), whatever ending their names have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sim.base import frames
from sim.base.clock import FLICKS_PER_SECOND, flicks
from sim.server.carla_values import finite, transform
from sim.server.errors import CallError
from sim.server.recorder import text
from sim.server.recorder.tape import Tape
from sim.server.world import World
from sim.wire.episode_playback import Playback, open_playback

_DEFAULT_OFFSET = [[-10.0, 0.0, 5.0], [-25.0, 0.0, 0.0]]
_CATEGORIES = "hvwtoa"
MAX_TIME_FACTOR = 1000.0


def start_recorder(world: World, name: str, additional_data: bool = False) -> str:
    """Record from the next tick on; the file's path. A recording or replay under way ends."""
    path = world.recorder.files.path_to_write(name)
    world.recorder.stop_replay(True)
    world.recorder.stop_recording()
    world.recorder.tape = Tape(world, path, bool(additional_data))
    return str(path)


def stop_recorder(world: World) -> None:
    """End the recording."""
    world.recorder.stop_recording()


def show_recorder_file_info(world: World, name: str, show_all: bool = False) -> str:
    """CARLA's text about a file."""
    found = _open(world, name)
    return found if isinstance(found, str) else text.file_info(found, bool(show_all))


def show_recorder_collisions(world: World, name: str, first_type: Any, second_type: Any) -> str:
    """CARLA's table of collisions."""
    categories = _category(first_type), _category(second_type)
    found = _open(world, name)
    return found if isinstance(found, str) else text.collisions(found, *categories)


def show_recorder_actors_blocked(world: World, name: str, min_time: float = 30.0, min_distance: float = 10.0) -> str:
    """CARLA's table of actors that stood still: at least `min_time` s within `min_distance` cm."""
    limits = finite(min_time, "min_time"), finite(min_distance, "min_distance")
    found = _open(world, name)
    return found if isinstance(found, str) else text.blocked(found, *limits)


def replay_file(
    world: World,
    name: str,
    start: float = 0.0,
    duration: float = 0.0,
    follow_id: int = 0,
    replay_sensors: bool = False,
    offset: Any = None,
) -> str:
    """Play a file from `start` s (negative: before its end) for `duration` s (0: all); CARLA's text about it."""
    from sim.server.recorder.replay import Replay, ReplayOptions

    start_s, duration_s = finite(start, "start"), finite(duration, "duration")
    position, rpy = transform(offset if offset is not None else _DEFAULT_OFFSET)
    found = _open(world, name)
    desk = world.recorder
    desk.stop_recording()
    desk.stop_replay(True)
    path = desk.files.path(name)
    if isinstance(found, str):
        return f"Replaying File: {path}\n{found}"
    loaded = _load_map_of(world, found)
    total_flicks = found.duration_flicks
    start_flicks = flicks(start_s)
    if start_s < 0.0:
        start_flicks = max(total_flicks + start_flicks, 0)
    stop_flicks = start_flicks + flicks(duration_s) if duration_s > 0.0 else total_flicks
    stop_flicks = min(stop_flicks, total_flicks)
    options = ReplayOptions(start_flicks, stop_flicks, int(follow_id), bool(replay_sensors), frames.pose(position, rpy))
    if start_flicks <= total_flicks:
        desk.replay = Replay(world, found, options)
    total_s, from_s, to_s = (value / FLICKS_PER_SECOND for value in (total_flicks, start_flicks, stop_flicks))
    lines = [
        f"Replaying File: {path}",
        *loaded,
        f"Total time recorded: {total_s:g}",
        f"Replaying from {from_s:g} s - {to_s:g} s ({total_s:g} s) at {desk.settings.time_factor:.1f}x",
    ]
    lines += ["Ignoring Hero vehicle"] if desk.settings.ignore_hero else []
    lines += ["Ignoring Spectator camera"] if desk.settings.ignore_spectator else []
    return "\n".join(lines) + "\n"


def stop_replayer(world: World, keep_actors: bool = False) -> None:
    """End the replay: its actors go on by themselves, or those that it spawned are destroyed."""
    world.recorder.stop_replay(bool(keep_actors))


def set_replayer_time_factor(world: World, factor: float) -> None:
    """How many seconds of the recording pass in a second of the world."""
    value = finite(factor, "time factor", MAX_TIME_FACTOR)
    if value <= 0.0:
        raise CallError(f"time factor: found {value:g}; expected more than 0, at most {MAX_TIME_FACTOR:g}")
    world.recorder.settings.time_factor = value


def set_replayer_ignore_hero(world: World, ignore: bool) -> None:
    """Whether the vehicle with role_name "hero" is left out of replays."""
    world.recorder.settings.ignore_hero = bool(ignore)


def set_replayer_ignore_spectator(world: World, ignore: bool) -> None:
    """Whether the spectator keeps its place during replays."""
    world.recorder.settings.ignore_spectator = bool(ignore)


def _open(world: World, name: str) -> Playback | str:
    """The file, or CARLA's text when there is none. A recording under way is read as far as it is written."""
    path = world.recorder.files.path(name)
    return open_playback(path) if Path(path).is_file() else f"File {path} not found on server\n"


def _load_map_of(world: World, playback: Playback) -> list[str]:
    """Change to the recording's own map when the world has another; CARLA's lines about it."""
    if world.network.xodr == playback.header.xodr:
        return []
    short = playback.map_name.rsplit("/", 1)[-1]
    world.maps.upload(playback.header.xodr)
    loaded = world.maps.load("OpenDriveMap")
    world.begin_episode(loaded)
    return [f"Loading map {short}"]


def _category(value: Any) -> str:
    """A category letter, which the client sends as a number."""
    letter = chr(value) if isinstance(value, int) and 0 <= value < 128 else str(value)
    if letter not in _CATEGORIES or len(letter) != 1:
        raise CallError(f'category: found "{letter[:8]}"; allowed are the letters {", ".join(_CATEGORIES)}')
    return letter


HANDLERS: Mapping[str, Callable[..., Any]] = {
    handler.__name__: handler
    for handler in (
        start_recorder,
        stop_recorder,
        show_recorder_file_info,
        show_recorder_collisions,
        show_recorder_actors_blocked,
        replay_file,
        stop_replayer,
        set_replayer_time_factor,
        set_replayer_ignore_hero,
        set_replayer_ignore_spectator,
    )
}
