"""Riders of two-wheelers: whatever is asked of them, they keep the machine upright and both wheels from sliding away."""

from __future__ import annotations

import numpy as np
import pytest

from sim.catalogue.vehicles import VEHICLES
from sim.server.kernels.dynamics import BRAKER_SHARE, RIDER_LEAN
from sim.server.vehicles.motion import step_vehicles
from tests.physics.driving import standing

TWO_WHEELERS = sorted(type_id for type_id, spec in VEHICLES.items() if spec.number_of_wheels == 2)
GRAVITY = 9.81


@pytest.mark.parametrize("pedals", [(0.0, 0.0), (0.85, 0.0), (0.0, 0.7)])
def test_full_lock_at_speed_is_a_lean_and_no_spin(pedals: tuple[float, float]) -> None:
    rows = standing(*TWO_WHEELERS, speed_mps=12.0).rows
    rows["steer"] = 0.8
    rows["throttle"], rows["brake"] = pedals
    for _ in range(30):
        step_vehicles(rows, 0.05)
        moving = rows["vx_mps"] > 4.0
        slip = np.abs(np.arctan2(rows["vy_mps"], rows["vx_mps"]))
        assert (slip[moving] < 0.25).all(), dict(zip(TWO_WHEELERS, slip, strict=True))
        lateral = np.abs(rows["vx_mps"] * rows["yaw_rate_radps"])
        assert (lateral[moving] < (RIDER_LEAN + 0.2) * GRAVITY * rows["friction"][moving]).all()


def test_braking_stays_below_what_lifts_the_rear_wheel() -> None:
    rows = standing(*TWO_WHEELERS, speed_mps=15.0).rows
    rows["brake"] = 1.0
    for _ in range(20):
        step_vehicles(rows, 0.05)
    lifts = GRAVITY * rows["front_axle_m"] / rows["com_height_m"]
    decel = (15.0 - rows["vx_mps"]) / 1.0
    air = rows["drag_kgpm"] * 15.0**2 / rows["mass_kg"]
    assert (decel < 1.05 * BRAKER_SHARE * lifts + air + 0.1).all()
    assert (decel > 2.0).all()
    assert (np.abs(rows["yaw_rate_radps"]) < 1e-6).all()
