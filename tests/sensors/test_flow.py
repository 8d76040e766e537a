"""Flow against a float64 account of the same motion: object, camera, rolling shutter and lens; both ways; and depth."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.buffers import View
from rendering.motion import GONE, MOVED, STILL, Motion, changes
from sensors.flow import depth_along_axis, flow_between
from sensors.lens import Lens
from sensors.rig import load_rig
from sim.base.frames import SENSOR_FROM_CAMERA, pose
from tests.sensors.test_lens import BROWN, FISHEYE, camera

SHIFT = 12


def lenses() -> list[Lens]:
    return [
        Lens(camera("brown_conrady", BROWN[5], 40.0, 250.0)),
        Lens(camera("brown_conrady", BROWN[14], 42.0, 250.0)),
        Lens(camera("kannala_brandt", FISHEYE, 97.0, 90.0)),
    ]


def frame(lens: Lens, time_s: float, row_time_s: float, slots: np.ndarray, serials=(1, 2)) -> Motion:
    """A camera and an instance (slot 1), both on straight paths that turn, at rows' own times; slot 0 stands still."""
    height = lens.directions.shape[0]
    times = time_s + row_time_s * np.arange(height)
    rows = np.stack([camera_pose(t) for t in times])
    share = np.linspace(0.0, 1.0, height).astype(np.float32) if row_time_s else np.zeros(height, np.float32)
    view = View(lens.directions, rows, share, lens.pixel_angle_rad)
    begin, end = thing_pose(times[0])[:3].ravel(), thing_pose(times[-1])[:3].ravel()
    transforms = np.zeros((2, 24), np.float32)
    transforms[0, :12] = np.eye(4)[:3].ravel()
    transforms[1, :12], transforms[1, 12:] = begin, end - begin
    return Motion(view, slots << SHIFT | 1, transforms, np.array(serials), np.zeros(3))


def camera_pose(t: float) -> np.ndarray:
    return (pose(np.array([12.0 * t, 0.4 * t, 1.4]), np.array([0.0, 0.01 * t, 0.15 * t])) @ SENSOR_FROM_CAMERA)[:3]


def thing_pose(t: float) -> np.ndarray:
    return pose(np.array([20.0 + 6.0 * t, -4.0 * t, 0.5]), np.array([0.0, 0.0, 0.7 * t]))


def expected(
    lens: Lens, ranges: np.ndarray, slots: np.ndarray, row: int, column: int, t: float, later: np.ndarray
) -> np.ndarray:
    """Flow of one pixel: the row whose time sees the point in that very row, found by trying them all."""
    a = camera_pose(t)
    world = a[:, :3] @ (lens.directions[row, column].astype(float) * ranges[row, column]) + a[:, 3]
    local = np.linalg.inv(thing_pose(t)) @ np.append(world, 1.0)
    points = []
    for when in later:
        there = (thing_pose(when) @ local)[:3] if slots[row, column] else world
        b = camera_pose(when)
        points.append((there - b[:, 3]) @ b[:, :3])
    pixels, valid = lens.project(np.array(points))
    best = int(np.argmin(np.abs(pixels[:, 1] - np.arange(len(later))))) if len(later) > 1 else 0
    return pixels[best] - (column, row) if valid[best] else np.full(2, np.nan)


