"""Paint in figures: crosswalk bars, bay outlines, arrows before junctions."""

from __future__ import annotations

import dataclasses

import numpy as np
import shapely
from numpy.typing import NDArray

from rendering.assets.ground_paint import BAY_LIFT_M, CROSSWALK_LIFT_M, LINE_LIFT_M, Wear
from rendering.assets.ground_styles import code_of
from rendering.assets.ground_surfaces import Heights, area_mesh
from rendering.kernels import ground_layout as at
from rendering.mesh import Mesh, merge
from sim.maps.network import RoadNetwork

Float64 = NDArray[np.float64]

_BAR_M = 0.50
"""Width of a zebra bar and of the gap between two."""
_ARROW_BEFORE_M = (9.0, 24.0)
_LEAST_LANE_M = 32.0
_TURN_RAD = 0.55


def symbols(network: RoadNetwork, heights: Heights, wear: Wear) -> Mesh:
    """All crosswalks, parking bays and arrows of the map."""
    pieces = [_crosswalk(network, row, heights, wear) for row in range(len(network.crosswalks.name))]
    pieces += [_bay(network, row, heights, wear) for row in range(len(network.parking_bays.name))]
    return merge(pieces + _arrows(network, heights, wear))


def _worn(mesh: Mesh, wear: float, start: Float64, along: Float64, half_width_m: float) -> Mesh:
    """The mesh with stripe coordinates: u along `along` from `start`, v across it, 1 at `half_width_m`."""
    if not mesh.triangle_count:
        return mesh
    offset = mesh.vertices[:, :2].astype(np.float64) - start
    across = np.clip((offset @ np.array([-along[1], along[0]])) / half_width_m, -1.0, 1.0)
    v = 4.0 * (1 + code_of(wear, half_width_m, at.STRIPE_WIDTH_STEP_M)) + across
    return dataclasses.replace(mesh, uv=np.column_stack([offset @ along, v]).astype(np.float32))


def _plain(mesh: Mesh, wear: float) -> Mesh:
    """The mesh with wear but no edges of its own."""
    v = 4.0 * (1 + code_of(wear, 1.0, at.STRIPE_WIDTH_STEP_M))
    uv = np.tile(np.array([[0.0, v]], np.float32), (len(mesh.vertices), 1))
    return dataclasses.replace(mesh, uv=uv)


def _crosswalk(network: RoadNetwork, row: int, heights: Heights, wear: Wear) -> Mesh:
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
        middle = start + along * _BAR_M / 2.0
        mesh = area_mesh(bar.intersection(outline), heights, "marking_white", CROSSWALK_LIFT_M)
        here = wear.under_wheels(middle + across / 2.0)
        bars.append(_worn(mesh, here, middle, across / max(length[short], 1e-6), _BAR_M / 2.0))
    return merge(bars)


def _bay(network: RoadNetwork, row: int, heights: Heights, wear: Wear) -> Mesh:
    """The outline of a parking bay, 12 cm wide together with its neighbour's."""
    bays = network.parking_bays
    corners = bays.points_world_m[int(bays.first_point[row]) : int(bays.first_point[row + 1]), :2]
    if len(corners) < 3:
        return merge([])
    outline = shapely.Polygon(corners).buffer(0.0)
    rim = outline.difference(outline.buffer(-0.06, join_style="mitre"))
    return _plain(area_mesh(rim, heights, "marking_white", BAY_LIFT_M), wear.at(corners.mean(axis=0)))


def _arrows(network: RoadNetwork, heights: Heights, wear: Wear) -> list[Mesh]:
    """Arrows on lanes that share their direction with others and end in a junction: where each of them leads."""
    lanes = network.lanes
    out = []
    for row in range(lanes.count):
        ahead = [n for n in lanes.successors[row] if lanes.junction_id[n] not in ("", "-1")]
        beside = lanes.left[row] >= 0 or lanes.right[row] >= 0
        inside = lanes.junction_id[row] not in ("", "-1")
        if (
            lanes.lane_type[row] != "driving"
            or inside
            or not ahead
            or not beside
            or lanes.length_m(row) < _LEAST_LANE_M
        ):
            continue
        turns = frozenset(_turn(network, n) for n in ahead)
        points = lanes.points_of(row)
        s = lanes.arc_length_m[points]
        for before in _ARROW_BEFORE_M:
            station = float(s[-1]) - before
            place = np.array([np.interp(station, s, lanes.center_world_m[points, k]) for k in range(2)])
            yaw = float(lanes.yaw_rad[points][int(np.searchsorted(s, station))])
            turn = np.array([[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]])
            shape = shapely.transform(arrow(turns), lambda xy, r=turn, p=place: xy @ r.T + p)
            out.append(_plain(area_mesh(shape, heights, "marking_white", LINE_LIFT_M), wear.at(place)))
    return out


def _turn(network: RoadNetwork, row: int) -> int:
    """-1 right, 0 straight on, 1 left."""
    points = network.lanes.points_of(row)
    yaw = network.lanes.yaw_rad[points]
    change = float((yaw[-1] - yaw[0] + np.pi) % (2.0 * np.pi) - np.pi)
    return 0 if abs(change) < _TURN_RAD else (1 if change > 0.0 else -1)


def arrow(turns: frozenset[int]) -> shapely.Geometry:
    """An arrow of 5 m in the lane's frame (x ahead, y left, metres), with a head for each turn (after RMS-1, picture 8)."""
    parts = [shapely.box(-2.5, -0.075, 0.6, 0.075)]
    if 0 in turns:
        parts += [shapely.box(0.5, -0.075, 1.0, 0.075), shapely.Polygon([(0.9, -0.30), (2.5, 0.0), (0.9, 0.30)])]
    for side in (-1, 1):
        if side in turns:
            bend = shapely.LineString([(-0.6 if 0 in turns else 0.4, 0.0), (0.5 if 0 in turns else 1.4, side * 0.40)])
            parts.append(bend.buffer(0.10, cap_style="flat"))
            x = 0.5 if 0 in turns else 1.4
            parts.append(shapely.Polygon([(x - 0.55, side * 0.34), (x + 0.45, side * 0.30), (x + 0.25, side * 0.95)]))
    return shapely.unary_union(parts)
