"""Façades: a wall with openings in it, and in each opening a frame, a pane, and a shallow room, curtain or blind behind.

A façade is built in its own frame: x to the right along its foot as seen from the street, z up, the wall's face at y = 0, the
street at negative y. `side` turns it onto one of the four sides of a house. Openings of one size share a template that is
stamped, so that a block with two hundred windows is built in milliseconds.
Tested by tests/rendering/test_assets_buildings.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rendering.assets.solids import box, quads
from rendering.mesh import PART_GLASS, Mesh, merge, transform

Float64 = NDArray[np.float64]

STREAK_M = 1.4
"""Walls below a sill carry the distance to it as texture coordinate down to this depth."""
ROOM_DEPTH_M = 0.45


@dataclass(frozen=True)
class Look:
    """What the parts of a house are made of, and what its windows look like. Lengths in m."""

    wall: str = "plaster_white"
    plinth: str = "granite"
    trim: str = "trim_stone"
    frame: str = "window_frame"
    door: str = "door_wood"
    roof: str = "roof_tile"
    reveal_m: float = 0.15
    bars: int = 2
    """Panes side by side in a window."""
    transom: bool = False
    lintel: bool = False
    shutters: str = ""
    lit_share: float = 0.35
    office: bool = False


@dataclass(frozen=True)
class Opening:
    """A hole in the wall: "window", "door", "display", "garage" or "glazing"; x and z from the façade's lower left corner."""

    kind: str
    x0: float
    x1: float
    z0: float
    z1: float


@dataclass
class Facade:
    """One wall in the making: openings, and solids that were put on it."""

    width_m: float
    low_m: float
    high_m: float
    look: Look
    openings: list[Opening] = field(default_factory=list)
    extras: list[Mesh] = field(default_factory=list)

    def row(
        self,
        axes: int,
        z0: float,
        z1: float,
        width_m: float,
        kind: str = "window",
        skip: Sequence[int] = (),
        margin: float = 0.0,
    ) -> list[float]:
        """One opening in the middle of each of `axes` equal bays; returns the middles of the bays."""
        bay = (self.width_m - 2.0 * margin) / axes
        middles = [margin + (k + 0.5) * bay for k in range(axes)]
        half = min(width_m, bay - 0.3) / 2.0
        self.openings += [Opening(kind, m - half, m + half, z0, z1) for k, m in enumerate(middles) if k not in skip]
        return middles

    def mesh(self, random: np.random.Generator, wall: str = "") -> Mesh:
        """The wall with all that is in it and on it."""
        holes = np.array([(o.x0, o.x1, o.z0, o.z1) for o in self.openings]).reshape(-1, 4)
        pieces = [pierced_wall(self.width_m, self.low_m, self.high_m, holes, wall or self.look.wall)]
        groups: dict[tuple[str, float, float], list[tuple[float, float, float]]] = {}
        for o in self.openings:
            size = (o.kind, round(o.x1 - o.x0, 3), round(o.z1 - o.z0, 3))
            groups.setdefault(size, []).append((o.x0, 0.0, o.z0))
        for (kind, width, height), places in groups.items():
            pieces += _fitted(kind, width, height, np.array(places), self.look, random, wall or self.look.wall)
        return merge(pieces + self.extras)


