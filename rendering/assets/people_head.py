"""Heads, hands and hair: what is bare of most people, modelled in head heights after DIN 33402-2 and Farkas, Anthropometry
of the Head and Face (1994). Origin at the joint under the skull, at the height of the chin; x ahead, y left, z up.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rendering.assets.people_bind import LEFT, Figure, chance
from rendering.assets.soft_solids import Field, SoftMesh, Solid, ellipsoid, soft_mesh, tube
from rendering.mesh import pitch_matrix, roll_matrix, yaw_matrix
from sim.catalogue import body_frames as bone

Float64 = NDArray[np.float64]

HEAD_CELL_M, HAIR_CELL_M, HAND_CELL_M = 0.0112, 0.0145, 0.0105


class Face:
    """Makes solids from places and sizes in head heights."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.origin = figure.pose.head[0] + np.array([0.04 * figure.body.head_m, 0.0, 0.0])
        self.unit = figure.body.head_m
        self.wide = 0.97 + 0.08 * chance(figure.type_id, "face width")
        self.child = figure.child
        self.female = figure.female

    def at(self, place: ArrayLike) -> Float64:
        """A place in the object frame."""
        return np.asarray(self.origin + np.asarray(place, np.float64) * (1.0, self.wide, 1.0) * self.unit)

    def blob(self, place: ArrayLike, radii: ArrayLike, blend: float = 0.06, turn: ArrayLike | None = None) -> Solid:
        """An ellipsoid on the head."""
        size = np.asarray(radii, np.float64) * (1.0, self.wide, 1.0) * self.unit
        return ellipsoid(self.at(place), size, bone.HEAD, turn, blend * self.unit)

    def rod(
        self,
        start: ArrayLike,
        end: ArrayLike,
        knots: ArrayLike,
        blend: float = 0.05,
        bones: Sequence[tuple[float, int]] | int = bone.HEAD,
        round_ends: bool = True,
    ) -> Solid:
        """A tube on the head, its knots in head heights."""
        rows = np.asarray(knots, np.float64) * (1.0, self.unit, self.unit, self.unit)
        return tube(self.at(start), self.at(end), rows, LEFT, bones, round_ends=round_ends, blend_m=blend * self.unit)

    def plane(self, place: ArrayLike, normal: ArrayLike) -> Field:
        """The side of a plane to which its normal points is cut off."""
        point, direction = self.at(place), np.asarray(normal, np.float64)
        direction = direction / np.linalg.norm(direction)
        return lambda points: np.asarray((points - point) @ direction)


def skull(face: Face, offset: float = 0.0) -> Solid:
    """The cranium, `offset` head heights outside the skin."""
    return face.blob((-0.035, 0.0, 0.625), (0.425 + offset, 0.338 + offset, 0.375 + offset))


def head(face: Face) -> SoftMesh:
    """Head and neck, with nose, brow, eye sockets, cheeks, lips and ears."""
    figure, child = face.figure, face.child
    jaw = (0.14 if face.female or child else 0.175) + 0.02 * chance(figure.type_id, "jaw")
    nose = (0.030 if child else 0.050) + 0.025 * chance(figure.type_id, "nose")
    solids = [
        skull(face),
        face.rod(
            (0.135, 0.0, 0.045),
            (0.075, 0.0, 0.62),
            [
                [0.0, jaw, 0.19, 0.0],
                [0.18, jaw + 0.055, 0.235, 0.0],
                [0.45, 0.265, 0.275, 0.0],
                [0.72, 0.300, 0.30, 0.0],
                [1.0, 0.305, 0.315, 0.0],
            ],
            0.06,
        ),
        face.blob((0.315, 0.0, 0.065), (0.085, 0.095, 0.075)),
        face.blob((0.365, 0.0, 0.655), (0.055, 0.215, 0.050), 0.05),
        *(face.blob((0.300, 0.185 * s, 0.415), (0.085, 0.085, 0.075), 0.06) for s in (1, -1)),
        face.rod(
            (0.385, 0.0, 0.60),
            (0.385 + nose, 0.0, 0.385),
            [[0, 0.030, 0.04, 0], [0.6, 0.042, 0.05, 0], [1, 0.050, 0.048, 0]],
            0.03,
        ),
        *(face.blob((0.41, 0.055 * s, 0.375), (0.045, 0.035, 0.032), 0.02) for s in (1, -1)),
        face.blob((0.372, 0.0, 0.262), (0.052, 0.105, 0.024), 0.02),
        face.blob((0.362, 0.0, 0.208), (0.052, 0.085, 0.028), 0.02),
        *(
            face.blob(
                (-0.02, 0.335 * s, 0.50), (0.085, 0.030, 0.135), 0.02, roll_matrix(0.18 * s) @ pitch_matrix(-0.15)
            )
            for s in (1, -1)
        ),
    ]
    h, pose = figure.body.height_m, figure.pose
    thick = (0.0265 if child else 0.0270 if face.female else 0.0322) * h
    low, high = pose.neck[0] + (-0.012 * h, 0.0, -0.035 * h), face.at((-0.05, 0.0, 0.30))
    bones = ((0.25, bone.CHEST), (0.5, bone.NECK), (0.85, bone.HEAD))
    knots = [[0, 1.25 * thick, 1.2 * thick, 0], [0.35, thick, 1.02 * thick, 0], [1, thick, 1.05 * thick, 0]]
    solids.append(tube(low, high, knots, LEFT, bones, blend_m=0.010))
    carved = [face.blob((0.425, 0.150 * s, 0.548), (0.085, 0.088, 0.050), 0.06) for s in (1, -1)]
    return soft_mesh(solids, HEAD_CELL_M * _cell_scale(figure), carved=carved, weight_m=0.02)


