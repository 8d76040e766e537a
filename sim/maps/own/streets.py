"""Two-way streets between junctions: a graph of places and streets becomes roads and connecting roads."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from sim.maps.own.builder import KERB_M, LaneSpec, MapBuilder, Mark, Width, constant, ramp
from sim.maps.own.course import Course, Pose, between, through


@dataclass(frozen=True)
class CrossSection:
    """Half a street, mirrored on the other side. Zero widths leave a lane out.

    Parking begins `parking_inset_m` from both ends and reaches its width over `parking_taper_m`; each bay takes `bay_m` of kerb.
    """

    lane_m: float = 3.25
    parking_m: float = 0.0
    sidewalk_m: float = 0.0
    parking_inset_m: float = 20.0
    parking_taper_m: float = 4.0
    bay_m: float = 6.0
    kind: str = "town"
    speed_kmh: float = 50.0

    @property
    def kerb_m(self) -> float:
        """Distance of the kerb from the centre line where nobody parks."""
        return self.lane_m

    @property
    def sidewalk_id(self) -> int:
        """The pavement's lane id on the left side."""
        return 3 if self.parking_m else 2


@dataclass(frozen=True)
class Arm:
    """A street's end at a junction: pose on the centre line, heading away from the junction."""

    road: int
    at_start: bool
    pose: Pose
    section: CrossSection
    rule: str
    crosswalk: bool

    @property
    def contact(self) -> str:
        return "start" if self.at_start else "end"

    @property
    def way_in(self) -> int:
        """Sign of the lane ids that lead into the junction."""
        return 1 if self.at_start else -1


@dataclass
class StreetGraph:
    """Streets by name of their ends; `arms` of each junction."""

    builder: MapBuilder
    arms: dict[str, list[Arm]] = field(default_factory=dict)

    def street(
        self,
        start: str,
        end: str,
        points: list[tuple[float, float]],
        section: CrossSection,
        *,
        trims_m: tuple[float, float] = (13.0, 13.0),
        rules: tuple[str, str] = ("", ""),
        crosswalks: tuple[bool, bool] = (False, False),
        corner_radius_m: float = 30.0,
        name: str = "",
    ) -> int:
        """Add a street through `points` (junction centres at both ends). `rules` are "", "light", "stop" or "yield"."""
        course = through(points, corner_radius_m, *trims_m)
        length = course.length_m
        parking = section.parking_m if length > 70.0 else 0.0
        lanes = _street_lanes(section, parking, length)
        center: tuple[Mark, ...] = (
            (0.0, "solid", "white"),
            (15.0, "broken", "white"),
            (length - 15.0, "solid", "white"),
        )
        if length < 45.0:
            center = ((0.0, "broken", "white"),)
        road = self.builder.road(
            course, lanes, lanes, center, kind=section.kind, speed_kmh=section.speed_kmh, name=name
        )
        first = Arm(road, True, course.start, section, rules[0], crosswalks[0])
        pose = course.end
        last = Arm(road, False, pose.moved(0.0, 0.0, math.pi), section, rules[1], crosswalks[1])
        self.arms.setdefault(start, []).append(first)
        self.arms.setdefault(end, []).append(last)
        if parking:
            self._bays(road, section, length)
        return road

    def _bays(self, road: int, section: CrossSection, length_m: float) -> None:
        low, high = section.parking_inset_m, length_m - section.parking_inset_m
        count = int((high - low - 2.0 * section.parking_taper_m) / section.bay_m)
        first = (low + high - count * section.bay_m) / 2.0 + section.bay_m / 2.0
        for side in (-1.0, 1.0):
            t = side * (section.lane_m + section.parking_m / 2.0)
            bay = self.builder.box(road, first, t, "parkingSpace", "ParkingBay", section.bay_m, section.parking_m)
            bay.repeat((count - 1) * section.bay_m, section.bay_m, sStart=first, tStart=t, tEnd=t)

    def junction(self, name: str) -> int:
        """Join all arms at one place: every way in to every other way out. Returns the junction's id."""
        builder = self.builder
        junction = builder.junction(name)
        arms = sorted(self.arms[name], key=lambda arm: arm.pose.heading_rad % (2.0 * math.pi))
        for i, arm in enumerate(arms):
            builder.link(arm.road, "predecessor" if arm.at_start else "successor", junction)
            for j in range(1, len(arms)):
                other = arms[(i + j) % len(arms)]
                # the next arm counter-clockwise is the rightmost way: its pavement runs along
                self._connect(junction, arm, other, with_sidewalk=j == 1)
        lights = {id(arm): furnish(builder, arm) for arm in arms}
        groups: dict[int, list[str]] = {}
        for arm in arms:
            light = lights[id(arm)]
            if light:
                groups.setdefault(round(arm.pose.heading_rad / math.pi * 2.0) % 2, []).append(light)
        if groups:
            builder.control_junction(junction, tuple(tuple(groups[key]) for key in sorted(groups)))
        return junction

    def _connect(self, junction: int, arm: Arm, other: Arm, with_sidewalk: bool) -> None:
        course = between(arm.pose.moved(0.0, 0.0, math.pi), other.pose)
        section = arm.section
        lanes = [
            LaneSpec(
                "driving",
                constant(section.lane_m),
                ((0.0, "curb", "standard"),) if with_sidewalk and section.sidewalk_m else ((0.0, "none", "standard"),),
                arm.way_in,
                -other.way_in,
            )
        ]
        links = [(arm.way_in, -1)]
        if with_sidewalk and section.sidewalk_m:
            before, after = arm.way_in * section.sidewalk_id, -other.way_in * section.sidewalk_id
            lanes.append(LaneSpec("sidewalk", constant(section.sidewalk_m), (), before, after, KERB_M))
            links.append((before, -2))
        bends = abs(course.end.heading_rad - course.start.heading_rad) > 0.3
        speed = min(section.speed_kmh, 30.0) if bends else section.speed_kmh
        road = self.builder.road(course, (), tuple(lanes), kind=section.kind, speed_kmh=speed, junction=junction)
        self.builder.link(road, "predecessor", arm.road, arm.contact)
        self.builder.link(road, "successor", other.road, other.contact)
        self.builder.connection(junction, arm.road, road, links)


