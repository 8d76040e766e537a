"""Props by the `shape` of their PropSpec: cones, barriers, bins, boxes, barrels, carts and the like, origin at the base."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rendering.assets import furniture, rare_props, structures
from rendering.assets.animals import animal_part
from rendering.assets.parts import Part, PoseKind
from rendering.assets.plants import planter_bush
from rendering.assets.signals import sign_plate
from rendering.assets.solids import box, cylinder, lathe, loft, rounded_box
from rendering.mesh import Mesh, fit_to_box, merge, transform, yaw_matrix
from sim.catalogue.quadrupeds import QUADRUPEDS
from sim.catalogue.spec import PropSpec

Float64 = NDArray[np.float64]

_SIDEWAYS = yaw_matrix(np.pi / 2.0)
"""Turns furniture that faces +y so that it faces -x, as props with their longer side across do."""


def prop_part(spec: PropSpec, individual: int = 0) -> Part:
    """The part of one prop; its tight box equals the spec's within 1 cm. Animals of one kind differ by `individual`."""
    if spec.shape in QUADRUPEDS:
        return animal_part(spec.shape, individual)
    return Part((_mesh(spec),), PoseKind.FIXED, spec.object_class)


@cache
def _mesh(spec: PropSpec) -> Mesh:
    size = np.array([spec.length_m, spec.width_m, spec.height_m])
    key = sum(map(ord, spec.type_id))
    mesh = _SHAPES.get(spec.shape, _box)(key, size)
    half = size[:2] / 2.0
    return fit_to_box([mesh], (-half[0], -half[1], 0.0), (half[0], half[1], size[2]))[0]


def _turned(builder: Callable[[int, Float64], Mesh]) -> Callable[[int, Float64], Mesh]:
    def build(key: int, size: Float64) -> Mesh:
        return transform(builder(key, size[[1, 0, 2]]), _SIDEWAYS)

    return build


def _box(key: int, size: Float64) -> Mesh:
    """A carton with tape over its flaps."""
    tape = box((0, 0, size[2] - 0.001), (size[0], 0.06, 0.004), "wood_light")
    return merge([box((0, 0, size[2] / 2.0), size, "cardboard"), tape])


def _cone(key: int, size: Float64) -> Mesh:
    """A traffic cone: black foot, orange with two reflective bands."""
    radius = 0.40 * min(size[0], size[1])
    levels = [0.05, 0.36, 0.52, 0.66, 0.80, 1.0]
    profile = [(radius * (1.0 - 0.86 * z), z * size[2]) for z in levels]
    names = ["plastic_orange", "reflective_white", "plastic_orange", "reflective_white", "plastic_orange"]
    foot = rounded_box((0, 0, 0.025 * size[2]), (size[0], size[1], 0.05 * size[2]), 0.01, "rubber", segments=2)
    return merge([foot, lathe(profile, names, segments=20)])


def _barrel(key: int, size: Float64) -> Mesh:
    """A steel drum with rolling hoops (a bale is a drum of straw on its side)."""
    if size[0] > 1.0:
        bale = cylinder((0, -0.5, 0.5), (0, 0.5, 0.5), 0.5, "wood_light", segments=24)
        return transform(bale, np.diag(size))
    profile = []
    for low, high in ((0.0, 0.32), (0.36, 0.64), (0.68, 1.0)):
        profile += [(0.48, low * size[2]), (0.48, high * size[2])]
        if high < 1.0:
            profile.append((0.5, (high + 0.02) * size[2]))
    color = ("plastic_blue", "plastic_orange", "plastic_red")[key % 3]
    return transform(lathe(profile, color, segments=20), np.diag([size[0], size[1], 1.0]))


def _barrier(key: int, size: Float64) -> Mesh:
    """A work-site barrier: a striped board on two feet (RSA 21)."""
    depth, width, height = size
    pieces = []
    count = max(round(width / 0.25), 4)
    for row_z in (0.82, 0.45):
        for k in range(count):
            color = "reflective_white" if k % 2 else "stripe_red"
            pieces.append(
                box(
                    (0, (k + 0.5) / count * width - width / 2.0, row_z * height),
                    (0.04, width / count, 0.22 * height),
                    color,
                )
            )
    for y in (-0.42 * width, 0.42 * width):
        pieces.append(box((0, y, height / 2.0), (0.05, 0.05, height), "plastic_orange"))
        pieces.append(box((0, y, 0.03), (depth, 0.08, 0.06), "rubber"))
    return merge(pieces)


