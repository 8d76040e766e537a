"""Steps all vehicles by one tick. The model is described in kernels/dynamics.py; limits are listed here.

Not modelled: heave and single-wheel suspension travel (the wheels feel one plane), tyre relaxation lengths, aligning torque and
camber, limited-slip differentials (open ones, torque halved), braked turbo lag, trailers, wind, tumbling beyond the side. A vehicle
that stands without throttle holds itself (automatic parking brake) unless it is in manual neutral.
"""

from __future__ import annotations

import math

from sim.server.kernels.dynamics import MAX_SUBSTEP_S, step_all
from sim.server.vehicles.state import VehicleRows


def substeps_of(dt_s: float) -> int:
    """Equal substeps of at most MAX_SUBSTEP_S that make up dt_s."""
    return max(1, math.ceil(dt_s / MAX_SUBSTEP_S - 1e-9))


def step_vehicles(rows: VehicleRows, dt_s: float) -> int:
    """Move every vehicle by dt_s, contacts apart; the number of those that lie on their side.

    Uses up forces and impulses. Rows with simulate_physics 0 stay put.

    Raises ValueError when dt_s is not positive. Tested by tests/physics/test_longitudinal.py, test_lateral.py, test_ground.py.
    """
    if not dt_s > 0.0:
        raise ValueError(f"step_vehicles: found dt_s = {dt_s}; expected a positive number of seconds")
    return int(step_all(rows, dt_s, substeps_of(dt_s)))
