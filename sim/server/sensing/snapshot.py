"""The server's world as a WorldState, for its own cameras. Track ids are actor ids here.

Odometers run only while somebody looks: wheels and gaits then turn from the first frame on. Tested by
tests/server/test_camera.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.base import carla_axes
from sim.base.phase import gait_advance_rad, gait_start_rad, wheel_roll_rad
from sim.base.state import ActorInfo, ActorKind, LightState, Weather, WorldState
from sim.catalogue.skeleton import JOINTS_ATTRIBUTE
from sim.catalogue.vehicles import VEHICLES
from sim.server.actor_table import ActorEntry

if TYPE_CHECKING:
    from sim.server.world import World

Float64 = NDArray[np.float64]

_UNKNOWN_WHEEL_RADIUS_M = 0.35
_FRONT_WHEELS = (0, 1)
_SIGNALS = (ActorKind.TRAFFIC_LIGHT, ActorKind.TRAFFIC_SIGN)


class SnapshotMaker:
    """Makes WorldStates of one episode; remembers odometers between them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._distance_m: dict[int, float] = {}
        self._gait_rad: dict[int, float] = {}
        self._version = -1
        self._rows: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._infos: tuple[ActorInfo, ...] = ()
        self._signals: NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)

    def take(self) -> WorldState:
        """The state at this tick."""
        world, table = self._world, self._world.actors
        if self._version != table.version:
            self._index()
        rows, infos = self._rows, self._infos
        records = table.records[rows]
        kind = np.array([info.kind for info in infos], dtype=np.uint8)
        vehicle, walker = kind == ActorKind.VEHICLE, kind == ActorKind.WALKER
        steer_rad, max_steer_rad = np.zeros(len(rows)), np.ones(len(rows))
        fleet_row = {int(actor): index for index, actor in enumerate(world.fleet.rows["actor_id"])}
        for index in np.flatnonzero(vehicle):
            motion = world.fleet.rows[fleet_row[infos[index].track_id]]
            steer_rad[index], max_steer_rad[index] = motion["steer_rad"], motion["max_steer_rad"]
        rpy = table.rpy[rows]
        rpy[self._signals, 2] = carla_axes.signal_yaw_from_carla(rpy[self._signals, 2])
        distance, gait = self._odometer(rows, infos, walker)
        gait = world.crowd.phases_in(np.array([info.track_id for info in infos]), gait)
        infos = self._posed(infos)
        radius = [_wheel_radius_m(info) for info in infos]
        roll_rad = np.where(vehicle, wheel_roll_rad(distance, radius), 0.0)
        if world.fleet.shown_wheels:
            self._show_set_wheels(steer_rad, roll_rad)
        lamps = world.fleet.light_flags
        return WorldState(
            tick=world.frame,
            time_flicks=world.elapsed_flicks,
            actors=infos,
            track_id=np.array([info.track_id for info in infos], dtype=np.uint32),
            kind=kind,
            position_world_m=table.position[rows],
            rpy_rad=rpy,
            velocity_world_mps=table.velocity[rows],
            angular_velocity_world_radps=table.angular[rows],
            acceleration_world_mps2=table.acceleration[rows],
            throttle_ratio=np.where(vehicle, records["throttle"], np.float32(0)),
            brake_ratio=np.where(vehicle, records["brake"], np.float32(0)),
            steer_ratio=np.where(vehicle, -records["steer"], np.float32(0)),
            hand_brake=np.where(vehicle, records["hand_brake"], np.uint8(0)),
            reverse=np.where(vehicle, records["reverse"], np.uint8(0)),
            walker_speed_mps=np.where(walker, records["walker_speed"], np.float32(0)),
            light_state=np.where(kind == ActorKind.TRAFFIC_LIGHT, records["light_state"], np.uint8(LightState.UNKNOWN)),
            lamp_flags=np.array([lamps.get(info.track_id, 0) for info in infos], dtype=np.uint32),
            distance_travelled_m=distance,
            wheel_roll_rad=roll_rad,
            wheel_steer_rad=steer_rad.astype(np.float32),
            gait_phase_rad=gait,
            weather=Weather(*world.weather),
        )

    def _show_set_wheels(self, steer_rad: Float64, roll_rad: Float64) -> None:
        """Wheels that a client has set: the mean of the front wheels' angles, and of all wheels' turns, in place."""
        found: dict[tuple[int, str], list[float]] = {}
        for (actor, name, wheel), angle_deg in sorted(self._world.fleet.shown_wheels.items()):
            if name == "pitch" or wheel in _FRONT_WHEELS:
                found.setdefault((actor, name), []).append(-np.radians(angle_deg))
        index_of = {info.track_id: index for index, info in enumerate(self._infos)}
        for (actor, name), angles_rad in found.items():
            out = roll_rad if name == "pitch" else steer_rad
            out[index_of[actor]] = sum(angles_rad) / len(angles_rad)

    def _posed(self, infos: tuple[ActorInfo, ...]) -> tuple[ActorInfo, ...]:
        """Walkers that show a pose of their own carry it as an attribute."""
        crowd = self._world.crowd
        shown = crowd.poses.shown()
        if not shown:
            return infos
        joints = {
            actor: crowd.poses.joints(actor, crowd.type_of(actor), *crowd.gait(actor))
            for actor in shown
            if crowd.holds(actor)
        }
        return tuple(
            replace(info, attributes={**info.attributes, JOINTS_ATTRIBUTE: joints[info.track_id]})
            if info.track_id in joints
            else info
            for info in infos
        )

    def _index(self) -> None:
        """Rows in ascending actor id, of everything that can be seen."""
        table = self._world.actors
        seen = [
            (entry.actor_id, row)
            for row, entry in enumerate(table.entries)
            if entry.kind not in (ActorKind.OTHER, ActorKind.SENSOR)
        ]
        self._rows = np.array([row for _, row in sorted(seen)], dtype=np.int64)
        self._infos = tuple(self._info(table.entries[row], row) for _, row in sorted(seen))
        self._signals = np.array([info.kind in _SIGNALS for info in self._infos], dtype=np.bool_)
        alive = {info.track_id for info in self._infos}
        self._distance_m = {actor: value for actor, value in self._distance_m.items() if actor in alive}
        self._gait_rad = {actor: value for actor, value in self._gait_rad.items() if actor in alive}
        self._version = table.version

    def _info(self, entry: ActorEntry, row: int) -> ActorInfo:
        signs = entry.kind in _SIGNALS
        signal_id = bytes(self._world.actors.records["signal_id"][row]).decode(errors="replace") if signs else ""
        box = entry.box_center_m, entry.box_extent_m
        center, extent = (part.tolist() for part in (carla_axes.signal_box_from_carla(*box) if signs else box))
        return ActorInfo(
            track_id=entry.actor_id,
            kind=entry.kind,
            type_id=entry.type_id,
            attributes=dict(sorted(entry.attributes.items())),
            box_center_m=(center[0], center[1], center[2]),
            box_extent_m=(extent[0], extent[1], extent[2]),
            parent_track_id=entry.parent_id,
            signal_id=signal_id,
        )

    def _odometer(
        self, rows: NDArray[np.int64], infos: tuple[ActorInfo, ...], walker: NDArray[np.bool_]
    ) -> tuple[Float64, Float64]:
        """Add this tick's way to each actor's odometer; vehicles count along their heading."""
        table, delta_s = self._world.actors, self._world.settings.delta_s
        yaw, velocity = table.rpy[rows, 2], table.velocity[rows]
        along = velocity[:, 0] * np.cos(yaw) + velocity[:, 1] * np.sin(yaw)
        step = np.where(walker, np.hypot(velocity[:, 0], velocity[:, 1]), along) * delta_s
        distance = step + [self._distance_m.get(info.track_id, 0.0) for info in infos]
        height = np.array([max(2.0 * info.box_extent_m[2], 0.5) for info in infos])
        advance = gait_advance_rad(step, np.abs(step) / delta_s, height)
        before = [self._gait_rad.get(info.track_id, gait_start_rad(info.track_id)) for info in infos]
        gait = np.where(walker, (before + advance) % (2.0 * np.pi), 0.0)
        for index, info in enumerate(infos):
            self._distance_m[info.track_id] = float(distance[index])
            self._gait_rad[info.track_id] = float(gait[index])
        return distance, gait


def _wheel_radius_m(info: ActorInfo) -> float:
    spec = VEHICLES.get(info.type_id)
    return spec.wheel_radius_m if spec is not None else _UNKNOWN_WHEEL_RADIUS_M