def _bag(key: int, size: Float64) -> Mesh:
    """A tied sack."""
    angle = np.arange(16) * 2.0 * np.pi / 16
    rings = []
    for share, radius in (
        (0.0, 0.36),
        (0.08, 0.46),
        (0.30, 0.50),
        (0.55, 0.44),
        (0.76, 0.25),
        (0.84, 0.07),
        (0.92, 0.11),
        (1.0, 0.15),
    ):
        lumps = radius * (1.0 + 0.07 * np.sin(5.0 * angle + key) + 0.05 * np.sin(9.0 * angle + 7.0 * share))
        rings.append(
            np.column_stack(
                [size[0] * lumps * np.cos(angle), size[1] * lumps * np.sin(angle), np.full(16, share * size[2])]
            )
        )
    return loft(np.array(rings), ("pole_dark", "plastic_black", "plastic_blue")[key % 3], crease_deg=60.0)


def _container(key: int, size: Float64) -> Mesh:
    """A corrugated container or a big refuse bin."""
    color = ("plastic_green", "plastic_blue", "stripe_red", "sheet_metal")[key % 4]
    pieces = [box((0, 0, size[2] / 2.0 + 0.03), (size[0] - 0.06, size[1] - 0.06, size[2] - 0.06), color)]
    count = max(int(size[0] / 0.28), 2)
    for k in range(count):
        x = (k + 0.5) / count * size[0] - size[0] / 2.0
        pieces.append(box((x, 0, size[2] / 2.0), (0.45 * size[0] / count, size[1], size[2] * 0.86), color))
    for x in (-1.0, 1.0):
        pieces.extend(
            box((x * (size[0] / 2 - 0.05), y * (size[1] / 2 - 0.05), size[2] / 2.0), (0.10, 0.10, size[2]), color)
            for y in (-1.0, 1.0)
        )
    return merge(pieces)


def _cabinet(key: int, size: Float64) -> Mesh:
    """A machine or a box on a plinth with a panel at its front (+x)."""
    color = ("plastic_yellow", "sheet_metal", "plastic_red", "stripe_blue")[key % 4]
    body = rounded_box((0, 0, size[2] / 2.0 + 0.03), (size[0] - 0.02, size[1], size[2] - 0.06), 0.03, color)
    panel = box((size[0] / 2.0 - 0.006, 0, 0.68 * size[2]), (0.012, 0.75 * size[1], 0.42 * size[2]), "glass_privacy")
    return merge([body, panel, box((0, 0, 0.03), (size[0] * 0.9, size[1] * 0.9, 0.06), "rubber")])


def _cart(key: int, size: Float64) -> Mesh:
    """A basket or a counter on small wheels with a handle."""
    wheel = 0.06 * min(1.0, size[2])
    tray = 0.32 * size[2]
    pieces = [
        box(
            (0.05 * size[0], 0, 0.62 * size[2]),
            (0.86 * size[0], 0.96 * size[1], 0.50 * size[2]),
            "sheet_metal" if key % 2 else "plastic_red",
        )
    ]
    pieces.append(box((0, 0, tray), (0.8 * size[0], 0.8 * size[1], 0.03), "galvanised"))
    pieces.append(
        cylinder(
            (-0.48 * size[0], -0.5 * size[1], 0.97 * size[2]),
            (-0.48 * size[0], 0.5 * size[1], 0.97 * size[2]),
            0.02,
            "plastic_black",
        )
    )
    for y in (-0.45, 0.45):
        pieces.append(
            cylinder(
                (-0.48 * size[0], y * size[1], 0.97 * size[2]),
                (-0.36 * size[0], y * size[1], wheel),
                0.014,
                "galvanised",
                segments=6,
            )
        )
        pieces.append(
            cylinder(
                (0.40 * size[0], y * size[1], 0.4 * size[2]),
                (0.40 * size[0], y * size[1], wheel),
                0.014,
                "galvanised",
                segments=6,
            )
        )
        pieces.extend(
            cylinder(
                (x * size[0], y * size[1] - 0.015, wheel),
                (x * size[0], y * size[1] + 0.015, wheel),
                wheel,
                "rubber",
            )
            for x in (-0.38, 0.40)
        )
    if size[2] > 2.0:
        pieces.append(box((0, 0, 0.98 * size[2]), (size[0], size[1], 0.04 * size[2]), "awning"))
        pieces += [
            cylinder((x * size[0], y * size[1], 0.3), (x * size[0], y * size[1], size[2]), 0.02, "galvanised")
            for x in (-0.45, 0.45)
            for y in (-0.45, 0.45)
        ]
    return merge(pieces)


