"""What the driver's own instruments say at one tick: motion, and the route as a navigation system shows it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.base.bundle import Route
from sim.base.frames import rotation_from_rpy
from sim.base.observation import EgoMotion, Navigation
from sim.base.state import ActorInfo, WorldState
from sim.catalogue.vehicles import VEHICLES

AHEAD_M = 120.0
_UNKNOWN_WHEELBASE_RATIO = 0.6
_SEARCH_BACK_M = 5.0
_SEARCH_AHEAD_M = 30.0


def ego_motion(state: WorldState, row: int) -> EgoMotion:
    """Speed along the vehicle, acceleration and yaw rate in the ego frame, and the vehicle's dimensions."""
    ego_from_world = rotation_from_rpy(state.rpy_rad[row]).T
    velocity = ego_from_world @ state.velocity_world_mps[row]
    acceleration = ego_from_world @ state.acceleration_world_mps2[row]
    rates = ego_from_world @ state.angular_velocity_world_radps[row]
    info = state.actors[row]
    return EgoMotion(
        speed_mps=float(velocity[0]),
        acceleration_mps2=(float(acceleration[0]), float(acceleration[1]), float(acceleration[2])),
        yaw_rate_radps=float(rates[2]),
        steer_ratio=float(state.steer_ratio[row]),
        length_m=2.0 * info.box_extent_m[0],
        width_m=2.0 * info.box_extent_m[1],
        wheelbase_m=_wheelbase_m(info),
    )


class Navigator:
    """Follows the ego along its route; the nearest point is looked for near the last one, so crossings do not confuse it.

    Tested by tests/loop/test_observe.py.
    """

    def __init__(self, route: Route) -> None:
        self._route = route
        self._arc_length_m: float | None = None

    def navigation(self, position_world_m: NDArray[np.float64], yaw_rad: float) -> Navigation:
        """The route ahead in the ego frame, the limit here, and how far it is to the end."""
        route = self._route
        arc = self._arc_length_m = self._project(position_world_m[:2])
        end = min(arc + AHEAD_M, float(route.arc_length_m[-1]))
        samples = np.linspace(arc, end, max(2, round(end - arc) + 1))
        cos, sin = np.cos(yaw_rad), np.sin(yaw_rad)
        x = np.interp(samples, route.arc_length_m, route.points_world_m[:, 0]) - position_world_m[0]
        y = np.interp(samples, route.arc_length_m, route.points_world_m[:, 1]) - position_world_m[1]
        here = int(np.searchsorted(route.arc_length_m, arc, side="right")) - 1
        return Navigation(
            route_ego_m=np.stack([cos * x + sin * y, cos * y - sin * x], axis=-1),
            speed_limit_mps=float(route.speed_limit_mps[max(here, 0)]),
            distance_to_goal_m=float(route.arc_length_m[-1]) - arc,
        )

    def _project(self, point: NDArray[np.float64]) -> float:
        """Arc length of the route's point nearest to `point` (2,)."""
        arcs = self._route.arc_length_m
        first, last = 0, len(arcs) - 1
        if self._arc_length_m is not None:
            first = max(0, int(np.searchsorted(arcs, self._arc_length_m - _SEARCH_BACK_M)) - 1)
            last = min(last, int(np.searchsorted(arcs, self._arc_length_m + _SEARCH_AHEAD_M)))
        points = self._route.points_world_m[first : last + 1, :2]
        if len(points) < 2:
            return float(arcs[first])
        leg = points[1:] - points[:-1]
        length2 = np.maximum(np.einsum("ni,ni->n", leg, leg), 1e-12)
        along = np.clip(np.einsum("ni,ni->n", point - points[:-1], leg) / length2, 0.0, 1.0)
        gap = points[:-1] + along[:, None] * leg - point
        best = int(np.argmin(np.einsum("ni,ni->n", gap, gap)))
        start = arcs[first + best]
        return float(start + along[best] * (arcs[first + best + 1] - start))


def _wheelbase_m(info: ActorInfo) -> float:
    spec = VEHICLES.get(info.type_id)
    return spec.wheelbase_m if spec else 2.0 * info.box_extent_m[0] * _UNKNOWN_WHEELBASE_RATIO
