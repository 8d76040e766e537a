"""The judge: watches a run tick by tick, from the truth alone, and ends it in verdicts.

Reads nothing but states and commands, so a recorded episode is judged exactly as the run was. Tested by
tests/scenarios/test_expect.py.
"""

from __future__ import annotations

import math
from typing import Any

from scenarios.avoidable import assess
from scenarios.checks import Check, check_of, time_to_collision_s
from scenarios.moment import Measure, Moment
from scenarios.place import PlacedScenario
from scenarios.script import Script
from sim.base.agent import Command
from sim.base.bundle import Truth
from sim.base.verdict import RunOutcome, Verdict
from sim.maps.network import RoadNetwork


class Judge:
    """All demands of one scenario on one run."""

    def __init__(self, placed: PlacedScenario, network: RoadNetwork) -> None:
        self._placed = placed
        self._script = Script(placed, network)
        self._measure = Measure(placed, network)
        self._checks: list[Check] = [check_of(demand, placed) for demand in placed.concrete.spec.expect]
        self._avoidable = assess(placed, network).avoidable
        self._watched = _watched(placed)
        self._last: Moment | None = None
        self._series: dict[str, list[float]] = {name: [] for name in SERIES}

    @property
    def begun(self) -> dict[str, int]:
        """Events that have begun, with their ticks."""
        return self._script.begun

    def observe(self, truth: Truth, command: Command) -> None:
        """Look at one tick: its truth, and the command that the driver gave on it."""
        self._script.step(truth.state)
        situation = self._script.latest
        if situation is None:
            return
        moment = self._measure.moment(situation, truth, command, self._script.begun)
        if moment is None:
            return
        self._last = moment
        for check in self._checks:
            check.observe(moment)
        self._record(moment)

    def outcome(self, end_reason: str) -> RunOutcome:
        """The verdicts so far, in the order of the scenario file."""
        verdicts: tuple[Verdict, ...] = tuple(check.verdict(self._last) for check in self._checks)
        return RunOutcome(verdicts, self._avoidable, end_reason)

    def series(self) -> dict[str, list[float]]:
        """What was measured at each tick (see SERIES); nan where there is nothing, such as a time to collision while parting."""
        return self._series

    def _record(self, moment: Moment) -> None:
        gaps, times = [math.nan], [math.nan]
        for name in self._watched:
            row = moment.situation.row(name)
            if row is not None:
                gaps.append(moment.situation.gap_m(moment.row, row))
                time_s = time_to_collision_s(moment, row)
                times.append(time_s if time_s < 60.0 else math.nan)
        values: dict[str, Any] = {
            "time_s": moment.time_s,
            "tick": moment.tick,
            "speed_mps": moment.speed_mps,
            "speed_limit_mps": moment.speed_limit_mps,
            "acceleration_mps2": moment.acceleration_mps2,
            "station_m": moment.station_m,
            "lateral_m": moment.lateral_m,
            "distance_to_anchor_m": self._placed.anchor_station_m - moment.front_station_m,
            "gap_m": min((gap for gap in gaps if not math.isnan(gap)), default=math.nan),
            "ttc_s": min((time for time in times if not math.isnan(time)), default=math.nan),
            "throttle_ratio": moment.command.throttle_ratio,
            "brake_ratio": moment.command.brake_ratio,
            "steer_ratio": moment.command.steer_ratio,
        }
        for name in SERIES:
            self._series[name].append(float(values[name]))


SERIES = {
    "time_s": "time since the scenario began, s",
    "tick": "tick",
    "speed_mps": "speed of the ego, m/s",
    "speed_limit_mps": "posted limit, m/s",
    "acceleration_mps2": "longitudinal acceleration over 0.2 s, m/s2",
    "station_m": "distance along the way, m",
    "lateral_m": "distance left of the lane's centre, m",
    "distance_to_anchor_m": "from the ego's front to the anchor along the way (a stop line, or where the event is laid out), m",
    "gap_m": "free distance to the nearest actor of an event, m",
    "ttc_s": "shortest time to collision with an actor of an event, s",
    "throttle_ratio": "accelerator, 0 to 1",
    "brake_ratio": "brake, 0 to 1",
    "steer_ratio": "steering, -1 to 1, left positive",
}
"""What a judge records at each tick, and what it means."""


def _watched(placed: PlacedScenario) -> tuple[str, ...]:
    """Actors that events move; without any, everybody in the scenario."""
    spec = placed.concrete.spec
    movers = dict.fromkeys(event.do.body.actor for event in spec.events.values())
    return tuple(name for name in (movers or dict.fromkeys(spec.actors)) if name != "ego")
