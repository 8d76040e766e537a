"""sensor.lidar.ray_cast and sensor.lidar.ray_cast_semantic: sensors.lidar on the wire.

Payload: f32 horizontal angle in rad, u32 channels, u32 points of each channel, then the points in CARLA's axes. As in CARLA a
measurement is the scan of one tick, also when sensor_tick is longer than the tick: the lidar then stands still in between.
The vehicle that carries the lidar is seen like everything else, since CARLA's rays leave out the sensor alone.
Tested by tests/server/test_sensors_rays.py.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.base.streams import stream_key
from sim.base.taxonomy import CLASS_NAMES
from sim.server.sensing.limits import number, whole

if TYPE_CHECKING:
    from sensors.lidar import LidarConfig
    from sim.server.actor_table import ActorEntry
    from sim.server.sensing.station import Buffer, Moment
    from sim.server.world import World

_HEAD = struct.Struct("<fI")


def seed_of(entry: ActorEntry, world: World) -> int:
    """What a sensor's random numbers are drawn from: the world's seed, the kind of sensor, its noise_seed."""
    return stream_key(world.seed, entry.type_id, whole(entry, "noise_seed", 0))


def as_bytes(values: NDArray[Any]) -> memoryview:
    """The bytes of a contiguous array, without a copy."""
    return values.reshape(-1).view(np.uint8).data


def to_right(rows: NDArray[np.float32]) -> None:
    """Turn column 1 from left positive to right positive, in place.

    By multiplication: numpy 2.4.6's np.negative is wrong in place on a column of rows of 16 bytes.
    """
    rows[:, 1] *= np.float32(-1.0)


class RayCastLidar:
    """Points with intensity."""

    needs_scene = True

    def __init__(self, entry: ActorEntry, world: World) -> None:
        from sensors.lidar import Lidar

        self._lidar = Lidar(_config(entry), seed_of(entry, world))

    def sense(self, moment: Moment) -> Sequence[Buffer]:
        """One scan."""
        lidar = self._lidar
        bundle = lidar.aim(moment.tick.period_flicks)
        hits = moment.scene.rays.cast(bundle, lidar.rays, moment.world_from_sensor, lidar.config.range_m)
        points = lidar.points(hits)
        to_right(points)
        head = _HEAD.pack(lidar.horizontal_angle_rad, lidar.config.channels)
        return head + lidar.counts.tobytes(), as_bytes(points)


class SemanticLidar:
    """Points with angle of incidence, actor and class; no noise, nothing is lost."""

    needs_scene = True

    def __init__(self, entry: ActorEntry, world: World) -> None:
        from sensors.lidar import Lidar

        self._lidar = Lidar(_config(entry), seed_of(entry, world))
        self._tags: NDArray[np.uint32] = np.zeros(256, np.uint32)
        for object_class, names in CLASS_NAMES.items():
            self._tags[object_class] = names.carla_tag

    def sense(self, moment: Moment) -> Sequence[Buffer]:
        """One scan."""
        lidar = self._lidar
        bundle = lidar.aim(moment.tick.period_flicks)
        hits = moment.scene.rays.cast(bundle, lidar.rays, moment.world_from_sensor, lidar.config.range_m)
        points = lidar.labelled_points(hits, self._tags)
        to_right(points)
        head = _HEAD.pack(lidar.horizontal_angle_rad, lidar.config.channels)
        return head + lidar.counts.tobytes(), as_bytes(points)


def _config(entry: ActorEntry) -> LidarConfig:
    from sensors.lidar import LidarConfig

    return LidarConfig(
        channels=whole(entry, "channels"),
        points_per_second=whole(entry, "points_per_second"),
        rotation_hz=number(entry, "rotation_frequency"),
        range_m=number(entry, "range"),
        upper_rad=math.radians(number(entry, "upper_fov")),
        lower_rad=math.radians(number(entry, "lower_fov")),
        horizontal_fov_rad=math.radians(number(entry, "horizontal_fov")),
        attenuation_1pm=number(entry, "atmosphere_attenuation_rate", 0.0),
        dropoff_general=number(entry, "dropoff_general_rate", 0.0),
        dropoff_limit=number(entry, "dropoff_intensity_limit", 0.0),
        dropoff_zero=number(entry, "dropoff_zero_intensity", 0.0),
        noise_stddev_m=number(entry, "noise_stddev", 0.0),
    )
