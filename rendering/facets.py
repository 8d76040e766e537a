"""How much of the light GGX facets return: single scattering alone, as a share of a non-absorbing surface's whole.

What one bounce among facets returns falls to 0.4 of what arrives as roughness goes to one; real rough surfaces lose nothing,
since light bounces again. `albedo_table` is for kernels that make up for it. Numbers are integrated over visible normals (Heitz,
"Sampling the GGX distribution of visible normals", JCGT 2018), by which albedo is the mean of F G2 / G1.
Tested by tests/rendering/test_furnace.py.
"""

from __future__ import annotations

import functools

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


@functools.lru_cache(maxsize=1)
def albedo_table(size: int = 32) -> NDArray[np.float32]:
    """Directional albedos (size, size, 2) over roughness and cosine, both (k + 0.5) / size: for F0 = 0, and for F0 = 1.

    Between them the albedo is linear in F0, since Schlick's term is. Lobes are no narrower than `LEAST_ALPHA`.
    """
    values = (np.arange(size) + 0.5) / size
    alphas = np.maximum(values**2, LEAST_ALPHA)
    table = [[[directional_albedo(float(a), f, float(c)) for f in (0.0, 1.0)] for c in values] for a in alphas]
    return np.asarray(table, np.float32)
