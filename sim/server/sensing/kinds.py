"""Which sensor blueprints are served by a stream of measurements, and by what.

A class here takes the sensor's actor entry and the world, and fulfils station.Sensor. Not here: sensor.other.collision, whose
events are sent by events.py; lane_invasion and rss, which the client computes itself; V2X, which is not offered.
Tested by tests/server/test_sensor_station.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sim.server.sensing.camera import RgbCamera
from sim.server.sensing.cosmos import CosmosCamera
from sim.server.sensing.event_camera import EventCamera
from sim.server.sensing.gnss import Gnss
from sim.server.sensing.imu import Imu
from sim.server.sensing.label_cameras import (
    DepthCamera,
    FlowCamera,
    InstanceCamera,
    NormalsCamera,
    SemanticCamera,
)
from sim.server.sensing.lidar import RayCastLidar, SemanticLidar
from sim.server.sensing.obstacle import Obstacle
from sim.server.sensing.radar import RaysRadar

if TYPE_CHECKING:
    from sim.server.actor_table import ActorEntry
    from sim.server.sensing.station import Sensor
    from sim.server.world import World

SENSOR_KINDS: Mapping[str, Callable[[ActorEntry, World], Sensor]] = {
    "sensor.camera.rgb": RgbCamera,
    "sensor.lidar.ray_cast": RayCastLidar,
    "sensor.lidar.ray_cast_semantic": SemanticLidar,
    "sensor.other.radar": RaysRadar,
    "sensor.other.gnss": Gnss,
    "sensor.other.imu": Imu,
    "sensor.other.obstacle": Obstacle,
    "sensor.camera.depth": DepthCamera,
    "sensor.camera.semantic_segmentation": SemanticCamera,
    "sensor.camera.instance_segmentation": InstanceCamera,
    "sensor.camera.normals": NormalsCamera,
    "sensor.camera.optical_flow": FlowCamera,
    "sensor.camera.dvs": EventCamera,
    "sensor.camera.cosmos_visualization": CosmosCamera,
}
