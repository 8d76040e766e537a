"""People: one smooth skin over the joints of a Pose, the same triangles in every pose.

Every limb is a tube whose rings turn gradually through the joints; the torso, head, hair, hands and shoes are tubes of other
sections. The frames of a gait are built at once as arrays with a leading axis.
Tested by tests/rendering/test_assets_people.py: feet on the ground, height, continuity, windings.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rendering.assets.parts import Part, PoseKind
from rendering.assets.solids import index_of
from rendering.materials import SLOT_HAIR, SLOT_SKIN, SLOT_TOP, SLOT_TROUSERS, linear_from_srgb
from rendering.mesh import PART_BODY, Mesh, smooth_normals
from sim.base.taxonomy import ObjectClass
from sim.catalogue.gait import PHASES, Body, Pose, body_of, gait_speeds_mps, moving, standing
from sim.catalogue.skeleton import pose_from_text
from sim.catalogue.spec import WalkerSpec

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

Tube = tuple[Float64, Int64]
"""Rings (F, K, S, 3) and the material of each of the K intervals (the last one is the end cap's)."""


def walker_part(spec: WalkerSpec, joints: str = "") -> Part:
    """The gait part of a pedestrian: five sets (standing, slow, walk, fast, run) of PHASES meshes, origin mid-body.

    `joints`, from sim.catalogue.skeleton.joints_text, is a pose of its own: one mesh that does not walk.
    """
    slots = np.full((5, 3), 0.3, np.float32)
    for slot, color in enumerate((spec.top_rgb, spec.trousers_rgb, spec.skin_rgb, spec.hair_rgb), start=1):
        slots[slot] = linear_from_srgb(color)
    if joints:
        body = body_of(spec.height_m, spec.shoulder_width_m, spec.age)
        mesh = person_meshes(body, spec, pose_from_text(joints), on_ground=False)[0]
        human = ObjectClass.PEDESTRIAN
        return Part(meshes=(mesh,), kind=PoseKind.FIXED, object_class=human, slot_colors=slots, transient=True)
    speeds = gait_speeds_mps(spec)
    return Part(
        meshes=_walker_meshes(spec, speeds),
        kind=PoseKind.GAIT,
        object_class=ObjectClass.PEDESTRIAN,
        slot_colors=slots,
        gait_speeds_mps=speeds,
        phases=PHASES,
    )


@lru_cache(maxsize=128)
def _walker_meshes(spec: WalkerSpec, speeds: tuple[float, ...]) -> tuple[Mesh, ...]:
    body = body_of(spec.height_m, spec.shoulder_width_m, spec.age)
    still = person_meshes(body, spec, standing(body))
    meshes = [still[0]] * PHASES
    for speed in speeds[1:]:
        meshes += person_meshes(body, spec, moving(body, speed))
    return tuple(meshes)


def person_meshes(body: Body, spec: WalkerSpec, pose: Pose, on_ground: bool = True) -> list[Mesh]:
    """One mesh for each frame of the pose, feet at -height / 2; `on_ground=False` (riders) keeps the pose's own z."""
    short_sleeves = sum(map(ord, spec.type_id)) % 3 == 0
    tubes = [*_legs(body, pose), _torso(body, pose, spec), *_arms(body, pose, short_sleeves), *_head(body, pose, spec)]
    for side in range(2):
        tubes += [_shoe(body, pose, side), _hand(body, pose, side)]
    if spec.age == "child" and sum(map(ord, spec.type_id)) % 2 == 0:
        tubes.append(_backpack(body, pose))
    points, faces, materials, base = [], [], [], 0
    for rings, material in tubes:
        vertices, triangles, cells = _skin(rings, material)
        points.append(vertices)
        faces.append(triangles + base)
        materials.append(cells)
        base += vertices.shape[1]
    vertices = np.concatenate(points, axis=1)
    triangles = np.concatenate(faces)
    shared_material = np.concatenate(materials).astype(np.uint16)
    if on_ground:
        lowest = vertices[..., 2].min(axis=1, keepdims=True)
        # a runner's flight (both feet well above the ground) is kept; contact is made exact
        vertices[..., 2] -= np.minimum(lowest, 0.012 * spec.height_m) + spec.height_m / 2.0
    normals = smooth_normals(vertices, triangles)
    part = np.full(len(triangles), PART_BODY, np.uint8)
    shared = triangles.astype(np.uint32)
    return [
        Mesh(v.astype(np.float32), n, shared, shared_material, part) for v, n in zip(vertices, normals, strict=True)
    ]


def _skin(rings: Float64, material: Int64) -> tuple[Float64, Int64, Int64]:
    """Vertices (F, V, 3), triangles and their materials of a tube with rounded-off ends (a pole at each)."""
    frames, count, sides = rings.shape[:3]
    poles = np.stack([rings[:, 0].mean(axis=1), rings[:, -1].mean(axis=1)], axis=1)
    vertices = np.concatenate([rings.reshape(frames, count * sides, 3), poles], axis=1)
    row, column = np.meshgrid(np.arange(count - 1), np.arange(sides), indexing="ij")
    following = (column + 1) % sides
    a, b = row * sides + column, row * sides + following
    faces = np.stack([a, b, b + sides, a, b + sides, a + sides], axis=-1).reshape(-1, 3)
    i, j = np.arange(sides), (np.arange(sides) + 1) % sides
    last = (count - 1) * sides
    start = np.stack([j, i, np.full(sides, count * sides)], axis=1)
    end = np.stack([last + i, last + j, np.full(sides, count * sides + 1)], axis=1)
    cells = np.concatenate(
        [np.repeat(material[:-1], 2 * sides), np.full(sides, material[0]), np.full(sides, material[-1])]
    )
    return vertices, np.concatenate([faces, start, end]), cells


def _limb(
    start: Float64, joint: Float64, end: Float64, share: Float64, radii: Float64, side_axis: Float64, sides: int = 10
) -> Float64:
    """Rings (F, K, S, 3) along start-joint-end; `share` (K,) is 0 at the start, 1 at the joint, 2 at the end, radii (K, 2)."""
    first, second = joint - start, end - joint
    along = np.where(
        (share <= 1.0)[None, :, None],
        start[:, None] + first[:, None] * share[None, :, None],
        joint[:, None] + second[:, None] * (share - 1.0)[None, :, None],
    )
    blend = np.clip((share - 0.72) / 0.56, 0.0, 1.0)
    blend = (blend * blend * (3.0 - 2.0 * blend))[None, :, None]
    unit1 = first / np.linalg.norm(first, axis=-1, keepdims=True)
    unit2 = second / np.linalg.norm(second, axis=-1, keepdims=True)
    tangent = unit1[:, None] * (1.0 - blend) + unit2[:, None] * blend
    return tube_rings(along, tangent, radii, side_axis, sides)


def tube_rings(center: Float64, tangent: Float64, radii: Float64, side_axis: Float64, sides: int = 10) -> Float64:
    """Elliptic rings (F, K, S, 3) round centres (F, K, 3); radii (K, 2) along the side axis and across it."""
    tangent = tangent / np.linalg.norm(tangent, axis=-1, keepdims=True)
    side = np.broadcast_to(side_axis, tangent.shape)
    side = side - tangent * np.sum(side * tangent, axis=-1, keepdims=True)
    side = side / np.linalg.norm(side, axis=-1, keepdims=True)
    front = np.cross(tangent, side)
    angle = np.arange(sides) * 2.0 * np.pi / sides
    offset = side[:, :, None] * (radii[None, :, None, :1] * np.cos(angle)[None, None, :, None])
    offset = offset + front[:, :, None] * (radii[None, :, None, 1:] * np.sin(angle)[None, None, :, None])
    return np.asarray(center[:, :, None] + offset)


_LEFT = np.array([0.0, 1.0, 0.0])


def _cells(count: int, chooser: Callable[[int], int]) -> Int64:
    return np.array([chooser(k) for k in range(count)], dtype=np.int64)


def _legs(body: Body, pose: Pose) -> list[Tube]:
    share = np.array([-0.10, 0.05, 0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.45, 1.7, 1.88, 1.98])
    wide = np.array([0.046, 0.052, 0.051, 0.046, 0.039, 0.036, 0.0355, 0.0345, 0.0345, 0.035, 0.031, 0.029, 0.030])
    deep = np.array([0.050, 0.056, 0.055, 0.049, 0.042, 0.039, 0.0385, 0.037, 0.038, 0.039, 0.033, 0.031, 0.032])
    radii = np.stack([wide, deep], axis=1) * body.height_m
    return [
        (
            _limb(pose.hip[:, s], pose.knee[:, s], pose.ankle[:, s], share, radii, _LEFT),
            _cells(13, lambda k: SLOT_TROUSERS),
        )
        for s in range(2)
    ]


def _arms(body: Body, pose: Pose, short_sleeves: bool) -> list[Tube]:
    share = np.array([-0.12, -0.02, 0.12, 0.35, 0.6, 0.85, 1.0, 1.15, 1.4, 1.7, 1.9, 2.0])
    round_ = (
        np.array([0.016, 0.027, 0.0325, 0.031, 0.0285, 0.026, 0.0255, 0.025, 0.0245, 0.021, 0.0185, 0.017])
        * body.height_m
    )
    bare = np.array([0.80 if short_sleeves and k >= 5 else 1.0 for k in range(12)])
    radii = np.stack([round_ * bare, round_ * bare * 1.05], axis=1)
    chooser: Callable[[int], int] = lambda k: SLOT_SKIN if short_sleeves and k >= 4 else SLOT_TOP  # noqa: E731
    return [
        (_limb(pose.shoulder[:, s], pose.elbow[:, s], pose.wrist[:, s], share, radii, _LEFT), _cells(12, chooser))
        for s in range(2)
    ]


def _torso(body: Body, pose: Pose, spec: WalkerSpec) -> Tube:
    """From the crotch to the neck: trousers below the belt, top above it, skin at the neck."""
    h = body.height_m
    female = spec.gender == "female"
    waist, hips = (0.072, 0.100) if female else (0.082, 0.092)
    shoulder = body.shoulder_half_m / h
    rows = np.array(
        [
            # share of pelvis-chest-neck, half width, half depth, shift forward
            [-0.20, 0.050, 0.055, -0.004],
            [-0.08, 0.085, 0.066, -0.006],
            [0.06, hips, 0.070, -0.006],
            [0.14, hips * 1.01, 0.071, -0.004],
            [0.145, hips * 1.04, 0.074, -0.004],
            [0.50, waist, 0.060, 0.002],
            [0.85, 0.090, 0.066, 0.008 if female else 0.004],
            [1.20, 0.098, 0.072 if female else 0.068, 0.010 if female else 0.004],
            [1.60, shoulder + 0.010, 0.064, 0.0],
            [1.85, shoulder - 0.004, 0.052, -0.004],
            [2.02, 0.066, 0.042, -0.006],
            [2.16, 0.037, 0.036, -0.004],
            [2.17, 0.031, 0.033, -0.004],
            [3.45, 0.030, 0.032, 0.0],
        ]
    )
    if spec.age == "elderly":
        rows[4:7, 2] *= 1.15
    share = rows[:, 0]
    s = share[None, :, None]
    lower = pose.pelvis[:, None] + (pose.chest - pose.pelvis)[:, None] * s
    upper = pose.chest[:, None] + (pose.neck - pose.chest)[:, None] * (s - 1.0)
    top = pose.neck[:, None] + (pose.head - pose.neck)[:, None] * (s - 2.0)
    center = np.where(s <= 1.0, lower, np.where(s <= 2.0, upper, top))
    center = center + rows[None, :, 3:4] * h * np.array([1.0, 0.0, 0.0])
    tangent = np.gradient(center, axis=1)
    across = pose.shoulder[:, 0] - pose.shoulder[:, 1]
    turn = np.clip((share - 0.3) / 1.4, 0.0, 1.0)[None, :, None]
    side = _LEFT * (1.0 - turn) + (across / np.linalg.norm(across, axis=1, keepdims=True))[:, None] * turn
    rings = tube_rings(center, -tangent, rows[:, 1:3] * h, side, sides=16)[:, ::-1]
    return rings, np.array([SLOT_SKIN] * 2 + [SLOT_TOP] * 8 + [SLOT_TROUSERS] * 4)


def _head(body: Body, pose: Pose, spec: WalkerSpec) -> list[Tube]:
    """Head with a nose and ears implied, and hair as a cap that leaves the face free."""
    tall = body.head_m
    rows = np.array(
        [
            # height, half width, half depth, shift forward, all in head heights
            [0.00, 0.14, 0.16, 0.13],
            [0.05, 0.21, 0.25, 0.12],
            [0.16, 0.275, 0.335, 0.08],
            [0.30, 0.32, 0.40, 0.04],
            [0.45, 0.345, 0.425, 0.02],
            [0.60, 0.355, 0.435, 0.0],
            [0.75, 0.34, 0.425, -0.01],
            [0.88, 0.275, 0.345, -0.02],
            [0.96, 0.175, 0.22, -0.025],
            [0.992, 0.08, 0.10, -0.03],
        ]
    )
    base = pose.head[:, None] + np.array([0.02 * tall, 0.0, 0.0])
    center = base + rows[None, :, :1] * tall * np.array([0, 0, 1.0]) + rows[None, :, 3:4] * tall * np.array([1.0, 0, 0])
    tangent = np.broadcast_to(np.array([0.0, 0.0, 1.0]), center.shape)
    # about +z the side axis +y comes first, then the front axis is -x: the nose sits at 3/4 of the turn
    sides = 16
    head = tube_rings(center, tangent, rows[:, 1:3] * tall, _LEFT, sides)
    nose = sides * 3 // 4
    head[:, 3, nose, 0] += 0.10 * tall
    head[:, 4, nose, 0] += 0.05 * tall
    head[:, 4, [nose - 2, nose + 2], 0] -= 0.02 * tall
    angle = np.arange(sides) * 2.0 * np.pi / sides
    facing = -np.sin(angle)
    long_hair = spec.gender == "female"
    grow = np.ones((len(rows), sides))
    for k, height in enumerate(rows[:, 0]):
        line = 0.30 if long_hair else 0.42
        free = facing > (0.78 - 0.10 * (height > 0.7) if height < 0.76 else 2.0)
        short = (height < line) & np.ones(sides, dtype=bool)
        side_burn = (facing > (-0.15 if not long_hair else 0.35)) & (height < 0.60)
        grow[k] = np.where(free | short | side_burn, 0.90, 1.0 + 0.065)
    hair = center[:, :, None] + (head - center[:, :, None]) * grow[None, :, :, None]
    hair[:, 7:, :, 2] += 0.010 * tall
    tubes: list[Tube] = [(head, _cells(len(rows), lambda k: SLOT_SKIN)), (hair, _cells(len(rows), lambda k: SLOT_HAIR))]
    if long_hair:
        tubes.append(_long_hair(body, pose))
    return tubes


def _long_hair(body: Body, pose: Pose) -> Tube:
    """Hair that falls to the shoulders behind the head."""
    tall = body.head_m
    rows = np.array(
        [
            [0.62, 0.33, 0.20, -0.24],
            [0.35, 0.345, 0.20, -0.25],
            [0.05, 0.34, 0.17, -0.24],
            [-0.18, 0.30, 0.12, -0.23],
            [-0.28, 0.2, 0.06, -0.22],
        ]
    )
    up, ahead = np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])
    center = pose.head[:, None] + rows[None, :, :1] * tall * up + rows[None, :, 3:4] * tall * ahead
    tangent = np.broadcast_to(-up, center.shape)
    return tube_rings(center, tangent, rows[:, 1:3] * tall, _LEFT, 12), _cells(len(rows), lambda k: SLOT_HAIR)


