"""Vehicles on lanes: keeping a lane at a speed, braking, and changing lanes, by pedals and wheel.

Tested by tests/scenarios/test_behaviours.py: a cut-in takes its time, ends in the middle of the new lane and stays there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from scenarios.place import PlacedActor
from scenarios.situation import Situation
from scenarios.ways import Way, way_along
from sim.base.agent import Command
from sim.base.driving import HOLD, LaneTracker, course_error_rad, drive
from sim.catalogue.vehicles import VEHICLES
from sim.maps.network import RoadNetwork
from sim.maps.routing import lane_path, straightest

LANE_AHEAD_M = 900.0
MAX_ACCELERATION_MPS2 = 2.0
MAX_DECELERATION_MPS2 = 3.0
SPEED_GAIN_1PS = 1.2


class HoldStill:
    """A parked or stopped vehicle."""

    def __init__(self) -> None:
        self.began = True

    def step(self, situation: Situation, row: int) -> Command:
        return HOLD


class LaneMotion:
    """A vehicle that follows its lane at `speed_mps`, changing speed by at most `deceleration_mps2` when it has to slow down."""

    def __init__(
        self,
        network: RoadNetwork,
        actor: PlacedActor,
        lane: int,
        speed_mps: float | None,
        deceleration_mps2: float = MAX_DECELERATION_MPS2,
        preferred: Sequence[int] = (),
    ) -> None:
        self.began = True
        self.speed_mps = speed_mps
        self.deceleration_mps2 = deceleration_mps2
        self._vehicle = VEHICLES[actor.type_id]
        self.way = lane_ahead(network, lane, preferred)
        self._curvature = self.way.line.curvature_1pm(3.0)
        self._station_m: float | None = None
        self._tracker = LaneTracker()

    def step(self, situation: Situation, row: int) -> Command:
        speed = situation.forward_speed_mps(row)
        if self.speed_mps is None:
            self.speed_mps = speed
        station, lateral = self.way.line.project(situation.state.position_world_m[row, :2], self._station_m)
        self._station_m = station
        target_lateral, slope, bend = self.profile(situation.time_s, speed)
        yaw = float(self.way.line.at(station)[1]) + slope
        path_curvature = float(np.interp(station + 0.1 * speed, self.way.line.station_m, self._curvature)) + bend
        yaw_rate = float(situation.state.angular_velocity_world_radps[row, 2])
        heading_error = course_error_rad(
            self._vehicle, speed, float(situation.state.rpy_rad[row, 2]), yaw, path_curvature
        )
        error_m = lateral - target_lateral
        curvature = self._tracker.curvature_1pm(
            error_m, heading_error, speed, path_curvature, yaw_rate, situation.tick_s
        )
        wanted = SPEED_GAIN_1PS * (self.speed_mps - speed)
        if self.speed_mps == 0.0:
            wanted = -self.deceleration_mps2
        if station > self.way.length_m - max(10.0, speed * speed / (2.0 * MAX_DECELERATION_MPS2)):
            wanted = -MAX_DECELERATION_MPS2
        acceleration = max(-self.deceleration_mps2, min(MAX_ACCELERATION_MPS2, wanted))
        return drive(self._vehicle, speed, acceleration, curvature)

    def profile(self, time_s: float, speed_mps: float) -> tuple[float, float, float]:
        """Where to be beside the lane's centre now: lateral in m, slope against the lane in rad, curvature in 1/m."""
        return 0.0, 0.0, 0.0


class LaneChange(LaneMotion):
    """A vehicle that changes to a neighbouring lane in `duration_s`, then follows that lane.

    Lateral position on the new lane: y(t) = y0 (1 - 10 u^3 + 15 u^4 - 6 u^5), u = t / duration, whose slope and curvature
    are 0 at both ends (the quintic of minimum jerk; Takahashi et al., IV 1989).
    """

    def __init__(
        self,
        network: RoadNetwork,
        actor: PlacedActor,
        lane: int,
        speed_change_mps: float,
        duration_s: float,
        preferred: Sequence[int] = (),
    ) -> None:
        super().__init__(network, actor, lane, None, preferred=preferred)
        self._speed_change_mps = speed_change_mps
        self._duration_s = duration_s
        self._begin: tuple[float, float] | None = None  # time_s, lateral_m

    def step(self, situation: Situation, row: int) -> Command:
        if self._begin is None:
            _, lateral = self.way.line.project(situation.state.position_world_m[row, :2])
            self._begin = situation.time_s, lateral
            self.speed_mps = max(situation.forward_speed_mps(row) + self._speed_change_mps, 0.0)
        return super().step(situation, row)

    def profile(self, time_s: float, speed_mps: float) -> tuple[float, float, float]:
        if self._begin is None:
            return 0.0, 0.0, 0.0
        began_s, from_m = self._begin
        u = min(max((time_s - began_s) / self._duration_s, 0.0), 1.0)
        speed = max(speed_mps, 3.0)
        lateral = from_m * (1.0 - 10.0 * u**3 + 15.0 * u**4 - 6.0 * u**5)
        rate = from_m * (-30.0 * u**2 + 60.0 * u**3 - 30.0 * u**4) / self._duration_s
        second = from_m * (-60.0 * u + 180.0 * u**2 - 120.0 * u**3) / self._duration_s**2
        return lateral, math.atan(rate / speed), second / speed**2


def lane_ahead(network: RoadNetwork, lane: int, preferred: Sequence[int] = ()) -> Way:
    """The way along a lane and on, as far as LANE_AHEAD_M or the end of the road; at forks along `preferred`, else straight on."""

    def choose(network: RoadNetwork, lane: int, options: tuple[int, ...]) -> int:
        wanted = [option for option in options if option in preferred]
        return wanted[0] if wanted else straightest(network, lane, options)

    return way_along(network, lane_path(network, lane, 0.0, LANE_AHEAD_M, choose))
