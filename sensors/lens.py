"""The lens as a map between directions and pixels, and the fall-off of light towards its edge.

One table of rays per camera serves the picture and every label. Directions are in optical axes (x right, y down, z forward);
pixels follow OpenCV (the centre of the first pixel is (0, 0)). Brown-Conrady with 4, 5, 8, 12 or 14 coefficients (Brown,
1966; Conrady, 1919; OpenCV calib3d) and Kannala-Brandt with 4 (PAMI 28(8), 2006), the latter beyond 90 degrees.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.camera_config import CameraConfig, Illumination
from sensors.kernels import projection
from sim.base.errors import RigError
from sim.base.observation import CameraCalibration

Float64 = NDArray[np.float64]

_MODEL, _INTRINSICS, _EDGE, _DISTORTION, _TILT, _UNTILT = 0, 1, 5, 6, 20, 29
_TAN2_EDGE, _RICH, _LENGTH = 38, 39, 40
_FIELD_STEPS = 400
_AZIMUTHS = 32


def tilt_homography(tau_x_rad: float, tau_y_rad: float) -> Float64:
    """(3, 3) map of the normalised image plane onto a sensor tilted by tau_x, then tau_y (OpenCV's 14-coefficient model)."""
    cx, sx, cy, sy = math.cos(tau_x_rad), math.sin(tau_x_rad), math.cos(tau_y_rad), math.sin(tau_y_rad)
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cx, sx], [0.0, -sx, cx]])
    about_y = np.array([[cy, 0.0, -sy], [0.0, 1.0, 0.0], [sy, 0.0, cy]])
    rotation = about_y @ about_x
    onto = np.array([[rotation[2, 2], 0.0, -rotation[0, 2]], [0.0, rotation[2, 2], -rotation[1, 2]], [0.0, 0.0, 1.0]])
    return np.asarray(onto @ rotation)


def lens_parameters(config: CameraConfig) -> Float64:
    """The parameter vector of sensors.kernels.projection (40,), checked: raises RigError for a lens that folds."""
    optics = config.optics
    intrinsics = optics.intrinsics
    out = np.zeros(_LENGTH)
    out[_MODEL] = 0.0 if optics.model == "brown_conrady" else 1.0
    out[_INTRINSICS:_EDGE] = (intrinsics.fx_px, intrinsics.fy_px, intrinsics.cx_px, intrinsics.cy_px)
    out[_EDGE] = math.radians(optics.theta_max_deg)
    polynomial = optics.distortion[:12]
    out[_DISTORTION : _DISTORTION + len(polynomial)] = polynomial
    tilt = optics.distortion[12:] or (0.0, 0.0)
    homography = tilt_homography(*tilt)
    out[_TILT:_UNTILT] = homography.ravel()
    out[_UNTILT : _UNTILT + 9] = np.linalg.inv(homography).ravel()
    if optics.model == "brown_conrady":
        out[_TAN2_EDGE] = math.tan(out[_EDGE]) ** 2
        out[_RICH] = float(any(optics.distortion[5:]))
    _require_unfolded(config, out)
    return out


def _require_unfolded(config: CameraConfig, parameters: Float64) -> None:
    """Raise RigError when the image radius does not grow with the field angle somewhere inside the image circle."""
    optics = config.optics
    theta = np.linspace(0.0, parameters[_EDGE], _FIELD_STEPS + 1)
    for phi in np.arange(_AZIMUTHS) * (2.0 * math.pi / _AZIMUTHS):
        direction = math.cos(phi), math.sin(phi)
        pixels = np.array([projection.pixel_at_angle(parameters, angle, *direction) for angle in theta])
        radius = (pixels - pixels[0]) @ np.array(direction)
        folds = np.nonzero(np.diff(radius) <= 0.0)[0]
        if len(folds):
            raise RigError(
                f"camera {config.name} optics: found theta_max_deg {optics.theta_max_deg:g} with distortion "
                f"{list(optics.distortion)}, whose image folds back at {math.degrees(theta[folds[0]]):.1f} degrees; the image radius "
                "must grow with the angle over the whole field; lower theta_max_deg or correct the coefficients"
            )


class Lens:
    """The lens of one camera, as tables and as functions.

    `directions` (H, W, 3) float32: unit rays of the pixel centres, zero outside the image circle (round trip through `project`
    within 1e-3 px). `illumination` (H, W) float32: relative irradiance, 1 on the axis, 0 outside the image circle.
    `pixel_angle_rad`: angle of one pixel on the axis. Tested by tests/sensors/test_lens.py against OpenCV.
    """

    def __init__(self, config: CameraConfig) -> None:
        """Invert the lens for every pixel (float64 Newton); raises RigError for a lens that folds."""
        self.config = config
        self.parameters = lens_parameters(config)
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
        )


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
