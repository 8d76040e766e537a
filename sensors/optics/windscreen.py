"""A windscreen before the lens: the parallel step of its rays, the second image, and the dashboard that it mirrors.

The pane's normal points ahead and up, tilted from the optical axis by `tilt_deg`. Tested by tests/sensors/test_windscreen.py.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.camera_config import CameraConfig
from sensors.config.windscreen import Windscreen

Float64 = NDArray[np.float64]


def lateral_shift_m(pane: Windscreen) -> float:
    """How far a ray along the axis is displaced: t sin a (1 - cos a / sqrt(n² - sin² a)), Hecht, Optics, 4.4."""
    a = math.radians(pane.tilt_deg)
    bent = math.sqrt(pane.refractive_index**2 - math.sin(a) ** 2)
    return pane.thickness_m * math.sin(a) * (1.0 - math.cos(a) / bent)


def shifted_camera(config: CameraConfig) -> Float64:
    """(4, 4) ego_from_camera of the rays outside the pane: the entrance pupil seems to lie higher by the axial ray's step.

    Light comes down inside the tilted glass, so what reaches the lens came in above it. The step of oblique rays differs by less
    than half of it, and is left out.
    """
    pane = config.optics.windscreen
    out = config.mounting.ego_from_camera()
    if pane is None:
        return out
    step = np.eye(4)
    step[1, 3] = -lateral_shift_m(pane)
    return np.asarray(out @ step)


def echo_rows(config: CameraConfig) -> float:
    """How many rows below a pixel its second image's light comes from."""
    pane = config.optics.windscreen
    if pane is None:
        return 0.0
    return math.radians(pane.ghost_arcmin / 60.0) * config.optics.intrinsics.fy_px


def fresnel_reflectance(cosine: Float64, refractive_index: float) -> Float64:
    """Share of unpolarised light that one face of glass reflects; cosine of the angle of incidence."""
    c = np.clip(np.abs(cosine), 1e-6, 1.0)
    n = refractive_index
    inner = np.sqrt(1.0 - (1.0 - c**2) / n**2)
    s = ((c - n * inner) / (c + n * inner)) ** 2
    p = ((n * c - inner) / (n * c + inner)) ** 2
    return np.asarray(0.5 * (s + p))


def pane_reflectance(cosine: Float64, refractive_index: float) -> Float64:
    """Of both faces with all inner reflections, without absorption: 2 R / (1 + R)."""
    one = fresnel_reflectance(cosine, refractive_index)
    return np.asarray(2.0 * one / (1.0 + one))


def dashboard_luminance(config: CameraConfig, directions: Float64) -> Float64:
    """Mirrored luminance of the dashboard per lux of daylight on level ground, along directions (..., 3) in optical axes.

    The dashboard is a level matt plane lit through the pane; only rays that the pane sends downwards meet it. Daylight passes the
    pane once on its way down; the lens's transmission counts that once for all light.
    """
    pane = config.optics.windscreen
    if pane is None or pane.dashboard_reflectance == 0.0:
        return np.zeros(np.shape(directions)[:-1])
    a = math.radians(pane.tilt_deg)
    # optical axes: y points down
    normal = np.array([0.0, -math.sin(a), math.cos(a)])
    cosine = directions @ normal
    mirrored = directions - 2.0 * cosine[..., None] * normal
    down = mirrored[..., 1]
    # the plane ends: towards its horizon it fades out
    meets = np.clip(down / 0.2, 0.0, 1.0) * (cosine > 0.0)
    lit = pane.dashboard_reflectance / math.pi
    return np.asarray(lit * pane_reflectance(cosine, pane.refractive_index) * meets)
