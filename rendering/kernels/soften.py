"""Where light changes from ray to ray, a mean over the neighbours, for radiance alone: leaves below a pixel, and penumbras.

Among leaves some sprays see the sun, the next do not, and the sky shows through between them. A pixel covers many of them from some
distance on, but a few rays see a few; what is left is glitter, which a mosaic of colour filters turns into confetti. There a
pixel takes LEAF_SHARE of its light from the binomial mean of the 3 x 3 around it, leaves and what shows through between them,
without what stands in front: that share comes nearest to many rays a pixel. It begins where a pixel is a tenth of a spray wide, and is
complete where it is a third.

In a penumbra each ray looks at one point of the sun (kernels.sunlight), so light and dark are grains that only together have its
softness. Where neighbours on one surface disagree on the sun, a pixel takes PENUMBRA_SHARE from that surface's mean over 5 x 5.
Tested by tests/rendering/test_foliage.py and test_penumbra.py.
"""

from __future__ import annotations

from numba import njit

from rendering.kernels import layout as at
from rendering.kernels.lane_math import OPTIONS
from rendering.kernels.lanes import LANES, TILE_HEIGHT, fetch_add, gf, ldu, mask_bits, put_f32, sf, si

SPRAY_M = 0.2
"""Length of a spray of leaves (rendering.assets.trees)."""
FROM_WIDTH, FULL_WIDTH = 0.1, 0.3
"""Pixels' widths in sprays between which the mean comes in."""
LEAF_SHARE, PENUMBRA_SHARE = 0.6, 1.0
_IN_FRONT = 0.95
"""What is nearer than this share of the leaves' distance stands in front of them."""
_FAR = 1e30
_REACH = 2
"""Half the width of a penumbra's mean in px. A pixel that any grain within it would reach takes part, or the mean would tilt."""
_SURFACE_BITS = ~7


@njit(**OPTIONS)
def soften_rows(tables, scratch):
    """Bands of rows from OUT_RADIANCE, softened, into OUT_CENTERS, until the counter runs out; only where something is to do."""
    _over_blocks(tables, False)


@njit(**OPTIONS)
def take_rows(tables, scratch):
    """Bring what soften_rows has made back into OUT_RADIANCE."""
    _over_blocks(tables, True)


@njit(**OPTIONS)
def _over_blocks(tables, taking):
    height, width = tables[at.HEIGHT], tables[at.WIDTH]
    while True:
        band = fetch_add(tables[at.COUNTER], 1)
        if band * TILE_HEIGHT >= height:
            break
        for y in range(band * TILE_HEIGHT, min((band + 1) * TILE_HEIGHT, height)):
            for x in range(0, width, LANES):
                leaves, mixed = _marked(tables, x, y)
                bits = leaves | mixed
                for k in range(min(LANES, width - x)):
                    if bits >> k & 1:
                        if taking:
                            _take(tables, y * width + x + k)
                        elif leaves >> k & 1:
                            _soften_leaves(tables, x + k, y)
                        else:
                            _soften_shadow(tables, x + k, y)


@njit(**OPTIONS)
def _marked(tables, x, y):
    """(leaves, mixed): bits of the LANES pixels from (x, y) on with leaves in the 3 x 3 around them, and of those with sun and shadow
    on their own surface within the mean's reach."""
    width = tables[at.WIDTH]
    own = ldu(tables[at.OUT_MATERIAL], y * width + x)
    leaves, seen, hidden = 0, 0, 0
    for row in range(max(y - _REACH, 0), min(y + _REACH + 1, tables[at.HEIGHT])):
        for across in range(-_REACH, _REACH + 1):
            codes = ldu(tables[at.OUT_MATERIAL], row * width + x + across)
            same = (codes ^ own) & _SURFACE_BITS == 0
            seen |= mask_bits(same & ((codes & (2 * at.SUN_SEEN)) != 0))
            hidden |= mask_bits(same & ((codes & (2 * at.SUN_HIDDEN)) != 0))
            if abs(row - y) < 2 and abs(across) < 2:
                leaf = gf(tables[at.MATERIALS], ((codes >> 3) & 511) * at.MATERIAL_STRIDE + at.TRANSLUCENCY) > 0.0
                leaves |= mask_bits(leaf)
    return leaves, seen & hidden


@njit(**OPTIONS)
def _is_leaf(tables, pixel):
    material = (si(tables[at.OUT_MATERIAL], pixel) >> 3) & 511
    return sf(tables[at.MATERIALS], material * at.MATERIAL_STRIDE + at.TRANSLUCENCY) > 0.0


@njit(**OPTIONS)
def _soften_leaves(tables, x, y):
    width, height = tables[at.WIDTH], tables[at.HEIGHT]
    ranges = tables[at.OUT_RANGE]
    nearest = _FAR
    for v in range(max(y - 1, 0), min(y + 2, height)):
        for u in range(max(x - 1, 0), min(x + 2, width)):
            if _is_leaf(tables, v * width + u):
                nearest = min(nearest, sf(ranges, v * width + u))
    width_sprays = nearest * sf(tables[at.LIGHT], at.PIXEL_ANGLE) / SPRAY_M
    share = LEAF_SHARE * min(max((width_sprays - FROM_WIDTH) / (FULL_WIDTH - FROM_WIDTH), 0.0), 1.0)
    if nearest == _FAR or sf(ranges, y * width + x) < _IN_FRONT * nearest:
        share = 0.0
    _mix(tables, x, y, 1, share, _IN_FRONT * nearest, False)


@njit(**OPTIONS)
def _soften_shadow(tables, x, y):
    _mix(tables, x, y, _REACH, PENUMBRA_SHARE, 0.0, True)


@njit(**OPTIONS)
def _mix(tables, x, y, reach, share, from_m, same_surface):
    """Write (1 - share) of a pixel's light and `share` of the mean around it, `reach` px far and weighted less outwards: of what is
    `from_m` or farther, or of its own surface alone."""
    width, height = tables[at.WIDTH], tables[at.HEIGHT]
    radiance, out = tables[at.OUT_RADIANCE], tables[at.OUT_CENTERS]
    pixel = y * width + x
    surface = si(tables[at.OUT_MATERIAL], pixel) & _SURFACE_BITS
    total, red, green, blue = 0.0, 0.0, 0.0, 0.0
    if share > 0.0:
        for v in range(max(y - reach, 0), min(y + reach + 1, height)):
            for u in range(max(x - reach, 0), min(x + reach + 1, width)):
                k = v * width + u
                if same_surface:
                    counts = si(tables[at.OUT_MATERIAL], k) & _SURFACE_BITS == surface
                else:
                    counts = sf(tables[at.OUT_RANGE], k) >= from_m
                if counts:
                    weight = (reach + 1 - abs(u - x)) * (reach + 1 - abs(v - y))
                    total += weight
                    red += weight * sf(radiance, k * 3)
                    green += weight * sf(radiance, k * 3 + 1)
                    blue += weight * sf(radiance, k * 3 + 2)
        share /= total
    own = 1.0 - share * total
    put_f32(out, pixel * 3, own * sf(radiance, pixel * 3) + share * red)
    put_f32(out, pixel * 3 + 1, own * sf(radiance, pixel * 3 + 1) + share * green)
    put_f32(out, pixel * 3 + 2, own * sf(radiance, pixel * 3 + 2) + share * blue)


@njit(**OPTIONS)
def _take(tables, pixel):
    for k in range(pixel * 3, pixel * 3 + 3):
        put_f32(tables[at.OUT_RADIANCE], k, sf(tables[at.OUT_CENTERS], k))
