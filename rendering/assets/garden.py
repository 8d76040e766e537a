"""What fills gardens, verges and forecourts: fences, walls, bins, cabinets, stands, billboards, planters, poles with wires.

Each is built to the box it is given: x along its length, +y towards the road, origin at the middle of its underside.
Tested by tests/rendering/test_assets_statics.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rendering.assets.furniture import LAMP_MAST_X_M, wheelie_bin
from rendering.assets.leaves import sprays, unit
from rendering.assets.solids import box, cylinder, index_of, lathe, quads, sweep
from rendering.mesh import PART_POLE, Mesh, merge, transform

Float64 = NDArray[np.float64]
Builder = Callable[[int, Float64], Mesh]


def picket_fence(variant: int, size: Float64) -> Mesh:
    """Pointed pales on two rails between posts, painted or bare."""
    length, depth, height = size
    wood = ("trim_white", "wood", "frame_brown")[variant % 3]
    posts = max(round(length / 2.0), 1)
    pieces = [box((0, -0.012, z * height), (length, 0.035, 0.07), wood) for z in (0.24, 0.74)]
    pieces += [
        box(
            (np.clip((k / posts - 0.5) * length, 0.045 - length / 2, length / 2 - 0.045), 0, 0.48 * height),
            (0.09, depth, 0.96 * height),
            wood,
            bottom=False,
        )
        for k in range(posts + 1)
    ]
    count = max(int(length / 0.13), 2)
    x = ((np.arange(count) + 0.5) / count - 0.5) * length
    y, half, low, shoulder = depth / 2 - 0.012, 0.037, 0.06, height - 0.05
    face = np.array([(-half, low), (half, low), (half, shoulder), (-half, shoulder)])
    tip = np.array([(-half, shoulder), (half, shoulder), (0.0, height), (0.0, height)])
    faces = []
    for shape in (face, tip):
        flat = np.zeros((count, 4, 3))
        flat[:, :, 0] = x[:, None] + shape[:, 0]
        flat[:, :, 1] = y
        flat[:, :, 2] = shape[:, 1]
        behind = flat[:, [1, 0, 3, 2]] if shape is face else flat[:, [1, 0, 2, 3]]
        faces += [behind, flat - np.array([0.0, 0.02, 0.0])]
    return merge([*pieces, quads(np.concatenate(faces), wood)])


def wire_fence(variant: int, size: Float64) -> Mesh:
    """A fence of steel mats: upright wires 5 cm apart seen as a few stout ones, lying double wires, posts with caps."""
    length, depth, height = size
    color = ("frame_dark", "galvanised", "door_green")[variant % 3]
    posts = max(round(length / 2.5), 1)
    pieces = []
    for k in range(posts + 1):
        x = np.clip((k / posts - 0.5) * length, 0.03 - length / 2, length / 2 - 0.03)
        pieces.append(box((x, 0, height / 2), (0.06, depth, height), color, bottom=False))
    pieces += [box((0, 0, z * height), (length, 0.016, 0.012), color) for z in np.linspace(0.05, 0.97, 6)]
    count = int(length / 0.10)
    x = ((np.arange(count) + 0.5) / count - 0.5) * length
    flat = np.zeros((count, 4, 3))
    flat[:, :, 0] = x[:, None] + np.array([-0.004, 0.004, 0.004, -0.004])
    flat[:, :, 1] = 0.009
    flat[:, :, 2] = np.array([0.04, 0.04, 0.98, 0.98]) * height
    pieces.append(quads(np.concatenate([flat[:, ::-1], flat - np.array([0.0, 0.018, 0.0])]), color))
    return merge(pieces)


def low_wall(variant: int, size: Float64) -> Mesh:
    """A garden wall under a coping, with piers at its ends; of brick, render or stone."""
    length, depth, height = size
    wall = ("brick", "plaster_white", "sandstone", "brick_brown")[variant % 4]
    cap = ("concrete_wall", "trim_stone", "trim_stone", "concrete_wall")[variant % 4]
    body = box((0, 0, (height - 0.14) / 2), (length - 0.1, depth * 0.72, height - 0.14), wall, bottom=False)
    coping = box((0, 0, height - 0.11), (length - 0.1, depth * 0.92, 0.07), cap)
    piers = [
        box(
            (s * (length / 2 - depth / 2), 0, (height - 0.06) / 2),
            (depth * 0.9, depth * 0.9, height - 0.06),
            wall,
            bottom=False,
        )
        for s in (-1, 1)
    ]
    caps = [box((s * (length / 2 - depth / 2), 0, height - 0.03), (depth, depth, 0.06), cap) for s in (-1, 1)]
    return merge([body, coping, *piers, *caps])


def billboard(variant: int, size: Float64) -> Mesh:
    """A poster on a frame on two legs, or a lit city poster on a foot."""
    length, depth, height = size
    low = 0.34 * height
    if variant % 3 == 2:
        low = 0.18 * height
    panel = box((0, 0, (low + height) / 2), (length, depth * 0.7, height - low), "frame_dark")
    margin = 0.07
    posters = []
    for s, name in ((1, "poster"), (-1, "poster" if variant % 3 == 2 else "sheet_metal")):
        x, y = s * (length / 2 - margin), s * (depth * 0.35 + 0.008)
        posters.append(
            quads(
                [[(x, y, low + margin), (-x, y, low + margin), (-x, y, height - margin), (x, y, height - margin)]], name
            )
        )
    legs = [box((k * 0.34 * length, 0, low / 2), (0.14, depth, low), "galvanised", bottom=False) for k in (-1, 1)]
    return merge([panel, *posters, *legs])


def cabinet(variant: int, size: Float64) -> Mesh:
    """A grey cabinet of the telephone or power company, with two doors and a plinth."""
    length, depth, height = size
    color = ("plaster_grey", "door_green", "sign_back")[variant % 3]
    body = box((0, 0, 0.53 * height), (length * 0.96, depth * 0.9, 0.86 * height), color)
    lid = box((0, 0, 0.975 * height), (length, depth, 0.05 * height), color)
    foot = box((0, 0, 0.05 * height), (length * 0.9, depth * 0.8, 0.10 * height), "concrete_wall", bottom=False)
    seam = box((0, depth * 0.45, 0.53 * height), (0.012, 0.012, 0.8 * height), "rubber")
    handles = [box((s * 0.06, depth * 0.455, 0.55 * height), (0.02, 0.02, 0.1), "galvanised") for s in (-1, 1)]
    return merge([body, lid, foot, seam, *handles])


def bike_stand(variant: int, size: Float64) -> Mesh:
    """Hoops of steel tube, one behind the other along x."""
    length, depth, height = size
    radius = 0.024
    count = max(round(length / 0.8), 2)
    turn = np.linspace(np.pi, 0.0, 7)
    corner = 0.25 * depth
    left = [(-depth / 2 + radius, 0.0), (-depth / 2 + radius, height - corner - radius)]
    top = [
        (
            (depth / 2 - corner - radius) * np.sign(np.cos(t) + 1e-9) + corner * np.cos(t),
            height - corner - radius + corner * np.sin(t),
        )
        for t in turn
    ]
    path = [*left, *top, (depth / 2 - radius, height - corner - radius), (depth / 2 - radius, 0.0)]
    keep = [path[0]] + [b for a, b in itertools.pairwise(path) if np.hypot(b[0] - a[0], b[1] - a[1]) > 1e-3]
    hoop = sweep(
        np.array([(0.0, y, z) for y, z in keep]), radius, ("galvanised", "frame_dark")[variant % 2], segments=6
    )
    return merge(
        [transform(hoop, None, (((k + 0.5) / count - 0.5) * (length - 2 * radius), 0.0, 0.0)) for k in range(count)]
    )


def garden_set(variant: int, size: Float64) -> Mesh:
    """A table with chairs around it, some under a parasol."""
    length, depth, height = size
    wood = ("wood_light", "trim_white")[variant % 2]
    top = 0.74
    pieces = [lathe([(0.03, 0.0), (0.03, top - 0.03), (0.48, top - 0.03), (0.48, top)], wood, segments=14)]
    for k in range(4):
        angle = k * np.pi / 2 + 0.3
        chair = merge(
            [
                box((0, 0, 0.44), (0.42, 0.42, 0.04), wood),
                box((0.2, 0, 0.66), (0.03, 0.42, 0.42), wood),
                *(
                    box((sx * 0.18, sy * 0.18, 0.21), (0.04, 0.04, 0.42), wood, bottom=False)
                    for sx in (-1, 1)
                    for sy in (-1, 1)
                ),
            ]
        )
        c, s = np.cos(angle), np.sin(angle)
        turned = transform(chair, np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]), (0.72 * c, 0.72 * s, 0.0))
        pieces.append(turned)
    if height > 1.5:
        pieces.append(cylinder((0, 0, 0), (0, 0, height), 0.02, "galvanised", segments=6))
        rim = [(np.cos(a) * length / 2, np.sin(a) * depth / 2, height - 0.5) for a in np.arange(8) * np.pi / 4]
        tip = (0.0, 0.0, height)
        panels = [[rim[k], rim[(k + 1) % 8], tip, tip] for k in range(8)]
        cloth = ("awning_cream", "awning_green")[variant % 2]
        pieces += [
            quads(np.array(panels), cloth),
            quads(np.array([[b, a, t, t] for a, b, t, _ in panels]) - np.array([0, 0, 0.02]), cloth),
        ]
    return merge(pieces)


def bins(variant: int, size: Float64) -> Mesh:
    """Two or three wheeled refuse bins put out side by side."""
    length, depth, height = size
    count = 2 + variant % 2
    out = []
    for k in range(count):
        bin_ = wheelie_bin(
            variant + 2 * k, np.array([depth * 0.9, length / count * 0.9, height * (1.0, 0.97, 0.985)[k % 3]])
        )
        turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
        out.append(transform(bin_, turn, (((k + 0.5) / count - 0.5) * length, 0.03 * (k % 2) - 0.01, 0.0)))
    return merge(out)


def planter(variant: int, size: Float64) -> Mesh:
    """A trough of concrete or wood with flowers."""
    length, depth, height = size
    random = np.random.default_rng([23, variant])
    trough = box(
        (0, 0, 0.26 * height), (length, depth, 0.52 * height), ("concrete_wall", "wood")[variant % 2], bottom=False
    )
    count = 220
    direction = unit(random.normal(0.0, 1.0, (count, 3)))
    direction[:, 2] = np.abs(direction[:, 2])
    center = direction * np.array([0.46 * length, 0.46 * depth, 0.42 * height]) * random.random(
        (count, 1)
    ) ** 0.4 + np.array([0, 0, 0.5 * height])
    names = [index_of(f"leaf_{name}") for name in ("shrub", "hedge", ("blossom_rose", "blossom_white")[variant % 2])]
    material = np.array(names)[random.choice(3, count, p=(0.45, 0.3, 0.25))]
    leaves = sprays(
        center,
        direction + random.normal(0, 0.6, (count, 3)),
        direction,
        random.uniform(0.06, 0.12, count),
        material,
        random,
    )
    return merge([trough, leaves])


def utility_pole(variant: int, size: Float64) -> Mesh:
    """A wooden pole near the -x end with a cross-arm, and three wires that sag to the next pole at the +x end."""
    length, width, height = size
    x = LAMP_MAST_X_M - length / 2
    pieces = [cylinder((x, 0, 0), (x, 0, height), 0.15, "wood", PART_POLE, 0.10, segments=9)]
    arm = height - 0.5
    pieces.append(box((x, 0, arm), (0.10, width, 0.12), "wood", PART_POLE))
    places = (-width / 2 + 0.08, 0.32 * width, width / 2 - 0.08)
    pieces += [
        cylinder((x, y, arm + 0.05), (x, y, arm + 0.22), 0.04, "trim_white", PART_POLE, 0.03, segments=6)
        for y in places
    ]
    if variant % 2:
        pieces.append(
            cylinder((x + 0.11, 0.22, arm - 1.5), (x + 0.11, 0.22, arm - 0.6), 0.2, "sign_back", PART_POLE, segments=10)
        )
    if length > 2.0:
        steps = np.linspace(0.0, 1.0, 11)
        for y in places:
            sag = 0.022 * length * 4.0 * steps * (1.0 - steps)
            path = np.column_stack([x + steps * (length / 2 - x), np.full(11, y), arm + 0.22 - sag])
            pieces.append(sweep(path, 0.011, "rubber", PART_POLE, segments=4))
    return merge(pieces)


def cone(variant: int, size: Float64) -> Mesh:
    """A traffic cone with two white bands on a square foot (EN 13422)."""
    height = size[2]
    names = ("plastic_orange", "reflective_white", "plastic_orange", "reflective_white", "plastic_orange")
    shape = [(0.36, 0.05), (0.29, 0.30), (0.23, 0.48), (0.18, 0.62), (0.14, 0.76), (0.07, 1.0)]
    body = lathe([(r, z * height) for r, z in shape], names, segments=16)
    foot = box((0, 0, 0.025 * height), (1.0, 1.0, 0.05 * height), "rubber")
    return transform(merge([body, foot]), np.diag([size[0], size[1], 1.0]))


BUILDERS: dict[str, Builder] = {
    "fence.picket": picket_fence,
    "fence.wire": wire_fence,
    "wall.low": low_wall,
    "furniture.billboard": billboard,
    "furniture.cabinet": cabinet,
    "furniture.bike_stand": bike_stand,
    "furniture.garden_set": garden_set,
    "furniture.bins": bins,
    "furniture.planter": planter,
    "furniture.cone": cone,
    "pole.utility": utility_pole,
}
"""By asset key; a builder takes (variant, full size) and leaves the last per cent of fit to its caller."""
