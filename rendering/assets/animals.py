"""Animals on the road: soft bodies in fur over the bones of sim.catalogue.quadrupeds. They look to +x, origin on the ground.

Their legs move with the way that they have covered. Coats differ from one individual to the next. Tested by
tests/rendering/test_assets_animals.py.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rendering import mesh_store
from rendering.assets.parts import Part, PoseKind
from rendering.assets.skin import MovedSkin, Skin, joined
from rendering.assets.soft_solids import SoftMesh, Solid, ellipsoid, soft_mesh, tube
from rendering.mesh import pitch_matrix, roll_matrix
from sim.base.taxonomy import ObjectClass
from sim.catalogue.quadrupeds import BODY, HEAD, LEGS, NECK, QUADRUPEDS, TAIL, Quadruped, bones_at

Float64 = NDArray[np.float64]

_LEFT = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class Shape:
    """Girths of one kind, in m: trunk half heights and half widths from rump to chest, and so on."""

    trunk_high: tuple[float, ...]
    trunk_wide: tuple[float, ...]
    belly_up: tuple[float, ...]
    neck: tuple[float, float]
    skull: float
    muzzle: float
    haunch: float
    shoulder: float
    leg: tuple[float, float, float]
    ear: tuple[float, float, float]
    ears_up: bool
    tail: tuple[float, float, float]
    """Length, its direction's drop (z per x), radius."""
    coats: tuple[str, ...]
    cell_m: float


SHAPES = {
    "dog": Shape(
        (0.075, 0.098, 0.098, 0.115, 0.125, 0.080),
        (0.065, 0.088, 0.092, 0.102, 0.095, 0.060),
        (0.0, 0.010, 0.012, 0.004, -0.01, 0.0),
        (0.088, 0.070),
        0.080,
        0.044,
        0.080,
        0.068,
        (0.034, 0.021, 0.019),
        (0.022, 0.012, 0.055),
        False,
        (0.30, -0.35, 0.024),
        ("fur_golden", "fur_black", "fur_brown", "fur_grey"),
        0.0150,
    ),
    "cat": Shape(
        (0.040, 0.054, 0.052, 0.052, 0.055, 0.045),
        (0.036, 0.048, 0.050, 0.048, 0.045, 0.036),
        (0.0, 0.002, 0.002, 0.0, 0.0, 0.0),
        (0.039, 0.035),
        0.046,
        0.022,
        0.040,
        0.030,
        (0.018, 0.0115, 0.012),
        (0.009, 0.017, 0.031),
        True,
        (0.24, -0.9, 0.012),
        ("fur_grey", "fur_black", "fur_golden", "fur_white"),
        0.0085,
    ),
    "deer": Shape(
        (0.090, 0.118, 0.122, 0.132, 0.135, 0.080),
        (0.075, 0.100, 0.105, 0.108, 0.095, 0.055),
        (0.01, 0.015, 0.015, 0.005, -0.01, 0.0),
        (0.085, 0.055),
        0.062,
        0.030,
        0.095,
        0.075,
        (0.036, 0.021, 0.0165),
        (0.022, 0.030, 0.075),
        True,
        (0.05, -0.8, 0.022),
        ("fur_roe", "fur_roe", "fur_brown"),
        0.0175,
    ),
    "boar": Shape(
        (0.125, 0.170, 0.190, 0.205, 0.205, 0.140),
        (0.105, 0.150, 0.160, 0.160, 0.150, 0.100),
        (0.01, 0.015, 0.0, -0.01, -0.02, 0.0),
        (0.165, 0.125),
        0.105,
        0.052,
        0.110,
        0.095,
        (0.048, 0.028, 0.024),
        (0.020, 0.035, 0.065),
        True,
        (0.24, -1.6, 0.014),
        ("fur_boar", "fur_boar", "fur_brown"),
        0.0200,
    ),
    "horse": Shape(
        (0.235, 0.285, 0.275, 0.285, 0.290, 0.170),
        (0.210, 0.265, 0.270, 0.255, 0.215, 0.120),
        (0.0, 0.015, 0.02, 0.01, -0.01, 0.0),
        (0.195, 0.120),
        0.135,
        0.078,
        0.240,
        0.185,
        (0.098, 0.056, 0.042),
        (0.030, 0.040, 0.095),
        True,
        (0.62, -2.6, 0.060),
        ("fur_chestnut", "fur_brown", "fur_black", "fur_grey"),
        0.0340,
    ),
}


