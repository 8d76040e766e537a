"""Normals in 32 bits, so that all that shading asks of a triangle lies in one 16-byte row: one cache miss, not four.

Octahedral map of Meyer et al., "On floating-point normal vectors", EGSR 2010, 16 bits an axis: error below 0.004°, exact
along the axes. Tested by tests/rendering/test_pack.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from rendering.kernels.lane_math import OPTIONS, unit_scale
from rendering.kernels.lanes import i2f, sel, vabs, vmax

_STEPS = 32767.0
_ZERO = 32768


@njit(**OPTIONS)
def pack_triangles(normals, triangles, surface, out):
    """Rows `out` (T, 4) int32 of a mesh: its corners' packed normals and `surface` (T,), material | part << 16."""
    for t in range(len(triangles)):
        for corner in range(3):
            v = triangles[t, corner]
            out[t, corner] = pack_normal(normals[v, 0], normals[v, 1], normals[v, 2])
        out[t, 3] = surface[t]


@njit(**OPTIONS)
def pack_normal(x, y, z):
    """The packed form of a vector of any length but zero."""
    size = max(abs(x) + abs(y) + abs(z), 1e-30)
    u, v = x / size, y / size
    if z < 0.0:
        u, v = (1.0 - abs(v)) * (1.0 if u >= 0.0 else -1.0), (1.0 - abs(u)) * (1.0 if v >= 0.0 else -1.0)
    low, high = int(np.floor(u * _STEPS + 0.5)) + _ZERO, int(np.floor(v * _STEPS + 0.5)) + _ZERO
    return np.int32(np.uint32(low | (high << 16)))


@njit(**OPTIONS)
def unpack_normal(packed):
    """Unit vectors (x, y, z), lane by lane."""
    x = i2f((packed & 0xFFFF) - _ZERO) * (1.0 / _STEPS)
    y = i2f((packed >> 16) - _ZERO) * (1.0 / _STEPS)
    z = 1.0 - vabs(x) - vabs(y)
    fold = vmax(-z, 0.0)
    x = x + sel(x >= 0.0, -fold, fold)
    y = y + sel(y >= 0.0, -fold, fold)
    scale = unit_scale(x, y, z)
    return x * scale, y * scale, z * scale
