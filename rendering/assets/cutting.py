"""Cutting outlines into a curved skin: windows, lamps, shut lines and trim become triangles of their own, with exact edges.

An outline is a shapely polygon in a picture plane; it is cast along the plane's view onto those triangles that face the viewer.
Triangles that its edge crosses are split, and the new corners take interpolated positions and normals, so the skin's shading
does not change. Tested by tests/rendering/test_assets_cutting.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mapbox_earcut
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from rendering.assets.solids import MaterialName, index_of
from rendering.mesh import PART_BODY, Mesh, share_corners

Float64 = NDArray[np.float64]
_MIRROR_Y = np.array([1.0, -1.0, 1.0])
_SLIVER_M2 = 1e-8
_REACH_M = 0.20
"""Longer than any edge of a skin: what lies farther from an outline's bounds by its middle cannot meet it."""


@dataclass(frozen=True)
class PictureView:
    """A parallel projection: points become (p . across, p . up); it sees what faces `towards` by more than `limit`."""

    towards: tuple[float, float, float]
    across: tuple[float, float, float]
    up: tuple[float, float, float]
    limit: float = 0.10
    mirrored: bool = False
    """Whether the outline is cut in a second time, mirrored at the plane y = 0."""


SIDES = PictureView((0, 1, 0), (1, 0, 0), (0, 0, 1), mirrored=True)
"""Both flanks at once, in (x, z)."""
FRONT = PictureView((1, 0, 0), (0, 1, 0), (0, 0, 1))
REAR = PictureView((-1, 0, 0), (0, 1, 0), (0, 0, 1))
TOP = PictureView((0, 0, 1), (1, 0, 0), (0, 1, 0), limit=0.25)
BOTTOM = PictureView((0, 0, -1), (1, 0, 0), (0, 1, 0), limit=0.25)


def corner_view(forward: float, left: float, mirrored: bool = True) -> PictureView:
    """A level view from a corner of the vehicle: from where one sees both its end and its flank."""
    c, s = np.array([forward, left]) / np.hypot(forward, left)
    return PictureView((c, s, 0.0), (-s, c, 0.0), (0.0, 0.0, 1.0), limit=0.05, mirrored=mirrored)


@dataclass(frozen=True)
class Region:
    """An outline and what becomes of the skin inside it; no `material` cuts a hole.

    `lift_m` moves the piece along its normals (negative: into the body) and closes the step with walls of the material `edge`;
    `reveal_m` makes these walls deeper than the step, as the frame of a pane is.
    `x_m` limits it to triangles whose middle lies in this stretch of x, `z_m` likewise.
    """

    view: PictureView
    outline: BaseGeometry
    material: MaterialName | None
    part: int = PART_BODY
    lift_m: float = 0.0
    edge: MaterialName | None = None
    reveal_m: float | None = None
    x_m: tuple[float, float] = (-np.inf, np.inf)
    z_m: tuple[float, float] = (-np.inf, np.inf)


@dataclass(frozen=True)
class Skin:
    """Triangles with corners of their own: positions and normals (T, 3, 3), material and part (T,)."""

    positions: Float64
    normals: Float64
    material: NDArray[np.uint16]
    part: NDArray[np.uint8]

    def rows(self, keep: NDArray[np.bool_] | NDArray[np.int64]) -> Skin:
        """Some of the triangles."""
        return Skin(self.positions[keep], self.normals[keep], self.material[keep], self.part[keep])

    def mesh(self) -> Mesh:
        """As a mesh with shared vertices."""
        return share_corners(self.positions.reshape(-1, 3), self.normals.reshape(-1, 3), None, self.material, self.part)


def skin_of(points: Float64, normals: Float64, triangles: NDArray[np.int64], material: MaterialName) -> Skin:
    """A skin of one material."""
    count = len(triangles)
    return Skin(
        points[triangles], normals[triangles], np.full(count, index_of(material), np.uint16), np.zeros(count, np.uint8)
    )


def joined(skins: Sequence[Skin]) -> Skin:
    """All triangles of several skins."""
    return Skin(
        np.concatenate([s.positions for s in skins]),
        np.concatenate([s.normals for s in skins]),
        np.concatenate([s.material for s in skins]),
        np.concatenate([s.part for s in skins]),
    )


def cut(skin: Skin, regions: Sequence[Region]) -> Skin:
    """The skin with all regions cut in, one after the other: later ones cut into earlier ones. Lifted pieces are not cut again."""
    lifted: list[Skin] = []
    for region in regions:
        for flip in (False, True) if region.view.mirrored else (False,):
            skin, piece = _cut_one(skin, region, flip)
            if piece is not None and region.lift_m != 0.0:
                lifted.append(_lift(piece, region))
            elif piece is not None:
                skin = joined([skin, piece])
    return joined([skin, *lifted])