def pierced_wall(width_m: float, low_m: float, high_m: float, holes: Float64, material: str) -> Mesh:
    """A wall's face with rectangular holes (N, 4: x0, x1, z0, z1); uv is (metres below the sill, 1) under a hole, else 0."""
    xs = np.unique(np.round(np.concatenate([[0.0, width_m], holes[:, 0], holes[:, 1]]), 4))
    cuts = holes[:, 2][:, None] - np.array([0.0, STREAK_M])
    zs = np.concatenate([[low_m, high_m], cuts.ravel(), holes[:, 3]])
    zs = np.unique(np.round(zs[(zs >= low_m) & (zs <= high_m)], 4))
    x, z = (xs[:-1] + xs[1:]) / 2.0, (zs[:-1] + zs[1:]) / 2.0
    open_cell = np.zeros((len(z), len(x)), bool)
    sill = np.full((len(z), len(x)), np.inf)
    for x0, x1, z0, z1 in holes:
        column = (x > x0) & (x < x1)
        open_cell |= ((z > z0) & (z < z1))[:, None] & column
        under = (z < z0) & (z > z0 - STREAK_M)
        sill[np.ix_(under, column)] = np.minimum(sill[np.ix_(under, column)], z0)
    corners, uv = [], []
    for j in range(len(z)):
        key = np.where(open_cell[j], -1.0, np.where(np.isfinite(sill[j]), sill[j], 0.0))
        starts = np.concatenate([[0], np.flatnonzero(np.diff(key) != 0.0) + 1, [len(x)]])
        for a, b in itertools.pairwise(starts.tolist()):
            if key[a] < 0.0:
                continue
            low, high = zs[j], zs[j + 1]
            corners.append([(xs[a], 0, low), (xs[b], 0, low), (xs[b], 0, high), (xs[a], 0, high)])
            streak = float(key[a] > 0.0)
            below = (key[a] - low) * streak, (key[a] - high) * streak
            uv.append([(below[0], streak)] * 2 + [(below[1], streak)] * 2)
    return quads(np.array(corners), material, uv=np.array(uv))


def stamp(mesh: Mesh, places: Float64) -> Mesh:
    """Copies of a mesh without uv at each of the places (N, 3)."""
    count, vertices = len(places), len(mesh.vertices)
    moved = (mesh.vertices[None] + places[:, None].astype(np.float32)).reshape(-1, 3)
    offsets = (np.arange(count, dtype=np.uint32) * vertices)[:, None, None]
    return Mesh(
        moved.astype(np.float32),
        np.tile(mesh.normals, (count, 1)),
        (mesh.triangles[None] + offsets).reshape(-1, 3),
        np.tile(mesh.material, count),
        np.tile(mesh.part, count),
    )


def side(mesh: Mesh, which: str, plan: Float64) -> Mesh:
    """A façade on one side of a house of this plan: "front" looks to +y, "back" to -y, "right" to +x, "left" to -x."""
    x, y = plan[0] / 2.0, plan[1] / 2.0
    cos_sin, corner = {
        "front": ((-1.0, 0.0), (x, y)),
        "back": ((1.0, 0.0), (-x, -y)),
        "right": ((0.0, 1.0), (x, -y)),
        "left": ((0.0, -1.0), (-x, y)),
    }[which]
    c, s = cos_sin
    return transform(mesh, np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]), (*corner, 0.0))


def _rect(x0: float, x1: float, z0: float, z1: float, y: float) -> list[tuple[float, float, float]]:
    return [(x0, y, z0), (x1, y, z0), (x1, y, z1), (x0, y, z1)]


def _fitted(
    kind: str, width: float, height: float, places: Float64, look: Look, random: np.random.Generator, wall: str
) -> list[Mesh]:
    """Reveals, frame, pane and rooms of all openings of one kind and size."""
    pieces = [stamp(_reveals(width, height, look.reveal_m if kind != "glazing" else 0.06, wall), places)]
    if kind == "door":
        return [*pieces, stamp(_door(width, height, look), places)]
    if kind == "garage":
        return [*pieces, stamp(_garage(width, height, look.reveal_m), places)]
    pieces.append(stamp(_window(kind, width, height, look), places))
    rooms = _rooms(kind, width, height, look)
    weights = np.array([weight for weight, _ in rooms])
    drawn = random.choice(len(rooms), len(places), p=weights / weights.sum())
    pieces += [stamp(mesh, places[drawn == k]) for k, (_, mesh) in enumerate(rooms) if (drawn == k).any()]
    return pieces