def _cell_scale(figure: Figure) -> float:
    return 1.0 if not figure.child else 0.92


def eyes(face: Face) -> list[tuple[SoftMesh, str]]:
    """Eyeballs, their irises and the brows."""
    cell = 0.0065
    whites = [soft_mesh([face.blob((0.322, 0.148 * s, 0.548), (0.050, 0.066, 0.032), 0.0)], cell) for s in (1, -1)]
    iris = [soft_mesh([face.blob((0.357, 0.146 * s, 0.548), (0.020, 0.040, 0.034), 0.0)], cell) for s in (1, -1)]
    return [*((mesh, "eye_white") for mesh in whites), *((mesh, "eye") for mesh in iris)]


def brows(face: Face) -> list[SoftMesh]:
    """Strips of hair over the eyes."""
    thick = 0.020 if face.female or face.child else 0.028
    return [
        soft_mesh(
            [
                face.blob(
                    (0.380, 0.150 * s, 0.645), (0.026, 0.088, thick), 0.0, yaw_matrix(0.42 * s) @ roll_matrix(-0.12 * s)
                )
            ],
            0.0085,
        )
        for s in (1, -1)
    ]


def lips(face: Face) -> SoftMesh:
    """The red of the lips."""
    return soft_mesh(
        [
            face.blob((0.350, 0.0, 0.252), (0.078, 0.118, 0.015), 0.01),
            face.blob((0.345, 0.0, 0.216), (0.076, 0.100, 0.019), 0.01),
        ],
        0.0065,
    )


def hair(face: Face, style: str) -> SoftMesh | None:
    """Hair of a style: bald, short, crop, bob, long, ponytail, bun, curly; None where there is none."""
    if style == "bald":
        return None
    thick = {"crop": 0.022, "short": 0.045, "curly": 0.105}.get(style, 0.050)
    low_back = {"crop": 0.34, "short": 0.28, "curly": 0.24}.get(style, 0.25)
    solids = [skull(face, thick)]
    lift = ellipsoid(
        face.at((0.08, 0.0, 0.86)), np.array([0.27, 0.25, 0.14 + 0.5 * thick]) * face.unit, bone.HEAD, None, 0.02
    )
    solids.append(lift)
    cuts: list[Field] = []
    # the face stays free below a line from the forehead over the temples to the nape
    front = face.plane((0.335, 0.0, 0.80), (1.0, 0.0, -0.42))
    under = face.plane((-0.05, 0.0, 0.47), (0.55, 0.0, -1.0))
    if style in ("bob", "long"):
        drop = -0.02 if style == "bob" else -0.42
        back = -0.13
        solids.append(
            face.rod(
                (back, 0.0, 0.62),
                (back - 0.05, 0.0, drop),
                [[0.0, 0.375, 0.30, 0.0], [0.5, 0.385, 0.27, 0.03], [0.85, 0.36, 0.20, 0.06], [1.0, 0.28, 0.14, 0.06]],
                0.05,
                ((0.35, bone.HEAD), (1.2, bone.CHEST)),
            )
        )
        cuts.append(lambda points: np.minimum(front(points), face.plane((0.09, 0.0, 0.4), (1.0, 0.0, 0.25))(points)))
        cuts.append(front)
    else:
        cuts += [
            front,
            lambda points: np.minimum(under(points), face.plane((0.0, 0.0, low_back), (0.0, 0.0, -1.0))(points) + 0.2),
        ]
        cuts.append(face.plane((0.0, 0.0, low_back - 0.04), (0.0, 0.0, -1.0)))
    if style == "ponytail":
        solids.append(
            face.rod(
                (-0.40, 0.0, 0.74),
                (-0.55, 0.0, -0.02),
                [[0.0, 0.07, 0.07, 0.0], [0.15, 0.10, 0.10, 0.04], [0.6, 0.11, 0.10, 0.03], [1.0, 0.05, 0.05, 0.0]],
                0.04,
                ((0.2, bone.HEAD), (1.6, bone.CHEST)),
            )
        )
        cuts = [front, _but_behind(cuts[1], face), _but_behind(cuts[2], face)]
    if style == "bun":
        solids.append(face.blob((-0.40, 0.0, 0.86), (0.15, 0.16, 0.15), 0.04))
    relief = _strands(face, 0.014 if style == "curly" else 0.006, 26.0 if style == "curly" else 14.0)
    return soft_mesh(solids, HAIR_CELL_M, cuts=cuts, relief=relief, weight_m=0.03)


