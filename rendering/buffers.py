"""What goes into a render and what comes out: a bundle of rays, and radiance with labels from those same rays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.base.errors import RenderError

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class View:
    """The rays of one exposure.

    `directions_camera` (H, W, 3) float32 unit vectors in optical axes (x right, y down, z forward), one per pixel centre;
    a zero vector marks a pixel outside the lens's image circle. `world_from_camera_rows` (H, 3, 4) float64 is the pose at
    each row's mid-exposure time, `row_time` (H,) float32 that time as a fraction of the scene's window [begin, end].
    `previous_world_from_camera_rows` is the same of the previous frame (for flow), or None.
    `exposure_s`, the lens's `aperture_m` and the camera's `velocity_world_mps` are for what falls through the picture.
    `pixel_angle_rad` is the angle one pixel subtends at the centre: the ray's footprint grows with it. `mains_hz`: lamps flicker
    as rendering.flicker says, those on the mains at twice this; 0: all shine at their mean.
    """

    directions_camera: Float32
    world_from_camera_rows: Float64
    row_time: Float32
    pixel_angle_rad: float
    previous_world_from_camera_rows: Float64 | None = None
    exposure_s: float = 0.002
    aperture_m: float = 0.0025
    velocity_world_mps: tuple[float, float, float] = (0.0, 0.0, 0.0)
    mains_hz: float = 0.0

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in px."""
        return self.directions_camera.shape[0], self.directions_camera.shape[1]


@dataclass(frozen=True)
class Buffers:
    """What the rays met; all (H, W[, C]), reused from frame to frame by whoever allocated them.

    `radiance` float32 RGB, linear Rec.709 scaled so that 0.2126 R + 0.7152 G + 0.0722 B is luminance in cd/m²; unclamped.
    `range_m` float32 along the ray, inf where nothing was hit. `normal_world` float32 unit, facing the camera, 0 for sky.
    `instance` uint32 (state's id spaces), `semantic` uint8 (ObjectClass) and `part` uint8 (PartKind) are of the centre ray.

    The rest is filled only where there is an array, and costs nothing where there is None. `previous_point_camera` float32
    (H, W, 3): the same material point in the optical axes of the same row of the previous frame's camera (sky: its
    direction). `albedo` (H, W, 3) linear Rec.709 and `roughness` (H, W), float32, both or neither: the material after its
    texture and before wetness; of a metal, its reflectance; 0 for the sky.
    """

    radiance: Float32
    range_m: Float32
    normal_world: Float32
    instance: NDArray[np.uint32]
    semantic: NDArray[np.uint8]
    part: NDArray[np.uint8]
    previous_point_camera: Float32 | None = None
    albedo: Float32 | None = None
    roughness: Float32 | None = None

    @classmethod
    def empty(cls, height_px: int, width_px: int, previous: bool = True, material: bool = False) -> Buffers:
        """Zeroed buffers of one image size; `previous` points and `material` (albedo, roughness) on request."""
        shape = (height_px, width_px)
        return cls(
            radiance=np.zeros((*shape, 3), np.float32),
            range_m=np.zeros(shape, np.float32),
            normal_world=np.zeros((*shape, 3), np.float32),
            instance=np.zeros(shape, np.uint32),
            semantic=np.zeros(shape, np.uint8),
            part=np.zeros(shape, np.uint8),
            previous_point_camera=np.zeros((*shape, 3), np.float32) if previous else None,
            albedo=np.zeros((*shape, 3), np.float32) if material else None,
            roughness=np.zeros(shape, np.float32) if material else None,
        )


@dataclass(frozen=True)
class Behind:
    """Labels of what is seen through glass, (H, W) each; where the first surface is no pane, 0 and a range of inf.

    `range_m` runs from the camera along the ray, through all panes, to the first thing that is none; sky behind glass has
    class SKY.
    """

    instance: NDArray[np.uint32]
    semantic: NDArray[np.uint8]
    part: NDArray[np.uint8]
    range_m: Float32

    @classmethod
    def empty(cls, height_px: int, width_px: int) -> Behind:
        """Room for one image."""
        shape = (height_px, width_px)
        return cls(
            np.zeros(shape, np.uint32),
            np.zeros(shape, np.uint8),
            np.zeros(shape, np.uint8),
            np.zeros(shape, np.float32),
        )


@dataclass(frozen=True)
class Silhouette:
    """One object traced alone: as if nothing stood in front. `box_px` is (x_min, y_min, x_max, y_max) of its pixels.

    `mask` (H, W) uint8, 1 on its pixels, only of objects whose mask was asked for.
    """

    track_id: int
    pixel_count: int
    box_px: tuple[float, float, float, float] | None
    mask: NDArray[np.uint8] | None = None


def check_buffers(buffers: Buffers, view: View) -> None:
    """Refuse arrays into or from which the kernels, which only see addresses, would run astray."""
    height, width = view.shape
    for name, (channels, dtype) in _BUFFER_LAYOUT.items():
        found, shape = getattr(buffers, name), (height, width, *channels)
        if found is None and name in _OPTIONAL_BUFFERS:
            continue
        if found.shape != shape or found.dtype != dtype or not found.flags.c_contiguous:
            raise RenderError(
                f"Scene.render: found out.{name} of shape {found.shape}, {found.dtype}; the view needs a contiguous {shape} of "
                f"{np.dtype(dtype)}; make it with Buffers.empty({height}, {width})"
            )
    if (buffers.albedo is None) != (buffers.roughness is None):
        raise RenderError("Scene.render: found only one of out.albedo and out.roughness; give both, or neither")
    previous = view.previous_world_from_camera_rows
    poses = [view.world_from_camera_rows] + ([] if previous is None else [previous])
    if any(rows.shape != (height, 3, 4) for rows in poses) or view.row_time.shape != (height,):
        raise RenderError(
            f"Scene.render: found poses {', '.join(str(rows.shape) for rows in poses)} and times {view.row_time.shape}; "
            f"expected ({height}, 3, 4) and ({height},), one for each row of directions_camera"
        )


_BUFFER_LAYOUT: dict[str, tuple[tuple[int, ...], type]] = {
    "radiance": ((3,), np.float32),
    "range_m": ((), np.float32),
    "normal_world": ((3,), np.float32),
    "instance": ((), np.uint32),
    "semantic": ((), np.uint8),
    "part": ((), np.uint8),
    "previous_point_camera": ((3,), np.float32),
    "albedo": ((3,), np.float32),
    "roughness": ((), np.float32),
}
"""Channels and dtype of each array of Buffers."""
_OPTIONAL_BUFFERS = frozenset({"previous_point_camera", "albedo", "roughness"})
