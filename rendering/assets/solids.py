"""Simple closed solids, from which everything else is put together; metres, wound outwards.

`material` is a name in rendering.materials.MATERIALS or an instance colour slot (an integer from 0xFF00).
Tested by tests/rendering/test_assets_solids.py: volume against the closed form, normals against windings.
"""

from __future__ import annotations

from collections.abc import Sequence

import mapbox_earcut
import numpy as np
from numpy.typing import ArrayLike, NDArray

from rendering.materials import material_index
from rendering.mesh import PART_BODY, Mesh, merge, mirror_y, shaded

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
MaterialName = str | int


def index_of(material: MaterialName) -> int:
    """Index of a material given by name, or an instance colour slot as it is."""
    return material if isinstance(material, int) else material_index(material)


def quad(corners: ArrayLike, material: MaterialName, part: int = PART_BODY, uv: ArrayLike | None = None) -> Mesh:
    """A flat four-sided face, corners (4, 3) counter-clockwise seen from its front."""
    return shaded(corners, [[0, 1, 2], [0, 2, 3]], index_of(material), part, uv=uv)


def quads(corners: ArrayLike, material: MaterialName, part: int = PART_BODY, uv: ArrayLike | None = None) -> Mesh:
    """N flat faces (N, 4, 3) at once, each counter-clockwise seen from its front; facets keep their own normals.

    A face whose last two corners coincide is a triangle.
    """
    points = np.asarray(corners, np.float64).reshape(-1, 4, 3)
    a, b = (points[:, 2] - points[:, 0]).T, (points[:, 3] - points[:, 1]).T
    cross = np.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]], axis=1)
    area = np.sqrt((cross * cross).sum(axis=1))
    whole = area > 1e-10
    points, normal = points[whole], cross[whole] / area[whole, None]
    base = 4 * np.arange(len(points))[:, None]
    faces = np.concatenate([base + np.array([0, 1, 2]), base + np.array([0, 2, 3])], axis=1).reshape(-1, 3)
    side = points[:, 3] - points[:, 2]
    triangular = (side * side).sum(axis=1) < 1e-12
    faces = faces[~np.stack([np.zeros_like(triangular), triangular], axis=1).ravel()]
    count = len(faces)
    return Mesh(
        vertices=points.reshape(-1, 3).astype(np.float32),
        normals=np.repeat(normal, 4, axis=0).astype(np.float32),
        triangles=faces.astype(np.uint32),
        material=np.full(count, index_of(material), np.uint16),
        part=np.full(count, part, np.uint8),
        uv=None if uv is None else np.asarray(uv, np.float32).reshape(-1, 4, 2)[whole].reshape(-1, 2),
    )


def box(
    center: ArrayLike,
    size: ArrayLike,
    material: MaterialName,
    part: int = PART_BODY,
    bottom: bool = True,
) -> Mesh:
    """An upright cuboid; `bottom=False` leaves out the face that stands on the ground."""
    half = np.asarray(size, np.float64) / 2.0
    sign = np.array([[x, y, z] for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)], np.float64)
    points = np.asarray(center, np.float64) + sign * half
    faces = [[4, 5, 7, 6], [0, 1, 5, 4], [1, 3, 7, 5], [3, 2, 6, 7], [2, 0, 4, 6]]
    if bottom:
        faces.append([0, 2, 3, 1])
    return quads(points[np.array(faces)], material, part)


def rounded_box(
    center: ArrayLike,
    size: ArrayLike,
    radius_m: float,
    material: MaterialName,
    part: int = PART_BODY,
    segments: int = 3,
) -> Mesh:
    """A cuboid with round edges and corners: a sphere of that radius, its octants moved apart."""
    half = np.asarray(size, np.float64) / 2.0
    radius = float(min(radius_m, half.min() * 0.999))
    angles = np.linspace(0.0, np.pi / 2.0, segments + 1)
    latitude = np.concatenate([angles - np.pi / 2.0, angles])
    lift = np.repeat([-1.0, 1.0], segments + 1) * (half[2] - radius)
    longitude = np.concatenate([angles + k * np.pi / 2.0 for k in range(4)])
    shift = np.repeat([[1, 1], [-1, 1], [-1, -1], [1, -1]], segments + 1, axis=0) * (half[:2] - radius)
    ring_xy = np.stack([np.cos(longitude), np.sin(longitude)], axis=1)
    rings = np.empty((len(latitude), len(longitude), 3))
    rings[:, :, :2] = np.cos(latitude)[:, None, None] * ring_xy * radius + shift
    rings[:, :, 2] = (np.sin(latitude) * radius + lift)[:, None]
    return loft(rings + np.asarray(center, np.float64), material, part, crease_deg=40.0)


