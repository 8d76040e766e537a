"""Street furniture and barriers, each built to the box it is given: x along its length, +y towards the road."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rendering.assets.signals import sign_plate
from rendering.assets.solids import box, cylinder, lathe, loft, rounded_box, sphere, sweep
from rendering.mesh import PART_GLASS, PART_LAMP, PART_POLE, Mesh, merge, transform, yaw_matrix

Float64 = NDArray[np.float64]
Builder = Callable[[int, Float64], Mesh]

LAMP_MAST_X_M = 0.15
"""A street lamp's mast stands this far inside the end of its box; its arm reaches along +x."""


def bench(variant: int, size: Float64) -> Mesh:
    """Slats on two frames, with a back except for the last variant; one sits looking to +y."""
    length, depth, height = size
    seat = min(0.45, 0.58 * height) if variant < 2 else height - 0.03
    wood = ("wood", "wood_light", "concrete")[variant % 3]
    slats = [
        box((0, (k - 1.5) * depth * 0.19 + 0.05 * depth, seat), (length, depth * 0.16, 0.04), wood) for k in range(4)
    ]
    back = []
    if height > seat + 0.15:
        slats_up = (seat + 0.14, 0.5 * (seat + height) + 0.06, height - 0.05)
        back = [box((0, -depth / 2.0 + 0.03, z), (length, 0.04, 0.09), wood) for z in slats_up]
    legs = []
    for x in (-0.38 * length, 0.38 * length):
        legs.append(box((x, 0.05 * depth, 0.5 * seat), (0.06, depth * 0.8, 0.05), "pole_dark"))
        legs += [box((x, y, seat / 2.0), (0.06, 0.06, seat), "pole_dark") for y in (-0.34 * depth, 0.42 * depth)]
        if back:
            legs.append(box((x, -depth / 2.0 + 0.055, 0.5 * (seat + height)), (0.05, 0.03, height - seat), "pole_dark"))
    return merge([*slats, *back, *legs])


def litter_bin(variant: int, size: Float64) -> Mesh:
    """A round bin with a domed lid and a dark slot, or a wheelie bin."""
    length, depth, height = size
    color = ("plastic_green", "pole_dark", "sheet_metal")[variant % 3]
    radius = 0.5
    body = lathe(
        [
            (0.0, 0.0),
            (radius * 0.86, 0.0),
            (radius * 0.94, 0.78 * height),
            (radius, 0.80 * height),
            (radius, 0.84 * height),
        ],
        color,
        segments=20,
    )
    lid = lathe(
        [(radius * 0.97, 0.90 * height), (radius * 0.8, 0.96 * height), (0.3, 0.99 * height), (0.0, height)],
        color,
        segments=20,
    )
    slot = cylinder((0, 0, 0.8 * height), (0, 0, 0.92 * height), radius * 0.88, "rubber", segments=20)
    return transform(merge([body, lid, slot]), np.diag([length, depth, 1.0]))


def wheelie_bin(variant: int, size: Float64) -> Mesh:
    """A two-wheeled refuse bin with a sloping lid."""
    length, depth, height = size
    color = ("plastic_green", "plastic_blue", "pole_dark", "plastic_yellow")[variant % 4]
    sections = [(0.02, 0.74, 0.78), (0.86, 0.94, 0.96), (0.90, 1.0, 1.0)]
    rings = np.array(
        [
            [
                (sx * 0.5 * length * a, sy * 0.5 * depth * b, z * height)
                for a, b in ((x, y),)
                for sx, sy in ((1, 1), (-1, 1), (-1, -1), (1, -1))
            ]
            for z, x, y in sections
        ]
    )
    lid = rounded_box((0, 0, 0.945 * height), (length, depth, 0.11 * height), 0.04, color)
    wheels = [
        cylinder((-0.36 * length, y, 0.09), (-0.36 * length, y + 0.04, 0.09), 0.09, "rubber")
        for y in (-0.42 * depth, 0.42 * depth - 0.04)
    ]
    return merge([loft(rings, color), lid, *wheels])