def _case(key: int, size: Float64) -> Mesh:
    """A suitcase or something like it with a handle."""
    color = ("plastic_black", "stripe_red", "stripe_blue", "wood")[key % 4]
    body = rounded_box((0, 0, 0.47 * size[2]), (size[0], size[1], 0.94 * size[2]), 0.2 * float(size.min()), color)
    return merge([body, box((0, 0, 0.97 * size[2]), (0.25 * size[0], 0.2 * size[1], 0.06 * size[2]), "plastic_black")])


def _table(key: int, size: Float64) -> Mesh:
    """A top on four legs."""
    top = rounded_box(
        (0, 0, size[2] - 0.02), (size[0], size[1], 0.04), 0.015, ("plastic_white", "wood")[key % 2], segments=2
    )
    legs = [
        box((x * size[0], y * size[1], size[2] / 2 - 0.02), (0.05, 0.05, size[2] - 0.04), "pole_dark")
        for x in (-0.42, 0.42)
        for y in (-0.42, 0.42)
    ]
    return merge([top, *legs])


def _chair(key: int, size: Float64) -> Mesh:
    """A stacking chair that looks to +x."""
    seat = 0.52 * size[2]
    pieces = [box((0.03 * size[0], 0, seat), (0.86 * size[0], 0.86 * size[1], 0.04), "plastic_white")]
    pieces.append(
        box(
            (-0.46 * size[0], 0, 0.5 * (seat + size[2])),
            (0.08 * size[0], 0.8 * size[1], size[2] - seat),
            "plastic_white",
        )
    )
    pieces += [
        box((x * size[0], y * size[1], seat / 2), (0.05, 0.05, seat), "plastic_white")
        for x in (-0.44, 0.44)
        for y in (-0.44, 0.44)
    ]
    pieces += [
        box((0, y * size[1], 0.75 * size[2]), (0.9 * size[0], 0.06 * size[1], 0.03), "plastic_white")
        for y in (-0.47, 0.47)
    ]
    return merge(pieces)


def _planter(key: int, size: Float64) -> Mesh:
    """A pot with a shrub."""
    pot = 0.42 * size[2]
    radius = 0.5 * float(min(size[0], size[1]))
    rings = np.array(
        [
            [(sx * size[0] * w / 2, sy * size[1] * w / 2, z * pot) for sx, sy in ((1, 1), (-1, 1), (-1, -1), (1, -1))]
            for z, w in ((0.0, 0.72), (0.9, 0.96), (1.0, 1.0))
        ]
    )
    bushes = [
        planter_bush(
            np.array([x * size[0], 0.0, pot + 0.30 * (size[2] - pot)]), min(radius, size[2] - pot), "leaf_hedge", key
        )
        for x in ((-0.2, 0.2) if size[0] > 1.3 * size[1] else (0.0,))
    ]
    return merge([loft(rings, "concrete"), *bushes])


def _debris(key: int, size: Float64) -> Mesh:
    """A heap of flat, angular pieces."""
    random = np.random.default_rng(key)
    pieces = []
    for _ in range(14):
        x, y = (random.random(2) - 0.5) * 0.7 * size[:2]
        extent = size * (0.12 + 0.22 * random.random(3))
        height = size[2] * (1.0 - np.hypot(x / size[0], y / size[1])) * 0.9
        color = ("soil", "wood", "brick", "concrete")[int(random.integers(4))]
        piece = box((0, 0, height / 2.0), (extent[0], extent[1], height), color)
        pieces.append(transform(piece, yaw_matrix(random.random() * 3.0), (x, y, 0.0)))
    return merge(pieces)


