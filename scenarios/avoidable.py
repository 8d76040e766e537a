"""Could a perfect driver have avoided the conflict? A calculator beside the simulator, for each draw of a scenario.

The perfect driver keeps its starting speed v until the hazard can first be seen, has no reaction time, and then uses all of
the tyres' friction: a = min(mu g, full braking) when it brakes in a straight line, mu g sideways when it swerves (inside the
free space of its own lane only), and mu g / sqrt(2) each way when it does both (Kamm's circle). The conflict is avoided if,
with one of these manoeuvres, the two outlines never overlap; `required_decel_mps2` is the smallest constant deceleration that
does it in a straight line.

When the hazard can first be seen:
* a person who runs out: the first moment of its run at which a straight line from the camera behind the windscreen to the near
  side or the middle of the body passes every other actor's outline;
* a cut-in: when the outline of the other car crosses the line between the lanes (lane intrusion, UN Regulation No. 157, 5.2.5.2,
  whose limit for a careful human driver is TTC = v_rel / (2 * 6 m/s2) + 0.35 s; ours is the limit of physics);
* a stop line: from the start; the deceleration needed is v^2 / 2d (uniformly braked motion).
Tested by tests/scenarios/test_avoidable.py against the closed forms.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenarios.place import PlacedActor, PlacedScenario
from scenarios.schema_events import CutIn, DartOut, When
from sim.base.boxes import corners_m
from sim.base.units import GRAVITY_MPS2, mps_from_kmh
from sim.catalogue.vehicles import VEHICLES
from sim.maps.network import RoadNetwork

Float64 = NDArray[np.float64]
Motion = Callable[[Float64], tuple[Float64, Float64]]
"""Times (T,) to stations and laterals (T,) of an actor's centre."""

STEP_S = 0.01
HORIZON_S = 12.0
CAMERA_AHEAD_M = 0.6
"""The camera behind the windscreen stands about this far before the middle of a car."""
MARGIN_M = 0.05
"""Two outlines that pass nearer than this count as touching."""


@dataclass(frozen=True)
class Avoidability:
    """`avoidable` is None where a scenario has an event that this calculator does not know.

    `seen_s` and `conflict_s` are times from the start: when the hazard can be seen, and when a driver that does nothing hits it.
    """

    avoidable: bool | None
    reason: str
    required_decel_mps2: float | None = None
    available_decel_mps2: float | None = None
    seen_s: float | None = None
    conflict_s: float | None = None


@dataclass(frozen=True)
class _Hazard:
    actor: PlacedActor
    half_along_m: float
    half_across_m: float
    motion: Motion
    seen_s: float


def assess(placed: PlacedScenario, network: RoadNetwork) -> Avoidability:
    """Whether the conflict of a placed scenario can be avoided by braking or swerving, and what it takes."""
    vehicle = VEHICLES[placed.ego.type_id]
    grip = vehicle.friction * GRAVITY_MPS2
    braking = min(grip, vehicle.brake_decel_mps2)
    speed = placed.ego.speed_mps
    if placed.stop_station_m is not None:
        distance = placed.stop_station_m - placed.ego.dimensions.length_m / 2.0
        required = speed * speed / (2.0 * max(distance, 1e-3))
        text = f"stopping from {speed:.1f} m/s within {distance:.1f} m takes {required:.1f} m/s2 of {braking:.1f} m/s2"
        return Avoidability(required <= braking, text, required, braking, 0.0, None)
    events = placed.concrete.spec.events
    if not events:
        return Avoidability(True, "nothing happens that a driver could run into", 0.0, braking)
    free_m = _free_space_m(placed, network)
    worst: Avoidability | None = None
    for event in events.values():
        if event.do.dart_out is not None:
            hazard = _runner(placed, event.do.dart_out)
        elif event.do.cut_in is not None:
            if not _is_foreseen(event.when):
                return Avoidability(None, "no calculator for when this cut-in begins")
            hazard = _cutter(placed, network, event.do.cut_in, event.when)
        else:
            return Avoidability(None, f"no calculator for {event.do.kind}")
        found = _judge(placed, hazard, braking, grip, free_m)
        if worst is None or _severity(found) > _severity(worst):
            worst = found
    return worst if worst is not None else Avoidability(True, "nothing happens")


def _severity(found: Avoidability) -> tuple[bool, float]:
    """Unavoidable before avoidable, then by the braking it takes; no braking at all may be enough, which counts as most."""
    required = found.required_decel_mps2
    return found.avoidable is False, math.inf if required is None else required


