"""Velocity on the picture against points followed through poses and lens in float64."""

from __future__ import annotations

import numpy as np
import pytest

from rendering.buffers import Buffers
from sensors.camera_config import CameraConfig
from sensors.capture import CameraSensor
from sensors.image_motion import LensNodes, turning_of
from sensors.lens import Lens
from sensors.rig import load_rig
from sensors.timing import ReadWindow, ego_poses, state_at
from sim.base.frames import apply, inverse, pose, rotation_from_rpy
from tests.sensors.analytic_scene import AnalyticScene
from tests.sensors.conftest import shrunk
from tests.sensors.worlds import EGO, actor, world

CAR = 2


def blurred(
    preset: str, factor: int, exposure_s: float, motion_blur: str = "gathered", **shutter: object
) -> CameraConfig:
    """A preset's camera with fewer pixels, a fixed exposure and motion blur."""
    data = shrunk(load_rig(preset).cameras[0], factor).model_dump()
    data["exposure"] |= {"mode": "manual", "exposure_s": exposure_s}
    data["shutter"] = {"motion_blur": motion_blur, **shutter}
    return CameraConfig.model_validate(data)


def turning_world(period_flicks: int, pace: float = 1.0, ticks: int = 5) -> list:
    """The ego turns, pitches and drives; a car before it crosses and turns."""
    states = []
    for tick in range(ticks):
        t = pace * tick * period_flicks / 705_600_000
        places = [(12.0 * t, 0.5 * t, 0.0), (14.0 - 2.0 * t, -2.0 + 9.0 * t, 0.0)]
        turns = [(0.02 * t, 0.05 * t, 0.2 * t), (0.0, 0.0, 1.2 + 0.8 * t)]
        states.append(world(tick, tick * period_flicks, [actor(EGO), actor(CAR)], places, turns))
    return states


def followed(sensor: CameraSensor, states: list, shot, ranges, instance, row: int, column: int) -> np.ndarray:
    """Velocity (2,) px/s of one pixel's content by central differences over its exposure, along the rolled picture."""
    half = round(0.5 * shot.view.exposure_s * 705_600_000)
    middle = int(shot.row_time_flicks[row])
    mount = sensor.config.mounting.ego_from_camera()
    now = ego_poses(states, EGO, np.array([middle]))[0] @ mount
    ray = sensor.lens.directions[row, column].astype(np.float64)
    world_point = apply(now, (ray * ranges[row, column])[None])[0]
    car = states[0].row_of(CAR)
    pixels = []
    for when in (middle - half, middle + half):
        point = world_point
        if instance[row, column] == CAR:
            before, after = (state_at(states, t) for t in (middle, when))
            old, new = (pose(s.position_world_m[car], s.rpy_rad[car]) for s in (before, after))
            point = apply(new @ inverse(old), world_point[None])[0]
        camera = ego_poses(states, EGO, np.array([when]))[0] @ mount
        pixels.append(sensor.lens.project(apply(inverse(camera), point[None]))[0][0])
    velocity = (pixels[1] - pixels[0]) / (2 * half / 705_600_000)
    return velocity / (1.0 - velocity[1] * sensor.config.sensor.row_time_s)


@pytest.mark.parametrize(("preset", "factor"), [("tesla_hw3_like", 4), ("svc_fisheye_190", 4)])
def test_velocity_is_that_of_the_points_followed(preset: str, factor: int):
    config = blurred(preset, factor, 4e-3)
    sensor = CameraSensor(config, AnalyticScene(), 0, config.period_flicks, 1)
    states = turning_world(config.period_flicks)
    windows = sensor.chip.windows(sensor.controller.current)
    shot = sensor._shot(states, EGO, windows)
    sensor._pose(shot)
    buffers: Buffers = sensor.scene.render(shot.view)
    sensor.shutter.integrate(buffers, states, shot, windows)
    found = sensor.shutter.velocity_px_s
    rng = np.random.default_rng(1)
    inside = np.argwhere(sensor.lens.directions.any(axis=-1))
    chosen = [tuple(p) for p in inside[rng.integers(0, len(inside), 60)]]
    chosen += [tuple(p) for p in np.argwhere(buffers.instance == CAR)[::37]]
    assert sum(buffers.instance[p] == CAR for p in chosen) >= 5
    for row, column in chosen:
        ranges = np.where(np.isinf(buffers.range_m), 1e9, buffers.range_m)
        wanted = followed(sensor, states, shot, ranges, buffers.instance, row, column)
        error = np.linalg.norm(found[:, row, column] - wanted)
        # the car's velocity is its mean over the frame, and between nodes the lens is taken to be linear
        assert error <= 1.0 + 0.01 * np.linalg.norm(wanted), (row, column, found[:, row, column], wanted)
    assert np.isnan(found[0][~sensor.lens.directions.any(axis=-1)]).all()


def test_a_parked_camera_sees_no_velocity_but_of_what_moves():
    config = blurred("fast_640", 4, 4e-3)
    sensor = CameraSensor(config, AnalyticScene(), 0, config.period_flicks, 1)
    states = [
        world(k, k * config.period_flicks, [actor(EGO), actor(CAR)], [(0, 0, 0), (12.0, 0.3 * k, 0.0)])
        for k in range(3)
    ]
    shot = sensor._shot(states, EGO, (ReadWindow(0.0, 4e-3),))
    sensor._pose(shot)
    buffers = sensor.scene.render(shot.view)
    sensor.shutter.integrate(buffers, states, shot, (ReadWindow(0.0, 4e-3),))
    speed = np.hypot(*sensor.shutter.velocity_px_s)
    assert speed[buffers.instance != CAR].max() == 0.0
    # 6 m/s at 9 to 12 m before a lens of 107.5 px
    assert speed[buffers.instance == CAR].min() > 40.0


def test_turning_of_a_rotation_about_any_axis():
    rng = np.random.default_rng(3)
    before = rotation_from_rpy(rng.uniform(-1.0, 1.0, (20, 3)))
    axis = rng.normal(size=(20, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    for angle in (1e-7, 1e-3, 0.5, 2.5):
        cross = np.zeros((20, 3, 3))
        cross[:, 0, 1], cross[:, 0, 2], cross[:, 1, 2] = -axis[:, 2], axis[:, 1], -axis[:, 0]
        cross -= np.swapaxes(cross, 1, 2)
        turn = np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross
        assert turning_of(before, turn @ before) == pytest.approx(angle * axis, abs=1e-9 + 1e-7 * angle)


def test_nodes_beyond_the_image_circle_have_derivatives_too():
    nodes = LensNodes(Lens(load_rig("svc_fisheye_190").cameras[0]))
    assert np.isfinite(nodes.derivatives).all()
    assert np.isfinite(nodes.rays).all()
