"""Debug shapes in the picture: where they are drawn, what hides them, and how long they last."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rendering.buffers import Buffers
from sim.server.errors import CallError
from sim.server.sensing.debug_shapes import DebugShapes
from sim.server.sensing.lens import LensRays, _rays

_GREEN = [0, 255, 0]
_AHEAD = np.eye(4)
"""A sensor at the origin that looks along x."""


def _lens(**changed: float) -> LensRays:
    values = {"multiplier": 0.0, "falloff": 5.0, "k": -1.0, "kcube": 0.0, "x_size": 0.08, "y_size": 0.08} | changed
    return _rays(200, 100, 90.0, *values.values())


def _seen(range_m: float) -> Buffers:
    buffers = Buffers.empty(100, 200)
    buffers.range_m[:] = range_m
    return buffers


def _line(begin: Any, end: Any, thickness_m: float = 0.1, life_s: float = 0.0) -> Any:
    return [[1, [begin, end, thickness_m]], _GREEN, life_s, False]


def _drawn(shape: Any, range_m: float = np.inf, lens: LensRays | None = None) -> NDArray[np.bool_]:
    shapes, image = DebugShapes(), np.zeros((100, 200, 4), np.uint8)
    shapes.add(shape, 0.0, 1)
    shapes.draw(image, _seen(range_m), lens or _lens(), _AHEAD)
    assert not image[:, :, [0, 2]].any(), "green only"
    return np.asarray(image[:, :, 1] > 127)


def test_a_line_is_where_the_pinhole_puts_it_and_as_thick() -> None:
    # 10 m ahead, from 4 m left (CARLA's y = -4) to 4 m right, 1 m up; the focal length is 100 px
    found = _drawn(_line([10.0, -4.0, 1.0], [10.0, 4.0, 1.0], 0.4))
    rows, columns = np.nonzero(found)
    assert rows.min() == 38
    assert rows.max() == 41, "39.5 px from the top, 4 px thick"
    assert abs(columns.min() - 59.5) <= 2.5
    assert abs(columns.max() - 139.5) <= 2.5


def test_what_stands_in_front_hides_it() -> None:
    line = _line([10.0, -1.0, 0.0], [10.0, 1.0, 0.0])
    assert _drawn(line, 9.0).sum() == 0
    assert _drawn(line, 11.0).sum() > 15
    slanting = _drawn(_line([5.0, 2.0, 0.0], [15.0, 2.0, 0.0]), 8.0)
    whole = _drawn(_line([5.0, 2.0, 0.0], [15.0, 2.0, 0.0]))
    assert 0 < slanting.sum() < whole.sum(), "half of it is hidden"


def test_behind_the_camera_is_nothing_and_through_it_a_part() -> None:
    assert not _drawn(_line([-5.0, 0.0, 0.0], [-1.0, 1.0, 0.0])).any()
    assert _drawn(_line([-5.0, 1.0, -1.0], [10.0, 1.0, -1.0])).any()


def test_a_point_is_as_wide_at_any_distance() -> None:
    near, far = (_drawn([[0, [[x, 0.0, 0.0], 0.1]], _GREEN, 0.0, False]).sum() for x in (5.0, 50.0))
    assert near == far
    assert near == pytest.approx(np.pi * 25.0, rel=0.1), "10 px across"


def test_a_box_has_twelve_edges_and_an_arrow_a_head() -> None:
    box = _drawn([[3, [[[10.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0, 0, 0], 0], [0.0, 0.0, 0.0], 0.05]], _GREEN, 0.0, False])
    assert box[38, 100]
    assert not box[44, 94], "its faces are open"
    arrow = _drawn([[2, [[[10.0, -2.0, 0.0], [10.0, 2.0, 0.0], 0.02], 0.5]], _GREEN, 0.0, False])
    line = _drawn(_line([10.0, -2.0, 0.0], [10.0, 2.0, 0.0], 0.02))
    assert arrow.sum() > line.sum() + 5


def test_a_distorted_lens_bends_them_as_it_bends_the_scene() -> None:
    lens = _lens(multiplier=10.0, falloff=0.0, k=0.2)
    found = _drawn(_line([10.0, -0.01, -3.0], [10.0, 0.01, -3.0], 0.4), lens=lens)
    rows, columns = np.nonzero(found)
    place = lens.plane[int(np.median(rows)), int(np.median(columns))]
    assert place == pytest.approx([0.0, 0.3], abs=0.015)


def test_each_lasts_as_long_as_it_was_told() -> None:
    shapes = DebugShapes()
    for life_s in (-1.0, 0.1, 0.0):
        shapes.add(_line([1.0, 0.0, 0.0], [2.0, 0.0, 0.0], life_s=life_s), 5.0, 100)
    counts = []
    for k in range(1, 5):
        shapes.forget(5.0 + 0.05 * k, 100 + k)
        counts.append(len(shapes))
    assert counts == [3, 2, 1, 1]
    shapes.clear()
    assert not shapes


@pytest.mark.parametrize(
    "shape", [None, [], [[1, []], _GREEN, 0.0], [[9, [0]], _GREEN, 0.0], [[1, [[0, 0, 0], "x", 1]], _GREEN, 0]]
)
def test_garbage_is_refused(shape: Any) -> None:
    with pytest.raises(CallError):
        DebugShapes().add(shape, 0.0, 1)
