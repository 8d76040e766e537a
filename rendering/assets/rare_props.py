"""What lies, stands or runs on roads in rare cases: ladders, tyres, mattresses, animals, prams, trailers, arms and paddles.

Builders take (variant, full size); rendering.assets.props fits the last per cent. Sizes: sim/catalogue/data/own_props.yaml.
Tested by tests/catalogue/test_own_blueprints.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from rendering.assets.plants import planter_bush
from rendering.assets.signals import sign_plate
from rendering.assets.solids import box, cylinder, lathe, loft, rounded_box, sphere, sweep
from rendering.assets.trailers import signal_trailer, trailer, vms_trailer
from rendering.assets.wheels import spoked_wheel
from rendering.mesh import Mesh, merge, pitch_matrix, shaded, transform
from sim.base.parts import PartKind

Float64 = NDArray[np.float64]


def ladder(key: int, size: Float64) -> Mesh:
    """Two rails and rungs every 28 cm, lying."""
    length, width, height = size
    rails = [
        box((0, y, height / 2), (length, 0.025, height), "rim_alloy") for y in (0.0125 - width / 2, width / 2 - 0.0125)
    ]
    steps = np.arange(-length / 2 + 0.14, length / 2, 0.28)
    rungs = [
        cylinder((x, -width / 2, height / 2), (x, width / 2, height / 2), 0.015, "rim_alloy", segments=8) for x in steps
    ]
    return merge([*rails, *rungs])


def tyre(key: int, size: Float64) -> Mesh:
    """A tyre without its rim, lying flat."""
    radius, width = size[0] / 2, size[2]
    profile = [
        (0.62, 0.12),
        (0.66, 0.02),
        (0.86, 0.0),
        (0.97, 0.07),
        (1.0, 0.22),
        (1.0, 0.78),
        (0.97, 0.93),
        (0.86, 1.0),
    ]
    profile += [(0.66, 0.98), (0.62, 0.88), (0.80, 0.80), (0.80, 0.20), (0.62, 0.12)]
    angle = np.arange(36) * 2.0 * np.pi / 36
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    rings = [np.column_stack([r * radius * circle, np.full(36, z * width)]) for r, z in profile]
    return loft(np.array(rings), "tyre", crease_deg=35.0, cap_start=False, cap_end=False)


def tread_strip(key: int, size: Float64) -> Mesh:
    """A torn, curled strip of tread."""
    length, width, height = size
    s = np.linspace(0.0, 1.0, 24)
    x, z = (s - 0.5) * length, height * (0.16 + 0.74 * np.abs(np.sin(2.2 * s + 0.25)) ** 2.2)
    half = width * (0.36 + 0.12 * np.sin(9.0 * s + 1.0))
    skew = 0.02 * np.sin(23.0 * s)
    pieces = []
    for i in range(len(s) - 1):
        middle = ((x[i] + x[i + 1]) / 2, skew[i], (z[i] + z[i + 1]) / 2)
        run, rise = x[i + 1] - x[i], z[i + 1] - z[i]
        block = box((0, 0, 0), (np.hypot(run, rise) * 1.12, 2 * half[i], 0.028), "tyre")
        pieces.append(transform(block, pitch_matrix(-np.arctan2(rise, run)), middle))
    return merge(pieces)


def mattress(key: int, size: Float64) -> Mesh:
    """A quilted mattress with a piped edge."""
    body = rounded_box((0, 0, size[2] / 2), size, 0.06, "canvas", segments=3)
    piping = [
        box((0, 0, z), (size[0] * 0.985, size[1] * 0.985, 0.012), "plastic_white") for z in (0.03, size[2] - 0.03)
    ]
    return merge([body, *piping])


def branch(key: int, size: Float64) -> Mesh:
    """A bough with side shoots and leaves."""
    length, width, height = size
    random = np.random.default_rng(key)
    s = np.linspace(0.0, 1.0, 8)
    path = np.stack(
        [(s - 0.5) * length, 0.10 * width * np.sin(3.0 * s), 0.25 * height + 0.12 * height * np.sin(2.4 * s)], axis=1
    )
    pieces = [sweep(path, 0.055 * (1.0 - 0.75 * s) + 0.008, "bark", segments=8)]
    tips = [path[-1]]
    for share in (0.35, 0.45, 0.55, 0.66, 0.76, 0.86):
        base = path[int(share * 7)]
        out = np.array([0.45, (random.random() - 0.5) * 1.6, 0.5 * random.random() - 0.05])
        tip = base + out * np.array([0.35 * length, 0.55 * width, 0.8 * height]) * (1.1 - share)
        pieces.append(
            sweep(np.stack([base, 0.5 * (base + tip) + (0, 0, 0.04), tip]), [0.02, 0.013, 0.006], "bark", segments=6)
        )
        tips += [tip, 0.5 * (base + tip)]
    for number, tip in enumerate(tips):
        pieces.append(
            planter_bush(np.add(tip, (0.0, 0.0, -0.05)), 0.15 + 0.07 * random.random(), "leaf_lime", key + number)
        )
    return merge(pieces)


def rock(key: int, size: Float64) -> Mesh:
    """A boulder: a sphere with dents, flat underneath."""
    ball = sphere((0, 0, 0), (0.5, 0.5, 0.5), "kerb_stone", rings=9, segments=13)
    random = np.random.default_rng(key)
    points = ball.vertices.astype(np.float64)
    scale = np.ones(len(points))
    for direction in random.normal(size=(9, 3)):
        direction /= np.linalg.norm(direction)
        depth = 0.30 + 0.10 * random.random()
        along = points @ direction
        scale = np.minimum(scale, np.where(along > depth, depth / np.maximum(along, 1e-6), 1.0))
    points = points * scale[:, None]
    points[:, 2] = np.maximum(points[:, 2], -0.30)
    return transform(
        shaded(points, ball.triangles.astype(np.int64), ball.material, ball.part, crease_deg=28.0), np.diag(size)
    )


def heap(key: int, size: Float64) -> Mesh:
    """Spilled gravel: a low cone and loose stones around it."""
    random = np.random.default_rng(key)
    cone = lathe(
        [(0.42, 0.0), (0.30, 0.38 * size[2]), (0.16, 0.75 * size[2]), (0.05, size[2])], "kerb_stone", segments=18
    )
    pieces = [transform(cone, np.diag([size[0], size[1], 1.0]))]
    for _ in range(160):
        angle, share = random.random() * 2 * np.pi, np.sqrt(random.random())
        radius = 0.02 + 0.03 * random.random()
        x, y = 0.5 * share * np.cos(angle), 0.5 * share * np.sin(angle)
        z = max(0.0, (1.0 - share / 0.9)) * 0.85 * size[2]
        pieces.append(
            sphere(
                (x * (size[0] - 0.1), y * (size[1] - 0.1), z + 0.6 * radius),
                (radius, radius * 0.8, radius * 0.7),
                "kerb_stone",
                rings=4,
                segments=6,
            )
        )
    return merge(pieces)


def crate(key: int, size: Float64) -> Mesh:
    """A boarded crate with battens at its edges."""
    boards = [
        box((0, 0, (k + 0.5) * size[2] / 6), (size[0] - 0.03, size[1] - 0.03, size[2] / 6 - 0.008), "wood_light")
        for k in range(6)
    ]
    battens = [
        box((sx * (size[0] / 2 - 0.04), sy * (size[1] / 2 - 0.01), size[2] / 2), (0.08, 0.02, size[2]), "wood")
        for sx in (-1, 0, 1) for sy in (-1, 1)
    ]  # fmt: skip
    ends = [
        box((sx * (size[0] / 2 - 0.01), sy * (size[1] / 2 - 0.05), size[2] / 2), (0.02, 0.08, size[2]), "wood")
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]
    return merge([*boards, *battens, *ends])


def pallet(key: int, size: Float64) -> Mesh:
    """Deck boards on nine blocks."""
    length, width, height = size
    deck = [
        box((0, y, height - 0.011), (length, w, 0.022), "wood_light")
        for y, w in ((-0.3275, 0.145), (-0.165, 0.10), (0, 0.145), (0.165, 0.10), (0.3275, 0.145))
    ]
    cross = [box((x, 0, height - 0.033), (0.145, width, 0.022), "wood_light") for x in (-0.5275, 0, 0.5275)]
    blocks = [
        box((x, y, 0.061), (0.145, 0.10 if y else 0.145, 0.078), "wood")
        for x in (-0.5275, 0, 0.5275)
        for y in (-0.35, 0, 0.35)
    ]
    skids = [box((0, y, 0.011), (length, 0.10 if y else 0.145, 0.022), "wood_light") for y in (-0.35, 0, 0.35)]
    return merge([*deck, *cross, *blocks, *skids])


def _striped(length: float, section: tuple[float, float], z: float, y0: float, stripe_m: float = 0.5) -> list[Mesh]:
    count = max(round(length / stripe_m), 1)
    run = length / count
    names = ("reflective_white", "stripe_red")
    return [box((0, y0 + (k + 0.5) * run, z), (section[0], run, section[1]), names[k % 2]) for k in range(count)]


def boom_arm(key: int, size: Float64) -> Mesh:
    """A striped boom along y; its hinge end has a clamp."""
    arm = _striped(size[1] - 0.2, (0.6 * size[0], 0.8 * size[2]), size[2] / 2, -size[1] / 2 + 0.2)
    return merge([*arm, box((0, -size[1] / 2 + 0.1, size[2] / 2), (size[0], 0.2, size[2]), "plastic_black")])


def gate_leaf(key: int, size: Float64) -> Mesh:
    """A leaf of a bar gate along y."""
    depth, width, height = size
    frame = [box((0, y, height / 2), (depth, 0.06, height), "pole_dark") for y in (0.03 - width / 2, width / 2 - 0.03)]
    rails = [box((0, 0, z), (0.05, width, 0.05), "pole_dark") for z in (0.12, 0.8 * height, height - 0.03)]
    bars = [
        cylinder((0, y, 0.1), (0, y, height - 0.03), 0.01, "pole_dark", segments=6)
        for y in np.linspace(-width / 2 + 0.15, width / 2 - 0.15, 15)
    ]
    return merge([*frame, *rails, *bars])


def roadworks_barrier(key: int, size: Float64) -> Mesh:
    """A plastic fence with a striped board on top, on two rubber feet; it looks to +-x."""
    depth, width, height = size
    board = _striped(width, (0.05, 0.24), height - 0.12, -width / 2, 0.25)
    posts = [
        box((0, y, 0.5 * height), (0.045, 0.05, height - 0.05), "plastic_orange")
        for y in np.linspace(-width / 2 + 0.03, width / 2 - 0.03, 9)
    ]
    rail = box((0, 0, 0.17), (0.045, width, 0.08), "plastic_orange")
    feet = [
        rounded_box((0, y, 0.05), (depth, 0.26, 0.10), 0.02, "rubber", segments=2)
        for y in (-0.36 * width, 0.36 * width)
    ]
    return merge([*board, *posts, rail, *feet])


def paddle(key: int, size: Float64) -> Mesh:
    """A hand-held stop sign on a stick; its face looks to +x."""
    half = size[1] / 2
    plate = sign_plate("stop", np.array([0.0, 0.0, size[2] - half]), np.array([0.012, half, half]))
    return merge([plate, cylinder((-0.005, 0, 0), (-0.005, 0, size[2] - half), 0.014, "plastic_black", segments=10)])


def stop_arm(key: int, size: Float64) -> Mesh:
    """A school bus's stop arm, swung out along +y from its hinge; its face looks to +x."""
    half = size[2] / 2
    center = np.array([0.0, size[1] / 2 - half, half])
    plate = sign_plate("stop", center, np.array([0.015, half, half]))
    # the upper and the lower lamps, seen from both sides, flash in turn (FMVSS 131): two kinds of red lens tell them apart
    lamps = [
        cylinder((0.0, center[1], z), (x, center[1], z), 0.045, name, int(PartKind.BEACON), segments=12)
        for z, name in ((half + 0.15, "lens_warning_red"), (half - 0.15, "lens_fog_rear"))
        for x in (0.025, -0.025)
    ]
    bracket = [box((0, -size[1] / 2 + 0.09, z), (0.03, 0.2, 0.04), "plastic_black") for z in (0.6 * half, 1.4 * half)]
    hinge = cylinder(
        (0, -size[1] / 2 + 0.02, 0.2 * half), (0, -size[1] / 2 + 0.02, 1.8 * half), 0.02, "rim_steel", segments=8
    )
    return merge([plate, *lamps, *bracket, hinge])


