"""The country around a map: fields that rise to hills towards the horizon, woods and tree lines on them.

A level horizon is rare: relief begins 60 m beyond the map's margin, tens of metres within the first kilometre and about a
hundred at four (low mountain country). Woods stand well clear of every road. Tested by tests/rendering/test_ground_hills.py.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray

from rendering.assets.ground_surfaces import surface
from rendering.mesh import Mesh, merge
from sim.base.streams import stream

Float64 = NDArray[np.float64]
Relief = Callable[[Float64], Float64]

HORIZON_M = 4500.0
_STEPS_M = np.array(
    [0, 30, 65, 105, 150, 205, 270, 350, 445, 560, 700, 870, 1080, 1340, 1660, 2060, 2550, 3150, 3800, HORIZON_M]
)
_INNER_STEP_M = 110.0
_CLEAR_M = 55.0
_PATCHES, _TREE_LINES = 34, 24
_RINGS = ((0.97, -2.0), (0.96, 0.16), (1.0, 0.45), (0.985, 0.82), (0.93, 1.0), (0.8, 1.0), (0.5, 1.0))
"""Profile of a wood's edge and canopy: (share of the radius, share of the height)."""
_CROWN_M = 5.0


def relief(name: str, low: Float64, high: Float64, level_m: float) -> Relief:
    """Height in m of the land outside the box [low, high]: `level_m` at its rim, hills further out."""
    rng = stream(0, "hills", name)
    waves = [
        (rng.uniform(0.0, 2.0 * np.pi), length * rng.uniform(0.8, 1.25), rng.uniform(0.0, 2.0 * np.pi), length**0.85)
        for length in (420.0, 610.0, 900.0, 1400.0, 2100.0, 3300.0)
        for _ in range(2)
    ]
    total = sum(weight for *_, weight in waves)
    rise = rng.uniform(40.0, 70.0)

    def height(points_xy: Float64) -> Float64:
        outside = np.maximum(np.maximum(low - points_xy, points_xy - high), 0.0)
        away = np.linalg.norm(outside, axis=1)
        swell = np.zeros(len(points_xy))
        for yaw, length, phase, weight in waves:
            along = points_xy @ np.array([np.cos(yaw), np.sin(yaw)])
            swell += weight * np.sin(2.0 * np.pi * along / length + phase)
        grown = _smooth(away, 30.0, 1000.0) * (0.45 + 1.9 * swell / total) * rise
        return np.asarray(level_m + np.maximum(grown, -3.0) + _smooth(away, 900.0, HORIZON_M) * 70.0)

    return height


def far_land(low: Float64, high: Float64, height: Relief) -> Mesh:
    """Land from the rim of the near part to the horizon, in cells that grow outwards."""
    xs, ys = (_lines(float(low[k]), float(high[k])) for k in range(2))
    gx, gy = np.meshgrid(xs, ys, indexing="ij")
    flat = np.stack([gx.ravel(), gy.ravel()], axis=1)
    vertices = np.column_stack([flat, height(flat)])
    i, j = (grid.ravel() for grid in np.meshgrid(np.arange(len(xs) - 1), np.arange(len(ys) - 1), indexing="ij"))
    inside = (xs[i] >= low[0] - 1e-6) & (xs[i + 1] <= high[0] + 1e-6)
    inside &= (ys[j] >= low[1] - 1e-6) & (ys[j + 1] <= high[1] + 1e-6)
    i, j = i[~inside], j[~inside]
    a, b = i * len(ys) + j, (i + 1) * len(ys) + j
    return surface(vertices, np.concatenate([np.stack([a, b, b + 1], 1), np.stack([a, b + 1, a + 1], 1)]), "farmland")


def woods(name: str, low: Float64, high: Float64, height: Relief, outline: shapely.Geometry) -> Mesh:
    """Woods and tree lines around and between the roads, none nearer than 55 m to one."""
    rng = stream(0, "woods", name)
    shapely.prepare(outline)
    middle, half = (low + high) / 2.0, (high - low) / 2.0
    out = []
    for index in range(_PATCHES + _TREE_LINES):
        narrow = index >= _PATCHES
        for _ in range(8):
            angle = rng.uniform(0.0, 2.0 * np.pi)
            away = -60.0 + 2200.0 * rng.uniform() ** 2.2
            center = middle + np.array([np.cos(angle), np.sin(angle)]) * (half * 1.15 + away)
            size = 0.7 + max(away, 0.0) / 700.0
            long = rng.uniform(45.0, 110.0) * size
            wide = rng.uniform(3.5, 6.0) if narrow else long * rng.uniform(0.35, 0.9)
            if shapely.distance(outline, shapely.Point(center)) > _CLEAR_M + long:
                out.append(_wood(rng, center, (long, wide), height, 9.0 if narrow else rng.uniform(12.0, 20.0)))
                break
    return merge(out)


def _wood(
    rng: np.random.Generator, center: Float64, half_m: tuple[float, float], height: Relief, tall_m: float
) -> Mesh:
    """A canopy with ragged crowns: rings of vertices from the ground up its edge and over its top."""
    count = int(np.clip(np.pi * (half_m[0] + half_m[1]) / _CROWN_M, 16, 110))
    angle = np.arange(count) * 2.0 * np.pi / count
    wander = np.zeros(count)
    for k in (2, 3, 5):
        wander += rng.normal(0.0, 0.12 / k) * np.sin(k * angle + rng.uniform(0.0, 6.3))
    yaw = rng.uniform(0.0, np.pi)
    turn = np.array([[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]])
    crown = np.repeat(rng.normal(0.0, 0.13, (count + 1) // 2), 2)[:count] + rng.normal(0.0, 0.06, count)
    rows = []
    for share, up in _RINGS:
        jitter = rng.normal(0.0, min(0.30 * _CROWN_M, 0.25 * half_m[1]), count) if up > 0.0 else 0.0
        reach = (share * (1.0 + wander))[:, None] * np.array(half_m) + np.asarray(jitter).reshape(-1, 1)
        flat = np.column_stack([np.cos(angle), np.sin(angle)]) * reach @ turn.T + center
        bumps = 1.0 + crown + rng.normal(0.0, 0.09, count) if up > 0.0 else 1.0
        rows.append(np.column_stack([flat, height(flat) + tall_m * up * bumps]))
    top = np.append(center, float(height(center[None])[0]) + tall_m)
    vertices = np.concatenate([*rows, top[None]])
    i, j = np.arange(count), (np.arange(count) + 1) % count
    faces = []
    for k in range(len(_RINGS) - 1):
        a, b, c, d = k * count + i, k * count + j, (k + 1) * count + j, (k + 1) * count + i
        faces += [np.stack([a, b, c], 1), np.stack([a, c, d], 1)]
    last = (len(_RINGS) - 1) * count
    faces.append(np.stack([last + i, last + j, np.full(count, len(vertices) - 1)], 1))
    return surface(vertices, np.concatenate(faces), "woods")


def _lines(low: float, high: float) -> Float64:
    """Grid lines along one axis: fine near the rim, regular across the map."""
    inner = np.linspace(low, high, max(int(np.ceil((high - low) / _INNER_STEP_M)), 1) + 1)
    return np.concatenate([low - _STEPS_M[:0:-1], inner, high + _STEPS_M[1:]])


def _smooth(x: Float64, low: float, high: float) -> Float64:
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))
