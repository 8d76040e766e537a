"""A motorway loop: two carriageways of three lanes with shoulders around a stadium of 1.8 km straights, 130 km/h.

Outer carriageway (driven counter-clockwise): an off-ramp from a deceleration lane, a collector, an on-ramp with an
acceleration lane; on the far straight a fork into two and two lanes that join again. Added lanes end by bending into their
neighbour inside a junction, so that no lane ends nowhere. Inner carriageway: three lanes all the way round.
"""

from __future__ import annotations

import itertools
import math

from sim.maps.own.builder import KERB_M, LaneSpec, MapBuilder, Mark, Width, constant, ramp
from sim.maps.own.course import Course, Pose, between

LANE_M, SHOULDER_M, MEDIAN_HALF_M, RAMP_M = 3.75, 2.75, 2.0, 4.0
RADIUS_M = 600.0
HALF_STRAIGHT_M = 900.0
SPEED_KMH, BRANCH_SPEED_KMH, RAMP_SPEED_KMH = 130.0, 100.0, 60.0
TAPER_M = 80.0
RAMP_BEND_RAD, RAMP_RADIUS_M = 0.4, 150.0


class _Carriageway:
    """Roads one after another; the reference line is the left edge of the leftmost lane. `pose` is where the last one ends."""

    def __init__(self, builder: MapBuilder, start: Pose, median: bool = True) -> None:
        self.builder, self.pose, self.median = builder, start, median

    def road(
        self,
        course: Course,
        lanes: int,
        before: int | None = None,
        opens: bool = False,
        speed_kmh: float = SPEED_KMH,
        lane_m: float = LANE_M,
        links_on: bool = True,
        next_opens: bool = False,
    ) -> int:
        """Append a road, following the plain road `before` if given; its rightmost lane `opens` over a taper.

        With `next_opens` a lane opens on the road that follows, which moves the shoulder one lane out.
        """
        back = before is not None
        specs = [
            LaneSpec(
                "driving",
                _opening(lane_m) if opens and i == lanes else constant(lane_m),
                ((0.0, "broken" if i < lanes else "solid", "white"),),
                -i if back and not (opens and i == lanes) else None,
                -i if links_on else None,
            )
            for i in range(1, lanes + 1)
        ]
        shoulder = (-lanes if opens else -lanes - 1) if back else None
        goes_on = (-lanes - 2 if next_opens else -lanes - 1) if links_on else None
        specs.append(LaneSpec("shoulder", constant(SHOULDER_M), (), shoulder, goes_on))
        middle = (
            LaneSpec("median", constant(MEDIAN_HALF_M), (), 1 if back else None, 1 if links_on else None, KERB_M),
        )
        road = self.builder.road(
            course,
            middle if self.median else (),
            tuple(specs),
            ((0.0, "solid", "white"),),
            kind="motorway",
            speed_kmh=speed_kmh,
        )
        if before is not None:
            _follow(self.builder, before, road)
        self.pose = course.end
        return road


def _opening(lane_m: float) -> tuple[Width, ...]:
    return (ramp(0.0, 0.0, lane_m, TAPER_M), (TAPER_M, lane_m, 0.0, 0.0, 0.0))


def _follow(builder: MapBuilder, before: int, after: int) -> None:
    builder.link(before, "successor", after, "start")
    builder.link(after, "predecessor", before, "end")


Pair = tuple[int, int]
"""(lane id in the road before, lane id in the road after)."""


def _way(
    builder: MapBuilder,
    junction: int,
    roads: tuple[int, int],
    course: Course,
    driving: list[Pair],
    shoulder: Pair | None = None,
    widths_m: tuple[float, float] = (LANE_M, LANE_M),
    speed_kmh: float = SPEED_KMH,
    gore: bool = False,
) -> None:
    """A connecting road through a junction; the lanes of `driving` from left to right, then the shoulder.

    `gore` paves the wedge between parting ways with a shoulder that leads nowhere.
    """
    width = (ramp(0.0, widths_m[0], widths_m[1], course.length_m),)
    lanes, links = [], []
    for index, (start, end) in enumerate(driving, start=1):
        last = index == len(driving)
        mark: tuple[Mark, ...] = ((0.0, "broken", "white"),)
        if last:
            mark = ((0.0, "solid" if shoulder else "broken", "white"),)
        lanes.append(LaneSpec("driving", width, mark, start, end))
        links.append((start, -index))
    if shoulder:
        lanes.append(LaneSpec("shoulder", constant(SHOULDER_M), (), *shoulder))
        links.append((shoulder[0], -len(lanes)))
    elif gore:
        lanes.append(LaneSpec("shoulder", constant(SHOULDER_M)))
    through = driving[0][0] == -1 == driving[0][1] and len(driving) > 1
    median = (LaneSpec("median", constant(MEDIAN_HALF_M), (), 1, 1, KERB_M),) if through else ()
    if median:
        links.append((1, 1))
    marks: tuple[Mark, ...] = ((0.0, "solid" if through else "none", "white"),)
    road = builder.road(course, median, tuple(lanes), marks, kind="motorway", speed_kmh=speed_kmh, junction=junction)
    builder.link(road, "predecessor", roads[0], "end")
    builder.link(road, "successor", roads[1], "start")
    builder.connection(junction, roads[0], road, links)


