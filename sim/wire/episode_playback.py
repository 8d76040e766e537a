"""Any episode, a server's recording or a run's, as ticks that can be played again: records, exact poses, descriptions.

A recording's ticks stay in the file until they are asked for (sim.wire.recorded_ticks): a server must answer at once, however
long the recording is. What was cut off in the middle of a tick ends at the tick before. Tested by tests/server/test_recorder.py.
"""

from __future__ import annotations

import bisect
from pathlib import Path
from typing import cast

import numpy as np

from sim.base import carla_axes
from sim.base.episode import Episode, EpisodeHeader
from sim.base.errors import EpisodeError
from sim.base.state import ActorInfo, ActorKind, WorldState
from sim.wire.episode_reader import read_episode, read_header
from sim.wire.episode_recording import MARKED, Description, TickRecord
from sim.wire.observer import ACTOR_ACTIVE, RECORD
from sim.wire.recorded_ticks import ListedTicks, RecordedTicks


class Playback:
    """The ticks of an episode, by time since its first tick. `whole` tells that a tick holds every field of its records;
    a run's episode knows poses, pedals, lamps and lights only."""

    def __init__(
        self,
        path: Path,
        header: EpisodeHeader,
        map_name: str,
        ticks: RecordedTicks | ListedTicks,
        times_flicks: list[int],
        descriptions: dict[int, Description],
        whole: bool,
        complete: bool,
    ) -> None:
        self.path = path
        self.header = header
        self.map_name = map_name
        self.ticks = ticks
        self.descriptions = descriptions
        self.whole = whole
        self.complete = complete
        self.times_flicks = [time_flicks - times_flicks[0] for time_flicks in times_flicks]

    @property
    def duration_flicks(self) -> int:
        """From the first tick to the last."""
        return self.times_flicks[-1]

    def index_at(self, time_flicks: int) -> int:
        """The last tick at or before a time."""
        return max(bisect.bisect_right(self.times_flicks, time_flicks) - 1, 0)


def open_playback(path: Path) -> Playback:
    """Read an episode of either kind. Raises EpisodeError when it is none, or holds no whole tick."""
    header, facts = read_header(path)
    if "recording" not in facts:
        return _from_run(path, read_episode(path))
    ticks = RecordedTicks(path, marked=MARKED.items() <= facts["recording"].items())
    if not ticks:
        raise EpisodeError(f"{path}: no whole tick was recorded; record it again")
    map_name = facts["recording"].get("map", "")
    return Playback(
        path, header, map_name, ticks, ticks.times_flicks, ticks.descriptions(), whole=True, complete=ticks.complete
    )


def _from_run(path: Path, episode: Episode) -> Playback:
    """A run's states as ticks; actors keep their track ids."""
    descriptions: dict[int, Description] = {}
    ticks = ListedTicks()
    lamps: dict[int, int] | None = None
    weather = None
    for before, state in zip((None, *episode.states), episode.states, strict=False):
        for info in state.actors:
            if info.track_id not in descriptions:
                descriptions[info.track_id] = _described(info)
        vehicles = state.kind == ActorKind.VEHICLE
        now = {int(a): int(b) for a, b in zip(state.track_id[vehicles], state.lamp_flags[vehicles], strict=True)}
        changed = before is None or before.weather != state.weather
        weather = [float(getattr(state.weather, name)) for name in state.weather.__dataclass_fields__]
        delta = state.time_flicks - before.time_flicks if before else episode.header.tick_period_flicks
        ticks.append(_tick_of_state(state, delta, now if now != lamps else None, weather if changed else None))
        lamps = now
    name = episode.header.provenance.map_name
    times_flicks = [tick.time_flicks for tick in ticks]
    return Playback(path, episode.header, name, ticks, times_flicks, descriptions, False, episode.complete)


def _tick_of_state(
    state: WorldState, delta_flicks: int, lamps: dict[int, int] | None, weather: list[float] | None
) -> TickRecord:
    records = np.zeros(state.count, dtype=RECORD)
    records["id"] = state.track_id
    records["actor_state"] = ACTOR_ACTIVE
    records["location"] = carla_axes.vector_to_carla(state.position_world_m)
    records["rotation"] = carla_axes.rpy_to_carla(state.rpy_rad)
    vehicle, walker = state.kind == ActorKind.VEHICLE, state.kind == ActorKind.WALKER
    light = state.kind == ActorKind.TRAFFIC_LIGHT
    for rows, names in (
        (vehicle, {"throttle": state.throttle_ratio, "brake": state.brake_ratio, "steer": -state.steer_ratio}),
        (vehicle, {"hand_brake": state.hand_brake, "reverse": state.reverse}),
        (vehicle, {"gear": np.where(state.reverse != 0, -1, 1)}),
        (walker, {"walker_speed": state.walker_speed_mps}),
        (light, {"light_state": state.light_state}),
    ):
        for name, values in names.items():
            records[name][rows] = values[rows]
    facing = np.column_stack([np.cos(state.rpy_rad[:, 2]), -np.sin(state.rpy_rad[:, 2]), np.zeros(state.count)])
    records["walker_direction"][walker] = facing[walker]
    signals = [row for row, info in enumerate(state.actors) if info.signal_id]
    for row in signals:
        records["signal_id"][row] = state.actors[row].signal_id.encode()[:32]
    rows = np.setdiff1d(np.arange(state.count), np.array(signals, dtype=np.int64))
    columns = np.concatenate(
        [
            state.position_world_m,
            state.rpy_rad,
            state.velocity_world_mps,
            state.angular_velocity_world_radps,
            state.acceleration_world_mps2,
        ],
        axis=1,
    )[rows]
    return TickRecord(state.tick, state.time_flicks, delta_flicks, records, rows, columns, lamps, weather)


def _described(info: ActorInfo) -> Description:
    return Description(
        actor_id=info.track_id,
        kind=int(info.kind),
        type_id=info.type_id,
        uid=0,
        attributes=[[name, 3, value] for name, value in cast("dict[str, str]", info.attributes).items()],
        box_center_m=list(info.box_center_m),
        box_extent_m=list(info.box_extent_m),
        parent_id=info.parent_track_id,
        signal_id=info.signal_id,
    )
