"""sensor.other.gnss: sensors.gnss on the wire. Payload: msgpack [latitude deg, longitude deg, altitude m].

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


class Gnss:
    """Where the sensor is on the globe."""

    needs_scene = False

    def __init__(self, entry: ActorEntry, world: World) -> None:
        from sensors.gnss import GeoOrigin, GnssNoise, GnssReceiver

        noise = GnssNoise(
            bias=(number(entry, "noise_lat_bias"), number(entry, "noise_lon_bias"), number(entry, "noise_alt_bias")),
            stddev=(
                number(entry, "noise_lat_stddev"),
                number(entry, "noise_lon_stddev"),
                number(entry, "noise_alt_stddev"),
            ),
        )
        self._receiver = GnssReceiver(GeoOrigin.of(world.network.geo_reference), noise, seed_of(entry, world))

    def sense(self, moment: Moment) -> Sequence[Buffer]:
        """One fix."""
        place = carla_axes.vector_to_carla(moment.world.actors.position[moment.row])
        return (msgpack.packb(self._receiver.measure(*place.tolist()).tolist()),)
