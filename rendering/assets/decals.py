"""Patches laid on a curved body: lamps, grilles, plates, shut lines. They are cast onto it, so nothing floats or sinks in."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rendering.assets.solids import MaterialName, grid_faces, index_of, perpendiculars
from rendering.mesh import PART_BODY, Mesh, empty_mesh, shaded

Float64 = NDArray[np.float64]


def decal(
    body: Mesh,
    corners: ArrayLike,
    direction: ArrayLike,
    material: MaterialName,
    part: int = PART_BODY,
    cells: tuple[int, int] = (4, 2),
    lift_m: float = 0.006,
    depth_m: float = 0.02,
    uv: bool = False,
) -> Mesh:
    """A patch of `cells` (along the first edge, along the second) on the body, with a rim of `depth_m` into it.

    `corners` (4, 3) lie outside the body, counter-clockwise for who looks along `direction`; the bilinear grid between them
    is cast along `direction` and comes to rest `lift_m` outside the surface. Points that miss take the nearest hit's depth.
    With `uv`, the first corner is (0, 1) and the third (1, 0), so that images stand upright.
    """
    heading = np.asarray(direction, np.float64)
    heading = heading / np.linalg.norm(heading)
    across, up = np.linspace(0.0, 1.0, cells[0] + 1), np.linspace(0.0, 1.0, cells[1] + 1)
    u, v = np.meshgrid(across, up)
    a, b, c, d = np.asarray(corners, np.float64)
    weights = [(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v]
    start = sum(w[..., None] * p for w, p in zip(weights, (a, b, c, d), strict=True)).reshape(-1, 3)
    distance, normal = cast(body, start, heading)
    hit = np.isfinite(distance)
    if not hit.any():
        return empty_mesh()
    nearest = np.argmin(np.linalg.norm(start[:, None] - start[hit][None], axis=2), axis=1)
    distance = np.where(hit, distance, distance[hit][nearest])
    normal = np.where(hit[:, None], normal, normal[hit][nearest])
    outer = start + distance[:, None] * heading + normal * lift_m
    columns, rows = cells[0] + 1, cells[1] + 1
    front = grid_faces(rows, columns, closed=False)
    index = np.arange(rows * columns).reshape(rows, columns)
    rim = np.concatenate([index[0, :-1], index[:-1, -1], index[-1, :0:-1], index[:0:-1, 0]])
    inner = outer[rim] - normal[rim] * (lift_m + depth_m)
    count, base = len(rim), len(outer)
    i = np.arange(count)
    j = (i + 1) % count
    skirt = np.concatenate([np.stack([base + i, base + j, rim[j]], 1), np.stack([base + i, rim[j], rim[i]], 1)])
    patch_uv = None
    if uv:
        patch_uv = np.concatenate([np.stack([u.ravel(), 1.0 - v.ravel()], 1), np.zeros((count, 2))])
        patch_uv[base:] = patch_uv[rim]
    faces = np.concatenate([front, skirt])
    return shaded(np.concatenate([outer, inner]), faces, index_of(material), part, crease_deg=40.0, uv=patch_uv)


def cast(body: Mesh, origins: Float64, direction: Float64) -> tuple[Float64, Float64]:
    """First hits of parallel rays: distances (N,), inf for a miss, and the body's smooth normals (N, 3) there."""
    corner = body.vertices.astype(np.float64)[body.triangles]
    edge1, edge2 = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    faces_us = np.cross(edge1, edge2) @ direction < -1e-12
    across, up = perpendiculars(direction)
    for axis in (across, up):
        shadow, spread = corner @ axis, origins @ axis
        faces_us &= (shadow.max(axis=1) >= spread.min() - 1e-6) & (shadow.min(axis=1) <= spread.max() + 1e-6)
    if not faces_us.any():
        return np.full(len(origins), np.inf), np.zeros((len(origins), 3))
    corner, edge1, edge2 = corner[faces_us], edge1[faces_us], edge2[faces_us]
    normals = body.normals.astype(np.float64)[body.triangles[faces_us]]
    p = np.cross(direction, edge2)
    inverse = 1.0 / np.einsum("ij,ij->i", edge1, p)
    to_origin = origins[:, None, :] - corner[None, :, 0]
    u = np.einsum("nij,ij->ni", to_origin, p) * inverse
    q = np.cross(to_origin, edge1[None])
    v = (q @ direction) * inverse
    distance = np.einsum("nij,ij->ni", q, edge2) * inverse
    inside = (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1.0 + 1e-9) & (distance > 0.0)
    distance = np.where(inside, distance, np.inf)
    best = np.argmin(distance, axis=1)
    rows = np.arange(len(origins))
    s, t = u[rows, best], v[rows, best]
    normal = normals[best, 0] * (1 - s - t)[:, None] + normals[best, 1] * s[:, None] + normals[best, 2] * t[:, None]
    length = np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    return distance[rows, best], normal / length
