"""Where a road crosses above another: deck, parapets, pillars, and the ground below.

A point of a lane is on a bridge when another lane runs at least 3.5 m below it (clearance of an underpass is 4.5 m), and so
are the 14 m on either side. Deck 0.9 m thick, parapets 0.9 m high (EN 1317-2, H2), pillars of 1 m where no lane runs beneath.
Tested by tests/rendering/test_ground_bridges.py: closed solids, no hole below, headroom.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from rendering.assets.ground_surfaces import Heights, area_mesh
from rendering.assets.solids import cylinder, loft
from rendering.mesh import Mesh, merge
from sim.maps.network import RoadNetwork

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

_ABOVE_M, _BESIDE_M, _BEYOND_M = 3.5, 7.0, 14.0
_DECK_M, _SUNK_M = 0.9, 0.04
_PARAPET_M = (0.25, 0.9)
_PILLAR_RADIUS_M, _PILLAR_EVERY_M = 0.5, 11.0


def deck_points(network: RoadNetwork) -> Bool:
    """Whether each lane point (P,) lies on a bridge."""
    lanes = network.lanes
    center = lanes.center_world_m
    out = np.zeros(len(center), dtype=bool)
    if float(np.ptp(center[:, 2])) < _ABOVE_M:
        return out
    tree = cKDTree(center[:, :2])
    for index, near in enumerate(tree.query_ball_point(center[:, :2], _BESIDE_M)):
        out[index] = bool((center[near, 2] < center[index, 2] - _ABOVE_M).any())
    grown = out.copy()
    for lane in range(lanes.count):
        points = lanes.points_of(lane)
        if out[points].any():
            arc = lanes.arc_length_m[points]
            grown[points] = np.abs(arc[:, None] - arc[out[points]][None]).min(axis=1) < _BEYOND_M
    return np.asarray(grown, dtype=np.bool_)


def deck_area(network: RoadNetwork, on_deck: Bool) -> shapely.Geometry:
    """The plan of all bridges."""
    return shapely.unary_union([shapely.Polygon(ring).buffer(0.0) for ring in _rings(network, on_deck)])


def _rings(network: RoadNetwork, on_deck: Bool) -> list[Float64]:
    lanes = network.lanes
    out = []
    for lane in range(lanes.count):
        points = lanes.points_of(lane)
        for run in _runs(on_deck[points]):
            right, left = lanes.right_edge_world_m[points][run], lanes.left_edge_world_m[points][run]
            out.append(np.concatenate([right, left[::-1]])[:, :2])
    return out


def bridges(network: RoadNetwork, on_deck: Bool) -> tuple[Mesh, Mesh]:
    """(deck, parapets and pillars; the ground below) of all bridges of a map; both empty on maps without."""
    if not on_deck.any():
        return merge([]), merge([])
    lanes = network.lanes
    of_lane = np.repeat(np.arange(lanes.count), np.diff(lanes.first_point))
    low = Heights(network, np.arange(lanes.count), ~on_deck)
    below = cKDTree(lanes.center_world_m[~on_deck, :2])
    half = lanes.width_m[~on_deck] / 2.0
    solids: list[Mesh] = []
    for lane in sorted(set(of_lane[on_deck].tolist())):
        points = lanes.points_of(lane)
        for run in _runs(on_deck[points]):
            right, left = lanes.right_edge_world_m[points][run], lanes.left_edge_world_m[points][run]
            solids.append(_beam(right, left, -_SUNK_M - _DECK_M, -_SUNK_M))
            solids += [_parapet(edge, other) for edge, other in _outer_edges(network, lane, right, left)]
            solids += _pillars(0.5 * (right + left), low, below, half)
    covered = shapely.unary_union([shapely.Polygon(ring).buffer(0.0) for ring in _rings(network, ~on_deck)])
    ground = deck_area(network, on_deck).buffer(0.3, join_style="mitre").difference(covered)
    return merge(solids), area_mesh(ground, low, "soil", -0.03)


def _runs(mask: Bool) -> list[slice]:
    """Slices of at least two consecutive true entries."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= 2]


def _beam(right: Float64, left: Float64, bottom_m: float, top_m: float) -> Mesh:
    """A closed beam between two polylines, from `bottom_m` to `top_m` above them."""
    up = np.array([0.0, 0.0, 1.0])
    rings = np.stack([right + bottom_m * up, right + top_m * up, left + top_m * up, left + bottom_m * up], axis=1)
    return loft(rings[:, ::-1], "concrete", crease_deg=30.0)


def _parapet(edge: Float64, inwards: Float64) -> Mesh:
    width, tall = _PARAPET_M
    across = (inwards - edge) / np.maximum(np.linalg.norm(inwards - edge, axis=1, keepdims=True), 1e-6)
    inner, along = edge + across * width, edge[-1] - edge[0]
    left_handed = along[0] * across[0, 1] - along[1] * across[0, 0] > 0.0
    return _beam(edge, inner, -_DECK_M, tall) if left_handed else _beam(inner, edge, -_DECK_M, tall)


def _outer_edges(network: RoadNetwork, lane: int, right: Float64, left: Float64) -> list[tuple[Float64, Float64]]:
    """Edges of this lane beyond which the road ends, each with the opposite edge."""
    lanes = network.lanes
    same = [
        k
        for k in range(lanes.count)
        if lanes.road_id[k] == lanes.road_id[lane] and lanes.section[k] == lanes.section[lane]
    ]
    ids = [int(lanes.lane_id[k]) for k in same]
    mine = int(lanes.lane_id[lane])
    forward = bool(lanes.along_s[lane])
    out = []
    if mine == max(ids):
        out.append((left, right) if forward else (right, left))
    if mine == min(ids):
        out.append((right, left) if forward else (left, right))
    return out


def _pillars(middle: Float64, low: Heights, below: cKDTree, half_m: Float64) -> list[Mesh]:
    """Columns under a deck lane, clear of the lanes beneath."""
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(middle, axis=0), axis=1))])
    out = []
    for station in np.arange(0.5 * _PILLAR_EVERY_M, arc[-1], _PILLAR_EVERY_M):
        place = np.array([np.interp(station, arc, middle[:, k]) for k in range(3)])
        distance, index = below.query(place[:2])
        ground = float(low.at(place[None, :2])[0])
        if distance > half_m[index] + 1.2 and place[2] - ground > 2.5:
            foot, head = (place[0], place[1], ground - 0.3), (place[0], place[1], place[2] - _DECK_M)
            out.append(cylinder(foot, head, _PILLAR_RADIUS_M, "concrete", segments=16))
    return out
