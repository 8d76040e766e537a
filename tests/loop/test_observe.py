"""The instruments: the route as seen from the car, and motion in its own frame."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from sim.base.bundle import Route
from sim.loop.observe import Navigator, ego_motion
from tests.base.worlds import car, make_state


def circle(radius_m: float = 50.0) -> Route:
    """Counter-clockwise from (r, 0)."""
    angle = np.arange(0.0, 5.5, 1.0 / radius_m)
    points = np.stack([radius_m * np.cos(angle), radius_m * np.sin(angle), 0 * angle], axis=-1)
    return Route(points, radius_m * angle, np.where(angle < 1.0, 10.0, 20.0))


def test_route_ahead_bends_left_on_a_left_bend_and_starts_abeam() -> None:
    navigator = Navigator(circle())
    seen = navigator.navigation(np.array([49.0, 0.0, 0.0]), math.pi / 2)
    assert np.allclose(seen.route_ego_m[0], [0.0, -1.0], atol=0.02)
    assert seen.route_ego_m[20][0] > 18.0
    assert seen.route_ego_m[30][1] > seen.route_ego_m[10][1]
    assert seen.speed_limit_mps == 10.0
    assert seen.distance_to_goal_m == pytest.approx(50.0 * 5.48, abs=1.0)


def test_progress_is_followed_round_the_circle_and_never_jumps() -> None:
    route = circle()
    navigator = Navigator(route)
    left = []
    for angle in np.arange(0.0, 5.3, 0.1):
        position = np.array([50 * math.cos(angle), 50 * math.sin(angle), 0.0])
        left.append(navigator.navigation(position, angle + math.pi / 2).distance_to_goal_m)
    assert np.allclose(np.diff(left), -5.0, atol=0.05)


def test_motion_is_in_the_ego_frame() -> None:
    state = make_state([(car(1, "hero"), (0.0, 0.0, 0.0), math.pi / 2)], velocity_mps=(0.0, 8.0, 0.0))
    state = replace(state, acceleration_world_mps2=np.array([[-2.0, 1.0, 0.0]]))
    motion = ego_motion(state, 0)
    assert motion.speed_mps == pytest.approx(8.0)
    assert motion.acceleration_mps2 == pytest.approx((1.0, 2.0, 0.0))
    assert motion.length_m == pytest.approx(4.7)
    assert 2.5 < motion.wheelbase_m < 3.2
