"""The numbers of one lens as the compiled projection wants them, checked: a lens whose image folds back is refused."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from sensors.kernels import projection, radial
from sensors.optics.models import FOCAL_IN_COEFFICIENTS
from sim.base.errors import RigError

Float64 = NDArray[np.float64]

_MODEL, _INTRINSICS, _EDGE, _DISTORTION, _TILT, _UNTILT = 0, 1, 5, 6, 20, 29
_TAN2_EDGE, _RICH, _LENGTH = 38, 39, 40
_FIELD_STEPS = 400
_AZIMUTHS = 32
_RIM_STEPS = 4000
_RIM_DIAGONALS = 4.0
_PLAIN_IDS = {
    "pinhole": 0.0,
    "brown_conrady": 0.0,
    "kannala_brandt": 1.0,
    "stereographic": radial.STEREOGRAPHIC,
    "equidistant": radial.EQUIDISTANT,
    "equisolid": radial.EQUISOLID,
    "orthographic": radial.ORTHOGRAPHIC,
    "ftheta": radial.FTHETA,
    "ftheta_inverse": radial.FTHETA_INVERSE,
    "woodscape": radial.FTHETA,
    "mei": radial.MEI,
    "eucm": radial.EUCM,
    "double_sphere": radial.DOUBLE_SPHERE,
    "ocam": radial.OCAM,
    "lut1d": radial.LUT1D,
    "carla_lens": radial.CARLA,
}


def tilt_homography(tau_x_rad: float, tau_y_rad: float) -> Float64:
    """(3, 3) map of the normalised image plane onto a sensor tilted by tau_x, then tau_y (OpenCV's 14-coefficient model)."""
    cx, sx, cy, sy = math.cos(tau_x_rad), math.sin(tau_x_rad), math.cos(tau_y_rad), math.sin(tau_y_rad)
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cx, sx], [0.0, -sx, cx]])
    about_y = np.array([[cy, 0.0, -sy], [0.0, 1.0, 0.0], [sy, 0.0, cy]])
    rotation = about_y @ about_x
    onto = np.array([[rotation[2, 2], 0.0, -rotation[0, 2]], [0.0, rotation[2, 2], -rotation[1, 2]], [0.0, 0.0, 1.0]])
    return np.asarray(onto @ rotation)


@dataclass(frozen=True)
class Geometry:
    """What a projection depends on: model and coefficients (sensors.optics.models), K in px, image circle and image size."""

    name: str
    model: str
    distortion: tuple[float, ...]
    focal_px: tuple[float, float]
    center_px: tuple[float, float]
    theta_max_deg: float
    size_px: tuple[int, int]


def lens_parameters(lens: Geometry) -> Float64:
    """The parameter vector of sensors.kernels.projection (40 or more,), checked: raises RigError for a lens that folds."""
    coefficients, table = _coefficients(lens)
    out = np.zeros(_LENGTH + len(table))
    out[_MODEL] = _PLAIN_IDS[lens.model]
    out[_INTRINSICS:_EDGE] = (*lens.focal_px, *lens.center_px)
    if lens.model in FOCAL_IN_COEFFICIENTS or lens.model == "carla_lens":
        out[_INTRINSICS : _INTRINSICS + 2] = 1.0
    out[_EDGE] = math.radians(lens.theta_max_deg)
    out[_DISTORTION : _DISTORTION + len(coefficients)] = coefficients
    out[_LENGTH:] = table
    plane = _plane_map(lens)
    out[_TILT:_UNTILT] = plane.ravel()
    out[_UNTILT : _UNTILT + 9] = np.linalg.inv(plane).ravel()
    if out[_MODEL] == 0.0:
        out[_TAN2_EDGE] = math.tan(out[_EDGE]) ** 2
        out[_RICH] = float(any(lens.distortion[5:]))
    else:
        out[_RICH] = float(not np.array_equal(plane, np.eye(3)))
    if out[_MODEL] >= radial.FIRST_RADIAL and radial.maps_radius_to_angle(out):
        out[radial.RIM] = _rim_px(lens, out)
    _require_unfolded(lens, out)
    return out