def furnish(builder: MapBuilder, arm: Arm) -> str:
    """Crosswalk, stop line and signal of one arm; returns the light's id, or ""."""
    length = float(builder.roads[arm.road].planview.get_total_length())
    # traffic into the junction keeps right: on the left side of s where the road starts here
    side = 1.0 if arm.at_start else -1.0

    def s_at(distance_m: float) -> float:
        return round(distance_m if arm.at_start else length - distance_m, 6)

    if arm.crosswalk:
        builder.crosswalk(arm.road, s_at(3.0), arm.section.kerb_m)
    stop_m = 5.9 if arm.crosswalk else 1.2
    if arm.rule in ("light", "stop"):
        builder.box(
            arm.road,
            s_at(stop_m),
            side * arm.section.lane_m / 2.0,
            "roadMark",
            "StopLine",
            0.5,
            arm.section.lane_m - 0.2,
        )
    t = side * (arm.section.kerb_m + 0.7)
    place: dict[str, Any] = {"road_id": arm.road, "s_m": s_at(0.4), "t_m": t, "against_s": arm.at_start}
    if arm.rule == "light":
        return builder.signal(
            **place, code="1000001", name="Signal_3Light_Post01", dynamic=True, zOffset=2.4, height=1.0, width=0.4
        )
    if arm.rule == "stop":
        place["s_m"] = s_at(stop_m)
        builder.signal(**place, code="206", name="Sign_Stop", zOffset=2.1, height=0.9, width=0.9)
    if arm.rule == "yield":
        place["s_m"] = s_at(stop_m)
        builder.signal(**place, code="205", name="Sign_Yield", zOffset=2.1, height=0.9, width=0.9)
    return ""


def _street_lanes(section: CrossSection, parking_m: float, length_m: float) -> tuple[LaneSpec, ...]:
    """The lanes of one side. Parking narrows to nothing near both ends, where the pavement comes out to the lane."""
    edge: tuple[Mark, ...] = ((0.0, "curb" if section.sidewalk_m else "solid", "standard"),)
    low, high = section.parking_inset_m, length_m - section.parking_inset_m
    if parking_m:
        line: tuple[Mark, ...] = (
            (0.0, "none", "standard"),
            (low, "solid", "white"),
            (high, "none", "standard"),
        )
    else:
        line = ((0.0, "none", "standard"),) if section.parking_m else edge
    lanes = [LaneSpec("driving", constant(section.lane_m), line)]
    if section.parking_m:
        widths: tuple[Width, ...] = constant(0.0)
        if parking_m:
            taper = section.parking_taper_m
            widths = (
                (0.0, 0.0, 0.0, 0.0, 0.0),
                ramp(low, 0.0, parking_m, taper),
                (low + taper, parking_m, 0.0, 0.0, 0.0),
                ramp(high - taper, parking_m, 0.0, taper),
                (high, 0.0, 0.0, 0.0, 0.0),
            )
        lanes.append(LaneSpec("parking", widths, edge))
    if section.sidewalk_m:
        lanes.append(LaneSpec("sidewalk", constant(section.sidewalk_m), (), height_m=KERB_M))
    return tuple(lanes)