def _but_behind(cut: Field, face: Face) -> Field:
    limit = face.at((-0.42, 0.0, 0.0))[0]
    return lambda points: np.where(points[..., 0] < limit, -1.0, cut(points))


def _strands(face: Face, depth: float, rate: float) -> Field:
    origin, unit = face.origin, face.unit

    def relief(points: Float64) -> Float64:
        p = (points - origin) / unit
        angle = np.arctan2(p[..., 1], p[..., 0] - 0.1)
        wave = np.sin(rate * angle + 5.0 * np.sin(6.0 * p[..., 2])) + np.sin(1.7 * rate * p[..., 2] + 9.0 * p[..., 1])
        return np.asarray(depth * unit * wave)

    return relief


def beard(face: Face) -> SoftMesh:
    """A trimmed full beard."""
    solids = [
        face.rod(
            (0.14, 0.0, 0.03),
            (0.115, 0.0, 0.40),
            [[0.0, 0.205, 0.215, 0.0], [0.35, 0.275, 0.265, 0.0], [1.0, 0.305, 0.285, 0.0]],
            0.05,
        ),
        face.blob((0.325, 0.0, 0.06), (0.10, 0.115, 0.09)),
    ]
    over = face.plane((0.36, 0.0, 0.335), (0.35, 0.0, 1.0))
    back = face.plane((0.06, 0.0, 0.3), (-1.0, 0.0, 0.2))
    carved = [face.blob((0.415, 0.0, 0.235), (0.06, 0.10, 0.045), 0.02)]
    return soft_mesh(solids, HAIR_CELL_M, cuts=[over, back], carved=carved)


def hand(figure: Figure, side: int) -> SoftMesh:
    """A relaxed hand from a little above the wrist: palm, four bent fingers and a thumb."""
    h = figure.body.height_m * (0.96 if figure.female else 1.03)
    pose = figure.pose
    wrist = pose.wrist[0, side]
    along = pose.hand[0, side] - wrist
    along = along / np.linalg.norm(along)
    ahead = np.array([1.0, 0.0, 0.0])
    inward = np.cross(along, ahead) * (1.0 if side == 0 else -1.0)
    name = bone.HAND + side

    def spot(down: float, front: float, palm: float) -> Float64:
        return np.asarray(wrist + h * (down * along + front * ahead + palm * inward))

    start = spot(-0.030, 0.0, 0.0)
    solids = [
        tube(
            start,
            spot(0.008, 0.0, 0.0),
            [[0.0, 0.0165 * h, 0.0145 * h, 0.0], [1.0, 0.0165 * h, 0.0130 * h, 0.0]],
            ahead,
            ((0.2, bone.FOREARM + side), (1.0, name)),
            blend_m=0.008,
        ),
        tube(
            spot(0.006, 0.0, 0.0),
            spot(0.050, 0.0, 0.002),
            [[0.0, 0.0175 * h, 0.0115 * h, 0], [0.6, 0.0235 * h, 0.0115 * h, 0], [1, 0.0225 * h, 0.0095 * h, 0]],
            ahead,
            name,
            blend_m=0.008,
        ),
        tube(
            spot(0.014, 0.016, 0.002),
            spot(0.046, 0.0335, 0.010),
            [[0.0, 0.0095 * h, 0.0095 * h, 0.0], [1.0, 0.0060 * h, 0.0060 * h, 0.0]],
            along,
            name,
            blend_m=0.007,
        ),
    ]
    for k, length in enumerate((0.040, 0.046, 0.043, 0.033)):
        front = 0.0170 - 0.0113 * k
        base, knuckle = spot(0.050, front, 0.001), spot(0.050 + 0.5 * length, 1.02 * front, 0.006)
        tip = spot(0.050 + 0.92 * length, front, 0.0175)
        for a, b, r0, r1 in ((base, knuckle, 0.0066, 0.0058), (knuckle, tip, 0.0058, 0.0046)):
            solids.append(
                tube(a, b, [[0.0, r0 * h, r0 * h, 0.0], [1.0, r1 * h, r1 * h, 0.0]], ahead, name, blend_m=0.004)
            )
    return soft_mesh(solids, HAND_CELL_M * (0.8 if figure.child else 1.0), weight_m=0.012)
