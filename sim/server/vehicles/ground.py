"""The ground under each vehicle, as one plane through the heights below its four wheels.

Tested by tests/physics/test_ground.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.server.vehicles.state import VehicleRows

Float64 = NDArray[np.float64]


def wheel_points(rows: VehicleRows) -> Float64:
    """World x, y (N, 4, 2) of the wheels: front left, front right, rear left, rear right; two-wheelers are 0.4 m wide."""
    cos_yaw, sin_yaw = np.cos(rows["yaw_rad"]), np.sin(rows["yaw_rad"])
    front_x = rows["com_x_m"] + rows["front_axle_m"]
    rear_x = rows["com_x_m"] - rows["rear_axle_m"]
    half_track = np.maximum(rows["track_m"], 0.4) / 2.0
    body_x = np.stack([front_x, front_x, rear_x, rear_x], axis=1)
    body_y = np.stack([half_track, -half_track, half_track, -half_track], axis=1)
    points = np.empty((len(rows), 4, 2))
    points[..., 0] = rows["x_m"][:, None] + cos_yaw[:, None] * body_x - sin_yaw[:, None] * body_y
    points[..., 1] = rows["y_m"][:, None] + sin_yaw[:, None] * body_x + cos_yaw[:, None] * body_y
    return points


def set_ground(rows: VehicleRows, wheel_heights_m: Float64) -> None:
    """Fit each row's plane to the ground heights (N, 4) below its wheel_points().

    The slope along is the difference of the axle means over the wheelbase, the slope across that of the sides over the track:
    the least-squares plane of four points at the corners of a rectangle.
    """
    front_left, front_right, rear_left, rear_right = np.asarray(wheel_heights_m, dtype=np.float64).T
    wheelbase = rows["front_axle_m"] + rows["rear_axle_m"]
    half_track = np.maximum(rows["track_m"], 0.4) / 2.0
    along = (front_left + front_right - rear_left - rear_right) / (2.0 * wheelbase)
    across = (front_left + rear_left - front_right - rear_right) / (4.0 * half_track)
    middle_x = rows["com_x_m"] + (rows["front_axle_m"] - rows["rear_axle_m"]) / 2.0
    cos_yaw, sin_yaw = np.cos(rows["yaw_rad"]), np.sin(rows["yaw_rad"])
    rows["ground_x_m"], rows["ground_y_m"], rows["ground_yaw_rad"] = rows["x_m"], rows["y_m"], rows["yaw_rad"]
    rows["ground_z_m"] = (front_left + front_right + rear_left + rear_right) / 4.0 - along * middle_x
    rows["ground_slope_x"] = cos_yaw * along - sin_yaw * across
    rows["ground_slope_y"] = sin_yaw * along + cos_yaw * across


def wet_friction_scale(wetness_percent: float, deposits_percent: float) -> float:
    """Grip on a wet road over that on a dry one: 1 dry, 0.7 soaked, 0.5 with standing water over all of the lane.

    Linear in CARLA's `wetness` and `precipitation_deposits`; end points after Wallman and Astroem 2001 (VTI 911A), peak
    friction of car tyres dry 0.8-1.0, wet 0.7-0.8 of that, aquaplaning starting.
    """
    wetness = min(max(wetness_percent, 0.0), 100.0) / 100.0
    deposits = min(max(deposits_percent, 0.0), 100.0) / 100.0
    return 1.0 - max(0.3 * wetness, 0.5 * deposits)