def _coefficients(lens: Geometry) -> tuple[list[float], list[float]]:
    """What stands from index 6 on, and the table from 40 on."""
    given = list(lens.distortion)
    if lens.model in ("ftheta", "ftheta_inverse"):
        return given[:6], []
    if lens.model == "woodscape":
        return [0.0, *given[:4]], []
    if lens.model == "ocam":
        return [given[0], 0.0, *given[1:4]], []
    if lens.model == "mei":
        out = [0.0] * (projection.MEI_XI - _DISTORTION + 1)
        out[: len(given[1:5])] = given[1:5]
        out[-1] = given[0]
        return out, []
    if lens.model == "carla_lens":
        k, kcube = (*given, 0.0, 0.0)[:2]
        masked = len(given) == 4
        height = lens.size_px[1]
        diagonal = 0.5 * math.hypot(lens.size_px[0], height)
        mask = [given[2] / 10.0, given[3]] if masked else [-1.0, 0.0]
        return [k, kcube, *mask, 1.0 / height, 1.0 / diagonal, 1.0 / lens.focal_px[0]], []
    if lens.model == "lut1d":
        angles, radii = np.radians(given[0::2]), np.array(given[1::2])
        cubic = PchipInterpolator(angles, radii).c
        knots = np.column_stack([angles[:-1], cubic[::-1].T])
        return [], [float(len(knots)), *knots.ravel().tolist()]
    return given[:12], []


def _plane_map(lens: Geometry) -> Float64:
    """(3, 3) map of the image plane behind the distortion: tilt, skew, or the affine [[c, d], [e, 1]]."""
    given = lens.distortion
    out = np.eye(3)
    if lens.model == "brown_conrady":
        return tilt_homography(*(given[12:] or (0.0, 0.0)))
    if lens.model == "kannala_brandt" and len(given) == 5:
        out[0, 1] = given[4]
    elif lens.model == "mei" and len(given) == 6:
        out[0, 1] = given[5] / lens.focal_px[0]
    elif lens.model == "woodscape" and len(given) == 5:
        out[1, 1] = given[4]
    elif lens.model in ("ftheta", "ftheta_inverse", "ocam") and len(given) in (7, 9):
        c, d, e = given[-3:]
        if (c, d, e) != (0.0, 0.0, 0.0):
            out[0, 0], out[0, 1], out[1, 0] = c, d, e
    if abs(float(np.linalg.det(out))) < 1e-6:
        raise RigError(
            f"camera {lens.name} optics: found a singular affine map in distortion {list(given)}; correct c, d, e"
        )
    return out


def _rim_px(lens: Geometry, parameters: Float64) -> float:
    """The radius in px at which a model that maps radius to angle reaches the edge of the field."""
    edge = parameters[_EDGE]
    reach = _RIM_DIAGONALS * math.hypot(lens.size_px[0], lens.size_px[1])
    before, angle = 0.0, 0.0
    for radius in np.linspace(0.0, reach, _RIM_STEPS + 1)[1:]:
        angle = radial.own_formula(parameters, radius)[0]
        if not angle > before:
            break
        if angle >= edge:
            return float(radius)
        before = angle
    raise RigError(
        f"camera {lens.name} optics: found theta_max_deg {lens.theta_max_deg:g}, but the angle stops growing with the "
        f"image radius at {math.degrees(before):.1f} degrees: the image folds back at that angle; lower theta_max_deg or correct "
        "the coefficients"
    )


def _require_unfolded(lens: Geometry, parameters: Float64) -> None:
    """Raise RigError when the image radius does not grow with the field angle somewhere inside the image circle."""
    theta = np.linspace(0.0, parameters[_EDGE], _FIELD_STEPS + 1)
    for phi in np.arange(_AZIMUTHS) * (2.0 * math.pi / _AZIMUTHS):
        direction = math.cos(phi), math.sin(phi)
        pixels = np.array([projection.pixel_at_angle(parameters, angle, *direction) for angle in theta])
        radius = (pixels - pixels[0]) @ np.array(direction)
        folds = np.nonzero(~(np.diff(radius) > 0.0))[0]
        if len(folds):
            raise RigError(
                f"camera {lens.name} optics: found theta_max_deg {lens.theta_max_deg:g} with distortion "
                f"{list(lens.distortion)}, whose image folds back at {math.degrees(theta[folds[0]]):.1f} degrees; the image radius "
                "must grow with the angle over the whole field; lower theta_max_deg or correct the coefficients"
            )
