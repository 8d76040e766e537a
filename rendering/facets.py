"""How much of the light GGX facets return: single scattering alone, as a share of a non-absorbing surface's whole.

What one bounce among facets returns falls to 0.4 of what arrives as roughness goes to one; real rough surfaces lose nothing,
since light bounces again. `albedo_table` is for kernels that make up for it. Numbers are integrated over visible normals (Heitz,
"Sampling the GGX distribution of visible normals", JCGT 2018), by which albedo is the mean of F G2 / G1.
Tested by tests/rendering/test_furnace.py.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

_STRATA = 48
LEAST_ALPHA = 0.02
"""Narrowest lobe of all materials, and that of clear coats and water."""


def _strata(count: int) -> tuple[Float64, Float64]:
    middle = (np.arange(count) + 0.5) / count
    u, v = np.meshgrid(middle, middle, indexing="ij")
    return u.ravel(), v.ravel()


def ggx_half_vectors(alpha: float, cosine: float, u: Float64, v: Float64) -> Float64:
    """Normals (N, 3) of facets that an eye at (sqrt(1 - cosine²), 0, cosine) sees, for numbers u, v (N,) in 0..1."""
    sine = np.sqrt(max(1.0 - cosine * cosine, 0.0))
    stretched = np.array([alpha * sine, 0.0, cosine])
    stretched /= np.linalg.norm(stretched)
    radius, angle = np.sqrt(u), 2.0 * np.pi * v
    t1, t2 = radius * np.cos(angle), radius * np.sin(angle)
    share = 0.5 * (1.0 + stretched[2])
    t2 = (1.0 - share) * np.sqrt(np.maximum(1.0 - t1**2, 0.0)) + share * t2
    t3 = np.sqrt(np.maximum(1.0 - t1**2 - t2**2, 0.0))
    across = np.array([0.0, 1.0, 0.0])
    other = np.cross(stretched, across)
    half = t1[:, None] * across + t2[:, None] * other + t3[:, None] * stretched
    half = half * np.array([alpha, alpha, 1.0])
    return np.asarray(half / np.linalg.norm(half, axis=1, keepdims=True))


@functools.lru_cache(maxsize=4096)
def directional_albedo(alpha: float, f0: float, cosine: float) -> float:
    """Share of the light from one direction that one bounce returns; Schlick's Fresnel term with `f0`, height-correlated Smith."""
    half = ggx_half_vectors(alpha, cosine, *_strata(_STRATA))
    view = np.array([np.sqrt(max(1.0 - cosine * cosine, 0.0)), 0.0, cosine])
    vh = half @ view
    out_z = 2.0 * vh * half[:, 2] - cosine
    fresnel = f0 + (1.0 - f0) * np.clip(1.0 - vh, 0.0, 1.0) ** 5
    lambda_out, lambda_view = _smith_lambda(np.maximum(out_z, 1e-6), alpha), _smith_lambda(np.array([cosine]), alpha)
    ratio = (1.0 + lambda_view) / (1.0 + lambda_view + lambda_out)
    return float(np.where(out_z > 0.0, fresnel * ratio, 0.0).mean())


def _smith_lambda(cosine: Float64, alpha: float) -> Float64:
    tan2 = (1.0 - cosine**2) / cosine**2
    return np.asarray(0.5 * (np.sqrt(1.0 + alpha * alpha * tan2) - 1.0))


@functools.lru_cache(maxsize=512)
def mean_albedo(alpha: float, f0: float) -> float:
    """Directional albedo averaged over cosine-weighted directions: what one bounce returns of an even sky."""
    cosines, weights = np.polynomial.legendre.leggauss(12)
    cosines, weights = 0.5 * (cosines + 1.0), 0.5 * weights
    values = np.array([directional_albedo(alpha, f0, float(c)) for c in cosines])
    return float(2.0 * (weights * cosines * values).sum())


TABLE_FILE = Path(__file__).parent / "data" / "facet_albedo.npy"
ROUGHNESS_STEPS, COSINE_STEPS = 128, 32


def computed_table() -> NDArray[np.uint32]:
    """(ROUGHNESS_STEPS, COSINE_STEPS + 1) directional albedos, two 16-bit shares in one number: F0 = 0 low, F0 = 1 high.

    Rows are roughnesses k / (steps - 1), lobes no narrower than `LEAST_ALPHA`; columns cosines k / (steps - 1), the last one the
    mean over a hemisphere. Between the two F0 the albedo is linear, since Schlick's term is.
    """
    roughness = np.arange(ROUGHNESS_STEPS) / (ROUGHNESS_STEPS - 1)
    cosine = np.maximum(np.arange(COSINE_STEPS) / (COSINE_STEPS - 1), 1e-3)
    rows = []
    for alpha in np.maximum(roughness**2, LEAST_ALPHA).tolist():
        pairs = [(directional_albedo(alpha, 0.0, c), directional_albedo(alpha, 1.0, c)) for c in cosine.tolist()]
        pairs.append((mean_albedo(alpha, 0.0), mean_albedo(alpha, 1.0)))
        rows.append([round(low * 65535.0) | round(min(high, 1.0) * 65535.0) << 16 for low, high in pairs])
    return np.array(rows, np.uint32)


@functools.lru_cache(maxsize=1)
def albedo_table() -> NDArray[np.uint32]:
    """The stored `computed_table`, flat; `python -m rendering.facets` writes it."""
    return np.ascontiguousarray(np.load(TABLE_FILE).ravel())


if __name__ == "__main__":
    np.save(TABLE_FILE, computed_table())
