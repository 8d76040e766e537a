"""Pavement lanes: their slabs, kerb stones with a bevelled edge, and gutters with drains along the carriageway.

Kerbs are 15 cm wide with a 2 cm bevel and stones of 1 m (EN 1340, DIN 483); gutters are two rows of setts, 25 cm.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from rendering.assets.ground_styles import code_of, ribbon_uv
from rendering.assets.ground_surfaces import Heights, ribbon, wall
from rendering.assets.solids import quads
from rendering.kernels import ground_layout as at
from rendering.mesh import Mesh, merge, transform, yaw_matrix
from sim.maps.network import RoadNetwork

Float64 = NDArray[np.float64]

KERB_WIDTH_M = 0.15
SKIRT_M = 0.30
_BEVEL_M = 0.02
_GUTTER_M = 0.25
_GUTTER_LIFT_M = 0.0015
_DRAIN_EVERY_M = 27.0
_DRAIN_M = (0.48, 0.24)
_AT_ROAD_M = 0.3


def road_sides(network: RoadNetwork, row: int, carriageway: shapely.Geometry) -> tuple[float, float]:
    """Distance of the (left, right) edge's middle from the carriageway in m."""
    points = network.lanes.points_of(row)
    edges = (network.lanes.left_edge_world_m[points], network.lanes.right_edge_world_m[points])
    middle = len(edges[0]) // 2
    left, right = (float(shapely.distance(carriageway, shapely.Point(edge[middle, :2]))) for edge in edges)
    return left, right


def pavement_strip(
    network: RoadNetwork, row: int, carriageway: shapely.Geometry, road: Heights | None, material: str
) -> tuple[Mesh, Mesh, Mesh]:
    """(slabs, kerb stones, gutters with drains) of a pavement lane; the edge nearer to the road has a kerb in any case."""
    points = network.lanes.points_of(row)
    right, left = network.lanes.right_edge_world_m[points], network.lanes.left_edge_world_m[points]
    u = network.lanes.arc_length_m[points]
    far_left, far_right = road_sides(network, row, carriageway)
    width = np.maximum(np.linalg.norm(left - right, axis=1, keepdims=True), 1e-6)
    across = (left - right) / width
    slab_right, slab_left = right, left
    kerbs, gutters = [], []
    if far_left <= far_right or far_left < _AT_ROAD_M:
        slab_left = left - across * np.minimum(KERB_WIDTH_M, width * 0.5)
        kerbs.append(_kerb(slab_left, left, u, mirrored=False))
        if road is not None and far_left < _AT_ROAD_M:
            gutters.append(_gutter(left, left + across * _GUTTER_M, u, road, mirrored=False))
    if far_right < far_left or far_right < _AT_ROAD_M:
        slab_right = right + across * np.minimum(KERB_WIDTH_M, width * 0.5)
        kerbs.append(_kerb(slab_right, right, u, mirrored=True))
        if road is not None and far_right < _AT_ROAD_M:
            gutters.append(_gutter(right, right - across * _GUTTER_M, u, road, mirrored=True))
    uv = ribbon_uv(u, code_of(0.0, float(width.mean()) / 2.0, at.LANE_WIDTH_STEP_M))
    return ribbon(slab_right, slab_left, material, uv), merge(kerbs), merge(gutters)


def _kerb(inner: Float64, outer: Float64, u: Float64, mirrored: bool) -> Mesh:
    """Top, bevel and face of a row of kerb stones; `mirrored` where the road lies to the right of the way."""
    depth = np.linalg.norm(outer - inner, axis=1, keepdims=True)
    edge = outer - (outer - inner) * np.minimum(_BEVEL_M / np.maximum(depth, 1e-6), 0.4)
    low, foot = outer - np.array([0.0, 0.0, _BEVEL_M]), outer - np.array([0.0, 0.0, SKIRT_M])
    uv = ribbon_uv(u, 0)
    if mirrored:
        return merge(
            [
                ribbon(edge, inner, "kerb_stone", uv),
                wall(low, edge, "kerb_stone", uv),
                wall(foot, low, "kerb_stone", uv),
            ]
        )
    return merge(
        [ribbon(inner, edge, "kerb_stone", uv), wall(edge, low, "kerb_stone", uv), wall(low, foot, "kerb_stone", uv)]
    )


def _gutter(kerb: Float64, out: Float64, u: Float64, road: Heights, mirrored: bool) -> Mesh:
    """Two rows of setts on the road along a kerb, with a drain every 27 m."""
    lift = np.array([0.0, 0.0, _GUTTER_LIFT_M])
    near, far = (np.column_stack([line[:, :2], road.at(line[:, :2])]) + lift for line in (kerb, out))
    pair = (far, near) if mirrored else (near, far)
    pieces = [ribbon(*pair, "gutter", ribbon_uv(u * 5.0, 0))]
    middle = 0.5 * (near + far)
    for station in np.arange(_DRAIN_EVERY_M / 2.0, float(u[-1]) - 2.0, _DRAIN_EVERY_M):
        place = np.array([np.interp(station, u, middle[:, k]) for k in range(3)])
        ahead = np.array([np.interp(station + 0.5, u, middle[:, k]) for k in range(3)])
        yaw = float(np.arctan2(*(ahead - place)[1::-1]))
        pieces.append(transform(_drain(), yaw_matrix(yaw), place + lift))
    return merge(pieces)


def _drain() -> Mesh:
    """A gully: a frame and bars of cast iron, flush with the road, over a dark hole."""
    length, width = _DRAIN_M
    x, y = length / 2.0, width / 2.0
    hole = [[-x, -y, 0.0], [x, -y, 0.0], [x, y, 0.0], [-x, y, 0.0]]
    spans = [(s - 0.013, -y, s + 0.013, y) for s in np.linspace(-x + 0.013, x - 0.013, 9)]
    spans += [(-x, s * (y - 0.012) - 0.012, x, s * (y - 0.012) + 0.012) for s in (-1, 1)]
    top = 0.001
    bars = [[[a, b, top], [c, b, top], [c, d, top], [a, d, top]] for a, b, c, d in spans]
    return merge([quads([hole], "underbody"), quads(bars, "cast_iron")])
