"""Paint on the road: lane markings with their dashes, crosswalk bars, bay lines, stop lines; a few millimetres thick.

Each kind lies at its own height above the asphalt, so that crossing paint never fights for a ray (EN 1436 allows up to 6 mm).
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from rendering.assets.ground_lanes import Heights, area_mesh, ribbon
from rendering.mesh import Mesh, merge
from sim.maps.network import RoadNetwork

Float64 = NDArray[np.float64]

_LINE_LIFT_M, _BAY_LIFT_M, _CROSSWALK_LIFT_M, _STOP_LIFT_M = 0.003, 0.0035, 0.004, 0.005
_COLORS = {"yellow": "marking_yellow", "red": "marking_red", "blue": "marking_blue", "green": "marking_green"}
_NOT_PAINT = {"curb", "none", "grass", "botts dots", "custom", "edge"}
_BAR_M = 0.50
"""Width of a zebra bar and of the gap between two."""
_STOP_LINE_WIDTH_M = 0.40


def paint(network: RoadNetwork, heights: Heights) -> Mesh:
    """All paint of the map."""
    pieces = [_marking(network, row) for row in range(len(network.markings.kind))]
    pieces += [_crosswalk(network, row, heights) for row in range(len(network.crosswalks.name))]
    pieces += [_bay(network, row, heights) for row in range(len(network.parking_bays.name))]
    pieces += _stop_lines(network)
    return merge(pieces)


def _marking(network: RoadNetwork, row: int) -> Mesh:
    """One stripe, solid or cut into dashes."""
    marks = network.markings
    line = marks.points_world_m[int(marks.first_point[row]) : int(marks.first_point[row + 1])]
    if marks.kind[row] in _NOT_PAINT or len(line) < 2:
        return merge([])
    lift = _STOP_LIFT_M if "stop" in marks.kind[row] else _LINE_LIFT_M
    return stripe(
        line + np.array([0.0, 0.0, lift]),
        max(float(marks.width_m[row]), 0.05),
        float(marks.dash_m[row]),
        float(marks.gap_m[row]),
        _COLORS.get(marks.color[row], "marking_white"),
    )


def stripe(line: Float64, width_m: float, dash_m: float, gap_m: float, material: str) -> Mesh:
    """A painted stripe along a polyline (P, 3); dashes begin at its start, `dash_m` of 0 means solid."""
    step = np.linalg.norm(np.diff(line, axis=0), axis=1)
    line = line[np.concatenate([[True], step > 1e-6])]
    if len(line) < 2:
        return merge([])
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    right, left = _edges(line, width_m)
    if dash_m <= 0.0 or gap_m <= 0.0:
        return ribbon(right, left, material)
    starts = np.arange(0.0, arc[-1], dash_m + gap_m)
    cuts = np.unique(np.concatenate([arc, starts, np.minimum(starts + dash_m, arc[-1])]))
    right, left = (np.stack([np.interp(cuts, arc, edge[:, k]) for k in range(3)], axis=1) for edge in (right, left))
    middle = 0.5 * (cuts[1:] + cuts[:-1])
    painted = (middle % (dash_m + gap_m) < dash_m) & (np.diff(cuts) > 1e-4)
    runs = np.split(np.arange(len(painted)), np.flatnonzero(np.diff(painted.astype(int))) + 1)
    return merge([ribbon(right[r[0] : r[-1] + 2], left[r[0] : r[-1] + 2], material) for r in runs if painted[r[0]]])


def _edges(line: Float64, width_m: float) -> tuple[Float64, Float64]:
    """Right and left edge of a band round a polyline."""
    tangent = np.gradient(line[:, :2], axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0], np.zeros(len(line))])
    return line - normal * width_m / 2.0, line + normal * width_m / 2.0


def _crosswalk(network: RoadNetwork, row: int, heights: Heights) -> Mesh:
    """Zebra bars, parallel to the traffic: they stand side by side along the longer axis of the outline."""
    corners = network.crosswalks.points_world_m[
        int(network.crosswalks.first_point[row]) : int(network.crosswalks.first_point[row + 1]), :2
    ]
    if len(corners) < 3:
        return merge([])
    outline = shapely.Polygon(corners).buffer(0.0)
    frame = np.asarray(outline.minimum_rotated_rectangle.exterior.coords)[:4]
    edges = np.array([frame[1] - frame[0], frame[3] - frame[0]])
    length = np.linalg.norm(edges, axis=1)
    long, short = (0, 1) if length[0] >= length[1] else (1, 0)
    along, across = edges[long] / length[long], edges[short]
    count = max(int((length[long] - _BAR_M) // (2.0 * _BAR_M)), 1)
    margin = (length[long] - (2 * count - 1) * _BAR_M) / 2.0
    bars = []
    for k in range(count):
        start = frame[0] + along * (margin + 2.0 * _BAR_M * k)
        bar = shapely.Polygon([start, start + along * _BAR_M, start + along * _BAR_M + across, start + across])
        bars.append(area_mesh(bar.intersection(outline), heights, "marking_white", _CROSSWALK_LIFT_M))
    return merge(bars)


def _bay(network: RoadNetwork, row: int, heights: Heights) -> Mesh:
    """The outline of a parking bay, 10 cm wide together with its neighbour's."""
    bays = network.parking_bays
    corners = bays.points_world_m[int(bays.first_point[row]) : int(bays.first_point[row + 1]), :2]
    if len(corners) < 3:
        return merge([])
    outline = shapely.Polygon(corners).buffer(0.0)
    return area_mesh(
        outline.difference(outline.buffer(-0.06, join_style="mitre")), heights, "marking_white", _BAY_LIFT_M
    )


def _stop_lines(network: RoadNetwork) -> list[Mesh]:
    """A line across every lane that a light or a stop sign binds, unless the map paints one there itself."""
    marks, signals, lanes = network.markings, network.signals, network.lanes
    own = [
        marks.points_world_m[int(marks.first_point[row]) : int(marks.first_point[row + 1]), :2].mean(axis=0)
        for row, kind in enumerate(marks.kind)
        if "stop" in kind
    ]
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
            line = np.stack([right + inset, left - inset]) + np.array([0.0, 0.0, _STOP_LIFT_M])
            dash, gap = (0.5, 0.25) if kind == "yield" else (0.0, 0.0)
            out.append(stripe(line, _STOP_LINE_WIDTH_M, dash, gap, "marking_white"))
    return out