def roundabout(
    graph: StreetGraph, name: str, center: tuple[float, float], inner_m: float = 10.0, lane_m: float = 5.0
) -> None:
    """Join the arms at `name` by a ring driven counter-clockwise: an entry, an exit and a piece of ring per arm."""
    builder = graph.builder
    arms = sorted(graph.arms[name], key=lambda arm: arm.pose.heading_rad % (2.0 * math.pi))
    angles = [math.atan2(arm.pose.y_m - center[1], arm.pose.x_m - center[0]) for arm in arms]
    spread = math.radians(38.0)
    junctions = [builder.junction(f"{name} {i}") for i in range(len(arms))]
    section = arms[0].section

    def ring_pose(angle: float) -> Pose:
        return Pose(center[0] + inner_m * math.cos(angle), center[1] + inner_m * math.sin(angle), angle + math.pi / 2.0)

    def ring(start: float, sweep: float, links: bool, junction: int) -> int:
        course = Course(ring_pose(start)).turn(sweep, inner_m)
        ids = (-1, -1) if links else (None, None)
        left = (LaneSpec("median", constant(2.0), (), 1 if links else None, 1 if links else None, KERB_M),)
        outer: tuple[Mark, ...] = ((0.0, "none", "standard"),) if links else ((0.0, "curb", "standard"),)
        lanes = [LaneSpec("driving", constant(lane_m), outer, *ids)]
        if not links:
            lanes.append(LaneSpec("sidewalk", constant(section.sidewalk_m), height_m=KERB_M))
        marks: tuple[Mark, ...] = ((0.0, "curb", "standard"),)
        return builder.road(course, left, tuple(lanes), marks, kind=section.kind, speed_kmh=30.0, junction=junction)

    segments = []
    for i, angle in enumerate(angles):
        sweep = (angles[(i + 1) % len(arms)] - angle) % (2.0 * math.pi) - 2.0 * spread
        segments.append(ring(angle + spread, sweep, False, -1))
    for i, arm in enumerate(arms):
        junction, before, after = junctions[i], segments[i - 1], segments[i]
        builder.link(before, "successor", junction)
        builder.link(after, "predecessor", junction)
        builder.link(arm.road, "predecessor" if arm.at_start else "successor", junction)
        passing = ring(angles[i] - spread, 2.0 * spread, True, junction)
        builder.link(passing, "predecessor", before, "end")
        builder.link(passing, "successor", after, "start")
        builder.connection(junction, before, passing, [(-1, -1), (1, 1)])
        walk = section.sidewalk_id
        _ring_way(
            graph,
            junction,
            between(arm.pose.moved(0.0, 0.0, math.pi), ring_pose(angles[i] + spread)),
            (arm.road, arm.contact, arm.way_in, arm.way_in * walk, section.lane_m),
            (after, "start", -1, -2, lane_m),
            section,
        )
        _ring_way(
            graph,
            junction,
            between(ring_pose(angles[i] - spread), arm.pose),
            (before, "end", -1, -2, lane_m),
            (arm.road, arm.contact, -arm.way_in, -arm.way_in * walk, section.lane_m),
            section,
        )
        furnish(builder, arm)


RingEnd = tuple[int, str, int, int, float]
"""(road, contact, driving lane id, pavement lane id, lane width) at one end of an entry or exit."""


def _ring_way(
    graph: StreetGraph, junction: int, course: Course, start: RingEnd, end: RingEnd, section: CrossSection
) -> None:
    widths = (ramp(0.0, start[4], end[4], course.length_m),)
    lanes = (
        LaneSpec("driving", widths, ((0.0, "curb", "standard"),), start[2], end[2]),
        LaneSpec("sidewalk", constant(section.sidewalk_m), (), start[3], end[3], KERB_M),
    )
    road = graph.builder.road(course, (), lanes, kind=section.kind, speed_kmh=30.0, junction=junction)
    graph.builder.link(road, "predecessor", start[0], start[1])
    graph.builder.link(road, "successor", end[0], end[1])
    graph.builder.connection(junction, start[0], road, [(start[2], -1), (start[3], -2)])