def _judge(placed: PlacedScenario, hazard: _Hazard, braking: float, grip: float, free_m: float) -> Avoidability:
    idle = _first_overlap(placed, hazard, 0.0, 0.0, 0.0)
    if idle is None:
        text = "a driver that does nothing passes"
        return Avoidability(True, text, 0.0, braking, hazard.seen_s, None)
    required = _required_decel(placed, hazard)
    name = hazard.actor.name
    ahead = idle - hazard.seen_s
    begin = f"{name} can be seen {ahead:.2f} s before the conflict"
    if required is not None and required <= braking:
        text = f"{begin}; braking with {required:.1f} m/s2 of {braking:.1f} m/s2 avoids it"
        return Avoidability(True, text, required, braking, hazard.seen_s, idle)
    for decel, lateral in (
        (0.0, grip),
        (0.0, -grip),
        (grip / math.sqrt(2), grip / math.sqrt(2)),
        (grip / math.sqrt(2), -grip / math.sqrt(2)),
    ):
        if _first_overlap(placed, hazard, min(decel, braking), lateral, free_m) is None:
            text = f"{begin}; swerving inside the lane avoids it"
            return Avoidability(True, text, required, braking, hazard.seen_s, idle)
    shown = "no deceleration" if required is None else f"only {required:.1f} m/s2 of {braking:.1f} m/s2"
    return Avoidability(False, f"{begin}; {shown} avoids it", required, braking, hazard.seen_s, idle)


def _first_overlap(
    placed: PlacedScenario, hazard: _Hazard, decel_mps2: float, lateral_mps2: float, free_m: float
) -> float | None:
    """When the ego's outline first overlaps the hazard's, if it acts like this from the moment of sight; None if never."""
    times = np.arange(0.0, HORIZON_S, STEP_S)
    since = np.maximum(times - hazard.seen_s, 0.0)
    speed = placed.ego.speed_mps
    since_x = np.minimum(since, speed / decel_mps2) if decel_mps2 > 0.0 else since
    before = np.minimum(times, hazard.seen_s)
    station = speed * before + speed * since_x - 0.5 * decel_mps2 * since_x**2
    aside = np.clip(0.5 * lateral_mps2 * since**2, -free_m, free_m)
    other_station, other_lateral = hazard.motion(times)
    size = placed.ego.dimensions
    along = np.abs(other_station - station) < size.length_m / 2.0 + hazard.half_along_m + MARGIN_M
    across = np.abs(other_lateral - aside) < size.width_m / 2.0 + hazard.half_across_m + MARGIN_M
    moving = np.concatenate([[True], np.diff(station) > 1e-9])
    # a person who runs into the side of a car that already stands is not the driver's doing
    hits = np.flatnonzero(along & across & moving)
    return float(times[hits[0]]) if len(hits) else None


def _required_decel(placed: PlacedScenario, hazard: _Hazard) -> float | None:
    low, high = 0.0, 40.0
    if _first_overlap(placed, hazard, high, 0.0, 0.0) is not None:
        return None
    for _ in range(24):
        middle = (low + high) / 2.0
        if _first_overlap(placed, hazard, middle, 0.0, 0.0) is None:
            high = middle
        else:
            low = middle
    return high


def _free_space_m(placed: PlacedScenario, network: RoadNetwork) -> float:
    lane = placed.route_lanes[0]
    widths = network.lanes.width_m[network.lanes.points_of(lane)]
    return max(float(np.median(widths)) / 2.0 - placed.ego.dimensions.width_m / 2.0, 0.0)


def _runner(placed: PlacedScenario, spec: DartOut) -> _Hazard:
    person, car = placed.actor(spec.actor), placed.ego
    pace = spec.speed_mps.value
    side = 1.0 if person.lateral_m < 0.0 else -1.0
    aim_m = spec.aim.value * car.dimensions.width_m / 2.0
    needed_s = abs(aim_m - person.lateral_m) / pace
    front_ahead_m = person.station_m - car.dimensions.length_m / 2.0
    begin_s = max(front_ahead_m / max(car.speed_mps, 0.1) - needed_s, 0.0)

    def motion(times: Float64) -> tuple[Float64, Float64]:
        run_m = np.clip((times - begin_s) * pace, 0.0, spec.distance_m.value)
        return np.full_like(times, person.station_m), person.lateral_m + side * run_m

    half_along, half_across = person.dimensions.width_m / 2.0, person.dimensions.length_m / 2.0
    seen_s = _first_seen(placed, person, begin_s, motion, side * half_across)
    return _Hazard(person, half_along, half_across, motion, seen_s)


