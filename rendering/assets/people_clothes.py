"""Clothes over a Figure: each garment is a closed body of its own, a little outside the skin, cut flat at its hems.

Lengths are shares of the body height unless their names say metres. Folds are a relief of a few millimetres.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rendering.assets.people_bind import LEFT, Figure, chance
from rendering.assets.soft_solids import Field, SoftMesh, Solid, ellipsoid, soft_mesh, tube
from sim.catalogue import body_frames as bone

Float64 = NDArray[np.float64]

CLOTH_CELL_M, SHOE_CELL_M = 0.027, 0.0145


def folds(figure: Figure, depth_m: float, name: str = "") -> Field:
    """Creases that run across limbs and slant over the trunk."""
    shift = 6.28 * chance(figure.type_id, "folds" + name)
    h = figure.body.height_m

    def relief(points: Float64) -> Float64:
        x, y, z = np.moveaxis(points / h, -1, 0)
        slant = np.sin(62.0 * z + 34.0 * np.abs(y) + 22.0 * x + shift + 1.8 * np.sin(19.0 * y + 11.0 * z))
        crease = np.sin(105.0 * z - 41.0 * np.abs(y) - 30.0 * x + 2.0 * shift + 2.2 * np.sin(27.0 * x + 15.0 * z))
        return np.asarray(depth_m * (0.6 * slant + 0.4 * crease))

    return relief


def above(z_m: float) -> Field:
    """Cuts off what lies below a height."""
    return lambda points: z_m - points[..., 2]


def below(z_m: float) -> Field:
    """Cuts off what lies above a height."""
    return lambda points: points[..., 2] - z_m


def _limb_cut(figure: Figure, side: int, arm: bool, reach: float) -> Field:
    """Cuts an arm or leg off, square to it, at `reach` (1 elbow or knee, 2 wrist or ankle)."""
    pose = figure.pose
    joints = (pose.shoulder, pose.elbow, pose.wrist) if arm else (pose.hip, pose.knee, pose.ankle)
    k = min(int(reach), 1)
    start, end = joints[k][0, side], joints[k + 1][0, side]
    along = (end - start) / np.linalg.norm(end - start)
    point = start + (reach - k) * (end - start)
    keep = 1.0 if side == 0 else -1.0

    def cut(points: Float64) -> Float64:
        beyond = (points - point) @ along
        if arm:
            # only this arm: the trunk beside it stays
            return np.asarray(np.where(keep * points[..., 1] > abs(start[1]) - 0.06, beyond, -1.0))
        return np.asarray(np.where(keep * points[..., 1] > 0.0, beyond, -1.0))

    return cut


def top(
    figure: Figure,
    offset_m: float,
    hem: float,
    sleeves: float,
    loose_m: float = 0.006,
    collar_m: float = 0.0,
    flare: float = 0.0,
    open_m: float = 0.0,
    fold_m: float = 0.0028,
    neckline: float = 0.832,
) -> SoftMesh:
    """Anything worn on the trunk: shirt, jumper, jacket, coat. `sleeves` 0 none, 1 to the elbow, 2 to the wrist.

    `hem` is the height (share) of its lower end, `open_m` half the width of a front that stands open, `collar_m` how far
    a collar stands off the neck.
    """
    h = figure.body.height_m
    low = min(hem, 0.60) - 0.03
    solids = [figure.torso(offset_m, max(low, 0.44), 0.838, flare), *figure.shoulders(0.62 * offset_m + 0.002)]
    cuts: list[Field] = []
    for side in (0, 1):
        if sleeves > 0.0:
            solids += figure.arm(side, 0.62 * offset_m + 0.002, min(sleeves + 0.06, 2.0), loose_m)
            cuts.append(_limb_cut(figure, side, True, sleeves - 0.03))
        else:
            cuts.append(_armhole(figure, side))
    if hem < 0.45:
        solids.append(_skirt_solid(figure, hem, offset_m - 0.004, flare, 0.60))
    if collar_m > 0.0:
        ring = 0.034 * h + collar_m
        solids.append(
            tube(
                (-0.008 * h, 0, figure.z(0.800)),
                (-0.004 * h, 0, figure.z(neckline + 0.024)),
                [[0.0, 1.3 * ring, 1.2 * ring, 0.0], [1.0, ring, ring, 0.0]],
                LEFT,
                ((0.3, bone.CHEST), (1.0, bone.NECK)),
                round_ends=False,
            )
        )
        cuts.append(below(figure.z(neckline + 0.022)))
    else:
        cuts.append(_neck_cut(figure, neckline))
    cuts.append(above(figure.z(hem)))
    if open_m > 0.0:
        cuts.append(_open_front(figure, open_m))
    mesh = soft_mesh(
        solids, CLOTH_CELL_M * _finer(figure), cuts, (), folds(figure, fold_m, "top"), 0.035, figure.separate
    )
    return _swing_with_legs(figure, mesh) if hem < 0.48 else mesh


def _open_front(figure: Figure, half_m: float) -> Field:
    """A front that stands open, wider at the waist than at the collar."""
    low, high = figure.z(0.50), figure.z(0.83)

    def cut(points: Float64) -> Float64:
        share = np.clip((points[..., 2] - low) / (high - low), 0.0, 1.0)
        width = half_m * (1.5 - 0.95 * share)
        return np.asarray(np.where(points[..., 0] > 0.0, width - np.abs(points[..., 1]), -1.0))

    return cut


def _finer(figure: Figure) -> float:
    return 0.80 if figure.child else 1.0


def _neck_cut(figure: Figure, neckline: float) -> Field:
    """A round neckline, lower in front."""
    z, h = figure.z(neckline), figure.body.height_m
    return lambda points: np.asarray(points[..., 2] - z + 0.42 * np.maximum(points[..., 0] + 0.01 * h, -0.02))


def _armhole(figure: Figure, side: int) -> Field:
    limit = float(figure.pose.shoulder[0, 0, 1]) + 0.004 * figure.body.height_m
    keep = 1.0 if side == 0 else -1.0
    return lambda points: keep * points[..., 1] - limit


def trousers(figure: Figure, cut: str, reach: float = 2.0) -> SoftMesh:
    """Trousers of a cut (slim, straight, wide, tights), or shorts when `reach` ends at the knee."""
    h = figure.body.height_m
    offset, hem = {
        "tights": (0.002, 0.0),
        "slim": (0.006, 0.0255),
        "straight": (0.009, 0.0330),
        "wide": (0.013, 0.0440),
    }[cut]
    waist = 0.578
    solids = [figure.torso(min(offset, 0.005), 0.478, waist + 0.02)]
    cuts: list[Field] = [below(figure.z(waist))]
    for side in (0, 1):
        solids += figure.leg(
            side, offset, min(reach + 0.1, 2.0), hem * h if reach > 1.2 else 0.050 * h * figure.limb, 0.4
        )
        if reach < 2.0:
            cuts.append(_limb_cut(figure, side, False, reach))
        else:
            cuts.append(above(figure.body.ankle_m * 0.72))
            solids.append(_cuff(figure, side, max(hem * h, 0.0225 * h + offset)))
    depth = {"tights": 0.0, "slim": 0.0020, "straight": 0.0032, "wide": 0.0042}[cut]
    return soft_mesh(
        solids, CLOTH_CELL_M * _finer(figure), cuts, (), folds(figure, depth, "legs"), 0.03, figure.separate
    )


def _cuff(figure: Figure, side: int, radius_m: float) -> Solid:
    """The end of a trouser leg, which falls over the shoe."""
    ankle = figure.pose.ankle[0, side]
    start, end = (
        ankle + np.array([0.0, 0.0, 0.10 * figure.body.height_m]),
        ankle * (1.0, 1.0, 0.0) + (-0.002, 0.0, 0.3 * ankle[2]),
    )
    rows = [[0.0, radius_m, radius_m * 1.05, 0.0], [1.0, radius_m * 1.02, radius_m * 1.18, 0.0]]
    return tube(start, end, rows, LEFT, bone.SHANK + side, round_ends=False, blend_m=0.02)


def _skirt_solid(figure: Figure, hem: float, offset_m: float, flare_m: float, waist: float) -> Solid:
    h = figure.body.height_m
    z0, z1 = figure.z(hem) - 0.03, figure.z(waist)
    share = np.array([0.0, 0.45, 0.70, 0.86, 1.0])
    wide = np.array([0.112, 0.112, 0.110, 0.098, 0.076]) * h * figure.girth + offset_m + flare_m * (1.0 - share) * 3.0
    deep = np.array([0.092, 0.088, 0.084, 0.074, 0.060]) * h * figure.girth + offset_m + flare_m * (1.0 - share) * 3.0
    knots = np.stack([share, wide, deep, 0.006 * h + 0.0 * share], axis=1)
    return tube((0, 0, z0), (0, 0, z1), knots, LEFT, bone.PELVIS, exponent=2.2, round_ends=False, blend_m=0.03)


def skirt(figure: Figure, hem: float, flare_m: float) -> SoftMesh:
    """A skirt from the waist to a height."""
    solids = [_skirt_solid(figure, hem, 0.006, flare_m, 0.62)]
    rate = 9 + int(8 * chance(figure.type_id, "pleats"))
    low, high = figure.z(hem), figure.z(0.6)

    def pleats(points: Float64) -> Float64:
        angle = np.arctan2(points[..., 1], points[..., 0])
        fall = np.clip((high - points[..., 2]) / (high - low), 0.0, 1.0)
        return np.asarray(0.006 * fall * np.sin(rate * angle))

    mesh = soft_mesh(solids, CLOTH_CELL_M * _finer(figure), [above(low), below(figure.z(0.604))], (), pleats)
    return _swing_with_legs(figure, mesh)


def _swing_with_legs(figure: Figure, mesh: SoftMesh) -> SoftMesh:
    """Cloth below the hips goes half with the pelvis, half with the nearer thigh."""
    h = figure.body.height_m
    y, z = mesh.vertices[:, 1], mesh.vertices[:, 2]
    hip = float(figure.pose.hip[0, 0, 2])
    fall = np.clip((hip + 0.01 * h - z) / (0.20 * h), 0.0, 1.0)
    fall = 0.94 * fall * fall * (3.0 - 2.0 * fall)
    left = np.clip(0.5 + y / (0.15 * h), 0.0, 1.0)
    left = left * left * (3.0 - 2.0 * left)
    body_bone, body_weight = (
        mesh.bones[:, :2],
        mesh.weights[:, :2] / np.maximum(mesh.weights[:, :2].sum(axis=1, keepdims=True), 1e-9),
    )
    thighs = np.tile([bone.THIGH, bone.THIGH + 1], (len(y), 1))
    share = np.stack([left, 1.0 - left], axis=1) * fall[:, None]
    hang = (fall > 0.0)[:, None]
    bones = np.where(hang, np.concatenate([body_bone, thighs], axis=1), mesh.bones)
    weights = np.where(hang, np.concatenate([body_weight * (1.0 - fall[:, None]), share], axis=1), mesh.weights)
    return replace(mesh, bones=bones, weights=weights)


def bare_legs(figure: Figure, from_reach: float) -> SoftMesh:
    """The skin of the legs below shorts or a skirt."""
    solids: list[Solid] = []
    for side in (0, 1):
        solids += figure.leg(side, 0.0, 2.0)
    cuts = [_not_above(figure, from_reach), above(0.5 * figure.body.ankle_m)]
    return soft_mesh(solids, CLOTH_CELL_M * 0.9 * _finer(figure), cuts, (), None, 0.03, figure.separate)


def _not_above(figure: Figure, reach: float) -> Field:
    hip, knee = float(figure.pose.hip[0, 0, 2]), float(figure.pose.knee[0, 0, 2])
    return below(hip + reach * (knee - hip))


def bare_arms(figure: Figure, from_reach: float) -> SoftMesh:
    """The skin of the arms below short sleeves."""
    solids: list[Solid] = []
    for side in (0, 1):
        solids += figure.arm(side, 0.0, 2.0)
        if from_reach <= 0.0:
            solids += figure.shoulders(0.0)[side : side + 1]
    inner = abs(float(figure.pose.shoulder[0, 0, 1])) * 0.6

    def cut(points: Float64) -> Float64:
        along = np.stack([(points - figure.pose.shoulder[0, s]) @ _direction(figure, s) for s in (0, 1)])
        mine = np.where(points[..., 1] > 0.0, along[0], along[1])
        return np.asarray(np.maximum(from_reach * figure.body.upper_arm_m - mine, inner - np.abs(points[..., 1])))

    return soft_mesh(solids, CLOTH_CELL_M * 0.8 * _finer(figure), [cut], (), None, 0.02, figure.separate)


def _direction(figure: Figure, side: int) -> Float64:
    along = figure.pose.wrist[0, side] - figure.pose.shoulder[0, side]
    return np.asarray(along / np.linalg.norm(along))


def shoes(figure: Figure, boots: bool) -> list[SoftMesh]:
    """[uppers, soles] of both shoes, flat on the ground."""
    h = figure.body.height_m
    uppers: list[Solid] = []
    soles: list[Solid] = []
    for side in (0, 1):
        ankle = figure.pose.ankle[0, side]
        bones = ((0.72, bone.FOOT + side), (0.86, bone.TOE + side))
        soles.append(_sole(ankle, h, bone.FOOT + side))
        start, end = ankle * (1, 1, 0) + (-0.028 * h, 0, 0.021 * h), ankle * (1, 1, 0) + (0.084 * h, 0, 0.017 * h)
        knots = np.array(
            [
                [0.0, 0.0185, 0.0245, 0.004],
                [0.28, 0.0205, 0.030, 0.011],
                [0.52, 0.0235, 0.025, 0.004],
                [0.8, 0.0265, 0.0175, -0.002],
                [1.0, 0.0215, 0.0135, -0.004],
            ]
        )
        knots[:, 1:] *= h
        uppers.append(tube(start, end, knots, LEFT, bones, exponent=2.3, blend_m=0.012))
        shaft = 0.10 if boots else 0.020
        radius = 0.0275 * h
        uppers.append(
            tube(
                ankle * (1, 1, 0) + (-0.006 * h, 0, 0.03 * h),
                ankle + np.array([-0.002 * h, 0.0, shaft * h]),
                [[0, radius, 1.12 * radius, 0], [1, radius, 1.05 * radius, 0]],
                LEFT,
                ((0.35, bone.FOOT + side), (1.1, bone.SHANK + side)),
                round_ends=False,
                blend_m=0.015,
            )
        )
    cell = SHOE_CELL_M * _finer(figure)
    meshes = [
        soft_mesh(uppers, cell, [above(0.006)], (), None, 0.012, figure.separate),
        soft_mesh(soles, cell, [above(0.0), below(0.0165 * h)], (), None, 0.012, figure.separate),
    ]
    return [_flat(mesh) for mesh in meshes]


def _sole(ankle: Float64, h: float, foot: int) -> Solid:
    """A flat sole, heel 0.050 behind and toe 0.098 ahead of the ankle."""
    start, end = ankle * (1, 1, 0) + (-0.050 * h, 0, 0.004 * h), ankle * (1, 1, 0) + (0.098 * h, 0, 0.004 * h)
    wide = [
        [0.0, 0.0130],
        [0.05, 0.0185],
        [0.2, 0.0215],
        [0.45, 0.0215],
        [0.70, 0.0280],
        [0.85, 0.0245],
        [0.95, 0.0160],
        [1.0, 0.0090],
    ]
    knots = [[t, w * h, 0.022 * h, 0.0] for t, w in wide]
    # the toes bend at the ball, 0.062 ahead of the ankle
    return tube(start, end, knots, LEFT, ((0.70, foot), (0.82, foot + 2)), exponent=5.0, round_ends=False, blend_m=0.0)


def _flat(mesh: SoftMesh) -> SoftMesh:
    """Soles lie in one plane."""
    vertices = mesh.vertices.copy()
    vertices[vertices[:, 2] < 0.004, 2] = 0.0
    return replace(mesh, vertices=vertices)


def band(
    figure: Figure, source: Sequence[Solid], within: Callable[[Float64], Float64], cell_m: float = 0.0150
) -> SoftMesh:
    """A strip lying on other solids: what of their outermost 20 mm lies within a slab (positive outside it)."""

    def shell(points: Float64) -> Float64:
        return np.asarray(-0.020 - np.min([solid.field(points) for solid in source], axis=0))

    return soft_mesh(source, cell_m, [within, shell], (), None, 0.035, figure.separate)


def slab(low_m: float, high_m: float) -> Field:
    """Between two heights."""
    return lambda points: np.maximum(low_m - points[..., 2], points[..., 2] - high_m)


def hood(figure: Figure, offset_m: float) -> list[Solid]:
    """A hood that lies on the back, as solids for a top."""
    h = figure.body.height_m
    middle = (-0.052 * h - offset_m, 0.0, figure.z(0.822))
    return [ellipsoid(middle, (0.034 * h, 0.062 * h, 0.036 * h), bone.CHEST, None, 0.03)]
