"""Scenario file v1: what a scenario file may say, as pydantic models.

Speeds are in km/h where the key ends in `_kmh` and in m/s where it ends in `_mps`; every number can be a distribution
(scenarios.draws). A model in which exactly one key may be given (Anchor, When, Behaviour, Expectation) reads in the file as
`do: {cut_in: {...}}`. Conditions are in scenarios.schema_events, demands in scenarios.schema_expect.
Errors with file, line and key are made by scenarios.load. Tested by tests/scenarios/test_load.py.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PlainValidator

from scenarios.draws import Draw, Within, parse_name
from scenarios.schema_events import Event
from scenarios.schema_expect import Expectation
from scenarios.strict import OneOf, Strict

LENGTH_M = Annotated[Draw, PlainValidator(Within(0.0, 5000.0, "m"))]
OFFSET_M = Annotated[Draw, PlainValidator(Within(-5000.0, 5000.0, "m"))]
LATERAL_M = Annotated[Draw, PlainValidator(Within(-10.0, 10.0, "m, left positive"))]
SPEED_KMH = Annotated[Draw, PlainValidator(Within(0.0, 250.0, "km/h"))]
SPEED_CHANGE_KMH = Annotated[Draw, PlainValidator(Within(-250.0, 250.0, "km/h"))]
TIME_S = Annotated[Draw, PlainValidator(Within(0.0, 600.0, "s"))]
ANGLE_DEG = Annotated[Draw, PlainValidator(Within(-360.0, 360.0, "deg, left positive"))]
PERCENT = Annotated[Draw, PlainValidator(Within(0.0, 100.0, "percent"))]
NAME = Annotated[Draw, PlainValidator(parse_name)]

LaneName = Literal[
    "ego", "left", "right", "opposite", "parking_right", "parking_left", "pavement_right", "pavement_left"
]


def _fixed(value: float) -> Draw:
    return Draw("constant", (value,))


class WeatherSpec(Strict):
    """CARLA's 14 weather parameters, by CARLA's names; those not given keep a clear day's value."""

    cloudiness: PERCENT = _fixed(0.0)
    precipitation: PERCENT = _fixed(0.0)
    precipitation_deposits: PERCENT = _fixed(0.0)
    wind_intensity: PERCENT = _fixed(0.0)
    sun_azimuth_angle: Annotated[Draw, PlainValidator(Within(0.0, 360.0, "deg"))] = _fixed(0.0)
    sun_altitude_angle: Annotated[Draw, PlainValidator(Within(-90.0, 90.0, "deg"))] = _fixed(45.0)
    fog_density: PERCENT = _fixed(0.0)
    fog_distance: Annotated[Draw, PlainValidator(Within(0.0, 100_000.0, "m"))] = _fixed(0.0)
    fog_falloff: Annotated[Draw, PlainValidator(Within(0.0, 5.0, ""))] = _fixed(0.0)
    wetness: PERCENT = _fixed(0.0)
    scattering_intensity: Annotated[Draw, PlainValidator(Within(0.0, 100.0, ""))] = _fixed(1.0)
    mie_scattering_scale: Annotated[Draw, PlainValidator(Within(0.0, 5.0, ""))] = _fixed(0.03)
    rayleigh_scattering_scale: Annotated[Draw, PlainValidator(Within(0.0, 2.0, ""))] = _fixed(0.0331)
    dust_storm: PERCENT = _fixed(0.0)


class StraightStreet(Strict):
    """A straight piece of street away from junctions: `before_m` of it before the anchor, `after_m` after it."""

    parking: Literal["right", "none", "any"] = "any"
    before_m: LENGTH_M
    after_m: LENGTH_M


class StopLine(Strict):
    """The stop line of a stop sign; the way leads `before_m` up to it and at least `after_m` on."""

    before_m: LENGTH_M
    after_m: LENGTH_M


class Motorway(Strict):
    """A fast road (limit of at least 80 km/h) on which the ego's lane has a neighbour of the same direction."""

    neighbour: Literal["left", "right"]
    before_m: LENGTH_M
    after_m: LENGTH_M


class AnyRoad(Strict):
    """Any driving lane outside junctions, from which the way leads on."""

    before_m: LENGTH_M
    after_m: LENGTH_M


class Anchor(OneOf):
    """The point that a scenario is laid out around, found on the map by one of these rules; the seed picks among matches."""

    straight_street: StraightStreet | None = None
    stop_line: StopLine | None = None
    motorway: Motorway | None = None
    any_road: AnyRoad | None = None


class Start(Strict):
    """Where the ego starts, ahead of the anchor: a distance, or a time at its starting speed."""

    before_anchor_m: LENGTH_M | None = None
    before_anchor_s: TIME_S | None = None


class Goal(Strict):
    """Where the ego's way ends."""

    after_anchor_m: LENGTH_M


class EgoSpec(Strict):
    """The car under test. It starts in motion, at `speed_kmh`; it is asked to drive at `cruise_kmh` (default: the same)."""

    blueprint: NAME
    speed_kmh: SPEED_KMH
    cruise_kmh: SPEED_KMH | None = None
    start: Start
    goal: Goal


class Place(Strict):
    """Where an actor stands at the start, on a lane seen from the ego's way.

    Exactly one of `at_anchor_m` (its centre, along the ego's way from the anchor), `ahead_of`, `behind` (with `gap_m`
    between the two outlines) and `beside`. With `reached_after_s`, `gap_m` is what the gap will be after that time if both
    keep their starting speeds. `lateral_m` shifts it to the left of the lane's centre; `from_kerb_m` (pavements) puts it
    that far from the pavement's edge at the road. `yaw_deg` turns it left from the lane's direction.
    """

    lane: LaneName
    at_anchor_m: OFFSET_M | None = None
    ahead_of: str | None = None
    behind: str | None = None
    beside: str | None = None
    gap_m: LENGTH_M | None = None
    reached_after_s: TIME_S | None = None
    lateral_m: LATERAL_M = _fixed(0.0)
    from_kerb_m: LATERAL_M | None = None
    yaw_deg: ANGLE_DEG = _fixed(0.0)


class ActorSpec(Strict):
    """Somebody or something else. With `speed_relative_to`, `speed_kmh` is the difference to that actor's speed."""

    blueprint: NAME
    place: Place
    speed_kmh: SPEED_CHANGE_KMH = _fixed(0.0)
    speed_relative_to: str | None = None
    color: str | None = None


class Traffic(Strict):
    """Background cars of CARLA's Traffic Manager, spawned at the map's recommended points away from the scenario."""

    count: int = Field(default=0, ge=0, le=500)
    keep_clear_m: float = Field(default=25.0, ge=0.0, le=1000.0)


class ScenarioModel(Strict):
    """A whole scenario file."""

    scenario: Literal[1]
    title: str = Field(min_length=10, max_length=200)
    map: str = Field(min_length=1)
    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] = ""
    anchor: Anchor
    duration_s: float = Field(gt=0.0, le=600.0)
    rig: str = "fast_640"
    variables: dict[str, Annotated[Draw, PlainValidator(Within(-1e6, 1e6, ""))]] = Field(default_factory=dict)
    weather: WeatherSpec = WeatherSpec()
    ego: EgoSpec
    actors: dict[str, ActorSpec] = Field(default_factory=dict)
    traffic: Traffic = Traffic()
    events: dict[str, Event] = Field(default_factory=dict)
    expect: tuple[Expectation, ...] = Field(min_length=1)
