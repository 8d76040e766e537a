"""The world-observer frame: the state of every actor at one tick, as the client reads it from stream 1.

A frame is the 48-byte sensor header, 36 bytes about the episode, and one packed record of 119 bytes for each actor. The
last 54 bytes of a record are a union: their meaning follows the kind of the actor, so RECORD's field names overlap.
Values are CARLA's: left-handed axes, degrees, m, m/s, deg/s. Tested by tests/wire/test_frames.py.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.wire.sensor_frame import WORLD_OBSERVER_INDEX

HEADER = np.dtype(
    {
        "names": [
            "sensor_type",
            "frame",
            "timestamp_s",
            "sensor_pose",
            "episode_id",
            "platform_timestamp_s",
            "delta_s",
            "map_origin",
            "flags",
        ],
        "formats": ["<u8", "<u8", "<f8", ("<f4", (6,)), "<u8", "<f8", "<f4", ("<i4", (3,)), "<u4"],
        "offsets": [0, 8, 16, 24, 48, 56, 64, 68, 80],
        "itemsize": 84,
    }
)
"""The 84 bytes before the records."""

_WHEN = struct.Struct("<Qd")
_EPISODE = struct.Struct("<Qdf")
_FLAGS = struct.Struct("<I")

FLAG_MAP_CHANGE = 1
FLAG_LIGHT_UPDATE = 2

CONTROL_OFFSET = 65
"""Offset in a vehicle's record of throttle, steer, brake (f32), hand brake, reverse, manual (u8), gear (i32)."""

RECORD = np.dtype(
    {
        "names": [
            "id",
            "actor_state",
            "kinematics",
            "location",
            "rotation",
            "velocity",
            "angular_velocity",
            "acceleration",
            "union",
            "throttle",
            "steer",
            "brake",
            "hand_brake",
            "reverse",
            "manual_gear_shift",
            "gear",
            "speed_limit_kmh",
            "at_light_state",
            "has_traffic_light",
            "traffic_light_id",
            "failure_state",
            "walker_direction",
            "walker_speed",
            "walker_jump",
            "signal_id",
            "green_time_s",
            "yellow_time_s",
            "red_time_s",
            "elapsed_time_s",
            "pole_index",
            "frozen",
            "light_state",
        ],
        "formats": [
            "<u4",
            "u1",
            ("<f4", (15,)),
            ("<f4", (3,)),
            ("<f4", (3,)),
            ("<f4", (3,)),
            ("<f4", (3,)),
            ("<f4", (3,)),
            "V54",
            "<f4",
            "<f4",
            "<f4",
            "u1",
            "u1",
            "u1",
            "<i4",
            "<f4",
            "u1",
            "u1",
            "<u4",
            "u1",
            ("<f4", (3,)),
            "<f4",
            "u1",
            "S32",
            "<f4",
            "<f4",
            "<f4",
            "<f4",
            "<u4",
            "u1",
            "u1",
        ],
        "offsets": [
            *(0, 4, 5, 5, 17, 29, 41, 53, 65),
            *(65, 69, 73, 77, 78, 79, 80, 84, 88, 89, 90, 94),
            *(65, 77, 81),
            *(65, 97, 101, 105, 109, 113, 117, 118),
        ],
        "itemsize": 119,
    }
)
"""One actor. `kinematics` spans location, rotation (pitch, yaw, roll), velocity, angular velocity and acceleration."""

ACTOR_ACTIVE = 1
ACTOR_DORMANT = 2


class ObserverFrame(NamedTuple):
    """A decoded frame: the header's fields, and N records in a read-only structured array of dtype RECORD."""

    frame: int
    timestamp_s: float
    delta_s: float
    episode_id: int
    flags: int
    records: NDArray[np.void]


def new_header() -> NDArray[Any]:
    """An 84-byte header of the world observer, one element, zero apart from the sensor type."""
    header = np.zeros(1, dtype=HEADER)
    header["sensor_type"] = WORLD_OBSERVER_INDEX
    return header


def pack_header(
    buffer: bytearray, offset: int, frame: int, time_s: float, episode_id: int, delta_s: float, flags: int
) -> None:
    """Write the fields of HEADER that change from tick to tick into a frame that begins at `offset`."""
    _WHEN.pack_into(buffer, offset + 8, frame, time_s)
    _EPISODE.pack_into(buffer, offset + 48, episode_id, time_s, delta_s)
    _FLAGS.pack_into(buffer, offset + 80, flags)


def decode(frame_bytes: bytes | memoryview) -> ObserverFrame:
    """Read a frame without copying it; ValueError when its size or its sensor type is not that of a world frame."""
    body = len(frame_bytes) - HEADER.itemsize
    if body < 0 or body % RECORD.itemsize:
        raise ValueError(
            f"world frame: found {len(frame_bytes)} bytes; expected {HEADER.itemsize} + N x {RECORD.itemsize}"
        )
    header = np.frombuffer(frame_bytes, dtype=HEADER, count=1)[0]
    if int(header["sensor_type"]) != WORLD_OBSERVER_INDEX:
        raise ValueError(
            f"world frame: found sensor type {int(header['sensor_type'])}; expected {WORLD_OBSERVER_INDEX}"
        )
    records = np.frombuffer(frame_bytes, dtype=RECORD, offset=HEADER.itemsize)
    return ObserverFrame(
        frame=int(header["frame"]),
        timestamp_s=float(header["timestamp_s"]),
        delta_s=float(header["delta_s"]),
        episode_id=int(header["episode_id"]),
        flags=int(header["flags"]),
        records=records,
    )
