"""sensor.other.imu: sensors.imu on the wire.

Payload: msgpack [specific force in m/s², rate in rad/s, compass in rad], in CARLA's axes of the sensor. Rates are in the
sensor's own axes; CARLA turns them the wrong way when the unit is mounted at an angle, which is not copied.
Tested by tests/server/test_sensors_motion.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgpack

from sim.base import carla_axes
from sim.server.sensing.lidar import seed_of
from sim.server.sensing.limits import number

if TYPE_CHECKING:
    from sim.server.actor_table import ActorEntry
    from sim.server.sensing.station import Buffer, Moment
    from sim.server.world import World


class Imu:
    """What the sensor's mounting point feels."""

    needs_scene = False

    def __init__(self, entry: ActorEntry, world: World) -> None:
        from sensors.imu import ImuNoise, InertialUnit

        bias = carla_axes.rate_to_carla(_triple(entry, "noise_gyro_bias_")).tolist()
        noise = ImuNoise(
            acceleration_stddev_mps2=_triple(entry, "noise_accel_stddev_"),
            rate_stddev_radps=_triple(entry, "noise_gyro_stddev_"),
            rate_bias_radps=(bias[0], bias[1], bias[2]),
        )
        self._unit = InertialUnit(noise, seed_of(entry, world))

    def sense(self, moment: Moment) -> Sequence[Buffer]:
        """One reading."""
        world = moment.world
        reading = self._unit.measure(
            moment.world_from_sensor, world.actors.angular[moment.row], moment.delta_s, world.gravity_mps2
        )
        force = carla_axes.vector_to_carla(reading.specific_force_mps2).tolist()
        rate = carla_axes.rate_to_carla(reading.rate_radps).tolist()
        return (msgpack.packb([force, rate, reading.compass_rad]),)


def _triple(entry: ActorEntry, prefix: str) -> tuple[float, float, float]:
    return number(entry, prefix + "x"), number(entry, prefix + "y"), number(entry, prefix + "z")
