"""How glossy surfaces reflect, so that they neither lose light nor make any.

GGX (Walter et al., "Microfacet models for refraction through rough surfaces", EGSR 2007) with exact height-correlated Smith
visibility and Schlick's Fresnel term. How much of the light of one direction a lobe returns is looked up (rendering.facets);
what it returns is missing from the diffuse light below, and what metal facets scatter twice is added (Kulla & Conty, "Revisiting
physically based shading at Imageworks", SIGGRAPH 2017). Tested by tests/rendering/test_furnace.py.
"""

from __future__ import annotations

from numba import njit

from rendering.facets import COSINE_STEPS, ROUGHNESS_STEPS
from rendering.kernels.lane_math import OPTIONS, clamp01, unit_scale
from rendering.kernels.lanes import f2i, gi, i2f, vfloor, vmax, vsqrt

INV_PI = 0.31830989


@njit(**OPTIONS)
def gloss(alpha, nl, nv, nh):
    """GGX distribution times Smith's height-correlated visibility."""
    a2 = alpha * alpha
    d = nh * nh * (a2 - 1.0) + 1.0
    masked = nl * vsqrt(a2 + (1.0 - a2) * nv * nv) + nv * vsqrt(a2 + (1.0 - a2) * nl * nl)
    return a2 * INV_PI / (d * d) * (0.5 / (masked + 1e-6))


@njit(**OPTIONS)
def half_cosines(nx, ny, nz, dx, dy, dz, lx, ly, lz):
    """Cosines of the half vector between the viewer (against d) and direction l: with the normal, and with the viewer."""
    hx = lx - dx
    hy = ly - dy
    hz = lz - dz
    scale = unit_scale(hx, hy, hz)
    return vmax((nx * hx + ny * hy + nz * hz) * scale, 0.0), vmax(-(dx * hx + dy * hy + dz * hz) * scale, 0.0)


@njit(**OPTIONS)
def fresnel5(cosine):
    """Schlick's (1 - cos)^5."""
    om = clamp01(1.0 - cosine)
    square = om * om
    return square * square * om


@njit(**OPTIONS)
def _shares(packed):
    low = i2f(packed & 0xFFFF) * (1.0 / 65535.0)
    return low, i2f((packed >> 16) & 0xFFFF) * (1.0 / 65535.0) - low


@njit(**OPTIONS)
def facet_albedo(table, roughness, cosine):
    """(E0, E1 - E0): a lobe with F0 returns E0 + F0 (E1 - E0) of the light that comes at this cosine."""
    first = f2i(clamp01(roughness) * (ROUGHNESS_STEPS - 1.0) + 0.5) * (COSINE_STEPS + 1)
    x = clamp01(cosine) * (COSINE_STEPS - 1.001)
    k = first + f2i(x)
    f = x - vfloor(x)
    a, b = _shares(gi(table, k))
    c, d = _shares(gi(table, k + 1))
    return a + (c - a) * f, b + (d - b) * f


@njit(**OPTIONS)
def mean_facet_albedo(table, roughness):
    """(E0, E1 - E0) averaged over the directions of even light."""
    return _shares(
        gi(table, f2i(clamp01(roughness) * (ROUGHNESS_STEPS - 1.0) + 0.5) * (COSINE_STEPS + 1) + COSINE_STEPS)
    )