def _straight_on(count: int) -> list[Pair]:
    return [(-i, -i) for i in range(1, count + 1)]


def _ahead_m(start: Pose, end: Pose) -> float:
    """How far `end` lies ahead of `start`, along the heading of the main carriageway (`start`'s, rounded to an axis)."""
    axis = round(start.heading_rad / math.pi) * math.pi
    return math.cos(axis) * (end.x_m - start.x_m) + math.sin(axis) * (end.y_m - start.y_m)


def build() -> MapBuilder:
    """The whole map."""
    builder = MapBuilder("motorway")
    _inner(builder)
    _outer(builder)
    return builder


def _inner(builder: MapBuilder) -> None:
    radius = RADIUS_M - MEDIAN_HALF_M
    lane = _Carriageway(builder, Pose(-HALF_STRAIGHT_M, radius, 0.0))
    courses = []
    pose = lane.pose
    for _ in range(2):
        courses += [Course(pose).line(2.0 * HALF_STRAIGHT_M)]
        courses += [Course(courses[-1].end).turn(-math.pi, radius)]
        pose = courses[-1].end
    roads: list[int] = []
    for course in courses:
        roads.append(lane.road(course, 3, roads[-1] if roads else None))
    _link_back(builder, roads[0], 3)
    _follow(builder, roads[-1], roads[0])


def _link_back(builder: MapBuilder, road: int, lanes: int) -> None:
    """Give the first road of a ring the lane links to the last one."""
    section = builder.roads[road].lanes.lanesections[0]
    for index, lane in enumerate(section.rightlanes[: lanes + 1], start=1):
        lane.add_link("predecessor", str(-index))
    for lane in section.leftlanes:
        lane.add_link("predecessor", "1")


def _outer(builder: MapBuilder) -> None:
    radius = RADIUS_M + MEDIAN_HALF_M
    main = _Carriageway(builder, Pose(-HALF_STRAIGHT_M, -radius, 0.0))
    first = main.road(Course(main.pose).line(350.0), 3, next_opens=True)
    _link_back(builder, first, 3)
    slow = main.road(Course(main.pose).line(250.0), 4, first, opens=True, links_on=False)
    fast = _ramps(builder, main, slow)
    rest = _end_of_lane(builder, main, fast, HALF_STRAIGHT_M)
    curve = main.road(Course(main.pose).turn(math.pi, radius), 3, rest)
    plain = main.road(Course(main.pose).line(250.0), 3, curve, next_opens=True)
    four = main.road(Course(main.pose).line(200.0), 4, plain, opens=True, links_on=False)
    joined = _fork(builder, main, four)
    home = _end_of_lane(builder, main, joined, HALF_STRAIGHT_M)
    back = main.road(Course(main.pose).turn(math.pi, radius), 3, home)
    _follow(builder, back, first)


