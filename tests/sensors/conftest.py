"""Worlds and scenes small enough to compute by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.camera_config import CameraConfig
from sensors.rig import load_rig
from tests.sensors.analytic_scene import AnalyticScene


@pytest.fixture
def small_camera() -> CameraConfig:
    """A 160x120 camera with all effects of the fast preset."""
    return shrunk(load_rig("fast_640").cameras[0], 4)


@pytest.fixture
def scene() -> AnalyticScene:
    return AnalyticScene()


def shrunk(config: CameraConfig, factor: int, **sensor: object) -> CameraConfig:
    """The same camera with fewer pixels over the same field."""
    data = config.model_dump()
    data["sensor"]["width_px"] //= factor
    data["sensor"]["height_px"] //= factor
    data["sensor"].update(sensor)
    intrinsics = data["optics"]["intrinsics"]
    for name in ("fx_px", "fy_px"):
        intrinsics[name] /= factor
    for name in ("cx_px", "cy_px"):
        intrinsics[name] = (intrinsics[name] + 0.5) / factor - 0.5
    return CameraConfig.model_validate(data)


def flat_light(config: CameraConfig, luminance_cd_m2: float) -> np.ndarray:
    """Uniform white radiance for one camera."""
    return np.full((config.sensor.height_px, config.sensor.width_px, 3), luminance_cd_m2, np.float32)