def animal_part(kind: str, individual: int) -> Part:
    """The part of one animal with a mesh of its own; `individual` (any number, such as a track id) chooses the coat."""
    animal, shape = QUADRUPEDS[kind], SHAPES[kind]
    coat = shape.coats[(individual * 2654435761 >> 7) % len(shape.coats)]
    moved = MovedSkin(_skin(kind, coat), animal_bones, animal, animal.stride_m)
    return Part((moved.mesh_at(0.0, 0.0),), PoseKind.GAIT, ObjectClass.ANIMAL, transient=True, moved=moved)


def animal_bones(members: Sequence[Hashable], speeds_mps: Float64, phases_rad: Float64) -> Float64:
    """Bones (N, 16, 4, 4) of N Quadrupeds."""
    return bones_at([member for member in members if isinstance(member, Quadruped)], speeds_mps, phases_rad)


@lru_cache(maxsize=32)
def _skin(kind: str, coat: str) -> Skin:
    def build() -> mesh_store.Arrays:
        skin = joined(_pieces(QUADRUPEDS[kind], SHAPES[kind], coat), _bind(QUADRUPEDS[kind]))
        return [*mesh_store.flat([skin.mesh]), skin.bones, skin.weights, skin.bone_from_bind]

    *mesh, bones, weights, bone_from_bind = mesh_store.cached(mesh_store.recipe("animal", kind, coat), build)
    return Skin(mesh_store.meshes_of(mesh)[0], bones, weights, bone_from_bind)


def _bind(animal: Quadruped) -> Float64:
    return np.asarray(bones_at([replace(animal, middle_x_m=0.0)], np.zeros(1), np.zeros(1))[0])


def _pieces(animal: Quadruped, shape: Shape, coat: str) -> list[tuple[SoftMesh, str]]:
    bind = _bind(animal)
    solids = [*_trunk(animal, shape), *_head(animal, shape)]
    hooves: list[Solid] = []
    toes: list[Solid] = []
    shanks: list[Solid] = []
    for leg in range(4):
        limb, last, foot = _leg(animal, shape, bind, leg)
        solids += limb
        shanks.append(last)
        (hooves if animal.name in ("deer", "horse", "boar") else toes).append(foot)
    pieces: list[tuple[SoftMesh, str]] = []

    def separate(points: Float64, name: int) -> Float64:
        if name < LEGS:
            return np.ones(len(points))
        side = points[:, 1] if (name - LEGS) // 3 % 2 == 0 else -points[:, 1]
        return np.asarray(np.clip(side / (0.25 * animal.half_width_m) + 0.5, 0.0, 1.0))

    def flat(points: Float64) -> Float64:
        return np.asarray(-points[..., 2])

    pieces.append((soft_mesh(solids, shape.cell_m, (), (), None, 0.45 * shape.haunch, separate), coat))
    pieces.append((soft_mesh([*shanks, *toes], 0.62 * shape.cell_m, [flat], (), None, 0.02, separate), coat))
    if hooves:
        pieces.append((soft_mesh(hooves, 0.5 * shape.cell_m, [flat], (), None, 0.01, separate), "hoof"))
    return pieces + _details(animal, shape, coat)


