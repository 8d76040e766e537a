"""Paint along the road: lane markings with their dashes, studs, and stop lines; a few millimetres thick, worn by traffic.

Each kind lies at its own height above the asphalt, so that crossing paint never fights for a ray (EN 1436 allows up to 6 mm).
Wear goes with the road it lies on, more where wheels run. Types and colours are those of ASAM OpenDRIVE 1.7, table 46 and 47.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from rendering.assets.ground_styles import road_age, stripe_uv
from rendering.assets.ground_surfaces import ribbon
from rendering.assets.solids import lathe
from rendering.mesh import Mesh, merge, transform
from sim.base.streams import stream
from sim.maps.network import RoadNetwork

Float64 = NDArray[np.float64]

LINE_LIFT_M, BAY_LIFT_M, CROSSWALK_LIFT_M, STOP_LIFT_M = 0.003, 0.0035, 0.004, 0.005
_COLORS = {
    "yellow": "marking_yellow", "red": "marking_red", "blue": "marking_blue", "green": "marking_green",
    "orange": "marking_orange", "violet": "marking_violet", "black": "marking_black",
}  # fmt: skip
_NOT_PAINT = {"curb", "none", "grass"}
_STOP_LINE_WIDTH_M = 0.40
_WHEEL_M, _WHEEL_HALF_M = 0.78, 0.30
_STUD_M, _STUD_HEIGHT_M = 0.10, 0.018
"""Botts' dots are ceramic domes of 4 inches, under 3/4 inch high (Caltrans, Standard Plan A20)."""


class Wear:
    """How much of the paint has gone, at any point: by the road's age and the last time it was painted."""

    def __init__(self, network: RoadNetwork) -> None:
        lanes = network.lanes
        self._name, self._road = network.name, lanes.road_id
        self._lane = np.repeat(np.arange(lanes.count), np.diff(lanes.first_point))
        self._center, self._yaw = lanes.center_world_m, lanes.yaw_rad
        self._tree = cKDTree(lanes.center_world_m[:, :2])
        driven = np.array([kind not in ("sidewalk", "walking", "median", "none") for kind in lanes.lane_type], bool)
        self._driven = np.flatnonzero(driven[self._lane])
        self._driven_tree = cKDTree(self._center[self._driven, :2]) if len(self._driven) else self._tree

    def at(self, point: Float64) -> float:
        """Wear in [0, 1] of what lies here."""
        road = self._road[int(self._lane[int(self._tree.query(point[:2])[1])])]
        fresh = float(stream(0, "paint", self._name, road).uniform(0.25, 1.0))
        return min(0.06 + 0.80 * road_age(self._name, road) * fresh, 1.0)

    def under_wheels(self, point: Float64) -> float:
        """The same with what wheels take away: most in the two paths of the nearest lane."""
        if not len(self._driven):
            return self.at(point)
        nearest = int(self._driven[int(self._driven_tree.query(point[:2])[1])])
        offset = point[:2] - self._center[nearest, :2]
        yaw = self._yaw[nearest]
        across = abs(-np.sin(yaw) * offset[0] + np.cos(yaw) * offset[1])
        path = max(1.0 - ((across - _WHEEL_M) / _WHEEL_HALF_M) ** 2, 0.0)
        return float(min(self.at(point) * (0.55 + 1.1 * path) + 0.10 * path, 1.0))


def stripes(network: RoadNetwork, wear: Wear) -> Mesh:
    """All lane markings and stop lines of the map."""
    pieces = [_marking(network, row, wear) for row in range(len(network.markings.kind))]
    return merge(pieces + _stop_lines(network, wear))


def studs(network: RoadNetwork) -> Mesh:
    """All Botts' dots of the map."""
    marks = network.markings
    rows = [row for row, kind in enumerate(marks.kind) if kind == "botts dots"]
    return merge([_dots(_line_of(network, row), float(marks.dash_m[row] + marks.gap_m[row])) for row in rows])


def _line_of(network: RoadNetwork, row: int) -> Float64:
    first = network.markings.first_point
    return network.markings.points_world_m[int(first[row]) : int(first[row + 1])]


