"""Meshes of what stands around the roads, by the name that sim.maps.layout gave it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rendering.assets.solids import box
from rendering.mesh import Mesh


def mesh_for(name: str, extent_m: ArrayLike) -> Mesh:
    """The mesh of a static object, origin at the centre of its base; `name` is "asset:variant#n", `extent_m` half sizes.

    The tight box is [-ex, ex] x [-ey, ey] x [0, 2 ez] within 1 cm, so it belongs at the bottom centre of the placed box.
    """
    return box((0.0, 0.0, float(np.asarray(extent_m)[2])), 2.0 * np.asarray(extent_m, np.float64), "default")