def _trunk(animal: Quadruped, shape: Shape) -> list[Solid]:
    length = animal.fore_x_m - animal.hind_x_m
    top = animal.withers_m
    rear, front = animal.hind_x_m - 0.16 * length, animal.fore_x_m + 0.14 * length
    share = np.linspace(0.0, 1.0, len(shape.trunk_high))
    high, wide, lift = np.array(shape.trunk_high), np.array(shape.trunk_wide), np.array(shape.belly_up)
    middle = top - shape.trunk_high[3]
    # backs are level: the middle of each section lies its half height under them
    shift = (top - high) - middle + 0.5 * lift
    knots = np.stack([share, wide, high, shift], axis=1)
    trunk = tube((rear, 0, middle), (front, 0, middle), knots, _LEFT, BODY, exponent=2.2, blend_m=0.3 * high.max())
    neck_base = np.array([animal.fore_x_m + 0.02 * length, 0.0, top - 0.75 * shape.neck[0]])
    poll = np.array([animal.fore_x_m + animal.neck_m[0], 0.0, top + animal.neck_m[1]])
    thick = [
        [0.0, 0.80 * shape.neck[0], shape.neck[0], 0.0],
        [0.5, 0.62 * sum(shape.neck) / 2, 0.5 * sum(shape.neck), 0.0],
        [1.0, 0.75 * shape.neck[1], shape.neck[1], 0.0],
    ]
    neck = tube(neck_base, poll, thick, _LEFT, ((0.05, BODY), (0.45, NECK), (1.1, HEAD)), blend_m=0.5 * shape.neck[0])
    dock = np.array([rear + 0.04 * length, 0.0, top - 0.45 * shape.trunk_high[0]])
    drop = np.array([-1.0, 0.0, shape.tail[1]]) / np.hypot(1.0, shape.tail[1])
    r = shape.tail[2]
    tail = tube(
        dock,
        dock + shape.tail[0] * drop,
        [[0, r, r, 0], [0.6, 0.95 * r, 0.95 * r, 0], [1, 0.35 * r, 0.35 * r, 0]],
        _LEFT,
        TAIL,
        blend_m=0.02,
    )
    return [trunk, neck, tail] if animal.name != "horse" else [trunk, neck]


def _head(animal: Quadruped, shape: Shape) -> list[Solid]:
    poll = np.array([animal.fore_x_m + animal.neck_m[0], 0.0, animal.withers_m + animal.neck_m[1]])
    nose = poll + np.array([animal.head_m[0], 0.0, animal.head_m[1]])
    along = (nose - poll) / np.linalg.norm(nose - poll)
    s, m = shape.skull, shape.muzzle
    brain = poll + 0.55 * s * along
    tilt = pitch_matrix(float(np.arctan2(-along[2], along[0])))
    return [
        ellipsoid(brain, (1.20 * s, 0.78 * s, 0.85 * s), HEAD, tilt, 0.4 * s),
        tube(
            brain,
            nose - 0.8 * m * along,
            [[0, 0.62 * s, 0.70 * s, -0.1 * s], [0.45, 1.05 * m, 1.25 * m, 0], [1, 0.85 * m, 0.9 * m, 0]],
            _LEFT,
            HEAD,
            blend_m=0.3 * s,
        ),
    ]