def _hand(body: Body, pose: Pose, side: int) -> Tube:
    """A relaxed hand: a flat mitten whose palm faces the thigh."""
    share = np.array([-0.05, 0.15, 0.42, 0.70, 0.92, 1.0])
    radii = (
        np.array([[0.015, 0.012], [0.023, 0.0125], [0.026, 0.013], [0.024, 0.0115], [0.017, 0.009], [0.008, 0.005]])
        * body.height_m
    )
    span = pose.hand[:, side] - pose.wrist[:, side]
    center = pose.wrist[:, side][:, None] + span[:, None] * share[None, :, None]
    tangent = np.broadcast_to(span[:, None], center.shape)
    return tube_rings(center, tangent, radii, np.array([1.0, 0.0, 0.15]), 8), _cells(len(share), lambda k: SLOT_SKIN)


def _shoe(body: Body, pose: Pose, side: int) -> Tube:
    """A shoe with a flat sole; turns with the foot about the ankle."""
    h, high = body.height_m, body.ankle_m
    back, front = -0.050 * h, body.foot_m - 0.050 * h
    rows = np.array(
        [
            # share of the length, half width, top height share
            [0.0, 0.016, 0.75],
            [0.06, 0.023, 1.05],
            [0.25, 0.026, 1.28],
            [0.42, 0.026, 1.05],
            [0.62, 0.030, 0.72],
            [0.80, 0.031, 0.58],
            [0.94, 0.024, 0.46],
            [1.0, 0.012, 0.30],
        ]
    )
    # outline of a section from the left sole edge: flat below, round above
    outline = np.array(
        [[1.0, 0.0], [0.96, 0.55], [0.60, 0.90], [0.0, 1.0], [-0.60, 0.90], [-0.96, 0.55], [-1.0, 0.0], [0.0, 0.0]]
    )
    x = back + rows[:, 0] * (front - back)
    local = np.empty((len(rows), len(outline), 3))
    local[:, :, 0] = x[:, None]
    local[:, :, 1] = rows[:, 1:2] * h * outline[None, :, 0]
    toe_spring = 0.010 * h * np.clip((rows[:, 0] - 0.75) / 0.25, 0.0, 1.0) ** 2
    local[:, :, 2] = -high + toe_spring[:, None] + (rows[:, 2] * high)[:, None] * outline[None, :, 1]
    pitch = pose.foot_pitch_rad[:, side][:, None, None]
    turned = np.empty((len(pitch), *local.shape))
    turned[..., 0] = np.cos(pitch) * local[..., 0] - np.sin(pitch) * local[..., 2]
    turned[..., 1] = local[..., 1]
    turned[..., 2] = np.sin(pitch) * local[..., 0] + np.cos(pitch) * local[..., 2]
    return turned + pose.ankle[:, side][:, None, None], _cells(len(rows), lambda k: index_of("shoe"))


def _backpack(body: Body, pose: Pose) -> Tube:
    """A school bag on the back."""
    h = body.height_m
    rows = np.array(
        [[0.35, 0.060, 0.030], [0.42, 0.085, 0.052], [0.9, 0.090, 0.056], [1.5, 0.085, 0.050], [1.75, 0.06, 0.034]]
    )
    s = rows[None, :, :1]
    center = np.where(
        s[..., None][..., 0] <= 1.0,
        pose.pelvis[:, None] + (pose.chest - pose.pelvis)[:, None] * s,
        pose.chest[:, None] + (pose.neck - pose.chest)[:, None] * (s - 1.0),
    ) - 0.115 * h * np.array([1.0, 0.0, 0.0])
    tangent = np.gradient(center, axis=1)
    return tube_rings(center, tangent, rows[:, 1:] * h, _LEFT, 10), _cells(5, lambda k: index_of("plastic_red"))
