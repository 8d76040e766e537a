"""CARLA's cameras of labels: depth, semantic and instance segmentation, normals, optical flow.

Each pixel tells what its centre ray met, in CARLA 0.9.16's encoding. Pixels of instance segmentation carry the low 16 bits of
an id (G low byte, B high byte): an actor's id, an environment object's id, or the ground surface's number; R tells which kind
of thing it is. Tested by tests/server/test_sensors_cameras.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.base.errors import RenderError
from sim.base.state import GROUND_INSTANCE_BASE, STATIC_INSTANCE_BASE
from sim.base.taxonomy import CLASS_NAMES
from sim.server.sensing.look import Camera

if TYPE_CHECKING:
    from rendering.buffers import Buffers
    from sim.server.actor_table import ActorEntry
    from sim.server.sensing.lens import LensRays
    from sim.server.sensing.station import Buffer, Moment
    from sim.server.world import World

UInt8 = NDArray[np.uint8]

FAR_M = 1000.0
DEPTH_STEPS = (1 << 24) - 1
LARGEST_FLOW = 2.0
_LEAST_DEPTH_M = 1e-3
TAG_OF_CLASS: UInt8 = np.zeros(256, dtype=np.uint8)
for _class, _names in CLASS_NAMES.items():
    TAG_OF_CLASS[int(_class)] = _names.carla_tag
TAG_OF_CLASS.setflags(write=False)


class LabelImage(Camera):
    """An image of four bytes a pixel, B G R A; a subclass fills the colours."""

    def __init__(self, entry: ActorEntry, world: World) -> None:
        super().__init__(entry, world)
        self.image: UInt8 = np.zeros((self.lens.height, self.lens.width, 4), dtype=np.uint8)
        self.image[:, :, 3] = 255

    def sense(self, moment: Moment) -> Sequence[Buffer]:
        """One image: its header and BGRA pixels."""
        self.paint(moment, self.look(moment))
        return self.image_header, self.image.reshape(-1).data

    def paint(self, moment: Moment, seen: Buffers) -> None:
        """Fill the image."""
        raise NotImplementedError


class DepthCamera(LabelImage):
    """sensor.camera.depth: distance along the optical axis; R + 256 G + 65536 B = 16777215 d / 1000 m, at most all ones."""

    def paint(self, moment: Moment, seen: Buffers) -> None:
        """Pack planar depth into 24 bits."""
        depth_bytes(depth_m(seen, self.lens), self.image)


class SemanticCamera(LabelImage):
    """sensor.camera.semantic_segmentation: R is the tag of CARLA's CityObjectLabel."""

    def paint(self, moment: Moment, seen: Buffers) -> None:
        """Look tags up."""
        np.take(TAG_OF_CLASS, seen.semantic, out=self.image[:, :, 2])


class InstanceCamera(LabelImage):
    """sensor.camera.instance_segmentation: R is the tag, G and B the low and high byte of the instance."""

    def paint(self, moment: Moment, seen: Buffers) -> None:
        """Look tags up, and what instances are called outside."""
        number = public_number(seen.instance, moment.tick.builder.static_ids)
        self.image[:, :, 0] = number >> np.uint16(8)
        self.image[:, :, 1] = number & np.uint16(255)
        np.take(TAG_OF_CLASS, seen.semantic, out=self.image[:, :, 2])


class NormalsCamera(LabelImage):
    """sensor.camera.normals: R, G, B = (n + 1) / 2 of the normal in CARLA's *world* axes (x, y right, z up).

    In the world since 0.9.16; in view space before (CARLA pull request 8810). The sky has no normal and is (0.5, 0.5, 0.5).
    """

    def paint(self, moment: Moment, seen: Buffers) -> None:
        """Scale the normals to bytes."""
        np.copyto(self.image[:, :, :3], normal_bytes(seen.normal_world))


class FlowCamera(Camera):
    """sensor.camera.optical_flow: how far each point has moved since this camera's previous image, as two floats.

    x to the right and y *upwards*, in half image widths and heights: 2 dx / width and -2 dy / height of the displacement in
    pixels from the previous image to this one, each from -2 to 2 (CARLA issue 4795). Zero in the first image.
    """

    def __init__(self, entry: ActorEntry, world: World) -> None:
        super().__init__(entry, world)
        self.flow: NDArray[np.float32] = np.zeros((self.lens.height, self.lens.width, 2), dtype=np.float32)

    def sense(self, moment: Moment) -> Sequence[Buffer]:
        """One image: its header and pairs of floats."""
        flow_of(self.look(moment, flow=True), self.lens, self.flow)
        return self.image_header, self.flow.view(np.uint8).reshape(-1).data


def depth_m(seen: Buffers, lens: LensRays) -> NDArray[np.float64]:
    """Distance (H, W) along the optical axis; inf in the sky. float64, as 24 bits are finer than float32."""
    return np.multiply(seen.range_m, lens.directions[:, :, 2], dtype=np.float64)


def depth_bytes(depth: NDArray[np.float64], out: UInt8) -> None:
    """Depth (H, W) in m as 24 bits into the B, G and R of `out` (H, W, 4)."""
    share = np.minimum(depth, FAR_M) / FAR_M
    code = np.rint(share * DEPTH_STEPS).astype("<u4").view(np.uint8).reshape(out.shape)
    out[:, :, 2::-1] = code[:, :, :3]


def flow_of(seen: Buffers, lens: LensRays, out: NDArray[np.float32]) -> None:
    """Displacement (H, W, 2) since the previous look in CARLA's units, into `out`."""
    point = seen.previous_point_camera
    if point is None:
        raise RenderError("optical flow: found a render without previous points; LookBook.blank makes room for them")
    in_front = point[:, :, 2] > _LEAST_DEPTH_M
    depth = np.where(in_front, point[:, :, 2], np.float32(1.0))
    for axis, scale in ((0, 2.0 * lens.focal_px / lens.width), (1, -2.0 * lens.focal_px / lens.height)):
        moved = (lens.plane[:, :, axis] - point[:, :, axis] / depth) * np.float32(scale)
        np.clip(np.where(in_front, moved, np.float32(0.0)), -LARGEST_FLOW, LARGEST_FLOW, out=out[:, :, axis])


def normal_bytes(normal_world: NDArray[np.float32]) -> UInt8:
    """(H, W, 3) uint8 B, G, R of normals in our world axes: CARLA's y points the other way."""
    scaled = normal_world[:, :, ::-1] * np.array([127.5, -127.5, 127.5], dtype=np.float32)
    out: UInt8 = np.floor(scaled + np.float32(128.0)).clip(0.0, 255.0).astype(np.uint8)
    return out


def public_number(instance: NDArray[np.uint32], static_ids: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """The low 16 bits of what clients know a pixel's instance by; `static_ids` (S,) are those of the scene's objects."""
    number: NDArray[np.uint16] = (instance & np.uint32(0xFFFF)).astype(np.uint16)
    static = (instance >= STATIC_INSTANCE_BASE) & (instance < GROUND_INSTANCE_BASE)
    if len(static_ids) and static.any():
        number[static] = (static_ids[instance[static] - np.uint32(STATIC_INSTANCE_BASE)] & np.uint64(0xFFFF)).astype(
            np.uint16
        )
    return number