def bollard(variant: int, size: Float64) -> Mesh:
    """A steel post with a reflective band and a cap."""
    height = size[2]
    names = (
        ("pole_dark", "reflective_white", "pole_dark")
        if variant % 2 == 0
        else ("galvanised", "stripe_red", "galvanised")
    )
    body = lathe(
        [(0.46, 0.0), (0.44, 0.74 * height), (0.44, 0.88 * height), (0.46, 0.95 * height), (0.2, height)],
        [*names, names[2]],
        segments=16,
    )
    foot = lathe([(0.5, 0.0), (0.5, 0.03 * height)], names[0], segments=16)
    return transform(merge([body, foot]), np.diag([size[0], size[1], 1.0]))


def fence(variant: int, size: Float64) -> Mesh:
    """Bars between two rails, posts at both ends; the last variant is of boards."""
    length, depth, height = size
    color = ("pole_dark", "galvanised", "wood")[variant % 3]
    pieces = [box((0, 0, z * height), (length, depth * 0.45, 0.05), color) for z in (0.14, 0.90)]
    posts = max(round(length / 1.5), 1)
    for k in range(posts + 1):
        x = np.clip((k / posts - 0.5) * length, -length / 2 + 0.03, length / 2 - 0.03)
        pieces.append(box((x, 0, height / 2.0), (0.06, depth, height), color))
    if variant % 3 == 2:
        count = max(int(length / 0.16), 1)
        pieces.extend(
            box(
                ((k + 0.5) / count * length - length / 2.0, depth * 0.3, 0.52 * height),
                (0.12, 0.018, 0.90 * height),
                color,
            )
            for k in range(count)
        )
    else:
        count = max(int(length / 0.13), 1)
        for k in range(count):
            x = (k + 0.5) / count * length - length / 2.0
            pieces.append(cylinder((x, 0, 0.05), (x, 0, 0.97 * height), 0.011, color, segments=5, capped=False))
    return merge(pieces)


def guard_rail(variant: int, size: Float64) -> Mesh:
    """A W-beam on posts (EN 1317); the beam's face looks to +y."""
    length, depth, height = size
    z, rise = height - 0.155, 0.155
    face = depth / 2.0
    outline = [(0.0, -1.0), (1.0, -0.72), (1.0, -0.45), (0.15, -0.1), (0.15, 0.1), (1.0, 0.45), (1.0, 0.72), (0.0, 1.0)]
    front = [(face - 0.08 + 0.08 * a, z + rise * b) for a, b in outline]
    back = [(y - 0.006, w) for y, w in reversed(front)]
    section = np.array(front + back)
    rings = np.stack([np.column_stack([np.full(len(section), x), section]) for x in (-length / 2.0, length / 2.0)])
    beam = loft(rings, "galvanised", crease_deg=30.0, cap_start=False, cap_end=False)
    pieces = [beam]
    posts = max(round(length / 2.0), 1)
    for k in range(posts):
        x = ((k + 0.5) / posts - 0.5) * length
        pieces.append(box((x, 0.06 - face, 0.5 * (height - 0.05)), (0.10, 0.12, height - 0.05), "galvanised"))
        pieces.append(box((x, 0.02, z), (0.12, depth - 0.20, 0.16), "galvanised"))
    return merge(pieces)


def mailbox(variant: int, size: Float64) -> Mesh:
    """A letter box with a round top on a foot."""
    length, depth, height = size
    color = ("plastic_yellow", "plastic_red")[variant % 2]
    body_z = 0.42 * height
    angle = np.linspace(0.0, np.pi, 9)
    top = [(0.5 * length * np.cos(a), 0.82 * height + 0.18 * height * np.sin(a)) for a in angle]
    section = np.array([(0.5 * length, body_z), *top, (-0.5 * length, body_z)])
    rings = np.stack(
        [np.column_stack([section[:, 0], np.full(len(section), y), section[:, 1]]) for y in (depth / 2.0, -depth / 2.0)]
    )
    slot = box((0, depth / 2.0, 0.80 * height), (0.62 * length, 0.012, 0.03), "rubber")
    plate = box((0, depth / 2.0, 0.64 * height), (0.4 * length, 0.010, 0.16 * height), "plastic_white")
    foot = cylinder((0, 0, 0), (0, 0, body_z), 0.16 * length, "pole_dark")
    return merge([loft(rings, color), slot, plate, foot])


