"""Labels are drawn where the object is."""

from __future__ import annotations

import numpy as np

from sim.base.frames import box_corners, pose
from sim.loop.overlay import draw_labels, project
from tests.loop.frames import make_frame


def test_drawing_marks_the_box_and_leaves_the_frame_alone() -> None:
    frame, notes = make_frame()
    before = frame.rgb.copy()
    picture = draw_labels(frame.rgb, notes, frame.calibration)
    assert np.array_equal(frame.rgb, before)
    changed = (picture != before).any(axis=-1)
    assert changed[20:39, 20].all() and not changed[44:, 50:].any()


def test_projection_of_a_point_on_the_axis_is_the_principal_point() -> None:
    frame, notes = make_frame()
    assert np.allclose(project(np.array([[0.0, 0.0, 5.0]]), frame.calibration), [[31.5, 23.5]])
    label = notes.objects[0]
    corners_world = (
        box_corners(np.zeros(3), np.array(label.size_m) / 2) @ pose(np.zeros(3), np.array(label.rpy_rad))[:3, :3].T
        + label.center_world_m
    )
    rows = np.eye(4)
    rows[:3] = notes.world_from_camera_rows[0]
    camera = (corners_world - rows[:3, 3]) @ rows[:3, :3]
    pixels = project(camera, frame.calibration)
    assert pixels[:, 0].mean() < 31.5  # left of the axis, because y is left
