"""WorldStates from the ticks of a server's recording, as the session makes them from the world stream.

Track ids count actors in the order first seen, ascending id within a tick; spectator and walker controllers are left out;
odometers, wheels and gaits start at 0 with the recording. The ego is the actor with role_name "hero"; its echoed control
becomes the command. Tested by tests/server/test_recorder.py against the states that a session collects of the same ticks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.base.agent import Command
from sim.base.carla_axes import angular_velocity_from_carla, rpy_from_carla, vector_from_carla
from sim.base.clock import FLICKS_PER_SECOND
from sim.base.episode import Event
from sim.base.phase import gait_advance_rad, gait_start_rad, wheel_roll_rad, wheel_steer_rad
from sim.base.state import ActorInfo, ActorKind, LightState, Weather, WorldState
from sim.wire.episode_recording import Description, TickRecord

Float64 = NDArray[np.float64]

EGO_ROLE = "hero"
_UNKNOWN_WHEEL_RADIUS_M = 0.35
_UNKNOWN_MAX_STEER_RAD = 0.7
_HIDDEN_TYPES = ("spectator", "controller.")


class _Cast:
    """The actors that are shown while the set of ids stays the same; rows in ascending track id."""

    def __init__(self, ids: NDArray[np.uint32], known: Mapping[int, Description], track_ids: dict[int, int]) -> None:
        self.record_ids = ids
        shown = [i for i in sorted(int(x) for x in ids) if i in known and not _hidden(known[i])]
        for actor_id in shown:
            track_ids.setdefault(actor_id, len(track_ids) + 1)
        shown.sort(key=track_ids.__getitem__)
        who = [known[actor_id] for actor_id in shown]
        row_of = {int(actor_id): row for row, actor_id in enumerate(ids)}
        self.ids = shown
        self.rows = np.array([row_of[actor_id] for actor_id in shown], dtype=np.int64)
        self.actors = tuple(_info(item, track_ids) for item in who)
        self.track_id = np.array([info.track_id for info in self.actors], dtype=np.uint32)
        self.kind = np.array([info.kind for info in self.actors], dtype=np.uint8)
        self.vehicle = self.kind == ActorKind.VEHICLE
        self.walker = self.kind == ActorKind.WALKER
        self.light = self.kind == ActorKind.TRAFFIC_LIGHT
        self.wheel_radius_m = np.array([item.wheel_radius_m or _UNKNOWN_WHEEL_RADIUS_M for item in who])
        self.max_steer_rad = np.array([item.max_steer_rad or _UNKNOWN_MAX_STEER_RAD for item in who])
        self.height_m = np.array([max(2.0 * info.box_extent_m[2], 0.5) for info in self.actors])
        self.gait_start_rad = np.array([gait_start_rad(info.track_id) for info in self.actors])


def states_of(
    ticks: Sequence[TickRecord], known: Mapping[int, Description]
) -> tuple[tuple[WorldState, ...], tuple[Command, ...], tuple[Event, ...], int]:
    """The states, the ego's commands, the collisions, and the ego's track id (0 without one)."""
    track_ids: dict[int, int] = {}
    cast: _Cast | None = None
    previous: WorldState | None = None
    lamps: Mapping[int, int] = {}
    weather = Weather()
    states, commands, events = [], [], []
    ego = 0
    for number, tick in enumerate(ticks):
        if cast is None or not np.array_equal(cast.record_ids, tick.records["id"]):
            cast = _Cast(tick.records["id"], known, track_ids)
            ego = ego or next((info.track_id for info in cast.actors if info.role_name == EGO_ROLE), 0)
        lamps = tick.lamps if tick.lamps is not None else lamps
        weather = Weather(*tick.weather) if tick.weather is not None else weather
        previous = _state(number, tick, ticks[0].time_flicks, cast, lamps, weather, previous)
        states.append(previous)
        commands.append(_command(previous, ego))
        for first, second, *_ in tick.collisions:
            pair = (track_ids.get(first, 0), track_ids.get(second, 0))
            events.append(Event(number, "contact", tuple(item for item in pair if item)))
    return tuple(states), tuple(commands), tuple(events), ego


def _state(
    number: int,
    tick: TickRecord,
    first_flicks: int,
    cast: _Cast,
    lamps: Mapping[int, int],
    weather: Weather,
    previous: WorldState | None,
) -> WorldState:
    records = tick.records[cast.rows]
    kinematics = records["kinematics"]
    position, rpy = vector_from_carla(kinematics[:, 0:3]), rpy_from_carla(kinematics[:, 3:6])
    velocity = vector_from_carla(kinematics[:, 6:9])
    steer = np.where(cast.vehicle, -records["steer"].astype(np.float64), 0.0)
    distance, gait = _odometer(cast, tick.delta_flicks / FLICKS_PER_SECOND, position, rpy, velocity, previous)
    return WorldState(
        tick=number,
        time_flicks=tick.time_flicks - first_flicks,
        actors=cast.actors,
        track_id=cast.track_id,
        kind=cast.kind,
        position_world_m=position,
        rpy_rad=rpy,
        velocity_world_mps=velocity,
        angular_velocity_world_radps=angular_velocity_from_carla(kinematics[:, 9:12]),
        acceleration_world_mps2=vector_from_carla(kinematics[:, 12:15]),
        throttle_ratio=np.where(cast.vehicle, records["throttle"], np.float32(0)),
        brake_ratio=np.where(cast.vehicle, records["brake"], np.float32(0)),
        steer_ratio=steer.astype(np.float32),
        hand_brake=np.where(cast.vehicle, records["hand_brake"], np.uint8(0)),
        reverse=np.where(cast.vehicle, records["reverse"], np.uint8(0)),
        walker_speed_mps=np.where(cast.walker, records["walker_speed"], np.float32(0)),
        light_state=np.where(cast.light, records["light_state"], np.uint8(LightState.UNKNOWN)),
        lamp_flags=np.array([lamps.get(actor_id, 0) for actor_id in cast.ids], np.uint32),
        distance_travelled_m=distance,
        wheel_roll_rad=np.where(cast.vehicle, wheel_roll_rad(distance, cast.wheel_radius_m), 0.0),
        wheel_steer_rad=wheel_steer_rad(steer, cast.max_steer_rad).astype(np.float32),
        gait_phase_rad=gait,
        weather=weather,
    )


def _odometer(
    cast: _Cast, tick_s: float, position: Float64, rpy: Float64, velocity: Float64, previous: WorldState | None
) -> tuple[Float64, Float64]:
    """Distance since first seen and gait phase; vehicles count along their heading, a teleport counts nothing."""
    count = len(cast.track_id)
    start = np.where(cast.walker, cast.gait_start_rad, 0.0)
    if previous is None or not previous.count:
        return np.zeros(count), start
    rows = np.minimum(np.searchsorted(previous.track_id, cast.track_id), previous.count - 1)
    new = previous.track_id[rows] != cast.track_id
    move = position - previous.position_world_m[rows]
    turned = np.abs(rpy[:, 2] - previous.rpy_rad[rows, 2]) > np.pi
    heading = 0.5 * (rpy[:, 2] + previous.rpy_rad[rows, 2]) + np.where(turned, np.pi, 0.0)
    along = move[:, 0] * np.cos(heading) + move[:, 1] * np.sin(heading)
    step = np.where(cast.vehicle, along, np.hypot(move[:, 0], move[:, 1]))
    speed = np.hypot(velocity[:, 0], velocity[:, 1])
    fastest = np.maximum(speed, np.abs(previous.velocity_world_mps[rows]).max(axis=1, initial=0.0))
    step = np.where(new | (np.abs(step) > 3.0 * tick_s * fastest + 0.3), 0.0, step)
    advance = gait_advance_rad(step, np.abs(step) / tick_s, cast.height_m)
    phase = np.where(cast.walker, (previous.gait_phase_rad[rows] + advance) % (2.0 * np.pi), 0.0)
    distance = np.where(new, 0.0, previous.distance_travelled_m[rows] + step)
    return distance, np.where(new, start, phase)


def _command(state: WorldState, ego: int) -> Command:
    row = state.row_of(ego)
    if row is None:
        return Command()
    return Command(
        throttle_ratio=float(state.throttle_ratio[row]),
        brake_ratio=float(state.brake_ratio[row]),
        steer_ratio=float(state.steer_ratio[row]),
        hand_brake=bool(state.hand_brake[row]),
        reverse=bool(state.reverse[row]),
    )


def _hidden(item: Description) -> bool:
    return item.type_id.startswith(_HIDDEN_TYPES)


def _info(item: Description, track_ids: Mapping[int, int]) -> ActorInfo:
    center, extent = item.box_center_m, item.box_extent_m
    return ActorInfo(
        track_id=track_ids[item.actor_id],
        kind=ActorKind(item.kind),
        type_id=item.type_id,
        attributes=dict(sorted((str(name), str(value)) for name, _, value in item.attributes)),
        box_center_m=(center[0], center[1], center[2]),
        box_extent_m=(extent[0], extent[1], extent[2]),
        parent_track_id=track_ids.get(item.parent_id, 0),
        signal_id=item.signal_id,
    )