def _cut_one(skin: Skin, region: Region, flip: bool) -> tuple[Skin, Skin | None]:
    """(what is left of the skin, the piece inside the outline in its new material)."""
    if region.outline.is_empty:
        return skin, None
    mirror = _MIRROR_Y if flip else np.ones(3)
    towards, across, up = (np.array(v) * mirror for v in (region.view.towards, region.view.across, region.view.up))
    left, low, right, high = region.outline.bounds
    middle = skin.positions.sum(axis=1) / 3.0
    u, v = middle @ across, middle @ up
    seen = (middle[:, 0] > region.x_m[0]) & (middle[:, 0] < region.x_m[1])
    seen &= (middle[:, 2] > region.z_m[0]) & (middle[:, 2] < region.z_m[1])
    seen &= (u > left - _REACH_M) & (u < right + _REACH_M) & (v > low - _REACH_M) & (v < high + _REACH_M)
    rows = np.flatnonzero(seen)
    place = skin.positions[rows]
    corner = np.stack([place @ across, place @ up], axis=-1)
    flat = np.cross(place[:, 1] - place[:, 0], place[:, 2] - place[:, 0])
    faces = flat @ towards > region.view.limit * np.linalg.norm(flat, axis=1)
    rows, corner = rows[faces], corner[faces]
    if not len(rows):
        return skin, None
    shapely.prepare(region.outline)
    triangles = shapely.polygons(corner[:, [0, 1, 2, 0]])
    whole = shapely.contains(region.outline, triangles)
    crossed = ~whole & shapely.intersects(region.outline, triangles)
    kept = np.ones(len(skin.material), bool)
    kept[rows[whole | crossed]] = False
    if not crossed.any() and not whole.any():
        return skin, None
    cut_skin, cut_corner, cut_triangles = skin.rows(rows[crossed]), corner[crossed], triangles[crossed]
    inner = _split(cut_skin, cut_corner, shapely.intersection(cut_triangles, region.outline))
    outer = _split(cut_skin, cut_corner, shapely.difference(cut_triangles, region.outline))
    rest = joined([skin.rows(kept), outer])
    if region.material is None:
        return rest, None
    inside = joined([skin.rows(rows[whole]), inner])
    count = len(inside.material)
    if not count:
        return rest, None
    return rest, Skin(
        inside.positions, inside.normals, np.full(count, index_of(region.material), np.uint16),
        np.full(count, region.part, np.uint8),
    )  # fmt: skip


def _split(skin: Skin, corner: Float64, shapes: NDArray[np.object_]) -> Skin:
    """What `shapes`, one for each triangle of `skin`, leave of them; `corner` (T, 3, 2) are the triangles in the picture."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    solid = shapely.area(parts) > _SLIVER_M2
    pieces: list[Float64] = []
    owners: list[NDArray[np.int64]] = []
    for shape, index in zip(parts[solid], owner[solid], strict=True):
        if shape.geom_type != "Polygon":
            continue
        loops = [np.asarray(ring.coords)[:-1] for ring in (shape.exterior, *shape.interiors)]
        points = np.ascontiguousarray(np.concatenate(loops))
        ends = np.cumsum([len(loop) for loop in loops]).astype(np.uint32)
        faces = mapbox_earcut.triangulate_float64(points, ends).reshape(-1, 3)
        pieces.append(points[faces])
        owners.append(np.full(len(faces), index))
    if not pieces:
        return skin.rows(np.zeros(0, np.int64))
    flat, source = np.concatenate(pieces), np.concatenate(owners)
    base = corner[source]
    first, second = base[:, 1] - base[:, 0], base[:, 2] - base[:, 0]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    turned = _doubled_area(flat) * area < 0.0
    flat[turned] = flat[turned][:, ::-1]
    offset = flat - base[:, None, 0]
    u = (offset[..., 0] * second[:, None, 1] - offset[..., 1] * second[:, None, 0]) / area[:, None]
    v = (first[:, None, 0] * offset[..., 1] - first[:, None, 1] * offset[..., 0]) / area[:, None]
    weights = np.stack([1.0 - u - v, u, v], axis=-1)
    normals = weights @ skin.normals[source]
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-9)
    return Skin(weights @ skin.positions[source], normals, skin.material[source], skin.part[source])


def _doubled_area(flat: Float64) -> Float64:
    a, b = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    return np.asarray(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])


def _lift(piece: Skin, region: Region) -> Skin:
    """The piece moved along its normals, with walls back to where it was along its rim."""
    moved = Skin(piece.positions + region.lift_m * piece.normals, piece.normals, piece.material, piece.part)
    depth = region.lift_m if region.reveal_m is None else -region.reveal_m
    foot = Skin(piece.positions + depth * piece.normals, piece.normals, piece.material, piece.part)
    return joined([moved, rim_walls(piece, foot, region.edge if region.edge is not None else region.material)])


def rim_walls(piece: Skin, moved: Skin, material: MaterialName | None) -> Skin:
    """Walls between the rims of two skins of the same triangles; they look away from the piece when `moved` lies outside."""
    flat = piece.positions.reshape(-1, 3)
    welded = np.unique(np.round(flat, 5), axis=0, return_inverse=True)[1].reshape(-1, 3)
    start, end = welded.ravel(), welded[:, [1, 2, 0]].ravel()
    high = np.int64(welded.max()) + 1
    rim = ~np.isin(start * high + end, end * high + start)
    a = flat[rim]
    b = piece.positions[:, [1, 2, 0]].reshape(-1, 3)[rim]
    c = moved.positions[:, [1, 2, 0]].reshape(-1, 3)[rim]
    d = moved.positions.reshape(-1, 3)[rim]
    walls = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    normal = np.cross(walls[:, 1] - walls[:, 0], walls[:, 2] - walls[:, 0])
    size = np.linalg.norm(normal, axis=1)
    walls, normal = walls[size > 1e-10], normal[size > 1e-10] / size[size > 1e-10, None]
    count = len(walls)
    name = "plastic_black" if material is None else material
    return Skin(
        walls,
        np.repeat(normal[:, None], 3, axis=1),
        np.full(count, index_of(name), np.uint16),
        np.zeros(count, np.uint8),
    )