@pytest.mark.parametrize("lens", lenses())
@pytest.mark.parametrize("row_time_s", [0.0, 3e-5])
@pytest.mark.parametrize("step_s", [0.05, -0.05])
def test_flow_is_that_of_the_point_in_the_row_that_sees_it(lens, row_time_s, step_s):
    rng = np.random.default_rng(2)
    height, width = lens.directions.shape[:2]
    slots = (rng.random((height, width)) < 0.5).astype(np.int32)
    ranges = rng.uniform(5.0, 60.0, (height, width)).astype(np.float32)
    first, second = frame(lens, 1.0, row_time_s, slots), frame(lens, 1.0 + step_s, row_time_s, slots)
    flow = flow_between(lens, ranges, first, second, 2)
    later = 1.0 + step_s + row_time_s * np.arange(height) if row_time_s else np.array([1.0 + step_s])
    errors, missing = [], 0
    for row, column in rng.integers(0, [height, width], (120, 2)):
        wanted = expected(lens, ranges, slots, row, column, 1.0 + row_time_s * row, later)
        if np.isnan(wanted).any() or not np.any(lens.directions[row, column]):
            missing += 1
            assert np.isnan(flow[row, column]).all() or not np.any(lens.directions[row, column])
        elif 0 <= row + wanted[1] < height:
            errors.append(np.abs(flow[row, column] - wanted).max())
    assert len(errors) > 40
    assert max(errors) < 0.02


def test_taking_the_same_row_of_both_frames_is_not_good_enough():
    """Negative control: with a slow rolling shutter, the row where the point lands decides its pose."""
    lens = lenses()[0]
    height, width = lens.directions.shape[:2]
    slots, ranges = np.zeros((height, width), np.int32), np.full((height, width), 8.0, np.float32)
    first, second = frame(lens, 1.0, 1e-4, slots), frame(lens, 1.05, 1e-4, slots)
    flow = flow_between(lens, ranges, first, second)
    row, column = 40, 30
    a, b = camera_pose(1.0 + 1e-4 * row), camera_pose(1.05 + 1e-4 * row)
    world = a[:, :3] @ (lens.directions[row, column].astype(float) * 8.0) + a[:, 3]
    naive = lens.project((world - b[:, 3]) @ b[:, :3])[0] - (column, row)
    assert np.abs(naive - flow[row, column]).max() > 0.05


def test_what_is_gone_has_no_flow_and_the_sky_only_turns():
    lens = lenses()[0]
    height, width = lens.directions.shape[:2]
    slots = np.zeros((height, width), np.int32)
    slots[:, : width // 2] = 1
    ranges = np.full((height, width), 9.0, np.float32)
    ranges[:50] = np.inf
    first, second = frame(lens, 1.0, 0.0, slots), frame(lens, 1.05, 0.0, slots, serials=(1, 7))
    assert changes(first, second).tolist() == [STILL, GONE]
    assert changes(first, frame(lens, 1.05, 0.0, slots)).tolist() == [STILL, MOVED]
    flow = flow_between(lens, ranges, first, second)
    assert np.isnan(flow[50:, : width // 2]).all() and np.isfinite(flow[50:, width // 2 :]).mean() > 0.8
    a, b = camera_pose(1.0)[:, :3], camera_pose(1.05)[:, :3]
    turned, valid = lens.project((lens.directions[:50].astype(float) @ a.T) @ b)
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(50)), axis=-1)
    valid &= np.any(lens.directions[:50] != 0.0, axis=-1)
    assert np.abs(flow[:50] - (turned - grid))[valid].max() < 1e-3


def test_depth_is_the_coordinate_along_the_axis():
    lens = lenses()[2]
    ranges = np.full(lens.directions.shape[:2], 12.0, np.float32)
    ranges[0] = np.inf
    depth = depth_along_axis(lens, ranges)
    assert np.isinf(depth[0]).all() and (depth[0] > 0).all()
    assert np.allclose(depth[1:], 12.0 * lens.directions[1:, :, 2])


def test_the_presets_lenses_take_the_fast_path_to_the_same_result():
    lens = Lens(load_rig("fast_640").cameras[0])
    height, width = lens.directions.shape[:2]
    slots, ranges = np.zeros((height, width), np.int32), np.full((height, width), 15.0, np.float32)
    first, second = frame(lens, 1.0, 0.0, slots), frame(lens, 1.05, 0.0, slots)
    flow = flow_between(lens, ranges, first, second)
    for row, column in ((100, 80), (240, 320), (400, 600)):
        wanted = expected(lens, ranges, slots, row, column, 1.0, np.array([1.05]))
        assert flow[row, column] == pytest.approx(wanted, abs=1e-3)