def stroller(key: int, size: Float64) -> Mesh:
    """A pushchair: frame, seat with hood, four wheels; it rolls towards +x."""
    length, width, height = size
    y = width / 2 - 0.04
    cloth = ("plastic_blue", "plastic_red", "pole_dark")[key % 3]
    tubes = [
        [(-length / 2 + 0.05, s * y, height - 0.03), (-0.10, s * y, 0.55), (length / 2 - 0.10, s * y, 0.12)] for s in (-1, 1)
    ] + [[(-length / 2 + 0.18, s * y, 0.12), (0.05, s * y, 0.62)] for s in (-1, 1)]  # fmt: skip
    frame = [sweep(np.array(path), 0.013, "rim_alloy", segments=6) for path in tubes]
    handle = cylinder(
        (-length / 2 + 0.05, -y, height - 0.03), (-length / 2 + 0.05, y, height - 0.03), 0.02, "rubber", segments=8
    )
    seat = transform(box((0, 0, 0), (0.34, width - 0.16, 0.05), cloth), pitch_matrix(-0.2), (0.06, 0, 0.44))
    back = transform(box((0, 0, 0), (0.05, width - 0.16, 0.50), cloth), pitch_matrix(-0.35), (-0.16, 0, 0.66))
    rest = box((0.28, 0, 0.26), (0.16, width - 0.2, 0.03), "plastic_black")
    dome = sphere((-0.10, 0, 0.80), (0.26, width / 2 - 0.06, 0.22), cloth, rings=9, segments=16)
    middle = dome.vertices[dome.triangles].mean(axis=1)
    kept = (middle[:, 2] > 0.79) & (middle[:, 0] < 0.02)
    both = np.concatenate([dome.triangles[kept], dome.triangles[kept][:, ::-1]]).astype(np.int64)
    hood = shaded(dome.vertices, both, dome.material[0], dome.part[0], crease_deg=0.0)
    wheels = [
        transform(spoked_wheel(0.12, 0.02, 8), None, (x, s * y, 0.12))
        for x in (length / 2 - 0.13, -length / 2 + 0.18)
        for s in (-1, 1)
    ]
    return merge([*frame, handle, seat, back, rest, hood, *wheels])


