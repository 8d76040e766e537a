"""How much of the sky the ground beside and beneath vehicles sees: the soft dark patch that ties a car to the road.

Closed forms instead of rays: beside a box of height H at distance s the sky loses 0.5 (1 - s / sqrt(s² + H²)), the form
factor of a long wall; under it, e inside its edge with a gap g, 0.5 (1 + e / sqrt(e² + g²)). Smooth, so nothing flickers.
Tested by tests/rendering/test_shading.py.
"""

from __future__ import annotations

from numba import njit

from rendering.kernels import layout as at
from rendering.kernels.lane_math import OPTIONS, smoothstep
from rendering.kernels.lanes import sf, vabs, vany, vf, vmax, vmin, vsqrt

_GAP_M = 0.22
_REACH_M = 3.5


@njit(**OPTIONS)
def sky_share(tables, px, py, pz, nz):
    """Share of the ambient light that reaches level ground at a point, past the vehicles near the camera; 1 elsewhere."""
    open_sky = vf(1.0)
    boxes = tables[at.OCCLUDERS]
    for i in range(tables[at.OCCLUDER_COUNT]):
        k = i * at.OCCLUDER_STRIDE
        half_length = sf(boxes, k + at.BOX_HALF_LENGTH)
        x = px - sf(boxes, k + at.BOX_X)
        y = py - sf(boxes, k + at.BOX_Y)
        if not vany(x * x + y * y < (half_length + _REACH_M) ** 2):
            continue
        c = sf(boxes, k + at.BOX_COS)
        s = sf(boxes, k + at.BOX_SIN)
        qx = vabs(x * c + y * s) - half_length
        qy = vabs(y * c - x * s) - sf(boxes, k + at.BOX_HALF_WIDTH)
        ox = vmax(qx, 0.0)
        oy = vmax(qy, 0.0)
        outside = vsqrt(ox * ox + oy * oy)
        inside = vmin(vmax(qx, qy), 0.0)
        height = sf(boxes, k + at.BOX_HEIGHT)
        beside = (1.0 - outside / vsqrt(outside * outside + height * height)) * half_length / (half_length + outside)
        beneath = -inside / vsqrt(inside * inside + _GAP_M * _GAP_M)
        level = smoothstep(0.35 - vabs(pz - sf(boxes, k + at.BOX_Z)), 0.0, 0.2) * smoothstep(nz, 0.5, 0.9)
        fade = smoothstep(_REACH_M - outside, 0.0, 2.0)
        open_sky = open_sky * (1.0 - 0.5 * level * (beside * fade + beneath * 0.9))
    return open_sky
