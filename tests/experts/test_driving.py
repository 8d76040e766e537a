"""Polylines, pedals and steering against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.base.bundle import Route
from sim.base.driving import LaneTracker, course_error_rad, pedals, steer_for_curvature
from sim.base.errors import AgentError, InputError
from sim.base.polyline import polyline
from sim.catalogue.vehicles import VEHICLES
from sim.experts.expert import Expert
from sim.experts.path import LATERAL_COMFORT_MPS2, SLOWING_MPS2, driven_path
from sim.experts.registry import AGENTS, make_agent

CAR = VEHICLES["vehicle.tesla.model3"]


def circle(radius: float, turn: float = 1.5):
    angle = np.arange(0.0, turn, 1.0 / radius)
    return np.column_stack([radius * np.sin(angle), radius * (1.0 - np.cos(angle))])


def test_project_undoes_at() -> None:
    line = polyline(circle(40.0))
    rng = np.random.default_rng(0)
    for station, lateral in zip(rng.uniform(1.0, line.length_m - 1.0, 50), rng.uniform(-3.0, 3.0, 50), strict=True):
        point, _ = line.at(station, lateral)
        found = line.project(point)
        assert found == pytest.approx((station, lateral), abs=0.06)
        assert line.project(point, near_m=station + 5.0) == found
    assert line.project((-3.0, 1.0)) == pytest.approx((-3.0, 1.0), abs=0.1)


def test_curvature_of_a_circle() -> None:
    line = polyline(circle(25.0))
    inner = line.curvature_1pm(2.0)[5:-5]
    assert inner == pytest.approx(np.full(len(inner), 1.0 / 25.0), rel=0.01)


def test_pedals_hold_the_speed_against_drag_and_give_the_braking_asked_for() -> None:
    throttle, brake = pedals(CAR, 30.0, 0.0)
    assert 0.0 < throttle < 0.2 and brake == 0.0
    throttle, brake = pedals(CAR, 30.0, -5.0)
    drag = 0.5 * 1.2041 * CAR.drag_area_m2 * 900.0 + CAR.rolling_resistance * CAR.mass_kg * 9.81
    assert throttle == 0.0
    assert brake * CAR.brake_decel_mps2 + drag / CAR.mass_kg == pytest.approx(5.0)
    assert pedals(CAR, 10.0, -50.0)[1] == 1.0 and pedals(CAR, 10.0, 50.0)[0] == 1.0


def test_steering_is_ackermann_at_walking_pace_and_more_at_speed() -> None:
    slow, fast = (steer_for_curvature(CAR, speed, 0.01) for speed in (1.0, 30.0))
    assert slow * CAR.max_steer_rad == pytest.approx(math.atan(0.01 * CAR.wheelbase_m), rel=0.01)
    assert fast > slow > 0.0
    assert steer_for_curvature(CAR, 1.0, -1.0) == -1.0


def test_tracker_steers_back() -> None:
    assert LaneTracker().curvature_1pm(0.5, 0.0, 10.0, 0.0, 0.0, 0.05) < 0.0
    assert LaneTracker().curvature_1pm(0.0, 0.1, 10.0, 0.0, 0.0, 0.05) < 0.0
    assert LaneTracker().curvature_1pm(0.0, 0.0, 3.0, 0.02, 0.0, 0.05) == pytest.approx(0.02)


def test_course_in_a_bend_includes_the_slip() -> None:
    rolling = course_error_rad(CAR, 1.0, 0.0, 0.0, 0.05)
    assert rolling == pytest.approx(-0.05 * CAR.rear_axle_x_m, rel=0.02)
    assert course_error_rad(CAR, 30.0, 0.0, 0.0, 0.005) < 0.0
    assert course_error_rad(CAR, 10.0, 0.3, 0.1, 0.0) == pytest.approx(0.2)


def test_speed_plan_is_comfortable_in_bends_and_before_them() -> None:
    straight = np.column_stack([np.arange(-100.0, 0.0, 1.0), np.zeros(100)])
    points = np.column_stack([np.vstack([straight, circle(20.0)]), np.zeros(100 + len(circle(20.0)))])
    station = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    path = driven_path(Route(points, station, np.full(len(points), 20.0)), 15.0)
    assert path.speed_at(110.0) == pytest.approx(math.sqrt(LATERAL_COMFORT_MPS2 * 20.0), rel=0.03)
    assert path.speed_at(0.0) == 15.0
    slowing = np.diff(path.speed_mps**2) / (2.0 * np.diff(path.line.station_m))
    assert slowing.min() >= -SLOWING_MPS2 - 1e-9


def test_registry() -> None:
    assert {"expert", "expert_no_brake"} <= set(AGENTS)
    for name, entry in AGENTS.items():
        agent = make_agent(name)
        assert entry.name == name and entry.privileged == getattr(agent, "privileged", False)
    assert isinstance(make_agent("sim.experts.expert:Expert"), Expert)
    with pytest.raises(InputError, match='Did you mean "expert"'):
        make_agent("exprt")
    for half in (":Driver", "sim.experts.expert:", ":"):
        with pytest.raises(InputError, match="MODULE:CLASS"):
            make_agent(half)
    with pytest.raises(AgentError, match="cannot be imported"):
        make_agent("no.such.module:Driver")
    with pytest.raises(AgentError, match='Did you mean "Expert"'):
        make_agent("sim.experts.expert:Expertt")
    with pytest.raises(AgentError, match="without the methods"):
        make_agent("types:SimpleNamespace")
