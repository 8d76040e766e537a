"""Rounded bodies: a smooth union of tubes and ellipsoids, meshed as one watertight surface, with weights that bones move it by.

A solid is where a field of approximate signed distances (m, negative inside) is below zero. Fields blend by the polynomial
smooth minimum (Quilez 2013), so that an arm grows out of a shoulder without a seam. The surface is meshed by naive surface
nets (Gibson 1998): one vertex a cell that the surface crosses, moved onto the surface along the gradient. A vertex follows a
bone the more, the nearer it lies to that bone's solids. Tested by tests/rendering/test_soft_solids.py: closed, wound outwards,
volume of closed forms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Field = Callable[[Float64], Float64]
"""Points (..., 3) to signed distances (...,)."""


@dataclass(frozen=True)
class Solid:
    """One primitive: its field, a box (2, 3) around its surface, and the bones it hangs on.

    `bones` are (position along the primitive 0-1, bone) knots, between which the share changes linearly; `along` gives
    the position of points (N, 3).
    """

    field: Field
    box: Float64
    bones: tuple[tuple[float, int], ...]
    along: Field
    blend_m: float = 0.02


def tube(
    start: ArrayLike, end: ArrayLike, knots: ArrayLike, across: ArrayLike, bones: Sequence[tuple[float, int]] | int,
    exponent: float = 2.0, round_ends: bool = True, blend_m: float = 0.02,
) -> Solid:  # fmt: skip
    """A tube from start to end. `knots` (K, 4): position 0-1, half width along `across`, half depth, shift of the middle.

    Depth and shift run along axis x across (for a tube that runs upwards with `across` to the left, towards -x; so a positive
    shift is backwards there). `exponent` 2 gives ellipses, more gives boxes with round corners.
    """
    a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
    length = float(np.linalg.norm(b - a))
    axis = (b - a) / length
    side = np.asarray(across, np.float64)
    side = side - axis * float(side @ axis)
    side = side / np.linalg.norm(side)
    front = np.cross(axis, side)
    rows = np.asarray(knots, np.float64).reshape(-1, 4)
    fine = _smooth_rows(rows)

    def along(points: Float64) -> Float64:
        return np.asarray((points - a) @ axis / length)

    def field(points: Float64) -> Float64:
        local = points - a
        w = local @ axis
        t = np.clip(w / length, 0.0, 1.0) * (len(fine) - 1)
        low = np.minimum(t.astype(np.int32), len(fine) - 2)
        f = (t - low)[..., None]
        wide, deep, shift = np.moveaxis(fine[low] * (1.0 - f) + fine[low + 1] * f, -1, 0)
        u, v = np.abs(local @ side), local @ front - shift
        if exponent == 2.0:
            rho = np.sqrt((u / wide) ** 2 + (v / deep) ** 2)
        else:
            rho = ((u / wide) ** exponent + (np.abs(v) / deep) ** exponent) ** (1.0 / exponent)
        q = np.hypot(u, v)
        radius = np.where(rho > 1e-6, q / np.maximum(rho, 1e-6), np.minimum(wide, deep))
        over = np.maximum(np.maximum(-w, w - length), 0.0)
        lateral = q - radius
        if round_ends:
            return np.asarray(np.where(over > 0.0, np.hypot(q, over) - radius, lateral))
        return np.asarray(np.maximum(lateral, np.maximum(-w, w - length)))

    reach = np.abs(side) * rows[:, 1].max() + np.abs(front) * (rows[:, 2] + np.abs(rows[:, 3])).max()
    if round_ends:
        reach = np.maximum(reach, rows[:, 1:3].max())
    box = np.stack([np.minimum(a, b) - reach, np.maximum(a, b) + reach])
    hung = ((0.0, bones),) if isinstance(bones, int) else tuple(bones)
    return Solid(field, box, hung, along, blend_m)


def _smooth_rows(rows: Float64) -> Float64:
    """Half width, half depth and shift (33, 3) at even positions, by a monotone cubic through the knots."""
    at = np.linspace(0.0, 1.0, 33)
    if len(rows) == 1:
        return np.repeat(rows[:, 1:], 33, axis=0)
    t = rows[:, 0]
    slope = np.diff(rows[:, 1:], axis=0) / np.diff(t)[:, None]
    total = slope[:-1] + slope[1:]
    harmonic = 2.0 * slope[:-1] * slope[1:] / np.where(total == 0.0, 1.0, total)
    inner = np.where(slope[:-1] * slope[1:] > 0.0, harmonic, 0.0)
    tangent = np.concatenate([slope[:1], inner, slope[-1:]])
    k = np.clip(np.searchsorted(t, at, side="right") - 1, 0, len(t) - 2)
    span = (t[k + 1] - t[k])[:, None]
    s = np.clip((at - t[k])[:, None] / span, 0.0, 1.0)
    s2, s3 = s * s, s * s * s
    p0, p1 = rows[k, 1:], rows[k + 1, 1:]
    value = (2 * s3 - 3 * s2 + 1) * p0 + (s3 - 2 * s2 + s) * span * tangent[k]
    value = value + (-2 * s3 + 3 * s2) * p1 + (s3 - s2) * span * tangent[k + 1]
    value[:, :2] = np.maximum(value[:, :2], 1e-4)
    return np.asarray(value)


def ellipsoid(
    center: ArrayLike, radii: ArrayLike, bone: int, turn: ArrayLike | None = None, blend_m: float = 0.02
) -> Solid:
    """An ellipsoid with semi-axes `radii`, turned by the rotation `turn` (3, 3)."""
    middle, size = np.asarray(center, np.float64), np.asarray(radii, np.float64)
    matrix = np.eye(3) if turn is None else np.asarray(turn, np.float64)

    def field(points: Float64) -> Float64:
        local = (points - middle) @ matrix / size
        k0 = np.linalg.norm(local, axis=-1)
        k1 = np.linalg.norm(local / size, axis=-1)
        return np.asarray(np.where(k1 > 1e-9, k0 * (k0 - 1.0) / np.maximum(k1, 1e-9), -float(size.min())))

    reach = np.sqrt(((matrix * size) ** 2).sum(axis=1))
    box = np.stack([middle - reach, middle + reach])
    return Solid(field, box, ((0.0, bone),), lambda points: np.zeros(points.shape[:-1]), blend_m)


@dataclass(frozen=True)
class SoftMesh:
    """A closed surface: vertices (V, 3) and unit normals in m, triangles (T, 3), bones (V, 4) and their weights (V, 4), sum 1."""

    vertices: Float64
    normals: Float64
    triangles: Int64
    bones: Int64
    weights: Float64


def soft_mesh(
    union: Sequence[Solid], cell_m: float, cuts: Sequence[Field] = (), carved: Sequence[Solid] = (),
    relief: Field | None = None, weight_m: float = 0.03, separate: Callable[[Float64, int], Float64] | None = None,
) -> SoftMesh:  # fmt: skip
    """The surface of the union of solids, without what `carved` fills (smoothly) and beyond `cuts` (sharply: positive is cut).

    `relief` is added to the distances: folds and dents. `weight_m` is the distance over which bones blend into each other;
    `separate(points, bone)` factors keep a bone from moving what lies near but does not belong to it.
    """
    low = np.min([solid.box[0] for solid in union], axis=0) - 2.5 * cell_m
    high = np.max([solid.box[1] for solid in union], axis=0) + 2.5 * cell_m
    shape = np.ceil((high - low) / cell_m).astype(int) + 1
    axes = [low[k] + cell_m * np.arange(shape[k]) for k in range(3)]
    distance = np.full(shape, 4.0 * cell_m)
    for solid in union:
        part, points = _window(axes, solid.box, solid.blend_m + 1.5 * cell_m)
        if points.size:
            distance[part] = _smooth_min(distance[part], solid.field(points), solid.blend_m)
    for solid in carved:
        part, points = _window(axes, solid.box, solid.blend_m + 1.5 * cell_m)
        if points.size:
            distance[part] = -_smooth_min(-distance[part], solid.field(points), solid.blend_m)
    if relief is not None or cuts:
        near = np.nonzero(np.abs(distance) < 3.9 * cell_m) if not cuts else np.nonzero(distance < 3.9 * cell_m)
        points = np.stack([axes[k][near[k]] for k in range(3)], axis=-1)
        value = distance[near]
        if relief is not None:
            value = value + relief(points)
        for cut in cuts:
            value = np.maximum(value, cut(points))
        distance[near] = value
    vertices, triangles = _surface_nets(distance, low, cell_m)
    vertices, normals = _onto_surface(distance, low, cell_m, vertices)
    if cuts or carved:
        vertices, normals = _even_edges(vertices, normals, triangles)
    bones, weights = _weights(union, vertices, weight_m, separate)
    return SoftMesh(vertices, normals, triangles, bones, weights)


def _window(axes: list[Float64], box: Float64, margin: float) -> tuple[tuple[slice, ...], Float64]:
    """The part of a grid within a box and the points there."""
    part = tuple(
        slice(int(np.searchsorted(axes[k], box[0, k] - margin)), int(np.searchsorted(axes[k], box[1, k] + margin)))
        for k in range(3)
    )
    grid = np.meshgrid(*(axes[k][part[k]] for k in range(3)), indexing="ij")
    return part, np.stack(grid, axis=-1)


def _smooth_min(a: Float64, b: Float64, blend_m: float) -> Float64:
    if blend_m <= 0.0:
        return np.minimum(a, b)
    h = np.maximum(blend_m - np.abs(a - b), 0.0) / blend_m
    return np.asarray(np.minimum(a, b) - h * h * blend_m * 0.25)


_CORNERS = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
_EDGES = [(a, b) for a in range(8) for b in range(a + 1, 8) if np.abs(_CORNERS[a] - _CORNERS[b]).sum() == 1]


def _surface_nets(distance: Float64, low: Float64, cell_m: float) -> tuple[Float64, Int64]:
    inside = distance < 0.0
    count = sum(
        inside[i : inside.shape[0] - 1 + i, j : inside.shape[1] - 1 + j, k : inside.shape[2] - 1 + k].astype(np.int8)
        for i, j, k in _CORNERS
    )
    cells = np.argwhere((np.asarray(count) > 0) & (np.asarray(count) < 8))
    index = np.full(np.array(distance.shape) - 1, -1, np.int64)
    index[tuple(cells.T)] = np.arange(len(cells))
    value = np.stack([distance[tuple((cells + corner).T)] for corner in _CORNERS], axis=1)
    total, crossings = np.zeros((len(cells), 3)), np.zeros(len(cells))
    for a, b in _EDGES:
        crosses = (value[:, a] < 0.0) != (value[:, b] < 0.0)
        t = np.where(crosses, value[:, a] / np.where(crosses, value[:, a] - value[:, b], 1.0), 0.0)
        total += np.where(crosses[:, None], _CORNERS[a] + t[:, None] * (_CORNERS[b] - _CORNERS[a]), 0.0)
        crossings += crosses
    vertices = low + cell_m * (cells + total / crossings[:, None])
    quads = []
    for axis in range(3):
        second, third = np.eye(3, dtype=np.int64)[(axis + 1) % 3], np.eye(3, dtype=np.int64)[(axis + 2) % 3]
        ahead = np.roll(inside, -1, axis=axis)
        change = np.argwhere(inside != ahead)
        change = change[(change[:, axis] < distance.shape[axis] - 1) & (change.min(axis=1) >= 0)]
        change = change[(change[:, (axis + 1) % 3] > 0) & (change[:, (axis + 2) % 3] > 0)]
        leaves = inside[tuple(change.T)]
        ring = [change - second - third, change - third, change, change - second]
        quad = np.stack([index[tuple(corner.T)] for corner in ring], axis=1)
        quads.append(np.where(leaves[:, None], quad, quad[:, ::-1]))
    quad = np.concatenate(quads)
    across = np.linalg.norm(vertices[quad[:, 0]] - vertices[quad[:, 2]], axis=1)
    other = np.linalg.norm(vertices[quad[:, 1]] - vertices[quad[:, 3]], axis=1)
    split = (across <= other)[:, None]
    one = np.where(split, quad[:, [0, 1, 2]], quad[:, [0, 1, 3]])
    two = np.where(split, quad[:, [0, 2, 3]], quad[:, [1, 2, 3]])
    return vertices, np.stack([one, two], axis=1).reshape(-1, 3)


def _onto_surface(distance: Float64, low: Float64, cell_m: float, vertices: Float64) -> tuple[Float64, Float64]:
    """Vertices moved along the gradient onto the zero of the sampled field, and the gradient's directions there."""
    slopes: list[Float64] = list(np.gradient(distance, cell_m))
    gradient = np.stack(slopes, axis=-1)
    home = vertices
    for _ in range(2):
        value, slope = _sampled(distance, low, cell_m, vertices), _sampled(gradient, low, cell_m, vertices)
        step = slope * (value / np.maximum((slope**2).sum(axis=1), 0.05))[:, None]
        vertices = home + np.clip(vertices - 0.8 * step - home, -0.45 * cell_m, 0.45 * cell_m)
    normals = _sampled(gradient, low, cell_m, vertices)
    return vertices, normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)


