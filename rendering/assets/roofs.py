"""Roofs over a rectangular plan: gabled, hipped, mansard and flat ones, with gutters, dormers, chimneys, aerials, skylights.

In a building's frame: x along the street, +y towards it, z up. Tested by tests/rendering/test_assets_buildings.py.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from rendering.assets.facade import Facade, Look
from rendering.assets.solids import box, cylinder, flat_polygon, lathe, quads
from rendering.mesh import PART_GLASS, Mesh, merge, transform, yaw_matrix

Float64 = NDArray[np.float64]

THICK_M = 0.16


def gable(
    plan: Float64, eaves_m: float, ridge_m: float, look: Look, over_m: tuple[float, float], wall: str = ""
) -> list[Mesh]:
    """Two slopes with the ridge along x over a plan of walls, overhanging by `over_m` (ends, eaves), and the gables under them."""
    half_x, half_y = plan[0] / 2.0 + over_m[0], plan[1] / 2.0 + over_m[1]
    slope = (ridge_m - eaves_m) / (plan[1] / 2.0)
    low = eaves_m - slope * over_m[1]
    section = np.array(
        [
            (half_y, low),
            (half_y, low + THICK_M),
            (0.0, ridge_m),
            (-half_y, low + THICK_M),
            (-half_y, low),
            (0.0, ridge_m - THICK_M),
        ]
    )
    rings = [np.column_stack([np.full(6, x), section]) for x in (-half_x, half_x)]
    following = np.roll(np.arange(6), -1)
    a, b = rings
    shell = np.stack([a, a[following], b[following], b], axis=1)
    boards = [a[[5, 2, 1, 0]], a[[4, 3, 2, 5]], b[[0, 1, 2, 5]], b[[5, 2, 3, 4]]]
    top = ridge_m - THICK_M
    pieces = [
        quads(shell[[1, 2]], look.roof),
        quads(shell[[0, 3, 4, 5]], look.trim),
        quads(np.array(boards), look.trim),
    ]
    for sign in (-1.0, 1.0):
        x, y = sign * plan[0] / 2.0, plan[1] / 2.0
        foot = top - slope * y
        corners = [(x, -y * sign, foot), (x, y * sign, foot), (x, 0.0, top)]
        pieces.append(quads(np.array([[*corners, corners[2]]]), wall or look.wall))
        if foot < eaves_m - 1e-3:
            continue
        strip = [(x, -y * sign, eaves_m), (x, y * sign, eaves_m), (x, y * sign, foot), (x, -y * sign, foot)]
        pieces.append(quads(np.array([strip]), wall or look.wall))
    pieces.append(box((0.0, 0.0, ridge_m - 0.02), (2 * half_x, 0.22, 0.07), look.roof))
    return pieces + [gutter(2 * half_x, s * (half_y + 0.05), low + 0.10) for s in (-1.0, 1.0)]


def hip(plan: Float64, eaves_m: float, ridge_m: float, look: Look, over_m: float) -> list[Mesh]:
    """Four slopes that meet in a ridge along x, with a soffit under the overhang."""
    x, y = plan[0] / 2.0 + over_m, plan[1] / 2.0 + over_m
    r = max(x - y, 0.0)
    low = eaves_m
    c = [(x, y, low), (-x, y, low), (-x, -y, low), (x, -y, low)]
    left, right = (-r, 0.0, ridge_m), (r, 0.0, ridge_m)
    slopes = [
        [c[0], c[1], left, right],
        [c[2], c[3], right, left],
        [c[1], c[2], left, left],
        [c[3], c[0], right, right],
    ]
    pieces = [quads(np.array(slopes), look.roof)]
    edge = 0.18
    pieces.append(box((0.0, 0.0, low - edge / 2), (2 * x, 2 * y, edge), look.trim))
    ridges = [(c[0], right), (c[1], left), (c[2], left), (c[3], right)] + ([(left, right)] if r > 0.2 else [])
    pieces += [
        cylinder(np.add(a, (0, 0, 0.02)), np.add(b, (0, 0, 0.02)), 0.09, look.roof, segments=6, capped=False)
        for a, b in ridges
    ]
    return pieces + [gutter(2 * x, s * (y + 0.05), low - 0.04) for s in (-1.0, 1.0)]


def mansard(
    plan: Float64, eaves_m: float, break_m: float, top_m: float, look: Look, inset_m: float = 1.1
) -> list[Mesh]:
    """Steep slopes to the break, and a low hip above it."""
    x, y = plan[0] / 2.0, plan[1] / 2.0
    u, v = x - inset_m, y - inset_m
    foot = [(x, y, eaves_m), (-x, y, eaves_m), (-x, -y, eaves_m), (x, -y, eaves_m)]
    bend = [(u, v, break_m), (-u, v, break_m), (-u, -v, break_m), (u, -v, break_m)]
    steep = [[foot[i], foot[(i + 1) % 4], bend[(i + 1) % 4], bend[i]] for i in range(4)]
    r = max(u - v, 0.5)
    left, right = (-r, 0.0, top_m), (r, 0.0, top_m)
    upper = [
        [bend[0], bend[1], left, right],
        [bend[2], bend[3], right, left],
        [bend[1], bend[2], left, left],
        [bend[3], bend[0], right, right],
    ]
    lip = [box((0, s * v, break_m), (2 * u, 0.16, 0.10), "gutter_zinc") for s in (-1, 1)]
    return [quads(np.array(steep), look.roof), quads(np.array(upper), "roof_zinc"), *lip]


def flat(
    plan: Float64, roof_m: float, top_m: float, wall: str, random: np.random.Generator, plant_m: float = 0.0
) -> list[Mesh]:
    """A flat roof with a parapet under a metal coping; on it vents and, up to `plant_m`, housings of machinery."""
    x, y, t = plan[0] / 2.0, plan[1] / 2.0, 0.25
    pieces = [flat_polygon([(-x, -y, roof_m), (x, -y, roof_m), (x, y, roof_m), (-x, y, roof_m)], "roof_flat")]
    for s in (-1.0, 1.0):
        middle, tall = 0.5 * (roof_m + top_m), top_m - roof_m
        pieces.append(box((0, s * (y - t / 2), middle), (plan[0], t, tall), wall, bottom=False))
        pieces.append(box((s * (x - t / 2), 0, middle), (t, plan[1] - 2 * t, tall), wall, bottom=False))
        pieces.append(box((0, s * (y - t / 2), top_m - 0.02), (plan[0] + 0.06, t + 0.06, 0.06), "gutter_zinc"))
        pieces.append(box((s * (x - t / 2), 0, top_m - 0.02), (t + 0.06, plan[1] + 0.06, 0.06), "gutter_zinc"))
    if plant_m > 0.0:
        for _ in range(3):
            size = np.array(
                [
                    random.uniform(1.5, 0.26 * plan[0]),
                    random.uniform(1.5, 0.3 * plan[1]),
                    random.uniform(0.5, 1.0) * plant_m,
                ]
            )
            at = (random.uniform(-0.3, 0.3) * plan[0], random.uniform(-0.25, 0.25) * plan[1])
            pieces.append(box((*at, roof_m + size[2] / 2), size, "cladding_grey", bottom=False))
        pieces.append(
            cylinder((0.3 * x, 0.1 * y, roof_m), (0.3 * x, 0.1 * y, roof_m + plant_m), 0.03, "galvanised", segments=6)
        )
    return pieces


def gutter(length_m: float, y: float, z: float) -> Mesh:
    """A half-round zinc gutter along x."""
    angle = np.linspace(0.0, -np.pi, 5)
    ring = np.column_stack([y + 0.07 * np.cos(angle), z + 0.07 * np.sin(angle)])
    faces = []
    for (y0, z0), (y1, z1) in itertools.pairwise(ring):
        outer = [(-length_m / 2, y0, z0), (-length_m / 2, y1, z1), (length_m / 2, y1, z1), (length_m / 2, y0, z0)]
        faces += [outer, outer[::-1]]
    return quads(np.array(faces), "gutter_zinc")


def chimney(x: float, y: float, low_m: float, top_m: float, material: str) -> Mesh:
    """A brick stack with a cap and two pots."""
    pots = [cylinder((x + d, y, top_m - 0.30), (x + d, y, top_m), 0.10, "roof_tile", segments=8) for d in (-0.17, 0.17)]
    stack = box((x, y, (low_m + top_m - 0.3) / 2), (0.85, 0.5, top_m - 0.3 - low_m), material, bottom=False)
    return merge([stack, box((x, y, top_m - 0.33), (0.97, 0.62, 0.10), "concrete_wall"), *pots])


def dormer(
    x: float,
    out: float,
    face_y: float,
    low_m: float,
    width_m: float,
    height_m: float,
    depth_m: float,
    look: Look,
    seed: int,
) -> Mesh:
    """A small gabled house on the roof that looks to +y (`out` 1) or -y; its face at |y| = `face_y`."""
    facade = Facade(width_m, 0.0, height_m, look)
    facade.row(1, 0.25, height_m - 0.15, width_m - 0.55)
    face = transform(facade.mesh(np.random.default_rng([5, seed])), yaw_matrix(0.0), (-width_m / 2, -face_y, low_m))
    half, top = width_m / 2, low_m + height_m
    back = -face_y + depth_m
    cheeks = [
        [(-half, back, low_m), (-half, -face_y, low_m), (-half, -face_y, top), (-half, back, top)],
        [(half, -face_y, low_m), (half, back, low_m), (half, back, top), (half, -face_y, top)],
    ]
    rise, over = 0.42 * width_m, 0.14
    tip = [(-half, -face_y, top), (half, -face_y, top), (0.0, -face_y, top + rise)]
    eaves = rise / half * over
    slopes = [
        [
            (half + over, -face_y - over, top - eaves),
            (half + over, back, top - eaves),
            (0, back, top + rise),
            (0, -face_y - over, top + rise),
        ],
        [
            (0, -face_y - over, top + rise),
            (0, back, top + rise),
            (-half - over, back, top - eaves),
            (-half - over, -face_y - over, top - eaves),
        ],
    ]
    under = [s[::-1] for s in slopes]
    whole = merge([face, quads(np.array(cheeks), look.wall), quads(np.array([[*tip, tip[2]]]), look.wall),
                   quads(np.array(slopes), look.roof), quads(np.array(under) - (0, 0, 0.05), look.trim)])  # fmt: skip
    return transform(whole, yaw_matrix(np.pi if out > 0 else 0.0), (x, 0.0, 0.0))


def skylight(x: float, out: float, along: float, plan: Float64, eaves_m: float, ridge_m: float) -> Mesh:
    """A window that lies in a gabled roof, `along` of the way from the eaves to the ridge."""
    half_y = plan[1] / 2.0
    down = np.array([0.0, out * half_y, eaves_m - ridge_m])
    down /= np.linalg.norm(down)
    middle = np.array([x, out * half_y * (1.0 - along), eaves_m + (ridge_m - eaves_m) * along + THICK_M * 0.3])
    normal = np.array([0.0, out * -down[2], abs(down[1])])
    across = np.array([out, 0.0, 0.0])

    def face(half_x: float, half_s: float, lift: float) -> Float64:
        corner = middle + normal * lift
        return np.array(
            [corner - across * half_x * s + down * half_s * t for s, t in ((1, 1), (-1, 1), (-1, -1), (1, -1))]
        )

    outer, low, pane = face(0.45, 0.6, 0.14), face(0.45, 0.6, 0.0), face(0.37, 0.52, 0.15)
    rim = [[low[i], low[(i + 1) % 4], outer[(i + 1) % 4], outer[i]] for i in range(4)]
    pieces = [
        quads(np.array([outer]), "frame_dark"),
        quads(np.array([pane]), "glass_window", PART_GLASS),
        quads(np.array(rim), "gutter_zinc"),
    ]
    return merge([_outwards(piece, normal) for piece in pieces[:2]] + [_outwards_from(pieces[2], middle)])


def _outwards(mesh: Mesh, normal: Float64) -> Mesh:
    """A flat mesh, turned over if it looks the other way."""
    if float(mesh.normals[0] @ normal) >= 0.0:
        return mesh
    return Mesh(mesh.vertices, -mesh.normals, mesh.triangles[:, ::-1].copy(), mesh.material, mesh.part, mesh.uv)


def _outwards_from(mesh: Mesh, middle: Float64) -> Mesh:
    """The faces of a rim around a point, turned over if they look inwards."""
    corner = mesh.vertices[mesh.triangles[0]].mean(axis=0)
    return (
        _outwards(mesh, corner - middle * np.array([1.0, 1.0, 1.0]))
        if float(mesh.normals[0] @ (corner - middle)) < 0.0
        else mesh
    )


def vent(x: float, y: float, z: float) -> Mesh:
    """A round roof vent with a cowl."""
    return transform(
        lathe([(0.12, 0.0), (0.12, 0.4), (0.2, 0.42), (0.2, 0.5), (0.0, 0.56)], "gutter_zinc", segments=8),
        None,
        (x, y, z),
    )
