"""The state of tick k, from the world stream: a second subscription, decoded with numpy.

The carla client's per-actor calls cost microseconds each; the frame that it reads holds the same numbers as one array. What
the stream does not carry comes from the client: identity once for each new actor, lamps and weather on the ticks that ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.carla_axes import (
    angular_velocity_from_carla,
    rpy_from_carla,
    signal_yaw_from_carla,
    steer_from_carla,
    vector_from_carla,
)
from sim.base.clock import seconds
from sim.base.errors import SyncError
from sim.base.phase import gait_advance_rad, wheel_roll_rad, wheel_steer_rad
from sim.base.state import LightState, Weather, WorldState
from sim.loop.actor_table import ActorRegistry, ActorTable
from sim.wire.observer import ObserverFrame, decode
from sim.wire.rpc import RpcConnection
from sim.wire.stream import StreamConnection
from sim.wire.token import parse_token

_WEATHER_FIELDS = tuple(Weather.__dataclass_fields__)


class Collector:
    """Reads the world stream in step with the session's ticks. A context manager.

    Tested by tests/loop/test_session.py against the carla client's own snapshot, and by tests/loop/test_odometer.py.
    """

    def __init__(self, host: str, rpc_port: int, world: Any, tick_period_flicks: int) -> None:
        self._world = world
        self._tick_period_flicks = tick_period_flicks
        with RpcConnection(host, rpc_port) as rpc:
            _, token = rpc.call("get_episode_info")
        address = parse_token(_token_bytes(token))
        self._stream = StreamConnection(host, address.port, address.stream_id)
        self._address = (host, rpc_port)
        self._registry = ActorRegistry(world, self._face_boxes)
        self._table: ActorTable | None = None
        self._previous: WorldState | None = None
        self._lamps: NDArray[np.uint32] = np.zeros(0, np.uint32)
        self._weather: Weather | None = None

    def _face_boxes(self, carla_ids: Sequence[int]) -> dict[int, Any]:
        """The boxes of signals' faces; the client itself only tells their trigger volumes."""
        with RpcConnection(*self._address) as rpc:
            return {carla_id: rpc.call("get_actor_bounding_box", carla_id) for carla_id in carla_ids}

    def reset(self) -> None:
        """Begin a new run: ticks, track ids and odometers start again."""
        self._registry.reset()
        self._table = None
        self._previous = None
        self._weather = None

    def track_id(self, carla_id: int) -> int:
        """The track id of one of CARLA's actors, 0 when it was never seen."""
        return self._registry.track_id(carla_id)

    def carla_id(self, track_id: int) -> int:
        """CARLA's id of an actor alive at the last tick; 0 when there is none."""
        if self._table is None:
            return 0
        rows = np.flatnonzero(self._table.track_id == track_id)
        return int(self._table.carla_id[rows[0]]) if len(rows) else 0

    def collect(self, frame: int, tick: int, appearance: bool = True) -> WorldState:
        """The state that the server published as frame `frame`, as tick `tick`.

        With `appearance`, lamps and weather are read anew (one RPC each); without, the last ones stay. Raises SyncError when
        the stream skipped the frame, ServerLostError when it ended.
        """
        observed = self._read(frame)
        table = self._table
        if table is None or not np.array_equal(observed.records["id"], table.record_ids):
            table = self._registry.table(observed.records)
        if appearance or self._weather is None or table is not self._table:
            self._lamps = self._read_lamps(table)
            self._weather = _read_weather(self._world, self._weather)
        state = self._state(observed, table, tick, self._weather)
        self._table = table
        self._previous = state
        return state

    def close(self) -> None:
        """Unsubscribe."""
        self._stream.close()

    def _read(self, frame: int) -> ObserverFrame:
        while True:
            try:
                observed = decode(memoryview(self._stream.read()))
            except ValueError as error:
                raise SyncError(f"world stream, frame {frame}: {error}") from error
            if observed.frame == frame:
                return observed
            if observed.frame > frame:
                raise SyncError(
                    f"world stream: found frame {observed.frame}, expected {frame}; "
                    "does another client tick this server? Only one may"
                )

    def _read_lamps(self, table: ActorTable) -> NDArray[np.uint32]:
        flags = {int(carla_id): int(lamps) for carla_id, lamps in self._world.get_vehicles_light_states().items()}
        return np.array([flags.get(int(carla_id), 0) for carla_id in table.carla_id], np.uint32)

    def _state(self, observed: ObserverFrame, table: ActorTable, tick: int, weather: Weather) -> WorldState:
        records = observed.records[table.record_row]
        kinematics = records["kinematics"]
        vehicle, walker = table.is_vehicle, table.is_walker
        steer = np.where(vehicle, steer_from_carla(records["steer"]), 0.0)
        position = vector_from_carla(kinematics[:, 0:3])
        rpy = rpy_from_carla(kinematics[:, 3:6])
        rpy[table.is_signal, 2] = signal_yaw_from_carla(rpy[table.is_signal, 2])
        velocity = vector_from_carla(kinematics[:, 6:9])
        distance, gait = self._odometer(table, position, rpy, velocity)
        return WorldState(
            tick=tick,
            time_flicks=tick * self._tick_period_flicks,
            actors=table.actors,
            track_id=table.track_id,
            kind=table.kind,
            position_world_m=position,
            rpy_rad=rpy,
            velocity_world_mps=velocity,
            angular_velocity_world_radps=angular_velocity_from_carla(kinematics[:, 9:12]),
            acceleration_world_mps2=vector_from_carla(kinematics[:, 12:15]),
            throttle_ratio=np.where(vehicle, records["throttle"], np.float32(0)),
            brake_ratio=np.where(vehicle, records["brake"], np.float32(0)),
            steer_ratio=steer.astype(np.float32),
            hand_brake=np.where(vehicle, records["hand_brake"], np.uint8(0)),
            reverse=np.where(vehicle, records["reverse"], np.uint8(0)),
            walker_speed_mps=np.where(walker, records["walker_speed"], np.float32(0)),
            light_state=np.where(table.is_light, records["light_state"], np.uint8(LightState.UNKNOWN)),
            lamp_flags=self._lamps,
            distance_travelled_m=distance,
            wheel_roll_rad=np.where(vehicle, wheel_roll_rad(distance, table.wheel_radius_m), 0.0),
            wheel_steer_rad=wheel_steer_rad(steer, table.max_steer_rad).astype(np.float32),
            gait_phase_rad=gait,
            weather=weather,
        )

    def _odometer(
        self, table: ActorTable, position: NDArray[np.float64], rpy: NDArray[np.float64], velocity: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Distance since spawn and gait phase: the last tick's plus this step. Vehicles count along their heading, so
        reversing counts back; a teleport counts nothing."""
        count = len(table.track_id)
        distance, gait = np.zeros(count), np.where(table.is_walker, table.gait_start_rad, 0.0)
        previous = self._previous
        if previous is None or self._table is None or not previous.count:
            return distance, gait
        if table is self._table:
            rows: NDArray[np.intp] | slice = slice(None)
            new: NDArray[np.bool_] | None = None
        else:
            rows = table.rows_in(self._table)
            new = rows < 0
        move = position - previous.position_world_m[rows]
        heading = 0.5 * (rpy[:, 2] + previous.rpy_rad[rows, 2])
        turned = np.abs(rpy[:, 2] - previous.rpy_rad[rows, 2]) > np.pi
        heading = np.where(turned, heading + np.pi, heading)
        along = move[:, 0] * np.cos(heading) + move[:, 1] * np.sin(heading)
        step = np.where(table.is_vehicle, along, np.hypot(move[:, 0], move[:, 1]))
        tick_s = seconds(self._tick_period_flicks)
        speed = np.hypot(velocity[:, 0], velocity[:, 1])
        reach = (
            3.0 * tick_s * np.maximum(speed, np.abs(previous.velocity_world_mps[rows]).max(axis=1, initial=0.0)) + 0.3
        )
        step = np.where(np.abs(step) > reach, 0.0, step)
        if new is not None:
            step = np.where(new, 0.0, step)
        distance = previous.distance_travelled_m[rows] + step
        advance = gait_advance_rad(step, np.abs(step) / tick_s, table.height_m)
        phase = np.where(table.is_walker, (previous.gait_phase_rad[rows] + advance) % (2.0 * np.pi), 0.0)
        if new is not None:
            distance = np.where(new, 0.0, distance)
            phase = np.where(new, gait, phase)
        return distance, phase


def _read_weather(world: Any, last: Weather | None) -> Weather:
    """The 14 parameters; the same object as long as nothing changed."""
    found = world.get_weather()
    weather = Weather(*[getattr(found, name) for name in _WEATHER_FIELDS])
    return last if weather == last and last is not None else weather


def _token_bytes(token: Any) -> bytes:
    """The 24 bytes of a Token struct ([bin])."""
    data = token[0] if isinstance(token, list) else token
    return data if isinstance(data, bytes) else str(data).encode("utf-8", "surrogateescape")
