"""Which sensor blueprints are served by a stream of measurements, and by what.

A class here takes the sensor's actor entry and the world, and fulfils station.Sensor. Not here: sensor.other.collision, whose
events are sent by events.py; lane_invasion and rss, which the client computes itself; V2X, which is not offered.
Tested by tests/server/test_sensor_station.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sim.server.sensing.camera import RgbCamera

if TYPE_CHECKING:
    from sim.server.actor_table import ActorEntry
    from sim.server.sensing.station import Sensor
    from sim.server.world import World

SENSOR_KINDS: Mapping[str, Callable[[ActorEntry, World], Sensor]] = {
    "sensor.camera.rgb": RgbCamera,
}
