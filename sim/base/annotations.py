"""The labels of one camera frame. Every value comes from the rays of the image itself, or from the posed mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Box2D = tuple[float, float, float, float]
"""x_min, y_min, x_max, y_max in px, pixel centres at integers, so a single pixel (3, 5) is (2.5, 4.5, 3.5, 5.5)."""


@dataclass(frozen=True)
class RunLengths:
    """A mask of the image as COCO's compressed run lengths, column by column: what pycocotools.mask.decode takes.

    `size` is (height, width) in px, `counts` the text.
    """

    size: tuple[int, int]
    counts: str


@dataclass(frozen=True)
class BehindGlass:
    """Labels of what is seen through panes, (height, width) each; 0 and a range of inf where the first surface is no pane."""

    instance: NDArray[np.uint32]
    semantic: NDArray[np.uint8]
    part: NDArray[np.uint8]
    range_m: NDArray[np.float32]


@dataclass(frozen=True)
class ObjectLabel:
    """One object in one frame.

    `box_visible_px` bounds the visible pixels (None when there are none). `box_amodal_px` bounds the whole silhouette as
    if nothing stood in front, clipped to the image; `truncation` is the share of the unclipped amodal box outside the image.
    `visible_pixels` counts pixels whose label ray hit the object; `amodal_pixels` those that would, were it alone;
    `occlusion` = 1 - visible / amodal. The 3D box is tight around the posed mesh at the object's mid-exposure time
    `time_flicks`: centre, full size (length, width, height) and orientation in world; not CARLA's bounding_box.
    `light_state` (traffic lights) and `sign` ("stop", "yield", "speed_50") are joined to the object's id. `amodal_mask`, where
    asked for, holds the `amodal_pixels` themselves.
    """

    track_id: int
    object_class: int
    type_id: str
    box_visible_px: Box2D | None
    box_amodal_px: Box2D | None
    visible_pixels: int
    amodal_pixels: int
    occlusion: float
    truncation: float
    time_flicks: int
    center_world_m: tuple[float, float, float]
    size_m: tuple[float, float, float]
    rpy_rad: tuple[float, float, float]
    velocity_world_mps: tuple[float, float, float]
    angular_velocity_world_radps: tuple[float, float, float]
    box_at_tick_center_world_m: tuple[float, float, float]
    box_at_tick_rpy_rad: tuple[float, float, float]
    distance_m: float
    light_state: str = ""
    sign: str = ""
    role_name: str = ""
    amodal_mask: RunLengths | None = None


@dataclass(frozen=True)
class FrameAnnotations:
    """All labels of one frame. Buffers are (height, width[, channels]).

    `instance` uint32: track id, or state.SUPPORT_INSTANCE_BASE + track id (the pole of a sign), STATIC_INSTANCE_BASE + row,
    GROUND_INSTANCE_BASE + surface, 0 sky.
    `semantic` uint8: taxonomy.ObjectClass. `part` uint8: parts.PartKind. `depth_m` float32: z along the optical axis of the
    row's own camera, inf for sky; `range_m` along the ray. `normal_world` float32. `flow_backward_px` float32: where this
    point was one frame ago, minus where it is. `row_time_flicks` (height,): each row's mid-exposure time.
    `world_from_camera_rows` (height, 3, 4) float64.

    On request only, else None: `flow_forward_of_previous_px`, for each pixel of this camera's previous frame, of tick
    `previous_tick`, where its point is now, minus where it was (it cannot be told before); `albedo` (height, width, 3) and
    `roughness` float32; `behind_glass`; `soiling` uint8, sensors.optics.soiling.SoilingClass. docs/labels.md defines them all.
    """

    camera: str
    tick: int
    time_flicks: int
    objects: tuple[ObjectLabel, ...]
    instance: NDArray[np.uint32]
    semantic: NDArray[np.uint8]
    part: NDArray[np.uint8]
    depth_m: NDArray[np.float32]
    range_m: NDArray[np.float32]
    normal_world: NDArray[np.float32]
    flow_backward_px: NDArray[np.float32]
    row_time_flicks: NDArray[np.int64]
    world_from_camera_rows: NDArray[np.float64]
    ego_position_world_m: tuple[float, float, float]
    ego_rpy_rad: tuple[float, float, float]
    flow_forward_of_previous_px: NDArray[np.float32] | None = None
    previous_tick: int | None = None
    albedo: NDArray[np.float32] | None = None
    roughness: NDArray[np.float32] | None = None
    behind_glass: BehindGlass | None = None
    soiling: NDArray[np.uint8] | None = None
