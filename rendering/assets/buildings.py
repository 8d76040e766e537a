"""Houses, blocks, offices, shops and sheds: walls with real window openings, doors, roofs; sized to the box they stand in.

Origin at the centre of the base. All four sides have windows, both long sides doors, since a layout may turn either to the road.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rendering.assets.solids import box, cylinder, extrude, flat_polygon, quads
from rendering.mesh import PART_GLASS, Mesh, fit_to_box, merge, transform

Float64 = NDArray[np.float64]
AnyFloat = NDArray[np.floating]

_WALLS = (
    "brick",
    "plaster_white",
    "plaster_ochre",
    "plaster_rose",
    "brick_yellow",
    "plaster_grey",
    "plaster_white",
    "brick",
)
_ROOFS = ("roof_tile", "roof_slate", "roof_tile", "roof_tile", "roof_slate", "roof_slate", "roof_tile", "roof_tile")


@dataclass(frozen=True)
class Openings:
    """A grid of openings in one wall: fractions of a bay's width and of a storey's height, reveal depth in m."""

    bays: int
    storeys: int
    left: float
    right: float
    sill: float
    head: float
    reveal_m: float = 0.14
    glass: str = "glass_window"
    frame: str = "window_frame"


def building(kind: str, variant: int, extent_m: Float64) -> Mesh:
    """A building of one kind ("row_house", "apartment", "office", "shop", "warehouse") that fills its box exactly."""
    size = 2.0 * np.asarray(extent_m, np.float64)
    mesh = _BUILDERS[kind](variant, size)
    half = size[:2] / 2.0
    return fit_to_box([mesh], (-half[0], -half[1], 0.0), (half[0], half[1], size[2]))[0]


def wall_with_openings(
    origin: Float64,
    along: Float64,
    width_m: float,
    low_m: float,
    high_m: float,
    openings: Openings | None,
    material: str,
) -> Mesh:
    """A wall from `origin` along the unit vector `along`, to the right of who looks at it, with recessed windows."""
    up = np.array([0.0, 0.0, 1.0])
    outward = np.cross(along, up)

    def rect(u0: Float64, u1: Float64, z0: Float64, z1: Float64, depth: float) -> Float64:
        u = np.stack([u0, u1, u1, u0], axis=-1)[..., None]
        z = np.stack([z0, z0, z1, z1], axis=-1)[..., None]
        return np.asarray(origin * np.array([1.0, 1.0, 0.0]) + u * along + z * up - depth * outward)

    if openings is None:
        return quads(rect(np.array([0.0]), np.array([width_m]), np.array([low_m]), np.array([high_m]), 0.0), material)
    bay, storey = width_m / openings.bays, (high_m - low_m) / openings.storeys
    u0 = (np.arange(openings.bays) + openings.left) * bay
    u1 = (np.arange(openings.bays) + openings.right) * bay
    z0 = low_m + (np.arange(openings.storeys) + openings.sill) * storey
    z1 = low_m + (np.arange(openings.storeys) + openings.head) * storey
    bands = rect(
        np.zeros(openings.storeys + 1), np.full(openings.storeys + 1, width_m),
        np.concatenate([[low_m], z1]), np.concatenate([z0, [high_m]]), 0.0,
    )  # fmt: skip
    pier0, pier1 = np.concatenate([[0.0], u1]), np.concatenate([u0, [width_m]])
    piers = rect(*_pairs(pier0, pier1, z0, z1), 0.0)
    a, b, c, d = _pairs(u0, u1, z0, z1)
    reveal = openings.reveal_m
    front, back = rect(a, b, c, d, 0.0), rect(a, b, c, d, reveal)
    reveals = np.concatenate(
        [
            np.stack([front[:, i], front[:, j], back[:, j], back[:, i]], axis=1)
            for i, j in ((0, 1), (1, 2), (2, 3), (3, 0))
        ]
    )
    bar = min(0.05, 0.08 * bay)
    middle = 0.5 * (a + b)
    mullions = rect(middle - bar / 2.0, middle + bar / 2.0, c, d, reveal - 0.03)
    edges = np.concatenate(
        [
            rect(a, a + bar, c, d, reveal - 0.03), rect(b - bar, b, c, d, reveal - 0.03),
            rect(a + bar, b - bar, c, c + bar, reveal - 0.03), rect(a + bar, b - bar, d - bar, d, reveal - 0.03),
        ]
    )  # fmt: skip
    return merge(
        [
            quads(np.concatenate([bands, piers]), material),
            quads(reveals, material),
            quads(np.concatenate([mullions, edges]), openings.frame),
            quads(back, openings.glass, PART_GLASS),
        ]
    )


def _pairs(u0: AnyFloat, u1: AnyFloat, z0: AnyFloat, z1: AnyFloat) -> tuple[Float64, Float64, Float64, Float64]:
    """Every column with every row, flattened."""
    return np.tile(u0, len(z0)), np.tile(u1, len(z0)), np.repeat(z0, len(u0)), np.repeat(z1, len(u0))


def four_walls(
    size: Float64, low_m: float, high_m: float, along_x: Openings | None, along_y: Openings | None, material: str
) -> list[Mesh]:
    """The walls of an upright box of plan `size` (x, y), openings on the sides along x and along y."""
    x, y = size[0] / 2.0, size[1] / 2.0
    sides = (((-x, -y), (1, 0), size[0], along_x), ((x, -y), (0, 1), size[1], along_y),
             ((x, y), (-1, 0), size[0], along_x), ((-x, y), (0, -1), size[1], along_y))  # fmt: skip
    return [
        wall_with_openings(np.array([*corner, 0.0]), np.array([*along, 0.0]), width, low_m, high_m, openings, material)
        for corner, along, width, openings in sides
    ]


def _row_house(variant: int, size: Float64) -> Mesh:
    wall, roof = _WALLS[variant % 8], _ROOFS[variant % 8]
    plan = size[:2] - np.array([0.06, 0.7])
    eaves = 0.66 * size[2]
    storeys = max(round(eaves / 2.9), 1)
    bays = max(round(plan[0] / 2.8), 2)
    front = Openings(bays, storeys, 0.28, 0.72, 0.32, 0.82)
    side = Openings(max(int(plan[1] / 4.5), 1), storeys, 0.36, 0.60, 0.34, 0.80)
    pieces = four_walls(plan, 0.0, eaves, front, side, wall)
    pieces.append(box((0, 0, 0.22), (plan[0] + 0.04, plan[1] + 0.04, 0.44), "concrete"))
    pieces += _gable_roof(plan, size, eaves, roof, wall)
    x = (-0.5 + (variant % bays + 0.5) / bays) * plan[0]
    storey = eaves / storeys
    for side_y in (-1.0, 1.0):
        pieces.append(_door(x, side_y * plan[1] / 2.0, min(0.82 * storey, 2.3), 1.15 * plan[0] / bays / 2.8, variant))
    chimney_x = 0.30 * plan[0] * (1 if variant % 2 else -1)
    pieces.append(box((chimney_x, 0.9, size[2] - 0.75), (0.55, 0.55, 1.5), "brick"))
    return merge(pieces)


def _door(x: float, y: float, height: float, width: float, variant: int) -> Mesh:
    """A door leaf in a frame on a wall that looks along y, with a step before it."""
    out = np.sign(y)
    leaf = ("door_wood", "plastic_green", "stripe_blue", "plastic_red")[variant % 4]
    return merge(
        [
            box((x, y + 0.02 * out, 0.22 + height / 2.0), (width + 0.24, 0.08, height + 0.16), "window_frame"),
            box((x, y + 0.045 * out, 0.22 + height / 2.0), (width, 0.08, height), leaf),
            box((x, y + 0.15 * out, 0.10), (width + 0.5, 0.34, 0.20), "concrete"),
        ]
    )


def _gable_roof(plan: Float64, size: Float64, eaves: float, roof: str, wall: str) -> list[Mesh]:
    """Two slopes with the ridge along x, overhanging at the eaves, and the triangles of wall under them."""
    half_x, half_y = size[0] / 2.0, size[1] / 2.0
    ridge, thick = size[2], 0.18
    slope = (ridge - eaves) / half_y
    drop = eaves - 0.0
    section = np.array(
        [
            [half_y, drop - thick],
            [half_y, drop],
            [0.0, ridge],
            [-half_y, drop],
            [-half_y, drop - thick],
            [0.0, ridge - thick],
        ]
    )
    count = len(section)
    rings = np.stack([np.column_stack([np.full(count, x), section]) for x in (-half_x, half_x)])
    a, b = rings[0], rings[1]
    following = np.roll(np.arange(count), -1)
    shell = quads(np.stack([a, a[following], b[following], b], axis=1), roof)
    ends = []
    for ring, flip in ((a, False), (b, True)):
        for loop in ([0, 1, 2, 5], [5, 2, 3, 4]):
            corners = ring[loop] if flip else ring[loop[::-1]]
            ends.append(corners)
    pieces = [shell, quads(np.array(ends), roof)]
    under = plan[1] / 2.0
    top = ridge - thick - 0.02
    low = top - slope * under
    for sign in (-1.0, 1.0):
        x = sign * plan[0] / 2.0
        triangle = [(x, -under * sign, low), (x, under * sign, low), (x, 0.0, top)]
        wall_up = [
            (x, -under * sign, eaves - 0.3),
            (x, under * sign, eaves - 0.3),
            (x, under * sign, low),
            (x, -under * sign, low),
        ]
        pieces.append(quads(np.array([[*triangle, triangle[2]]]), wall))
        if low > eaves - 0.3:
            pieces.append(quads(np.array([wall_up]), wall))
    return pieces


def _parapet(plan: Float64, roof_z: float, top: float, material: str) -> list[Mesh]:
    """A flat roof with a rim."""
    x, y, t = plan[0] / 2.0, plan[1] / 2.0, 0.25
    pieces = [flat_polygon([(-x, -y, roof_z), (x, -y, roof_z), (x, y, roof_z), (-x, y, roof_z)], "roof_flat")]
    for sign in (-1.0, 1.0):
        pieces.append(box((0, sign * (y - t / 2), 0.5 * (roof_z + top)), (plan[0], t, top - roof_z), material))
        pieces.append(box((sign * (x - t / 2), 0, 0.5 * (roof_z + top)), (t, plan[1] - 2 * t, top - roof_z), material))
    return pieces


def _apartment(variant: int, size: Float64) -> Mesh:
    wall = _WALLS[(variant + 1) % 8]
    plan = size[:2] - np.array([0.02, 2.0])
    top = size[2]
    roof_z = top - 0.6
    storeys = max(round(roof_z / 3.0), 2)
    bays = max(round(plan[0] / 3.2), 2)
    long_side = Openings(bays, storeys, 0.25, 0.75, 0.30, 0.82)
    short_side = Openings(max(int(plan[1] / 3.5), 1), storeys, 0.32, 0.68, 0.32, 0.80)
    pieces = four_walls(plan, 0.0, roof_z, long_side, short_side, wall)
    pieces += _parapet(plan, roof_z, top - 0.02, wall)
    pieces.append(box((0, 0, 0.3), (plan[0] + 0.02, plan[1] + 0.06, 0.6), "concrete"))
    storey, bay = roof_z / storeys, plan[0] / bays
    balconies = [_balcony(0.0, out * plan[1] / 2.0, 0.12, bay * 0.8) for out in (-1.0, 1.0)]
    for level in range(1, storeys):
        for k in range(variant % 2, bays, 2):
            x = -plan[0] / 2.0 + (k + 0.5) * bay
            pieces += [transform(mesh, None, (x, 0.0, level * storey)) for mesh in balconies]
    for out in (-1.0, 1.0):
        pieces.append(_door(-plan[0] / 2.0 + (bays // 2 + 0.5) * bay, out * plan[1] / 2.0, 2.3, 1.8, variant))
    pieces.append(box((0.2 * plan[0], 0, top - 0.4), (3.0, 3.0, 0.8), "plaster_grey"))
    return merge(pieces)


def _balcony(x: float, y: float, z: float, width: float) -> Mesh:
    out = float(np.sign(y))
    bars = np.arange(-width / 2.0 + 0.06, width / 2.0, 0.28)
    rail = [box((x + b, y + out * 0.94, z + 0.55), (0.03, 0.03, 1.0), "pole_dark") for b in bars]
    return merge(
        [
            box((x, y + out * 0.49, z), (width, 0.98, 0.16), "concrete"),
            box((x, y + out * 0.94, z + 1.05), (width, 0.06, 0.05), "pole_dark"),
            *rail,
        ]
    )


def _office(variant: int, size: Float64) -> Mesh:
    wall = ("concrete", "plaster_grey", "sheet_metal", "brick", "plaster_white", "concrete")[variant % 6]
    top = size[2]
    roof_z = top - 1.2
    storeys = max(round(roof_z / 3.5), 2)
    bays_x, bays_y = max(round(size[0] / 3.0), 2), max(round(size[1] / 3.0), 2)
    ribbon = variant % 2 == 0
    left, right = (0.03, 0.97) if ribbon else (0.14, 0.86)
    x_side = Openings(bays_x, storeys, left, right, 0.26, 0.88, 0.10, "glass_curtain", "frame_metal")
    y_side = Openings(bays_y, storeys, left, right, 0.26, 0.88, 0.10, "glass_curtain", "frame_metal")
    plan = size[:2] - 0.02
    pieces = four_walls(plan, 0.0, roof_z, x_side, y_side, wall)
    pieces += _parapet(plan, roof_z, roof_z + 0.7, wall)
    pieces.append(box((0.1 * size[0], 0, roof_z + 0.6), (size[0] * 0.3, size[1] * 0.4, 1.2), "sheet_metal"))
    for out in (-1.0, 1.0):
        pieces.append(box((0, out * (size[1] / 2.0 - 0.05), 1.3), (3.2, 0.08, 2.6), "glass_curtain", PART_GLASS))
        pieces.append(box((0, out * (size[1] / 2.0 - 0.10), 2.8), (4.2, 0.18, 0.22), "frame_metal"))
    return merge(pieces)


def _shop(variant: int, size: Float64) -> Mesh:
    wall = _WALLS[(variant + 3) % 8]
    plan = size[:2] - np.array([0.02, 1.6])
    top = size[2]
    roof_z, front = top - 0.5, min(3.6, 0.55 * top)
    bays = max(round(plan[0] / 3.2), 2)
    display = Openings(bays, 1, 0.06, 0.94, 0.14, 0.80, 0.18, "glass_window", "frame_metal")
    plain = Openings(max(int(plan[1] / 5), 1), 1, 0.40, 0.60, 0.40, 0.75)
    upper = Openings(bays, max(int((roof_z - front) / 2.9), 1), 0.28, 0.72, 0.25, 0.80)
    upper_side = Openings(max(int(plan[1] / 4), 1), max(int((roof_z - front) / 2.9), 1), 0.36, 0.64, 0.28, 0.78)
    pieces = four_walls(plan, 0.0, front, display, plain, wall) + four_walls(
        plan, front, roof_z, upper, upper_side, wall
    )
    pieces += _parapet(plan, roof_z, top, wall)
    signs = ("shop_sign", "plastic_red", "plastic_green", "plastic_yellow", "stripe_blue", "pole_dark")
    awnings = ("awning", "plastic_green", "canvas", "stripe_blue", "awning", "plastic_yellow")
    for out in (-1.0, 1.0):
        y = out * plan[1] / 2.0
        pieces.append(box((0, y + out * 0.06, front - 0.30), (plan[0] * 0.94, 0.12, 0.50), signs[variant % 6]))
        pieces.append(_awning(plan[0] * 0.90, y, front - 0.62, out, awnings[variant % 6]))
        pieces.append(_door((variant % bays + 0.5 - bays / 2.0) * plan[0] / bays, y, 2.2, 1.0, 3))
    return merge(pieces)


def _awning(width: float, y: float, z: float, out: float, material: str) -> Mesh:
    """A cloth that slopes down over the pavement, striped by its ribs."""
    profile = np.array(
        [
            [0.0, z],
            [0.78 * out, z - 0.45],
            [0.78 * out, z - 0.62],
            [0.74 * out, z - 0.62],
            [0.74 * out, z - 0.47],
            [0.0, z - 0.04],
        ]
    )
    prism = extrude(profile, -width / 2.0, width / 2.0, material)
    # the profile (across, up) was extruded along z: turn (across, up, along) into (y, z, x)
    turn = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    return transform(prism, turn, (0.0, y, 0.0))


def _warehouse(variant: int, size: Float64) -> Mesh:
    wall = ("sheet_metal", "plaster_grey", "concrete", "brick")[variant % 4]
    top = size[2]
    plan = size[:2] - 0.3
    roof_z = top - 0.5
    pieces = []
    high = Openings(max(int(plan[0] / 5.0), 2), 1, 0.08, 0.92, 0.70, 0.88, 0.08, "glass_window", "frame_metal")
    pieces += four_walls(plan, 0.0, roof_z, high, None, wall)
    pieces += _parapet(plan, roof_z, top, wall)
    count = max(int(plan[0] / 9.0), 1)
    for out in (-1.0, 1.0):
        y = out * plan[1] / 2.0
        for k in range(count):
            x = (k + 0.5 - count / 2.0) * plan[0] / count
            pieces.append(box((x, y + out * 0.04, 2.0), (3.8, 0.16, 4.0), "pole_dark"))
            for slat in range(9):
                pieces.append(
                    box(
                        (x, y + out * 0.08, 0.25 + slat * 0.42),
                        (3.5, 0.12, 0.36),
                        "plastic_white" if variant % 2 else "stripe_blue",
                    )
                )
            for side in (-2.2, 2.2):
                pieces.append(
                    cylinder((x + side, y + out * 0.10, 0), (x + side, y + out * 0.10, 1.0), 0.05, "plastic_yellow")
                )
    return merge(pieces)


_BUILDERS = {
    "row_house": _row_house,
    "apartment": _apartment,
    "office": _office,
    "shop": _shop,
    "warehouse": _warehouse,
}

BUILDING_KINDS = frozenset(_BUILDERS)