def _reveals(width: float, height: float, depth: float, material: str) -> Mesh:
    """The four cheeks of an opening, from the wall's face to the window."""
    front, back = np.array(_rect(0, width, 0, height, 0.0)), np.array(_rect(0, width, 0, height, depth))
    return quads(
        np.array([[front[i], front[j], back[j], back[i]] for i, j in ((0, 1), (1, 2), (2, 3), (3, 0))]), material
    )


def _frame(
    width: float, height: float, y: float, bar: float, uprights: Sequence[float], rails: Sequence[float]
) -> list[Float64]:
    """Faces and inner edges of a frame with its uprights and rails, 4 cm proud of the pane behind it."""
    pieces = [
        (0.0, bar, 0.0, height),
        (width - bar, width, 0.0, height),
        (bar, width - bar, 0.0, bar),
        (bar, width - bar, height - bar, height),
    ]
    pieces += [(u - bar / 2, u + bar / 2, bar, height - bar) for u in uprights]
    pieces += [(bar, width - bar, r - bar / 2, r + bar / 2) for r in rails]
    faces = [np.array(_rect(*p, y)) for p in pieces]
    for x0, x1, z0, z1 in pieces:
        back = y + 0.04
        if x1 - x0 < z1 - z0:
            faces += [
                np.array([(x, y, a), (x, back, a), (x, back, b), (x, y, b)]) for x, a, b in ((x1, z0, z1), (x0, z1, z0))
            ]
        else:
            faces.append(np.array([(x0, y, z1), (x1, y, z1), (x1, back, z1), (x0, back, z1)]))
    return faces


def _window(kind: str, width: float, height: float, look: Look) -> Mesh:
    """Frame, pane and sill of a window; a display reaches lower and has slim bars."""
    y = 0.06 if kind == "glazing" else look.reveal_m
    bar = 0.045 if kind in ("display", "glazing") else 0.065
    count = max(round(width / 1.5), 1) if kind in ("display", "glazing") else look.bars if width > 0.7 else 1
    uprights = [width * k / count for k in range(1, count)]
    rails = [0.72 * height] if look.transom and kind == "window" else [0.80 * height] if kind == "display" else []
    faces = _frame(width, height, y - 0.045, bar, uprights, rails)
    pieces = [
        quads(np.array(faces), "frame_dark" if kind in ("display", "glazing") else look.frame),
        quads([_rect(0, width, 0, height, y)], "glass_curtain" if kind == "glazing" else "glass_window", PART_GLASS),
    ]
    if kind == "window":
        pieces.append(box((width / 2, -0.02, -0.025), (width + 0.14, 0.16, 0.05), look.trim))
        if look.lintel:
            pieces.append(box((width / 2, -0.012, height + 0.09), (width + 0.16, 0.045, 0.18), look.trim))
        if look.shutters:
            leaf = min(width / 2.0, 0.55)
            pieces += [
                box((x, -0.03, height / 2), (leaf, 0.05, height), look.shutters)
                for x in (-leaf / 2 - 0.03, width + leaf / 2 + 0.03)
            ]
    return merge(pieces)


