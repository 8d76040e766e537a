"""The state of the world at one tick, as a frozen struct of arrays in our axes and SI units.

Built once a tick from the world stream (sim.loop.collect), stored in the episode, and the only thing that rendering and
sensors know about the world. Actors are identified by `track_id`: 1, 2, 3 ... in the order first seen in the session
(ascending CARLA id within a tick), so two runs of one scenario agree whatever ids the server hands out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Float32 = NDArray[np.float32]
UInt32 = NDArray[np.uint32]
UInt8 = NDArray[np.uint8]

SUPPORT_INSTANCE_BASE = 0x2000_0000
"""Instance ids of what carries a sign or a signal head (its pole and arm) are this plus the actor's track id."""
STATIC_INSTANCE_BASE = 0x4000_0000
"""Instance ids of static objects are this plus their row in StaticObjects."""
GROUND_INSTANCE_BASE = 0x6000_0000
"""Instance ids of the map's own surfaces (road, markings, kerbs, terrain) start here; 0 is the sky."""


class ActorKind(IntEnum):
    """What an actor is in CARLA's terms."""

    OTHER = 0
    VEHICLE = 1
    WALKER = 2
    TRAFFIC_LIGHT = 3
    TRAFFIC_SIGN = 4
    PROP = 5
    SENSOR = 6


class LightState(IntEnum):
    """State of a traffic light, with CARLA's numbers."""

    RED = 0
    YELLOW = 1
    GREEN = 2
    OFF = 3
    UNKNOWN = 4


class Lamp(IntEnum):
    """Bits of a vehicle's lamp flags, with CARLA's numbers."""

    POSITION = 1
    LOW_BEAM = 2
    HIGH_BEAM = 4
    BRAKE = 8
    RIGHT_BLINKER = 16
    LEFT_BLINKER = 32
    REVERSE = 64
    FOG = 128
    INTERIOR = 256
    SPECIAL_1 = 512
    SPECIAL_2 = 1024


@dataclass(frozen=True)
class ActorInfo:
    """What never changes about an actor after it was spawned.

    `box_center_m` and `box_extent_m` (half sizes) are CARLA's bounding box in the actor frame, our axes.
    `attributes` are the blueprint's, as strings. `parent_track_id` is 0 for actors that are not attached.
    `signal_id` is the OpenDRIVE id of a traffic light or sign, else "".
    """

    track_id: int
    kind: ActorKind
    type_id: str
    attributes: Mapping[str, str]
    box_center_m: tuple[float, float, float]
    box_extent_m: tuple[float, float, float]
    parent_track_id: int = 0
    signal_id: str = ""

    @property
    def role_name(self) -> str:
        """The name the scenario gave this actor ("hero" for the ego), or ""."""
        return self.attributes.get("role_name", "")


@dataclass(frozen=True)
class Weather:
    """CARLA's 14 weather parameters, with the sun's angles in degrees as CARLA defines them (azimuth clockwise from x)."""

    cloudiness: float = 0.0
    precipitation: float = 0.0
    precipitation_deposits: float = 0.0
    wind_intensity: float = 0.0
    sun_azimuth_angle: float = 0.0
    sun_altitude_angle: float = 45.0
    fog_density: float = 0.0
    fog_distance: float = 0.0
    fog_falloff: float = 0.0
    wetness: float = 0.0
    scattering_intensity: float = 1.0
    mie_scattering_scale: float = 0.03
    rayleigh_scattering_scale: float = 0.0331
    dust_storm: float = 0.0


