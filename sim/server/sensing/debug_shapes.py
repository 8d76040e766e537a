"""What clients draw into the world with world.debug: seen by RGB cameras, hidden by what stands in front.

Points, lines, arrows and boxes, each until its time is up: life_time below 0 is one frame, 0 is for ever. A line's thickness is
a width in the world, at least a pixel; a point is 100 size pixels wide at any distance, as Unreal draws them. Strings and the
HUD's shapes are shown in CARLA's own window alone, never in its cameras: they are read, checked and not drawn here. Colours
are those of the picture: exposure does not touch them. Tested by tests/server/test_debug_shapes.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.base import carla_axes, frames
from sim.server.carla_values import finite, location, triple
from sim.server.errors import CallError

if TYPE_CHECKING:
    from rendering.buffers import Buffers
    from sim.server.sensing.lens import LensRays

Float64 = NDArray[np.float64]

MAX_LINES = 100_000
POINT_PX_PER_SIZE = 100.0
_MAX_SIZE_M = 1e4
_POINT, _LINE, _ARROW, _BOX, _STRING = range(5)
_HUD_KINDS = range(5, 9)
_COLUMNS = 13
_THICKNESS, _RADIUS, _COLOR, _UNTIL, _FRAME = 6, 7, 8, 11, 12


class DebugShapes:
    """The shapes of one episode as rows: begin 3, end 3, thickness, radius in px, B G R, last instant in s, first frame."""

    def __init__(self) -> None:
        self._rows: Float64 = np.zeros((0, _COLUMNS))

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, shape: Any, now_s: float, frame: int) -> None:
        """Take over a DebugShape; CallError when it is none."""
        if not isinstance(shape, (list, tuple)) or len(shape) < 3 or not isinstance(shape[0], (list, tuple)):
            raise CallError(f"debug shape: found {str(shape)[:80]}; expected [[kind, shape], color, life_time]")
        kind, body = shape[0][0], shape[0][1]
        red, green, blue = triple(shape[1], "debug shape's color")
        life_s = finite(shape[2], "debug shape's life_time", 1e12)
        if kind == _STRING or kind in _HUD_KINDS:
            return
        begin, end, thickness_m, radius_px = _lines_of(kind, body)
        if len(self._rows) + len(begin) > MAX_LINES:
            raise CallError(
                f"debug shapes: found {len(self._rows)} lines; allowed are {MAX_LINES}; clear_debug_shape first"
            )
        rows = np.empty((len(begin), _COLUMNS))
        rows[:, 0:3], rows[:, 3:6], rows[:, _THICKNESS], rows[:, _RADIUS] = begin, end, thickness_m, radius_px
        rows[:, _COLOR : _COLOR + 3] = (blue, green, red)
        rows[:, _UNTIL] = np.inf if life_s == 0.0 else now_s + max(life_s, 0.0)
        rows[:, _FRAME] = frame + 1
        self._rows = np.concatenate([self._rows, rows])

    def clear(self) -> None:
        """Take all shapes away."""
        self._rows = self._rows[:0]

    def forget(self, now_s: float, frame: int) -> None:
        """Take away those whose time was up before this tick; each lasts one frame at least."""
        if len(self._rows):
            self._rows = self._rows[(self._rows[:, _UNTIL] >= now_s - 1e-9) | (self._rows[:, _FRAME] >= frame)]

    def at_this_tick(self) -> DebugShapes:
        """The same shapes, untouched by what is added and taken away later."""
        shapes = DebugShapes()
        shapes._rows = self._rows  # these arrays are replaced, never written into
        return shapes

    def draw(self, image: NDArray[np.uint8], seen: Buffers, lens: LensRays, world_from_sensor: Float64) -> None:
        """Draw them into a picture (H, W, 4) whose rays reach as far as `seen` says."""
        if not len(self._rows):
            return
        from sim.server.kernels.debug_lines import draw_lines

        rows = self._rows
        camera_from_world = frames.inverse(world_from_sensor @ frames.SENSOR_FROM_CAMERA)
        begin, end = (frames.apply(camera_from_world, rows[:, k : k + 3]) for k in (0, 3))
        draw_lines(
            image,
            seen.range_m,
            lens.plane,
            lens.focal_px,
            lens.distorted,
            begin,
            end,
            np.ascontiguousarray(rows[:, _THICKNESS]),
            np.ascontiguousarray(rows[:, _RADIUS]),
            np.ascontiguousarray(rows[:, _COLOR : _COLOR + 3]),
        )


def _lines_of(kind: Any, body: Any) -> tuple[Float64, Float64, float, float]:
    """Lines (N, 3) to (N, 3) of a shape, their thickness in m, and their half width in px where that counts instead."""
    sizes = {_POINT: 2, _LINE: 3, _ARROW: 2, _BOX: 3}
    if not isinstance(body, (list, tuple)) or kind not in sizes or len(body) < sizes[kind]:
        raise CallError(
            f"debug shape: found kind {kind} with {str(body)[:80]}; allowed kinds are 0 to 8 with their fields"
        )
    if kind == _POINT:
        place = location(body[0])[None]
        return place, place, 0.0, max(0.5 * POINT_PX_PER_SIZE * finite(body[1], "point's size", 100.0), 0.5)
    if kind == _LINE:
        return _line(body)
    if kind == _ARROW:
        return _arrow(*_line(body[0]), finite(body[1], "arrow's size", _MAX_SIZE_M))
    return _box(body[0], body[1], finite(body[2], "box's thickness", _MAX_SIZE_M))


def _line(body: Sequence[Any]) -> tuple[Float64, Float64, float, float]:
    if not isinstance(body, (list, tuple)) or len(body) < 3:
        raise CallError(f"debug line: found {str(body)[:80]}; expected [begin, end, thickness]")
    return location(body[0])[None], location(body[1])[None], finite(body[2], "line's thickness", _MAX_SIZE_M), 0.0


def _arrow(
    begin: Float64, end: Float64, thickness_m: float, radius_px: float, size_m: float
) -> tuple[Float64, Float64, float, float]:
    """A line and four barbs at 45° behind its end."""
    along = end[0] - begin[0]
    length = float(np.linalg.norm(along))
    if length < 1e-9:
        return begin, end, thickness_m, radius_px
    along = along / length
    aside = np.cross(along, [0.0, 0.0, 1.0] if abs(along[2]) < 0.99 else [1.0, 0.0, 0.0])
    aside /= np.linalg.norm(aside)
    up = np.cross(aside, along)
    barbs = end[0] + size_m * (np.array([aside, -aside, up, -up]) - along)
    return np.concatenate([begin, np.repeat(end, 4, axis=0)]), np.concatenate([end, barbs]), thickness_m, radius_px


def _box(box: Any, rotation: Any, thickness_m: float) -> tuple[Float64, Float64, float, float]:
    if not isinstance(box, (list, tuple)) or len(box) < 2:
        raise CallError(f"debug box: found {str(box)[:80]}; expected [BoundingBox, Rotation, thickness]")
    extent = np.abs(np.array(triple(box[1], "box's extent", _MAX_SIZE_M)))
    turn = frames.rotation_from_rpy(carla_axes.rpy_from_carla(triple(rotation, "box's rotation")))
    corners = location(box[0]) + frames.box_corners(np.zeros(3), extent) @ turn.T
    edges = [(i, i | bit) for bit in (1, 2, 4) for i in range(8) if not i & bit]
    first, last = (np.array(side) for side in zip(*edges, strict=True))
    return corners[first], corners[last], thickness_m, 0.0
