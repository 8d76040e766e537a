"""What a driver may see: sensors, its own motion, and where it was told to go. Never the truth.

An Observation holds arrays and numbers only; tests/contract/test_observation_leak.py walks it and fails on any reference
to a WorldState, an annotation, or a carla object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class CameraCalibration:
    """Geometry of one camera, in OpenCV's convention (centre of the first pixel is (0, 0)).

    `model` is "brown_conrady" (distortion k1 k2 p1 p2 k3), "kannala_brandt" (k1 k2 k3 k4) or another of the models listed in
    sensors.optics.models, with their coefficients. `matrix` is K (3, 3) in px; where the coefficients hold the focal length, it
    is the one on the axis.
    `ego_from_camera` (4, 4) maps optical axes (x right, y down, z forward) to the ego frame. `theta_max_deg` is the half angle of
    the image circle.
    """

    model: str
    width_px: int
    height_px: int
    matrix: NDArray[np.float64]
    distortion: tuple[float, ...]
    ego_from_camera: NDArray[np.float64]
    theta_max_deg: float = 89.0


@dataclass(frozen=True)
class CameraMetadata:
    """How one frame was exposed. Times are session flicks; `row_time_s` is 0 for a global shutter.

    `white_balance_rgb` are the gains of the mosaic's channels: of `cfa` "RCCB" red, clear and blue, of "RYYCy" red, yellow and cyan.
    Several reads of each pixel are merged into a linear value whose black and white level are linear_black_level_dn and
    linear_white_level_dn; raw holds it squeezed to `raw_bits` by a curve of straight pieces through `companding_knees` (linear, raw),
    where there are any. Each read has its name, the begin of its exposure after the first one's, and its length.
    """

    frame_index: int
    exposure_start_flicks: int
    exposure_s: float
    row_time_s: float
    f_number: float
    analog_gain: float
    digital_gain: float
    ev100: float
    white_balance_rgb: tuple[float, float, float]
    black_level_dn: float
    temperature_c: float
    seed: int
    cfa: str = "RGGB"
    raw_bits: int = 12
    linear_black_level_dn: float = 0.0
    linear_white_level_dn: float = 0.0
    companding_knees: tuple[tuple[int, int], ...] = ()
    read_names: tuple[str, ...] = ()
    read_starts_s: tuple[float, ...] = ()
    read_exposures_s: tuple[float, ...] = ()


@dataclass(frozen=True)
class CameraFrame:
    """One image: `rgb` (height, width, 3) uint8 from the ISP, `raw` (height, width) uint16 mosaic or None."""

    name: str
    rgb: NDArray[np.uint8]
    raw: NDArray[np.uint16] | None
    calibration: CameraCalibration
    metadata: CameraMetadata


@dataclass(frozen=True)
class EgoMotion:
    """What the vehicle's own sensors report (wheel odometry and inertial unit), in the ego frame."""

    speed_mps: float
    acceleration_mps2: tuple[float, float, float]
    yaw_rate_radps: float
    steer_ratio: float
    length_m: float
    width_m: float
    wheelbase_m: float


@dataclass(frozen=True)
class Navigation:
    """The route as a navigation system gives it: the polyline ahead in the ego frame, and the posted limit.

    `route_ego_m` is (P, 2), about one point a metre, the first abeam of the ego; lane accurate to about a metre.
    """

    route_ego_m: NDArray[np.float64]
    speed_limit_mps: float
    distance_to_goal_m: float


@dataclass(frozen=True)
class Observation:
    """Everything a driver sees at tick `tick`. `cameras` holds the frames whose read-out ended at this tick."""

    tick: int
    time_flicks: int
    cameras: Mapping[str, CameraFrame]
    ego: EgoMotion
    navigation: Navigation
