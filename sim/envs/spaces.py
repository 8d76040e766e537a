"""What an environment shows and takes, as gymnasium spaces; the same numbers that any driver gets in an Observation."""

from __future__ import annotations

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from sim.base.agent import Command
from sim.base.observation import Navigation, Observation

ROUTE_POINTS = 20
ROUTE_SPACING_M = 2.5
EGO_FIELDS = (
    "speed_mps",
    "acceleration_x_mps2",
    "acceleration_y_mps2",
    "yaw_rate_radps",
    "steer_ratio",
    "speed_limit_mps",
    "distance_to_goal_m",
)
_EGO_LIMITS = np.array([120.0, 200.0, 200.0, 20.0, 1.0, 120.0, 1e5], np.float32)
_ROUTE_LIMIT_M = 1000.0

Sample = dict[str, NDArray[np.uint8] | NDArray[np.float32]]


def observation_space(cameras: dict[str, tuple[int, int]]) -> spaces.Dict:
    """Per camera an image (height, width, 3) uint8; "ego" (7,) float32 as EGO_FIELDS; "route" (20, 2) float32.

    `cameras` maps names to (height, width) in px. The route is the way ahead in the ego frame (x forward, y left), one point
    every 2.5 m from abeam of the ego.
    """
    images: dict[str, spaces.Space[NDArray[np.uint8]]] = {
        name: spaces.Box(0, 255, (height, width, 3), np.uint8) for name, (height, width) in cameras.items()
    }
    low = -_EGO_LIMITS
    return spaces.Dict(
        {
            **images,
            "ego": spaces.Box(low, _EGO_LIMITS, dtype=np.float32),
            "route": spaces.Box(-_ROUTE_LIMIT_M, _ROUTE_LIMIT_M, (ROUTE_POINTS, 2), np.float32),
        }
    )


def action_space() -> spaces.Box:
    """(2,) float32 in -1..1: pedals (positive throttle, negative brake), and steering (positive left, 1 = full lock)."""
    return spaces.Box(-1.0, 1.0, (2,), np.float32)


def command_of(action: NDArray[np.float32]) -> Command:
    """Pedals and wheel from an action; values beyond the space are cut off at full pedal or full lock."""
    pedal, steer = (float(value) for value in np.clip(action, -1.0, 1.0))
    return Command(throttle_ratio=max(pedal, 0.0), brake_ratio=max(-pedal, 0.0), steer_ratio=steer)


def sample_of(observation: Observation) -> Sample:
    """The observation as arrays of observation_space; cameras that were not due are absent."""
    ego, navigation = observation.ego, observation.navigation
    values = np.array(
        [
            ego.speed_mps,
            ego.acceleration_mps2[0],
            ego.acceleration_mps2[1],
            ego.yaw_rate_radps,
            ego.steer_ratio,
            navigation.speed_limit_mps,
            navigation.distance_to_goal_m,
        ],
        np.float32,
    )
    images: Sample = {name: frame.rgb for name, frame in observation.cameras.items()}
    return {
        **images,
        "ego": np.clip(values, -_EGO_LIMITS, _EGO_LIMITS),
        "route": _route_points(navigation),
    }


def _route_points(navigation: Navigation) -> NDArray[np.float32]:
    """The route at equal spacing; beyond its end the last point repeats."""
    points = np.asarray(navigation.route_ego_m, np.float64).reshape(-1, 2)
    if len(points) == 0:
        return np.zeros((ROUTE_POINTS, 2), np.float32)
    steps = np.hypot(*np.diff(points, axis=0).T) if len(points) > 1 else np.zeros(0)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    wanted = np.arange(ROUTE_POINTS) * ROUTE_SPACING_M
    route = np.stack([np.interp(wanted, along, points[:, axis]) for axis in (0, 1)], axis=1)
    return np.asarray(np.clip(route, -_ROUTE_LIMIT_M, _ROUTE_LIMIT_M), np.float32)
