"""What each read of a frame sees of a moving world: light integrated over its window of time.

The scene is rendered once, at every row's mid-exposure time. Here that picture is integrated along the motion of its own pixels
over each read's window (sensors.kernels.blur), with the motion of camera and actors from the states and the rendered ranges
(sensors.image_motion). A read whose window lies off mid-exposure sees what moves elsewhere: the ghosts of staggered exposures.
Labels stay at mid-exposure. Limits: what a moving thing hid at mid-exposure is guessed from beside it; mirror images move with the
mirror, limbs with the body, wheels without rolling. Tested by tests/sensors/test_shutter.py against rendered instants.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rendering.buffers import Buffers
from rendering.embree import aligned
from rendering.kernels.lanes import LANES
from sensors.bands import over_rows
from sensors.camera_config import CameraConfig
from sensors.exposed import Shot
from sensors.image_motion import LensNodes, twists_of
from sensors.kernels.blur import AMISS_PX, LEAST_PX, REACH_ENTRIES, gather, spread_edges
from sensors.kernels.blur_lanes import ROOM_ROWS, fill_room
from sensors.kernels.image_motion import FASTEST2, TILE, TILE_ENTRIES, describe_tiles, velocity_rows
from sensors.lens import Lens
from sensors.optics.windscreen import shifted_camera
from sensors.timing import ReadWindow
from sim.base.state import WorldState

Float32 = NDArray[np.float32]


class Shutter:
    """Integrates the light of one camera's frames; its arrays are reused from frame to frame."""

    def __init__(self, config: CameraConfig, lens: Lens, threads: int = 2) -> None:
        """Find the lens's derivatives, unless the camera's motion blur is off."""
        self._config = config
        self._lens = lens
        self._threads = threads
        self._on = config.shutter.motion_blur != "off"
        if not self._on:
            return
        height, width = config.sensor.height_px, config.sensor.width_px
        self._nodes = LensNodes(lens)
        self._derivatives = self._nodes.derivatives.astype(np.float32)
        self._ego_from_camera = shifted_camera(config)
        self._dark_corners = not bool(lens.directions.any(axis=-1).all())
        self.velocity_px_s: Float32 = np.zeros((2, height, width), np.float32)
        """x, y (2, H, W) of the frame integrated last: velocity of each pixel's content, NaN outside the image circle."""
        shape = (-(-height // TILE), -(-width // TILE))
        self._tiles: Float32 = np.zeros((*shape, TILE_ENTRIES), np.float32)
        self._reach: Float32 = np.zeros((*shape, REACH_ENTRIES), np.float32)
        self._lights: list[Float32] = []

    def integrate(
        self, buffers: Buffers, states: Sequence[WorldState], shot: Shot, windows: Sequence[ReadWindow]
    ) -> list[Float32]:
        """One radiance (H, W, 3) for each window: `buffers.radiance` itself where nothing moves as far as LEAST_PX, or blur is off."""
        if not self._on:
            return [buffers.radiance] * len(windows)
        spans = [_span(window) for window in windows]
        farthest_s = max(max(abs(begin), abs(end)) for begin, end in spans)
        self._find_velocity(buffers, states, shot, farthest_s)
        fastest_px_s = float(np.sqrt(max(self._tiles[:, :, FASTEST2].max(), 0.0)))
        lights: dict[tuple[float, float], Float32] = {}
        for begin_s, end_s in spans:
            if fastest_px_s * max(abs(begin_s), abs(end_s)) <= LEAST_PX:
                lights[begin_s, end_s] = buffers.radiance
            elif (begin_s, end_s) not in lights:
                lights[begin_s, end_s] = self._gather(buffers, begin_s, end_s, len(lights))
        return [lights[span] for span in spans]

    def _find_velocity(self, buffers: Buffers, states: Sequence[WorldState], shot: Shot, farthest_s: float) -> None:
        nodes = self._nodes
        twists = twists_of(states, shot, self._ego_from_camera, nodes.rows, 2.0 * farthest_s)
        turned = np.cross(twists.still[:, None, 3:], nodes.rays)
        fields = np.concatenate(
            [
                np.einsum("nkij,nj->nki", nodes.derivatives, twists.still[:, :3]),
                np.einsum("nkij,nkj->nki", nodes.derivatives, turned),
            ],
            axis=-1,
        ).astype(np.float32)
        moving = twists.moving.astype(np.float32)
        sensor = self._config.sensor

        def rows(first: int, last: int) -> None:
            velocity_rows(
                fields, self._derivatives, buffers.range_m, self._lens.directions, buffers.instance, twists.track_ids, moving,
                sensor.row_time_s, self._dark_corners, first, last, self.velocity_px_s,
            )  # fmt: skip

        def tiles(first: int, last: int) -> None:
            columns = np.empty((2, sensor.width_px), np.float32)
            jump_px_s = AMISS_PX / farthest_s
            describe_tiles(
                self.velocity_px_s, buffers.range_m, buffers.instance, jump_px_s, first, last, columns, self._tiles
            )

        over_rows(sensor.height_px, self._threads, rows)
        over_rows(self._tiles.shape[0], self._threads, tiles)

    def _gather(self, buffers: Buffers, begin_s: float, end_s: float, index: int) -> Float32:
        while len(self._lights) <= index:
            self._lights.append(aligned(buffers.radiance.size, np.float32).reshape(buffers.radiance.shape))
        out = self._lights[index]
        spread_edges(self._tiles, begin_s, end_s, self._reach)

        def band(first: int, last: int) -> None:
            room = aligned(ROOM_ROWS * LANES, np.float32).reshape(ROOM_ROWS, LANES)
            fill_room(room)
            gather(
                buffers.radiance, self.velocity_px_s, buffers.range_m, buffers.instance, self._tiles,
                self._reach, begin_s, end_s, first, last,
                room, out,
            )  # fmt: skip

        over_rows(self._tiles.shape[0], self._threads, band)
        return out


def _span(window: ReadWindow) -> tuple[float, float]:
    """Begin and end of a window, in s after the row's mid-exposure time."""
    return window.middle_s - 0.5 * window.duration_s, window.middle_s + 0.5 * window.duration_s
