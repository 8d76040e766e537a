"""Cloth and hair: brightness over lengths u, v in m measured on the garment itself, so that patterns move with the wearer.

The hundreds of v choose a pattern of cloth: 0 plain, 1 stripes, 2 plaid. All fade to their mean where a pixel cannot
show them. Tested by tests/rendering/test_texture.py.
"""

from __future__ import annotations

from numba import njit

from rendering.kernels.lane_math import OPTIONS, stripe_coverage, value_noise, visible_detail
from rendering.kernels.lanes import sel, vfloor

_STRIPE_PERIOD_M, _STRIPE_M = 0.052, 0.021
_PLAID_PERIOD_M, _PLAID_M = 0.085, 0.030


@njit(**OPTIONS)
def cloth(u, v, footprint):
    """Brightness factor: yarn of millimetres, wear and creases of centimetres, and the pattern."""
    pattern = vfloor(v * 0.01)
    h = v - 100.0 * pattern
    yarn = (value_noise(u / 0.006, h / 0.004) - 0.5) * 0.30 * visible_detail(0.005, footprint)
    crease = (value_noise(u / 0.075 + 3.1, h / 0.028) - 0.5) * 0.20 * visible_detail(0.03, footprint)
    wear = (value_noise(u / 0.21, h / 0.26 + 7.7) - 0.5) * 0.22
    plain = 1.0 + yarn + crease + wear
    stripe = stripe_coverage(h, _STRIPE_PERIOD_M, _STRIPE_M, footprint)
    # light and dark average to 1
    striped = 1.35 - 0.35 * (_STRIPE_PERIOD_M / _STRIPE_M) * stripe
    across = stripe_coverage(u, _PLAID_PERIOD_M, _PLAID_M, footprint)
    along = stripe_coverage(h, _PLAID_PERIOD_M, _PLAID_M, footprint)
    share = _PLAID_M / _PLAID_PERIOD_M
    plaid = 1.0 + 0.42 * ((share - across) + (share - along))
    return plain * sel(pattern == 1.0, striped, sel(pattern == 2.0, plaid, 1.0 + 0.0 * plaid))


@njit(**OPTIONS)
def strands(u, v, x, footprint):
    """Brightness factor of hair and fur: tufts and single locks, longer than wide."""
    lock = (value_noise((u + 0.3 * x) / 0.009, v / 0.045) - 0.5) * 0.42 * visible_detail(0.012, footprint)
    return 1.0 + lock + (value_noise(u / 0.05 + 1.3, v / 0.09) - 0.5) * 0.20 * visible_detail(0.07, footprint)
