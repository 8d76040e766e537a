"""Motion blur: closed forms for even motion, rendered instants for a world that drives, turns and is crossed by a car."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from rendering.embree import aligned
from rendering.kernels.lanes import LANES
from sensors.camera_config import CameraConfig
from sensors.capture import CameraSensor
from sensors.config.shutter import Shutter
from sensors.kernels.blur import AMISS_PX, REACH_ENTRIES, gather, spread_edges
from sensors.kernels.blur_lanes import ROOM_ROWS, fill_room
from sensors.kernels.image_motion import TILE, TILE_ENTRIES, describe_tiles
from sensors.lens import Lens
from sensors.rig import load_rig
from sensors.timing import ReadWindow
from tests.sensors.analytic_scene import AnalyticScene
from tests.sensors.conftest import shrunk
from tests.sensors.test_image_motion import CAR, blurred, turning_world
from tests.sensors.worlds import EGO, actor, drive

T_S = 0.01


def integrated(light, velocity_px_s, range_m=None, begin_s=-T_S / 2, end_s=T_S / 2) -> np.ndarray:
    """`light` (H, W[, 3]) integrated along velocities (2,) or (2, H, W), as the shutter does it."""
    light = np.ascontiguousarray(
        np.broadcast_to(light.T, (3, *light.T.shape)).T if light.ndim == 2 else light, np.float32
    )
    height, width = light.shape[:2]
    velocity = (
        np.asarray(velocity_px_s, np.float32).reshape(2, *(1, 1)) if np.ndim(velocity_px_s) == 1 else velocity_px_s
    )
    velocity = np.ascontiguousarray(np.broadcast_to(velocity, (2, height, width)), np.float32)
    ranges = np.full((height, width), 10.0, np.float32) if range_m is None else np.asarray(range_m, np.float32)
    shape = (-(-height // TILE), -(-width // TILE))
    things = np.zeros((height, width), np.uint32)
    tiles, reach = np.zeros((*shape, TILE_ENTRIES), np.float32), np.zeros((*shape, REACH_ENTRIES), np.float32)
    describe_tiles(
        velocity,
        ranges,
        things,
        AMISS_PX / max(abs(begin_s), abs(end_s)),
        0,
        shape[0],
        np.empty((2, width), np.float32),
        tiles,
    )
    spread_edges(tiles, begin_s, end_s, reach)
    out = aligned(height * width * 3, np.float32).reshape(height, width, 3)
    room = aligned(ROOM_ROWS * LANES, np.float32).reshape(ROOM_ROWS, LANES)
    fill_room(room)
    gather(light, velocity, ranges, things, tiles, reach, begin_s, end_s, 0, shape[0], room, out)
    return out


def step(width: int = 240, height: int = 240, angle_deg: float = 0.0) -> np.ndarray:
    """Dark to bright across the middle, each pixel the mean over its area; the step faces `angle_deg` from +x towards +y."""
    y, x = np.mgrid[0:height, 0:width] - np.array([(height - 1) / 2, (width - 1) / 2])[:, None, None]
    along = np.cos(np.radians(angle_deg)) * x + np.sin(np.radians(angle_deg)) * y
    return np.clip(along + 0.5, 0.0, 1.0) * 99.0 + 1.0


def width_px(profile: np.ndarray) -> float:
    """10-90 % width of a rising edge over 0.8, its full width if it is a ramp."""
    share = (profile - profile[0]) / (profile[-1] - profile[0])
    at = np.interp([0.1, 0.9], share, np.arange(len(share)))
    return float(at[1] - at[0]) / 0.8


def place_px(profile: np.ndarray) -> float:
    """Where a rising edge is, from the area of its bright side."""
    share = (profile - profile[0]) / (profile[-1] - profile[0])
    return float(len(share) - 0.5 - share.sum())


@pytest.mark.parametrize("speed_px_s", [600.0, 1230.0, -2000.0, 7777.0])
@pytest.mark.parametrize("vertical", [False, True])
def test_even_motion_is_integrated_exactly(speed_px_s: float, vertical: bool):
    """D2: a step becomes a ramp of v T, centred where it was at mid-exposure."""
    velocity = (0.0, speed_px_s) if vertical else (speed_px_s, 0.0)
    light = step(angle_deg=90.0 if vertical else 0.0)
    out = integrated(light, velocity)[..., 1]
    profile = (out[:, 113] if vertical else out[113]).astype(np.float64)
    assert width_px(profile) == pytest.approx(abs(speed_px_s) * T_S, rel=0.02)
    assert place_px(profile) == pytest.approx(119.5, abs=0.02)
    # the bar would notice an exposure that is 6 % longer
    assert abs(width_px(profile) / (1.06 * abs(speed_px_s) * T_S) - 1.0) > 0.02


@pytest.mark.parametrize("angle_deg", [20.0, 45.0, 70.0, 110.0, -30.0])
def test_slanted_motion_blurs_along_itself_alone(angle_deg: float):
    along = np.array([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))])
    velocity = 1600.0 * along
    faces = integrated(step(angle_deg=angle_deg), velocity)[..., 0]
    level = abs(along[0]) > abs(along[1])
    profile = (faces[120] if level else faces[:, 120]).astype(np.float64)
    profile = profile if profile[-1] > profile[0] else profile[::-1]
    assert width_px(profile) == pytest.approx(16.0 / np.abs(along).max(), rel=0.04)
    beside = integrated(step(angle_deg=angle_deg + 90.0), velocity)[100:140, 100:140, 0]
    still = step(angle_deg=angle_deg + 90.0)[100:140, 100:140]
    # across the motion only half a pixel's interpolation is left
    assert np.abs(beside - still).max() < 30.0
    assert np.abs(beside - still).mean() < 0.7


def test_light_is_neither_made_nor_lost():
    flat = np.full((96, 160), 3.5)
    rng = np.random.default_rng(2)
    uneven = rng.uniform(-2000.0, 2000.0, (2, 96, 160))
    assert integrated(flat, uneven) == pytest.approx(3.5, rel=1e-5)
    lamp = np.zeros((96, 160))
    lamp[45:48, 70:74] = 5e4
    for velocity in ((1300.0, 0.0), (-700.0, 900.0), (40.0, -25.0)):
        out = integrated(lamp, velocity)[..., 2]
        assert out.sum() == pytest.approx(lamp.sum(), rel=1e-4)
        assert out.min() >= 0.0


def test_a_path_shorter_than_a_pixel_blurs_by_its_second_moment():
    lamp = np.zeros((64, 64))
    lamp[32, 32] = 1.0
    x = np.arange(64) - 32.0
    for length in (0.4, 0.7, 1.0):
        row = integrated(lamp, (length / T_S, 0.0))[32, :, 0].astype(np.float64)
        assert (row * x * x).sum() == pytest.approx(length**2 / 12.0, rel=0.02)


def test_windows_off_mid_exposure_see_what_moves_elsewhere():
    light = step(240, 64)
    out = integrated(light, (2000.0, 0.0), begin_s=0.0106, end_s=0.0114)[32, :, 0].astype(np.float64)
    # 22 px: the ghost of facts 2.2, v = 2000 px/s and 11 ms
    assert place_px(out) == pytest.approx(119.5 + 22.0, abs=0.02)
    short = integrated(light, (37.0, 0.0), begin_s=0.0106, end_s=0.0114)[32, :, 0].astype(np.float64)
    assert place_px(short) == pytest.approx(119.5 + 0.407, abs=0.02)


def test_blocks_and_single_pixels_agree():
    rng = np.random.default_rng(5)
    light = cv2.GaussianBlur(rng.uniform(1.0, 100.0, (96, 160, 3)), (0, 0), 1.0)
    y, x = np.mgrid[0:96, 0:160]
    velocity = np.stack([300.0 + 8.0 * x, 100.0 + 3.0 * y])
    whole = integrated(light, velocity)
    # a picture whose width is no whole number of tiles is done pixel by pixel
    single = integrated(light[:, :159], velocity[:, :, :159])
    inner = (slice(20, 76), slice(20, 130))
    assert np.abs(whole[inner] - single[inner]).mean() < 0.03 * np.abs(whole[inner] - light[inner]).mean()


def moving_box(speed_px_s: float, near: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray, slice]:
    """A bright box before a dimmer wall; one of the two moves, the box when `near`."""
    light, velocity, ranges = np.full((64, 192), 10.0), np.zeros((2, 64, 192)), np.full((64, 192), 30.0)
    box = slice(80, 112)
    light[:, box], ranges[:, box] = 50.0, 8.0
    velocity[0] = np.where(ranges < 10.0, speed_px_s if near else 0.0, 0.0 if near else speed_px_s)
    return light, velocity, ranges, box


def test_what_moves_before_a_still_wall_is_mixed_in_by_the_time_it_covers():
    light, velocity, ranges, _ = moving_box(1600.0, near=True)
    row = integrated(light, velocity, ranges)[32, :, 0]
    x = np.arange(192)
    # 16 px in 10 ms: the box covers a pixel for the share of time that its edges leave it
    share = np.clip((x + 0.5 - (80 - 8)) / 16.0, 0, 1) * np.clip((112 + 8 - (x + 0.5)) / 16.0, 0, 1)
    assert row == pytest.approx(10.0 + 40.0 * share, abs=1.5)
    assert np.array_equal(row[:64], np.full(64, 10.0, np.float32))


def test_what_stands_before_a_moving_wall_keeps_its_outline():
    light, velocity, ranges, box = moving_box(1600.0, near=False)
    light[:, :] += np.where(ranges > 10.0, 4.0 * np.sin(np.arange(192) / 3.0), 0.0)
    row = integrated(light, velocity, ranges)[32, :, 0]
    assert np.array_equal(row[box], light[32, box].astype(np.float32))
    outside = np.r_[40:80, 112:150]
    assert np.abs(row[outside] - 10.0).max() < 4.5
    # the wall's pattern, 19 px a period, is damped by a path of 16 px
    assert np.abs(row[20:60] - 10.0).max() < 1.5


class FineScene(AnalyticScene):
    """The analytic scene with a pattern on everything, each pixel the mean of FINE x FINE rays."""

    FINE = 2

    def __init__(self, config: CameraConfig, factor: int) -> None:
        super().__init__()
        self._fine = Lens(shrunk(load_rig(config_name(config)).cameras[0], factor // self.FINE))

    def render(self, view, out=None):
        out = super().render(view, out)
        fine = replace(
            view,
            directions_camera=self._fine.directions,
            world_from_camera_rows=np.repeat(view.world_from_camera_rows, self.FINE, axis=0),
            row_time=np.repeat(view.row_time, self.FINE),
        )
        rays = super().render(fine)
        origins, directions = self._rays(fine)
        ranges = np.where(np.isinf(rays.range_m), 0.0, rays.range_m)[..., None]
        points = origins + directions * ranges
        # no finer than a pixel anywhere
        strength = 0.5 * np.exp(-((rays.range_m / 12.0) ** 2))
        pattern = 1.0 + strength * np.sin(points[..., 0] * 2.5) * np.cos(points[..., 1] * 2.0)
        pattern = np.where(rays.instance == CAR, 1.0, pattern)
        light = rays.radiance * pattern[..., None].astype(np.float32)
        height, width = view.shape
        out.radiance[:] = light.reshape(height, self.FINE, width, self.FINE, 3).mean(axis=(1, 3))
        return out


def config_name(config: CameraConfig) -> str:
    return {"front": "fast_640", "front_main": "tesla_hw3_like"}[config.name]


def light_of(config: CameraConfig, states: list, window: ReadWindow | None = None) -> np.ndarray:
    sensor = CameraSensor(config, FineScene(config, 8), 0, config.period_flicks, 1)
    windows = sensor.chip.windows(sensor.controller.current) if window is None else (window,)
    if config.shutter.motion_blur == "sampled":
        return sensor._sampled(states, EGO, windows)[0]
    shot = sensor._shot(states, EGO, sensor.chip.windows(sensor.controller.current))
    sensor._pose(shot)
    return sensor.shutter.integrate(sensor.scene.render(shot.view), states, shot, windows)[0].copy()


def test_gathered_light_is_that_of_rendered_instants():
    """The camera drives, turns and pitches with a rolling shutter; a car crosses and turns: 16 renders are the oracle."""
    states = turning_world(blurred("tesla_hw3_like", 8, 0.016).period_flicks, pace=5.0)
    truth = light_of(blurred("tesla_hw3_like", 8, 0.016, "sampled", samples=16), states)
    gathered = light_of(blurred("tesla_hw3_like", 8, 0.016), states)
    frozen = light_of(blurred("tesla_hw3_like", 8, 0.016, "off"), states)
    longer = light_of(blurred("tesla_hw3_like", 8, 0.016), states, ReadWindow(0.0, 0.024))
    later = light_of(blurred("tesla_hw3_like", 8, 0.016), states, ReadWindow(0.004, 0.016))
    inner = (slice(0, -16), slice(16, -16))  # what comes in over the picture's border no render of it holds
    error, none, long_error, late_error = (
        float(np.abs(light - truth)[inner].mean() / np.abs(frozen - truth)[inner].mean())
        for light in (gathered, frozen, longer, later)
    )
    print(error, long_error, late_error)
    assert error < 0.25
    # negative controls: no blur is 1 by definition; half an exposure more, or a quarter too late, is noticed
    assert none == 1.0
    assert long_error > 0.5
    assert late_error > 0.5
    assert gathered.sum() == pytest.approx(truth.sum(), rel=2e-3)


def test_where_nothing_moves_the_light_is_the_rendered_array_itself():
    config = blurred("fast_640", 4, 0.01)
    sensor = CameraSensor(config, AnalyticScene(), 0, config.period_flicks, 1)
    states = drive(3, config.period_flicks, 0.0, [(actor(CAR), (15.0, 0.0, 0.0), (0.0, 0.0, 0.0))])
    windows = (ReadWindow(0.0, 0.01), ReadWindow(0.006, 0.001))
    shot = sensor._shot(states, EGO, windows)
    sensor._pose(shot)
    buffers = sensor.scene.render(shot.view)
    assert all(light is buffers.radiance for light in sensor.shutter.integrate(buffers, states, shot, windows))
    moving = drive(3, config.period_flicks, 10.0)
    first, second = sensor.shutter.integrate(buffers, moving, shot, windows)
    assert first is not buffers.radiance
    assert not np.shares_memory(first, second)


def test_bytes_do_not_depend_on_threads_and_off_changes_nothing():
    config = blurred("fast_640", 4, 0.012)
    states = turning_world(config.period_flicks)

    def picture(config: CameraConfig, threads: int) -> bytes:
        frame, _ = CameraSensor(config, AnalyticScene(2e-3), 3, config.period_flicks, threads).capture(states, EGO)
        return frame.raw.tobytes()

    reference = picture(config, 1)
    assert picture(config, 2) == picture(config, 3) == reference
    plain = CameraConfig.model_validate(config.model_dump() | {"shutter": {}})
    assert picture(plain, 1) != reference


def test_labels_stay_at_mid_exposure():
    config = blurred("fast_640", 4, 0.012)
    states = turning_world(config.period_flicks)
    out = []
    for kind, samples in (("off", 1), ("gathered", 1), ("sampled", 3)):
        chosen = blurred("fast_640", 4, 0.012, kind, samples=samples)
        out.append(CameraSensor(chosen, AnalyticScene(), 3, config.period_flicks, 1).capture(states, EGO)[1])
    for other in out[1:]:
        assert np.array_equal(other.instance, out[0].instance)
        assert np.array_equal(other.depth_m, out[0].depth_m)
        assert other.objects == out[0].objects


def test_what_no_camera_could_do_is_refused():
    with pytest.raises(ValidationError, match="samples: found 1 with motion_blur sampled; expected 2 to 64"):
        Shutter(motion_blur="sampled")
    with pytest.raises(ValidationError, match="samples: found 8 with motion_blur gathered, which renders once"):
        Shutter(motion_blur="gathered", samples=8)
    with pytest.raises(ValidationError):
        Shutter(motion_blur="yes")
