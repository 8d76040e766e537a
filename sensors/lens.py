"""The lens as a map between directions and pixels, and the fall-off of light towards its edge.

One table of rays per camera serves the picture and every label. Directions are in optical axes (x right, y down, z forward);
pixels follow OpenCV (the centre of the first pixel is (0, 0)). The models are listed in sensors.optics.models.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sensors.camera_config import CameraConfig
from sensors.config.optics import Illumination
from sensors.kernels import projection
from sensors.optics.parameters import Geometry, lens_parameters
from sim.base.observation import CameraCalibration

Float64 = NDArray[np.float64]


class Lens:
    """The lens of one camera, as tables and as functions.

    `directions` (H, W, 3) float32: unit rays of the pixel centres, zero outside the image circle (round trip through `project`
    within 1e-3 px). `illumination` (H, W) float32: relative irradiance, 1 on the axis, 0 outside the image circle.
    `pixel_angle_rad`: angle of one pixel on the axis. Tested by tests/sensors/test_lens.py against OpenCV.
    """

    def __init__(self, config: CameraConfig) -> None:
        """Invert the lens for every pixel (float64 Newton); raises RigError for a lens that folds."""
        self.config = config
        optics = config.optics
        k = optics.intrinsics
        self.parameters = lens_parameters(
            Geometry(
                name=config.name,
                model=optics.model,
                distortion=optics.distortion,
                focal_px=(k.fx_px, k.fy_px),
                center_px=(k.cx_px, k.cy_px),
                theta_max_deg=optics.theta_max_deg,
                size_px=(config.sensor.width_px, config.sensor.height_px),
            )
        )
        self.parameters.setflags(write=False)
        shape = (config.sensor.height_px, config.sensor.width_px)
        self.directions: NDArray[np.float32] = np.zeros((*shape, 3), np.float32)
        projection.fill_directions(self.parameters, self.directions)
        self.directions.setflags(write=False)
        self.illumination = _illumination(config, self.directions)
        intrinsics = config.optics.intrinsics
        self.pixel_angle_rad = 1.0 / math.sqrt(intrinsics.fx_px * intrinsics.fy_px)

    def project(self, points_camera: Float64) -> tuple[Float64, NDArray[np.bool_]]:
        """Pixels (..., 2) of points (..., 3) in optical axes, and which lie inside the image circle (...).

        A valid point may still lie outside the image. Pixels of invalid points continue the lens linearly in the field angle.
        """
        points = np.ascontiguousarray(points_camera, dtype=np.float64).reshape(-1, 3)
        pixels = np.empty((len(points), 2))
        valid = np.empty(len(points), np.bool_)
        projection.project_points(self.parameters, points, pixels, valid)
        shape = np.shape(points_camera)[:-1]
        return pixels.reshape(*shape, 2), valid.reshape(shape)

    def unproject(self, pixels: Float64) -> tuple[Float64, NDArray[np.bool_]]:
        """Unit rays (..., 3) in optical axes of pixels (..., 2), which may lie between centres, and which lie in the image circle.

        Rays of invalid pixels have no meaning.
        """
        flat = np.ascontiguousarray(pixels, dtype=np.float64).reshape(-1, 2)
        rays = np.empty((len(flat), 3))
        valid = np.empty(len(flat), np.bool_)
        projection.unproject_pixels(self.parameters, flat, rays, valid)
        shape = np.shape(pixels)[:-1]
        return rays.reshape(*shape, 3), valid.reshape(shape)

    def calibration(self) -> CameraCalibration:
        """The geometry that is handed out with every frame."""
        optics, sensor = self.config.optics, self.config.sensor
        intrinsics = optics.intrinsics
        matrix = np.array(
            [[intrinsics.fx_px, 0.0, intrinsics.cx_px], [0.0, intrinsics.fy_px, intrinsics.cy_px], [0.0, 0.0, 1.0]]
        )
        return CameraCalibration(
            model=optics.model,
            width_px=sensor.width_px,
            height_px=sensor.height_px,
            matrix=matrix,
            distortion=optics.distortion,
            ego_from_camera=self.config.mounting.ego_from_camera(),
            theta_max_deg=optics.theta_max_deg,
        )


def project_by(calibration: CameraCalibration, points_camera: Float64) -> Float64:
    """Pixels (N, 2) of points (N, 3) in optical axes by a calibration that was handed out with a frame."""
    k = calibration.matrix
    parameters = _parameters_of(
        calibration.model,
        calibration.distortion,
        (float(k[0, 0]), float(k[1, 1])),
        (float(k[0, 2]), float(k[1, 2])),
        calibration.theta_max_deg,
        (calibration.width_px, calibration.height_px),
    )
    points = np.ascontiguousarray(points_camera, dtype=np.float64).reshape(-1, 3)
    pixels = np.empty((len(points), 2))
    projection.project_points(parameters, points, pixels, np.empty(len(points), np.bool_))
    return pixels


@lru_cache(maxsize=16)
def _parameters_of(
    model: str,
    distortion: tuple[float, ...],
    focal_px: tuple[float, float],
    center_px: tuple[float, float],
    theta_max_deg: float,
    size_px: tuple[int, int],
) -> Float64:
    return lens_parameters(Geometry("calibration", model, distortion, focal_px, center_px, theta_max_deg, size_px))


def _illumination(config: CameraConfig, directions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Relative irradiance (H, W) by the configured law."""
    law: Illumination = config.optics.relative_illumination
    height, width = directions.shape[:2]
    inside = np.any(directions != 0.0, axis=-1)
    if law.type == "cos4":
        value = np.clip(directions[..., 2].astype(np.float64), 0.0, 1.0) ** 4
    elif law.type == "poly_corner":
        intrinsics = config.optics.intrinsics
        x = np.arange(width) - intrinsics.cx_px
        y = np.arange(height) - intrinsics.cy_px
        corner2 = ((width - 1) / 2.0) ** 2 + ((height - 1) / 2.0) ** 2
        rho2 = (x[None, :] ** 2 + y[:, None] ** 2) / corner2
        k1, k2, k3 = law.k
        value = np.maximum(1.0 + rho2 * (k1 + rho2 * (k2 + rho2 * k3)), 0.0)
    else:
        value = np.ones((height, width))
    out: NDArray[np.float32] = np.where(inside, value, 0.0).astype(np.float32)
    out.setflags(write=False)
    return out
