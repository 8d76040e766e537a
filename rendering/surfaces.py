"""What the surfaces of a finished frame are made of, without their textures: for buffers that ask for material, not light.

Tested by tests/rendering/test_surfaces.py.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rendering.kernels import layout as at
from rendering.tables import InstanceTable, material_table

Float32 = NDArray[np.float32]

_MATERIAL_BITS = 9
_FIRST_BIT = 3
SLOT_SHIFT = _FIRST_BIT + _MATERIAL_BITS
"""A surface code shifted right by this is the instance's slot."""


class Surfaces(NamedTuple):
    """Linear `albedo` (H, W, 3), paint included and textures left out; `metallic`, `specular`, `roughness` (H, W). 0 for the sky."""

    albedo: Float32
    metallic: Float32
    specular: Float32
    roughness: Float32


def surfaces_of(codes: NDArray[np.int32], instances: InstanceTable) -> Surfaces:
    """Decode the tracer's surface codes (H, W): instance and material of each centre ray, 0 where nothing was hit."""
    hit = (codes & 1) != 0
    material = (codes >> _FIRST_BIT) & ((1 << _MATERIAL_BITS) - 1)
    rows = material_table()[material]
    albedo = rows[:, :, :3].copy()
    slot = rows[:, :, at.COLOR_SLOT].astype(np.int32)
    own = hit & (slot >= 0)
    colors = instances.colors.reshape(len(instances.colors), -1, 3)
    albedo[own] = colors[codes[own] >> SLOT_SHIFT, slot[own]]
    albedo[~hit] = 0.0
    metallic, specular, roughness = (
        np.where(hit, rows[:, :, column], np.float32(0.0)) for column in (at.METALLIC, at.SPECULAR, at.ROUGHNESS)
    )
    return Surfaces(albedo, metallic, specular, roughness)
