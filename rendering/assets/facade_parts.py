"""What hangs on façades: balconies, awnings, sign boards, drainpipes, string courses, cornices, canopies; in a façade's frame.

x to the right, z up, the wall's face at y = 0, the street at negative y (see rendering.assets.facade).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rendering.assets.solids import box, cylinder, quads
from rendering.mesh import PART_GLASS, Mesh, merge


def band(width_m: float, z: float, height_m: float, out_m: float, material: str) -> Mesh:
    """A string course, plinth or cornice over the whole width, `out_m` before the wall; its lower edge at z."""
    return box((width_m / 2, -out_m / 2, z + height_m / 2), (width_m, out_m + 0.01, height_m), material)


def cornice(width_m: float, top_m: float, material: str, out_m: float = 0.32) -> Mesh:
    """Three fillets that step out towards the eaves."""
    return merge([band(width_m, top_m - 0.10 * (3 - k), 0.10, out_m * (k + 1) / 3.0, material) for k in range(3)])


def drainpipe(x: float, low_m: float, top_m: float) -> Mesh:
    """A zinc pipe on brackets, from the gutter to the ground."""
    pipe = cylinder((x, -0.09, low_m), (x, -0.09, top_m), 0.045, "gutter_zinc", segments=6, capped=False)
    marks = [box((x, -0.06, z), (0.12, 0.12, 0.03), "gutter_zinc") for z in np.arange(low_m + 1.2, top_m - 0.5, 2.4)]
    return merge([pipe, *marks])


def balcony(width_m: float, depth_m: float, style: int) -> Mesh:
    """A slab with a railing of bars, of boards or of glass; origin at the middle of the slab's top edge on the wall."""
    front, rail = -depth_m + 0.04, 1.05
    pieces = [box((0.0, -depth_m / 2, -0.09), (width_m, depth_m, 0.18), "concrete_wall")]
    ends = ((-width_m / 2 + 0.03, 0.0), (width_m / 2 - 0.03, 0.0))
    pieces.append(box((0.0, front, rail), (width_m, 0.06, 0.05), "frame_dark"))
    pieces += [box((x, -depth_m / 2, rail), (0.05, depth_m, 0.05), "frame_dark") for x, _ in ends]
    if style % 3 == 0:
        steps = np.arange(-width_m / 2 + 0.03, width_m / 2, 0.13)
        places = [(x, front) for x in steps] + [(x, y) for x, _ in ends for y in np.arange(front + 0.12, 0.0, 0.13)]
        pieces.append(_bars(np.array(places), rail))
    elif style % 3 == 1:
        board = ("plaster_white", "cladding_grey", "frame_dark")[style // 3 % 3]
        pieces.append(box((0.0, front, 0.5), (width_m, 0.04, 0.88), board))
        pieces += [box((x, -depth_m / 2, 0.5), (0.03, depth_m, 0.88), board) for x, _ in ends]
    else:
        pieces.append(box((0.0, front, 0.52), (width_m - 0.08, 0.02, 0.9), "glass_window", PART_GLASS))
        pieces += [
            box((x, -depth_m / 2, 0.52), (0.02, depth_m - 0.1, 0.9), "glass_window", PART_GLASS) for x, _ in ends
        ]
        pieces += [
            box((x, front, 0.5), (0.05, 0.05, 1.0), "frame_dark")
            for x in (-width_m / 2 + 0.03, 0.0, width_m / 2 - 0.03)
        ]
    return merge(pieces)


def _bars(places: NDArray[np.float64], height_m: float) -> Mesh:
    """Upright square bars of 16 mm, without ends."""
    half = 0.008
    around = np.array([(-half, -half), (half, -half), (half, half), (-half, half)])
    faces = []
    for k in range(4):
        a, b = places + around[k], places + around[(k + 1) % 4]
        low, high = np.zeros(len(places)), np.full(len(places), height_m)
        faces.append(
            np.stack([np.column_stack(c) for c in ((*a.T, low), (*b.T, low), (*b.T, high), (*a.T, high))], axis=1)
        )
    return quads(np.concatenate(faces), "frame_dark")


def awning(width_m: float, z: float, material: str, out_m: float = 1.0) -> Mesh:
    """A cloth that slopes down over the pavement, with a valance and two arms; its upper edge at z."""
    half, low = width_m / 2, z - 0.42
    cloth = [(-half, 0.0, z), (-half, -out_m, low), (half, -out_m, low), (half, 0.0, z)]
    under = [(x, y, h - 0.02) for x, y, h in cloth[::-1]]
    valance = [(-half, -out_m, low - 0.18), (half, -out_m, low - 0.18), (half, -out_m, low), (-half, -out_m, low)]
    behind = [(x, y + 0.01, h) for x, y, h in valance[::-1]]
    arms = [
        cylinder((x, -0.02, z - 0.65), (x, -out_m + 0.02, low - 0.02), 0.014, "galvanised", segments=5)
        for x in (-half + 0.1, half - 0.1)
    ]
    return merge([quads([cloth, under, valance, behind], material), *arms])


def sign_board(width_m: float, z: float, height_m: float, material: str, seed: int = 0) -> Mesh:
    """A name over a shop, on a box 10 cm deep; its lower edge at z, its middle at x = 0."""
    return lettered(box((0.0, -0.05, z + height_m / 2), (width_m, 0.12, height_m), material), 0, height_m, seed)


def lettered(board: Mesh, along: int, height_m: float, seed: int) -> Mesh:
    """A board with the texture coordinates of lettering: heights of the board along axis 0 or 1, and 0 to 1 up it."""
    low, high = board.bounds()
    mirrored = np.where(board.normals[:, 1 - along] > 0.0, 1.0, -1.0) * (-1.0 if along == 0 else 1.0)
    u = (board.vertices[:, along] - low[along]) * mirrored / height_m + 40.0 + 1.7 * seed
    v = (board.vertices[:, 2] - low[2]) / (high[2] - low[2])
    return replace(board, uv=np.stack([u, v], axis=1).astype(np.float32))


def hanging_sign(z: float, material: str, seed: int = 0) -> Mesh:
    """A sign that stands out from the wall on an arm."""
    arm = box((0.0, -0.42, z + 0.72), (0.03, 0.84, 0.03), "pole_dark")
    return merge([arm, lettered(box((0.0, -0.50, z + 0.35), (0.08, 0.62, 0.62), material), 1, 0.62, seed)])


def canopy(width_m: float, z: float, out_m: float, material: str = "frame_dark") -> Mesh:
    """A flat roof over an entrance."""
    return box((0.0, -out_m / 2, z), (width_m, out_m, 0.12), material)
