"""Objects of the file that are areas or lines on the ground: crosswalks, parking bays, stop lines."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import MultiPoint, Polygon

from sim.maps.document import Document, Element, Road, number
from sim.maps.network import Polygons
from sim.maps.paint import STOP_LINE_WIDTH_M, StripeRows

Float64 = NDArray[np.float64]

CROSSWALK_SIGNAL_TYPES = frozenset({"1000003", "293"})
STOP_LINE_SIGNAL_TYPES = frozenset({"294"})
"""Road paint that some exporters write as signals (German sign numbers 293, 294; esmini/VTD's 1000003)."""


@dataclass
class PolygonRows:
    """Polygons collected row by row."""

    name: list[str] = field(default_factory=list)
    yaw_rad: list[float] = field(default_factory=list)
    points: list[Float64] = field(default_factory=list)

    def add(self, name: str, yaw_rad: float, corners: Float64) -> None:
        """Append one polygon with corners (n, 3) in any order of rotation."""
        x, y = corners[:, 0], corners[:, 1]
        turning = float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))
        self.name.append(name)
        self.yaw_rad.append((yaw_rad + np.pi) % (2.0 * np.pi) - np.pi)
        self.points.append(corners if turning >= 0.0 else corners[::-1])

    def freeze(self) -> Polygons:
        """The rows as arrays."""
        return Polygons(
            name=tuple(self.name),
            yaw_rad=np.array(self.yaw_rad, dtype=np.float64),
            first_point=np.concatenate([[0], np.cumsum([len(p) for p in self.points])]).astype(np.int32),
            points_world_m=np.concatenate(self.points) if self.points else np.zeros((0, 3)),
        )


@dataclass(frozen=True)
class Areas:
    """What `read_areas` found. `stop_lines` are the (2, 3) end points of each painted stop line."""

    crosswalks: Polygons
    parking_bays: Polygons
    stop_lines: tuple[Float64, ...]


def road_points(road: Road, s_m: Float64, t_m: Float64, lift_m: Float64 | float = 0.0) -> Float64:
    """World points (n, 3) at road coordinates; t is measured from the reference line."""
    x, y, heading, _ = road.line.at(s_m)
    z = road.elevation.at(s_m) + lift_m
    return np.stack([x - np.sin(heading) * t_m, y + np.cos(heading) * t_m, z], axis=1)


def read_areas(document: Document, rows: StripeRows) -> Areas:
    """Crosswalks, parking bays and stop lines of a file; stop lines are also appended to `rows` as kind "stop_line".

    The yaw of a crosswalk is the direction in which people cross, of a bay the direction in which a parked car looks.
    Tested by tests/maps/test_areas.py.
    """
    crosswalks, bays = PolygonRows(), PolygonRows()
    stop_lines: list[Float64] = []
    for road in document.roads.values():
        for element in road.element.findall("objects/object"):
            kind = (element.get("type") or "").lower()
            name = element.get("name") or element.get("type") or "object"
            lowered = name.lower().replace("_", "").replace(" ", "")
            if kind == "crosswalk" or (kind in ("", "-1", "none") and "crosswalk" in lowered):
                for corners, s in _outlines(document, road, element):
                    crosswalks.add(name, _crossing_yaw(road, s, corners), corners)
            elif kind == "parkingspace":
                for corners, s in _outlines(document, road, element):
                    bays.add(name, _parking_yaw(road, s, corners), corners)
            elif "stopline" in lowered or (element.get("subtype") or "").lower() == "stopline":
                stop_lines.extend(_stop_line(corners) for corners, _ in _outlines(document, road, element))
        for element in road.element.findall("signals/signal"):
            _painted_signal(document, road, element, crosswalks, stop_lines)
    for line in stop_lines:
        rows.add("stop_line", "white", STOP_LINE_WIDTH_M, 0.0, 0.0, line)
    return Areas(crosswalks.freeze(), bays.freeze(), tuple(stop_lines))


def _outlines(document: Document, road: Road, element: Element) -> Iterator[tuple[Float64, float]]:
    """World corners (n, 3) of every copy of an object, with the s it stands at."""
    name = document.name
    s0, t0 = number(element, "s", name), number(element, "t", name, 0.0)
    heading0 = number(element, "hdg", name, 0.0)
    outline = element.find("outlines/outline")
    outline = element.find("outline") if outline is None else outline
    road_corners = [] if outline is None else outline.findall("cornerRoad")
    if road_corners:
        st = np.array([[number(c, k, name) for k in ("s", "t")] for c in road_corners])
        lift = np.array([number(c, "dz", name, 0.0) for c in road_corners])
        if len(st) >= 3:
            yield road_points(road, st[:, 0], st[:, 1], lift), float(st[:, 0].mean())
        return
    local = _local_corners(document, element, outline)
    if local is None:
        return
    for s, t in _copies(document, element, s0, t0):
        x, y, heading, _ = (v[0] for v in road.line.at(np.array([s])))
        yaw = heading + heading0
        corners = np.empty((len(local), 3))
        corners[:, 0] = x - np.sin(heading) * t + np.cos(yaw) * local[:, 0] - np.sin(yaw) * local[:, 1]
        corners[:, 1] = y + np.cos(heading) * t + np.sin(yaw) * local[:, 0] + np.cos(yaw) * local[:, 1]
        corners[:, 2] = road.elevation.at(np.array([s]))[0]
        yield corners, s


