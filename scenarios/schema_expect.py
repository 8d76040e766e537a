"""The part of a scenario file that says what a good driver does: demands that can fail."""

from __future__ import annotations

from pydantic import Field

from scenarios.strict import OneOf, Strict


class NoCollision(Strict):
    """The ego's outline touches nobody's."""


class Happens(Strict):
    """The event took place, and so the run shows what its title says."""

    event: str


class OnRoad(Strict):
    """No corner of the ego leaves the surfaces made for vehicles by more than this."""

    beyond_m: float = Field(0.1, ge=0.0, le=5.0)


class KeepsLane(Strict):
    """The ego's outline leaves the lanes of its way by at most this (junctions are not counted)."""

    beyond_m: float = Field(0.1, ge=0.0, le=5.0)


class SpeedLimit(Strict):
    """The ego exceeds neither the posted limit nor the speed it started with, whichever is higher, by more than this."""

    over_kmh: float = Field(5.0, ge=0.0, le=100.0)


class SmoothUntil(Strict):
    """Until the event, the ego never brakes harder than this: it has no reason to."""

    event: str
    decel_mps2: float = Field(3.5, gt=0.0, le=15.0)


class MaxDecel(Strict):
    """The ego never brakes harder than this (mean over 0.2 s)."""

    decel_mps2: float = Field(5.0, gt=0.0, le=15.0)


class StopsBeforeLine(Strict):
    """The ego comes to a standstill with its front at most `within_m` before the stop line, and not beyond it."""

    within_m: float = Field(4.0, gt=0.0, le=50.0)
    below_mps: float = Field(0.1, gt=0.0, le=1.0)


class ReachesGoal(Strict):
    """The ego reaches the end of its way in time."""


class Progress(Strict):
    """The ego gets at least this far along its way."""

    at_least_m: float = Field(gt=0.0, le=100_000.0)


class RegainsHeadway(Strict):
    """At the end the ego keeps a time gap of at least this to an actor in front (or is slower by so much that the gap opens)."""

    to: str
    headway_s: float = Field(0.8, gt=0.0, le=10.0)


class MinGap(Strict):
    """The free distance to an actor never falls below this."""

    to: str
    at_least_m: float = Field(gt=0.0, le=100.0)


class MinTtc(Strict):
    """The time to collision with an actor never falls below this."""

    to: str
    at_least_s: float = Field(gt=0.0, le=60.0)


class ObeysLights(Strict):
    """The ego crosses no stop line while its light is red."""


class Expectation(OneOf):
    """One demand."""

    no_collision: NoCollision | None = None
    happens: Happens | None = None
    on_road: OnRoad | None = None
    keeps_lane: KeepsLane | None = None
    speed_limit: SpeedLimit | None = None
    smooth_until: SmoothUntil | None = None
    max_decel: MaxDecel | None = None
    stops_before_line: StopsBeforeLine | None = None
    reaches_goal: ReachesGoal | None = None
    progress: Progress | None = None
    regains_headway: RegainsHeadway | None = None
    min_gap: MinGap | None = None
    min_ttc: MinTtc | None = None
    obeys_lights: ObeysLights | None = None