@dataclass(frozen=True)
class WorldState:
    """All actors at tick `tick` (session time `time_flicks`), rows in ascending track id; N rows.

    `actors[i]` describes row i. Angles and rates are in our axes. `lamp_flags` are Lamp bits (vehicles), `light_state`
    is LightState (traffic lights). `distance_travelled_m` counts from spawn. `gait_phase_rad` (walkers) and
    `wheel_roll_rad` (vehicles) follow from it; `wheel_steer_rad` is the mean angle of the steered wheels, left positive.
    """

    tick: int
    time_flicks: int
    actors: tuple[ActorInfo, ...]
    track_id: UInt32
    kind: UInt8
    position_world_m: Float64
    rpy_rad: Float64
    velocity_world_mps: Float64
    angular_velocity_world_radps: Float64
    acceleration_world_mps2: Float64
    throttle_ratio: Float32
    brake_ratio: Float32
    steer_ratio: Float32
    hand_brake: UInt8
    reverse: UInt8
    walker_speed_mps: Float32
    light_state: UInt8
    lamp_flags: UInt32
    distance_travelled_m: Float64
    wheel_roll_rad: Float64
    wheel_steer_rad: Float32
    gait_phase_rad: Float64
    weather: Weather = field(default_factory=Weather)

    @property
    def count(self) -> int:
        """Number of actors."""
        return len(self.actors)

    def row_of(self, track_id: int) -> int | None:
        """The row of an actor, or None when it is not alive at this tick."""
        row = int(np.searchsorted(self.track_id, track_id))
        return row if row < len(self.track_id) and int(self.track_id[row]) == track_id else None

    def row_of_role(self, role_name: str) -> int | None:
        """The row of the first actor with this role name ("hero" is the ego), or None."""
        for row, actor in enumerate(self.actors):
            if actor.role_name == role_name:
                return row
        return None

    def digest(self) -> str:
        """sha256 over every field, for determinism checks."""
        hasher = hashlib.sha256()
        for item in fields(self):
            value = getattr(self, item.name)
            hasher.update(item.name.encode())
            if isinstance(value, np.ndarray):
                hasher.update(np.ascontiguousarray(value).tobytes())
            else:
                hasher.update(repr(value).encode())
        return hasher.hexdigest()


def interpolate(earlier: WorldState, later: WorldState, fraction: float) -> WorldState:
    """The state between two states, at `fraction` of the way (0 earlier, 1 later), for exposures inside a tick.

    Rows are those of `later`; an actor that `earlier` does not hold keeps its later pose. Positions and phases are linear,
    angles take the shorter way round, discrete fields are `later`'s. Never extrapolates. Tested by tests/base/test_state.py.
    """
    if not 0.0 <= fraction <= 1.0:
        raise ValueError(f"interpolate: found fraction {fraction}; allowed is 0 to 1, states are never extrapolated")
    if fraction == 1.0:
        return later
    rows = np.searchsorted(earlier.track_id, later.track_id)
    clipped = np.minimum(rows, max(len(earlier.track_id) - 1, 0))
    known = np.zeros(len(later.track_id), dtype=bool)
    if len(earlier.track_id):
        known = earlier.track_id[clipped] == later.track_id
    time_flicks = earlier.time_flicks + round((later.time_flicks - earlier.time_flicks) * fraction)
    values: dict[str, object] = {item.name: getattr(later, item.name) for item in fields(later)}
    values["time_flicks"] = time_flicks
    for name in _LINEAR + _ANGULAR:
        after = getattr(later, name)
        before = np.array(after)
        before[known] = getattr(earlier, name)[clipped[known]]
        change = after - before
        if name in _ANGULAR:
            change = (change + np.pi) % (2.0 * np.pi) - np.pi
        values[name] = (before + change * fraction).astype(after.dtype)
    return WorldState(**values)  # type: ignore[arg-type]


_LINEAR = (
    "position_world_m",
    "velocity_world_mps",
    "angular_velocity_world_radps",
    "acceleration_world_mps2",
    "distance_travelled_m",
    "wheel_roll_rad",
    "wheel_steer_rad",
)
_ANGULAR = ("rpy_rad", "gait_phase_rad")


@dataclass(frozen=True)
class StaticObjects:
    """Everything around the roads that never moves: S rows, generated by the server, read once by the client.

    `name[i]` is "asset:variant#n", for instance "building.row_house:3#17"; asset is a key of sim.catalogue.static_assets,
    variant an integer that picks colours and details. Boxes are half sizes in the object's own frame, centred at
    `box_center_m`. `object_class` is taxonomy.ObjectClass. `carla_id` is what enable_environment_objects takes.
    """

    name: tuple[str, ...]
    position_world_m: Float64
    rpy_rad: Float64
    box_center_m: Float64
    box_extent_m: Float64
    object_class: UInt8
    carla_id: NDArray[np.uint64]

    def digest(self) -> str:
        """sha256 over names, poses and boxes."""
        hasher = hashlib.sha256("\n".join(self.name).encode())
        for value in (self.position_world_m, self.rpy_rad, self.box_center_m, self.box_extent_m, self.object_class):
            hasher.update(np.ascontiguousarray(value).tobytes())
        return hasher.hexdigest()
