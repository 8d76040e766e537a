"""How glossy surfaces reflect: sharply towards the sun, broadly the sky.

GGX (Walter et al., "Microfacet models for refraction through rough surfaces", EGSR 2007) with Schlick's Fresnel term and, for
the sky, the fit of Karis ("Real shading in Unreal Engine 4", SIGGRAPH 2013; analytic form of 2014).
Tested by tests/rendering/test_shading.py.
"""

from __future__ import annotations

from numba import njit

from rendering.kernels.lane_math import OPTIONS, clamp01, vexp2
from rendering.kernels.lanes import vmax, vmin

INV_PI = 0.31830989


@njit(**OPTIONS)
def gloss(alpha, nl, nv, nh):
    """GGX distribution times Smith's height-correlated visibility (in the approximation of Hammon 2017)."""
    a2 = alpha * alpha
    d = nh * nh * (a2 - 1.0) + 1.0
    visibility = 0.5 / (nl * nv * 2.0 * (1.0 - alpha) + (nl + nv) * alpha + 1e-5)
    return a2 * INV_PI / (d * d) * visibility


@njit(**OPTIONS)
def fresnel5(cosine):
    """Schlick's (1 - cos)^5."""
    om = clamp01(1.0 - cosine)
    square = om * om
    return square * square * om


@njit(**OPTIONS)
def sky_gloss(roughness, nv):
    """Karis's fit of the environment BRDF: factor on F0, and what is added to it (never negative)."""
    x = 1.0 - roughness
    share = vmin(x * x, vexp2(-9.28 * nv)) * x + 0.0425 - 0.0275 * roughness
    return 1.04 - 0.572 * roughness - 1.04 * share, vmax(1.04 * share - 0.04 + 0.022 * roughness, 0.0)