def bus_stop(variant: int, size: Float64) -> Mesh:
    """A shelter of glass panes with a bench, and the stop's sign; open towards +y."""
    length, depth, height = size
    frame = ("frame_metal", "pole_dark")[variant % 2]
    roof = box((0, 0, height - 0.05), (length, depth, 0.10), frame)
    posts = [
        cylinder((x, y, 0), (x, y, height - 0.1), 0.035, frame, segments=8)
        for x in (-0.48 * length, 0.0, 0.48 * length)
        for y in (-depth / 2 + 0.06,)
    ]
    posts += [
        cylinder((x, depth / 2 - 0.35, 0), (x, depth / 2 - 0.35, height - 0.1), 0.035, frame, segments=8)
        for x in (-0.48 * length, 0.48 * length)
    ]
    panes = [
        box((x, -depth / 2 + 0.06, 1.15), (0.46 * length, 0.012, 1.9), "glass_window", PART_GLASS)
        for x in (-0.24 * length, 0.24 * length)
    ]
    panes += [
        box((x, -0.12, 1.15), (0.012, depth * 0.55, 1.9), "glass_window", PART_GLASS)
        for x in (-0.48 * length, 0.48 * length)
    ]
    seat = transform(bench(2, np.array([0.5 * length, 0.4, 0.45])), None, (0.0, -depth / 2 + 0.35, 0.0))
    sign = sign_plate("bus_stop", np.zeros(3), np.array([0.012, 0.22, 0.22]))
    sign = transform(sign, yaw_matrix(0.0), (0.48 * length - 0.03, depth / 2 - 0.25, height - 0.45))
    return merge([roof, *posts, *panes, seat, sign])


def street_lamp(variant: int, size: Float64) -> Mesh:
    """A tapered mast near the -x end with an arm along +x, or a post-top lantern; the lit glass looks down."""
    length, width, height = size
    reach = length - LAMP_MAST_X_M
    if variant % 2 == 0:
        head = reach - 0.62
        path = np.array(
            [
                (0, 0, height - 1.1),
                (0, 0, height - 0.55),
                (0.14, 0, height - 0.20),
                (0.45 * head, 0, height - 0.10),
                (head, 0, height - 0.075),
            ]
        )
        arm = sweep(path, [0.052, 0.05, 0.045, 0.04, 0.036], "galvanised", PART_POLE, segments=10)
        mast = cylinder((0, 0, 0), (0, 0, height - 1.08), 0.085, "galvanised", PART_POLE, 0.052, segments=12)
    else:
        head = reach - 0.62
        mast = cylinder((0, 0, 0), (0, 0, height - 0.10), 0.09, "pole_dark", PART_POLE, 0.05, segments=12)
        arm = cylinder((0, 0, height - 0.30), (head, 0, height - 0.075), 0.032, "pole_dark", PART_POLE, segments=8)
    shade = rounded_box(
        (head + 0.31, 0, height - 0.055),
        (0.62, width, 0.11),
        0.05,
        "galvanised" if variant % 2 == 0 else "pole_dark",
        PART_POLE,
    )
    glass = box((head + 0.33, 0, height - 0.112), (0.46, 0.72 * width, 0.012), "street_lamp", PART_LAMP)
    base = cylinder(
        (0, 0, 0),
        (0, 0, 0.9),
        min(0.115, LAMP_MAST_X_M),
        "galvanised" if variant % 2 == 0 else "pole_dark",
        PART_POLE,
        segments=12,
    )
    toe = box((0, 0, 0.01), (2 * LAMP_MAST_X_M, min(width, 0.3), 0.02), "concrete", PART_POLE)
    lamp = merge([mast, arm, shade, glass, base, toe])
    return transform(lamp, None, (LAMP_MAST_X_M - length / 2.0, 0.0, 0.0))


def ball(variant: int, size: Float64) -> Mesh:
    """A ball, or anything round."""
    color = ("plastic_red", "plastic_yellow", "plastic_white", "plastic_blue")[variant % 4]
    return sphere((0, 0, size[2] / 2.0), size / 2.0, color, rings=10, segments=16)


BUILDERS: dict[str, Builder] = {
    "furniture.bench": bench,
    "furniture.bin": litter_bin,
    "furniture.bollard": bollard,
    "fence.metal": fence,
    "rail.guard": guard_rail,
    "furniture.mailbox": mailbox,
    "furniture.bus_stop": bus_stop,
    "pole.street_lamp": street_lamp,
}
"""By asset key; a builder takes (variant, full size) and leaves the last per cent of fit to its caller."""
