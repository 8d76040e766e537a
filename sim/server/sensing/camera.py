"""CARLA's own RGB camera: images for clients that subscribe, drawn with this project's renderer.

A pinhole without noise at the instant of the tick, as CARLA's default camera is: image_size_x, image_size_y, fov (horizontal)
and sensor_tick act. Exposure follows the log-average luminance with a time constant, as a histogram exposure does; colours
go through a filmic curve to sRGB. Nothing is rendered unless somebody listens; the scene is built from the first spawn on.
Physically modelled cameras are in the package `sensors`, on the client's side. Tested by tests/server/test_camera.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.base import frames
from sim.server.errors import CallError
from sim.server.sensing.events import sensor_header
from sim.server.sensing.scene_builder import SceneBuilder
from sim.server.sensing.snapshot import SnapshotMaker
from sim.wire.sensor_frame import FRAME_LENGTH, IMAGE_HEADER

if TYPE_CHECKING:
    from rendering.buffers import Buffers
    from rendering.scene import Scene
    from sim.server.actor_table import ActorEntry
    from sim.server.world import World

RGB_CAMERA = "sensor.camera.rgb"
MAX_IMAGE_PX = 8192
KEY = 0.16
"""Share of white that the log-average luminance is exposed to (Reinhard et al. 2002 use 0.18 for a normal scene)."""
ADAPTATION_S = 0.6
_CAMERA_LIMITS = {
    "image_size_x": (1.0, float(MAX_IMAGE_PX)),
    "image_size_y": (1.0, float(MAX_IMAGE_PX)),
    "fov": (0.1, 179.0),
    "sensor_tick": (0.0, 3600.0),
}
_TABLE_SIZE = 4096
_TIME_EPSILON_S = 1e-6
_LUMA = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)


class _Camera:
    """One subscribed camera."""

    def __init__(self, entry: ActorEntry) -> None:
        self.stream_id = entry.stream_id
        self.actor_id = entry.actor_id
        self.width = _whole(entry, "image_size_x", 800)
        self.height = _whole(entry, "image_size_y", 600)
        self.fov_deg = float(entry.attributes.get("fov", "90"))
        self.period_s = float(entry.attributes.get("sensor_tick", "0"))
        self.next_s = -math.inf
        self.luminance: float | None = None
        self.last_s = 0.0
        focal = self.width / (2.0 * math.tan(math.radians(self.fov_deg) / 2.0))
        u = (np.arange(self.width) - (self.width - 1) / 2.0) / focal
        v = (np.arange(self.height) - (self.height - 1) / 2.0) / focal
        rays = np.stack([*np.meshgrid(u, v), np.ones((self.height, self.width))], axis=-1)
        self.directions = (rays / np.linalg.norm(rays, axis=-1, keepdims=True)).astype(np.float32)
        self.pixel_angle_rad = 1.0 / focal
        self.image: NDArray[np.uint8] = np.full((self.height, self.width, 4), 255, dtype=np.uint8)
        self.buffers: Buffers | None = None

    def due(self, now_s: float) -> bool:
        """Whether a frame is wanted now; the next one is planned without drifting."""
        if now_s + _TIME_EPSILON_S < self.next_s:
            return False
        behind = self.next_s == -math.inf or now_s - self.next_s > self.period_s
        self.next_s = (now_s if behind else self.next_s) + self.period_s
        return True


class CameraStudio:
    """All RGB cameras of an episode, and the scene they look at."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._builder: SceneBuilder | None = None
        self._cameras: dict[int, _Camera] = {}
        self._snapshots = SnapshotMaker(world)
        self._version = -1
        self._candidates: list[ActorEntry] = []

    def take_pictures(self) -> None:
        """Render and send the images of all cameras that are due and have listeners."""
        world = self._world
        if self._version != world.actors.version:
            self._candidates = [entry for entry in world.actors.entries if entry.type_id == RGB_CAMERA]
            alive = {entry.actor_id for entry in self._candidates}
            self._cameras = {actor: camera for actor, camera in self._cameras.items() if actor in alive}
            self._version = world.actors.version
        wanted = [entry for entry in self._candidates if world.hub.has_listeners(entry.stream_id)]
        if not wanted or world.settings.no_rendering:
            return
        cameras = [self._cameras.setdefault(entry.actor_id, _Camera(entry)) for entry in wanted]
        state = self._snapshots.take()
        scene = self._open_scene()
        if scene is None:
            return
        ready = [camera for camera in cameras if camera.due(world.time_s)]
        if not ready:
            return
        scene.set_states(state, state, None)
        for camera in ready:
            self._shoot(camera, scene)

    def expect_pictures(self) -> None:
        """A camera was spawned: begin to build the scene, or build it again when other static objects are shown now."""
        world = self._world
        shown = world.surroundings.enabled
        if self._builder is None or not np.array_equal(self._builder.shown, shown):
            state = SnapshotMaker(world).take()
            self._builder = SceneBuilder(world.network, world.surroundings.statics, shown, state)

    def _open_scene(self) -> Scene | None:
        """The scene; None while it is being built and nobody waits for the tick (asynchronous mode)."""
        self.expect_pictures()
        builder = self._builder
        if builder is None or (not builder.ready and not self._world.settings.synchronous):
            return None
        return builder.scene()

    def _shoot(self, camera: _Camera, scene: Scene) -> None:
        from rendering.buffers import Buffers, View

        world = self._world
        row = world.row(camera.actor_id)
        pose = frames.pose(world.actors.position[row], world.actors.rpy[row]) @ frames.SENSOR_FROM_CAMERA
        view = View(
            directions_camera=camera.directions,
            world_from_camera_rows=np.repeat(pose[None, :3, :], camera.height, axis=0),
            row_time=np.zeros(camera.height, dtype=np.float32),
            pixel_angle_rad=camera.pixel_angle_rad,
        )
        if camera.buffers is None:
            camera.buffers = Buffers.empty(camera.height, camera.width)
        radiance = scene.render(view, camera.buffers).radiance
        self._develop(camera, radiance)
        payload = IMAGE_HEADER.pack(camera.width, camera.height, camera.fov_deg)
        head = sensor_header(world, row) + payload
        length = FRAME_LENGTH.pack(len(head) + camera.image.nbytes)
        buffers = (length + head, camera.image.reshape(-1).data)
        world.hub.publish(camera.stream_id, buffers, may_drop=not world.settings.synchronous)

    def _develop(self, camera: _Camera, radiance: NDArray[np.float32]) -> None:
        """Radiance to BGRA, with an exposure that follows the scene's light."""
        table = _tone_table()
        sample = radiance[::8, ::8] @ _LUMA
        average = float(np.exp(np.mean(np.log(np.maximum(sample, 1e-4)))))
        now = self._world.time_s
        if camera.luminance is None:
            camera.luminance = average
        else:
            share = 1.0 - math.exp(-max(now - camera.last_s, 0.0) / ADAPTATION_S)
            camera.luminance *= (average / camera.luminance) ** share
        camera.last_s = now
        scaled = radiance * np.float32((_TABLE_SIZE - 1) * KEY / camera.luminance)
        index = np.clip(scaled, 0.0, _TABLE_SIZE - 1).astype(np.uint16)
        camera.image[:, :, 0] = table[index[:, :, 2]]
        camera.image[:, :, 1] = table[index[:, :, 1]]
        camera.image[:, :, 2] = table[index[:, :, 0]]


_table: list[NDArray[np.uint8]] = []


def _tone_table() -> NDArray[np.uint8]:
    if not _table:
        from sensors.isp import filmic, srgb_encoded

        linear = np.linspace(0.0, 1.0, _TABLE_SIZE)
        _table.append(np.floor(srgb_encoded(filmic(linear)) * 255.0 + 0.5).astype(np.uint8))
    return _table[0]


def _whole(entry: ActorEntry, name: str, default: int) -> int:
    return int(float(entry.attributes.get(name, default)))


def check_camera(attributes: dict[str, str]) -> None:
    """CallError when a camera cannot have these attributes."""
    for name, (low, high) in _CAMERA_LIMITS.items():
        text = attributes.get(name)
        if text is None:
            continue
        try:
            value = float(text)
        except ValueError:
            raise CallError(f'{RGB_CAMERA}: {name}: found "{text}"; expected a number {low:g} to {high:g}') from None
        if not low <= value <= high:
            raise CallError(f"{RGB_CAMERA}: {name}: found {text}; allowed is {low:g} to {high:g}")
