"""What people wear on their heads: caps, beanies, brimmed hats, hard hats, police caps, headscarves, glasses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rendering.assets.people_head import Face, skull
from rendering.assets.soft_solids import SoftMesh, soft_mesh
from sim.catalogue import body_frames as bone

Float64 = NDArray[np.float64]

_CELL_M = 0.0125


def hat(face: Face, kind: str) -> list[tuple[SoftMesh, bool]]:
    """The pieces of a hat, each with whether it takes the second colour: cap, beanie, brim, hard_hat, peaked, scarf."""
    if kind == "beanie":
        cut = face.plane((0.0, 0.0, 0.60), (-0.16, 0.0, -1.0))
        shell = [skull(face, 0.085), face.blob((-0.07, 0.0, 0.90), (0.28, 0.25, 0.20), 0.08)]
        return [(soft_mesh(shell, _CELL_M, [cut]), False)]
    if kind == "scarf":
        shell = [
            skull(face, 0.075),
            face.rod(
                (-0.02, 0, 0.55),
                (-0.06, 0, -0.36),
                [[0, 0.40, 0.42, 0], [0.5, 0.36, 0.36, 0], [1, 0.44, 0.36, 0]],
                0.1,
                ((0.4, bone.HEAD), (1.0, bone.CHEST)),
            ),
        ]
        opening = [face.blob((0.42, 0.0, 0.44), (0.24, 0.27, 0.385), 0.04)]
        return [(soft_mesh(shell, _CELL_M, [], opening, None, 0.04), False)]
    rim = face.plane((0.0, 0.0, 0.70), (-0.10, 0.0, -1.0))
    offset = 0.105 if kind == "hard_hat" else 0.065
    crown = [skull(face, offset)]
    if kind == "hard_hat":
        crown += [
            face.blob((-0.03, 0.0, 0.78), (0.06, 0.05, 0.34), 0.08),
            face.blob((-0.03, 0.0, 0.78), (0.44, 0.07, 0.345), 0.05),
        ]
    if kind == "brim":
        crown.append(face.blob((-0.03, 0.0, 0.93), (0.34, 0.27, 0.22), 0.08))
    if kind == "peaked":
        crown.append(face.blob((-0.02, 0.0, 0.95), (0.53, 0.46, 0.13), 0.06))
    pieces = [(soft_mesh(crown, _CELL_M, [rim]), False)]
    thin = 0.026
    if kind in ("cap", "peaked", "hard_hat"):
        long = {"cap": 0.34, "peaked": 0.22, "hard_hat": 0.20}[kind]
        peak = face.blob((0.36, 0.0, 0.735), (0.10 + long, 0.31, thin), 0.0)
        front = face.plane((0.22, 0.0, 0.7), (-1.0, 0.0, 0.0))
        pieces.append((soft_mesh([peak], 0.008, [front]), kind == "peaked"))
    if kind == "brim":
        pieces.append((soft_mesh([face.blob((-0.03, 0.0, 0.735), (0.70, 0.62, thin), 0.0)], 0.0085), False))
    return pieces


def glasses(face: Face) -> SoftMesh:
    """Dark frames: two rims, a bridge and the temples."""

    def rims(points: Float64) -> Float64:
        p = (points - face.origin) / face.unit
        y = np.abs(p[..., 1])
        ring = np.abs(np.hypot(y - 0.16 * face.wide, 1.25 * (p[..., 2] - 0.545)) - 0.105)
        bridge = np.maximum(np.abs(p[..., 2] - 0.565), y - 0.07)
        return np.asarray(face.unit * (np.minimum(ring, bridge) - 0.026))

    lenses = [face.blob((0.425, 0.0, 0.545), (0.030, 0.32, 0.15), 0.0)]
    return soft_mesh(lenses, 0.0062, [rims])
