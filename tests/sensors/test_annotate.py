"""Labels against a scene that can be computed by hand; nothing invisible is called visible."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.annotate import measure_visible
from sensors.camera_config import CameraConfig
from sensors.capture import CameraSensor
from sim.base.annotations import FrameAnnotations, ObjectLabel
from sim.base.state import ActorKind
from sim.base.taxonomy import ObjectClass
from tests.sensors.analytic_scene import AnalyticScene
from tests.sensors.worlds import EGO, actor, drive


def labels_of(config: CameraConfig, others, speed_mps: float = 0.0, ticks: int = 3, **world: float) -> FrameAnnotations:
    period = config.period_flicks
    states = drive(ticks, period, speed_mps, others, **world)
    sensor = CameraSensor(config, AnalyticScene(), 1, period, 1)
    for k in range(ticks):
        notes = sensor.capture(states[: k + 1], EGO)[1]
    return notes


def still(track_id: int, x: float, y: float, z: float = 0.0, **extra):
    return actor(track_id, **extra), (x, y, z), (0.0, 0.0, 0.0)


def by_id(notes: FrameAnnotations) -> dict[int, ObjectLabel]:
    return {o.track_id: o for o in notes.objects}


def test_counts_and_boxes_are_those_of_the_mask():
    rng = np.random.default_rng(0)
    instance = rng.integers(0, 6, (40, 60)).astype(np.uint32)
    instance[instance == 5] = 0x4000_0003
    found = measure_visible(instance, 5)
    for track_id in range(1, 5):
        ys, xs = np.nonzero(instance == track_id)
        assert found.counts[track_id] == len(xs)
        assert found.box(track_id) == (xs.min() - 0.5, ys.min() - 0.5, xs.max() + 0.5, ys.max() + 0.5)
        assert found.row_sums[track_id] == ys.sum()
    assert found.counts[5] == 0 and found.box(5) is None


def test_an_object_in_the_open(small_camera: CameraConfig):
    notes = labels_of(small_camera, [still(2, 15.0, 1.0)])
    label = by_id(notes)[2]
    assert label.visible_pixels == (notes.instance == 2).sum() > 50
    assert label.occlusion == 0.0 and label.truncation == 0.0
    assert label.box_visible_px == label.box_amodal_px
    assert label.center_world_m == pytest.approx((15.0, 1.0, 0.75))
    assert label.size_m == pytest.approx((4.0, 2.0, 1.5))
    assert label.distance_m == pytest.approx(np.linalg.norm([15.0 - 0.6, 1.0, 0.75 - 1.4]))
    assert label.object_class == ObjectClass.CAR


def test_half_hidden_and_wholly_hidden(small_camera: CameraConfig):
    notes = labels_of(small_camera, [still(2, 12.0, 0.0), still(3, 22.0, 2.0), still(4, 30.0, 0.0)])
    found = by_id(notes)
    assert found[2].occlusion == 0.0
    assert 0.1 < found[3].occlusion < 0.9
    assert found[3].visible_pixels == (notes.instance == 3).sum() < found[3].amodal_pixels
    hidden = found[4]
    assert (hidden.visible_pixels, hidden.box_visible_px, hidden.occlusion) == (0, None, 1.0)
    assert hidden.amodal_pixels > 0 and hidden.box_amodal_px is not None
    assert not (notes.instance == 4).any()


def test_behind_and_beside_the_camera_are_not_listed(small_camera: CameraConfig):
    notes = labels_of(small_camera, [still(2, -8.0, 0.0), still(3, 0.0, 12.0), still(4, 15.0, 0.0)])
    assert set(by_id(notes)) == {4}


def test_the_ego_is_never_labelled(small_camera: CameraConfig):
    notes = labels_of(small_camera, [still(2, 15.0, 0.0)])
    assert EGO not in by_id(notes)
    assert not (notes.instance == EGO).any()


def test_truncation_grows_as_an_object_leaves_the_image(small_camera: CameraConfig):
    shares = [by_id(labels_of(small_camera, [still(2, 12.0, y)])).get(2) for y in (5.0, 8.0, 9.0, 10.0)]
    values = [label.truncation for label in shares if label is not None]
    assert values[0] == 0.0
    assert values == sorted(values) and 0.3 < values[-1] < 1.0


def test_an_object_beside_the_lens_is_robustly_truncated(small_camera: CameraConfig):
    """Part of it lies behind the camera plane: the truncation is still finite, large, and below 1."""
    label = by_id(labels_of(small_camera, [still(2, 1.8, 1.8)]))[2]
    assert 0.3 < label.truncation < 1.0
    assert np.isfinite(label.box_amodal_px).all()


def test_truncated_share_of_a_known_box(small_camera: CameraConfig):
    """A box straight ahead, cut by the lower border: the share below the border by hand (undistorted lens)."""
    data = small_camera.model_dump()
    data["optics"]["distortion"] = ()
    data["mounting"].update(pitch_deg=0.0, x_m=0.0, z_m=2.5)
    config = CameraConfig.model_validate(data)
    label = by_id(labels_of(config, [still(2, 5.0, 0.0)]))[2]
    focal, center = config.optics.intrinsics.fy_px, config.optics.intrinsics.cy_px
    top = center + focal * (2.5 - 1.5) / 7.0
    bottom = center + focal * 2.5 / 3.0
    expected = 1.0 - (119.5 - top) / (bottom - top)
    assert label.truncation == pytest.approx(expected, abs=0.02)


def test_moving_object_is_labelled_at_its_own_time_and_at_the_tick(small_camera: CameraConfig):
    period = small_camera.period_flicks
    others = [(actor(2), (20.0, 2.0, 0.0), (-10.0, 0.0, 0.0))]
    notes = labels_of(small_camera, others, 0.0, 3)
    label = by_id(notes)[2]
    before_s = (notes.time_flicks - label.time_flicks) / 705_600_000
    assert 0.0 < before_s < 0.02
    tick_x = 20.0 - 10.0 * 2 * period / 705_600_000
    assert label.box_at_tick_center_world_m[0] == pytest.approx(tick_x, abs=1e-9)
    assert label.center_world_m[0] == pytest.approx(tick_x + 10.0 * before_s, abs=1e-6)
    assert label.velocity_world_mps == pytest.approx((-10.0, 0.0, 0.0))


def test_lights_and_signs_carry_their_state(small_camera: CameraConfig):
    others = [
        still(2, 15.0, 3.0, type_id="traffic.traffic_light", kind=ActorKind.TRAFFIC_LIGHT),
        still(3, 15.0, -3.0, type_id="traffic.speed_limit.50", kind=ActorKind.TRAFFIC_SIGN),
        still(4, 25.0, 0.0, type_id="traffic.stop", kind=ActorKind.TRAFFIC_SIGN),
        still(5, 12.0, 0.0, type_id="sensor.camera.rgb", kind=ActorKind.SENSOR),
    ]
    found = by_id(labels_of(small_camera, others))
    assert found[2].light_state == "off" and found[2].sign == ""
    assert found[3].sign == "speed_50" and found[4].sign == "stop"
    assert found[2].object_class == ObjectClass.TRAFFIC_LIGHT
    assert 5 not in found


def test_depth_is_along_the_axis_and_range_along_the_ray(small_camera: CameraConfig):
    notes = labels_of(small_camera, [still(2, 15.0, 0.0)])
    config_height_m, pitch_rad = 1.4, np.radians(3.0)
    row, column = 100, 80
    assert np.isinf(notes.depth_m[0, 0]) and np.isinf(notes.range_m[0, 0])
    assert (notes.depth_m <= notes.range_m).all()
    ray_down = notes.world_from_camera_rows[row, 2, :3] @ _ray(small_camera, row, column)
    assert notes.range_m[row, column] == pytest.approx(-config_height_m / ray_down, rel=1e-4)
    assert notes.world_from_camera_rows[row, 2, 2] == pytest.approx(-np.sin(pitch_rad))


def test_flow_of_the_road_is_the_ego_motion(small_camera: CameraConfig):
    """Backward flow of a road point equals its projection one frame ago, by hand, minus its pixel; first frame: unknown."""
    first = labels_of(small_camera, [], 10.0, 1)
    assert np.isnan(first.flow_backward_px).all()
    notes = labels_of(small_camera, [], 10.0, 3)
    sensor = CameraSensor(small_camera, AnalyticScene(), 1, small_camera.period_flicks, 1)
    pose_now = notes.world_from_camera_rows[60]
    step_m = 10.0 / 20.0
    for row, column in ((100, 80), (90, 30), (70, 120)):
        point_camera = _ray(small_camera, row, column) * notes.range_m[row, column]
        world_now = pose_now[:, :3] @ point_camera + pose_now[:, 3]
        before = (world_now - pose_now[:, 3] + np.array([step_m, 0.0, 0.0])) @ pose_now[:, :3]
        pixel = sensor.lens.project(before)[0]
        # exposure may differ by microseconds between the frames
        assert notes.flow_backward_px[row, column] == pytest.approx(pixel - (column, row), abs=0.02)


def _ray(config: CameraConfig, row: int, column: int) -> np.ndarray:
    from sensors.lens import Lens

    return Lens(config).directions[row, column].astype(np.float64)
