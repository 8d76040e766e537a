"""Where a camera sits on its vehicle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.config.base import Config
from sim.base.frames import SENSOR_FROM_CAMERA, pose


class Mounting(Config):
    """Where the entrance pupil sits in the ego frame (origin on the ground under the box centre, x forward, y left).

    Angles as in sim.base.frames: positive pitch looks down, positive yaw looks left.
    """

    x_m: float
    y_m: float = 0.0
    z_m: float
    roll_deg: float = 0.0
    pitch_deg: float = 0.0
    yaw_deg: float = 0.0

    def ego_from_camera(self) -> NDArray[np.float64]:
        """(4, 4): optical axes (x right, y down, z forward) to the ego frame."""
        rpy_rad = np.radians([self.roll_deg, self.pitch_deg, self.yaw_deg])
        return pose(np.array([self.x_m, self.y_m, self.z_m]), rpy_rad) @ SENSOR_FROM_CAMERA
