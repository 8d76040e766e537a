"""Tufts of grass and weeds where the land meets roads and pavements: a few broad blades each, so that the edge is no knife cut.

Blades are as broad as real tufts' bundles (2-4 cm): narrower ones would shimmer at a distance.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from rendering.assets.ground_surfaces import Heights, polygons_of
from rendering.assets.solids import index_of
from rendering.mesh import Mesh, empty_mesh
from sim.base.streams import stream

Float64 = NDArray[np.float64]

MOST_TUFTS = 20000
_PER_M = 1.8
_BLADES = 3


def tufts(name: str, outline: shapely.Geometry, heights: Heights) -> Mesh:
    """Grass along the outer edges of everything paved; thinner on large maps, at most 20,000 tufts."""
    polygons = polygons_of(outline)
    # land lies outside an outline and inside its holes
    rings = [(polygon.exterior, True) for polygon in polygons]
    rings += [(ring, False) for polygon in polygons for ring in polygon.interiors]
    length = sum(ring.length for ring, _ in rings)
    if not length:
        return empty_mesh()
    rng = stream(0, "tufts", name)
    every = max(1.0 / _PER_M, length / MOST_TUFTS)
    outline = outline.simplify(0.02)
    places, outward = [], []
    for ring, outer in rings:
        count = int(ring.length / every)
        stations = np.sort(rng.uniform(0.0, ring.length, count))
        points = np.asarray(ring.coords)[:, :2]
        arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
        part = np.clip(np.searchsorted(arc, stations, side="right") - 1, 0, len(points) - 2)
        along = points[part + 1] - points[part]
        share = (stations - arc[part]) / np.maximum(arc[part + 1] - arc[part], 1e-9)
        here = points[part] + along * share[:, None]
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
        side = -1.0 if ring.is_ccw == outer else 1.0
        normal = np.column_stack([-along[:, 1], along[:, 0]]) * side
        places.append(here)
        outward.append(normal)
    xy, normal = np.concatenate(places), np.concatenate(outward)
    clump = 0.5 + 0.5 * np.sin(xy[:, 0] * 0.9 + 2.0 * np.sin(xy[:, 1] * 0.37)) * np.sin(
        xy[:, 1] * 0.8 + xy[:, 0] * 0.21
    )
    kept = rng.uniform(size=len(xy)) < 0.25 + 0.75 * clump
    xy, normal, clump = xy[kept], normal[kept], clump[kept]
    root = xy + normal * (0.03 + rng.exponential(0.12, (len(xy), 1)))
    shapely.prepare(outline)
    free = ~shapely.contains_xy(outline, root[:, 0], root[:, 1])
    root, clump = root[free], clump[free]
    return _blades(rng, np.column_stack([root, heights.at(root) - 0.03]), 0.05 + 0.13 * clump)


def _blades(rng: np.random.Generator, root: Float64, tall_m: Float64) -> Mesh:
    """`_BLADES` leaning triangles on each root (N, 3), all `tall_m` (N,) high, more or less."""
    count = len(root) * _BLADES
    foot = np.repeat(root, _BLADES, axis=0) + np.column_stack([rng.normal(0.0, 0.03, (count, 2)), np.zeros(count)])
    tall = np.repeat(tall_m, _BLADES) * rng.uniform(0.6, 1.3, count) + 0.03
    yaw, lean = rng.uniform(0.0, 2.0 * np.pi, count), rng.uniform(0.1, 0.7, count)
    heading = np.column_stack([np.cos(yaw), np.sin(yaw), np.zeros(count)])
    across = np.column_stack([-np.sin(yaw), np.cos(yaw), np.zeros(count)]) * rng.uniform(0.010, 0.020, (count, 1))
    tip = foot + heading * (tall * lean)[:, None] + np.array([0.0, 0.0, 1.0]) * tall[:, None]
    vertices = np.stack([foot - across, foot + across, tip], axis=1).reshape(-1, 3)
    faces = np.arange(3 * count).reshape(-1, 3)
    normal = np.cross(vertices[1::3] - vertices[::3], vertices[2::3] - vertices[::3])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    under = normal[:, 2] < 0.0
    faces[under] = faces[under][:, ::-1]
    normal[under] *= -1.0
    return Mesh(
        vertices.astype(np.float32),
        np.repeat(normal, 3, axis=0).astype(np.float32),
        faces.astype(np.uint32),
        np.full(count, index_of("grass_blade"), np.uint16),
        np.zeros(count, np.uint8),
    )
