"""CARLA's own RGB camera: images for clients that subscribe, drawn with this project's renderer.

A pinhole without noise at the instant of the tick, as CARLA's default camera is: image_size_x, image_size_y, fov (horizontal)
and sensor_tick act. Exposure follows the log-average luminance with a time constant, as a histogram exposure does; colours
go through a filmic curve to sRGB. Physically modelled cameras are in the package `sensors`, on the client's side.
Tested by tests/server/test_camera.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.base import frames
from sim.server.sensing.limits import number, whole
from sim.wire.sensor_frame import IMAGE_HEADER

if TYPE_CHECKING:
    from rendering.buffers import Buffers
    from sim.server.actor_table import ActorEntry
    from sim.server.sensing.station import Buffer, Moment
    from sim.server.world import World

KEY = 0.16
"""Share of white that the log-average luminance is exposed to (Reinhard et al. 2002 use 0.18 for a normal scene)."""
ADAPTATION_S = 0.6
_TABLE_SIZE = 4096
_LUMA = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)


class RgbCamera:
    """sensor.camera.rgb."""

    needs_scene = True

    def __init__(self, entry: ActorEntry, world: World) -> None:
        self.width = whole(entry, "image_size_x")
        self.height = whole(entry, "image_size_y")
        self.fov_deg = number(entry, "fov")
        self.luminance: float | None = None
        focal = self.width / (2.0 * math.tan(math.radians(self.fov_deg) / 2.0))
        u = (np.arange(self.width) - (self.width - 1) / 2.0) / focal
        v = (np.arange(self.height) - (self.height - 1) / 2.0) / focal
        rays = np.stack([*np.meshgrid(u, v), np.ones((self.height, self.width))], axis=-1)
        self.directions = (rays / np.linalg.norm(rays, axis=-1, keepdims=True)).astype(np.float32)
        self.pixel_angle_rad = 1.0 / focal
        self.image: NDArray[np.uint8] = np.full((self.height, self.width, 4), 255, dtype=np.uint8)
        self.buffers: Buffers | None = None

    def sense(self, moment: Moment) -> Sequence[Buffer]:
        """One image: its header and BGRA pixels."""
        from rendering.buffers import Buffers, View

        pose = moment.world_from_sensor @ frames.SENSOR_FROM_CAMERA
        view = View(
            directions_camera=self.directions,
            world_from_camera_rows=np.repeat(pose[None, :3, :], self.height, axis=0),
            row_time=np.zeros(self.height, dtype=np.float32),
            pixel_angle_rad=self.pixel_angle_rad,
        )
        if self.buffers is None:
            self.buffers = Buffers.empty(self.height, self.width)
        self._develop(moment.scene.render(view, self.buffers).radiance, moment.delta_s)
        return IMAGE_HEADER.pack(self.width, self.height, self.fov_deg), self.image.reshape(-1).data

    def _develop(self, radiance: NDArray[np.float32], delta_s: float) -> None:
        """Radiance to BGRA, with an exposure that follows the scene's light."""
        table = _tone_table()
        sample = radiance[::8, ::8] @ _LUMA
        average = float(np.exp(np.mean(np.log(np.maximum(sample, 1e-4)))))
        if self.luminance is None:
            self.luminance = average
        else:
            self.luminance *= (average / self.luminance) ** (1.0 - math.exp(-delta_s / ADAPTATION_S))
        scaled = radiance * np.float32((_TABLE_SIZE - 1) * KEY / self.luminance)
        index = np.clip(scaled, 0.0, _TABLE_SIZE - 1).astype(np.uint16)
        self.image[:, :, 0] = table[index[:, :, 2]]
        self.image[:, :, 1] = table[index[:, :, 1]]
        self.image[:, :, 2] = table[index[:, :, 0]]


_table: list[NDArray[np.uint8]] = []


def _tone_table() -> NDArray[np.uint8]:
    if not _table:
        from sensors.isp import filmic, srgb_encoded

        linear = np.linspace(0.0, 1.0, _TABLE_SIZE)
        _table.append(np.floor(srgb_encoded(filmic(linear)) * 255.0 + 0.5).astype(np.uint8))
    return _table[0]
