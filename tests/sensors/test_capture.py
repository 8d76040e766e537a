"""One camera over several ticks: rates, reproducibility, rolling shutter, hand-over of arrays."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.camera_config import CameraConfig
from sensors.capture import CameraSensor
from sensors.rig import load_rig
from sim.base.clock import FLICKS_PER_SECOND, period_from_hz
from sim.base.errors import RateError
from tests.sensors.analytic_scene import AnalyticScene
from tests.sensors.conftest import shrunk
from tests.sensors.worlds import EGO, actor, drive


def frames_of(config: CameraConfig, count: int, seed: int = 1, threads: int = 1, scene: AnalyticScene | None = None):
    period = config.period_flicks
    states = drive(count, period, 12.0, [(actor(2), (18.0, -3.0, 0.0), (4.0, 0.0, 0.0))])
    sensor = CameraSensor(config, scene or AnalyticScene(), seed, period, threads)
    return [sensor.capture(states[: k + 1], EGO) for k in range(count)], sensor, states


def test_due_only_on_its_own_ticks(small_camera: CameraConfig):
    sensor = CameraSensor(small_camera, AnalyticScene(), 0, period_from_hz(60.0))
    assert [tick for tick in range(10) if sensor.due(tick)] == [0, 3, 6, 9]


def test_a_rate_that_no_tick_fits_is_refused(small_camera: CameraConfig):
    with pytest.raises(RateError, match="found a rate of 20 Hz on a world of 36 ticks/s"):
        CameraSensor(small_camera, AnalyticScene(), 0, period_from_hz(36.0))


def test_history_covers_readout_and_longest_exposure():
    sensor = CameraSensor(load_rig("tesla_hw3_like").cameras[0], AnalyticScene(), 0, period_from_hz(72.0))
    # 21.3 ms of read-out and 16.7 ms of exposure reach over three ticks of 13.9 ms
    assert sensor.history_ticks == 3


def test_equal_runs_give_equal_bytes_at_any_thread_count(small_camera: CameraConfig):
    def digest(seed: int, threads: int) -> list[bytes]:
        frames, _, _ = frames_of(small_camera, 3, seed, threads)
        return [
            f.rgb.tobytes() + f.raw.tobytes() + n.flow_backward_px.tobytes() + repr(n.objects).encode()
            for f, n in frames
        ]

    reference = digest(1, 1)
    assert digest(1, 2) == reference
    assert digest(2, 1) != reference


def test_reset_begins_the_same_run_again(small_camera: CameraConfig):
    frames, sensor, states = frames_of(small_camera, 3)
    sensor.reset()
    for k, (frame, notes) in enumerate(frames):
        again, notes_again = sensor.capture(states[: k + 1], EGO)
        assert np.array_equal(again.rgb, frame.rgb)
        assert again.metadata == frame.metadata
        assert notes_again.objects == notes.objects


def test_frames_stay_as_they_were_and_cannot_be_written(small_camera: CameraConfig):
    frames, sensor, _ = frames_of(small_camera, 1)
    frame, notes = frames[0]
    kept = [a.copy() for a in (frame.rgb, notes.instance, notes.depth_m, notes.normal_world, notes.flow_backward_px)]
    sensor.capture(drive(2, small_camera.period_flicks, 30.0), EGO)
    now = (frame.rgb, notes.instance, notes.depth_m, notes.normal_world, notes.flow_backward_px)
    assert all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(kept, now, strict=True))
    with pytest.raises(ValueError, match="read-only"):
        notes.instance[0, 0] = 1


@pytest.mark.parametrize("brightness", [1e-3, 1.0, 4.0])
def test_first_picture_is_neither_black_nor_white(small_camera: CameraConfig, brightness: float):
    frames, _, _ = frames_of(small_camera, 1, scene=AnalyticScene(brightness))
    assert 90 < frames[0][0].rgb[70:].mean() < 160


def test_pictures_do_not_depend_on_labels(small_camera: CameraConfig):
    frames, sensor, states = frames_of(small_camera, 2)
    sensor.reset()
    for k in range(2):
        frame, notes = sensor.capture(states[: k + 1], EGO, labels=False)
        assert notes is None
        assert np.array_equal(frame.rgb, frames[k][0].rgb)


def test_read_out_ends_at_the_tick(small_camera: CameraConfig):
    config = shrunk(load_rig("tesla_hw3_like").cameras[0], 8)
    frames, _, states = frames_of(config, 4)
    frame, notes = frames[-1]
    meta = frame.metadata
    end = meta.exposure_start_flicks / FLICKS_PER_SECOND + meta.exposure_s + 119 * meta.row_time_s
    assert end == pytest.approx(states[-1].time_flicks / FLICKS_PER_SECOND, abs=1e-8)
    assert notes.time_flicks == states[-1].time_flicks
    assert notes.row_time_flicks[-1] < states[-1].time_flicks


def test_rolling_shutter_leans_what_moves(small_camera: CameraConfig):
    """D1: the left edge of a box that crosses at v moves by f v / z * t_row a row; global shutter: none."""
    slopes = {}
    for row_time_s in (0.0, 4e-4):
        config = shrunk(load_rig("fast_640").cameras[0], 2, row_time_s=row_time_s / 2)
        data = config.model_dump()
        data["optics"]["distortion"] = ()
        data["mounting"]["pitch_deg"] = 0.0
        config = CameraConfig.model_validate(data)
        period = config.period_flicks
        states = drive(4, period, 0.0, [(actor(2), (9.0, 0.5, 0.2), (0.0, 8.0, 0.0))])
        notes = CameraSensor(config, AnalyticScene(), 1, period, 1).capture(states, EGO)[1]
        rows = np.nonzero((notes.instance == 2).sum(axis=1) > 10)[0][2:-2]
        edges = [np.nonzero(notes.instance[row] == 2)[0].min() for row in rows]
        slopes[row_time_s] = np.polyfit(rows, edges, 1)[0]
    depth = 9.0 - 2.0 - 0.6
    expected = -215.0 * 8.0 / depth * 2e-4
    assert slopes[0.0] == pytest.approx(0.0, abs=1e-6)
    assert slopes[4e-4] == pytest.approx(expected, rel=0.1)


def test_spawned_and_lost_actors_do_no_harm(small_camera: CameraConfig):
    period = small_camera.period_flicks
    alone = drive(3, period, 10.0)
    joined = drive(5, period, 10.0, [(actor(7), (15.0, 0.0, 0.0), (0.0, 0.0, 0.0))])
    sensor = CameraSensor(small_camera, AnalyticScene(), 1, period, 1)
    sensor.capture(alone[:2], EGO)
    assert sensor.capture(alone, EGO)[1].objects == ()
    assert [o.track_id for o in sensor.capture([*alone, joined[3]], EGO)[1].objects] == [7]


@pytest.mark.parametrize("preset", ["tesla_hw3_hdr", "imx728_class", "svc_fisheye_190"])
def test_frames_of_merged_reads_say_how_to_expand_them(preset: str):
    """Raw values fit the stated bits and expand by the stated curve to values between the stated levels; equal at any threads."""
    camera = load_rig(preset).cameras[0]
    config = shrunk(camera, 8 if preset == "tesla_hw3_hdr" else 10)
    frame, _ = frames_of(config, 2)[0][1]
    meta = frame.metadata
    assert meta.raw_bits == config.sensor.companding.out_bits and int(frame.raw.max()) < 1 << meta.raw_bits
    x, y = np.array(meta.companding_knees).T
    linear = np.interp(frame.raw, y, x)
    assert np.interp(meta.black_level_dn, y, x) == pytest.approx(meta.linear_black_level_dn, abs=1.0)
    assert meta.linear_black_level_dn < np.median(linear) < linear.max() <= 1.001 * meta.linear_white_level_dn
    assert len(meta.read_names) == len(meta.read_exposures_s) == len(config.sensor.reads)
    later = meta.read_starts_s[-1] + meta.read_exposures_s[-1]
    # the last exposure of the last row ends with the read-out, at the tick
    end = meta.exposure_start_flicks / FLICKS_PER_SECOND + later + (config.sensor.height_px - 1) * meta.row_time_s
    assert end == pytest.approx(config.period_flicks / FLICKS_PER_SECOND, abs=1e-8)
    again, _ = frames_of(config, 2, threads=2)[0][1]
    assert np.array_equal(again.raw, frame.raw) and np.array_equal(again.rgb, frame.rgb)
    assert 60 < frame.rgb[frame.rgb.shape[0] * 6 // 10 :].mean() < 200