def grid_faces(rows: int, columns: int, closed: bool) -> Int64:
    """Triangles over a grid of rows x columns points, (2 * cells, 3); `closed` joins the last column to the first.

    With rows running up and columns counter-clockwise seen from above, the faces look outwards.
    """
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns if closed else columns - 1), indexing="ij")
    following = (column + 1) % columns
    a, b = row * columns + column, row * columns + following
    c, d = b + columns, a + columns
    return np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3)


def loft(
    rings: ArrayLike,
    material: MaterialName | Int64,
    part: int | NDArray[np.uint8] = PART_BODY,
    crease_deg: float = 35.0,
    cap_start: bool = True,
    cap_end: bool = True,
) -> Mesh:
    """A skin over cross sections (R, K, 3), each a closed loop counter-clockwise seen from the end looking back.

    `material` and `part` may be arrays (R - 1, K), one entry for each cell. Caps are fans around the ring's mean point.
    """
    points = np.asarray(rings, np.float64)
    count, columns = points.shape[:2]
    faces = [grid_faces(count, columns, closed=True)]
    cells = (count - 1) * columns
    if isinstance(material, np.ndarray):
        materials = [np.repeat(material.reshape(cells), 2)]
    else:
        materials = [np.full(2 * cells, index_of(material))]
    parts = [np.repeat(np.broadcast_to(np.asarray(part), (count - 1, columns)).reshape(cells), 2)]
    flat = points.reshape(-1, 3)
    ends = [points[0].mean(axis=0), points[-1].mean(axis=0)]
    start, following = np.arange(columns), (np.arange(columns) + 1) % columns
    for wanted, center, base, reverse in (
        (cap_start, len(flat), 0, True),
        (cap_end, len(flat) + 1, (count - 1) * columns, False),
    ):
        if wanted:
            a, b = (following, start) if reverse else (start, following)
            faces.append(np.stack([base + a, base + b, np.full(columns, center)], axis=1))
            materials.append(materials[0][:1].repeat(columns) if reverse else materials[0][-1:].repeat(columns))
            parts.append(parts[0][:1].repeat(columns) if reverse else parts[0][-1:].repeat(columns))
    vertices = np.concatenate([flat, np.array(ends)])
    return shaded(vertices, np.concatenate(faces), np.concatenate(materials), np.concatenate(parts), crease_deg)


def cylinder(
    start: ArrayLike,
    end: ArrayLike,
    radius_m: float,
    material: MaterialName,
    part: int = PART_BODY,
    end_radius_m: float | None = None,
    segments: int = 12,
    capped: bool = True,
) -> Mesh:
    """A round bar, or a cone when `end_radius_m` differs, from `start` to `end`."""
    first, last = np.asarray(start, np.float64), np.asarray(end, np.float64)
    across, up = perpendiculars(last - first)
    angle = np.arange(segments) * 2.0 * np.pi / segments
    circle = np.cos(angle)[:, None] * across + np.sin(angle)[:, None] * up
    radii = (radius_m, radius_m if end_radius_m is None else end_radius_m)
    return loft(
        np.stack([first + circle * radii[0], last + circle * radii[1]]),
        material,
        part,
        crease_deg=50.0,
        cap_start=capped,
        cap_end=capped,
    )


def perpendiculars(direction: ArrayLike) -> tuple[Float64, Float64]:
    """Two unit vectors that form a right-handed set (a, b, direction)."""
    axis = np.asarray(direction, np.float64)
    axis = axis / max(float(np.linalg.norm(axis)), 1e-12)
    other = np.array([1.0, 0.0, 0.0]) if abs(axis[0]) < 0.9 else np.array([0.0, 1.0, 0.0])
    across = np.cross(other, axis)
    across /= np.linalg.norm(across)
    return across, np.cross(axis, across)


def lathe(
    profile: ArrayLike,
    material: MaterialName | Sequence[MaterialName],
    part: int = PART_BODY,
    segments: int = 16,
    crease_deg: float = 35.0,
    cap_end: bool = True,
) -> Mesh:
    """A solid of revolution about z; `profile` (P, 2) of (radius, height) from the bottom up, closed at both ends.

    `material` may give one for each profile interval; `cap_end=False` leaves the upper end open.
    """
    points = np.asarray(profile, np.float64)
    angle = np.arange(segments) * 2.0 * np.pi / segments
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    rings = np.empty((len(points), segments, 3))
    rings[:, :, :2] = points[:, None, :1] * circle
    rings[:, :, 2] = points[:, None, 1]
    if isinstance(material, str | int):
        return loft(rings, material, part, crease_deg, cap_end=cap_end)
    cells = np.repeat([[index_of(name)] for name in material], segments, axis=1)
    return loft(rings, cells, part, crease_deg, cap_end=cap_end)


