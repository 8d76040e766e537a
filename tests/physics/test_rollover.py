"""Roll-over: its quasi-static limit g track / 2h, what does not roll, lying on the side, getting up."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.catalogue.vehicles import VEHICLES
from sim.server.vehicles.parameters import set_grip
from sim.server.vehicles.state import set_pose
from tests.physics.driving import MODEL3, drive, standing

FIRETRUCK = "vehicle.carlamotors.firetruck"


def tips_on_a_slope(share_of_limit: float) -> float:
    """Whether a firetruck that its tyres hold on a side slope lies on its side after 6 s."""
    rows, spec = standing(FIRETRUCK).rows, VEHICLES[FIRETRUCK]
    rows["tire_friction"], rows["hand_brake"] = 35.0, 1
    set_grip(rows)
    rows["ground_slope_y"] = share_of_limit * spec.track_m / (2.0 * spec.center_of_mass_height_m)
    drive(rows, 6.0)
    return float(rows["overturned"][0])


def test_limit_is_that_of_statics() -> None:
    assert tips_on_a_slope(1.05) == 1.0
    assert tips_on_a_slope(0.90) == 0.0


def test_a_truck_with_grip_rolls_in_a_hard_turn_and_a_car_slides() -> None:
    rows = standing(FIRETRUCK, MODEL3, speed_mps=25.0).rows
    rows["tire_friction"][0] = 5.0
    set_grip(rows)
    rows["steer"] = 0.15
    drive(rows, 6.0)
    assert rows["overturned"].tolist() == [1, 0]
    assert abs(rows["roll_rad"][0]) == pytest.approx(math.pi / 2.0, abs=0.15)
    drive(rows, 8.0)
    assert rows["vx_mps"][0] == 0.0
    assert rows["held"][0] == 1
    rows["throttle"] = 1.0
    where = float(rows["x_m"][0])
    drive(rows, 2.0)
    assert rows["x_m"][0] == where, "wheels in the air drive nothing"
    set_pose(rows, 0, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    drive(rows, 2.0)
    assert rows["overturned"][0] == 0
    assert rows["vx_mps"][0] > 0.5


def test_nobody_rolls_at_a_third_of_a_g() -> None:
    rows = standing(*VEHICLES, speed_mps=12.0).rows
    wheelbase = rows["front_axle_m"] + rows["rear_axle_m"]
    rows["steer"] = wheelbase * 3.3 / 144.0 / rows["max_steer_rad"]
    drive(rows, 6.0)
    assert (rows["overturned"] == 0).all()
    assert (rows["tip_rad"] == 0.0).all()
    assert np.abs(rows["roll_rad"][rows["two_wheeled"] == 0]).max() < math.radians(4.0)