def _local_corners(document: Document, element: Element, outline: Element | None) -> Float64 | None:
    name = document.name
    corners = [] if outline is None else outline.findall("cornerLocal")
    if len(corners) >= 3:
        return np.array([[number(c, k, name) for k in "uv"] for c in corners])
    length, width = number(element, "length", name, 0.0), number(element, "width", name, 0.0)
    if length <= 0.0 or width <= 0.0:
        return None
    return np.array([[-length, -width], [length, -width], [length, width], [-length, width]]) / 2.0


def _copies(document: Document, element: Element, s0: float, t0: float) -> list[tuple[float, float]]:
    repeats = element.findall("repeat")
    if not repeats:
        return [(s0, t0)]
    name = document.name
    out = []
    for repeat in repeats:
        start, length = number(repeat, "s", name), number(repeat, "length", name)
        distance = number(repeat, "distance", name, 0.0)
        t_start = number(repeat, "tStart", name, t0)
        t_end = number(repeat, "tEnd", name, t_start)
        steps = np.arange(0.0, length + 1e-6, distance) if distance > 0.0 else np.zeros(1)
        out += [(start + float(d), t_start + (t_end - t_start) * float(d) / max(length, 1e-9)) for d in steps]
    return out


def _axes(corners: Float64) -> tuple[tuple[float, float], tuple[float, float]]:
    """(yaw, length) of the two sides of the smallest rectangle around the corners, longer side first."""
    rectangle = Polygon(corners[:, :2]).minimum_rotated_rectangle
    points = np.array(rectangle.exterior.coords) if rectangle.geom_type == "Polygon" else corners[:3, :2]
    sides = []
    for a, b in itertools.pairwise(points[:3]):
        sides.append((float(np.arctan2(b[1] - a[1], b[0] - a[0])), float(np.hypot(*(b - a)))))
    sides.sort(key=lambda side: -round(side[1], 6))
    return sides[0], sides[1]


def _crossing_yaw(road: Road, s_m: float, corners: Float64) -> float:
    heading = float(road.line.at(np.array([s_m]))[2][0])
    (long_yaw, long_m), (short_yaw, short_m) = _axes(corners)
    if long_m > 1.5 * short_m:
        return long_yaw
    return max((long_yaw, short_yaw), key=lambda yaw: abs(np.sin(yaw - heading)))


def _parking_yaw(road: Road, s_m: float, corners: Float64) -> float:
    """Along the longer side: nose away from the road where bays stand across it, with the near lane's travel otherwise."""
    x, y, heading, _ = (v[0] for v in road.line.at(np.array([s_m])))
    yaw = _axes(corners)[0][0]
    away = corners[:, :2].mean(axis=0) - (x, y)
    left_side = -np.sin(heading) * away[0] + np.cos(heading) * away[1] > 0.0
    if abs(np.sin(yaw - heading)) > 0.5:
        forward = np.cos(yaw) * away[0] + np.sin(yaw) * away[1] > 0.0
    else:
        forward = (np.cos(yaw - heading) > 0.0) == (left_side != road.right_hand)
    return yaw if forward else yaw + np.pi


def _stop_line(corners: Float64) -> Float64:
    (yaw, length), _ = _axes(corners)
    center = corners.mean(axis=0)
    if MultiPoint(corners[:, :2]).convex_hull.area > 0.0:
        center[:2] = np.array(MultiPoint(corners[:, :2]).convex_hull.centroid.coords[0])
    half = np.array([np.cos(yaw), np.sin(yaw), 0.0]) * length / 2.0
    return np.stack([center - half, center + half])


def _painted_signal(
    document: Document, road: Road, element: Element, crosswalks: PolygonRows, stop_lines: list[Float64]
) -> None:
    kind = element.get("type") or ""
    if kind not in CROSSWALK_SIGNAL_TYPES | STOP_LINE_SIGNAL_TYPES:
        return
    s = number(element, "s", document.name)
    low, high = _drivable_range(
        road, s, element.get("orientation", "none") if kind in STOP_LINE_SIGNAL_TYPES else "none"
    )
    if high - low < 1.0:
        return
    if kind in STOP_LINE_SIGNAL_TYPES:
        stop_lines.append(road_points(road, np.array([s, s]), np.array([low, high])))
        return
    width = max(number(element, "value", document.name, 4.0), 2.0)
    st = np.array([[s - width / 2, low], [s + width / 2, low], [s + width / 2, high], [s - width / 2, high]])
    corners = road_points(road, np.clip(st[:, 0], 0.0, road.length_m), st[:, 1])
    heading = float(road.line.at(np.array([s]))[2][0])
    crosswalks.add(element.get("name") or "crosswalk", heading + np.pi / 2.0, corners)


def _drivable_range(road: Road, s_m: float, orientation: str) -> tuple[float, float]:
    """The lateral range (t of the right and left border) of the driving lanes at s that `orientation` speaks to."""
    section = next((x for x in reversed(road.sections) if x.s_m <= s_m + 1e-6), road.sections[0])
    local = np.array([min(max(s_m, section.s_m), section.end_m) - section.s_m])
    offset = float(road.offset.at(local + section.s_m)[0])
    low = high = offset
    for sign in (1, -1):
        wanted = orientation not in "+-" or (orientation == "+") == ((sign < 0) == road.right_hand)
        edge = offset
        for lane_id in sorted((i for i in section.lanes if i * sign > 0), key=abs):
            edge += sign * float(section.lanes[lane_id].widths.at(local)[0])
            if wanted and section.lanes[lane_id].lane_type == "driving":
                low, high = min(low, edge), max(high, edge)
    return low, high
