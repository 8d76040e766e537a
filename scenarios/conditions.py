"""When something happens: conditions on the state of the world. Tested by tests/scenarios/test_script.py."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios.schema_events import Arrival, Gap, Speed, TimeToCollision, When
from scenarios.situation import Situation
from sim.base.units import mps_from_kmh


def holds(when: When | None, situation: Situation, fired_ticks: Mapping[str, int]) -> bool:
    """Whether a condition holds now; none always does. `fired_ticks` are the events so far, for `after`."""
    if when is None:
        return True
    if when.time_s is not None:
        return situation.time_s >= when.time_s.value
    if when.gap is not None:
        return _gap(when.gap, situation)
    if when.time_to_collision is not None:
        return _time_to_collision(when.time_to_collision, situation)
    if when.arrival is not None:
        return _arrival(when.arrival, situation)
    if when.speed is not None:
        return _speed(when.speed, situation)
    if when.after is not None:
        return when.after in fired_ticks
    if when.any_of is not None:
        return any(holds(part, situation, fired_ticks) for part in when.any_of)
    if when.all_of is not None:
        return all(holds(part, situation, fired_ticks) for part in when.all_of)
    return not holds(when.negated, situation, fired_ticks)


def _gap(gap: Gap, situation: Situation) -> bool:
    first, second = situation.row(gap.of), situation.row(gap.to)
    return first is not None and second is not None and situation.gap_m(first, second) <= gap.at_most_m.value


def _time_to_collision(limit: TimeToCollision, situation: Situation) -> bool:
    first, second = situation.row(limit.of), situation.row(limit.to)
    if first is None or second is None:
        return False
    closing = situation.closing_mps(first, second)
    return closing > 0.0 and situation.gap_m(first, second) / closing <= limit.at_most_s.value


def _arrival(arrival: Arrival, situation: Situation) -> bool:
    row = situation.row("ego")
    if row is None:
        return False
    front_m = situation.ego_station_m(row) + situation.placed.ego.dimensions.length_m / 2.0
    return front_m >= situation.placed.anchor_station_m - arrival.before_anchor_m.value


def _speed(limit: Speed, situation: Situation) -> bool:
    row = situation.row(limit.of)
    if row is None:
        return False
    speed = situation.speed_mps(row)
    fast_enough = limit.at_least_kmh is None or speed >= mps_from_kmh(limit.at_least_kmh.value)
    return fast_enough and (limit.at_most_kmh is None or speed <= mps_from_kmh(limit.at_most_kmh.value))