def _first_seen(
    placed: PlacedScenario, person: PlacedActor, begin_s: float, motion: Motion, near_side_m: float
) -> float:
    """The first moment from `begin_s` on at which the near side or the middle of a person is in sight."""
    screens = []
    for actor in placed.actors:
        if actor is not person and actor.dimensions.height_m > 1.2:
            yaw = float(placed.way.at(actor.station_m)[1])
            half = np.array([actor.dimensions.length_m, actor.dimensions.width_m]) / 2.0
            screens.append(corners_m((actor.station_m, actor.lateral_m), actor.yaw_rad - yaw, half))
    times = np.arange(begin_s, HORIZON_S, STEP_S)
    station, lateral = motion(times)
    for row, time in enumerate(times):
        eye = np.array([placed.ego.speed_mps * time + CAMERA_AHEAD_M, 0.0])
        for target in (near_side_m, 0.0):
            point = np.array([station[row], lateral[row] + target])
            if not any(_crosses(eye, point, corners) for corners in screens):
                return float(time)
    return HORIZON_S


def _crosses(start: Float64, end: Float64, corners: Float64) -> bool:
    """Whether a line of sight passes through a convex outline (it is cut by one of the outline's sides)."""
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if _side(start, end, a) * _side(start, end, b) < 0.0 and _side(a, b, start) * _side(a, b, end) < 0.0:
            return True
    return False


def _side(a: Float64, b: Float64, p: Float64) -> float:
    return float((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]))


def _cutter(placed: PlacedScenario, network: RoadNetwork, spec: CutIn, when: When | None) -> _Hazard:
    car = placed.actor(spec.actor)
    begin_s = _nominal_time(placed, when)
    from_m = car.lateral_m
    width = float(np.median(network.lanes.width_m[network.lanes.points_of(placed.route_lanes[0])]))
    duration, change = spec.duration_s.value, mps_from_kmh(spec.speed_change_kmh.value)

    def motion(times: Float64) -> tuple[Float64, Float64]:
        u = np.clip((times - begin_s) / duration, 0.0, 1.0)
        lateral = from_m * (1.0 - 10.0 * u**3 + 15.0 * u**4 - 6.0 * u**5)
        since = np.maximum(times - begin_s, 0.0)
        settle_s = abs(change) / 2.0  # speeds change with about 2 m/s2
        changed = np.where(since < settle_s, math.copysign(1.0, change) * since**2, change * (since - settle_s / 2.0))
        return car.station_m + car.speed_mps * times + changed, lateral

    times = np.arange(0.0, HORIZON_S, STEP_S)
    lateral = motion(times)[1]
    inside = np.abs(lateral) < width / 2.0 + car.dimensions.width_m / 2.0
    seen_s = float(times[np.flatnonzero(inside)[0]]) if inside.any() else HORIZON_S
    return _Hazard(car, car.dimensions.length_m / 2.0, car.dimensions.width_m / 2.0, motion, seen_s)


def _is_foreseen(when: When | None) -> bool:
    """Whether _nominal_time can tell when a condition first holds."""
    if when is None:
        return True
    parts = when.any_of or when.all_of
    if parts is not None:
        return all(_is_foreseen(part) for part in parts)
    return when.time_s is not None or when.gap is not None or when.arrival is not None


def _nominal_time(placed: PlacedScenario, when: When | None) -> float:
    """When a condition that _is_foreseen first holds if everybody keeps the speed of the start; HORIZON_S when never."""
    if when is None:
        return 0.0
    if when.time_s is not None:
        return when.time_s.value
    if when.gap is not None:
        first, second = placed.actor(when.gap.of), placed.actor(when.gap.to)
        across = abs(first.lateral_m - second.lateral_m) - (first.dimensions.width_m + second.dimensions.width_m) / 2.0
        limit = when.gap.at_most_m.value
        along = math.sqrt(max(limit**2 - max(across, 0.0) ** 2, 0.0))
        ahead = abs(second.station_m - first.station_m) - (first.dimensions.length_m + second.dimensions.length_m) / 2.0
        closing = (first.speed_mps - second.speed_mps) * math.copysign(1.0, second.station_m - first.station_m)
        return 0.0 if ahead <= along else ((ahead - along) / closing if closing > 0.0 else HORIZON_S)
    if when.arrival is not None:
        front = placed.anchor_station_m - when.arrival.before_anchor_m.value - placed.ego.dimensions.length_m / 2.0
        return max(front / max(placed.ego.speed_mps, 0.1), 0.0)
    if when.any_of is not None:
        return min(_nominal_time(placed, part) for part in when.any_of)
    if when.all_of is not None:
        return max(_nominal_time(placed, part) for part in when.all_of)
    return HORIZON_S
