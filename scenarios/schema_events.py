"""The part of a scenario file that says when something happens, and what: conditions and behaviours."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PlainValidator

from scenarios.draws import Draw, Within
from scenarios.strict import OneOf, Strict

_TIME_S = Annotated[Draw, PlainValidator(Within(0.0, 600.0, "s"))]
_LENGTH_M = Annotated[Draw, PlainValidator(Within(0.0, 5000.0, "m"))]
_SPEED_KMH = Annotated[Draw, PlainValidator(Within(0.0, 250.0, "km/h"))]
_DECEL = Annotated[Draw, PlainValidator(Within(0.1, 12.0, "m/s2"))]


def _fixed(value: float) -> Draw:
    return Draw("constant", (value,))


class Gap(Strict):
    """The free distance between two outlines, seen from above, is at most this."""

    of: str = "ego"
    to: str
    at_most_m: _LENGTH_M


class TimeToCollision(Strict):
    """The gap divided by the closing speed is at most this."""

    of: str = "ego"
    to: str
    at_most_s: _TIME_S


class Arrival(Strict):
    """The ego's front has come this close to the anchor along its way (0: reached it)."""

    before_anchor_m: Annotated[Draw, PlainValidator(Within(-5000.0, 5000.0, "m"))]


class Speed(Strict):
    """An actor is at least, or at most, this fast."""

    of: str = "ego"
    at_least_kmh: _SPEED_KMH | None = None
    at_most_kmh: _SPEED_KMH | None = None


class When(OneOf):
    """A condition on the state of the world; `any`, `all` and `not` combine others."""

    time_s: _TIME_S | None = None
    gap: Gap | None = None
    time_to_collision: TimeToCollision | None = None
    arrival: Arrival | None = None
    speed: Speed | None = None
    after: str | None = None
    any_of: tuple[When, ...] | None = Field(None, alias="any", min_length=1)
    all_of: tuple[When, ...] | None = Field(None, alias="all", min_length=1)
    negated: When | None = Field(None, alias="not")


class DartOut(Strict):
    """A person runs straight across the ego's way, off at the moment that makes both meet.

    The person starts when the time that the ego, at its speed of that moment, needs to the person's line equals the time the
    person needs to the point `aim` of the ego's front (-1 its right corner, 0 its middle, 1 its left corner).
    """

    actor: str
    meet: str = "ego"
    speed_mps: Annotated[Draw, PlainValidator(Within(0.2, 10.0, "m/s"))]
    aim: Annotated[Draw, PlainValidator(Within(-1.0, 1.0, ""))] = _fixed(0.0)
    distance_m: _LENGTH_M = _fixed(12.0)


class CutIn(Strict):
    """A vehicle changes to the neighbouring lane in `duration_s` along a quintic lateral profile, steering, not sliding."""

    actor: str
    towards: Literal["left", "right"]
    duration_s: Annotated[Draw, PlainValidator(Within(0.8, 20.0, "s"))]
    speed_change_kmh: Annotated[Draw, PlainValidator(Within(-250.0, 250.0, "km/h"))] = _fixed(0.0)


class FollowLane(Strict):
    """A vehicle follows its lane at a speed (what every moving vehicle does before an event)."""

    actor: str
    speed_kmh: _SPEED_KMH


class KeepSpeed(Strict):
    """A vehicle keeps the speed it has, in its lane."""

    actor: str


class Brake(Strict):
    """A vehicle brakes in its lane with a deceleration, down to a speed."""

    actor: str
    decel_mps2: _DECEL
    to_kmh: _SPEED_KMH = _fixed(0.0)


class Stand(Strict):
    """A vehicle holds its brakes; a person stands still."""

    actor: str


class Behaviour(OneOf):
    """What an actor begins to do."""

    dart_out: DartOut | None = None
    cut_in: CutIn | None = None
    follow_lane: FollowLane | None = None
    keep_speed: KeepSpeed | None = None
    brake: Brake | None = None
    stand: Stand | None = None


class Event(Strict):
    """When the condition first holds (default: from the start), the behaviour begins."""

    when: When | None = None
    do: Behaviour