def _even_edges(vertices: Float64, normals: Float64, triangles: Int64) -> tuple[Float64, Float64]:
    """Hems and other sharp edges, stair-stepped by the grid, made even: vertices there go to the mean of their neighbours."""
    a, b = triangles.ravel(), np.roll(triangles, -1, axis=1).ravel()
    count = np.bincount(a, minlength=len(vertices))[:, None]

    def mean(values: Float64) -> Float64:
        return np.stack([np.bincount(a, values[b, k], minlength=len(vertices)) for k in range(3)], axis=1) / count

    sharp = np.linalg.norm(mean(normals) - normals, axis=1) > 0.12
    share = np.where(sharp, 0.5, 0.0)[:, None]
    for _ in range(6):
        vertices = vertices + share * (mean(vertices) - vertices)
    corner = vertices[triangles]
    cross = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    total = np.stack([np.bincount(a, np.repeat(cross[:, k], 3), minlength=len(vertices)) for k in range(3)], axis=1)
    total = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)
    return vertices, np.where(sharp[:, None], total, normals)


def _sampled(table: Float64, low: Float64, cell_m: float, points: Float64) -> Float64:
    """Trilinear samples of a table over the grid."""
    place = (points - low) / cell_m
    base = np.minimum(np.maximum(place.astype(np.int64), 0), np.array(table.shape[:3]) - 2)
    f = place - base
    out: Float64 = np.zeros((len(points), *table.shape[3:]))
    for corner in _CORNERS:
        share = np.prod(np.where(corner == 1, f, 1.0 - f), axis=1)
        value = table[tuple((base + corner).T)]
        out += value * (share if value.ndim == 1 else share[:, None])
    return out


