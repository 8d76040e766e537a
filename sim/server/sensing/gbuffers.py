"""The G-buffers of an RGB camera (carla.ServerSideSensor.listen_to_gbuffer): what its image is made from.

They arrive as a carla.Image of the camera's size. SceneColor is the linear radiance, four float32 R, G, B, 1 a pixel in cd/m²:
np.frombuffer(image.raw_data, np.float32).reshape(height, width, 4). With the camera's attribute scene_color set to "ldr" it is
four bytes, as all others are but Velocity (two float32, as the optical flow camera's). Buffers that this renderer has no
counterpart of are black, as those are that CARLA has no content for. They have the camera's lens, distortion included.
Tested by tests/server/test_camera_gbuffers.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.server.sensing.label_cameras import TAG_OF_CLASS, depth_bytes, depth_m, flow_of, normal_bytes
from sim.server.sensing.look import Camera

if TYPE_CHECKING:
    from sim.server.actor_table import ActorEntry
    from sim.server.sensing.station import Buffer, Moment, SensorKind
    from sim.server.world import World

UInt8 = NDArray[np.uint8]


class GBuffer(IntEnum):
    """CARLA's GBufferTextureID."""

    SCENE_COLOR = 0
    SCENE_DEPTH = 1
    SCENE_STENCIL = 2
    NORMAL = 3
    SURFACE = 4
    BASE_COLOR = 5
    CUSTOM_DATA = 6
    SHADOW_FACTORS = 7
    TANGENT = 8
    VELOCITY = 9
    SSAO = 10
    CUSTOM_DEPTH = 11
    CUSTOM_STENCIL = 12


OFFERED = (
    "SceneColor, SceneDepth (24 bits, as the depth camera), SceneStencil and CustomStencil (semantic tag), GBufferA (world normal), "
    "GBufferB (metallic, specular, roughness), GBufferC (base colour without textures) and Velocity; the others are black"
)


def kind_of(buffer: GBuffer) -> SensorKind:
    """What makes the frames of one buffer of a camera."""
    return partial(_BufferCamera, buffer=buffer)


class _BufferCamera(Camera):
    """One buffer of one camera."""

    wants_picture = True

    def __init__(self, entry: ActorEntry, world: World, buffer: GBuffer) -> None:
        super().__init__(entry, world)
        self._as_bytes = entry.attributes.get("scene_color", "hdr") == "ldr"
        self._paint = _PAINTERS.get(buffer)
        shape = (self.lens.height, self.lens.width)
        self.floats: NDArray[np.float32] | None = None
        if buffer is GBuffer.SCENE_COLOR and not self._as_bytes:
            self.floats, self._paint = np.ones((*shape, 4), dtype=np.float32), _radiance
        elif buffer is GBuffer.VELOCITY:
            self.floats = np.zeros((*shape, 2), dtype=np.float32)
        self.image: UInt8 = np.zeros((*shape, 4), dtype=np.uint8)
        self.image[:, :, 3] = 255

    def sense(self, moment: Moment) -> Sequence[Buffer]:
        """One frame: image header and pixels."""
        if self._paint is not None:
            self._paint(self, moment)
        pixels = self.image if self.floats is None else self.floats.view(np.uint8)
        return self.image_header, pixels.reshape(-1).data


def _radiance(camera: _BufferCamera, moment: Moment) -> None:
    if camera.floats is not None:
        camera.floats[:, :, :3] = camera.look(moment, lit=True).radiance


def _color(camera: _BufferCamera, moment: Moment) -> None:
    """The picture as a fixed exposure shows it: full scale at four times the mean, sRGB."""
    from sensors.isp import srgb_encoded

    radiance = camera.look(moment, lit=True).radiance
    shown = radiance.astype(np.float64) / max(4.0 * float(radiance.mean()), 1e-6)
    camera.image[:, :, 2::-1] = np.rint(srgb_encoded(shown) * 255.0).astype(np.uint8)


def _depth(camera: _BufferCamera, moment: Moment) -> None:
    depth_bytes(depth_m(camera.look(moment), camera.lens), camera.image)


def _stencil(camera: _BufferCamera, moment: Moment) -> None:
    camera.image[:, :, :3] = TAG_OF_CLASS[camera.look(moment).semantic][:, :, None]


def _normal(camera: _BufferCamera, moment: Moment) -> None:
    np.copyto(camera.image[:, :, :3], normal_bytes(camera.look(moment).normal_world))


def _surface(camera: _BufferCamera, moment: Moment) -> None:
    surfaces = camera.surfaces(moment)
    for channel, values in ((2, surfaces.metallic), (1, surfaces.specular), (0, surfaces.roughness)):
        camera.image[:, :, channel] = np.rint(values * 255.0).clip(0.0, 255.0).astype(np.uint8)


def _base_color(camera: _BufferCamera, moment: Moment) -> None:
    from sensors.isp import srgb_encoded

    shown = srgb_encoded(camera.surfaces(moment).albedo.astype(np.float64))
    camera.image[:, :, 2::-1] = np.rint(shown * 255.0).astype(np.uint8)


def _velocity(camera: _BufferCamera, moment: Moment) -> None:
    if camera.floats is not None:
        flow_of(camera.look(moment, flow=True), camera.lens, camera.floats)


_PAINTERS: Mapping[GBuffer, Callable[[_BufferCamera, Moment], None]] = {
    GBuffer.SCENE_COLOR: _color,
    GBuffer.SCENE_DEPTH: _depth,
    GBuffer.SCENE_STENCIL: _stencil,
    GBuffer.NORMAL: _normal,
    GBuffer.SURFACE: _surface,
    GBuffer.BASE_COLOR: _base_color,
    GBuffer.VELOCITY: _velocity,
    GBuffer.CUSTOM_STENCIL: _stencil,
}