def _board(key: int, size: Float64) -> Mesh:
    """A panel on two posts; its face looks to +x."""
    panel = box((0, 0, 0.68 * size[2]), (0.5 * size[0], size[1], 0.62 * size[2]), "plastic_white")
    posts = [
        box((0, y * size[1], size[2] / 2), (size[0], 0.05 * size[1], size[2]), "galvanised") for y in (-0.46, 0.46)
    ]
    return merge([panel, *posts])


def _sign(face: str) -> Callable[[int, Float64], Mesh]:
    def build(key: int, size: Float64) -> Mesh:
        tall = min(0.8 * size[2], size[1] if face != "street_name" else 0.25)
        plate = sign_plate(
            face, np.array([0.0, 0.0, size[2] - tall / 2.0]), np.array([0.02, size[1] / 2.0, tall / 2.0])
        )
        pole = cylinder((-0.04, 0, 0), (-0.04, 0, size[2] * 0.97), 0.03, "galvanised")
        foot = box((0, 0, 0.03), (size[0], 0.5 * size[1], 0.06), "rubber")
        return merge([plate, pole, foot])

    return build


def _warning_triangle(key: int, size: Float64) -> Mesh:
    """The foldable red reflective triangle of ECE R27 on its wire feet; it looks to +-x."""
    half, height = size[1] / 2.0, size[2]
    corners = np.array([(0.0, height - 0.02), (-half + 0.02, 0.06), (half - 0.02, 0.06)])
    bars = []
    for a, b in ((0, 1), (1, 2), (2, 0)):
        start, end = np.array([0.0, *corners[a]]), np.array([0.0, *corners[b]])
        bars.append(cylinder(start, end, 0.02, "reflector_red", segments=6))
    feet = [box((0, y, 0.02), (size[0], 0.03, 0.04), "plastic_black") for y in (-0.3 * size[1], 0.3 * size[1])]
    legs = [box((0, y, 0.05), (0.02, 0.02, 0.06), "plastic_black") for y in (-0.3 * size[1], 0.3 * size[1])]
    return merge([*bars, *feet, *legs])


def _round(material: str) -> Callable[[int, Float64], Mesh]:
    def build(key: int, size: Float64) -> Mesh:
        profile = [(0.45, 0.0), (0.5, 0.04 * size[2]), (0.5, 0.94 * size[2]), (0.42, size[2])]
        return transform(lathe(profile, material, segments=20), np.diag([size[0], size[1], 1.0]))

    return build


def _plank(key: int, size: Float64) -> Mesh:
    return box((0, 0, size[2] / 2.0), size, "rim_steel")


_SHAPES: dict[str, Callable[[int, Float64], Mesh]] = {
    "advert_pillar": _turned(_board),
    "arrow_board": _sign("arrow_board"),
    "bag": _bag,
    "ball": furniture.ball,
    "barrel": _barrel,
    "barrier": _barrier,
    "bench": _turned(furniture.bench),
    "bin": lambda key, size: furniture.wheelie_bin(key, size) if size[0] > 0.52 else furniture.litter_bin(key, size),
    "board": _board,
    "bollard": furniture.bollard,
    "box": _box,
    "cabinet": _cabinet,
    "can": _round("plastic_red"),
    "cart": _cart,
    "case": _case,
    "chair": _chair,
    "cone": _cone,
    "container": _container,
    "debris": _debris,
    "figure": structures.figure,
    "fountain": structures.fountain,
    "frame": structures.frame,
    "hut": structures.hut,
    "plank": _plank,
    "planter": _planter,
    "shelter": _turned(furniture.bus_stop),
    "sign_board": _sign("roadworks"),
    "sign_post": _sign("street_name"),
    "table": _table,
    "warning_triangle": _warning_triangle,
    **rare_props.SHAPES,
}