def _details(animal: Quadruped, shape: Shape, coat: str) -> list[tuple[SoftMesh, str]]:
    """Ears, eyes, nose; mane and tail of a horse, the mirror of a deer, tusks of a boar."""
    poll = np.array([animal.fore_x_m + animal.neck_m[0], 0.0, animal.withers_m + animal.neck_m[1]])
    nose = poll + np.array([animal.head_m[0], 0.0, animal.head_m[1]])
    along = (nose - poll) / np.linalg.norm(nose - poll)
    up = np.array([-along[2], 0.0, along[0]])
    s, cell = shape.skull, 0.5 * shape.cell_m
    ears, eyes = [], []
    for side in (1, -1):
        y = np.array([0.0, side * 1.0, 0.0])
        place = poll + (0.15 * s + 0.9 * shape.ear[2] * shape.ears_up) * up * 0.9 + 0.72 * s * y + 0.1 * s * along
        if not shape.ears_up:
            place = poll + 0.45 * s * along + 0.80 * s * y - 0.15 * s * up
        ears.append(ellipsoid(place, shape.ear, HEAD, roll_matrix(-0.40 * side if shape.ears_up else 0.15 * side), 0.0))
        eyes.append(
            ellipsoid(poll + 1.05 * s * along + 0.58 * s * y + 0.36 * s * up, 0.15 * s * np.ones(3), HEAD, None, 0.0)
        )
    pieces = [(soft_mesh(ears, cell), coat), (soft_mesh(eyes, 0.09 * s), "eye")]
    tip = ellipsoid(
        nose - 0.35 * shape.muzzle * along + 0.25 * shape.muzzle * up, 0.72 * shape.muzzle * np.ones(3), HEAD, None, 0.0
    )
    if animal.name != "horse":
        pieces.append((soft_mesh([tip], 0.6 * cell), "nose"))
    if animal.name == "horse":
        base = np.array([animal.fore_x_m + 0.02, 0.0, animal.withers_m + 0.02])
        crest = tube(
            base,
            poll + 0.10 * up,
            [[0, 0.03, 0.11, 0], [0.5, 0.045, 0.13, 0.02], [1, 0.035, 0.08, 0]],
            _LEFT,
            ((0.2, NECK), (1.0, HEAD)),
        )
        dock = np.array([animal.hind_x_m - 0.22, 0.0, animal.withers_m - 0.16])
        tail = tube(
            dock,
            dock + np.array([-0.17, 0.0, -0.80]),
            [[0, 0.05, 0.05, 0], [0.35, 0.085, 0.075, 0.04], [0.8, 0.07, 0.06, 0.0], [1, 0.025, 0.025, 0]],
            _LEFT,
            TAIL,
        )
        pieces.append((soft_mesh([crest, tail], 0.024), "fur_black" if coat != "fur_chestnut" else "fur_brown"))
    if animal.name == "deer":
        rump = np.array([animal.hind_x_m - 0.150, 0.0, animal.withers_m - 0.155])
        pieces.append((soft_mesh([ellipsoid(rump, (0.050, 0.066, 0.090), BODY)], cell), "fur_white"))
    return pieces


def _leg(animal: Quadruped, shape: Shape, bind: Float64, leg: int) -> tuple[list[Solid], Solid, Solid]:
    first, fore = LEGS + 3 * leg, leg < 2
    points = [bind[first + k, :3, 3] for k in range(3)]
    foot = np.array([animal.fore_x_m if fore else animal.hind_x_m, points[0][1], 0.0])
    r0, r1, r2 = shape.leg
    bulk = shape.shoulder if fore else shape.haunch
    upper = tube(
        points[0] + (0, 0, 0.25 * bulk),
        points[1],
        [[0.0, 0.55 * bulk, bulk, 0.0], [0.45, 0.50 * bulk, 0.85 * bulk, 0.0], [1.0, 1.15 * r0, 1.3 * r0, 0.0]],
        _LEFT,
        ((0.0, BODY), (0.45, first)),
        blend_m=0.5 * bulk,
    )
    lower = tube(
        points[1],
        points[2],
        [[0.0, r0, 1.25 * r0, 0.0], [0.6, 1.05 * r1, 1.15 * r1, 0.0], [1.0, 1.05 * r1, 1.2 * r1, 0.0]],
        _LEFT,
        first + 1,
        blend_m=0.4 * r0,
    )
    last = tube(
        points[2],
        foot + np.array([0.0, 0.0, 0.8 * r2]),
        [[0.0, r1, 1.2 * r1, 0.0], [0.25, r2, 1.05 * r2, 0.0], [0.8, r2, r2, 0.0], [1.0, 1.15 * r2, 1.2 * r2, 0.0]],
        _LEFT,
        first + 2,
        blend_m=0.4 * r1,
    )
    paw = ellipsoid(
        foot + np.array([0.7 * r2, 0.0, 0.55 * r2]), (1.9 * r2, 1.35 * r2, 1.15 * r2), first + 2, None, 0.5 * r2
    )
    return [upper, lower], last, paw