def _rooms(kind: str, width: float, height: float, look: Look) -> list[tuple[float, Mesh]]:
    """What may lie behind a pane, with its weight: dim or lit rooms, with or without curtains; blinds; goods on display."""
    y = (0.06 if kind == "glazing" else look.reveal_m) + 0.02
    deep = y + ROOM_DEPTH_M
    dim, warm, cool = (_alcove(width, height, y, deep, name) for name in ("room_dim", "room_warm", "room_cool"))
    lit, dark = look.lit_share, 1.0 - look.lit_share
    if kind == "display":
        goods = [
            _alcove(width, height, y, y + 0.9, "display"),
            box((0.3 * width, y + 0.45, 0.22 * height), (0.34 * width, 0.4, 0.44 * height), "display", bottom=False),
            box((0.74 * width, y + 0.5, 0.15 * height), (0.3 * width, 0.4, 0.30 * height), "display", bottom=False),
        ]
        return [
            (0.75, merge(goods)),
            (0.25, merge([dim, quads([_rect(0, width, 0.55 * height, height, y + 0.05)], "blind")])),
        ]

    def hung(room: Mesh, name: str) -> Mesh:
        side_m = 0.24 * width
        strips = [_rect(0, side_m, 0, height, y + 0.05), _rect(width - side_m, width, 0, height, y + 0.05)]
        return merge([room, quads(strips, name)])

    def closed(name: str) -> Mesh:
        return quads([_rect(0, width, 0, height, y + 0.04)], name)

    def half(room: Mesh, share: float) -> Mesh:
        return merge([room, quads([_rect(0, width, (1.0 - share) * height, height, y + 0.03)], "blind")])

    if look.office or kind == "glazing":
        return [(0.40 * dark, dim), (0.30 * dark, half(dim, 0.35)), (0.15 * dark, half(dim, 0.7)), (0.15 * dark, closed("blind")),
                (0.7 * lit, cool), (0.3 * lit, half(cool, 0.4))]  # fmt: skip
    return [
        (0.28 * dark, hung(dim, "curtain")), (0.14 * dark, hung(dim, "curtain_dark")), (0.18 * dark, dim),
        (0.22 * dark, closed("curtain")), (0.18 * dark, half(dim, 0.5)),
        (0.40 * lit, hung(warm, "curtain_warm")), (0.30 * lit, closed("curtain_warm")), (0.15 * lit, cool),
        (0.15 * lit, closed("curtain_cool")),
    ]  # fmt: skip


def _alcove(width: float, height: float, front: float, back: float, material: str) -> Mesh:
    """A room as an open box behind the pane: back wall, two sides, floor and ceiling, all looking inwards."""
    f, b = np.array(_rect(0, width, 0, height, front)), np.array(_rect(0, width, 0, height, back))
    return quads(np.array([b, *([f[i], f[j], b[j], b[i]] for i, j in ((0, 1), (1, 2), (2, 3), (3, 0)))]), material)


def _door(width: float, height: float, look: Look) -> Mesh:
    """A panelled leaf with a light above it, a handle, and two steps before it."""
    y, light = look.reveal_m, 0.18 * height if height > 2.3 else 0.0
    leaf = height - light
    faces = _frame(width, height, y - 0.05, 0.08, (), (leaf,) if light else ())
    pieces = [quads(np.array(faces), look.frame if look.frame != "frame_brown" else look.door)]
    pieces.append(quads([_rect(0, width, 0, leaf, y)], look.door))
    for z0, z1 in ((0.10, 0.44), (0.52, 0.92)):
        for x0, x1 in ((0.16, 0.46), (0.54, 0.84)):
            pieces.append(
                box(
                    ((x0 + x1) / 2 * width, y - 0.008, (z0 + z1) / 2 * leaf),
                    ((x1 - x0) * width, 0.03, (z1 - z0) * leaf),
                    look.door,
                )
            )
    if light:
        pieces.append(quads([_rect(0.08, width - 0.08, leaf, height, y + 0.01)], "glass_window", PART_GLASS))
        pieces.append(_alcove(width, light, 0.0, 0.3, "room_warm"))
        pieces[-1] = transform(pieces[-1], None, (0.0, y + 0.03, leaf))
    pieces.append(box((0.90 * width, y - 0.04, 0.48 * leaf), (0.03, 0.05, 0.16), "galvanised"))
    pieces.append(box((width / 2, -0.20, -0.09), (width + 0.5, 0.40, 0.18), look.plinth))
    return merge(pieces)


def _garage(width: float, height: float, y: float) -> Mesh:
    """An up-and-over door of lying boards."""
    return merge(
        [
            quads([_rect(0, width, 0, height, y)], "garage_door"),
            box((width / 2, y - 0.02, 0.45 * height), (0.14, 0.05, 0.04), "pole_dark"),
        ]
    )
