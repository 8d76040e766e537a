"""Reference lines by turtle: straights and arcs in order, and the smooth two-arc way between two poses."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

_EXACT = 9  # decimals; keeps rebuilt files identical across maths libraries


@dataclass(frozen=True)
class Pose:
    """A place (m) with a heading (rad)."""

    x_m: float
    y_m: float
    heading_rad: float

    def moved(self, ahead_m: float, left_m: float = 0.0, turn_rad: float = 0.0) -> Pose:
        """The pose `ahead_m` further and `left_m` to the left, turned on the spot."""
        cos, sin = math.cos(self.heading_rad), math.sin(self.heading_rad)
        return Pose(
            self.x_m + cos * ahead_m - sin * left_m,
            self.y_m + sin * ahead_m + cos * left_m,
            self.heading_rad + turn_rad,
        )


@dataclass
class Course:
    """Pieces (pose, curvature, length) joined end to end from `start`."""

    start: Pose
    pieces: list[tuple[Pose, float, float]] = field(default_factory=list)
    end: Pose = field(init=False)

    def __post_init__(self) -> None:
        self.end = self.start

    @property
    def length_m(self) -> float:
        """Sum of the pieces."""
        return sum(length for _, _, length in self.pieces)

    def line(self, length_m: float) -> Course:
        """Append a straight."""
        return self.arc(0.0, length_m)

    def arc(self, curvature_1pm: float, length_m: float) -> Course:
        """Append an arc; curvature is positive to the left. One that goes on with the last curvature lengthens that piece."""
        if length_m < 1e-6:
            return self
        start = self.end
        curvature, length = round(curvature_1pm, _EXACT + 3), round(length_m, _EXACT)
        if self.pieces and self.pieces[-1][1] == curvature:
            start, _, before = self.pieces.pop()
            length = round(before + length, _EXACT)
        self.pieces.append((start, curvature, length))
        angle = curvature * length
        if abs(curvature) < 1e-12:
            self.end = start.moved(length)
        else:
            self.end = start.moved(math.sin(angle) / curvature, (1.0 - math.cos(angle)) / curvature, angle)
        self.end = Pose(*(round(v, _EXACT) for v in (self.end.x_m, self.end.y_m, self.end.heading_rad)))
        return self

    def turn(self, angle_rad: float, radius_m: float) -> Course:
        """Append an arc by its angle, left positive."""
        return self.arc(math.copysign(1.0 / radius_m, angle_rad), abs(angle_rad) * radius_m)


def between(a: Pose, b: Pose) -> Course:
    """The way from a to b as two arcs that touch (Bolton, Biarc curves, Computer-Aided Design 7, 1975)."""
    vx, vy = b.x_m - a.x_m, b.y_m - a.y_m
    ax, ay, bx, by = math.cos(a.heading_rad), math.sin(a.heading_rad), math.cos(b.heading_rad), math.sin(b.heading_rad)
    along = vx * (ax + bx) + vy * (ay + by)
    apart = 2.0 * (1.0 - (ax * bx + ay * by))
    square = vx * vx + vy * vy
    reach = square / (2.0 * along) if apart < 1e-9 else (math.sqrt(along * along + apart * square) - along) / apart
    middle = ((a.x_m + b.x_m + reach * (ax - bx)) / 2.0, (a.y_m + b.y_m + reach * (ay - by)) / 2.0)
    course = Course(a)
    for target in (middle, (b.x_m, b.y_m)):
        here = course.end
        mx, my = target[0] - here.x_m, target[1] - here.y_m
        cos, sin = math.cos(here.heading_rad), math.sin(here.heading_rad)
        ahead, left = cos * mx + sin * my, cos * my - sin * mx
        angle = 2.0 * math.atan2(left, ahead)
        chord = math.hypot(mx, my)
        if abs(angle) < 1e-7:
            course.line(chord)
        else:
            curvature = 2.0 * left / (chord * chord)
            course.arc(curvature, angle / curvature)
    return course


def through(points: list[tuple[float, float]], radius_m: float, trim_start_m: float, trim_end_m: float) -> Course:
    """Straights between points with corners rounded by arcs, both ends cut off by the trims."""
    headings = [math.atan2(q[1] - p[1], q[0] - p[0]) for p, q in itertools.pairwise(points)]
    spans = [math.hypot(q[0] - p[0], q[1] - p[1]) for p, q in itertools.pairwise(points)]
    course = Course(Pose(points[0][0], points[0][1], headings[0]).moved(trim_start_m))
    used = trim_start_m
    for i, span in enumerate(spans):
        if i == len(spans) - 1:
            return course.line(span - used - trim_end_m)
        bend = (headings[i + 1] - headings[i] + math.pi) % (2.0 * math.pi) - math.pi
        tangent = radius_m * math.tan(abs(bend) / 2.0)
        course.line(span - used - tangent).turn(bend, radius_m)
        used = tangent
    return course