def _ramps(builder: MapBuilder, main: _Carriageway, slow: int) -> int:
    """Off-ramp, collector and on-ramp beside a stretch of three lanes; returns the road with the acceleration lane."""
    bend = 100.0 / 600.0
    span = 600.0 * math.sin(bend)
    start = main.pose
    leave = Course(start.moved(0.0, -3.0 * LANE_M)).arc(-1.0 / 600.0, 100.0)
    course = Course(leave.end).turn(-RAMP_BEND_RAD, RAMP_RADIUS_M).line(80.0)
    course.turn(RAMP_BEND_RAD + bend, RAMP_RADIUS_M).line(60.0).turn(RAMP_BEND_RAD + bend, RAMP_RADIUS_M)
    course.line(80.0).turn(-RAMP_BEND_RAD, RAMP_RADIUS_M)
    collector = _Carriageway(builder, leave.end, median=False).road(
        course, 1, speed_kmh=RAMP_SPEED_KMH, lane_m=RAMP_M, links_on=False
    )
    through = Course(start).line(span)
    main.pose = through.end
    beside = main.road(Course(main.pose).line(_ahead_m(leave.end, course.end)), 3, links_on=False)
    again = Course(main.pose).line(span)
    arrive = Course(course.end).arc(-1.0 / 600.0, 100.0)
    fast = main.road(Course(again.end).line(250.0), 4, links_on=False)
    off, on = builder.junction("off-ramp"), builder.junction("on-ramp")
    _way(builder, off, (slow, beside), through, _straight_on(3), gore=True)
    _way(builder, off, (slow, collector), leave, [(-4, -1)], (-5, -2), (LANE_M, RAMP_M), RAMP_SPEED_KMH)
    _way(builder, on, (beside, fast), again, _straight_on(3), gore=True)
    _way(builder, on, (collector, fast), arrive, [(-1, -4)], (-2, -5), (RAMP_M, LANE_M), RAMP_SPEED_KMH)
    _at(builder, off, [slow], [beside, collector])
    _at(builder, on, [beside, collector], [fast])
    return fast


def _end_of_lane(builder: MapBuilder, main: _Carriageway, before: int, up_to_m: float) -> int:
    """Lane -4 bends into lane -3; returns the three-lane road behind, which ends `up_to_m` from the map's middle."""
    start = main.pose
    through = Course(start).line(120.0)
    bend = between(start.moved(0.0, -3.0 * LANE_M), start.moved(60.0, -2.5 * LANE_M, 3.0 * LANE_M / 2.0 / 120.0))
    tail = between(bend.end, start.moved(120.0, -2.0 * LANE_M))
    for _, curvature, length in tail.pieces:
        bend.arc(curvature, length)
    left = (
        up_to_m - abs(through.end.x_m)
        if through.end.x_m * math.cos(start.heading_rad) > 0
        else up_to_m + abs(through.end.x_m)
    )
    after = main.road(Course(through.end).line(left), 3)
    junction = builder.junction("lane ends")
    _way(builder, junction, (before, after), through, _straight_on(3))
    _way(builder, junction, (before, after), bend, [(-4, -3)], (-5, -4))
    _at(builder, junction, [before], [after])
    return after


def _fork(builder: MapBuilder, main: _Carriageway, before: int) -> int:
    """Two lanes keep left, two keep right, and they join again; returns the four-lane road behind."""
    radius, turn = 1200.0, 100.0 / 1200.0
    span = radius * math.sin(turn)
    start = main.pose
    leave = Course(start.moved(0.0, -2.0 * LANE_M)).arc(-1.0 / radius, 100.0)
    course = Course(leave.end).line(150.0).turn(2.0 * turn, 1500.0).line(150.0)
    right = _Carriageway(builder, leave.end, median=False).road(course, 2, speed_kmh=BRANCH_SPEED_KMH, links_on=False)
    through = Course(start).line(span)
    left = main.road(Course(through.end).line(_ahead_m(leave.end, course.end)), 2, links_on=False)
    again = Course(main.pose).line(span)
    arrive = Course(course.end).arc(-1.0 / radius, 100.0)
    joined = main.road(Course(again.end).line(150.0), 4, links_on=False)
    fork, join = builder.junction("fork"), builder.junction("join")
    _way(builder, fork, (before, left), through, _straight_on(2), gore=True)
    _way(builder, fork, (before, right), leave, [(-3, -1), (-4, -2)], (-5, -3), speed_kmh=BRANCH_SPEED_KMH)
    _way(builder, join, (left, joined), again, _straight_on(2), gore=True)
    _way(builder, join, (right, joined), arrive, [(-1, -3), (-2, -4)], (-3, -5), speed_kmh=BRANCH_SPEED_KMH)
    _at(builder, fork, [before], [left, right])
    _at(builder, join, [left, right], [joined])
    return joined


def _at(builder: MapBuilder, junction: int, before: list[int], after: list[int]) -> None:
    for road, end in itertools.chain(((r, "successor") for r in before), ((r, "predecessor") for r in after)):
        builder.link(road, end, junction)
