"""What is taken off the body that all vehicles of a blueprint share, since it differs between them or shines by itself:
number plates, one registration for each actor, and a school bus's warning lamps, which flash in turn on both sides.

Tested by tests/rendering/test_body_pieces.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rendering.assets.sign_faces import PLATES, plate_uv
from rendering.materials import material_index
from rendering.mesh import Mesh

WARNING_LENSES = ("lens_warning_red", "lens_warning_amber")
"""Lenses of the lamps that flash in turn: SIGNAL_RED and SIGNAL_YELLOW at their bright levels."""


@dataclass(frozen=True)
class BodyPieces:
    """A body without its plates and warning lamps; its plates, None where it bears none; left and right lamps, () without."""

    body: Mesh
    plates: Mesh | None
    warning_lamps: tuple[Mesh, ...]


def pieces_of(body: Mesh) -> BodyPieces:
    """A body taken apart; the same body gives the same meshes, so that scenes store each of them once."""
    known = _KNOWN.get(id(body))
    if known is None:
        known = _KNOWN[id(body)] = (body, _taken_apart(body))
    return known[1]


_KNOWN: dict[int, tuple[Mesh, BodyPieces]] = {}
"""By the identity of bodies that the builders keep for good."""


def _taken_apart(body: Mesh) -> BodyPieces:
    plates = body.material == material_index("number_plate")
    if body.uv is None:
        plates = np.zeros_like(plates)
    lamps = np.isin(body.material, [material_index(name) for name in WARNING_LENSES])
    left = body.vertices[body.triangles, 1].mean(axis=1) > 0.0
    rest = ~(plates | lamps)
    return BodyPieces(
        body if rest.all() else _only(body, rest),
        _only(body, plates) if plates.any() else None,
        tuple(_only(body, lamps & side) for side in (left, ~left)) if lamps.any() else (),
    )


def _only(mesh: Mesh, wanted: NDArray[np.bool_]) -> Mesh:
    """The triangles that are wanted, with the vertices that they need."""
    used, triangles = np.unique(mesh.triangles[wanted], return_inverse=True)
    return Mesh(
        vertices=mesh.vertices[used],
        normals=mesh.normals[used],
        triangles=triangles.reshape(-1, 3).astype(np.uint32),
        material=mesh.material[wanted],
        part=mesh.part[wanted],
        uv=None if mesh.uv is None else mesh.uv[used],
    )


def lettered(plates: Mesh, key: int) -> Mesh:
    """The plates with the registration that `key` picks; a plate without letters stays as it is."""
    return plates if plates.uv is None else _lettered(_Held(plates, plates.uv), key % len(PLATES))


class _Held:
    """A mesh with its uv as a key of a cache, by its identity."""

    def __init__(self, mesh: Mesh, uv: NDArray[np.float32]) -> None:
        self.mesh, self.uv = mesh, uv

    def __hash__(self) -> int:
        return id(self.mesh)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.mesh is self.mesh


@cache
def _lettered(held: _Held, key: int) -> Mesh:
    plates = held.mesh
    lines = np.array([plate_uv(line)[:2] for line in range(len(PLATES))])
    left, top, right, bottom = plate_uv(0)
    size = np.array([right - left, bottom - top])
    uv = held.uv.astype(np.float64)
    moved = uv.copy()
    for triangle in plates.triangles:
        # by the middle, since the lower edge of one line is the upper edge of the next
        away = np.abs((uv[triangle].mean(axis=0) - lines) / size - 0.5).max(axis=1)
        line = int(np.argmin(away))
        if away[line] < 0.5:
            moved[triangle] = uv[triangle] + lines[key] - lines[line]
    return replace(plates, uv=moved.astype(np.float32))