def wheelchair(key: int, size: Float64) -> Mesh:
    """A manual wheelchair without its user; it rolls towards +x."""
    _, width, height = size
    y = width / 2 - 0.03
    wheels = [transform(spoked_wheel(0.30, 0.016, 18), None, (-0.14, s * y, 0.30)) for s in (-1, 1)]
    casters = [transform(spoked_wheel(0.085, 0.02, 6), None, (0.28, s * (y - 0.08), 0.085)) for s in (-1, 1)]
    inner = y - 0.06
    tubes = [
        [(-0.26, s * inner, height), (-0.26, s * inner, 0.30), (0.24, s * inner, 0.30), (0.28, s * inner, 0.12)] for s in (-1, 1)
    ] + [[(-0.24, s * inner, 0.70), (0.14, s * inner, 0.70), (0.16, s * inner, 0.46)] for s in (-1, 1)]  # fmt: skip
    tubes += [
        [(0.16, s * inner, 0.48), (0.34, s * (inner - 0.04), 0.30), (0.44, s * (inner - 0.06), 0.14)] for s in (-1, 1)
    ]
    frame = [sweep(np.array(path), 0.013, "rim_steel", segments=6) for path in tubes]
    seat = box((-0.04, 0, 0.48), (0.42, 2 * inner, 0.035), "plastic_black")
    back = box((-0.26, 0, 0.70), (0.03, 2 * inner, 0.36), "plastic_black")
    arms = [rounded_box((-0.06, s * inner, 0.72), (0.30, 0.05, 0.04), 0.015, "rubber", segments=2) for s in (-1, 1)]
    grips = [
        cylinder((-0.26, s * inner, height - 0.012), (-0.40, s * inner, height - 0.012), 0.014, "rubber", segments=8)
        for s in (-1, 1)
    ]
    plates = [box((0.46, s * 0.11, 0.13), (0.16, 0.14, 0.02), "plastic_black") for s in (-1, 1)]
    return merge([*wheels, *casters, *frame, seat, back, *arms, *grips, *plates])


def plank(key: int, size: Float64) -> Mesh:
    """A sawn board with a steel band at both ends."""
    board = box((0, 0, size[2] / 2), (size[0], size[1] - 0.004, size[2] - 0.004), "wood_light")
    bands = [
        box((x, 0, size[2] / 2), (0.03, size[1], size[2]), "galvanised") for x in (0.1 - size[0] / 2, size[0] / 2 - 0.1)
    ]
    return merge([board, *bands])


SHAPES: Mapping[str, Callable[[int, Float64], Mesh]] = {
    "board_of_wood": plank, "boom_arm": boom_arm, "branch": branch, "crate": crate,
    "gate_leaf": gate_leaf, "heap": heap, "ladder": ladder, "mattress": mattress, "paddle": paddle, "pallet": pallet,
    "roadworks_barrier": roadworks_barrier, "rock": rock, "signal_trailer": signal_trailer, "stop_arm": stop_arm,
    "stroller": stroller, "trailer": trailer, "tread_strip": tread_strip, "tyre": tyre, "vms_trailer": vms_trailer,
    "wheelchair": wheelchair,
}  # fmt: skip
"""Builders by the `shape` of a PropSpec."""
