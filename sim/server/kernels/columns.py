"""Between the vehicles' record array and the actor table's columns.

Tested by tests/server/test_kernels.py.
"""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def publish_vehicles(rows, table_rows, position, rpy, velocity, angular, acceleration):
    """Copy pose, velocity, rates and acceleration of vehicle k into row table_rows[k] of the actor table."""
    for k in range(rows.shape[0]):
        vehicle = rows[k]
        i = table_rows[k]
        position[i, 0] = vehicle.x_m
        position[i, 1] = vehicle.y_m
        position[i, 2] = vehicle.z_m
        rpy[i, 0] = vehicle.roll_rad
        rpy[i, 1] = vehicle.pitch_rad
        rpy[i, 2] = vehicle.yaw_rad
        velocity[i, 0] = vehicle.velocity_x_mps
        velocity[i, 1] = vehicle.velocity_y_mps
        velocity[i, 2] = vehicle.velocity_z_mps
        angular[i, 0] = vehicle.roll_rate_radps
        angular[i, 1] = vehicle.pitch_rate_radps
        angular[i, 2] = vehicle.yaw_rate_radps
        acceleration[i, 0] = vehicle.acceleration_x_mps2
        acceleration[i, 1] = vehicle.acceleration_y_mps2
        acceleration[i, 2] = vehicle.acceleration_z_mps2