def _marking(network: RoadNetwork, row: int, wear: Wear) -> Mesh:
    """One stripe, solid or cut into dashes."""
    marks = network.markings
    line = _line_of(network, row)
    if marks.kind[row] in _NOT_PAINT or marks.kind[row] == "botts dots" or len(line) < 2:
        return merge([])
    material = _COLORS.get(marks.color[row], "marking_white")
    width = max(float(marks.width_m[row]), 0.05)
    if "stop" in marks.kind[row]:
        return stop_line(line, width, material, wear)
    lifted = line + np.array([0.0, 0.0, LINE_LIFT_M])
    here = wear.at(line[len(line) // 2])
    return stripe(lifted, width, float(marks.dash_m[row]), float(marks.gap_m[row]), material, here)


def stripe(line: Float64, width_m: float, dash_m: float, gap_m: float, material: str, wear: float = 0.0) -> Mesh:
    """A painted stripe along a polyline (P, 3); dashes begin at its start, `dash_m` of 0 means solid."""
    step = np.linalg.norm(np.diff(line, axis=0), axis=1)
    line = line[np.concatenate([[True], step > 1e-6])]
    if len(line) < 2:
        return merge([])
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    right, left = _edges(line, width_m)
    if dash_m <= 0.0 or gap_m <= 0.0:
        return ribbon(right, left, material, stripe_uv(arc, wear, width_m))
    starts = np.arange(0.0, arc[-1], dash_m + gap_m)
    cuts = np.unique(np.concatenate([arc, starts, np.minimum(starts + dash_m, arc[-1])]))
    right, left = (np.stack([np.interp(cuts, arc, edge[:, k]) for k in range(3)], axis=1) for edge in (right, left))
    middle = 0.5 * (cuts[1:] + cuts[:-1])
    painted = (middle % (dash_m + gap_m) < dash_m) & (np.diff(cuts) > 1e-4)
    runs = np.split(np.arange(len(painted)), np.flatnonzero(np.diff(painted.astype(int))) + 1)
    dashes = [slice(r[0], r[-1] + 2) for r in runs if len(r) and painted[r[0]]]
    return merge([ribbon(right[d], left[d], material, stripe_uv(cuts[d], wear, width_m)) for d in dashes])


def stop_line(line: Float64, width_m: float, material: str, wear: Wear) -> Mesh:
    """A stripe across lanes in pieces of 20 cm, so that each wears as the wheels over it."""
    length = float(np.linalg.norm(line[-1] - line[0]))
    count = max(int(length / 0.2), 1)
    points = line[0] + (line[-1] - line[0]) * np.linspace(0.0, 1.0, count + 1)[:, None]
    right, left = _edges(points + np.array([0.0, 0.0, STOP_LIFT_M]), width_m)
    arc = np.linspace(0.0, length, count + 1)
    pieces = []
    for k in range(count):
        here = wear.under_wheels(0.5 * (points[k] + points[k + 1]))
        part = slice(k, k + 2)
        pieces.append(ribbon(right[part], left[part], material, stripe_uv(arc[part], here, width_m)))
    return merge(pieces)


def _dots(line: Float64, spacing_m: float) -> Mesh:
    if len(line) < 2 or spacing_m <= 0.0:
        return merge([])
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    stations = np.arange(0.5 * spacing_m, arc[-1], spacing_m)
    places = np.stack([np.interp(stations, arc, line[:, k]) for k in range(3)], axis=1)
    radius = _STUD_M / 2.0
    dome = lathe(
        [
            (radius, 0.0),
            (0.86 * radius, 0.55 * _STUD_HEIGHT_M),
            (0.5 * radius, 0.9 * _STUD_HEIGHT_M),
            (0.0, _STUD_HEIGHT_M),
        ],
        "stud_ceramic",
        segments=12,
    )
    return merge([transform(dome, None, place) for place in places])


def _edges(line: Float64, width_m: float) -> tuple[Float64, Float64]:
    """Right and left edge of a band round a polyline."""
    tangent = np.gradient(line[:, :2], axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0], np.zeros(len(line))])
    return line - normal * width_m / 2.0, line + normal * width_m / 2.0


def _stop_lines(network: RoadNetwork, wear: Wear) -> list[Mesh]:
    """A line across every lane that a light or a stop sign binds, unless the map paints one there itself."""
    marks, signals, lanes = network.markings, network.signals, network.lanes
    own = [_line_of(network, row)[:, :2].mean(axis=0) for row, kind in enumerate(marks.kind) if "stop" in kind]
    tree = cKDTree(np.array(own)) if own else None
    out, done = [], set()
    for row, kind in enumerate(signals.kind):
        if kind not in ("light", "stop", "yield"):
            continue
        for lane, arc in zip(signals.lanes[row], signals.stop_arc_length_m[row], strict=True):
            key = (lane, round(arc, 1))
            points = lanes.points_of(lane)
            s = lanes.arc_length_m[points]
            if key in done or arc < 0.5 or not s[0] <= arc <= s[-1] + 1e-6:
                continue
            done.add(key)
            right, left = (
                np.array([np.interp(arc, s, edge[points, k]) for k in range(3)])
                for edge in (lanes.right_edge_world_m, lanes.left_edge_world_m)
            )
            if tree is not None and tree.query(0.5 * (left + right)[:2])[0] < 5.0:
                continue
            inset = 0.06 * (left - right)
            line = np.stack([right + inset, left - inset])
            if kind == "yield":
                lifted = line + np.array([0.0, 0.0, STOP_LIFT_M])
                out.append(stripe(lifted, _STOP_LINE_WIDTH_M, 0.5, 0.25, "marking_white", wear.under_wheels(line[0])))
            else:
                out.append(stop_line(line, _STOP_LINE_WIDTH_M, "marking_white", wear))
    return out
