"""Straight edges as pixels see them: exact shares of pixels in a picture, and a wall with an edge in the world for label alignment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rendering.buffers import Behind, Buffers, Silhouette, View
from rendering.motion import Motion
from sim.base.state import WorldState

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

DARK_ID, BRIGHT_ID = 0x4000_0001, 0x4000_0002
"""Instances of the two halves of the wall."""


def half_plane_share(distance_px: Float64, normal: tuple[float, float] | Float64) -> Float64:
    """Share of each square pixel beyond a straight edge, from the signed distance (...) of its centre and the unit normal (..., 2).

    The integral of a trapezoid: a square seen along the edge is a box of width |nx| blurred by one of width |ny|.
    """
    sides = np.sort(np.abs(np.asarray(normal, dtype=np.float64)), axis=-1)
    narrow, wide = np.maximum(sides[..., 0], 1e-6), np.maximum(sides[..., 1], 1e-6)

    def ramp(x: Float64) -> Float64:
        return np.asarray(np.maximum(x, 0.0) ** 2)

    d = np.asarray(distance_px, dtype=np.float64)
    outer, inner = 0.5 * (wide + narrow), 0.5 * (wide - narrow)
    share = (ramp(d + outer) - ramp(d + inner) - ramp(d - inner) + ramp(d - outer)) / (2.0 * narrow * wide)
    return np.asarray(np.clip(share, 0.0, 1.0))


class EdgeWall:
    """A scene of one plane wall across the road, dark left of a slanted line and bright right of it, and nothing else.

    The wall stands at x = `ahead_m`; the line passes through y = `left_m` at height `height_m` and leans by `slope` metres to the
    left for each metre upwards. `misaligned_px` moves the light, but not the labels, by as much to the right: a wrong camera.
    """

    def __init__(
        self,
        ahead_m: float,
        left_m: float,
        height_m: float,
        slope: float,
        luminance_cd_m2: float,
        misaligned_px: float = 0.0,
    ) -> None:
        """Luminance is that of the bright half; the dark one has a twentieth."""
        self._ahead_m, self._left_m, self._height_m, self._slope = ahead_m, left_m, height_m, slope
        self._luminance = luminance_cd_m2
        self._misaligned_px = misaligned_px

    def set_states(
        self,
        begin: WorldState,
        end: WorldState,
        previous: WorldState | None,
        hidden_track_ids: frozenset[int] = frozenset(),
    ) -> None:
        """Nothing moves but the camera, whose poses come with the view."""

    def _beyond(self, view: View) -> tuple[Float64, NDArray[np.bool_], Float64]:
        """Metres right of the line on the wall, where the wall is seen, and the range; (H, W) each."""
        rows = view.world_from_camera_rows
        direction = np.einsum("rij,rcj->rci", rows[:, :, :3], view.directions_camera.astype(np.float64))
        seen = direction[..., 0] > 0.05
        along = (self._ahead_m - rows[:, None, 0, 3]) / np.where(seen, direction[..., 0], 1.0)
        y = rows[:, None, 1, 3] + along * direction[..., 1]
        z = rows[:, None, 2, 3] + along * direction[..., 2]
        return (self._left_m + self._slope * (z - self._height_m)) - y, seen, along

    def render(self, view: View, out: Buffers | None = None) -> Buffers:
        """Labels by centre rays; light by each pixel's share, from the distance's slope across the picture."""
        out = out or Buffers.empty(*view.shape)
        beyond, seen, along = self._beyond(view)
        out.instance[:] = np.where(seen, np.where(beyond > 0.0, BRIGHT_ID, DARK_ID), 0)
        out.semantic[:] = 0
        out.part[:] = 0
        out.range_m[:] = np.where(seen, along, np.inf)
        out.normal_world[:] = (-1.0, 0.0, 0.0)
        down, across = np.gradient(beyond)
        slope = np.maximum(np.hypot(down, across), 1e-12)
        normal = np.stack([across, down], axis=-1) / slope[..., None]
        distance_px = beyond / slope - self._misaligned_px * normal[..., 0]
        share = np.where(seen, half_plane_share(distance_px, normal), 0.0)
        out.radiance[:] = (self._luminance * (0.05 + 0.95 * share))[..., None]
        return out

    def motion(self, view: View) -> Motion:
        """Everything stands still."""
        return Motion(
            view, np.ones(view.shape, np.int32), np.zeros((1, 24), np.float32), np.ones(1, np.int64), np.zeros(3)
        )

    def silhouettes(
        self, view: View, track_ids: Sequence[int], masked: frozenset[int] = frozenset()
    ) -> list[Silhouette]:
        """There are no objects."""
        return []

    def behind_glass(self, view: View, front: Buffers, out: Behind | None = None) -> Behind:
        """There is no glass."""
        return Behind.empty(*view.shape)

    def posed_vertices(self, track_id: int, fraction: float) -> Float64:
        """There are no objects."""
        return np.zeros((0, 3))

    def posed_box(self, track_id: int, fraction: float) -> tuple[Float64, Float64, Float64]:
        """There are no objects."""
        return np.zeros(3), np.zeros(3), np.zeros(3)