def _weights(
    union: Sequence[Solid], points: Float64, weight_m: float, separate: Callable[[Float64, int], Float64] | None
) -> tuple[Int64, Float64]:
    names = sorted({bone for solid in union for _, bone in solid.bones})
    distances = np.stack([solid.field(points) for solid in union])
    near = np.exp(-(distances - distances.min(axis=0)) / weight_m)
    table = np.zeros((len(names), len(points)))
    for solid, share in zip(union, near, strict=True):
        if len(solid.bones) == 1:
            row = names.index(solid.bones[0][1])
            table[row] = np.maximum(table[row], share)
            continue
        t = np.clip(solid.along(points), 0.0, 1.0)
        knots = np.array([knot for knot, _ in solid.bones])
        for place, (_, bone) in enumerate(solid.bones):
            height = np.interp(t, knots, np.eye(len(knots))[place])
            height = height * height * (3.0 - 2.0 * height)
            row = names.index(bone)
            table[row] = np.maximum(table[row], share * height)
    if separate is not None:
        for row, bone in enumerate(names):
            table[row] *= separate(points, bone)
    count = min(4, len(names))
    best = np.argsort(-table, axis=0, kind="stable")[:count]
    weights = np.take_along_axis(table, best, axis=0)
    weights[weights < 0.02 * weights[:1]] = 0.0
    weights = weights / weights.sum(axis=0)
    bones = np.asarray(names)[best]
    if count < 4:
        bones = np.concatenate([bones, np.repeat(bones[:1], 4 - count, axis=0)])
        weights = np.concatenate([weights, np.zeros((4 - count, len(points)))])
    return np.ascontiguousarray(bones.T), np.ascontiguousarray(weights.T)
