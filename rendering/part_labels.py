"""Which part each triangle of a mesh shows: what its builder said, else what its material tells.

A builder says it with the `part` argument of the solids, or afterwards with `marked(mesh, PartKind.DOOR)`; that holds, except
that LAMP is made finer by the lens's material and a WINDOW of mirror glass is a MIRROR. Triangles left at BODY take the part
that their material implies: a number plate's, glass, leaves. Tested by tests/rendering/test_part_labels.py.
"""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rendering.materials import (
    MATERIALS,
    SLOT_BASE,
    SLOT_HAIR,
    SLOT_TROUSERS,
    EmissionKind,
    Material,
    every_material,
    material_count,
)
from rendering.mesh import Mesh
from sim.base.parts import PartKind

UInt8 = NDArray[np.uint8]

_OF_EMISSION = {
    EmissionKind.SIGNAL_RED: PartKind.SIGNAL_RED,
    EmissionKind.SIGNAL_YELLOW: PartKind.SIGNAL_YELLOW,
    EmissionKind.SIGNAL_GREEN: PartKind.SIGNAL_GREEN,
    EmissionKind.HEAD_LAMP: PartKind.HEAD_LAMP,
    EmissionKind.TAIL_BRAKE: PartKind.TAIL_LAMP,
    EmissionKind.INDICATOR_LEFT: PartKind.INDICATOR_LEFT,
    EmissionKind.INDICATOR_RIGHT: PartKind.INDICATOR_RIGHT,
    EmissionKind.REVERSE: PartKind.REVERSE_LAMP,
    EmissionKind.STREET_LAMP: PartKind.STREET_LAMP,
    EmissionKind.BEACON_LEFT: PartKind.BEACON,
    EmissionKind.BEACON_RIGHT: PartKind.BEACON,
    EmissionKind.FOG_FRONT: PartKind.FOG_LAMP_FRONT,
    EmissionKind.FOG_REAR: PartKind.FOG_LAMP_REAR,
    EmissionKind.INTERIOR: PartKind.INTERIOR_LAMP,
}
_OF_NAME = {
    "mirror": PartKind.MIRROR,
    "number_plate": PartKind.NUMBER_PLATE,
    "reflector": PartKind.REFLECTOR,
    "interior": PartKind.INTERIOR,
    "leaf": PartKind.FOLIAGE,
    "bark": PartKind.TRUNK,
    "hair": PartKind.HEAD,
    "helmet": PartKind.HEAD,
    "cloth_trousers": PartKind.LEGS,
    "shoe": PartKind.LEGS,
    "sole": PartKind.LEGS,
}
"""Beginnings of material names that tell the part; sleeves and skin do not, so builders of people mark arms and heads."""
_OF_SLOT = {SLOT_HAIR: PartKind.HEAD, SLOT_TROUSERS: PartKind.LEGS}


def marked(mesh: Mesh, part: int) -> Mesh:
    """The mesh with all triangles that nobody has named yet as `part`."""
    return replace(mesh, part=np.where(fine_parts(mesh) == PartKind.BODY, np.uint8(part), mesh.part))


def fine_parts(mesh: Mesh) -> UInt8:
    """PartKind of each triangle (T,)."""
    implied = _implied(material_count())[_row(mesh.material)]
    lamp = (mesh.part == PartKind.LAMP) & (implied != PartKind.BODY)
    mirror = (mesh.part == PartKind.WINDOW) & (implied == PartKind.MIRROR)
    open_to_it = (mesh.part == PartKind.BODY) | lamp | mirror
    return np.where(open_to_it, implied, mesh.part).astype(np.uint8)


def _row(material: NDArray[np.uint16]) -> NDArray[np.intp]:
    wide = material.astype(np.intp)
    return np.minimum(np.where(wide >= SLOT_BASE, len(MATERIALS) + wide - SLOT_BASE, wide), material_count() - 1)


@functools.lru_cache(maxsize=1)
def _implied(count: int) -> UInt8:
    """Part implied by each of the first `count` materials, those behind colour slots among them."""
    parts = np.array([_of_material(name, material) for name, material in every_material()[:count]], np.uint8)
    for slot in range(SLOT_BASE, SLOT_BASE + 5):
        parts[len(MATERIALS) + slot - SLOT_BASE] = _OF_SLOT.get(slot, PartKind.BODY)
    return parts


def _of_material(name: str, material: Material) -> PartKind:
    if material.emission in _OF_EMISSION:
        return _OF_EMISSION[EmissionKind(material.emission)]
    for beginning, part in _OF_NAME.items():
        if name.startswith(beginning):
            return part
    return PartKind.WINDOW if material.glass else PartKind.BODY
