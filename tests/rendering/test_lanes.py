"""Vector lanes and their functions against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

import rendering.kernels  # noqa: F401
from rendering import embree
from rendering.kernels import lane_math as lm
from rendering.kernels.lanes import (
    LANES,
    f2i,
    gf,
    lane_index,
    ldf,
    mask_bits,
    sel,
    stf,
    tile_xyz,
    vany,
    vmax,
    vmin,
    vsqrt,
)


def _apply(kernel, x: np.ndarray) -> np.ndarray:
    """A lane function over an array, LANES values at a time."""
    out = np.empty_like(x)
    a, b = embree.aligned(LANES, np.float32), embree.aligned(LANES, np.float32)
    for start in range(0, len(x), LANES):
        a[:] = x[start : start + LANES]
        kernel(a.ctypes.data, b.ctypes.data)
        out[start : start + LANES] = b
    return out


@njit
def _exp2(a, b):
    stf(b, 0, lm.vexp2(ldf(a, 0)))


@njit
def _log2(a, b):
    stf(b, 0, lm.vlog2(ldf(a, 0)))


@njit
def _mixed(a, b):
    x = ldf(a, 0)
    stf(b, 0, sel(x > 2.0, vsqrt(x) + vmin(x, 5.0) * 2.0, vmax(-x, 0.5)))


@njit
def _stripes(a, b):
    stf(b, 0, lm.stripe_coverage(ldf(a, 0), 0.4, 0.1, 0.8))


@njit
def _noise(a, b):
    x = ldf(a, 0)
    stf(b, 0, lm.value_noise(x, x * 0.37 + 3.0))


@njit
def _bits(a):
    x = ldf(a, 0)
    return mask_bits(x > 1.5), vany(x > 1e9), vany(f2i(x) == 1)


@njit
def _gathered(a, b):
    stf(b, 0, gf(a, (LANES - 1) - lane_index()))


@njit
def _interleaved(a, out):
    x = ldf(a, 0)
    tile_xyz(out, 0, 4, x, x + 100.0, x + 200.0)


def test_exponential_and_logarithm():
    rng = np.random.default_rng(1)
    x = rng.uniform(-60, 60, 1024).astype(np.float32)
    np.testing.assert_allclose(_apply(_exp2, x), np.exp2(x.astype(np.float64)), rtol=2e-6)
    y = np.exp2(x)
    np.testing.assert_allclose(_apply(_log2, y), np.log2(y.astype(np.float64)), atol=4e-6)


def test_arithmetic_selection_gather_and_masks():
    x = np.random.default_rng(2).uniform(-9, 9, 640).astype(np.float32)
    expected = np.where(x > 2.0, np.sqrt(np.maximum(x, 0)) + np.minimum(x, 5) * 2, np.maximum(-x, 0.5))
    np.testing.assert_allclose(_apply(_mixed, x), expected, rtol=1e-6)
    a = embree.aligned(LANES, np.float32)
    a[:] = np.arange(LANES)
    assert _bits(a.ctypes.data) == (sum(1 << k for k in range(2, LANES)), False, True)
    b = embree.aligned(LANES, np.float32)
    _gathered(a.ctypes.data, b.ctypes.data)
    np.testing.assert_array_equal(b, a[::-1])


def test_interleaved_tile():
    a, out = embree.aligned(LANES, np.float32), embree.aligned(LANES * 3, np.float32)
    a[:] = np.arange(LANES)
    _interleaved(a.ctypes.data, out.ctypes.data)
    np.testing.assert_array_equal(out.reshape(LANES, 3), np.stack([a, a + 100, a + 200], axis=1))


def test_box_filter_of_two_whole_periods_is_the_mean():
    x = np.random.default_rng(3).uniform(-50, 50, 320).astype(np.float32)
    np.testing.assert_allclose(_apply(_stripes, x), 0.25, atol=1e-3)


@pytest.mark.parametrize("step", [0.05])
def test_noise_is_smooth_and_centred(step):
    x = np.arange(0, 800, step, dtype=np.float32)[: 16000 // LANES * LANES]
    noise = _apply(_noise, x)
    assert noise.min() >= 0.0 and noise.max() <= 1.0
    assert abs(noise.mean() - 0.5) < 0.02 and noise.std() > 0.15
    assert np.abs(np.diff(noise)).max() < 3.0 * step
