"""What every frame on a stream begins with: the 48-byte sensor header, and the registry numbers of CARLA 0.9.16.

Layout (little-endian, packed): u64 sensor type, u64 frame, f64 simulation time in s, f32 x 3 location in m,
f32 x 3 pitch, yaw, roll in degrees (CARLA's axes). Tested by tests/wire/test_frames.py.
"""

from __future__ import annotations

import struct

SENSOR_HEADER = struct.Struct("<QQd6f")
SENSOR_HEADER_BYTES = SENSOR_HEADER.size
FRAME_LENGTH = struct.Struct("<I")
IMAGE_HEADER = struct.Struct("<IIf")
"""Width and height in px and horizontal field of view in degrees, after the sensor header of image-like frames."""

WORLD_STREAM_ID = 1

SENSOR_TYPE_INDEX: dict[str, int] = {
    "sensor.other.collision": 0,
    "sensor.camera.depth": 1,
    "sensor.camera.normals": 2,
    "sensor.camera.dvs": 3,
    "sensor.other.gnss": 4,
    "sensor.other.imu": 5,
    "sensor.other.lane_invasion": 6,
    "sensor.other.obstacle": 7,
    "sensor.camera.optical_flow": 8,
    "sensor.other.radar": 9,
    "sensor.lidar.ray_cast_semantic": 10,
    "sensor.lidar.ray_cast": 11,
    "sensor.other.rss": 12,
    "sensor.camera.rgb": 13,
    "sensor.camera.semantic_segmentation": 14,
    "sensor.camera.instance_segmentation": 15,
    "sensor.camera.cosmos_visualization": 16,
    "sensor.other.v2x": 20,
    "sensor.other.v2x_custom": 21,
}
"""Index of each sensor blueprint in the client's registry (0.9.16; other releases differ)."""

WORLD_OBSERVER_INDEX = 17

CLIENT_SIDE_SENSORS = frozenset({"sensor.other.lane_invasion", "sensor.other.rss"})
"""Sensors that the client computes by itself: they carry no token and have no stream."""
