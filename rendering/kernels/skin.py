"""Moving skins with their bones, and writing what shading and tracing need of them.

Tested by tests/rendering/test_assets_people.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from rendering.kernels.lane_math import OPTIONS
from rendering.kernels.pack import pack_normal


@njit(**OPTIONS)
def skin(rest, rest_normals, bones, weights, matrices, vertices, normals):
    """Linear blend skinning of (V, 3) vertices and normals by bind-to-now `matrices` (B, 3, 4) float32; four bones a vertex."""
    zero = np.float32(0.0)
    for v in range(len(rest)):
        x, y, z = rest[v, 0], rest[v, 1], rest[v, 2]
        u, p, q = rest_normals[v, 0], rest_normals[v, 1], rest_normals[v, 2]
        a, b, c, d, e, f = zero, zero, zero, zero, zero, zero
        for k in range(4):
            w = weights[v, k]
            if w == zero:
                continue
            m = matrices[bones[v, k]]
            a += w * (m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + m[0, 3])
            b += w * (m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + m[1, 3])
            c += w * (m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + m[2, 3])
            d += w * (m[0, 0] * u + m[0, 1] * p + m[0, 2] * q)
            e += w * (m[1, 0] * u + m[1, 1] * p + m[1, 2] * q)
            f += w * (m[2, 0] * u + m[2, 1] * p + m[2, 2] * q)
        scale = np.float32(1.0) / np.sqrt(max(d * d + e * e + f * f, np.float32(1e-20)))
        vertices[v, 0], vertices[v, 1], vertices[v, 2] = a, b, c
        normals[v, 0], normals[v, 1], normals[v, 2] = d * scale, e * scale, f * scale


@njit(**OPTIONS)
def repack(normals, triangles, packed, rows):
    """Rewrite the normals of a mesh's triangle rows (T, 4) int32; `packed` (V,) int32 is scratch."""
    for v in range(len(normals)):
        packed[v] = pack_normal(normals[v, 0], normals[v, 1], normals[v, 2])
    for t in range(len(triangles)):
        rows[t, 0] = packed[triangles[t, 0]]
        rows[t, 1] = packed[triangles[t, 1]]
        rows[t, 2] = packed[triangles[t, 2]]
