"""Demands on the ego, one class each: they watch every moment and end in a Verdict with value, limit and unit.

Tested by tests/scenarios/test_expect.py: each has a run that passes it and a run that fails it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from scenarios.moment import Moment
from scenarios.place import PlacedScenario
from scenarios.schema_expect import (
    Expectation,
    Happens,
    KeepsLane,
    MaxDecel,
    MinGap,
    MinTtc,
    OnRoad,
    Progress,
    RegainsHeadway,
    SmoothUntil,
    SpeedLimit,
    StopsBeforeLine,
)
from sim.base.state import LightState
from sim.base.units import kmh_from_mps
from sim.base.verdict import Verdict

_POSITION_TOLERANCE_M = 0.01
"""For rounding in projections; limits of speed and braking count as broken when they are exceeded at all."""


class Check(Protocol):
    """One demand, watching."""

    def observe(self, moment: Moment) -> None:
        """Look at one moment."""

    def verdict(self, last: Moment | None) -> Verdict:
        """Judge; `last` is the last moment of the run."""


class Extreme:
    """A demand that the worst value of a run keeps within a limit. `sign` +1: at most the limit, -1: at least."""

    needs_a_value = False
    """Whether a run in which nothing was measured shows nothing, and is invalid; else it passes."""

    def __init__(self, name: str, limit: float, unit: str, sign: int, text: str) -> None:
        self.name, self.limit, self.unit, self.sign, self.text = name, limit, unit, sign, text
        self.worst: float | None = None
        self.broken_tick: int | None = None

    def note(self, value: float, tick: int, tolerance: float = 0.0) -> None:
        """Take one value into account."""
        if self.worst is None or self.sign * value > self.sign * self.worst:
            self.worst = value
        if self.broken_tick is None and self.sign * (value - self.limit) > tolerance:
            self.broken_tick = tick

    def verdict(self, last: Moment | None) -> Verdict:
        """Passed when the limit was never broken; invalid without a moment, or without a value where one is needed."""
        value = None if self.worst is None or math.isinf(self.worst) else round(self.worst, 4)
        valid = last is not None and (self.worst is not None or not self.needs_a_value)
        passed = valid and self.broken_tick is None
        words = {1: "at most", -1: "at least"}[self.sign]
        shown = "nothing measured" if value is None else f"{value:.2f} {self.unit}".rstrip()
        message = f"{self.text}: {shown}; expected {words} {self.limit:g} {self.unit}".rstrip() + "."
        return Verdict(self.name, passed, valid, value, self.limit, self.unit, self.broken_tick, message)


class NoCollisionCheck:
    """The ego touches nobody."""

    def __init__(self) -> None:
        self._touched: tuple[str, float, int] | None = None

    def observe(self, moment: Moment) -> None:
        if self._touched is None and moment.contacts:
            other = moment.situation.state.actors[moment.contacts[0]]
            self._touched = (other.role_name or other.type_id, moment.impact_mps, moment.tick)

    def verdict(self, last: Moment | None) -> Verdict:
        if self._touched is None:
            return Verdict("no_collision", True, last is not None, 0.0, 0.0, "m/s", None, "Nobody was touched.")
        who, speed, tick = self._touched
        text = f"Touched {who} at a relative speed of {speed:.1f} m/s; expected no contact."
        return Verdict("no_collision", False, True, round(speed, 4), 0.0, "m/s", tick, text)


class HappensCheck:
    """The event took place. If it did not although the ego came past the anchor, the run shows nothing: it is invalid."""

    def __init__(self, spec: Happens, placed: PlacedScenario) -> None:
        self._event, self._anchor_m = spec.event, placed.anchor_station_m

    def observe(self, moment: Moment) -> None:
        pass

    def verdict(self, last: Moment | None) -> Verdict:
        name = f"happens.{self._event}"
        tick = None if last is None else last.begun.get(self._event)
        if tick is not None:
            return Verdict(name, True, True, 1.0, 1.0, "", tick, f"{self._event} began at tick {tick}.")
        drove_past = last is not None and last.front_station_m > self._anchor_m
        why = "although the ego came past" if drove_past else "because the ego never came near"
        text = f"{self._event} did not begin, {why}; expected it to."
        return Verdict(name, False, last is not None and not drove_past, 0.0, 1.0, "", None, text)


class OnRoadCheck(Extreme):
    """No corner leaves the road."""

    def __init__(self, spec: OnRoad) -> None:
        super().__init__("on_road", spec.beyond_m, "m", 1, "Furthest off the surfaces for vehicles")

    def observe(self, moment: Moment) -> None:
        self.note(moment.beyond_road_m, moment.tick, _POSITION_TOLERANCE_M)


class KeepsLaneCheck(Extreme):
    """The outline stays in the lanes of the route."""

    def __init__(self, spec: KeepsLane) -> None:
        super().__init__("keeps_lane", spec.beyond_m, "m", 1, "Furthest beyond the lane")

    def observe(self, moment: Moment) -> None:
        if moment.beyond_lane_m is not None:
            self.note(moment.beyond_lane_m, moment.tick, _POSITION_TOLERANCE_M)


class SpeedLimitCheck(Extreme):
    """Never faster than posted (or than it started, if that was faster)."""

    def __init__(self, spec: SpeedLimit, placed: PlacedScenario) -> None:
        super().__init__("speed_limit", spec.over_kmh, "km/h", 1, "Highest speed above the limit")
        self._start_mps = placed.ego.speed_mps

    def observe(self, moment: Moment) -> None:
        allowed = max(moment.speed_limit_mps, self._start_mps)
        self.note(kmh_from_mps(moment.speed_mps - allowed), moment.tick)


class MaxDecelCheck(Extreme):
    """Never brakes harder than allowed, until an event if one is named."""

    def __init__(self, spec: MaxDecel | SmoothUntil) -> None:
        self._event = spec.event if isinstance(spec, SmoothUntil) else None
        name = "max_decel" if self._event is None else f"smooth_until.{self._event}"
        super().__init__(name, spec.decel_mps2, "m/s2", 1, "Hardest braking")

    def observe(self, moment: Moment) -> None:
        if self._event is None or self._event not in moment.begun:
            self.note(max(-moment.acceleration_mps2, 0.0), moment.tick)


class StopsBeforeLineCheck(Extreme):
    """Stands with the front between `within_m` before the stop line and the line itself."""

    def __init__(self, spec: StopsBeforeLine, placed: PlacedScenario) -> None:
        text = f"Lowest speed in the last {spec.within_m:g} m before the stop line"
        super().__init__("stops_before_line", spec.below_mps, "m/s", 1, text)
        self._within_m, self._line_m = spec.within_m, placed.stop_station_m
        self._crossed_tick: int | None = None
        self._lowest: float | None = None

    def observe(self, moment: Moment) -> None:
        if self._line_m is None:
            return
        if self._line_m - self._within_m <= moment.front_station_m <= self._line_m + _POSITION_TOLERANCE_M:
            self._lowest = moment.speed_mps if self._lowest is None else min(self._lowest, moment.speed_mps)
        elif moment.front_station_m > self._line_m and self._crossed_tick is None:
            self._crossed_tick = moment.tick

    def verdict(self, last: Moment | None) -> Verdict:
        valid = last is not None and self._line_m is not None
        passed = valid and self._lowest is not None and self._lowest < self.limit
        value = None if self._lowest is None else round(max(self._lowest, 0.0), 4)
        shown = "it never stood there" if value is None else f"{value:.2f} m/s"
        text = f"{self.text}: {shown}; expected below {self.limit:g} m/s."
        return Verdict(self.name, passed, valid, value, self.limit, "m/s", self._crossed_tick, text)


class ProgressCheck(Extreme):
    """Gets at least so far; with `goal`, to the end of the way."""

    def __init__(self, spec: Progress | None, placed: PlacedScenario) -> None:
        far = placed.goal_station_m - 0.5 if spec is None else spec.at_least_m
        super().__init__("reaches_goal" if spec is None else "progress", far, "m", -1, "Distance along the way")
        self._furthest_m = 0.0

    def observe(self, moment: Moment) -> None:
        self._furthest_m = max(self._furthest_m, moment.station_m)

    def verdict(self, last: Moment | None) -> Verdict:
        if last is not None:
            self.note(self._furthest_m, last.tick)
        return super().verdict(last)


class RegainsHeadwayCheck(Extreme):
    """Ends with enough time gap to an actor, or with the gap opening."""

    def __init__(self, spec: RegainsHeadway) -> None:
        super().__init__("regains_headway", spec.headway_s, "s", -1, f"Time gap to {spec.to} at the end")
        self._to = spec.to

    def observe(self, moment: Moment) -> None:
        pass

    def verdict(self, last: Moment | None) -> Verdict:
        row = None if last is None else last.situation.row(self._to)
        if last is None or row is None:
            return Verdict(
                self.name, False, False, None, self.limit, "s", None, f"{self._to} is gone; expected it there."
            )
        gap, speed = last.situation.gap_m(last.row, row), max(last.speed_mps, 0.1)
        opens = speed <= last.situation.speed_mps(row) - 1.0
        self.note(gap / speed if not (opens and gap > 2.0) else max(gap / speed, self.limit), last.tick)
        return super().verdict(last)


class MinGapCheck(Extreme):
    """Never nearer than allowed."""

    needs_a_value = True

    def __init__(self, spec: MinGap) -> None:
        super().__init__(f"min_gap.{spec.to}", spec.at_least_m, "m", -1, f"Least distance to {spec.to}")
        self._to = spec.to

    def observe(self, moment: Moment) -> None:
        row = moment.situation.row(self._to)
        if row is not None:
            self.note(moment.situation.gap_m(moment.row, row), moment.tick)


class MinTtcCheck(Extreme):
    """Never a shorter time to collision than allowed."""

    needs_a_value = True

    def __init__(self, spec: MinTtc) -> None:
        super().__init__(f"min_ttc.{spec.to}", spec.at_least_s, "s", -1, f"Least time to collision with {spec.to}")
        self._to = spec.to

    def observe(self, moment: Moment) -> None:
        row = moment.situation.row(self._to)
        if row is not None:
            self.note(time_to_collision_s(moment, row), moment.tick)


class ObeysLightsCheck:
    """No stop line is crossed while its light is red."""

    def __init__(self) -> None:
        self._front_m: float | None = None
        self._broken: tuple[int, float] | None = None
        self._crossed = 0

    def observe(self, moment: Moment) -> None:
        before, now = self._front_m, moment.front_station_m
        self._front_m = now
        if before is None:
            return
        for control in moment.truth.controls:
            if control.kind == "light" and before < control.stop_arc_length_m <= now:
                self._crossed += 1
                row = moment.situation.state.row_of(control.track_id)
                red = row is not None and int(moment.situation.state.light_state[row]) == LightState.RED
                if red and self._broken is None:
                    self._broken = (moment.tick, control.stop_arc_length_m)

    def verdict(self, last: Moment | None) -> Verdict:
        if self._broken is None:
            text = f"Crossed {self._crossed} stop lines of traffic lights, none at red."
            return Verdict("obeys_lights", True, last is not None, 0.0, 0.0, "", None, text)
        tick, station = self._broken
        text = f"Crossed the stop line at {station:.0f} m at red; expected to wait."
        return Verdict("obeys_lights", False, True, 1.0, 0.0, "", tick, text)


def time_to_collision_s(moment: Moment, row: int) -> float:
    """Gap to an actor divided by the closing speed; inf while it does not close."""
    closing = moment.situation.closing_mps(moment.row, row)
    return moment.situation.gap_m(moment.row, row) / closing if closing > 1e-3 else math.inf


def check_of(demand: Expectation, placed: PlacedScenario) -> Check:
    """The check that watches one demand of a scenario."""
    body = demand.body
    makers: dict[str, Callable[[], Check]] = {
        "no_collision": NoCollisionCheck,
        "happens": lambda: HappensCheck(body, placed),
        "on_road": lambda: OnRoadCheck(body),
        "keeps_lane": lambda: KeepsLaneCheck(body),
        "speed_limit": lambda: SpeedLimitCheck(body, placed),
        "smooth_until": lambda: MaxDecelCheck(body),
        "max_decel": lambda: MaxDecelCheck(body),
        "stops_before_line": lambda: StopsBeforeLineCheck(body, placed),
        "reaches_goal": lambda: ProgressCheck(None, placed),
        "progress": lambda: ProgressCheck(body, placed),
        "regains_headway": lambda: RegainsHeadwayCheck(body),
        "min_gap": lambda: MinGapCheck(body),
        "min_ttc": lambda: MinTtcCheck(body),
        "obeys_lights": ObeysLightsCheck,
    }
    return makers[demand.kind]()