def sphere(
    center: ArrayLike,
    radii: ArrayLike,
    material: MaterialName,
    part: int = PART_BODY,
    rings: int = 8,
    segments: int = 12,
) -> Mesh:
    """An ellipsoid with semi-axes `radii` (a number or three)."""
    latitude = np.linspace(-np.pi / 2.0, np.pi / 2.0, rings + 1)
    angle = np.arange(segments) * 2.0 * np.pi / segments
    unit = np.stack(
        [
            np.outer(np.cos(latitude), np.cos(angle)),
            np.outer(np.cos(latitude), np.sin(angle)),
            np.repeat(np.sin(latitude)[:, None], segments, axis=1),
        ],
        axis=-1,
    )
    return loft(unit * np.asarray(radii, np.float64) + np.asarray(center, np.float64), material, part, crease_deg=180.0)


def flat_polygon(
    outline: ArrayLike, material: MaterialName, part: int = PART_BODY, holes: Sequence[ArrayLike] = ()
) -> Mesh:
    """A horizontal polygon face, looking up; outline (N, 3) in any direction, holes likewise."""
    vertices, faces = triangulate(outline, holes)
    return shaded(vertices, faces, index_of(material), part)


def triangulate(outline: ArrayLike, holes: Sequence[ArrayLike] = ()) -> tuple[Float64, Int64]:
    """Ear-cut triangles of a polygon, counter-clockwise from above: vertices (V, 3), faces (T, 3)."""
    loops = [np.asarray(loop, np.float64) for loop in (outline, *holes)]
    vertices = np.concatenate(loops)
    ends = np.cumsum([len(loop) for loop in loops]).astype(np.uint32)
    faces = (
        mapbox_earcut.triangulate_float64(np.ascontiguousarray(vertices[:, :2]), ends).reshape(-1, 3).astype(np.int64)
    )
    a, b, c = (vertices[faces[:, i], :2] for i in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    faces[area < 0.0] = faces[area < 0.0][:, ::-1]
    return vertices, faces


def extrude(
    outline: ArrayLike,
    bottom_m: float,
    top_m: float,
    material: MaterialName,
    part: int = PART_BODY,
    crease_deg: float = 35.0,
) -> Mesh:
    """A prism over a polygon (N, 2) between two heights."""
    corners = np.asarray(outline, np.float64)[:, :2]
    following = np.roll(corners, -1, axis=0)
    if float(np.sum(corners[:, 0] * following[:, 1] - following[:, 0] * corners[:, 1])) < 0.0:
        corners = corners[::-1]
    count = len(corners)
    low = np.column_stack([corners, np.full(count, bottom_m)])
    high = np.column_stack([corners, np.full(count, top_m)])
    _, lid = triangulate(low)
    start = np.arange(count)
    following_index = (start + 1) % count
    wall = np.concatenate(
        [
            np.stack([start, following_index, following_index + count], axis=1),
            np.stack([start, following_index + count, start + count], axis=1),
        ]
    )
    faces = np.concatenate([wall, lid[:, ::-1], lid + count])
    return shaded(np.concatenate([low, high]), faces, index_of(material), part, crease_deg)


def sweep(
    path: ArrayLike,
    radius_m: float | ArrayLike,
    material: MaterialName,
    part: int = PART_BODY,
    segments: int = 8,
    flatten: float = 1.0,
) -> Mesh:
    """A tube along a path (P, 3) with one radius or one for each point; `flatten` squeezes it in its second axis."""
    points = np.asarray(path, np.float64)
    radii = np.broadcast_to(np.asarray(radius_m, np.float64), len(points))
    tangent = np.gradient(points, axis=0)
    across, _ = perpendiculars(tangent[0])
    angle = np.arange(segments) * 2.0 * np.pi / segments
    rings = np.empty((len(points), segments, 3))
    for i, direction in enumerate(tangent / np.linalg.norm(tangent, axis=1, keepdims=True)):
        across = across - direction * float(across @ direction)
        across /= np.linalg.norm(across)
        up = np.cross(direction, across) * flatten
        rings[i] = points[i] + radii[i] * (np.cos(angle)[:, None] * across + np.sin(angle)[:, None] * up)
    return loft(rings, material, part, crease_deg=60.0)


def both_sides(mesh: Mesh) -> Mesh:
    """The mesh and its image on the other side of the plane y = 0."""
    return merge([mesh, mirror_y(mesh)])
